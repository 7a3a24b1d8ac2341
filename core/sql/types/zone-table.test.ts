/**
 * The pinned zones against this machine's own files, which this reads by itself; and laws of any
 * zone. A machine with another release of the IANA database, or with none, skips the comparison.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ZONE_DATA, ZONE_DATA_VERSION } from './zone-data.ts';
import { tableZone } from './zone-table.ts';

const FOLDER = '/usr/share/zoneinfo';
const UNIX_TO_2000 = 946_684_800;
const names = ZONE_DATA.flatMap((line) => line.slice(0, line.indexOf('|')).split(' '));
const index = join(FOLDER, 'tzdata.zi');
const installed = existsSync(index)
  ? /version (\S+)/.exec(readFileSync(index, 'utf8').slice(0, 100))?.[1]
  : undefined;
const differs = installed !== ZONE_DATA_VERSION;
const title = differs
  ? `SKIPPED: ${FOLDER} has ${installed ?? 'nothing'}, not ${ZONE_DATA_VERSION}`
  : `offsets are those of the files of ${ZONE_DATA_VERSION}`;

interface Change {
  readonly time: number;
  readonly shown: string;
}

/** All changes that a file writes down; files of Debian do so until 2037. */
function readFile(name: string): { readonly first: string; readonly changes: readonly Change[] } {
  const file = readFileSync(join(FOLDER, name));
  const count = (at: number): number => file.readUInt32BE(at);
  const second = 44 + count(32) * 5 + count(36) * 6 + count(40) + count(28) * 8;
  const start = second + count(24) + count(20);
  const times = count(start + 32);
  const kinds = start + 44 + times * 9;
  const letters = kinds + count(start + 36) * 6;
  const shown = (kind: number): string => {
    const at = letters + file[kinds + 6 * kind + 5]!;
    const abbreviation = file.toString('latin1', at, file.indexOf(0, at));
    return `${abbreviation} ${file.readInt32BE(kinds + 6 * kind)}`;
  };
  const changes = Array.from({ length: times }, (_, i) => ({
    time: Number(file.readBigInt64BE(start + 44 + 8 * i)) - UNIX_TO_2000,
    shown: shown(file[start + 44 + 8 * times + i]!),
  }));
  return { first: shown(0), changes };
}

const files = new Map<string, ReturnType<typeof readFile>>();

function ofFile(name: string, seconds: number): string {
  const read = files.get(name) ?? readFile(name);
  files.set(name, read);
  return read.changes.findLast(({ time }) => time <= seconds)?.shown ?? read.first;
}

function ofTable(name: string, seconds: number): string {
  const { abbreviation, seconds: east } = tableZone(name)!.history.at(seconds).period;
  return `${abbreviation} ${east}`;
}

/** To the end of 2037, the last year that the files write out. */
const instant = fc.integer({ min: -6_000_000_000, max: 38 * 365.25 * 86_400 - 86_400 });

describe('zone table', () => {
  // A machine with another release would find honest differences.
  test.skipIf(differs)(title, () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), instant, (name, seconds) => {
        expect(`${name} ${ofTable(name, seconds)}`).toBe(`${name} ${ofFile(name, seconds)}`);
      }),
      { numRuns: 2000 },
    );
    for (const name of names) {
      for (const { time } of readFile(name).changes.filter((one) => one.time > -(2 ** 40))) {
        for (const at of [time - 1, time]) {
          if (ofTable(name, at) !== ofFile(name, at)) {
            expect(`${name} at ${at}: ${ofTable(name, at)}`).toBe(ofFile(name, at));
          }
        }
      }
    }
  });

  test('every zone can be read, whatever the case of its name', () => {
    expect(names.length).toBeGreaterThan(500);
    for (const name of names) expect(tableZone(name.toUpperCase())!.name).toBe(name);
    expect(tableZone('Europe/Atlantis')).toBeNull();
  });

  test('a clock that shows a time once shows it at one instant', () => {
    const anywhere = fc.integer({ min: -200_000_000_000, max: 9_000_000_000_000 });
    fc.assert(
      fc.property(fc.constantFrom(...names), anywhere, (name, seconds) => {
        const { history } = tableZone(name)!;
        const { from, until, period } = history.at(seconds);
        expect(seconds >= from && seconds < until).toBe(true);
        // Two days from any change no clock shows a time twice.
        const near = seconds - from < 200_000 || until - seconds < 200_000;
        fc.pre(!near);
        expect(history.ofLocal(seconds + period.seconds)).toBe(period);
      }),
      { numRuns: 2000 },
    );
  });

  test('the rule goes on for ever, and its changes meet', () => {
    const { history } = tableZone('America/New_York')!;
    let at = history.at(10_000_000_000);
    for (let i = 0; i < 1000; i += 1) {
      const next = history.at(at.until);
      expect(next.from).toBe(at.until);
      expect(next.period.seconds).toBe(at.period.seconds === -14_400 ? -18_000 : -14_400);
      at = next;
    }
  });
});
