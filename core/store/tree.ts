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
  cellIsChain,
  cellKeyBytes,
} from './cell.ts';
import { Cursor } from './cursor.ts';
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
import { PATHS, Path, runOf } from './path.ts';
import { splitPoint } from './split.ts';
import type { Leaf } from './store.ts';
import { ABSENT, NEEDS, PRESENT, VALUE_BYTES_MAX, keyBytesMax } from './store.ts';

/** Deeper than any tree of 2^32 pages with at least three children a node. */
const DEPTH_MAX = 24;

/** Where a tree's pages come from, and what it tells of those it no longer wants. */
export interface Backing {
  readonly pageBytes: number;
  /** Nodes and chain pages that came into memory: the backing subtracts what is forgotten. */
  cachedPages: number;
  /** Counts pages' worth of what changes: a function of the puts and deletes alone. */
  dirtyPages: number;
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

  /** Counts puts, deletes and evictions: what void a cursor's path. */
  version = 0;
  readonly #cursor: Cursor = new Cursor(this);
  /** The paths of former descents, by run; null where there was none. */
  readonly #paths: (Path | null)[] = [];
  /** That of the last one. */
  #path: Path = new Path();
  /** Counts nodes that were split, emptied or forgotten: what voids paths. */
  #shape = 0;

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
    const { nodes, indexes, depth } = this.#path;
    const found = indexes[depth - 1]!;
    return found >= 0 ? ABSENT : this.#show(nodes[depth - 1]!, ~found);
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
    this.version += 1;
    if (state === ABSENT) this.#plant();
    this.#markPath();
    const depth = this.#path.depth - 1;
    const leaf = this.#path.nodes[depth]!;
    const found = this.#path.indexes[depth]!;
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
    const { nodes, indexes } = this.#path;
    let depth = this.#path.depth - 1;
    if (state === ABSENT || indexes[depth]! >= 0) return;
    this.version += 1;
    this.#markPath();
    this.#foldOut(nodes[depth]!, ~indexes[depth]!);
    this.#drop(nodes[depth]!, ~indexes[depth]!);
    for (; nodes[depth]!.cells.length === 0; depth -= 1) {
      this.#shape += 1;
      if (depth === 0) {
        this.root = null;
        this.rootPage = PAGE_NONE;
        this.rootChecksum = ZERO128;
        return;
      }
      const parent = nodes[depth - 1]!;
      removeCell(parent, indexes[depth - 1]!);
      if (parent.cells.length > 0 && indexes[depth - 1] === 0) clearKey(parent, 0);
    }
  }

  /** A cursor of the caller's own. */
  cursor(): Cursor {
    return new Cursor(this);
  }

  seek(key: Uint8Array, from: number, bytes: number, floor: boolean): number {
    return this.#showAt(this.#cursor.seek(key, from, bytes, floor));
  }

  next(): number {
    return this.#showAt(this.#cursor.next());
  }

  get leaf(): Leaf {
    return this.#cursor.leaf;
  }

  get leafIndex(): number {
    return this.#cursor.leafIndex;
  }

  show(index: number): number {
    this.#cursor.move(index);
    return this.#showAt(PRESENT);
  }

  nextLeaf(): number {
    return this.#showAt(this.#cursor.nextLeaf());
  }

  previousLeaf(): number {
    return this.#showAt(this.#cursor.previousLeaf());
  }

  get isEmpty(): boolean {
    return this.root === null && this.rootPage === PAGE_NONE;
  }

  /** The root's node; null: the tree is empty, or a page is needed first. */
  load(): Node | null {
    if (this.root !== null || this.rootPage === PAGE_NONE) return this.root;
    this.root = this.#loadNode(this.rootPage, this.rootChecksum);
    return this.root;
  }

  /** A child of an inner node; null: a page is needed first. */
  child(node: Node, index: number): Node | null {
    const known = node.children[index]!;
    if (known !== null) return known;
    const ref = cellAreaFrom(node.heap, node.cells[index]!);
    const child = this.#loadNode(readU32(node.heap, ref), read128(node.heap, ref + 4));
    node.children[index] = child;
    return child;
  }

  /**
   * Forgets clean nodes with a stamp below `before`, to bound memory; they load again when wanted.
   * Changed nodes stay, and so does what leads to anything that stays. Returns how many pages stay.
   */
  evict(before: number): number {
    this.#shape += 1;
    this.version += 1;
    for (const path of this.#paths) path?.clear();
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
   * Walks from the root to the leaf of a key. Fills the path of the key's run; the last index is
   * `findCell`'s. `ABSENT`: the tree is empty. `PRESENT`: the path stands.
   */
  #descend(key: Uint8Array, from: number, bytes: number): number {
    const path = this.#pathOf(runOf(key, from, bytes));
    this.#path = path;
    const { stamp } = this.backing;
    const { nodes, indexes } = path;
    const isWhole = path.shape === this.#shape && nodes[0] === this.root;
    if (isWhole && path.leadsTo(key, from, bytes, stamp)) return PRESENT;
    path.depth = 0;
    path.isRun = false;
    path.shape = this.#shape;
    let node = this.load();
    if (node === null) return this.isEmpty ? ABSENT : NEEDS;
    for (let depth = 0; ; depth += 1) {
      assert(depth < DEPTH_MAX, 'a tree is never that deep');
      nodes[depth] = node;
      node.stamp = stamp;
      if (node.leaf) {
        indexes[depth] = findCell(node, key, from, bytes);
        path.depth = depth + 1;
        return PRESENT;
      }
      const index = findChild(node, key, from, bytes);
      indexes[depth] = index;
      const child: Node | null = this.child(node, index);
      if (child === null) return NEEDS;
      node = child;
    }
  }

  #pathOf(run: number): Path {
    while (this.#paths.length < PATHS) this.#paths.push(null);
    return (this.#paths[run] ??= new Path());
  }

  #loadNode(page: number, checksum: Hash128): Node | null {
    const image = this.backing.load(this.tenant, page, checksum);
    if (image === null) return null;
    const node = nodeOfPage(image, page);
    assert(node !== null, 'a page with the right checksum is a node');
    this.backing.cachedPages += 1;
    return node;
  }

  /** Shows the record under the cursor, if it stands on one. */
  #showAt(state: number): number {
    return state === PRESENT ? this.#show(this.#cursor.leaf, this.#cursor.leafIndex) : state;
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
    this.backing.dirtyPages += 1;
    return new Node(leaf, carve(this.backing.pageBytes));
  }

  /** The first record of all: a tree of one empty leaf, for `put` to fill. */
  #plant(): void {
    this.root = this.#newNode(true);
    this.#path.nodes[0] = this.root;
    this.#path.indexes[0] = 0;
    this.#path.depth = 1;
  }

  /** Every node of the path is about to change. A dirty node's ancestors are dirty already. */
  #markPath(): void {
    this.dirty = true;
    const { nodes } = this.#path;
    for (let depth = this.#path.depth - 1; depth >= 0; depth -= 1) {
      const node = nodes[depth]!;
      if (node.page === PAGE_NONE) return;
      this.backing.supersede(this.tenant, node.page);
      this.backing.dirtyPages += 1;
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
    const last = this.#path.depth - 1;
    const leaf = this.#path.nodes[last]!;
    const index = ~this.#path.indexes[last]!;
    assert(state === PRESENT && index >= 0, 'the record was just put');
    this.#chainsOf(leaf)[index] = { bytes, pages: [] };
    const pages = Math.ceil(bytes.length / this.backing.pageBytes);
    this.backing.cachedPages += pages;
    this.backing.dirtyPages += pages;
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
    const node = this.#path.nodes[depth]!;
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
    this.#shape += 1;
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
      root.children.push(this.#path.nodes[0]!, right);
      this.root = root;
      return;
    }
    const index = this.#path.indexes[depth - 1]! + 1;
    this.#insert(depth - 1, index, separator, 0, separatorBytes, REF_BYTES, null, 0, right);
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
