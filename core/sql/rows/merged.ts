/**
 * A scan of the present as a transaction sees it: an index as of its snapshot, with the records of
 * the overlay's layer in place of the store's.
 */
import { cellAreaBytes, cellAreaFrom, cellIsChain, cellKeyBytes } from '../../store/cell.ts';
import { CELL_HEADER_BYTES } from '../../store/cell.ts';
import { compareBytes } from './keyspaces.ts';
import type { KeyRange } from './stream.ts';
import { Stream } from './stream.ts';
import type { Layer } from './layer.ts';
import type { Entry, Scan } from './versions.ts';
import { entry } from './versions.ts';

export class MergedScan {
  entry: Entry;
  readonly #inner: Scan;
  readonly #layer: Stream;
  readonly #own: Entry = entry();
  readonly #backward: boolean;
  /** `inner` stands on an entry that was not given yet. */
  #held = false;
  #innerEnded = false;

  constructor(inner: Scan, layer: Layer, range: KeyRange, backward: boolean) {
    this.#inner = inner;
    this.#backward = backward;
    this.#layer = new Stream(layer.tree, range, backward);
    this.entry = inner.entry;
  }

  next(): boolean {
    for (;;) {
      if (!this.#held && !this.#innerEnded) {
        this.#held = this.#inner.next();
        this.#innerEnded = !this.#held;
      }
      if (!this.#layer.more()) {
        this.entry = this.#inner.entry;
        const found = this.#held;
        this.#held = false;
        return found;
      }
      const order = this.#held ? this.#compare() : 1;
      if (order < 0) {
        this.entry = this.#inner.entry;
        this.#held = false;
        return true;
      }
      if (order === 0) this.#held = false;
      if (this.#takeOwn()) return true;
    }
  }

  /** False: the layer says that it is deleted. */
  #takeOwn(): boolean {
    const layer = this.#layer;
    const { heap, at } = layer;
    layer.index += layer.step;
    const own = this.#own;
    own.keyHeap = heap;
    own.keyFrom = at + CELL_HEADER_BYTES;
    own.keyBytes = cellKeyBytes(heap, at);
    this.entry = own;
    if (cellIsChain(heap, at)) {
      const source = layer.chained(at);
      own.heap = source.value;
      own.from = source.valueFrom;
      own.bytes = source.valueBytes;
      return true;
    }
    own.heap = heap;
    own.from = cellAreaFrom(heap, at);
    own.bytes = cellAreaBytes(heap, at);
    return own.bytes > 0;
  }

  #compare(): number {
    const { keyHeap, keyFrom, keyBytes } = this.#inner.entry;
    const { heap, at } = this.#layer;
    const own = at + CELL_HEADER_BYTES + 1;
    const ownBytes = cellKeyBytes(heap, at) - 1;
    // Without the keyspace: what the snapshot sees may be in the history by now.
    const order = compareBytes(keyHeap, keyFrom + 1, keyBytes - 1, heap, own, ownBytes);
    return this.#backward ? -order : order;
  }
}
