/** What counts as the same answer, and what as an explained difference. */
import { expect, test } from 'vitest';
// @ts-expect-error A script, without types.
import { compare } from './compare.mjs';

type Answer = { code: string; message: string; tag: string; rows: (string | null)[][] };
const judge = compare as (ours: Answer, theirs: Answer) => string;

function rows(...values: (string | null)[]): Answer {
  return { code: '', message: '', tag: 'SELECT', rows: values.map((value) => [value]) };
}

function failed(code: string): Answer {
  return { code, message: '', tag: '', rows: [] };
}

test('answers are the same when their text is', () => {
  expect(judge(rows('1', null), rows('1', null))).toBe('same');
  expect(judge(failed('42883'), failed('42883'))).toBe('same');
  expect(judge(rows('1'), rows('2'))).toBe('different');
  expect(judge(rows(null), rows(''))).toBe('different');
});

test('of equal values either may be shown', () => {
  expect(judge(rows('1.50'), rows('1.5'))).toBe('representative');
  expect(judge(rows('1 day'), rows('24:00:00'))).toBe('representative');
  expect(judge(rows('-1 mons +01:00:00'), rows('-30 days +01:00:00'))).toBe('representative');
  expect(judge(rows('{"a": 1.0}'), rows('{"a": 1.00}'))).toBe('representative');
  expect(judge(rows('-54 days +104:10:12'), rows('-2 mons +10 days 08:10:12'))).toBe(
    'representative',
  );
  expect(judge(rows('1 day'), rows('23:00:00'))).toBe('different');
  expect(judge(rows('-1 mons +9 days'), rows('-1 mons -9 days'))).toBe('different');
  expect(judge(rows('105'), rows('15'))).toBe('different');
});

test('an error that only one met is explained when it depends on what is evaluated', () => {
  expect(judge(rows('1'), failed('22012'))).toBe('evaluation');
  expect(judge(failed('22003'), failed('22012'))).toBe('evaluation');
  expect(judge(rows('1'), failed('42883'))).toBe('different');
  expect(judge(failed('22012'), failed('42883'))).toBe('different');
});

test('a result that is larger than any of ours is explained by its size', () => {
  const many = { ...rows(), rows: Array.from({ length: 500_001 }, () => ['1']) };
  for (const code of ['53200', '54000']) {
    expect(judge(failed(code), many)).toBe('limit');
    expect(judge(failed(code), rows('1'))).toBe('different');
  }
});
