/**
 * Damage to durable bytes: where it strikes, and how a node meets it.
 *
 * Sector errors, rot and misdirected writes leave records in the disk's overlay (`damage.ts`); a
 * misdirected read is wrong once. Spontaneous damage asks the atlas; a scenario's does not. Cost:
 * nothing until a fault is due, then a few probes for a place.
 */
import { IO_EIO } from '../../core/ports.ts';
import { site } from './choose.ts';
import type { SimDisk } from './disk.ts';
import { faultIndex } from './faults.ts';
import { SECTOR_DAMAGED, SECTOR_DIRTY, SECTOR_EVER, SECTOR_STALE } from './file.ts';
import type { SimFile } from './file.ts';
import { fold } from './mix.ts';

const READ_FROM = site('read_from');
const DAMAGE_WHERE = site('damage_where');
const DAMAGE_HOW = site('damage_how');

const SECTOR_ERROR = faultIndex('sector_error');
const BIT_ROT = faultIndex('bit_rot');
const SECTOR_ROT = faultIndex('sector_rot');
const MISDIRECTED_READ = faultIndex('misdirected_read');
const MISDIRECTED_WRITE = faultIndex('misdirected_write');

const DAMAGE_PROBES = 24;
const DAMAGE_PLACES = 65536;

/** Whether the atlas allows injected damage in this sector. */
export function mayDamage(disk: SimDisk, file: SimFile, sector: number): boolean {
  const flags = file.flags[sector] as number;
  if ((flags & (SECTOR_DIRTY | SECTOR_STALE | SECTOR_DAMAGED)) !== 0) return false;
  const { units, atlas } = disk.world;
  const place = units.locate(file.name, sector * file.sectorBytes, disk.limits);
  return place.unit >= 0 && atlas.allows(disk.node, place.unit, place.half);
}

/** Damages some durable sector that was written and may be; false when none was found. */
export function strike(disk: SimDisk, fault: number): boolean {
  const { choices } = disk.world;
  const where = choices.choose(DAMAGE_WHERE, disk.node, fault, DAMAGE_PLACES);
  if (where === 0 || disk.fileCount === 0) return false;
  for (let probe = 0; probe < DAMAGE_PROBES; probe++) {
    const random = fold(where, probe);
    const file = disk.files[(random >>> 8) % disk.fileCount] as SimFile;
    const sectors = Math.ceil(file.durableSize / file.sectorBytes);
    if (sectors === 0) continue;
    const sector = (fold(random, 1) >>> 0) % sectors;
    if (file.settled[sector] === 0 || !mayDamage(disk, file, sector)) continue;
    inject(disk, file, sector, fault);
    return true;
  }
  return false;
}

/** Damages this sector whatever the atlas says; scenarios come here directly. */
export function inject(disk: SimDisk, file: SimFile, sector: number, fault: number): void {
  const how = disk.world.choices.choose(DAMAGE_HOW, disk.node, fault, 1 << 20);
  const at = disk.damage.add(file, sector, fault, fault === SECTOR_ERROR);
  if (fault === BIT_ROT) disk.damage.flipBits(at, fold(how, sector));
  else if (fault === SECTOR_ROT) disk.damage.scramble(at, fold(how, sector));
}

/** The injected damage in a range that was just copied out. Returns the count, or an error. */
export function overlay(
  disk: SimDisk,
  file: SimFile,
  offset: number,
  count: number,
  into: Uint8Array,
  intoOffset: number,
): number {
  const { damage } = disk;
  for (let at = 0; at < damage.count; at++) {
    if (damage.files[at] !== file || damage.masked[at] === true) continue;
    const start = (damage.sectors[at] as number) * file.sectorBytes;
    const from = Math.max(start, offset);
    const to = Math.min(start + file.sectorBytes, offset + count);
    if (from >= to) continue;
    meet(disk, at);
    if (damage.unreadable[at] === true) return IO_EIO;
    into.set(damage.bytes(at).subarray(from - start, to - start), intoOffset + from - offset);
  }
  return count;
}

/** A node meets a damaged sector; the first time, the fault is delivered. */
export function meet(disk: SimDisk, at: number): void {
  if (disk.damage.met[at] === true) return;
  disk.damage.met[at] = true;
  disk.world.faults.delivered(disk.damage.faults[at] as number);
}

export function misdirectRead(
  disk: SimDisk,
  file: SimFile,
  offset: number,
  count: number,
  into: Uint8Array,
  intoOffset: number,
): boolean {
  disk.reads.take();
  const { sectorBytes } = file;
  const sectors = Math.floor(file.size / sectorBytes);
  const first = Math.floor(offset / sectorBytes);
  const last = Math.floor((offset + count - 1) / sectorBytes);
  for (let sector = first; sector <= last; sector++) {
    if (sector >= sectors || !mayDamage(disk, file, sector)) return false;
  }
  const where = disk.world.choices.choose(READ_FROM, disk.node, file.nameHash, DAMAGE_PLACES);
  const span = last - first + 1;
  if (where === 0 || sectors <= span) return false;
  const other = (where % (sectors - span)) * sectorBytes + (offset % sectorBytes);
  if (other === offset) return false;
  for (let sector = first; sector <= last; sector++) {
    file.flags[sector] = (file.flags[sector] as number) | SECTOR_EVER;
  }
  file.copyOut(other, count, into, intoOffset);
  disk.world.faults.delivered(MISDIRECTED_READ);
  return true;
}

/** `sector`, about to be settled, lands on another one: both read wrong from now on. */
export function misdirectWrite(disk: SimDisk, file: SimFile, sector: number): void {
  const sectors = Math.ceil(file.durableSize / file.sectorBytes);
  if (sectors < 2 || sector >= sectors || !mayDamage(disk, file, sector)) return;
  const { choices } = disk.world;
  const where = choices.choose(DAMAGE_WHERE, disk.node, MISDIRECTED_WRITE, DAMAGE_PLACES);
  for (let probe = 0; probe < 4 && where !== 0; probe++) {
    const victim = (fold(where, probe) >>> 0) % sectors;
    if (victim === sector || file.settled[victim] === 0) continue;
    if (!mayDamage(disk, file, victim)) continue;
    disk.damage.add(file, sector, MISDIRECTED_WRITE, false);
    const at = disk.damage.add(file, victim, MISDIRECTED_WRITE, false);
    const start = sector * file.sectorBytes;
    disk.damage.bytes(at).set(file.cache.subarray(start, start + file.sectorBytes));
    disk.misdirectNext = false;
    return;
  }
}
