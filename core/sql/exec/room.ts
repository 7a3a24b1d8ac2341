/**
 * Room for columns and lists of rows, used again by the statements that follow.
 *
 * A typed array of more than some 60 bytes is memory of its own, outside of the heap that is
 * collected: making one costs as much as reading a few rows, and a small join makes a dozen. So a
 * statement gives back, when it is done, what its operators were given. One that is abandoned gives
 * nothing back; its room goes the way of all garbage.
 *
 * Whatever is given is zero throughout, as if it were new.
 */
import { BATCH_ROWS } from './batch.ts';

/** To one statement. What it asks for besides, it asks for again and again: once a row, say. */
const GIVEN_MAX = 256;
/** Kept of each kind and length. */
const KEPT_MAX = 64;
/** Lengths that operators ask for. Others are made, and not kept. */
const LENGTHS: readonly number[] = [8, 16, 32, 64, 128, 256, 512, BATCH_ROWS, 2 * BATCH_ROWS];

type Given = Float64Array | Int32Array | Uint8Array;

/** Free arrays of one kind. */
class Shelf<T extends Given> {
  readonly #free: ReadonlyMap<number, T[]> = new Map(LENGTHS.map((length) => [length, []]));
  readonly #make: (length: number) => T;

  constructor(make: (length: number) => T) {
    this.#make = make;
  }

  take(length: number): T {
    const free = this.#free.get(length);
    if (free === undefined || current === null || current.given.length >= GIVEN_MAX) {
      return this.#make(length);
    }
    const kept = free.pop();
    const given = kept ?? this.#make(length);
    kept?.fill(0);
    current.given.push(given);
    return given;
  }

  put(array: T): void {
    const free = this.#free.get(array.length)!;
    if (free.length < KEPT_MAX) free.push(array);
  }
}

const numbers: Shelf<Float64Array> = new Shelf((length) => new Float64Array(length));
const rows: Shelf<Int32Array> = new Shelf((length) => new Int32Array(length));
const bytes: Shelf<Uint8Array> = new Shelf((length) => new Uint8Array(length));

/** What one statement was given. */
export class Room {
  readonly given: Given[] = [];

  /** Nothing of the statement will be read any more: what it had is the next one's. */
  release(): void {
    for (const one of this.given) {
      if (one instanceof Float64Array) numbers.put(one);
      else if (one instanceof Int32Array) rows.put(one);
      else bytes.put(one);
    }
    this.given.length = 0;
  }
}

/** The statement that runs; null: nobody will say when what is given is free again. */
let current: Room | null = null;

/** From now on what is asked for is this statement's; null: nobody's. Answers whose it was. */
export function enterRoom(room: Room | null): Room | null {
  const before = current;
  current = room;
  return before;
}

export function roomForNumbers(length: number): Float64Array {
  return numbers.take(length);
}

export function roomForRows(length: number): Int32Array {
  return rows.take(length);
}

export function roomForBytes(length: number): Uint8Array {
  return bytes.take(length);
}
