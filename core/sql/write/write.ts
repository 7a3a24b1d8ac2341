/**
 * Executing what changes rows: the door of this room for the engine.
 *
 * A statement's changes go to the overlay's statement layer; who made the context ends or abandons
 * the statement there. Until then nothing that the statement reads shows them.
 */
import type { Batch } from '../exec/batch.ts';
import type { Execution } from '../exec/driver.ts';
import type { ExecutionContext } from '../exec/execute.ts';
import { execute, executeWrite } from '../exec/execute.ts';
import { BATCH, DONE } from '../exec/operator.ts';
import { keptBatch } from './returning.ts';
import type { BoundStatement, WritePlan } from '../plan/plan.ts';
import type { DeferredCheck } from '../rows/overlay.ts';
import type { SqlType } from '../types/type.ts';
import type { WriteContext } from './context.ts';
import { InsertRun } from './insert.ts';
import { MergeRun } from './merge.ts';
import { ModifyRun } from './modify.ts';
import type { CountedRun } from './run.ts';
import { SOURCE_BUDGET } from './run.ts';
import { Writers } from './writers.ts';

export interface WriteExecution {
  /** A bounded amount of work; true when all is done, foreign keys included. Throws `SqlError`. */
  step(): boolean;
  /** Rows changed; of a query, rows found. Valid when done. */
  readonly count: number;
  /** Rows of RETURNING, or of the query. */
  readonly returning: readonly Batch[];
  readonly types: readonly SqlType[];
}

/**
 * Runs a write, or a query with a data-modifying common table. `context.write` is set here; what
 * the caller has there is not used.
 */
export function write(plan: BoundStatement['plan'], context: WriteContext): WriteExecution {
  const writers = new Writers(context);
  // Written out, not spread: one is made for each statement.
  const { environment, source, memoryBytesMax } = context;
  const writing: ExecutionContext & WriteContext = {
    environment,
    source,
    memoryBytesMax,
    write: (inner, open, within) => {
      const inside = { environment, source, memoryBytesMax, write: null, within };
      return startWrite(inner, open(inner.source), writers, inside);
    },
  };
  switch (plan.kind) {
    case 'insert':
    case 'update':
    case 'delete':
    case 'merge':
    case 'withWrite':
      return new StatementWrite(executeWrite(plan, writing), typesOf(plan), writers);
    default:
      return new StatementWrite(new QueryRun(execute(plan, writing)), plan.types, writers);
  }
}

/** At COMMIT of a transaction: checks that it deferred. Throws 23503, 23505. */
export function checkDeferred(checks: readonly DeferredCheck[], context: WriteContext): void {
  new Writers(context).references.settleDeferred(checks);
}

function typesOf(plan: WritePlan | { kind: 'withWrite'; body: WritePlan }): readonly SqlType[] {
  return plan.kind === 'withWrite' ? plan.body.types : plan.types;
}

/** Begins one write of a statement, over rows that are about to come. */
function startWrite(
  plan: WritePlan,
  source: Execution,
  writers: Writers,
  context: WriteContext,
): CountedRun {
  if (plan.kind === 'insert') return new InsertRun(plan, source, writers, context);
  if (plan.kind === 'merge') return new MergeRun(plan, source, writers, context);
  return new ModifyRun(plan, source, writers, context);
}

class StatementWrite implements WriteExecution {
  readonly types: readonly SqlType[];
  readonly #run: CountedRun;
  readonly #writers: Writers;
  #ran = false;

  constructor(run: CountedRun, types: readonly SqlType[], writers: Writers) {
    this.#run = run;
    this.types = types;
    this.#writers = writers;
  }

  get count(): number {
    return this.#run.count;
  }

  get returning(): readonly Batch[] {
    return this.#run.returning;
  }

  step(): boolean {
    if (!this.#ran) {
      this.#ran = this.#run.step();
      return false;
    }
    return this.#writers.settle();
  }
}

/** A query whose common tables write: its rows are kept. */
class QueryRun implements CountedRun {
  count = 0;
  readonly returning: Batch[] = [];
  readonly #execution: Execution;

  constructor(execution: Execution) {
    this.#execution = execution;
  }

  step(): boolean {
    const step = this.#execution.step(SOURCE_BUDGET);
    if (step === BATCH) {
      const { output, types } = this.#execution;
      this.count += output.count;
      this.returning.push(keptBatch(output, types));
    }
    return step === DONE;
  }
}
