/** `f(a, VARIADIC array)`: a variadic function that takes its last arguments from an array. */
import { SqlError, unsupported } from '../error.ts';
import { lenient } from './define.ts';
import type { ScalarFunction } from './function.ts';
import { findFunction } from './resolve.ts';
import type { ResolvedCall } from './resolve.ts';
import { elementOf } from '../types/array-type.ts';
import { plainType, typeName } from '../types/describe.ts';
import { UNKNOWN } from '../types/type.ts';
import type { ArrayValue, SqlType, TypeId, Value } from '../types/type.ts';

/** They are arguments of JavaScript's, too, whose stack ends somewhere. */
const SPREAD_MAX = 10_000;

/** As `findFunction`; `types` end with that of the array. */
export function findSpread(name: string, types: readonly SqlType[], at: number): ResolvedCall {
  const array = types[types.length - 1] ?? plainType(UNKNOWN);
  const fixed = types.slice(0, -1);
  const element = elementOf(array.id);
  if (element === null) {
    if (array.id === UNKNOWN) throw unsupported('VARIADIC with an array of unknown type', at);
    throw new SqlError('42804', 'VARIADIC argument must be an array', { at });
  }
  const found = findFunction(name, [...fixed, plainType(element)], at);
  // The array stands for the last declared argument, not for some of several.
  const takes = found.kind === 'call' && found.function.arguments.length === types.length;
  if (!takes || found.function.kind !== 'scalar' || !spreads(name, fixed, element)) {
    const shown = types.map((type) => typeName(type.id)).join(', ');
    throw new SqlError('42883', `function ${name}(${shown}) does not exist`, {
      at,
      hint: 'No function matches the given name and argument types. You might need to add explicit type casts.',
    });
  }
  const argumentTypes = [...found.argumentTypes.slice(0, -1), array.id];
  const fn = spread(name, fixed, element, argumentTypes, found.function);
  return { kind: 'call', function: fn, argumentTypes, result: found.result };
}

/** Whether the function takes two of them as well: then it takes any number. */
function spreads(name: string, fixed: readonly SqlType[], element: TypeId): boolean {
  const one = plainType(element);
  try {
    const found = findFunction(name, [...fixed, one, one, one, one, one], -1);
    return found.kind === 'call' && found.function.kind === 'scalar';
  } catch (error) {
    if (error instanceof SqlError) return false;
    throw error;
  }
}

function spread(
  name: string,
  fixed: readonly SqlType[],
  element: TypeId,
  types: readonly TypeId[],
  single: ScalarFunction,
): ScalarFunction {
  // What is specialised for its arguments has to be so for as many as come: mostly the same.
  let last = { count: 1, function: single };
  const forCount = (count: number): ScalarFunction => {
    if (count === last.count) return last.function;
    const one = plainType(element);
    const list = [...fixed, ...Array.from({ length: count }, () => one)];
    const found = findFunction(name, list, -1) as ResolvedCall<ScalarFunction>;
    last = { count, function: found.function };
    return found.function;
  };
  const evaluate: ScalarFunction['evaluate'] = (environment, ...values) => {
    const array = values[values.length - 1] as ArrayValue | null;
    const before: Value[] = values.slice(0, -1);
    if (array === null) {
      return name === 'format' ? forCount(0).evaluate(environment, ...before) : null;
    }
    if (single.strict && before.includes(null)) return null;
    const { elements } = array;
    if (elements.length === 0) {
      if (name.startsWith('concat')) return before.includes(null) ? null : '';
      // A call without any need not exist.
      return single.evaluate(environment, ...before);
    }
    if (elements.length > SPREAD_MAX) {
      throw new SqlError('54023', `cannot pass more than ${SPREAD_MAX} arguments to a function`);
    }
    return forCount(elements.length).evaluate(environment, ...before, ...elements);
  };
  return lenient(`${name} VARIADIC`, types, single.result, evaluate, {
    volatility: single.volatility,
  });
}
