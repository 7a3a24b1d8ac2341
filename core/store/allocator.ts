/**
 * Which page comes next: a function of the log alone, so that replicas are byte-equal at equal
 * checkpoints.
 *
 * A page superseded on the way to checkpoint k still belongs to older checkpoints. It is free for
 * reuse from op `k - interval + slots - pipeline + 1` on, because an op that high is applied only
 * once this replica's own checkpoint lies above `k - interval`: by then nothing here, and by the
 * same rule nothing anywhere, opens a checkpoint that holds the page. Free pages are taken oldest
 * first; when none is free the file grows.
 *
 * A page that was allocated on the way to a checkpoint and superseded before it belongs to none
 * (`PagedStore.relieve` writes early): it is free at the next `settle`, and taken first.
 *
 * The free list is part of the checkpoint: `freeGroups u32`, then per group `checkpoint u64,
 * pages u32, page u32 …`.
 */
import { readU32, readU64, writeU32, writeU64 } from '../codec/bytes.ts';
import type { Limits } from '../limits.ts';
import { assert } from '../types/assert.ts';
import { PAGE_NONE } from './page.ts';

const GROUP_HEADER_BYTES = 12;
const PAGE_NUMBER_BYTES = 4;

export class Allocator {
  /** Highest page ever allocated. */
  pageCount = 0;
  /** Ops from superseding checkpoint to reuse. */
  readonly #distance: number;
  /** Free pages, oldest first, and the checkpoint that superseded each. */
  #pages: number[] = [];
  #tags: number[] = [];
  #head = 0;
  /** Superseded since the last checkpoint. */
  #superseded: number[] = [];
  /** Of no checkpoint: superseded in the interval in which they were allocated; and free by now. */
  #passing: number[] = [];
  #reusable: number[] = [];
  /** Op of the last checkpoint made here. */
  #sealedAt = 0;
  /** In this incarnation: the checkpoint for which a page was last allocated. */
  readonly #allocatedAt: Map<number, number> = new Map();

  constructor(limits: Limits) {
    this.#distance = limits.journalSlots - limits.pipelineMax - limits.checkpointInterval + 1;
    assert(this.#distance > 0, 'the journal outlasts a checkpoint interval');
  }

  /** A page for the checkpoint at `op`. */
  allocate(op: number): number {
    let page = this.#reusable.pop() ?? PAGE_NONE;
    if (page !== PAGE_NONE) {
      // It was given out for this checkpoint before.
    } else if (this.#head < this.#pages.length && op >= this.#tags[this.#head]! + this.#distance) {
      page = this.#pages[this.#head]!;
      this.#head += 1;
    } else {
      this.pageCount += 1;
      page = this.pageCount;
    }
    this.#allocatedAt.set(page, op);
    return page;
  }

  supersede(page: number): void {
    assert(page !== PAGE_NONE && page <= this.pageCount, 'a superseded page was allocated');
    if ((this.#allocatedAt.get(page) ?? 0) > this.#sealedAt) this.#passing.push(page);
    else this.#superseded.push(page);
  }

  /** Before pages are written: what belongs to no checkpoint is free, lowest first. */
  settle(): void {
    if (this.#passing.length === 0) return;
    // Sorted, so that the order in which an op touched its pages leaves no trace.
    for (const page of this.#passing) this.#reusable.push(page);
    this.#passing.length = 0;
    this.#reusable.sort(descending);
  }

  /** What was superseded since the last checkpoint waits from this one on. */
  seal(op: number): void {
    this.#sealedAt = op;
    if (this.#passing.length + this.#reusable.length > 0) {
      this.#superseded = this.#superseded.concat(this.#passing, this.#reusable);
      this.#passing.length = 0;
      this.#reusable.length = 0;
    }
    if (this.#head > 0) {
      this.#pages = this.#pages.slice(this.#head);
      this.#tags = this.#tags.slice(this.#head);
      this.#head = 0;
    }
    // Sorted, so that the order in which an op touched its pages leaves no trace.
    this.#superseded.sort(ascending);
    for (let i = 0; i < this.#superseded.length; i += 1) {
      this.#pages.push(this.#superseded[i]!);
      this.#tags.push(op);
    }
    this.#superseded.length = 0;
  }

  /** Whether a checkpoint at `began` held this page and the one at `durable` still needs it. */
  holds(page: number, began: number, durable: number): boolean {
    if ((this.#allocatedAt.get(page) ?? 0) > began) return false;
    for (let i = this.#head; i < this.#pages.length; i += 1) {
      if (this.#pages[i] === page) return this.#tags[i]! > durable;
    }
    return true;
  }

  /** Bytes that `encode` will write if the next `seal` is for a new checkpoint: never too few. */
  get encodedBytesMax(): number {
    const passing = this.#passing.length + this.#reusable.length;
    const free = this.#pages.length - this.#head + this.#superseded.length + passing;
    return 4 + free * PAGE_NUMBER_BYTES + (this.#groups() + 1) * GROUP_HEADER_BYTES;
  }

  encode(out: Uint8Array, from: number): number {
    assert(this.#superseded.length === 0 && this.#head === 0, 'encode follows seal');
    writeU32(out, from, this.#groups());
    let at = from + 4;
    for (let i = 0; i < this.#pages.length;) {
      const tag = this.#tags[i]!;
      const header = at;
      at += GROUP_HEADER_BYTES;
      let count = 0;
      for (; i < this.#pages.length && this.#tags[i] === tag; i += 1, count += 1) {
        writeU32(out, at, this.#pages[i]!);
        at += PAGE_NUMBER_BYTES;
      }
      writeU64(out, header, tag);
      writeU32(out, header + 8, count);
    }
    return at;
  }

  /** The inverse of `encode`; returns the end, or -1 for bad bytes. */
  decode(bytes: Uint8Array, from: number, end: number, pageCount: number): number {
    if (from + 4 > end) return -1;
    this.pageCount = pageCount;
    const groups = readU32(bytes, from);
    let at = from + 4;
    for (let g = 0; g < groups; g += 1) {
      if (at + GROUP_HEADER_BYTES > end) return -1;
      const tag = readU64(bytes, at);
      const count = readU32(bytes, at + 8);
      at += GROUP_HEADER_BYTES;
      if (tag < 0 || count > pageCount || at + count * PAGE_NUMBER_BYTES > end) return -1;
      for (let i = 0; i < count; i += 1, at += PAGE_NUMBER_BYTES) {
        this.#pages.push(readU32(bytes, at));
        this.#tags.push(tag);
      }
    }
    return at;
  }

  #groups(): number {
    let groups = 0;
    for (let i = this.#head; i < this.#pages.length; i += 1) {
      if (i === this.#head || this.#tags[i] !== this.#tags[i - 1]) groups += 1;
    }
    return groups;
  }
}

function ascending(a: number, b: number): number {
  return a - b;
}

function descending(a: number, b: number): number {
  return b - a;
}
