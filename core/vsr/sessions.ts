/**
 * Requests: which of them the primary admits to the log, which it answers from the session, and
 * which sessions it declares lost.
 *
 * Exactly once: the committed session record names the last request and keeps its reply. A request
 * is proposed only if it is the next of its session, chained to the last one, and nothing of the
 * same client is in the pipeline; a repetition is answered with the stored reply. Everything else
 * is stale or premature, and dropped: the client repeats what it still wants.
 *
 * Cost: a look at the pipeline's headers and one session look-up a request.
 */
import { mark } from '../marks.ts';
import { BOUND_REQUEST_QUEUE, STEP_BOUND } from '../observer.ts';
import { PREPARE_HEADER_BYTES, PREPARE_SALT_BYTES } from '../codec/prepare.ts';
import type { Address } from '../ports.ts';
import { CLIENT_ADDRESS_MIN } from '../ports.ts';
import { assert } from '../types/assert.ts';
import { equal128 } from '../types/hash128.ts';
import { OPERATION_KERNEL_MIN, OPERATION_REGISTER } from '../types/operation.ts';
import { sendReply } from './commit.ts';
import type { Context } from './context.ts';
import { isPrimary, markReached, promisesDurable } from './context.ts';
import type { SessionRecord } from './interfaces.ts';
import { NEEDS_REPAIR } from './interfaces.ts';
import type { RequestMessage } from './message.ts';
import { EVICTED, EVICTED_NO_SESSION, EVICTED_SESSION_MISMATCH } from './message.ts';
import { mayPropose, propose } from './normal.ts';

const MARK_DUPLICATE = mark('duplicate_request_answered');

export function onRequest(r: Context, from: Address, m: RequestMessage): void {
  const { s } = r;
  if (from < CLIENT_ADDRESS_MIN || !isPrimary(r) || !promisesDurable(r)) return;
  if (!wellFormed(r, m)) return;
  const { requests } = s;
  for (let i = 0; i < requests.length; i += 1) {
    if (!equal128(requests[i]!.message.client, m.client)) continue;
    // The newest is what the client waits for.
    if (m.session >= requests[i]!.message.session) requests[i] = { from, message: m };
    return;
  }
  if (requests.length === 0 && tryAdmit(r, from, m)) return;
  if (requests.length >= r.limits.requestQueueMax) return;
  requests.push({ from, message: m });
  r.observer.step(STEP_BOUND, BOUND_REQUEST_QUEUE, requests.length, r.limits.requestQueueMax, null);
}

/** What no client of ours sends. */
function wellFormed(r: Context, m: RequestMessage): boolean {
  const bytes = PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES + m.body.length;
  if (bytes > r.limits.prepareBytesMax) return false;
  if (m.operation === OPERATION_REGISTER) return m.session === 0 && m.request === 0;
  return m.operation >= OPERATION_KERNEL_MIN && m.session > 0 && m.request > 0;
}

/** Takes from the queue what now finds room. */
export function serveRequests(r: Context): void {
  const { requests } = r.s;
  while (requests.length > 0) {
    const next = requests[0]!;
    if (!tryAdmit(r, next.from, next.message)) return;
    requests.shift();
  }
}

/** True when the request is dealt with: proposed, answered or dropped. False: it must wait. */
function tryAdmit(r: Context, from: Address, m: RequestMessage): boolean {
  const { s } = r;
  assert(isPrimary(r), 'only a primary admits requests');
  if (inPipeline(r, from, m)) return true;
  // Sessions of inherited entries are not yet in the state, nor half of one being applied.
  if (s.commitMin < s.viewStartOp || s.applying !== null) return false;
  const record = r.machine.session(m.client);
  if (record === NEEDS_REPAIR) {
    r.units.pump(s.monotonic);
    return false;
  }
  const admitted =
    m.operation === OPERATION_REGISTER
      ? admitRegister(r, from, m, record)
      : admitNext(r, from, m, record);
  if (!admitted) return true;
  if (!mayPropose(r)) return false;
  // Without clock agreement nothing is stamped.
  return propose(r, m, from);
}

/** Whether something of this client is in flight; a repetition only says where to answer. */
function inPipeline(r: Context, from: Address, m: RequestMessage): boolean {
  const { s, limits } = r;
  for (let op = s.commitMin + 1; op <= s.op; op += 1) {
    const header = r.journal.header(op);
    assert(header !== null, 'a primary knows its pipeline');
    if (!equal128(header.client, m.client)) continue;
    if (equal128(header.requestChecksum, m.checksum)) s.replyTo[op % limits.journalSlots] = from;
    return true;
  }
  return false;
}

function admitRegister(
  r: Context,
  from: Address,
  m: RequestMessage,
  record: SessionRecord | null,
): boolean {
  if (record === null) return true;
  if (equal128(record.requestChecksum, m.checksum)) {
    answerAgain(r, from, m);
    return false;
  }
  // The session has moved on: a late copy of its registration, or of an earlier one. A session
  // that was never used may itself stem from such a copy, so its client may replace it.
  return record.request === 0;
}

function admitNext(
  r: Context,
  from: Address,
  m: RequestMessage,
  record: SessionRecord | null,
): boolean {
  if (record === null || m.session < record.session) {
    evict(r, from, m, record === null ? EVICTED_NO_SESSION : EVICTED_SESSION_MISMATCH);
    return false;
  }
  // A session from a future that this state lacks: the client knows a newer view.
  if (m.session > record.session) return false;
  if (m.request === record.request && equal128(m.checksum, record.requestChecksum)) {
    answerAgain(r, from, m);
    return false;
  }
  // Request n + 1 proves that reply n arrived; the chain proves that it is the same client's.
  return m.request === record.request + 1 && equal128(m.parent, record.requestChecksum);
}

function answerAgain(r: Context, from: Address, m: RequestMessage): void {
  const stored = r.machine.storedReply(m.client);
  if (stored === NEEDS_REPAIR) {
    r.units.pump(r.s.monotonic);
    return;
  }
  if (stored === null) return;
  assert(stored.request === m.request, 'the stored reply answers the last request');
  markReached(r, MARK_DUPLICATE);
  sendReply(r, from, stored, 1);
}

/** The view tells a client whether this replica can know of its session at all. */
function evict(r: Context, from: Address, m: RequestMessage, reason: number): void {
  const { client, session } = m;
  r.network.send(from, { kind: EVICTED, client, session, reason, view: r.s.view });
}
