/**
 * Applying what is committed, in order, and answering the clients.
 *
 * Applying is resumable: a large entry is worked on in slices (`APPLY_MORE`), waits for a damaged
 * page to be repaired (`APPLY_NEEDS`), or for the disk to have room, or to have synced what memory
 * still holds (`APPLY_STALLED`). Meanwhile the protocol goes on. Only ops whose headers the chain
 * proves are applied, and never beyond the horizon of the own checkpoint, so that the ring always
 * reaches back to it.
 *
 * Cost: per op one read of the journal (from memory, mostly), one `begin`, at least one `step`.
 */
import type { Prepare } from '../codec/prepare.ts';
import { mark } from '../marks.ts';
import { STEP_COMMIT, STEP_REPLY } from '../observer.ts';
import { assert } from '../types/assert.ts';
import { equal128 } from '../types/hash128.ts';
import { startCheckpoint } from './checkpoint.ts';
import type { Context } from './context.ts';
import { isFollowing, isPrimary, markReached } from './context.ts';
import { APPLY_DONE, APPLY_MORE, APPLY_NEEDS, APPLY_STALLED } from './interfaces.ts';
import { checkpointHorizon } from './log.ts';
import type { ReplyMessage } from './message.ts';
import { REPLY } from './message.ts';
import { armRepair } from './repair.ts';
import { APPLYING_NEEDS, APPLYING_RUN, APPLYING_STALLED, NO_ADDRESS } from './state.ts';

const MARK_PAGE_DAMAGED = mark('page_damaged_in_apply');
const MARK_STALLED = mark('stalled_no_space');

/** Applies what is committed and at hand. True if a slice of work is left for an immediate wake. */
export function applyCommitted(r: Context): boolean {
  const { s } = r;
  if (s.syncTarget !== null) return false;
  // An entry that has begun is committed whatever happened to the view since: it is finished.
  while (s.applying !== null || (s.commitMin < s.commitMax && beginNext(r))) {
    if (s.applyState !== APPLYING_RUN) return false;
    const code = r.machine.step(r.limits.applyBudget);
    if (code === APPLY_DONE) {
      finish(r);
    } else if (code === APPLY_MORE) {
      return true;
    } else if (code === APPLY_NEEDS) {
      s.applyState = APPLYING_NEEDS;
      markReached(r, MARK_PAGE_DAMAGED);
      if (!r.units.pump(s.monotonic)) return false;
      resumeApply(r);
    } else {
      assert(code === APPLY_STALLED, 'step answers with one of four codes');
      s.applyState = APPLYING_STALLED;
      // Else it waits for a sync, and says so itself.
      if (r.machine.retrying) markReached(r, MARK_STALLED);
      s.stallAt = s.monotonic + r.limits.stallRetryMicros;
      return false;
    }
  }
  return false;
}

/** What the entry being applied waited for may have come. */
export function resumeApply(r: Context): void {
  r.s.applyState = APPLYING_RUN;
}

function beginNext(r: Context): boolean {
  const { s } = r;
  const op = s.commitMin + 1;
  if (!isFollowing(r) || op > s.op || op > checkpointHorizon(r)) return false;
  const header = op < s.chainFloor ? null : r.journal.header(op);
  const prepare = header === null ? null : r.journal.read(op, header.checksum);
  if (prepare === null) {
    armRepair(r);
    return false;
  }
  assert(prepare.header.op === op, 'the journal reads what was asked for');
  assert(equal128(prepare.header.parent, s.commitHead), 'entries are applied along the chain');
  r.observer.step(STEP_COMMIT, op, s.view, 0, prepare);
  s.applying = prepare;
  r.machine.begin(prepare);
  return true;
}

function finish(r: Context): void {
  const { s } = r;
  const prepare = s.applying;
  assert(prepare !== null, 'only a begun entry is finished');
  const { op, checksum } = prepare.header;
  assert(op === s.commitMin + 1 && op <= s.commitMax, 'ops are applied one by one');
  assert(r.machine.commit === op, 'the machine stands where the replica stands');
  s.applying = null;
  s.commitMin = op;
  s.commitHead = checksum;
  s.misses = 0;
  s.wantsSync = false;
  s.progressAt = s.monotonic;
  r.journal.release(op);
  if (isPrimary(r)) reply(r, prepare);
  if (op % r.limits.checkpointInterval === 0) startCheckpoint(r);
}

function reply(r: Context, prepare: Prepare): void {
  const { s } = r;
  const { header } = prepare;
  const slot = header.op % r.limits.journalSlots;
  const to = s.replyTo[slot]!;
  s.replyTo[slot] = NO_ADDRESS;
  const stored = r.machine.reply;
  if (stored === null) return;
  assert(equal128(stored.client, header.client), 'a reply answers its own client');
  assert(stored.op === header.op, 'a reply answers its own op');
  if (to === NO_ADDRESS) return;
  sendReply(r, to, stored, 0);
}

/** Sends a stored reply. `resent`: 1 if it comes from the session, not from applying. */
export function sendReply(
  r: Context,
  to: number,
  stored: Omit<ReplyMessage, 'kind' | 'view'>,
  resent: number,
): void {
  const message: ReplyMessage = {
    kind: REPLY,
    view: r.s.view,
    client: stored.client,
    session: stored.session,
    request: stored.request,
    requestChecksum: stored.requestChecksum,
    op: stored.op,
    position: stored.position,
    status: stored.status,
    body: stored.body,
  };
  r.observer.step(STEP_REPLY, message.op, message.request, resent, message);
  r.network.send(to, message);
}
