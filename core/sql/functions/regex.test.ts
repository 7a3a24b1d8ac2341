/** The quick question whether a text matches has the same answer as the search for the match. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SqlError } from '../error.ts';
import { compileRegex, matchesRegex } from '../types/regex.ts';
import { findMatches } from './regex.ts';

test('a text matches when a match is found in it', () => {
  const pattern = fc
    .array(
      fc.constantFrom(...'a b c . * + ? (a|b) [ab] [^c] ^ $ b{2} é 😀 a*? (?:ab)'.split(' ')),
      {
        maxLength: 6,
      },
    )
    .map((parts) => parts.join(''));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é', '😀', '\n'), maxLength: 8 });
  fc.assert(
    fc.property(text, pattern, fc.constantFrom('', 'i', 'n'), (value, written, flags) => {
      try {
        const found = !findMatches(value, compileRegex(written, flags), 0).next().done;
        expect(matchesRegex(value, written, flags)).toBe(found);
      } catch (error) {
        expect(error).toBeInstanceOf(SqlError);
      }
    }),
    { numRuns: 10_000 },
  );
});
