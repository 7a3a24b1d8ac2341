/**
 * The one store interface: ordered records, by tenant, key bytes to value bytes.
 *
 * All kernel state lives behind this. Only the store mutates; each put and delete is folded into a
 * running state hash, so that the hash covers everything and costs only what changed. Results are
 * returned in fields, valid until the next call, so that nothing is allocated.
 *
 * A call that meets a damaged page answers `NEEDS` and has no effect; the page is reported to
 * whoever repairs it. `touch` makes sure that the put or delete of one key cannot meet one: writers
 * touch everything they will change, then change it, and thereby change all or nothing.
 */

/** A page is damaged or missing: no answer now. */
export const NEEDS: number = -1;
export const ABSENT = 0;
export const PRESENT = 1;

/** Longest key. */
export const KEY_BYTES_MAX = 192;
/** Longest value: far above what a prepare can carry. */
export const VALUE_BYTES_MAX: number = 1 << 24;

export interface Store {
  /** After `PRESENT`: the value, or the record under the cursor. */
  readonly value: Uint8Array;
  readonly valueFrom: number;
  readonly valueBytes: number;
  /** After `PRESENT` of `seek` or `next`: the key under the cursor. */
  readonly key: Uint8Array;
  readonly keyFrom: number;
  readonly keyBytes: number;
  /** The running state hash. */
  readonly stateHashA: number;
  readonly stateHashB: number;

  get(tenant: number, key: Uint8Array, from: number, bytes: number): number;
  /** Loads what a put or delete of this key will touch; `NEEDS`, `ABSENT` or `PRESENT`. */
  touch(tenant: number, key: Uint8Array, from: number, bytes: number): number;
  /** Inserts or replaces. The key must have been touched. */
  put(
    tenant: number,
    key: Uint8Array,
    keyFrom: number,
    keyBytes: number,
    value: Uint8Array,
    valueFrom: number,
    valueBytes: number,
  ): void;
  /** Removes if present. The key must have been touched. */
  delete(tenant: number, key: Uint8Array, from: number, bytes: number): void;
  /**
   * Puts the cursor on the first record at or after the key; with `floor`, on the last one at or
   * before it. `ABSENT` when there is none. Any put or delete invalidates the cursor.
   */
  seek(tenant: number, key: Uint8Array, from: number, bytes: number, floor: boolean): number;
  /** Moves the cursor to the next record. */
  next(): number;
}
