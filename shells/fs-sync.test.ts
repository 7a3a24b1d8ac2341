/**
 * When a sync may be believed: the order of system calls, with calls that the test completes or
 * fails by hand.
 */
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  IO_EIO,
  IO_ENOSPC,
  IO_OK,
  TICKET_JOURNAL,
  TICKET_MACHINE,
  TICKET_MODULE_BITS,
  TICKET_SUPERBLOCK,
} from '../core/ports.ts';
import { FsDisk } from './fs-disk.ts';
import type { SyncCalls } from './fs-sync.ts';
import { tempDirectory } from './testing/temp-directory.ts';

interface Call {
  readonly what: string;
  complete(code?: string): void;
}

/** A disk whose sync calls wait for the test. `log` has "ticket:status" of what was reported. */
function manualDisk() {
  const directory = tempDirectory();
  const calls: Call[] = [];
  const log: string[] = [];
  const call = (what: string, done: (error: NodeJS.ErrnoException | null) => void): void => {
    const complete = (code?: string): void => {
      const error = Object.assign(new Error(code), { code, syscall: 'fsync' });
      done(code === undefined ? null : error);
    };
    calls.push({ what, complete });
  };
  /** A slow disk, until the test says otherwise. */
  let callMicros = 10_000;
  let clock = 0;
  const waited: string[] = [];
  let failing: string | null = null;
  const nameOf = (path: string): string =>
    path.startsWith(directory) ? path.slice(directory.length) || '/' : 'the directory above';
  const syncCalls: SyncCalls = {
    fdatasync: (_fd, done) => call('data', done),
    fdatasyncNow: () => {
      waited.push(failing ?? 'data');
      if (failing !== null) throw Object.assign(new Error(failing), { code: failing, syscall: '' });
    },
    now: () => (clock += callMicros),
    fsyncDirectory: (path, done) => call(nameOf(path), done),
  };
  const onSynced = (ticket: number, status: number): void => void log.push(`${ticket}:${status}`);
  const disk = new FsDisk({ directory, syncCalls, onSynced });
  onTestFinished(() => disk.close());
  const next = (): Call => {
    const first = calls.shift();
    expect(first).toBeDefined();
    return first!;
  };
  /** Completes everything, until nothing is left. */
  const settle = (): void => {
    while (calls.length > 0) next().complete();
  };
  /** From now on a sync takes so long; those that are waited for fail with `code`. */
  const become = (micros: number, code: string | null = null): void => {
    callMicros = micros;
    failing = code;
  };
  return { disk, calls, log, next, settle, waited, become };
}

/** A disk with two files whose entries are durable. */
function settledDisk() {
  const world = manualDisk();
  const journal = world.disk.open('journal');
  const store = world.disk.open('store');
  world.disk.sync(journal, 0);
  world.settle();
  world.log.length = 0;
  return { ...world, journal, store };
}

describe('one file', () => {
  test('is never synced twice at a time; who waits shares the next call', () => {
    const { disk, calls, log, next, journal } = settledDisk();
    disk.sync(journal, 1);
    disk.sync(journal, 2);
    disk.sync(journal, 3);
    expect(calls.map((call) => call.what)).toEqual(['data']);
    next().complete();
    expect(log).toEqual([`1:${IO_OK}`]);
    expect(calls.map((call) => call.what)).toEqual(['data']);
    next().complete();
    expect(log).toEqual([`1:${IO_OK}`, `2:${IO_OK}`, `3:${IO_OK}`]);
    expect(calls).toEqual([]);
  });

  test('a failure is told before any later success of the same file', () => {
    const { disk, log, next, journal } = settledDisk();
    disk.sync(journal, 1);
    disk.sync(journal, 2);
    next().complete('EIO');
    expect(log).toEqual([`1:${IO_EIO}`]);
    next().complete();
    expect(log).toEqual([`1:${IO_EIO}`, `2:${IO_OK}`]);
  });

  test('running out of room while writing back is told as that', () => {
    const { disk, log, next, journal } = settledDisk();
    disk.sync(journal, 1);
    next().complete('EDQUOT');
    disk.sync(journal, 2);
    next().complete('ENOSPC');
    expect(log).toEqual([`1:${IO_ENOSPC}`, `2:${IO_ENOSPC}`]);
  });

  test('a sync asked for from within a completion works', () => {
    const { disk, next, calls, journal } = settledDisk();
    disk.sync(journal, 1);
    next().complete();
    disk.sync(journal, 2);
    expect(calls).toHaveLength(1);
  });

  test('keeps its descriptor while a sync is under way, even if it is removed meanwhile', () => {
    const { disk, log, next, journal } = settledDisk();
    const before = disk.descriptors;
    disk.sync(journal, 1);
    disk.remove('journal');
    // Closed now, the number could be given to another file, and that one would be synced.
    expect(disk.descriptors).toBe(before);
    next().complete();
    expect(disk.descriptors).toBe(before - 1);
    next().complete();
    expect(log).toEqual([`1:${IO_OK}`]);
  });
});

describe('a quick disk', () => {
  /** Its journal was synced often enough to know that it is quick. */
  function quickDisk() {
    const world = settledDisk();
    world.become(20);
    for (let i = 0; i < 32 && world.waited.length === 0; i += 1) {
      world.disk.sync(world.journal, TICKET_JOURNAL);
      world.settle();
    }
    expect(world.waited).toEqual(['data']);
    return world;
  }

  test('is waited for, and tells of it after the call that asked', async () => {
    const { disk, log, calls, waited, journal } = quickDisk();
    await Promise.resolve();
    log.length = 0;
    disk.sync(journal, TICKET_JOURNAL);
    expect(waited).toEqual(['data', 'data']);
    expect(log).toEqual([]);
    await Promise.resolve();
    expect(log).toEqual([`${TICKET_JOURNAL}:${IO_OK}`]);
    expect(calls).toEqual([]);
  });

  test('asked again before it has told of the first, it syncs again', async () => {
    const { disk, waited, journal } = quickDisk();
    await Promise.resolve();
    disk.sync(journal, TICKET_JOURNAL);
    disk.sync(journal, TICKET_JOURNAL);
    expect(waited).toHaveLength(2);
    await Promise.resolve();
    expect(waited).toHaveLength(3);
  });

  test('a failure is told as one', async () => {
    const { disk, log, become, journal } = quickDisk();
    await Promise.resolve();
    log.length = 0;
    become(20, 'EIO');
    disk.sync(journal, TICKET_JOURNAL);
    await Promise.resolve();
    expect(log).toEqual([`${TICKET_JOURNAL}:${IO_EIO}`]);
  });

  test('one that becomes slow is left to the pool', async () => {
    const { disk, calls, become, journal } = quickDisk();
    await Promise.resolve();
    become(10_000);
    disk.sync(journal, TICKET_JOURNAL);
    await Promise.resolve();
    expect(calls).toEqual([]);
    disk.sync(journal, TICKET_JOURNAL);
    expect(calls).toHaveLength(1);
  });

  test('is not waited for beside a checkpoint, nor for the checkpoint', async () => {
    const { disk, calls, waited, journal, store } = quickDisk();
    await Promise.resolve();
    disk.sync(store, TICKET_MACHINE);
    disk.sync(journal, TICKET_JOURNAL);
    expect(calls).toHaveLength(2);
    expect(waited).toHaveLength(1);
  });
});

describe('different files', () => {
  test('are synced side by side', () => {
    const { disk, calls, log, journal, store } = settledDisk();
    disk.sync(journal, 1);
    disk.sync(store, 2);
    expect(calls).toHaveLength(2);
    calls[1]!.complete();
    expect(log).toEqual([`2:${IO_OK}`]);
    calls[0]!.complete();
    expect(log).toEqual([`2:${IO_OK}`, `1:${IO_OK}`]);
  });

  test('a failure of one is not a failure of the other', () => {
    const { disk, calls, log, journal, store } = settledDisk();
    disk.sync(journal, 1);
    disk.sync(store, 2);
    calls[0]!.complete('EIO');
    calls[1]!.complete();
    expect(log).toEqual([`1:${IO_EIO}`, `2:${IO_OK}`]);
  });
});

describe('the background', () => {
  const MACHINE = TICKET_MACHINE;
  const ticket = (generation: number, module: number): number =>
    (generation << TICKET_MODULE_BITS) | module;

  test('two at most of the tenants’ files at a time, so that the journal finds a thread', () => {
    const { disk, calls, log, next, journal, settle } = settledDisk();
    const stores = [1, 2, 3, 4, 5].map((tenant) => disk.open(`tenants-${tenant}`));
    disk.sync(journal, 0);
    settle();
    log.length = 0;
    for (const [i, store] of stores.entries()) disk.sync(store, ticket(i, MACHINE));
    expect(calls).toHaveLength(2);
    disk.sync(journal, ticket(9, TICKET_JOURNAL));
    disk.sync(disk.open('store'), ticket(9, TICKET_SUPERBLOCK));
    expect(calls).toHaveLength(4);
    // One makes room for one, in the order in which they were asked for.
    next().complete();
    expect(log).toEqual([`${ticket(0, MACHINE)}:${IO_OK}`]);
    expect(calls).toHaveLength(4);
    settle();
    const machine = log.filter((line) => (Number(line.split(':')[0]) & 7) === MACHINE);
    expect(machine).toEqual(stores.map((_, i) => `${ticket(i, MACHINE)}:${IO_OK}`));
    expect(log).toHaveLength(7);
  });

  test('a file that waits for its turn runs at once when the journal needs it', () => {
    const { disk, calls, log, settle } = settledDisk();
    const files = ['a', 'b', 'c'].map((name) => disk.open(name));
    settle();
    for (const [i, file] of files.entries()) disk.sync(file, ticket(i, MACHINE));
    expect(calls).toHaveLength(2);
    disk.sync(files[2]!, ticket(3, TICKET_SUPERBLOCK));
    expect(calls).toHaveLength(3);
    settle();
    expect(log).toHaveLength(4);
    expect(calls).toEqual([]);
  });

  test('who asks again and again does not shut the others out', () => {
    const { disk, calls, log, next } = settledDisk();
    const files = ['a', 'b', 'c'].map((name) => disk.open(name));
    disk.sync(files[0]!, ticket(0, MACHINE));
    disk.sync(files[1]!, ticket(1, MACHINE));
    disk.sync(files[2]!, ticket(2, MACHINE));
    disk.sync(files[0]!, ticket(3, MACHINE));
    disk.sync(files[1]!, ticket(4, MACHINE));
    next().complete();
    // c's turn, before a's second.
    expect(calls.filter((call) => call.what === 'data')).toHaveLength(2);
    while (calls.length > 0) next().complete();
    const order = log.map((line) => Number(line.split(':')[0]) >> TICKET_MODULE_BITS);
    expect(order.indexOf(2)).toBeLessThan(order.indexOf(3));
    expect(order.indexOf(2)).toBeLessThan(order.indexOf(4));
  });

  test('a file that is removed while it waits is done when its turn comes', async () => {
    const { disk, calls, log, next } = settledDisk();
    const files = ['a', 'b', 'c'].map((name) => disk.open(name));
    for (const [i, file] of files.entries()) disk.sync(file, ticket(i, MACHINE));
    disk.remove('c');
    while (log.length < 3) {
      if (calls.length > 0) next().complete();
      else await new Promise((resolve) => setImmediate(resolve));
    }
    expect(log).toHaveLength(3);
  });
});

describe('directories', () => {
  test('the first sync of all covers the data directory and its own entry', () => {
    const { disk, log, next } = manualDisk();
    disk.sync(disk.open('journal'), 1);
    const data = next();
    expect(data.what).toBe('data');
    data.complete();
    expect(log).toEqual([]);
    const own = next();
    expect(own.what).toBe('the directory above');
    own.complete();
    const root = next();
    expect(root.what).toBe('/');
    root.complete();
    expect(log).toEqual([`1:${IO_OK}`]);
  });

  test('a new file in new directories: every level that got an entry is synced, then told', () => {
    const { disk, log, calls, next } = settledDisk();
    disk.sync(disk.open('tenants/7/log-0'), 1);
    next().complete();
    const levels: string[] = [];
    while (calls.length > 0) {
      expect(log).toEqual([]);
      const call = next();
      levels.push(call.what);
      call.complete();
    }
    expect(levels.sort()).toEqual(['/', '/tenants', '/tenants/7']);
    expect(log).toEqual([`1:${IO_OK}`]);
  });

  test('a sync that ends while another one syncs the directories waits for that', () => {
    const { disk, log, next, journal } = settledDisk();
    const fresh = disk.open('fresh');
    // 1. `journal` takes it upon itself to sync the directory, which has a new entry.
    disk.sync(journal, 1);
    next().complete();
    const directory = next();
    expect(directory.what).toBe('/');
    // 2. `fresh` is synced; nothing is dirty any more, but its entry is not durable either.
    disk.sync(fresh, 2);
    next().complete();
    expect(log).toEqual([]);
    // 3. Now it is.
    directory.complete();
    expect(log.sort()).toEqual([`1:${IO_OK}`, `2:${IO_OK}`]);
  });

  test('an entry that is made during that needs another round', () => {
    const { disk, log, calls, next, journal } = settledDisk();
    disk.open('first');
    disk.sync(journal, 1);
    next().complete();
    const round = next();
    const second = disk.open('second');
    disk.sync(second, 2);
    next().complete();
    expect(calls).toEqual([]);
    round.complete();
    expect(log).toEqual([`1:${IO_OK}`]);
    expect(next().what).toBe('/');
    expect(log).toEqual([`1:${IO_OK}`]);
  });

  test('renames and removals are covered by the next sync of whatever file', () => {
    const { disk, log, calls, next, journal, store } = settledDisk();
    disk.rename('store', 'tenants/1/store');
    disk.sync(journal, 1);
    next().complete();
    expect(log).toEqual([]);
    while (calls.length > 0) next().complete();
    expect(log).toEqual([`1:${IO_OK}`]);
    disk.remove('tenants/1/store');
    disk.sync(journal, 2);
    next().complete();
    expect(next().what).toBe('/tenants/1');
    expect(disk.size(store)).toBe(0);
  });

  test('a failure poisons the disk: an entry cannot be written again', () => {
    const { disk, log, next, journal } = settledDisk();
    disk.open('fresh');
    disk.sync(journal, 1);
    next().complete();
    next().complete('EIO');
    expect(log).toEqual([`1:${IO_EIO}`]);
    disk.sync(journal, 2);
    next().complete();
    expect(log).toEqual([`1:${IO_EIO}`, `2:${IO_EIO}`]);
  });

  test('syncs that waited for the failed round fail with it', () => {
    const { disk, log, next, journal } = settledDisk();
    const fresh = disk.open('fresh');
    disk.sync(journal, 1);
    next().complete();
    const round = next();
    disk.sync(fresh, 2);
    next().complete();
    round.complete('EIO');
    expect(log.sort()).toEqual([`1:${IO_EIO}`, `2:${IO_EIO}`]);
  });

  test('when the bytes fail, the directories are left for the next sync', () => {
    const { disk, log, calls, next, journal } = settledDisk();
    disk.open('fresh');
    disk.sync(journal, 1);
    next().complete('EIO');
    expect(calls).toEqual([]);
    disk.sync(journal, 2);
    next().complete();
    expect(next().what).toBe('/');
    expect(log).toEqual([`1:${IO_EIO}`]);
  });
});
