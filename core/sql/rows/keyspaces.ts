/**
 * Where SQL's records live in a tenant's tree: every index is a prefix.
 *
 *   [32, index u32, key]                → a current entry
 *   [33, index u32, key, end u64]       → an ended one; `end` is the position that ended it
 *   [34, table u32]                     → rows u64, position of the last change u64
 *   [35, sequence u32]                  → position of the last change u64, value 64 bits, called u8
 *   [36, position u64]                  → timestamp u64 of the entry
 *   [37]                                → position of the last definition u64, last object id u32
 * Numbers in keys are big-endian, in values little-endian.
 *
 * Entries of a table's primary index are rows (`shape.ts`). An entry of another index is
 * `began u64, elementBytes u16`; its key is its elements, then the row's primary key: so it is
 * unique, and stays as it is while the row's other columns change. Catalogue objects are the rows
 * of index 0 (`catalog/record.ts`). All entries begin with the position that began them. Keys are
 * self-delimiting: none is a prefix of another in its index.
 *
 * A position that is not known yet, in a transaction's fork, is `PENDING_POSITION` until the commit
 * (`seal.ts`).
 */
import { readBigEndian32, writeBigEndian32 } from '../../store/directory.ts';

export const KEYSPACE_CURRENT = 32;
export const KEYSPACE_HISTORY = 33;
export const KEYSPACE_TABLE = 34;
export const KEYSPACE_SEQUENCE = 35;
export const KEYSPACE_MOMENT = 36;
export const KEYSPACE_STATE = 37;

/** Of the catalogue's version and the last object id. */
export const STATE_KEY: Uint8Array = Uint8Array.of(KEYSPACE_STATE);

/** The index of catalogue objects, under their ids. */
export const CATALOG_INDEX = 0;

/** Keyspace and index: what all keys of an index begin with. */
export const PREFIX_BYTES = 5;
export const POSITION_BYTES = 8;
/** Of a hidden row id: position and ordinal of the insert, so that no counter is shared. */
export const ROW_ID_BYTES = 12;
/** Value of an entry of a secondary index. */
export const ENTRY_BYTES = 10;

/** Above every position that a log will have. */
export const PENDING_POSITION: number = Number.MAX_SAFE_INTEGER;

const TWO_32 = 0x1_0000_0000;

export function writePrefix(keyspace: number, index: number, out: Uint8Array): void {
  out[0] = keyspace;
  writeBigEndian32(index, out, 1);
}

export function prefixIndex(key: Uint8Array, from: number): number {
  return readBigEndian32(key, from + 1);
}

export function writePosition(position: number, out: Uint8Array, at: number): void {
  writeBigEndian32(Math.floor(position / TWO_32), out, at);
  writeBigEndian32(position % TWO_32, out, at + 4);
}

export function readPosition(bytes: Uint8Array, at: number): number {
  return readBigEndian32(bytes, at) * TWO_32 + readBigEndian32(bytes, at + 4);
}

export function momentKey(position: number, out: Uint8Array): void {
  out[0] = KEYSPACE_MOMENT;
  writePosition(position, out, 1);
}

export const MOMENT_KEY_BYTES = 9;

/** Of a table's counts. */
export function tableKey(table: number): Uint8Array {
  const key = new Uint8Array(PREFIX_BYTES);
  writePrefix(KEYSPACE_TABLE, table, key);
  return key;
}

export const SEQUENCE_BYTES = 17;

export function sequenceKey(sequence: number): Uint8Array {
  const key = new Uint8Array(PREFIX_BYTES);
  writePrefix(KEYSPACE_SEQUENCE, sequence, key);
  return key;
}

/** Compares stretches of bytes as keys compare. */
export function compareBytes(
  a: Uint8Array,
  aFrom: number,
  aBytes: number,
  b: Uint8Array,
  bFrom: number,
  bBytes: number,
): number {
  const common = aBytes < bBytes ? aBytes : bBytes;
  for (let i = 0; i < common; i += 1) {
    const difference = a[aFrom + i]! - b[bFrom + i]!;
    if (difference !== 0) return difference;
  }
  return aBytes - bBytes;
}

/**
 * Turns the prefix in `key[0..bytes]` into the least key above everything that begins with it;
 * returns its length.
 */
export function successor(key: Uint8Array, bytes: number): number {
  let end = bytes;
  while (key[end - 1] === 0xff) end -= 1;
  key[end - 1]! += 1;
  return end;
}
