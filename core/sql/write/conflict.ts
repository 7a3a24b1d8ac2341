/**
 * ON CONFLICT: for each proposed row, whether it goes in, changes the row that is there, or
 * neither.
 */
import type { Batch } from '../exec/batch.ts';
import { gather, makeBatch, makeColumns, putNull, restart, shapeOf } from '../exec/column.ts';
import { evaluator } from '../exec/execute.ts';
import type { BoundConflict } from '../plan/plan.ts';
import { Runs } from '../rows/runs.ts';
import { BYTEA } from '../types/type.ts';
import type { RowChecks } from './checks.ts';
import type { WriteContext } from './context.ts';
import type { IndexWriter, RowView } from './index-writer.ts';
import { PREFIX_BYTES } from '../rows/keyspaces.ts';
import type { Address, TableWriter } from './table-writer.ts';
import { deferrableArbiter, rowTwice } from './violation.ts';
import type { Writers } from './writers.ts';

export type Resolution = 'insert' | 'nothing' | 'update';

export class Conflicts {
  /** After `update`: one row: address, old values, new values. */
  readonly updated: Batch;
  readonly #plan: BoundConflict;
  readonly #writer: TableWriter;
  readonly #checks: RowChecks;
  readonly #writers: Writers;
  readonly #arbiters: readonly IndexWriter[];
  readonly #values: ((input: Batch) => Batch) | null;
  readonly #where: ((input: Batch) => Batch) | null;
  readonly #existing: Runs;
  /** One row: the existing one, then the proposed one. */
  readonly #both: Batch;

  constructor(
    plan: BoundConflict,
    writer: TableWriter,
    checks: RowChecks,
    writers: Writers,
    context: WriteContext,
  ) {
    this.#plan = plan;
    this.#writer = writer;
    this.#checks = checks;
    this.#writers = writers;
    const { table } = writer;
    const { indexes, update } = plan;
    this.#arbiters = writer.indexes.filter(({ index, isKey }) =>
      indexes.length === 0 ? isKey : indexes.some(({ id }) => id === index.id),
    );
    this.#values = update === null ? null : evaluator(update.values, context);
    const where = update?.where ?? null;
    this.#where = where === null ? null : evaluator([where], context);
    const ordinals = table.columns.map((_, i) => i);
    this.#existing = new Runs(table, ordinals, context.source.view);
    const types = table.columns.map(({ type }) => type);
    this.#both = makeBatch(makeColumns([...types, ...types], 1), 1);
    const address = { id: BYTEA, modifier: -1 };
    this.updated = makeBatch(makeColumns([address, ...types, ...types], 1), 1);
  }

  /** The proposed row's address is in `writer.primary.key`, and stays there for an insert. */
  resolve(view: RowView, row: number): Resolution {
    const address = this.#holder(view, row);
    if (address === null) return 'insert';
    if (this.#plan.update === null) return 'nothing';
    // A copy: the row is about to be written, and the key with it.
    const bytes = address.bytes.slice(address.from, address.from + address.length);
    const place = { bytes, from: 0, length: bytes.length };
    if (this.#writer.isTouched(place)) throw rowTwice('ON CONFLICT DO UPDATE');
    this.#writer.find(place);
    this.#fill(view, row, bytes);
    const both = this.#both;
    if (this.#where !== null) {
      const [column] = this.#where(both).columns;
      if (column!.nulls[0] === 1 && column!.hasNulls) return 'nothing';
      const truth = column!.isNumbers ? column!.numbers[0] === 1 : column!.values[0] === true;
      if (!truth) return 'nothing';
    }
    this.#update();
    return 'update';
  }

  #holder(view: RowView, row: number): Address | null {
    const writer = this.#writer;
    for (const one of this.#arbiters) {
      if (one.index.deferrable === true) throw deferrableArbiter(writer.table, one.index);
      if (one === writer.primary) {
        if (!writer.primaryIsTaken()) continue;
        const { key } = one;
        return { bytes: key.bytes, from: PREFIX_BYTES, length: key.end - PREFIX_BYTES };
      }
      if (!one.covers(view, row)) continue;
      one.write(view, row);
      const found = one.forbids ? writer.holder(one, null) : null;
      if (found !== null) return found;
    }
    return null;
  }

  /** Puts the found row and the proposed one side by side. */
  #fill(view: RowView, row: number, address: Uint8Array): void {
    const { table, found } = this.#writer;
    const width = table.columns.length;
    const both = this.#both;
    this.#existing.reset(1);
    this.#existing.push(found.heap, found.from, 0);
    this.#existing.fill({ ...both, columns: both.columns.slice(0, width) }, null);
    both.rows = 1;
    both.count = 1;
    const ids = Int32Array.of(row);
    for (const [i, { type }] of table.columns.entries()) {
      const shape = shapeOf(type.id);
      const to = both.columns[width + i]!;
      restart(to, shape, 1);
      gather(to, shape, 0, view.batch.columns[view.first + i]!, ids, 1);
    }
    this.updated.columns[0]!.values[0] = address;
  }

  #update(): void {
    const { table } = this.#writer;
    const width = table.columns.length;
    const both = this.#both;
    const { updated } = this;
    const values = this.#values!(both);
    const ids = Int32Array.of(0);
    for (const [i, { type }] of table.columns.entries()) {
      const shape = shapeOf(type.id);
      for (const [to, from] of [
        [updated.columns[1 + i]!, both.columns[i]!],
        [updated.columns[1 + width + i]!, values.columns[i]!],
      ] as const) {
        restart(to, shape, 1);
        if (from.hasNulls && from.nulls[0] === 1) putNull(to, 0);
        else gather(to, shape, 0, from, ids, 1);
      }
    }
    updated.rows = 1;
    updated.count = 1;
    this.#checks.check(updated, 1 + width, updated.selection, 1);
    const all = table.columns.map((_, i) => i);
    const changes = this.#writers.changes(table);
    changes.update(updated, 0, 1, 1 + width, all, updated.selection, 1);
  }
}
