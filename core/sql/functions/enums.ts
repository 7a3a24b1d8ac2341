/** What enums say of their labels: the first, the last, those between two. */
import { SqlError } from '../error.ts';
import { lenient } from './define.ts';
import { ANYARRAY, ANYENUM } from './function.ts';
import type { ScalarFunction } from './function.ts';
import { listArray } from '../types/array.ts';
import { currentTypes, knownType } from '../types/user-type.ts';
import type { EnumLabel } from '../types/user-type.ts';
import type { SqlType, TypeId, Value } from '../types/type.ts';

/** Replaced by `specialize` before it is ever called. */
function unresolved(): never {
  throw new SqlError('XX000', 'a function of any enum was not resolved');
}

type Body = (type: TypeId, values: readonly Value[]) => Value;

function ofEnum(name: string, count: number, result: TypeId, body: Body): ScalarFunction {
  const types = Array.from({ length: count }, () => ANYENUM);
  const options = { volatility: 'stable' } as const;
  const specialize = (given: readonly SqlType[]): ScalarFunction => {
    const { id } = given[0] as SqlType;
    const evaluate = (_: unknown, ...values: Value[]): Value => body(id, values);
    return lenient(name, types, result, evaluate, options);
  };
  return { ...lenient(name, types, result, unresolved, options), specialize };
}

/** One that may be used by now. */
function usable(id: TypeId, label: EnumLabel): string {
  currentTypes().checkLabel(id, knownType(id), label);
  return label.rank;
}

/** 55000: the enum has no label at all. */
function end(id: TypeId, place: 0 | -1): Value {
  const type = knownType(id);
  const label = type.labels.at(place);
  if (label !== undefined) return usable(id, label);
  throw new SqlError('55000', `enum ${currentTypes().nameOf(type)} contains no values`);
}

/** From one label to another, both included; null: from the first, to the last. */
function range(id: TypeId, low: Value, high: Value): Value {
  const within = knownType(id).labels.filter(
    ({ rank }) =>
      (low === null || rank >= (low as string)) && (high === null || rank <= (high as string)),
  );
  return listArray(within.map((label) => usable(id, label)));
}

export const enumFunctions: readonly ScalarFunction[] = [
  ofEnum('enum_first', 1, ANYENUM, (type) => end(type, 0)),
  ofEnum('enum_last', 1, ANYENUM, (type) => end(type, -1)),
  ofEnum('enum_range', 1, ANYARRAY, (type) => range(type, null, null)),
  ofEnum('enum_range', 2, ANYARRAY, (type, [low = null, high = null]) => range(type, low, high)),
];
