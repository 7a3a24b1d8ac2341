/**
 * JavaScript values as parameters, exact or refused (22P02): a number that is no int4, a float
 * handed to a numeric, a Date for a date. What text says is always exact: a string is read as
 * PostgreSQL reads it for that type. An array is one of the type's, element by element; of arrays
 * within arrays, all of one length, each depth is a dimension.
 */
import { SqlError } from '../../core/sql/error.ts';
import type { ParameterSource } from '../../core/sql/session/session.ts';
import type { Settings } from '../../core/sql/session/settings.ts';
import {
  DIMENSIONS_MAX,
  EMPTY_ARRAY,
  makeArray,
  tooManyDimensions,
} from '../../core/sql/types/array.ts';
import { elementOf } from '../../core/sql/types/array-type.ts';
import type { Clock } from '../../core/sql/types/datetime-text.ts';
import { decimalFromInteger } from '../../core/sql/types/decimal-text.ts';
import { typeName } from '../../core/sql/types/describe.ts';
import { narrow } from '../../core/sql/types/int64.ts';
import { parseFitted, parseValue } from '../../core/sql/types/text-io.ts';
import * as types from '../../core/sql/types/type.ts';
import type { SqlType, Value } from '../../core/sql/types/type.ts';
import { shownType } from '../../core/sql/types/user-type.ts';
import { Timestamp } from './timestamp.ts';
import { UTC } from '../../core/sql/types/zone.ts';

/**
 * What may be bound. Where the type is json or jsonb, objects, arrays and booleans become JSON;
 * where it is an array type, an array is taken element by element.
 */
export type Parameter =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | Timestamp
  | object;

/** 2000-01-01 in milliseconds since 1970. */
const SQL_EPOCH_MILLIS = 946_684_800_000;

export function parameterSource(
  parameters: readonly Parameter[],
  settings: Settings,
): ParameterSource {
  const clock: Clock = {
    now: 0,
    zone: settings.zone,
    setting: (name) => settings.get(name),
  };
  const count = parameters.length;
  return {
    count,
    value: (index, type) => toValue(parameters[index], shownType(type), index + 1, clock),
    wrongCount: (wanted) =>
      new SqlError('08P01', `the statement has ${wanted} parameters, but ${count} were given`),
  };
}

function toValue(parameter: Parameter, type: SqlType, number: number, clock: Clock): Value {
  if (parameter === null || parameter === undefined) return null;
  const isJson = type.id === types.JSON || type.id === types.JSONB;
  switch (typeof parameter) {
    case 'string':
      checkText(parameter);
      return parseFitted(type.id, parameter, clock, type.modifier, false);
    case 'number':
      if (isJson && Number.isFinite(parameter)) return json(type, parameter, clock);
      return fromNumber(parameter, type, number);
    case 'bigint':
      return fromBigInt(parameter, type, number);
    case 'boolean':
      if (isJson) return json(type, parameter, clock);
      if (type.id === types.BOOL) return parameter;
      throw mismatch('a boolean', type, number);
    case 'object':
      return fromObject(parameter, type, number, clock);
    default:
      throw mismatch(`a ${typeof parameter}`, type, number);
  }
}

function fromNumber(parameter: number, type: SqlType, number: number): Value {
  const { id } = type;
  if (id === types.FLOAT8) return parameter;
  if (id === types.FLOAT4 && Object.is(Math.fround(parameter), parameter)) return parameter;
  if (Number.isSafeInteger(parameter) && !Object.is(parameter, -0)) {
    if (id === types.NUMERIC) return fitted(type, String(parameter));
    if (isInteger(id)) return inRange(parameter, id);
  }
  throw mismatch(`the number ${parameter}`, type, number);
}

function fromBigInt(parameter: bigint, type: SqlType, number: number): Value {
  const { id } = type;
  if (isInteger(id)) return inRange(parameter, id);
  if (id === types.NUMERIC) return fitted(type, String(parameter));
  if (id === types.FLOAT8 && BigInt(Number(parameter)) === parameter) return Number(parameter);
  throw mismatch(`the bigint ${parameter}`, type, number);
}

function fromObject(parameter: object, type: SqlType, number: number, clock: Clock): Value {
  const { id } = type;
  if (parameter instanceof Timestamp) {
    return parseFitted(id, parameter.toString(), clock, type.modifier, false);
  }
  if (parameter instanceof Uint8Array) {
    if (id === types.BYTEA) return new Uint8Array(parameter);
    throw mismatch('bytes', type, number);
  }
  if (parameter instanceof Date) {
    const millis = parameter.getTime();
    if (!Number.isNaN(millis) && (id === types.TIMESTAMPTZ || id === types.TIMESTAMP)) {
      return narrow(BigInt(millis - SQL_EPOCH_MILLIS) * 1000n);
    }
    throw mismatch('a Date', type, number);
  }
  if (id === types.JSON || id === types.JSONB) return json(type, parameter, clock);
  const element = elementOf(id);
  if (Array.isArray(parameter) && element !== null) {
    return fromArray(parameter, { id: element, modifier: type.modifier }, type, number, clock);
  }
  throw mismatch(Array.isArray(parameter) ? 'an array' : 'an object', type, number);
}

function fromArray(
  parameter: readonly unknown[],
  element: SqlType,
  type: SqlType,
  number: number,
  clock: Clock,
): Value {
  const dimensions: number[] = [];
  let parts = parameter;
  let size = parts.length;
  for (;;) {
    if (size === 0) return EMPTY_ARRAY;
    dimensions.push(size);
    if (dimensions.length > DIMENSIONS_MAX) throw tooManyDimensions(dimensions.length);
    // An array in an array of json is an element: JSON itself.
    const isJson = element.id === types.JSON || element.id === types.JSONB;
    if (isJson || !parts.some((one) => Array.isArray(one))) break;
    size = (parts[0] as readonly unknown[] | null)?.length ?? -1;
    if (!parts.every((one) => Array.isArray(one) && one.length === size)) {
      throw mismatch('an array with parts of different lengths', type, number);
    }
    parts = (parts as readonly (readonly unknown[])[]).flat();
  }
  const elements = parts.map((one) => toValue(one as Parameter, element, number, clock));
  return makeArray(
    dimensions,
    dimensions.map(() => 1),
    elements,
  );
}

function json(type: SqlType, value: unknown, clock: Clock): Value {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new SqlError('22P02', `a parameter is no JSON: ${(error as Error).message}`);
  }
  if (text === undefined) throw new SqlError('22P02', 'a parameter is no JSON');
  return parseValue(type.id, text, clock);
}

function fitted(type: SqlType, digits: string): Value {
  if (type.modifier === -1) return decimalFromInteger(narrow(BigInt(digits)));
  return parseFitted(type.id, digits, { now: 0, zone: UTC }, type.modifier, false);
}

function isInteger(id: number): boolean {
  return id === types.INT2 || id === types.INT4 || id === types.INT8 || id === types.OID;
}

function inRange(value: number | bigint, id: number): Value {
  return parseValue(id, String(value), { now: 0, zone: UTC });
}

function checkText(text: string): void {
  if (text.includes('\0')) {
    throw new SqlError('22021', 'invalid byte sequence for encoding "UTF8": 0x00');
  }
  if (/\p{Surrogate}/u.test(text)) {
    throw new SqlError('22021', 'invalid character: half of a surrogate pair');
  }
}

function mismatch(what: string, type: SqlType, number: number): SqlError {
  const message = `${what} is not exactly a value of type ${typeName(type.id)}`;
  return new SqlError('22P02', `parameter $${number}: ${message}`, {
    hint: 'Pass it as a string, as you would write it in SQL.',
  });
}
