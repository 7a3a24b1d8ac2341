/**
 * INSERT, UPDATE, DELETE and MERGE of the workload, on the model's tables and through its views.
 */
import type { Expression } from '../../../core/sql/tree/expression.ts';
import type { TableExpression } from '../../../core/sql/tree/query.ts';
import type {
  Delete,
  Insert,
  Merge,
  MergeAction,
  OnConflict,
  Update,
} from '../../../core/sql/tree/write.ts';
import { assert } from '../../../core/types/assert.ts';
import type { Place } from './change.ts';
import { Change, finish } from './change.ts';
import type { Condition, ModelDatabase, ModelKey, ModelRow, ModelTable, Seen } from './database.ts';
import { alive, filled, holdAll, scopeOf } from './database.ts';
import type { Cell, Scope } from './interpreter.ts';
import { checkNames, evaluate, refusal } from './interpreter.ts';
import { withElement } from './values.ts';

export function insert(statement: Insert, place: Place): number {
  const { database, position, parameters } = place;
  const seen = database.seen(statement.table.name, position);
  const { table } = seen;
  const places = statement.columns.map(({ name }) => columnAt(seen.columns, name));
  const source = statement.source;
  assert(source !== null && source.body.kind === 'values', 'the workload inserts values');
  const change = new Change(table, place);
  let count = 0;
  for (const values of source.body.rows) {
    const cells = fresh(table, places, values, [], parameters);
    if (insertRow(change, cells, statement.onConflict, place)) count += 1;
  }
  if (seen.written.length > 0) {
    change.checkKeys();
    prove(seen.written, change);
  }
  finish(change, place);
  return count;
}

function columnAt(columns: ReadonlyMap<string, number>, name: string): number {
  const found = columns.get(name);
  if (found === undefined) throw refusal('42703');
  return found;
}

/** A row of these values and of defaults. */
function fresh(
  table: ModelTable,
  places: readonly number[],
  values: readonly Expression[],
  scopes: readonly Scope[],
  parameters: readonly Cell[],
): Cell[] {
  const cells: Cell[] = table.columns.map((column) => column.fallback);
  values.forEach((value, i) => {
    cells[places[i]!] = evaluate(value, scopes, parameters);
  });
  return cells;
}

/** What is written through a view with CHECK OPTION must be seen by it. */
function prove(written: readonly Condition[], { added }: Change): void {
  if (!added.every((cells) => holdAll(written, cells))) throw refusal('44000');
}

/** Whether the row counts: it was added, or changed another instead. */
function insertRow(
  change: Change,
  cells: Cell[],
  onConflict: OnConflict | null,
  place: Place,
): boolean {
  if (onConflict === null) {
    change.add(cells);
    return true;
  }
  change.complete(cells);
  const { table } = change;
  const arbiters = arbitersOf(table, onConflict, place.position).map((key) => {
    return change.meets(cells, key);
  });
  const conflicts = (other: readonly Cell[]): boolean => arbiters.some((meets) => meets(other));
  if (!change.current().some(conflicts)) {
    change.added.push(cells);
    return true;
  }
  if (onConflict.action === 'nothing') return false;
  // Of several the first arbiter decides, and the workload names one.
  const existing = table.rows.find((row) => alive(row, place.position) && conflicts(row.cells));
  assert(existing !== undefined, 'the workload meets rows of earlier statements');
  const own = scopeOf(table, place.position);
  own.row = filled(table, existing);
  const excluded: Scope = { ...own, name: 'excluded', row: cells };
  change.replace(
    existing,
    assigned(table, existing, onConflict.set, [own, excluded], place.parameters),
  );
  return true;
}

/** The keys that an INSERT gives way by: all, or those of the elements that it names. */
function arbitersOf(table: ModelTable, { elements }: OnConflict, position: number): ModelKey[] {
  const keys = table.keys.filter((key) => alive(key, position));
  if (elements.length === 0) return keys;
  const wanted = JSON.stringify(elements);
  const found = keys.filter((key) => {
    return key.where === null && JSON.stringify(key.elements) === wanted;
  });
  if (found.length === 0) throw refusal('42P10');
  return found;
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
    const [column] = columns;
    const at = columnAt(scopes[0]!.columns, column!.name);
    const result = evaluate(value, scopes, parameters);
    if ('parts' in column!) {
      const index = evaluate(column.parts[0]!.high!, scopes, parameters);
      cells[at] = withElement(cells[at]!, Number(index), result);
    } else cells[at] = result;
  }
  return cells;
}

interface Match {
  readonly row: ModelRow;
  /** The target's, then the others', with their rows. */
  readonly scopes: readonly Scope[];
}

function besideOf(
  from: TableExpression,
  database: ModelDatabase,
  position: number,
): { readonly table: ModelTable; readonly scope: Scope } {
  assert(from.kind === 'table', 'the workload joins tables');
  const { table, columns } = database.seen(from.name, position);
  return { table, scope: { name: from.alias ?? from.name, columns, row: [] } };
}

/** Rows of the target that are there and seen, each once, with the first other that fits. */
function matching(
  seen: Seen,
  name: string,
  others: readonly TableExpression[],
  where: Expression | null,
  { database, position, parameters }: Place,
): Match[] {
  const { table, columns, shown } = seen;
  const scope: Scope = { name, columns, row: [] };
  const beside = others.map((other) => besideOf(other, database, position))[0] ?? null;
  const second = beside?.scope ?? null;
  const scopes = second === null ? [scope] : [scope, second];
  if (where !== null) checkNames(where, scopes);
  const fits = (): boolean => where === null || evaluate(where, scopes, parameters) === true;
  const out: Match[] = [];
  for (const row of table.rows) {
    if (!alive(row, position)) continue;
    scope.row = filled(table, row);
    if (shown.length > 0 && !holdAll(shown, scope.row)) continue;
    if (second === null) {
      if (fits()) out.push({ row, scopes: [{ ...scope }] });
      continue;
    }
    const found = beside!.table.rows.some((one) => {
      if (!alive(one, position)) return false;
      second.row = filled(beside!.table, one);
      return fits();
    });
    if (found) out.push({ row, scopes: [{ ...scope }, { ...second }] });
  }
  return out;
}

export function update(statement: Update, place: Place): number {
  const { name } = statement.table;
  const seen = place.database.seen(name, place.position);
  const { table } = seen;
  const change = new Change(table, place);
  const matches = matching(seen, name, statement.from, statement.where, place);
  for (const { columns } of statement.set) columnAt(seen.columns, columns[0]!.name);
  for (const { row, scopes } of matches) {
    change.replace(row, assigned(table, row, statement.set, scopes, place.parameters));
  }
  if (seen.written.length > 0) prove(seen.written, change);
  finish(change, place);
  return matches.length;
}

export function remove(statement: Delete, place: Place): number {
  const { name } = statement.table;
  const seen = place.database.seen(name, place.position);
  const change = new Change(seen.table, place);
  const matches = matching(seen, name, statement.using, statement.where, place);
  for (const { row } of matches) change.ended.add(row);
  finish(change, place);
  return matches.length;
}

export function merge(statement: Merge, place: Place): number {
  const { database, position } = place;
  const { table } = database.seen(statement.table.name, position);
  const change = new Change(table, place);
  const target = scopeOf(table, position);
  const there = table.rows.filter((row) => alive(row, position));
  const touched: Set<ModelRow> = new Set();
  let count = 0;
  for (const source of sourceRows(statement.source, place)) {
    const scopes = [target, source];
    const matched = there.filter((row) => {
      target.row = filled(table, row);
      return evaluate(statement.on, scopes, place.parameters) === true;
    });
    if (matched.length === 0) {
      count += mergeUnmatched(statement, change, source, place);
    }
    for (const row of matched) {
      target.row = filled(table, row);
      const action = firstAction(statement, true, scopes, place);
      if (action === null || action.action === 'nothing') continue;
      if (touched.has(row)) throw refusal('21000');
      touched.add(row);
      count += 1;
      if (action.action === 'delete') change.ended.add(row);
      else change.replace(row, assigned(table, row, action.set, scopes, place.parameters));
    }
  }
  finish(change, place);
  return count;
}

function mergeUnmatched(statement: Merge, change: Change, source: Scope, place: Place): number {
  const action = firstAction(statement, false, [source], place);
  if (action === null || action.action === 'nothing') return 0;
  const { table } = change;
  const { columns } = scopeOf(table, place.position);
  const places = action.columns.map(({ name }) => columnAt(columns, name));
  change.add(fresh(table, places, action.values, [source], place.parameters));
  return 1;
}

function firstAction(
  { actions }: Merge,
  matched: boolean,
  scopes: readonly Scope[],
  { parameters }: Place,
): MergeAction | null {
  const fits = ({ condition }: MergeAction): boolean =>
    condition === null || evaluate(condition, scopes, parameters) === true;
  return actions.find((action) => action.matched === matched && fits(action)) ?? null;
}

/** The rows that a MERGE takes one by one. */
function sourceRows(source: TableExpression, { database, position, parameters }: Place): Scope[] {
  if (source.kind === 'table') {
    const name = source.alias ?? source.name;
    const { table, columns } = database.seen(source.name, position);
    const rows = table.rows.filter((row) => alive(row, position));
    return rows.map((row) => ({ name, columns, row: filled(table, row) }));
  }
  assert(source.kind === 'derived' && source.query.body.kind === 'values', 'it merges values');
  const columns = new Map(source.columnAliases.map((name, i) => [name, i]));
  return source.query.body.rows.map((values) => {
    const row = values.map((value) => evaluate(value, [], parameters));
    return { name: source.alias!, columns, row };
  });
}
