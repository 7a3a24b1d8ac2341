/**
 * Ranges of an index against a filter and a sort: any bounds, both directions, cut off anywhere;
 * of the present, of the past, and within a transaction that has changed rows itself.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { assert } from '../../types/assert.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import { isError } from '../session/result.ts';

const parser = await loadParser();

type Cell = number | null;
type Row = readonly [a: number, b: number, c: Cell];

/** Where a column may be bounded, and how that reads. */
interface Bound {
  readonly operator: '<' | '<=' | '>' | '>=';
  readonly value: number;
}

interface Question {
  /** Which column is bounded; those before it in the index are fixed. */
  readonly depth: number;
  readonly fixed: number;
  readonly bounds: readonly Bound[];
  readonly descending: boolean;
  readonly limit: number | null;
}

/** Indexes of the table, and how the plain order of their columns goes: 1 up, -1 down. */
const ORDERS = [
  { columns: ['a', 'b'], signs: [1, 1] },
  { columns: ['c', 'b', 'a'], signs: [1, -1, 1] },
] as const;

const COLUMN = { a: 0, b: 1, c: 2 } as const;
const value = fc.integer({ min: 0, max: 12 });
const rows: fc.Arbitrary<Row[]> = fc.uniqueArray(
  fc.tuple(value, value, fc.option(value, { nil: null })),
  { minLength: 1, maxLength: 60, selector: ([a, b]) => `${a} ${b}` },
);
const bound: fc.Arbitrary<Bound> = fc.record({
  operator: fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const),
  value,
});
const question: fc.Arbitrary<Question> = fc.record({
  depth: fc.integer({ min: 0, max: 1 }),
  fixed: value,
  bounds: fc.array(bound, { maxLength: 2 }),
  descending: fc.boolean(),
  limit: fc.option(fc.integer({ min: 0, max: 9 }), { nil: null }),
});

function holds(cell: Cell, { operator, value: with_ }: Bound): boolean {
  if (cell === null) return false;
  if (operator === '<') return cell < with_;
  if (operator === '<=') return cell <= with_;
  return operator === '>' ? cell > with_ : cell >= with_;
}

/** Nulls last, as in an ascending index of PostgreSQL's. */
function compare(x: Cell, y: Cell): number {
  if (x === null || y === null) return Number(x === null) - Number(y === null);
  return x - y;
}

function expected(all: readonly Row[], order: number, asked: Question): string[] {
  const { columns, signs } = ORDERS[order]!;
  const wanted = all.filter((row) => {
    const fixed = columns.slice(0, asked.depth);
    const bounded = row[COLUMN[columns[asked.depth]!]];
    return (
      fixed.every((name) => row[COLUMN[name]] === asked.fixed) &&
      asked.bounds.every((one) => holds(bounded, one))
    );
  });
  const sorted = wanted.toSorted((x, y) => {
    for (const [i, name] of columns.entries()) {
      const difference = signs[i]! * compare(x[COLUMN[name]], y[COLUMN[name]]);
      if (difference !== 0) return asked.descending ? -difference : difference;
    }
    return 0;
  });
  return sorted.slice(0, asked.limit ?? Infinity).map((row) => row.join('|'));
}

function sqlOf(table: string, order: number, asked: Question): string {
  const { columns, signs } = ORDERS[order]!;
  const terms = [
    ...columns.slice(0, asked.depth).map((name) => `${name} = ${asked.fixed}`),
    ...asked.bounds.map((one) => `${columns[asked.depth]!} ${one.operator} ${one.value}`),
  ];
  const keys = columns.map((name, i) => {
    return `${name} ${signs[i]! > 0 === asked.descending ? 'DESC' : 'ASC'}`;
  });
  const where = terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`;
  const limit = asked.limit === null ? '' : `LIMIT ${asked.limit}`;
  return `SELECT a, b, c FROM ${table} ${where} ORDER BY ${keys.join(', ')} ${limit}`;
}

function answer(session: MemorySession, sql: string): string[] {
  const [told] = session.run(sql);
  assert(told !== undefined && !isError(told), () => `${sql} is right`);
  return told.rows.map((row) => row.join('|'));
}

const CHANGED = 'UPDATE t SET c = c + 1 WHERE b > 6';

function changed([a, b, c]: Row): Row {
  return [a, b, b > 6 && c !== null ? c + 1 : c];
}

it('a range has the rows between its bounds, in its order', () => {
  fc.assert(
    fc.property(
      rows,
      fc.array(question, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 0, max: ORDERS.length - 1 }),
      (all, questions, order) => {
        const database = new MemoryDatabase(parser);
        const session = database.session();
        session.run('CREATE TABLE t (a int, b int, c int, PRIMARY KEY (a, b))');
        session.run('CREATE INDEX ON t (c, b DESC, a)');
        const list = all.map(([a, b, c]) => `(${a}, ${b}, ${c ?? 'NULL'})`);
        session.run(`INSERT INTO t VALUES ${list.join(', ')}`);
        const then = `t AS OF POSITION ${database.position}`;
        const check = (table: string, model: readonly Row[]): void => {
          for (const asked of questions) {
            const sql = sqlOf(table, order, asked);
            expect([sql, ...answer(session, sql)]).toEqual([sql, ...expected(model, order, asked)]);
          }
        };
        check('t', all);
        session.run('BEGIN');
        session.run(CHANGED);
        check('t', all.map(changed));
        session.run('ROLLBACK');
        session.run(CHANGED);
        check('t', all.map(changed));
        check(then, all);
      },
    ),
    { numRuns: 100 },
  );
});
