/**
 * The disk on a real directory: the same answers as the model that the core's own tests use, the
 * system's errors as the port's codes, and nothing lost by running short of descriptors.
 */
import fc from 'fast-check';
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { IO_EIO, IO_ENOSPC, IO_OK } from '../core/ports.ts';
import type { FileId, IoStatus, Ticket } from '../core/ports.ts';
import { MemoryDisk } from '../core/storage/testing/memory-disk.ts';
import { FsDisk } from './fs-disk.ts';
import { makeTempDirectory, removeDirectory, tempDirectory } from './testing/temp-directory.ts';

const SECTOR = 512;
const NAMES = ['superblock', 'journal', 'tenants/1/log-0', 'tenants/1/store', 'tenants/12/log-0'];

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function openDisk(directory: string, descriptorsMax = 16): FsDisk {
  const disk = new FsDisk({ directory, descriptorsMax, onSynced: () => undefined });
  onTestFinished(() => disk.close());
  return disk;
}

function write(disk: FsDisk, name: string, offset: number, bytes: Uint8Array): IoStatus {
  return disk.write(disk.open(name), offset, bytes, 0, bytes.length);
}

function read(disk: FsDisk, name: string): Uint8Array {
  const file = disk.open(name);
  const into = new Uint8Array(disk.size(file));
  expect(disk.read(file, 0, into.length, into, 0)).toBe(into.length);
  return into;
}

/** Resolves with the sync's status. */
function synced(start: (onSynced: (ticket: Ticket, status: IoStatus) => void) => void) {
  return new Promise<IoStatus>((resolve) => start((_, status) => resolve(status)));
}

type Step =
  | { readonly do: 'write'; readonly name: string; readonly at: number; readonly bytes: Uint8Array }
  | { readonly do: 'truncate'; readonly name: string; readonly size: number }
  | { readonly do: 'read'; readonly name: string; readonly at: number; readonly length: number }
  | { readonly do: 'rename'; readonly name: string; readonly to: string }
  | { readonly do: 'remove' | 'exists' | 'open' | 'reopen'; readonly name: string };

const name = fc.constantFrom(...NAMES);
const place = fc.nat(4 * SECTOR);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('write' as const),
    name,
    at: place,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 600 }),
  }),
  fc.record({ do: fc.constant('truncate' as const), name, size: place }),
  fc.record({ do: fc.constant('read' as const), name, at: place, length: fc.nat(1000) }),
  fc.record({ do: fc.constant('rename' as const), name, to: name }),
  fc.record({ do: fc.constantFrom('remove', 'exists', 'open', 'reopen'), name }),
);

/** Both disks, driven alike; every answer is compared. */
class Twins {
  readonly model: MemoryDisk = new MemoryDisk(SECTOR);
  disk: FsDisk;
  private readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
    this.disk = this.open();
  }

  private open(): FsDisk {
    return new FsDisk({ directory: this.directory, descriptorsMax: 2, onSynced: () => undefined });
  }

  take(step: Step): void {
    const { model, disk } = this;
    switch (step.do) {
      case 'write': {
        const { name, at, bytes } = step;
        const expected = model.write(model.open(name), at, bytes, 0, bytes.length);
        expect(disk.write(disk.open(name), at, bytes, 0, bytes.length)).toBe(expected);
        return;
      }
      case 'truncate':
        expect(disk.truncate(disk.open(step.name), step.size)).toBe(
          model.truncate(model.open(step.name), step.size),
        );
        return;
      case 'read':
        return this.compareRead(step.name, step.at, step.length);
      case 'rename':
        if (!model.exists(step.name) || step.name === step.to) return;
        expect(disk.rename(step.name, step.to)).toBe(model.rename(step.name, step.to));
        return;
      case 'remove':
        expect(disk.remove(step.name)).toBe(model.remove(step.name));
        return;
      case 'exists':
        expect(disk.exists(step.name)).toBe(model.exists(step.name));
        return;
      case 'open':
        expect(disk.size(disk.open(step.name))).toBe(model.size(model.open(step.name)));
        return;
      case 'reopen':
        // The process died and came back; the page cache survives that.
        disk.close();
        this.disk = this.open();
    }
  }

  compareRead(name: string, at: number, length: number): void {
    const expected = new Uint8Array(length + 2).fill(0xee);
    const found = new Uint8Array(length + 2).fill(0xee);
    const got = this.model.read(this.model.open(name), at, length, expected, 1);
    expect(this.disk.read(this.disk.open(name), at, length, found, 1)).toBe(got);
    expect(found).toEqual(expected);
  }

  compareAll(): void {
    for (const prefix of ['', 'tenants/1', 'tenants/1/', 'journal', 'nothing']) {
      expect(this.disk.list(prefix)).toEqual(this.model.list(prefix));
    }
    for (const name of this.model.list('')) this.compareRead(name, 0, 5 * SECTOR);
  }
}

describe('the disk and the model', () => {
  test('answer alike, whatever is asked, with hardly any descriptors', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const directory = makeTempDirectory();
        const twins = new Twins(directory);
        try {
          for (const one of steps) twins.take(one);
          twins.compareAll();
        } finally {
          twins.disk.close();
          removeDirectory(directory);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('names', () => {
  test('what begins with a dot is the host’s, and nothing leads out of the directory', () => {
    const directory = tempDirectory();
    const disk = openDisk(directory);
    writeFileSync(join(directory, '.lock'), '');
    write(disk, 'journal', 0, bytesOf('x'));
    expect(disk.list('')).toEqual(['journal']);
    for (const bad of ['.lock', '../etc', 'tenants/../..', '', 'a//b', '/etc/passwd']) {
      expect(() => disk.open(bad)).toThrow(RangeError);
      expect(() => disk.exists(bad)).toThrow(RangeError);
      expect(() => disk.remove(bad)).toThrow(RangeError);
      expect(() => disk.rename('journal', bad)).toThrow(RangeError);
    }
  });

  test('a directory that does not exist is not made: only `format` may begin one', () => {
    const directory = join(tempDirectory(), 'absent');
    const open = (): FsDisk => new FsDisk({ directory, onSynced: () => undefined });
    expect(open).toThrow(/ENOENT/);
    expect(existsSync(directory)).toBe(false);
  });

  test('asking whether a file exists does not make one', () => {
    const directory = tempDirectory();
    const disk = openDisk(directory);
    expect(disk.exists('superblock')).toBe(false);
    expect(disk.exists('tenants/1/log-0')).toBe(false);
    expect(disk.list('')).toEqual([]);
    expect(existsSync(join(directory, 'tenants'))).toBe(false);
  });
});

describe('room', () => {
  test('growing a file occupies its blocks, so that overwriting cannot run out of room', () => {
    const directory = tempDirectory();
    const disk = openDisk(directory);
    const bytes = 3 << 20;
    expect(disk.truncate(disk.open('journal'), bytes)).toBe(IO_OK);
    const { size, blocks } = statSync(join(directory, 'journal'));
    expect(size).toBe(bytes);
    expect(blocks * 512).toBeGreaterThanOrEqual(bytes);
  });

  test('a full device is IO_ENOSPC, for writing and for growing', (context) => {
    if (!existsSync('/dev/full')) context.skip('no /dev/full on this system');
    const directory = tempDirectory();
    symlinkSync('/dev/full', join(directory, 'journal'));
    const disk = openDisk(directory);
    expect(write(disk, 'journal', 0, bytesOf('x'))).toBe(IO_ENOSPC);
    expect(disk.truncate(disk.open('journal'), 10)).toBe(IO_ENOSPC);
  });

  test('a device that fails is IO_EIO', (context) => {
    if (!existsSync('/proc/self/mem')) context.skip('no /proc/self/mem on this system');
    const directory = tempDirectory();
    // Address 0 is mapped in no process: the kernel answers EIO.
    symlinkSync('/proc/self/mem', join(directory, 'journal'));
    const disk = openDisk(directory);
    expect(disk.read(disk.open('journal'), 0, 10, new Uint8Array(10), 0)).toBe(IO_EIO);
  });

  test('a mistake of the caller is an exception, not a device error', () => {
    const disk = openDisk(tempDirectory());
    const file = disk.open('journal');
    expect(() => disk.write(file, -5, bytesOf('x'), 0, 1)).toThrow('an offset');
    expect(() => disk.read(file, 0.5, 1, new Uint8Array(1), 0)).toThrow('an offset');
    expect(() => disk.size(99)).toThrow(RangeError);
  });
});

describe('handles', () => {
  test('a handle follows its file through a rename', () => {
    const disk = openDisk(tempDirectory());
    const file = disk.open('journal.new');
    disk.write(file, 0, bytesOf('one'), 0, 3);
    expect(disk.rename('journal.new', 'journal')).toBe(IO_OK);
    disk.write(file, 3, bytesOf('two'), 0, 3);
    expect(disk.open('journal')).toBe(file);
    expect(read(disk, 'journal')).toEqual(bytesOf('onetwo'));
    expect(disk.exists('journal.new')).toBe(false);
  });

  test('a handle of a removed file is dead, also when a file of that name returns', () => {
    const disk = openDisk(tempDirectory());
    const old = disk.open('journal');
    disk.write(old, 0, bytesOf('old'), 0, 3);
    expect(disk.remove('journal')).toBe(IO_OK);
    const fresh = disk.open('journal');
    expect(fresh).not.toBe(old);
    expect(disk.size(fresh)).toBe(0);
    expect(disk.write(old, 0, bytesOf('x'), 0, 1)).toBe(IO_EIO);
    expect(disk.read(old, 0, 1, new Uint8Array(1), 0)).toBe(IO_EIO);
    expect(disk.truncate(old, 5)).toBe(IO_EIO);
    expect(disk.size(old)).toBe(0);
    expect(disk.size(fresh)).toBe(0);
  });

  test('so is the handle of a file that another one replaced', () => {
    const disk = openDisk(tempDirectory());
    const old = disk.open('journal');
    write(disk, 'journal.new', 0, bytesOf('new'));
    expect(disk.rename('journal.new', 'journal')).toBe(IO_OK);
    expect(disk.write(old, 0, bytesOf('x'), 0, 1)).toBe(IO_EIO);
    expect(read(disk, 'journal')).toEqual(bytesOf('new'));
  });

  test('renaming what does not exist is an error and changes nothing', () => {
    const disk = openDisk(tempDirectory());
    write(disk, 'journal', 0, bytesOf('kept'));
    expect(disk.rename('absent', 'journal')).toBe(IO_EIO);
    expect(read(disk, 'journal')).toEqual(bytesOf('kept'));
  });

  test('many more files than descriptors: every one keeps its bytes', async () => {
    const directory = tempDirectory();
    const finished: (() => void)[] = [];
    const disk = new FsDisk({ directory, descriptorsMax: 4, onSynced: (t) => finished[t]!() });
    onTestFinished(() => disk.close());
    const files: FileId[] = [];
    for (let i = 0; i < 60; i++) {
      const file = disk.open(`tenants/${i}/store`);
      files.push(file);
      disk.write(file, 0, bytesOf(`tenant ${i}`), 0, bytesOf(`tenant ${i}`).length);
      // Clean from here on: its descriptor may go.
      await new Promise<void>((resolve) => {
        finished[i] = resolve;
        disk.sync(file, i);
      });
    }
    expect(disk.descriptors).toBeLessThanOrEqual(4);
    for (let i = 0; i < 60; i++) {
      expect(read(disk, `tenants/${i}/store`)).toEqual(bytesOf(`tenant ${i}`));
      expect(disk.open(`tenants/${i}/store`)).toBe(files[i]);
    }
    expect(disk.descriptors).toBeLessThanOrEqual(4);
  });

  test('a file with unsynced bytes keeps its descriptor, which learns of a bad write-back', () => {
    const disk = openDisk(tempDirectory(), 4);
    for (let i = 0; i < 10; i++) write(disk, `tenants/${i}/store`, 0, bytesOf('unsynced'));
    expect(disk.descriptors).toBe(10);
  });
});

describe('syncs', () => {
  test('complete later, never inside the call', async () => {
    const directory = tempDirectory();
    let inside = true;
    const status = await synced((onSynced) => {
      const disk = new FsDisk({
        directory,
        onSynced: (ticket, result) => {
          expect(inside).toBe(false);
          expect(ticket).toBe(8);
          onSynced(ticket, result);
        },
      });
      onTestFinished(() => disk.close());
      write(disk, 'journal', 0, bytesOf('bytes'));
      disk.sync(disk.open('journal'), 8);
      inside = false;
    });
    expect(status).toBe(IO_OK);
    expect(readFileSync(join(directory, 'journal'), 'utf8')).toBe('bytes');
  });

  test('of a removed file complete, too: the removal is durable then', async () => {
    const directory = tempDirectory();
    const status = await synced((onSynced) => {
      const disk = new FsDisk({ directory, onSynced });
      onTestFinished(() => disk.close());
      const file = disk.open('journal');
      disk.remove('journal');
      disk.sync(file, 0);
    });
    expect(status).toBe(IO_OK);
  });

  test('end with the disk: nothing is reported to a host that closed it', async () => {
    const directory = tempDirectory();
    let reported = 0;
    const disk = new FsDisk({ directory, onSynced: () => (reported += 1) });
    disk.sync(disk.open('journal'), 0);
    disk.close();
    // A second disk's sync goes through the same thread pool, after the first one's.
    await synced((onSynced) => {
      const other = new FsDisk({ directory, onSynced });
      onTestFinished(() => other.close());
      other.sync(other.open('journal'), 0);
    });
    expect(reported).toBe(0);
  });
});
