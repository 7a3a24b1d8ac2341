/** Which settings are taken, which refused, and what of them is derived. */
import { describe, expect, test } from 'vitest';
import { SqlError } from '../error.ts';
import { Settings } from './settings.ts';
import { parseZone } from './zone.ts';

function codeOf(act: () => unknown): string {
  try {
    act();
    return '';
  } catch (error) {
    if (error instanceof SqlError) return error.code;
    throw error;
  }
}

describe('settings', () => {
  test('what we do is accepted in every spelling, another value is refused', () => {
    const s = new Settings();
    s.set('datestyle', 'iso, mdy');
    expect(s.get('datestyle')).toBe('ISO, MDY');
    s.set('datestyle', 'German');
    expect(s.get('datestyle')).toBe('German, DMY');
    expect(codeOf(() => s.set('bytea_output', 'base64'))).toBe('22023');
    expect(codeOf(() => s.set('client_encoding', 'LATIN1'))).toBe('0A000');
    expect(codeOf(() => s.set('server_version', '16'))).toBe('55P02');
    expect(codeOf(() => s.set('no_such_thing', '1'))).toBe('42704');
    expect(codeOf(() => s.set('kimberlite.nothing', '1'))).toBe('42704');
  });

  test('hints for a planner that is not ours are kept, and say that they do nothing', () => {
    const s = new Settings();
    expect(s.set('enable_seqscan', 'off')).toHaveLength(1);
    expect(s.get('enable_seqscan')).toBe('off');
    expect(s.set('app.user', 'ann')).toEqual([]);
    expect(s.get('app.user')).toBe('ann');
  });

  test('durations are read and shown with their units', () => {
    const s = new Settings();
    for (const [value, shown, millis] of [
      ['1500', '1500ms', 1500],
      ['2s', '2s', 2000],
      ['60000', '1min', 60_000],
      ['0', '0', 0],
    ] as const) {
      s.set('statement_timeout', value);
      expect([s.get('statement_timeout'), s.statementTimeoutMillis]).toEqual([shown, millis]);
    }
    expect(codeOf(() => s.set('statement_timeout', 'soon'))).toBe('22023');
  });

  test('the search path leaves out what nobody has', () => {
    const s = new Settings();
    expect(s.searchPath).toEqual(['public']);
    s.set('search_path', 'a, "B c", "d""e"');
    expect(s.searchPath).toEqual(['a', 'B c', 'd"e']);
    s.set('search_path', null);
    expect(s.searchPath).toEqual(['public']);
  });

  test.each([
    ['utc', 'UTC', 0],
    // A number counts hours east of UTC, POSIX's words count west.
    ['+02', '<+02>-02', 120],
    ['-3.5', '<-03:30>+03:30', -210],
    ['-3:30', '-3:30', 210],
    ['utc+3', 'UTC+3', -180],
    ['<+03>-3', '<+03>-3', 180],
    ['europe/berlin', 'Europe/Berlin', null],
    ['est5edt', 'EST5EDT', null],
    ['foo5bar,M4.1.0,M10.5.0', 'FOO5BAR,M4.1.0,M10.5.0', null],
  ])('takes the zone %j', (text, name, minutes) => {
    const fixedMicros = minutes === null ? null : minutes * 60_000_000;
    expect(parseZone(text)).toMatchObject({ name, fixedMicros });
  });

  test('what is no zone is refused', () => {
    for (const bad of [
      '',
      'z',
      'PST',
      'default',
      'Europe/Atlantis',
      '168',
      '+1:60',
      'x/y',
      'abc',
    ]) {
      expect(parseZone(bad)).toBeNull();
    }
    expect(() => parseZone('UTC+03:30:15')).toThrow(
      'time zone "UTC+03:30:15" appears to use leap seconds',
    );
  });

  test('what was saved comes back', () => {
    const s = new Settings();
    s.set('timezone', '+01');
    const saved = s.save();
    s.set('timezone', '+02');
    s.restore(saved);
    expect(s.get('timezone')).toBe('<+01>-01');
    expect(s.entries).toEqual([['timezone', '<+01>-01']]);
  });
});

describe('kimberlite.as_of', () => {
  test.each(['', '0', '17', '2024-02-29 12:00:00+01', 'now', '2020-01-01'])('takes %j', (value) => {
    const settings = new Settings();
    settings.set('kimberlite.as_of', value);
    expect(settings.get('kimberlite.as_of')).toBe(value);
  });

  test.each(['never', '-5', '1.5', '2024-02-30', '1234567890123456'])('refuses %j', (value) => {
    const settings = new Settings();
    expect(() => settings.set('kimberlite.as_of', value)).toThrow(
      `invalid value for parameter "kimberlite.as_of": "${value}"`,
    );
    expect(settings.get('kimberlite.as_of')).toBe('');
  });
});
