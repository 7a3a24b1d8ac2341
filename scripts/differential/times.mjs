/**
 * Generated expressions over instants, intervals and times of day, and what other types make of
 * them. Zones are named ones with and without summer time; the session's is drawn for each schema.
 */
import { of } from './kinds.mjs';

export const ZONES = [
  'UTC',
  'Europe/Zurich',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
];

const SPANS = ['1 day', '5 hours', '1 month', '-40 days', '1 year 2 mons', '00:00:01.5'];

/** Of instants, and what is read off them. */
export function timeKinds(random) {
  const zone = () => `'${random.of(ZONES)}'`;
  const span = () => `interval '${random.of(SPANS)}'`;
  const field = () => `'${random.of(['year', 'quarter', 'month', 'week', 'day', 'hour'])}'`;
  return {
    timestamptz: [
      ...of(
        'time zone',
        (e) => `(${e('timestamp')} AT TIME ZONE ${zone()})`,
        (e) => `(${e('timestamp')})::timestamptz`,
        (e) => `(${e('date')})::timestamptz`,
        (e) => `date_trunc(${field()}, ${e('timestamptz')}, ${zone()})`,
        (e) => `date_trunc(${field()}, ${e('timestamptz')})`,
        (e) => `make_timestamptz(2024, 3, 31, 2, 30, 0, ${zone()}) + ${e('interval')}`,
      ),
      ...of(
        'date arithmetic',
        (e) => `(${e('timestamptz')} + ${e('interval')})`,
        (e) => `(${e('timestamptz')} - ${span()})`,
        (e) => `to_timestamp(${e('int')} * 100000)`,
      ),
    ],
    timestamp: of(
      'time zone',
      (e) => `(${e('timestamptz')} AT TIME ZONE ${zone()})`,
      (e) => `(${e('timestamptz')})::timestamp`,
      (e) => `(${e('date')} + ${e('time')})`,
      (e) => `(${e('timestamp')} + ${e('interval')})`,
      (e) => `date_bin(interval '6 hours', ${e('timestamp')}, timestamp '2024-01-01')`,
    ),
    date: of(
      'time zone',
      (e) => `(${e('timestamptz')})::date`,
      (e) => `make_date(2024, 2, greatest(1, least(29, ${e('int')})))`,
    ),
    numeric: of(
      'extract',
      (e) =>
        `extract(epoch FROM ${e(random.of(['interval', 'timestamptz', 'timestamp', 'time']))})`,
      (e) => `extract(${random.of(['second', 'hour', 'minute', 'day'])} FROM ${e('interval')})`,
      (e) =>
        `extract(${random.of(['isoyear', 'week', 'isodow', 'quarter'])} FROM ${e('timestamptz')})`,
    ),
    int: of('date arithmetic', (e) => `(${e('date')} - ${e('date')})`),
    bool: of(
      'overlaps',
      (e) => `((${e('date')}, ${e('date')}) OVERLAPS (${e('date')}, ${e('date')}))`,
      (e) =>
        `((${e('timestamptz')}, ${e('interval')}) OVERLAPS (${e('timestamptz')}, ${e('interval')}))`,
    ),
  };
}

/** Of spans of time and times of day. */
export function spanKinds(random) {
  const span = () => `interval '${random.of(SPANS)}'`;
  return {
    interval: of(
      'interval',
      (e) => `(${e('timestamp')} - ${e('timestamp')})`,
      (e) => `(${e('timestamptz')} - ${e('timestamptz')})`,
      (e) => `(${e('interval')} + ${e('interval')})`,
      (e) => `(${e('interval')} - ${span()})`,
      (e) => `(${e('interval')} * ${e('int')})`,
      (e) => `(${e('interval')} / ${e('int')})`,
      (e) => `(- ${e('interval')})`,
      (e) =>
        `${random.of(['justify_hours', 'justify_days', 'justify_interval'])}(${e('interval')})`,
      (e) => `age(${e('timestamp')}, ${e('timestamp')})`,
      (e) => `(${e('time')} - ${e('time')})`,
      (e) => `make_interval(months => ${e('int')}, hours => ${e('int')})`,
      (e) => `date_trunc('${random.of(['month', 'day', 'hour'])}', ${e('interval')})`,
    ),
    time: of(
      'time of day',
      (e) => `(${e('time')} + ${e('interval')})`,
      (e) => `(${e('time')} - ${span()})`,
      (e) => `(${e('timestamp')})::time`,
      (e) => `(${e('timestamptz')})::time`,
      (e) => `(${e('interval')})::time`,
    ),
  };
}
