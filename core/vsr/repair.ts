/**
 * Repair of the log: headers that are blank, prepares that are missing or damaged.
 *
 * A header is believed only as the predecessor that a proven header names by checksum; a prepare
 * only if its checksum is that of a proven header. So it does not matter who answers, in which
 * view, or when: standbys and laggards may help. Traffic is bounded: `repairsPerPeerMax` requests
 * to one peer, each forgotten after `repairExpiryMicros`, and each op asked for once at a time.
 *
 * Cost: nothing while the log is whole; one pass over the ring per answer while it is not.
 */
import { BOUND_REPAIRS, STEP_BOUND, STEP_REPAIR } from '../observer.ts';
import type { PrepareHeader } from '../codec/prepare.ts';
import type { Address } from '../ports.ts';
import { NEVER } from '../ports.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { equal128 } from '../types/hash128.ts';
import type { Context } from './context.ts';
import { contradicted, isFollowing, isPrimary, promisesDurable } from './context.ts';
import {
  appendPrepare,
  chainComplete,
  mayInstall,
  mayWrite,
  proveChain,
  provenHeader,
  resetDurable,
} from './log.ts';
import type {
  HeadersMessage,
  PrepareMessage,
  RequestHeadersMessage,
  RequestPrepareMessage,
} from './message.ts';
import { HEADERS, REPAIR_PREPARE, REQUEST_HEADERS, REQUEST_PREPARE } from './message.ts';
import { acceptPrepare, checksumOfGap } from './normal.ts';
import { requestStartView } from './start-view.ts';
import { passView, viewChangeProgress } from './view-change.ts';
import type { RepairSlot } from './state.ts';

/** Requests that expire in a row, for each peer, before the lowest missing op counts as lost. */
const MISSES_PER_PEER = 3;

/** Something may be missing: look soon. */
export function armRepair(r: Context): void {
  const { s } = r;
  // What is missing may be under way, so give it a moment; a would-be primary holds all others up.
  const delay = s.decided ? 0 : r.limits.repairMicros >> 1;
  const at = s.monotonic + delay;
  if (at < s.repairAt) s.repairAt = at;
}

/** Requests of an earlier view are of no interest. */
export function dropRepairs(r: Context): void {
  const { s } = r;
  for (const slot of s.repairs) slot.op = 0;
  s.repairsOut = 0;
  s.headersAskedAt = 0;
  s.misses = 0;
}

/** Asks for what is missing, as far as the bounds allow. */
export function pumpRepairs(r: Context): void {
  const { s } = r;
  s.repairAt = NEVER;
  expireRequests(r);
  if (r.memberCount === 1) return;
  if (!mayRepair(r)) return;
  requestGap(r);
  const whole = chainComplete(r);
  if (whole && r.journal.broken === 0) return;
  if (!whole) requestHeaders(r);
  let missing = !whole;
  for (let op = s.checkpointOp + 1; op <= s.op; op += 1) {
    const header = provenHeader(r, op);
    if (header === null || healed(r, op, header.checksum)) continue;
    missing = true;
    if (mayWrite(r, op) && !outstanding(r, op) && !requestPrepare(r, op, header.checksum)) break;
  }
  if (missing) s.repairAt = s.monotonic + r.limits.repairExpiryMicros;
}

/** Nothing is written of a log whose adoption is not durable yet (see `acceptPrepare`). */
function mayRepair(r: Context): boolean {
  return isFollowing(r) ? promisesDurable(r) : r.s.decided;
}

/**
 * Whether the prepare is here. If its slot is faulty all the same, the bad half is written again.
 *
 *  1. Op 1 of view 1 is overwritten by that of view 2; the process dies before the header is.
 *  2. The slot opens in conflict: it serves the new prepare, and neither vouches for it nor denies.
 *  3. The log of view 2 proves the prepare to be the right one, so that nobody need be asked for
 *     it. But while the header is not, nothing from op 1 on can be acknowledged here.
 */
function healed(r: Context, op: number, checksum: Hash128): boolean {
  const { journal } = r;
  if (!journal.present(op, checksum)) return false;
  if (!journal.faulty(op) || !mayWrite(r, op)) return true;
  // Reading it may show that it is damaged as well.
  const prepare = journal.read(op, checksum);
  if (prepare === null) return false;
  appendPrepare(r, prepare);
  return true;
}

function outstanding(r: Context, op: number): boolean {
  for (const slot of r.s.repairs) if (slot.op === op) return true;
  return false;
}

/** One lost prepare needs no start_view: the one held above it names it. */
function requestGap(r: Context): void {
  const { s } = r;
  const checksum = isFollowing(r) ? checksumOfGap(r) : null;
  if (checksum === null || outstanding(r, s.op + 1) || !mayWrite(r, s.op + 1)) return;
  // The pump may run for another reason: what is only late gets its time.
  const due = s.gapAt + (r.limits.repairMicros >> 2);
  if (s.monotonic < due) {
    s.repairAt = Math.min(s.repairAt, due);
    return;
  }
  requestPrepare(r, s.op + 1, checksum);
}

/** False if no peer has room. */
function requestPrepare(r: Context, op: number, checksum: Hash128): boolean {
  const { s } = r;
  const free = freeSlot(r);
  const peer = r.choice.choose(peersWithRoom(r));
  if (free === null || peer < 0) return false;
  assert(peer !== r.replica, 'nobody asks himself');
  free.op = op;
  free.peer = peer;
  free.sentAt = s.monotonic;
  s.repairsOut += 1;
  assert(s.repairsOut <= s.repairs.length, 'bounded repairs');
  r.observer.step(STEP_BOUND, BOUND_REPAIRS, s.repairsOut, s.repairs.length, null);
  r.observer.step(STEP_REPAIR, REQUEST_PREPARE, op, peer, null);
  r.network.send(peer, { kind: REQUEST_PREPARE, view: s.view, op, checksum });
  return true;
}

function freeSlot(r: Context): RepairSlot | null {
  for (const slot of r.s.repairs) if (slot.op === 0) return slot;
  return null;
}

function peersWithRoom(r: Context): number {
  let peers = 0;
  for (let peer = 0; peer < r.memberCount; peer += 1) {
    if (peer === r.replica) continue;
    let busy = 0;
    for (const slot of r.s.repairs) if (slot.op !== 0 && slot.peer === peer) busy += 1;
    if (busy < r.limits.repairsPerPeerMax) peers |= 1 << peer;
  }
  return peers;
}

function requestHeaders(r: Context): void {
  const { s } = r;
  const expiry = r.limits.repairExpiryMicros;
  if (s.headersAskedAt > 0) {
    if (s.monotonic < s.headersAskedAt + expiry) return;
    miss(r);
  }
  const opMin = s.commitMin + 1;
  const opMax = s.chainFloor - 1;
  assert(opMin <= opMax, 'a gap to fill');
  let peers = 0;
  for (let i = 0; i < r.memberCount; i += 1) if (i !== r.replica) peers |= 1 << i;
  const to = r.choice.choose(peers);
  s.headersAskedAt = s.monotonic;
  r.observer.step(STEP_REPAIR, REQUEST_HEADERS, opMax, to, null);
  r.network.send(to, { kind: REQUEST_HEADERS, view: s.view, opMin, opMax });
}

function expireRequests(r: Context): void {
  const { s } = r;
  if (s.repairsOut === 0) return;
  const before = s.monotonic - r.limits.repairExpiryMicros;
  for (const slot of s.repairs) {
    if (slot.op === 0 || slot.sentAt > before) continue;
    r.choice.failed(slot.peer);
    const lowest = slot.op === s.commitMin + 1 || s.decided;
    release(r, slot);
    if (lowest) miss(r);
  }
}

function release(r: Context, slot: RepairSlot): void {
  assert(slot.op > 0 && r.s.repairsOut > 0, 'only what is outstanding is released');
  slot.op = 0;
  r.s.repairsOut -= 1;
}

/** Nobody answers for what is needed next. Sooner or later a checkpoint must replace it. */
function miss(r: Context): void {
  const { s } = r;
  s.misses += 1;
  if (s.misses < MISSES_PER_PEER * (r.memberCount - 1)) return;
  s.misses = 0;
  if (s.decided) {
    passView(r);
    return;
  }
  // A primary cannot sync: it resigns when it stays without progress (`timers.ts`).
  if (isPrimary(r) || !isFollowing(r) || s.syncTarget !== null) return;
  if (s.commitMin < s.commitMax) {
    s.wantsSync = true;
    requestStartView(r);
  }
}

export function onRequestPrepare(r: Context, from: Address, m: RequestPrepareMessage): void {
  if (from < 0 || from >= r.memberCount) return;
  const prepare = r.journal.find(m.op, m.checksum);
  if (prepare === null) return;
  assert(equal128(prepare.header.checksum, m.checksum), 'the journal reads what was asked for');
  const { view, commitMax: commit } = r.s;
  r.network.send(from, { kind: REPAIR_PREPARE, view, commit, prepare });
}

export function onRepairPrepare(r: Context, from: Address, m: PrepareMessage): void {
  const { s } = r;
  const { op, checksum } = m.prepare.header;
  for (const slot of s.repairs) {
    if (slot.op !== op) continue;
    if (slot.peer === from) r.choice.answered(from, s.monotonic - slot.sentAt);
    release(r, slot);
  }
  if (op <= s.checkpointOp || !mayWrite(r, op) || !mayRepair(r)) return;
  const gap = op === s.op + 1 && isFollowing(r) ? checksumOfGap(r) : null;
  if (gap !== null && equal128(gap, checksum)) {
    acceptPrepare(r, m.prepare);
    return;
  }
  const header = provenHeader(r, op);
  if (header === null || !equal128(header.checksum, checksum)) return;
  if (!r.journal.present(op, checksum)) {
    appendPrepare(r, m.prepare);
    s.misses = 0;
    s.ackDue = true;
    viewChangeProgress(r);
  }
  if (s.repairAt !== NEVER) s.repairAt = s.monotonic;
}

export function onRequestHeaders(r: Context, from: Address, m: RequestHeadersMessage): void {
  if (from < 0 || from >= r.memberCount) return;
  const opMax = Math.min(m.opMax, r.s.op);
  const opMin = Math.max(m.opMin, opMax - r.limits.journalSlots + 1, 1);
  const headers: PrepareHeader[] = [];
  for (let op = opMax; op >= opMin; op -= 1) {
    const header = provenHeader(r, op);
    if (header !== null) headers.push(header);
  }
  if (headers.length === 0) return;
  r.network.send(from, { kind: HEADERS, view: r.s.view, headers });
}

/** Extends the proven chain downwards by what fits. */
export function onHeaders(r: Context, from: Address, m: HeadersMessage): void {
  const { s, journal } = r;
  if (from < 0 || from >= r.memberCount || chainComplete(r) || s.chainFloor > s.op) return;
  if (!isFollowing(r) && !s.decided) return;
  let installed = 0;
  for (const header of m.headers) {
    if (header.op !== s.chainFloor - 1 || header.op <= s.commitMin) continue;
    const above = journal.header(s.chainFloor);
    assert(above !== null, 'the lowest proven header is in memory');
    if (!equal128(above.parent, header.checksum) || !mayInstall(r, header.op)) break;
    if (header.op === s.commitMin + 1 && !equal128(header.parent, s.commitHead)) {
      contradicted(r, HEADERS, from, 'a chain that does not reach what was applied');
      break;
    }
    journal.installHeader(header);
    // Below a replaced header, what the journal has may now fit: prove as far as it goes.
    proveChain(r);
    installed += 1;
  }
  if (installed === 0) return;
  s.headersAskedAt = 0;
  s.misses = 0;
  if (chainComplete(r)) resetDurable(r);
  viewChangeProgress(r);
  s.repairAt = s.monotonic;
}
