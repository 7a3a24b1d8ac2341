/**
 * A node of the ordered map in memory: a heap of cells, and their offsets in key order.
 *
 * The heap has a page's size. Cells are appended to it; replaced ones leave garbage that is
 * squeezed out when room runs short. A page read from disk becomes a node's heap as it is. When a
 * node is saved its cells are copied out in key order, so that a page's bytes do not depend on the
 * order in which they came.
 *
 * Cost: search is a binary search over cells; inserting moves offsets, not cells. No allocation but
 * in splits.
 */
import { assert } from '../types/assert.ts';
import { copyBytes } from './arena.ts';
import {
  AREA_CHAIN,
  CELL_HEADER_BYTES,
  CHAIN_REF_BYTES,
  REF_BYTES,
  cellBytes,
  cellKeyBytes,
  writeCell,
} from './cell.ts';
import { PAGE_HEADER_BYTES, PAGE_INNER, PAGE_LEAF, PAGE_NONE } from './page.ts';
import { pageCells, pageKind, pageUsed, sealPage } from './page.ts';
import type { Leaf } from './store.ts';

/** A value too long for a leaf: its bytes once loaded, and the pages that hold it once saved. */
export interface Chain {
  bytes: Uint8Array;
  /** Empty until saved. */
  pages: number[];
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
/** Heaps swap with this when garbage is squeezed out; one a page size. */
const spares: Map<number, Uint8Array> = new Map();

export class Node {
  readonly leaf: boolean;
  heap: Uint8Array;
  /** Where the next cell goes. */
  end: number = PAGE_HEADER_BYTES;
  /** Size of the page this node would be saved as. */
  used: number = PAGE_HEADER_BYTES;
  /** Offsets of cells, in key order. */
  readonly cells: number[] = [];
  /** Inner: the children that are in memory; parallel to `cells`. */
  readonly children: (Node | null)[] = [];
  /** Leaf: chains in memory, parallel to `cells`; null while there is none. */
  chains: (Chain | null)[] | null = null;
  /** The page that this node equals, or `PAGE_NONE` while it differs from any: *dirty*. */
  page: number = PAGE_NONE;
  /** When it was last walked through, in evictions of its store. */
  stamp = 0;

  constructor(leaf: boolean, heap: Uint8Array) {
    this.leaf = leaf;
    this.heap = heap;
  }
}

/**
 * Makes a node of a page that was proven by its checksum; null when its content is not a node's,
 * which a right checksum rules out unless this program wrote nonsense.
 */
export function nodeOfPage(image: Uint8Array, page: number): Node | null {
  const kind = pageKind(image);
  if (kind !== PAGE_LEAF && kind !== PAGE_INNER) return null;
  const node = new Node(kind === PAGE_LEAF, image);
  const used = pageUsed(image);
  const count = pageCells(image);
  let at = PAGE_HEADER_BYTES;
  for (let i = 0; i < count; i += 1) {
    if (at + CELL_HEADER_BYTES > used) return null;
    node.cells.push(at);
    if (!node.leaf) node.children.push(null);
    at += cellBytes(image, at);
    if (at > used) return null;
  }
  if (at !== used) return null;
  node.end = used;
  node.used = used;
  node.page = page;
  return node;
}

/** Copies the cells out in key order and completes the image. Returns its used bytes. */
export function writeNode(node: Node, image: Uint8Array, tenant: number, page: number): number {
  const { heap, cells } = node;
  let at = PAGE_HEADER_BYTES;
  for (let i = 0; i < cells.length;) {
    // Cells that came in key order lie one behind the other: one copy for all of them.
    const from = cells[i]!;
    let end = from + cellBytes(heap, from);
    for (i += 1; i < cells.length && cells[i] === end; i += 1) end += cellBytes(heap, end);
    copyBytes(heap, from, end - from, image, at);
    at += end - from;
  }
  assert(at === node.used, 'a node knows its size');
  sealPage(image, node.leaf ? PAGE_LEAF : PAGE_INNER, node.cells.length, at, tenant, page);
  return at;
}

/**
 * Index of the first cell at or above the key, or `~index` when that cell *is* the key.
 *
 * Whatever lies between two keys begins with what these have in common with the key that is looked
 * for, so no comparison reads those bytes again.
 */
export function findCell(node: Leaf, key: Uint8Array, from: number, bytes: number): number {
  const { heap, cells } = node;
  let low = 0;
  let high = cells.length;
  let below = 0;
  let above = 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = cells[middle]!;
    const own = heap[at]! | (heap[at + 1]! << 8);
    const start = at + CELL_HEADER_BYTES;
    const common = own < bytes ? own : bytes;
    let i = below < above ? below : above;
    while (i < common && heap[start + i] === key[from + i]) i += 1;
    const order = i < common ? heap[start + i]! - key[from + i]! : own - bytes;
    if (order === 0) return ~middle;
    if (order < 0) {
      low = middle + 1;
      below = i;
    } else {
      high = middle;
      above = i;
    }
  }
  return low;
}

/** Index of the child that covers the key. */
export function findChild(node: Node, key: Uint8Array, from: number, bytes: number): number {
  const found = findCell(node, key, from, bytes);
  if (found < 0) return ~found;
  assert(found > 0, "an inner node's first key is below every key");
  return found - 1;
}

/** Makes room at the end of the heap for `bytes`, which the node's `used` must allow. */
export function makeRoom(node: Node, bytes: number): void {
  assert(node.used + bytes <= node.heap.length, 'the caller splits when a cell does not fit');
  if (node.end + bytes <= node.heap.length) return;
  const size = node.heap.length;
  // The page image may be a view of a slab, so `length` and not the buffer decides.
  const spare = spares.get(size) ?? new Uint8Array(size);
  let at = PAGE_HEADER_BYTES;
  for (let i = 0; i < node.cells.length; i += 1) {
    const from = node.cells[i]!;
    const cell = cellBytes(node.heap, from);
    copyBytes(node.heap, from, cell, spare, at);
    node.cells[i] = at;
    at += cell;
  }
  spares.set(size, node.heap);
  node.heap = spare;
  node.end = at;
}

/** Inserts a cell before `index`. The node must have room for it by `used`. */
export function insertCell(
  node: Node,
  index: number,
  key: Uint8Array,
  keyFrom: number,
  keyBytes: number,
  areaBytes: number,
  area: Uint8Array | null,
  areaFrom: number,
): void {
  const inPage = areaBytes === AREA_CHAIN ? CHAIN_REF_BYTES : areaBytes;
  const bytes = CELL_HEADER_BYTES + keyBytes + inPage;
  assert(areaBytes !== AREA_CHAIN || area === null, 'a chain gets its reference when saved');
  makeRoom(node, bytes);
  writeCell(node.heap, node.end, key, keyFrom, keyBytes, areaBytes, area, areaFrom);
  insertAt(node.cells, index, node.end);
  node.end += bytes;
  node.used += bytes;
  if (node.chains !== null) insertAt(node.chains, index, null);
}

/** Takes a cell out; its bytes stay as garbage. */
export function removeCell(node: Node, index: number): void {
  node.used -= cellBytes(node.heap, node.cells[index]!);
  removeAt(node.cells, index);
  if (!node.leaf) removeAt(node.children, index);
  if (node.chains !== null) removeAt(node.chains, index);
  assert(node.used >= PAGE_HEADER_BYTES, 'a node is never smaller than nothing');
}

/** Replaces an inner node's key at `index` by the empty key: its child is now the leftmost. */
export function clearKey(node: Node, index: number): void {
  const at = node.cells[index]!;
  const keyBytes = cellKeyBytes(node.heap, at);
  const area = node.heap.slice(at + CELL_HEADER_BYTES + keyBytes, at + cellBytes(node.heap, at));
  assert(area.length === REF_BYTES, 'an inner cell refers to a child');
  writeCell(node.heap, at, NO_BYTES, 0, 0, REF_BYTES, area, 0);
  node.used -= keyBytes;
}

/**
 * Moves the cells from `index` on into `right`, an empty node of the same kind.
 */
export function moveCells(node: Node, index: number, right: Node): void {
  for (let i = index; i < node.cells.length; i += 1) {
    const from = node.cells[i]!;
    const bytes = cellBytes(node.heap, from);
    copyBytes(node.heap, from, bytes, right.heap, right.end);
    right.cells.push(right.end);
    right.end += bytes;
    right.used += bytes;
    node.used -= bytes;
    if (!node.leaf) right.children.push(node.children[i]!);
  }
  if (node.chains !== null) {
    right.chains = node.chains.slice(index);
    node.chains.length = index;
  }
  node.cells.length = index;
  if (!node.leaf) node.children.length = index;
}

/** `splice` moves what lies behind faster, but allocates the array that it returns. */
const SPLICED_MIN = 48;

export function insertAt<T>(array: T[], index: number, value: T): void {
  if (array.length - index >= SPLICED_MIN) {
    array.splice(index, 0, value);
    return;
  }
  array.push(value);
  for (let i = array.length - 1; i > index; i -= 1) array[i] = array[i - 1]!;
  array[index] = value;
}

export function removeAt<T>(array: T[], index: number): void {
  if (array.length - index >= SPLICED_MIN) {
    array.splice(index, 1);
    return;
  }
  for (let i = index; i < array.length - 1; i += 1) array[i] = array[i + 1]!;
  array.pop();
}
