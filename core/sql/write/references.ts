/**
 * Foreign keys, at the end of the statement.
 *
 * A new reference is looked up at once: when its row is there, that is final, because whoever takes
 * that row out later finds the reference. When it is not, it may come with a later row of the same
 * statement, so it is looked up again at the end. Rows that others may refer to, and that went or
 * changed, are noted; the actions on those who refer are taken at the end, round after round, until
 * nothing more changes. A deferred key of a transaction waits for its commit.
 */
import type { Table } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import { shapeOf, valueAt } from '../exec/column.ts';
import type { DeferredCheck } from '../rows/overlay.ts';
import type { Value } from '../types/type.ts';
import type { WriteContext } from './context.ts';
import { isDeferred } from './deferral.ts';
import type { RowView } from './index-writer.ts';
import { mustBeAlone } from './key-check.ts';
import type { Incoming, Outgoing } from './key-plan.ts';
import { incomingKeys, isReferred, outgoingKeys, plain, rowKey } from './key-plan.ts';
import { Referring } from './referring.ts';
import type { Address, TableWriter } from './table-writer.ts';
import type { Writers } from './writers.ts';
import { keyText, missingReference, mixedReference, stillReferenced } from './violation.ts';

/** Rounds of actions upon actions. */
const ROUNDS_MAX = 10_000;

/** A row that others may refer to has gone (`fresh` null) or has another key. */
export interface Lost {
  readonly key: Incoming;
  readonly values: readonly Value[];
  readonly fresh: readonly Value[] | null;
}

interface Wanted {
  readonly key: Outgoing;
  readonly address: Uint8Array;
}

export class References {
  readonly #context: WriteContext;
  readonly #writers: Writers;
  readonly #active: boolean;
  /** Keys of the tables that the statement changes: looked up once. */
  readonly #outgoing: Map<Table, readonly Outgoing[]> = new Map();
  readonly #incoming: Map<Table, readonly Incoming[]> = new Map();
  #wanted: Wanted[] = [];
  #lost: Lost[] = [];
  #rounds = 0;

  constructor(context: WriteContext, writers: Writers, active: boolean) {
    this.#active = active;
    this.#context = context;
    this.#writers = writers;
  }

  inserted(writer: TableWriter, view: RowView, row: number, address: Address): void {
    const keys = this.#outgoingOf(writer.table);
    const place = lasting(writer.table, keys, address);
    for (const key of keys) this.#look(writer, key, view, row, place);
  }

  updated(
    writer: TableWriter,
    oldRows: RowView,
    newRows: RowView,
    row: number,
    address: Address,
    changed: readonly number[],
  ): void {
    const keys = this.#outgoingOf(writer.table);
    const place = lasting(writer.table, keys, address);
    for (const key of keys) {
      if (!key.columns.some((one) => changed.includes(one))) continue;
      if (this.#keepsOld(writer.table, key, oldRows, newRows, row)) continue;
      this.#look(writer, key, newRows, row, place);
    }
    for (const key of this.#incomingOf(writer.table)) {
      if (!key.columns.some((one) => changed.includes(one))) continue;
      const values = valuesOf(writer.table, key.columns, oldRows, row);
      const fresh = valuesOf(writer.table, key.columns, newRows, row);
      const same = rowKey(key.elements, values) === rowKey(key.elements, fresh);
      if (!same && !values.includes(null)) this.#lose({ key, values, fresh });
    }
  }

  removed(writer: TableWriter, oldRows: RowView, row: number): void {
    if (!this.#active) return;
    for (const key of this.#incomingOf(writer.table)) {
      const values = valuesOf(writer.table, key.columns, oldRows, row);
      if (!values.includes(null)) this.#lose({ key, values, fresh: null });
    }
  }

  /** One round of actions and checks; true when there is nothing left to do. */
  step(): boolean {
    const lost = this.#lost;
    if (lost.length > 0) {
      this.#rounds += 1;
      if (this.#rounds > ROUNDS_MAX) {
        throw new SqlError('54001', 'actions of foreign keys lead to actions without end');
      }
      this.#lost = [];
      for (const [key, losses] of byKey(lost)) this.#act(key, losses);
      return false;
    }
    const wanted = this.#wanted;
    this.#wanted = [];
    for (const one of wanted) this.#demand(one.key, one.address);
    return this.#lost.length === 0;
  }

  /** What deferred keys and foreign keys of the transaction owe. Throws 23505, 23503. */
  settleDeferred(checks: readonly DeferredCheck[]): void {
    for (const { table, constraint, address, values } of checks) {
      const relation = this.#context.source.catalog.relationById(table);
      if (relation === null || relation.kind !== 'table') continue;
      if (address !== null) mustBeAlone(relation, constraint, address, this.#context);
      for (const key of outgoingKeys(relation, this.#context)) {
        if (address !== null && key.key.id === constraint) this.#demand(key, address);
      }
      for (const key of incomingKeys(relation, this.#context)) {
        if (values !== null && key.key.id === constraint) {
          this.#refuse(key, [{ key, values, fresh: null }]);
        }
      }
    }
  }

  #look(writer: TableWriter, key: Outgoing, view: RowView, row: number, address: Address): void {
    const values = valuesOf(writer.table, key.columns, view, row);
    if (values.includes(null)) {
      const mixed = key.key.match === 'full' && values.some((value) => value !== null);
      if (mixed) throw mixedReference(writer.table, key.key);
      return;
    }
    const { bytes, from, length } = address;
    if (this.#isPresent(key, values)) return;
    const place = bytes.slice(from, from + length);
    if (isDeferred(key.key, this.#context)) {
      const { id } = writer.table;
      const check = { table: id, constraint: key.key.id, address: place, values: null };
      this.#context.source.view.overlay.defer(check);
    } else this.#wanted.push({ key, address: place });
  }

  /**
   * A row that was there before a key that is NOT VALID may go on referring to what is not there,
   * as long as it refers to the same. (What this transaction still owes is looked at again.)
   */
  #keepsOld(table: Table, key: Outgoing, oldRows: RowView, newRows: RowView, row: number): boolean {
    if (key.key.notValid !== true) return false;
    const { deferred } = this.#context.source.view.overlay;
    if (deferred.some(({ constraint }) => constraint === key.key.id)) return false;
    const values = valuesOf(table, key.columns, oldRows, row);
    // A null among others is never valid to MATCH FULL, so PostgreSQL looks again.
    if (key.key.match === 'full' && values.includes(null)) return false;
    const elements = key.types.map(plain);
    return (
      rowKey(elements, values) === rowKey(elements, valuesOf(table, key.columns, newRows, row))
    );
  }

  /** The row at an address must refer to a row that is there, if it still is there itself. */
  #demand(key: Outgoing, address: Uint8Array): void {
    const values = new Referring(this.#context, key.table).valuesAt(address, key.columns);
    if (values === null || values.includes(null) || this.#isPresent(key, values)) return;
    const names = key.columns.map((i) => key.table.columns[i]!.name);
    const types = key.columns.map((i) => key.table.columns[i]!.type);
    const text = keyText(names, types, values, this.#context.environment);
    throw missingReference(key.table, key.key, key.referenced, text);
  }

  #outgoingOf(table: Table): readonly Outgoing[] {
    const known = this.#outgoing.get(table);
    if (known !== undefined) return known;
    const keys = outgoingKeys(table, this.#context);
    this.#outgoing.set(table, keys);
    return keys;
  }

  #incomingOf(table: Table): readonly Incoming[] {
    const known = this.#incoming.get(table);
    if (known !== undefined) return known;
    const keys = incomingKeys(table, this.#context);
    this.#incoming.set(table, keys);
    return keys;
  }

  #isPresent(key: Outgoing, values: readonly Value[]): boolean {
    return isReferred(this.#writers.table(key.referenced), key, values, this.#context);
  }

  #lose(lost: Lost): void {
    const { referring } = lost.key;
    const { source } = this.#context;
    if (source.mayHaveRows(referring.id)) this.#lost.push(lost);
    // That nobody refers is something that was read.
    else source.reads?.whole(referring.id);
  }

  #act(key: Incoming, losses: readonly Lost[]): void {
    const { onDelete, onUpdate } = key.key;
    for (const fresh of [false, true]) {
      const some = losses.filter((lost) => (lost.fresh !== null) === fresh);
      if (some.length === 0) continue;
      const action = fresh ? onUpdate : onDelete;
      if (action === 'noAction' && isDeferred(key.key, this.#context)) this.#deferLosses(key, some);
      else if (action === 'noAction' || action === 'restrict') {
        this.#refuse(key, some, action === 'restrict');
      } else {
        const referring = new Referring(this.#context, key.referring);
        referring.act(action, key, some, this.#writers);
        // The default may be the very key that is gone.
        if (action === 'setDefault') this.#refuse(key, some);
      }
    }
  }

  #deferLosses(key: Incoming, losses: readonly Lost[]): void {
    const { overlay } = this.#context.source.view;
    for (const { values } of losses) {
      const constraint = key.key.id;
      overlay.defer({ table: key.table.id, constraint, address: null, values });
    }
  }

  /** 23503 if somebody refers to a key that is gone for good, or with `restrict` just gone. */
  #refuse(key: Incoming, losses: readonly Lost[], restrict: boolean = false): void {
    const gone = restrict
      ? losses
      : losses.filter(({ values }) => !this.#isPresent(key.reverse, values));
    const found = new Referring(this.#context, key.referring).first(key, gone);
    if (found === null) return;
    const names = key.columns.map((i) => key.table.columns[i]!.name);
    const types = key.columns.map((i) => key.table.columns[i]!.type);
    const text = keyText(names, types, found.values, this.#context.environment);
    throw stillReferenced(key.table, key.key, key.referring, text);
  }
}

/**
 * The address of a row of a table that refers to itself: looking its references up writes keys
 * where the address stands.
 */
function lasting(table: Table, keys: readonly Outgoing[], address: Address): Address {
  if (!keys.some((key) => key.referenced.id === table.id)) return address;
  const { bytes, from, length } = address;
  return { bytes: bytes.slice(from, from + length), from: 0, length };
}

function byKey(lost: readonly Lost[]): Map<Incoming, Lost[]> {
  const grouped: Map<Incoming, Lost[]> = new Map();
  for (const one of lost) {
    const list = grouped.get(one.key);
    if (list === undefined) grouped.set(one.key, [one]);
    else list.push(one);
  }
  return grouped;
}

function valuesOf(table: Table, columns: readonly number[], view: RowView, row: number): Value[] {
  return columns.map((i) => {
    const shape = shapeOf(table.columns[i]!.type.id);
    return valueAt(view.batch.columns[view.first + i]!, shape, row);
  });
}
