/**
 * How long writes stop when the primary dies: three servers on this machine, clients that write
 * without pause, and SIGKILL for whoever is the primary, again and again. Each killed server is
 * started again and has caught up before the next one dies.
 *
 *   npm run failover -- [--trials N] [--clients N]
 *
 * The interruption is the time from the kill to the first write acknowledged after it that was not
 * answered before. Afterwards every acknowledged row must be there, once, no row that nobody wrote,
 * and every server's directory must verify.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KimberliteCluster } from './bench/kimberlite-cluster.mjs';
import { median } from './bench/measure.mjs';
import { readOptions } from './options.mjs';

const USAGE = 'npm run failover -- [--trials N] [--clients N]';

const { connect } = await import('../dist/connect.js');
const { trials, clients } = readOptions(USAGE, { trials: 20, clients: 4 });
/** Writes between one recovery and the next kill. */
const QUIET_WRITES = 500;
const COMMAND = fileURLToPath(new URL('../bin/kimberlite.mjs', import.meta.url));

const root = mkdtempSync(join(tmpdir(), 'failover-'));
const cluster = await KimberliteCluster.make(join(root, 'cluster'));
const acknowledged = [];
let next = 0;
let stopped = false;
let onWrite = () => undefined;

async function writer(db) {
  while (!stopped) {
    const id = (next += 1);
    await db.execute('INSERT INTO w VALUES ($1, $2)', [id, `row ${id}`]);
    acknowledged.push(id);
    onWrite();
  }
}

/** Resolves when so many more writes are acknowledged. */
function writes(count) {
  const end = acknowledged.length + count;
  return new Promise((resolve) => {
    onWrite = () => {
      if (acknowledged.length >= end) resolve();
    };
  });
}

async function trial(number, db) {
  const primary = db.server.replica;
  await writes(QUIET_WRITES);
  const killed = cluster.kill(primary);
  const from = performance.now();
  const before = acknowledged.length;
  await killed;
  // What was answered before the process died is still on its way.
  const pending = clients;
  await writes(Math.max(1, before + pending + 1 - acknowledged.length));
  const millis = performance.now() - from;
  console.log(
    `trial ${number}: replica ${primary} killed, writes again after ${millis.toFixed(0)} ms`,
  );
  await cluster.start(primary);
  await writes(QUIET_WRITES);
  return millis;
}

let failed = false;
try {
  await cluster.startAll();
  const db = await connect({ address: cluster.addresses });
  await db.execute('CREATE TABLE w (id int PRIMARY KEY, s text)');
  const writing = Promise.all(Array.from({ length: clients }, () => writer(db)));
  const interruptions = [];
  for (let i = 1; i <= trials; i += 1) {
    interruptions.push(await Promise.race([trial(i, db), writing]));
  }
  stopped = true;
  await writing;
  const sorted = interruptions.toSorted((a, b) => a - b);
  const p90 = sorted[Math.ceil(sorted.length * 0.9) - 1];
  const shown = [median(sorted), p90, sorted.at(-1)].map((millis) => millis.toFixed(0));
  console.log(`write interruption: median ${shown[0]} ms, p90 ${shown[1]} ms, max ${shown[2]} ms`);
  const rows = await db.query('SELECT id, s FROM w ORDER BY id');
  const there = new Set(rows.map(({ id }) => id));
  const lost = acknowledged.filter((id) => !there.has(id));
  const strange = rows.filter(({ id, s }) => id > next || s !== `row ${id}`);
  console.log(
    `${acknowledged.length} writes acknowledged, ${rows.length} rows, ${lost.length} lost`,
  );
  const verified = await db.verify();
  console.log(`log of ${verified.entries} entries: ${verified.ok ? 'all hashes hold' : 'DAMAGED'}`);
  failed = lost.length > 0 || strange.length > 0 || rows.length !== next || !verified.ok;
  await db.close();
  await cluster.stop();
  for (const [index] of cluster.addresses.entries()) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [
      COMMAND,
      'verify',
      cluster.directoryOf(index),
    ]);
    failed ||= status !== 0;
    console.log(`replica ${index}: ${String(stdout).trim().split('\n').at(-1)}${stderr}`);
  }
} catch (error) {
  console.log(cluster.describe());
  throw error;
} finally {
  await cluster.stop('SIGKILL');
  rmSync(root, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
