/**
 * Rows that refer: finding them, and doing to them what their foreign key says.
 */
import type { Action, Table } from '../catalog/model.ts';
import type { Batch } from '../exec/batch.ts';
import {
  copySelected,
  makeBatch,
  makeColumns,
  put,
  restart,
  shapeOf,
  valueAt,
} from '../exec/column.ts';
import { ALL_ROWS } from '../exec/column.ts';
import { BATCH_ROWS } from '../exec/batch.ts';
import { evaluator } from '../exec/execute.ts';
import { ROW_ADDRESS } from '../plan/plan.ts';
import { TableCursor } from '../rows/cursor.ts';
import { readField } from '../rows/decode.ts';
import { Lookup } from '../rows/lookup.ts';
import { keyRangeOf } from '../rows/range.ts';
import { tableShapes } from '../rows/shape.ts';
import type { View } from '../rows/view.ts';
import type { SqlType, Value } from '../types/type.ts';
import { BYTEA } from '../types/type.ts';
import { columnDefaults, generatedColumns } from './defaults.ts';
import type { Generated } from './defaults.ts';
import type { WriteContext } from './context.ts';
import { asReferenced, converted, exactly } from './convert.ts';
import type { Incoming } from './key-plan.ts';
import { rowKey } from './key-plan.ts';
import type { Lost } from './references.ts';
import type { Writers } from './writers.ts';

const ADDRESS: SqlType = { id: BYTEA, modifier: -1 };

/** Rows found, each with the loss that it is about. Columns: address, then the table's. */
interface Found {
  readonly batch: Batch;
  readonly losses: readonly Lost[];
}

export class Referring {
  readonly #context: WriteContext;
  readonly #table: Table;
  readonly #view: View;

  constructor(context: WriteContext, table: Table) {
    this.#context = context;
    this.#table = table;
    this.#view = context.source.working();
  }

  /** A loss that somebody minds; null: nobody does. */
  first(key: Incoming, losses: readonly Lost[]): Lost | null {
    for (const { losses: minded } of this.#find(key, losses)) return minded[0]!;
    return null;
  }

  act(
    action: Exclude<Action, 'noAction' | 'restrict'>,
    key: Incoming,
    losses: readonly Lost[],
    writers: Writers,
  ): void {
    const changes = writers.changes(this.#table);
    const generated = generatedColumns(this.#table, this.#context);
    const touched = [...key.referringColumns, ...generated.map(({ ordinal }) => ordinal)];
    // All of them are found before the first is changed.
    for (const { batch, losses: about } of Array.from(this.#find(key, losses))) {
      const { count, selection } = batch;
      if (action === 'cascade' && about[0]!.fresh === null) {
        changes.delete(batch, 0, 1, selection, count);
        continue;
      }
      const changed = this.#changed(action, key, batch, about);
      this.#generate(generated, changed);
      const fresh = 1 + this.#table.columns.length;
      writers.checks(this.#table).check(changed, fresh, selection, count);
      changes.update(changed, 0, 1, fresh, touched, selection, count);
    }
  }

  /** Values of the row at an address, as the statement has made it; null: it is gone. */
  valuesAt(address: Uint8Array, columns: readonly number[]): Value[] | null {
    const lookup = new Lookup(this.#view.source);
    lookup.aim(this.#table.indexes[0]!.id, address, 0, address.length);
    const { layers, snapshot } = this.#view;
    if (!lookup.present(layers, snapshot, this.#view.moved())) return null;
    const shape = tableShapes(this.#table).current;
    // It was written by this transaction, so it has the newest shape.
    return columns.map((i) => readField(lookup.heap, lookup.from, shape, shape.fields[i]!));
  }

  *#find(key: Incoming, losses: readonly Lost[]): Generator<Found> {
    const columns = [ROW_ADDRESS, ...this.#table.columns.map((_, i) => i)];
    const primary = this.#table.indexes[0]!;
    const { index } = key;
    if (index === null) {
      const byKey: Map<string, Lost> = new Map();
      for (const lost of losses) byKey.set(rowKey(key.elements, lost.values), lost);
      const everything = keyRangeOf(this.#table, primary, { equal: [], low: null, high: null });
      const moment = { kind: 'present' } as const;
      this.#context.source.reads?.whole(this.#table.id);
      const cursor = new TableCursor(
        ...([this.#view, this.#table, primary, everything, false, moment, columns, null] as const),
      );
      yield* this.#matches(cursor, (batch, row) => byKey.get(this.#keyAt(key, batch, row)) ?? null);
      return;
    }
    for (const lost of losses) {
      const equal = key.order.map((place, i) => {
        const from = key.elements[place]!.type;
        const { type } = index.elements[i]!;
        return exactly(lost.values[place]!, from, type, this.#context.environment);
      });
      if (!isWhole(equal)) continue;
      const range = keyRangeOf(this.#table, index, { equal, low: null, high: null });
      this.#context.source.reads?.range(this.#table.id, range);
      const moment = { kind: 'present' } as const;
      const cursor = new TableCursor(
        ...([this.#view, this.#table, index, range, false, moment, columns, null] as const),
      );
      yield* this.#matches(cursor, () => lost);
    }
  }

  *#matches(
    cursor: TableCursor,
    lossOf: (batch: Batch, row: number) => Lost | null,
  ): Generator<Found> {
    for (;;) {
      const batch = this.#emptyBatch(0);
      const rows = cursor.next(batch);
      if (rows === 0) return;
      const selection = new Int32Array(rows);
      const losses: Lost[] = [];
      for (let row = 0; row < rows; row += 1) {
        const lost = lossOf(batch, row);
        if (lost === null) continue;
        selection[losses.length] = row;
        losses.push(lost);
      }
      if (losses.length === 0) continue;
      batch.selection = selection.slice(0, losses.length);
      batch.count = losses.length;
      yield { batch, losses };
    }
  }

  /** The referring values of a row, as the referenced columns' types. */
  #keyAt(key: Incoming, batch: Batch, row: number): string {
    const values = key.referringColumns.map((i, place) => {
      const { type } = this.#table.columns[i]!;
      const value = valueAt(batch.columns[1 + i]!, shapeOf(type.id), row);
      return asReferenced(value, type, key.elements[place]!.type, this.#context.environment);
    });
    return values.includes(null) || !isWhole(values) ? '' : rowKey(key.elements, values);
  }

  /** Whether the action touches a referring column: ON DELETE SET may name only some. */
  #isSet(action: Action, key: Incoming, column: number, losses: readonly Lost[]): boolean {
    const { deleteColumns } = key.key;
    if (action === 'cascade' || deleteColumns === undefined || losses[0]!.fresh !== null) {
      return true;
    }
    return deleteColumns.includes(this.#table.columns[column]!.id);
  }

  #changed(action: Action, key: Incoming, batch: Batch, losses: readonly Lost[]): Batch {
    const { count, selection } = batch;
    const changed = this.#emptyBatch(this.#table.columns.length);
    changed.rows = batch.rows;
    changed.count = count;
    changed.selection = selection;
    const width = this.#table.columns.length;
    const types = this.#table.columns.map(({ type }) => type);
    const defaults = action === 'setDefault' ? columnDefaults(this.#table, this.#context) : null;
    for (let i = 0; i < width + 1; i += 1) {
      const shape = shapeOf(i === 0 ? ADDRESS.id : types[i - 1]!.id);
      copySelected(changed.columns[i]!, shape, batch.columns[i]!, selection, count);
    }
    for (const [i, type] of types.entries()) {
      const to = changed.columns[1 + width + i]!;
      const shape = shapeOf(type.id);
      const place = key.referringColumns.indexOf(i);
      if (place < 0 || !this.#isSet(action, key, i, losses)) {
        copySelected(to, shape, batch.columns[1 + i]!, selection, count);
        continue;
      }
      restart(to, shape, to.nulls.length);
      const from = key.elements[place]!.type;
      for (let k = 0; k < count; k += 1) {
        const fresh = losses[k]!.fresh?.[place] ?? null;
        const { environment } = this.#context;
        const cascaded = action === 'cascade' ? converted(fresh, from, type, environment) : null;
        put(to, shape, selection[k]!, defaults === null ? cascaded : defaults(i));
      }
    }
    return changed;
  }

  /** Columns that are computed from those that the action changed. */
  #generate(generated: readonly Generated[], changed: Batch): void {
    if (generated.length === 0) return;
    const { rows, capacity, selection, count } = changed;
    const columns = changed.columns.slice(1 + this.#table.columns.length);
    const values = generated.map(({ value }) => value);
    const output = evaluator(values, this.#context)({ rows, capacity, columns, selection, count });
    for (const [i, { ordinal }] of generated.entries()) {
      const shape = shapeOf(this.#table.columns[ordinal]!.type.id);
      copySelected(columns[ordinal]!, shape, output.columns[i]!, selection, count);
    }
  }

  /** Address and columns, and room for so many columns more. */
  #emptyBatch(more: number): Batch {
    const types = this.#table.columns.map(({ type }) => type);
    const all = [ADDRESS, ...types, ...types.slice(0, more)];
    const batch = makeBatch(makeColumns(all, BATCH_ROWS), BATCH_ROWS);
    batch.selection = ALL_ROWS;
    return batch;
  }
}

function isWhole(values: readonly (Value | undefined)[]): values is readonly Value[] {
  return !values.includes(undefined);
}
