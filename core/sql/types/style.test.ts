/** What every style makes of values, as PostgreSQL 15 answered; and that text is read back. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { Parser } from '../parser/parser.ts';
import { isError } from '../session/result.ts';
import { compareFor } from './compare.ts';
import { isDate, isTimestamp } from './datetime.ts';
import { parseInterval } from './interval-parse.ts';
import { formatInterval } from './interval-text.ts';
import { DATE_ORDERS, DATE_STYLES, dateStyleOf, INTERVAL_STYLES, outputStyle } from './style.ts';
import { VALUES } from './testing/arbitrary.ts';
import { formatValue, parseValue } from './text-io.ts';
import { DATE, INTERVAL, TIMESTAMP, TIMESTAMPTZ } from './type.ts';
import { UTC } from './zone.ts';
import type { Int64, Interval, TypeId } from './type.ts';

let parser: Parser;

beforeAll(async () => {
  parser = await loadParser();
});

const EXPRESSIONS: Readonly<Record<string, readonly string[]>> = {
  DateStyle: [
    "date '2020-02-29'",
    "date '0044-03-15 BC'",
    "date 'infinity'",
    "timestamp '1999-01-08 04:05:06.5'",
    "timestamp '12345-12-31 23:59:59'",
    "timestamptz '1997-12-17 07:37:16+00'",
    "timestamptz '0044-03-15 12:00:00 BC'",
    "timestamp '-infinity'",
  ],
  IntervalStyle: [
    "interval '0'",
    "interval '1 year 2 mons'",
    "interval '3 days 04:05:06.7'",
    "interval '-3 days -04:05:06'",
    "interval '1 day -1 sec'",
    "interval '-1 year -2 mons +3 days -4:05:06.789'",
    "interval '-00:00:00.5'",
    "interval '1 sec'",
    "interval '-1 mon 1 sec'",
    "interval '-1 2:03'",
    "interval '-1-2 3 4:05'",
    "interval '-1 hour 5 min'",
    "interval '-2147483648 days'",
    "interval '1 day 100:00:01'",
  ],
  bytea_output: ["'\\x00015c27617aff'::bytea", "''::bytea"],
  extra_float_digits: [
    '0.1::float8',
    '(1.0::float8/3)',
    '1234567.5::float8',
    '1e15::float8',
    '123456789012345678::float8',
    '2.5::float8',
    '1e-5::float8',
    '(1.0::float4/3)',
    '1e6::float4',
    '123456.5::float4',
    "'NaN'::float8",
    "'-0'::float8",
  ],
};

const RECORDED: readonly (readonly [string, string, string])[] = [
  [
    'DateStyle',
    'ISO, MDY',
    '2020-02-29|0044-03-15 BC|infinity|1999-01-08 04:05:06.5|12345-12-31 23:59:59|1997-12-17 07:37:16+00|0044-03-15 12:00:00+00 BC|-infinity',
  ],
  [
    'DateStyle',
    'ISO, DMY',
    '2020-02-29|0044-03-15 BC|infinity|1999-01-08 04:05:06.5|12345-12-31 23:59:59|1997-12-17 07:37:16+00|0044-03-15 12:00:00+00 BC|-infinity',
  ],
  [
    'DateStyle',
    'SQL, MDY',
    '02/29/2020|03/15/0044 BC|infinity|01/08/1999 04:05:06.5|12/31/12345 23:59:59|12/17/1997 07:37:16 UTC|03/15/0044 12:00:00 UTC BC|-infinity',
  ],
  [
    'DateStyle',
    'SQL, DMY',
    '29/02/2020|15/03/0044 BC|infinity|08/01/1999 04:05:06.5|31/12/12345 23:59:59|17/12/1997 07:37:16 UTC|15/03/0044 12:00:00 UTC BC|-infinity',
  ],
  [
    'DateStyle',
    'SQL, YMD',
    '02/29/2020|03/15/0044 BC|infinity|01/08/1999 04:05:06.5|12/31/12345 23:59:59|12/17/1997 07:37:16 UTC|03/15/0044 12:00:00 UTC BC|-infinity',
  ],
  [
    'DateStyle',
    'Postgres, MDY',
    '02-29-2020|03-15-0044 BC|infinity|Fri Jan 08 04:05:06.5 1999|Mon Dec 31 23:59:59 12345|Wed Dec 17 07:37:16 1997 UTC|Fri Mar 15 12:00:00 0044 UTC BC|-infinity',
  ],
  [
    'DateStyle',
    'Postgres, DMY',
    '29-02-2020|15-03-0044 BC|infinity|Fri 08 Jan 04:05:06.5 1999|Mon 31 Dec 23:59:59 12345|Wed 17 Dec 07:37:16 1997 UTC|Fri 15 Mar 12:00:00 0044 UTC BC|-infinity',
  ],
  [
    'DateStyle',
    'Postgres, YMD',
    '02-29-2020|03-15-0044 BC|infinity|Fri Jan 08 04:05:06.5 1999|Mon Dec 31 23:59:59 12345|Wed Dec 17 07:37:16 1997 UTC|Fri Mar 15 12:00:00 0044 UTC BC|-infinity',
  ],
  [
    'DateStyle',
    'German, DMY',
    '29.02.2020|15.03.0044 BC|infinity|08.01.1999 04:05:06.5|31.12.12345 23:59:59|17.12.1997 07:37:16 UTC|15.03.0044 12:00:00 UTC BC|-infinity',
  ],
  [
    'IntervalStyle',
    'postgres',
    '00:00:00|1 year 2 mons|3 days 04:05:06.7|-3 days -04:05:06|1 day -00:00:01|-1 years -2 mons +3 days -04:05:06.789|-00:00:00.5|00:00:01|-1 mons +00:00:01|-1 days +02:03:00|-1 years -2 mons +3 days 04:05:00|-00:55:00|-2147483648 days|1 day 100:00:01',
  ],
  [
    'IntervalStyle',
    'postgres_verbose',
    '@ 0|@ 1 year 2 mons|@ 3 days 4 hours 5 mins 6.7 secs|@ 3 days 4 hours 5 mins 6 secs ago|@ 1 day -1 sec|@ 1 year 2 mons -3 days 4 hours 5 mins 6.789 secs ago|@ 0.5 secs ago|@ 1 sec|@ 1 mon -1 sec ago|@ 1 day -2 hours -3 mins ago|@ 1 year 2 mons -3 days -4 hours -5 mins ago|@ 55 mins ago|@ 2147483648 days ago|@ 1 day 100 hours 1 sec',
  ],
  [
    'IntervalStyle',
    'sql_standard',
    '0|1-2|3 4:05:06.7|-3 4:05:06|+0-0 +1 -0:00:01|-1-2 +3 -4:05:06.789|-0:00:00.5|0:00:01|-0-1 +0 -0:00:01|-1 2:03:00|-1-2 -3 -4:05:00|-1:05:00|-2147483648 0:00:00|1 100:00:01',
  ],
  [
    'IntervalStyle',
    'iso_8601',
    'PT0S|P1Y2M|P3DT4H5M6.7S|P-3DT-4H-5M-6S|P1DT-1S|P-1Y-2M3DT-4H-5M-6.789S|PT-0.5S|PT1S|P-1MT1S|P-1DT2H3M|P-1Y-2M3DT4H5M|PT-55M|P-2147483648D|P1DT100H1S',
  ],
  ['bytea_output', 'hex', '\\x00015c27617aff|\\x'],
  ['bytea_output', 'escape', "\\000\\001\\\\'az\\377|"],
  [
    'extra_float_digits',
    '3',
    '0.1|0.3333333333333333|1234567.5|1e+15|1.2345678901234568e+17|2.5|1e-05|0.3333333333333333|1e+06|123456.5|NaN|-0',
  ],
  [
    'extra_float_digits',
    '0',
    '0.1|0.333333333333333|1234567.5|1e+15|1.23456789012346e+17|2.5|1e-05|0.333333333333333|1e+06|123456|NaN|-0',
  ],
  [
    'extra_float_digits',
    '-2',
    '0.1|0.3333333333333|1234567.5|1e+15|1.234567890123e+17|2.5|1e-05|0.3333333333333|1e+06|1.235e+05|NaN|-0',
  ],
  [
    'extra_float_digits',
    '-6',
    '0.1|0.333333333|1234567.5|1e+15|1.23456789e+17|2.5|1e-05|0.333333333|1e+06|1e+05|NaN|-0',
  ],
  ['extra_float_digits', '-15', '0.1|0.3|1e+06|1e+15|1e+17|2|1e-05|0.3|1e+06|1e+05|NaN|-0'],
];

describe('as PostgreSQL writes them', () => {
  test.each(RECORDED)('%s %s', (name, value, answers) => {
    const session = new MemoryDatabase(parser).session();
    const shown = EXPRESSIONS[name]!.map((expression) => {
      const sql = `SET ${name} = '${value}'; SELECT (${expression})::text, ${expression}`;
      const answer = session.run(sql).at(-1)!;
      if (isError(answer)) return answer.message;
      const [text, plain] = answer.rows[0]!;
      const { display } = session.session.settings;
      expect(formatValue(answer.columns![1]!.type.id, plain!, display)).toBe(text);
      return text;
    });
    expect(shown.join('|')).toBe(answers);
  });

  test('settings that are none are refused', () => {
    const session = new MemoryDatabase(parser).session();
    const run = (sql: string): string => {
      const answer = session.run(sql).at(-1)!;
      return isError(answer) ? answer.code : String(answer.rows[0]?.[0]);
    };
    expect(run("SET IntervalStyle = 'iso'")).toBe('22023');
    expect(run("SET DateStyle = 'ISO, SQL'")).toBe('22023');
    expect(run("SET DateStyle = 'MDY, DMY'")).toBe('22023');
    expect(run('SET extra_float_digits = 4')).toBe('22023');
    expect(run('SET DateStyle = SQL; SET DateStyle = German; SHOW DateStyle')).toBe('German, DMY');
    expect(run('SET DateStyle = YMD; SHOW DateStyle')).toBe('German, YMD');
    expect(run('RESET DateStyle; SHOW DateStyle')).toBe('ISO, MDY');
  });

  test('words say what changes, and the rest stays', () => {
    expect(dateStyleOf('german, mdy', 'ISO, YMD')).toBe('German, MDY');
    expect(dateStyleOf('mdy, german', 'ISO, YMD')).toBe('German, MDY');
    expect(dateStyleOf('german, default', 'ISO, YMD')).toBe('German, MDY');
    expect(dateStyleOf('default', 'SQL, DMY')).toBe('ISO, MDY');
    expect(dateStyleOf('Euro, PostgreSQL', 'SQL, MDY')).toBe('Postgres, DMY');
    expect(dateStyleOf('iso dmy', 'ISO, MDY')).toBe(null);
  });
});

describe('read back', () => {
  const small = { min: -2_147_483_647, max: 2_147_483_647 };
  const span: fc.Arbitrary<Interval> = fc.record({
    kind: fc.constant('interval' as const),
    months: fc.oneof(fc.integer(small), fc.integer({ min: -30, max: 30 })),
    days: fc.oneof(fc.integer(small), fc.constant(0)),
    micros: fc.oneof(fc.maxSafeInteger(), fc.constant(0), fc.integer({ min: -9e6, max: 9e6 })),
  });

  test.each(INTERVAL_STYLES)('intervals: %s', (style) => {
    fc.assert(
      fc.property(span, (value) => {
        const text = formatInterval(value, style);
        expect(parseInterval(text, -1, style === 'sql_standard')).toEqual(value);
      }),
    );
  });

  const types: readonly TypeId[] = [DATE, TIMESTAMP, TIMESTAMPTZ];
  test.each(DATE_STYLES)('dates: %s', (dates) => {
    for (const order of DATE_ORDERS) {
      // PostgreSQL does not read back what it writes in these: the year is last, the day first.
      if (order === 'ymd' && dates !== 'ISO') continue;
      if (order === 'mdy' && dates === 'German') continue;
      const setting = `${dates}, ${order.toUpperCase()}`;
      const display = { zone: UTC, style: outputStyle(setting, 'postgres', 'hex', '1') };
      const clock = { now: 0, zone: UTC, setting: () => setting };
      for (const type of types) {
        const compare = compareFor(type);
        const values = VALUES.get(type)!;
        fc.assert(
          fc.property(values, (value) => {
            if (type === DATE ? !isDate(value as number) : !isTimestamp(value as Int64)) return;
            const text = formatValue(type, value, display);
            expect(compare(parseValue(type, text, clock), value)).toBe(0);
          }),
        );
      }
    }
  });

  test('no other form is taken for an interval', () => {
    expect(() => parseValue(INTERVAL, 'P1Y junk', { now: 0, zone: UTC })).toThrow('invalid input');
  });
});
