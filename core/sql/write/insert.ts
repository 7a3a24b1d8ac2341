/**
 * INSERT: rows of the source, batch by batch.
 */
import type { Batch } from '../exec/batch.ts';
import type { Execution } from '../exec/driver.ts';
import { BATCH, DONE } from '../exec/operator.ts';
import type { InsertPlan } from '../plan/plan.ts';
import { PREFIX_BYTES } from '../rows/keyspaces.ts';
import { RowChecks } from './checks.ts';
import type { WriteContext } from './context.ts';
import { Conflicts } from './conflict.ts';
import type { RowView } from './index-writer.ts';
import { Returning } from './returning.ts';
import type { CountedRun } from './run.ts';
import { SOURCE_BUDGET } from './run.ts';
import type { TableWriter } from './table-writer.ts';
import type { ViewChecks } from './view-checks.ts';
import { viewChecksOf } from './view-checks.ts';
import type { Writers } from './writers.ts';

const nothing = (): void => undefined;

export class InsertRun implements CountedRun {
  count = 0;
  readonly #plan: InsertPlan;
  readonly #context: WriteContext;
  readonly #source: Execution;
  readonly #writers: Writers;
  readonly #writer: TableWriter;
  readonly #checks: RowChecks;
  readonly #viewChecks: ViewChecks | null;
  readonly #returning: Returning;
  readonly #conflicts: Conflicts | null;

  constructor(plan: InsertPlan, source: Execution, writers: Writers, context: WriteContext) {
    this.#plan = plan;
    this.#context = context;
    this.#source = source;
    this.#writers = writers;
    const { table, returning, types, onConflict, checks } = plan;
    this.#writer = writers.table(table);
    this.#checks = new RowChecks(table, checks, context);
    this.#viewChecks = viewChecksOf(table, plan.viewChecks, context);
    this.#returning = new Returning(returning, types, table, context.source.view, context);
    this.#conflicts =
      onConflict === null
        ? null
        : new Conflicts(onConflict, this.#writer, this.#checks, writers, context);
  }

  get returning(): readonly Batch[] {
    return this.#returning.batches;
  }

  step(): boolean {
    const step = this.#source.step(SOURCE_BUDGET);
    if (step === BATCH) this.#take(this.#source.output);
    return step === DONE;
  }

  #take(batch: Batch): void {
    const { selection, count } = batch;
    if (count === 0) return;
    this.#checks.check(batch, 0, selection, count);
    const view = this.#writer.newRows(batch, 0, selection, count);
    const { table } = this.#plan;
    const { overlay } = this.#context.source.view;
    if (this.#conflicts === null) {
      const write = (rows: number): void => {
        insertRows(this.#writer, this.#writers, view, selection, rows);
      };
      if (this.#viewChecks === null) write(count);
      else this.#viewChecks.prove(batch, 0, selection, count, write);
      overlay.addRows(table.id, count);
      this.count += count;
      const extra = table.columns.length;
      this.#returning.add(batch, 0, extra, selection, count, null);
      return;
    }
    const conflicts = this.#conflicts;
    for (let k = 0; k < count; k += 1) {
      const row = selection[k]!;
      this.#writer.address(view, row);
      const outcome = conflicts.resolve(view, row);
      if (outcome === 'nothing') continue;
      this.count += 1;
      if (outcome === 'insert') {
        insertRow(this.#writer, this.#writers, view, row);
        this.#viewChecks?.prove(batch, 0, Int32Array.of(row), 1, nothing);
        overlay.addRows(table.id, 1);
        this.#giveBack(batch, row);
      } else {
        const { updated } = conflicts;
        const first = updated.columns.length - table.columns.length;
        this.#viewChecks?.prove(updated, first, updated.selection, 1, nothing);
        this.#returning.add(updated, first, updated.columns.length, updated.selection, 1, null);
      }
    }
  }

  #giveBack(batch: Batch, row: number): void {
    if (!this.#returning.isWanted) return;
    const extra = this.#plan.table.columns.length;
    this.#returning.add(batch, 0, extra, Int32Array.of(row), 1, null);
  }
}

function insertRows(
  writer: TableWriter,
  writers: Writers,
  view: RowView,
  selection: Int32Array,
  count: number,
): void {
  for (let k = 0; k < count; k += 1) {
    writer.address(view, selection[k]!);
    insertRow(writer, writers, view, selection[k]!);
  }
}

/** Puts a new row. Its address is in `writer.primary.key`. Throws 23505. */
function insertRow(writer: TableWriter, writers: Writers, view: RowView, row: number): void {
  if (!writer.hasRowId && writer.primaryIsTaken()) {
    throw writers.changes(writer.table).refusal(writer.primary, view, row);
  }
  for (const one of writer.secondaries) {
    if (!one.isKey || !one.covers(view, row)) continue;
    one.write(view, row);
    if (!one.forbids || writer.holder(one, null) === null) continue;
    const changes = writers.changes(writer.table);
    if (one.index.deferrable !== true) throw changes.refusal(one, view, row);
    changes.claim(one, view, row);
  }
  writer.insert(view, row);
  const { key } = writer.primary;
  const address = { bytes: key.bytes, from: PREFIX_BYTES, length: key.end - PREFIX_BYTES };
  writers.references.inserted(writer, view, row, address);
}
