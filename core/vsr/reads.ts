/**
 * Reads. By position token: any replica answers once its state has reached it. Latest: only the
 * primary, linearizable without leases or clocks.
 *
 * A latest read is answered when
 *   1. a replication quorum, self included, has confirmed this view to a round sent after the read
 *      arrived: a later view needs a member of that quorum, which had not left then, so whatever
 *      that view commits, it commits after the read arrived;
 *   2. everything known to be committed then is applied, and so is all that this view inherited.
 * One round serves all reads that arrived before it was sent.
 *
 * Cost: a round is one small message to each voter and back, however many reads wait for it.
 */
import { mark } from '../marks.ts';
import { BOUND_READ_QUEUE, STATUS_NORMAL, STEP_BOUND, STEP_QUERY } from '../observer.ts';
import type { Address } from '../ports.ts';
import { NEVER } from '../ports.ts';
import { assert } from '../types/assert.ts';
import type { Context } from './context.ts';
import {
  broadcastVoters,
  isPrimary,
  isVoter,
  markReached,
  primary,
  promisesDurable,
} from './context.ts';
import { NEEDS_REPAIR } from './interfaces.ts';
import type { ConfirmViewMessage, QueryMessage, QueryReplyMessage } from './message.ts';
import { CONFIRM_VIEW, QUERY_REPLY, VIEW_CONFIRMED } from './message.ts';
import { wantView } from './start-view.ts';
import type { QueuedRead } from './state.ts';
import { APPLYING_RUN } from './state.ts';

const MARK_WAITED = mark('read_waited_for_view');
/** A read that waited this many client retries is forgotten: its client has asked again. */
const EXPIRY_RETRIES = 4;

export function onQuery(r: Context, from: Address, m: QueryMessage): void {
  const { s } = r;
  const latest = m.position < 0;
  if (latest && (!isPrimary(r) || !promisesDurable(r))) return;
  let round = 0;
  let commit = 0;
  if (latest) {
    round = s.round === s.roundConfirmed ? beginRound(r) : s.round + 1;
    commit = Math.max(s.commitMax, s.viewStartOp);
  }
  const expiresAt = s.monotonic + r.limits.clientRetryMicros * EXPIRY_RETRIES;
  const read: QueuedRead = { from, message: m, round, commit, expiresAt };
  if (ready(r, read) && answer(r, read)) return;
  if (latest) markReached(r, MARK_WAITED);
  enqueue(r, read);
}

function enqueue(r: Context, read: QueuedRead): void {
  const { reads, monotonic } = r.s;
  const max = r.limits.readQueueMax;
  if (reads.length >= max && reads[0]!.expiresAt <= monotonic) reads.shift();
  if (reads.length >= max) return;
  reads.push(read);
  r.observer.step(STEP_BOUND, BOUND_READ_QUEUE, reads.length, max, null);
}

/** Asks all voters whether they are still in this view. */
function beginRound(r: Context): number {
  const { s } = r;
  assert(isPrimary(r) && s.round === s.roundConfirmed, 'one round at a time');
  s.round += 1;
  s.confirmed[r.replica] = s.round;
  if (r.quorums.replication === 1) {
    s.roundConfirmed = s.round;
    return s.round;
  }
  sendRound(r);
  return s.round;
}

function sendRound(r: Context): void {
  const { s } = r;
  broadcastVoters(r, { kind: CONFIRM_VIEW, view: s.view, round: s.round });
  s.roundAt = s.monotonic + r.limits.prepareRetryMicros;
}

export function expireRound(r: Context): void {
  const { s } = r;
  s.roundAt = NEVER;
  if (isPrimary(r) && s.round > s.roundConfirmed) sendRound(r);
}

export function onConfirmView(r: Context, from: Address, m: ConfirmViewMessage): void {
  const { s } = r;
  if (m.view > s.view) wantView(r, m.view);
  if (m.view !== s.view || s.status !== STATUS_NORMAL || !isVoter(r)) return;
  if (from !== primary(r)) return;
  r.network.send(from, { kind: VIEW_CONFIRMED, view: s.view, round: m.round });
}

export function onViewConfirmed(r: Context, from: Address, m: ConfirmViewMessage): void {
  const { s } = r;
  if (from < 0 || from >= r.replicaCount || m.view !== s.view || !isPrimary(r)) return;
  if (m.round > s.round || m.round <= s.confirmed[from]!) return;
  s.confirmed[from] = m.round;
  let votes = 0;
  for (let i = 0; i < r.replicaCount; i += 1) if (s.confirmed[i]! >= s.round) votes += 1;
  if (votes < r.quorums.replication || s.roundConfirmed === s.round) return;
  s.roundConfirmed = s.round;
  s.roundAt = NEVER;
  s.progressAt = s.monotonic;
  for (const read of s.reads) {
    if (read.round <= s.roundConfirmed) continue;
    beginRound(r);
    return;
  }
}

/** Answers what has become ready. */
export function serveReads(r: Context): void {
  const { reads, monotonic } = r.s;
  let kept = 0;
  for (let i = 0; i < reads.length; i += 1) {
    const read = reads[i]!;
    if (read.expiresAt <= monotonic) continue;
    if (ready(r, read) && answer(r, read)) continue;
    reads[kept] = read;
    kept += 1;
  }
  reads.length = kept;
}

function ready(r: Context, read: QueuedRead): boolean {
  const { s } = r;
  // Half an entry is no state; one that waits has had no effect yet.
  if (s.applying !== null && s.applyState === APPLYING_RUN) return false;
  if (s.syncTarget !== null) return false;
  if (read.round > 0) return read.round <= s.roundConfirmed && read.commit <= s.commitMin;
  return r.machine.position(read.message.tenant) >= read.message.position;
}

function answer(r: Context, read: QueuedRead): boolean {
  const { message: m } = read;
  const result = r.machine.query(m.tenant, m.body);
  if (result === NEEDS_REPAIR) {
    r.units.pump(r.s.monotonic);
    return false;
  }
  assert(m.position < 0 || result.position >= m.position, 'a token is honoured');
  const reply: QueryReplyMessage = {
    kind: QUERY_REPLY,
    client: m.client,
    query: m.query,
    view: r.s.view,
    position: result.position,
    status: result.status,
    body: result.body,
  };
  r.observer.step(STEP_QUERY, m.tenant, result.position, m.query, reply);
  r.network.send(read.from, reply);
  return true;
}

/** The view is over: whoever asked for the latest asks the next primary. */
export function dropReads(r: Context): void {
  const { s } = r;
  s.reads.length = 0;
  s.round = 0;
  s.roundConfirmed = 0;
  s.roundAt = NEVER;
  s.confirmed.fill(0);
}
