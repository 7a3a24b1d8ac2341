/**
 * Normal operation: the primary proposes, backups accept in order and acknowledge what is durable,
 * a replication quorum commits.
 *
 * Acknowledgements are cumulative and carry the checksum of the newest entry, so that one message
 * speaks for all below it, and none can be taken for another entry at the same op. They go only to
 * the primary of the sender's own view, and only for what a restart would still find here.
 *
 * Cost: one message per op and peer, one acknowledgement per group of syncs; heartbeats only while
 * no prepares flow. Nothing is allocated but messages.
 */
import type { Prepare } from '../codec/prepare.ts';
import { PREPARE_HEADER_BYTES, PREPARE_SALT_BYTES, buildPrepare } from '../codec/prepare.ts';
import { mark } from '../marks.ts';
import { BOUND_PIPELINE, STATUS_NORMAL, STEP_ACK, STEP_BOUND, STEP_PROPOSE } from '../observer.ts';
import type { Address } from '../ports.ts';
import { NEVER } from '../ports.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { ZERO128, equal128 } from '../types/hash128.ts';
import { OPERATION_NOOP } from '../types/operation.ts';
import type { Context } from './context.ts';
import {
  broadcast,
  contradicted,
  isFollowing,
  isPrimary,
  isVoter,
  markReached,
  primary,
  promisesDurable,
} from './context.ts';
import {
  ackable,
  advanceDurable,
  appendPrepare,
  checksumAt,
  extendLog,
  headChecksum,
  learnCommit,
  mayWrite,
} from './log.ts';
import type { CommitMessage, PrepareMessage, PrepareOkMessage, RequestMessage } from './message.ts';
import { COMMIT, PREPARE, PREPARE_OK } from './message.ts';
import { wantView } from './start-view.ts';
import { NO_ADDRESS } from './state.ts';

const MARK_ACK_WITHHELD = mark('ack_withheld_for_checkpoint');
/** An idle primary stretches its heartbeats after this many in a row without a proposal. */
const IDLE_HEARTBEATS = 3;
/** Prepare retries back off by doubling, this often. */
const RETRY_DOUBLINGS_MAX = 3;

const NO_BODY: Uint8Array = new Uint8Array(0);
const salt: Uint8Array = new Uint8Array(PREPARE_SALT_BYTES);

// Prepares are carved from chunks: a small array of its own costs ten times as much as a view.
const CHUNK_BYTES = 16_384;
let chunk: Uint8Array = NO_BODY;
let chunkUsed = 0;

function carve(bytes: number): Uint8Array {
  if (bytes > CHUNK_BYTES >> 2) return new Uint8Array(bytes);
  if (chunkUsed + bytes > chunk.length) {
    chunk = new Uint8Array(CHUNK_BYTES);
    chunkUsed = 0;
  }
  const from = chunkUsed;
  chunkUsed += bytes;
  return chunk.subarray(from, chunkUsed);
}

/** Whether the pipeline and the ring have room for one more op. */
export function mayPropose(r: Context): boolean {
  const { s } = r;
  return (
    isPrimary(r) &&
    promisesDurable(r) &&
    s.op < s.commitMax + r.limits.pipelineMax &&
    mayWrite(r, s.op + 1)
  );
}

/**
 * Gives `request` (null: a no-op) the next op and proposes it. False if the clock has no agreement:
 * then nothing happened. `from` is whom to answer.
 */
export function propose(r: Context, request: RequestMessage | null, from: Address): boolean {
  assert(mayPropose(r), 'only a primary with room proposes');
  const { s } = r;
  const before = headTimestamp(r);
  const timestamp = r.clock.stamp(before, s.monotonic, s.realtime);
  if (timestamp < 0) return false;
  assert(timestamp > before, 'timestamps increase strictly');
  const prepare = build(r, request, timestamp);
  if (s.op === s.commitMin) s.progressAt = s.monotonic;
  extendLog(r, prepare);
  s.replyTo[s.op % r.limits.journalSlots] = from;
  r.observer.step(STEP_PROPOSE, s.op, s.view, 0, prepare);
  const inFlight = s.op - s.commitMax;
  assert(inFlight <= r.limits.pipelineMax, 'the pipeline is bounded');
  r.observer.step(STEP_BOUND, BOUND_PIPELINE, inFlight, r.limits.pipelineMax, null);
  s.heartbeats = 0;
  s.ackDue = true;
  sendPrepare(r, prepare);
  return true;
}

function build(r: Context, request: RequestMessage | null, timestamp: number): Prepare {
  const { durable } = r.superblock;
  const body = request === null ? NO_BODY : request.body;
  const bytes = carve(PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES + body.length);
  r.crypto.random(salt);
  bytes.set(salt, PREPARE_HEADER_BYTES);
  bytes.set(body, PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES);
  const fields = {
    parent: headChecksum(r),
    cluster: durable.cluster,
    client: request === null ? ZERO128 : request.client,
    requestChecksum: request === null ? ZERO128 : request.checksum,
    op: r.s.op + 1,
    timestamp,
    session: request === null ? 0 : request.session,
    view: r.s.view,
    epoch: durable.epoch,
    release: durable.release,
    request: request === null ? 0 : request.request,
    shard: durable.shard,
    tenant: request === null ? 0 : request.tenant,
    operation: request === null ? OPERATION_NOOP : request.operation,
  };
  return buildPrepare(fields, bytes, r.crypto);
}

/** Timestamp of the head: what the next entry must exceed. */
function headTimestamp(r: Context): number {
  const header = r.journal.header(r.s.op);
  if (header !== null) return header.timestamp;
  assert(r.s.op === r.s.commitMin, 'a head without a header was applied');
  return r.machine.timestamp;
}

/** Proposes, or proposes again byte for byte, to everyone. */
function sendPrepare(r: Context, prepare: Prepare): void {
  const { s } = r;
  broadcast(r, { kind: PREPARE, view: s.view, commit: s.commitMax, prepare });
  s.heartbeatAt = s.monotonic + r.limits.heartbeatMicros;
  if (s.retryAt === NEVER) s.retryAt = s.monotonic + r.limits.prepareRetryMicros;
}

/**
 * Much was applied since the last checkpoint, and the next one is ops away: no-ops take their
 * places. They go before requests, of which there may always be more.
 */
export function hastenCheckpoint(r: Context): void {
  const { checkpointInterval, checkpointBytesMax } = r.limits;
  if (r.machine.unsavedBytes < checkpointBytesMax) return;
  const next = r.s.commitMin - (r.s.commitMin % checkpointInterval) + checkpointInterval;
  while (r.s.op < next && mayPropose(r)) if (!propose(r, null, NO_ADDRESS)) return;
}

/** A new primary proposes what it inherited: the same bytes, in its own view. */
export function proposeInherited(r: Context): void {
  const { s } = r;
  for (let op = s.commitMax + 1; op <= s.op; op += 1) {
    const header = r.journal.header(op);
    assert(header !== null && header.view <= s.view, 'an inherited op has a header');
    const prepare = r.journal.read(op, header.checksum);
    if (prepare === null) continue;
    r.observer.step(STEP_PROPOSE, op, s.view, 0, prepare);
    sendPrepare(r, prepare);
  }
}

export function onPrepare(r: Context, from: Address, m: PrepareMessage): void {
  const { s } = r;
  if (!fromPrimary(r, from, m.view)) return;
  const { header } = m.prepare;
  if (header.op === s.op + 1 && promisesDurable(r) && !equal128(header.parent, headChecksum(r))) {
    // Two logs in one view: its commit numbers may be about the other one.
    contradicted(r, PREPARE, from, 'a proposal on another log');
    wantView(r, s.view);
    return;
  }
  learnCommit(r, m.commit);
  if (header.op <= s.op) onPrepareAgain(r, m.prepare);
  else if (header.op === s.op + 1) acceptPrepare(r, m.prepare);
  else holdAhead(r, m.prepare);
}

/** Whether a message of normal operation comes from the primary of the view that we follow. */
function fromPrimary(r: Context, from: Address, view: number): boolean {
  const { s } = r;
  if (view < s.view) return false;
  if (from !== view % r.replicaCount || from === r.replica) return false;
  if (view > s.view || !isFollowing(r)) {
    wantView(r, view);
    return false;
  }
  assert(!isPrimary(r), 'a view has one primary');
  heardPrimary(r, from);
  return true;
}

function heardPrimary(r: Context, from: number): void {
  const { s } = r;
  r.detector.heard(from, s.monotonic);
  const jitter = r.prng.below((r.limits.primaryDeadMicros >> 1) + 1);
  s.primaryDeadAt = r.detector.deadAt(from) + jitter;
  s.wish = 0;
  s.resendAt = NEVER;
}

/** The op after the head, and what was held above it. */
export function acceptPrepare(r: Context, prepare: Prepare): void {
  const { s, limits } = r;
  let next: Prepare | null = prepare;
  // Nothing of a view is written before the view is durable:
  // 1. we adopt view w in memory, and write its op n over the op n that we acknowledged in view v;
  // 2. a crash; the superblock still says v, so we go on there, where op n is no longer ours.
  if (!promisesDurable(r)) {
    hold(r, prepare);
    return;
  }
  while (next !== null) {
    const { op, parent } = next.header;
    assert(op === s.op + 1, 'prepares are accepted in order');
    if (!equal128(parent, headChecksum(r))) {
      // Our head is not this primary's: only its start_view can tell.
      wantView(r, s.view);
      return;
    }
    // Too far ahead of our checkpoint: it will be repaired once that has moved.
    if (!mayWrite(r, op)) {
      s.wantViewAt = Math.min(s.wantViewAt, s.monotonic + limits.repairMicros);
      return;
    }
    extendLog(r, next);
    s.ackDue = true;
    next = takeAhead(r, s.op + 1);
  }
  // What seemed lost was only late: the question is not asked, nor too early after the next gap.
  const whole = s.aheadCount === 0 && s.commitMax <= s.op;
  if (whole && !s.wantsView && !s.wantsSync) s.wantViewAt = NEVER;
}

/** A repetition: it repairs a slot, or says that our acknowledgement was lost. */
function onPrepareAgain(r: Context, prepare: Prepare): void {
  const { s } = r;
  const { op, checksum } = prepare.header;
  if (op <= s.checkpointOp) return;
  const header = r.journal.header(op);
  if (header === null || !equal128(header.checksum, checksum)) return;
  if (!r.journal.present(op, checksum)) {
    if (mayWrite(r, op) && promisesDurable(r)) appendPrepare(r, prepare);
  } else {
    s.ackRepeat = true;
  }
}

/** Keeps a prepare that overtook others; asks for a start_view if they do not follow soon. */
function holdAhead(r: Context, prepare: Prepare): void {
  const { s, limits } = r;
  const { op } = prepare.header;
  assert(op > s.op + 1, 'only what lies beyond a gap is held');
  s.wantViewAt = Math.min(s.wantViewAt, s.monotonic + limits.repairMicros);
  s.repairAt = Math.min(s.repairAt, s.monotonic + (limits.repairMicros >> 2));
  if (op <= s.op + 2 * limits.pipelineMax) hold(r, prepare);
}

function hold(r: Context, prepare: Prepare): void {
  const { s, limits } = r;
  const slot = prepare.header.op % limits.journalSlots;
  if (s.aheadCount === 0) s.gapAt = s.monotonic;
  if (s.ahead[slot] === null) s.aheadCount += 1;
  s.ahead[slot] = prepare;
  assert(s.aheadCount <= limits.journalSlots, 'at most one held prepare a slot');
}

/** Checksum of the op after the head, if the prepare held above it names it as its parent. */
export function checksumOfGap(r: Context): Hash128 | null {
  const { s } = r;
  if (s.aheadCount === 0) return null;
  const above = s.ahead[(s.op + 2) % r.limits.journalSlots]!;
  return above !== null && above.header.op === s.op + 2 ? above.header.parent : null;
}

/** The view is durable: what waited for that may be written. */
export function acceptHeld(r: Context): void {
  const next = takeAhead(r, r.s.op + 1);
  if (next !== null) acceptPrepare(r, next);
}

function takeAhead(r: Context, op: number): Prepare | null {
  const { s } = r;
  if (s.aheadCount === 0) return null;
  const slot = op % r.limits.journalSlots;
  const held = s.ahead[slot]!;
  if (held === null) return null;
  s.ahead[slot] = null;
  s.aheadCount -= 1;
  return held.header.op === op ? held : null;
}

/** What was held belongs to a view that is over. */
export function dropAhead(r: Context): void {
  if (r.s.aheadCount === 0) return;
  r.s.ahead.fill(null);
  r.s.aheadCount = 0;
}

/**
 * Acknowledges what became durable: to the primary, or to oneself. Withheld, and done later, while
 * the view is not durable, during a state sync, and beyond the horizon of the own checkpoint.
 */
export function flushAck(r: Context): void {
  const { s } = r;
  if (s.status !== STATUS_NORMAL || !isVoter(r) || s.syncTarget !== null) return;
  if (!promisesDurable(r)) return;
  advanceDurable(r);
  const op = ackable(r);
  if (op < s.durableUpTo) markReached(r, MARK_ACK_WITHHELD);
  const to = primary(r);
  const repeat = s.ackRepeat;
  s.ackDue = false;
  s.ackRepeat = false;
  if (op <= s.ackSent && (!repeat || to === r.replica)) return;
  const checksum = checksumAt(r, op);
  if (checksum === null || op === 0) return;
  assert(op <= s.op, 'nobody acknowledges beyond the own head');
  const header = r.journal.header(op);
  if (header !== null) r.observer.step(STEP_ACK, op, s.view, to, header);
  if (op > s.ackSent) s.ackSent = op;
  if (to === r.replica) {
    s.acked[to] = op;
    tally(r);
    return;
  }
  const { commitMin: commit, checkpointOp: checkpoint, view } = s;
  r.network.send(to, { kind: PREPARE_OK, view, op, checksum, commit, checkpoint });
}

export function onPrepareOk(r: Context, from: Address, m: PrepareOkMessage): void {
  const { s } = r;
  if (from < 0 || from >= r.replicaCount || m.view !== s.view || !isPrimary(r)) return;
  if (m.checkpoint > s.peerCheckpoint[from]!) s.peerCheckpoint[from] = m.checkpoint;
  if (m.op > s.op || m.op <= s.acked[from]!) return;
  if (m.op > s.commitMax) {
    const checksum = checksumAt(r, m.op);
    assert(checksum !== null, 'a primary knows what it proposed');
    if (!equal128(checksum, m.checksum)) return;
  }
  s.acked[from] = m.op;
  // Who acknowledges has a vote again.
  s.recoverAskedAt[from] = 0;
  tally(r);
}

/** Commits what a replication quorum has acknowledged. */
function tally(r: Context): void {
  const { s } = r;
  assert(isPrimary(r), 'only the primary counts');
  let commit = s.commitMax;
  while (commit < s.op) {
    let votes = 0;
    for (let i = 0; i < r.replicaCount; i += 1) if (s.acked[i]! > commit) votes += 1;
    if (votes < r.quorums.replication) break;
    commit += 1;
  }
  if (commit === s.commitMax) return;
  assert(commit <= s.op, 'what commits was proposed');
  learnCommit(r, commit);
  s.retries = 0;
  s.retryAt = commit === s.op ? NEVER : s.monotonic + r.limits.prepareRetryMicros;
}

/** Sends unacknowledged ops again to those who have not acknowledged them. */
export function retryPrepares(r: Context): void {
  const { s, limits } = r;
  s.retryAt = NEVER;
  if (!isPrimary(r) || s.commitMax >= s.op) return;
  for (let op = s.commitMax + 1; op <= s.op; op += 1) {
    const checksum = checksumAt(r, op);
    const prepare = checksum === null ? null : r.journal.read(op, checksum);
    if (prepare === null) break;
    let message: PrepareMessage | null = null;
    for (let to = 0; to < r.replicaCount; to += 1) {
      if (to === r.replica || s.acked[to]! >= op) continue;
      message ??= { kind: PREPARE, view: s.view, commit: s.commitMax, prepare };
      r.network.send(to, message);
    }
  }
  s.retries += 1;
  const doublings = Math.min(s.retries, RETRY_DOUBLINGS_MAX);
  s.retryAt = s.monotonic + limits.prepareRetryMicros * (1 << doublings);
}

/** The primary says that it lives, and how far it has committed. */
export function sendHeartbeat(r: Context): void {
  const { s, limits } = r;
  assert(isPrimary(r), 'only a primary sends heartbeats');
  const checksum = s.commitMax === s.commitMin ? s.commitHead : checksumAt(r, s.commitMax);
  broadcast(r, {
    kind: COMMIT,
    view: s.view,
    commit: checksum === null ? s.commitMin : s.commitMax,
    commitChecksum: checksum ?? s.commitHead,
    checkpoint: s.checkpointOp,
    monotonic: s.monotonic,
  });
  s.heartbeats += 1;
  const idle = s.heartbeats > IDLE_HEARTBEATS && s.op === s.commitMin;
  s.heartbeatAt = s.monotonic + limits.heartbeatMicros + (idle ? limits.heartbeatMicros >> 1 : 0);
}

export function onCommit(r: Context, from: Address, m: CommitMessage): void {
  const { s } = r;
  if (!fromPrimary(r, from, m.view)) return;
  learnCommit(r, m.commit);
  if (m.checkpoint > s.peerCheckpoint[from]!) s.peerCheckpoint[from] = m.checkpoint;
  if (m.commit > s.op) {
    // Prepares may still be under way: ask only if they do not arrive soon.
    s.wantViewAt = Math.min(s.wantViewAt, s.monotonic + r.limits.repairMicros);
    return;
  }
}

/** Resets what a primary knows of its backups' progress in this view. */
export function resetAcks(r: Context, commit: number): void {
  const { s } = r;
  s.acked.fill(0);
  s.ackSent = commit;
  s.ackDue = true;
  s.ackRepeat = false;
  s.retries = 0;
  s.retryAt = NEVER;
  s.replyTo.fill(NO_ADDRESS);
}
