/** Scripts, item by item. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitScript } from './script.ts';

function items(text: string): readonly string[] {
  return [...splitScript(text)].map(
    ({ kind, text: said }) => (kind === 'command' ? '# ' : '') + said,
  );
}

describe('script', () => {
  test('semicolons in strings, names, comments, brackets and dollar quotes end nothing', () => {
    const text = [
      "INSERT INTO t VALUES ('a;b', E'\\';', $x$ ; $x$);",
      'SELECT "a;b" -- c;d',
      '/* e;f /* g; */ ; */ FROM t ;; ;',
      'CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);',
      'SELECT 3',
    ].join('\n');
    expect(items(text)).toEqual([
      "INSERT INTO t VALUES ('a;b', E'\\';', $x$ ; $x$)",
      'SELECT "a;b" -- c;d\n/* e;f /* g; */ ; */ FROM t',
      'CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)',
      'SELECT 3',
    ]);
  });

  test('psql’s commands take their line, wherever a statement could begin', () => {
    const text = "\\c chinook\r\n-- it's\nSELECT 1;\n\\echo it's; done  \nSELECT 2\n\\x\n;";
    expect(items(text)).toEqual([
      '# \\c chinook',
      'SELECT 1',
      "# \\echo it's; done",
      'SELECT 2\n\\x',
    ]);
  });

  test('behind COPY stand lines of data, up to the one that ends them', () => {
    const text =
      'copy "a(b)" ("c)") FROM\n stdin; -- é\n1;\t\'\n\\.x\n\\.\r\nSELECT 1;COPY t FROM STDIN;\n';
    expect([...splitScript(text)]).toEqual([
      { kind: 'statement', text: 'copy "a(b)" ("c)") FROM\n stdin', at: 0 },
      { kind: 'data', text: "1;\t'\n\\.x\n", at: 38 },
      { kind: 'statement', text: 'SELECT 1', at: 51 },
      { kind: 'statement', text: 'COPY t FROM STDIN', at: 60 },
      { kind: 'data', text: '', at: 79 },
    ]);
    expect(items('COPY t FROM stdin;\n\\.\rx\n\\.x')[1]).toBe('\\.\rx\n\\.x');
    expect(items('COPY t FROM stdin;\n1\n\\.')[1]).toBe('1\n');
    expect(items("COPY t FROM 'f'; SELECT 1")).toEqual(["COPY t FROM 'f'", 'SELECT 1']);
    expect(items("COPY (SELECT 'from stdin') TO stdout; SELECT 1")).toHaveLength(2);
  });

  test('places count UTF-8 bytes', () => {
    expect([...splitScript("SELECT 'é'; \n SELECT '日' ;x")]).toEqual([
      { kind: 'statement', text: "SELECT 'é'", at: 0 },
      { kind: 'statement', text: "SELECT '日'", at: 15 },
      { kind: 'statement', text: 'x', at: 29 },
    ]);
  });

  test('what is left out is only white space, comments and semicolons', () => {
    const piece = fc.constantFrom('a', ' ', ';', '(', ')', "'b;'", '"c;"', '--d\n', '/*e;*/', '\n');
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('');
        let end = 0;
        for (const item of splitScript(text)) {
          expect(text.slice(end, item.at).replaceAll(/--d\n|\/\*e;\*\/|[\s;]/g, '')).toBe('');
          expect(text.startsWith(item.text, item.at)).toBe(true);
          end = item.at + item.text.length;
        }
        expect(text.slice(end).replaceAll(/--d\n|\/\*e;\*\/|[\s;]/g, '')).toBe('');
      }),
    );
  });
});
