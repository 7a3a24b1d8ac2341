/** All functions there are, by name. `resolve.ts` chooses among those of one name. */
import { arrayFunctions } from './array-functions.ts';
import { arrayExtremes, arrayOperators } from './array-operators.ts';
import { arrayAggregates, arraySets } from './array-sets.ts';
import { commonAggregates } from './aggregates.ts';
import { binaryFunctions } from './binary.ts';
import { comparisons } from './comparisons.ts';
import { concatenationFunctions } from './concatenation.ts';
import { dateTimeFunctions } from './datetime-functions.ts';
import { dateTimeOperators } from './datetime-operators.ts';
import { enumFunctions } from './enums.ts';
import { floatMathFunctions } from './float-functions.ts';
import { floatFunctions } from './floats.ts';
import type { AggregateFunction, ScalarFunction, SetFunction, WindowFunction } from './function.ts';
import { integerFunctions } from './integers.ts';
import { jsonAggregates } from './json-aggregates.ts';
import { jsonBuildFunctions } from './json-build.ts';
import { jsonOperators } from './json-operators.ts';
import { jsonPathFunctions } from './json-paths.ts';
import { jsonSetFunctions } from './json-sets.ts';
import { likeFunctions } from './like.ts';
import { numericFunctions } from './numerics.ts';
import { orderedSetAggregates } from './ordered-sets.ts';
import { regexArrayFunctions } from './regex-arrays.ts';
import { regexFunctions } from './regex.ts';
import { relationFunctions } from './relations.ts';
import { setFunctions } from './sets.ts';
import { statisticalAggregates } from './statistics.ts';
import { stringFunctions } from './strings.ts';
import { systemFunctions } from './system.ts';
import { templateFunctions } from './templates.ts';
import { windowFunctions } from './window.ts';

export type AnyFunction = ScalarFunction | AggregateFunction | WindowFunction | SetFunction;

const ALL: readonly AnyFunction[] = [
  ...integerFunctions,
  ...floatFunctions,
  ...floatMathFunctions,
  ...numericFunctions,
  ...comparisons,
  ...enumFunctions,
  ...arrayOperators,
  ...arrayFunctions,
  ...dateTimeOperators,
  ...dateTimeFunctions,
  ...stringFunctions,
  ...concatenationFunctions,
  ...likeFunctions,
  ...regexFunctions,
  ...regexArrayFunctions,
  ...binaryFunctions,
  ...systemFunctions,
  ...relationFunctions,
  ...templateFunctions,
  ...jsonOperators,
  ...jsonBuildFunctions,
  ...jsonPathFunctions,
  ...setFunctions,
  ...jsonSetFunctions,
  ...arraySets,
  ...commonAggregates,
  ...arrayExtremes,
  ...arrayAggregates,
  ...jsonAggregates,
  ...statisticalAggregates,
  ...orderedSetAggregates,
  ...windowFunctions,
];

const BY_NAME: ReadonlyMap<string, readonly AnyFunction[]> = groupByName(ALL);

function groupByName(functions: readonly AnyFunction[]): ReadonlyMap<string, AnyFunction[]> {
  const groups = new Map<string, AnyFunction[]>();
  for (const entry of functions) {
    const group = groups.get(entry.name);
    if (group === undefined) groups.set(entry.name, [entry]);
    else group.push(entry);
  }
  return groups;
}

/** All of this exact name; operators by their spelling. */
export function functionsNamed(name: string): readonly AnyFunction[] {
  return BY_NAME.get(name) ?? [];
}
