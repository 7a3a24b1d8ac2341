/**
 * The Chinook sample database, as its authors publish it for PostgreSQL, loaded through the client
 * into three real processes, while one at a time is killed with SIGKILL and started again. Then
 * every row is there, as an embedded load has it; the chains of all three hold; and their logs
 * rebuild to one state.
 *
 * `KIMBERLITE_SEED=n` repeats the plan of kills, not the interleaving of processes. The script is
 * not part of this repository: where it is missing, the test is skipped.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFailed, onTestFinished, test } from 'vitest';
import { PRODUCTION } from '../../core/limits.ts';
import { KimberliteCluster } from '../../scripts/bench/kimberlite-cluster.mjs';
import { DATA_FOLDER } from '../config/config.ts';
import { readConfig } from '../config/read-config.ts';
import { open } from '../embedded.ts';
import { itemsOf, reasonToSkip } from '../embedded/import-script.ts';
import { buildForTest } from '../testing/build.ts';
import { Random } from '../testing/random.ts';
import { tempDirectory } from '../testing/temp-directory.ts';
import { verifyDirectory } from '../testing/verify.ts';
import type { VerifiedDirectory } from '../testing/verify.ts';
import { connect } from './connect.ts';
import type { ClientDatabase, Result } from './connect.ts';

/** Beside the checkout. */
const SCRIPT = fileURLToPath(
  new URL('../../../shared/data/chinook/Chinook_PostgreSql.sql', import.meta.url),
);
const KILLS = 5;
/** A victim dies after up to so many turns of the event loop, with the statement under way. */
const TURNS_MAX = 300;
/** Many times what it takes, for machines that have other things to do. */
const TIMEOUT_MILLIS = 600_000;

const seed = Number(process.env['KIMBERLITE_SEED'] ?? Date.now() % 1_000_000);

interface Queries {
  query<T>(sql: string, parameters?: [], options?: { rows: 'text' }): Promise<readonly T[]>;
}

/** Every table with its rows, in an order that both give them. */
async function contents(db: Queries): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const tables = await db.query<{ table_name: string }>(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
  );
  const found = new Map<string, readonly unknown[]>();
  for (const { table_name: name } of tables) {
    found.set(name, await db.query(`SELECT * FROM ${name} ORDER BY 1, 2`, [], { rows: 'text' }));
  }
  return found;
}

/** Statement by statement; at some of them somebody is killed while they are under way. */
async function load(db: ClientDatabase, cluster: KimberliteCluster): Promise<number> {
  const random = new Random(seed);
  const statements = [...itemsOf(readFileSync(SCRIPT, 'utf8'))]
    .filter((item) => reasonToSkip(item) === null)
    .map(({ text }) => text);
  const fatal = new Set<number>();
  while (fatal.size < KILLS) fatal.add(random.below(statements.length));
  let dead = -1;
  for (const [at, text] of statements.entries()) {
    const running: Promise<Result> = db.execute(text);
    if (fatal.has(at)) {
      // The one before is up again before the next one dies: two always live.
      if (dead >= 0) await cluster.start(dead);
      dead = random.below(2) === 0 ? (db.server?.replica ?? 0) : random.below(3);
      for (let turns = random.below(TURNS_MAX); turns > 0; turns -= 1) await turn();
      await cluster.kill(dead);
    }
    await running;
  }
  await cluster.start(dead);
  return statements.length;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Of every server, in order: what it says of its log. */
async function offsets(cluster: KimberliteCluster): Promise<readonly string[]> {
  return Promise.all(
    cluster.addresses.map(async (address) => {
      const [host, port] = address.split(':');
      const answer = await fetch(`http://${host}:${Number(port) + 2}/metrics`);
      const lines = (await answer.text()).split('\n');
      return lines.filter((line) => line.startsWith('kimberlite_log_offset')).join('\n');
    }),
  );
}

function verify(cluster: KimberliteCluster): readonly VerifiedDirectory[] {
  return cluster.addresses.map((_, index) => {
    const directory = cluster.directoryOf(index);
    const config = readConfig(directory);
    return verifyDirectory(join(directory, DATA_FOLDER), config.cluster, PRODUCTION);
  });
}

const story = `Chinook loads through ${KILLS} kills (seed ${seed})`;

// Skipped where nobody has put the script: it is not ours to publish.
test.skipIf(!existsSync(SCRIPT))(story, { timeout: TIMEOUT_MILLIS }, async () => {
  const command = await buildForTest(`import './shells/command/main.ts';`);
  const cluster = await KimberliteCluster.make(join(tempDirectory(), 'cluster'), { command });
  onTestFinished(() => cluster.stop('SIGKILL'));
  onTestFailed(() => console.log(cluster.describe()));
  await cluster.startAll();
  const db = await connect({ address: [...cluster.addresses] });
  onTestFinished(() => db.close());
  const began = performance.now();
  const statements = await load(db, cluster);
  const seconds = (performance.now() - began) / 1000;
  console.log(`${statements} statements in ${seconds.toFixed(1)} s, ${KILLS} kills, seed ${seed}`);

  const embedded = await open({ memory: true });
  onTestFinished(() => embedded.close());
  await embedded.importScript(readFileSync(SCRIPT, 'utf8'));
  const [ours, expected] = [await contents(db), await contents(embedded)];
  expect([...ours.keys()]).toEqual([...expected.keys()]);
  for (const [table, rows] of expected) expect(ours.get(table), table).toEqual(rows);
  expect(expected.size).toBe(11);
  expect((await db.verify()).problems).toEqual([]);

  await expect
    .poll(async () => new Set(await offsets(cluster)).size, { timeout: 120_000, interval: 50 })
    .toBe(1);
  await cluster.stop('SIGKILL');
  const [first, ...others] = verify(cluster);
  expect(first!.entries).toBeGreaterThanOrEqual(statements);
  for (const other of others) expect(other).toEqual(first);
});
