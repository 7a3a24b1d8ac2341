/** UNION, INTERSECT, EXCEPT, and VALUES. */
import { SqlError } from '../error.ts';
import type { ColumnId, Computed, Expr, Logical } from '../plan/logical.ts';
import type { Query, SetBody, SortKey, ValuesBody } from '../tree/query.ts';
import { UNKNOWN } from '../types/type.ts';
import type { SqlType } from '../types/type.ts';
import { columnOf, newColumn, newLevel, within } from './binder.ts';
import type { Binder, CommonScope, Level } from './binder.ts';
import { settle, unify } from './coerce.ts';
import { bindExpression, bindList } from './expression.ts';
import { itemOf } from './from.ts';
import { bindOpenQuery } from './query.ts';
import type { BoundQuery } from './query.ts';
import { extend, sorted } from './select.ts';
import { bindLimit, requireEquality, sortKey } from './sort.ts';
import { bindOrderBy, byName, byNumber } from './target.ts';
import type { BoundTarget } from './target.ts';

export function bindSetOperation(
  binder: Binder,
  outer: Level | null,
  query: Query,
  body: SetBody,
  common: CommonScope | null,
): BoundQuery {
  const left = bindOpenQuery(binder, outer, body.left, common);
  const right = bindOpenQuery(binder, outer, body.right, common);
  const met = meet(binder, body, left, right);
  const columns = met.types.map((type) => newColumn(binder, type));
  const plan: Logical = {
    kind: 'set',
    operator: body.operator,
    all: body.all,
    left: met.left.plan,
    leftColumns: met.left.columns,
    right: met.right.plan,
    rightColumns: met.right.columns,
    columns,
  };
  const literals = columns.map(() => null);
  const bound = { plan, columns, names: left.names, literals };
  return orderSet(binder, newLevel(outer, common), query, bound);
}

export interface Meeting {
  readonly left: { readonly plan: Logical; readonly columns: readonly ColumnId[] };
  readonly right: { readonly plan: Logical; readonly columns: readonly ColumnId[] };
  readonly types: readonly SqlType[];
}

/** Both sides with the same types, column by column. */
export function meet(binder: Binder, body: SetBody, left: BoundQuery, right: BoundQuery): Meeting {
  const word = body.operator.toUpperCase();
  if (left.columns.length !== right.columns.length) {
    throw new SqlError('42601', `each ${word} query must have the same number of columns`, {
      at: body.right.at,
    });
  }
  const pairs = left.columns.map((_, i) => {
    const values = [outputOf(binder, left, i), outputOf(binder, right, i)];
    const unified = unify(binder, values, word, body.right.at);
    if (!body.all) requireEquality(unified.values[0] as Expr, body.at);
    return unified;
  });
  return {
    left: side(
      binder,
      left,
      pairs.map((one) => one.values[0] as Expr),
    ),
    right: side(
      binder,
      right,
      pairs.map((one) => one.values[1] as Expr),
    ),
    types: pairs.map((one) => one.type),
  };
}

/** What a column of a query is: a literal without type where it is one. */
export function outputOf(binder: Binder, query: BoundQuery, i: number): Expr {
  return query.literals[i] ?? columnOf(binder, query.columns[i] as ColumnId);
}

/** Computes the values that are not simply columns. */
export function side(
  binder: Binder,
  query: BoundQuery,
  values: readonly Expr[],
): { readonly plan: Logical; readonly columns: readonly ColumnId[] } {
  const computed: Computed[] = [];
  const columns = values.map((value) => {
    if (value.kind === 'column') return value.index;
    const id = newColumn(binder, value.type);
    computed.push({ id, value });
    return id;
  });
  return { plan: extend(query.plan, computed), columns };
}

/** Above a set operation only its columns can be ordered by. */
function orderSet(binder: Binder, level: Level, query: Query, bound: BoundQuery): BoundQuery {
  const targets: BoundTarget[] = bound.columns.map((id, i) => ({
    name: bound.names[i] as string,
    visible: true,
    value: columnOf(binder, id),
  }));
  const keys = query.orderBy.map((key: SortKey) => {
    const target =
      byNumber(targets, key.value, 'ORDER BY') ?? byName(targets, key.value, 'ORDER BY');
    if (target !== null) return sortKey(target.value, key);
    if (key.value.kind === 'column') {
      // Not an output's name: the usual error for a column that does not exist.
      within(level, 'ORDER BY', () => bindExpression(binder, level, key.value));
    }
    throw new SqlError('0A000', 'invalid UNION/INTERSECT/EXCEPT ORDER BY clause', {
      at: key.value.at,
      detail: 'Only result column names can be used, not expressions or functions.',
      hint: 'Add the expression/function to every SELECT, or move the UNION into a FROM clause.',
    });
  });
  const plan = bindLimit(binder, level, query, sorted(bound.plan, keys), keys);
  return { ...bound, plan };
}

export function bindValues(
  binder: Binder,
  outer: Level | null,
  query: Query,
  body: ValuesBody,
  common: CommonScope | null,
): BoundQuery {
  const level = newLevel(outer, common);
  const rows = within(level, 'VALUES', () => body.rows.map((row) => bindList(binder, level, row)));
  const width = rows[0]?.length ?? 0;
  const uneven = rows.findIndex((row) => row.length !== width);
  if (uneven >= 0) {
    throw new SqlError('42601', 'VALUES lists must all be the same length', {
      at: body.rows[uneven]![0]?.at ?? body.at,
    });
  }
  const names: string[] = [];
  const types: SqlType[] = [];
  const columns: (readonly Expr[])[] = [];
  for (let i = 0; i < width; i++) {
    const cells = rows.map((row) => row[i] as Expr);
    names.push(`column${i + 1}`);
    // One row of a literal may still become anything; several agree here.
    const open = rows.length === 1 && cells[0]?.type.id === UNKNOWN;
    const unified = open
      ? { type: (cells[0] as Expr).type, values: cells }
      : unify(binder, cells, 'VALUES', body.at);
    types.push(unified.type);
    columns.push(unified.values);
  }
  const ids = types.map((type) => newColumn(binder, type));
  const plan: Logical = {
    kind: 'values',
    rows: rows.map((_, r) => columns.map((column) => column[r] as Expr)),
    columns: ids,
  };
  const literals = types.map((type, i) => (type.id === UNKNOWN ? (rows[0]?.[i] ?? null) : null));
  const bound = { plan, columns: ids, names, literals };
  return orderValues(binder, level, query, bound);
}

function orderValues(binder: Binder, level: Level, query: Query, bound: BoundQuery): BoundQuery {
  if (query.orderBy.length === 0) {
    return { ...bound, plan: bindLimit(binder, level, query, bound.plan, []) };
  }
  const columns = bound.columns.map((id, i) => ({ name: bound.names[i] as string, id }));
  level.items = [itemOf('*VALUES*', columns, -1)];
  const targets: BoundTarget[] = columns.map(({ name, id }) => ({
    name,
    visible: true,
    value: columnOf(binder, id),
  }));
  const keys = bindOrderBy(binder, level, targets, query.orderBy);
  const computed: Computed[] = [];
  const sortKeys = keys.map((key) => {
    const value = settle(binder, key.target.value);
    if (value.kind === 'column') return { ...key, value };
    const id = newColumn(binder, value.type);
    computed.push({ id, value });
    return { ...key, value: columnOf(binder, id) };
  });
  const plan = sorted(extend(bound.plan, computed), sortKeys);
  return { ...bound, plan: bindLimit(binder, level, query, plan, sortKeys) };
}
