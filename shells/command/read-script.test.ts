/** A script is the same pieces in whatever pieces its file is read. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitScript } from '../../core/sql/parser/script.ts';
import { tempDirectory } from '../testing/temp-directory.ts';
import { readScript } from './read-script.ts';

const PARTS = [
  'SELECT 1;\n',
  'SELECT \'a;b\', "c;"\n  FROM t;  ',
  '-- note; COPY x FROM stdin;\n',
  '\\c other\n',
  "COPY t (a, b) FROM stdin;\n1\tone;\n\\N\tit's\n\\.\n",
  'copy "s".t from STDIN with (format text); -- now\n\\.\n',
  'COPY t FROM stdin;\n\\.x\n\\\\.\n\n\\.\r\n',
  'INSERT INTO t VALUES ($$ COPY t FROM stdin; $$);\n',
];

async function pieces(path: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { kind, text, line } of readScript(path)) found.push(`${line} ${kind}: ${text}`);
  return found;
}

test('statements, commands and data, each with its line', async () => {
  const path = join(tempDirectory(), 'a.sql');
  writeFileSync(path, `${PARTS[3]}${PARTS[1]}\n${PARTS[4]}${PARTS[5]}SELECT 2`);
  expect(await pieces(path)).toEqual([
    '1 command: \\c other',
    '2 statement: SELECT \'a;b\', "c;"\n  FROM t',
    '4 copy: COPY t (a, b) FROM stdin',
    '5 data: 1\tone;',
    "6 data: \\N\tit's",
    '7 end of data: \\.',
    '8 copy: copy "s".t from STDIN with (format text)',
    '9 end of data: \\.',
    '10 statement: SELECT 2',
  ]);
});

test('data that nothing ends goes to the end of the file', async () => {
  const path = join(tempDirectory(), 'a.sql');
  writeFileSync(path, 'COPY t FROM stdin;\n1\n2');
  expect((await pieces(path)).slice(1)).toEqual(['2 data: 1', '3 data: 2', '3 end of data: ']);
  writeFileSync(path, 'COPY t FROM stdin');
  // Without a semicolon it has no data, and the database refuses it.
  expect(await pieces(path)).toEqual(['1 statement: COPY t FROM stdin']);
});

test('as the splitter of whole texts has them, however long they are', async () => {
  const path = join(tempDirectory(), 'a.sql');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...PARTS), { maxLength: 8 }), async (parts) => {
      const text = parts.join('');
      // Longer than the pieces in which files are read, so that one ends anywhere.
      writeFileSync(path, text);
      const filler = `SELECT '${'x'.repeat(65_500 + (text.length % 90))}';\n`;
      writeFileSync(path, filler);
      appendFileSync(path, text);
      const whole = [...splitScript(filler + text)].map(({ kind, text: said }) => {
        return kind === 'data' ? said.replace(/\r?\n$/, '') : said;
      });
      const read: string[] = [];
      let data: string[] | null = null;
      for await (const piece of readScript(path)) {
        if (piece.kind === 'copy') data = [];
        if (piece.kind === 'data') data!.push(piece.text);
        else if (piece.kind === 'end of data') read.push(data!.join('\n'));
        else read.push(piece.text);
      }
      expect(read).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});
