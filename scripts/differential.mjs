/**
 * Runs generated queries here and in a real PostgreSQL, and compares rows and SQLSTATEs.
 *
 *   npm run differential -- [--count N] [--seed N] [--pglite] [--stop] [--json]
 *
 * Beside PostgreSQL where it is installed (a fresh server on a Unix socket); else, or with
 * --pglite, beside PGlite in this process. Each 500 queries get fresh tables. Differences are
 * printed with what reproduces them; exit code 1 when one has no explanation.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOurs, openPglite, postgresSession } from './database.mjs';
import { startPostgres } from './bench/servers.mjs';
import { compare } from './differential/compare.mjs';
import { Queries } from './differential/queries.mjs';
import { Random } from './differential/random.mjs';
import { TABLES, setup } from './differential/schema.mjs';

const PER_SCHEMA = 500;

function option(name, fallback) {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

const count = option('--count', 2000);
const seed = option('--seed', 1);
const json = process.argv.includes('--json');
const stopAtFirst = process.argv.includes('--stop');

async function oracle() {
  const server = process.argv.includes('--pglite')
    ? null
    : await startPostgres(mkdtempSync(join(tmpdir(), 'differential-')));
  if (server === null) {
    const pglite = await openPglite();
    return { name: 'PGlite', session: pglite.connect(), stop: () => pglite.close() };
  }
  const client = await server.connect();
  const stop = async () => {
    await client.end();
    await server.stop();
  };
  return { name: `PostgreSQL ${server.version}`, session: postgresSession(client), stop };
}

const theirs = await oracle();
const ours = await openOurs();
const session = ours.connect();
const totals = { same: 0, evaluation: 0, representative: 0, limit: 0, different: 0 };
const features = {};
const codes = {};
let nonEmpty = 0;
let done = 0;
const started = process.hrtime.bigint();

async function freshTables(random) {
  for (const { name } of TABLES) {
    await session.run(`DROP TABLE IF EXISTS ${name}`);
    await theirs.session.run(`DROP TABLE IF EXISTS ${name}`);
  }
  for (const sql of setup(random)) {
    const [mine, other] = [await session.run(sql), await theirs.session.run(sql)];
    if (mine.code !== other.code) throw new Error(`${sql}: ${mine.code} ${mine.message}`);
  }
}

while (done < count) {
  const round = Math.floor(done / PER_SCHEMA);
  await freshTables(new Random(seed * 1_000_003 + round));
  const queries = new Queries(new Random((seed * 7_368_787) ^ (round * 2_654_435)));
  const last = Math.min(count, (round + 1) * PER_SCHEMA);
  for (; done < last; done += 1) {
    const sql = queries.next();
    for (const feature of queries.features) features[feature] = (features[feature] ?? 0) + 1;
    const other = await theirs.session.run(sql);
    const mine = await session.run(sql);
    const verdict = compare(mine, other);
    totals[verdict] += 1;
    codes[other.code || 'rows'] = (codes[other.code || 'rows'] ?? 0) + 1;
    if (other.rows.length > 0) nonEmpty += 1;
    if (verdict !== 'different') continue;
    if (!json) show(sql, mine, other);
    if (stopAtFirst) process.exit(1);
  }
  if (!json && process.stderr.isTTY) process.stderr.write(`\r${done} of ${count}`);
}

function show(sql, mine, other) {
  console.log(`different (query ${done}, --seed ${seed}):\n  ${sql}`);
  const text = ({ code, message, rows }) =>
    code === ''
      ? `${rows.length} rows ${JSON.stringify(rows).slice(0, 300)}`
      : `${code} ${message}`;
  console.log(`  ours:   ${text(mine)}\n  theirs: ${text(other)}`);
}

const seconds = Number(process.hrtime.bigint() - started) / 1e9;
await ours.close();
await theirs.stop();
const percent = (100 * nonEmpty) / count;
if (json)
  console.log(
    JSON.stringify({
      count,
      seed,
      oracle: theirs.name,
      ...totals,
      nonEmptyPercent: percent,
      features,
      codes,
      seconds,
    }),
  );
else {
  console.log(`${count} queries beside ${theirs.name} in ${seconds.toFixed(0)} s`);
  console.log(`same ${totals.same}, different ${totals.different}`);
  console.log(
    `explained: order of evaluation ${totals.evaluation}, representative of equals ${totals.representative}, too large ${totals.limit}`,
  );
  console.log(`with rows ${percent.toFixed(1)} %; answers ${JSON.stringify(codes)}`);
  const list = Object.entries(features).toSorted((a, b) => b[1] - a[1]);
  console.log(list.map(([name, times]) => `${name} ${times}`).join(', '));
}
process.exit(totals.different > 0 ? 1 : 0);
