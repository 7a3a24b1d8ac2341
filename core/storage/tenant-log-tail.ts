/**
 * What was written to all tenants' logs since the last good checkpoint, kept in memory.
 *
 * After a failed sync the operating system may have dropped those bytes and called them clean, so
 * they are written again from here. Appends of all tenants are encoded into the same chunks and
 * written from them, so that keeping the copy costs nothing more. While a checkpoint flushes one
 * generation, later appends go to the other.
 *
 * Cost: no allocation while the work between two checkpoints fits one chunk; past that a chunk at a
 * time, a few of which are kept for the next checkpoint. What is held is what was written.
 */
import { assert } from '../types/assert.ts';

const FIRST_BYTES_MIN = 4096;
/** Up to this the first chunk grows in place of a second one. */
const CHUNK_BYTES = 1 << 20;
/** Chunks of that size that wait to be used again. */
const SPARES_MAX = 4;
const RECORDS_MIN = 64;
const RECORD_WORDS = 6;
const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_RECORDS: Float64Array = new Float64Array(0);

/**
 * The writes of one generation. `records`: tenant, segment, file offset, place in the chunk,
 * length, chunk.
 */
interface Generation {
  /** The last one is being filled. */
  chunks: Uint8Array[];
  /** Bytes used of the last chunk. */
  used: number;
  records: Float64Array;
  count: number;
  /** Bytes of all writes. */
  held: number;
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

  readonly #spares: Uint8Array[] = [];

  #checkpointing = false;

  /** From the beginning of a checkpoint to its end. */
  get checkpointing(): boolean {
    return this.#checkpointing;
  }

  /** Bytes of all writes that are remembered. */
  get heldBytes(): number {
    return this.#current.held + this.#flushing.held;
  }

  /** The buffer into which the next write is to be encoded, from `at`. Valid until `reserve`. */
  get bytes(): Uint8Array {
    const { chunks } = this.#current;
    return chunks[chunks.length - 1]!;
  }

  /** Makes room for `length` bytes and returns where they go; `commit` keeps them. */
  reserve(length: number): number {
    const generation = this.#current;
    const { chunks, used } = generation;
    const wanted = used + length;
    if (wanted <= this.bytes.length) return used;
    if (chunks.length === 1 && wanted <= CHUNK_BYTES) {
      const doubled = Math.max(FIRST_BYTES_MIN, 2 * wanted);
      const larger = new Uint8Array(Math.min(CHUNK_BYTES, doubled));
      larger.set(this.bytes.subarray(0, used));
      chunks[0] = larger;
      return used;
    }
    if (used === 0) chunks.pop();
    const spare = length <= CHUNK_BYTES ? this.#spares.pop() : undefined;
    chunks.push(spare ?? new Uint8Array(Math.max(CHUNK_BYTES, length)));
    generation.used = 0;
    return 0;
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
    records[from + 5] = generation.chunks.length - 1;
    generation.used += length;
    generation.held += length;
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
    assert(!this.#checkpointing && this.#flushing.count === 0, 'tail: one checkpoint at a time');
    this.#checkpointing = true;
    const emptied = this.#flushing;
    this.#flushing = this.#current;
    this.#current = emptied;
  }

  /** The checkpoint is durable: what it covers need not be written again. */
  checkpointEnds(): void {
    assert(
      this.#checkpointing,
      'tail: a checkpoint that ends has begun, or nothing would be forgotten',
    );
    this.#checkpointing = false;
    const flushed = this.#flushing;
    flushed.used = 0;
    flushed.count = 0;
    flushed.held = 0;
    // One is kept where it is, to be filled again; longer ones were made for one long write.
    const [first, ...others] = flushed.chunks;
    const keepsFirst = first !== undefined && first.length <= CHUNK_BYTES;
    flushed.chunks = [keepsFirst ? first : NO_BYTES];
    for (const chunk of others) {
      if (chunk.length === CHUNK_BYTES && this.#spares.length < SPARES_MAX)
        this.#spares.push(chunk);
    }
  }
}

/** Without memory until something is written: a node that is opened may never append. */
function emptyGeneration(): Generation {
  return { chunks: [NO_BYTES], used: 0, records: NO_RECORDS, count: 0, held: 0 };
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
  const { records, count, chunks } = generation;
  for (let from = 0; from < count * RECORD_WORDS; from += RECORD_WORDS) {
    if (!isOf(records, from, tenant, segment)) continue;
    const bytes = chunks[records[from + 5]!]!;
    if (!visitor(bytes, records[from + 3]!, records[from + 4]!, records[from + 2]!)) return false;
  }
  return true;
}
