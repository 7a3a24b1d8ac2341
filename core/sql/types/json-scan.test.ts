/** Parts cut out of JSON text are those that a parser finds. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkDepth, countParts, elementOf, kindOf, memberOf, membersOf } from './json-scan.ts';
import { prettyJson, stripNulls } from './json-layout.ts';
import { canonicalJson } from './jsonb.ts';

/** Written with blanks of all kinds, or none. */
const written = fc
  .tuple(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 1, 2, '\t', ' \n '))
  .map(([value, space]) => ({ value, text: ` ${JSON.stringify(value, null, space)}\n` }));

const anyName = fc.string({ unit: 'binary' });

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutNulls(member)]));
}

describe('JSON text', () => {
  test('has the members that it was written with', () => {
    fc.assert(
      fc.property(fc.dictionary(anyName, fc.jsonValue()), (object) => {
        const text = JSON.stringify(object, null, 1);
        const found = membersOf(text).map(({ name, value }) => [
          name,
          JSON.parse(value) as unknown,
        ]);
        expect(found).toEqual(Object.entries(JSON.parse(text) as object));
        for (const [name, value] of Object.entries(object)) {
          expect(JSON.parse(memberOf(text, name) ?? '')).toEqual(JSON.parse(JSON.stringify(value)));
        }
        expect(memberOf(text, 'no such name')).toBe(null);
      }),
    );
  });

  test('has the elements that it was written with', () => {
    fc.assert(
      fc.property(written, ({ value, text }) => {
        const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
        expect(kindOf(text)).toBe(kind);
        if (!Array.isArray(value)) return;
        expect(countParts(text)).toBe(value.length);
        for (const [i, element] of value.entries()) {
          const plain: unknown = JSON.parse(JSON.stringify(element));
          expect(JSON.parse(elementOf(text, i) ?? '')).toEqual(plain);
          expect(JSON.parse(elementOf(text, i - value.length) ?? '')).toEqual(plain);
        }
        expect(elementOf(text, value.length)).toBe(null);
        expect(elementOf(text, -value.length - 1)).toBe(null);
      }),
    );
  });

  test('the last of several members of a name is meant', () => {
    expect(memberOf('{"a": 1, "\\u0061": 2}', 'a')).toBe('2');
  });

  test('laid out on many lines it says the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(JSON.stringify(value).replaceAll(/\\u[0-9a-f]{4}/g, ''));
        expect(canonicalJson(prettyJson(text))).toBe(text);
      }),
    );
  });

  test('without nulls it has no null members, and all else', () => {
    fc.assert(
      fc.property(written, ({ value, text }) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(stripNulls(text.trim(), 'json'))).toEqual(withoutNulls(plain));
      }),
    );
  });

  test('depth is bounded', () => {
    const deep = '['.repeat(5000) + ']'.repeat(5000);
    expect(kindOf(elementOf(deep, 0) ?? '')).toBe('array');
    expect(() => stripNulls(deep, 'json')).toThrow('stack depth limit exceeded');
    expect(() => checkDepth(1001)).toThrow('stack depth limit exceeded');
  });
});
