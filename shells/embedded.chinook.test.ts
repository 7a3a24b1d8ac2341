/**
 * The Chinook sample database, as its authors publish it for PostgreSQL, loaded unchanged; and
 * questions about it that are answered as PostgreSQL answers them.
 *
 * The script is not part of this repository: where it is missing, the tests are skipped.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { open } from './embedded.ts';
import type { Database } from './embedded.ts';

/** Beside the checkout. */
const SCRIPT = fileURLToPath(
  new URL('../../shared/data/chinook/Chinook_PostgreSql.sql', import.meta.url),
);

interface Question {
  readonly sql: string;
  readonly rows: (string | null)[][];
}

function questions(): readonly Question[] {
  const path = fileURLToPath(new URL('testing/chinook.txt', import.meta.url));
  const found: Question[] = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    if (!line.startsWith('> ')) found.push({ sql: line, rows: [] });
    else {
      const row = line.slice(2).split('\t');
      found.at(-1)!.rows.push(row.map((value) => (value === '\\N' ? null : value)));
    }
  }
  return found;
}

// Skipped where nobody has put the script: it is not ours to publish.
describe.skipIf(!existsSync(SCRIPT))('Chinook', () => {
  let db: Database;

  beforeAll(async () => {
    db = await open({ memory: true });
    const { statements, skipped } = await db.importScript(readFileSync(SCRIPT, 'utf8'));
    expect(statements).toBe(57);
    expect(skipped).toHaveLength(3);
  });

  afterAll(async () => {
    await db.close();
  });

  test.each(questions())('$sql', async ({ sql, rows }) => {
    const result = await db.execute(sql, [], { rows: 'text' });
    expect(result.rows).toEqual(rows);
  });
});
