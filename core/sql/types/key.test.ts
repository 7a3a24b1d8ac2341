/** Keys order as values do, and equal values have equal keys. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareBytes, compareFor, identityFor } from './compare.ts';
import { typeName } from './describe.ts';
import { encodeKeyBytes } from './key.ts';
import { VALUES } from './testing/arbitrary.ts';
import { BYTEA, INTERVAL, JSONB, NUMERIC, UUID } from './type.ts';
import type { TypeId } from './type.ts';

const ENCODED: readonly TypeId[] = [BYTEA, INTERVAL, JSONB, NUMERIC, UUID];

describe('keys order as values', () => {
  for (const [type, values] of VALUES) {
    test(typeName(type), () => {
      const compare = compareFor(type);
      const identity = identityFor(type);
      fc.assert(
        fc.property(values, values, (a, b) => {
          const expected = Math.sign(compare(a, b)) + 0;
          expect(Math.sign(compare(b, a)) + 0).toBe(0 - expected);
          expect(new Set([identity(a), identity(b)]).size).toBe(expected === 0 ? 1 : 2);
          if (!ENCODED.includes(type)) return;
          const left = encodeKeyBytes(type, a);
          const right = encodeKeyBytes(type, b);
          expect(Math.sign(compareBytes(left, right))).toBe(expected);
          if (expected === 0) return;
          // No prefix of another: whatever follows, the order stands.
          const length = Math.min(left.length, right.length);
          expect(compareBytes(left.slice(0, length), right.slice(0, length))).not.toBe(0);
        }),
        { numRuns: 1000 },
      );
    });
  }
});
