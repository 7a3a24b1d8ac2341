/** What the hash of a graph tells apart, and what it does not. */
import { describe, expect, test } from 'vitest';
import { GraphHash } from './graph-hash.ts';

function hashOf(value: unknown, outside: readonly object[] = [], skipped: string[] = []): string {
  const hash = new GraphHash(skipped);
  hash.begin(outside);
  hash.value(value);
  return `${hash.a} ${hash.b}`;
}

describe('explore: the hash of a graph', () => {
  test('equal graphs are equal, whoever made them', () => {
    const make = (): object => ({
      n: [1, 2.5, -0, Number.NaN, null, undefined, true],
      s: 'text',
      m: new Map([[1, new Set(['a'])]]),
      b: Uint8Array.of(1, 2, 3),
    });
    expect(hashOf(make())).toBe(hashOf(make()));
  });

  test.each([
    ['a number', { a: 1 }, { a: 2 }],
    ['a fraction', { a: 0.1 }, { a: 0.2 }],
    ['a name', { a: 1 }, { b: 1 }],
    ['a type', { a: '1' }, { a: 1 }],
    ['an order', [1, 2], [2, 1]],
    ['a nesting', [[1], 2], [[1, 2]]],
    ['a byte', Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 4)],
    ['an element of a map', new Map([[1, 2]]), new Map([[1, 3]])],
    ['an absent value', { a: null }, { a: undefined }],
  ])('%s makes a difference', (_what, one, other) => {
    expect(hashOf(one)).not.toBe(hashOf(other));
  });

  test('one object twice is as good as two equal objects', () => {
    const shared = { x: 1 };
    expect(hashOf([shared, shared])).toBe(hashOf([{ x: 1 }, { x: 1 }]));
    expect(hashOf([shared, shared])).not.toBe(hashOf([{ x: 1 }, { x: 2 }]));
  });

  test('bytes are equal wherever they lie in their buffer', () => {
    const bytes = Uint8Array.from({ length: 203 }, (_, i) => i * 7);
    for (let shift = 0; shift < 4; shift++) {
      const moved = new Uint8Array(300).subarray(shift, shift + 203);
      moved.set(bytes);
      expect(hashOf(moved)).toBe(hashOf(bytes));
    }
  });

  test('a cycle ends, and what is outside or skipped is not entered', () => {
    const cycle: { self?: object } = {};
    cycle.self = cycle;
    expect(hashOf(cycle)).toBe(hashOf(cycle));
    const world = { secret: 1 };
    const before = hashOf({ world, row: 1 }, [world], ['row']);
    world.secret = 2;
    expect(hashOf({ world, row: 2 }, [world], ['row'])).toBe(before);
  });
});
