/**
 * The log as this replica knows it: which headers are proven by their chain, which slots may be
 * written, how far everything is durable, and which headers to promise in a view change.
 *
 * A header counts only if every header from it up to the head names its predecessor by checksum:
 * what lies below a break is a blank, whatever the journal shows there. Applied ops are the anchor
 * that the chain must reach.
 *
 * Cost: extending the head is one compare; proving the chain anew is one pass over at most
 * `journalSlots` headers, after a view change, a recovery or a header repair.
 */
import type { Prepare, PrepareHeader } from '../codec/prepare.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { equal128 } from '../types/hash128.ts';
import type { Context } from './context.ts';
import { contradicted, isPrimary } from './context.ts';
import { HEADERS } from './message.ts';
import { NO_ADDRESS } from './state.ts';

/** Checksum of the entry at `op`: from its header, or from what was applied; null if unknown. */
export function checksumAt(r: Context, op: number): Hash128 | null {
  if (op === r.s.commitMin) return r.s.commitHead;
  const header = r.journal.header(op);
  return header === null ? null : header.checksum;
}

/** Checksum of the head, which is always known. */
export function headChecksum(r: Context): Hash128 {
  const checksum = checksumAt(r, r.s.op);
  assert(checksum !== null, 'the head has a header, or was applied');
  return checksum;
}

/** The header of `op` if the chain proves it, else null. */
export function provenHeader(r: Context, op: number): PrepareHeader | null {
  if (op > r.s.op || (op < r.s.chainFloor && op > r.s.commitMin)) return null;
  return r.journal.header(op);
}

/** Every op between what is applied and the head has a proven header. */
export function chainComplete(r: Context): boolean {
  return r.s.chainFloor <= r.s.commitMin + 1;
}

/** Proves the chain from the head downwards, as far as it goes. */
export function proveChain(r: Context): void {
  const { s } = r;
  assert(s.op >= s.commitMin, 'the head is not below what was applied');
  let floor = s.op + 1;
  let above: PrepareHeader | null = null;
  while (floor - 1 > s.commitMin) {
    const header = r.journal.header(floor - 1);
    if (header === null || (above !== null && !equal128(above.parent, header.checksum))) break;
    assert(header.op === floor - 1, 'a header stands at its op');
    above = header;
    floor -= 1;
  }
  s.chainFloor = floor;
  if (floor !== s.commitMin + 1 || above === null || equal128(above.parent, s.commitHead)) return;
  // The log does not go on from what was applied, so its lowest header proves nothing.
  s.chainFloor = floor + 1;
  contradicted(r, HEADERS, NO_ADDRESS, 'a chain that does not reach what was applied');
}

/**
 * Whether the slot of `op` may be overwritten: what it held lies at or below both the own and a
 * cluster-durable checkpoint.
 */
export function mayWrite(r: Context, op: number): boolean {
  const overwritten = op - r.limits.journalSlots;
  return overwritten <= r.s.checkpointOp && overwritten <= r.s.clusterCheckpoint;
}

/** Whether the header of `op` finds room in memory without hiding one that is still needed. */
export function mayInstall(r: Context, op: number): boolean {
  return op - r.limits.journalSlots <= r.s.commitMin;
}

/** Ops above this may be neither acknowledged nor applied: own checkpoint too old. */
export function checkpointHorizon(r: Context): number {
  return r.s.checkpointOp + r.limits.journalSlots - r.limits.pipelineMax;
}

/**
 * What a commit proves: each of the quorum that acknowledged `commit` then had a checkpoint at or
 * above `commit - slots + pipeline`; checkpoints are multiples of the interval.
 */
export function clusterCheckpointOf(r: Context, commit: number): number {
  const { journalSlots, pipelineMax, checkpointInterval } = r.limits;
  const floor = commit - journalSlots + pipelineMax;
  if (floor <= 0) return 0;
  return Math.ceil(floor / checkpointInterval) * checkpointInterval;
}

/** Somebody who knows says that everything up to `commit` is committed. */
export function learnCommit(r: Context, commit: number): void {
  const { s } = r;
  if (commit <= s.commitMax) return;
  s.commitMax = commit;
  const cluster = clusterCheckpointOf(r, commit);
  if (cluster <= s.clusterCheckpoint) return;
  s.clusterCheckpoint = cluster;
  r.journal.checkpointed(s.checkpointOp, cluster);
}

/** Writes the prepare of a proven header, or of the op after the head. */
export function appendPrepare(r: Context, prepare: Prepare): void {
  const { op } = prepare.header;
  assert(mayWrite(r, op), 'a slot is overwritten only below both checkpoints');
  assert(op > r.s.checkpointOp, 'nothing is written below the checkpoint');
  r.journal.append(prepare);
}

/** The op after the head, whose parent is the head. */
export function extendLog(r: Context, prepare: Prepare): void {
  const { header } = prepare;
  assert(header.op === r.s.op + 1, 'the log grows by one');
  assert(equal128(header.parent, headChecksum(r)), 'the log grows by a chained entry');
  appendPrepare(r, prepare);
  r.s.op = header.op;
}

/** Moves `durableUpTo` as far as the journal allows; true if it moved. */
export function advanceDurable(r: Context): boolean {
  const { s } = r;
  if (!chainComplete(r)) return false;
  const before = s.durableUpTo;
  while (s.durableUpTo < s.op) {
    const header = r.journal.header(s.durableUpTo + 1);
    if (header === null || !r.journal.durable(header.op, header.checksum)) break;
    s.durableUpTo += 1;
  }
  return s.durableUpTo > before;
}

/** The log changed below the head (view change, sync): what is durable is found out anew. */
export function resetDurable(r: Context): void {
  r.s.durableUpTo = Math.min(r.s.checkpointOp, r.s.op);
  r.s.ackDue = true;
  advanceDurable(r);
}

/** The newest op that this replica may acknowledge now. */
export function ackable(r: Context): number {
  const horizon = checkpointHorizon(r);
  return r.s.durableUpTo < horizon ? r.s.durableUpTo : horizon;
}

/** Headers to promise, newest first: the last pipeline + 1; a blank for what is not proven. */
export function captureHeaders(r: Context): (PrepareHeader | null)[] {
  const { s } = r;
  const headers: (PrepareHeader | null)[] = [];
  const last = Math.max(1, s.op - r.limits.pipelineMax);
  let above: PrepareHeader | null = null;
  for (let op = s.op; op >= last; op -= 1) {
    let header = provenHeader(r, op);
    // Applied ops keep their headers in memory only until the slot is used again.
    if (header !== null && above !== null && !equal128(above.parent, header.checksum))
      header = null;
    headers.push(header);
    above = header;
  }
  assert(headers.length <= r.limits.pipelineMax + 1, 'at most one pipeline and its predecessor');
  return headers;
}

/** The prefix of `captureHeaders` without blanks: what a start_view carries. */
export function solidHeaders(r: Context): PrepareHeader[] {
  const solid: PrepareHeader[] = [];
  for (const header of captureHeaders(r)) {
    if (header === null) break;
    solid.push(header);
  }
  assert(!isPrimary(r) || solid.length > 0 || r.s.op === r.s.commitMin, 'a primary knows its head');
  return solid;
}
