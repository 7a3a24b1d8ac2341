/** The atlas leaves every unit repairable, whatever the seed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Atlas } from './atlas.ts';
import { replicationQuorum, viewChangeQuorum } from './quorums.ts';

function damageable(atlas: Atlas, replicas: number, unit: number): number[] {
  const out: number[] = [];
  for (let node = 0; node < replicas; node++) {
    if (atlas.allows(node, unit, 0) || atlas.allows(node, unit, 1)) out.push(node);
  }
  return out;
}

describe('atlas', () => {
  test('per unit at most replication quorum − 1 replicas, and exactly that many', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 6 }), fc.nat(100_000), (seed, n, unit) => {
        const atlas = new Atlas();
        atlas.reset(seed, n, -1);
        expect(damageable(atlas, n, unit).length).toBe(replicationQuorum(n) - 1);
      }),
    );
  });

  test('a slot’s header or its prepare, never both', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 6 }), fc.nat(1000), (seed, n, unit) => {
        const atlas = new Atlas();
        atlas.reset(seed, n, -1);
        for (let node = 0; node < n + 2; node++) {
          expect(atlas.allows(node, unit, 0) && atlas.allows(node, unit, 1)).toBe(false);
        }
      }),
    );
  });

  test('a replaced disk takes the allowance of every unit', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 3, max: 6 }), fc.nat(1000), (seed, n, unit) => {
        const atlas = new Atlas();
        const replaced = seed % n;
        atlas.reset(seed, n, replaced);
        const others = damageable(atlas, n, unit).filter((node) => node !== replaced);
        expect(others.length).toBeLessThanOrEqual(replicationQuorum(n) - 2);
      }),
    );
  });

  test('a single replica is never damaged, nor is a place that is no unit', () => {
    const atlas = new Atlas();
    atlas.reset(1, 1, -1);
    expect(damageable(atlas, 1, 5)).toEqual([]);
    atlas.reset(1, 3, -1);
    expect(damageable(atlas, 3, -1)).toEqual([]);
  });

  test('over many units every replica takes its turn', () => {
    const atlas = new Atlas();
    atlas.reset(77, 3, -1);
    const turns = [0, 0, 0];
    for (let unit = 0; unit < 3000; unit++) {
      for (const node of damageable(atlas, 3, unit)) turns[node] = (turns[node] ?? 0) + 1;
    }
    for (const count of turns) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

test('quorums of one to six replicas intersect', () => {
  for (let n = 1; n <= 6; n++) {
    expect(replicationQuorum(n) + viewChangeQuorum(n)).toBeGreaterThan(n);
    expect(2 * viewChangeQuorum(n)).toBeGreaterThan(n);
  }
});
