/**
 * The pinned time zones by name: a zone is read from `zone-data.ts` when it is first asked for.
 */
import { ZONE_DATA } from './zone-data.ts';
import { ZoneHistory } from './zone-history.ts';
import { parsePosixZone } from './zone-posix.ts';
import type { ZonePeriod } from './zone-posix.ts';
import { lowerAscii } from './text.ts';

export interface TableZone {
  /** As the database spells it: `Europe/Berlin`. */
  readonly name: string;
  readonly history: ZoneHistory;
}

/** Before every change, in Unix seconds, and the seconds from 1970 to 2000. */
const BASE = -4_294_967_296;
const UNIX_TO_2000 = 946_684_800;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_';

interface Entry {
  readonly name: string;
  readonly line: number;
}

let names: ReadonlyMap<string, Entry> | null = null;
/** By line of the data; of zones that somebody asked for. */
const read: Map<number, ZoneHistory> = new Map();

/** By its name in any case; null: there is none. */
export function tableZone(asked: string): TableZone | null {
  names ??= new Map(ZONE_DATA.flatMap(namesOf));
  const entry = names.get(lowerAscii(asked));
  if (entry === undefined) return null;
  const { name, line } = entry;
  let history = read.get(line);
  if (history === undefined) {
    history = readLine(ZONE_DATA[line]!);
    read.set(line, history);
  }
  return { name, history };
}

function namesOf(text: string, line: number): (readonly [string, Entry])[] {
  const all = text.slice(0, text.indexOf('|')).split(' ');
  return all.map((name) => [lowerAscii(name), { name, line }] as const);
}

function readLine(text: string): ZoneHistory {
  const [, kinds = '', packed = '', footer = ''] = text.split('|');
  const known = kinds.split(',').map(readPeriod);
  const times: number[] = [];
  const periods: ZonePeriod[] = [];
  let time = BASE - UNIX_TO_2000;
  for (let at = 0; at < packed.length;) {
    periods.push(known[DIGITS.indexOf(packed[at]!)]!);
    at += 1;
    let value = 0;
    let unit = 1;
    for (let more = true; more; at += 1) {
      const digit = DIGITS.indexOf(packed[at]!);
      more = digit >= 32;
      value += (digit % 32) * unit;
      unit *= 32;
    }
    // Quarters of an hour, or seconds.
    time += value % 2 === 0 ? (value / 2) * 900 : (value - 1) / 2;
    times.push(time);
  }
  return new ZoneHistory(known[0]!, times, periods, parsePosixZone(footer)!);
}

/** `CEST 7200d`. */
function readPeriod(text: string): ZonePeriod {
  const [abbreviation = '', offset = ''] = text.split(' ');
  const daylight = offset.endsWith('d');
  return { abbreviation, seconds: Number(daylight ? offset.slice(0, -1) : offset), daylight };
}
