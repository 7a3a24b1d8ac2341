/** Any text is a value or an error with a SQLSTATE; what is written is read back as it was. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SqlError } from '../error.ts';
import { elementOf } from './array-type.ts';
import { compareFor } from './compare.ts';
import { isDate, isTimestamp } from './datetime.ts';
import { typeName } from './describe.ts';
import { DEFAULT_STYLE } from './style.ts';
import { VALUES } from './testing/arbitrary.ts';
import { formatValue, parseValue } from './text-io.ts';
import { INT64_MIN } from './int64.ts';
import { DATE, INTERVAL, TIMESTAMP, TIMESTAMPTZ } from './type.ts';
import type { ArrayValue, Int64, Interval, TypeId, Value } from './type.ts';
import { fixedZone } from './zone.ts';

const clock = { now: 636294896789000, zone: fixedZone(7200e6) };

const display = { zone: clock.zone, style: DEFAULT_STYLE };

/** Pieces of what people write, put together at random. */
const scraps = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...'2020 -02 29 12:34 :56 .5 T Z +02 Jan BC AD PM 1 day mons ago P Y now inf NaN e9 { } [ ] " , : \\ x'
          .split(' ')
          .concat([
            '',
            ' ',
            '\n',
            '0x1F',
            '99999999999999999999',
            'true',
            'null',
            '\\u00',
            'é',
            '😀',
          ]),
      ),
      fc.string({ maxLength: 3 }),
    ),
    { maxLength: 7 },
  )
  .map((parts) => parts.join(''));

/** Not every number of days or microseconds is a date, a timestamp or has a magnitude. */
function exists(type: TypeId, value: Value): boolean {
  const element = elementOf(type);
  if (element !== null) {
    return (value as ArrayValue).elements.every((one) => one === null || exists(element, one));
  }
  if (type === INTERVAL) return (value as Interval).micros > INT64_MIN;
  if (type === DATE) return isDate(value as number);
  if (type === TIMESTAMP) return isTimestamp(value as Int64);
  return type !== TIMESTAMPTZ || (isTimestamp(value as Int64) && Math.abs(Number(value)) < 9e18);
}

describe('text of every type', () => {
  for (const [type, values] of VALUES) {
    test(`${typeName(type)}: any text`, () => {
      fc.assert(
        fc.property(scraps, (text) => {
          try {
            const value = parseValue(type, text, clock);
            expect(typeof formatValue(type, value, display)).toBe('string');
          } catch (error) {
            expect(error).toBeInstanceOf(SqlError);
          }
        }),
        { numRuns: 2000 },
      );
    });

    test(`${typeName(type)}: there and back`, () => {
      const compare = compareFor(type);
      fc.assert(
        fc.property(values, (value) => {
          if (!exists(type, value)) return;
          const text = formatValue(type, value, display);
          const read = parseValue(type, text, clock);
          expect(compare(read, value)).toBe(0);
          expect(formatValue(type, read, display)).toBe(text);
        }),
        { numRuns: 1000 },
      );
    });
  }
});
