/**
 * Whether conditions that hold make another one hold: for partial indexes.
 *
 * Only what is plain: the same condition, all parts of an AND, one part of an OR, `x IS NOT NULL`
 * where some strict comparison of `x` holds, and comparisons of one value with constants: `x > 1`
 * makes `x > 0` hold. A false "no" costs an index, never an answer.
 */
import { compareFor, isComparable } from '../types/compare.ts';
import type { Value } from '../types/type.ts';
import type { Expr } from './logical.ts';
import { sameExpr } from './same.ts';

export function implies(known: readonly Expr[], wanted: Expr): boolean {
  if (wanted.kind === 'and') return wanted.arguments.every((one) => implies(known, one));
  if (known.some((one) => holds(one, wanted))) return true;
  return wanted.kind === 'or' && wanted.arguments.some((one) => implies(known, one));
}

function holds(known: Expr, wanted: Expr): boolean {
  if (sameExpr(known, wanted)) return true;
  if (known.kind === 'and') return known.arguments.some((one) => holds(one, wanted));
  if (wanted.kind === 'isNull' && wanted.negated) return rejectsNull(known, wanted.argument);
  return comparisonHolds(known, wanted);
}

/** `value operator bound`, of one type. */
interface Bounded {
  readonly operator: string;
  readonly value: Expr;
  readonly bound: Value;
}

function boundedBy(expr: Expr): Bounded | null {
  if (expr.kind !== 'call' || expr.arguments.length !== 2) return null;
  const [value, bound] = expr.arguments as readonly [Expr, Expr];
  if (bound.kind !== 'constant' || bound.value === null) return null;
  if (value.type.id !== bound.type.id || !isComparable(value.type.id)) return null;
  return { operator: expr.function.name, value, bound: bound.value };
}

/**
 * For each wanted operator, those that make it hold, by how far the known bound is from the wanted
 * one: above it, or the same, or below.
 */
const MADE_BY: Readonly<Record<string, readonly [above: string, same: string, below: string]>> = {
  '>': ['> >= =', '>', ''],
  '>=': ['> >= =', '> >= =', ''],
  '<': ['', '<', '< <= ='],
  '<=': ['', '< <= =', '< <= ='],
  '=': ['', '=', ''],
  '<>': ['> >= =', '> < <>', '< <= ='],
};

function comparisonHolds(known: Expr, wanted: Expr): boolean {
  const from = boundedBy(known);
  const to = boundedBy(wanted);
  if (from === null || to === null || !sameExpr(from.value, to.value)) return false;
  const distance = compareFor(from.value.type.id)(from.bound, to.bound);
  const makers = MADE_BY[to.operator];
  if (makers === undefined) return false;
  const place = distance > 0 ? 0 : distance === 0 ? 1 : 2;
  return makers[place].split(' ').includes(from.operator);
}

/** The condition cannot be true while `expr` is null. */
export function rejectsNull(condition: Expr, expr: Expr): boolean {
  switch (condition.kind) {
    case 'call': {
      const { quantifies, strict } = condition.function;
      if (quantifies !== undefined) {
        // ALL of no elements is true of null, too.
        const value = quantifies.all || !quantifies.operator.strict ? null : condition.arguments[0];
        return value !== null && value !== undefined && strictIn(value, expr);
      }
      return strict && condition.arguments.some((one) => strictIn(one, expr));
    }
    case 'inList':
      return strictIn(condition.argument, expr);
    case 'isNull':
      return condition.negated && strictIn(condition.argument, expr);
    case 'and':
      return condition.arguments.some((one) => rejectsNull(one, expr));
    case 'or':
      return condition.arguments.every((one) => rejectsNull(one, expr));
    case 'not':
      return strictIn(condition.argument, expr);
    case 'isTruth':
      return condition.test === true && !condition.negated && rejectsNull(condition.argument, expr);
    default:
      return sameExpr(condition, expr);
  }
}

/** The value is null whenever `expr` is. */
export function strictIn(value: Expr, expr: Expr): boolean {
  if (sameExpr(value, expr)) return true;
  switch (value.kind) {
    case 'call':
      return value.function.strict && value.arguments.some((one) => strictIn(one, expr));
    case 'cast':
    case 'not':
      return strictIn(value.argument, expr);
    default:
      return false;
  }
}
