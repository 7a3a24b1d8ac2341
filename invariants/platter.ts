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
import { JOURNAL_FILE } from '../core/storage/journal-format.ts';
import { matches128 } from '../core/types/hash128.ts';
import type { DiskTruth, World } from '../vopr/sim/checker.ts';
import type { Proposals } from './proposals.ts';

/** The prepare is on the platter, whole. */
export const HELD_PREPARE = 1;
/** Its header is in the header ring, on the platter. */
export const HELD_HEADER = 2;
export const HELD_BOTH = 3;

const OP_AT = 112;
const STRIDE_BYTES = 16;
const CHECKSUM_BYTES = 16;

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
  const whole = holdsPrepare(disk, limits, slot, prepare) ? HELD_PREPARE : 0;
  return whole | (holdsHeader(disk, limits, slot, prepare) ? HELD_HEADER : 0);
}

function holdsPrepare(disk: DiskTruth, limits: Limits, slot: number, prepare: Prepare): boolean {
  const { bytes } = prepare;
  const at = prepareOffset(slot, limits);
  return disk.sampleDurable(JOURNAL_FILE, at, bytes, bytes.length, STRIDE_BYTES);
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
