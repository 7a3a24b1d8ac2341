/** The runner itself: what it reads, how it compares, what it counts. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { difference } from './compare.ts';
import { readSlt } from './read.ts';
import type { Answer, Session } from './run.ts';
import { runFile } from './run.ts';

const TEXT = `# name: a file
hash-threshold 8

statement ok
CREATE TABLE t (a int)

skipif postgresql
query I nosort
SELECT 1
----
9

onlyif sqlite # because
statement error
SELECT nothing

# scope: extended
# sqlstate 22012
statement error
SELECT 1 / 0

query IT rowsort label-1
SELECT a,
       b
  FROM t
----
1
 
2
NULL

onlyif postgresql
halt

query I nosort
SELECT 2
----
2
`;

function query(types: string, sort: 'nosort' | 'rowsort' | 'valuesort', expected: string[]) {
  const text = `query ${types} ${sort}\nSELECT\n----\n${expected.join('\n')}\n`;
  return readSlt(text).records[0]!;
}

describe('slt', () => {
  test('records with their conditions, remarks and blank values', () => {
    const { records, unknown } = readSlt(TEXT.replaceAll('\n', '\r\n'));
    expect(unknown).toEqual([]);
    expect(records.map(({ line, kind, fails }) => [line, kind, fails])).toEqual([
      [4, 'statement', false],
      [19, 'statement', true],
      [22, 'query', false],
    ]);
    expect(records[1]).toMatchObject({ sqlstate: '22012', extended: true });
    expect(records[2]).toMatchObject({
      sql: 'SELECT a,\n       b\n  FROM t',
      types: 'IT',
      sort: 'rowsort',
      label: 'label-1',
      expected: ['1', ' ', '2', 'NULL'],
      extended: false,
    });
    expect(readSlt('loop i 0 3\n').unknown).toEqual(['1: loop i 0 3']);
  });

  test('sqlite: integers cut, reals with three digits, hashes, sorting by value', () => {
    const rows = [
      ['t', '1.5', ''],
      ['f', '2', null],
    ];
    const types = ['boolean', 'numeric', 'text'];
    const record = query('IRT', 'nosort', ['1', '1.500', '(empty)', '0', '2.000', 'NULL']);
    expect(difference(record, 'sqlite', { types, rows })).toBe('');
    const sorted = query('II', 'valuesort', ['1', '10', '2', '3']);
    const numbers = {
      types: ['integer', 'integer'],
      rows: [
        ['3', '2'],
        ['10', '1'],
      ],
    };
    expect(difference(sorted, 'sqlite', numbers)).toBe('');
    const hashed = query('I', 'nosort', ['3 values hashing to 0f0a5f1b2c9b2fd6f0a0c4e0e0a5d3f1']);
    const three = { types: ['integer'], rows: [['1'], ['2'], ['3']] };
    expect(difference(hashed, 'sqlite', three)).toMatch(/^another hash/);
    const digest = createHash('md5').update('1\n2\n3\n').digest('hex');
    const right = query('I', 'nosort', [`3 values hashing to ${digest}`]);
    expect(difference(right, 'sqlite', three)).toBe('');
    expect(difference(right, 'sqlite', { types: ['integer'], rows: [['1']] })).toBe(
      '1 values instead of 3',
    );
  });

  test('duckdb: a line a row, numbers as numbers, either spelling of booleans', () => {
    const record = query('IIT', 'rowsort', ['2\t0.5\tfalse', '1\tNULL\ttrue']);
    const rows = [
      ['1', null, 't'],
      ['2.0', '0.50000000000000000000', 'f'],
    ];
    expect(difference(record, 'duckdb', { types: [], rows })).toBe('');
    expect(difference(query('I', 'nosort', ['3']), 'duckdb', { types: [], rows: [['4']] })).toBe(
      'value 1 is "4" instead of "3"',
    );
  });

  test('pg_regress: PostgreSQL’s text to the letter', () => {
    const record = query('TT', 'nosort', ['t', '1.50', '(empty)', 'two', 'lines']);
    const rows = [
      ['t', '1.50'],
      ['', 'two\nlines'],
    ];
    expect(difference(record, 'pg_regress', { types: [], rows })).toBe('');
    expect(
      difference(query('T', 'nosort', ['1.5']), 'pg_regress', { types: [], rows: [['1.50']] }),
    ).toBe('value 1 is "1.50" instead of "1.5"');
  });

  test('the score: extended apart, excluded lines out, SQLSTATEs compared', () => {
    const answers: readonly Answer[] = [
      { kind: 'rows', types: [], rows: [] },
      { kind: 'error', code: '22003', message: 'out of range' },
      {
        kind: 'rows',
        types: ['integer', 'text'],
        rows: [
          ['2', null],
          ['1', ' '],
        ],
      },
    ];
    const replay = (): Session => {
      let next = 0;
      return { run: () => answers[next++]! };
    };
    const file = readSlt(TEXT);
    expect(runFile(replay(), 'pg_regress', file, new Set())).toMatchObject({
      passed: 2,
      failed: 0,
      extendedPassed: 0,
      extendedFailed: 1,
      failures: [{ line: 19, reason: '22003 out of range, instead of 22012' }],
    });
    expect(runFile(replay(), 'pg_regress', file, new Set([19, 22]))).toMatchObject({
      passed: 1,
      extendedFailed: 0,
      outOfScope: 2,
    });
  });
});
