/**
 * Evaluates a written expression without binder or executor: just enough of both to test functions,
 * operators and casts against recorded answers. No columns, no subqueries.
 */
import type { Environment } from '../../environment.ts';
import { SqlError } from '../../error.ts';
import type { Expression } from '../../tree/expression.ts';
import { typeFromName, typeName } from '../../types/describe.ts';
import { DEFAULT_STYLE } from '../../types/style.ts';
import { parseFitted } from '../../types/text-io.ts';
import { BOOL, INT4, INT8, NUMERIC, TEXT, UNKNOWN } from '../../types/type.ts';
import type { SqlType, TypeId, Value } from '../../types/type.ts';
import { findCast, lengthCast } from '../casts.ts';
import type { CastContext } from '../function.ts';
import { findFunction, findOperator } from '../resolve.ts';
import { UTC } from '../../types/zone.ts';

export interface Typed {
  readonly type: SqlType;
  readonly value: Value;
}

/** UTC, and a fixed moment: 2020-02-29 12:34:56.789 UTC. */
export const testEnvironment: Environment = {
  now: 636294896789000,
  zone: UTC,
  style: DEFAULT_STYLE,
  user: 'tester',
  database: 'test',
  schema: 'public',
  parameters: [],
  random32: () => 0x40000000,
  setting: (name) => (name === 'timezone' ? 'UTC' : null),
  sequences: {
    next: () => 1,
    current: () => 1,
    last: () => 1,
    set: (_, value) => value,
  },
  catalog: null,
};

function literal(text: string, id: TypeId): Typed {
  return {
    type: { id, modifier: -1 },
    value: parseFitted(id, text, testEnvironment, -1, false),
  };
}

function integerLiteral(text: string): Typed {
  const value = BigInt(text);
  if (value >= -2147483648n && value <= 2147483647n) return literal(text, INT4);
  return literal(text, value >= -(2n ** 63n) && value < 2n ** 63n ? INT8 : NUMERIC);
}

export function coerce(from: Typed, to: SqlType, context: CastContext): Typed {
  const explicit = context === 'explicit';
  let { value } = from;
  if (from.type.id === UNKNOWN && to.id !== UNKNOWN) {
    if (value !== null) {
      value = parseFitted(to.id, value as string, testEnvironment, to.modifier, explicit);
    }
    return { type: to, value };
  }
  const cast = from.type.id === to.id ? lengthCast(to.id) : findCast(from.type.id, to.id, context);
  if (cast === null && from.type.id !== to.id) {
    const names = `type ${typeName(from.type.id)} to ${typeName(to.id)}`;
    throw new SqlError('42846', `cannot cast ${names}`);
  }
  if (value !== null && cast !== null) {
    value = cast.apply(testEnvironment, value, to.modifier, explicit);
  }
  return { type: to, value };
}

function call(name: string, given: readonly Typed[]): Typed {
  const types = given.map((argument) => argument.type);
  const found = findFunction(name, types, -1);
  if (found.kind === 'cast') {
    const [only = literal('', TEXT)] = given;
    return coerce(only, { id: found.to, modifier: -1 }, 'explicit');
  }
  if (found.function.kind !== 'scalar') throw new SqlError('0A000', `${name} is not scalar`);
  const { strict, evaluate } = found.function;
  const values = given.map(
    (argument, i) =>
      coerce(argument, { id: found.argumentTypes[i] ?? UNKNOWN, modifier: -1 }, 'implicit').value,
  );
  const value = strict && values.includes(null) ? null : evaluate(testEnvironment, ...values);
  return { type: found.result, value };
}

function operator(name: string, left: Typed | null, right: Typed): Typed {
  const found = findOperator(name, left?.type ?? null, right.type, -1);
  const given = left === null ? [right] : [left, right];
  const values = given.map(
    (argument, i) =>
      coerce(argument, { id: found.argumentTypes[i] ?? UNKNOWN, modifier: -1 }, 'implicit').value,
  );
  const { strict, evaluate } = found.function;
  const value = strict && values.includes(null) ? null : evaluate(testEnvironment, ...values);
  return { type: found.result, value };
}

const LIKE = { like: '~~', ilike: '~~*', similar: '~' } as const;

export function evaluateTree(tree: Expression): Typed {
  switch (tree.kind) {
    case 'literal':
      if (tree.type === 'null') return { type: { id: UNKNOWN, modifier: -1 }, value: null };
      if (tree.type === 'boolean') return literal(tree.text, BOOL);
      if (tree.type === 'integer') return integerLiteral(tree.text);
      return literal(tree.text, tree.type === 'numeric' ? NUMERIC : UNKNOWN);
    case 'cast':
      return coerce(evaluateTree(tree.argument), typeFromName(tree.type), 'explicit');
    case 'operator':
      return operator(
        tree.name,
        tree.left === null ? null : evaluateTree(tree.left),
        evaluateTree(tree.right),
      );
    case 'call':
      return call(tree.name, tree.arguments.map(evaluateTree));
    case 'atTimeZone':
      return call('timezone', [evaluateTree(tree.zone), evaluateTree(tree.argument)]);
    case 'like': {
      let pattern = evaluateTree(tree.pattern);
      const escape = tree.escape === null ? [] : [evaluateTree(tree.escape)];
      if (tree.operator === 'similar') pattern = call('similar_to_escape', [pattern, ...escape]);
      else if (escape.length > 0) pattern = call('like_escape', [pattern, ...escape]);
      const name = `${tree.negated ? '!' : ''}${LIKE[tree.operator]}`;
      return operator(name, evaluateTree(tree.argument), pattern);
    }
    default:
      throw new SqlError('0A000', `${tree.kind} in a test of functions`);
  }
}
