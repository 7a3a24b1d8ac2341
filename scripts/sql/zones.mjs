/**
 * Compiles this machine's IANA time zones into `core/sql/types/zone-data.ts`: the data is pinned
 * in a release, so that every replica of it computes the same.
 *
 *   node scripts/sql/zones.mjs [FOLDER]   FOLDER: /usr/share/zoneinfo
 *
 * A line a zone: its names, the kinds of time it has known, when it changed to which, and the
 * POSIX rule that holds from then on, between bars. Changes that the rule makes by itself are left
 * out. `zone-table.ts` reads it; `zone-table.test.ts` compares it with the files.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const folder = process.argv[2] ?? '/usr/share/zoneinfo';
const root = new URL('../../', import.meta.url).pathname;
const OUT = join(root, 'core/sql/types/zone-data.ts');
/** Not zones, or the machine's own; `right` counts leap seconds, `posix` repeats the rest. */
const LEFT_OUT = ['localtime', 'posixrules', 'posix', 'right'];
/** Before every change of every zone; in Unix seconds. */
const BASE = -(2 ** 32);
const UNIX_TO_2000 = 946_684_800;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_';

const { parsePosixZone, ruleChanges } = await importCore('core/sql/types/zone-posix.ts');

async function importCore(path) {
  const options = { entryPoints: [join(root, path)], bundle: true, format: 'esm', write: false };
  const { outputFiles } = await build(options);
  const text = Buffer.from(outputFiles[0].contents).toString('base64');
  return import(`data:text/javascript;base64,${text}`);
}

function* namesIn(path) {
  for (const entry of readdirSync(join(folder, path), { withFileTypes: true })) {
    const name = path === '' ? entry.name : `${path}/${entry.name}`;
    if (LEFT_OUT.includes(name)) continue;
    if (entry.isDirectory()) yield* namesIn(name);
    else if (readFileSync(join(folder, name)).toString('latin1', 0, 4) === 'TZif') yield name;
  }
}

/** Of the file's second part, which has 64-bit times (RFC 8536). */
function readZone(name) {
  const file = readFileSync(join(folder, name));
  const counts = (at) => [0, 1, 2, 3, 4, 5].map((i) => file.readUInt32BE(at + 20 + 4 * i));
  const [isUt, isStd, leaps, times, types, characters] = counts(0);
  const second = 44 + times * 5 + types * 6 + characters + leaps * 8 + isStd + isUt;
  const [utcs, stds, leaps64, count, kinds, letters] = counts(second);
  if (file[4] < 0x32 || leaps64 !== 0) throw new Error(`${name} is no plain TZif of version 2`);
  let at = second + 44;
  const changes = [];
  for (let i = 0; i < count; i += 1) {
    const time = Number(file.readBigInt64BE(at + 8 * i));
    changes.push({ time, type: file[at + 8 * count + i] });
  }
  at += 9 * count;
  const names = at + 6 * kinds;
  const periods = Array.from({ length: kinds }, (_, i) => {
    const start = names + file[at + 6 * i + 5];
    return {
      seconds: file.readInt32BE(at + 6 * i),
      daylight: file[at + 6 * i + 4] === 1,
      abbreviation: file.toString('latin1', start, file.indexOf(0, start)),
    };
  });
  const end = names + letters + leaps64 * 12 + stds + utcs;
  const footer = file.toString('latin1', end + 1, file.indexOf(10, end + 1));
  return { periods, changes, footer };
}

const sameTime = (a, b) =>
  a.seconds === b.seconds && a.daylight === b.daylight && a.abbreviation === b.abbreviation;

/** How many changes must be written: those after them are what the rule says. */
function neededChanges({ periods, changes, footer }) {
  const rule = parsePosixZone(footer);
  if (rule === null) throw new Error(`no rule in "${footer}"`);
  let needed = changes.length;
  while (needed > 0 && ruled(needed - 1)) needed -= 1;
  return needed;

  /** The rule, from the change before this one on, makes exactly the changes that follow. */
  function ruled(first) {
    if (first === 0) return false;
    const { time, type } = changes[first];
    const until = changes[first + 1]?.time ?? time + 1;
    if (rule.daylight === null) return false;
    const year = new Date(time * 1000).getUTCFullYear();
    const made = [year - 1, year, year + 1]
      .flatMap((one) => ruleChanges(rule, one))
      .map((one) => ({ ...one, time: one.time + UNIX_TO_2000 }))
      .filter((one) => one.time > changes[first - 1].time && one.time < until);
    return made.length === 1 && made[0].time === time && sameTime(made[0].period, periods[type]);
  }
}

/** Base 32, lowest digits first; a digit above 31 says that more follow. */
function packNumber(value) {
  let rest = value;
  let out = '';
  while (rest >= 32) {
    out += DIGITS[32 + (rest % 32)];
    rest = Math.floor(rest / 32);
  }
  return out + DIGITS[rest];
}

/** Quarters of an hour where that is exact, which it nearly always is; else seconds. */
function packTime(seconds) {
  return packNumber(seconds % 900 === 0 ? (seconds / 900) * 2 : seconds * 2 + 1);
}

function packZone(zone) {
  const used = [];
  const place = (period) => {
    const found = used.findIndex((one) => sameTime(one, period));
    return found >= 0 ? found : used.push(period) - 1;
  };
  place(zone.periods[0]);
  let last = BASE;
  let packed = '';
  for (const { time, type } of zone.changes.slice(0, neededChanges(zone))) {
    const early = time < BASE;
    if (early && time > -(2 ** 40)) throw new Error(`a change at ${time}`);
    // Files for old readers begin with a change at the beginning of time.
    if (early) {
      if (!sameTime(zone.periods[type], used[0])) throw new Error('another first kind of time');
      continue;
    }
    packed += DIGITS[place(zone.periods[type])] + packTime(time - last);
    last = time;
  }
  const kinds = used.map(
    ({ seconds, daylight, abbreviation }) => `${abbreviation} ${seconds}${daylight ? 'd' : ''}`,
  );
  return `${kinds.join(',')}|${packed}|${zone.footer}`;
}

const byUnits = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const byData = new Map();
for (const name of [...namesIn('')].sort(byUnits)) {
  const data = packZone(readZone(name));
  byData.set(data, [...(byData.get(data) ?? []), name]);
}
const [, version] = /version (\S+)/.exec(readFileSync(join(folder, 'tzdata.zi'), 'utf8'));
const lines = [...byData].map(([data, names]) => `  '${names.join(' ')}|${data}',`);
const text = `/**
 * The IANA time zones (public domain), written by \`scripts/sql/zones.mjs\`; read by
 * \`zone-table.ts\`.
 */

/** Release of the IANA time zone database. */
export const ZONE_DATA_VERSION = '${version}';

export const ZONE_DATA: readonly string[] = [
${lines.join('\n')}
];
`;
writeFileSync(OUT, text);
const total = [...byData.values()].flat().length;
console.log(`${version}: ${total} names, ${byData.size} zones, ${text.length} bytes`);
