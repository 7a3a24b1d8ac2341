/**
 * A family of tables: what the statements of a run are about, where they are not about `a` and `b`
 * (`shapes.ts`). Each is about one thing that the engine does; a run has one family or none, so
 * that many rows meet in few statements.
 */
import type {
  AlterTableAction,
  ColumnDefinition,
  CreateIndex,
  TableConstraint,
} from '../../../../core/sql/tree/define.ts';
import type { Expression } from '../../../../core/sql/tree/expression.ts';
import type { TableExpression } from '../../../../core/sql/tree/query.ts';
import type { Assignment, OnConflict } from '../../../../core/sql/tree/write.ts';
import * as nodes from '../nodes.ts';
import { OR_NOTHING } from '../shapes.ts';
import type { Shape } from '../shapes.ts';

const at = -1;

export interface Family {
  readonly name: string;
  /** What makes its tables, in this order, each in one of some forms. */
  readonly setup: readonly (readonly Shape[])[];
  /** Other definitions, which may find what they want to make there, or not find it. */
  readonly define: readonly Shape[];
  /** Often said ones stand here twice. */
  readonly writes: readonly Shape[];
  readonly reads: readonly Shape[];
  readonly pastReads: readonly Shape[];
  /** What transactions say besides anything of the above. */
  readonly scripts: readonly (readonly Shape[])[];
}

export function columnOf(
  name: string,
  typeName: string,
  ...constraints: ColumnDefinition['constraints']
): ColumnDefinition {
  return { name, type: nodes.type(typeName), constraints, collation: null, at };
}

export function arrayColumn(
  name: string,
  typeName: string,
  ...constraints: ColumnDefinition['constraints']
): ColumnDefinition {
  const type = { ...nodes.type(typeName), arrayDimensions: 1 };
  return { name, type, constraints, collation: null, at };
}

export const PRIMARY_KEY: TableConstraint = key('primaryKey', null);
export const UNIQUE: TableConstraint = key('unique', null);
export const NOT_NULL: ColumnDefinition['constraints'][number] = {
  kind: 'notNull',
  name: null,
  at,
};

function key(kind: 'primaryKey' | 'unique', name: string | null): PlainKey {
  return { kind, name, columns: [], nullsNotDistinct: false, at };
}

type PlainKey = Extract<TableConstraint, { kind: 'primaryKey' | 'unique' }>;

/** DEFERRABLE, INITIALLY DEFERRED or IMMEDIATE. */
export function deferrableKey(
  kind: 'primaryKey' | 'unique',
  name: string,
  initiallyDeferred: boolean,
): TableConstraint {
  return { ...attributes(key(kind, name)), deferrable: true, initiallyDeferred };
}

export function notValid(constraint: Plain): TableConstraint {
  return { ...attributes(constraint), notValid: true };
}

type Plain = Exclude<TableConstraint, { kind: 'attributed' }>;

function attributes(constraint: Plain): Extract<TableConstraint, { kind: 'attributed' }> {
  return {
    kind: 'attributed',
    constraint,
    deferrable: false,
    initiallyDeferred: false,
    notValid: false,
    noInherit: false,
    deleteColumns: [],
    at,
  };
}

export function check(name: string | null, value: Expression): Plain {
  return { kind: 'check', name, value, at };
}

export function generated(value: Expression): ColumnDefinition['constraints'][number] {
  return { kind: 'generated', value, at };
}

export function byDefault(value: Expression): ColumnDefinition['constraints'][number] {
  return { kind: 'default', value, at };
}

export function createTable(name: string, ...columns: ColumnDefinition[]): Shape {
  return {
    name: `create ${name}`,
    parameters: '',
    statement: {
      kind: 'createTable',
      name: nodes.named(name),
      temporary: false,
      ifNotExists: false,
      columns,
      constraints: [],
      likes: [],
      at,
    },
  };
}

export function createIndex(
  name: string,
  table: string,
  elements: readonly Expression[],
  more: Partial<Pick<CreateIndex, 'unique' | 'where'>> = {},
): Shape {
  return {
    name: `create ${name}`,
    parameters: '',
    statement: {
      kind: 'createIndex',
      name,
      table: nodes.named(table),
      unique: false,
      nullsNotDistinct: false,
      ifNotExists: false,
      elements: elements.map((value) => ({ value, descending: false, nulls: 'default' as const })),
      including: [],
      where: null,
      at,
      ...more,
    },
  };
}

export function drop(object: 'index' | 'view', name: string): Shape {
  const names = [nodes.named(name)];
  return {
    name: `drop ${name}`,
    parameters: '',
    statement: { kind: 'drop', object, names, ifExists: false, cascade: false, at },
  };
}

export function alterTable(name: string, action: AlterTableAction): Shape {
  return {
    name: `${name}: ${action.kind}`,
    parameters: '',
    statement: {
      kind: 'alterTable',
      name: nodes.named(name),
      ifExists: false,
      actions: [action],
      at,
    },
  };
}

/** Rows of parameters, all columns of `names` in each. */
export function insert(
  table: string,
  names: readonly string[],
  types: string,
  rows: number = 1,
  onConflict: OnConflict | null = null,
): Shape {
  const list: Expression[][] = [];
  for (let row = 0; row < rows; row += 1) {
    list.push(names.map((_, i) => nodes.parameter(row * names.length + i)));
  }
  return {
    name: `insert ${table}`,
    parameters: types.repeat(rows),
    statement: nodes.insert(table, names, list, onConflict),
  };
}

/** Some rows to begin with: `row` makes the values of the i-th. */
export function fill(
  table: string,
  names: readonly string[],
  rows: number,
  row: (i: number) => readonly Expression[],
): Shape {
  const list = Array.from({ length: rows }, (_, i) => row(i));
  return {
    name: `fill ${table}`,
    parameters: '',
    statement: nodes.insert(table, names, list, null),
  };
}

export function orUpdate(element: Expression, ...set: Assignment[]): OnConflict {
  return { ...OR_NOTHING, elements: [element], action: 'update', set };
}

export function assign(name: string, value: Expression): Assignment {
  return { columns: [{ name, at }], value };
}

export function assignElement(name: string, index: Expression, value: Expression): Assignment {
  const parts = [{ slice: false, low: null, high: index }];
  return { columns: [{ kind: 'element', name, parts, at }], value };
}

export function update(
  table: string,
  types: string,
  set: Assignment,
  where: Expression | null,
  ...from: TableExpression[]
): Shape {
  return {
    name: `update ${table}`,
    parameters: types,
    statement: {
      kind: 'update',
      with: null,
      table: nodes.target(table),
      set: [set],
      from,
      where,
      returning: [],
      at,
    },
  };
}

export function remove(
  table: string,
  types: string,
  where: Expression,
  ...using: TableExpression[]
): Shape {
  return {
    name: `delete ${table}`,
    parameters: types,
    statement: {
      kind: 'delete',
      with: null,
      table: nodes.target(table),
      using,
      where,
      returning: [],
      at,
    },
  };
}

interface Read {
  readonly table: string;
  /** What rows are ordered by comes first. */
  readonly targets: readonly Expression[];
  readonly order?: number;
  readonly where: Expression;
  readonly types: string;
}

/** As of today. */
export function read(one: Read): Shape {
  return reading(one, null);
}

/** As of a position, the last parameter. */
export function pastRead(one: Read): Shape {
  return reading({ ...one, types: `${one.types}p` }, nodes.parameter(one.types.length));
}

function reading(
  { table, targets, order = 1, where, types }: Read,
  time: Expression | null,
): Shape {
  const statement = nodes.query({
    targets: nodes.targets(...targets),
    from: [nodes.table(table, time)],
    where,
    orderBy: targets.slice(0, order).map(nodes.ascending),
  });
  return { name: `read ${table}`, statement, parameters: types };
}

export function aliased(name: string, alias: string): TableExpression {
  return { ...nodes.table(name, null), alias };
}

export function text(value: string): Expression {
  return { kind: 'literal', type: 'string', text: value, at };
}

export function called(name: string, ...list: Expression[]): Expression {
  return nodes.call(name, list);
}

export function coalesce(...list: Expression[]): Expression {
  return { kind: 'coalesce', arguments: list, at };
}
