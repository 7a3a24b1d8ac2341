/**
 * The store without pages: what checkers rebuild logs into, and what tests compare with.
 *
 * The same tree as on disk, never saved, so nothing is ever missing.
 */
import { assert } from '../types/assert.ts';
import { ZERO128 } from '../types/hash128.ts';
import type { Cursor } from './cursor.ts';
import { KEYSPACE_KERNEL_MIN } from './directory.ts';
import { PAGE_NONE } from './page.ts';
import { RecordHash } from './record-hash.ts';
import type { Leaf, Store } from './store.ts';
import type { Backing } from './tree.ts';
import { Tree } from './tree.ts';

const PAGE_BYTES = 4096;

export class MemoryStore implements Store {
  readonly #trees: Map<number, Tree> = new Map();
  readonly #hash: RecordHash = new RecordHash();
  readonly #backing: Backing;
  #shown: Tree;

  constructor(pageBytes: number = PAGE_BYTES) {
    const hash = this.#hash;
    this.#backing = {
      pageBytes,
      cachedPages: 0,
      dirtyPages: 0,
      stamp: 0,
      load: () => null,
      loadChain: () => null,
      supersede: () => assert(false, 'nothing was ever saved'),
      fold: (tenant, key, keyFrom, keyBytes, value, valueFrom, valueBytes, sign) => {
        if (key[keyFrom]! < KEYSPACE_KERNEL_MIN) return;
        hash.fold(tenant, key, keyFrom, keyBytes, value, valueFrom, valueBytes, sign);
      },
    };
    this.#shown = this.#tree(0);
  }

  get keyBytesMax(): number {
    return this.#shown.keyBytesMax;
  }
  get stateHashA(): number {
    return this.#hash.a;
  }
  get stateHashB(): number {
    return this.#hash.b;
  }
  get value(): Uint8Array {
    return this.#shown.value;
  }
  get valueFrom(): number {
    return this.#shown.valueFrom;
  }
  get valueBytes(): number {
    return this.#shown.valueBytes;
  }
  get key(): Uint8Array {
    return this.#shown.key;
  }
  get keyFrom(): number {
    return this.#shown.keyFrom;
  }
  get keyBytes(): number {
    return this.#shown.keyBytes;
  }

  get(tenant: number, key: Uint8Array, from: number, bytes: number): number {
    this.#shown = this.#tree(tenant);
    return this.#shown.get(key, from, bytes);
  }

  touch(tenant: number, key: Uint8Array, from: number, bytes: number): number {
    return this.get(tenant, key, from, bytes);
  }

  put(
    tenant: number,
    key: Uint8Array,
    keyFrom: number,
    keyBytes: number,
    value: Uint8Array,
    valueFrom: number,
    valueBytes: number,
  ): void {
    this.#tree(tenant).put(key, keyFrom, keyBytes, value, valueFrom, valueBytes);
  }

  delete(tenant: number, key: Uint8Array, from: number, bytes: number): void {
    this.#tree(tenant).delete(key, from, bytes);
  }

  seek(tenant: number, key: Uint8Array, from: number, bytes: number, floor: boolean): number {
    this.#shown = this.#tree(tenant);
    return this.#shown.seek(key, from, bytes, floor);
  }

  cursor(tenant: number): Cursor {
    return this.#tree(tenant).cursor();
  }

  next(): number {
    return this.#shown.next();
  }

  rest(): void {
    // Memory is all there is.
  }

  get leaf(): Leaf {
    return this.#shown.leaf;
  }
  get leafIndex(): number {
    return this.#shown.leafIndex;
  }

  show(index: number): number {
    return this.#shown.show(index);
  }

  nextLeaf(): number {
    return this.#shown.nextLeaf();
  }

  previousLeaf(): number {
    return this.#shown.previousLeaf();
  }

  #tree(tenant: number): Tree {
    let tree = this.#trees.get(tenant);
    if (tree === undefined) {
      tree = new Tree(tenant, this.#backing, PAGE_NONE, ZERO128);
      this.#trees.set(tenant, tree);
    }
    return tree;
  }
}
