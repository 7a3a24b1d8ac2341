/**
 * One tenant's ordered map: a copy-on-write B+tree whose nodes load lazily from pages.
 *
 * Between checkpoints changed nodes live in memory only; the first change of a node since it was
 * saved supersedes its page. A checkpoint saves the changed nodes, children before parents, into
 * pages that no live checkpoint uses (`save.ts`). Leaves that become empty are taken out; nodes are
 * not merged otherwise. The shape, and so every page, is a function of the puts and deletes alone:
 * never of what happens to be in memory.
 *
 * Cost: get and put of small records about 0.1–0.3 µs. `NEEDS` comes only from `get`, `touch`,
 * `seek` and `next`, which change nothing but the cache.
 */
import { readU32 } from '../codec/bytes.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { ZERO128, read128 } from '../types/hash128.ts';
import { carve, copyBytes } from './arena.ts';
import {
  AREA_CHAIN,
  CELL_HEADER_BYTES,
  CHAIN_REF_BYTES,
  REF_BYTES,
  cellAreaBytes,
  cellAreaFrom,
  cellBytes,
  cellIsChain,
  cellKeyBytes,
  compareCell,
} from './cell.ts';
import type { Chain } from './node.ts';
import {
  Node,
  clearKey,
  findCell,
  findChild,
  insertAt,
  insertCell,
  moveCells,
  nodeOfPage,
  removeCell,
} from './node.ts';
import { PAGE_HEADER_BYTES, PAGE_NONE } from './page.ts';
import type { Leaf } from './store.ts';
import { ABSENT, NEEDS, PRESENT, VALUE_BYTES_MAX, keyBytesMax } from './store.ts';

/** Deeper than any tree of 2^32 pages with at least three children a node. */
const DEPTH_MAX = 24;

/** Where a tree's pages come from, and what it tells of those it no longer wants. */
export interface Backing {
  readonly pageBytes: number;
  /** Nodes and chain pages that came into memory: the backing subtracts what is forgotten. */
  cachedPages: number;
  /** Grows with each eviction: nodes walked through since bear it. */
  readonly stamp: number;
  /** A proven image that the caller may keep and change; null when damaged (and reported). */
  load(tenant: number, page: number, checksum: Hash128): Uint8Array | null;
  loadChain(tenant: number, page: number, checksum: Hash128, bytes: number): Chain | null;
  /** The page is no longer part of the newest state. */
  supersede(tenant: number, page: number): void;
  /** A record was put (`sign` 1) or taken out (-1). */
  fold(
    tenant: number,
    key: Uint8Array,
    keyFrom: number,
    keyBytes: number,
    value: Uint8Array,
    valueFrom: number,
    valueBytes: number,
    sign: number,
  ): void;
}

export class Tree {
  readonly tenant: number;
  readonly backing: Backing;
  readonly keyBytesMax: number;
  root: Node | null = null;
  /** The root as last saved: `PAGE_NONE` for an empty tree. */
  rootPage: number;
  rootChecksum: Hash128;
  /** Changed since last saved. */
  dirty = false;

  /** Result of `get`, `seek`, `next`. */
  value: Uint8Array = new Uint8Array(0);
  valueFrom = 0;
  valueBytes = 0;
  key: Uint8Array = this.value;
  keyFrom = 0;
  keyBytes = 0;

  /** The path of the last descent, and of the cursor. */
  readonly #nodes: Node[] = [];
  readonly #indexes: number[] = [];
  #depth = 0;
  /** The path still is a path of the tree: no node of it was split, emptied or forgotten since. */
  #whole = false;

  constructor(tenant: number, backing: Backing, rootPage: number, rootChecksum: Hash128) {
    this.tenant = tenant;
    this.backing = backing;
    this.keyBytesMax = keyBytesMax(backing.pageBytes);
    this.rootPage = rootPage;
    this.rootChecksum = rootChecksum;
  }

  get(key: Uint8Array, from: number, bytes: number): number {
    const leaf = this.#descend(key, from, bytes);
    if (leaf === NEEDS) return NEEDS;
    if (leaf === ABSENT) return ABSENT;
    const found = this.#indexes[this.#depth - 1]!;
    return found >= 0 ? ABSENT : this.#show(this.#nodes[this.#depth - 1]!, ~found);
  }

  /** As `get`; the value is loaded too, because replacing it must know its pages. */
  touch(key: Uint8Array, from: number, bytes: number): number {
    return this.get(key, from, bytes);
  }

  put(
    key: Uint8Array,
    keyFrom: number,
    keyBytes: number,
    value: Uint8Array,
    valueFrom: number,
    valueBytes: number,
  ): void {
    assert(keyBytes > 0 && keyBytes <= this.keyBytesMax, 'a key has a size');
    assert(valueBytes >= 0 && valueBytes <= VALUE_BYTES_MAX, 'a value has a size');
    const state = this.#descend(key, keyFrom, keyBytes);
    assert(state !== NEEDS, 'put: the key was touched before');
    if (state === ABSENT) this.#plant();
    this.#markPath();
    const depth = this.#depth - 1;
    const leaf = this.#nodes[depth]!;
    const found = this.#indexes[depth]!;
    const inline = CELL_HEADER_BYTES + keyBytes + valueBytes <= this.#cellBytesMax();
    const area = inline ? valueBytes : AREA_CHAIN;
    this.backing.fold(this.tenant, key, keyFrom, keyBytes, value, valueFrom, valueBytes, 1);
    if (found < 0) {
      this.#foldOut(leaf, ~found);
      if (this.#overwrite(leaf, ~found, area, value, valueFrom)) return;
      this.#drop(leaf, ~found);
    }
    const index = found < 0 ? ~found : found;
    const bytes = inline ? value : null;
    this.#insert(depth, index, key, keyFrom, keyBytes, area, bytes, valueFrom, null);
    if (inline) return;
    this.#attach(key, keyFrom, keyBytes, value.slice(valueFrom, valueFrom + valueBytes));
  }

  delete(key: Uint8Array, from: number, bytes: number): void {
    const state = this.#descend(key, from, bytes);
    assert(state !== NEEDS, 'delete: the key was touched before');
    if (state === ABSENT || this.#indexes[this.#depth - 1]! >= 0) return;
    this.#markPath();
    let depth = this.#depth - 1;
    this.#foldOut(this.#nodes[depth]!, ~this.#indexes[depth]!);
    this.#drop(this.#nodes[depth]!, ~this.#indexes[depth]!);
    for (; this.#nodes[depth]!.cells.length === 0; depth -= 1) {
      this.#whole = false;
      if (depth === 0) {
        this.root = null;
        this.rootPage = PAGE_NONE;
        this.rootChecksum = ZERO128;
        return;
      }
      const parent = this.#nodes[depth - 1]!;
      removeCell(parent, this.#indexes[depth - 1]!);
      if (parent.cells.length > 0 && this.#indexes[depth - 1] === 0) clearKey(parent, 0);
    }
  }

  seek(key: Uint8Array, from: number, bytes: number, floor: boolean): number {
    const state = this.#descend(key, from, bytes);
    if (state !== PRESENT) return state;
    const depth = this.#depth - 1;
    const found = this.#indexes[depth]!;
    this.#indexes[depth] = found < 0 ? ~found : floor ? found - 1 : found;
    if (found >= 0 && floor && found === 0) return this.#previousLeaf();
    return this.#settle();
  }

  next(): number {
    assert(this.#depth > 0, 'next: the cursor stands on a record');
    this.#indexes[this.#depth - 1]! += 1;
    return this.#settle();
  }

  get leaf(): Leaf {
    assert(this.#depth > 0, 'leaf: the cursor stands on a record');
    return this.#nodes[this.#depth - 1]!;
  }

  get leafIndex(): number {
    return this.#indexes[this.#depth - 1]!;
  }

  show(index: number): number {
    const leaf = this.#nodes[this.#depth - 1]!;
    assert(index >= 0 && index < leaf.cells.length, 'show: the leaf has that record');
    this.#indexes[this.#depth - 1] = index;
    return this.#show(leaf, index);
  }

  nextLeaf(): number {
    assert(this.#depth > 0, 'nextLeaf: the cursor stands on a record');
    this.#indexes[this.#depth - 1] = this.#nodes[this.#depth - 1]!.cells.length;
    return this.#settle();
  }

  previousLeaf(): number {
    assert(this.#depth > 0, 'previousLeaf: the cursor stands on a record');
    return this.#previousLeaf();
  }

  /**
   * Forgets clean nodes with a stamp below `before`, to bound memory; they load again when wanted.
   * Changed nodes stay, and so does what leads to anything that stays. Returns how many pages stay.
   */
  evict(before: number): number {
    this.#whole = false;
    if (this.root === null) return 0;
    const kept = evictBelow(this.root, before);
    if (kept > 1 || this.root.page === PAGE_NONE || this.root.stamp >= before) return kept;
    this.root = null;
    return 0;
  }

  /** Largest cell that stays in a leaf: half a page, so that a split always finds a balance. */
  #cellBytesMax(): number {
    return (this.backing.pageBytes - PAGE_HEADER_BYTES) >> 1;
  }

  /**
   * Walks from the root to the leaf of a key. Fills the path; the last index is `findCell`'s.
   * `ABSENT`: the tree is empty. `PRESENT`: the path stands.
   */
  #descend(key: Uint8Array, from: number, bytes: number): number {
    if (this.#whole && this.#depth > 0 && this.#isNear(key, from, bytes)) {
      const last = this.#depth - 1;
      this.#indexes[last] = findCell(this.#nodes[last]!, key, from, bytes);
      return PRESENT;
    }
    this.#depth = 0;
    this.#whole = true;
    let node = this.root;
    if (node === null) {
      if (this.rootPage === PAGE_NONE) return ABSENT;
      node = this.#loadNode(this.rootPage, this.rootChecksum);
      if (node === null) return NEEDS;
      this.root = node;
    }
    for (let depth = 0; ; depth += 1) {
      assert(depth < DEPTH_MAX, 'a tree is never that deep');
      this.#nodes[depth] = node;
      node.stamp = this.backing.stamp;
      if (node.leaf) {
        this.#indexes[depth] = findCell(node, key, from, bytes);
        this.#depth = depth + 1;
        return PRESENT;
      }
      const index = findChild(node, key, from, bytes);
      this.#indexes[depth] = index;
      const child: Node | null = this.#child(node, index);
      if (child === null) return NEEDS;
      node = child;
    }
  }

  /** Whether the path's leaf is the key's: neighbours come one after the other often. */
  #isNear(key: Uint8Array, from: number, bytes: number): boolean {
    const depth = this.#depth - 1;
    const leaf = this.#nodes[depth]!;
    if (this.#nodes[0] !== this.root || leaf.stamp !== this.backing.stamp) return false;
    const { heap, cells } = leaf;
    const count = cells.length;
    if (count === 0 || compareCell(heap, cells[0]!, key, from, bytes) > 0) return false;
    if (compareCell(heap, cells[count - 1]!, key, from, bytes) >= 0) return true;
    // Behind the leaf's last key: it is the leaf's up to where the next one begins.
    for (let level = depth - 1; level >= 0; level -= 1) {
      const node = this.#nodes[level]!;
      const next = this.#indexes[level]! + 1;
      if (next >= node.cells.length) continue;
      return compareCell(node.heap, node.cells[next]!, key, from, bytes) > 0;
    }
    return true;
  }

  #child(node: Node, index: number): Node | null {
    const known = node.children[index]!;
    if (known !== null) return known;
    const ref = cellAreaFrom(node.heap, node.cells[index]!);
    const child = this.#loadNode(readU32(node.heap, ref), read128(node.heap, ref + 4));
    node.children[index] = child;
    return child;
  }

  #loadNode(page: number, checksum: Hash128): Node | null {
    const image = this.backing.load(this.tenant, page, checksum);
    if (image === null) return null;
    const node = nodeOfPage(image, page);
    assert(node !== null, 'a page with the right checksum is a node');
    this.backing.cachedPages += 1;
    return node;
  }

  /** Shows the record at `index` of a leaf in the result fields. */
  #show(leaf: Node, index: number): number {
    const { heap } = leaf;
    const at = leaf.cells[index]!;
    this.key = heap;
    this.keyFrom = at + CELL_HEADER_BYTES;
    this.keyBytes = cellKeyBytes(heap, at);
    if (cellIsChain(heap, at)) {
      const chain = this.#chain(leaf, index);
      if (chain === null) return NEEDS;
      this.value = chain.bytes;
      this.valueFrom = 0;
      this.valueBytes = chain.bytes.length;
    } else {
      this.value = heap;
      this.valueFrom = this.keyFrom + this.keyBytes;
      this.valueBytes = cellAreaBytes(heap, at);
    }
    return PRESENT;
  }

  #chain(leaf: Node, index: number): Chain | null {
    const known = leaf.chains === null ? null : leaf.chains[index]!;
    if (known !== null) return known;
    const ref = cellAreaFrom(leaf.heap, leaf.cells[index]!);
    const chain = this.backing.loadChain(
      this.tenant,
      readU32(leaf.heap, ref),
      read128(leaf.heap, ref + 4),
      readU32(leaf.heap, ref + REF_BYTES),
    );
    if (chain === null) return null;
    this.backing.cachedPages += chain.pages.length;
    this.#chainsOf(leaf)[index] = chain;
    return chain;
  }

  #chainsOf(leaf: Node): (Chain | null)[] {
    if (leaf.chains === null) {
      leaf.chains = [];
      for (let i = 0; i < leaf.cells.length; i += 1) leaf.chains.push(null);
    }
    return leaf.chains;
  }

  #newNode(leaf: boolean): Node {
    this.backing.cachedPages += 1;
    return new Node(leaf, carve(this.backing.pageBytes));
  }

  /** The first record of all: a tree of one empty leaf, for `put` to fill. */
  #plant(): void {
    this.root = this.#newNode(true);
    this.#nodes[0] = this.root;
    this.#indexes[0] = 0;
    this.#depth = 1;
  }

  /** Every node of the path is about to change. A dirty node's ancestors are dirty already. */
  #markPath(): void {
    this.dirty = true;
    for (let depth = this.#depth - 1; depth >= 0; depth -= 1) {
      const node = this.#nodes[depth]!;
      if (node.page === PAGE_NONE) return;
      this.backing.supersede(this.tenant, node.page);
      node.page = PAGE_NONE;
    }
  }

  /** Takes the record at `index` out of the state hash. */
  #foldOut(leaf: Node, index: number): void {
    const shown = this.#show(leaf, index);
    assert(shown === PRESENT, 'what is replaced was touched before');
    const { tenant, key, keyFrom, keyBytes, value, valueFrom, valueBytes } = this;
    this.backing.fold(tenant, key, keyFrom, keyBytes, value, valueFrom, valueBytes, -1);
  }

  /** Replaces a value by one of the same size where it stands. */
  #overwrite(leaf: Node, index: number, area: number, value: Uint8Array, from: number): boolean {
    const at = leaf.cells[index]!;
    if (area === AREA_CHAIN || cellIsChain(leaf.heap, at)) return false;
    if (cellAreaBytes(leaf.heap, at) !== area) return false;
    copyBytes(value, from, area, leaf.heap, cellAreaFrom(leaf.heap, at));
    return true;
  }

  /** Takes a record out of a leaf, with its chain's pages. */
  #drop(leaf: Node, index: number): void {
    if (cellIsChain(leaf.heap, leaf.cells[index]!)) {
      const chain = this.#chain(leaf, index);
      assert(chain !== null, 'a chain that is dropped was touched before');
      for (const page of chain.pages) this.backing.supersede(this.tenant, page);
    }
    removeCell(leaf, index);
  }

  /** Hangs a new long value on the leaf that now has its cell, wherever a split put it. */
  #attach(key: Uint8Array, from: number, keyBytes: number, bytes: Uint8Array): void {
    const state = this.#descend(key, from, keyBytes);
    const leaf = this.#nodes[this.#depth - 1]!;
    const index = ~this.#indexes[this.#depth - 1]!;
    assert(state === PRESENT && index >= 0, 'the record was just put');
    this.#chainsOf(leaf)[index] = { bytes, pages: [] };
    this.backing.cachedPages += Math.ceil(bytes.length / this.backing.pageBytes);
  }

  /** Inserts a cell into the path's node at `depth`, splitting upwards as needed. */
  #insert(
    depth: number,
    index: number,
    key: Uint8Array,
    keyFrom: number,
    keyBytes: number,
    areaBytes: number,
    area: Uint8Array | null,
    areaFrom: number,
    child: Node | null,
  ): void {
    const node = this.#nodes[depth]!;
    const bytes =
      CELL_HEADER_BYTES + keyBytes + (areaBytes === AREA_CHAIN ? CHAIN_REF_BYTES : areaBytes);
    if (node.used + bytes <= this.backing.pageBytes) {
      insertCell(node, index, key, keyFrom, keyBytes, areaBytes, area, areaFrom);
      if (!node.leaf) insertAt(node.children, index, child);
      return;
    }
    const split = splitPoint(node, index, bytes, key, keyFrom, keyBytes);
    const right = this.#newNode(node.leaf);
    // `split` counts the new cell too: with it in the left half, one less of the old ones stays.
    const inLeft = index < split;
    moveCells(node, inLeft ? split - 1 : split, right);
    const target = inLeft ? node : right;
    const targetIndex = inLeft ? index : index - split;
    insertCell(target, targetIndex, key, keyFrom, keyBytes, areaBytes, area, areaFrom);
    if (!node.leaf) insertAt(target.children, targetIndex, child);
    this.#hang(depth, right);
  }

  /** Makes `right`, split off the path's node at `depth`, a child of the level above. */
  #hang(depth: number, right: Node): void {
    this.#whole = false;
    const at = right.cells[0]!;
    const separatorBytes = cellKeyBytes(right.heap, at);
    const separator = right.heap.slice(
      at + CELL_HEADER_BYTES,
      at + CELL_HEADER_BYTES + separatorBytes,
    );
    if (!right.leaf) clearKey(right, 0);
    if (depth === 0) {
      const root = this.#newNode(false);
      insertCell(root, 0, separator, 0, 0, REF_BYTES, null, 0);
      insertCell(root, 1, separator, 0, separatorBytes, REF_BYTES, null, 0);
      root.children.push(this.#nodes[0]!, right);
      this.root = root;
      return;
    }
    const index = this.#indexes[depth - 1]! + 1;
    this.#insert(depth - 1, index, separator, 0, separatorBytes, REF_BYTES, null, 0, right);
  }

  /** Moves an index that ran off its leaf to the next leaf's first record, and shows it. */
  #settle(): number {
    let depth = this.#depth - 1;
    const leaf = this.#nodes[depth]!;
    if (this.#indexes[depth]! < leaf.cells.length) return this.#show(leaf, this.#indexes[depth]!);
    do {
      if (depth === 0) return ABSENT;
      depth -= 1;
    } while (this.#indexes[depth]! + 1 >= this.#nodes[depth]!.cells.length);
    this.#indexes[depth]! += 1;
    return this.#edge(depth, false);
  }

  #previousLeaf(): number {
    let depth = this.#depth - 1;
    do {
      if (depth === 0) return ABSENT;
      depth -= 1;
    } while (this.#indexes[depth] === 0);
    this.#indexes[depth]! -= 1;
    return this.#edge(depth, true);
  }

  /** Goes down from the path's node at `depth` to its first or last record, and shows it. */
  #edge(from: number, last: boolean): number {
    for (let depth = from; ; depth += 1) {
      const node = this.#child(this.#nodes[depth]!, this.#indexes[depth]!);
      if (node === null) {
        this.#depth = 0;
        return NEEDS;
      }
      this.#nodes[depth + 1] = node;
      node.stamp = this.backing.stamp;
      this.#indexes[depth + 1] = last ? node.cells.length - 1 : 0;
      if (!node.leaf) continue;
      this.#depth = depth + 2;
      return this.#show(node, this.#indexes[depth + 1]!);
    }
  }
}

/** Forgets what it may below a node; returns the pages that stay, the node's own counted. */
function evictBelow(node: Node, before: number): number {
  let kept = 1;
  for (let i = 0; i < node.children.length; i += 1) {
    const child = node.children[i]!;
    if (child === null) continue;
    const below = evictBelow(child, before);
    // One page stays: the child itself. It goes when it is clean and was not walked through.
    if (below === 1 && child.page !== PAGE_NONE && child.stamp < before) node.children[i] = null;
    else kept += below;
  }
  return kept + evictChains(node, before);
}

/** Of a leaf that stays, long values that pages hold are forgotten too. */
function evictChains(leaf: Node, before: number): number {
  const { chains } = leaf;
  if (chains === null) return 0;
  let kept = 0;
  for (let i = 0; i < chains.length; i += 1) {
    const chain = chains[i]!;
    if (chain === null) continue;
    if (chain.pages.length > 0 && leaf.stamp < before) chains[i] = null;
    else kept += Math.ceil(chain.bytes.length / leaf.heap.length);
  }
  return kept;
}

/** Bytes that keys of one kind have in common: a keyspace and a number within it. */
const KIND_BYTES = 5;

/**
 * How many cells, the new one counted, stay left. At the node's end the new cell goes right alone,
 * so that ascending keys fill pages; and so it does, with what follows, at the end of the keys of
 * its kind, where a table grows that other things stand behind. Else the halves are as even as can
 * be. A cell is at most half a page, so the longest prefix that fits leaves a rest that fits.
 *
 * A function of the node's content and the new cell alone, never of what came before.
 */
function splitPoint(
  node: Node,
  index: number,
  bytes: number,
  key: Uint8Array,
  keyFrom: number,
  keyBytes: number,
): number {
  const count = node.cells.length;
  if (index === count) return count;
  const total = node.used - PAGE_HEADER_BYTES + bytes;
  const ends = endsKind(node, index, key, keyFrom, keyBytes);
  let left = 0;
  let best = 1;
  let bestMax = total;
  for (let i = 0; i < count; i += 1) {
    // Only a page that is half full by then is left alone.
    if (i === index && ends && 2 * left >= total) return index;
    left += i === index ? bytes : cellBytes(node.heap, node.cells[i < index ? i : i - 1]!);
    const max = left > total - left ? left : total - left;
    if (max < bestMax) {
      bestMax = max;
      best = i + 1;
    }
  }
  return best;
}

/** Whether the cell before is of the new key's kind, and the one behind is not. */
function endsKind(
  node: Node,
  index: number,
  key: Uint8Array,
  keyFrom: number,
  keyBytes: number,
): boolean {
  if (index === 0 || keyBytes < KIND_BYTES) return false;
  const { heap, cells } = node;
  return (
    sameKind(heap, cells[index - 1]!, key, keyFrom) && !sameKind(heap, cells[index]!, key, keyFrom)
  );
}

function sameKind(heap: Uint8Array, at: number, key: Uint8Array, keyFrom: number): boolean {
  if (cellKeyBytes(heap, at) < KIND_BYTES) return false;
  for (let i = 0; i < KIND_BYTES; i += 1) {
    if (heap[at + CELL_HEADER_BYTES + i] !== key[keyFrom + i]) return false;
  }
  return true;
}
