/** The superblock: its bytes, the rule for reading it, updates, and every crash in every update. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PRODUCTION, TINY } from '../limits.ts';
import { DAMAGE_SUPERBLOCK, STEP_DAMAGE, STEP_SUPERBLOCK } from '../observer.ts';
import { IO_EIO, IO_ENOSPC, IO_OK } from '../ports.ts';
import { make128, ZERO128 } from '../types/hash128.ts';
import type { SuperblockListener, SuperblockState } from '../vsr/interfaces.ts';
import { SuperblockFile } from './superblock.ts';
import {
  COPY_DAMAGED,
  COPY_NEWER,
  decodeSuperblock,
  encodeSuperblock,
  setSuperblockCopy,
  superblockCopyBytes,
} from './superblock-format.ts';
import type { SuperblockCopy } from './superblock-format.ts';
import type { OpenedSuperblock, RefusedSuperblock } from './superblock-open.ts';
import {
  chooseCopy,
  formatSuperblock,
  openSuperblock,
  SUPERBLOCK_COPIES,
  superblockMismatch,
} from './superblock-open.ts';
import { everyCrash } from './testing/fates.ts';
import { MemoryDisk, runSyncs } from './testing/memory-disk.ts';
import { chainOf, CLUSTER, hasher, RecordingObserver } from './testing/prepares.ts';
import { stateOf } from './testing/superblocks.ts';

const COPY_BYTES = superblockCopyBytes(TINY);

function formattedDisk(state: SuperblockState = stateOf(0)): MemoryDisk {
  const disk = new MemoryDisk(TINY.sectorBytes);
  formatSuperblock(disk, TINY, hasher, state);
  disk.sync(disk.open('superblock'), 0);
  disk.completeSync();
  return disk;
}

function open(disk: MemoryDisk): OpenedSuperblock | RefusedSuperblock {
  return openSuperblock(disk, TINY, hasher, new RecordingObserver());
}

function opened(disk: MemoryDisk): OpenedSuperblock {
  const outcome = open(disk);
  expect(outcome.kind).toBe('opened');
  return outcome as OpenedSuperblock;
}

class Bench implements SuperblockListener {
  readonly disk: MemoryDisk;
  readonly observer = new RecordingObserver();
  readonly superblock: SuperblockFile;
  readonly durable: number[] = [];
  failure: string | null = null;
  onDurable: ((state: SuperblockState) => void) | null = null;

  constructor(disk: MemoryDisk) {
    this.disk = disk;
    this.superblock = new SuperblockFile(disk, TINY, hasher, opened(disk), this.observer, this);
  }

  superblockDurable(state: SuperblockState): void {
    this.durable.push(state.view);
    this.onDurable?.(state);
  }

  storageFailed(reason: string): void {
    this.failure = reason;
  }

  sync(): void {
    const { ticket, status } = this.disk.completeSync();
    this.superblock.synced(ticket, status);
  }

  settle(): void {
    runSyncs(this.disk, (ticket, status) => this.superblock.synced(ticket, status));
  }
}

describe('superblock: bytes', () => {
  const full = stateOf(12, {
    logView: 11,
    epoch: 3,
    standbyCount: 2,
    recoveryNonce: make128(5, 6, 7, 8),
    viewHeaders: [chainOf(9, 9)[0]!.header, null, chainOf(7, 7)[0]!.header, null],
    checkpoint: { op: 8, head: make128(1, 1, 1, 1), timestamp: 99, rootPage: 3, root: CLUSTER },
    syncTarget: { op: 16, head: make128(2, 2, 2, 2), timestamp: 100, rootPage: 4, root: CLUSTER },
  });

  function encoded(state: SuperblockState, copy = 0): Uint8Array {
    const out = new Uint8Array(COPY_BYTES);
    encodeSuperblock(state, 41, make128(3, 3, 3, 3), out, hasher);
    setSuperblockCopy(out, copy);
    return out;
  }

  it('decodes to what was encoded, blanks among the view headers included', () => {
    const copy = decodeSuperblock(encoded(full), 0, COPY_BYTES, 0, hasher);
    expect(copy).toMatchObject({ sequence: 41, parent: make128(3, 3, 3, 3), state: full });
  });

  it('gives the four copies of one state one checksum', () => {
    const sums = [0, 1, 2, 3].map((copy) => {
      const found = decodeSuperblock(encoded(full, copy), 0, COPY_BYTES, copy, hasher);
      return typeof found === 'string' ? found : found.checksum;
    });
    expect(new Set(sums.map((sum) => JSON.stringify(sum))).size).toBe(1);
  });

  it('takes a copy at the wrong place for damage', () => {
    expect(decodeSuperblock(encoded(full, 2), 0, COPY_BYTES, 1, hasher)).toBe(COPY_DAMAGED);
  });

  it('holds the view headers of a whole pipeline in both profiles', () => {
    for (const limits of [TINY, PRODUCTION]) {
      const out = new Uint8Array(superblockCopyBytes(limits));
      const headers = chainOf(1, limits.pipelineMax + 1).map((prepare) => prepare.header);
      const state = stateOf(1, { viewHeaders: headers.reverse() });
      encodeSuperblock(state, 1, ZERO128, out, hasher);
      const copy = decodeSuperblock(out, 0, out.length, 0, hasher);
      expect(copy).toMatchObject({ state: { viewHeaders: headers } });
      expect(out.length % limits.sectorBytes).toBe(0);
    }
  });

  it('notices every changed byte that it covers', () => {
    const valid = encoded(full);
    const length = 320 + 4 * 192;
    for (let at = 0; at < length; at++) {
      const bytes = valid.slice();
      bytes[at] = bytes[at]! ^ 0x10;
      const found = decodeSuperblock(bytes, 0, COPY_BYTES, 0, hasher);
      if (at === 18 || at === 19) expect(found).toBe(COPY_DAMAGED);
      else expect(found, `byte ${at}`).toBe(COPY_DAMAGED);
    }
  });

  it('never throws on random or mutated bytes, and never accepts them wrongly', () => {
    const valid = encoded(full);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3 * COPY_BYTES }), fc.nat(COPY_BYTES), (noise, at) => {
        expect(decodeSuperblock(noise, 0, COPY_BYTES, 0, hasher)).toBe(COPY_DAMAGED);
        const mutated = valid.slice();
        mutated.set(noise.subarray(0, COPY_BYTES - at), at);
        const found = decodeSuperblock(mutated, 0, COPY_BYTES, 0, hasher);
        if (found !== COPY_DAMAGED) expect(found).toMatchObject({ state: full });
      }),
    );
  });
});

describe('superblock: opening', () => {
  it('opens what was formatted', () => {
    const outcome = opened(formattedDisk());
    expect(outcome.state).toEqual(stateOf(0));
    expect(outcome.sequence).toBe(1);
    expect(outcome.holds).toEqual([true, true, true, true]);
  });

  it('refuses an empty directory, saying so', () => {
    expect(open(new MemoryDisk(512))).toMatchObject({ kind: 'refused', code: 'missing' });
  });

  it('refuses, changing nothing, when fewer than two copies vouch for one another', () => {
    const disk = formattedDisk();
    for (const copy of [0, 1, 3]) disk.corrupt('superblock', copy * COPY_BYTES + 50, 1);
    const before = disk.bytes('superblock');
    expect(open(disk)).toMatchObject({ kind: 'refused', code: 'damaged' });
    expect(disk.bytes('superblock')).toEqual(before);
  });

  it('refuses a newer format by name, even in one copy', () => {
    const disk = formattedDisk();
    const image = disk.bytes('superblock').slice(0, COPY_BYTES);
    image[24] = 2;
    const length = 320;
    const sum = hasher.checksum128(image, 20, length - 20);
    new DataView(image.buffer).setInt32(0, sum.a);
    new DataView(image.buffer).setInt32(4, sum.b);
    new DataView(image.buffer).setInt32(8, sum.c);
    new DataView(image.buffer).setInt32(12, sum.d);
    expect(decodeSuperblock(image, 0, COPY_BYTES, 0, hasher)).toBe(COPY_NEWER);
    disk.write(disk.open('superblock'), 0, image, 0, COPY_BYTES);
    expect(open(disk)).toMatchObject({ kind: 'refused', code: 'newer-format' });
  });

  it('refuses two states that claim one sequence number', () => {
    const disk = formattedDisk(stateOf(0));
    const other = formattedDisk(stateOf(5)).bytes('superblock');
    const file = disk.open('superblock');
    disk.write(file, 2 * COPY_BYTES, other, 2 * COPY_BYTES, 2 * COPY_BYTES);
    expect(open(disk)).toMatchObject({ kind: 'refused', code: 'forked' });
  });

  it('chooses the highest of several states that are vouched for, wherever it stands', () => {
    const copy = (sequence: number): SuperblockCopy => ({
      sequence,
      checksum: make128(sequence, 0, 0, 0),
      parent: make128(sequence - 1, 0, 0, 0),
      state: stateOf(sequence),
    });
    for (const order of [
      [4, 4, 5, 5],
      [5, 4, 4, 4],
      [4, 4, 4, 5],
      [4, 5, 4, 5],
    ])
      expect(chooseCopy(order.map(copy))).toMatchObject({ sequence: 5 });
    expect(chooseCopy([copy(4), copy(4), copy(7), copy(4)])).toMatchObject({ sequence: 4 });
    expect(chooseCopy([copy(4), copy(6), copy(8), copy(10)])).toMatchObject({ code: 'damaged' });
  });

  it('reports each damaged copy, and opens with two', () => {
    const disk = formattedDisk();
    disk.corrupt('superblock', COPY_BYTES + 3, 1);
    disk.corrupt('superblock', 2 * COPY_BYTES + 3, 1);
    const observer = new RecordingObserver();
    openSuperblock(disk, TINY, hasher, observer);
    expect(observer.of(STEP_DAMAGE)).toMatchObject([
      { a: DAMAGE_SUPERBLOCK, b: 1 },
      { a: DAMAGE_SUPERBLOCK, b: 2 },
    ]);
  });

  it('treats an unreadable copy as damaged without losing its neighbours', () => {
    const disk = formattedDisk();
    disk.onRead = (_, offset) => (offset === COPY_BYTES ? IO_EIO : IO_OK);
    expect(opened(disk).damaged).toEqual([false, true, false, false]);
  });

  it('says in words to which cluster, shard, replica or release a directory belongs', () => {
    const state = stateOf(3, { release: 4 });
    expect(superblockMismatch(state, CLUSTER, 0, 1, 4)).toBe(null);
    expect(superblockMismatch(state, ZERO128, 0, 1, 4)).toMatch(/cluster 0{7}1/);
    expect(superblockMismatch(state, CLUSTER, 2, 1, 4)).toMatch(/shard 0, not 2/);
    expect(superblockMismatch(state, CLUSTER, 0, 2, 4)).toMatch(/replica 1, not 2/);
    expect(superblockMismatch(state, CLUSTER, 0, 1, 3)).toMatch(/release 4, newer than 3/);
  });
});

describe('superblock: updates', () => {
  it('writes one copy after the other, each synced before the next, durable after the fourth', () => {
    const bench = new Bench(formattedDisk());
    const before = bench.disk.writes;
    bench.superblock.update(stateOf(1));
    for (let copy = 0; copy < SUPERBLOCK_COPIES; copy++) {
      expect(bench.disk.writes - before).toBe(copy + 1);
      expect(bench.disk.pendingTickets.length).toBe(1);
      expect(bench.durable).toEqual([]);
      expect(bench.superblock.durable.view).toBe(0);
      expect(bench.superblock.staged.view).toBe(1);
      bench.sync();
    }
    expect(bench.durable).toEqual([1]);
    expect(bench.observer.of(STEP_SUPERBLOCK)).toMatchObject([{ a: 2, ref: { view: 1 } }]);
  });

  it('coalesces what waits: only the newest is written', () => {
    const bench = new Bench(formattedDisk());
    for (const view of [1, 2, 3, 4]) bench.superblock.update(stateOf(view));
    bench.settle();
    expect(bench.durable).toEqual([1, 4]);
    expect(opened(bench.disk)).toMatchObject({ sequence: 3, state: { view: 4 } });
  });

  it('allows the listener to update in turn', () => {
    const bench = new Bench(formattedDisk());
    bench.onDurable = ({ view }) => {
      const newest = bench.superblock.staged.view;
      if (view === newest && view < 4) bench.superblock.update(stateOf(view + 1));
    };
    bench.superblock.update(stateOf(1));
    bench.superblock.update(stateOf(2));
    bench.settle();
    expect(bench.durable).toEqual([1, 2, 3, 4]);
    expect(bench.superblock.staged).toBe(bench.superblock.durable);
  });

  it('ignores completions that are not its own', () => {
    const bench = new Bench(formattedDisk());
    bench.superblock.update(stateOf(1));
    bench.superblock.synced(bench.disk.pendingTickets[0]! + 8, IO_OK);
    expect(bench.disk.pendingTickets.length).toBe(1);
    bench.settle();
    expect(bench.durable).toEqual([1]);
  });

  it.each([0, 1, 2, 3])('stops the node when the sync of copy %i fails', (copy) => {
    const bench = new Bench(formattedDisk());
    bench.superblock.update(stateOf(1));
    for (let i = 0; i < copy; i++) bench.sync();
    const { ticket, status } = bench.disk.failSync();
    bench.superblock.synced(ticket, status);
    expect(bench.failure).toMatch(/sync failed/);
    bench.superblock.update(stateOf(2));
    expect(bench.disk.pendingTickets).toEqual([]);
    expect(bench.durable).toEqual([]);
  });

  it('stops the node when a copy cannot be written', () => {
    const bench = new Bench(formattedDisk());
    bench.disk.onWrite = () => IO_ENOSPC;
    bench.superblock.update(stateOf(1));
    expect(bench.failure).toMatch(/write failed/);
  });

  it('asserts that promises never regress', () => {
    const bench = new Bench(formattedDisk(stateOf(5)));
    expect(() => bench.superblock.update(stateOf(4))).toThrow(/view never regresses/);
    expect(() => bench.superblock.update(stateOf(6, { logView: 4 }))).toThrow(/log_view/);
    expect(() => bench.superblock.update(stateOf(6, { logView: 7 }))).toThrow(/at most view/);
    expect(() => bench.superblock.update(stateOf(6, { replica: 2 }))).toThrow(/replica/);
  });
});

describe('superblock: crash at every point of an update, with any copy damaged besides', () => {
  /** Bit i: copy i is damaged. */
  const NONE_OR_ONE = [0, 1, 2, 4, 8];

  function damagedIn(disk: MemoryDisk, copies: number): MemoryDisk {
    for (let i = 0; i < SUPERBLOCK_COPIES; i++)
      if ((copies & (1 << i)) !== 0) disk.corrupt('superblock', i * COPY_BYTES + 64, 1);
    return disk;
  }

  function forEveryCrash(check: (after: MemoryDisk, promised: number) => void): void {
    const bench = new Bench(formattedDisk());
    for (const view of [1, 2]) {
      bench.superblock.update(stateOf(view));
      for (;;) {
        const promised = bench.superblock.durable.view;
        everyCrash(bench.disk, (after) => check(after, promised));
        check(bench.disk.processCrash(), promised);
        if (bench.disk.pendingTickets.length === 0) break;
        bench.sync();
      }
    }
  }

  it('finds the newest durable state or the one being written, never an older one', () => {
    forEveryCrash((after, promised) => {
      for (const copies of NONE_OR_ONE) {
        const outcome = open(damagedIn(after.processCrash(), copies));
        expect(outcome.kind, `damaged ${copies}`).toBe('opened');
        if (outcome.kind !== 'opened') continue;
        expect([promised, promised + 1]).toContain(outcome.state.view);
      }
    });
  });

  it('with any number of copies damaged: the right state, or a refusal; never an older state', () => {
    forEveryCrash((after, promised) => {
      for (let copies = 0; copies < 16; copies++) {
        const outcome = open(damagedIn(after.processCrash(), copies));
        if (outcome.kind === 'opened')
          expect(outcome.state.view, `damaged ${copies}`).toBeGreaterThanOrEqual(promised);
        else expect(outcome.code).toBe('damaged');
      }
    });
  });

  it('with one copy misdirected over another', () => {
    forEveryCrash((after, promised) => {
      for (let from = 0; from < SUPERBLOCK_COPIES; from++)
        for (let to = 0; to < SUPERBLOCK_COPIES; to++) {
          if (from === to) continue;
          const disk = after.processCrash();
          const bytes = disk.bytes('superblock');
          const file = disk.open('superblock');
          disk.write(file, to * COPY_BYTES, bytes, from * COPY_BYTES, COPY_BYTES);
          const outcome = open(disk);
          expect(outcome.kind).toBe('opened');
          if (outcome.kind === 'opened')
            expect(outcome.state.view).toBeGreaterThanOrEqual(promised);
        }
    });
  });

  it('one new and three old copies: the new one is the child of an old one', () => {
    const bench = new Bench(formattedDisk());
    bench.superblock.update(stateOf(1));
    bench.sync();
    const outcome = opened(bench.disk.powerCut(() => 0));
    expect(outcome.state.view).toBe(1);
    expect(outcome.holds).toEqual([true, false, false, false]);
  });

  it('a stray old copy that nobody vouches for is not believed', () => {
    const disk = formattedDisk();
    const stray = disk.bytes('superblock');
    const bench = new Bench(disk);
    for (const view of [1, 2, 3]) {
      bench.superblock.update(stateOf(view));
      bench.settle();
    }
    for (const copy of [0, 1]) disk.corrupt('superblock', copy * COPY_BYTES + 64, 1);
    disk.write(disk.open('superblock'), 2 * COPY_BYTES, stray, 2 * COPY_BYTES, COPY_BYTES);
    expect(open(disk)).toMatchObject({ kind: 'refused', code: 'damaged' });
  });
});
