/**
 * Statement trees, built by hand: what the workload sends instead of text, since no parser runs in
 * the simulator. One short function a node; positions are all unknown.
 */
import type { CallNode, Expression, TypeName } from '../../../core/sql/tree/expression.ts';
import type {
  CommonTable,
  Query,
  SelectBody,
  SetBody,
  SortKey,
  TableExpression,
  TableNode,
  Target,
  TimeClause,
} from '../../../core/sql/tree/query.ts';
import type { Insert, OnConflict, TargetTable } from '../../../core/sql/tree/write.ts';
import type { Transaction } from '../../../core/sql/tree/statement.ts';
import type { QualifiedName } from '../../../core/sql/tree/define.ts';

const at = -1;

export function integer(value: number): Expression {
  return { kind: 'literal', type: 'integer', text: String(value), at };
}

export function parameter(index: number): Expression {
  return { kind: 'parameter', index, at };
}

export function column(...parts: string[]): Expression {
  return { kind: 'column', parts, at };
}

export function operator(name: string, left: Expression, right: Expression): Expression {
  return { kind: 'operator', name, left, right, at };
}

export function logic(name: 'and' | 'or', ...list: Expression[]): Expression {
  return { kind: 'logic', operator: name, arguments: list, at };
}

export function not(argument: Expression): Expression {
  return { kind: 'not', argument, at };
}

export function isNull(argument: Expression): Expression {
  return { kind: 'nullTest', argument, negated: false, at };
}

export function between(argument: Expression, low: Expression, high: Expression): Expression {
  return { kind: 'between', argument, low, high, negated: false, symmetric: false, at };
}

export function inList(argument: Expression, list: readonly Expression[]): Expression {
  return { kind: 'inList', argument, list, negated: false, at };
}

export function call(name: string, list: readonly Expression[]): Expression {
  return {
    kind: 'call',
    schema: null,
    name,
    arguments: list,
    star: list.length === 0,
    distinct: false,
    variadic: false,
    orderBy: [],
    withinGroup: false,
    filter: null,
    over: null,
    at,
  };
}

export function type(name: string): TypeName {
  return { schema: null, name, modifiers: [], fields: null, arrayDimensions: 0, at };
}

export function named(name: string): QualifiedName {
  return { schema: null, name, at };
}

export function target(name: string): TargetTable {
  return { schema: null, name, alias: null, at };
}

export function table(name: string, position: Expression | null): TableNode {
  const time: TimeClause | null =
    position === null ? null : { kind: 'position', operand: position, at };
  return { kind: 'table', schema: null, name, alias: null, columnAliases: [], time, at };
}

export function join(
  left: TableExpression,
  right: TableExpression,
  on: Expression,
  joinType: 'inner' | 'left' = 'inner',
): TableExpression {
  return {
    kind: 'join',
    type: joinType,
    natural: false,
    left,
    right,
    on,
    using: [],
    usingAlias: null,
    alias: null,
    columnAliases: [],
    at,
  };
}

export function targets(...list: Expression[]): Target[] {
  return list.map((value): Target => ({ kind: 'value', value, alias: null }));
}

export function ascending(value: Expression): SortKey {
  return { value, descending: false, nulls: 'default' };
}

export function transaction(action: Transaction['action'], name: string = ''): Transaction {
  return { kind: 'transaction', action, name, isolation: '', readOnly: null, chain: false, at };
}

export function descending(value: Expression): SortKey {
  return { value, descending: true, nulls: 'default' };
}

export function aliased(value: Expression, alias: string): Target {
  return { kind: 'value', value, alias };
}

export function derived(from: Query, alias: string): TableExpression {
  return { kind: 'derived', query: from, lateral: false, alias, columnAliases: [], at };
}

export function exists(from: Query): Expression {
  return { kind: 'subquery', mode: 'exists', operator: '', test: null, query: from, at };
}

/** `test IN (query)`. */
export function isIn(test: Expression, from: Query): Expression {
  return { kind: 'subquery', mode: 'any', operator: '=', test, query: from, at };
}

/** The query's only value. */
export function scalar(from: Query): Expression {
  return { kind: 'subquery', mode: 'scalar', operator: '', test: null, query: from, at };
}

/** A window function without arguments. */
export function over(
  name: string,
  window: { readonly partitionBy?: Expression; readonly orderBy?: readonly SortKey[] },
): Expression {
  const called = call(name, []);
  const partitionBy = window.partitionBy === undefined ? [] : [window.partitionBy];
  const { orderBy = [] } = window;
  return {
    ...(called as CallNode),
    star: name === 'count',
    over: { name: null, partitionBy, orderBy, frame: null, at },
  };
}

/** `left UNION right` and the like. */
export function combined(
  set: SetBody['operator'],
  all: boolean,
  left: Query,
  right: Query,
  more: Partial<Pick<Query, 'orderBy' | 'limit'>> = {},
): Query {
  const body: SetBody = { kind: 'set', operator: set, all, left, right, at };
  return {
    kind: 'query',
    with: null,
    body,
    orderBy: [],
    limit: null,
    offset: null,
    withTies: false,
    at,
    ...more,
  };
}

/** `WITH name (columns) AS (common) query`. */
export function withCommon(
  name: string,
  columns: readonly string[],
  common: Query,
  materialized: CommonTable['materialized'],
  from: Query,
): Query {
  const tables = [{ name, columns, statement: common, materialized, at }];
  return { ...from, with: { recursive: common.body.kind === 'set', tables } };
}

/** The parts of a query that the workload uses. */
export interface QueryParts {
  readonly targets: readonly Target[];
  readonly from: readonly TableExpression[];
  readonly where?: Expression;
  readonly groupBy?: Expression;
  readonly orderBy?: readonly SortKey[];
  readonly limit?: Expression;
  readonly distinct?: boolean;
}

export function query(parts: QueryParts): Query {
  const body: SelectBody = {
    kind: 'select',
    distinct: parts.distinct === true ? 'all' : 'none',
    targets: parts.targets,
    from: parts.from,
    where: parts.where ?? null,
    groupBy: parts.groupBy === undefined ? [] : [{ kind: 'value', value: parts.groupBy }],
    groupDistinct: false,
    having: null,
    windows: [],
    at,
  };
  return {
    kind: 'query',
    with: null,
    body,
    orderBy: parts.orderBy ?? [],
    limit: parts.limit ?? null,
    offset: null,
    withTies: false,
    at,
  };
}

export function insert(
  name: string,
  columns: readonly string[],
  rows: readonly (readonly Expression[])[],
  onConflict: OnConflict | null,
): Insert {
  const source: Query = {
    kind: 'query',
    with: null,
    body: { kind: 'values', rows, at },
    orderBy: [],
    limit: null,
    offset: null,
    withTies: false,
    at,
  };
  return {
    kind: 'insert',
    with: null,
    table: target(name),
    columns: columns.map((each) => ({ name: each, at })),
    overriding: 'none',
    source,
    onConflict,
    returning: [],
    at,
  };
}
