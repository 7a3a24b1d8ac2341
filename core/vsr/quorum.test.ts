/**
 * The quorum tables against a naive twin that knows no arithmetic: it enumerates every set of
 * replicas and looks whether sets meet.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  QUORUM_REPLICAS_MAX,
  assertQuorums,
  countReplicas,
  primaryOf,
  printQuorums,
  quorums,
} from './quorum.ts';

const COUNTS = [1, 2, 3, 4, 5, 6];

/** Every set of exactly `size` of `replicas`, as bit sets. */
function subsets(replicas: number, size: number): number[] {
  const found: number[] = [];
  for (let set = 0; set < 1 << replicas; set += 1) {
    let members = 0;
    for (let i = 0; i < replicas; i += 1) if ((set & (1 << i)) !== 0) members += 1;
    if (members === size) found.push(set);
  }
  return found;
}

function everyPairMeets(replicas: number, sizeA: number, sizeB: number): boolean {
  return subsets(replicas, sizeA).every((a) =>
    subsets(replicas, sizeB).every((b) => (a & b) !== 0),
  );
}

function smallest(replicas: number, holds: (size: number) => boolean): number {
  for (let size = 1; size <= replicas; size += 1) if (holds(size)) return size;
  throw new Error('no size will do');
}

describe('quorums: the numbers', () => {
  test('are those of vsr.md', () => {
    expect(COUNTS.map((r) => quorums(r).replication)).toEqual([1, 2, 2, 2, 3, 3]);
    expect(COUNTS.map((r) => quorums(r).viewChange)).toEqual([1, 2, 2, 3, 3, 4]);
    expect(COUNTS.map((r) => quorums(r).nack)).toEqual([1, 1, 2, 3, 3, 4]);
    expect(COUNTS).toHaveLength(QUORUM_REPLICAS_MAX);
  });

  test('print themselves', () => {
    expect(printQuorums()).toBe(
      [
        'replicas     1  2  3  4  5  6',
        'replication  1  2  2  2  3  3',
        'view change  1  2  2  3  3  4',
        'nack         1  1  2  3  3  4',
      ].join('\n'),
    );
  });

  test('are shared and frozen: nobody can change them for others', () => {
    expect(quorums(3)).toBe(quorums(3));
    expect(Object.isFrozen(quorums(3))).toBe(true);
  });

  test('exist for one to six replicas and for nothing else', () => {
    for (const r of [0, 7, -1, 2.5, Number.NaN]) expect(() => quorums(r)).toThrow();
  });
});

describe.each(COUNTS)('quorums: R=%i against the naive twin', (replicas) => {
  const q = quorums(replicas);

  test('every view-change quorum meets every replication quorum', () => {
    expect(everyPairMeets(replicas, q.replication, q.viewChange)).toBe(true);
  });

  test('every nack quorum meets every replication quorum: denied means uncommitted', () => {
    expect(everyPairMeets(replicas, q.replication, q.nack)).toBe(true);
  });

  test('any two view-change quorums meet', () => {
    expect(everyPairMeets(replicas, q.viewChange, q.viewChange)).toBe(true);
  });

  test('the view-change and nack quorums are the smallest that do', () => {
    const meetsCommits = (size: number): boolean => everyPairMeets(replicas, q.replication, size);
    const meetsItself = (size: number): boolean => everyPairMeets(replicas, size, size);
    expect(q.nack).toBe(smallest(replicas, meetsCommits));
    expect(q.viewChange).toBe(smallest(replicas, (s) => meetsCommits(s) && meetsItself(s)));
  });

  test('a single damaged copy never makes a committed op undecidable (R >= 3)', () => {
    if (replicas < 3) return;
    // Whoever acknowledged, and whichever one of them is damaged: with everyone present, the op is
    // neither nacked by a quorum nor left without an intact copy.
    for (const ackers of subsets(replicas, q.replication)) {
      for (let damaged = 0; damaged < replicas; damaged += 1) {
        const intact = ackers & ~(1 << damaged);
        const deniers = ((1 << replicas) - 1) & ~ackers & ~(1 << damaged);
        expect(countReplicas(deniers)).toBeLessThan(q.nack);
        expect(countReplicas(intact)).toBeGreaterThanOrEqual(1);
      }
    }
  });
});

describe('quorums: the assertions', () => {
  test('reject exactly the tables that the twin rejects', () => {
    const size = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(size, size, size, size, (replicas, replication, viewChange, nack) => {
        fc.pre(replication <= replicas && viewChange <= replicas && nack <= replicas);
        const good =
          everyPairMeets(replicas, replication, viewChange) &&
          everyPairMeets(replicas, replication, nack) &&
          everyPairMeets(replicas, viewChange, viewChange) &&
          nack <= viewChange &&
          replication <= viewChange;
        const check = (): void => assertQuorums({ replicas, replication, viewChange, nack });
        if (good) check();
        else expect(check).toThrow();
      }),
    );
  });

  test('reject an empty quorum and one larger than the cluster', () => {
    const base = quorums(3);
    expect(() => assertQuorums({ ...base, replication: 0, viewChange: 3, nack: 3 })).toThrow();
    expect(() => assertQuorums({ ...base, viewChange: 4 })).toThrow();
  });
});

describe('quorums: helpers', () => {
  test('countReplicas counts bits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (set) => {
        expect(countReplicas(set)).toBe(set.toString(2).replaceAll('0', '').length);
      }),
    );
  });

  test('the primary goes round', () => {
    expect([0, 1, 2, 3, 4].map((view) => primaryOf(view, 3))).toEqual([0, 1, 2, 0, 1]);
    expect(primaryOf(Number.MAX_SAFE_INTEGER, 1)).toBe(0);
    expect(() => primaryOf(-1, 3)).toThrow();
  });
});
