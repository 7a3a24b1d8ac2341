/** Values of a statement's parameters, as its session gets them. */
import { SqlError } from '../error.ts';
import type { SqlType, Value } from '../types/type.ts';
import type { KnownStatement } from './statement.ts';

const NO_VALUES: readonly Value[] = [];

/** Values for the parameters, once their types are known. Throws `SqlError`. */
export interface ParameterSource {
  readonly count: number;
  /** Of `$1` the index is 0; it is below `count`. */
  value(index: number, type: SqlType): Value;
  /** What is said when the statement has another number of them. */
  wrongCount(wanted: number): SqlError;
}

/** All of them, once their types are known. Throws `SqlError`. */
export function valuesOf(
  types: readonly SqlType[],
  parameters: ParameterSource | null,
): readonly Value[] {
  const given = parameters?.count ?? 0;
  if (given !== types.length && parameters !== null) throw parameters.wrongCount(types.length);
  if (given === types.length) return types.map((type, i) => parameters!.value(i, type));
  const message =
    `bind message supplies ${given} parameters, ` +
    `but prepared statement "" requires ${types.length}`;
  throw new SqlError('08P01', message);
}

/** Values of the parameters that say when; of others before them, null. */
export function earlyValues(
  known: KnownStatement,
  parameters: ParameterSource | null,
): readonly Value[] {
  if (parameters === null || parameters.count === 0 || known.times.size === 0) return NO_VALUES;
  const values: Value[] = [];
  for (const [index, type] of known.times) {
    if (index >= parameters.count) throw parameters.wrongCount(index + 1);
    while (values.length <= index) values.push(null);
    values[index] = parameters.value(index, type);
  }
  return values;
}
