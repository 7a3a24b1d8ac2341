/**
 * The database of one tenant as one statement meets it: catalogue and rows as of its snapshot,
 * with its transaction's own changes. The door of this room for binder, executor and engine.
 *
 * Cheap to make: one for each statement. `cache` and `overlay` live longer.
 */
import { readU64 } from '../../codec/bytes.ts';
import { PRESENT } from '../../store/store.ts';
import type { CatalogCache } from '../catalog/load.ts';
import type { Index, ObjectId, Sequence, SystemTable, Table } from '../catalog/model.ts';
import type { CatalogState } from '../catalog/state.ts';
import type { SystemTables } from '../catalog/system.ts';
import { StatementTypes } from '../catalog/types-of.ts';
import type { Rights } from '../rights.ts';
import { ALL_RIGHTS, isLog, mustReadTable } from '../rights.ts';
import { CatalogView, isTemporary } from '../catalog/view.ts';
import { SqlError } from '../error.ts';
import type { ReadMoment, ReadRange, RowCursor, RowSource } from '../exec/source.ts';
import type { Int64, Value } from '../types/type.ts';
import { currentTypes, useTypes } from '../types/user-type.ts';
import { ChainedCursor } from './chained-cursor.ts';
import { TableCursor } from './cursor.ts';
import { KEYSPACE_TABLE, PREFIX_BYTES, writePrefix } from './keyspaces.ts';
import { keyRangeOf } from './range.ts';
import type { ReadSet } from './read-set.ts';
import { StoredSequences } from './sequences.ts';
import { needed } from './stream.ts';
import type { KeyRange } from './stream.ts';
import { View } from './view.ts';
import type { ViewOptions } from './view.ts';

const NO_BYTES: Uint8Array = new Uint8Array(0);
/** The key that is looked up right now. */
const countsKey: Uint8Array = new Uint8Array(PREFIX_BYTES);

export interface DatabaseOptions extends ViewOptions {
  readonly cache: CatalogCache;
  /**
   * Schemas in which unqualified names are looked up, that of the session's temporary relations
   * among them.
   */
  readonly path: readonly string[];
  /** Schemas that new objects go to: into the first of these that there is. */
  readonly creationPath: readonly string[];
  /** What is read is noted here, for validation at commit. Null: nobody will validate. */
  readonly reads: ReadSet | null;
  readonly system: SystemTables;
  /** Of the user whose statement it is. Absent: all. */
  readonly rights?: Rights;
  /** Called with each timestamp before it becomes a position; may throw. */
  readonly onInstant?: (timestamp: Int64) => void;
}

export class Database implements RowSource {
  readonly view: View;
  /** Where unqualified names are looked up. */
  readonly path: readonly string[];
  /** Where new ones go: into the first of these that there is. */
  readonly creationPath: readonly string[];
  readonly temporary: string | null;
  readonly reads: ReadSet | null;
  readonly sequences: StoredSequences;
  readonly #options: DatabaseOptions;
  readonly #cache: CatalogCache;
  readonly #system: SystemTables;
  #state: CatalogState | null = null;
  #stamp = -1;
  readonly #onInstant: ((timestamp: Int64) => void) | undefined;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.view = new View(options);
    const { path, creationPath } = options;
    this.path = path;
    this.creationPath = creationPath;
    this.temporary = path.find(isTemporary) ?? null;
    this.reads = options.reads;
    this.sequences = new StoredSequences(this.view, options.reads);
    this.#cache = options.cache;
    this.#system = options.system;
    this.#onInstant = options.onInstant;
  }

  /** Where a new object goes that names no schema; null: none of the path is there. */
  get currentSchema(): string | null {
    const { catalog } = this;
    return this.creationPath.find((one) => catalog.hasSchema(one)) ?? null;
  }

  /** The same, with other schemas for unqualified names. */
  along(path: readonly string[]): Database {
    return new Database({ ...this.#options, path, creationPath: path });
  }

  /** What the statement's names mean. */
  get catalog(): CatalogView {
    return this.#named(this.state, true);
  }

  /** The same, as stored. */
  get state(): CatalogState {
    const { overlay } = this.view;
    const own = overlay.statementCatalog ?? overlay.catalog;
    if (own !== null) return own;
    const stamp = this.view.stamp();
    if (this.#state === null || stamp !== this.#stamp) {
      this.#state = this.#cache.current(this.view);
      this.#stamp = stamp;
    }
    return this.#state;
  }

  /** What was defined when the transaction began; null: it has changed nothing of it. */
  get committed(): CatalogState | null {
    const { overlay, snapshot } = this.view;
    return overlay.catalog === null ? null : this.#cache.at(this.view, snapshot);
  }

  /** What names meant at a position. */
  catalogAt(position: number): CatalogView {
    this.#refuseFuture(position);
    return this.#named(this.#cache.at(this.view, position), false);
  }

  open(
    table: Table,
    index: Index,
    range: ReadRange,
    backward: boolean,
    moment: ReadMoment,
    columns: readonly number[],
    late: readonly boolean[] | null,
  ): RowCursor {
    const keys = keyRangeOf(table, index, range);
    if (moment.kind === 'present') this.reads?.range(table.id, keys);
    else if (moment.kind === 'position') this.#refuseFuture(moment.position);
    else return this.#openVersions(table, index, keys, backward, moment, columns, late);
    const { view, reads } = this;
    return new TableCursor(view, table, index, keys, backward, moment, columns, late, reads);
  }

  #openVersions(
    table: Table,
    index: Index,
    keys: KeyRange,
    backward: boolean,
    { low, high }: { readonly low: number; readonly high: number },
    columns: readonly number[],
    late: readonly boolean[] | null,
  ): RowCursor {
    const { view } = this;
    // Up to now, whenever that is: what others commit meanwhile is not among it.
    if (high > view.snapshot) this.reads?.whole(table.id);
    const moment = { kind: 'versions', low, high: Math.min(high, view.snapshot) } as const;
    const cursors = (table.storage?.former ?? []).map((id) => {
      const all = view.keyRange(id, NO_BYTES, 0, 0);
      return new TableCursor(view, table, { ...index, id }, all, false, moment, columns, late);
    });
    const last = new TableCursor(view, table, index, keys, backward, moment, columns, late);
    return cursors.length === 0 ? last : new ChainedCursor([...cursors, last]);
  }

  system(table: SystemTable, position: number | null): Iterable<readonly Value[]> {
    if (table.sequence !== undefined) {
      const { value, called } = this.sequences.state(table.sequence);
      // No values are logged ahead: `log_cnt` is 0.
      return [[value, 0, called]];
    }
    const ofLog = isLog(table);
    if (ofLog) {
      mustReadTable(this.#options.rights ?? ALL_RIGHTS, table);
      if (position === null) this.reads?.log();
    }
    if (position === null) return this.#system.rows(table, this.catalog, Infinity);
    const catalog = this.catalogAt(position);
    const rows = this.#system.rows(table, catalog, position);
    return ofLog ? rows : withTypesOf(catalog, rows);
  }

  positionAt(timestamp: Int64): number {
    const { view } = this;
    this.#onInstant?.(timestamp);
    const position = view.moments.positionAt(timestamp, view.timestamp);
    return Math.min(position, view.snapshot);
  }

  /** Rows of a table in the present, this transaction's own counted, the statement's not. */
  rowCount(table: ObjectId): number {
    const { source, overlay } = this.view;
    writePrefix(KEYSPACE_TABLE, table, countsKey);
    const found = needed(source.get(countsKey, 0, PREFIX_BYTES));
    const stored = found === PRESENT ? readU64(source.value, source.valueFrom) : 0;
    return Math.max(0, stored + overlay.rowsAdded(table));
  }

  /**
   * False: the running statement finds no row in the table. Counts are those of the present, so
   * once the store is beyond the snapshot they say nothing.
   */
  mayHaveRows(table: ObjectId): boolean {
    const { view } = this;
    const added = view.overlay.rowsAddedByNow(table) - view.overlay.rowsAdded(table);
    return view.moved() || this.rowCount(table) + added > 0;
  }

  /** A view that sees what the running statement has done. */
  working(): View {
    return new View({ ...this.#options, working: true });
  }

  /** Takes the sequence's next value: 2200H at its end. */
  nextValue(sequence: Sequence): Int64 {
    return this.sequences.next(sequence);
  }

  setValue(sequence: Sequence, value: Int64, called: boolean): void {
    this.sequences.set(sequence, value, called);
  }

  #named(state: CatalogState, present: boolean): CatalogView {
    let named = this.#cache.named(state, this.path);
    if (named === undefined) {
      named = new CatalogView(state, this.path, this.#system);
      this.#cache.keep(named);
    }
    if (present) named.rowCount = (table): number => this.rowCount(table);
    return named;
  }

  #refuseFuture(position: number): void {
    if (position <= this.view.snapshot) return;
    throw new SqlError('22023', `position ${position} lies in the future`);
  }
}

/** The rows, made at once: what types were called then holds meanwhile. */
function withTypesOf(
  then: CatalogView,
  rows: Iterable<readonly Value[]>,
): Iterable<readonly Value[]> {
  const before = currentTypes();
  useTypes(new StatementTypes({ state: then.state, catalog: then, committed: null }));
  try {
    return [...rows];
  } finally {
    useTypes(before);
  }
}
