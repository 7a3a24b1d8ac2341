/** The memo table: exact members, dominance, bounds, and reuse. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigurationSet, NOT_ADDED } from './configurations.ts';

const shape = { keyWords: 2, bitWords: 1, counterWords: 1 };
const ROOMY = 1 << 16;
const row = (...words: readonly number[]): Int32Array => Int32Array.from(words);
/** Four counters of one word, the first lowest. */
const counters = (a: number, b = 0, c = 0, d = 0): number => a | (b << 8) | (c << 16) | (d << 24);

function members(set: ConfigurationSet): readonly string[] {
  const rows: string[] = [];
  for (let i = 0; i < set.count; i += 1) {
    if (set.has(i)) rows.push(set.rows.slice(i * set.width, (i + 1) * set.width).join(' '));
  }
  return rows.sort((a, b) => (a < b ? -1 : 1));
}

describe('configurations: dominance', () => {
  test('a row is a member once', () => {
    const set = new ConfigurationSet(shape, ROOMY, ROOMY);
    expect(set.add(row(1, 2, 0, 0), 0)).toBe(0);
    expect(set.add(row(1, 2, 0, 0), 0)).toBe(NOT_ADDED);
    expect(set.add(row(1, 3, 0, 0), 0)).toBe(1);
    expect(members(set)).toEqual(['1 2 0 0', '1 3 0 0']);
  });

  test('owing less, or having used less, wins, whichever comes first', () => {
    for (const [better, worse] of [
      [row(1, 1, 0b01, 0), row(1, 1, 0b11, 0)],
      [row(1, 1, 0, counters(1, 2)), row(1, 1, 0, counters(2, 2))],
      [row(1, 1, 1, counters(0, 0, 0, 1)), row(1, 1, 3, counters(0, 0, 0, 127))],
    ] as const) {
      for (const order of [
        [better, worse],
        [worse, better],
      ] as const) {
        const set = new ConfigurationSet(shape, ROOMY, ROOMY);
        for (const one of order) set.add(one, 0);
        expect(members(set)).toEqual([better.join(' ')]);
      }
    }
  });

  test('rows that are better in different ways are both kept; other keys do not compare', () => {
    const set = new ConfigurationSet(shape, ROOMY, ROOMY);
    set.add(row(1, 1, 0b01, 0), 0);
    set.add(row(1, 1, 0b10, 0), 0);
    set.add(row(1, 1, 0b00, counters(0, 1)), 0);
    set.add(row(2, 1, 0b11, counters(9, 9, 9, 9)), 0);
    expect(set.members()).toBe(4);
  });

  test('counters compare one by one: 127 of one is not more than 0 of the next', () => {
    const set = new ConfigurationSet(shape, ROOMY, ROOMY);
    set.add(row(0, 0, 0, counters(127, 0, 127, 0)), 0);
    set.add(row(0, 0, 0, counters(0, 1, 0, 0)), 0);
    set.add(row(0, 0, 0, counters(0, 0, 0, 127)), 0);
    expect(set.members()).toBe(3);
    set.add(row(0, 0, 0, 0), 0);
    expect(members(set)).toEqual(['0 0 0 0']);
  });

  test('the minimal rows of any input, and nothing that is not in it', () => {
    const word = fc.nat(3);
    const rows = fc.array(fc.tuple(word, word, fc.nat(7), word, word), { maxLength: 60 });
    fc.assert(
      fc.property(rows, (list) => {
        const set = new ConfigurationSet(shape, ROOMY, ROOMY);
        const input = list.map(([k, l, owed, a, b]) => row(k, l, owed, counters(a, b)));
        for (const one of input) set.add(one, 0);
        const isNoWorse = (x: Int32Array, y: Int32Array): boolean =>
          x[0] === y[0] &&
          x[1] === y[1] &&
          (x[2]! & ~y[2]!) === 0 &&
          (x[3]! & 0xff) <= (y[3]! & 0xff) &&
          x[3]! >>> 8 <= y[3]! >>> 8;
        const minimal = input.filter((x) =>
          input.every((y) => !isNoWorse(y, x) || y.join() === x.join()),
        );
        const expected = [...new Set(minimal.map((x) => x.join(' ')))];
        expect(members(set)).toEqual(expected.sort((a, b) => (a < b ? -1 : 1)));
      }),
    );
  });
});

describe('configurations: as a table', () => {
  test('100,000 keys, each found again, none twice', () => {
    const set = new ConfigurationSet(shape, 1 << 20, 1 << 20);
    const one = row(0, 0, 0, 0);
    let wrong = 0;
    for (let lap = 0; lap < 2; lap += 1) {
      for (let i = 0; i < 100_000; i += 1) {
        one[0] = i & 255;
        one[1] = i >>> 8;
        if (set.add(one, 0) !== (lap === 0 ? i : NOT_ADDED)) wrong += 1;
      }
    }
    expect(wrong).toBe(0);
    expect(set.count).toBe(100_000);
    expect(set.complete).toBe(true);
  });

  test('many incomparable rows of one key are all kept', () => {
    const set = new ConfigurationSet(shape, ROOMY, ROOMY);
    for (let i = 0; i <= 127; i += 1) {
      for (let j = 0; j <= 127; j += 1) set.add(row(7, 7, 0, counters(i, 127 - i, j, 127 - j)), 0);
    }
    expect(set.members()).toBe(128 * 128);
  });

  test('a full table turns away and says so, and is whole again after clear', () => {
    const set = new ConfigurationSet(shape, 10, 100);
    for (let i = 0; i < 10; i += 1) set.add(row(i, 0, 0, 0), 0);
    expect(set.complete).toBe(true);
    expect(set.add(row(10, 0, 0, 0), 0)).toBe(NOT_ADDED);
    expect(set.complete).toBe(false);
    // What is no better than a member would not have been kept anyway.
    set.clear();
    expect(set.complete).toBe(true);
    expect(set.count).toBe(0);
    for (let i = 0; i < 10; i += 1) expect(set.add(row(5, i, 0, 0), 0)).toBe(i);
    expect(set.add(row(5, 3, 1, 1), 0)).toBe(NOT_ADDED);
    expect(set.complete).toBe(true);
  });

  test('one key has at most its share', () => {
    const set = new ConfigurationSet(shape, 100, 3);
    for (let i = 0; i < 5; i += 1) set.add(row(1, 1, 1 << i, 0), 0);
    expect(set.members()).toBe(3);
    expect(set.complete).toBe(false);
    expect(set.add(row(2, 1, 1, 0), 0)).toBe(3);
  });

  test('clearing forgets everything, however much there was', () => {
    const set = new ConfigurationSet(shape, ROOMY, ROOMY);
    for (const count of [3, 5000, 2, 40_000, 1]) {
      set.clear();
      let wrong = 0;
      for (let i = 0; i < count; i += 1) if (set.add(row(i, count, 0, 0), 0) !== i) wrong += 1;
      expect(wrong).toBe(0);
      expect(set.members()).toBe(count);
    }
  });

  test('rows are read at an offset of a larger array', () => {
    const set = new ConfigurationSet(shape, 10, 10);
    set.add(row(9, 9, 1, 2, 3, 4, 9), 2);
    expect(members(set)).toEqual(['1 2 3 4']);
  });
});
