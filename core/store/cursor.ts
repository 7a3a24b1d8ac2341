/**
 * A cursor: a place in a tree of its own, that many may have at a time.
 *
 * It keeps the path from the root to its leaf, so the neighbouring leaf is a step away, and a key
 * not far ahead is found from where it stands: it climbs only as far as it must and gallops, so
 * that going forward by d leaves costs about log d comparisons. When the tree changed or forgot
 * nodes the path is void: then it walks anew from the root to the key that it is given.
 *
 * `NEEDS` leaves it without a path, and nothing else changed.
 */
import { assert } from '../types/assert.ts';
import { compareCell } from './cell.ts';
import type { Node } from './node.ts';
import { findCell, findChild } from './node.ts';
import { ABSENT, NEEDS, PRESENT } from './store.ts';
import type { Tree } from './tree.ts';

export class Cursor {
  readonly #tree: Tree;
  readonly #nodes: Node[] = [];
  readonly #indexes: number[] = [];
  #depth = 0;
  /** Of the tree, when the path was walked. */
  #version = -1;

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  get leaf(): Node {
    assert(this.#depth > 0, 'leaf: the cursor stands on a record');
    return this.#nodes[this.#depth - 1]!;
  }

  get leafIndex(): number {
    return this.#indexes[this.#depth - 1]!;
  }

  /** As `Store.seek`. */
  seek(key: Uint8Array, from: number, bytes: number, floor: boolean): number {
    if (!this.#isNear(key, from, bytes)) {
      const state = this.#walk(key, from, bytes);
      if (state !== PRESENT) return state;
    }
    const depth = this.#depth - 1;
    const found = findCell(this.#nodes[depth]!, key, from, bytes);
    this.#indexes[depth] = found < 0 ? ~found : floor ? found - 1 : found;
    if (found === 0 && floor) return this.previousLeaf();
    return this.#settle();
  }

  /**
   * To the first record at or after a key that is not before the leaf where the cursor stands, or
   * stood until the tree changed.
   */
  forward(key: Uint8Array, from: number, bytes: number): number {
    const state = this.#forwardLeaf(key, from, bytes);
    if (state !== PRESENT) return state;
    const last = this.#depth - 1;
    const found = findCell(this.#nodes[last]!, key, from, bytes);
    this.#indexes[last] = found < 0 ? ~found : found;
    return this.#settle();
  }

  /** As `forward`, but to the beginning of that record's leaf. */
  forwardLeaf(key: Uint8Array, from: number, bytes: number): number {
    const state = this.#forwardLeaf(key, from, bytes);
    if (state !== PRESENT) return state;
    const { heap, cells } = this.#nodes[this.#depth - 1]!;
    const behind = compareCell(heap, cells[cells.length - 1]!, key, from, bytes) < 0;
    return behind ? this.nextLeaf() : PRESENT;
  }

  /** Makes sure of the path to the leaf of `key`, one where the cursor stands, or stood. */
  resume(key: Uint8Array, from: number, bytes: number): number {
    return this.#whole ? PRESENT : this.#walk(key, from, bytes);
  }

  /** To another record of the leaf. */
  move(index: number): void {
    const { cells } = this.leaf;
    assert(index >= 0 && index < cells.length, 'move: the leaf has that record');
    this.#indexes[this.#depth - 1] = index;
  }

  next(): number {
    assert(this.#depth > 0, 'next: the cursor stands on a record');
    this.#indexes[this.#depth - 1]! += 1;
    return this.#settle();
  }

  /** To the first record of the next leaf. */
  nextLeaf(): number {
    const last = this.#depth - 1;
    assert(last >= 0, 'nextLeaf: the cursor stands on a record');
    this.#indexes[last] = this.#nodes[last]!.cells.length;
    return this.#settle();
  }

  /** To the last record of the leaf before. */
  previousLeaf(): number {
    let depth = this.#depth - 1;
    assert(depth >= 0, 'previousLeaf: the cursor stands on a record');
    do {
      if (depth === 0) return ABSENT;
      depth -= 1;
    } while (this.#indexes[depth] === 0);
    this.#indexes[depth]! -= 1;
    return this.#edge(depth, true);
  }

  get #whole(): boolean {
    if (this.#depth === 0 || this.#version !== this.#tree.version) return false;
    return this.#nodes[0] === this.#tree.root;
  }

  /** Whether the path leads to the leaf of the key: neighbours come one after the other often. */
  #isNear(key: Uint8Array, from: number, bytes: number): boolean {
    if (!this.#whole) return false;
    const depth = this.#depth - 1;
    const { heap, cells } = this.#nodes[depth]!;
    if (cells.length === 0 || compareCell(heap, cells[0]!, key, from, bytes) > 0) return false;
    if (compareCell(heap, cells[cells.length - 1]!, key, from, bytes) >= 0) return true;
    return !this.#isBeyond(depth, key, from, bytes);
  }

  /** To the leaf in which the key would be put. */
  #forwardLeaf(key: Uint8Array, from: number, bytes: number): number {
    if (!this.#whole) return this.#walk(key, from, bytes);
    const last = this.#depth - 1;
    let level = last;
    while (level > 0 && this.#isBeyond(level, key, from, bytes)) level -= 1;
    for (; level < last; level += 1) {
      const index = lastAtOrBelow(this.#nodes[level]!, this.#indexes[level]!, key, from, bytes);
      if (index === this.#indexes[level]) continue;
      this.#indexes[level] = index;
      return this.#descend(level, key, from, bytes);
    }
    this.#indexes[last] = 0;
    return PRESENT;
  }

  /** From the root to the leaf of a key. */
  #walk(key: Uint8Array, from: number, bytes: number): number {
    this.#depth = 0;
    const root = this.#tree.load();
    if (root === null) return this.#tree.isEmpty ? ABSENT : NEEDS;
    this.#version = this.#tree.version;
    root.stamp = this.#tree.backing.stamp;
    this.#nodes[0] = root;
    if (!root.leaf) {
      this.#indexes[0] = findChild(root, key, from, bytes);
      return this.#descend(0, key, from, bytes);
    }
    this.#indexes[0] = 0;
    this.#depth = 1;
    return PRESENT;
  }

  /** From the child at the path's index at `level` to the leaf of a key. */
  #descend(level: number, key: Uint8Array, from: number, bytes: number): number {
    for (let depth = level + 1; ; depth += 1) {
      const node = this.#enter(depth);
      if (node === null) return NEEDS;
      if (node.leaf) return PRESENT;
      this.#indexes[depth] = findChild(node, key, from, bytes);
    }
  }

  /** Puts the child that the path leads to at `depth - 1` into the path. */
  #enter(depth: number): Node | null {
    const node = this.#tree.child(this.#nodes[depth - 1]!, this.#indexes[depth - 1]!);
    if (node === null) {
      this.#depth = 0;
      return null;
    }
    node.stamp = this.#tree.backing.stamp;
    this.#nodes[depth] = node;
    this.#indexes[depth] = 0;
    if (node.leaf) this.#depth = depth + 1;
    return node;
  }

  /** Whether the key belongs behind the path's node at `level`. */
  #isBeyond(level: number, key: Uint8Array, from: number, bytes: number): boolean {
    for (let above = level - 1; above >= 0; above -= 1) {
      const { heap, cells } = this.#nodes[above]!;
      const next = this.#indexes[above]! + 1;
      if (next < cells.length) return compareCell(heap, cells[next]!, key, from, bytes) <= 0;
    }
    return false;
  }

  /** Moves an index that ran off its leaf to the next leaf's first record. */
  #settle(): number {
    let depth = this.#depth - 1;
    if (this.#indexes[depth]! < this.#nodes[depth]!.cells.length) return PRESENT;
    do {
      if (depth === 0) return ABSENT;
      depth -= 1;
    } while (this.#indexes[depth]! + 1 >= this.#nodes[depth]!.cells.length);
    this.#indexes[depth]! += 1;
    return this.#edge(depth, false);
  }

  /** From the child at the path's index at `level` to its first or last record. */
  #edge(level: number, last: boolean): number {
    for (let depth = level + 1; ; depth += 1) {
      const node = this.#enter(depth);
      if (node === null) return NEEDS;
      if (last) this.#indexes[depth] = node.cells.length - 1;
      if (node.leaf) return PRESENT;
    }
  }
}

/** Of an inner node: index of the last child, from `index` on, whose keys begin at or below. */
function lastAtOrBelow(
  node: Node,
  index: number,
  key: Uint8Array,
  from: number,
  bytes: number,
): number {
  const { heap, cells } = node;
  const count = cells.length;
  let low = index;
  let step = 1;
  while (low + step < count && compareCell(heap, cells[low + step]!, key, from, bytes) <= 0) {
    low += step;
    step <<= 1;
  }
  let high = low + step < count ? low + step : count;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (compareCell(heap, cells[middle]!, key, from, bytes) <= 0) low = middle;
    else high = middle;
  }
  return low;
}
