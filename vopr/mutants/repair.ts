/**
 * Planted bugs of repair, of state sync, and of the way back with a replaced disk.
 */
import type { Mutant } from './mutant.ts';

const REPAIR = 'core/vsr/repair.ts';
const SYNC = 'core/vsr/sync.ts';
const REJOIN = 'core/vsr/rejoin.ts';

export const REPAIR_MUTANTS: readonly Mutant[] = [
  {
    name: 'only-committed-is-repaired',
    layer: 'repair',
    invariant: 'convergence',
    story: 'what is not committed may be truncated yet: repair it when it counts',
    file: REPAIR,
    find: 'for (let op = s.checkpointOp + 1; op <= s.op; op += 1) {',
    replace: 'for (let op = s.checkpointOp + 1; op <= s.commitMin; op += 1) {',
  },
  {
    name: 'applied-is-not-repaired',
    layer: 'repair',
    invariant: 'convergence',
    story: 'an entry that was applied is in the state: its journal slot needs no repair',
    file: REPAIR,
    find: 'for (let op = s.checkpointOp + 1; op <= s.op; op += 1) {',
    replace: 'for (let op = s.commitMin + 1; op <= s.op; op += 1) {',
  },
  {
    name: 'expired-repair-keeps-its-slot',
    layer: 'repair',
    invariant: 'convergence',
    story: 'a request that expired is sent again later; its slot stays taken until an answer',
    file: REPAIR,
    find: 'release(r, slot);\n    if (lowest) miss(r);',
    replace: 'slot.sentAt = s.monotonic;\n    if (lowest) miss(r);',
  },
];

export const SYNC_MUTANTS: readonly Mutant[] = [
  {
    name: 'ack-while-syncing',
    layer: 'state-sync',
    invariant: 'journal-evidence',
    story: 'the entry is durable in the journal, so it can be acknowledged while pages arrive',
    file: 'core/vsr/normal.ts',
    find: ' || s.syncTarget !== null) return;',
    replace: ') return;',
    scenario: 'false-durability-while-syncing',
  },
  {
    name: 'sync-overwrites-before-recorded',
    layer: 'state-sync',
    invariant: 'crash',
    story: 'the pages can be fetched while the superblock is written: it saves four syncs',
    file: SYNC,
    find: `r.observer.step(STEP_SYNC, target.op, 0, 0, target);
}`,
    replace: `r.observer.step(STEP_SYNC, target.op, 0, 0, target);
  enterSync(r, target);
}`,
  },
  {
    name: 'sync-target-not-resumed',
    layer: 'state-sync',
    invariant: 'crash',
    story: 'after a crash the checkpoint in the superblock is where to start',
    file: 'core/vsr/recovery.ts',
    find: 'const base = durable.syncTarget ?? durable.checkpoint;\n  assert(durable.logView <= durable.view',
    replace: 'const base = durable.checkpoint;\n  assert(durable.logView <= durable.view',
    scenario: 'checkpoint-log-torn-apart',
  },
  {
    name: 'sync-goes-back',
    layer: 'state-sync',
    invariant: 'commit-monotone',
    story: 'who wants a sync takes what the primary offers: it knows the cluster’s checkpoint',
    file: SYNC,
    find: `if (op <= s.commitMin || m.op - r.limits.journalSlots > op) return false;
  assert(m.op >= op, 'a log reaches its checkpoint');
  return m.op - r.limits.journalSlots > s.commitMin || s.wantsSync;
}

/** In memory; the caller stages the superblock, with the view and headers that belong to it. */
export function beginSync(r: Context, target: Checkpoint): void {
  const { s } = r;
  assert(target.op > s.commitMin, 'a sync goes forward');`,
    replace: `if (m.op - r.limits.journalSlots > op) return false;
  return m.op - r.limits.journalSlots > s.commitMin || s.wantsSync;
}

export function beginSync(r: Context, target: Checkpoint): void {
  const { s } = r;`,
    scenario: 'older-checkpoint-offered',
  },
  {
    name: 'retargeted-sync-believes-lengths',
    layer: 'state-sync',
    invariant: 'convergence',
    story: 'the log that the last target was receiving is kept: it has the right entries',
    file: 'core/node/state-machine-log-receive.ts',
    find: 'if (open !== null) this.#logs.replace(',
    replace: 'if (open === undefined) this.#logs.replace(',
    scenario: 'disk-full',
  },
  {
    name: 'sync-completed-before-durable',
    layer: 'state-sync',
    invariant: 'storage-equality',
    story: 'all pages and entries are here, so the state is the target',
    file: 'core/node/state-machine.ts',
    find: 'if (!this.#store.durable || !this.#logs.durable) {',
    replace: 'if (!this.syncing && (!this.#store.durable || !this.#logs.durable)) {',
  },
];

export const REJOIN_MUTANTS: readonly Mutant[] = [
  {
    name: 'rejoins-without-a-checkpoint',
    layer: 'rejoin',
    invariant: 'no-silent-loss',
    story: 'a replica that has adopted the log of the new view is complete',
    file: REJOIN,
    find: 'if (s.rejoinOp === 0 || s.checkpointOp < s.rejoinOp || !promisesDurable(r)) return;',
    replace: 'if (s.rejoinOp === 0 || !promisesDurable(r)) return;',
    scenario: 'primary-disk-replaced',
  },
  {
    name: 'rejoins-in-any-view',
    layer: 'rejoin',
    invariant: 'crash',
    story: 'view compared with the wrong bound: any view that the replica has entered will do',
    file: REJOIN,
    find: 's.reportedMax < 0 || s.view <= s.reportedMax) return;',
    replace: 's.view === 0) return;',
    scenario: 'amnesia-replaced-disk',
  },
  {
    name: 'replaced-disk-formatted-as-voter',
    layer: 'rejoin',
    invariant: 'promise',
    story: 'a fresh directory is a fresh directory, whoever asks for it',
    file: 'core/node.ts',
    find: 'return format(disk, seat, limits, crypto, MEMBER_RECOVERING, nonce);',
    replace: 'return format(disk, seat, limits, crypto, MEMBER_VOTER, nonce);',
    scenario: 'amnesia-replaced-disk',
  },
  {
    name: 'one-report-too-few',
    layer: 'rejoin',
    invariant: 'view-monotone',
    story: 'off by one in the reports that bound what may have been promised',
    file: REJOIN,
    find: 'if (reports < r.replicaCount - r.quorums.viewChange + 1) return;',
    replace: 'if (reports < r.replicaCount - r.quorums.viewChange) return;',
    scenario: 'forgotten-promise',
  },
  {
    name: 'asks-end-with-the-process',
    layer: 'rejoin',
    invariant: 'view-monotone',
    story: 'a replica that was restarted wants no other view any more: its asks are over',
    file: REJOIN,
    find: 'let view = Math.max(s.view, s.wish, s.viewHeard, r.superblock.durable.asked);',
    replace: 'let view = Math.max(s.view, s.wish, s.viewHeard);',
    scenario: 'forgotten-promise',
  },
];
