/**
 * Ground truth about one disk, for checkers: pristine durable bytes and where damage was injected.
 */
import type { DiskTruth } from './checker.ts';
import type { SimDisk } from './disk.ts';
import { SECTOR_DIRTY, SECTOR_EVER, SECTOR_STALE } from './file.ts';
import type { SimFile } from './file.ts';

/** Compared byte by byte at the end of every sample. */
const TAIL_BYTES = 16;

export class Truth implements DiskTruth {
  readonly #disk: SimDisk;

  constructor(disk: SimDisk) {
    this.#disk = disk;
  }

  get damagedSectors(): number {
    return this.#disk.damage.standing();
  }

  names(): readonly string[] {
    return [...this.#disk.names.durable.keys()];
  }

  size(name: string): number {
    return this.#durable(name)?.durableSize ?? -1;
  }

  readDurable(
    name: string,
    offset: number,
    length: number,
    into: Uint8Array,
    intoOffset: number,
  ): number {
    const file = this.#durable(name);
    if (file === null) return -1;
    const count = Math.min(length, file.durableSize - offset);
    if (count <= 0) return 0;
    into.set(file.platter.subarray(offset, offset + count), intoOffset);
    return count;
  }

  sampleDurable(
    name: string,
    offset: number,
    bytes: Uint8Array,
    length: number,
    stride: number,
  ): boolean {
    const file = this.#durable(name);
    if (file === null || offset + length > file.durableSize) return false;
    const { platter } = file;
    for (let i = 0; i < length; i += stride) if (platter[offset + i] !== bytes[i]) return false;
    for (let i = Math.max(0, length - TAIL_BYTES); i < length; i++) {
      if (platter[offset + i] !== bytes[i]) return false;
    }
    return true;
  }

  readCached(
    name: string,
    offset: number,
    length: number,
    into: Uint8Array,
    intoOffset: number,
  ): number {
    const file = this.#visible(name);
    if (file === null) return -1;
    const count = Math.min(length, file.size - offset);
    if (count <= 0) return 0;
    into.set(file.cache.subarray(offset, offset + count), intoOffset);
    return count;
  }

  intact(name: string, offset: number, bytes: Uint8Array, length: number): boolean {
    const file = this.#durable(name);
    if (file === null || !this.sampleDurable(name, offset, bytes, length, 1)) return false;
    const { damage } = this.#disk;
    for (let at = 0; at < damage.count; at++) {
      if (damage.files[at] !== file || damage.masked[at] === true) continue;
      const sector = (damage.sectors[at] as number) * file.sectorBytes;
      const from = Math.max(offset, sector);
      const end = Math.min(offset + length, sector + file.sectorBytes);
      if (from >= end) continue;
      if (damage.unreadable[at] === true) return false;
      const read = damage.bytes(at);
      for (let i = from; i < end; i++) if (read[i - sector] !== bytes[i - offset]) return false;
    }
    return true;
  }

  damaged(name: string, offset: number, length: number): boolean {
    const file = this.#visible(name) ?? this.#durable(name);
    if (file === null || file.damageCount === 0) return false;
    const { damage } = this.#disk;
    const first = Math.floor(offset / file.sectorBytes);
    const last = Math.floor((offset + length - 1) / file.sectorBytes);
    for (let at = 0; at < damage.count; at++) {
      const sector = damage.sectors[at] as number;
      if (damage.files[at] === file && sector >= first && sector <= last) {
        if (damage.masked[at] === false) return true;
      }
    }
    return false;
  }

  everDamaged(name: string, offset: number, length: number): boolean {
    return this.#flagged(name, offset, length, SECTOR_EVER);
  }

  unsynced(name: string, offset: number, length: number): boolean {
    return this.#flagged(name, offset, length, SECTOR_DIRTY | SECTOR_STALE);
  }

  #flagged(name: string, offset: number, length: number, mask: number): boolean {
    const file = this.#visible(name) ?? this.#durable(name);
    if (file === null || length <= 0) return false;
    const last = Math.floor((offset + length - 1) / file.sectorBytes);
    for (let sector = Math.floor(offset / file.sectorBytes); sector <= last; sector++) {
      if (sector < file.flags.length && ((file.flags[sector] as number) & mask) !== 0) return true;
    }
    return false;
  }

  #durable(name: string): SimFile | null {
    const id = this.#disk.names.durable.get(name);
    return id === undefined ? null : (this.#disk.files[id] as SimFile);
  }

  #visible(name: string): SimFile | null {
    const id = this.#disk.names.visible.get(name);
    return id === undefined ? null : (this.#disk.files[id] as SimFile);
  }
}
