/**
 * One entry of an index by its key, as of a position or in the present.
 */
import { readU64 } from '../../codec/bytes.ts';
import { copyBytes } from '../../store/arena.ts';
import { PRESENT } from '../../store/store.ts';
import {
  KEYSPACE_CURRENT,
  KEYSPACE_HISTORY,
  POSITION_BYTES,
  PREFIX_BYTES,
  compareBytes,
  readPosition,
  writePosition,
  writePrefix,
} from './keyspaces.ts';
import type { Layer } from './layer.ts';
import { LAYER_BELOW, LAYER_PUT } from './layer.ts';
import type { KeySource } from './stream.ts';
import { needed } from './stream.ts';

/** Room for keys somewhat longer than the first. */
const SPARE_BYTES = 16;
const NO_BYTES: Uint8Array = new Uint8Array(0);

export class Lookup {
  readonly #source: KeySource;
  #key: Uint8Array = NO_BYTES;
  #keyBytes = 0;
  /** The last entry that `asOf` found had ended. */
  #wasEnded = false;
  /** What was found: its value. */
  heap: Uint8Array = this.#key;
  from = 0;
  bytes = 0;
  /** The position that ended it; 0: it is current. */
  ended = 0;

  constructor(source: KeySource) {
    this.#source = source;
  }

  /** Says which entry; `key` without the prefix. */
  aim(index: number, key: Uint8Array, from: number, bytes: number): void {
    const size = PREFIX_BYTES + bytes + POSITION_BYTES;
    if (this.#key.length < size) this.#key = new Uint8Array(size + SPARE_BYTES);
    writePrefix(KEYSPACE_CURRENT, index, this.#key);
    copyBytes(key, from, bytes, this.#key, PREFIX_BYTES);
    this.#keyBytes = PREFIX_BYTES + bytes;
  }

  /** In a layer: as `Layer.find`. */
  inLayer(layer: Layer): number {
    const found = layer.find(this.#key, 0, this.#keyBytes);
    if (found !== LAYER_PUT) return found;
    return this.#take(layer.tree, 0);
  }

  /** In the store, whatever is current there. */
  current(): boolean {
    const state = needed(this.#source.get(this.#key, 0, this.#keyBytes));
    if (state !== PRESENT) return false;
    this.#take(this.#source, 0);
    return true;
  }

  /** In the store as of a position. Looks first where the last one was found: mostly one search. */
  asOf(position: number): boolean {
    if (this.#wasEnded && this.wasAlive(position)) return true;
    const isCurrent = this.current() && readU64(this.heap, this.from) <= position;
    if (isCurrent || this.#wasEnded) {
      this.#wasEnded = false;
      return isCurrent;
    }
    this.#wasEnded = this.wasAlive(position);
    return this.#wasEnded;
  }

  /** Among ended versions: the one that was alive at the position. */
  wasAlive(position: number): boolean {
    const key = this.#key;
    const bytes = this.#keyBytes;
    key[0] = KEYSPACE_HISTORY;
    writePosition(position + 1, key, bytes);
    const state = needed(this.#source.seek(key, 0, bytes + POSITION_BYTES, false));
    key[0] = KEYSPACE_CURRENT;
    if (state !== PRESENT) return false;
    const { leaf, leafIndex } = this.#source;
    const at = leaf.cells[leafIndex]! + 4;
    const found = (leaf.heap[at - 4]! | (leaf.heap[at - 3]! << 8)) - POSITION_BYTES;
    if (leaf.heap[at] !== KEYSPACE_HISTORY) return false;
    if (compareBytes(leaf.heap, at + 1, found - 1, key, 1, bytes - 1) !== 0) return false;
    this.#take(this.#source, readPosition(leaf.heap, at + found));
    return readU64(this.heap, this.from) <= position;
  }

  #take(source: KeySource, ended: number): number {
    this.heap = source.value;
    this.from = source.valueFrom;
    this.bytes = source.valueBytes;
    this.ended = ended;
    return LAYER_PUT;
  }

  /** In layers first, then in the store; `moved`: the store is beyond `position`. */
  present(layers: readonly Layer[], position: number, moved: boolean): boolean {
    for (const layer of layers) {
      const found = this.inLayer(layer);
      if (found !== LAYER_BELOW) return found === LAYER_PUT;
    }
    return moved ? this.asOf(position) : this.current();
  }
}
