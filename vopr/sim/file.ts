/**
 * One file of a simulated disk: what the operating system's cache holds, what the platter durably
 * holds, and which sectors differ.
 *
 * The two byte arrays are grown as needed and kept between runs; `recycle` zeroes only what was
 * used. A *dirty* sector was written and is not yet synced. A *stale* one is clean for the
 * operating system but old on the platter: a sync failed (or lied) and will not be retried.
 */
import { assert } from '../../core/types/assert.ts';

export const SECTOR_DIRTY = 1;
export const SECTOR_STALE = 2;
/** Injected damage stands on the platter here (see `Damage`). */
export const SECTOR_DAMAGED = 4;
/** Was damaged at some time in this run. */
export const SECTOR_EVER = 8;

const INITIAL_BYTES = 8192;

export class SimFile {
  readonly sectorBytes: number;
  /** Name last given. */
  name = '';
  /** Stable integer of the name last given: the subject of choices about this file. */
  nameHash = 0;
  /** Directory part of the name: a sync covers the entries of its file's directory. */
  directory = '';
  /** Current size, and the size that would survive a power cut for certain. */
  size = 0;
  durableSize = 0;
  /** Write sequence at which `durableSize` was current. */
  durableSizeSequence = 0;
  // Two halves of one buffer, so that a sync copies within it and allocates no view.
  #both: Uint8Array = new Uint8Array(INITIAL_BYTES * 2);
  cache: Uint8Array = this.#both.subarray(0, INITIAL_BYTES);
  platter: Uint8Array = this.#both.subarray(INITIAL_BYTES);
  flags: Uint8Array;
  /** Sequence of the last write to each sector, and of the write that the platter holds. */
  written: Int32Array;
  settled: Int32Array;
  /** Sectors that are dirty or stale, in the order in which they became so. */
  pending: Int32Array;
  pendingCount = 0;
  /** Bytes beyond this were never touched in this run. */
  used = 0;
  damageCount = 0;
  /** Highest sequence that a sync in flight covers; 0 when none is in flight. */
  syncing = 0;
  syncsInFlight = 0;

  constructor(sectorBytes: number) {
    this.sectorBytes = sectorBytes;
    const sectors = INITIAL_BYTES / sectorBytes;
    this.flags = new Uint8Array(sectors);
    this.written = new Int32Array(sectors);
    this.settled = new Int32Array(sectors);
    this.pending = new Int32Array(sectors);
  }

  /** As new: empty, never written. */
  recycle(): void {
    const sectors = Math.ceil(this.used / this.sectorBytes);
    this.cache.fill(0, 0, this.used);
    this.platter.fill(0, 0, this.used);
    this.flags.fill(0, 0, sectors);
    this.written.fill(0, 0, sectors);
    this.settled.fill(0, 0, sectors);
    this.name = '';
    this.nameHash = 0;
    this.directory = '';
    this.size = 0;
    this.durableSize = 0;
    this.durableSizeSequence = 0;
    this.pendingCount = 0;
    this.used = 0;
    this.damageCount = 0;
    this.syncing = 0;
    this.syncsInFlight = 0;
  }

  /** Makes room for `bytes`, in whole sectors, and notes that they are in use. */
  reserve(bytes: number): void {
    if (bytes <= this.used) return;
    const whole = Math.ceil(bytes / this.sectorBytes) * this.sectorBytes;
    if (whole > this.cache.length) this.#grow(whole);
    this.used = whole;
  }

  /** Notes that `sector` was written with `sequence` and is not synced. */
  dirty(sector: number, sequence: number): void {
    const flags = this.flags[sector] as number;
    if ((flags & (SECTOR_DIRTY | SECTOR_STALE)) === 0) {
      assert(this.pendingCount < this.pending.length, 'each sector is pending at most once');
      this.pending[this.pendingCount++] = sector;
    }
    this.flags[sector] = (flags | SECTOR_DIRTY) & ~SECTOR_STALE;
    this.written[sector] = sequence;
  }

  /** Copies a sector's bytes from the cache to the platter. */
  settle(sector: number): void {
    this.copyToPlatter(sector, sector + 1);
    this.settled[sector] = this.written[sector] as number;
  }

  /** The bytes of the sectors in [first, end), at once. */
  copyToPlatter(first: number, end: number): void {
    const start = first * this.sectorBytes;
    this.#both.copyWithin(this.cache.length + start, start, end * this.sectorBytes);
  }

  /** Copies a sector's bytes from the platter to the cache: what was not synced is gone. */
  revert(sector: number): void {
    const start = this.cache.length + sector * this.sectorBytes;
    this.#both.copyWithin(sector * this.sectorBytes, start, start + this.sectorBytes);
  }

  /** Copies from the cache; the range is within `used`. */
  copyOut(offset: number, length: number, into: Uint8Array, intoOffset: number): void {
    const { cache } = this;
    if (length <= 48) {
      for (let i = 0; i < length; i++) into[intoOffset + i] = cache[offset + i] as number;
    } else {
      into.set(cache.subarray(offset, offset + length), intoOffset);
    }
  }

  #grow(bytes: number): void {
    let length = this.cache.length;
    while (length < bytes) length *= 2;
    const both = new Uint8Array(length * 2);
    both.set(this.cache, 0);
    both.set(this.platter, length);
    this.#both = both;
    this.cache = both.subarray(0, length);
    this.platter = both.subarray(length);
    const sectors = length / this.sectorBytes;
    this.flags = grown8(this.flags, sectors);
    this.written = grown32(this.written, sectors);
    this.settled = grown32(this.settled, sectors);
    this.pending = grown32(this.pending, sectors);
  }
}

function grown8(old: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  out.set(old);
  return out;
}

function grown32(old: Int32Array, length: number): Int32Array {
  const out = new Int32Array(length);
  out.set(old);
  return out;
}
