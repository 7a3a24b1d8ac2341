/**
 * One pass over all rows of a table whose definition changes: checks them against the new one,
 * writes them anew where they must change, and fills new indexes. It yields after each batch.
 */
import type { ForeignKey, Table } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import type { Batch } from '../exec/batch.ts';
import { BATCH_ROWS } from '../exec/batch.ts';
import { ALL_ROWS, makeBatch, makeColumns, shapeOf, valueAt } from '../exec/column.ts';
import { evaluator } from '../exec/execute.ts';
import type { Bound } from '../plan/expression.ts';
import type { BoundCheck } from '../plan/plan.ts';
import { ROW_ADDRESS } from '../plan/plan.ts';
import type { RowCursor } from '../exec/source.ts';
import { BYTEA } from '../types/type.ts';
import { addressOf } from '../write/changes.ts';
import type { WriteContext } from '../write/context.ts';
import type { IndexWriter, RowView } from '../write/index-writer.ts';
import { isReferred, outgoingKeys } from '../write/key-plan.ts';
import { TableWriter } from '../write/table-writer.ts';
import { keyText, missingReference, mixedReference } from '../write/violation.ts';

export interface TablePass {
  readonly old: Table;
  readonly fresh: Table;
  /** For each column of `fresh`, its value over the columns of `old`. */
  readonly values: readonly Bound[];
  /** Rows have other bytes or other keys than before. */
  readonly rewrite: boolean;
  /** Ids of indexes of `fresh` to be filled. */
  readonly indexes: ReadonlySet<number>;
  /** Over the columns of `fresh`. */
  readonly checks: readonly BoundCheck[];
  /** Ordinals in `fresh` of columns that must not be null. */
  readonly notNull: readonly number[];
  readonly foreignKeys: readonly ForeignKey[];
}

export function* tablePass(pass: TablePass, context: WriteContext): Generator<void> {
  const { old } = pass;
  context.source.reads?.whole(old.id);
  if (!context.source.mayHaveRows(old.id)) return;
  const oldWriter = new TableWriter(old, context);
  const writer = new TableWriter(pass.fresh, context);
  const check = evaluator(
    pass.checks.map(({ condition }) => condition),
    context,
  );
  for (const batch of rowsOf(pass, context)) {
    refuseNulls(pass, batch);
    refuseFalse(pass, check({ ...batch, columns: batch.columns.slice(1) }));
    if (pass.rewrite || pass.indexes.size > 0) store(pass, oldWriter, writer, batch, context);
    yield;
  }
  if (pass.rewrite) context.source.view.overlay.addRows(old.id, 0);
  for (const key of pass.foreignKeys) yield* checkReferences(pass, key, context);
}

/** The rows as they will be: address, then the columns of `fresh`. */
function* rowsOf(pass: TablePass, context: WriteContext): Generator<Batch> {
  const { old, values } = pass;
  const columns = [ROW_ADDRESS, ...old.columns.map((_, i) => i)];
  const range = { equal: [], low: null, high: null };
  const primary = old.indexes[0]!;
  const present = { kind: 'present' } as const;
  const cursor: RowCursor = context.source.open(
    ...([old, primary, range, false, present, columns, null] as const),
  );
  const types = [{ id: BYTEA }, ...old.columns.map(({ type }) => type)];
  const evaluate = evaluator(values, context);
  for (;;) {
    const batch = makeBatch(makeColumns(types, BATCH_ROWS), BATCH_ROWS);
    const rows = cursor.next(batch);
    if (rows === 0) return;
    batch.selection = ALL_ROWS;
    batch.count = rows;
    const output = evaluate({ ...batch, columns: batch.columns.slice(1) });
    yield { ...batch, columns: [batch.columns[0]!, ...output.columns] };
  }
}

function refuseNulls({ fresh, notNull }: TablePass, batch: Batch): void {
  for (const ordinal of notNull) {
    const column = batch.columns[1 + ordinal]!;
    if (!column.hasNulls || !column.nulls.subarray(0, batch.rows).includes(1)) continue;
    const { name } = fresh.columns[ordinal]!;
    const message = `column "${name}" of relation "${fresh.name}" contains null values`;
    throw new SqlError('23502', message, { table: fresh.name, column: name });
  }
}

function refuseFalse({ fresh, checks }: TablePass, output: Batch): void {
  for (const [i, { constraint }] of checks.entries()) {
    for (let k = 0; k < output.count; k += 1) {
      if (valueAt(output.columns[i]!, 0, output.selection[k]!) !== false) continue;
      const message = `check constraint "${constraint}" of relation "${fresh.name}" is violated by some row`;
      throw new SqlError('23514', message, { table: fresh.name, constraint });
    }
  }
}

function store(
  pass: TablePass,
  oldWriter: TableWriter,
  writer: TableWriter,
  batch: Batch,
  context: WriteContext,
): void {
  const moved = pass.old.indexes[0]!.id !== pass.fresh.indexes[0]!.id;
  const view = writer.newRows(batch, 1, batch.selection, batch.count);
  const filled = writer.secondaries.filter(({ index }) => pass.indexes.has(index.id));
  for (let row = 0; row < batch.count; row += 1) {
    const address = addressOf(batch, 0, row);
    if (moved) {
      oldWriter.find(address);
      oldWriter.remove(address);
      writer.address(view, row);
      if (!writer.hasRowId && writer.primaryIsTaken()) {
        throw duplicate(pass.fresh, writer.primary, view, row, context);
      }
      for (const one of writer.secondaries) refuseTwin(pass.fresh, writer, one, view, row, context);
      writer.insert(view, row);
      continue;
    }
    if (pass.rewrite) {
      writer.find(address);
      writer.replace(address, view, row);
    }
    for (const one of filled) {
      if (!one.covers(view, row)) continue;
      refuseTwin(pass.fresh, writer, one, view, row, context);
      one.write(view, row);
      writer.putEntry(one, address.bytes, address.from, address.length);
    }
  }
}

function refuseTwin(
  table: Table,
  writer: TableWriter,
  one: IndexWriter,
  view: RowView,
  row: number,
  context: WriteContext,
): void {
  if (!one.isKey || !one.covers(view, row)) return;
  one.write(view, row);
  if (!one.forbids || writer.holder(one, null) === null) return;
  throw duplicate(table, one, view, row, context);
}

function duplicate(
  table: Table,
  one: IndexWriter,
  view: RowView,
  row: number,
  context: WriteContext,
): SqlError {
  const key = one.shown(view, row, context.environment);
  const message = `could not create unique index "${one.index.name}"`;
  const detail = `Key ${key} is duplicated.`;
  return new SqlError('23505', message, { detail, table: table.name, constraint: one.index.name });
}

function* checkReferences(
  pass: TablePass,
  key: ForeignKey,
  context: WriteContext,
): Generator<void> {
  const { fresh } = pass;
  const outgoing = outgoingKeys(fresh, context).find((one) => one.key.id === key.id)!;
  const parent = new TableWriter(outgoing.referenced, context);
  for (const batch of rowsOf(pass, context)) {
    for (let row = 0; row < batch.count; row += 1) {
      const values = outgoing.columns.map((i) => {
        return valueAt(batch.columns[1 + i]!, shapeOf(fresh.columns[i]!.type.id), row);
      });
      const nulls = values.filter((value) => value === null).length;
      const mixed = key.match === 'full' && nulls > 0 && nulls < values.length;
      if (mixed) throw mixedReference(fresh, key);
      if (nulls > 0 || isReferred(parent, outgoing, values, context)) continue;
      const names = outgoing.columns.map((i) => fresh.columns[i]!.name);
      const text = keyText(names, outgoing.types, values, context.environment);
      throw missingReference(fresh, key, outgoing.referenced, text);
    }
    yield;
  }
}
