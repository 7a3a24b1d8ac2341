/**
 * The usual queries side by side: ours embedded, in memory, and PostgreSQL through its Unix socket,
 * its statistics fresh. What is compared is mostly the plan: a bad one shows as a ratio of tens.
 *
 *   npm run bench:queries -- [--orders N] [--rounds N] [--only TEXT]
 *
 * Each line is the median of interleaved rounds after one to warm up. Ratio: our time divided by
 * theirs. Answers are compared too; one that differs ends with exit code 1.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { interleaved, line } from './bench/measure.mjs';
import { QUERIES, shop } from './bench/queries.mjs';
import { startPostgres } from './bench/servers.mjs';
import { openOurs, postgresSession } from './database.mjs';
import { readOptions } from './options.mjs';

const USAGE = 'npm run bench:queries -- [--orders N] [--rounds N] [--only TEXT]';
const { orders, rounds, only } = readOptions(USAGE, { orders: 50_000, rounds: 7, only: '' });

const root = mkdtempSync(join(tmpdir(), 'bench-queries-'));
// The server runs as a user of its own, who must get to its folder in it.
chmodSync(root, 0o711);
const database = await openOurs();
const ours = database.connect();
const postgres = await startPostgres(join(root, 'postgres'));
const client = await postgres?.connect();
const theirs = client === undefined ? null : postgresSession(client);
const model = cpus()[0]?.model ?? 'unknown';
console.log(`node ${process.version}, ${cpus().length} × ${model}, ${rounds} interleaved rounds`);
console.log(postgres === null ? 'PostgreSQL is not installed' : `PostgreSQL ${postgres.version}`);

async function run(session, sql) {
  const { code, message, rows } = await session.run(sql);
  if (code !== '') throw new Error(`${code} ${message}: ${sql}`);
  return rows;
}

let different = 0;
try {
  for (const sql of [...shop(orders), 'ANALYZE']) {
    await run(ours, sql);
    if (theirs !== null) await run(theirs, sql);
  }
  for (const [name, sql] of Object.entries(QUERIES)) {
    if (!name.includes(only)) continue;
    const contenders = { kimberlite: () => run(ours, sql) };
    if (theirs !== null) {
      contenders.postgres = () => run(theirs, sql);
      const [mine, other] = [await run(ours, sql), await run(theirs, sql)];
      if (JSON.stringify(mine) !== JSON.stringify(other)) {
        different += 1;
        console.log(`${name}: the answers differ`);
      }
    }
    console.log(line(name, await interleaved(contenders, rounds), 'postgres'));
  }
} finally {
  await database.close();
  await client?.end();
  await postgres?.stop();
  rmSync(root, { recursive: true, force: true });
}
process.exitCode = different === 0 ? 0 : 1;
