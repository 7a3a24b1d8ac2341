/**
 * What is true of a replica's state between any two inputs, whatever happened: the other half of
 * the assertions that stand where the state is changed.
 *
 * Checked after every input, in production too. The numbers are those of the invariants of the
 * design's chapter on replication that they encode. Cost: some forty compares, about 30 ns.
 */
import {
  STATUS_NORMAL,
  STATUS_RECOVERING,
  STATUS_RECOVERING_HEAD,
  STATUS_VIEW_CHANGE,
} from '../observer.ts';
import { NEVER } from '../ports.ts';
import { assert } from '../types/assert.ts';
import type { Context } from './context.ts';
import { primary } from './context.ts';
import { MEMBER_RECOVERING } from './interfaces.ts';
import { checkpointHorizon } from './log.ts';
import { APPLYING_RUN } from './state.ts';

export function assertState(r: Context): void {
  assertPromises(r);
  assertLog(r);
  assertCheckpoint(r);
  assertStatus(r);
  assertBounds(r);
}

/** 1: memory leads the disk, and neither leads beyond the other's meaning. */
function assertPromises(r: Context): void {
  const { s } = r;
  const { durable, staged } = r.superblock;
  assert(s.logView <= s.view, 'a log is adopted in a view');
  assert(durable.view <= staged.view && staged.view === s.view, 'every view is on its way to disk');
  assert(durable.logView <= staged.logView, 'log_view on disk follows');
  assert(staged.logView === s.logView, 'every log_view is on its way to disk');
  assert(durable.logView <= durable.view, 'the disk promises what memory promised');
  assert(durable.checkpoint.op <= staged.checkpoint.op, '11: checkpoints advance');
  assert(s.wish === 0 || s.wish > s.view, 'a wish is for a later view');
}

/** 5, 6: the order of what is applied, committed, durable and known. */
function assertLog(r: Context): void {
  const { s } = r;
  assert(s.commitMin <= s.commitMax, 'only what is committed is applied');
  assert(s.commitMin <= s.op, 'what was applied is in the log');
  assert(s.durableUpTo <= s.op, 'only what is in the log is durable');
  assert(s.chainFloor <= s.op + 1, 'the chain begins at the head');
  const { applying } = s;
  if (applying === null) {
    assert(s.applyState === APPLYING_RUN, 'nothing is waited for when nothing is applied');
    return;
  }
  assert(applying.header.op === s.commitMin + 1, 'ops are applied one by one');
  assert(applying.header.op <= s.commitMax, 'only what is committed is begun');
  assert(s.syncTarget === null, 'nothing is applied during a state sync');
}

/** 9, 10: the ring reaches back to the checkpoint. */
function assertCheckpoint(r: Context): void {
  const { s, limits } = r;
  assert(s.checkpointOp <= s.commitMin, 'a checkpoint lies behind');
  assert(s.checkpointing === 0 || s.checkpointing > s.checkpointOp, 'the next one lies ahead');
  assert(s.checkpointing <= s.commitMin, 'a checkpoint is of what was applied');
  // A restart may fall back to a checkpoint that the ring, as promised, no longer reaches: what
  // lies between is then on a quorum, and comes by state sync.
  const kept = Math.max(s.commitMin, s.clusterCheckpoint);
  assert(
    s.op - limits.journalSlots <= kept,
    'the ring, or a checkpoint, holds what is not applied',
  );
  if (s.syncTarget === null) {
    assert(s.commitMin <= checkpointHorizon(r), 'nothing is applied beyond the horizon');
    assert(!s.syncBegun, 'no sync has begun without a target');
  } else {
    assert(s.commitMin === s.syncTarget.op, 'a sync stands at its target');
    assert(s.checkpointing === 0, 'no checkpoint of a state that is being replaced');
  }
}

function assertStatus(r: Context): void {
  const { s } = r;
  const leads = s.status === STATUS_NORMAL && !r.standby && primary(r) === r.replica;
  assert(!s.starting || s.decided, 'a view starts with a chosen log');
  assert(!s.decided || primary(r) === r.replica, 'only its primary chooses the log of a view');
  assert(leads || s.heartbeatAt === NEVER, 'only a primary sends heartbeats');
  assert(leads || s.requests.length === 0, 'only a primary queues requests');
  assert((s.member === MEMBER_RECOVERING) === (s.status === STATUS_RECOVERING), 'one non-voter');
  if (s.status === STATUS_NORMAL) {
    assert(s.logView === s.view, 'normal work is on the log of the view');
    assert(!s.decided && s.viewChangeAt === NEVER, 'no view change is under way');
    assert(!leads || s.op <= s.commitMax + r.limits.pipelineMax, 'the pipeline is bounded');
    assert(!leads || s.syncTarget === null, 'a primary has its whole state');
  } else if (s.status === STATUS_VIEW_CHANGE) {
    assert(!r.standby, 'standbys change no views');
    assert(s.logView < s.view || s.starting, 'a log is not yet adopted');
    assert(s.viewChangeAt !== NEVER, 'a view change never waits without end');
  } else if (s.status === STATUS_RECOVERING_HEAD) {
    assert(s.logView === s.view, 'a promised log has a certain head');
    assert(s.wantViewAt !== NEVER, 'an uncertain head is asked for');
  }
}

/** Every queue and table has its limit. */
function assertBounds(r: Context): void {
  const { s, limits } = r;
  assert(s.requests.length <= limits.requestQueueMax, 'requests are bounded');
  assert(s.reads.length <= limits.readQueueMax, 'reads are bounded');
  assert(s.repairsOut >= 0 && s.repairsOut <= s.repairs.length, 'repairs are bounded');
  assert(s.aheadCount >= 0 && s.aheadCount <= limits.journalSlots, 'held prepares are bounded');
  assert(s.roundConfirmed <= s.round && s.round <= s.roundConfirmed + 1, 'one round at a time');
}
