/**
 * The SQL model: what committed statements of the workload do to a tenant's tables, and what each
 * must answer. The rules are PostgreSQL's, written down as plainly as possible.
 *
 * Order of refusals within a statement: names, then row by row not-null and CHECK, then unique keys
 * at the statement's end, then foreign keys.
 */
import type { CreateTable, TableConstraint } from '../../../core/sql/tree/define.ts';
import type { Expression } from '../../../core/sql/tree/expression.ts';
import type { QueryBody, TableExpression } from '../../../core/sql/tree/query.ts';
import type { Statement } from '../../../core/sql/tree/statement.ts';
import type { Delete, Insert, OnConflict, Update } from '../../../core/sql/tree/write.ts';
import { assert } from '../../../core/types/assert.ts';
import type { ModelRow, ModelTable } from './database.ts';
import { FOREVER, ModelDatabase, alive, filled, scopeOf } from './database.ts';
import type { Cell, Scope } from './interpreter.ts';
import { ModelError, checkNames, evaluate, refusal } from './interpreter.ts';

/** What a statement must answer: an SQLSTATE, or '' and how many rows it changed or returned. */
export interface Verdict {
  readonly code: string;
  readonly count: number;
  /** Of a query. */
  readonly rows: readonly (readonly Cell[])[] | null;
  /** A query that looks into the past. */
  readonly past: boolean;
}

const MANIPULATES: readonly string[] = ['insert', 'update', 'delete'];

export class SqlModel {
  readonly database: ModelDatabase;
  /** Anything was committed. */
  used = false;
  /** The last position that changed anything; 0: none. */
  changed = 0;

  constructor(database: ModelDatabase = new ModelDatabase()) {
    this.database = database;
  }

  /** The statement at this position of the tenant's log. A refused one changes nothing. */
  commit(statement: Statement, parameters: readonly Cell[], position: number): Verdict {
    this.used = true;
    // A query sees what stood before its own entry.
    const at = statement.kind === 'query' ? position - 1 : position;
    return this.execute(statement, parameters, at);
  }

  /** A statement among others at one position: it sees what they did. */
  execute(statement: Statement, parameters: readonly Cell[], position: number): Verdict {
    if (statement.kind === 'query') return this.read(statement, parameters, position);
    try {
      const count = this.change(statement, parameters, position);
      // A definition counts no rows.
      if (count > 0 || !MANIPULATES.includes(statement.kind)) this.changed = position;
      return { code: '', count, rows: null, past: false };
    } catch (error) {
      if (error instanceof ModelError) return refused(error, false);
      throw error;
    }
  }

  /** A query beside the log, on the state as of a position. */
  read(statement: Statement, parameters: readonly Cell[], position: number): Verdict {
    assert(statement.kind === 'query', 'only queries are sent beside the log');
    const past = travels(statement.body);
    try {
      const rows = this.database.query(statement, parameters, position);
      return { code: '', count: rows.length, rows, past };
    } catch (error) {
      if (error instanceof ModelError) return refused(error, past);
      throw error;
    }
  }

  /** Another model, with what this one knew at a position, to go on from there. */
  fork(position: number): SqlModel {
    return new SqlModel(this.database.fork(position));
  }

  private change(statement: Statement, parameters: readonly Cell[], position: number): number {
    const { database } = this;
    switch (statement.kind) {
      case 'createTable':
        return createTable(database, statement, position);
      case 'createIndex': {
        const table = database.table(statement.table.name, position);
        if (database.indexes.has(statement.name!)) throw refusal('42P07');
        const scope = scopeOf(table, position);
        for (const element of statement.elements) checkNames(element.value, [scope]);
        database.indexes.set(statement.name!, table);
        return 0;
      }
      case 'drop':
        return drop(database, statement.object, statement.names[0]!.name, position);
      case 'alterTable': {
        const table = database.table(statement.name.name, position);
        const action = statement.actions[0]!;
        if (action.kind === 'dropColumn') return dropColumn(table, action.name, position);
        assert(action.kind === 'addColumn', 'the workload adds and drops columns');
        const { column } = action;
        if (scopeOf(table, position).columns.has(column.name)) throw refusal('42701');
        const fallback = defaultOf(column.constraints);
        table.columns.push({
          name: column.name,
          began: position,
          ended: FOREVER,
          initial: fallback,
          fallback,
          notNull: false,
        });
        return 0;
      }
      case 'insert':
        return insert(database, statement, parameters, position);
      case 'update':
        return update(database, statement, parameters, position);
      case 'delete':
        return remove(database, statement, parameters, position);
      default:
        assert(false, () => `the workload has no ${statement.kind}`);
    }
  }
}

function refused(error: ModelError, past: boolean): Verdict {
  return { code: error.code, count: 0, rows: null, past };
}

/** Whether a table in it is read as of another moment. */
function travels(body: QueryBody): boolean {
  if (body.kind !== 'select') return false;
  return body.from.some(function past(from: TableExpression): boolean {
    if (from.kind === 'join') return past(from.left) || past(from.right);
    return from.kind === 'table' && from.time !== null;
  });
}

function createTable(database: ModelDatabase, statement: CreateTable, position: number): number {
  if (database.exists(statement.name.name, position)) throw refusal('42P07');
  const table: ModelTable = {
    name: statement.name.name,
    began: position,
    ended: FOREVER,
    columns: [],
    rows: [],
    unique: [],
    checks: [],
    references: [],
  };
  statement.columns.forEach((column, i) => {
    const kinds = column.constraints.map((each) => each.kind);
    table.columns.push({
      name: column.name,
      began: position,
      ended: FOREVER,
      initial: null,
      fallback: defaultOf(column.constraints),
      notNull: kinds.includes('notNull') || kinds.includes('primaryKey'),
    });
    for (const each of column.constraints) constrain(database, table, i, each, position);
  });
  database.tables.push(table);
  return 0;
}

function constrain(
  database: ModelDatabase,
  table: ModelTable,
  column: number,
  constraint: { readonly kind: string } | TableConstraint,
  position: number,
): void {
  if (constraint.kind === 'primaryKey' || constraint.kind === 'unique') table.unique.push(column);
  if ('value' in constraint && constraint.kind === 'check') table.checks.push(constraint.value);
  if (!('onDelete' in constraint)) return;
  const { onDelete } = constraint;
  table.references.push({
    column,
    table: database.table(constraint.table.name, position),
    onDelete,
  });
}

function defaultOf(constraints: CreateTable['columns'][number]['constraints']): Cell {
  for (const each of constraints) {
    if (each.kind === 'default') return evaluate(each.value, [], []);
  }
  return null;
}

function drop(database: ModelDatabase, object: string, name: string, position: number): number {
  if (object === 'index') {
    if (!database.indexes.delete(name)) throw refusal('42704');
    return 0;
  }
  const table = database.table(name, position);
  table.ended = position;
  for (const [index, of] of database.indexes) if (of === table) database.indexes.delete(index);
  for (const row of table.rows) if (alive(row, position)) row.ended = position;
  return 0;
}

function dropColumn(table: ModelTable, name: string, position: number): number {
  const index = scopeOf(table, position).columns.get(name);
  if (index === undefined) throw refusal('42703');
  table.columns[index]!.ended = position;
  return 0;
}

/** Changes of one statement: nothing of them is in the table until all are known to be right. */
class Change {
  readonly table: ModelTable;
  readonly ended: Set<ModelRow> = new Set();
  readonly added: Cell[][] = [];
  private readonly scope: Scope;
  private readonly position: number;

  constructor(table: ModelTable, position: number) {
    this.table = table;
    this.position = position;
    this.scope = scopeOf(table, position);
  }

  add(cells: Cell[]): void {
    this.check(cells);
    this.added.push(cells);
  }

  check(cells: Cell[]): void {
    this.table.columns.forEach((column, i) => {
      const missing = (cells[i] ?? null) === null;
      if (column.notNull && missing && alive(column, this.position)) throw refusal('23502');
    });
    this.scope.row = cells;
    for (const check of this.table.checks) {
      if (evaluate(check, [this.scope], []) === false) throw refusal('23514');
    }
  }

  /** Rows that will be there. */
  current(): Cell[][] {
    const kept = this.table.rows.filter((row) => alive(row, this.position) && !this.ended.has(row));
    return [...kept.map((row) => row.cells), ...this.added];
  }

  checkKeys(): void {
    const rows = this.current();
    for (const column of this.table.unique) {
      const values = rows.map((cells) => cells[column] ?? null).filter((cell) => cell !== null);
      if (new Set(values).size < values.length) throw refusal('23505');
    }
  }

  checkReferences(): void {
    for (const { column, table } of this.table.references) {
      const known = new Set(
        table.rows.filter((row) => alive(row, this.position)).map((row) => row.cells[0]),
      );
      for (const cells of this.added) {
        const value = cells[column] ?? null;
        if (value !== null && !known.has(value)) throw refusal('23503');
      }
    }
  }

  install(): void {
    for (const row of this.ended) row.ended = this.position;
    for (const cells of this.added) {
      this.table.rows.push({ cells, began: this.position, ended: FOREVER });
    }
  }
}

function insert(
  database: ModelDatabase,
  statement: Insert,
  parameters: readonly Cell[],
  position: number,
): number {
  const table = database.table(statement.table.name, position);
  const { columns } = scopeOf(table, position);
  const places = statement.columns.map(({ name }) => {
    const place = columns.get(name);
    if (place === undefined) throw refusal('42703');
    return place;
  });
  const source = statement.source;
  assert(source !== null && source.body.kind === 'values', 'the workload inserts values');
  const change = new Change(table, position);
  let count = 0;
  for (const values of source.body.rows) {
    const cells: Cell[] = table.columns.map((column) => column.fallback);
    values.forEach((value, i) => {
      cells[places[i]!] = evaluate(value, [], parameters);
    });
    if (insertRow(change, cells, statement.onConflict, parameters)) count += 1;
  }
  change.checkKeys();
  change.checkReferences();
  change.install();
  return count;
}

/** Whether the row counts: it was added, or changed another instead. */
function insertRow(
  change: Change,
  cells: Cell[],
  onConflict: OnConflict | null,
  parameters: readonly Cell[],
): boolean {
  change.check(cells);
  if (onConflict === null) {
    change.added.push(cells);
    return true;
  }
  const { table } = change;
  const arbiters = onConflict.elements.length === 0 ? table.unique : [0];
  const conflicts = (other: readonly Cell[]): boolean =>
    arbiters.some((column) => cells[column] !== null && cells[column] === other[column]);
  if (!change.current().some(conflicts)) {
    change.added.push(cells);
    return true;
  }
  if (onConflict.action === 'nothing') return false;
  const existing = table.rows.find((row) => row.ended === FOREVER && conflicts(row.cells));
  assert(existing !== undefined, 'the workload meets rows of earlier statements');
  const own = scopeOf(table, FOREVER - 1);
  own.row = filled(table, existing);
  const excluded: Scope = { ...own, name: 'excluded', row: cells };
  const changed = assigned(table, existing, onConflict.set, [own, excluded], parameters);
  change.ended.add(existing);
  change.add(changed);
  return true;
}

function assigned(
  table: ModelTable,
  row: ModelRow,
  set: Update['set'],
  scopes: readonly Scope[],
  parameters: readonly Cell[],
): Cell[] {
  const cells = filled(table, row);
  for (const { columns, value } of set) {
    const place = scopes[0]!.columns.get(columns[0]!.name);
    if (place === undefined) throw refusal('42703');
    cells[place] = evaluate(value, scopes, parameters);
  }
  return cells;
}

function matching(
  table: ModelTable,
  where: Expression | null,
  parameters: readonly Cell[],
  position: number,
): ModelRow[] {
  const scope = scopeOf(table, position);
  if (where !== null) checkNames(where, [scope]);
  return table.rows.filter((row) => {
    if (!alive(row, position)) return false;
    scope.row = filled(table, row);
    return where === null || evaluate(where, [scope], parameters) === true;
  });
}

function update(
  database: ModelDatabase,
  statement: Update,
  parameters: readonly Cell[],
  position: number,
): number {
  const table = database.table(statement.table.name, position);
  const change = new Change(table, position);
  const rows = matching(table, statement.where, parameters, position);
  const scope = scopeOf(table, position);
  for (const row of rows) {
    scope.row = filled(table, row);
    change.ended.add(row);
    change.add(assigned(table, row, statement.set, [scope], parameters));
  }
  change.checkKeys();
  change.checkReferences();
  change.install();
  return rows.length;
}

function remove(
  database: ModelDatabase,
  statement: Delete,
  parameters: readonly Cell[],
  position: number,
): number {
  const table = database.table(statement.table.name, position);
  const change = new Change(table, position);
  const rows = matching(table, statement.where, parameters, position);
  for (const row of rows) change.ended.add(row);
  const gone = new Set(rows.map((row) => row.cells[0]));
  const others = database.tables.filter((each) => alive(each, position));
  const consequences = others.flatMap((other) => follow(other, table, gone, position));
  change.install();
  for (const each of consequences) each.install();
  return rows.length;
}

/** What the end of these keys does to the rows of another table that refer to them. */
function follow(
  other: ModelTable,
  table: ModelTable,
  gone: ReadonlySet<Cell | undefined>,
  position: number,
): Change[] {
  return other.references
    .filter((reference) => reference.table === table)
    .map(({ column, onDelete }) => {
      const change = new Change(other, position);
      for (const row of other.rows) {
        const value = row.cells[column] ?? null;
        if (!alive(row, position) || value === null || !gone.has(value)) continue;
        if (onDelete === 'noAction') throw refusal('23503');
        change.ended.add(row);
        if (onDelete === 'cascade') continue;
        const cells = filled(other, row);
        cells[column] = null;
        change.add(cells);
      }
      return change;
    });
}
