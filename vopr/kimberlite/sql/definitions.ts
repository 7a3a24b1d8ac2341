/**
 * What definitions do to the model's tables, views and indexes.
 */
import type {
  ColumnDefinition,
  CreateIndex,
  CreateTable,
  CreateView,
  PlainConstraint,
  TableConstraint,
  ViewOption,
} from '../../../core/sql/tree/define.ts';
import type { AlterTableAction } from '../../../core/sql/tree/define.ts';
import type { Expression } from '../../../core/sql/tree/expression.ts';
import { assert } from '../../../core/types/assert.ts';
import { Change } from './change.ts';
import type { Place } from './change.ts';
import type { ModelTable } from './database.ts';
import { FOREVER, alive, filled, scopeOf } from './database.ts';
import type { Cell } from './interpreter.ts';
import { checkNames, evaluate, refusal } from './interpreter.ts';

export function createTable(statement: CreateTable, { database, position }: Place): void {
  if (database.exists(statement.name.name, position)) throw refusal('42P07');
  const table: ModelTable = {
    name: statement.name.name,
    began: position,
    ended: FOREVER,
    columns: [],
    rows: [],
    keys: [],
    checks: [],
    references: [],
  };
  for (const column of statement.columns) {
    const kinds = column.constraints.map((each) => plainOf(each).kind);
    table.columns.push({
      name: column.name,
      began: position,
      ended: FOREVER,
      initial: null,
      fallback: defaultOf(column),
      generated: generatedOf(column),
      notNull: kinds.includes('notNull') || kinds.includes('primaryKey'),
    });
  }
  const place = { database, position, parameters: [], deferral: null };
  for (const { name, constraints } of statement.columns) {
    for (const each of constraints) constrain(table, name, each, place);
  }
  for (const each of statement.constraints) constrain(table, '', each, place);
  database.tables.push(table);
}

type Constraint = ColumnDefinition['constraints'][number];

function plainOf(constraint: Constraint): Exclude<Constraint, { kind: 'attributed' }> {
  return constraint.kind === 'attributed' ? constraint.constraint : constraint;
}

/** `column`: the one that the constraint is written at. */
function constrain(
  table: ModelTable,
  column: string,
  constraint: Constraint,
  { database, position }: Place,
): void {
  const attributes = constraint.kind === 'attributed' ? constraint : null;
  const plain = plainOf(constraint);
  const lasting = { began: position, ended: FOREVER };
  if (plain.kind === 'check') {
    const notValid = attributes?.notValid === true;
    table.checks.push({ ...lasting, name: nameOf(plain), value: plain.value, notValid });
  } else if (plain.kind === 'primaryKey' || plain.kind === 'unique') {
    const names = plain.columns.length === 0 ? [column] : plain.columns;
    table.keys.push({
      ...lasting,
      name: nameOf(plain),
      elements: names.map((name): Expression => ({ kind: 'column', parts: [name], at: -1 })),
      columns: names.map((name) => placeOf(table, name)),
      where: null,
      deferrable: attributes?.deferrable === true,
      deferred: attributes?.initiallyDeferred === true,
    });
  } else if (plain.kind === 'foreignKey') {
    table.references.push({
      ...lasting,
      name: nameOf(plain),
      column: placeOf(table, plain.columns[0] ?? column),
      table: database.table(plain.table.name, position),
      onDelete: plain.onDelete,
      onUpdate: plain.onUpdate,
      notValid: attributes?.notValid === true,
    });
  }
}

/** Constraints without one are never spoken of. */
function nameOf({ name }: PlainConstraint): string {
  return name ?? '';
}

function placeOf(table: ModelTable, name: string): number {
  return table.columns.findIndex((column) => column.name === name);
}

function defaultOf({ constraints }: ColumnDefinition): Cell {
  for (const each of constraints) {
    if (each.kind === 'default') return evaluate(each.value, [], []);
  }
  return null;
}

function generatedOf({ constraints }: ColumnDefinition): Expression | null {
  for (const each of constraints) if (each.kind === 'generated') return each.value;
  return null;
}

export function createIndex(statement: CreateIndex, { database, position }: Place): void {
  const table = database.table(statement.table.name, position);
  const name = statement.name!;
  if (database.indexes.has(name)) throw refusal('42P07');
  const scope = scopeOf(table, position);
  const elements = statement.elements.map(({ value }) => value);
  for (const element of elements) checkNames(element, [scope]);
  if (statement.unique) {
    const { where } = statement;
    const lasting = { began: position, ended: FOREVER };
    const key = { ...lasting, name, elements, columns: null, where };
    table.keys.push({ ...key, deferrable: false, deferred: false });
    const change = new Change(table, { database, position, parameters: [], deferral: null });
    try {
      change.checkKeys();
    } catch (error) {
      table.keys.pop();
      throw error;
    }
  }
  database.indexes.set(name, table);
}

export function createView(
  { name, orReplace, query, columns }: CreateView,
  options: readonly ViewOption[],
  { database, position }: Place,
): void {
  const known = database.view(name.name, position);
  if (database.exists(name.name, position) && (known === null || !orReplace)) {
    throw refusal('42P07');
  }
  const { body } = query;
  assert(body.kind === 'select', 'views select');
  const [from] = body.from;
  assert(from?.kind === 'table' && body.where !== null, 'views are of some rows of one table');
  database.seen(from.name, position);
  if (known !== null) known.ended = position;
  const check = options.find((option) => option.name === 'check_option')?.value;
  database.views.push({
    name: name.name,
    began: position,
    ended: FOREVER,
    from: from.name,
    columns: body.targets.map((target, i) => {
      assert(target.kind === 'value' && target.value.kind === 'column', 'views show columns');
      const [of] = target.value.parts;
      return [columns[i] ?? of!, of!];
    }),
    where: body.where,
    check: check === 'local' || check === 'cascaded' ? check : 'none',
  });
}

export function drop(object: string, name: string, { database, position }: Place): void {
  if (object === 'index') {
    const of = database.indexes.get(name);
    if (of === undefined) throw refusal('42704');
    database.indexes.delete(name);
    end(of.keys, name, position);
    return;
  }
  if (object === 'view') {
    const view = database.view(name, position);
    if (view === null) throw refusal('42P01');
    if (database.views.some((one) => one.from === name && alive(one, position))) {
      throw refusal('2BP01');
    }
    view.ended = position;
    return;
  }
  const table = database.table(name, position);
  table.ended = position;
  for (const [index, of] of database.indexes) if (of === table) database.indexes.delete(index);
  for (const row of table.rows) if (alive(row, position)) row.ended = position;
}

/** Ends what is there under that name; false: nothing is. */
function end(
  things: { readonly name: string; readonly began: number; ended: number }[],
  name: string,
  position: number,
): boolean {
  const found = things.find((one) => one.name === name && alive(one, position));
  if (found !== undefined) found.ended = position;
  return found !== undefined;
}

export function alter(table: ModelTable, action: AlterTableAction, place: Place): void {
  const { position } = place;
  switch (action.kind) {
    case 'addColumn':
      return addColumn(table, action.column, position);
    case 'dropColumn': {
      const index = scopeOf(table, position).columns.get(action.name);
      if (index === undefined) throw refusal('42703');
      table.columns[index]!.ended = position;
      return;
    }
    case 'addConstraint':
      return addConstraint(table, action.constraint, place);
    case 'dropConstraint':
      if (
        !end(table.checks, action.name, position) &&
        !end(table.references, action.name, position)
      )
        throw refusal('42704');
      return;
    case 'validateConstraint':
      return validate(table, action.name, place);
    default:
      assert(false, () => `the workload has no ${action.kind}`);
  }
}

function addColumn(table: ModelTable, column: ColumnDefinition, position: number): void {
  if (scopeOf(table, position).columns.has(column.name)) throw refusal('42701');
  const fallback = defaultOf(column);
  table.columns.push({
    name: column.name,
    began: position,
    ended: FOREVER,
    initial: fallback,
    fallback,
    generated: null,
    notNull: false,
  });
}

/** The workload adds none but those that do not look at the rows that are there. */
function addConstraint(table: ModelTable, constraint: TableConstraint, place: Place): void {
  assert(constraint.kind === 'attributed' && constraint.notValid, 'it is NOT VALID');
  const name = nameOf(constraint.constraint);
  const known = [...table.checks, ...table.references].some((one) => {
    return one.name === name && alive(one, place.position);
  });
  if (known) throw refusal('42710');
  constrain(table, '', constraint, place);
}

function validate(table: ModelTable, name: string, { position }: Place): void {
  const isIt = (one: { name: string; began: number; ended: number }): boolean =>
    one.name === name && alive(one, position);
  const check = table.checks.find(isIt);
  const reference = table.references.find(isIt);
  if (check === undefined && reference === undefined) throw refusal('42704');
  const scope = scopeOf(table, position);
  for (const row of table.rows) {
    if (!alive(row, position)) continue;
    scope.row = filled(table, row);
    if (check !== undefined && evaluate(check.value, [scope], []) === false) throw refusal('23514');
    const value = reference === undefined ? null : scope.row[reference.column]!;
    const is = ({ cells, ...rest }: ModelTable['rows'][number]): boolean =>
      cells[0] === value && alive(rest, position);
    if (value !== null && !reference!.table.rows.some(is)) throw refusal('23503');
  }
  const valid = { began: position, ended: FOREVER, notValid: false };
  if (check !== undefined) {
    check.ended = position;
    table.checks.push({ ...check, ...valid });
  }
  if (reference !== undefined) {
    reference.ended = position;
    table.references.push({ ...reference, ...valid });
  }
}
