/**
 * A layer: puts and deletes not yet in the store, in key order. The same tree as the store's, in
 * memory only; a deleted key has an empty value, which no record has.
 */
import type { Node } from '../../store/node.ts';
import { PAGE_HEADER_BYTES, PAGE_NONE } from '../../store/page.ts';
import { ABSENT } from '../../store/store.ts';
import type { Backing } from '../../store/tree.ts';
import { Tree } from '../../store/tree.ts';
import { ZERO128 } from '../../types/hash128.ts';

/** What a record costs besides its key and value, as in an outcome. */
const RECORD_BYTES = 12;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The key is not in the layer: look below. */
export const LAYER_BELOW = 0;
export const LAYER_PUT = 1;
export const LAYER_DELETED = 2;

export class Layer {
  readonly tree: Tree;
  /** Bytes that its records would take in an outcome. */
  bytes = 0;

  /** An empty leaf from before: a small statement then allocates no page. */
  #spare: Node | null = null;

  constructor(pageBytes: number) {
    const backing: Backing = {
      pageBytes,
      cachedPages: 0,
      dirtyPages: 0,
      stamp: 0,
      load: () => null,
      loadChain: () => null,
      supersede: () => {},
      fold: (_tenant, _key, _keyFrom, keyBytes, _value, _valueFrom, valueBytes, sign) => {
        this.bytes += sign * (RECORD_BYTES + keyBytes + valueBytes);
      },
    };
    this.tree = new Tree(0, backing, PAGE_NONE, ZERO128);
  }

  get isEmpty(): boolean {
    return this.tree.root === null;
  }

  /** After `LAYER_PUT` the value is in `tree`. */
  find(key: Uint8Array, from: number, bytes: number): number {
    if (this.tree.root === null || this.tree.get(key, from, bytes) === ABSENT) return LAYER_BELOW;
    return this.tree.valueBytes === 0 ? LAYER_DELETED : LAYER_PUT;
  }

  put(
    key: Uint8Array,
    keyFrom: number,
    keyBytes: number,
    value: Uint8Array,
    valueFrom: number,
    valueBytes: number,
  ): void {
    this.#plant();
    this.tree.put(key, keyFrom, keyBytes, value, valueFrom, valueBytes);
  }

  delete(key: Uint8Array, from: number, bytes: number): void {
    this.#plant();
    this.tree.put(key, from, bytes, NO_BYTES, 0, 0);
  }

  /** As if it had never been put or deleted. */
  forget(key: Uint8Array, from: number, bytes: number): void {
    this.tree.delete(key, from, bytes);
  }

  clear(): void {
    const { root } = this.tree;
    if (root !== null && root.leaf) {
      root.cells.length = 0;
      root.chains = null;
      root.end = PAGE_HEADER_BYTES;
      root.used = PAGE_HEADER_BYTES;
      this.#spare = root;
    }
    this.tree.root = null;
    this.tree.rootPage = PAGE_NONE;
    this.bytes = 0;
  }

  #plant(): void {
    if (this.tree.root !== null || this.#spare === null) return;
    this.tree.root = this.#spare;
    this.#spare = null;
  }
}
