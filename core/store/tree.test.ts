/**
 * The ordered map against a sorted list, over checkpoints, reopening, eviction and lazy loading.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checksum128 } from '../crypto/blake3.ts';
import { TINY } from '../limits.ts';
import { MemoryDisk } from '../storage/testing/memory-disk.ts';
import { ZERO128, make128 } from '../types/hash128.ts';
import { MemoryStore } from './memory-store.ts';
import { PagedStore } from './paged-store.ts';
import type { RootRef } from './save-root.ts';
import { ABSENT, NEEDS, PRESENT } from './store.ts';
import type { Store } from './store.ts';

const CLUSTER = make128(1, 2, 3, 4);
const HEAD = make128(5, 6, 7, 8);
const hash = { checksum128 };

interface World {
  readonly disk: MemoryDisk;
  readonly store: PagedStore;
  readonly damaged: string[];
}

/** So few pages that nearly every op begins with an eviction. */
const SMALL_CACHE = { ...TINY, storeCachePages: 4 };

function openWorld(disk: MemoryDisk, root: RootRef): World {
  let ticket = 0;
  const damaged: string[] = [];
  const store = new PagedStore(disk, SMALL_CACHE, hash, CLUSTER, () => (ticket += 8), {
    pageDamaged: (tenant, page) => damaged.push(`${tenant}/${page}`),
    pageAllocated: () => undefined,
  });
  store.open(root);
  return { disk, store, damaged };
}

function flush(world: World): void {
  world.store.sync();
  while (world.disk.pendingTickets.length > 0) {
    const done = world.disk.completeSync();
    expect(world.store.synced(done.ticket, done.status)).toBe(true);
  }
  expect(world.store.durable).toBe(true);
}

const EMPTY: RootRef = { page: 0, checksum: ZERO128 };

function keyOf(name: number): Uint8Array {
  // Keys of different lengths, some prefixes of others.
  const bytes = [64 + (name % 5)];
  for (let rest = name; rest > 0; rest = rest >> 3) bytes.push(rest & 7);
  return Uint8Array.from(bytes);
}

function valueOf(seed: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (seed * 31 + i * 7) & 0xff);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function contents(store: Store, tenant: number): [string, string][] {
  const found: [string, string][] = [];
  const low = Uint8Array.of(16);
  for (let r = store.seek(tenant, low, 0, 1, false); r === PRESENT; r = store.next()) {
    const key = store.key.slice(store.keyFrom, store.keyFrom + store.keyBytes);
    const value = store.value.slice(store.valueFrom, store.valueFrom + store.valueBytes);
    found.push([hex(key), hex(value)]);
  }
  return found;
}

function sorted(model: Map<string, string>): [string, string][] {
  return [...model.entries()].sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      tenant: fc.integer({ min: 0, max: 2 }),
      name: fc.integer({ min: 0, max: 400 }),
      bytes: fc.oneof(fc.integer({ min: 0, max: 120 }), fc.integer({ min: 300, max: 3000 })),
      seed: fc.nat(255),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('delete' as const),
      tenant: fc.integer({ min: 0, max: 2 }),
      name: fc.integer({ min: 0, max: 400 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('checkpoint' as const),
      reopen: fc.boolean(),
    }),
  },
);

describe('ordered map', () => {
  test('agrees with a sorted list, whatever is saved, dropped and loaded in between', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        let world = openWorld(new MemoryDisk(TINY.sectorBytes), EMPTY);
        const memory = new MemoryStore();
        const models = [
          new Map<string, string>(),
          new Map<string, string>(),
          new Map<string, string>(),
        ];
        let op = 0;
        for (const s of steps) {
          world.store.rest();
          if (s.kind === 'checkpoint') {
            op += TINY.checkpointInterval;
            expect(world.store.touchDirectory(0, 0)).toBe(true);
            const root = world.store.checkpoint({ op, timestamp: op, head: HEAD });
            flush(world);
            if (s.reopen) {
              const before = [world.store.stateHashA, world.store.stateHashB];
              world = openWorld(world.disk, root);
              expect(world.store.ready()).toBe(true);
              expect([world.store.stateHashA, world.store.stateHashB]).toEqual(before);
            }
            continue;
          }
          const key = keyOf(s.name);
          const model = models[s.tenant]!;
          const known = model.has(hex(key));
          expect(world.store.touch(s.tenant, key, 0, key.length)).toBe(known ? PRESENT : ABSENT);
          expect(world.store.touchDirectory(s.tenant, 0)).toBe(true);
          memory.touch(s.tenant, key, 0, key.length);
          if (s.kind === 'put') {
            const value = valueOf(s.seed, s.bytes);
            world.store.put(s.tenant, key, 0, key.length, value, 0, value.length);
            memory.put(s.tenant, key, 0, key.length, value, 0, value.length);
            model.set(hex(key), hex(value));
          } else {
            world.store.delete(s.tenant, key, 0, key.length);
            memory.delete(s.tenant, key, 0, key.length);
            model.delete(hex(key));
          }
        }
        expect(world.damaged).toEqual([]);
        for (let tenant = 0; tenant < 3; tenant += 1) {
          expect(contents(world.store, tenant)).toEqual(sorted(models[tenant]!));
          expect(contents(memory, tenant)).toEqual(sorted(models[tenant]!));
        }
        expect(world.store.stateHashA).toBe(memory.stateHashA);
        expect(world.store.stateHashB).toBe(memory.stateHashB);
      }),
      { numRuns: 150 },
    );
  });

  test('seek finds the first at or after, floor the last at or before', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 2000 }), { maxLength: 120 }),
        fc.integer({ min: 0, max: 2000 }),
        (names, probe) => {
          const store = new MemoryStore();
          const filler = valueOf(1, 150);
          const keys = names.map(keyOf);
          for (const key of keys) {
            store.touch(1, key, 0, key.length);
            store.put(1, key, 0, key.length, filler, 0, filler.length);
          }
          const target = keyOf(probe);
          const all = [...new Set(keys.map(hex))].sort();
          const after = all.find((k) => k >= hex(target));
          const before = all.findLast((k) => k <= hex(target));
          const at = (floor: boolean): string | undefined =>
            store.seek(1, target, 0, target.length, floor) === PRESENT
              ? hex(store.key.slice(store.keyFrom, store.keyFrom + store.keyBytes))
              : undefined;
          expect(at(false)).toBe(after);
          expect(at(true)).toBe(before);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('an empty store answers absent everywhere', () => {
    const { store } = openWorld(new MemoryDisk(TINY.sectorBytes), EMPTY);
    const key = Uint8Array.of(20, 1);
    expect(store.get(3, key, 0, 2)).toBe(ABSENT);
    expect(store.seek(3, key, 0, 2, true)).toBe(ABSENT);
    expect(NEEDS).toBe(-1);
  });
});
