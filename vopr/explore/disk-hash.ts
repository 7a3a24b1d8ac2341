/**
 * What a simulated disk will ever give back: bytes as the node reads them, bytes as they are on the
 * platter, what is dirty, and which sync in flight covers which dirty sector. Write sequences
 * themselves are left out: only their order among dirty sectors and syncs can matter.
 *
 * Cost: one pass over the files: some 20 µs for those of the tiny limits.
 */
import type { SimDisk } from '../sim/disk.ts';
import { SECTOR_DAMAGED, SECTOR_DIRTY, SECTOR_STALE } from '../sim/file.ts';
import type { SimFile } from '../sim/file.ts';
import type { GraphHash } from './graph-hash.ts';

/** A sync that has not completed. */
export interface PendingSync {
  /** Slot in the disk's table. */
  readonly slot: number;
  readonly file: number;
  readonly ticket: number;
}

const FLAGS = SECTOR_DIRTY | SECTOR_STALE | SECTOR_DAMAGED;

export function hashDisk(hash: GraphHash, disk: SimDisk, pending: readonly PendingSync[]): void {
  hash.integer(disk.fileCount);
  for (let i = 0; i < disk.fileCount; i++) hashFile(hash, disk.files[i] as SimFile);
  hash.value(disk.names);
  if (disk.versions.count > 0) hash.value(disk.versions);
  hash.integer(pending.length);
  for (const sync of pending) hashSync(hash, disk, sync);
}

function hashFile(hash: GraphHash, file: SimFile): void {
  hash.integer(file.nameHash);
  hash.integer(file.size);
  hash.integer(file.durableSize);
  // Where nothing is unsynced the cache holds what the platter holds.
  hash.bytes(file.platter, 0, file.used);
  const sectors = sortedPending(file);
  hash.integer(sectors.length);
  for (const sector of sectors) {
    hash.integer(sector);
    hash.integer((file.flags[sector] as number) & FLAGS);
    hash.bytes(file.cache, sector * file.sectorBytes, file.sectorBytes);
  }
}

function sortedPending(file: SimFile): readonly number[] {
  const sectors = [...file.pending.subarray(0, file.pendingCount)];
  return sectors.sort((x, y) => x - y);
}

function hashSync(hash: GraphHash, disk: SimDisk, { slot, file: id, ticket }: PendingSync): void {
  const file = disk.files[id] as SimFile;
  const sequence = disk.syncs.sequences[slot] as number;
  hash.integer(file.nameHash);
  hash.integer(ticket);
  hash.integer(disk.syncs.sizes[slot] as number);
  hash.integer(disk.syncs.nameSequences[slot] as number);
  for (const sector of sortedPending(file)) {
    hash.integer((file.written[sector] as number) <= sequence ? 1 : 0);
  }
}
