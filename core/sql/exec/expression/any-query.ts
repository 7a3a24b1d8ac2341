/**
 * `tests op ANY (query)` and `tests op ALL (query)`; IN is `= ANY`.
 *
 * The query's rows are kept. Under equality they are looked up by key; rows with a null in them,
 * and tests with one, are compared one by one, because their answer may be null or false.
 */
import type { Bound } from '../../plan/expression.ts';
import { identityFor } from '../../types/compare.ts';
import type { Identity } from '../../types/compare.ts';
import type { Value } from '../../types/type.ts';
import { BATCH_ROWS } from '../batch.ts';
import type { Batch, ColumnBatch } from '../batch.ts';
import {
  ALL_ROWS,
  BOOLEAN,
  isNull,
  makeBatch,
  makeColumn,
  put,
  restart,
  valueAt,
} from '../column.ts';
import { PENDING } from '../operator.ts';
import type { Run } from '../operator.ts';
import { roomForRows } from '../room.ts';
import { RowStore } from '../row-store.ts';
import type { Compiled, Compiler } from './compiled.ts';
import { QueryRun } from './query-run.ts';
import type { Reader } from './query-run.ts';

type AnyQuery = Extract<Bound, { kind: 'anyQuery' }>;

/** What the query yielded. */
interface Members {
  readonly rows: RowStore;
  /** Keys of the rows without null; null when not looked up by key. */
  readonly keys: Set<Value> | null;
  /** The rows that have a null. */
  readonly withNull: number[];
}

/** Row sets are large: few are remembered. */
const MEMO_MAX = 8;

export function compileAnyQuery(bound: AnyQuery, compiler: Compiler): Compiled {
  const { run } = compiler.scope;
  const tests = bound.tests.map(compiler.compile);
  const toKeys = bound.tests.map((test) => identityFor(test.type.id));
  const hashed = !bound.all && bound.equal !== null;
  const reader = membersReader(bound, toKeys, hashed, run);
  const query = new QueryRun(bound.query, compiler, reader);
  const compare = comparison(bound, tests, compiler);
  const out = makeColumn(BOOLEAN, 0);
  const columns: ColumnBatch[] = [];
  let answeredRows = 0;
  let attempt = -1;
  return {
    shape: BOOLEAN,
    scalar: null,
    evaluate: (batch, selection, count) => {
      for (let i = 0; i < tests.length; i++) {
        columns[i] = (tests[i] as Compiled).evaluate(batch, selection, count);
      }
      query.prepare(batch, selection, count);
      if (attempt !== compiler.attempt) {
        attempt = compiler.attempt;
        answeredRows = 0;
        restart(out, BOOLEAN, batch.capacity);
      }
      while (answeredRows < count) {
        const row = selection[answeredRows] as number;
        const members = query.answerFor(row);
        const values = tests.map(({ shape }, i) => valueAt(columns[i] as ColumnBatch, shape, row));
        const answer = hashed
          ? lookUp(members, values, toKeys, compare)
          : compare(members, values, null);
        put(out, BOOLEAN, row, answer === null ? null : answer !== bound.negated);
        answeredRows++;
        if (run.fuel <= 0 && answeredRows < count) throw PENDING;
      }
      return out;
    },
  };
}

function membersReader(
  bound: AnyQuery,
  toKeys: readonly Identity[],
  hashed: boolean,
  run: Run,
): Reader<Members> {
  let members: Members | null = null;
  return {
    want: BATCH_ROWS,
    memoMax: MEMO_MAX,
    start: () => {
      const rows = new RowStore(bound.query.plan.types, run);
      members = { rows, keys: hashed ? new Set() : null, withNull: [] };
    },
    read: (batch) => {
      const { rows, keys, withNull } = members as Members;
      const first = rows.rows;
      rows.append(batch);
      if (keys === null) return false;
      for (let row = first; row < rows.rows; row++) {
        if (rows.columns.some((column) => isNull(column, row))) {
          withNull.push(row);
        } else {
          const values = rows.columns.map((column, i) =>
            valueAt(column, rows.shapes[i] as Compiled['shape'], row),
          );
          keys.add(joinedKey(values, toKeys));
        }
      }
      return false;
    },
    answer: () => members as Members,
    forget: ({ rows }) => rows.clear(),
  };
}

function joinedKey(values: readonly Value[], toKeys: readonly Identity[]): Value {
  if (values.length === 1) return (toKeys[0] as Identity)(values[0] as Value);
  let key = '';
  for (const [i, value] of values.entries()) {
    const part = (toKeys[i] as Identity)(value);
    const text = String(part);
    key += `${text.length}:${text}`;
  }
  return key;
}

/** `ids` null: all rows. */
type Compare = (
  members: Members,
  values: readonly Value[],
  ids: readonly number[] | null,
) => boolean | null;

function lookUp(
  members: Members,
  values: readonly Value[],
  toKeys: readonly Identity[],
  compare: Compare,
): boolean | null {
  if (members.rows.rows === 0) return false;
  if (values.includes(null)) return values.length === 1 ? null : compare(members, values, null);
  if ((members.keys as Set<Value>).has(joinedKey(values, toKeys))) return true;
  if (members.withNull.length === 0) return false;
  return values.length === 1 ? null : compare(members, values, members.withNull);
}

/** Compares one row of tests with rows of the query, a batch at a time. */
function comparison(bound: AnyQuery, tests: readonly Compiled[], compiler: Compiler): Compare {
  const condition = compiler.compile(bound.compare);
  const { run } = compiler.scope;
  const { all } = bound;
  let batch: Batch | null = null;
  return (members, values, ids) => {
    const { rows } = members;
    if (batch === null) {
      const shapes = [...tests.map((test) => test.shape), ...rows.shapes];
      batch = makeBatch(
        shapes.map((shape) => makeColumn(shape, BATCH_ROWS)),
        BATCH_ROWS,
      );
    }
    for (const [i, { shape }] of tests.entries()) {
      const column = batch.columns[i] as ColumnBatch;
      restart(column, shape, BATCH_ROWS);
      for (let row = 0; row < BATCH_ROWS; row++) put(column, shape, row, values[i] as Value);
    }
    const total = ids === null ? rows.rows : ids.length;
    const chunk = roomForRows(BATCH_ROWS);
    let unknown = false;
    for (let from = 0; from < total; from += BATCH_ROWS) {
      const count = Math.min(BATCH_ROWS, total - from);
      for (let k = 0; k < count; k++)
        chunk[k] = ids === null ? from + k : (ids[from + k] as number);
      run.fuel--;
      rows.gather(batch.columns, tests.length, chunk, count);
      const column = condition.evaluate(batch, ALL_ROWS, count);
      for (let k = 0; k < count; k++) {
        if (isNull(column, k)) unknown = true;
        else if ((column.numbers[k] === 1) !== all) return !all;
      }
    }
    return unknown ? null : all;
  };
}
