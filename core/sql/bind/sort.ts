/** ORDER BY, LIMIT and OFFSET. */
import { SqlError } from '../error.ts';
import type { Expr, ExprSortKey, Logical } from '../plan/logical.ts';
import { isNull } from '../plan/simplify.ts';
import type { Expression } from '../tree/expression.ts';
import type { Query, SortKey } from '../tree/query.ts';
import { isUnordered } from '../types/array-type.ts';
import { INT8 } from '../types/type.ts';
import { within } from './binder.ts';
import type { Binder, Clause, Level } from './binder.ts';
import { coerceTo, settle, typeName } from './coerce.ts';
import { watchDepth } from './depth.ts';
import { bindExpression } from './expression.ts';

/** Keys that are plain expressions: in aggregates and windows. */
export function bindSortKeys(
  binder: Binder,
  level: Level,
  keys: readonly SortKey[],
): readonly ExprSortKey[] {
  return keys.map((key) => sortKey(settle(binder, bindExpression(binder, level, key.value)), key));
}

export function sortKey(value: Expr, key: SortKey): ExprSortKey {
  requireOrder(value, key.value.at);
  const nullsFirst = key.nulls === 'default' ? key.descending : key.nulls === 'first';
  return { value, descending: key.descending, nullsFirst };
}

function requireOrder(value: Expr, at: number): void {
  if (isUnordered(value.type.id)) {
    throw new SqlError(
      '42883',
      `could not identify an ordering operator for type ${typeName(value.type)}`,
      { at, hint: 'Use an explicit ordering operator or modify the query.' },
    );
  }
}

/** GROUP BY, DISTINCT, UNION and the like compare whole values. */
export function requireEquality(value: Expr, at: number): void {
  if (isUnordered(value.type.id)) {
    throw new SqlError(
      '42883',
      `could not identify an equality operator for type ${typeName(value.type)}`,
      { at },
    );
  }
}

/** LIMIT and OFFSET over the finished rows; `keys` for WITH TIES. */
export function bindLimit(
  binder: Binder,
  level: Level,
  query: Query,
  input: Logical,
  keys: readonly ExprSortKey[],
): Logical {
  if (query.limit === null && query.offset === null) return input;
  if (query.withTies && keys.length === 0) {
    throw new SqlError('42601', 'WITH TIES cannot be specified without ORDER BY clause', {
      at: query.at,
    });
  }
  const offset = count(binder, level, query.offset, 'OFFSET');
  const limit = count(binder, level, query.limit, 'LIMIT');
  if (query.withTies && (limit === null || isNull(limit))) {
    throw new SqlError('2201W', 'row count cannot be null in FETCH FIRST ... WITH TIES clause', {
      at: query.limit?.at ?? -1,
    });
  }
  const tieKeys = query.withTies ? keys : null;
  return { kind: 'limit', input, count: limit, offset, tieKeys };
}

function count(
  binder: Binder,
  level: Level,
  node: Expression | null,
  clause: Clause & ('LIMIT' | 'OFFSET'),
): Expr | null {
  if (node === null) return null;
  const { result, deepest } = watchDepth(binder, level.depth, () =>
    within(level, clause, () => bindExpression(binder, level, node)),
  );
  if (deepest === level.depth) {
    throw new SqlError('42P10', `argument of ${clause} must not contain variables`, {
      at: node.at,
    });
  }
  return coerceTo(binder, result, INT8, clause, node.at);
}
