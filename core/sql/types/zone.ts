/**
 * Time zones: what clocks showed at an instant, and the instant at which clocks showed something.
 *
 * A zone is an offset for ever, one of the IANA database (pinned: `zone-data.ts`), a rule in
 * POSIX's words, or an abbreviation (`MSK`) that has meant several offsets.
 */
import { SqlError } from '../error.ts';
import { floorDivide64 } from './int64.ts';
import { lowerAscii } from './text.ts';
import type { Int64 } from './type.ts';
import { FIXED_ABBREVIATIONS, ZONE_ABBREVIATIONS } from './zone-abbreviations.ts';
import { ZoneHistory } from './zone-history.ts';
import { parsePosixZone } from './zone-posix.ts';
import { tableZone } from './zone-table.ts';

/** Instants and local times are finite timestamps: microseconds since 2000-01-01. */
export interface Zone {
  /** As a session's `timezone` shows it. */
  readonly name: string;
  /** Microseconds east of UTC, of a zone that never moves; else null. */
  readonly fixedMicros: number | null;
  /** Microseconds east of UTC. */
  offsetAt(instant: Int64): number;
  /** Of the instant at which clocks showed it; ambiguous and skipped times as PostgreSQL does. */
  offsetOfLocal(local: Int64): number;
  /** `CEST`, `+03`. */
  abbreviationAt(instant: Int64): string;
}

const SECOND_MICROS = 1_000_000;

function secondsOf(micros: Int64): number {
  return typeof micros === 'number'
    ? Math.floor(micros / SECOND_MICROS)
    : Number(floorDivide64(micros, SECOND_MICROS));
}

class FixedZone implements Zone {
  readonly name: string;
  readonly fixedMicros: number;
  readonly #abbreviation: string;

  constructor(name: string, micros: number, abbreviation: string) {
    this.name = name;
    this.fixedMicros = micros;
    this.#abbreviation = abbreviation;
  }

  offsetAt(): number {
    return this.fixedMicros;
  }

  offsetOfLocal(): number {
    return this.fixedMicros;
  }

  abbreviationAt(): string {
    return this.#abbreviation;
  }
}

class MovingZone implements Zone {
  readonly name: string;
  readonly fixedMicros: null = null;
  readonly #history: ZoneHistory;

  constructor(name: string, history: ZoneHistory) {
    this.name = name;
    this.#history = history;
  }

  offsetAt(instant: Int64): number {
    return this.#history.at(secondsOf(instant)).period.seconds * SECOND_MICROS;
  }

  offsetOfLocal(local: Int64): number {
    return this.#history.ofLocal(secondsOf(local)).seconds * SECOND_MICROS;
  }

  abbreviationAt(instant: Int64): string {
    return this.#history.at(secondsOf(instant)).period.abbreviation;
  }
}

/** `MSK`: what Moscow meant by it at the time; what Moscow had, where it is not Moscow's word. */
class AbbreviatedZone implements Zone {
  readonly name: string;
  readonly fixedMicros: null = null;
  readonly #history: ZoneHistory;

  constructor(name: string, history: ZoneHistory) {
    this.name = name;
    this.#history = history;
  }

  offsetAt(instant: Int64): number {
    const history = this.#history;
    const seconds = secondsOf(instant);
    const meant = history.meaning(this.name, seconds);
    if (meant !== null) return meant.seconds * SECOND_MICROS;
    // As PostgreSQL: what clocks showed, taken back; so of an hour shown twice the second one.
    return history.ofLocal(seconds + history.at(seconds).period.seconds).seconds * SECOND_MICROS;
  }

  offsetOfLocal(local: Int64): number {
    const seconds = secondsOf(local);
    const own = this.#history.ofLocal(seconds);
    const meant = this.#history.meaning(this.name, seconds - own.seconds) ?? own;
    return meant.seconds * SECOND_MICROS;
  }

  abbreviationAt(): string {
    return this.name;
  }
}

export const UTC: Zone = new FixedZone('UTC', 0, 'UTC');

/** An offset from UTC that has no other name: `<+02>-02`, as POSIX writes it. */
export function fixedZone(micros: number): Zone {
  const east = clock(micros, '+', '-');
  return new FixedZone(`<${east}>${clock(micros, '-', '+')}`, micros, east);
}

/** `+02`, `-05:30`, `+00:00:15`; no seconds below one. */
function clock(micros: number, positive: string, negative: string): string {
  const seconds = Math.floor(Math.abs(micros) / SECOND_MICROS);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  while (parts.length > 1 && parts[parts.length - 1] === 0) parts.pop();
  const sign = micros < 0 ? negative : positive;
  return sign + parts.map((part) => part.toString().padStart(2, '0')).join(':');
}

const KEPT_ZONES = 512;
const NAME_UNITS_MAX = 255;
const kept: Map<string, Zone> = new Map();

/** A zone of the database, or one in POSIX's words; null: neither. Abbreviations are none. */
export function findZone(name: string): Zone | null {
  // Of nearly every session: the table is not even opened for it.
  if (name === UTC.name) return UTC;
  const known = kept.get(name);
  if (known !== undefined) return known;
  const zone = readZone(name);
  if (zone === null) return null;
  if (kept.size >= KEPT_ZONES) kept.clear();
  kept.set(name, zone);
  return zone;
}

function readZone(name: string): Zone | null {
  if (name.length > NAME_UNITS_MAX) return null;
  const found = tableZone(name);
  if (found !== null) return zoneOf(found.name, found.history);
  const rule = parsePosixZone(upperAscii(name));
  if (rule === null) return null;
  return zoneOf(upperAscii(name), new ZoneHistory(rule.standard, [], [], rule));
}

function zoneOf(name: string, history: ZoneHistory): Zone {
  const { only } = history;
  if (only === null) return new MovingZone(name, history);
  return new FixedZone(name, only.seconds * SECOND_MICROS, only.abbreviation);
}

function upperAscii(text: string): string {
  return text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

const abbreviations: Map<string, Zone> = new Map();

/** Of PostgreSQL's default set, in lower case; null: it is none. */
export function zoneAbbreviation(word: string): Zone | null {
  const known = abbreviations.get(word);
  if (known !== undefined) return known;
  const seconds = FIXED_ABBREVIATIONS.get(word);
  const own = ZONE_ABBREVIATIONS.get(word);
  const name = upperAscii(word);
  let zone: Zone | null = null;
  if (seconds !== undefined) zone = new FixedZone(name, seconds * SECOND_MICROS, name);
  else if (own !== undefined) zone = new AbbreviatedZone(name, tableZone(own)!.history);
  if (zone !== null) abbreviations.set(word, zone);
  return zone;
}

/** As `AT TIME ZONE` was given them, for the rows to come. */
const named: Map<string, Zone> = new Map();

/** What `AT TIME ZONE` takes: an abbreviation or a name. `22023` for what is neither. */
export function zoneNamed(name: string): Zone {
  const known = named.get(name);
  if (known !== undefined) return known;
  const zone = zoneAbbreviation(lowerAscii(name)) ?? findZone(name);
  if (zone === null) throw new SqlError('22023', `time zone "${name}" not recognized`);
  if (named.size >= KEPT_ZONES) named.clear();
  named.set(name, zone);
  return zone;
}
