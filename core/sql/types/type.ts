/**
 * SQL types, under PostgreSQL's own numbers (pg_type.oid), which are stable and go into entries.
 *
 * A type is a number and a modifier (PostgreSQL's typmod without its historic offset of 4): length
 * of varchar and char, `precision * 65536 + scale` of numeric, fractional digits of times; -1 none.
 */
export const BOOL = 16;
export const BYTEA = 17;
export const INT8 = 20;
export const INT2 = 21;
export const INT4 = 23;
export const TEXT = 25;
export const OID = 26;
export const JSON = 114;
export const FLOAT4 = 700;
export const FLOAT8 = 701;
/** A literal whose type its context has not said yet. */
export const UNKNOWN = 705;
export const BPCHAR = 1042;
export const VARCHAR = 1043;
export const DATE = 1082;
export const TIME = 1083;
export const TIMESTAMP = 1114;
export const TIMESTAMPTZ = 1184;
export const INTERVAL = 1186;
export const NUMERIC = 1700;
export const RECORD = 2249;
export const VOID = 2278;
export const NAME = 19;
export const UUID = 2950;
export const JSONB = 3802;
export const JSONPATH = 4072;

export type TypeId = number;

export interface SqlType {
  readonly id: TypeId;
  /** -1: none. */
  readonly modifier: number;
}

/**
 * A value, by type:
 *   bool boolean; int2, int4, oid, float4, float8 number; text, varchar, char, name, unknown
 *     string;
 *   int8, timestamp, timestamptz, time `Int64`: number while it is a safe integer, else bigint, so
 *     that equal values have one representation (timestamps: microseconds since 2000-01-01 UTC,
 *     PostgreSQL's epoch; infinity and -infinity are 2^63-1 and -2^63 as bigint; time: micros);
 *   date number of days since 2000-01-01 (±infinity: 2^31-1 and -2^31); bytea Uint8Array;
 *   numeric Decimal; interval Interval; uuid its 36 lower-case characters;
 *   an enum the rank of its label, a string (`user-type.ts`);
 *   json, jsonb and jsonpath their text (in PostgreSQL's canonical form, but for json);
 *   record a frozen Value[];
 *   an array of any of these an ArrayValue (its types: `array-type.ts`).
 * Text is well-formed UTF-16 without NUL and compares by code point (as UTF-8 bytes do).
 * Values are immutable.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Decimal
  | Interval
  | RecordValue
  | ArrayValue;

/** An integer of 64 bits: number while safe, else bigint. */
export type Int64 = number | bigint;

export interface RecordValue {
  readonly kind: 'record';
  readonly types: readonly SqlType[];
  readonly fields: readonly Value[];
  /** Of a table's row: its columns. Absent: f1, f2, … */
  readonly names?: readonly string[];
}

/**
 * An array, of which the type says what its elements are. One without elements has no dimensions;
 * another has one to six, and as many elements as their product, the last dimension's index running
 * fastest.
 */
export interface ArrayValue {
  readonly kind: 'array';
  /** Elements of each dimension, one or more. */
  readonly dimensions: readonly number[];
  /** First index of each dimension, int4. */
  readonly lowerBounds: readonly number[];
  readonly elements: readonly Value[];
}

/** Numeric: `coefficient * 10^-scale`, shown with exactly `scale` digits after the point. */
export interface Decimal {
  readonly kind: 'decimal';
  /** number while it is a safe integer, else bigint. 0 for specials. */
  readonly coefficient: Int64;
  /** 0 to 16,383. */
  readonly scale: number;
  /** 0 finite, 1 NaN, 2 infinity, 3 -infinity. */
  readonly special: 0 | 1 | 2 | 3;
}

export interface Interval {
  readonly kind: 'interval';
  readonly months: number;
  readonly days: number;
  readonly micros: Int64;
}
