/**
 * Planted bugs of normal operation, of applying what is committed, of timers and bounds.
 */
import type { Mutant } from './mutant.ts';

const NORMAL = 'core/vsr/normal.ts';
const COMMIT = 'core/vsr/commit.ts';
const TIMERS = 'core/vsr/timers.ts';

export const NORMAL_MUTANTS: readonly Mutant[] = [
  {
    name: 'replication-quorum-off-by-one',
    layer: 'normal',
    invariant: 'durable-quorum',
    story: 'the primary has the op anyway, so its vote is counted before it is cast',
    file: NORMAL,
    find: 'let votes = 0;',
    replace: 'let votes = 1;',
  },
  {
    name: 'acks-counted-one-too-high',
    layer: 'normal',
    invariant: 'durable-quorum',
    story: 'off by one: an ack of the op before counts for this one',
    file: NORMAL,
    find: 'if (s.acked[i]! > commit) votes += 1;',
    replace: 'if (s.acked[i]! >= commit) votes += 1;',
  },
  {
    name: 'primary-acks-before-sync',
    layer: 'normal',
    invariant: 'durable-quorum',
    story: 'the primary proposes the op, so it need not wait for its own disk to vote for it',
    file: NORMAL,
    find: 'extendLog(r, prepare);\n  s.replyTo',
    replace: 'extendLog(r, prepare);\n  s.acked[r.replica] = s.op;\n  s.replyTo',
  },
  {
    name: 'commit-number-of-another-view',
    layer: 'normal',
    invariant: 'agreement',
    story: 'a commit number is a fact, whoever tells it: learn it before asking whose view it is',
    file: NORMAL,
    find: `if (!fromPrimary(r, from, m.view)) return;
  learnCommit(r, m.commit);
  if (m.checkpoint`,
    replace: `learnCommit(r, m.commit);
  if (!fromPrimary(r, from, m.view)) return;
  if (m.checkpoint`,
  },
  {
    name: 'fixed-replication-quorum',
    layer: 'normal',
    invariant: 'promise',
    story: 'the primary and its successors are the quorum; the others are there to take over',
    file: NORMAL,
    find: `for (let i = 0; i < r.replicaCount; i += 1) if (s.acked[i]! > commit) votes += 1;`,
    replace: `for (let i = 0; i < r.quorums.replication; i += 1)
      if (s.acked[(r.replica + i) % r.replicaCount]! > commit) votes += 1;`,
    scenario: 'degraded-one-backup-dead',
  },
  {
    name: 'commit-waits-for-all',
    layer: 'normal',
    invariant: 'useful-when-degraded',
    story: 'let the laggards catch up: go on when all have spoken, or a heartbeat later',
    file: COMMIT,
    find: 'if (!isFollowing(r) || op > s.op || op > checkpointHorizon(r)) return false;',
    replace: `if (!isFollowing(r) || op > s.op || op > checkpointHorizon(r)) return false;
  const late = s.monotonic - s.progressAt >= r.limits.heartbeatMicros;
  if (isPrimary(r) && !late && s.acked.some((acked) => acked < op)) return false;`,
    scenario: 'degraded-one-backup-dead',
  },
  {
    name: 'noop-not-applied',
    layer: 'normal',
    invariant: 'crash',
    story: 'a no-op changes nothing, so applying it is a waste',
    file: COMMIT,
    find: 'const op = s.commitMin + 1;',
    replace: `let op = s.commitMin + 1;
  while (op < s.commitMax && r.journal.header(op)?.operation === 2) op += 1;`,
    scenario: 'amnesia-replaced-disk',
  },
  {
    name: 'stalled-entry-begun-again',
    layer: 'normal',
    invariant: 'prefix',
    story: 'an entry that had to wait is begun anew when its page has come',
    file: COMMIT,
    find: 'r.s.applyState = APPLYING_RUN;',
    replace: 'r.s.applyState = APPLYING_RUN;\n  r.s.applying = null;',
  },
  {
    name: 'applies-what-is-not-chained',
    layer: 'normal',
    invariant: 'chain',
    story: 'what is committed may be applied; whether its header is proven was asked before',
    file: COMMIT,
    find: 'const header = op < s.chainFloor ? null : r.journal.header(op);',
    replace: 'const header = r.journal.header(op);',
  },
];

export const TIMER_MUTANTS: readonly Mutant[] = [
  {
    name: 'idle-primary-falls-silent',
    layer: 'timers',
    invariant: 'quiet-stability',
    story: 'an idle cluster needs no heartbeats: there is nothing to tell',
    file: NORMAL,
    find: 'const idle = s.heartbeats > IDLE_HEARTBEATS && s.op === s.commitMin;',
    replace: `const idle = s.heartbeats > IDLE_HEARTBEATS && s.op === s.commitMin;
  if (idle) {
    s.heartbeatAt = s.monotonic + 16 * limits.heartbeatMicros;
    return;
  }`,
    scenario: 'quiet',
  },
  {
    name: 'prepare-does-not-calm-the-backup',
    layer: 'timers',
    invariant: 'promise',
    story: 'heartbeats prove that the primary lives; prepares are data',
    file: NORMAL,
    find: 'r.detector.heard(from, s.monotonic);\n  const jitter',
    replace: `r.detector.heard(from, s.monotonic);
  if (s.op > s.commitMax) return;
  const jitter`,
    scenario: 'deaf-replica',
  },
  {
    name: 'gap-repaired-at-once',
    layer: 'timers',
    invariant: 'quiet-stability',
    story: 'a missing prepare is asked for as soon as it is missed, though it may be on its way',
    file: NORMAL,
    find: 's.repairAt = Math.min(s.repairAt, s.monotonic + (limits.repairMicros >> 2));',
    replace: 's.repairAt = s.monotonic;\n  s.gapAt = 0;',
    scenario: 'quiet',
  },
  {
    name: 'stuck-primary-stays',
    layer: 'timers',
    invariant: 'promise',
    story: 'who is primary stays primary: views should change only when it is dead',
    file: TIMERS,
    find: 'if (waits && since > stuck) return true;',
    replace: '',
    scenario: 'small-pass-large-fail',
  },
];

export const BOUND_MUTANTS: readonly Mutant[] = [
  {
    name: 'read-queue-unbounded',
    layer: 'reads',
    invariant: 'bounded',
    story: 'dropping reads costs the client a timeout: better to queue them all',
    file: 'core/vsr/reads.ts',
    find: 'if (reads.length >= max) return;\n',
    replace: '',
    scenario: 'two-primaries',
  },
  {
    name: 'unit-repairs-off-by-one',
    layer: 'repair',
    invariant: 'bounded',
    story: 'off by one: the limit is checked before the request is counted',
    file: 'core/vsr/unit-repair.ts',
    find: 'if (this.flights >= this.limits.unitRepairsMax) return;',
    replace: 'if (this.flights > this.limits.unitRepairsMax) return;',
  },
  {
    name: 'session-table-off-by-one',
    layer: 'kernel',
    invariant: 'bounded',
    story: 'off by one: the table is full when it is over-full',
    file: 'core/kernel/kernel.ts',
    find: 'const full = count >= this.#limits.sessionsMax;',
    replace: 'const full = count > this.#limits.sessionsMax;',
  },
];
