/**
 * The page: unit of the store's files.
 *
 * Layout, little-endian: magic u32 | format u8 | kind u8 | cells u16 | usedBytes u32 | tenant u32 |
 * page u32 | zero u32, then the content up to `usedBytes`, then zeros to the page's end.
 *
 * A page carries no checksum of its own: whoever refers to it holds its number *and* the 128-bit
 * checksum of its used bytes, so that one root commits to everything below it, and a page that is
 * old, misplaced or another tenant's is as damaged as one with a flipped bit.
 */
import { readU16, readU32, writeU16, writeU32 } from '../codec/bytes.ts';
import type { Checksummer } from '../codec/prepare.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { equal128 } from '../types/hash128.ts';

export const PAGE_HEADER_BYTES = 24;
const PAGE_MAGIC = 0x4741504b;
const PAGE_FORMAT = 1;

export const PAGE_LEAF = 1;
export const PAGE_INNER = 2;
/** A stretch of a long value, linked to the next. */
export const PAGE_CHAIN = 3;
/** Tenant 0's root record: the whole checkpoint. */
export const PAGE_ROOT = 4;

/** Page numbers begin at 1; 0 says "no page". */
export const PAGE_NONE = 0;

/**
 * Completes an image whose content stands at `PAGE_HEADER_BYTES..used`: header, and zeros behind.
 */
export function sealPage(
  image: Uint8Array,
  kind: number,
  cells: number,
  used: number,
  tenant: number,
  page: number,
): void {
  assert(used >= PAGE_HEADER_BYTES && used <= image.length, 'a page holds what is used of it');
  assert(page !== PAGE_NONE, 'a page has a number');
  writeU32(image, 0, PAGE_MAGIC);
  image[4] = PAGE_FORMAT;
  image[5] = kind;
  writeU16(image, 6, cells);
  writeU32(image, 8, used);
  writeU32(image, 12, tenant);
  writeU32(image, 16, page);
  writeU32(image, 20, 0);
  image.fill(0, used);
}

export function pageKind(image: Uint8Array): number {
  return image[5]!;
}

export function pageCells(image: Uint8Array): number {
  return readU16(image, 6);
}

export function pageUsed(image: Uint8Array): number {
  return readU32(image, 8);
}

/** Whether these bytes are, to the last one, the page that a reference names. */
export function isPage(
  image: Uint8Array,
  tenant: number,
  page: number,
  checksum: Hash128,
  hash: Checksummer,
): boolean {
  if (readU32(image, 0) !== PAGE_MAGIC || image[4] !== PAGE_FORMAT) return false;
  if (readU32(image, 12) !== tenant || readU32(image, 16) !== page) return false;
  const used = pageUsed(image);
  if (used < PAGE_HEADER_BYTES || used > image.length) return false;
  if (!equal128(hash.checksum128(image, 0, used), checksum)) return false;
  // The checksum stops at `used`; what follows must be zero, or replicas would not be byte-equal.
  for (let at = used; at < image.length; at += 1) if (image[at] !== 0) return false;
  return true;
}
