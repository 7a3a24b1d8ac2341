/** How typed text fills a terminal: nothing is wider than it, and the cursor is where it seems. */
import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { complete, commonStart } from './complete.ts';
import { highlight } from './highlight.ts';
import { History } from './history.ts';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDirectory } from '../testing/temp-directory.ts';
import { picture, windowOf } from './screen.ts';
import type { PictureOptions } from './screen.ts';

const plain: Omit<PictureOptions, 'spans' | 'columns'> = {
  prompts: ['db=> ', 'db-> '],
  paint: (_, text) => text,
};

describe('a picture', () => {
  test('has a prompt a line, and breaks what is too long before the terminal does', () => {
    const text = 'select 1,\n2345678901234567890';
    const { rows, ...cursor } = picture(
      { text, cursor: text.length },
      {
        ...plain,
        spans: [],
        columns: 21,
      },
    );
    expect(rows).toEqual(['db=> select 1,', 'db-> 234567890123456', '7890']);
    expect(cursor).toEqual({ cursorRow: 2, cursorColumn: 4 });
  });

  test('is never wider than the terminal, whatever is in it', () => {
    const edits = fc
      .string({ unit: 'grapheme', maxLength: 200 })
      .chain((text) => fc.record({ text: fc.constant(text), cursor: fc.nat(text.length) }));
    fc.assert(
      fc.property(edits, fc.integer({ min: 21, max: 90 }), (edit, columns) => {
        const spans = highlight(edit.text);
        const whole = picture(edit, { ...plain, spans, columns });
        for (const row of whole.rows) expect(stringWidth(row)).toBeLessThan(columns + 1);
        expect(whole.cursorRow).toBeLessThan(whole.rows.length);
        const shown = windowOf(whole, 3);
        expect(shown.rows.length).toBeLessThanOrEqual(3);
        expect(shown.rows[shown.cursorRow]).toBe(whole.rows[whole.cursorRow]);
      }),
    );
  });

  test('paints words, strings, numbers, names and comments, each where it stands', () => {
    const text = `SELECT é, 'x' FROM "T" WHERE a = 12 -- why`;
    const painted = highlight(text).map(({ from, to, hue }) => `${hue} ${text.slice(from, to)}`);
    expect(painted).toEqual([
      'word SELECT',
      "string 'x'",
      'word FROM',
      'name "T"',
      'word WHERE',
      'number 12',
      'comment -- why',
    ]);
  });
});

describe('completion', () => {
  const tables = [
    { schema: 'public', name: 'patients', columns: ['id', 'name'] },
    { schema: 'public', name: 'Odd', columns: ['A b'] },
    { schema: 'lab', name: 'results', columns: ['patient', 'value'] },
  ];
  const at = (text: string): readonly string[] => {
    return complete({ text, cursor: text.length }, tables, ['\\d', '\\dt', '\\x']).candidates;
  };

  test.each([
    ['select * from pa', ['patients']],
    ['select * from ', ['"Odd"', 'lab.results', 'patients']],
    ['select * from lab.', ['results']],
    ['\\d', ['\\dt']],
    ['\\d pat', ['patients']],
    ['sel', ['select']],
    ['SEL', ['SELECT']],
    ['select 12', []],
    ["select 'sel", []],
    ['select patients.na', ['name']],
    ['select * from patients where na', ['name', 'natural']],
  ])('%j → %j', (text, expected) => {
    expect(at(text)).toEqual(expected);
  });

  test('knows what an alias stands for', () => {
    const text = 'select p. from patients as p';
    const { from, candidates } = complete({ text, cursor: 9 }, tables, []);
    expect([from, candidates]).toEqual([9, ['id', 'name']]);
  });

  test('goes as far as all candidates agree', () => {
    expect(commonStart(['name', 'natural'])).toBe('na');
    expect(commonStart(['one'])).toBe('one');
    expect(commonStart([])).toBe('');
  });
});

describe('history', () => {
  test('outlives the session, line breaks and all, and is its owner’s alone', () => {
    const path = join(tempDirectory(), 'history');
    const first = new History(path);
    for (const text of ['select 1;', 'select\n\\2;', 'select\n\\2;', ' secret;']) first.add(text);
    const second = new History(path);
    expect([second.length, second.at(0), second.at(1)]).toEqual([2, 'select 1;', 'select\n\\2;']);
    expect(statSync(path).mode & 0o077).toBe(0);
    expect([second.search('SELECT', 2), second.search('1', 2), second.search('x', 2)]).toEqual([
      1, 0, -1,
    ]);
  });

  test('is bounded, and does without a file', () => {
    const path = join(tempDirectory(), 'history');
    writeFileSync(path, Array.from({ length: 5000 }, (_, i) => `select ${i};\n`).join(''));
    const history = new History(path);
    expect([history.length, history.at(1999)]).toEqual([2000, 'select 4999;']);
    expect(readFileSync(path, 'utf8').split('\n').length).toBe(2001);
    const none = new History('');
    none.add('select 1;');
    expect(none.length).toBe(1);
  });
});
