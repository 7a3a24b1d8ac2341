/**
 * What was written to all tenants' logs since the last good checkpoint, kept in memory.
 *
 * After a failed sync the operating system may have dropped those bytes and called them clean, so
 * they are written again from here. One arena serves all tenants: an append is encoded into it and
 * written from it, so that keeping the copy costs nothing more. While a checkpoint flushes one
 * generation, later appends go to the other.
 *
 * Cost: no allocation once the arenas have grown to the work between two checkpoints.
 */
import { assert } from '../types/assert.ts';

const ARENA_BYTES_MIN = 4096;
const RECORDS_MIN = 64;
const RECORD_WORDS = 5;
const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_RECORDS: Float64Array = new Float64Array(0);

/** The writes of one generation. `records`: tenant, segment, file offset, place here, length. */
interface Generation {
  bytes: Uint8Array;
  used: number;
  records: Float64Array;
  count: number;
}

/** Gets one remembered write. */
export type TailVisitor = (
  bytes: Uint8Array,
  at: number,
  length: number,
  offset: number,
) => boolean;

export class LogTail {
  #current: Generation = emptyGeneration();
  #flushing: Generation = emptyGeneration();

  /** The buffer into which the next write is to be encoded, from `at`. Valid until `reserve`. */
  get bytes(): Uint8Array {
    return this.#current.bytes;
  }

  /** Makes room for `length` bytes and returns where they go; `commit` keeps them. */
  reserve(length: number): number {
    const { bytes, used } = this.#current;
    if (used + length > bytes.length) {
      const larger = new Uint8Array(Math.max(ARENA_BYTES_MIN, 2 * (used + length)));
      larger.set(bytes.subarray(0, used));
      this.#current.bytes = larger;
    }
    return used;
  }

  /** Remembers that the `length` bytes at `at`, just reserved, were written at `offset`. */
  commit(tenant: number, segment: number, offset: number, at: number, length: number): void {
    const generation = this.#current;
    assert(at === generation.used, 'tail: writes are kept in order');
    const from = generation.count * RECORD_WORDS;
    if (from + RECORD_WORDS > generation.records.length) {
      const { length: before } = generation.records;
      const larger = new Float64Array(Math.max(RECORDS_MIN * RECORD_WORDS, 2 * before));
      larger.set(generation.records);
      generation.records = larger;
    }
    const { records } = generation;
    records[from] = tenant;
    records[from + 1] = segment;
    records[from + 2] = offset;
    records[from + 3] = at;
    records[from + 4] = length;
    generation.used += length;
    generation.count++;
  }

  /** Visits what is remembered of one file, oldest first, until a visit returns false. */
  visit(tenant: number, segment: number, visitor: TailVisitor): boolean {
    return (
      visitGeneration(this.#flushing, tenant, segment, visitor) &&
      visitGeneration(this.#current, tenant, segment, visitor)
    );
  }

  /** Forgets what was written to a file from `offset` on: it was cut off. */
  drop(tenant: number, segment: number, offset: number): void {
    for (const generation of [this.#flushing, this.#current]) {
      const { records, count } = generation;
      for (let from = 0; from < count * RECORD_WORDS; from += RECORD_WORDS)
        if (isOf(records, from, tenant, segment) && records[from + 2]! >= offset)
          records[from] = -1;
    }
  }

  /** A checkpoint begins: what is remembered now is what it has to make durable. */
  checkpointBegins(): void {
    assert(this.#flushing.count === 0, 'tail: one checkpoint at a time');
    const emptied = this.#flushing;
    this.#flushing = this.#current;
    this.#current = emptied;
  }

  /** The checkpoint is durable: what it covers need not be written again. */
  checkpointEnds(): void {
    this.#flushing.used = 0;
    this.#flushing.count = 0;
  }
}

/** Without memory until something is written: a node that is opened may never append. */
function emptyGeneration(): Generation {
  return { bytes: NO_BYTES, used: 0, records: NO_RECORDS, count: 0 };
}

function isOf(records: Float64Array, from: number, tenant: number, segment: number): boolean {
  return records[from] === tenant && records[from + 1] === segment;
}

function visitGeneration(
  generation: Generation,
  tenant: number,
  segment: number,
  visitor: TailVisitor,
): boolean {
  const { records, count, bytes } = generation;
  for (let from = 0; from < count * RECORD_WORDS; from += RECORD_WORDS) {
    if (!isOf(records, from, tenant, segment)) continue;
    if (!visitor(bytes, records[from + 3]!, records[from + 4]!, records[from + 2]!)) return false;
  }
  return true;
}
