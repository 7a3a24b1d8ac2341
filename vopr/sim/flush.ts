/**
 * From the cache to the platter: what a sync that succeeds, or fails, does to each sector.
 *
 * Cost: a few array reads a pending sector, and one copy a run of neighbours.
 */
import type { SimDisk } from './disk.ts';
import { SECTOR_DAMAGED, SECTOR_DIRTY, SECTOR_STALE } from './file.ts';
import type { SimFile } from './file.ts';
import { misdirectWrite } from './rot.ts';

/** What a sync that began at `sequence` covers reaches the platter. */
export function flush(disk: SimDisk, file: SimFile, sequence: number): void {
  const { flags, written, pending, settled } = file;
  let kept = 0;
  // Neighbours are written one after the other as a rule: copy them in one go.
  let first = -1;
  let end = -1;
  for (let i = 0; i < file.pendingCount; i++) {
    const sector = pending[i] as number;
    const flag = flags[sector] as number;
    const version = written[sector] as number;
    if ((flag & SECTOR_DIRTY) === 0 || version > sequence) {
      if (disk.versions.count > 0 && disk.versions.settle(file, sector, sequence)) {
        endMasked(disk, file, sector);
      }
      pending[kept++] = sector;
      continue;
    }
    if ((flag & SECTOR_DAMAGED) !== 0) endMasked(disk, file, sector);
    flags[sector] = (flags[sector] as number) & ~SECTOR_DIRTY;
    if (disk.versions.count > 0) disk.versions.drop(file, sector);
    if (disk.misdirectNext && !disk.formatting) misdirectWrite(disk, file, sector);
    settled[sector] = version;
    if (sector !== end) {
      if (end > first) file.copyToPlatter(first, end);
      first = sector;
    }
    end = sector + 1;
  }
  if (end > first) file.copyToPlatter(first, end);
  file.pendingCount = kept;
}

/** A sync failed: the kernel forgets that these sectors are dirty; the platter stays old. */
export function abandon(disk: SimDisk, file: SimFile, sequence: number): void {
  for (let i = 0; i < file.pendingCount; i++) {
    const sector = file.pending[i] as number;
    const flags = file.flags[sector] as number;
    if ((flags & SECTOR_DIRTY) === 0 || (file.written[sector] as number) > sequence) continue;
    file.flags[sector] = (flags & ~SECTOR_DIRTY) | SECTOR_STALE;
    disk.versions.drop(file, sector);
  }
}

/** Writes [offset, end) of the cache into standing damage too: its sector was not replaced. */
export function patch(disk: SimDisk, file: SimFile, offset: number, end: number): void {
  const { damage } = disk;
  for (let at = 0; at < damage.count; at++) {
    if (damage.files[at] !== file || damage.masked[at] === true) continue;
    const start = (damage.sectors[at] as number) * file.sectorBytes;
    const from = Math.max(start, offset);
    const to = Math.min(start + file.sectorBytes, end);
    if (from < to) damage.bytes(at).set(file.cache.subarray(from, to), from - start);
  }
}

/** The platter has a sector anew: damage that was written over whole is no more. */
export function endMasked(disk: SimDisk, file: SimFile, sector: number): void {
  if (((file.flags[sector] as number) & SECTOR_DAMAGED) === 0) return;
  if (disk.damage.masked[disk.damage.find(file, sector)] === true) {
    disk.damage.remove(file, sector);
  }
}
