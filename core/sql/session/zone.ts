/**
 * What `SET timezone` takes, as PostgreSQL reads it: a number of hours east of UTC, a name of the
 * database, or a rule in POSIX's words, which counts west. Abbreviations are no zones.
 */
import { SqlError } from '../error.ts';
import type { Expression } from '../tree/expression.ts';
import { typeFromName } from '../types/describe.ts';
import { parseInterval } from '../types/interval-parse.ts';
import { formatInterval } from '../types/interval-text.ts';
import { findZone, fixedZone } from '../types/zone.ts';
import type { Zone } from '../types/zone.ts';

const HOURS = /^[ \t\n\r\f\v]*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const HOUR_MICROS = 3_600_000_000;
const SECOND_MICROS = 1_000_000;
const MINUTE_MICROS = 60_000_000;
/** A week, exclusively. */
const OFFSET_MICROS_END = 168 * HOUR_MICROS;
/** As `fixedZone` names offsets. */
const OFFSET_NAME = /^<[+-][0-9:]+>[+-][0-9:]+$/;

/** Null when it is no zone. `22023` for one whose minutes begin within a minute of UTC. */
export function parseZone(text: string): Zone | null {
  if (HOURS.test(text)) return offsetZone(Number(text) * HOUR_MICROS);
  const zone = findZone(text);
  if (zone === null || OFFSET_NAME.test(text)) return zone;
  // As PostgreSQL looks: at the beginning of 2000.
  if (zone.offsetAt(0) % MINUTE_MICROS === 0) return zone;
  throw new SqlError('22023', `time zone "${text}" appears to use leap seconds`, {
    detail: 'Zones whose offset has seconds are not supported.',
  });
}

function offsetZone(micros: number): Zone | null {
  const whole = Math.trunc(micros / SECOND_MICROS) * SECOND_MICROS;
  return Math.abs(whole) < OFFSET_MICROS_END ? fixedZone(whole) : null;
}

/** `SET TIME ZONE INTERVAL '2:30' HOUR TO MINUTE`: the zone's name; null: no such value. */
export function zoneOfInterval(value: Expression): string | null {
  if (value.kind !== 'cast' || value.argument.kind !== 'literal') return null;
  const type = typeFromName(value.type);
  const { text } = value.argument;
  const span = parseInterval(text, type.modifier);
  const zone = span.months === 0 && span.days === 0 ? offsetZone(Number(span.micros)) : null;
  if (zone !== null) return zone.name;
  throw new SqlError(
    '22023',
    `invalid value for parameter "TimeZone": "INTERVAL '${formatInterval(span)}'"`,
    {
      detail:
        span.months !== 0
          ? 'Cannot specify months in time zone interval.'
          : span.days !== 0
            ? 'Cannot specify days in time zone interval.'
            : 'UTC timezone offset is out of range.',
    },
  );
}
