/** What is too deep or too large is refused before the grammar sees it; the rest it survives. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeStatement } from '../tree/codec.ts';
import { NESTING_MAX, TOKENS_MAX } from './guard.ts';
import { parser, refusal } from './testing/parser.ts';

/** Texts that nest `n` deep, in every way in which a text can. */
const SHAPES: Readonly<Record<string, (n: number) => string>> = {
  brackets: (n) => `SELECT ${'('.repeat(n)}1${')'.repeat(n)}`,
  'scalar queries': (n) => `SELECT ${'(SELECT '.repeat(n)}1${')'.repeat(n)}`,
  'derived tables': (n) => `SELECT * FROM ${'(SELECT * FROM '.repeat(n)}t${') AS a'.repeat(n)}`,
  'common tables': (n) => `${'WITH a AS ('.repeat(n)}SELECT 1${') SELECT * FROM a'.repeat(n)}`,
  'IN queries': (n) =>
    `SELECT * FROM t WHERE ${'a IN (SELECT b FROM t WHERE '.repeat(n)}true${')'.repeat(n)}`,
  calls: (n) => `SELECT ${'abs('.repeat(n)}1${')'.repeat(n)}`,
  'a sum': (n) => `SELECT 1${'+1'.repeat(n)}`,
  signs: (n) => `SELECT ${'- '.repeat(n)}a`,
  NOTs: (n) => `SELECT ${'NOT '.repeat(n)}true`,
  casts: (n) => `SELECT 1${'::int'.repeat(n)}`,
  collations: (n) => `SELECT a${' COLLATE "C"'.repeat(n)}`,
  'time zones': (n) => `SELECT a${" AT TIME ZONE 'UTC'".repeat(n)}`,
  'qualified operators': (n) => `SELECT 1${' OPERATOR(pg_catalog.+) 1'.repeat(n)}`,
  'NOT BETWEEN': (n) => `SELECT ${'NOT a BETWEEN 1 AND '.repeat(n)}2`,
  unions: (n) => `SELECT 1${' UNION ALL SELECT 1'.repeat(n)}`,
  intersections: (n) => `SELECT 1${' INTERSECT SELECT 1'.repeat(n)}`,
  joins: (n) => `SELECT * FROM t${' JOIN t USING (a)'.repeat(n)}`,
  'cross joins': (n) => `SELECT * FROM t${' CROSS JOIN t'.repeat(n)}`,
  'CASEs in ELSE': (n) => `SELECT ${'CASE WHEN a THEN 1 ELSE '.repeat(n)}2${' END'.repeat(n)}`,
  'CASEs as operand': (n) => `SELECT ${'CASE '.repeat(n)}1${' WHEN 1 THEN 2 END'.repeat(n)}`,
  subscripts: (n) => `SELECT ${'a['.repeat(n)}1${']'.repeat(n)}`,
  arrays: (n) => `SELECT ${'ARRAY['.repeat(n)}1${']'.repeat(n)}`,
  'NULL tests': (n) => `SELECT ${'('.repeat(n)}a${' IS NULL)'.repeat(n)}`,
  rows: (n) => `SELECT ${'ROW('.repeat(n)}1${')'.repeat(n)}`,
  'brackets around a query': (n) => `${'('.repeat(n)}SELECT 1${')'.repeat(n)}`,
  'names like keywords': (n) => `SELECT a.select${' + a.select'.repeat(n)}`,
};

describe('guard', () => {
  for (const [name, shape] of Object.entries(SHAPES)) {
    test(`${name}: what passes is parsed and encoded, what is deeper is 54001`, () => {
      let deepest = 0;
      for (const n of [50, 80, 98, 160, 240, 330, 490, 600]) {
        const said = refusal(shape(n));
        if (!said.startsWith('54001') && !said.startsWith('0A000')) {
          expect(said).toBe('accepted');
          deepest = n;
          for (const { statement } of parser.parse(shape(n))) encodeStatement(statement);
        }
      }
      if (name !== 'subscripts') expect(deepest).toBeGreaterThanOrEqual(80);
      expect(deepest).toBeLessThanOrEqual(NESTING_MAX);
      for (const n of [1000, 20_000]) expect(refusal(shape(n))).toMatch(/^54001/);
      // The grammar is as good as new.
      expect(refusal('SELECT 1')).toBe('accepted');
    });
  }

  test('flat lists are not depth', () => {
    const many = (piece: string, between: string, n = 5000): string =>
      Array.from({ length: n }, () => piece).join(between);
    expect(refusal(`SELECT ${many('a+1', ', ')}`)).toBe('accepted');
    expect(refusal(`SELECT a IN (${many('-1', ', ')})`)).toBe('accepted');
    expect(refusal(`INSERT INTO t VALUES ${many("(1, 'a' || 'b')", ', ')}`)).toBe('accepted');
    expect(refusal(`SELECT * FROM t WHERE ${many('a = 1', ' OR ')}`)).toBe('accepted');
    expect(refusal(`SELECT * FROM t WHERE ${many('a NOT BETWEEN 1 AND 2', ' AND ')}`)).toBe(
      'accepted',
    );
    expect(refusal(`SELECT CASE ${many('WHEN a = 1 THEN 2', ' ')} END`)).toBe('accepted');
    expect(refusal(many('SELECT 1+1', '; '))).toBe('accepted');
  });

  test('tokens, bytes, NUL and halves of characters', () => {
    expect(refusal(`SELECT ${'1,'.repeat(TOKENS_MAX / 2)}1`)).toMatch(/^54001/);
    expect(refusal(`SELECT '${'x'.repeat(1 << 20)}'`)).toBe('54000 at -1: text is too long');
    expect(refusal(`SELECT '${'é'.repeat(1 << 19)}'`)).toBe('54000 at -1: text is too long');
    expect(refusal(`SELECT '${'x'.repeat((1 << 20) - 9)}'`)).toBe('accepted');
    expect(refusal("SELECT 'a\0b'")).toBe(
      '22021 at -1: invalid byte sequence for encoding "UTF8": 0x00',
    );
    expect(refusal("SELECT '\ud800'")).toBe(
      '22021 at -1: invalid byte sequence for encoding "UTF8": 0xed 0xa0 0x80',
    );
    expect(refusal('SELECT 😀')).toBe('accepted');
  });

  test('a source repeated for many columns is bounded', () => {
    const columns = Array.from({ length: 2000 }, (_, i) => `c${i}`).join(', ');
    const values = Array.from({ length: 2000 }, () => '1').join(', ');
    expect(refusal(`UPDATE t SET (${columns}) = (${values})`)).toMatch(/^54001/);
    expect(refusal('UPDATE t SET (a, b) = (1, 2)')).toBe('accepted');
  });

  test('any tokens at all: an answer, and a grammar as good as new', () => {
    const words = fc.constantFrom(
      ...(
        "select from where ( ) [ ] , ; a 1 's' + ::int case when then else end and or not " +
        'between in is null join on union all as of timestamp position for system_time ' +
        'insert into values update set = delete with . * $1 to create table view int ' +
        'primary key order by group limit'
      ).split(' '),
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 30 }), (parts) => {
        const said = refusal(parts.join(' '));
        expect(said).toMatch(/^(accepted|(42601|0A000|54001|42P01|42P02|42P20|22023) at )/);
      }),
      { numRuns: 3000 },
    );
    expect(refusal('SELECT 1')).toBe('accepted');
  });
});
