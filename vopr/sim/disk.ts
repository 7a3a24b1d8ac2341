/**
 * The simulated disk: POSIX as it is, with every fault of `vopr.md`.
 *
 * Reads see the page cache, which outlives the process but not the power. A sync copies to the
 * platter what was written before it began, some time later. A failed sync leaves the cache serving
 * the new bytes as clean while the platter holds the old ones. Damage strikes durable bytes only,
 * where the atlas allows it, and is an overlay: the platter keeps pristine truth (`damage.ts`).
 *
 * Cost: a read is a copy; a write is a copy and a few array stores a sector. Files, slots and
 * tables are pooled over runs; only names, power cuts and damage allocate.
 */
import { assert } from '../../core/types/assert.ts';
import type { Limits } from '../../core/limits.ts';
import { IO_EIO, IO_ENOSPC, IO_OK, IO_SHORT } from '../../core/ports.ts';
import type { Disk, FileId, IoStatus, Ticket } from '../../core/ports.ts';
import type { Atlas } from './atlas.ts';
import { site } from './choose.ts';
import type { Choices } from './choose.ts';
import type { DiskConfiguration } from './configuration.ts';
import { Damage } from './damage.ts';
import { EVENT_SYNCED } from './events.ts';
import type { FaultCounts } from './faults.ts';
import { faultIndex } from './faults.ts';
import { SECTOR_DAMAGED, SECTOR_DIRTY, SimFile } from './file.ts';
import { abandon, endMasked, flush, patch } from './flush.ts';
import { GapCounter } from './gaps.ts';
import { fold, mixText } from './mix.ts';
import { directoryOf, Names } from './names.ts';
import { meet, misdirectRead, overlay, strike } from './rot.ts';
import type { Scheduler } from './scheduler.ts';
import type { UnitLocator } from './sim-node.ts';
import { SyncTable } from './syncs.ts';
import { Versions } from './versions.ts';

const READ_GAP = site('read_gap');
const WRITE_GAP = site('write_gap');
const WRITE_HOW = site('write_how');
const SYNC_GAP = site('sync_gap');
const SYNC_DELAY = site('sync_delay');
const WRITEBACK = site('writeback');

const SECTOR_ERROR = faultIndex('sector_error');
const BIT_ROT = faultIndex('bit_rot');
const SECTOR_ROT = faultIndex('sector_rot');
const WRITE_ERROR = faultIndex('write_error');
const SHORT_WRITE = faultIndex('short_write');
const NO_SPACE = faultIndex('no_space');
const FAILED_SYNC = faultIndex('failed_sync');
const SLOW_DISK = faultIndex('slow_disk');
const LYING_SYNC = faultIndex('lying_sync');

/** Kinds of the write gap, in the order in which they are armed. */
export const WRITE_SECTOR_ERROR = 0;
export const WRITE_BIT_ROT = 1;
export const WRITE_SECTOR_ROT = 2;
export const WRITE_MISDIRECTED = 3;
export const WRITE_FAILS = 4;
export const WRITE_SHORT = 5;
export const WRITE_NO_SPACE = 6;
export const WRITE_CRASH = 7;
const WRITE_KINDS = 8;

export const SYNC_FAILS = 0;
export const SYNC_SLOW = 1;
const SYNC_KINDS = 2;

const SYNC_DELAYS = 8;
/** More reads and writes than handling any input takes. */
const CALLS_MAX = 1_000_000;

/** What all disks of a cluster share. */
export interface DiskWorld {
  readonly choices: Choices;
  readonly scheduler: Scheduler;
  readonly faults: FaultCounts;
  readonly atlas: Atlas;
  readonly units: UnitLocator;
}

export class SimDisk implements Disk {
  readonly node: number;
  readonly world: DiskWorld;
  readonly names: Names = new Names();
  readonly files: SimFile[] = [];
  fileCount = 0;
  readonly damage: Damage;
  readonly syncs: SyncTable = new SyncTable();
  readonly versions: Versions;
  readonly writes: GapCounter;
  readonly reads: GapCounter;
  readonly syncGaps: GapCounter;
  limits: Limits;
  #configuration: DiskConfiguration | null = null;
  #writeSequence = 0;
  #noSpaceUntil = 0;
  /** The next sector that a sync settles lands in the wrong place, where the atlas allows. */
  misdirectNext = false;
  /** A system formats: everything is durable at once and nothing fails. */
  formatting = false;
  /** The process died in the middle of a call; whatever it still does has no effect. */
  dead = false;
  /** Syncs report success and do nothing. */
  lying = false;
  /** Added to the delay of every sync that begins, of files so named; scenarios set it. */
  extraSyncMicros = 0;
  extraSyncPrefix = '';
  /** Grows at each power cut: completions of an older one never arrive. */
  power = 0;
  incarnation = 0;
  /** Delivered faults that justify that the node stops or refuses to open. */
  failStops = 0;
  /** Reads and writes of the input that is being handled. */
  calls = 0;

  constructor(node: number, world: DiskWorld, limits: Limits) {
    this.node = node;
    this.world = world;
    this.limits = limits;
    this.damage = new Damage(limits.sectorBytes);
    this.versions = new Versions(limits.sectorBytes);
    this.writes = new GapCounter(world.choices, WRITE_GAP, node, WRITE_KINDS);
    this.reads = new GapCounter(world.choices, READ_GAP, node, 1);
    this.syncGaps = new GapCounter(world.choices, SYNC_GAP, node, SYNC_KINDS);
  }

  /** An empty disk, for a new run. */
  reset(configuration: DiskConfiguration): void {
    this.#configuration = configuration;
    this.power = 0;
    this.incarnation = 0;
    this.failStops = 0;
    this.calls = 0;
    this.extraSyncMicros = 0;
    this.writes.reset();
    this.reads.reset();
    this.syncGaps.reset();
    this.lying = false;
    this.wipe();
  }

  /** An empty disk in the middle of a run. */
  wipe(): void {
    for (let i = 0; i < this.fileCount; i++) (this.files[i] as SimFile).recycle();
    this.fileCount = 0;
    this.names.reset();
    this.damage.reset();
    this.syncs.reset();
    this.versions.reset();
    this.#writeSequence = 0;
    this.#noSpaceUntil = 0;
    this.misdirectNext = false;
    this.dead = false;
    this.power += 1;
  }

  /** Draws the first gaps of this run's disk faults. Call after formatting. */
  arm(crashInWriteGap: number): void {
    const c = this.#configuration as DiskConfiguration;
    if (c.sectorErrorGap > 0) this.writes.arm(WRITE_SECTOR_ERROR, c.sectorErrorGap);
    if (c.bitRotGap > 0) this.writes.arm(WRITE_BIT_ROT, c.bitRotGap);
    if (c.sectorRotGap > 0) this.writes.arm(WRITE_SECTOR_ROT, c.sectorRotGap);
    if (c.misdirectedWriteGap > 0) this.writes.arm(WRITE_MISDIRECTED, c.misdirectedWriteGap);
    if (c.writeErrorGap > 0) this.writes.arm(WRITE_FAILS, c.writeErrorGap);
    if (c.shortWriteGap > 0) this.writes.arm(WRITE_SHORT, c.shortWriteGap);
    if (c.noSpaceGap > 0) this.writes.arm(WRITE_NO_SPACE, c.noSpaceGap);
    if (crashInWriteGap > 0) this.writes.arm(WRITE_CRASH, crashInWriteGap);
    if (c.misdirectedReadGap > 0) this.reads.arm(0, c.misdirectedReadGap);
    if (c.failedSyncGap > 0) this.syncGaps.arm(SYNC_FAILS, c.failedSyncGap);
    if (c.slowDiskGap > 0) this.syncGaps.arm(SYNC_SLOW, c.slowDiskGap);
  }

  /** No new faults on this disk; damage that stands remains. */
  heal(): void {
    this.writes.stop();
    this.reads.stop();
    this.syncGaps.stop();
    this.#noSpaceUntil = 0;
    this.misdirectNext = false;
    this.extraSyncMicros = 0;
    this.lying = false;
  }

  open(name: string): FileId {
    const known = this.names.visible.get(name);
    if (known !== undefined) return known;
    const id = this.#newFile(name);
    if (!this.dead) this.names.create(name, id);
    return id;
  }

  exists(name: string): boolean {
    return this.names.visible.has(name);
  }

  list(prefix: string): readonly string[] {
    return this.names.list(prefix);
  }

  size(file: FileId): number {
    return this.#file(file).size;
  }

  read(id: FileId, offset: number, length: number, into: Uint8Array, intoOffset: number): number {
    const file = this.#file(id);
    this.#called();
    assert(offset >= 0 && length >= 0, 'read: offset and length are not negative');
    assert(intoOffset + length <= into.length, 'read: the buffer is long enough');
    const available = file.size - offset;
    const count = available < length ? available : length;
    if (count <= 0) return 0;
    if (this.reads.tick() && misdirectRead(this, file, offset, count, into, intoOffset)) {
      return count;
    }
    file.copyOut(offset, count, into, intoOffset);
    return file.damageCount > 0 ? overlay(this, file, offset, count, into, intoOffset) : count;
  }

  write(id: FileId, offset: number, bytes: Uint8Array, from: number, length: number): IoStatus {
    const file = this.#file(id);
    this.#called();
    assert(offset >= 0 && length >= 0, 'write: offset and length are not negative');
    assert(from + length <= bytes.length, 'write: the bytes are there');
    if (this.dead || length === 0) return IO_OK;
    if (!this.formatting) {
      if (this.writes.tick()) {
        const status = this.#writeFault(file, offset, bytes, from, length);
        if (status !== IO_OK || this.dead) return status;
      }
      if (offset + length > file.size && this.#noSpaceUntil > this.world.scheduler.now) {
        return this.#fails(NO_SPACE, IO_ENOSPC);
      }
    }
    return this.#store(file, offset, bytes, from, length);
  }

  /** Time stands still while an input is handled: who never ends it would never be judged. */
  #called(): void {
    this.calls += 1;
    assert(this.calls < CALLS_MAX, 'an input ends: it is no endless loop of reads and writes');
  }

  truncate(id: FileId, size: number): IoStatus {
    const file = this.#file(id);
    assert(size >= 0, 'truncate: size is not negative');
    if (this.dead || size === file.size) return IO_OK;
    if (size > file.size) {
      if (!this.formatting && this.#noSpaceUntil > this.world.scheduler.now) {
        return this.#fails(NO_SPACE, IO_ENOSPC);
      }
      file.reserve(size);
      file.size = size;
      return IO_OK;
    }
    this.#clear(file, size, file.size);
    file.size = size;
    return IO_OK;
  }

  remove(name: string): IoStatus {
    if (!this.dead) this.names.remove(name);
    return IO_OK;
  }

  rename(from: string, to: string): IoStatus {
    const id = this.names.visible.get(from);
    if (this.dead || id === undefined) return this.dead ? IO_OK : IO_EIO;
    this.names.rename(from, to);
    this.#name(this.files[id] as SimFile, to);
    return IO_OK;
  }

  sync(id: FileId, ticket: Ticket): void {
    const file = this.#file(id);
    if (this.dead || this.formatting) return;
    const c = this.#configuration as DiskConfiguration;
    const extra = file.name.startsWith(this.extraSyncPrefix) ? this.extraSyncMicros : 0;
    let delay = c.syncMinMicros + (extra === 0 ? 0 : this.#slow(extra));
    if (c.syncScaleMicros > 0) {
      const rung = this.world.choices.choose(SYNC_DELAY, this.node, ticket, SYNC_DELAYS);
      delay += rung * c.syncScaleMicros;
    }
    let fails = false;
    if (this.syncGaps.tick()) {
      for (let kind = this.syncGaps.take(); kind >= 0; kind = this.syncGaps.take()) {
        if (kind === SYNC_FAILS) fails = true;
        else delay += this.#slow(c.slowDiskMicros);
      }
    }
    const slot = this.syncs.take(id, ticket, this.incarnation, fails);
    this.syncs.sequences[slot] = this.#writeSequence;
    this.syncs.nameSequences[slot] = this.names.sequence;
    this.syncs.sizes[slot] = file.size;
    file.syncsInFlight += 1;
    file.syncing = this.#writeSequence;
    const { scheduler } = this.world;
    scheduler.push(scheduler.now + delay, EVENT_SYNCED, this.node, slot, this.power, null);
  }

  /** The sync in `slot` ends: its effect on the platter, and its status, which a node may hear. */
  finishSync(slot: number, heard: boolean): IoStatus {
    const file = this.files[this.syncs.files[slot] as number] as SimFile;
    const sequence = this.syncs.sequences[slot] as number;
    file.syncsInFlight -= 1;
    if (file.syncsInFlight === 0) file.syncing = 0;
    const fails = this.syncs.fails[slot] === true;
    if (fails || this.lying) {
      abandon(this, file, sequence);
      this.syncs.release(slot);
      if (heard) this.failStops += 1;
      if (heard) this.world.faults.delivered(fails ? FAILED_SYNC : LYING_SYNC);
      return fails ? IO_EIO : IO_OK;
    }
    flush(this, file, sequence);
    if (sequence >= file.durableSizeSequence) {
      file.durableSize = this.syncs.sizes[slot] as number;
      file.durableSizeSequence = sequence;
    }
    this.names.settle(file.directory, this.syncs.nameSequences[slot] as number);
    this.syncs.release(slot);
    return IO_OK;
  }

  /** Everything written is durable now; for formatting, and for scenarios that set a stage. */
  settleAll(): void {
    for (let i = 0; i < this.fileCount; i++) {
      const file = this.files[i] as SimFile;
      flush(this, file, this.#writeSequence);
      file.durableSize = file.size;
      file.durableSizeSequence = this.#writeSequence;
    }
    this.names.settleAll();
  }

  #file(id: FileId): SimFile {
    const file = this.files[id];
    assert(file !== undefined && id < this.fileCount, 'a file is opened before it is used');
    return file;
  }

  #newFile(name: string): number {
    const id = this.fileCount++;
    if (id === this.files.length) this.files.push(new SimFile(this.limits.sectorBytes));
    this.#name(this.files[id] as SimFile, name);
    return id;
  }

  #name(file: SimFile, name: string): void {
    file.name = name;
    file.nameHash = mixText(name);
    file.directory = directoryOf(name);
  }

  #fails(fault: number, status: IoStatus): IoStatus {
    this.world.faults.delivered(fault);
    this.failStops += 1;
    return status;
  }

  #slow(micros: number): number {
    this.world.faults.delivered(SLOW_DISK);
    return micros;
  }

  /** Copies into the cache and marks the sectors dirty. */
  #store(file: SimFile, offset: number, bytes: Uint8Array, from: number, length: number): IoStatus {
    const end = offset + length;
    file.reserve(end);
    const { sectorBytes } = file;
    const sequence = ++this.#writeSequence;
    const first = Math.floor(offset / sectorBytes);
    const last = Math.floor((end - 1) / sectorBytes);
    for (let sector = first; sector <= last; sector++) {
      const flags = file.flags[sector] as number;
      if ((flags & (SECTOR_DIRTY | SECTOR_DAMAGED)) !== 0) {
        const start = sector * sectorBytes;
        const whole = offset <= start && end >= start + sectorBytes;
        if (!this.#overwrite(file, sector, whole)) return IO_EIO;
      }
      file.dirty(sector, sequence);
    }
    if (length <= 48) {
      for (let i = 0; i < length; i++) file.cache[offset + i] = bytes[from + i] as number;
    } else {
      file.cache.set(
        from === 0 && length === bytes.length ? bytes : bytes.subarray(from, from + length),
        offset,
      );
    }
    if (end > file.size) file.size = end;
    if (file.damageCount > 0) patch(this, file, offset, end);
    return IO_OK;
  }

  /** A dirty or damaged sector is about to be written again; false when it cannot be. */
  #overwrite(file: SimFile, sector: number, whole: boolean): boolean {
    const flags = file.flags[sector] as number;
    if ((flags & SECTOR_DAMAGED) !== 0) {
      const at = this.damage.find(file, sector);
      if (this.damage.masked[at] === false) {
        if (whole) this.damage.masked[at] = true;
        else {
          // Part of a sector: the kernel reads the rest first. Unreadable, the write fails; rotten,
          // it stays so around the new bytes.
          meet(this, at);
          if (this.damage.unreadable[at] === true) {
            this.failStops += 1;
            return false;
          }
        }
      }
    }
    if ((flags & SECTOR_DIRTY) === 0 || this.formatting) return true;
    const covered = (file.written[sector] as number) <= file.syncing;
    if (covered) {
      // 1. v1 written, 2. sync begins, 3. v2 written, 4. sync completes: the platter has v1 at
      // least, and until then v0, v1 or v2.
      this.versions.keep(file, sector);
    } else if ((this.#configuration as DiskConfiguration).writeback) {
      const subject = fold(file.nameHash, sector);
      if (this.world.choices.choose(WRITEBACK, this.node, subject, 4) === 1) {
        endMasked(this, file, sector);
        file.settle(sector);
      }
    }
    return true;
  }

  /** Zeroes [from, to): a truncation. */
  #clear(file: SimFile, from: number, to: number): void {
    const sequence = ++this.#writeSequence;
    const { sectorBytes } = file;
    const last = Math.floor((to - 1) / sectorBytes);
    for (let sector = Math.floor(from / sectorBytes); sector <= last; sector++) {
      const flags = file.flags[sector] as number;
      const whole = from <= sector * sectorBytes;
      if ((flags & (SECTOR_DIRTY | SECTOR_DAMAGED)) !== 0) this.#overwrite(file, sector, whole);
      file.dirty(sector, sequence);
    }
    file.cache.fill(0, from, to);
  }

  /** Faults that strike at a write. An error, or IO_OK to go on. */
  #writeFault(
    file: SimFile,
    offset: number,
    bytes: Uint8Array,
    from: number,
    length: number,
  ): IoStatus {
    const c = this.#configuration as DiskConfiguration;
    let status: IoStatus = IO_OK;
    for (let kind = this.writes.take(); kind >= 0; kind = this.writes.take()) {
      if (kind === WRITE_SECTOR_ERROR) strike(this, SECTOR_ERROR);
      else if (kind === WRITE_BIT_ROT) strike(this, BIT_ROT);
      else if (kind === WRITE_SECTOR_ROT) strike(this, SECTOR_ROT);
      else if (kind === WRITE_MISDIRECTED) this.misdirectNext = true;
      else if (kind === WRITE_NO_SPACE) {
        this.#noSpaceUntil = this.world.scheduler.now + c.noSpaceMicros;
      } else if (kind === WRITE_FAILS) status = this.#fails(WRITE_ERROR, IO_EIO);
      else if (kind === WRITE_SHORT && length > 1) {
        const part = this.#part(length);
        this.#store(file, offset, bytes, from, part);
        status = this.#fails(SHORT_WRITE, IO_SHORT);
      } else if (kind === WRITE_CRASH) {
        // The process dies while the kernel copies: a prefix is in the cache.
        if (length > 1) this.#store(file, offset, bytes, from, this.#part(length));
        this.dead = true;
        return IO_OK;
      }
    }
    return status;
  }

  #part(length: number): number {
    const sixteenth = this.world.choices.choose(WRITE_HOW, this.node, length, 16);
    return Math.max(1, Math.floor((length * (15 - sixteenth)) / 16));
  }
}
