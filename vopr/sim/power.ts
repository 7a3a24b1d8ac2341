/**
 * A power cut: the cache is gone and every unsynced sector is old, new or garbage, each on its own;
 * sizes and names are old or new. Option 0 of each choice is calm: the write had landed.
 */
import { site } from './choose.ts';
import type { SimDisk } from './disk.ts';
import { faultIndex } from './faults.ts';
import { SECTOR_DAMAGED, SECTOR_DIRTY, SECTOR_STALE } from './file.ts';
import type { SimFile } from './file.ts';
import { noise } from './damage.ts';
import { fold } from './mix.ts';

const SECTOR_FATE = site('sector_fate');
const NAME_FATE = site('name_fate');
const SIZE_FATE = site('size_fate');
const WRITEBACK = site('writeback');

const LOST_WRITE = faultIndex('lost_write');
const TORN_WRITE = faultIndex('torn_write');
const GARBAGE_WRITE = faultIndex('garbage_write');

const FATE_NEW = 0;
const FATE_OLD = 1;
const FATE_GARBAGE = 2;
const FATE_TABLE_SIZE = 16;

/** The fates of unsynced sectors as a table for `Choices.pick`. */
export function fateTable(oldOf16: number, garbageOf16: number): Uint8Array {
  const table = new Uint8Array(FATE_TABLE_SIZE);
  for (let i = 0; i < FATE_TABLE_SIZE; i++) {
    table[i] = i < oldOf16 ? FATE_OLD : i < oldOf16 + garbageOf16 ? FATE_GARBAGE : FATE_NEW;
  }
  return table;
}

/** Cuts the power of a disk. Lost and torn writes count as delivered: the next open reads them. */
export function cutPower(disk: SimDisk, fates: Uint8Array): void {
  let lost = false;
  for (let i = 0; i < disk.fileCount; i++) {
    if (cutFile(disk, disk.files[i] as SimFile, fates)) lost = true;
  }
  const { choices } = disk.world;
  const mayLose = fates[0] !== FATE_NEW;
  const lostNames = disk.names.cut((file, kind) => {
    const subject = fold((disk.files[file] as SimFile).nameHash, kind);
    return !mayLose || choices.choose(NAME_FATE, disk.node, subject, 2) === 0;
  });
  if (lost || lostNames > 0) disk.world.faults.delivered(LOST_WRITE);
  disk.versions.reset();
  disk.syncs.reset();
  disk.power += 1;
}

/** True when something that was written is gone. */
function cutFile(disk: SimDisk, file: SimFile, fates: Uint8Array): boolean {
  let olds = 0;
  let news = 0;
  let garbage = 0;
  for (let i = 0; i < file.pendingCount; i++) {
    const sector = file.pending[i] as number;
    const fate = fateOf(disk, file, sector, fates);
    if (fate === FATE_OLD) {
      keepOld(disk, file, sector);
      olds += 1;
    } else {
      if (fate === FATE_GARBAGE) {
        const start = sector * file.sectorBytes;
        const random = fold(fold(file.nameHash, sector), disk.power);
        noise(file.cache.subarray(start, start + file.sectorBytes), random);
        garbage += 1;
      } else news += 1;
      endDamage(disk, file, sector, fate);
      file.settle(sector);
    }
    file.flags[sector] = (file.flags[sector] as number) & ~(SECTOR_DIRTY | SECTOR_STALE);
  }
  file.pendingCount = 0;
  file.syncing = 0;
  file.syncsInFlight = 0;
  const { faults } = disk.world;
  if (garbage > 0) faults.delivered(GARBAGE_WRITE);
  if (olds > 0 && news > 0) faults.delivered(TORN_WRITE);
  const shrunk = cutSize(disk, file, fates);
  // Noise beyond the end of the file is no part of it: a file that grows again reads zeros there.
  file.cache.fill(0, file.size, file.used);
  file.platter.fill(0, file.size, file.used);
  return olds > 0 || shrunk;
}

function fateOf(disk: SimDisk, file: SimFile, sector: number, fates: Uint8Array): number {
  if (((file.flags[sector] as number) & SECTOR_STALE) !== 0) return FATE_OLD;
  const { choices } = disk.world;
  return choices.pick(SECTOR_FATE, disk.node, fold(file.nameHash, sector), fates);
}

/** Damage ends where the sector was written over whole, or is garbage now anyway. */
function endDamage(disk: SimDisk, file: SimFile, sector: number, fate: number): void {
  if (((file.flags[sector] as number) & SECTOR_DAMAGED) === 0) return;
  const at = disk.damage.find(file, sector);
  if (disk.damage.masked[at] === true || fate === FATE_GARBAGE) disk.damage.remove(file, sector);
}

function keepOld(disk: SimDisk, file: SimFile, sector: number): void {
  const { choices } = disk.world;
  let landed = false;
  if (disk.versions.count > 0) {
    const subject = fold(file.nameHash, sector);
    const asked = choices.choose(WRITEBACK, disk.node, subject, 2);
    landed = asked === 1 && disk.versions.writeBack(file, sector);
  }
  file.revert(sector);
  if (((file.flags[sector] as number) & SECTOR_DAMAGED) === 0) return;
  // What was damaged before reads damaged again, unless an earlier version was written over it.
  if (landed) disk.damage.remove(file, sector);
  else disk.damage.masked[disk.damage.find(file, sector)] = false;
}

function cutSize(disk: SimDisk, file: SimFile, fates: Uint8Array): boolean {
  if (file.size === file.durableSize) return false;
  const { choices } = disk.world;
  const old = fates[0] !== FATE_NEW && choices.choose(SIZE_FATE, disk.node, file.nameHash, 2) === 1;
  if (!old) {
    file.durableSize = file.size;
    return false;
  }
  file.size = file.durableSize;
  return true;
}
