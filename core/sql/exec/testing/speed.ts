/**
 * How fast the executor is by itself: over columns in memory, so that no page is decoded.
 *
 * npx esbuild core/sql/exec/testing/speed.ts --bundle --platform=node --format=esm \
 *   --outfile=dist/speed.mjs && node dist/speed.mjs
 *
 * Prints the median of several runs of each query, in milliseconds of user CPU: other processes on
 * the machine do not count.
 */
import { cpuUsage } from 'node:process';
import type { Plan } from '../../plan/plan.ts';
import { FLOAT8, INT4, INT8, TEXT } from '../../types/type.ts';
import type { TypeId } from '../../types/type.ts';
import type { Batch, ColumnBatch } from '../batch.ts';
import { execute } from '../execute.ts';
import type { ExecutionContext } from '../execute.ts';
import { BATCH, DONE } from '../operator.ts';
import type { RowSource } from '../source.ts';
import {
  aggregate,
  and,
  by,
  column,
  constant,
  environment,
  operator,
  project,
  scan,
  type,
} from './plans.ts';

const ROWS = 1_000_000;
const SMALL = 100_000;
const RUNS = 7;

type Data = readonly (Float64Array | readonly string[])[];

/** A generator that repeats itself: the same rows in every run. */
function numbers(count: number, below: number): Float64Array {
  let state = 12_345;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 4_294_967_296) * below);
  });
}

const texts = (values: Float64Array): string[] => Array.from(values, (value) => `name ${value}`);

const tables = new Map<string, Data>([
  ['big', [numbers(ROWS, ROWS), numbers(ROWS, 1000), texts(numbers(ROWS, 997)), numbers(ROWS, 7)]],
  ['left', [numbers(SMALL, SMALL), numbers(SMALL, 100), texts(numbers(SMALL, SMALL))]],
  ['right', [numbers(SMALL, SMALL), numbers(SMALL, 100), texts(numbers(SMALL, SMALL))]],
]);
const BIG: readonly TypeId[] = [INT4, INT4, TEXT, FLOAT8];
const SIDE: readonly TypeId[] = [INT4, INT4, TEXT];

const source: RowSource = {
  open: (table, _index, _range, _backward, _moment, columns, late) => {
    const data = tables.get(table.name) ?? [];
    const rows = data[0]?.length ?? 0;
    let from = 0;
    let next = 0;
    const fill = (batch: Batch, i: number, count: number): void => {
      const values = data[columns[i] ?? 0] ?? [];
      const to = batch.columns[i] as ColumnBatch;
      if (values instanceof Float64Array) to.numbers.set(values.subarray(from, from + count));
      else for (let row = 0; row < count; row++) to.values[row] = values[from + row] as string;
    };
    return {
      next: (batch) => {
        from = next;
        const count = Math.min(batch.capacity, rows - from);
        for (let i = 0; i < columns.length; i++) if (late?.[i] !== true) fill(batch, i, count);
        next += count;
        return count;
      },
      load: (batch, selection, count) => {
        for (let i = 0; i < columns.length; i++) {
          if (late?.[i] !== true) continue;
          const values = data[columns[i] ?? 0] ?? [];
          const to = batch.columns[i] as ColumnBatch;
          for (let k = 0; k < count; k++) {
            const row = selection[k] as number;
            if (values instanceof Float64Array) to.numbers[row] = values[from + row] as number;
            else to.values[row] = values[from + row] as string;
          }
        }
      },
    };
  },
  system: () => [],
  positionAt: () => 0,
};

const context: ExecutionContext = { environment, source, memoryBytesMax: 1 << 30, write: null };

const big = (filter: Parameters<typeof scan>[2] = null): Plan => scan('big', BIG, filter);
const count = aggregate('count', []);

function grouped(input: Plan, keys: readonly number[], ids: readonly TypeId[]): Plan {
  const bounds = keys.map((key, i) => column(key, ids[i] ?? INT4));
  const aggregates = [
    count,
    aggregate('sum', [column(0, INT4)]),
    aggregate('avg', [column(0, INT4)]),
  ];
  const types = [...bounds.map((bound) => bound.type), ...aggregates.map((one) => one.type)];
  return { kind: 'aggregate', input, keys: bounds, sets: null, grouping: false, aggregates, types };
}

function joined(keys: readonly number[], ids: readonly TypeId[]): Plan {
  const left = scan('left', SIDE);
  const right = scan('right', SIDE);
  const bounds = keys.map((key, i) => column(key, ids[i] ?? INT4));
  return {
    kind: 'hashJoin',
    type: 'inner',
    left,
    right,
    leftKeys: bounds,
    rightKeys: bounds,
    condition: null,
    types: [...left.types, ...right.types],
  };
}

function sorted(input: Plan, at: number, id: TypeId, wanted: number | null): Plan {
  const keys = [by(column(at, id))];
  const first = wanted === null ? null : constant(wanted, INT8);
  return { kind: 'sort', input, keys, count: first, types: input.types };
}

const below = operator('<', column(0, INT4), constant(10_000));
const arithmetic = operator('+', operator('*', column(0, INT4), constant(2)), column(1, INT4));

const queries: Record<string, Plan> = {
  'filter int4, 1 %': big(below),
  'filter int4, 50 %': big(operator('<', column(0, INT4), constant(ROWS / 2))),
  'filter text =': big(operator('=', column(2, TEXT), constant('name 7'))),
  'filter int4 and text': big(
    and(
      operator('>', column(1, INT4), constant(500)),
      operator('<>', column(2, TEXT), constant('name 7')),
    ),
  ),
  'filter text <': big(operator('<', column(2, TEXT), constant('name 5'))),
  'project arithmetic': project(big(), arithmetic),
  'count(*) where': { ...grouped(big(below), [], []) },
  'group by int4 (1000)': grouped(big(), [1], [INT4]),
  'group by int4 (600,000)': grouped(big(), [0], [INT4]),
  'group by text (997)': grouped(big(), [2], [TEXT]),
  'group by int4, text': grouped(big(), [1, 2], [INT4, TEXT]),
  'sum(float8)': {
    ...grouped(big(), [], []),
    aggregates: [aggregate('sum', [column(3, FLOAT8)])],
    types: [type(FLOAT8)],
  } as Plan,
  'count(distinct int4)': {
    ...grouped(big(), [], []),
    aggregates: [aggregate('count', [column(0, INT4)], { distinct: true })],
    types: [type(INT8)],
  } as Plan,
  'join int4': joined([0], [INT4]),
  'join text': joined([2], [TEXT]),
  'join int4, int4': joined([0, 1], [INT4, INT4]),
  'sort int4': sorted(big(), 0, INT4, null),
  'sort text': sorted(big(), 2, TEXT, null),
  'top 10 by int4': sorted(big(), 0, INT4, 10),
};

function run(plan: Plan): number {
  const execution = execute(plan, context);
  let rows = 0;
  for (;;) {
    const step = execution.step(64);
    if (step === DONE) return rows;
    if (step === BATCH) rows += execution.output.count;
  }
}

const only = process.argv[2];
for (const [name, plan] of Object.entries(queries)) {
  if (only !== undefined && !name.includes(only)) continue;
  const millis: number[] = [];
  let rows = 0;
  for (let i = 0; i < RUNS; i++) {
    const before = cpuUsage();
    rows = run(plan);
    millis.push(cpuUsage(before).user / 1000);
  }
  const median = millis.toSorted((a, b) => a - b)[RUNS >> 1] ?? 0;
  console.log(`${name.padEnd(26)}${median.toFixed(1).padStart(8)} ms  ${rows} rows`);
}
