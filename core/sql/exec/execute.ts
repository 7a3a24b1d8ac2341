/**
 * Execution: a plan turned into operators, and driven a slice at a time.
 *
 * The caller steps with a budget and does other things between; it cancels by not stepping again.
 * An error (`SqlError`, `PageNeeded`) is thrown from `step` and ends the execution.
 */
import type { Environment } from '../environment.ts';
import type { Bound } from '../plan/expression.ts';
import type { Plan, WithWritePlan, WritePlan } from '../plan/plan.ts';
import type { Value } from '../types/type.ts';
import type { Batch } from './batch.ts';
import { build } from './build.ts';
import { makeBatch } from './column.ts';
import { WriteWith } from './common.ts';
import { Driver } from './driver.ts';
import type { Execution } from './driver.ts';
import { BATCH, DONE } from './operator.ts';
import type { Commons, Run, Scope, WriteCommon, WriteRun } from './operator.ts';
import { Projection } from './project.ts';
import { rowsOf } from './rows.ts';
import type { RowSource } from './source.ts';

export interface ExecutionContext {
  readonly environment: Environment;
  readonly source: RowSource;
  /** Working memory of the statement; `53200` past it. */
  readonly memoryBytesMax: number;
  /** Runs a data-modifying common table to its end and yields its RETURNING rows. Null: refused. */
  readonly write: WriteCommon | null;
  /** Of expressions inside a data-modifying statement: the execution that it belongs to. */
  readonly within?: Scope;
}

export function execute(plan: Plan, context: ExecutionContext): Execution {
  const scope = scopeOf(context);
  return new Driver(build(plan, scope), scope.run, plan.types);
}

const NO_COMMONS: Commons = new Map();

function scopeOf(context: ExecutionContext): Scope {
  if (context.within !== undefined) return { ...context.within, frame: { values: [] } };
  const run: Run = {
    environment: context.environment,
    source: context.source,
    fuel: 0,
    memoryBytes: 0,
    memoryBytesMax: context.memoryBytesMax,
    write: context.write,
  };
  return { run, frame: { values: [] }, commons: NO_COMMONS, build };
}

/** Starts a data-modifying statement, its common tables before it. */
export function executeWrite(plan: WritePlan | WithWritePlan, context: ExecutionContext): WriteRun {
  const [tables, body] = plan.kind === 'withWrite' ? [plan.tables, plan.body] : [[], plan];
  return new WriteWith(tables, body, scopeOf(context));
}

/** Runs a plan to its end: for tests, and where the rows are known to be few. */
export function executeAll(plan: Plan, context: ExecutionContext): Value[][] {
  const execution = execute(plan, context);
  const rows: Value[][] = [];
  for (;;) {
    const step = execution.step(1024);
    if (step === DONE) return rows;
    if (step === BATCH) rows.push(...rowsOf(execution.output, execution.types));
  }
}

/**
 * Expressions over batches that the caller has: checks, RETURNING, new values. The columns are
 * valid until the next call. Queries inside run to their end.
 */
export function evaluator(
  bounds: readonly Bound[],
  context: ExecutionContext,
): (input: Batch) => Batch {
  const scope = scopeOf(context);
  const projection = new Projection(bounds, scope);
  const output = makeBatch(projection.columns, 0);
  return (input) => {
    output.rows = input.rows;
    output.capacity = input.capacity;
    output.selection = input.selection;
    output.count = 0;
    if (input.count === 0) return output;
    const { run } = scope;
    const outer = run.fuel;
    run.fuel = Number.MAX_SAFE_INTEGER;
    try {
      output.count = projection.apply(input);
    } finally {
      run.fuel = outer;
    }
    projection.check();
    return output;
  };
}
