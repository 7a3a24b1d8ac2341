/**
 * Changing rows that exist: what UPDATE, DELETE, MERGE, ON CONFLICT DO UPDATE and the actions of
 * foreign keys have in common.
 *
 * A batch names each row by its address and holds its old values, and its new ones when it is
 * updated. A row whose primary key changes leaves its place at once; where its new one is taken it
 * waits until the whole statement is known, so that `SET id = id + 1` meets nobody. So does a new
 * row of MERGE: another row of the source may delete who has its place. An entry of a unique index
 * that meets an equal one is put, and must be alone at the end.
 */
import type { Constraint, Index, Table } from '../catalog/model.ts';
import type { Batch } from '../exec/batch.ts';
import { gather, makeBatch, makeColumns, shapeOf } from '../exec/column.ts';
import { PREFIX_BYTES } from '../rows/keyspaces.ts';
import type { WriteContext } from './context.ts';
import { isDeferred } from './deferral.ts';
import type { IndexWriter, RowView } from './index-writer.ts';
import type { References } from './references.ts';
import type { Address, TableWriter } from './table-writer.ts';
import { uniqueViolation } from './violation.ts';

/** Rows that wait for their place: their old columns, where they are not new, and the new ones. */
interface Waiting {
  readonly batch: Batch;
  readonly isNew: boolean;
}

/** An entry that must turn out to be alone. */
interface Claim {
  readonly writer: IndexWriter;
  readonly batch: Batch;
  readonly row: number;
  readonly address: Address;
}

export class TableChanges {
  readonly #writer: TableWriter;
  readonly #table: Table;
  readonly #context: WriteContext;
  readonly #references: References;
  readonly #waiting: Waiting[] = [];
  readonly #claims: Claim[] = [];

  constructor(writer: TableWriter, context: WriteContext, references: References) {
    this.#writer = writer;
    this.#table = writer.table;
    this.#context = context;
    this.#references = references;
  }

  /**
   * Updates rows: addresses in column `at`, old values from `old` on, new ones from `fresh` on.
   * `changed`: ordinals that may differ.
   */
  update(
    batch: Batch,
    at: number,
    old: number,
    fresh: number,
    changed: readonly number[],
    selection: Int32Array,
    count: number,
  ): void {
    const writer = this.#writer;
    const oldRows = writer.oldRows(batch, old, selection, count);
    const newRows = writer.newRows(batch, fresh, selection, count);
    const touched = writer.secondaries.filter((one) => one.dependsOn(changed));
    const keyed = !writer.hasRowId && writer.primary.dependsOn(changed);
    const waiting: number[] = [];
    for (let k = 0; k < count; k += 1) {
      const row = selection[k]!;
      const address = addressOf(batch, at, row);
      if (!writer.find(address)) continue;
      if (keyed && this.#keyDiffers(newRows, row, address)) {
        this.#leave(oldRows, row, address);
        writer.address(newRows, row);
        if (writer.primaryIsTaken()) waiting.push(row);
        else this.#move(oldRows, newRows, row);
      } else {
        writer.replace(address, newRows, row);
        for (const one of touched) this.#moveEntry(one, oldRows, newRows, row, address);
        this.#references.updated(writer, oldRows, newRows, row, address, changed);
      }
    }
    this.#wait(batch, [old, fresh], waiting, false);
    this.#context.source.view.overlay.addRows(this.#table.id, 0);
  }

  /** Deletes rows: addresses in column `at`, values from `old` on. */
  delete(batch: Batch, at: number, old: number, selection: Int32Array, count: number): void {
    const oldRows = this.#writer.oldRows(batch, old, selection, count);
    let rows = 0;
    for (let k = 0; k < count; k += 1) {
      const row = selection[k]!;
      const address = addressOf(batch, at, row);
      if (!this.#writer.find(address)) continue;
      this.#leave(oldRows, row, address);
      this.#references.removed(this.#writer, oldRows, row);
      rows += 1;
    }
    this.#context.source.view.overlay.addRows(this.#table.id, -rows);
  }

  /** Inserts rows, columns from `fresh` on; others of the same statement may make room for them. */
  insert(batch: Batch, fresh: number, selection: Int32Array, count: number): void {
    const writer = this.#writer;
    const newRows = writer.newRows(batch, fresh, selection, count);
    const waiting: number[] = [];
    for (let k = 0; k < count; k += 1) {
      const row = selection[k]!;
      writer.address(newRows, row);
      if (!writer.hasRowId && writer.primaryIsTaken()) waiting.push(row);
      else this.#begin(newRows, row);
    }
    this.#wait(batch, [fresh], waiting, true);
    this.#context.source.view.overlay.addRows(this.#table.id, count);
  }

  /** What had to wait for the statement's last row. */
  settle(): void {
    const count = this.#table.columns.length;
    for (const { batch, isNew } of this.#waiting) {
      const { selection } = batch;
      const newRows = this.#writer.newRows(batch, isNew ? 0 : count, selection, batch.count);
      const oldRows = isNew ? null : this.#writer.oldRows(batch, 0, selection, batch.count);
      for (let row = 0; row < batch.count; row += 1) {
        this.#writer.address(newRows, row);
        if (this.#writer.primaryIsTaken()) throw this.refusal(this.#writer.primary, newRows, row);
        if (oldRows === null) this.#begin(newRows, row);
        else this.#move(oldRows, newRows, row);
      }
    }
    this.#waiting.length = 0;
    for (const { writer, batch, row, address } of this.#claims) {
      const first = batch.columns.length - count;
      const view = this.#writer.newRows(batch, first, batch.selection, batch.count);
      writer.write(view, row);
      if (this.#writer.holder(writer, address) === null) continue;
      if (!this.#defers(writer, address)) throw this.refusal(writer, view, row);
    }
    this.#claims.length = 0;
  }

  /**
   * The row that goes to the place that `primary.key` holds has the elements of another: it must
   * be alone in the end.
   */
  claim(writer: IndexWriter, view: RowView, row: number): void {
    this.#claim(writer, view, row, this.#writer.primary.key.copy());
  }

  /** Whether it is the transaction's end that decides; then it is noted for that. */
  #defers({ index }: IndexWriter, { bytes, from, length }: Address): boolean {
    if (index.deferrable !== true) return false;
    const constraint = this.#table.constraints.find((one) => isKeyOf(one, index))!;
    if (!isDeferred(constraint, this.#context)) return false;
    const address = bytes.slice(from, from + length);
    const check = { table: this.#table.id, constraint: constraint.id, address, values: null };
    this.#context.source.view.overlay.defer(check);
    return true;
  }

  /** 23505 for a row whose elements somebody else has. */
  refusal(writer: IndexWriter, view: RowView, row: number): Error {
    const { environment } = this.#context;
    return uniqueViolation(this.#table, writer.index, writer.shown(view, row, environment));
  }

  #keyDiffers(newRows: RowView, row: number, address: Address): boolean {
    const { primary } = this.#writer;
    primary.write(newRows, row);
    const { bytes, end } = primary.key;
    if (end - PREFIX_BYTES !== address.length) return true;
    for (let i = 0; i < address.length; i += 1) {
      if (bytes[PREFIX_BYTES + i] !== address.bytes[address.from + i]) return true;
    }
    return false;
  }

  #leave(oldRows: RowView, row: number, address: Address): void {
    const writer = this.#writer;
    writer.remove(address);
    for (const one of writer.secondaries) {
      if (!one.covers(oldRows, row)) continue;
      one.write(oldRows, row);
      writer.removeEntry(one, address);
    }
  }

  #begin(newRows: RowView, row: number): void {
    const address = this.#arrive(newRows, row);
    this.#references.inserted(this.#writer, newRows, row, address);
  }

  #move(oldRows: RowView, newRows: RowView, row: number): void {
    const address = this.#arrive(newRows, row);
    const all = this.#table.columns.map((_, i) => i);
    this.#references.updated(this.#writer, oldRows, newRows, row, address, all);
  }

  /** Puts a row at the free place that `primary.key` holds. */
  #arrive(newRows: RowView, row: number): Address {
    const writer = this.#writer;
    for (const one of writer.secondaries) {
      if (!one.isKey || !one.covers(newRows, row)) continue;
      one.write(newRows, row);
      if (one.forbids && writer.holder(one, null) !== null) {
        this.claim(one, newRows, row);
      }
    }
    writer.insert(newRows, row);
    const { key } = writer.primary;
    return { bytes: key.bytes, from: PREFIX_BYTES, length: key.end - PREFIX_BYTES };
  }

  #claim(writer: IndexWriter, view: RowView, row: number, key: Uint8Array): void {
    const address = { bytes: key, from: PREFIX_BYTES, length: key.length - PREFIX_BYTES };
    this.#claims.push({ writer, batch: this.#one(view, row), row: 0, address });
  }

  #moveEntry(
    one: IndexWriter,
    oldRows: RowView,
    newRows: RowView,
    row: number,
    address: Address,
  ): void {
    const writer = this.#writer;
    const was = one.covers(oldRows, row);
    const is = one.covers(newRows, row);
    let before: Uint8Array | null = null;
    if (was) {
      one.write(oldRows, row);
      before = one.key.copy();
    }
    if (is) one.write(newRows, row);
    if (was && is && sameBytes(before!, one.key.bytes, one.key.end)) return;
    if (was) {
      one.write(oldRows, row);
      writer.removeEntry(one, address);
    }
    if (!is) return;
    one.write(newRows, row);
    // Whoever comes later and finds this entry makes a claim of its own.
    if (one.forbids && writer.holder(one, address) !== null) {
      const key = new Uint8Array(PREFIX_BYTES + address.length);
      key.set(address.bytes.subarray(address.from, address.from + address.length), PREFIX_BYTES);
      this.#claim(one, newRows, row, key);
    }
    writer.putEntry(one, address.bytes, address.from, address.length);
  }

  /** One row of a view, in a batch of its own. */
  #one(view: RowView, row: number): Batch {
    return this.#copy(view.batch, [view.first], [row]);
  }

  #wait(batch: Batch, firsts: readonly number[], rows: readonly number[], isNew: boolean): void {
    if (rows.length > 0) this.#waiting.push({ batch: this.#copy(batch, firsts, rows), isNew });
  }

  /** Rows of a batch, their table's columns at `firsts` side by side, packed. */
  #copy(batch: Batch, firsts: readonly number[], rows: readonly number[]): Batch {
    const types = this.#table.columns.map(({ type }) => type);
    const copied = makeBatch(
      makeColumns(
        firsts.flatMap(() => types),
        rows.length,
      ),
      rows.length,
    );
    const ids = Int32Array.from(rows);
    for (const [i, first] of firsts.entries()) {
      for (const [j, type] of types.entries()) {
        const to = copied.columns[i * types.length + j]!;
        gather(to, shapeOf(type.id), 0, batch.columns[first + j]!, ids, rows.length);
      }
    }
    copied.rows = rows.length;
    copied.count = rows.length;
    return copied;
  }
}

function isKeyOf(constraint: Constraint, index: Index): boolean {
  return 'index' in constraint && constraint.index === index.id;
}

export function addressOf(batch: Batch, at: number, row: number): Address {
  const bytes = batch.columns[at]!.values[row] as Uint8Array;
  return { bytes, from: 0, length: bytes.length };
}

function sameBytes(a: Uint8Array, b: Uint8Array, bytes: number): boolean {
  if (a.length !== bytes) return false;
  for (let i = 0; i < bytes; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
