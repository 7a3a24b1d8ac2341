/**
 * Operators and conditions: comparisons of values and rows, BETWEEN, IN, LIKE, IS DISTINCT FROM.
 *
 * Rows compare field by field, as written out here, so that the executor needs no row comparison:
 * `(a, b) < (c, d)` is `a < c OR a = c AND b < d`, which is null exactly when PostgreSQL's is.
 */
import { SqlError, unsupported } from '../error.ts';
import { commonType } from '../functions/coercion.ts';
import { findOperator } from '../functions/resolve.ts';
import type { Expr } from '../plan/logical.ts';
import type {
  BetweenNode,
  DistinctTestNode,
  Expression,
  InListNode,
  LikeNode,
  OperatorNode,
} from '../tree/expression.ts';
import { isArrayType } from '../types/array-type.ts';
import { plainType } from '../types/describe.ts';
import { RECORD } from '../types/type.ts';
import type { Binder, Level } from './binder.ts';
import { callFunction } from './call.ts';
import { BOOLEAN, tryCoerce, unify } from './coerce.ts';
import { bindExpression, bindParameter } from './expression.ts';
import { bindRowQuery } from './subquery.ts';

export function bindOperator(binder: Binder, level: Level, node: OperatorNode): Expr {
  const beside = (one: Expression, other: Expression): Expr =>
    other.kind === 'row' && one.kind === 'subquery' && one.mode === 'scalar'
      ? bindRowQuery(binder, level, one)
      : bindExpression(binder, level, one);
  const left = node.left === null ? null : beside(node.left, node.right);
  const right =
    node.left === null ? bindExpression(binder, level, node.right) : beside(node.right, node.left);
  if (left !== null) return compare(binder, node.name, left, right, node.at);
  return applyOperator(binder, node.name, null, right, node.at);
}

/** An operator between two values, or between two rows. A table's row is a value. */
export function compare(binder: Binder, name: string, left: Expr, right: Expr, at: number): Expr {
  if (isWritten(left) && isWritten(right)) {
    return compareRows(binder, name, left.fields, right.fields, at);
  }
  return applyOperator(binder, name, left, right, at);
}

/** A row whose fields were written out, which compares as SQL says: unknown where one is null. */
function isWritten(value: Expr): value is Expr & { readonly kind: 'record' } {
  return value.kind === 'record' && value.names === undefined;
}

export function applyOperator(
  binder: Binder,
  name: string,
  left: Expr | null,
  right: Expr,
  at: number,
): Expr {
  const found = findOperator(name, left === null ? null : left.type, right.type, at);
  const operands = left === null ? [right] : [left, right];
  const list = operands.map((one, i) =>
    argument(binder, one, found.argumentTypes[i] as number, at),
  );
  return { kind: 'call', type: found.result, function: found.function, arguments: list, at };
}

export function argument(binder: Binder, expr: Expr, type: number, at: number): Expr {
  const result = tryCoerce(binder, expr, plainType(type), 'implicit', at);
  if (result === null) throw new SqlError('42883', 'operator does not exist', { at });
  return result;
}

export function all(list: readonly Expr[]): Expr {
  return list.length === 1 ? (list[0] as Expr) : { kind: 'and', type: BOOLEAN, arguments: list };
}

function any(list: readonly Expr[]): Expr {
  return list.length === 1 ? (list[0] as Expr) : { kind: 'or', type: BOOLEAN, arguments: list };
}

export function compareRows(
  binder: Binder,
  name: string,
  left: readonly Expr[],
  right: readonly Expr[],
  at: number,
): Expr {
  if (left.length !== right.length) {
    throw new SqlError('42601', 'unequal number of entries in row expressions', { at });
  }
  if (left.length === 0) throw unsupported('comparison of rows of zero length', at);
  const field = (operator: string, i: number): Expr =>
    compare(binder, operator, left[i] as Expr, right[i] as Expr, at);
  switch (name) {
    case '=':
      return all(left.map((_, i) => field('=', i)));
    case '<>':
    case '!=':
      return any(left.map((_, i) => field('<>', i)));
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const strict = name.slice(0, 1);
      let result = field(name, left.length - 1);
      for (let i = left.length - 2; i >= 0; i--) {
        result = any([field(strict, i), all([field('=', i), result])]);
      }
      return result;
    }
    default:
      throw new SqlError(
        '42601',
        `could not determine interpretation of row comparison operator ${name}`,
        {
          at,
          hint: 'Row comparison operators must be associated with btree operator families.',
        },
      );
  }
}

/** As PostgreSQL, the operand is evaluated once for each bound. */
export function bindBetween(binder: Binder, level: Level, node: BetweenNode): Expr {
  const value = bindExpression(binder, level, node.argument);
  const low = bindExpression(binder, level, node.low);
  const high = bindExpression(binder, level, node.high);
  // A parameter has the type that the comparison before gave it.
  const now = (one: Expr): Expr =>
    one.kind === 'parameter' ? bindParameter(binder, one.index) : one;
  const inside = (from: Expr, to: Expr): Expr => {
    const [first, second] = node.negated ? ['<', '>'] : ['>=', '<='];
    const parts = [
      compare(binder, first as string, now(value), now(from), node.at),
      compare(binder, second as string, now(value), now(to), node.at),
    ];
    return node.negated ? any(parts) : all(parts);
  };
  if (!node.symmetric) return inside(low, high);
  const both = [inside(low, high), inside(high, low)];
  return node.negated ? all(both) : any(both);
}

export function bindInList(binder: Binder, level: Level, node: InListNode): Expr {
  const value = bindExpression(binder, level, node.argument);
  const list = node.list.map((one) => bindExpression(binder, level, one));
  return inList(binder, value, list, '=', node.negated, node.at);
}

/** `value op ANY (list)`: as one node where all have a common type, else as comparisons. */
export function inList(
  binder: Binder,
  value: Expr,
  list: readonly Expr[],
  operator: string,
  negated: boolean,
  at: number,
): Expr {
  // As in PostgreSQL there is no array of arrays that the list could be.
  const apart = [value, ...list].some(({ type }) => type.id === RECORD || isArrayType(type.id));
  const unified = apart ? null : tryUnify(binder, [value, ...list], at);
  if (unified === null) {
    const each = list.map((one) => compare(binder, operator, value, one, at));
    const found = any(each);
    return negated ? { kind: 'not', type: BOOLEAN, argument: found } : found;
  }
  const [first, ...rest] = unified;
  const probe = applyOperator(binder, operator, first as Expr, first as Expr, at);
  if (probe.kind !== 'call') throw unsupported(`operator ${operator} in a list`, at);
  if (probe.type.id !== BOOLEAN.id) {
    throw new SqlError('42809', 'op ANY/ALL (array) requires operator to yield boolean', { at });
  }
  const type = (probe.arguments[0] as Expr).type.id;
  const elements = rest.map((one) => argument(binder, one, type, at));
  return {
    kind: 'inList',
    type: BOOLEAN,
    argument: probe.arguments[0] as Expr,
    operator: probe.function,
    list: elements,
    negated,
  };
}

function tryUnify(binder: Binder, values: readonly Expr[], at: number): readonly Expr[] | null {
  try {
    commonType(
      values.map((one) => one.type),
      'IN',
      at,
    );
  } catch (error) {
    if (error instanceof SqlError && error.code === '42804') return null;
    throw error;
  }
  return unify(binder, values, 'IN', at).values;
}

const LIKE_OPERATORS = {
  like: ['~~', '!~~'],
  ilike: ['~~*', '!~~*'],
  similar: ['~', '!~'],
} as const;

export function bindLike(binder: Binder, level: Level, node: LikeNode): Expr {
  const value = bindExpression(binder, level, node.argument);
  let pattern = bindExpression(binder, level, node.pattern);
  const escape = node.escape === null ? null : bindExpression(binder, level, node.escape);
  if (node.operator === 'similar') {
    const list = escape === null ? [pattern] : [pattern, escape];
    pattern = callFunction(binder, 'similar_to_escape', list, node.at);
  } else if (escape !== null) {
    pattern = callFunction(binder, 'like_escape', [pattern, escape], node.at);
  }
  const name = LIKE_OPERATORS[node.operator][node.negated ? 1 : 0];
  return compare(binder, name, value, pattern, node.at);
}

export function bindDistinctTest(binder: Binder, level: Level, node: DistinctTestNode): Expr {
  const left = bindExpression(binder, level, node.left);
  const right = bindExpression(binder, level, node.right);
  return distinct(binder, left, right, node.negated, node.at);
}

function distinct(binder: Binder, left: Expr, right: Expr, negated: boolean, at: number): Expr {
  if (isWritten(left) && isWritten(right)) {
    if (left.fields.length !== right.fields.length) {
      throw new SqlError('42601', 'unequal number of entries in row expressions', { at });
    }
    const parts = left.fields.map((one, i) =>
      distinct(binder, one, right.fields[i] as Expr, negated, at),
    );
    return negated ? all(parts) : any(parts);
  }
  const equal = applyOperator(binder, '=', left, right, at);
  if (equal.kind !== 'call') throw unsupported('IS DISTINCT FROM here', at);
  const [first, second] = equal.arguments as readonly [Expr, Expr];
  return {
    kind: 'distinctFrom',
    type: BOOLEAN,
    equals: equal.function,
    left: first,
    right: second,
    negated,
  };
}

/** `column op value` for conditions that the binder itself makes (USING, simple CASE). */
export function equality(binder: Binder, left: Expr, right: Expr, at: number): Expr {
  return compare(binder, '=', left, right, at);
}
