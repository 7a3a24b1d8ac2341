/**
 * Streams: a range of keys of the store or of a layer, a leaf at a time, in either direction.
 *
 * A stream shows its leaf (`heap`, `cells`) and the cells of it that are in the range and still to
 * come: from `index` to `end`, both going down when it is a backward one. It has a cursor of its
 * own, so any number of streams may stand in one tree. What the tree forgets is found again; what
 * it changes is not noticed: whoever reads on then makes a new stream.
 */
import { cellIsChain, cellKeyBytes, compareCell } from '../../store/cell.ts';
import { CELL_HEADER_BYTES } from '../../store/cell.ts';
import type { Cursor } from '../../store/cursor.ts';
import type { Leaf, Store } from '../../store/store.ts';
import { ABSENT, NEEDS } from '../../store/store.ts';
import { assert } from '../../types/assert.ts';
import { PageNeeded } from '../error.ts';

/** A tree that can be read: a layer's, or the store's for one tenant. */
export interface KeySource {
  readonly value: Uint8Array;
  readonly valueFrom: number;
  readonly valueBytes: number;
  readonly leaf: Leaf;
  readonly leafIndex: number;
  /** A place of its own in the tree; null: a page is needed first. */
  cursor(): Cursor | null;
  get(key: Uint8Array, from: number, bytes: number): number;
  seek(key: Uint8Array, from: number, bytes: number, floor: boolean): number;
  show(index: number): number;
  nextLeaf(): number;
  previousLeaf(): number;
}

export class StoreSource implements KeySource {
  readonly #store: Store;
  readonly #tenant: number;

  constructor(store: Store, tenant: number) {
    this.#store = store;
    this.#tenant = tenant;
  }

  get value(): Uint8Array {
    return this.#store.value;
  }
  get valueFrom(): number {
    return this.#store.valueFrom;
  }
  get valueBytes(): number {
    return this.#store.valueBytes;
  }
  get leaf(): Leaf {
    return this.#store.leaf;
  }
  get leafIndex(): number {
    return this.#store.leafIndex;
  }
  cursor(): Cursor | null {
    return this.#store.cursor(this.#tenant);
  }
  get(key: Uint8Array, from: number, bytes: number): number {
    return this.#store.get(this.#tenant, key, from, bytes);
  }
  seek(key: Uint8Array, from: number, bytes: number, floor: boolean): number {
    return this.#store.seek(this.#tenant, key, from, bytes, floor);
  }
  show(index: number): number {
    return this.#store.show(index);
  }
  nextLeaf(): number {
    return this.#store.nextLeaf();
  }
  previousLeaf(): number {
    return this.#store.previousLeaf();
  }
}

/** Keys from `low` on, below `high`. */
export interface KeyRange {
  readonly low: Uint8Array;
  readonly high: Uint8Array;
  /** `low` is a whole key, and the only one. */
  readonly isKey?: boolean;
}

const NO_LEAF: Leaf = { heap: new Uint8Array(0), cells: [] };

export class Stream {
  readonly #source: KeySource;
  readonly #cursor: Cursor;
  readonly #range: KeyRange;
  readonly #backward: boolean;
  /** 1 or -1: what to add to `index` for the next cell. */
  readonly step: number;
  heap: Uint8Array = NO_LEAF.heap;
  cells: readonly number[] = NO_LEAF.cells;
  index = 0;
  /** Where `index` ends in this leaf. */
  end = 0;
  #ended = false;

  constructor(source: KeySource, range: KeyRange, backward: boolean) {
    const cursor = source.cursor();
    if (cursor === null) throw new PageNeeded();
    this.#source = source;
    this.#cursor = cursor;
    this.#range = range;
    this.#backward = backward;
    this.step = backward ? -1 : 1;
    const bound = backward ? range.high : range.low;
    this.#enter(needed(cursor.seek(bound, 0, bound.length, backward)));
    if (backward && this.index !== this.end) {
      // The floor of an exclusive bound may be the bound itself.
      const at = this.cells[this.index]!;
      if (compareCell(this.heap, at, range.high, 0, range.high.length) >= 0) this.index -= 1;
    }
  }

  /** Whether there is a cell at `index`; goes to the next leaf when this one is used up. */
  more(): boolean {
    while (this.index === this.end) {
      if (this.#ended) return false;
      const cursor = this.#cursor;
      const last = this.cells[this.end - this.step]!;
      needed(cursor.resume(this.heap, last + CELL_HEADER_BYTES, cellKeyBytes(this.heap, last)));
      this.#enter(needed(this.#backward ? cursor.previousLeaf() : cursor.nextLeaf()));
    }
    return true;
  }

  /** The cell at `index`. */
  get at(): number {
    return this.cells[this.index]!;
  }

  /**
   * Stands on the first key at or beyond this one, in its direction. Never goes back.
   */
  skipTo(key: Uint8Array, bytes: number): void {
    if (this.index === this.end && this.#ended) return;
    assert(!this.#backward, 'only forward streams skip');
    const { heap, cells } = this;
    if (this.end > this.index && compareCell(heap, cells[this.end - 1]!, key, 0, bytes) >= 0) {
      let low = this.index;
      let high = this.end - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (compareCell(heap, cells[middle]!, key, 0, bytes) < 0) low = middle + 1;
        else high = middle;
      }
      this.index = low;
      return;
    }
    if (this.#ended) {
      this.index = this.end;
      return;
    }
    this.#enter(needed(this.#cursor.forward(key, 0, bytes)));
  }

  /** To the leaf of the first key at or beyond this one, which is beyond this leaf. */
  skipToLeaf(key: Uint8Array, bytes: number): void {
    assert(!this.#backward, 'only forward streams skip');
    this.index = this.end;
    if (!this.#ended) this.#enter(needed(this.#cursor.forwardLeaf(key, 0, bytes)));
  }

  /** Value of a cell that is not in its leaf: `source.value`. */
  chained(at: number): KeySource {
    const { heap } = this;
    assert(cellIsChain(heap, at), 'chained: the value is elsewhere');
    const source = this.#source;
    const state = needed(source.get(heap, at + CELL_HEADER_BYTES, cellKeyBytes(heap, at)));
    assert(state !== ABSENT, 'a key that was read is still there');
    return source;
  }

  /** Takes the cursor's leaf, from its place on, as far as the range goes. */
  #enter(state: number): void {
    if (state === ABSENT) {
      this.index = 0;
      this.end = 0;
      this.#ended = true;
      return;
    }
    const { leaf, leafIndex } = this.#cursor;
    const { heap, cells } = leaf;
    this.heap = heap;
    this.cells = cells;
    this.index = leafIndex;
    if (this.#backward) {
      const { low } = this.#range;
      const inside = compareCell(heap, cells[0]!, low, 0, low.length) >= 0;
      this.end = inside ? -1 : firstAtOrAbove(leaf, low) - 1;
      this.#ended = !inside;
      if (this.index < this.end) this.index = this.end;
      return;
    }
    const { high } = this.#range;
    const inside = compareCell(heap, cells[cells.length - 1]!, high, 0, high.length) < 0;
    this.end = inside ? cells.length : firstAtOrAbove(leaf, high);
    this.#ended = !inside;
    if (this.index > this.end) this.index = this.end;
  }
}

function firstAtOrAbove(leaf: Leaf, key: Uint8Array): number {
  let low = 0;
  let high = leaf.cells.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareCell(leaf.heap, leaf.cells[middle]!, key, 0, key.length) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Turns the store's `NEEDS` into what gives the step up. */
export function needed(state: number): number {
  if (state === NEEDS) throw new PageNeeded();
  return state;
}
