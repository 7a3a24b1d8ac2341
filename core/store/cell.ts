/**
 * The cell: a record of a leaf, or a child of an inner page.
 *
 * `keyBytes u16, areaBytes u16, key, area`. In a leaf the area is the value, or, when `areaBytes`
 * is `AREA_CHAIN`, a reference to the chain of pages that holds it. In an inner page it is a
 * reference to the child, whose keys are all at or above the cell's key; the first cell's key is
 * empty.
 *
 * Reference: `page u32, checksum 128`; a chain's is followed by `valueBytes u32`.
 */
import { readU16, writeU16 } from '../codec/bytes.ts';
import { copyBytes } from './arena.ts';

export const CELL_HEADER_BYTES = 4;
export const REF_BYTES = 20;
export const CHAIN_REF_BYTES = 24;
/** `areaBytes` of a value that lives in a chain. */
export const AREA_CHAIN = 0xffff;

export function cellKeyBytes(heap: Uint8Array, at: number): number {
  return readU16(heap, at);
}

export function cellIsChain(heap: Uint8Array, at: number): boolean {
  return heap[at + 2] === 0xff && heap[at + 3] === 0xff;
}

/** Bytes that the area takes in the page. */
export function cellAreaBytes(heap: Uint8Array, at: number): number {
  const bytes = readU16(heap, at + 2);
  return bytes === AREA_CHAIN ? CHAIN_REF_BYTES : bytes;
}

export function cellAreaFrom(heap: Uint8Array, at: number): number {
  return at + CELL_HEADER_BYTES + readU16(heap, at);
}

export function cellBytes(heap: Uint8Array, at: number): number {
  return CELL_HEADER_BYTES + readU16(heap, at) + cellAreaBytes(heap, at);
}

/** Writes header and key, and copies the area when there is one. */
export function writeCell(
  heap: Uint8Array,
  at: number,
  key: Uint8Array,
  keyFrom: number,
  keyBytes: number,
  areaBytes: number,
  area: Uint8Array | null,
  areaFrom: number,
): void {
  writeU16(heap, at, keyBytes);
  writeU16(heap, at + 2, areaBytes);
  copyBytes(key, keyFrom, keyBytes, heap, at + CELL_HEADER_BYTES);
  if (area !== null) copyBytes(area, areaFrom, areaBytes, heap, at + CELL_HEADER_BYTES + keyBytes);
}

/** Negative, zero or positive: the cell's key against a key, in the order of the bytes. */
export function compareCell(
  heap: Uint8Array,
  at: number,
  key: Uint8Array,
  from: number,
  bytes: number,
): number {
  const own = readU16(heap, at);
  const start = at + CELL_HEADER_BYTES;
  const common = own < bytes ? own : bytes;
  for (let i = 0; i < common; i += 1) {
    const difference = heap[start + i]! - key[from + i]!;
    if (difference !== 0) return difference;
  }
  return own - bytes;
}
