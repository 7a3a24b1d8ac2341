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

import type { Cursor } from './cursor.ts';

/** A page is damaged or missing: no answer now. */
export const NEEDS: number = -1;
export const ABSENT = 0;
export const PRESENT = 1;

/** No key is longer than this, whatever the page; how long one may be depends on the page. */
export const KEY_BYTES_MAX: number = 1 << 14;
/** Longest value: a row with a column of 16 MiB in it. */
export const VALUE_BYTES_MAX: number = (1 << 24) + (1 << 14);

/** Longest key on pages of this size: a quarter, so that every page holds at least three. */
export function keyBytesMax(pageBytes: number): number {
  return pageBytes >> 2;
}

/** A leaf as its readers see it: cells (`cell.ts`) in a heap, and their offsets in key order. */
export interface Leaf {
  readonly heap: Uint8Array;
  readonly cells: readonly number[];
}

export interface Store {
  /** Longest key here. */
  readonly keyBytesMax: number;
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
  /**
   * Nobody is in the middle of anything: what was touched may be forgotten again, to bound memory.
   * Called before each op and each slice of a query; cheap unless the cache is full.
   */
  rest(): void;
  /** Moves the cursor to the next record. */
  next(): number;
  /** A cursor of the caller's own; null: a page is needed first. */
  cursor(tenant: number): Cursor | null;

  /**
   * The leaf under the cursor, and the cursor's place in it. For scans that read whole leaves
   * without a call a record: a reader must leave them as they are, and must not keep them.
   */
  readonly leaf: Leaf;
  readonly leafIndex: number;
  /** Moves the cursor within its leaf. */
  show(index: number): number;
  /** Moves the cursor to the first record of the next leaf, or the last one of the previous. */
  nextLeaf(): number;
  previousLeaf(): number;
}
