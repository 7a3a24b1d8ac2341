/**
 * Constant folding: calls of immutable functions with constant arguments become constants.
 *
 * What fails stays as it is: its error belongs to the row that asks for it, if any does. Parameters
 * are not looked at, so that a plan may be kept.
 */
import type { Environment } from '../environment.ts';
import { SqlError } from '../error.ts';
import type { ScalarFunction } from '../functions/function.ts';
import { BOOL } from '../types/type.ts';
import type { ArrayValue, TypeId, Value } from '../types/type.ts';
import { evaluate } from './evaluate.ts';
import { existence } from './existence.ts';
import type { Expr } from './logical.ts';
import { quantifiedEquality } from './match.ts';
import { sameExpr } from './same.ts';
import { mapChildren } from './walk.ts';

/** Subqueries are simplified as queries; of EXISTS only what it asks for is left. */
export function simplify(expr: Expr, environment: Environment): Expr {
  const inner = mapChildren(
    expr,
    (child) => simplify(child, environment),
    (query) => query,
  );
  switch (inner.kind) {
    case 'and':
    case 'or':
      return simplifyLogic(inner);
    case 'case':
      return simplifyCase(inner);
    case 'call':
      if (inner.function.volatility !== 'immutable') return inner;
      if (inner.function.strict && inner.arguments.some(isNull)) return nullOf(inner);
      return inner.arguments.every(isConstant) ? fold(inner, environment) : asElements(inner);
    case 'cast':
      if (inner.cast.volatility !== 'immutable') return inner;
      return isConstant(inner.argument) ? fold(inner, environment) : inner;
    case 'not':
    case 'isNull':
    case 'isTruth':
      return isConstant(inner.argument) ? fold(inner, environment) : inner;
    case 'distinctFrom':
      return isConstant(inner.left) && isConstant(inner.right) ? fold(inner, environment) : inner;
    case 'coalesce':
      return simplifyCoalesce(inner);
    case 'inList':
      return isConstant(inner.argument) && inner.list.every(isConstant)
        ? fold(inner, environment)
        : inner;
    case 'existsQuery': {
      const query = existence(inner.query, (one) => simplify(one, environment));
      return query === inner.query ? inner : { ...inner, query };
    }
    default:
      return inner;
  }
}

export function isConstant(expr: Expr): boolean {
  return expr.kind === 'constant';
}

export function isNull(expr: Expr): boolean {
  return expr.kind === 'constant' && expr.value === null;
}

export function isTrue(expr: Expr): boolean {
  return expr.kind === 'constant' && expr.value === true;
}

function constantOf(expr: Expr, value: Value): Expr {
  return { kind: 'constant', type: expr.type, value };
}

function nullOf(expr: Expr): Expr {
  return constantOf(expr, null);
}

function fold(expr: Expr, environment: Environment): Expr {
  try {
    return constantOf(expr, evaluate(expr, environment));
  } catch (error) {
    if (error instanceof SqlError) return expr;
    throw error;
  }
}

type Logic = Extract<Expr, { readonly kind: 'and' | 'or' }>;

function simplifyLogic(expr: Logic): Expr {
  const decisive = expr.kind === 'or';
  const parts: Expr[] = [];
  for (const part of expr.arguments) {
    const list = part.kind === expr.kind ? part.arguments : [part];
    for (const one of list) {
      if (one.kind === 'constant' && one.value === decisive) return constantOf(expr, decisive);
      if (one.kind === 'constant' && one.value === !decisive) continue;
      parts.push(one);
    }
  }
  const [first] = parts;
  if (first === undefined) return constantOf(expr, !decisive);
  if (parts.length === 1) return first;
  const list = decisive ? asList(parts) : null;
  if (list !== null) return list;
  const same =
    parts.length === expr.arguments.length && parts.every((one, i) => one === expr.arguments[i]);
  return same ? expr : { ...expr, arguments: parts };
}

/** `a = 1 OR a = 2` is `a IN (1, 2)`, which an index can answer. */
function asList(parts: readonly Expr[]): Expr | null {
  let argument: Expr | null = null;
  let operator: ScalarFunction | null = null;
  const list: Expr[] = [];
  for (const part of parts) {
    if (part.kind === 'inList') {
      if (part.negated || part.operator.name !== '=') return null;
      if (argument !== null && !sameExpr(argument, part.argument)) return null;
      if (!part.list.every(isFixed)) return null;
      ({ argument, operator } = part);
      list.push(...part.list);
      continue;
    }
    if (part.kind !== 'call' || part.function.name !== '=') return null;
    const [left, right] = part.arguments;
    if (left?.kind !== 'column' || right === undefined || !isFixed(right)) return null;
    if (left.type.id !== right.type.id) return null;
    if (argument !== null && !sameExpr(argument, left)) return null;
    argument = left;
    operator = part.function;
    list.push(right);
  }
  if (argument === null || operator === null) return null;
  const type = { id: BOOL, modifier: -1 };
  return { kind: 'inList', type, argument, operator, list, negated: false };
}

const ELEMENTS_MAX = 1000;

/** `a = ANY ('{1,2}')` is `a IN (1, 2)`. */
function asElements(expr: Expr & { readonly kind: 'call' }): Expr {
  const member = quantifiedEquality(expr);
  if (member === null || member.array.kind !== 'constant') return expr;
  const array = member.array.value as ArrayValue | null;
  const operator = expr.function.quantifies?.operator as ScalarFunction;
  const [left, right] = operator.arguments;
  if (left !== right || array === null || array.elements.length === 0) return expr;
  if (array.elements.length > ELEMENTS_MAX) return expr;
  const type = { id: right as TypeId, modifier: -1 };
  const list = array.elements.map((value): Expr => ({ kind: 'constant', type, value }));
  return {
    kind: 'inList',
    type: expr.type,
    argument: member.value,
    operator,
    list,
    negated: false,
  };
}

function isFixed(expr: Expr): boolean {
  return expr.kind === 'constant' || expr.kind === 'parameter';
}

function simplifyCase(expr: Extract<Expr, { readonly kind: 'case' }>): Expr {
  const whens = expr.whens.filter(({ when }) => !(when.kind === 'constant' && when.value !== true));
  const [first] = whens;
  if (first !== undefined && isTrue(first.when)) return first.result;
  if (first === undefined) return expr.otherwise ?? nullOf(expr);
  return whens.length === expr.whens.length ? expr : { ...expr, whens };
}

function simplifyCoalesce(expr: Extract<Expr, { readonly kind: 'coalesce' }>): Expr {
  const kept = expr.arguments.filter((one) => !isNull(one));
  const [first] = kept;
  if (first === undefined) return nullOf(expr);
  if (first.kind === 'constant' || kept.length === 1) return first;
  return kept.length === expr.arguments.length ? expr : { ...expr, arguments: kept };
}
