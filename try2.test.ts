import { expect, it } from 'vitest';
import { loadParser } from './shells/parser.ts';
import { MemoryDatabase } from './core/sql/memory.ts';
import { readFileSync } from 'node:fs';
it('chinook', async () => {
  const parser = await loadParser();
  const db = new MemoryDatabase(parser);
  const s = db.session();
  const text = readFileSync('/work/shared/data/chinook/Chinook_PostgreSql.sql', 'utf8').replace(/^\\c.*$/mg, '').replace(/(CREATE|DROP) DATABASE.*;/g, '');
  const t0 = process.cpuUsage().user;
  let n = 0;
  const seen = new Set();
  for (const line of text.split(/;\r?\n/)) {
    if (line.trim() === '') continue;
    n++;
    for (const a of s.run(line)) {
      if (!('rows' in a) && !seen.has(a.message)) { seen.add(a.message); console.log(line.trim().slice(0, 200), '\n => ERROR', a.code, a.message, '|', a.detail, '|', a.hint); }
    }
  }
  console.log(n, 'statements', (process.cpuUsage().user - t0) / 1000, 'ms');
  for (const q of ['SELECT count(*) FROM track', 'SELECT ar.name, count(*) FROM artist ar JOIN album al USING (artist_id) GROUP BY 1 ORDER BY 2 DESC LIMIT 3'])
    for (const a of s.run(q)) console.log('rows' in a ? a.rows.map(String).join('\n') : a.message);
  expect(1).toBe(1);
}, 100000);
