/**
 * State sync: a replica that the ring no longer reaches back to takes a checkpoint from its peers.
 *
 *   1. A start_view offers a checkpoint that a quorum holds, if that leads on (`syncOffer`),
 *   and the log above it.
 *   2. The superblock records target, view and headers together: a crash resumes the sync.
 *   3. The machine replaces its state; missing units are fetched by `unit-repair.ts`.
 *   4. Complete and durable: the superblock names the checkpoint, and acknowledgements may go
 *   again.
 *
 * Until then nothing is applied and nothing acknowledged: an acknowledgement promises that the
 * checkpoint below it is durable too. If peers no longer hold the target, a newer one replaces it.
 *
 * Cost: proportional to what differs between the states; two superblock updates.
 */
import { mark } from '../marks.ts';
import { STEP_STOP, STEP_SYNC } from '../observer.ts';
import { assert } from '../types/assert.ts';
import { equal128 } from '../types/hash128.ts';
import { adoptCheckpoint } from './checkpoint.ts';
import type { Context } from './context.ts';
import { contradicted, isPrimary, markReached } from './context.ts';
import type { SuperblockState } from './interfaces.ts';
import { learnCommit, proveChain, resetDurable } from './log.ts';
import type { Checkpoint, StartViewMessage } from './message.ts';
import { START_VIEW } from './message.ts';
import { armRepair } from './repair.ts';
import { requestStartView } from './start-view.ts';
import { resign } from './view-change.ts';
import { APPLYING_NEEDS, APPLYING_RUN, NO_ADDRESS } from './state.ts';

const MARK_STARTED = mark('state_sync_started');
const MARK_COMPLETED = mark('state_sync_completed');
const MARK_RETARGETED = mark('state_sync_retargeted');
const MARK_RESIGNED = mark('primary_abdicated_sync');

/** Whether the offered checkpoint must replace our state. */
export function mustSync(r: Context, m: StartViewMessage): boolean {
  const { s } = r;
  const { op } = m.checkpoint;
  if (op <= s.commitMin || m.op - r.limits.journalSlots > op) return false;
  assert(m.op >= op, 'a log reaches its checkpoint');
  return m.op - r.limits.journalSlots > s.commitMin || s.wantsSync;
}

/** In memory; the caller stages the superblock, with the view and headers that belong to it. */
export function beginSync(r: Context, target: Checkpoint): void {
  const { s } = r;
  assert(target.op > s.commitMin, 'a sync goes forward');
  markReached(r, s.syncTarget === null ? MARK_STARTED : MARK_RETARGETED);
  s.syncTarget = target;
  s.syncBegun = false;
  s.wantsSync = false;
  s.misses = 0;
  s.applying = null;
  s.applyState = APPLYING_RUN;
  s.checkpointing = 0;
  s.commitMin = target.op;
  s.commitHead = target.head;
  learnCommit(r, target.op);
  r.units.reset();
  r.observer.step(STEP_SYNC, target.op, 0, 0, target);
}

/** The superblock may have come to name the target, or the checkpoint that it became. */
export function onSyncDurable(r: Context, state: SuperblockState): void {
  const { s } = r;
  const target = s.syncTarget;
  if (target === null) return;
  if (state.syncTarget !== null) {
    if (!s.syncBegun && sameCheckpoint(state.syncTarget, target)) enterSync(r, target);
  } else if (s.syncBegun && sameCheckpoint(state.checkpoint, target)) {
    finishSync(r, target);
  }
}

/** From here on the old checkpoint is gone, and the target stands for it. */
export function enterSync(r: Context, target: Checkpoint): void {
  const { s } = r;
  assert(s.syncTarget !== null && !s.syncBegun, 'a sync is entered once');
  s.syncBegun = true;
  s.checkpointOp = target.op;
  r.journal.checkpointed(target.op, Math.max(s.clusterCheckpoint, 0));
  r.machine.syncBegin(target);
  // The machine may have found everything at hand.
  if (s.syncTarget !== null) r.units.pump(s.monotonic);
  armRepair(r);
}

/** The machine holds all of the target, durably. */
export function onSyncCompleted(r: Context, target: Checkpoint): void {
  const { s } = r;
  if (!s.syncBegun || s.syncTarget === null || !sameCheckpoint(target, s.syncTarget)) return;
  r.superblock.update({ ...r.superblock.staged, checkpoint: target, syncTarget: null });
}

/**
 * What the superblock is to say of the sync under way: nothing more, once its completion was
 * staged. (Said again beside the checkpoint that it became, it would never end.)
 */
export function targetToStage(r: Context): Checkpoint | null {
  const { syncTarget } = r.s;
  if (syncTarget === null) return null;
  return sameCheckpoint(r.superblock.staged.checkpoint, syncTarget) ? null : syncTarget;
}

/** Whoever offered this target lied, or is broken: ask for another. */
export function onSyncRefuted(r: Context, target: Checkpoint): void {
  const { s } = r;
  assert(s.syncTarget !== null && sameCheckpoint(s.syncTarget, target), 'the sync under way');
  contradicted(r, START_VIEW, NO_ADDRESS, `a checkpoint at op ${target.op} that its root denies`);
  s.wantsSync = true;
  requestStartView(r);
}

function finishSync(r: Context, target: Checkpoint): void {
  const { s } = r;
  assert(r.machine.commit === target.op, 'the machine stands at the target');
  assert(s.commitMin === target.op, 'nothing was applied meanwhile');
  s.syncTarget = null;
  s.syncBegun = false;
  adoptCheckpoint(r, target);
  s.checkpointBefore = null;
  r.machine.checkpointDurable(target);
  proveChain(r);
  resetDurable(r);
  r.observer.step(STEP_SYNC, target.op, 1, 0, target);
  markReached(r, MARK_COMPLETED);
  armRepair(r);
}

/**
 * No peer holds a unit. A sync needs a newer target; an entry that needs the unit can only be
 * replaced by a newer checkpoint, which a primary cannot take: it resigns.
 */
export function onUnitUnobtainable(r: Context): void {
  const { s } = r;
  const blocked = s.syncTarget !== null || s.applyState === APPLYING_NEEDS;
  if (!blocked) return;
  if (r.memberCount === 1) {
    s.stopped = 'a damaged page is needed, and there is no other replica to repair it from';
    r.observer.step(STEP_STOP, 0, 0, 0, s.stopped);
    return;
  }
  if (r.replicaCount === 1) return;
  if (isPrimary(r)) {
    markReached(r, MARK_RESIGNED);
    resign(r);
    return;
  }
  s.wantsSync = true;
  requestStartView(r);
}

function sameCheckpoint(x: Checkpoint, y: Checkpoint): boolean {
  return x.op === y.op && equal128(x.head, y.head);
}
