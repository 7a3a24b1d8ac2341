/**
 * Scripts with PostgreSQL's answers: `golden/*.txt`, recorded from a PostgreSQL 15 server.
 *
 * Statements end with `;` and a line's end; what follows, indented, is the answer: rows with `|`
 * between values, notices, the command tag of what is no query, or the error with its detail.
 */
import { readFileSync } from 'node:fs';
import { loadParser } from '../../../../shells/parser.ts';
import { MemoryDatabase } from '../../memory.ts';
import type { MemorySession } from '../../memory.ts';
import type { StatementAnswer } from '../../session/result.ts';
import { DEFAULT_STYLE } from '../../types/style.ts';
import { formatValue } from '../../types/text-io.ts';
import type { Zone } from '../../types/zone.ts';

const parser = await loadParser();

export interface Exchange {
  readonly sql: string;
  readonly answer: string;
}

export function readExchanges(path: URL): Exchange[] {
  const blocks = readFileSync(path, 'utf8').split(/\n\n(?=\S)/);
  return blocks.map((block) => {
    const end = block.indexOf(';\n');
    return { sql: block.slice(0, end), answer: block.slice(end + 2).trimEnd() };
  });
}

/** The whole script as this database answers it. */
export function replay(exchanges: readonly Exchange[]): Exchange[] {
  const session = new MemoryDatabase(parser).session();
  return exchanges.map(({ sql }) => ({ sql, answer: ask(session, sql) }));
}

/** Two sessions of one new database. */
export function openTwo(): { readonly session: MemorySession; readonly other: MemorySession } {
  const database = new MemoryDatabase(parser);
  return { session: database.session(), other: database.session() };
}

function ask(session: MemorySession, sql: string): string {
  return session
    .run(sql)
    .flatMap((answer) => linesOf(answer, session.session.settings.zone))
    .map((line) => `  ${line}`)
    .join('\n');
}

function linesOf(answer: StatementAnswer, zone: Zone): string[] {
  if ('code' in answer) {
    const lines = [`ERROR ${answer.code} ${answer.message}`];
    if (answer.detail !== '') lines.push(`DETAIL:  ${answer.detail}`);
    return lines.flatMap((line) => line.split('\n'));
  }
  const { tag, rows, notices } = answer;
  const columns = answer.columns ?? [];
  const shown = rows.map((row) =>
    row
      .map((value, i) =>
        value === null
          ? 'NULL'
          : formatValue(columns[i]!.type.id, value, { zone, style: DEFAULT_STYLE }),
      )
      .join('|'),
  );
  const lines = [...notices.map((notice) => `NOTICE ${notice}`), ...shown];
  return tag.startsWith('SELECT') && columns.length > 0 ? lines : [...lines, tag];
}
