/** What people may type, and what they are told when they may not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearest, oneOf, seedNumber, UsageError, wholeNumber } from './usage.ts';

describe('usage: numbers', () => {
  test('every seed is taken back as it was printed', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (seed) => {
        expect(seedNumber('seed', String(seed))).toBe(seed);
      }),
    );
  });

  test.for(['abc', '', ' 1', '1 ', '-1', '1.5', '1e3', '0x10', '9007199254740992', 'NaN', '٣'])(
    'no seed: "%s"',
    (text) => {
      expect(() => seedNumber('seed', text)).toThrow(UsageError);
      expect(() => seedNumber('seed', text)).toThrow(`not '${text}'`);
    },
  );

  test('the bounds themselves are within them', () => {
    expect(wholeNumber('jobs', '1', 1, 256)).toBe(1);
    expect(wholeNumber('jobs', '256', 1, 256)).toBe(256);
    expect(() => wholeNumber('jobs', '257', 1, 256)).toThrow('from 1 to 256');
    expect(() => wholeNumber('jobs', undefined, 1, 256)).toThrow(UsageError);
  });

  test('what is proposed instead is accepted', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), (min, more) => {
        const max = min + more;
        let said = '';
        try {
          wholeNumber('n', 'x', min, max);
        } catch (error) {
          said = (error as Error).message;
        }
        const proposed = /try --n (\d+)$/.exec(said)?.[1];
        expect(wholeNumber('n', proposed, min, max)).toBe(Number(proposed));
      }),
    );
  });
});

describe('usage: names', () => {
  const known = ['wrap-ghost', 'slot-aba', 'quiet'];

  test('a known name passes', () => {
    expect(oneOf('scenario', 'quiet', known, 'x')).toBe('quiet');
  });

  test('a near miss is told what it missed', () => {
    expect(nearest('wrap-gost', known)).toBe('wrap-ghost');
    expect(nearest('quite', known)).toBe('quiet');
    expect(nearest('kernel', known)).toBeNull();
    expect(nearest('quiet', [])).toBeNull();
    expect(() => oneOf('scenario', 'slotaba', known, 'npx vopr scenarios')).toThrow(
      "unknown scenario 'slotaba'; did you mean 'slot-aba'? list them with: npx vopr scenarios",
    );
  });
});
