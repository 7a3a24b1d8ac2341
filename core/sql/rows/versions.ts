/**
 * A scan of one index's versions: those that were alive at some position in [low, high], in the
 * order of their keys. With low = high that is the index as of a position, one version a key.
 *
 * It merges the current tree with the history and leaps over versions that are not wanted: a
 * forward scan looks up `(key, low + 1)` instead of walking there. Within a key, ended versions
 * come first, oldest first; backward scans give everything in the opposite order.
 */
import {
  CELL_HEADER_BYTES,
  cellAreaBytes,
  cellAreaFrom,
  cellIsChain,
  cellKeyBytes,
} from '../../store/cell.ts';
import { copyBytes } from '../../store/arena.ts';
import { readU64 } from '../../codec/bytes.ts';
import {
  KEYSPACE_HISTORY,
  PENDING_POSITION,
  POSITION_BYTES,
  compareBytes,
  readPosition,
  writePosition,
} from './keyspaces.ts';
import type { KeyRange, KeySource } from './stream.ts';
import { Stream } from './stream.ts';

/** What a scan shows: an entry's value, its key without an end, and the end. */
export interface Entry {
  heap: Uint8Array;
  /** Where its value begins. */
  from: number;
  bytes: number;
  keyHeap: Uint8Array;
  keyFrom: number;
  keyBytes: number;
  /** The position that ended it; 0: it is current. */
  ended: number;
}

/** Entries one after the other. */
export interface Scan {
  /** Whether there is one more; then `entry` shows it, until the next call. */
  next(): boolean;
  readonly entry: Entry;
}

const NO_BYTES: Uint8Array = new Uint8Array(0);

export function entry(): Entry {
  const keyHeap = NO_BYTES;
  return { heap: NO_BYTES, from: 0, bytes: 0, keyHeap, keyFrom: 0, keyBytes: 0, ended: 0 };
}

export class VersionScan implements Scan {
  readonly entry: Entry = entry();
  readonly #current: Stream;
  /** Null: everything wanted is current. */
  readonly #history: Stream | null;
  readonly #backward: boolean;
  readonly #low: number;
  readonly #high: number;
  #target: Uint8Array = new Uint8Array(64);

  constructor(
    source: KeySource,
    range: KeyRange,
    backward: boolean,
    low: number,
    high: number,
    history: boolean,
  ) {
    this.#backward = backward;
    this.#low = low;
    this.#high = high;
    this.#current = new Stream(source, range, backward);
    this.#history = history ? new Stream(source, historyRange(range), backward) : null;
  }

  next(): boolean {
    for (;;) {
      const hasCurrent = this.#current.more();
      const hasHistory = this.#history !== null && this.#history.more();
      if (!hasHistory) {
        if (!hasCurrent) return false;
        if (this.#takeCurrent()) return true;
        continue;
      }
      const order = hasCurrent ? this.#compare(this.#history!) : 1;
      if (hasCurrent && (this.#backward ? order >= 0 : order < 0)) {
        if (this.#takeCurrent()) return true;
      } else if (this.#backward) {
        if (this.#takeBackward(this.#history!)) return true;
      } else if (this.#takeForward(this.#history!, order)) return true;
    }
  }

  #takeForward(history: Stream, order: number): boolean {
    const { heap, at } = history;
    const key = at + CELL_HEADER_BYTES;
    const keyBytes = cellKeyBytes(heap, at) - POSITION_BYTES;
    if (order === 0 && this.#low === this.#high && this.#takeCurrent()) {
      // At most one version of a key is alive at one position.
      history.skipTo(this.#aim(heap, key, keyBytes, PENDING_POSITION), keyBytes + POSITION_BYTES);
      return true;
    }
    if (readPosition(heap, key + keyBytes) <= this.#low) {
      history.skipTo(this.#aim(heap, key, keyBytes, this.#low + 1), keyBytes + POSITION_BYTES);
      return false;
    }
    this.#show(history, at, POSITION_BYTES);
    if (readU64(this.entry.heap, this.entry.from) <= this.#high) {
      history.index += 1;
      return true;
    }
    history.skipTo(this.#aim(heap, key, keyBytes, PENDING_POSITION), keyBytes + POSITION_BYTES);
    return false;
  }

  #takeBackward(history: Stream): boolean {
    const { heap, at } = history;
    history.index -= 1;
    const end = at + CELL_HEADER_BYTES + cellKeyBytes(heap, at) - POSITION_BYTES;
    if (readPosition(heap, end) <= this.#low) return false;
    this.#show(history, at, POSITION_BYTES);
    return readU64(this.entry.heap, this.entry.from) <= this.#high;
  }

  #takeCurrent(): boolean {
    const current = this.#current;
    const { at } = current;
    current.index += current.step;
    this.#show(current, at, 0);
    return readU64(this.entry.heap, this.entry.from) <= this.#high;
  }

  #show(stream: Stream, at: number, endBytes: number): void {
    const { entry: shown } = this;
    const { heap } = stream;
    shown.keyHeap = heap;
    shown.keyFrom = at + CELL_HEADER_BYTES;
    shown.keyBytes = cellKeyBytes(heap, at) - endBytes;
    shown.ended = endBytes === 0 ? 0 : readPosition(heap, shown.keyFrom + shown.keyBytes);
    if (cellIsChain(heap, at)) {
      const source = stream.chained(at);
      shown.heap = source.value;
      shown.from = source.valueFrom;
      shown.bytes = source.valueBytes;
    } else {
      shown.heap = heap;
      shown.from = cellAreaFrom(heap, at);
      shown.bytes = cellAreaBytes(heap, at);
    }
  }

  /** Current key against history key, keyspace and end left out. */
  #compare(history: Stream): number {
    const current = this.#current;
    const a = current.at;
    const b = history.at;
    return compareBytes(
      current.heap,
      a + CELL_HEADER_BYTES + 1,
      cellKeyBytes(current.heap, a) - 1,
      history.heap,
      b + CELL_HEADER_BYTES + 1,
      cellKeyBytes(history.heap, b) - 1 - POSITION_BYTES,
    );
  }

  #aim(heap: Uint8Array, key: number, keyBytes: number, position: number): Uint8Array {
    const bytes = keyBytes + POSITION_BYTES;
    if (this.#target.length < bytes) this.#target = new Uint8Array(bytes * 2);
    copyBytes(heap, key, keyBytes, this.#target, 0);
    writePosition(position, this.#target, keyBytes);
    return this.#target;
  }
}

/** The same keys in the history. */
export function historyRange(range: KeyRange): KeyRange {
  const low = range.low.slice();
  const high = range.high.slice();
  low[0] = KEYSPACE_HISTORY;
  high[0] = KEYSPACE_HISTORY;
  return { low, high };
}
