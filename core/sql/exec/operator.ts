/**
 * Operators: the machines a plan is turned into. Each pulls batches from its inputs.
 *
 * A step does a bounded amount of work, about one batch of it. Anything unfinished stays in the
 * operator, so that whoever drives the root may stop between steps for as long as it likes.
 *
 * An expression may hold a query that takes longer than one slice: its evaluation then throws
 * `Pending`, which passes through every operator above. So that the step can be taken again, an
 * operator changes nothing of its own between calling an input or an expression and their return.
 */
import type { Environment } from '../environment.ts';
import { SqlError } from '../error.ts';
import type { Plan, WritePlan } from '../plan/plan.ts';
import type { Value } from '../types/type.ts';
import type { Batch } from './batch.ts';
import type { Execution } from './driver.ts';
import type { RowStore } from './row-store.ts';
import type { RowSource } from './source.ts';

/** Nothing to hand over yet; step again. */
export const MORE = 0;
/** `output` holds rows: possibly few, never none. */
export const BATCH = 1;
export const DONE = 2;

export type Step = 0 | 1 | 2;

export interface Operator {
  /** Valid after `BATCH`, until the next step. */
  readonly output: Batch;
  /**
   * `want`: how many rows the caller has a use for, at least 1. An operator may hand over more; one
   * whose rows have effects (`nextval`) makes no more than that.
   */
  step(want: number): Step;
  /** Starts over, with the arguments that its frame holds now. */
  reset(): void;
}

/** Arguments of a sub-plan, as its expressions see them. */
export interface Frame {
  values: readonly Value[];
}

/** What all operators of one execution share. */
export interface Run {
  readonly environment: Environment;
  readonly source: RowSource;
  /** Steps left in this slice: queries inside expressions stop when it is spent. */
  fuel: number;
  memoryBytes: number;
  readonly memoryBytesMax: number;
  /** Null: a data-modifying WITH is refused. */
  readonly write: WriteCommon | null;
}

/** Thrown when a slice ends inside an expression. Carries nothing: operators hold the state. */
export class Pending extends Error {
  override readonly name: string = 'Pending';
}

/** One object for all: it is thrown at the end of a slice, and its stack means nothing. */
export const PENDING: Pending = new Pending('the slice ended inside an expression');

/** Accounts for memory that a blocking operator holds; `53200` past the bound. */
export function account(run: Run, bytes: number): void {
  run.memoryBytes += bytes;
  if (run.memoryBytes > run.memoryBytesMax) {
    throw new SqlError('53200', 'out of memory', {
      detail: `The statement needs more than its ${run.memoryBytesMax} bytes of working memory.`,
    });
  }
}

/** Where a plan is built: what its expressions may refer to. */
export interface Scope {
  readonly run: Run;
  readonly frame: Frame;
  readonly commons: Commons;
  /** Builds the operators of a plan inside this one; here so that expressions can do so too. */
  readonly build: (plan: Plan, scope: Scope) => Operator;
}

/** A common table's rows, shared by all who scan it. */
export interface CommonTable {
  readonly rows: RowStore;
  /** All rows are there. */
  readonly done: boolean;
  /** Makes some more. */
  pull(): void;
}

/** Common tables in scope, by id. */
export type Commons = ReadonlyMap<number, CommonTable>;

/** A data-modifying statement under way. */
export interface WriteRun {
  /** True when it is done. */
  step(): boolean;
  /** Rows changed so far. */
  readonly count: number;
  /** What RETURNING yielded; read when done. */
  readonly returning: readonly Batch[];
}

/**
 * Starts one. `open` runs its source among the common tables around it; `within` is for the context
 * of its other expressions, so that they see those tables too.
 */
export type WriteCommon = (
  plan: WritePlan,
  open: (source: Plan) => Execution,
  within: Scope,
) => WriteRun;
