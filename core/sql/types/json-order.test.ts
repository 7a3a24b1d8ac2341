/** jsonb has one order, and one identity that agrees with it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareJson } from './json-order.ts';
import { canonicalJson, jsonIdentity } from './jsonb.ts';

const number = fc.constantFrom('0', '1', '1.0', '1.00', '10', '1.5', '-2', '2e1', '0.5');
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    number,
    fc.constantFrom('null', 'true', 'false', '""', '"a"', '"b"', '"ä"', '"1.0"'),
    fc.array(tie('value'), { maxLength: 3 }).map((list) => `[${list.join()}]`),
    fc
      .array(fc.tuple(fc.constantFrom('a', 'b', 'aa'), tie('value')), { maxLength: 3 })
      .map((members) => `{${members.map(([name, one]) => `"${name}":${one}`).join()}}`),
  ),
}));
const jsonb = value.map(canonicalJson);

describe('the order of jsonb', () => {
  test('goes by size, then name by name as text', () => {
    expect(compareJson('{"b": 1}', '{"aa": 1}')).toBeGreaterThan(0);
    expect(compareJson('{"a": 1, "bb": 1}', '{"b": 1, "aa": 1}')).toBeLessThan(0);
    expect(compareJson('{"a": 2}', '{"b": 1}')).toBeLessThan(0);
  });

  test('is an order', () => {
    fc.assert(
      fc.property(jsonb, jsonb, jsonb, (a, b, c) => {
        expect(Math.sign(compareJson(a, b))).toBe(0 - Math.sign(compareJson(b, a)));
        if (compareJson(a, b) <= 0 && compareJson(b, c) <= 0) {
          expect(compareJson(a, c)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });

  test('takes for equal what has one identity', () => {
    fc.assert(
      fc.property(jsonb, jsonb, (a, b) => {
        expect(jsonIdentity(a) === jsonIdentity(b)).toBe(compareJson(a, b) === 0);
      }),
    );
  });
});
