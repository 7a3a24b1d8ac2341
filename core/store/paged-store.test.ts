/**
 * The page layer: what a checkpoint may touch, what survives, what damage does, and that pages are
 * a function of the log alone.
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { checksum128 } from '../crypto/blake3.ts';
import type { Limits } from '../limits.ts';
import { TINY } from '../limits.ts';
import { IO_EIO, IO_ENOSPC } from '../ports.ts';
import { FATE_GARBAGE, FATE_OLD, MemoryDisk } from '../storage/testing/memory-disk.ts';
import type { Hash128 } from '../types/hash128.ts';
import { ZERO128, equal128, make128 } from '../types/hash128.ts';
import { Allocator } from './allocator.ts';
import { PagedStore, storeFileName } from './paged-store.ts';
import type { RootRef } from './save-root.ts';
import { RELIEF_DONE, RELIEF_MORE, RELIEF_NONE } from './save.ts';
import { NEEDS, PRESENT } from './store.ts';

const CLUSTER = make128(1, 2, 3, 4);
const EMPTY: RootRef = { page: 0, checksum: ZERO128 };
const PAGE = TINY.pageBytes;

interface Lost {
  readonly tenant: number;
  readonly page: number;
  readonly checksum: Hash128;
}

/** A replica's store, driven by ops: op n puts a few records that depend on n alone. */
class Machine {
  disk: MemoryDisk;
  store: PagedStore;
  op: number;
  readonly lost: Lost[] = [];
  readonly allocated: string[] = [];
  /** How often changes were written before their checkpoint. */
  relieved = 0;
  /** Written early in one slice. */
  slice: number = Number.POSITIVE_INFINITY;
  #ticket = 0;

  constructor(
    disk = new MemoryDisk(TINY.sectorBytes),
    root = EMPTY,
    op = 0,
    limits: Limits = TINY,
  ) {
    this.disk = disk;
    this.op = op;
    const next = (): number => (this.#ticket += 8);
    this.store = new PagedStore(disk, limits, { checksum128 }, CLUSTER, next, {
      pageDamaged: (tenant, page, checksum) => this.lost.push({ tenant, page, checksum }),
      pageAllocated: (tenant, page) => this.allocated.push(`${tenant}/${page}`),
    });
    this.store.open(root);
  }

  put(tenant: number, key: Uint8Array, value: Uint8Array): boolean {
    if (!this.store.touchDirectory(0, 0) || !this.store.touchDirectory(tenant, 0)) return false;
    if (this.store.touch(tenant, key, 0, key.length) === NEEDS) return false;
    this.store.put(tenant, key, 0, key.length, value, 0, value.length);
    return true;
  }

  /** Applies the next op; false when a page is needed first. */
  apply(): boolean {
    const op = this.op + 1;
    const value = new Uint8Array(40 + ((op * 53) % 300)).fill(op);
    const tenant = op % 3;
    const fresh = Uint8Array.of(20, op >> 8, op, tenant);
    const shared = Uint8Array.of(19, op % 7);
    const long = new Uint8Array(1500 + op).fill(op);
    if (this.store.touch(tenant, fresh, 0, 4) === NEEDS) return false;
    if (this.store.touch(tenant, shared, 0, 2) === NEEDS) return false;
    if (!this.put(tenant, fresh, value) || !this.put(tenant, shared, op % 5 === 0 ? long : value)) {
      return false;
    }
    this.op = op;
    // Every few ops that is so much that it is written early.
    let relief = this.store.relieve(op, this.slice);
    while (relief === RELIEF_MORE) relief = this.store.relieve(op, this.slice);
    if (relief === RELIEF_DONE) {
      this.relieved += 1;
      this.store.sync();
    }
    return true;
  }

  /** Applies up to and including op `to`, with checkpoints in between. Returns the last root. */
  run(to: number): RootRef {
    let root = this.store.rootRef;
    while (this.op < to) {
      expect(this.apply()).toBe(true);
      if (this.op % TINY.checkpointInterval === 0) {
        root = this.checkpoint();
        this.flush();
      }
    }
    return root;
  }

  checkpoint(): RootRef {
    const root = this.store.checkpoint({ op: this.op, timestamp: this.op * 10, head: ZERO128 });
    this.store.sync();
    return root;
  }

  flush(): void {
    while (this.disk.pendingTickets.length > 0) {
      const done = this.disk.completeSync();
      this.store.synced(done.ticket, done.status);
    }
    expect(this.store.durable).toBe(true);
  }

  /** Every page below a root, as `tenant/page`, proven. */
  pages(root: RootRef): Map<string, Lost> {
    const found = new Map<string, Lost>();
    const probe = new Machine(this.disk, root);
    const real = probe.store.readPage.bind(probe.store);
    probe.store.readPage = (tenant, page, checksum, into) => {
      found.set(`${tenant}/${page}`, { tenant, page, checksum });
      return real(tenant, page, checksum, into);
    };
    for (let tenant = 0; tenant >= 0; tenant = probe.store.tenantAfter(tenant)) {
      const low = Uint8Array.of(0);
      let state = probe.store.seek(tenant, low, 0, 1, false);
      while (state === PRESENT) state = probe.store.next();
      expect(state).not.toBe(NEEDS);
    }
    expect(probe.lost).toEqual([]);
    return found;
  }

  files(): Map<string, string> {
    const names = this.disk.list('tenants/');
    return new Map(names.map((name) => [name, Buffer.from(this.disk.bytes(name)).toString('hex')]));
  }
}

let m: Machine;
beforeEach(() => {
  m = new Machine();
});

describe('checkpoint', () => {
  test('never touches a page of the checkpoint before it', () => {
    let before = new Map<string, Lost>();
    for (let round = 1; round <= 30; round += 1) {
      m.allocated.length = 0;
      const root = m.run(round * TINY.checkpointInterval);
      for (const page of m.allocated)
        expect(before.has(page), `${page} in round ${round}`).toBe(false);
      before = m.pages(root);
    }
  });

  test('reuses superseded pages: a file does not grow with every checkpoint', () => {
    const key = Uint8Array.of(19, 1);
    const sizes: number[] = [];
    for (let round = 0; round < 40; round += 1) {
      expect(m.put(1, key, new Uint8Array(100).fill(round))).toBe(true);
      m.op += TINY.checkpointInterval;
      m.checkpoint();
      m.flush();
      sizes.push(m.disk.bytes(storeFileName(1)).length);
    }
    expect(sizes[39]).toBe(sizes[5]);
  });

  test('survives a power cut at any time before the next: unsynced pages old, or garbage', () => {
    for (const fate of [FATE_OLD, FATE_GARBAGE]) {
      const machine = new Machine();
      const root = machine.run(5 * TINY.checkpointInterval);
      const hash = machine.store.stateHashA;
      for (let i = 0; i < TINY.checkpointInterval; i += 1) machine.apply();
      machine.checkpoint();
      const after = new Machine(machine.disk.powerCut(fate), root);
      expect(after.store.ready()).toBe(true);
      expect(after.store.stateHashA).toBe(hash);
      after.pages(root);
    }
  });

  test('many changes between two checkpoints take no more memory, and no more room, than some', () => {
    const key = (i: number): Uint8Array => Uint8Array.of(19, i >> 8, i);
    const value = new Uint8Array(200);
    const interval = (from: number): void => {
      for (let op = from + 1; op <= from + TINY.checkpointInterval; op += 1) {
        for (let i = 0; i < 400; i += 1) {
          m.store.rest();
          m.put(1, key(i), value.fill(op + i));
          if (m.store.relieve(op, Number.POSITIVE_INFINITY) === RELIEF_NONE) continue;
          expect(m.store.cachedPages).toBeLessThanOrEqual(TINY.storeCachePages + 4);
          m.store.sync();
          m.flush();
          expect(m.store.crowded).toBe(false);
        }
      }
      m.op = from + TINY.checkpointInterval;
      m.checkpoint();
      m.flush();
    };
    const pages = (): number => m.store.tenant(1)!.allocator.pageCount;
    for (let from = 0; from < 40; from += TINY.checkpointInterval) interval(from);
    const before = pages();
    for (let from = 40; from < 120; from += TINY.checkpointInterval) interval(from);
    // Pages that no checkpoint has are written over at once.
    expect(pages()).toBeLessThan(before * 1.2);
    for (let i = 0; i < 400; i += 1) {
      expect(m.store.get(1, key(i), 0, 3)).toBe(PRESENT);
      expect(m.store.value[m.store.valueFrom]).toBe((120 + i) & 0xff);
    }
  });

  test('is equal, byte for byte, on a replica that restarted on the way', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }),
        (legs) => {
          const steady = new Machine();
          // What it has in memory differs, too.
          let other = new Machine(undefined, EMPTY, 0, { ...TINY, storeCachePages: 13 });
          let op = 0;
          let root = EMPTY;
          for (const leg of legs) {
            const to = op + leg * TINY.checkpointInterval;
            // Runs ahead past its checkpoint, and forgets: those ops are applied again.
            root = other.run(to);
            for (let i = 0; i < 3; i += 1) other.apply();
            other = new Machine(other.disk.powerCut(FATE_OLD), root, to);
            expect(steady.run(to)).toEqual(root);
            op = to;
          }
          expect(other.run(op + 16)).toEqual(steady.run(op + 16));
          expect(other.files()).toEqual(steady.files());
          expect(other.relieved).toBeGreaterThan(0);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('is equal, byte for byte, in whatever slices it is written early', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), (pages) => {
        const steady = new Machine();
        const other = new Machine();
        other.slice = pages;
        const to = 4 * TINY.checkpointInterval;
        expect(other.run(to)).toEqual(steady.run(to));
        expect(other.files()).toEqual(steady.files());
        expect(other.relieved).toBeGreaterThan(0);
      }),
      { numRuns: 9 },
    );
  });

  test('leaves little for a checkpoint to write at once', () => {
    m.run(TINY.checkpointInterval - 1);
    m.apply();
    expect(m.store.dirtyPages).toBeLessThanOrEqual(TINY.storeDirtyPagesMax >> 3);
  });

  test('root, state hash, tenants and logs come back after reopening', () => {
    m.run(8);
    const head = new Uint8Array(32).fill(9);
    m.store.touchDirectory(1, 2);
    m.store.setLog(1, 11, head);
    m.store.putSegment(1, 0, new Uint8Array(32).fill(5));
    const root = m.run(16);
    const again = new Machine(m.disk, root, 16);
    expect(again.store.ready()).toBe(true);
    expect(again.store.root).toMatchObject({ op: 16, timestamp: 160, cluster: CLUSTER });
    expect(again.store.tenant(1)!.record.logEntries).toBe(11);
    expect(again.store.tenant(1)!.record.logHead).toEqual(head);
    const segment = new Uint8Array(32);
    expect(again.store.segmentRoot(1, 0, segment)).toBe(PRESENT);
    expect(segment[0]).toBe(5);
    expect([
      again.store.tenantAfter(0),
      again.store.tenantAfter(1),
      again.store.tenantAfter(2),
    ]).toEqual([1, 2, -1]);
    expect(again.store.stateHashA).toBe(m.store.stateHashA);
    expect(again.store.stateHashB).toBe(m.store.stateHashB);
  });

  test('a free list too long for its page goes to a chain, in the root and in the directory', () => {
    const tenants = [0, 1];
    const key = (i: number): Uint8Array => Uint8Array.of(19, i >> 8, i);
    const big = new Uint8Array(900);
    for (let i = 0; i < 600; i += 1) for (const t of tenants) m.put(t, key(i), big.fill(i));
    m.op = 8;
    m.checkpoint();
    m.flush();
    for (let i = 0; i < 600; i += 1) {
      for (const t of tenants) {
        m.store.touch(t, key(i), 0, 3);
        m.store.touchDirectory(t, 0);
        m.store.delete(t, key(i), 0, 3);
      }
    }
    m.op = 16;
    const root = m.checkpoint();
    m.flush();
    const again = new Machine(m.disk, root, 16);
    expect(again.store.ready()).toBe(true);
    expect(again.store.root!.chainPage).not.toBe(0);
    expect(m.store.stateHashA).toBe(0);
    expect(again.run(80)).toEqual(m.run(80));
    m.pages(m.store.rootRef);
  });

  test('a thousand tenants cost what changed', () => {
    const limits = { ...TINY, tenantsMax: 2000, pageBytes: 4096 };
    const machine = new Machine(new MemoryDisk(512), EMPTY, 0, limits);
    const value = new Uint8Array(50);
    for (let tenant = 1; tenant <= 1000; tenant += 1)
      machine.put(tenant, Uint8Array.of(19, 1), value);
    machine.op = 8;
    const root = machine.checkpoint();
    machine.flush();
    const again = new Machine(machine.disk, root, 8, limits);
    again.disk.writes = 0;
    again.put(777, Uint8Array.of(19, 2), value);
    again.op = 16;
    again.checkpoint();
    expect(again.disk.writes).toBeLessThan(6);
    let count = 0;
    for (let t = again.store.tenantAfter(0); t > 0; t = again.store.tenantAfter(t)) count += 1;
    expect(count).toBe(1000);
  });
});

describe('the cache', () => {
  test('holds no more than its limit and the path walked last, whatever is read', () => {
    const limits = { ...TINY, storeCachePages: 20 };
    const machine = new Machine(new MemoryDisk(512), EMPTY, 0, limits);
    const key = new Uint8Array(5).fill(19);
    for (let i = 0; i < 2000; i += 1) {
      key[3] = i >> 8;
      key[4] = i & 0xff;
      machine.put(1, key, new Uint8Array(60));
    }
    machine.op = 8;
    machine.checkpoint();
    machine.flush();
    const { store } = machine;
    expect(store.cachedPages).toBeGreaterThan(100);
    let count = 0;
    for (let found = store.seek(1, Uint8Array.of(19), 0, 1, false); found === PRESENT;) {
      count += 1;
      store.rest();
      expect(store.cachedPages).toBeLessThanOrEqual(20);
      found = store.next();
    }
    expect(count).toBe(2000);
  });
});

describe('damage', () => {
  test('of any page ends a read or a put with "needs", and is mended by the right bytes alone', () => {
    const root = m.run(7 * TINY.checkpointInterval);
    const pages = [...m.pages(root).values()];
    const clean = m.disk;
    fc.assert(
      fc.property(fc.nat(pages.length - 1), fc.nat(PAGE - 1), (which, at) => {
        const { tenant, page, checksum } = pages[which]!;
        const disk = clean.processCrash();
        const offset = (page - 1) * PAGE;
        const good = disk.bytes(storeFileName(tenant)).slice(offset, offset + PAGE);
        disk.corrupt(storeFileName(tenant), offset + at, 1);
        const machine = new Machine(disk, root, m.op);
        const steady = new Machine(clean.processCrash(), root, m.op);
        for (let tries = 0; machine.op < m.op + 8;) {
          if (machine.apply()) continue;
          const lost = machine.lost.splice(0);
          expect(lost.length).toBeGreaterThan(0);
          for (const l of lost) expect([l.tenant, l.page]).toEqual([tenant, page]);
          expect(equal128(lost[0]!.checksum, checksum)).toBe(true);
          const bad = machine.disk.bytes(storeFileName(tenant)).slice(offset, offset + PAGE);
          expect(machine.store.proves(bad, tenant, page, checksum)).toBe(false);
          expect(machine.store.proves(good, tenant, page, checksum)).toBe(true);
          machine.store.repair(tenant, page, good);
          machine.flush();
          tries += 1;
          expect(tries).toBeLessThan(3);
        }
        expect(machine.checkpoint()).toEqual(steady.run(m.op + 8));
      }),
      { numRuns: 150 },
    );
  });

  test('a page in the place of another, or of another tenant, is damage', () => {
    const root = m.run(24);
    const [first, second] = [...m.pages(root).values()].filter((p) => p.tenant === 1);
    const image = new Uint8Array(PAGE);
    expect(m.store.readPage(1, first!.page, first!.checksum, image)).toBe(true);
    expect(m.store.proves(image, 1, second!.page, first!.checksum)).toBe(false);
    expect(m.store.proves(image, 2, first!.page, first!.checksum)).toBe(false);
    expect(m.store.proves(image.subarray(0, PAGE - 1), 1, first!.page, first!.checksum)).toBe(
      false,
    );
  });

  test('a device error is damage too', () => {
    const root = m.run(24);
    m.disk.onRead = () => IO_EIO;
    const machine = new Machine(m.disk, root, 24);
    expect(machine.store.ready()).toBe(false);
    expect(machine.lost).toMatchObject([{ tenant: 0, page: root.page }]);
  });
});

describe('syncs', () => {
  test('after a failed one every page is written again, though a next one says it is well', () => {
    m.run(16);
    for (let i = 0; i < TINY.checkpointInterval; i += 1) m.apply();
    const root = m.checkpoint();
    while (m.disk.pendingTickets.length > 0) {
      const failed = m.disk.failSync(FATE_OLD);
      const written = m.disk.writes;
      expect(m.store.synced(failed.ticket, failed.status)).toBe(true);
      expect(m.disk.writes).toBeGreaterThan(written);
      expect(m.store.durable).toBe(false);
      const good = m.disk.completeSync(m.disk.pendingTickets.length - 1);
      expect(m.store.synced(good.ticket, good.status)).toBe(true);
    }
    expect(m.store.durable).toBe(true);
    expect(m.store.syncFailures).toBeGreaterThan(0);
    m.disk = m.disk.powerCut(FATE_OLD);
    m.pages(root);
  });

  test('a full disk leaves pages unwritten, readable, and written on retry', () => {
    m.run(16);
    m.disk.onWrite = () => IO_ENOSPC;
    for (let i = 0; i < TINY.checkpointInterval; i += 1) m.apply();
    const root = m.checkpoint();
    expect(m.store.stalled).toBe(true);
    expect(m.disk.pendingTickets).toEqual([]);
    const image = new Uint8Array(PAGE);
    expect(m.store.readPage(0, root.page, root.checksum, image)).toBe(true);
    m.store.retry();
    expect(m.store.stalled).toBe(true);
    m.disk.onWrite = null;
    m.store.retry();
    expect(m.store.stalled).toBe(false);
    m.flush();
    m.pages(root);
  });

  test('what rots before it is synced is mended from memory', () => {
    m.run(16);
    for (let i = 0; i < TINY.checkpointInterval; i += 1) m.apply();
    const root = m.checkpoint();
    m.disk.corrupt(storeFileName(0), (root.page - 1) * PAGE + 3, 1);
    const image = new Uint8Array(PAGE);
    expect(m.store.readPage(0, root.page, root.checksum, image)).toBe(true);
    expect(m.lost).toEqual([]);
  });
});

describe('allocator', () => {
  const distance = TINY.journalSlots - TINY.pipelineMax - TINY.checkpointInterval + 1;

  test('gives a page back from op k - interval + slots - pipeline + 1 on, and not before', () => {
    const allocator = new Allocator(TINY);
    const page = allocator.allocate(8);
    allocator.seal(8);
    allocator.supersede(page);
    allocator.seal(16);
    expect(allocator.allocate(16 + distance - 1)).toBe(page + 1);
    expect(allocator.allocate(16 + distance)).toBe(page);
  });

  test('its list survives encoding; noise is refused quietly', () => {
    const allocator = new Allocator(TINY);
    for (let op = 8; op < 200; op += 8) {
      const pages = [allocator.allocate(op), allocator.allocate(op), allocator.allocate(op)];
      for (const page of pages) if (page % 3 !== 0) allocator.supersede(page);
      allocator.seal(op);
    }
    const bytes = new Uint8Array(allocator.encodedBytesMax);
    const end = allocator.encode(bytes, 0);
    const again = new Allocator(TINY);
    expect(again.decode(bytes, 0, end, allocator.pageCount)).toBe(end);
    for (let op = 208; op < 300; op += 8) expect(again.allocate(op)).toBe(allocator.allocate(op));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (noise) => {
        new Allocator(TINY).decode(noise, 0, noise.length, 1000);
      }),
    );
  });

  test('tells whether a checkpoint still needs a page', () => {
    const allocator = new Allocator(TINY);
    const page = allocator.allocate(8);
    allocator.seal(8);
    expect(allocator.holds(page, 8, 8)).toBe(true);
    allocator.supersede(page);
    expect(allocator.holds(page, 8, 8)).toBe(true);
    allocator.seal(16);
    expect(allocator.holds(page, 8, 8)).toBe(true);
    expect(allocator.holds(page, 8, 16)).toBe(false);
    expect(allocator.allocate(24)).toBe(page);
    expect(allocator.holds(page, 16, 24)).toBe(false);
    expect(allocator.holds(page, 24, 24)).toBe(true);
  });
});
