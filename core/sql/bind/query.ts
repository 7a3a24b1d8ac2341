/**
 * Queries: WITH, then a body (SELECT, VALUES, a set operation), then ORDER BY and LIMIT.
 *
 * A bound query is a plan and the numbers of the columns that come out. A quoted literal that comes
 * out may still be of any type where its surroundings decide (INSERT … SELECT, UNION): then
 * `literals` has it.
 */
import type { ColumnId, Expr, Logical } from '../plan/logical.ts';
import type { Query } from '../tree/query.ts';
import { UNKNOWN } from '../types/type.ts';
import { columnType, deeper, newColumn } from './binder.ts';
import type { Binder, CommonScope, Level } from './binder.ts';
import { settle } from './coerce.ts';
import { bindSelect } from './select.ts';
import { bindSetOperation, bindValues } from './set.ts';
import { bindWith } from './with.ts';

export interface BoundQuery {
  readonly plan: Logical;
  readonly columns: readonly ColumnId[];
  readonly names: readonly string[];
  /** For a column of type unknown: the literal or parameter that it is. */
  readonly literals: readonly (Expr | null)[];
}

/** A query whose columns have types. */
export function bindQuery(
  binder: Binder,
  outer: Level | null,
  query: Query,
  common: CommonScope | null = outer?.common ?? null,
): BoundQuery {
  return settleQuery(binder, bindOpenQuery(binder, outer, query, common));
}

/** Its literals may still be of any type. */
export function bindOpenQuery(
  binder: Binder,
  outer: Level | null,
  query: Query,
  common: CommonScope | null,
): BoundQuery {
  return deeper(binder, () => {
    if (query.with === null) return bindBody(binder, outer, query, common);
    const tables = bindWith(binder, outer, query.with, common, binder.depth === 1);
    const bound = bindBody(binder, outer, query, tables.scope);
    const plan: Logical = { kind: 'with', tables: tables.definitions, body: bound.plan };
    return { ...bound, plan };
  });
}

function bindBody(
  binder: Binder,
  outer: Level | null,
  query: Query,
  common: CommonScope | null,
): BoundQuery {
  switch (query.body.kind) {
    case 'select':
      return bindSelect(binder, outer, query, query.body, common);
    case 'values':
      return bindValues(binder, outer, query, query.body, common);
    default:
      return bindSetOperation(binder, outer, query, query.body, common);
  }
}

/** Literals that nothing gave a type become text. */
function settleQuery(binder: Binder, query: BoundQuery): BoundQuery {
  if (query.literals.every((one) => one === null)) return query;
  const values: { id: ColumnId; value: Expr }[] = [];
  const columns = query.columns.map((id, i) => {
    const literal = query.literals[i] ?? null;
    if (literal === null || columnType(binder, id).id !== UNKNOWN) return id;
    const value = settle(binder, literal);
    const settled = newColumn(binder, value.type);
    values.push({ id: settled, value });
    return settled;
  });
  const plan: Logical = { kind: 'extend', input: query.plan, values };
  return { ...query, plan, columns, literals: columns.map(() => null) };
}
