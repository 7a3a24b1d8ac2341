/**
 * The value of an expression without columns or subqueries: for constants at planning time and for
 * operands that must be known before a statement is bound. Slow and simple; rows go through the
 * executor's compiled form, which must agree.
 */
import { assert } from '../../types/assert.ts';
import type { Environment } from '../environment.ts';
import type { ScalarFunction } from '../functions/function.ts';
import type { Value } from '../types/type.ts';
import type { Bound } from './expression.ts';

/** Throws `SqlError` where the expression has no value. */
export function evaluate(expr: Bound<unknown>, environment: Environment): Value {
  switch (expr.kind) {
    case 'constant':
      return expr.value;
    case 'parameter':
      return environment.parameters[expr.index] ?? null;
    case 'call':
      return call(
        expr.function,
        expr.arguments.map((one) => evaluate(one, environment)),
        environment,
      );
    case 'cast': {
      const value = evaluate(expr.argument, environment);
      if (value === null) return null;
      return expr.cast.apply(environment, value, expr.type.modifier, expr.explicit);
    }
    case 'and':
    case 'or':
      return logic(expr.arguments, expr.kind === 'or', environment);
    case 'not': {
      const value = evaluate(expr.argument, environment);
      return value === null ? null : value === false;
    }
    case 'isNull':
      return (evaluate(expr.argument, environment) === null) !== expr.negated;
    case 'isTruth':
      return (evaluate(expr.argument, environment) === expr.test) !== expr.negated;
    default:
      return conditional(expr, environment);
  }
}

function call(fn: ScalarFunction, values: readonly Value[], environment: Environment): Value {
  if (fn.strict && values.includes(null)) return null;
  return fn.evaluate(environment, ...values);
}

function logic(
  list: readonly Bound<unknown>[],
  decisive: boolean,
  environment: Environment,
): Value {
  let result: Value = !decisive;
  for (const one of list) {
    const value = evaluate(one, environment);
    if (value === decisive) return decisive;
    if (value === null) result = null;
  }
  return result;
}

type Conditional = Exclude<
  Bound<unknown>,
  {
    readonly kind:
      | 'constant'
      | 'parameter'
      | 'call'
      | 'cast'
      | 'and'
      | 'or'
      | 'not'
      | 'isNull'
      | 'isTruth';
  }
>;

function conditional(expr: Conditional, environment: Environment): Value {
  switch (expr.kind) {
    case 'distinctFrom': {
      const left = evaluate(expr.left, environment);
      const right = evaluate(expr.right, environment);
      const same =
        left === null || right === null
          ? left === right
          : call(expr.equals, [left, right], environment) === true;
      return same === expr.negated;
    }
    case 'case': {
      for (const { when, result } of expr.whens) {
        if (evaluate(when, environment) === true) return evaluate(result, environment);
      }
      return expr.otherwise === null ? null : evaluate(expr.otherwise, environment);
    }
    case 'coalesce': {
      for (const one of expr.arguments) {
        const value = evaluate(one, environment);
        if (value !== null) return value;
      }
      return null;
    }
    case 'extreme': {
      let best: Value = null;
      for (const one of expr.arguments) {
        const value = evaluate(one, environment);
        if (value === null) continue;
        if (best === null) {
          best = value;
          continue;
        }
        const [low, high] = expr.greatest ? [best, value] : [value, best];
        if (call(expr.less, [low, high], environment) === true) best = value;
      }
      return best;
    }
    case 'inList':
      return inList(expr, environment);
    default:
      assert(false, () => `an expression of kind ${expr.kind} has no constant value`);
  }
}

function inList(
  expr: Extract<Bound<unknown>, { readonly kind: 'inList' }>,
  environment: Environment,
): Value {
  const value = evaluate(expr.argument, environment);
  let unknown = false;
  for (const one of expr.list) {
    const found = call(expr.operator, [value, evaluate(one, environment)], environment);
    if (found === true) return !expr.negated;
    if (found === null) unknown = true;
  }
  return unknown ? null : expr.negated;
}
