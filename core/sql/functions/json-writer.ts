/**
 * Values of any type as JSON: what to_json, the json_build functions and the JSON aggregates write.
 *
 * How a value is written hangs on its type, so writers are made once a call from the types of its
 * arguments. json is written as PostgreSQL writes it (records without blanks, floats as shown),
 * jsonb in its canonical form.
 */
import { joinParts } from '../types/length.ts';
import type { Environment } from '../environment.ts';
import { SqlError } from '../error.ts';
import { sortedObjectText } from '../types/json-scan.ts';
import type { MemberText } from '../types/json-scan.ts';
import { canonicalJson, quoteJson } from '../types/jsonb.ts';
import { formatDate, formatTimestamp, formatTimestampTz } from '../types/datetime-text.ts';
import { formatValue } from '../types/text-io.ts';
import {
  BOOL,
  DATE,
  FLOAT4,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  JSON,
  JSONB,
  NUMERIC,
  RECORD,
  TIMESTAMP,
  TIMESTAMPTZ,
} from '../types/type.ts';
import { elementOf, isArrayType } from '../types/array-type.ts';
import { plainType } from '../types/describe.ts';
import type { ArrayValue, Int64, RecordValue, SqlType, TypeId, Value } from '../types/type.ts';

/** Of a value that may be null. */
export type JsonWriter = (environment: Environment, value: Value) => string;

export type JsonType = typeof JSON | typeof JSONB;

/** The type's text; dates and moments always as in ISO 8601: `2020-02-29T12:34:56+00:00`. */
function outputText(type: TypeId, value: Value, environment: Environment): string {
  const { zone } = environment;
  if (type === DATE) return formatDate(value as number);
  if (type !== TIMESTAMP && type !== TIMESTAMPTZ) return formatValue(type, value, environment);
  const stamp = value as Int64;
  const text = type === TIMESTAMP ? formatTimestamp(stamp) : formatTimestampTz(stamp, zone);
  const moment = text.replace(/^(\d\S*) /, '$1T');
  return type === TIMESTAMP ? moment : moment.replace(/([+-]\d\d)( BC)?$/, '$1:00$2');
}

/** NaN and the infinities are strings. */
function numberText(text: string, to: JsonType): string {
  if (!/^-?\d/.test(text)) return quoteJson(text);
  return to === JSONB ? canonicalJson(text) : text;
}

export function jsonWriter(type: SqlType, to: JsonType): JsonWriter {
  const write = notNullWriter(type.id, to);
  return (environment, value) => (value === null ? 'null' : write(environment, value));
}

function notNullWriter(type: TypeId, to: JsonType): JsonWriter {
  switch (type) {
    case BOOL:
      return (_, value) => (value === true ? 'true' : 'false');
    case INT2:
    case INT4:
    case INT8:
      return (_, value) => String(value);
    case FLOAT4:
    case FLOAT8:
    case NUMERIC:
      return (environment, value) => numberText(formatValue(type, value, environment), to);
    case JSON:
      return (_, value) => (to === JSON ? (value as string) : canonicalJson(value as string));
    case JSONB:
      return (_, value) => value as string;
    case RECORD: {
      const write = recordWriter(to);
      return (environment, value) => write(environment, value as RecordValue, ',');
    }
    default: {
      const element = elementOf(type);
      if (element !== null) return arrayWriter(element, to);
      return (environment, value) => quoteJson(outputText(type, value, environment));
    }
  }
}

function arrayWriter(element: TypeId, to: JsonType): JsonWriter {
  const write = arrayLines(element, to);
  return (environment, value) => write(environment, value as ArrayValue, to === JSONB ? ', ' : ',');
}

type WriteArray = (environment: Environment, array: ArrayValue, between: string) => string;

/** `between`: what stands between elements of the first dimension. */
export function arrayLines(element: TypeId, to: JsonType): WriteArray {
  const write = jsonWriter(plainType(element), to);
  const inner = to === JSONB ? ', ' : ',';
  return (environment, { dimensions, elements }, between) => {
    let next = 0;
    const level = (depth: number, separator: string): string => {
      const parts: string[] = [];
      for (let i = 0; i < dimensions[depth]!; i += 1) {
        const isLast = depth === dimensions.length - 1;
        parts.push(isLast ? write(environment, elements[next++]!) : level(depth + 1, inner));
      }
      return `[${joinParts(parts, separator)}]`;
    };
    return dimensions.length === 0 ? '[]' : level(0, between);
  };
}

type WriteRecord = (environment: Environment, record: RecordValue, between: string) => string;

/** `between`: what stands between members of json; jsonb has its own form. */
export function recordWriter(to: JsonType): WriteRecord {
  // Rows of one place share their types.
  let types: readonly SqlType[] | null = null;
  let writers: readonly JsonWriter[] = [];
  return (environment, record, between) => {
    if (record.types !== types) {
      ({ types } = record);
      writers = types.map((type) => jsonWriter(type, to));
    }
    const members = record.fields.map((value, i): MemberText => ({
      name: record.names?.[i] ?? `f${i + 1}`,
      value: writers[i]?.(environment, value) ?? 'null',
    }));
    if (to === JSONB) return sortedObjectText(members);
    const written = members.map(({ name, value }) => `${quoteJson(name)}:${value}`);
    return `{${written.join(between)}}`;
  };
}

/** Whether json_agg puts it on a line of its own. */
export function isStructured(type: SqlType | undefined): boolean {
  return type !== undefined && (type.id === RECORD || isArrayType(type.id));
}

type KeyWriter = (environment: Environment, value: Value) => string;

/** A member's name, of a value that is not null. */
export function keyWriter({ id }: SqlType): KeyWriter {
  if (id === JSON || id === JSONB || id === RECORD || isArrayType(id)) {
    return () => {
      const message = 'key value must be scalar, not array, composite, or json';
      throw new SqlError('22023', message);
    };
  }
  if (id === BOOL) return (_, value) => (value === true ? 'true' : 'false');
  return (environment, value) => outputText(id, value, environment);
}
