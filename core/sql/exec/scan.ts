/**
 * Scan: rows of a table, or of a system table, that pass its filter.
 *
 * Batches begin small and grow, so that reading one row by its key allocates little; columns that
 * the filter does not look at may be decoded late, for the rows that pass it alone.
 */
import type { Bound } from '../plan/expression.ts';
import { operandsOf } from '../plan/plan.ts';
import type { IndexRange, Moment, ScanPlan, SystemScanPlan } from '../plan/plan.ts';
import { SqlError } from '../error.ts';
import type { Int64, Value } from '../types/type.ts';
import { columnsOf } from './analysis.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { ALL_ROWS, makeBatch, makeColumn, put, restart, shapeOf } from './column.ts';
import type { Shape } from './column.ts';
import { Condition } from './filter.ts';
import { Once } from './once.ts';
import { BATCH, DONE, MORE } from './operator.ts';
import type { Operator, Run, Scope, Step } from './operator.ts';
import type { ReadMoment, ReadRange, RowCursor } from './source.ts';

const FIRST_CAPACITY = 8;

export class Scan implements Operator {
  readonly output: Batch;
  readonly #plan: ScanPlan;
  readonly #run: Run;
  readonly #shapes: readonly Shape[];
  readonly #range: Once;
  readonly #moment: Once;
  readonly #condition: Condition | null;
  readonly #late: readonly boolean[] | null;
  #capacity: number;
  #cursor: RowCursor | null = null;
  #loaded = false;
  #done = false;

  constructor(plan: ScanPlan, scope: Scope) {
    this.#plan = plan;
    this.#run = scope.run;
    this.#shapes = plan.types.map((type) => shapeOf(type.id));
    this.#range = new Once(boundsOf(plan.range), scope);
    this.#moment = new Once(operandsOf(plan.moment), scope);
    this.#condition = plan.filter === null ? null : new Condition(plan.filter, scope);
    this.#late = plan.filter === null ? null : lateColumns(plan.columns.length, plan.filter);
    const { index, range } = plan;
    const single = index.unique && range.equal.length === index.elements.length;
    this.#capacity = single && index.elements.length > 0 ? 2 : FIRST_CAPACITY;
    this.output = makeBatch(
      this.#shapes.map((shape) => makeColumn(shape, 0)),
      0,
    );
  }

  reset(): void {
    this.#cursor = null;
    this.#loaded = false;
    this.#done = false;
    this.#range.reset();
    this.#moment.reset();
    this.#condition?.reset();
  }

  step(want: number): Step {
    this.#condition?.check();
    if (this.#done) return DONE;
    this.#cursor ??= this.#open();
    if (this.#cursor === null) {
      this.#done = true;
      return DONE;
    }
    if (!this.#loaded && !this.#fill(this.#cursor, want)) {
      this.#done = true;
      this.#cursor = null;
      return DONE;
    }
    const { output } = this;
    if (this.#condition === null) return BATCH;
    this.#loaded = true;
    this.#condition.apply(output);
    this.#loaded = false;
    if (output.count === 0) return MORE;
    if (this.#late !== null) this.#cursor.load?.(output, output.selection, output.count);
    return BATCH;
  }

  #fill(cursor: RowCursor, want: number): boolean {
    const { output } = this;
    const capacity = this.#condition === null ? Math.min(this.#capacity, want) : this.#capacity;
    for (let i = 0; i < this.#shapes.length; i++) {
      restart(output.columns[i] as ColumnBatch, this.#shapes[i] as Shape, capacity);
    }
    output.capacity = capacity;
    const rows = cursor.next(output);
    output.rows = rows;
    output.selection = ALL_ROWS;
    output.count = rows;
    if (rows === this.#capacity) this.#capacity = Math.min(BATCH_ROWS, this.#capacity * 4);
    return rows > 0;
  }

  /** Null: a bound is null, so there are no rows. */
  #open(): RowCursor | null {
    const { table, index, backward, columns } = this.#plan;
    const range = readRange(this.#plan.range, this.#range.values());
    const moment = readMoment(this.#plan.moment, this.#moment.values(), this.#run);
    if (range === null || moment === null) return null;
    return this.#run.source.open(table, index, range, backward, moment, columns, this.#late);
  }
}

function boundsOf({ equal, low, high }: IndexRange): Bound[] {
  const bounds = [...equal];
  if (low !== null) bounds.push(low.value);
  if (high !== null) bounds.push(high.value);
  return bounds;
}

function readRange({ equal, low, high }: IndexRange, values: readonly Value[]): ReadRange | null {
  if (values.includes(null)) return null;
  let next = equal.length;
  return {
    equal: values.slice(0, next),
    low: low === null ? null : { value: values[next++] as Value, inclusive: low.inclusive },
    high: high === null ? null : { value: values[next] as Value, inclusive: high.inclusive },
  };
}

const PRESENT: ReadMoment = { kind: 'present' };

/** Null: an empty period. */
function readMoment(moment: Moment, operands: readonly Value[], run: Run): ReadMoment | null {
  if (moment.kind === 'present') return PRESENT;
  if (moment.kind === 'all') return { kind: 'versions', low: 0, high: Number.MAX_SAFE_INTEGER };
  if (operands.includes(null)) throw new SqlError('22004', 'AS OF must not be null');
  const first = operands[0] as Int64;
  if (!('unit' in moment)) {
    return { kind: 'position', position: positionOf(moment.kind, first, run) };
  }
  const low = positionOf(moment.unit, first, run);
  const end = operands[1] as Int64;
  if (moment.kind === 'between') {
    const high = positionOf(moment.unit, end, run);
    return first > end ? null : { kind: 'versions', low, high };
  }
  if (first >= end) return null;
  // The end is left out: the last position before it.
  const high = positionOf(moment.unit, minusOne(end), run);
  return { kind: 'versions', low, high };
}

function minusOne(value: Int64): Int64 {
  return typeof value === 'number' ? value - 1 : value - 1n;
}

function positionOf(unit: 'timestamp' | 'position', value: Int64, run: Run): number {
  if (unit === 'timestamp') return run.source.positionAt(value);
  if (typeof value !== 'number' || value < 0) {
    throw new SqlError('22023', `position ${value} is out of range`);
  }
  return value;
}

/** Columns that the filter does not look at. */
function lateColumns(count: number, filter: Bound): boolean[] | null {
  const early = columnsOf(filter);
  const late = Array.from({ length: count }, (_, i) => !early.has(i));
  return late.includes(true) ? late : null;
}

/** A filter here only: the rows are computed from state and cost what they cost. */
export class SystemScan implements Operator {
  readonly output: Batch;
  readonly #plan: SystemScanPlan;
  readonly #run: Run;
  readonly #shapes: readonly Shape[];
  readonly #moment: Once;
  #rows: Iterator<readonly Value[]> | null = null;

  constructor(plan: SystemScanPlan, scope: Scope) {
    this.#plan = plan;
    this.#run = scope.run;
    this.#shapes = plan.types.map((type) => shapeOf(type.id));
    this.#moment = new Once(operandsOf(plan.moment), scope);
    this.output = makeBatch(
      this.#shapes.map((shape) => makeColumn(shape, 0)),
      0,
    );
  }

  reset(): void {
    this.#rows = null;
    this.#moment.reset();
  }

  step(want: number): Step {
    this.#rows ??= this.#open()[Symbol.iterator]();
    return fillFrom(this.#rows, this.output, this.#shapes, want) > 0 ? BATCH : DONE;
  }

  #open(): Iterable<readonly Value[]> {
    const { table, moment } = this.#plan;
    const read = readMoment(moment, this.#moment.values(), this.#run);
    return this.#run.source.system(table, read?.kind === 'position' ? read.position : null);
  }
}

/** Fills a batch from rows of values; answers how many there were. */
export function fillFrom(
  from: Iterator<readonly Value[]>,
  batch: Batch,
  shapes: readonly Shape[],
  want: number,
): number {
  const capacity = Math.min(want, BATCH_ROWS);
  for (let i = 0; i < shapes.length; i++) {
    restart(batch.columns[i] as ColumnBatch, shapes[i] as Shape, capacity);
  }
  let rows = 0;
  while (rows < capacity) {
    const next = from.next();
    if (next.done === true) break;
    for (let i = 0; i < shapes.length; i++) {
      put(batch.columns[i] as ColumnBatch, shapes[i] as Shape, rows, next.value[i] as Value);
    }
    rows++;
  }
  batch.rows = rows;
  batch.capacity = capacity;
  batch.selection = ALL_ROWS;
  batch.count = rows;
  return rows;
}
