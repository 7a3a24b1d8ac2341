/** The disk: what a node may rely on, what it may not, and what the world knows in truth. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { TINY } from '../../core/limits.ts';
import { IO_EIO, IO_ENOSPC, IO_OK, IO_SHORT } from '../../core/ports.ts';
import { Atlas } from './atlas.ts';
import { Choices } from './choose.ts';
import { calmConfiguration } from './configuration.ts';
import type { DiskConfiguration } from './configuration.ts';
import {
  SimDisk,
  SYNC_FAILS,
  WRITE_CRASH,
  WRITE_FAILS,
  WRITE_NO_SPACE,
  WRITE_SHORT,
} from './disk.ts';
import { FaultCounts, faultIndex } from './faults.ts';
import { cutPower, fateTable } from './power.ts';
import { inject, strike } from './rot.ts';
import { Scheduler } from './scheduler.ts';
import { Truth } from './truth.ts';

const SECTOR = 512;
const NEW = fateTable(0, 0);
const OLD = fateTable(16, 0);
const GARBAGE = fateTable(0, 16);

let scheduler: Scheduler;
let faults: FaultCounts;
let choices: Choices;
let disk: SimDisk;
let truth: Truth;
let configuration: DiskConfiguration;

beforeEach(() => {
  scheduler = new Scheduler();
  faults = new FaultCounts();
  choices = new Choices();
  choices.seeded(1);
  const atlas = new Atlas();
  atlas.reset(5, 3, -1);
  const units = {
    locate: (name: string, offset: number): { unit: number; half: number } => ({
      unit: name === 'safe' ? -1 : Math.floor(offset / SECTOR),
      half: 0,
    }),
  };
  disk = new SimDisk(0, { choices, scheduler, faults, atlas, units }, TINY);
  configuration = calmConfiguration().disk;
  disk.reset(configuration);
  disk.incarnation = 1;
  truth = new Truth(disk);
});

function bytes(value: number, length = SECTOR): Uint8Array {
  return new Uint8Array(length).fill(value);
}

function write(name: string, offset: number, value: number, length = SECTOR): number {
  return disk.write(disk.open(name), offset, bytes(value, length), 0, length);
}

function read(name: string, offset: number, length = SECTOR): number[] | number {
  const into = new Uint8Array(length);
  const got = disk.read(disk.open(name), offset, length, into, 0);
  return got < 0 ? got : [...into.subarray(0, got)];
}

function first(name: string, sector: number): number {
  const got = read(name, sector * SECTOR, 1);
  return typeof got === 'number' ? got : (got[0] ?? -99);
}

function durable(name: string, sector: number): number {
  const into = new Uint8Array(1);
  return truth.readDurable(name, sector * SECTOR, 1, into, 0) === 1 ? (into[0] as number) : -1;
}

/** Begins a sync and returns a function that completes it. */
function sync(name: string): () => number {
  const before = scheduler.pending;
  disk.sync(disk.open(name), 1);
  expect(scheduler.pending).toBe(before + 1);
  return () => {
    scheduler.pop();
    return disk.finishSync(scheduler.b, true);
  };
}

describe('reading and writing', () => {
  test('a read sees every earlier write, ends at the end, and holes are zeros', () => {
    write('f', 1000, 7, 10);
    expect(disk.size(disk.open('f'))).toBe(1010);
    expect(read('f', 998, 100)).toEqual([0, 0, ...bytes(7, 10)]);
    expect(read('f', 2000, 5)).toEqual([]);
  });

  test('random writes, truncations and reads agree with a plain array', () => {
    const step = fc.record({
      kind: fc.constantFrom('write', 'truncate', 'sync'),
      at: fc.nat(3000),
      length: fc.nat(900),
      value: fc.integer({ min: 1, max: 255 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        disk.reset(configuration);
        scheduler.reset();
        let model: number[] = [];
        for (const { kind, at, length, value } of steps) {
          if (kind === 'write' && length > 0) {
            write('f', at, value, length);
            while (model.length < at + length) model.push(0);
            for (let i = 0; i < length; i++) model[at + i] = value;
          } else if (kind === 'truncate') {
            disk.truncate(disk.open('f'), at);
            model = model.slice(0, at);
            while (model.length < at) model.push(0);
          } else sync('f')();
          expect(read('f', 0, 5000)).toEqual(model);
        }
        // All synced, a power cut changes nothing, whatever the fates.
        sync('f')();
        cutPower(disk, GARBAGE);
        expect(read('f', 0, 5000)).toEqual(model);
      }),
      { numRuns: 60 },
    );
  });

  test('a disk is empty again after a reset, and reuses its memory', () => {
    write('f', 0, 9, 3000);
    const file = disk.files[0];
    disk.reset(configuration);
    expect(disk.exists('f')).toBe(false);
    expect(disk.list('')).toEqual([]);
    disk.truncate(disk.open('g'), 3000);
    expect(read('g', 0, 3000)).toEqual([...bytes(0, 3000)]);
    expect(disk.files[0]).toBe(file);
  });
});

test('an input that never ends is found out, by what it asks of the disk', () => {
  const file = disk.open('f');
  disk.dead = true;
  const forever = (): void => {
    for (;;) disk.write(file, 0, bytes(1), 0, SECTOR);
  };
  expect(forever).toThrow('an input ends');
  disk.calls = 0;
  expect(disk.write(file, 0, bytes(1), 0, SECTOR)).toBe(IO_OK);
});

describe('sync and power', () => {
  test('what was synced stays; what was not is old, new or garbage', () => {
    write('f', 0, 1);
    sync('f')();
    for (const [fates, expected] of [
      [OLD, 1],
      [NEW, 2],
    ] as const) {
      write('f', 0, 2);
      cutPower(disk, fates);
      expect(first('f', 0)).toBe(expected);
    }
    write('f', 0, 3);
    cutPower(disk, GARBAGE);
    const sector = read('f', 0) as number[];
    expect(new Set(sector).size).toBeGreaterThan(50);
    expect(faults.of('garbage_write')).toBe(1);
    expect(faults.of('lost_write')).toBe(1);
  });

  test('the page cache outlives the process, and truth tells it from the platter', () => {
    write('f', 0, 1);
    expect(first('f', 0)).toBe(1);
    expect(truth.size('f')).toBe(-1);
    expect(truth.unsynced('f', 0, 1)).toBe(true);
    sync('f')();
    expect(durable('f', 0)).toBe(1);
    expect(truth.unsynced('f', 0, 1)).toBe(false);
  });

  test('a sync covers what was written before it began and not what came after', () => {
    write('f', 0, 1);
    write('f', SECTOR, 1);
    const complete = sync('f');
    write('f', SECTOR, 2);
    write('f', 2 * SECTOR, 2);
    complete();
    expect([durable('f', 0), durable('f', 1)]).toEqual([1, 1]);
    cutPower(disk, OLD);
    expect([first('f', 0), first('f', 1)]).toEqual([1, 1]);
    expect(disk.size(disk.open('f'))).toBe(2 * SECTOR);
  });

  test('two syncs complete in reverse: the platter never goes back', () => {
    write('f', 0, 1);
    disk.sync(disk.open('f'), 1);
    const slotOne = 0;
    write('f', 0, 2);
    disk.sync(disk.open('f'), 2);
    const slotTwo = 1;
    write('f', 0, 3);
    disk.finishSync(slotTwo, true);
    expect(durable('f', 0)).toBe(2);
    disk.finishSync(slotOne, true);
    expect(durable('f', 0)).toBe(2);
    expect(first('f', 0)).toBe(3);
  });

  test('a failed sync: the cache serves new bytes as clean, the platter holds old ones', () => {
    write('f', 0, 1);
    sync('f')();
    write('f', 0, 2);
    disk.syncGaps.set(SYNC_FAILS, 1);
    expect(sync('f')()).toBe(IO_EIO);
    expect(first('f', 0)).toBe(2);
    expect(durable('f', 0)).toBe(1);
    // Another sync succeeds and helps nothing: the kernel believes that the page is clean.
    expect(sync('f')()).toBe(IO_OK);
    expect(durable('f', 0)).toBe(1);
    cutPower(disk, NEW);
    expect(first('f', 0)).toBe(1);
    expect(faults.of('failed_sync')).toBe(1);
    expect(disk.failStops).toBe(1);
  });

  test('written again after a failed sync and synced, the bytes are durable', () => {
    write('f', 0, 1);
    disk.syncGaps.set(SYNC_FAILS, 1);
    sync('f')();
    write('f', 0, 1);
    sync('f')();
    expect(durable('f', 0)).toBe(1);
  });

  test('a lying sync reports success and settles nothing', () => {
    write('f', 0, 1);
    sync('f')();
    write('f', 0, 2);
    disk.lying = true;
    expect(sync('f')()).toBe(IO_OK);
    cutPower(disk, NEW);
    expect(first('f', 0)).toBe(1);
    expect(faults.of('lying_sync')).toBe(1);
  });

  test('a power cut may lose a size; the file then ends where it durably did', () => {
    write('f', 0, 1);
    sync('f')();
    write('f', SECTOR, 2, 3 * SECTOR);
    const sizes = new Set<number>();
    for (let i = 0; i < 12; i++) {
      cutPower(disk, OLD);
      sizes.add(disk.size(disk.open('f')));
      write('f', SECTOR, 2, 3 * SECTOR);
    }
    expect(sizes.has(SECTOR)).toBe(true);
    expect(durable('f', 0)).toBe(1);
  });

  test('bytes beyond a lost end read as zeros when the file grows again', () => {
    write('f', 0, 1, 100);
    sync('f')();
    write('f', 100, 2, 300);
    cutPower(disk, GARBAGE);
    const size = disk.size(disk.open('f'));
    disk.truncate(disk.open('f'), 2 * SECTOR);
    const grown = read('f', size, 2 * SECTOR - size) as number[];
    expect(grown.every((byte) => byte === 0)).toBe(true);
  });
});

describe('damage', () => {
  const rot = (sector: number, fault: 'bit_rot' | 'sector_rot' | 'sector_error'): void => {
    const file = disk.files[disk.open('f')];
    if (file !== undefined) inject(disk, file, sector, faultIndex(fault));
  };

  beforeEach(() => {
    write('f', 0, 1);
    write('f', SECTOR, 2);
    sync('f')();
  });

  test('a latent sector error fails reads that touch it, and only those', () => {
    rot(1, 'sector_error');
    expect(first('f', 0)).toBe(1);
    expect(read('f', SECTOR - 1, 2)).toBe(IO_EIO);
    expect(faults.of('sector_error')).toBe(1);
  });

  test('rot changes what is read; the truth stays pristine', () => {
    rot(0, 'bit_rot');
    const seen = read('f', 0) as number[];
    expect(seen.filter((byte) => byte !== 1).length).toBe(1);
    rot(1, 'sector_rot');
    expect(new Set(read('f', SECTOR) as number[]).size).toBeGreaterThan(50);
    expect([durable('f', 0), durable('f', 1)]).toEqual([1, 2]);
    expect(truth.damaged('f', 0, 1)).toBe(true);
    expect(truth.damagedSectors).toBe(2);
  });

  test('a fault counts when it is read, once', () => {
    rot(0, 'sector_rot');
    expect(faults.of('sector_rot')).toBe(0);
    read('f', 0);
    read('f', 0);
    expect(faults.of('sector_rot')).toBe(1);
  });

  test('written over and synced, it is gone; written over and lost, it is back', () => {
    rot(0, 'sector_error');
    write('f', 0, 5);
    expect(first('f', 0)).toBe(5);
    expect(truth.damaged('f', 0, 1)).toBe(false);
    cutPower(disk, OLD);
    expect(first('f', 0)).toBe(IO_EIO);
    write('f', 0, 6);
    sync('f')();
    cutPower(disk, OLD);
    expect(first('f', 0)).toBe(6);
    expect(truth.everDamaged('f', 0, 1)).toBe(true);
    expect(truth.damagedSectors).toBe(0);
  });

  test('a partial write cannot heal a sector: unreadable it fails, rotten it stays', () => {
    rot(0, 'sector_error');
    expect(write('f', 10, 9, 4)).toBe(IO_EIO);
    rot(1, 'sector_rot');
    const before = read('f', SECTOR) as number[];
    expect(write('f', SECTOR + 10, 9, 4)).toBe(IO_OK);
    sync('f')();
    const after = read('f', SECTOR) as number[];
    expect(after.slice(10, 14)).toEqual([9, 9, 9, 9]);
    expect(after.slice(14)).toEqual(before.slice(14));
    expect(durable('f', 1)).toBe(2);
  });

  test('spontaneous damage keeps to the atlas and to durable sectors', () => {
    for (let i = 2; i < 40; i++) write('f', i * SECTOR, 3);
    write('safe', 0, 4, 8 * SECTOR);
    sync('f')();
    sync('safe')();
    write('f', 0, 8);
    for (let i = 0; i < 60; i++) strike(disk, faultIndex('sector_rot'));
    expect(truth.damagedSectors).toBeGreaterThan(0);
    expect(truth.damaged('safe', 0, 8 * SECTOR)).toBe(false);
    expect(truth.damaged('f', 0, 1)).toBe(false);
    for (let at = 0; at < disk.damage.count; at++) {
      expect(disk.world.atlas.allows(0, disk.damage.sectors[at] as number, 0)).toBe(true);
    }
  });

  test('a misdirected write leaves its own sector old and a neighbour wrong', () => {
    for (let i = 0; i < 40; i++) write('f', i * SECTOR, 3);
    sync('f')();
    disk.misdirectNext = true;
    for (let i = 0; i < 40; i++) write('f', i * SECTOR, 4);
    sync('f')();
    expect(disk.misdirectNext).toBe(false);
    expect(truth.damagedSectors).toBe(2);
    const seen = Array.from({ length: 40 }, (_, i) => first('f', i));
    expect(seen.filter((value) => value === 3).length).toBe(1);
    expect(durable('f', 0)).toBe(4);
  });
});

describe('refusals and dying', () => {
  test('a failing write, a short one, and no room', () => {
    disk.writes.set(WRITE_FAILS, 1);
    expect(write('f', 0, 1)).toBe(IO_EIO);
    expect(disk.size(disk.open('f'))).toBe(0);
    disk.writes.set(WRITE_SHORT, 1);
    expect(write('f', 0, 1)).toBe(IO_SHORT);
    expect(disk.size(disk.open('f'))).toBeGreaterThan(0);
    expect(disk.size(disk.open('f'))).toBeLessThan(SECTOR);
    configuration.noSpaceMicros = 100;
    disk.writes.set(WRITE_NO_SPACE, 1);
    expect(write('f', SECTOR, 1)).toBe(IO_ENOSPC);
    expect(write('f', 0, 1, 8)).toBe(IO_OK);
    expect(disk.truncate(disk.open('f'), 9000)).toBe(IO_ENOSPC);
    expect(disk.failStops).toBe(4);
  });

  test('in the middle of a write: a prefix is there, and nothing after it has any effect', () => {
    write('f', 0, 1, 4 * SECTOR);
    disk.writes.set(WRITE_CRASH, 1);
    write('f', 0, 2, 4 * SECTOR);
    expect(disk.dead).toBe(true);
    write('f', 0, 3);
    disk.remove('f');
    disk.sync(disk.open('f'), 9);
    expect(scheduler.pending).toBe(0);
    disk.dead = false;
    expect(first('f', 0)).toBe(2);
    expect(read('f', 4 * SECTOR - 1, 1)).toEqual([1]);
  });

  test('formatting is durable at once and no fault strikes it', () => {
    disk.writes.set(WRITE_FAILS, 1);
    disk.formatting = true;
    write('f', 0, 1);
    disk.settleAll();
    disk.formatting = false;
    cutPower(disk, GARBAGE);
    expect(first('f', 0)).toBe(1);
    expect(truth.names()).toEqual(['f']);
  });

  test('healed, a disk has no new faults; standing damage remains', () => {
    write('f', 0, 1);
    sync('f')();
    const file = disk.files[0];
    if (file !== undefined) inject(disk, file, 0, faultIndex('sector_error'));
    disk.writes.set(WRITE_FAILS, 1);
    disk.heal();
    expect(write('f', SECTOR, 1)).toBe(IO_OK);
    expect(first('f', 0)).toBe(IO_EIO);
  });
});
