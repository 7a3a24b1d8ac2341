/**
 * What stands on a node's platter for one journal slot, judged without the core's journal code: by
 * comparing with prepares that are known to have been proposed. Nothing is hashed.
 *
 * Of a prepare every sixteenth byte and the last sixteen are compared. Sectors are old, new or
 * garbage as a whole, so a torn one cannot hide between the samples.
 *
 * Cost: two look-ups of the file and some fifty compares a slot; nothing is copied.
 */
import { readU64 } from '../core/codec/bytes.ts';
import type { Prepare } from '../core/codec/prepare.ts';
import { PREPARE_HEADER_BYTES } from '../core/codec/prepare.ts';
import type { Limits } from '../core/limits.ts';
import { JOURNAL_FILE, WHOLE_BODY_AT } from '../core/storage/journal-format.ts';
import { matches128 } from '../core/types/hash128.ts';
import type { DiskTruth, World } from '../vopr/sim/checker.ts';
import type { Proposals } from './proposals.ts';

/** The prepare is on the platter, whole: in the prepare ring or in the header ring. */
export const HELD_PREPARE = 1;
/** Its header is in the header ring, on the platter. */
export const HELD_HEADER = 2;
export const HELD_BOTH = 3;

const OP_AT = 112;
const STRIDE_BYTES = 16;
const CHECKSUM_BYTES = 16;
const MARK_BYTES = WHOLE_BODY_AT - PREPARE_HEADER_BYTES;

const sector: Uint8Array = new Uint8Array(PREPARE_HEADER_BYTES);

export function prepareOffset(slot: number, limits: Limits): number {
  return slot * limits.prepareBytesMax;
}

export function headerOffset(slot: number, limits: Limits): number {
  return limits.journalSlots * limits.prepareBytesMax + slot * limits.sectorBytes;
}

/** Which halves of `prepare` the platter holds, as `HELD_…` bits. */
export function held(disk: DiskTruth, limits: Limits, prepare: Prepare): number {
  const slot = prepare.header.op % limits.journalSlots;
  const header = holdsHeader(disk, limits, slot, prepare);
  const whole =
    holdsPrepare(disk, limits, slot, prepare) ||
    (header && holdsWhole(disk, limits, slot, prepare));
  return (whole ? HELD_PREPARE : 0) | (header ? HELD_HEADER : 0);
}

/** Whether the platter holds the prepare whole in a place that no fault has touched. */
export function heldIntact(disk: DiskTruth, limits: Limits, prepare: Prepare): boolean {
  const slot = prepare.header.op % limits.journalSlots;
  const inRing = prepareOffset(slot, limits);
  if (
    holdsPrepare(disk, limits, slot, prepare) &&
    !disk.damaged(JOURNAL_FILE, inRing, prepare.bytes.length)
  )
    return true;
  return (
    holdsHeader(disk, limits, slot, prepare) &&
    holdsWhole(disk, limits, slot, prepare) &&
    !disk.damaged(JOURNAL_FILE, headerOffset(slot, limits), limits.sectorBytes)
  );
}

/** In the prepare ring. */
function holdsPrepare(disk: DiskTruth, limits: Limits, slot: number, prepare: Prepare): boolean {
  const { bytes } = prepare;
  const at = prepareOffset(slot, limits);
  return disk.sampleDurable(JOURNAL_FILE, at, bytes, bytes.length, STRIDE_BYTES);
}

/** Whether the prepare was never whole in the platter's prepare ring, not even till damaged. */
export function neverInRing(disk: DiskTruth, limits: Limits, prepare: Prepare): boolean {
  const slot = prepare.header.op % limits.journalSlots;
  if (holdsPrepare(disk, limits, slot, prepare)) return false;
  return !disk.everDamaged(JOURNAL_FILE, prepareOffset(slot, limits), prepare.bytes.length);
}

/** Whether a read in the header ring of `slot` gives a whole prepare, not a header alone. */
export function readsWhole(world: World, node: number, slot: number): boolean {
  const at = headerOffset(slot, world.limits) + PREPARE_HEADER_BYTES;
  const got = world.disk(node).readCached(JOURNAL_FILE, at, MARK_BYTES, sector, 0);
  return got === MARK_BYTES && !isZero(MARK_BYTES);
}

/** Whether the header ring's `slot` says, on the platter, that it holds a prepare whole. */
export function marksWhole(disk: DiskTruth, limits: Limits, slot: number): boolean {
  const at = headerOffset(slot, limits) + PREPARE_HEADER_BYTES;
  const got = disk.readDurable(JOURNAL_FILE, at, MARK_BYTES, sector, 0);
  return got === MARK_BYTES && !isZero(MARK_BYTES);
}

/** Beside its header; without one to speak of, the mark in between says that it is whole. */
function holdsWhole(disk: DiskTruth, limits: Limits, slot: number, prepare: Prepare): boolean {
  const { bytes } = prepare;
  const length = bytes.length - PREPARE_HEADER_BYTES;
  if (WHOLE_BODY_AT + length > limits.sectorBytes) return false;
  if (!marksWhole(disk, limits, slot)) return false;
  const at = headerOffset(slot, limits);
  const body = bytes.subarray(PREPARE_HEADER_BYTES);
  return disk.sampleDurable(JOURNAL_FILE, at + WHOLE_BODY_AT, body, length, STRIDE_BYTES);
}

function isZero(length: number): boolean {
  for (let i = 0; i < length; i += 1) if (sector[i] !== 0) return false;
  return true;
}

/** A header lies within one sector, old or new or garbage as a whole: its checksum will do. */
function holdsHeader(disk: DiskTruth, limits: Limits, slot: number, prepare: Prepare): boolean {
  const at = headerOffset(slot, limits);
  const { bytes } = prepare;
  return disk.sampleDurable(JOURNAL_FILE, at, bytes, CHECKSUM_BYTES, 1);
}

/** Where to look: at what survives a power cut, or at what a read by the node gives. */
export const LOOK_DURABLE = 0;
export const LOOK_CACHED = 1;

/** The proposed prepare whose whole header stands in the header ring of `slot`, or null. */
export function headerHeld(
  world: World,
  node: number,
  slot: number,
  of: Proposals,
  look: number,
): Prepare | null {
  const at = headerOffset(slot, world.limits);
  const disk = world.disk(node);
  const got =
    look === LOOK_DURABLE
      ? disk.readDurable(JOURNAL_FILE, at, PREPARE_HEADER_BYTES, sector, 0)
      : disk.readCached(JOURNAL_FILE, at, PREPARE_HEADER_BYTES, sector, 0);
  if (got !== PREPARE_HEADER_BYTES) return null;
  const op = readU64(sector, OP_AT);
  // Garbage may spell any number: only the whole header of a proposed prepare counts.
  if (op < 1 || op > of.head || op % world.limits.journalSlots !== slot) return null;
  for (let i = 0; i < of.count(op); i += 1) {
    const prepare = of.at(op, i);
    if (matches128(prepare.header.checksum, sector, 0) && isHeader(prepare)) return prepare;
  }
  return null;
}

function isHeader(prepare: Prepare): boolean {
  for (let i = 0; i < PREPARE_HEADER_BYTES; i += 1) {
    if (sector[i] !== prepare.bytes[i]) return false;
  }
  return true;
}
