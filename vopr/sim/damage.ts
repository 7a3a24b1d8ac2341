/**
 * The damage that was injected into one disk: an overlay over platters that keep pristine truth.
 *
 * A record is one sector whose durable bytes read wrong (or not at all). It is *masked* while the
 * cache holds a full overwrite that is not yet durable: reads see the new bytes, a power cut that
 * loses them brings the damage back, a sync ends it. A fault counts as delivered at the first read
 * that meets it. Records are few (a handful a run), so they are found by linear search; sectors
 * without damage never come here.
 */
import { SECTOR_DAMAGED, SECTOR_EVER } from './file.ts';
import type { SimFile } from './file.ts';
import { fold } from './mix.ts';

export class Damage {
  readonly #sectorBytes: number;
  count = 0;
  readonly files: SimFile[] = [];
  readonly sectors: number[] = [];
  /** The fault's integer (`faultIndex`). */
  readonly faults: number[] = [];
  readonly masked: boolean[] = [];
  /** Whether reading fails instead of giving wrong bytes. */
  readonly unreadable: boolean[] = [];
  /** Whether a node has read it. */
  readonly met: boolean[] = [];
  /** What the sectors read as: one after the other. */
  #bytes: Uint8Array;

  constructor(sectorBytes: number) {
    this.#sectorBytes = sectorBytes;
    this.#bytes = new Uint8Array(sectorBytes * 16);
  }

  reset(): void {
    this.count = 0;
  }

  /** Index of the record at this sector, or -1. */
  find(file: SimFile, sector: number): number {
    for (let i = 0; i < this.count; i++) {
      if (this.sectors[i] === sector && this.files[i] === file) return i;
    }
    return -1;
  }

  /** Adds a record whose bytes start as the platter's; returns its index. */
  add(file: SimFile, sector: number, fault: number, unreadable: boolean): number {
    const at = this.count++;
    this.files[at] = file;
    this.sectors[at] = sector;
    this.faults[at] = fault;
    this.masked[at] = false;
    this.unreadable[at] = unreadable;
    this.met[at] = false;
    const need = this.count * this.#sectorBytes;
    if (need > this.#bytes.length) {
      const bytes = new Uint8Array(need * 2);
      bytes.set(this.#bytes);
      this.#bytes = bytes;
    }
    const start = sector * this.#sectorBytes;
    this.bytes(at).set(file.platter.subarray(start, start + this.#sectorBytes));
    file.flags[sector] = (file.flags[sector] as number) | SECTOR_DAMAGED | SECTOR_EVER;
    file.damageCount += 1;
    return at;
  }

  /** What the record's sector reads as; to be changed in place. */
  bytes(at: number): Uint8Array {
    return this.#bytes.subarray(at * this.#sectorBytes, (at + 1) * this.#sectorBytes);
  }

  /** Flips one to eight bits of one byte. */
  flipBits(at: number, random: number): void {
    const bytes = this.bytes(at);
    const index = random & (this.#sectorBytes - 1);
    bytes[index] = (bytes[index] as number) ^ ((((random >>> 16) % 255) + 1) & 255);
  }

  /** Replaces the whole sector by noise. */
  scramble(at: number, random: number): void {
    noise(this.bytes(at), random);
  }

  /** Ends the record at this sector, if there is one: the platter was written anew. */
  remove(file: SimFile, sector: number): void {
    const at = this.find(file, sector);
    if (at < 0) return;
    file.flags[sector] = (file.flags[sector] as number) & ~SECTOR_DAMAGED;
    file.damageCount -= 1;
    const last = --this.count;
    if (at === last) return;
    this.files[at] = this.files[last] as SimFile;
    this.sectors[at] = this.sectors[last] as number;
    this.faults[at] = this.faults[last] as number;
    this.masked[at] = this.masked[last] as boolean;
    this.unreadable[at] = this.unreadable[last] as boolean;
    this.met[at] = this.met[last] as boolean;
    this.bytes(at).set(this.bytes(last));
  }

  /** Ends all records of a file that is gone. */
  removeFile(file: SimFile): void {
    for (let i = this.count - 1; i >= 0; i--) {
      if (this.files[i] === file) this.remove(file, this.sectors[i] as number);
    }
  }

  /** Records that stand and are not masked. */
  standing(): number {
    let sum = 0;
    for (let i = 0; i < this.count; i++) if (this.masked[i] === false) sum += 1;
    return sum;
  }
}

/** Fills `out` with bytes that depend on `random` alone. */
export function noise(out: Uint8Array, random: number): void {
  for (let i = 0; i < out.length; i += 4) {
    const word = fold(random, i);
    out[i] = word;
    out[i + 1] = word >>> 8;
    out[i + 2] = word >>> 16;
    out[i + 3] = word >>> 24;
  }
}
