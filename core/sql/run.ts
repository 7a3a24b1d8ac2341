/**
 * One statement being executed: bound, planned, then stepped until it has an answer.
 *
 * `step` does a bounded amount of work and answers null until it is done. Errors of SQL are
 * answers; only `PageNeeded` is thrown, and then nothing of the run may be used any more. What a
 * statement writes goes to its overlay; who made the run ends or abandons the statement there.
 */
import type { Environment } from './environment.ts';
import { SqlError } from './error.ts';
import type { Batch } from './exec/batch.ts';
import type { Execution } from './exec/driver.ts';
import { execute } from './exec/execute.ts';
import { BATCH, DONE } from './exec/operator.ts';
import { Room, enterRoom } from './exec/room.ts';
import { rowsOf } from './exec/rows.ts';
import { explain } from './plan/explain.ts';
import { explainJson } from './plan/explain-json.ts';
import { isWriteKind } from './plan/plan.ts';
import type { BoundStatement, Plan } from './plan/plan.ts';
import type { Database } from './rows/database.ts';
import type { SequenceUse } from './session/sequence-use.ts';
import type { ResultColumn, StatementAnswer } from './session/result.ts';
import { plainResult, rowsResult } from './session/result.ts';
import type { Show } from './session/shown.ts';
import { shownColumns, showsOf } from './session/shown.ts';
import { countTag } from './session/tag.ts';
import type { Explain, Statement } from './tree/statement.ts';
import type { SqlType, Value } from './types/type.ts';
import { JSON as JSON_TYPE, TEXT } from './types/type.ts';
import type { UserTypes } from './types/user-type.ts';
import { useTypes } from './types/user-type.ts';
import type { WriteContext } from './write/context.ts';
import { Definition } from './define/define.ts';
import { BATCH_ROWS } from './exec/batch.ts';
import { write } from './write/write.ts';
import type { WriteExecution } from './write/write.ts';

/** Working memory of one statement, on every replica alike. */
const MEMORY_BYTES_MAX: number = 256 * 1024 * 1024;
/** Of a whole result, on every replica alike. */
const RESULT_BYTES_MAX: number = 256 * 1024 * 1024;
/** What a row and a value in it take besides text and bytes, about. */
const ROW_BYTES = 48;
const VALUE_BYTES = 16;
/** Rows in a batch, about: budgets count rows. */
const BATCH_BITS = 10;
const PLAN_COLUMN: ResultColumn = { name: 'QUERY PLAN', type: { id: TEXT, modifier: -1 } };
const JSON_COLUMN: ResultColumn = { ...PLAN_COLUMN, type: { id: JSON_TYPE, modifier: -1 } };

export interface RunParts {
  readonly statement: Statement;
  readonly database: Database;
  readonly environment: Environment;
  /** Of a query or a write (of an EXPLAIN: what it explains); null for a definition. */
  readonly bound: BoundStatement | null;
  readonly sequences: SequenceUse;
  readonly types: UserTypes;
}

export class StatementRun {
  readonly #parts: () => RunParts;
  #begun: RunParts | null = null;
  #columns: readonly ResultColumn[] = [];
  /** Of the columns; null: values are shown as they are. */
  #shows: readonly Show[] | null = null;
  #reading: Execution | null = null;
  #writing: WriteExecution | null = null;
  #defining: Definition | null = null;
  #rows: (readonly Value[])[] = [];
  /** Of the rows held, about. */
  #bytes = 0;
  /** Rows that were taken before the end. */
  #taken = 0;
  #answer: StatementAnswer | null = null;
  readonly #room: Room = new Room();

  /** `parts` binds; it is called in the first step, and may throw `SqlError`. */
  constructor(parts: () => RunParts) {
    this.#parts = parts;
  }

  /** Valid after the first step that threw nothing. */
  get database(): Database {
    return this.#begun!.database;
  }

  /** Bytes of the rows found so far and not taken, about. */
  get heldBytes(): number {
    return this.#bytes;
  }

  /** Of a query whose rows may be taken while it goes on; null: they come at the end. */
  get columns(): readonly ResultColumn[] | null {
    const begun = this.#begun;
    if (begun === null || this.#reading === null || begun.statement.kind === 'explain') return null;
    return this.#columns;
  }

  /** Hands over the rows found so far: they are not in the answer any more, but in its count. */
  takeRows(): readonly (readonly Value[])[] {
    const rows = this.#rows;
    this.#rows = [];
    this.#taken += rows.length;
    this.#bytes = 0;
    return rows;
  }

  /** `budget`: rows, about. A small statement is done in one step. */
  step(budget: number): StatementAnswer | null {
    if (this.#answer !== null) return this.#answer;
    if (this.#begun !== null) useTypes(this.#begun.types);
    const outer = enterRoom(this.#room);
    try {
      let left = budget;
      do left -= this.#advance(left);
      while (this.#answer === null && left > 0);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      this.#answer = error;
    } finally {
      enterRoom(outer);
    }
    if (this.#answer !== null) this.#room.release();
    return this.#answer;
  }

  /** Begins, or goes on; what that took of the budget. */
  #advance(budget: number): number {
    if (this.#begun === null) {
      this.#begun = this.#parts();
      useTypes(this.#begun.types);
      this.#answer = this.#begin(this.#begun);
      return 1;
    }
    if (this.#reading !== null) {
      const step = this.#reading.step(Math.max(1, budget >> BATCH_BITS));
      if (step === DONE) this.#answer = this.#result(this.#begun);
      // Nothing found yet: it has looked at as many rows as it may.
      if (step !== BATCH) return budget;
      this.#take(this.#reading.output, this.#reading.types);
      return 1 + this.#reading.output.count;
    }
    if (this.#defining !== null) {
      if (this.#defining.step()) this.#answer = defined(this.#begun, this.#defining);
      return BATCH_ROWS;
    }
    const writing = this.#writing!;
    const before = writing.count;
    if (writing.step()) this.#answer = this.#result(this.#begun);
    return 1 + writing.count - before;
  }

  /** Keeps the rows of a batch, within a bound. */
  #take(batch: Batch, types: readonly SqlType[]): void {
    const shows = this.#shows;
    for (const found of rowsOf(batch, types)) {
      const row = shows === null ? found : found.map((value, i) => shows[i]!(value));
      this.#bytes += ROW_BYTES + row.length * VALUE_BYTES;
      for (const value of row) {
        if (typeof value === 'string' || value instanceof Uint8Array) this.#bytes += value.length;
      }
      this.#rows.push(row);
    }
    if (this.#bytes <= RESULT_BYTES_MAX) return;
    throw new SqlError('54000', 'the result is too large', {
      detail: `It takes more than ${RESULT_BYTES_MAX} bytes of memory.`,
      hint: 'Ask for fewer rows or columns, or for aggregates.',
    });
  }

  /** Begins to read or write; the answer of what takes no steps. */
  #begin(parts: RunParts): StatementAnswer | null {
    const { statement, bound, database: source, environment } = parts;
    if (statement.kind === 'explain' && !statement.analyze)
      return explained(bound!, statement.format);
    const context = writeContext(source, environment);
    if (bound === null) {
      this.#defining = new Definition(statement, context);
      return null;
    }
    const { plan, columns } = bound;
    this.#columns = shownColumns(columns);
    this.#shows = showsOf(columns);
    if (bound.writes || isWrite(plan)) this.#writing = write(plan, context);
    else this.#reading = execute(plan as Plan, context);
    return null;
  }

  #result(parts: RunParts): StatementAnswer {
    const { statement, bound, sequences } = parts;
    const writing = this.#writing;
    const columns = this.#columns;
    for (const batch of writing?.returning ?? []) {
      this.#take(batch, writing!.types);
    }
    const count = writing?.count ?? this.#taken + this.#rows.length;
    if (statement.kind === 'explain') return explained(bound!, statement.format, count);
    const { kind } = statement;
    const counted = isWriteKind(kind) ? kind : 'query';
    const tag = countTag(counted, count);
    const { drawn } = sequences;
    if (counted !== 'query' && columns.length === 0) return { ...plainResult(tag, count), drawn };
    return { ...rowsResult(tag, columns, this.#rows), count, drawn };
  }
}

export function writeContext(source: Database, environment: Environment): WriteContext {
  return { environment, source, memoryBytesMax: MEMORY_BYTES_MAX, write: null };
}

function isWrite(plan: BoundStatement['plan']): boolean {
  return isWriteKind(plan.kind) || plan.kind === 'withWrite';
}

function defined({ sequences }: RunParts, { tag, notices }: Definition): StatementAnswer {
  return { ...plainResult(tag, 0, notices), drawn: sequences.drawn };
}

/** `rows`: how many there were; -1: it was not run. */
function explained(
  { plan }: BoundStatement,
  format: Explain['format'],
  rows: number = -1,
): StatementAnswer {
  if (format === 'json') return rowsResult('EXPLAIN', [JSON_COLUMN], [[explainJson(plan, rows)]]);
  const lines = explain(plan);
  const all = rows < 0 ? lines : [...lines, `Rows: ${rows}`];
  return rowsResult(
    'EXPLAIN',
    [PLAN_COLUMN],
    all.map((line) => [line]),
  );
}
