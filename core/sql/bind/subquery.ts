/**
 * Subqueries in expressions. Columns of enclosing queries need nothing special: they are numbers
 * like all others (`plan/logical.ts`).
 */
import { unreachable } from '../../types/assert.ts';
import { SqlError, unsupported } from '../error.ts';
import type { ScalarFunction } from '../functions/function.ts';
import { commonType } from '../functions/coercion.ts';
import { findOperator } from '../functions/resolve.ts';
import type { Computed, Expr, LogicalQuery } from '../plan/logical.ts';
import type { SubqueryNode } from '../tree/expression.ts';
import { plainType, typeName } from '../types/describe.ts';
import { RECORD, UNKNOWN } from '../types/type.ts';
import type { SqlType } from '../types/type.ts';
import { bindArrayQuery } from './array.ts';
import { columnOf, newColumn } from './binder.ts';
import type { Binder, Level } from './binder.ts';
import { BOOLEAN, settle, tryCoerce } from './coerce.ts';
import { bindExpression } from './expression.ts';
import { applyOperator, compareRows } from './predicate.ts';
import { bindQuery } from './query.ts';

export function bindSubquery(binder: Binder, level: Level, node: SubqueryNode): Expr {
  switch (node.mode) {
    case 'scalar': {
      const query = bindQuery(binder, level, node.query);
      const [id] = query.columns;
      if (query.columns.length !== 1 || id === undefined) {
        throw new SqlError('42601', 'subquery must return only one column', { at: node.at });
      }
      return { kind: 'scalarQuery', type: columnOf(binder, id).type, query };
    }
    case 'exists': {
      const query = bindQuery(binder, level, node.query);
      return { kind: 'existsQuery', type: BOOLEAN, query, negated: false };
    }
    case 'any':
    case 'all':
      return bindQuantified(binder, level, node);
    case 'array':
      return bindArrayQuery(binder, level, node);
    default:
      return unreachable(node.mode);
  }
}

/**
 * `(a, b) = (SELECT c, d …)`: a row. Each field asks the same query for its own part, which keeps
 * "at most one row" true of it.
 */
export function bindRowQuery(binder: Binder, level: Level, node: SubqueryNode): Expr {
  const query = bindQuery(binder, level, node.query);
  const fields = query.columns.map((id): Expr => {
    const part = { plan: query.plan, columns: [id] };
    return { kind: 'scalarQuery', type: columnOf(binder, id).type, query: part };
  });
  return { kind: 'record', type: plainType(RECORD), fields };
}

/** `(a, b) IN (SELECT …)`, `a < ALL (SELECT …)`. */
function bindQuantified(binder: Binder, level: Level, node: SubqueryNode): Expr {
  if (node.test === null) throw unsupported('a quantified subquery without operand', node.at);
  // In this order, as PostgreSQL has it: which of two errors is told depends on it.
  const query = bindQuery(binder, level, node.query);
  const test = bindExpression(binder, level, node.test);
  const tests = test.kind === 'record' && test.names === undefined ? test.fields : [test];
  if (query.columns.length !== tests.length) {
    const words = query.columns.length > tests.length ? 'too many' : 'too few';
    throw new SqlError('42601', `subquery has ${words} columns`, { at: node.at });
  }
  const types = query.columns.map((id) => columnOf(binder, id).type);
  const values = tests.map((one, i) => {
    if (one.type.id !== UNKNOWN) return one;
    const found = findOperator(node.operator, one.type, types[i] as SqlType, node.at);
    const type = plainType(found.argumentTypes[0] as number);
    return tryCoerce(binder, one, type, 'implicit', node.at) ?? settle(binder, one);
  });
  if (node.operator === '=' || node.operator === '<>') {
    return quantifiedEquality(binder, node, values, query);
  }
  return quantified(binder, node, values, query, null);
}

/** Both sides made the same type where that is possible: then the executor may hash. */
function quantifiedEquality(
  binder: Binder,
  node: SubqueryNode,
  tests: readonly Expr[],
  query: LogicalQuery,
): Expr {
  const values: Computed[] = [];
  const columns: number[] = [];
  const coerced: Expr[] = [];
  for (let i = 0; i < tests.length; i++) {
    const test = tests[i] as Expr;
    const column = columnOf(binder, query.columns[i] as number);
    // A type in common is not enough: `integer[]` and `smallint[]` cannot be compared.
    if (test.type.id !== RECORD) findOperator(node.operator, test.type, column.type, node.at);
    const type = sharedType(test.type, column.type, node.at);
    const left = type === null ? null : tryCoerce(binder, test, type, 'implicit', node.at);
    const right = type === null ? null : tryCoerce(binder, column, type, 'implicit', node.at);
    if (left === null || right === null) return quantified(binder, node, tests, query, null);
    coerced.push(left);
    if (right.kind === 'column') {
      columns.push(right.index);
    } else {
      const id = newColumn(binder, right.type);
      values.push({ id, value: right });
      columns.push(id);
    }
  }
  const { plan } = query;
  const extended = values.length === 0 ? plan : { kind: 'extend' as const, input: plan, values };
  const types = coerced.map((one) => one.type);
  return quantified(binder, node, coerced, { plan: extended, columns }, types);
}

function sharedType(left: SqlType, right: SqlType, at: number): SqlType | null {
  if (left.id === right.id) return plainType(left.id);
  try {
    return plainType(commonType([left, right], 'IN', at).id);
  } catch (error) {
    if (error instanceof SqlError) return null;
    throw error;
  }
}

/** `types`: those that both sides were given; null: each has its own. */
function quantified(
  binder: Binder,
  node: SubqueryNode,
  tests: readonly Expr[],
  query: LogicalQuery,
  types: readonly SqlType[] | null,
): Expr {
  // In `compare`, columns are places: first the tests, then the query's row.
  const place = (type: SqlType, index: number): Expr => ({ kind: 'column', type, index });
  const left = tests.map((one, i) => place(one.type, i));
  const right = query.columns.map((id, i) =>
    place(types?.[i] ?? columnOf(binder, id).type, tests.length + i),
  );
  const compare =
    left.length === 1
      ? applyOperator(binder, node.operator, left[0] as Expr, right[0] as Expr, node.at)
      : compareRows(binder, node.operator, left, right, node.at);
  if (compare.type.id !== BOOLEAN.id) {
    const wrong = `not type ${typeName(compare.type.id)}`;
    throw new SqlError('42804', `row comparison operator must yield type boolean, ${wrong}`, {
      at: node.at,
    });
  }
  return {
    kind: 'anyQuery',
    type: BOOLEAN,
    all: node.mode === 'all',
    tests,
    compare,
    equal: node.operator === '=' ? equalities(compare) : null,
    query,
    negated: false,
  };
}

/** The `=` of each column when `compare` is nothing but those. */
function equalities(compare: Expr): readonly ScalarFunction[] | null {
  const parts = compare.kind === 'and' ? compare.arguments : [compare];
  const functions: ScalarFunction[] = [];
  for (const part of parts) {
    if (part.kind !== 'call' || !part.arguments.every((one) => one.kind === 'column')) return null;
    functions.push(part.function);
  }
  return functions;
}
