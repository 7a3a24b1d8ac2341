/** Random values of every type, edges first: for property tests of whatever handles values. */
import fc from 'fast-check';
import { listArray, makeArray } from '../array.ts';
import { arrayOf } from '../array-type.ts';
import { decimal } from '../decimal.ts';
import { narrow } from '../int64.ts';
import { interval } from '../interval.ts';
import { canonicalJson } from '../jsonb.ts';
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
  NUMERIC,
  OID,
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  UUID,
  VARCHAR,
} from '../type.ts';
import type { ArrayValue, Decimal, TypeId, Value } from '../type.ts';

const int4 = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, 2147483647, -2147483648));
const int64 = fc
  .oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.bigInt({ min: -300n, max: 300n }),
    fc.constantFrom(2n ** 53n, 2n ** 53n - 1n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)),
  )
  .map(narrow);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }).map((s) => s.replaceAll('\0', '')),
  fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\uffff', '\u{10000}', 'é'), maxLength: 4 }),
);

/** Small and huge, with zeros at the end, and the specials. */
export const decimals: fc.Arbitrary<Decimal> = fc.oneof(
  fc
    .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat(20))
    .map(([coefficient, scale]) => decimal(narrow(coefficient), scale)),
  fc.tuple(fc.integer({ min: -200, max: 200 }), fc.nat(3)).map(([c, s]) => decimal(c, s)),
  fc.constantFrom<Decimal>(
    ...([1, 2, 3] as const).map((special): Decimal => {
      return { kind: 'decimal', coefficient: 0, scale: 0, special };
    }),
  ),
);

const float = fc.oneof(fc.double(), fc.constantFrom(0, -0, 1, -1, NaN, Infinity, -Infinity));

const SCALARS: ReadonlyMap<TypeId, fc.Arbitrary<Value>> = new Map<TypeId, fc.Arbitrary<Value>>([
  [BOOL, fc.boolean()],
  [INT2, fc.integer({ min: -32768, max: 32767 })],
  [INT4, int4],
  [INT8, int64],
  [OID, fc.nat(4294967295)],
  [DATE, int4],
  [TIME, fc.nat(86400000000)],
  [TIMESTAMP, int64],
  [TIMESTAMPTZ, int64],
  [FLOAT4, float.map((value) => Math.fround(value))],
  [FLOAT8, float],
  [NUMERIC, decimals],
  [TEXT, text],
  [VARCHAR, text],
  [BPCHAR, text],
  [BYTEA, fc.uint8Array({ maxLength: 5 }).map((bytes) => bytes.map((b) => (b > 250 ? 0 : b)))],
  [UUID, fc.uuid()],
  [
    INTERVAL,
    fc
      .tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -90, max: 90 }), int64)
      .map(([months, days, micros]) => interval(months, days, micros)),
  ],
  [
    JSONB,
    fc.json({ maxDepth: 3 }).map((json) => canonicalJson(json.replaceAll(/\\u[0-9a-f]{4}/g, ''))),
  ],
]);

/** Empty ones, ones of several dimensions, bounds of all kinds, nulls. */
export function arrays(element: fc.Arbitrary<Value>): fc.Arbitrary<ArrayValue> {
  const shape = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(1, 1, 0, -7)), {
    minLength: 1,
    maxLength: 3,
  });
  const made = shape.chain((bounds) => {
    const sizes = bounds.map(([size]) => size);
    const count = sizes.reduce((product, size) => product * size, 1);
    const lows = bounds.map(([, low]) => low);
    const part = fc.option(element, { nil: null, freq: 5 });
    return fc
      .array(part, { minLength: count, maxLength: count })
      .map((elements) => makeArray(sizes, lows, elements));
  });
  const list = fc
    .array(fc.option(element, { nil: null, freq: 5 }), { maxLength: 3 })
    .map((elements) => listArray(elements));
  return fc.oneof(list, made);
}

export const VALUES: ReadonlyMap<TypeId, fc.Arbitrary<Value>> = new Map<
  TypeId,
  fc.Arbitrary<Value>
>([
  ...SCALARS,
  ...[...SCALARS].map(([type, values]): [TypeId, fc.Arbitrary<Value>] => [
    arrayOf(type) as TypeId,
    arrays(values),
  ]),
]);
