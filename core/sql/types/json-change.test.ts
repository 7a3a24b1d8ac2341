/** Changes of jsonb agree with a simple model on values as JavaScript has them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  concatenate,
  contains,
  deleteElement,
  deleteNames,
  deletePath,
  exists,
  insertAt,
  setPath,
} from './json-change.ts';
import { canonicalJson } from './jsonb.ts';

type Model = null | boolean | number | string | Model[] | { [name: string]: Model };

const NAMES = ['a', 'b', 'aa', 'é', 'x"y', '0', '\\'];
const name = fc.constantFrom(...NAMES);

const { value: anyValue } = fc.letrec<{ value: Model }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Model>(null, true, false, 0, 1, 2, 1.5, 'a', 'b', 'x"y', ''),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const container = anyValue.filter((value) => typeof value === 'object' && value !== null);
const step = fc.oneof(name, fc.constantFrom('0', '1', '-1', '5', '-5'));
const path = fc.array(step, { minLength: 1, maxLength: 3 });

function text(model: Model): string {
  return canonicalJson(JSON.stringify(model));
}

function isObject(model: Model): model is { [name: string]: Model } {
  return typeof model === 'object' && model !== null && !Array.isArray(model);
}

function list(model: Model): Model[] {
  return Array.isArray(model) ? model : [model];
}

function isWithin(a: Model, b: Model): boolean {
  if (Array.isArray(b)) {
    return Array.isArray(a) && b.every((one) => a.some((two) => isWithin(two, one)));
  }
  if (!isObject(b)) return a === b;
  if (!isObject(a)) return false;
  return Object.entries(b).every(([key, value]) => key in a && isWithin(a[key]!, value));
}

/** Null: refused. */
type Outcome = { readonly model: Model } | null;

/** `change` undefined: the place goes. */
function modelSet(model: Model, steps: readonly string[], change: Model | undefined): Outcome {
  const [first = '', ...rest] = steps;
  const within = (part: Model, put: (inner: Model) => void, copy: Model): Outcome => {
    const inner = modelSet(part, rest, change);
    if (inner === null) return null;
    put(inner.model);
    return { model: copy };
  };
  if (isObject(model)) {
    const copy = { ...model };
    if (rest.length > 0) {
      if (!(first in model)) return { model };
      return within(model[first]!, (inner) => (copy[first] = inner), copy);
    }
    if (change === undefined) delete copy[first];
    else copy[first] = change;
    return { model: copy };
  }
  if (!Array.isArray(model)) return { model };
  if (!/^-?\d+$/.test(first)) return null;
  const index = Number(first) < 0 ? model.length + Number(first) : Number(first);
  const copy = [...model];
  if (index >= 0 && index < model.length) {
    if (rest.length > 0) return within(model[index]!, (inner) => (copy[index] = inner), copy);
    if (change === undefined) copy.splice(index, 1);
    else copy[index] = change;
  } else if (rest.length === 0 && change !== undefined) {
    if (index < 0) copy.unshift(change);
    else copy.push(change);
  }
  return { model: copy };
}

function outcome(work: () => string): string {
  try {
    return work();
  } catch (error) {
    return (error as { code: string }).code;
  }
}

function expected(result: Outcome): string {
  return result === null ? '22P02' : text(result.model);
}

describe('jsonb', () => {
  test('|| merges objects and joins everything else as arrays', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        const both = isObject(a) && isObject(b);
        const joined: Model = both ? { ...a, ...b } : [...list(a), ...list(b)];
        expect(concatenate(text(a), text(b))).toBe(text(joined));
      }),
    );
  });

  test('@> is containment at every depth; an array also contains a scalar', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        const scalar = typeof b !== 'object' || b === null;
        const within = isWithin(a, b) || (Array.isArray(a) && scalar && a.includes(b));
        expect(contains(text(a), text(b))).toBe(within);
        expect(contains(text(a), text(a))).toBe(true);
      }),
    );
  });

  test('? finds names of objects and strings of arrays', () => {
    fc.assert(
      fc.property(anyValue, name, (a, wanted) => {
        const found = isObject(a) ? wanted in a : list(a).includes(wanted);
        expect(exists(text(a), wanted)).toBe(found);
      }),
    );
  });

  test('- takes names, strings and elements away', () => {
    fc.assert(
      fc.property(container, name, fc.integer({ min: -5, max: 5 }), (a, wanted, index) => {
        if (isObject(a)) {
          const { [wanted]: _, ...rest } = a;
          expect(deleteNames(text(a), [wanted])).toBe(text(rest));
          return;
        }
        const elements = list(a);
        const place = index < 0 ? elements.length + index : index;
        expect(deleteElement(text(a), index)).toBe(text(elements.filter((_, i) => i !== place)));
        expect(deleteNames(text(a), [wanted])).toBe(text(elements.filter((e) => e !== wanted)));
      }),
    );
  });

  test('jsonb_set puts a value where the path leads, and #- takes it away', () => {
    fc.assert(
      fc.property(container, path, anyValue, (a, steps, value) => {
        const set = outcome(() => setPath(text(a), steps, text(value), true));
        expect(set).toBe(expected(modelSet(a, steps, value)));
        const deleted = outcome(() => deletePath(text(a), steps));
        // Nothing is looked at where there is nothing to take away.
        const empty = Object.keys(a as object).length === 0;
        expect(deleted).toBe(empty ? text(a) : expected(modelSet(a, steps, undefined)));
      }),
    );
  });

  test('what jsonb_insert put in front of an element, #- takes away again', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { minLength: 1 }), anyValue, fc.nat(), (a, value, n) => {
        const steps = [String(n % a.length)];
        expect(deletePath(insertAt(text(a), steps, text(value), false), steps)).toBe(text(a));
      }),
    );
  });
});
