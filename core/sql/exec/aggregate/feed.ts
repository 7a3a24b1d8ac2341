/**
 * What an aggregate is fed with: FILTER, nulls of strict ones, DISTINCT, ORDER BY, in this order.
 *
 * With ORDER BY the rows are kept, and fed to the state at the end, group by group in their order.
 */
import type { BoundAggregate } from '../../plan/expression.ts';
import { INT4 } from '../../types/type.ts';
import type { SqlType } from '../../types/type.ts';
import { BATCH_ROWS } from '../batch.ts';
import type { Batch, ColumnBatch } from '../batch.ts';
import { ALL_ROWS, makeBatch, makeColumn, makeColumns, NUMBER, restart } from '../column.ts';
import type { Compiled, Compiler } from '../expression/compiled.ts';
import { NO_ROWS, compileCondition, roomFor } from '../expression/selection.ts';
import type { Narrow } from '../expression/selection.ts';
import { GroupTable } from '../group-table.ts';
import { account } from '../operator.ts';
import type { Run } from '../operator.ts';
import { directionOf } from '../order.ts';
import type { Direction } from '../order.ts';
import { RowStore } from '../row-store.ts';
import { SORT_BYTES, makeSorter } from '../sorter.ts';
import type { Sorter } from '../sorter.ts';
import type { AggregateState } from './state.ts';
import { stateOf } from './state.ts';

const GROUP_TYPE: SqlType = { id: INT4, modifier: -1 };

/** An aggregate's expressions, evaluated once for a batch, whatever the grouping sets. */
export class Inputs {
  columns: ColumnBatch[] = [];
  keys: ColumnBatch[] = [];
  /** The rows that count. */
  selection: Int32Array = ALL_ROWS;
  count = 0;
  readonly #arguments: readonly Compiled[];
  readonly #keys: readonly Compiled[];
  readonly #filter: Narrow | null;
  readonly #strict: boolean;
  #kept: Int32Array = NO_ROWS;

  constructor(aggregate: BoundAggregate, compiler: Compiler) {
    this.#arguments = aggregate.arguments.map(compiler.compile);
    this.#keys = aggregate.orderBy.map((key) => compiler.compile(key.value));
    const { filter } = aggregate;
    this.#filter = filter === null ? null : compileCondition(filter, compiler);
    this.#strict = aggregate.function.strict;
  }

  evaluate(batch: Batch): void {
    this.selection = batch.selection;
    this.count = batch.count;
    if (this.#filter !== null) {
      this.#kept = roomFor(this.#kept, this.count);
      this.count = this.#filter(batch, this.selection, this.count, this.#kept);
      this.selection = this.#kept;
    }
    this.columns = this.#arguments.map((part) => part.evaluate(batch, this.selection, this.count));
    if (this.#strict) this.#dropNulls();
    this.keys = this.#keys.map((part) => part.evaluate(batch, this.selection, this.count));
  }

  #dropNulls(): void {
    for (const { hasNulls, nulls } of this.columns) {
      if (!hasNulls) continue;
      this.#kept = roomFor(this.#kept, this.count);
      let count = 0;
      for (let k = 0; k < this.count; k++) {
        const row = this.selection[k] as number;
        this.#kept[count] = row;
        count += 1 - (nulls[row] as number);
      }
      this.selection = this.#kept;
      this.count = count;
    }
  }
}

/** One aggregate in one grouping set. */
export class Feed {
  readonly state: AggregateState;
  readonly #run: Run;
  readonly #isGrouped: boolean;
  readonly #width: number;
  readonly #distinct: GroupTable | null;
  /** Rows kept for their order: group, arguments, keys. */
  readonly #rows: RowStore | null;
  readonly #directions: readonly Direction[];
  readonly #groupColumn = makeColumn(NUMBER, 0);
  #found: Int32Array = NO_ROWS;
  #kept: Int32Array = NO_ROWS;
  readonly #batch: Batch | null;
  #sort: Sorter | null = null;
  #sortBytes = 0;
  #fed = 0;

  /** `isGrouped` false: there is one group only. */
  constructor(aggregate: BoundAggregate, isGrouped: boolean, run: Run) {
    this.#run = run;
    this.state = stateOf(aggregate, run);
    const types = [GROUP_TYPE, ...aggregate.arguments.map((part) => part.type)];
    this.#width = types.length;
    this.#isGrouped = isGrouped;
    this.#distinct = aggregate.distinct
      ? new GroupTable(isGrouped ? types : types.slice(1), run)
      : null;
    const byGroup = { type: INT4, descending: false, nullsFirst: false };
    this.#directions = [byGroup, ...aggregate.orderBy.map(directionOf)];
    const kept = [...types, ...aggregate.orderBy.map((key) => key.value.type)];
    const isOrdered = aggregate.orderBy.length > 0;
    this.#rows = isOrdered ? new RowStore(kept, run) : null;
    this.#batch = isOrdered ? makeBatch(makeColumns(types, 0), BATCH_ROWS) : null;
  }

  clear(): void {
    this.state.clear();
    this.#distinct?.clear();
    this.#rows?.clear();
    this.#sort = null;
    this.#fed = 0;
    account(this.#run, -this.#sortBytes);
    this.#sortBytes = 0;
  }

  /** `groups[r]`: the group of row r of the batch. */
  add(groups: Int32Array, inputs: Inputs, capacity: number): void {
    let { selection, count } = inputs;
    if (this.#distinct === null && this.#rows === null) {
      this.state.add(groups, inputs.columns, selection, count);
      return;
    }
    restart(this.#groupColumn, NUMBER, capacity);
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      this.#groupColumn.numbers[row] = groups[row] as number;
    }
    const columns = [this.#groupColumn, ...inputs.columns];
    if (this.#distinct !== null) {
      const keys = this.#isGrouped ? columns : inputs.columns;
      count = this.#keepNew(this.#distinct, keys, selection, count);
      selection = this.#kept;
    }
    if (this.#rows === null) this.state.add(groups, inputs.columns, selection, count);
    else this.#rows.appendColumns([...columns, ...inputs.keys], selection, count);
  }

  #keepNew(
    seen: GroupTable,
    columns: readonly ColumnBatch[],
    selection: Int32Array,
    count: number,
  ): number {
    let next = seen.size;
    this.#found = roomFor(this.#found, count);
    this.#kept = roomFor(this.#kept, count);
    seen.find(columns, selection, count, true, this.#found);
    let kept = 0;
    for (let k = 0; k < count; k++) {
      if (this.#found[k] !== next) continue;
      next++;
      this.#kept[kept++] = selection[k] as number;
    }
    return kept;
  }

  /** All rows are there; true when the state has them all. */
  finish(): boolean {
    const rows = this.#rows;
    const batch = this.#batch;
    if (rows === null || batch === null) return true;
    if (this.#sort === null) {
      const keys = [rows.columns[0] as ColumnBatch, ...rows.columns.slice(this.#width)];
      this.#sort = makeSorter(rows.rows, keys, this.#directions);
      this.#sortBytes = rows.rows * SORT_BYTES;
      account(this.#run, this.#sortBytes);
    }
    if (!this.#sort.step()) return false;
    const count = Math.min(BATCH_ROWS, rows.rows - this.#fed);
    if (count === 0) return true;
    rows.read(batch, this.#sort.rows.subarray(this.#fed, this.#fed + count), count);
    const { numbers } = batch.columns[0] as ColumnBatch;
    this.#found = roomFor(this.#found, count);
    for (let k = 0; k < count; k++) this.#found[k] = numbers[k] as number;
    this.state.add(this.#found, batch.columns.slice(1), ALL_ROWS, count);
    this.#fed += count;
    return false;
  }
}
