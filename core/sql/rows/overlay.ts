/**
 * The overlay: what the running transaction has changed and the store does not have yet.
 *
 * Two layers. A statement writes into `statement`, which its own reads do not see: so it never
 * meets its own rows, and data-modifying common tables share one snapshot. `endStatement` moves
 * that into `base`, which the next statement reads; `abandonStatement` drops it, and the statement
 * has had no effect. Savepoints are marks: what `base` loses after one is kept to be put back.
 *
 * A single statement outside a transaction has an empty `base`: its reads are the store's alone.
 */
import type { Store } from '../../store/store.ts';
import { ABSENT, PRESENT } from '../../store/store.ts';
import { assert } from '../../types/assert.ts';
import type { CatalogState } from '../catalog/state.ts';
import type { Value } from '../types/type.ts';
import { LAYER_BELOW, Layer } from './layer.ts';

/** Pages of a layer: at least this, so that small stores do not make deep layers. */
const PAGE_BYTES_MIN = 4096;

/** A check of a key or a foreign key that waits for the end of the transaction. */
export interface DeferredCheck {
  readonly table: number;
  readonly constraint: number;
  /** Of a row that has another's key, or refers to something that was not there. */
  readonly address: Uint8Array | null;
  /** Or: a key that went, to which somebody may still refer. */
  readonly values: readonly Value[] | null;
}

/** What SET CONSTRAINTS has said: `some`, by the constraint's id, before `all`; null: nothing. */
export interface ConstraintModes {
  readonly all: boolean | null;
  readonly some: ReadonlyMap<number, boolean>;
}

interface Undo {
  readonly key: Uint8Array;
  /** Null: `base` did not have the key. */
  readonly value: Uint8Array | null;
}

interface Mark {
  readonly undo: number;
  readonly catalog: CatalogState | null;
  readonly tables: Map<number, number>;
  /** The list of then, and how much of it there was. */
  readonly checks: DeferredCheck[];
  readonly deferred: number;
  readonly modes: ConstraintModes | null;
}

/** Called with each changed record; `value` null: deleted. */
export type RecordVisitor = (
  key: Uint8Array,
  keyFrom: number,
  keyBytes: number,
  value: Uint8Array | null,
  valueFrom: number,
  valueBytes: number,
) => void;

export class Overlay {
  base: Layer;
  statement: Layer;
  /** The catalogue with this transaction's changes; null: the store's. */
  catalog: CatalogState | null = null;
  statementCatalog: CatalogState | null = null;
  /** Rows gained by table: of the transaction, and of the statement besides. */
  readonly #rows: Map<number, number> = new Map();
  readonly #statementRows: Map<number, number> = new Map();
  #deferred: DeferredCheck[] = [];
  modes: ConstraintModes | null = null;
  readonly #undo: Undo[] = [];
  readonly #marks: Mark[] = [];
  /** Indexes that got entries with new hidden row ids. */
  readonly rowIdIndexes: Set<number> = new Set();
  /** Of hidden row ids: inserts so far. */
  #ordinal = 0;
  /** Grows whenever `base` changes: cursors look where they stand. */
  changes = 0;

  constructor(store: Store) {
    const pageBytes = Math.max(PAGE_BYTES_MIN, store.keyBytesMax * 4);
    this.base = new Layer(pageBytes);
    this.statement = new Layer(pageBytes);
  }

  get isEmpty(): boolean {
    return this.base.isEmpty && this.statement.isEmpty;
  }

  /** Bytes that all its records would take in an outcome, about. */
  get bytes(): number {
    return this.base.bytes + this.statement.bytes;
  }

  nextOrdinal(): number {
    this.#ordinal += 1;
    return this.#ordinal;
  }

  addRows(table: number, rows: number): void {
    this.#statementRows.set(table, (this.#statementRows.get(table) ?? 0) + rows);
  }

  /** Rows that the transaction, the running statement left out, has added to a table. */
  rowsAdded(table: number): number {
    return this.#rows.get(table) ?? 0;
  }

  /** The same, with what the running statement has added so far. */
  rowsAddedByNow(table: number): number {
    return this.rowsAdded(table) + (this.#statementRows.get(table) ?? 0);
  }

  /** Tables with changed rows, in the order of their first change. */
  changedTables(): readonly { readonly table: number; readonly rows: number }[] {
    assert(this.statement.isEmpty, 'the statement ended');
    return Array.from(this.#rows, ([table, rows]) => ({ table, rows }));
  }

  defer(check: DeferredCheck): void {
    this.#deferred.push(check);
  }

  get deferred(): readonly DeferredCheck[] {
    return this.#deferred;
  }

  /** Those that have been looked at, and need not be again: unless a savepoint brings them back. */
  settled(isSettled: (check: DeferredCheck) => boolean): void {
    this.#deferred = this.#deferred.filter((check) => !isSettled(check));
  }

  endStatement(): void {
    this.changes += 1;
    if (this.statementCatalog !== null) this.catalog = this.statementCatalog;
    this.statementCatalog = null;
    for (const [table, rows] of this.#statementRows) {
      this.#rows.set(table, (this.#rows.get(table) ?? 0) + rows);
    }
    empty(this.#statementRows);
    if (this.base.isEmpty && this.#marks.length === 0) {
      const empty = this.base;
      this.base = this.statement;
      this.statement = empty;
      return;
    }
    visitLayer(this.statement, (key, keyFrom, keyBytes, value, valueFrom, valueBytes) => {
      if (this.#marks.length > 0) this.#keep(key, keyFrom, keyBytes);
      if (value === null) this.base.delete(key, keyFrom, keyBytes);
      else this.base.put(key, keyFrom, keyBytes, value, valueFrom, valueBytes);
    });
    this.statement.clear();
  }

  abandonStatement(): void {
    this.statement.clear();
    this.statementCatalog = null;
    empty(this.#statementRows);
  }

  /** A savepoint: to be given to `rollbackTo` or `release`, innermost first. */
  mark(): number {
    assert(this.statement.isEmpty, 'a mark stands between statements');
    const undo = this.#undo.length;
    const tables = new Map(this.#rows);
    const { catalog, modes } = this;
    const checks = this.#deferred;
    this.#marks.push({ undo, catalog, tables, checks, deferred: checks.length, modes });
    return this.#marks.length;
  }

  /** Back to the mark, which stays. */
  rollbackTo(mark: number): void {
    this.abandonStatement();
    const state = this.#marks[mark - 1];
    assert(state !== undefined, 'rollbackTo: the mark stands');
    this.#marks.length = mark;
    for (let i = this.#undo.length - 1; i >= state.undo; i -= 1) {
      const { key, value } = this.#undo[i]!;
      if (value === null) this.base.forget(key, 0, key.length);
      else this.base.put(key, 0, key.length, value, 0, value.length);
    }
    this.#undo.length = state.undo;
    this.catalog = state.catalog;
    this.#rows.clear();
    for (const [table, rows] of state.tables) this.#rows.set(table, rows);
    this.#deferred = state.checks;
    this.#deferred.length = state.deferred;
    this.modes = state.modes;
    this.changes += 1;
  }

  /** Forgets the mark, and those above it; the changes stay. */
  release(mark: number): void {
    this.#marks.length = mark - 1;
    if (mark === 1) this.#undo.length = 0;
  }

  /** Every changed record, in key order. */
  records(visit: RecordVisitor): void {
    assert(this.statement.isEmpty, 'the statement ended');
    visitLayer(this.base, visit);
  }

  clear(): void {
    this.abandonStatement();
    this.base.clear();
    this.catalog = null;
    empty(this.#rows);
    if (this.#deferred.length > 0) this.#deferred = [];
    this.modes = null;
    if (this.#undo.length > 0) this.#undo.length = 0;
    if (this.#marks.length > 0) this.#marks.length = 0;
    this.#ordinal = 0;
    empty(this.rowIdIndexes);
    this.changes += 1;
  }

  #keep(key: Uint8Array, from: number, bytes: number): void {
    const found = this.base.find(key, from, bytes);
    const { value, valueFrom, valueBytes } = this.base.tree;
    const old = found === LAYER_BELOW ? null : value.slice(valueFrom, valueFrom + valueBytes);
    this.#undo.push({ key: key.slice(from, from + bytes), value: old });
  }
}

/** To clear what is empty costs as much as to make it anew. */
function empty(rows: Map<number, number> | Set<number>): void {
  if (rows.size > 0) rows.clear();
}

const FIRST = new Uint8Array(1);

function visitLayer(layer: Layer, visit: RecordVisitor): void {
  if (layer.isEmpty) return;
  const { tree } = layer;
  for (let state = tree.seek(FIRST, 0, 1, false); state !== ABSENT; state = tree.next()) {
    assert(state === PRESENT, 'a layer is in memory');
    const { key, keyFrom, keyBytes, value, valueFrom, valueBytes } = tree;
    visit(key, keyFrom, keyBytes, valueBytes === 0 ? null : value, valueFrom, valueBytes);
  }
}
