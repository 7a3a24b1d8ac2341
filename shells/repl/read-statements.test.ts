/** What is complete of a text, and what it waits for. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readLast, readStatements } from './read-statements.ts';

const textsOf = (text: string): readonly string[] => readStatements(text).items.map((i) => i.text);

describe('statements', () => {
  test('end at semicolons that are no part of a string, a name, a comment or brackets', () => {
    expect(textsOf('select \';\'; select ";" -- ;\n; select (1;2); /* ; */ x;')).toEqual([
      "select ';'",
      'select ";" -- ;',
      'select (1;2)',
      'x',
    ]);
    expect(textsOf('select $a$;$a$;')).toEqual(['select $a$;$a$']);
    expect(textsOf(' ; ;; ')).toEqual([]);
  });

  test('keep what follows, and know the line on which each begins', () => {
    const { items, rest } = readStatements('\n\nselect 1;\n\n  select\n2; select');
    expect(items.map(({ line }) => line)).toEqual([3, 5]);
    expect(rest).toBe(' select');
  });

  test.each([
    ['', '='],
    ['select 1; -- done', '='],
    ['select 1', '-'],
    ["select 'a", "'"],
    ["select E'a", "'"],
    ['select "a', '"'],
    ['select U&"a', '"'],
    ['select $x$ a', '$'],
    ['select (1', '('],
    ['select /* a', '*'],
  ] as const)('%j waits as %j', (text, open) => {
    expect(readStatements(text).open).toBe(open);
  });

  test('a line with a backslash is a command; within a statement it is not', () => {
    const { items } = readStatements('\\timing on\nselect 1;\n\\d x\n');
    expect(items.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      'command \\timing on',
      'statement select 1',
      'command \\d x',
    ]);
    expect(readStatements('\\d x').items).toEqual([]);
    expect(readLast('\\d x')).toMatchObject([{ kind: 'command', text: '\\d x' }]);
  });

  test('the last one needs no semicolon', () => {
    expect(readLast('select 1')).toMatchObject([{ text: 'select 1' }]);
    expect(readLast('select 1 -- x')).toMatchObject([{ text: 'select 1 -- x' }]);
    expect(readLast("select 'x")).toEqual([]);
    expect(readLast(' ')).toEqual([]);
  });

  test('come the same however the text is cut', () => {
    const text = "select 'a;é' || $q$;$q$;\n\\x\ncreate table t (a int); select 2;";
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 6 }), (cuts) => {
        const ends = [...new Set([...cuts, text.length])].sort((a, b) => a - b);
        let rest = '';
        let from = 0;
        const found: string[] = [];
        for (const end of ends) {
          const reading = readStatements(rest + text.slice(from, end));
          found.push(...reading.items.map((item) => item.text));
          ({ rest } = reading);
          from = end;
        }
        expect(found).toEqual(textsOf(text));
      }),
    );
  });
});
