/**
 * Rows of a primary index as of a position, straight into runs: the forward scan of `versions.ts`
 * without an object in between.
 *
 * A current row that began by the position is alive then; an ended one is when it began by it and
 * ended later. No key has both: what ended later was followed by what began later. So each tree is
 * filtered for itself, a row at a time at the price of reading its positions, and only what is left
 * of both is merged.
 *
 * Rows that change together have alike many versions. So the next one that was alive is first
 * looked for as far from the last one as that was from the one before: four looks prove that
 * nothing alive was passed. Else it walks over a few versions (no key is compared for that), and
 * leaps over many: what ended too early, and from the version that was alive to the next key; a
 * leap, too, first looks where the last one led. Past its leaf it seeks forward.
 */
import { readU16, readU64 } from '../../codec/bytes.ts';
import { CELL_HEADER_BYTES, cellIsChain } from '../../store/cell.ts';
import { copyBytes } from '../../store/arena.ts';
import { KEYSPACE_CURRENT, PENDING_POSITION, POSITION_BYTES, PREFIX_BYTES } from './keyspaces.ts';
import { readPosition, writePosition } from './keyspaces.ts';
import type { Stream } from './stream.ts';

/** Entries that are walked over before a leap; a leap over fewer would have cost more. */
const WALKED_MAX = 24;

/** A stride over fewer entries would look at as many. */
const STRIDE_MIN = 4;

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

const NO_BYTES: Uint8Array = new Uint8Array(0);

function candidate(): Candidate {
  const heap = NO_BYTES;
  return { ready: false, heap, from: 0, at: 0, keyHeap: heap, keyBytes: 0, ended: 0 };
}

/** Where rows go: `Runs`. */
export interface RowSink {
  readonly count: number;
  push(heap: Uint8Array, from: number, ended: number): void;
}

export class AsOfScan {
  readonly #current: Stream;
  readonly #history: Stream;
  readonly #position: number;
  readonly #alive: Candidate = candidate();
  readonly #was: Candidate = candidate();
  #last: Candidate | null = null;
  /** Entries to walk over before the next leap: one while leaps lead far. */
  #patience = WALKED_MAX;
  /** Where in this leaf the last ended row stands that was alive; no bytes: in none, or another. */
  #hit = -1;
  #hitHeap: Uint8Array = NO_BYTES;
  /** From the ended row before it to that one, and to the first that ended too early: entries. */
  #stride = 0;
  #lates = 0;
  /** Entries that leaps within a leaf went over lately. */
  #early = 1;
  #late = 1;
  /** Where the next key stood in its leaf when a leap to it left the last one. */
  #lateFar = 0;
  #target: Uint8Array = new Uint8Array(64);

  constructor(current: Stream, history: Stream, position: number) {
    this.#current = current;
    this.#history = history;
    this.#position = position;
  }

  /** Adds rows until there are `capacity`, or none is left: then false. */
  fill(runs: RowSink, capacity: number): boolean {
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
    for (;;) {
      if (stream.index === stream.end) {
        if (!stream.more()) return;
        this.#hitHeap = NO_BYTES;
      }
      this.#tryStride();
      const { heap, cells, end } = stream;
      const walked = stream.index + this.#patience;
      const stop = walked < end ? walked : end;
      let early = -1;
      for (let i = stream.index; i < stop; i += 1) {
        const at = cells[i]!;
        const keyBytes = readU16(heap, at) - POSITION_BYTES;
        const ends = at + CELL_HEADER_BYTES + keyBytes;
        const ended = readPosition(heap, ends);
        if (ended <= position) {
          if (early < 0) early = i;
          continue;
        }
        if (!this.#began(stream, found, at, ends + POSITION_BYTES)) continue;
        this.#noteHit(heap, stream.index, early < 0 ? i : early, i);
        stream.index = i + 1;
        show(found, heap, at, keyBytes, ended);
        return;
      }
      stream.index = stop;
      if (stop === walked) this.#leap(stop - 1);
    }
  }

  /** To where the next row that was alive stands, if it has as many versions as the last one. */
  #tryStride(): void {
    const stream = this.#history;
    const { heap, cells, index, end } = stream;
    const hit = this.#hit;
    const next = hit + this.#stride;
    if (this.#hitHeap !== heap || index !== hit + 1) return;
    if (this.#stride < STRIDE_MIN || next >= end) return;
    // Up to `border` all are of the last row's key, and began after it ended: too late. From there
    // on all are of one key, and the last of them ended too early.
    const border = hit + this.#lates;
    if (!isSameKey(heap, cells[border - 1]!, heap, cells[hit]!)) return;
    if (border < next) {
      const last = cells[next - 1]!;
      const first = cells[border]!;
      const keyBytes = readU16(heap, first) - POSITION_BYTES;
      if (!isOver(heap, last, heap, first, keyBytes, this.#position)) return;
    }
    stream.index = next;
  }

  /**
   * Walking from `from`, one that was alive was found at `found`; on the way `early` was the first
   * that ended too early, or `found`.
   */
  #noteHit(heap: Uint8Array, from: number, early: number, found: number): void {
    const hit = this.#hit;
    if (this.#hitHeap === heap && from === hit + 1) {
      this.#stride = found - hit;
      this.#lates = early - hit;
    } else if (this.#hitHeap === heap && found !== hit + this.#stride) this.#stride = 0;
    this.#hit = found;
    this.#hitHeap = heap;
  }

  /** From the entry at `index`, which was not alive, over all like it. */
  #leap(index: number): void {
    const stream = this.#history;
    const { heap, cells } = stream;
    const at = cells[index]!;
    stream.index = index;
    const keyBytes = readU16(heap, at) - POSITION_BYTES;
    const ended = readPosition(heap, at + CELL_HEADER_BYTES + keyBytes);
    if (ended <= this.#position) this.#leapEarly(at, keyBytes);
    else this.#leapLate(at, keyBytes);
    const isFar = stream.heap !== heap || stream.index - index > WALKED_MAX;
    this.#patience = isFar ? 1 : WALKED_MAX;
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

  /** From an entry that ended early to the key's first that did not, or to the next key. */
  #leapEarly(at: number, keyBytes: number): void {
    const stream = this.#history;
    const position = this.#position;
    const { heap, cells, index, end } = stream;
    const last = cells[end - 1]!;
    if (!isOver(heap, last, heap, at, keyBytes, position)) {
      this.#early = this.#search(heap, at, keyBytes, position, index + this.#early) - index;
      return;
    }
    this.#leapFar(heap, at, keyBytes, position);
    if (stream.index === stream.end) return;
    const first = stream.cells[stream.index]!;
    if (!isOver(stream.heap, first, heap, at, keyBytes, position)) return;
    this.#search(heap, at, keyBytes, position, this.#interpolated(heap, at, keyBytes));
  }

  /** From an entry that began late to the next key. */
  #leapLate(at: number, keyBytes: number): void {
    const stream = this.#history;
    const { heap, cells, index, end } = stream;
    if (!isOver(heap, cells[end - 1]!, heap, at, keyBytes, PENDING_POSITION)) {
      const guess = index + this.#late;
      this.#late = this.#search(heap, at, keyBytes, PENDING_POSITION, guess) - index;
      return;
    }
    this.#leapFar(heap, at, keyBytes, PENDING_POSITION);
    if (stream.index === stream.end) return;
    const first = stream.cells[stream.index]!;
    if (!isOver(stream.heap, first, heap, at, keyBytes, PENDING_POSITION)) return;
    this.#lateFar = this.#search(heap, at, keyBytes, PENDING_POSITION, this.#lateFar);
  }

  /** Where in the stream's leaf, which begins with the key, an entry of the position would be. */
  #interpolated(heap: Uint8Array, at: number, keyBytes: number): number {
    const { heap: leaf, cells, index, end } = this.#history;
    const last = cells[end - 1]!;
    if (!isOver(leaf, last, heap, at, keyBytes, PENDING_POSITION)) return index + this.#early;
    const low = readPosition(leaf, cells[index]! + CELL_HEADER_BYTES + keyBytes);
    const high = readPosition(leaf, last + CELL_HEADER_BYTES + keyBytes);
    return index + Math.floor(((end - 1 - index) * (this.#position - low)) / (high - low + 1));
  }

  /**
   * Moves from `index`, where an entry of the key ended by the position, to the first of its leaf
   * that is another key's or ended later; returns its place. The fewer looks, the better the guess.
   */
  #search(heap: Uint8Array, at: number, keyBytes: number, position: number, guess: number): number {
    const stream = this.#history;
    const { heap: leaf, cells } = stream;
    let low = stream.index;
    let high = stream.end;
    let step = 1;
    let probe = guess > low && guess < high ? guess : low + 1;
    while (high - low > 1) {
      const up = isOver(leaf, cells[probe]!, heap, at, keyBytes, position);
      if (up) low = probe;
      else high = probe;
      // Outwards from the guess in growing steps, until what is sought lies between; then halves.
      const next = up ? low + step : high - step;
      if (next > low && next < high && step < 256) {
        probe = next;
        step <<= 1;
      } else probe = (low + high) >> 1;
    }
    stream.index = high;
    return high;
  }

  #leapFar(heap: Uint8Array, at: number, keyBytes: number, position: number): void {
    this.#hitHeap = NO_BYTES;
    const bytes = keyBytes + POSITION_BYTES;
    if (this.#target.length < bytes) this.#target = new Uint8Array(bytes * 2);
    copyBytes(heap, at + CELL_HEADER_BYTES, keyBytes, this.#target, 0);
    writePosition(position + 1, this.#target, keyBytes);
    this.#history.skipToLeaf(this.#target, bytes);
  }
}

/** Whether the entry at `at` is of the same key as the one at `key`, and ended by the position. */
function isOver(
  heap: Uint8Array,
  at: number,
  keyHeap: Uint8Array,
  key: number,
  keyBytes: number,
  position: number,
): boolean {
  if (!isSameKey(heap, at, keyHeap, key)) return false;
  return readPosition(heap, at + CELL_HEADER_BYTES + keyBytes) <= position;
}

/** Whether two entries are of the same key, whenever they ended. */
function isSameKey(heap: Uint8Array, at: number, keyHeap: Uint8Array, key: number): boolean {
  const bytes = readU16(heap, at);
  if (readU16(keyHeap, key) !== bytes) return false;
  const own = at + CELL_HEADER_BYTES;
  const from = key + CELL_HEADER_BYTES;
  // Keys of one index that differ do so at their ends, mostly.
  for (let i = bytes - POSITION_BYTES - 1; i >= PREFIX_BYTES; i -= 1) {
    if (heap[own + i] !== keyHeap[from + i]) return false;
  }
  return true;
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
