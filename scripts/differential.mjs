/**
 * Runs generated queries, with --paths those that indexes may serve, with --writes generated
 * transactions, or with --definitions generated definitions, here and in a real PostgreSQL, and
 * compares rows and SQLSTATEs.
 *
 *   npm run differential -- [--count N] [--seed N] [--paths | --writes | --definitions]
 *                           [--pglite] [--stop] [--json]
 *
 * Beside PostgreSQL where it is installed (a fresh server on a Unix socket); else, or with
 * --pglite, beside PGlite in this process. Now and then the tables are made anew. Differences are
 * printed with what reproduces them; exit code 1 when one has no explanation.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOurs, openPglite, postgresSession } from './database.mjs';
import { startPostgres } from './bench/servers.mjs';
import { runDefinitions } from './differential/definition-runner.mjs';
import { runPaths } from './differential/path-runner.mjs';
import { runQueries } from './differential/query-runner.mjs';
import { runWrites } from './differential/write-runner.mjs';
import { readOptions } from './options.mjs';

/** What takes longer here is shown as a difference (57014), unless it does there, too. */
const PATIENCE_MILLIS = 30_000;

const USAGE =
  'npm run differential -- ' +
  '[--count N] [--seed N] [--paths | --writes | --definitions] [--pglite] [--stop] [--json]';
const DEFAULTS = {
  count: 2000,
  seed: 1,
  paths: false,
  writes: false,
  definitions: false,
  pglite: false,
  stop: false,
  json: false,
};

const options = readOptions(USAGE, DEFAULTS);
const { count, seed, json, stop: stopAtFirst } = options;
/** What is run, what one of it is, and which of those are counted besides. */
const MODES = {
  paths: { run: runPaths, what: 'queries', some: 'with rows' },
  writes: { run: runWrites, what: 'transactions', some: 'committed' },
  definitions: { run: runDefinitions, what: 'statements', some: 'taken' },
};
const asked = Object.keys(MODES).filter((mode) => options[mode]);
if (asked.length > 1) {
  console.error(`--paths, --writes and --definitions exclude each other\nusage: ${USAGE}`);
  process.exit(2);
}

const QUERIES = { run: runQueries, what: 'queries', some: 'with rows' };
const { run, what, some } = MODES[asked[0]] ?? QUERIES;

async function oracle() {
  const server = options.pglite
    ? null
    : await startPostgres(mkdtempSync(join(tmpdir(), 'differential-')));
  if (server === null) {
    const pglite = await openPglite();
    const session = pglite.connect();
    // It has one session only.
    return { name: 'PGlite', session, second: null, stop: () => pglite.close() };
  }
  const [client, other] = [await server.connect(), await server.connect()];
  const stop = async () => {
    await client.end();
    await other.end();
    await server.stop();
  };
  const name = `PostgreSQL ${server.version}`;
  return { name, session: postgresSession(client), second: postgresSession(other), stop };
}

const theirs = await oracle();
const ours = await openOurs();
const session = ours.connect();
const totals = {
  same: 0,
  evaluation: 0,
  representative: 0,
  limit: 0,
  constantKey: 0,
  unsupported: 0,
  different: 0,
};
const features = {};
const codes = {};
let done = 0;
const started = process.hrtime.bigint();

/** Counts a query, or a transaction of writes. */
function tell(verdict, used, answered) {
  done += 1;
  totals[verdict] += 1;
  for (const feature of used) features[feature] = (features[feature] ?? 0) + 1;
  for (const code of answered) codes[code || 'ok'] = (codes[code || 'ok'] ?? 0) + 1;
  if (!json && process.stderr.isTTY && done % 50 === 0) {
    process.stderr.write(`\r${done} of ${count}`);
  }
}

/** `log`: what was said since the tables were made, the difference last. */
function show(log, mine, other) {
  if (!json) print(log, mine, other);
  if (stopAtFirst) process.exit(1);
}

function print(log, mine, other) {
  console.log(`different (${done} of --seed ${seed}):\n  ${log.join(';\n  ')}`);
  const text = ({ code, message, tag, rows }) =>
    code === ''
      ? `${tag}, ${rows.length} rows ${JSON.stringify(rows).slice(0, 300)}`
      : `${code} ${message}`;
  console.log(`  ours:   ${text(mine)}\n  theirs: ${text(other)}`);
}

for (const each of [session, theirs.session]) {
  await each.run(`SET statement_timeout = ${PATIENCE_MILLIS}`);
}
const second = theirs.second === null ? null : { ours: ours.connect(), theirs: theirs.second };
const { nonEmpty } = await run(session, theirs.session, count, seed, tell, show, second);

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
  console.log(`${count} ${what} beside ${theirs.name} in ${seconds.toFixed(0)} s`);
  console.log(`same ${totals.same}, different ${totals.different}`);
  const explained = [
    `order of evaluation ${totals.evaluation}`,
    `representative of equals ${totals.representative}`,
    `too large ${totals.limit}`,
    `constant key of grouping sets ${totals.constantKey}`,
    `not supported here ${totals.unsupported}`,
  ];
  console.log(`explained: ${explained.join(', ')}`);
  console.log(`${some} ${percent.toFixed(1)} %; answers ${JSON.stringify(codes)}`);
  const list = Object.entries(features).toSorted((a, b) => b[1] - a[1]);
  console.log(list.map(([name, times]) => `${name} ${times}`).join(', '));
}
process.exit(totals.different > 0 ? 1 : 0);
