/**
 * docs/sql.md cannot lie: its `sql` blocks are executed here, in order, in one session. A comment
 * `-- fails: CODE` above a statement says with which SQLSTATE it must fail.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { splitScript } from './core/sql/parser/script.ts';
import { root } from './scripts/testing/tree.ts';
import { DatabaseError, open } from './shells/embedded.ts';

interface Said {
  readonly sql: string;
  /** Empty: it works. */
  readonly code: string;
}

function statementsOf(document: string): readonly Said[] {
  const said: Said[] = [];
  for (const [, block] of document.matchAll(/^```sql\n([\s\S]*?)^```$/gm)) {
    let from = 0;
    for (const { text } of splitScript(block!)) {
      const at = block!.indexOf(text, from);
      const marks = [...block!.slice(from, at).matchAll(/-- fails: (\w{5})/g)];
      said.push({ sql: text, code: marks.at(-1)?.[1] ?? '' });
      from = at + text.length;
    }
  }
  return said;
}

test('every statement of docs/sql.md does what it says', async () => {
  const said = statementsOf(readFileSync(join(root, 'docs/sql.md'), 'utf8'));
  expect(said.length).toBeGreaterThan(40);
  const db = await open({ memory: true });
  const session = db.session();
  const found: Said[] = [];
  for (const { sql } of said) {
    try {
      await session.execute(sql);
      found.push({ sql, code: '' });
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      found.push({ sql, code: error.code });
    }
  }
  expect(found).toEqual(said);
  await db.close();
});
