/**
 * What one statement changes, in the model: new rows with what is computed from them, what
 * constraints say of them, and what foreign keys do to other tables.
 */
import type { ModelDatabase, ModelKey, ModelRow, ModelTable } from './database.ts';
import { FOREVER, alive, filled, scopeOf } from './database.ts';
import type { Cell, Scope } from './interpreter.ts';
import { evaluate, refusal } from './interpreter.ts';
import { identity, textOf } from './values.ts';

/** Which deferrable keys a transaction looks at when it ends. */
export class Deferral {
  /** What SET CONSTRAINTS said: of all, and then of some. */
  all: boolean | null = null;
  some: Map<string, boolean> = new Map();

  defers(key: ModelKey): boolean {
    return key.deferrable && (this.some.get(key.name) ?? this.all ?? key.deferred);
  }
}

/** Where a statement is executed. */
export interface Place {
  readonly database: ModelDatabase;
  readonly position: number;
  readonly parameters: readonly Cell[];
  /** Of the transaction around it; null: there is none. */
  readonly deferral: Deferral | null;
}

/** Changes of one statement: nothing of them is in the table until all are known to be right. */
export class Change {
  readonly table: ModelTable;
  readonly ended: Set<ModelRow> = new Set();
  readonly added: Cell[][] = [];
  /** The row that another takes the place of. */
  private readonly before: Map<Cell[], ModelRow> = new Map();
  private readonly scope: Scope;
  private readonly place: Place;

  constructor(table: ModelTable, place: Place) {
    this.table = table;
    this.place = place;
    this.scope = scopeOf(table, place.position);
  }

  add(cells: Cell[]): void {
    this.complete(cells);
    this.added.push(cells);
  }

  replace(row: ModelRow, cells: Cell[]): void {
    this.ended.add(row);
    this.before.set(cells, row);
    this.add(cells);
  }

  /** Computes what is generated, and looks at the row by itself. */
  complete(cells: Cell[]): void {
    const { position } = this.place;
    const { columns, checks } = this.table;
    this.scope.row = cells;
    columns.forEach(({ generated }, i) => {
      if (generated !== null) cells[i] = evaluate(generated, [this.scope], []);
    });
    columns.forEach((column, i) => {
      const missing = (cells[i] ?? null) === null;
      if (column.notNull && missing && alive(column, position)) throw refusal('23502');
    });
    for (const check of checks) {
      if (!alive(check, position)) continue;
      if (evaluate(check.value, [this.scope], []) === false) throw refusal('23514');
    }
  }

  /** Rows that will be there. */
  current(): Cell[][] {
    const { position } = this.place;
    const kept = this.table.rows.filter((row) => alive(row, position) && !this.ended.has(row));
    return [...kept.map((row) => row.cells), ...this.added];
  }

  /** What tells the row apart by this key; null: the key says nothing of it. */
  keyOf(key: ModelKey, cells: readonly Cell[]): Cell {
    this.scope.row = cells;
    if (key.where !== null && evaluate(key.where, [this.scope], []) !== true) return null;
    const values =
      key.columns === null
        ? key.elements.map((element) => evaluate(element, [this.scope], []))
        : key.columns.map((column) => cells[column] ?? null);
    if (values.includes(null)) return null;
    return values.length === 1 ? identity(values[0]!) : values.map(textOf).join('|');
  }

  /** Keys that must hold when the statement ends. */
  checkKeys(): void {
    const { position, deferral } = this.place;
    const rows = this.current();
    for (const key of this.table.keys) {
      if (!alive(key, position) || deferral?.defers(key) === true) continue;
      const values = rows.map((cells) => this.keyOf(key, cells)).filter((cell) => cell !== null);
      if (new Set(values).size < values.length) throw refusal('23505');
    }
  }

  /** Whether a row that will be there has a key of these cells. */
  meets(cells: readonly Cell[], key: ModelKey): (other: readonly Cell[]) => boolean {
    const value = this.keyOf(key, cells);
    return (other) => value !== null && this.keyOf(key, other) === value;
  }

  /** `others`: all changes of the statement. */
  checkReferences(others: readonly Change[]): void {
    const { position } = this.place;
    for (const reference of this.table.references) {
      if (!alive(reference, position)) continue;
      const { column, table, notValid } = reference;
      const there = others.find((change) => change.table === table)?.current();
      const rows = there ?? table.rows.filter((row) => alive(row, position)).map(cellsOf);
      const known = new Set(rows.map((cells) => cells[0]));
      for (const cells of this.added) {
        const value = cells[column] ?? null;
        const keeps = notValid && this.before.get(cells)?.cells[column] === value;
        if (value !== null && !keeps && !known.has(value)) throw refusal('23503');
      }
    }
  }

  /** Keys that rows had and have no more; where one has another now, that, else undefined. */
  lost(): Map<Cell, Cell | undefined> {
    const lost: Map<Cell, Cell | undefined> = new Map();
    for (const row of this.ended) lost.set(row.cells[0]!, undefined);
    for (const [cells, { cells: old }] of this.before) {
      if (cells[0] === old[0]) lost.delete(old[0]!);
      else lost.set(old[0]!, cells[0]!);
    }
    return lost;
  }

  install(): void {
    const { position } = this.place;
    for (const row of this.ended) row.ended = position;
    for (const cells of this.added) {
      this.table.rows.push({ cells, began: position, ended: FOREVER });
    }
  }
}

function cellsOf(row: ModelRow): Cell[] {
  return row.cells;
}

/** The statement's end: keys, then foreign keys and what they do, then it is done. */
export function finish(change: Change, place: Place): void {
  change.checkKeys();
  const consequences = change.ended.size === 0 ? [] : consequencesOf(change, place);
  for (const each of consequences) each.checkKeys();
  const all = [change, ...consequences];
  for (const each of all) each.checkReferences(all);
  for (const each of all) each.install();
}

/** Who refers to rows that the change takes away. */
function consequencesOf(change: Change, place: Place): Change[] {
  const { database, position } = place;
  const lost = change.lost();
  const out: Change[] = [];
  if (lost.size === 0) return out;
  for (const other of database.tables) {
    if (!alive(other, position)) continue;
    for (const reference of other.references) {
      if (reference.table !== change.table || !alive(reference, position)) continue;
      out.push(follow(other, reference, change, lost, place));
    }
  }
  return out;
}

/** What a foreign key does to the rows of a table that refer to keys that were lost. */
function follow(
  other: ModelTable,
  { column, onDelete, onUpdate }: ModelTable['references'][number],
  change: Change,
  lost: ReadonlyMap<Cell, Cell | undefined>,
  place: Place,
): Change {
  const out = new Change(other, place);
  const there = new Set(change.current().map((cells) => cells[0]));
  for (const row of other.rows) {
    const value = row.cells[column] ?? null;
    if (!alive(row, place.position) || value === null || !lost.has(value)) continue;
    const fresh = lost.get(value);
    const action = fresh === undefined ? onDelete : onUpdate;
    if (action === 'noAction') {
      if (!there.has(value)) throw refusal('23503');
      continue;
    }
    if (action === 'cascade' && fresh === undefined) {
      out.ended.add(row);
      continue;
    }
    const cells = filled(other, row);
    cells[column] = null;
    if (action === 'cascade') cells[column] = fresh!;
    if (action === 'setDefault') cells[column] = other.columns[column]!.fallback;
    out.replace(row, cells);
  }
  // The default may be the very key that is gone.
  const bereft = out.current().some((cells) => {
    const value = cells[column] ?? null;
    return lost.has(value) && lost.get(value) === undefined && !there.has(value);
  });
  if (bereft && onDelete === 'setDefault') throw refusal('23503');
  return out;
}
