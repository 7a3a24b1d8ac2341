/** Securing: crash at every point of it, again and again, and lose nothing that was promised. */
import { describe, expect, it } from 'vitest';
import { mark } from '../marks.ts';
import { DAMAGE_SLOT, STEP_DAMAGE, STEP_MARK, STEP_REPAIRED } from '../observer.ts';
import { IO_EIO, IO_OK } from '../ports.ts';
import { ZERO128 } from '../types/hash128.ts';
import { openStorage } from './open-storage.ts';
import { overlaySideFiles, SIDE_PREFIX } from './secure-side.ts';
import { superblockCopyBytes } from './superblock-format.ts';
import { everyCrash } from './testing/fates.ts';
import type { MemoryDisk } from './testing/memory-disk.ts';
import { FATE_GARBAGE, FATE_OLD, MemoryDisk as Memory } from './testing/memory-disk.ts';
import { chainOf, hasher, prepareOf, RecordingObserver, SHORT_BODY } from './testing/prepares.ts';
import { stateOf } from './testing/superblocks.ts';
import { JournalRings } from './journal-format.ts';
import {
  CHAIN,
  CHAINS,
  directory,
  directoryWith,
  expectAll,
  LIMITS,
  Opening,
} from './testing/openings.ts';

const WHOLE = CHAINS[1]![1];
const COPY_BYTES = superblockCopyBytes(LIMITS);

describe('securing: what it takes', () => {
  it('a fresh directory: five superblock syncs and one of the journal, then it may speak', () => {
    const opening = new Opening(directory()).start();
    opening.settle();
    expect(opening.secured).toBe(true);
    expect(opening.disk.syncs).toBe(6);
    const cut = opening.disk.powerCut(FATE_OLD);
    expect(new Opening(cut).storage.superblock.state).toEqual(stateOf(0));
  });

  it('a directory with ops: three journal syncs beside the five of the superblock', () => {
    const opening = new Opening(directoryWith(CHAIN)).start();
    const before = opening.disk.syncs;
    opening.settle();
    expect(opening.secured).toBe(true);
    expect(opening.disk.syncs - before + 2).toBe(8);
    expect(opening.disk.list(SIDE_PREFIX)).toEqual([]);
    expectAll(opening.disk.powerCut(FATE_OLD), CHAIN);
  });

  it('copies nothing that the checkpoint covers', () => {
    const checkpoint = { ...stateOf(0).checkpoint, op: 4 };
    const disk = directoryWith(CHAIN);
    const opening = new Opening(disk).start().settle();
    opening.superblock.update(stateOf(1, { checkpoint }));
    opening.settle();
    const again = new Opening(opening.disk).start();
    expect(again.disk.list(SIDE_PREFIX)).toEqual([]);
    again.settle();
    expect(again.secured).toBe(true);
  });

  it('makes the page cache durable: a process crash, an opening, then a power cut', () => {
    const opening = new Opening(directory()).start().settle();
    for (const prepare of CHAIN) opening.journal.append(prepare);
    // Nothing of this is synced; the restarted process reads it from the cache.
    const restarted = expectAll(opening.disk.processCrash(), CHAIN).start();
    restarted.settle();
    expectAll(restarted.disk.powerCut(FATE_OLD), CHAIN);
  });

  it('rewrites what a failed sync left in the cache as if it were clean', () => {
    const opening = new Opening(directory()).start().settle();
    opening.journal.append(CHAIN[0]!);
    opening.journal.flush();
    opening.disk.failSync(FATE_OLD);
    const restarted = expectAll(opening.disk.processCrash(), CHAIN.slice(0, 1)).start();
    restarted.settle();
    expectAll(restarted.disk.powerCut(FATE_OLD), CHAIN.slice(0, 1));
  });

  it('writes a missing header below the first torn op, and none above it', () => {
    const chain = chainOf(1, 3);
    const opening = new Opening(directory()).start().settle();
    for (const prepare of chain) opening.journal.append(prepare);
    // Op 2 is torn; 1 and 3 are whole; no header was written.
    const disk = opening.disk.powerCut((thing) => (thing.index === 2 ? thing.outcomes - 1 : 1));
    const restarted = new Opening(disk).start();
    expect(restarted.journal.durable(1, chain[0]!.header.checksum)).toBe(false);
    restarted.settle();
    expect(restarted.journal.durable(1, chain[0]!.header.checksum)).toBe(true);
    expect(restarted.journal.durable(3, chain[2]!.header.checksum)).toBe(false);
    const again = new Opening(restarted.disk.powerCut(FATE_OLD));
    expect(again.journal.headCertain).toBe(true);
    expect(again.journal.tornMin).toBe(2);
    expect(again.journal.durable(1, chain[0]!.header.checksum)).toBe(true);
  });

  it('a whole prepare above a torn op stays whole, and proves no more than before', () => {
    const chain = chainOf(1, 3, 0, ZERO128, SHORT_BODY);
    const opening = new Opening(directory()).start().settle();
    for (const prepare of chain) opening.journal.append(prepare);
    const disk = opening.disk.powerCut(({ index, outcomes }) =>
      index === 2 || index === 6 ? outcomes - 1 : 1,
    );
    const restarted = new Opening(disk).start().settle();
    expect(restarted.journal.tornMin).toBe(2);
    const again = new Opening(restarted.disk.powerCut(FATE_OLD));
    expect(again.journal.tornMin).toBe(2);
    expect(again.journal.headCertain).toBe(true);
    expect([...again.journal.table.headerWhole]).toEqual([0, 1, 0, 1]);
  });

  it('what a whole prepare gave to the prepare ring is written there', () => {
    const disk = directoryWith(WHOLE);
    disk.corrupt('journal', LIMITS.prepareBytesMax + 100, 1);
    const opening = new Opening(disk).start().settle();
    expect(opening.observer.of(STEP_REPAIRED)).toMatchObject([{ a: DAMAGE_SLOT, b: 1 }]);
    const again = new Opening(opening.disk.powerCut(FATE_OLD));
    expect(again.observer.of(STEP_DAMAGE)).toEqual([]);
    expectAll(opening.disk.powerCut(FATE_OLD), WHOLE);
  });

  it('a read that goes astray while the slots are collected begins no writing of its own', () => {
    const disk = directoryWith(WHOLE);
    const opening = new Opening(disk);
    // A short read is tried once more, of one sector.
    let astray = 2;
    disk.onRead = (name, offset) => {
      const hit = name === 'journal' && offset === LIMITS.prepareBytesMax && astray-- > 0;
      return hit ? IO_EIO : IO_OK;
    };
    opening.start().settle();
    expect(astray).toBeLessThan(1);
    expect(opening.secured).toBe(true);
    expect(opening.observer.of(STEP_DAMAGE)).toMatchObject([{ a: DAMAGE_SLOT, b: 1 }]);
    expect(opening.observer.of(STEP_REPAIRED)).toMatchObject([{ a: DAMAGE_SLOT, b: 1 }]);
    expectAll(opening.disk.powerCut(FATE_OLD), WHOLE);
  });

  it('keeps two versions in one slot as the two that they are', () => {
    const v1 = prepareOf(1, 1);
    const v2 = prepareOf(1, 2);
    const opening = new Opening(directoryWith([v1])).start().settle();
    opening.journal.append(v2);
    opening.journal.flush();
    opening.sync();
    const disk = opening.disk.powerCut(FATE_OLD);
    const restarted = new Opening(disk).start().settle();
    const again = new Opening(restarted.disk.powerCut(FATE_OLD));
    expect(again.journal.faulty(1)).toBe(true);
    for (const header of [v1.header, v2.header]) expect(again.journal.nack(1, header)).toBe(false);
  });

  it('repairs damaged superblock copies and reports it', () => {
    const disk = directoryWith([]);
    disk.corrupt('superblock', COPY_BYTES + 70, 1);
    const opening = new Opening(disk).start().settle();
    expect(opening.observer.of(STEP_REPAIRED).length).toBe(1);
    expect(opening.observer.marked(mark('superblock_copy_repaired'), STEP_MARK)).toBe(true);
    const again = new Opening(opening.disk.powerCut(FATE_OLD));
    expect(again.storage.superblock.holds).toEqual([true, true, true, true]);
  });

  it('a damaged slot stays damaged: its header is what is secured', () => {
    const disk = directoryWith(CHAIN);
    disk.corrupt('journal', LIMITS.prepareBytesMax + 100, 1);
    const opening = new Opening(disk).start().settle();
    const again = new Opening(opening.disk.powerCut(FATE_OLD));
    expect(again.journal.faulty(1)).toBe(true);
    expect(again.journal.nack(1, null)).toBe(false);
  });
});

describe.each(CHAINS)('securing: crashes, %s', (_, chain) => {
  /** Runs `opening` to its end, calling `at` before every sync. */
  function walk(opening: Opening, at: (disk: MemoryDisk) => void): void {
    for (;;) {
      at(opening.disk);
      if (opening.disk.pendingTickets.length === 0) return;
      opening.sync();
    }
  }

  it('power cut at every point, every subset: every op that was durable is there', () => {
    let crashes = 0;
    walk(new Opening(directoryWith(chain)).start(), (disk) => {
      crashes += everyCrash(disk, (after) => expectAll(after, chain));
      expectAll(disk.processCrash(), chain);
    });
    expect(crashes).toBeGreaterThan(100);
  });

  it('never has fewer witnesses of the superblock than before: damaged copies are written first', () => {
    for (const [x, y] of [
      [0, 1],
      [1, 2],
      [2, 3],
      [0, 3],
    ]) {
      const disk = directoryWith([]);
      for (const copy of [x!, y!]) disk.corrupt('superblock', copy * COPY_BYTES + 70, 1);
      walk(new Opening(disk).start(), (now) => {
        const again = new Opening(now.powerCut(FATE_GARBAGE));
        expect(again.storage.superblock.state).toEqual(stateOf(0));
      });
    }
  });

  it('a crash, and another while securing what the first one left', () => {
    for (const fate of [FATE_OLD, FATE_GARBAGE, (): number => 1]) {
      walk(new Opening(directoryWith(chain), 1).start(), (first) => {
        walk(new Opening(first.powerCut(fate), 2).start(), (second) => {
          for (const again of [FATE_OLD, FATE_GARBAGE]) expectAll(second.powerCut(again), chain, 3);
        });
      });
    }
  });

  it('process crashes in between: side files that only the cache holds are not trusted alone', () => {
    walk(new Opening(directoryWith(chain), 1).start(), (first) => {
      walk(new Opening(first.processCrash(), 2).start(), (second) => {
        for (const fate of [FATE_OLD, FATE_GARBAGE]) expectAll(second.powerCut(fate), chain, 3);
        walk(new Opening(second.processCrash(), 3).start(), (third) => {
          expectAll(third.powerCut(FATE_GARBAGE), chain, 4);
        });
      });
    });
  });

  it('a removed side file that a crash brings back is stale, and is not used', () => {
    const opening = new Opening(directoryWith(chain)).start().settle();
    const newer = prepareOf(2, 7, chain[0]!.header.checksum);
    opening.journal.append(newer);
    opening.settle();
    const disk = opening.disk.powerCut((thing) => (thing.kind === 'entry' ? 0 : 1));
    expect(disk.list(SIDE_PREFIX).length).toBe(1);
    const again = expectAll(disk, [chain[0]!, newer]);
    again.start().settle();
    expect(again.secured).toBe(true);
    expect(again.disk.list(SIDE_PREFIX)).toEqual([]);
  });

  it('a journal torn while being rewritten is read from the side file', () => {
    const opening = new Opening(directoryWith(chain)).start();
    // The side file and the first superblock copy are synced; the journal is being rewritten.
    opening.sync();
    opening.sync();
    const after = opening.disk.powerCut((thing) =>
      thing.name === 'journal' ? thing.outcomes - 1 : 0,
    );
    const rings = new JournalRings(after, LIMITS, hasher, stateOf(0).cluster);
    expect(rings.readPrepare(1)).toBe(null);
    expectAll(after, chain);
  });
});

describe.each(CHAINS)('securing: a disk that fails, %s', (_, chain) => {
  it('tries again, from memory, after a failed sync of the journal', () => {
    for (let round = 0; round < 3; round++) {
      const opening = new Opening(directoryWith(chain)).start();
      for (let done = 0; done < round; done++) {
        opening.sync();
        opening.sync();
      }
      // The journal's chain is the one asked for second in every round.
      opening.failSync(1);
      opening.settle();
      expect(opening.failure).toBe(null);
      expect(opening.secured).toBe(true);
      expectAll(opening.disk.powerCut(FATE_OLD), chain);
    }
  });

  it('stops on a failed sync of the superblock', () => {
    const opening = new Opening(directory()).start();
    opening.failSync(0);
    expect(opening.failure).toMatch(/superblock/);
    opening.settle();
    expect(opening.secured).toBe(false);
  });

  it('stops when the journal cannot be written', () => {
    const disk = directoryWith(chain);
    disk.onWrite = (name) => (name.startsWith('journal') ? IO_EIO : IO_OK);
    const opening = new Opening(disk).start();
    expect(opening.failure).toMatch(/cannot be written/);
  });

  it('a single replica stops on any failed sync', () => {
    const disk = directoryWith([], stateOf(0, { replica: 0, replicaCount: 1 }));
    const opening = new Opening(disk).start();
    opening.failSync(1);
    expect(opening.failure).toMatch(/sync failed/);
  });
});

describe('opening: refusals', () => {
  it('names a missing journal and a directory without superblock', () => {
    const disk = directory();
    disk.remove('journal');
    const observer = new RecordingObserver();
    expect(openStorage(disk, LIMITS, hasher, observer)).toMatchObject({ code: 'size' });
    const empty = new Memory(512);
    expect(openStorage(empty, LIMITS, hasher, observer)).toMatchObject({ code: 'missing' });
    expect(empty.list('')).toEqual([]);
  });

  it('passes over a damaged side file, byte by byte', () => {
    const opening = new Opening(directoryWith(CHAIN)).start();
    const name = opening.disk.list(SIDE_PREFIX)[0]!;
    const valid = opening.disk.bytes(name);
    const expected = new Map(CHAIN.map(({ header, bytes }) => [header.op % 4, bytes]));
    for (let at = 0; at < valid.length; at += 3) {
      const disk = opening.disk.processCrash();
      disk.corrupt(name, at, 1);
      const rings = new JournalRings(disk, LIMITS, hasher, stateOf(0).cluster);
      overlaySideFiles(disk, LIMITS, hasher, rings);
      rings.prepareOverlay.forEach((bytes, slot) => {
        if (bytes !== null) expect(bytes).toEqual(expected.get(slot));
      });
    }
  });

  it('uses the sync target as its base while a state sync is under way', () => {
    const target = { op: 8, head: ZERO128, timestamp: 1, rootPage: 0, root: ZERO128 };
    const disk = directory(stateOf(0, { syncTarget: target }));
    expect(new Opening(disk).journal.table.checkpoint).toBe(8);
  });
});
