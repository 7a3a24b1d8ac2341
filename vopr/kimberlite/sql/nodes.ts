/**
 * Statement trees, built by hand: what the workload sends instead of text, since no parser runs in
 * the simulator. One short function a node; positions are all unknown.
 */
import type { Expression, TypeName } from '../../../core/sql/tree/expression.ts';
import type { Query, SelectBody, SortKey, TableExpression } from '../../../core/sql/tree/query.ts';
import type { TimeClause, TableNode, Target } from '../../../core/sql/tree/query.ts';
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
): TableExpression {
  return {
    kind: 'join',
    type: 'inner',
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

/** The parts of a query that the workload uses. */
export interface QueryParts {
  readonly targets: readonly Target[];
  readonly from: readonly TableExpression[];
  readonly where?: Expression;
  readonly groupBy?: Expression;
  readonly orderBy?: readonly SortKey[];
  readonly limit?: Expression;
}

export function query(parts: QueryParts): Query {
  const body: SelectBody = {
    kind: 'select',
    distinct: 'none',
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
