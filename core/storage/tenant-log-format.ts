/**
 * The bytes of a tenant's permanent log: segment files of framed entries, a footer on sealed ones.
 *
 * Positions count from 1. Segment n holds positions n·max + 1 … (n + 1)·max, in the file
 * `tenants/<tenant>/log-<n>`. Frame, little-endian:
 *   0 crc32c u32 (of bytes 4 to the frame end) | 4 entryBytes u32 | 8 position u64 | 16 tenant u32
 *  20 format u16 | 22 zero u16 | 24 entry hash 256 | 56 the entry
 * A frame starts where its forerunner ends, or, after a checkpoint, at the next sector: the bytes
 * between are zeros. A sealed segment ends, at a sector boundary, with a footer: the offset of each
 * frame, u64, and then `FOOTER_FIXED_BYTES`:
 *   0 crc32c u32 (of the offsets and of bytes 4..64) | 4 magic u32 | 8 format u16 | 10 zero u16
 *  12 tenant u32 | 16 segment u32 | 20 count u32 | 24 Merkle root of entry hashes 256 | 56 zeros
 *
 * Cost: one CRC over what is read or written. Decoding never throws.
 */
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from '../codec/bytes.ts';
import { crc32c, crc32cExtend } from '../crypto/crc32c.ts';
import type { Limits } from '../limits.ts';

export const FRAME_HEADER_BYTES = 56;
export const FRAME_FORMAT = 1;
export const ENTRY_HASH_AT = 24;
export const LOG_HASH_BYTES = 32;
export const FOOTER_FIXED_BYTES = 64;
export const FOOTER_ROOT_AT = 24;
const FOOTER_MAGIC = 0x544f464b;
const OFFSET_BYTES = 8;

export function segmentName(tenant: number, segment: number): string {
  return `tenants/${tenant}/log-${segment}`;
}

/** The segment of a position. */
export function segmentOf(position: number, limits: Limits): number {
  return Math.floor((position - 1) / limits.segmentEntriesMax);
}

/** The first position of a segment. */
export function segmentStart(segment: number, limits: Limits): number {
  return segment * limits.segmentEntriesMax + 1;
}

export function frameBytes(entryBytes: number): number {
  return FRAME_HEADER_BYTES + entryBytes;
}

/**
 * The last frames written, by the entry object in them. Every replica of a simulated cluster frames
 * the same entries; a frame follows from its entry, its place and its hash, and so does its CRC.
 */
interface Framed {
  entry: Uint8Array | null;
  tenant: number;
  position: number;
  readonly hash: Uint8Array;
  crc: number;
}

/** A power of two. */
const FRAMED = 128;
const framed: Framed[] = [];
for (let i = 0; i < FRAMED; i++) {
  const hash = new Uint8Array(LOG_HASH_BYTES);
  framed.push({ entry: null, tenant: 0, position: 0, hash, crc: 0 });
}
/** Larger entries would be held too long. */
const FRAMED_BYTES_MAX = 4096;

/** Frames an entry, which nobody writes into any more. */
export function writeFrame(
  out: Uint8Array,
  at: number,
  tenant: number,
  position: number,
  entry: Uint8Array,
  hash: Uint8Array,
): void {
  writeU32(out, at + 4, entry.length);
  writeU64(out, at + 8, position);
  writeU32(out, at + 16, tenant);
  writeU16(out, at + 20, FRAME_FORMAT);
  writeU16(out, at + 22, 0);
  out.set(hash, at + ENTRY_HASH_AT);
  out.set(entry, at + FRAME_HEADER_BYTES);
  writeU32(out, at, frameCrc(out, at, tenant, position, entry, hash));
}

/** CRC of the frame that stands complete at `at`, but for the CRC itself. */
function frameCrc(
  out: Uint8Array,
  at: number,
  tenant: number,
  position: number,
  entry: Uint8Array,
  hash: Uint8Array,
): number {
  const known = framed[(position * 8 + tenant) & (FRAMED - 1)]!;
  if (known.entry === entry && known.tenant === tenant && known.position === position) {
    let same = true;
    for (let i = 0; i < LOG_HASH_BYTES; i++) same = same && known.hash[i] === hash[i];
    if (same) return known.crc;
  }
  const crc = crc32c(out, at + 4, FRAME_HEADER_BYTES - 4 + entry.length);
  if (entry.length <= FRAMED_BYTES_MAX) {
    known.entry = entry;
    known.tenant = tenant;
    known.position = position;
    known.hash.set(hash);
    known.crc = crc;
  }
  return crc;
}

/**
 * The size of the entry that the frame header at `at` announces for this tenant and a position
 * in `positionMin … positionMax`; -1 if it is no such header. The frame is yet to be checked.
 */
export function readFrameHeader(
  bytes: Uint8Array,
  at: number,
  tenant: number,
  positionMin: number,
  positionMax: number,
): number {
  if (readU32(bytes, at + 16) !== tenant || readU16(bytes, at + 20) !== FRAME_FORMAT) return -1;
  if (readU16(bytes, at + 22) !== 0) return -1;
  const position = readU64(bytes, at + 8);
  if (position < positionMin || position > positionMax) return -1;
  return readU32(bytes, at + 4);
}

export function framePosition(bytes: Uint8Array, at: number): number {
  return readU64(bytes, at + 8);
}

/** Whether the whole frame at `at` is as it was written. */
export function frameIntact(bytes: Uint8Array, at: number, entryBytes: number): boolean {
  return crc32c(bytes, at + 4, FRAME_HEADER_BYTES - 4 + entryBytes) === readU32(bytes, at);
}

export function footerBytes(count: number): number {
  return count * OFFSET_BYTES + FOOTER_FIXED_BYTES;
}

/** Writes a footer of `footerBytes(count)`; the root is at `FOOTER_ROOT_AT` of its fixed part. */
export function writeFooter(
  out: Uint8Array,
  at: number,
  tenant: number,
  segment: number,
  offsets: Float64Array,
  count: number,
  root: Uint8Array,
): void {
  for (let i = 0; i < count; i++) writeU64(out, at + i * OFFSET_BYTES, offsets[i]!);
  const fixed = at + count * OFFSET_BYTES;
  out.fill(0, fixed, fixed + FOOTER_FIXED_BYTES);
  writeU32(out, fixed + 4, FOOTER_MAGIC);
  writeU16(out, fixed + 8, FRAME_FORMAT);
  writeU32(out, fixed + 12, tenant);
  writeU32(out, fixed + 16, segment);
  writeU32(out, fixed + 20, count);
  out.set(root, fixed + FOOTER_ROOT_AT);
  writeU32(out, fixed, footerCrc(out, at, count));
}

/** Whether `footerBytes(count)` at `at` are the footer of this segment. */
export function footerIntact(
  bytes: Uint8Array,
  at: number,
  tenant: number,
  segment: number,
  count: number,
): boolean {
  const fixed = at + count * OFFSET_BYTES;
  return (
    readU32(bytes, fixed + 4) === FOOTER_MAGIC &&
    readU16(bytes, fixed + 8) === FRAME_FORMAT &&
    readU32(bytes, fixed + 12) === tenant &&
    readU32(bytes, fixed + 16) === segment &&
    readU32(bytes, fixed + 20) === count &&
    readU32(bytes, fixed) === footerCrc(bytes, at, count)
  );
}

export function footerOffset(bytes: Uint8Array, at: number, index: number): number {
  return readU64(bytes, at + index * OFFSET_BYTES);
}

function footerCrc(bytes: Uint8Array, at: number, count: number): number {
  const offsets = count * OFFSET_BYTES;
  const crc = crc32c(bytes, at, offsets);
  return crc32cExtend(crc, bytes, at + offsets + 4, FOOTER_FIXED_BYTES - 4);
}
