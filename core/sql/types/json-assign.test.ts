/** Assignment to parts of documents: what is put in is found there, and nothing else changes. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { assignPath } from './json-assign.ts';
import type { Subscript } from './json-assign.ts';
import { canonicalJson } from './jsonb.ts';

type Json = null | number | string | readonly Json[] | { readonly [name: string]: Json };

const name = fc.constantFrom('a', 'b', 'cc', '0');
const step = fc.oneof<fc.Arbitrary<Subscript>[]>(
  name.map((text) => ({ text, isNumber: false })),
  fc.integer({ min: -3, max: 4 }).map((index) => ({ text: String(index), isNumber: true })),
);

const { document } = fc.letrec<{ document: Json }>((tie) => ({
  document: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, 1, 'x'),
    fc.array(tie('document'), { maxLength: 3 }),
    fc.dictionary(name, tie('document'), { maxKeys: 3 }),
  ),
}));

/** The same on JavaScript's values; a text is the error's code. */
function assigned(value: Json | undefined, path: readonly Subscript[], put: Json): Json {
  const [first, ...rest] = path;
  if (first === undefined) return put;
  const there = value ?? (value === null ? null : first.isNumber ? [] : {});
  if (Array.isArray(there)) {
    const index = /^-?\d+$/.test(first.text) ? Number(first.text) : null;
    if (index === null) throw new Error('22P02');
    let place = index < 0 ? there.length + index : index;
    // As PostgreSQL has it: in an array that is made on the way, where does not matter.
    if (place < 0 && value === undefined) place = 0;
    if (place < 0) throw new Error('22023');
    const copy: Json[] = [...there];
    while (copy.length < place) copy.push(null);
    copy[place] = assigned(there[place], rest, put);
    return copy;
  }
  if (typeof there !== 'object' || there === null) throw new Error('22023');
  const members = there as Readonly<Record<string, Json>>;
  const old = Object.hasOwn(members, first.text) ? members[first.text] : undefined;
  return { ...members, [first.text]: assigned(old, rest, put) };
}

function outcome(work: () => string): string {
  try {
    return work();
  } catch (error) {
    return 'code' in (error as object)
      ? (error as { code: string }).code
      : (error as Error).message;
  }
}

it('as on values', () => {
  fc.assert(
    fc.property(
      document,
      fc.array(step, { minLength: 1, maxLength: 4 }),
      document,
      (doc, path, put) => {
        const text = (value: Json): string => canonicalJson(JSON.stringify(value));
        const found = outcome(() => assignPath(text(doc), path, text(put)));
        expect(found).toBe(outcome(() => text(assigned(doc, path, put))));
      },
    ),
    { numRuns: 2000 },
  );
});

it('more places than there may be are refused', () => {
  const far = [{ text: '2000000000', isNumber: true }];
  expect(outcome(() => assignPath('[]', far, '1'))).toBe('54000');
  expect(outcome(() => assignPath(null, far, '1'))).toBe('54000');
});
