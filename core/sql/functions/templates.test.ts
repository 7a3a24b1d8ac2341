/** Any template and any pattern answers or fails with a SQLSTATE, and soon. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SqlError } from '../error.ts';
import { decimal } from '../types/decimal.ts';
import { FLOAT8, INT4, INT8, INTERVAL, NUMERIC, TEXT, TIMESTAMP } from '../types/type.ts';
import type { TypeId, Value } from '../types/type.ts';
import { interval } from '../types/interval.ts';
import type { ScalarFunction } from './function.ts';
import { findFunction, findOperator } from './resolve.ts';
import { testEnvironment } from './testing/evaluate.ts';

function scalar(name: string, ...types: readonly TypeId[]): ScalarFunction {
  const plain = types.map((id) => ({ id, modifier: -1 }));
  const found = findFunction(name, plain, -1);
  if (found.kind !== 'call' || found.function.kind !== 'scalar') throw new Error(name);
  return found.function;
}

/** The result, or nothing when it is an error as it should be. */
function attempt(f: ScalarFunction, ...values: Value[]): Value {
  try {
    return f.evaluate(testEnvironment, ...values);
  } catch (error) {
    expect(error).toBeInstanceOf(SqlError);
    return null;
  }
}

const templates = fc
  .array(
    fc.constantFrom(
      ...'9 0 . , D G S MI PL SG PR L TH V EEEE FM RN B YYYY Y,YYY YY Y MM Mon Month DD DDD HH24'
        .split(' ')
        .concat('HH12 MI SS MS US AM BC J IYYY IW ID Q TZ OF " \\ x - /'.split(' '), [' ', '"']),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

const text = fc.string({
  unit: fc.constantFrom(...'0 1 2 3 4 5 6 7 8 9 . , - + : Jan PM BC'.split(' '), ' '),
  maxLength: 14,
});

test('to_char of numbers, times and spans', () => {
  const number = scalar('to_char', NUMERIC, TEXT);
  const moment = scalar('to_char', TIMESTAMP, TEXT);
  const span = scalar('to_char', INTERVAL, TEXT);
  fc.assert(
    fc.property(templates, fc.integer(), fc.nat(6), (template, value, scale) => {
      attempt(number, decimal(value, scale), template);
      attempt(moment, value * 1e6, template);
      attempt(span, interval(value % 100, value % 50, value), template);
    }),
    { numRuns: 3000 },
  );
});

test('to_number, to_date, to_timestamp', () => {
  const readers = ['to_number', 'to_date', 'to_timestamp'].map((name) => scalar(name, TEXT, TEXT));
  fc.assert(
    fc.property(text, templates, (input, template) => {
      for (const reader of readers) attempt(reader, input, template);
    }),
    { numRuns: 3000 },
  );
});

test('patterns of LIKE, SIMILAR TO and regular expressions', () => {
  const pattern = fc
    .array(
      fc.constantFrom(
        ...'a b . * + ? ( ) | [ ] ^ $ { } {2} {1,3} \\ \\d \\m [^a] % _ - (?: *?'.split(' '),
      ),
      { maxLength: 9 },
    )
    .map((parts) => parts.join(''));
  const input = fc.string({
    unit: fc.constantFrom('a', 'b', '1', ' ', '\n', '%', '_'),
    maxLength: 12,
  });
  const operands = { id: TEXT, modifier: -1 };
  const operators = ['~~', '~~*', '~', '~*'].map((name) => {
    return findOperator(name, operands, operands, -1).function;
  });
  const replace = scalar('regexp_replace', TEXT, TEXT, TEXT, TEXT);
  const similar = scalar('similar_to_escape', TEXT);
  const instr = scalar('regexp_instr', TEXT, TEXT, INT4, INT4);
  fc.assert(
    fc.property(input, pattern, (value, written) => {
      for (const operator of operators) attempt(operator, value, written);
      attempt(replace, value, written, '<\\&\\1>', 'g');
      attempt(instr, value, written, 1, 2);
      const [, , regex] = operators;
      const translated = attempt(similar, written);
      if (regex !== undefined && translated !== null) attempt(regex, value, translated);
    }),
    { numRuns: 3000 },
  );
});

test('EEEE keeps the exponent that numbers of PostgreSQL’s own had before rounding', () => {
  const shown = (type: number, value: Value): Value =>
    attempt(scalar('to_char', type, TEXT), value, '9.9EEEE');
  expect(shown(NUMERIC, decimal(9966, 2))).toBe(' 10.0e+01');
  expect(shown(NUMERIC, decimal(-99999, 2))).toBe('-10.0e+02');
  expect(shown(INT8, 996)).toBe(' 10.0e+02');
  expect(shown(INT4, 996)).toBe(' 1.0e+03');
  expect(shown(FLOAT8, 99.66)).toBe(' 1.0e+02');
});
