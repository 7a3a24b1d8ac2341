/**
 * Order and identity of values, by type: what `<`, `=`, ORDER BY, GROUP BY and indexes agree on.
 *
 * Nulls never come here. `compareFor` gives a comparison, `identityFor` a key of plain JavaScript
 * that two values share exactly when they are equal, for use in a `Map` or `Set`.
 */
import { unsupported } from '../error.ts';
import { arrayIdentity, compareArrays } from './array.ts';
import { elementOf } from './array-type.ts';
import { compareDecimals, trimScale } from './decimal.ts';
import { formatDecimal } from './decimal-text.ts';
import { typeName } from './describe.ts';
import { compareIntervals, intervalSpan } from './interval.ts';
import { compareJson } from './json-order.ts';
import { jsonIdentity } from './jsonb.ts';
import { compareText, trimPadding } from './text.ts';
import {
  BOOL,
  BPCHAR,
  BYTEA,
  DATE,
  FLOAT4,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  INTERVAL,
  JSONB,
  NAME,
  NUMERIC,
  OID,
  RECORD,
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  UNKNOWN,
  UUID,
  VARCHAR,
} from './type.ts';
import type { ArrayValue, Decimal, Int64, Interval, RecordValue, TypeId, Value } from './type.ts';
import { USER_TYPES_FROM } from './user-type.ts';

/** Negative, zero, positive. */
export type Comparison = (a: Value, b: Value) => number;

/** -0 equals 0; NaN equals itself and is above all. */
export function compareFloats(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  return -1;
}

function compareNumbers(a: number, b: number): number {
  return a - b;
}

/** Numbers and bigints compare with each other exactly. */
function compareInt64(a: Int64, b: Int64): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Field by field; a null field is above all and equals another. */
function compareRecords(a: RecordValue, b: RecordValue): number {
  for (let i = 0; i < a.fields.length && i < b.fields.length; i += 1) {
    const left = a.fields[i] ?? null;
    const right = b.fields[i] ?? null;
    if (left === null || right === null) {
      if (left !== right) return left === null ? 1 : -1;
      continue;
    }
    const order = compareFor(a.types[i]?.id ?? UNKNOWN)(left, right);
    if (order !== 0) return order;
  }
  return a.fields.length - b.fields.length;
}

const numbers = compareNumbers as Comparison;
const integers = compareInt64 as Comparison;
const floats = compareFloats as Comparison;
const texts = compareText as Comparison;

const COMPARISONS: ReadonlyMap<TypeId, Comparison> = new Map<TypeId, Comparison>([
  [BOOL, (a, b) => Number(a) - Number(b)],
  [INT2, numbers],
  [INT4, numbers],
  [OID, numbers],
  [DATE, numbers],
  [INT8, integers],
  [TIME, integers],
  [TIMESTAMP, integers],
  [TIMESTAMPTZ, integers],
  [FLOAT4, floats],
  [FLOAT8, floats],
  [NUMERIC, (a, b) => compareDecimals(a as Decimal, b as Decimal)],
  [TEXT, texts],
  [VARCHAR, texts],
  [NAME, texts],
  [UNKNOWN, texts],
  [UUID, texts],
  [BPCHAR, (a, b) => compareText(trimPadding(a as string), trimPadding(b as string))],
  [BYTEA, (a, b) => compareBytes(a as Uint8Array, b as Uint8Array)],
  [INTERVAL, (a, b) => compareIntervals(a as Interval, b as Interval)],
  [JSONB, (a, b) => compareJson(a as string, b as string)],
  [RECORD, (a, b) => compareRecords(a as RecordValue, b as RecordValue)],
]);

/** True when the type has an order, and so `=`. json has neither, nor have arrays of it. */
export function isComparable(type: TypeId): boolean {
  return type >= USER_TYPES_FROM || COMPARISONS.has(elementOf(type) ?? type);
}

export function compareFor(type: TypeId): Comparison {
  const found = COMPARISONS.get(type);
  if (found !== undefined) return found;
  const element = elementOf(type);
  // Ranks of an enum's labels.
  if (element === null && type >= USER_TYPES_FROM) return texts;
  if (element === null) throw unsupported(`comparing type ${typeName(type)}`, -1);
  const compare = compareFor(element);
  return (a, b) => compareArrays(a as ArrayValue, b as ArrayValue, compare);
}

export type Identity = (value: Value) => Value;

/** A `Map` takes -0 for 0 and NaN for itself, so a number is its own identity. */
const itself: Identity = (value) => value;

/** Equal values, and no others, have identities that a `Map` takes for the same key. */
export function identityFor(type: TypeId): Identity {
  switch (type) {
    case NUMERIC:
      return (value) => decimalIdentity(value as Decimal);
    case BPCHAR:
      return (value) => trimPadding(value as string);
    case BYTEA:
      return (value) => bytesIdentity(value as Uint8Array);
    case INTERVAL:
      return (value) => {
        const { days, micros } = intervalSpan(value as Interval);
        return `${days} ${micros}`;
      };
    case JSONB:
      return (value) => jsonIdentity(value as string);
    case RECORD:
      return (value) => recordIdentity(value as RecordValue);
    default:
      return arrayIdentityFor(type);
  }
}

function arrayIdentityFor(type: TypeId): Identity {
  const element = elementOf(type);
  if (element === null) return itself;
  const identity = identityFor(element);
  return (value) => arrayIdentity(value as ArrayValue, identity);
}

/** Safe integers are themselves; everything else is text without zeros at the end. */
function decimalIdentity(value: Decimal): Value {
  if (value.special === 0 && value.scale === 0) return value.coefficient;
  const trimmed = value.special === 0 ? trimScale(value) : value;
  return trimmed.special === 0 && trimmed.scale === 0
    ? trimmed.coefficient
    : formatDecimal(trimmed);
}

function bytesIdentity(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Each field prefixed with its length, so that no two records run together. */
function recordIdentity(value: RecordValue): string {
  return value.fields
    .map((field, i) => {
      if (field === null) return 'n';
      const text = String(identityFor(value.types[i]?.id ?? UNKNOWN)(field));
      return `${text.length}:${text}`;
    })
    .join(',');
}
