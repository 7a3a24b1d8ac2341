/** Messages as JSON: what goes out comes in, and nothing else does. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TINY } from '../core/limits.ts';
import { make128 } from '../core/types/hash128.ts';
import { inspection, jsonMessages, NO_UNITS } from './starting-points.ts';

interface Message {
  readonly kind: 'ask' | 'answer';
  readonly text: string;
  readonly numbers: readonly number[];
}

const traits = jsonMessages<Message>(['ask', 'answer']);
const cluster = make128(1, 2, 3, 4);
const messages = fc.record({
  kind: fc.constantFrom('ask' as const, 'answer' as const),
  text: fc.string({ unit: 'grapheme' }),
  numbers: fc.array(fc.integer()),
});

describe('messages as JSON', () => {
  test('survive the way as bytes', () => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(traits.decode(traits.encode(message, cluster), cluster, TINY)).toEqual(message);
        expect(traits.kindNames[traits.kind(message)]).toBe(message.kind);
        expect(traits.subject(message)).toBe(traits.subject({ ...message }));
      }),
    );
  });

  test('are refused with any byte changed, cut short, or of no known kind', () => {
    fc.assert(
      fc.property(messages, fc.nat(), fc.integer({ min: 1, max: 255 }), (message, where, by) => {
        const bytes = traits.encode(message, cluster).slice();
        const at = where % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ by;
        expect(traits.decode(bytes, cluster, TINY)).toBeNull();
        expect(traits.decode(bytes.subarray(0, at), cluster, TINY)).toBeNull();
      }),
    );
    const other = jsonMessages<{ readonly kind: 'other' }>(['other']);
    expect(traits.decode(other.encode({ kind: 'other' }, cluster), cluster, TINY)).toBeNull();
  });
});

test('a node that says nothing of itself is whole and agrees with its like', () => {
  expect(inspection({ commit: 3 })).toMatchObject({ commit: 3, damaged: 0, syncing: false });
  expect(NO_UNITS.locate('any', 512, undefined as never).unit).toBe(-1);
});
