/**
 * Opening: from what the disk says to a state in which the replica may speak.
 *
 * The superblock gives view, log_view and the headers promised with them; the journal what its
 * slots hold. Together they give the head:
 *  - in the middle of a view change (view > log_view) the promised headers *are* the log;
 *  - else the log may have grown in `log_view` above the promised headers. Entries above them of an
 *    older view were truncated by this one: leftovers.
 * If a slot was torn where an acknowledged op may have stood, the head is uncertain: the replica
 * abstains (`STATUS_RECOVERING_HEAD`) until a start_view newer than the crash tells.
 *
 * Nothing is sent or written before `start`.
 */
import type { PrepareHeader } from '../codec/prepare.ts';
import { mark } from '../marks.ts';
import { STATUS_NORMAL, STATUS_RECOVERING, STATUS_RECOVERING_HEAD } from '../observer.ts';
import { NEVER } from '../ports.ts';
import { assert } from '../types/assert.ts';
import type { Context } from './context.ts';
import { markReached, primary, setStatus } from './context.ts';
import { MEMBER_RECOVERING } from './interfaces.ts';
import { learnCommit, proveChain, resetDurable } from './log.ts';
import { armRepair } from './repair.ts';
import { requestStartView } from './start-view.ts';
import { enterSync } from './sync.ts';
import { beginViewChange, enterViewChange, promisedHead, sendDoViewChange } from './view-change.ts';

const MARK_TORN = mark('truncated_torn_head');
const MARK_RECOVERING_HEAD = mark('recovering_head');

/** What the superblock says; reads only. */
export function recoverPromises(r: Context): void {
  const { s } = r;
  const { durable } = r.superblock;
  const base = durable.syncTarget ?? durable.checkpoint;
  assert(durable.logView <= durable.view, 'a log is adopted in a view');
  assert(durable.syncTarget !== null || r.machine.commit === base.op, 'state is the checkpoint');
  s.view = durable.view;
  s.logView = durable.logView;
  s.member = durable.member;
  s.checkpoint = durable.checkpoint;
  s.checkpointOp = base.op;
  s.commitMin = base.op;
  s.commitHead = base.head;
  s.op = base.op;
  s.syncTarget = durable.syncTarget;
}

/** Finds the log, and tells the journal what to believe, which may make it heal a slot. */
function recoverLog(r: Context): void {
  const { s, journal } = r;
  const { durable } = r.superblock;
  const base = durable.syncTarget ?? durable.checkpoint;
  learnCommit(r, base.op);
  const promised = promisedHead(r, durable.viewHeaders);
  const grown = durable.view === durable.logView ? grownHead(r, promised) : promised;
  s.op = Math.max(grown, base.op);
  journal.truncateAfter(s.op);
  installPromised(r, durable.viewHeaders);
  if (s.op > base.op && journal.header(s.op) === null) s.op = highestKnown(r);
  // Nobody proposes further ahead of the commit than a pipeline.
  learnCommit(r, s.op - r.limits.pipelineMax);
  proveChain(r);
  resetDurable(r);
  assert(s.op >= s.commitMin, 'the log reaches the checkpoint');
}

/** The newest op that the log of `log_view` is known to have reached. */
function grownHead(r: Context, promised: number): number {
  const { s, journal } = r;
  const top = newestOfView(r, promised, journal.head);
  // Acknowledgements are cumulative: above an op that was certainly never acknowledged here nothing
  // was. What a crash left there would only be in doubt without need.
  for (let op = Math.max(promised, s.commitMin) + 1; op < top; op += 1) {
    if (journal.header(op) !== null || !journal.nack(op, null)) continue;
    // 1. As primary of view 1 we journalled ops 16 and 17; view 2 begins with head 15.
    // 2. Of view 2's log we journal op 20 first, and crash: 18 was never here.
    // What is below 18 are the leftovers, not that log: it would be acknowledged as view 2's.
    return newestOfView(r, promised, op - 1);
  }
  return top;
}

/** The newest op up to `from` of `log_view` itself; above what was promised all others were cut. */
function newestOfView(r: Context, promised: number, from: number): number {
  const { journal, s } = r;
  for (let op = from; op > promised; op -= 1) {
    const header = journal.header(op);
    if (header === null) continue;
    assert(header.view <= s.logView, 'nothing is journalled of a view that was not adopted');
    if (header.view === s.logView) return op;
  }
  return promised;
}

function installPromised(r: Context, headers: readonly (PrepareHeader | null)[]): void {
  const { s, journal } = r;
  for (const header of headers) {
    if (header === null || header.op > s.op || header.op <= s.commitMin) continue;
    // The slot has moved on to a later lap since.
    if (header.op + r.limits.journalSlots <= s.op) continue;
    journal.installHeader(header);
  }
}

function highestKnown(r: Context): number {
  let { op } = r.s;
  while (op > r.s.commitMin && r.journal.header(op) === null) op -= 1;
  return op;
}

/** Begins the protocol: everything the disk said is durable now. */
export function start(r: Context): void {
  const { s, journal } = r;
  recoverLog(r);
  const { durable } = r.superblock;
  s.pingAt = r.standby ? NEVER : s.monotonic;
  s.scrubAt = s.monotonic + r.limits.scrubMicros;
  const midway = durable.view > durable.logView;
  const uncertain = !journal.headCertain && !midway && r.replicaCount > 1;
  if (durable.member === MEMBER_RECOVERING) {
    s.recoverAt = s.monotonic;
    awaitLog(r, STATUS_RECOVERING);
  } else if (uncertain) {
    markReached(r, MARK_RECOVERING_HEAD);
    awaitLog(r, STATUS_RECOVERING_HEAD);
  } else {
    if (journal.tornMin !== NEVER) markReached(r, MARK_TORN);
    resume(r, midway);
  }
  if (s.syncTarget !== null) enterSync(r, s.syncTarget);
  armRepair(r);
}

/** Without a log of its own to stand on: asks for one. */
function awaitLog(r: Context, status: number): void {
  setStatus(r, status);
  r.s.wantsView = true;
  requestStartView(r);
}

function resume(r: Context, midway: boolean): void {
  const { s } = r;
  if (midway) {
    assert(!r.standby, 'standbys change no views');
    beginViewChange(r);
    sendDoViewChange(r);
    return;
  }
  s.adopted = true;
  setStatus(r, STATUS_NORMAL);
  if (r.standby) return;
  if (primary(r) === r.replica) {
    // 1. As the primary of this view we proposed op n; a backup has it, our own copy is lost.
    // 2. Were we to go on in this view, we would propose another n under the same view.
    enterViewChange(r, s.view + 1);
    return;
  }
  const jitter = r.prng.below((r.limits.primaryDeadMicros >> 1) + 1);
  s.primaryDeadAt = r.detector.deadAt(primary(r)) + jitter;
}
