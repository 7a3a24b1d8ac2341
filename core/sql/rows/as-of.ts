/**
 * Rows of a primary index as of a position, straight into runs: the forward scan of `versions.ts`
 * without an object in between.
 *
 * A current row that began by the position is alive then; an ended one is when it began by it and
 * ended later. No key has both: what ended later was followed by what began later. So each tree is
 * filtered for itself, a row at a time at the price of reading its positions, and only what is left
 * of both is merged. Past many versions of a key the scan leaps.
 */
import { readU16, readU64 } from '../../codec/bytes.ts';
import { CELL_HEADER_BYTES, cellIsChain } from '../../store/cell.ts';
import { copyBytes } from '../../store/arena.ts';
import { KEYSPACE_CURRENT, PENDING_POSITION, POSITION_BYTES } from './keyspaces.ts';
import { readPosition, writePosition } from './keyspaces.ts';
import type { Runs } from './runs.ts';
import type { Stream } from './stream.ts';

/** Versions in a row that are stepped over before leaping. */
const STEPS_MAX = 4;

/** One tree's next row that was alive: where it is. */
interface Candidate {
  ready: boolean;
  heap: Uint8Array;
  from: number;
  /** Cell of the key, and the key's bytes without an end. */
  at: number;
  keyHeap: Uint8Array;
  keyBytes: number;
  ended: number;
}

function candidate(): Candidate {
  const heap = new Uint8Array(0);
  return { ready: false, heap, from: 0, at: 0, keyHeap: heap, keyBytes: 0, ended: 0 };
}

export class AsOfScan {
  readonly #current: Stream;
  readonly #history: Stream;
  readonly #position: number;
  readonly #alive: Candidate = candidate();
  readonly #was: Candidate = candidate();
  #last: Candidate | null = null;
  #target: Uint8Array = new Uint8Array(64);

  constructor(current: Stream, history: Stream, position: number) {
    this.#current = current;
    this.#history = history;
    this.#position = position;
  }

  /** Adds rows until there are `capacity`, or none is left: then false. */
  fill(runs: Runs, capacity: number): boolean {
    const alive = this.#alive;
    const was = this.#was;
    while (runs.count < capacity) {
      if (!alive.ready) this.#findCurrent(alive);
      if (!was.ready) this.#findEnded(was);
      if (!alive.ready && !was.ready) return false;
      const first = alive.ready && (!was.ready || compareKeys(alive, was) < 0) ? alive : was;
      first.ready = false;
      runs.push(first.heap, first.from, first.ended);
      this.#last = first;
    }
    return true;
  }

  /** The key of the last row that was added, as a current one. */
  lastKey(): Uint8Array | null {
    if (this.#last === null) return null;
    const { at, keyHeap, keyBytes } = this.#last;
    const from = at + CELL_HEADER_BYTES;
    const key = keyHeap.slice(from, from + keyBytes);
    key[0] = KEYSPACE_CURRENT;
    return key;
  }

  #findCurrent(found: Candidate): void {
    const stream = this.#current;
    const position = this.#position;
    while (stream.index !== stream.end || stream.more()) {
      const { heap, cells, end } = stream;
      for (let i = stream.index; i < end; i += 1) {
        const at = cells[i]!;
        const keyBytes = readU16(heap, at);
        const from = at + CELL_HEADER_BYTES + keyBytes;
        if (
          cellIsChain(heap, at) ? !this.#inChain(stream, found, at) : readU64(heap, from) > position
        ) {
          continue;
        }
        stream.index = i + 1;
        show(found, heap, at, keyBytes, 0);
        if (!cellIsChain(heap, at)) place(found, heap, from);
        return;
      }
      stream.index = end;
    }
  }

  #findEnded(found: Candidate): void {
    const stream = this.#history;
    const position = this.#position;
    let steps = 0;
    while (stream.index !== stream.end || stream.more()) {
      const { heap, cells, index } = stream;
      const at = cells[index]!;
      const keyBytes = readU16(heap, at) - POSITION_BYTES;
      const end = at + CELL_HEADER_BYTES + keyBytes;
      const ended = readPosition(heap, end);
      const early = ended <= position;
      if (!early && this.#began(stream, found, at, end + POSITION_BYTES)) {
        stream.index = index + 1;
        show(found, heap, at, keyBytes, ended);
        return;
      }
      steps += 1;
      if (steps < STEPS_MAX) stream.index = index + 1;
      else {
        this.#leap(heap, at, keyBytes, early ? position + 1 : PENDING_POSITION);
        steps = 0;
      }
    }
  }

  /** Whether the ended row had begun by the position; notes where it is. */
  #began(stream: Stream, found: Candidate, at: number, from: number): boolean {
    const { heap } = stream;
    if (cellIsChain(heap, at)) return this.#inChain(stream, found, at);
    if (readU64(heap, from) > this.#position) return false;
    place(found, heap, from);
    return true;
  }

  #inChain(stream: Stream, found: Candidate, at: number): boolean {
    const source = stream.chained(at);
    place(found, source.value, source.valueFrom);
    return readU64(source.value, source.valueFrom) <= this.#position;
  }

  /** To the first entry of the key that ended at or after `position`, or to the next key. */
  #leap(heap: Uint8Array, at: number, keyBytes: number, position: number): void {
    const bytes = keyBytes + POSITION_BYTES;
    if (this.#target.length < bytes) this.#target = new Uint8Array(bytes * 2);
    copyBytes(heap, at + CELL_HEADER_BYTES, keyBytes, this.#target, 0);
    writePosition(position, this.#target, keyBytes);
    this.#history.skipTo(this.#target, bytes);
  }
}

function place(found: Candidate, heap: Uint8Array, from: number): void {
  found.heap = heap;
  found.from = from;
}

function show(
  found: Candidate,
  keyHeap: Uint8Array,
  at: number,
  keyBytes: number,
  ended: number,
): void {
  found.ready = true;
  found.keyHeap = keyHeap;
  found.at = at;
  found.keyBytes = keyBytes;
  found.ended = ended;
}

/** Keyspace left out. */
function compareKeys(x: Candidate, y: Candidate): number {
  const a = x.keyHeap;
  const b = y.keyHeap;
  const common = x.keyBytes < y.keyBytes ? x.keyBytes : y.keyBytes;
  const aFrom = x.at + CELL_HEADER_BYTES;
  const bFrom = y.at + CELL_HEADER_BYTES;
  for (let i = 1; i < common; i += 1) {
    const difference = a[aFrom + i]! - b[bFrom + i]!;
    if (difference !== 0) return difference;
  }
  return x.keyBytes - y.keyBytes;
}
