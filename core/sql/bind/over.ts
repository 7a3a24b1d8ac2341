/**
 * Expressions over one table's row, as definitions hold them: checks, defaults, generated columns,
 * index elements and predicates, and what `ALTER … USING` makes of a column.
 */
import { SqlError, unsupported } from '../error.ts';
import type { Table } from '../catalog/model.ts';
import type { Bound } from '../plan/expression.ts';
import { newFrame, lowerExpr } from '../plan/lower-expression.ts';
import type { Expr } from '../plan/logical.ts';
import { simplify } from '../plan/simplify.ts';
import { someExpr } from '../plan/walk.ts';
import type { Expression } from '../tree/expression.ts';
import { TEXT } from '../types/type.ts';
import type { SqlType } from '../types/type.ts';
import { zoneNamed } from '../types/zone.ts';
import { newBinder, newColumn, newLevel, within } from './binder.ts';
import type { BindContext, Clause, Level } from './binder.ts';
import { coerceBoolean, coerceForColumn, settle } from './coerce.ts';
import { bindExpression } from './expression.ts';
import { tableLevel } from './relation.ts';

export type OverKind =
  | 'check constraint'
  | 'DEFAULT'
  | 'index expression'
  | 'index predicate'
  | 'generation'
  | 'USING';

const CLAUSES: Readonly<Record<OverKind, Clause>> = {
  'check constraint': 'check constraints',
  DEFAULT: 'DEFAULT expressions',
  'index expression': 'index expressions',
  'index predicate': 'index predicates',
  generation: 'column generation expressions',
  USING: 'transform expressions',
};

const SUBQUERIES: Readonly<Record<OverKind, string>> = {
  'check constraint': 'check constraint',
  DEFAULT: 'DEFAULT expression',
  'index expression': 'index expression',
  'index predicate': 'index predicate',
  generation: 'column generation expression',
  USING: 'transform expression',
};

const MUST_BE_IMMUTABLE: Partial<Readonly<Record<OverKind, string>>> = {
  'index expression': 'functions in index expression must be marked IMMUTABLE',
  'index predicate': 'functions in index predicate must be marked IMMUTABLE',
  generation: 'generation expression is not immutable',
};

/** A column that the value is for: then it is cast as if assigned. */
export interface OverTarget {
  readonly name: string;
  readonly type: SqlType;
}

/**
 * `column` places of the result are ordinals into `table.columns`. Conditions (checks, predicates)
 * are boolean by themselves. `table` null: no columns may be named.
 */
export function bindOver(
  expression: Expression,
  table: Table | null,
  context: BindContext,
  target: OverTarget | null,
  what: OverKind,
): Bound {
  const binder = newBinder(context);
  const columns = table?.columns.map((column) => newColumn(binder, column.type)) ?? [];
  const level = table === null ? newLevel(null, null) : tableLevel(table, columns);
  if (what === 'DEFAULT') refuseColumns(expression, level);
  const bound = within(level, CLAUSES[what], () => bindExpression(binder, level, expression));
  refuseQueries(bound, what, expression.at);
  const value = coerced(binder, bound, target, what, expression.at);
  if (what === 'generation') refuseWholeRow(value, expression.at);
  const message = MUST_BE_IMMUTABLE[what];
  if (message !== undefined && someExpr(value, isMutable)) {
    throw new SqlError('42P17', message, { at: expression.at });
  }
  if (what === 'index expression' || what === 'index predicate') {
    refuseMovingZones(value, expression.at);
  }
  const layout = new Map(columns.map((id, i) => [id, i]));
  const lowering = { types: binder.types, subPlan: noQueries };
  return lowerExpr(lowering, simplify(value, context.environment), layout, newFrame());
}

function coerced(
  binder: ReturnType<typeof newBinder>,
  bound: Expr,
  target: OverTarget | null,
  what: OverKind,
  at: number,
): Expr {
  if (what === 'check constraint') return coerceBoolean(binder, bound, 'CHECK', at);
  if (what === 'index predicate') return coerceBoolean(binder, bound, 'WHERE', at);
  return target === null ? settle(binder, bound) : coerceForColumn(binder, bound, target, at);
}

function refuseColumns(expression: Expression, level: Level): void {
  level.items = [];
  const column = firstColumn(expression);
  if (column >= 0) {
    throw new SqlError('0A000', 'cannot use column reference in DEFAULT expression', {
      at: column,
    });
  }
}

/** Where the first column is mentioned; -1: nowhere. */
function firstColumn(node: unknown): number {
  if (typeof node !== 'object' || node === null) return -1;
  const record = node as Readonly<Record<string, unknown>>;
  if (record['kind'] === 'column') return Math.max(0, record['at'] as number);
  if (record['kind'] === 'query') return -1;
  for (const value of Object.values(record)) {
    const found = firstColumn(value);
    if (found >= 0) return found;
  }
  return -1;
}

function refuseQueries(expr: Expr, what: OverKind, at: number): void {
  const isQuery = (one: Expr): boolean =>
    one.kind === 'scalarQuery' || one.kind === 'existsQuery' || one.kind === 'anyQuery';
  if (!someExpr(expr, isQuery)) return;
  throw new SqlError('0A000', `cannot use subquery in ${SUBQUERIES[what]}`, { at });
}

function refuseWholeRow(expr: Expr, at: number): void {
  if (!someExpr(expr, (one) => one.kind === 'record' && one.names !== undefined)) return;
  throw new SqlError('42P17', 'cannot use whole-row variable in column generation expression', {
    at,
    detail: 'This would cause the generated column to depend on its own value.',
  });
}

function isMutable(expr: Expr): boolean {
  if (expr.kind === 'call') return expr.function.volatility !== 'immutable';
  return expr.kind === 'cast' && expr.cast.volatility !== 'immutable';
}

/**
 * `timezone(text, …)` is immutable, as in PostgreSQL, though a release with other time-zone data
 * may answer otherwise. An index would then look for entries where they are not: so none is made
 * of it, unless the zone is written there and never moves.
 */
function refuseMovingZones(expr: Expr, at: number): void {
  const moving = (one: Expr): boolean => {
    if (one.kind !== 'call' || one.function.name !== 'timezone') return false;
    const [zone] = one.arguments;
    if (zone === undefined || zone.type.id !== TEXT) return false;
    if (zone.kind !== 'constant' || zone.value === null) return true;
    return zoneNamed(zone.value as string).fixedMicros === null;
  };
  if (!someExpr(expr, moving)) return;
  throw unsupported('an index on what the clocks of a time zone show that has changes', at);
}

function noQueries(): never {
  throw new SqlError('0A000', 'cannot use subquery here');
}
