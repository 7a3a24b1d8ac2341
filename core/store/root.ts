/**
 * The root record: one page of tenant 0's store that commits to a whole checkpoint.
 *
 * Content: op u64 | timestamp u64 | chain head 128 | cluster 128 | state hash u32, u32 |
 * recordBytes u32 | chain page u32, chain checksum 128 (zero when the record follows) | tenant 0's
 * directory record (`directory.ts`), in place when it fits and in a chain otherwise.
 */
import { readU32, readU64, writeU32, writeU64 } from '../codec/bytes.ts';
import type { Hash128 } from '../types/hash128.ts';
import { read128, write128 } from '../types/hash128.ts';
import { REF_BYTES } from './cell.ts';
import { PAGE_HEADER_BYTES, PAGE_NONE, PAGE_ROOT, pageKind, pageUsed } from './page.ts';

const FIXED_BYTES = 60 + REF_BYTES;
export const ROOT_RECORD_FROM: number = PAGE_HEADER_BYTES + FIXED_BYTES;

export interface Root {
  readonly op: number;
  readonly timestamp: number;
  readonly head: Hash128;
  readonly cluster: Hash128;
  readonly stateHashA: number;
  readonly stateHashB: number;
  readonly recordBytes: number;
  /** `PAGE_NONE`: the record stands in the root page itself. */
  readonly chainPage: number;
  readonly chainChecksum: Hash128;
}

export function writeRoot(root: Root, image: Uint8Array): void {
  const at = PAGE_HEADER_BYTES;
  writeU64(image, at, root.op);
  writeU64(image, at + 8, root.timestamp);
  write128(root.head, image, at + 16);
  write128(root.cluster, image, at + 32);
  writeU32(image, at + 48, root.stateHashA);
  writeU32(image, at + 52, root.stateHashB);
  writeU32(image, at + 56, root.recordBytes);
  writeU32(image, at + 60, root.chainPage);
  write128(root.chainChecksum, image, at + 64);
}

/** Null for bad bytes. */
export function readRoot(image: Uint8Array): Root | null {
  if (pageKind(image) !== PAGE_ROOT || pageUsed(image) < ROOT_RECORD_FROM) return null;
  const at = PAGE_HEADER_BYTES;
  const op = readU64(image, at);
  const timestamp = readU64(image, at + 8);
  const recordBytes = readU32(image, at + 56);
  const chainPage = readU32(image, at + 60);
  if (op < 0 || timestamp < 0) return null;
  const inPlace = chainPage === PAGE_NONE ? recordBytes : 0;
  if (ROOT_RECORD_FROM + inPlace !== pageUsed(image)) return null;
  return {
    op,
    timestamp,
    head: read128(image, at + 16),
    cluster: read128(image, at + 32),
    stateHashA: readU32(image, at + 48),
    stateHashB: readU32(image, at + 52),
    recordBytes,
    chainPage,
    chainChecksum: read128(image, at + 64),
  };
}
