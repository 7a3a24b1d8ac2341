/**
 * Whether two expressions are the same expression: equal functions of equal columns.
 *
 * Positions in the text do not count. Subqueries are never the same. Calls of volatile functions
 * are, as in PostgreSQL: `GROUP BY random()` groups what the select list's `random()` shows.
 */
import { sameNumbers } from '../types/array.ts';
import type { Value } from '../types/type.ts';
import type { Expr } from './logical.ts';

export function sameExpr(left: Expr, right: Expr): boolean {
  if (left === right) return true;
  if (left.kind !== right.kind || left.type.id !== right.type.id) return false;
  if (left.type.modifier !== right.type.modifier) return false;
  switch (left.kind) {
    case 'constant':
      return right.kind === 'constant' && sameValue(left.value, right.value);
    case 'column':
    case 'argument':
    case 'parameter':
      return right.kind === left.kind && left.index === right.index;
    case 'call':
      return (
        right.kind === 'call' &&
        left.function.name === right.function.name &&
        sameList(left.arguments, right.arguments)
      );
    case 'cast':
      return (
        right.kind === 'cast' &&
        left.cast === right.cast &&
        // Whether it was asked for matters where it cuts what is too long.
        (left.explicit === right.explicit || left.type.modifier < 0) &&
        sameExpr(left.argument, right.argument)
      );
    default:
      return sameLogic(left, right);
  }
}

function sameLogic(left: Expr, right: Expr): boolean {
  switch (left.kind) {
    case 'and':
    case 'or':
    case 'coalesce':
      return right.kind === left.kind && sameList(left.arguments, right.arguments);
    case 'extreme':
      return (
        right.kind === 'extreme' &&
        left.greatest === right.greatest &&
        sameList(left.arguments, right.arguments)
      );
    case 'not':
      return right.kind === 'not' && sameExpr(left.argument, right.argument);
    case 'isNull':
      return (
        right.kind === 'isNull' &&
        left.negated === right.negated &&
        sameExpr(left.argument, right.argument)
      );
    case 'isTruth':
      return (
        right.kind === 'isTruth' &&
        left.negated === right.negated &&
        left.test === right.test &&
        sameExpr(left.argument, right.argument)
      );
    case 'distinctFrom':
      return (
        right.kind === 'distinctFrom' &&
        left.negated === right.negated &&
        left.equals === right.equals &&
        sameExpr(left.left, right.left) &&
        sameExpr(left.right, right.right)
      );
    case 'case':
      return (
        right.kind === 'case' &&
        left.whens.length === right.whens.length &&
        left.whens.every((one, i) => {
          const other = right.whens[i];
          return (
            other !== undefined &&
            sameExpr(one.when, other.when) &&
            sameExpr(one.result, other.result)
          );
        }) &&
        sameOptional(left.otherwise, right.otherwise)
      );
    case 'inList':
      return (
        right.kind === 'inList' &&
        left.negated === right.negated &&
        left.operator === right.operator &&
        sameExpr(left.argument, right.argument) &&
        sameList(left.list, right.list)
      );
    case 'record':
      return (
        right.kind === 'record' &&
        sameList(left.fields, right.fields) &&
        sameNames(left.names, right.names)
      );
    default:
      return false;
  }
}

function sameList(left: readonly Expr[], right: readonly Expr[]): boolean {
  return left.length === right.length && left.every((one, i) => sameExpr(one, right[i] as Expr));
}

function sameNames(
  left: readonly string[] | undefined,
  right: readonly string[] | undefined,
): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left.length === right.length && left.every((one, i) => one === right[i]);
}

function sameOptional(left: Expr | null, right: Expr | null): boolean {
  if (left === null || right === null) return left === right;
  return sameExpr(left, right);
}

/** The same value in the same representation. */
export function sameValue(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object') return false;
  if (left === null || right === null) return false;
  if (left instanceof Uint8Array || right instanceof Uint8Array) {
    if (!(left instanceof Uint8Array) || !(right instanceof Uint8Array)) return false;
    return left.length === right.length && left.every((byte, i) => byte === right[i]);
  }
  if (left.kind === 'decimal' && right.kind === 'decimal') {
    return (
      left.coefficient === right.coefficient &&
      left.scale === right.scale &&
      left.special === right.special
    );
  }
  if (left.kind === 'interval' && right.kind === 'interval') {
    return left.months === right.months && left.days === right.days && left.micros === right.micros;
  }
  if (left.kind === 'array' && right.kind === 'array') {
    return (
      sameNumbers(left.dimensions, right.dimensions) &&
      sameNumbers(left.lowerBounds, right.lowerBounds) &&
      left.elements.every((one, i) => sameValue(one, right.elements[i] as Value))
    );
  }
  return false;
}
