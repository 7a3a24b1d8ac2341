/**
 * Time zones of a session: UTC and fixed offsets, until time-zone data is pinned.
 *
 * As in PostgreSQL, an offset in the name of a zone (`UTC+2`, `+02`) of SQL's `SET TIME ZONE`
 * counts east; POSIX's names, which count west, are left out: they mislead everybody.
 */
export interface Zone {
  /** As shown: `UTC`, `+02:00`. */
  readonly name: string;
  /** Microseconds east of UTC. */
  readonly micros: number;
}

const MINUTE_MICROS = 60_000_000;
const MINUTES_MAX = 15 * 60 + 59;
export const UTC: Zone = { name: 'UTC', micros: 0 };
const UTC_NAMES: readonly string[] = ['utc', 'gmt', 'z', 'zulu', 'etc/utc', 'default', 'local'];

/** Null when it is no zone that we know. */
export function parseZone(text: string): Zone | null {
  if (UTC_NAMES.includes(text.toLowerCase())) return UTC;
  const parts = /^([+-]?)(\d{1,2})(?::?(\d{2}))?$/.exec(text);
  if (parts === null) return null;
  const minutes = Number(parts[2]) * 60 + Number(parts[3] ?? 0);
  if (minutes > MINUTES_MAX || Number(parts[3] ?? 0) > 59) return null;
  if (minutes === 0) return UTC;
  const sign = parts[1] === '-' ? '-' : '+';
  const hours = Math.floor(minutes / 60);
  const name = `${sign}${pad(hours)}:${pad(minutes % 60)}`;
  return { name, micros: (sign === '-' ? -minutes : minutes) * MINUTE_MICROS };
}

function pad(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}
