/**
 * `AS OF` and its like: a moment, and the catalogue of then.
 *
 * The operand is constant within the statement, so it is evaluated here: it decides which schema
 * the names are looked up in. The plan keeps the operand as an expression and may be used again
 * with other parameters as long as they lead to the same catalogue (`BoundStatement.moments`).
 */
import { SqlError, unsupported } from '../error.ts';
import type { Catalog } from '../catalog/model.ts';
import type { Bound } from '../plan/expression.ts';
import { evaluate } from '../plan/evaluate.ts';
import type { Expr } from '../plan/logical.ts';
import type { Moment } from '../plan/plan.ts';
import { someExpr } from '../plan/walk.ts';
import type { Expression } from '../tree/expression.ts';
import type { TimeClause } from '../tree/query.ts';
import { category, plainType } from '../types/describe.ts';
import { INT8, TIMESTAMPTZ } from '../types/type.ts';
import type { Int64 } from '../types/type.ts';
import type { Binder } from './binder.ts';
import { newLevel } from './binder.ts';
import { tryCoerce, typeName } from './coerce.ts';
import { bindExpression } from './expression.ts';

export interface BoundTime {
  readonly moment: Moment;
  readonly catalog: Catalog;
}

type Unit = 'timestamp' | 'position';

export function bindMoment(binder: Binder, clause: TimeClause): BoundTime {
  switch (clause.kind) {
    case 'all':
      return { moment: { kind: 'all' }, catalog: binder.context.catalog };
    case 'timestamp':
    case 'position': {
      const operand = bindOperand(binder, clause.operand, clause.kind);
      const catalog = catalogOf(binder, clause.kind, operand, clause.at);
      return { moment: { kind: clause.kind, operand }, catalog };
    }
    default: {
      const unit = unitOf(binder, clause.low);
      const low = bindOperand(binder, clause.low, unit);
      const high = bindOperand(binder, clause.high, unit);
      // The schema of a period is that of its end.
      const catalog = catalogOf(binder, unit, high, clause.at);
      return { moment: { kind: clause.kind, unit, low, high }, catalog };
    }
  }
}

/** Numbers are positions, everything else is a time. */
function unitOf(binder: Binder, node: Expression): Unit {
  const level = newLevel(null, null);
  level.clause = 'AS OF';
  const { type } = bindExpression(binder, level, node);
  return category(type.id) === 'number' ? 'position' : 'timestamp';
}

function bindOperand(binder: Binder, node: Expression, unit: Unit): Bound {
  const level = newLevel(null, null);
  level.clause = 'AS OF';
  const value = bindExpression(binder, level, node);
  if (someExpr(value, (one) => one.kind.endsWith('Query'))) {
    throw unsupported('a subquery in AS OF', node.at);
  }
  if (someExpr(value, (one) => one.kind === 'call' && one.function.volatility === 'volatile')) {
    throw unsupported('a volatile function in AS OF', node.at);
  }
  const target = plainType(unit === 'position' ? INT8 : TIMESTAMPTZ);
  const operand = tryCoerce(binder, value, target, 'implicit', node.at);
  if (operand === null) {
    const wanted = typeName(target);
    throw new SqlError(
      '42804',
      `argument of AS OF must be type ${wanted}, not type ${typeName(value.type)}`,
      { at: node.at },
    );
  }
  return withoutQueries(operand);
}

/** Has no subqueries, so it is the same before and after planning. */
function withoutQueries(expr: Expr): Bound {
  return expr as Bound<never>;
}

function catalogOf(binder: Binder, unit: Unit, operand: Bound, at: number): Catalog {
  const { context } = binder;
  if (isUnknown(operand, context.environment.parameters.length)) {
    binder.provisional = true;
    return context.catalog;
  }
  const value = evaluate(operand, context.environment);
  if (value === null) {
    throw new SqlError('22004', 'the operand of AS OF must not be null', { at });
  }
  const catalog = context.catalogAt(unit, value as Int64);
  binder.moments.push({ unit, operand, identity: catalog.identity });
  return catalog;
}

/** Whether it needs a parameter whose value is not known yet: types are being asked for. */
export function isUnknown(operand: Bound, known: number): boolean {
  return someExpr(operand as Expr, (one) => one.kind === 'parameter' && one.index >= known);
}
