/** Securing: crash at every point of it, again and again, and lose nothing that was promised. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Prepare } from '../codec/prepare.ts';
import type { Limits } from '../limits.ts';
import { TINY } from '../limits.ts';
import { mark } from '../marks.ts';
import { STEP_MARK, STEP_REPAIRED } from '../observer.ts';
import { IO_EIO, IO_OK } from '../ports.ts';
import { make128, ZERO128 } from '../types/hash128.ts';
import type { SuperblockState } from '../vsr/interfaces.ts';
import { JournalFile } from './journal.ts';
import type { OpenedStorage } from './open-storage.ts';
import { formatStorage, openStorage } from './open-storage.ts';
import { SecureOpening } from './secure.ts';
import { overlaySideFiles, SIDE_PREFIX } from './secure-side.ts';
import { SuperblockFile } from './superblock.ts';
import { superblockCopyBytes } from './superblock-format.ts';
import { everyCrash } from './testing/fates.ts';
import { MINI } from './testing/journal-bench.ts';
import type { Fate, MemoryDisk } from './testing/memory-disk.ts';
import {
  FATE_GARBAGE,
  FATE_NEW,
  FATE_OLD,
  MemoryDisk as Memory,
  runSyncs,
} from './testing/memory-disk.ts';
import { chainOf, hasher, prepareOf, RecordingObserver } from './testing/prepares.ts';
import { stateOf } from './testing/superblocks.ts';
import { JournalRings } from './journal-format.ts';

const LIMITS: Limits = { ...TINY, ...MINI };

const COPY_BYTES = superblockCopyBytes(LIMITS);

/** One opening of a data directory. */
class Opening {
  readonly disk: MemoryDisk;
  readonly observer = new RecordingObserver();
  readonly storage: OpenedStorage;
  readonly journal: JournalFile;
  readonly superblock: SuperblockFile;
  readonly secure: SecureOpening;
  secured = false;
  failure: string | null = null;

  constructor(disk: MemoryDisk, nonce = 1) {
    this.disk = disk;
    const outcome = openStorage(disk, LIMITS, hasher, this.observer);
    if (outcome.kind === 'refused') throw new Error(`refused: ${outcome.detail}`);
    this.storage = outcome;
    const { superblock, rings, recovery, sideFiles, single } = outcome;
    const failed = (reason: string): void => {
      this.failure = reason;
    };
    const ignore = (): void => {};
    const journalListener = { journalDurable: ignore, storageFailed: failed };
    this.journal = new JournalFile(disk, rings, recovery, single, this.observer, journalListener);
    const superblockListener = { superblockDurable: ignore, storageFailed: failed };
    const { observer } = this;
    this.superblock = new SuperblockFile(
      disk,
      LIMITS,
      hasher,
      superblock,
      observer,
      superblockListener,
    );
    this.secure = new SecureOpening({
      disk,
      limits: LIMITS,
      hash: hasher,
      observer,
      superblock,
      rings,
      sideFiles,
      single,
      journal: this.journal,
      nonce: make128(nonce, 0, 0, 0),
      listener: {
        secured: (): void => {
          this.secured = true;
        },
        storageFailed: failed,
      },
    });
  }

  start(): this {
    this.secure.start();
    return this;
  }

  sync(index = 0): void {
    const { ticket, status } = this.disk.completeSync(index);
    this.input(ticket, status);
  }

  failSync(index = 0, fate: Fate = FATE_GARBAGE): void {
    const { ticket, status } = this.disk.failSync(fate, index);
    this.input(ticket, status);
  }

  input(ticket: number, status: number): void {
    this.secure.synced(ticket, status);
    this.journal.synced(ticket, status);
    this.superblock.synced(ticket, status);
  }

  settle(): this {
    runSyncs(this.disk, (ticket, status) => this.input(ticket, status));
    return this;
  }
}

function directory(state: SuperblockState = stateOf(0)): MemoryDisk {
  const disk = new Memory(LIMITS.sectorBytes);
  formatStorage(disk, LIMITS, hasher, state);
  return disk;
}

/** A node that has durably journalled these. */
function directoryWith(prepares: readonly Prepare[], state?: SuperblockState): MemoryDisk {
  const opening = new Opening(directory(state)).start().settle();
  for (const prepare of prepares) opening.journal.append(prepare);
  opening.settle();
  return opening.disk.powerCut(FATE_OLD);
}

function expectAll(disk: MemoryDisk, prepares: readonly Prepare[], nonce = 99): Opening {
  const opening = new Opening(disk, nonce);
  for (const { header } of prepares) {
    expect(opening.journal.present(header.op, header.checksum), `op ${header.op}`).toBe(true);
    expect(opening.journal.read(header.op, header.checksum)?.header).toEqual(header);
  }
  return opening;
}

const CHAIN = chainOf(1, 2);

describe('securing: what it takes', () => {
  it('a fresh directory: four superblock syncs and one of the journal, then it may speak', () => {
    const opening = new Opening(directory()).start();
    opening.settle();
    expect(opening.secured).toBe(true);
    expect(opening.disk.syncs).toBe(5);
    const cut = opening.disk.powerCut(FATE_OLD);
    expect(new Opening(cut).storage.superblock.state).toEqual(stateOf(0));
  });

  it('a directory with ops: three journal syncs beside the four of the superblock', () => {
    const opening = new Opening(directoryWith(CHAIN)).start();
    const before = opening.disk.syncs;
    opening.settle();
    expect(opening.secured).toBe(true);
    expect(opening.disk.syncs - before + 2).toBe(7);
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

  it('keeps two versions in one slot as the two that they are', () => {
    const v1 = prepareOf(1, 1);
    const v2 = prepareOf(1, 2);
    const opening = new Opening(directoryWith([v1])).start().settle();
    opening.journal.append(v2);
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

describe('securing: crashes', () => {
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
    walk(new Opening(directoryWith(CHAIN)).start(), (disk) => {
      crashes += everyCrash(disk, (after) => expectAll(after, CHAIN));
      expectAll(disk.processCrash(), CHAIN);
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
      walk(new Opening(directoryWith(CHAIN), 1).start(), (first) => {
        walk(new Opening(first.powerCut(fate), 2).start(), (second) => {
          for (const again of [FATE_OLD, FATE_GARBAGE]) expectAll(second.powerCut(again), CHAIN, 3);
        });
      });
    }
  });

  it('process crashes in between: side files that only the cache holds are not trusted alone', () => {
    walk(new Opening(directoryWith(CHAIN), 1).start(), (first) => {
      walk(new Opening(first.processCrash(), 2).start(), (second) => {
        for (const fate of [FATE_OLD, FATE_GARBAGE]) expectAll(second.powerCut(fate), CHAIN, 3);
        walk(new Opening(second.processCrash(), 3).start(), (third) => {
          expectAll(third.powerCut(FATE_GARBAGE), CHAIN, 4);
        });
      });
    });
  });

  it('a removed side file that a crash brings back is stale, and is not used', () => {
    const opening = new Opening(directoryWith(CHAIN)).start().settle();
    const newer = prepareOf(2, 7, CHAIN[0]!.header.checksum);
    opening.journal.append(newer);
    opening.settle();
    const disk = opening.disk.powerCut((thing) => (thing.kind === 'entry' ? 0 : 1));
    expect(disk.list(SIDE_PREFIX).length).toBe(1);
    const again = expectAll(disk, [CHAIN[0]!, newer]);
    again.start().settle();
    expect(again.secured).toBe(true);
    expect(again.disk.list(SIDE_PREFIX)).toEqual([]);
  });

  it('a journal torn while being rewritten is read from the side file', () => {
    const opening = new Opening(directoryWith(CHAIN)).start();
    // The side file and the first superblock copy are synced; the journal is being rewritten.
    opening.sync();
    opening.sync();
    const after = opening.disk.powerCut((thing) =>
      thing.name === 'journal' ? thing.outcomes - 1 : 0,
    );
    const rings = new JournalRings(after, LIMITS, hasher, stateOf(0).cluster);
    expect(rings.readPrepare(1)).toBe(null);
    expectAll(after, CHAIN);
  });
});

describe('securing: an opening that crashes again and again', () => {
  type Crash = (disk: MemoryDisk) => MemoryDisk;
  const CRASHES: readonly Crash[] = [
    (disk) => disk.processCrash(),
    (disk) => disk.powerCut(FATE_OLD),
    (disk) => disk.powerCut(FATE_NEW),
    (disk) => disk.powerCut(FATE_GARBAGE),
    // The journal is torn, and of the side files only what was written first survives.
    (disk) =>
      disk.powerCut((thing) => {
        if (thing.name === 'journal') return thing.outcomes - 1;
        return thing.index % 2 === 0 ? 0 : Math.max(0, thing.outcomes - 2);
      }),
  ];

  function expectTwo(disk: MemoryDisk): void {
    const names = disk.list(SIDE_PREFIX);
    expect(names.length, names.join()).toBeLessThanOrEqual(2);
  }

  /** Opens, completes `syncs` syncs of which the one at `failing` fails, and crashes. */
  function openAndCrash(disk: MemoryDisk, nonce: number, plan: Plan): MemoryDisk {
    const opening = expectAll(disk, CHAIN, nonce).start();
    for (let done = 0; done < plan.syncs; done++) {
      const pending = opening.disk.pendingTickets.length;
      if (pending === 0) break;
      // The chain of the superblock was asked for first; it stops the node when it fails.
      const index = plan.backwards ? pending - 1 : 0;
      if (done === plan.failing) opening.failSync(index, plan.fate);
      else opening.sync(index);
      expectTwo(opening.disk);
    }
    const after = CRASHES[plan.crash]!(opening.disk);
    expectTwo(after);
    return after;
  }

  interface Plan {
    readonly syncs: number;
    readonly failing: number;
    readonly backwards: boolean;
    readonly crash: number;
    readonly fate: Fate;
  }

  const plans: fc.Arbitrary<Plan> = fc.record({
    syncs: fc.nat({ max: 9 }),
    failing: fc.oneof(fc.constant(-1), fc.nat({ max: 8 })),
    backwards: fc.boolean(),
    crash: fc.nat({ max: CRASHES.length - 1 }),
    fate: fc.constantFrom(FATE_OLD, FATE_NEW, FATE_GARBAGE),
  });

  it('never leaves more than two side files, and loses nothing', () => {
    const before = directoryWith(CHAIN);
    fc.assert(
      fc.property(fc.array(plans, { minLength: 1, maxLength: 12 }), (crashes) => {
        let disk = before.processCrash();
        crashes.forEach((plan, i) => {
          disk = openAndCrash(disk, i + 1, plan);
        });
        const last = expectAll(disk, CHAIN, 90).start().settle();
        expect(last.secured).toBe(true);
        expect(last.disk.list(SIDE_PREFIX)).toEqual([]);
        expectAll(last.disk.powerCut(FATE_GARBAGE), CHAIN);
        expectTwo(last.disk.powerCut(FATE_OLD));
      }),
      { numRuns: 300 },
    );
  });

  it('two openings, every point of each, every kind of crash', () => {
    const plan = { failing: -1, backwards: true, fate: FATE_OLD };
    const before = directoryWith(CHAIN);
    const depth = (disk: MemoryDisk, nonce: number): void => {
      for (let syncs = 0; syncs <= 5; syncs++) {
        for (let crash = 0; crash < CRASHES.length; crash++) {
          const after = openAndCrash(disk.processCrash(), nonce, { ...plan, syncs, crash });
          if (nonce < 2) depth(after, nonce + 1);
          else expectAll(after, CHAIN, 9);
        }
      }
    };
    depth(before, 1);
  });

  it('a hundred crashes before the first sync: two files, none larger than the first', () => {
    let disk = directoryWith(CHAIN);
    let bytes = 0;
    for (let i = 1; i <= 100; i++) {
      const opening = expectAll(disk, CHAIN, i).start();
      if (i === 1) bytes = opening.disk.bytes(`${SIDE_PREFIX}0`).length;
      for (const name of opening.disk.list(SIDE_PREFIX))
        expect(opening.disk.bytes(name).length).toBe(bytes);
      expect(opening.disk.list(SIDE_PREFIX).length).toBe(i === 1 ? 1 : 2);
      expect(opening.storage.sideFiles.names.length).toBeLessThanOrEqual(2);
      disk = opening.disk.processCrash();
    }
  });

  it('a file half overwritten under its old first sector is not taken for the oldest', () => {
    // The first opening was rewriting slots: the journal is torn, file 0 holds what it held.
    const first = new Opening(directoryWith(CHAIN), 1).start();
    first.sync(1);
    const torn = first.disk.powerCut((thing) =>
      thing.name === 'journal' ? thing.outcomes - 1 : 0,
    );
    // The second syncs file 1, zeroes file 0 in the cache alone, and crashes.
    const second = expectAll(torn, CHAIN, 2).start();
    second.sync(1);
    // The third writes over file 0; of that, the power cut leaves one sector of a record.
    const third = expectAll(second.disk.processCrash(), CHAIN, 3).start();
    expect(third.storage.sideFiles).toMatchObject({ kept: `${SIDE_PREFIX}1`, generation: 3 });
    const mixed = third.disk.powerCut((thing) =>
      thing.name === `${SIDE_PREFIX}0` && thing.index === 1 ? thing.outcomes - 2 : 0,
    );
    // The fourth has to keep file 1, and may lose file 0 altogether.
    const fourth = expectAll(mixed, CHAIN, 4).start();
    expect(fourth.storage.sideFiles).toMatchObject({ kept: `${SIDE_PREFIX}1`, generation: 3 });
    expectAll(fourth.disk.powerCut(FATE_GARBAGE), CHAIN, 5);
  });

  it('rewrites no slot before the file that it kept is zeroed on the platter', () => {
    const first = new Opening(directoryWith(CHAIN), 1).start();
    const second = new Opening(first.disk.processCrash(), 2).start();
    const { kept, own } = second.storage.sideFiles;
    expect([kept, own]).toEqual([`${SIDE_PREFIX}0`, `${SIDE_PREFIX}1`]);
    const rewritten: boolean[] = [];
    second.disk.onWrite = (name): number => {
      if (name !== 'journal') return IO_OK;
      rewritten.push(second.disk.exists(kept!));
      return IO_OK;
    };
    second.sync(1);
    expect(rewritten).toEqual([]);
    expect(second.disk.bytes(kept!).subarray(0, 64)).toEqual(new Uint8Array(64));
    // A failed sync of the zeroing is tried again before anything else.
    second.failSync(1);
    expect(rewritten).toEqual([]);
    second.settle();
    expect(second.secured).toBe(true);
    expect(rewritten.length).toBeGreaterThan(0);
    expect(rewritten.includes(true)).toBe(false);
  });

  it('reads more than two, should they be there, and leaves none', () => {
    const opening = new Opening(directoryWith(CHAIN), 1).start();
    const bytes = opening.disk.bytes(`${SIDE_PREFIX}0`);
    const disk = opening.disk.processCrash();
    for (const name of ['7', '10', 'x'])
      disk.write(disk.open(`${SIDE_PREFIX}${name}`), 0, bytes, 0, bytes.length);
    const again = expectAll(disk, CHAIN, 2).start().settle();
    expect(again.secured).toBe(true);
    expect(again.disk.list(SIDE_PREFIX)).toEqual([]);
    expectAll(again.disk.powerCut(FATE_OLD), CHAIN, 3);
  });
});

describe('securing: a disk that fails', () => {
  it('tries again, from memory, after a failed sync of the journal', () => {
    for (let round = 0; round < 3; round++) {
      const opening = new Opening(directoryWith(CHAIN)).start();
      for (let done = 0; done < round; done++) {
        opening.sync();
        opening.sync();
      }
      // The journal's chain is the one asked for second in every round.
      opening.failSync(1);
      opening.settle();
      expect(opening.failure).toBe(null);
      expect(opening.secured).toBe(true);
      expectAll(opening.disk.powerCut(FATE_OLD), CHAIN);
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
    const disk = directoryWith(CHAIN);
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
