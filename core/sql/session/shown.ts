/**
 * Results as clients get them: what only the catalogue could read is text. A column of a type that
 * was defined says its name besides.
 */
import { mapArray } from '../types/array.ts';
import { isArrayType } from '../types/array-type.ts';
import { typeName } from '../types/describe.ts';
import { RECORD } from '../types/type.ts';
import type { ArrayValue, RecordValue, Value } from '../types/type.ts';
import { formatLabel, isUserType, shownType } from '../types/user-type.ts';
import type { ResultColumn } from './result.ts';

/** How a value is shown. */
export type Show = (value: Value) => Value;

export function shownColumns(columns: readonly ResultColumn[]): readonly ResultColumn[] {
  if (!columns.some(({ type }) => isUserType(type.id))) return columns;
  return columns.map(({ name, type }) => {
    if (!isUserType(type.id)) return { name, type };
    return { name, type: shownType(type), typeName: typeName(type.id) };
  });
}

/** One for each column; null: all values stay what they are. */
export function showsOf(columns: readonly ResultColumn[]): readonly Show[] | null {
  if (!columns.some(({ type }) => isUserType(type.id) || type.id === RECORD)) return null;
  return columns.map(
    ({ type }): Show =>
      (value) =>
        shownValue(type.id, value),
  );
}

export function shownValue(type: number, value: Value): Value {
  if (value === null) return null;
  if (type === RECORD) return shownRecord(value as RecordValue);
  if (!isUserType(type)) return value;
  if (!isArrayType(type)) return formatLabel(type, value as string);
  return mapArray(value as ArrayValue, (rank) => formatLabel(type - 1, rank as string));
}

function shownRecord(record: RecordValue): RecordValue {
  const { types } = record;
  if (!types.some(({ id }) => isUserType(id) || id === RECORD)) return record;
  const fields = record.fields.map((field, i) => shownValue(types[i]!.id, field));
  return { ...record, types: types.map(shownType), fields };
}
