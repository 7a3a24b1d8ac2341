/**
 * Replicated and durable, side by side on one disk: three Kimberlite servers, PostgreSQL with two
 * synchronous standbys (`ANY 1`), and three etcd servers. Single-row writes, and reads of the
 * latest by key; 1 and 32 clients, each with a connection of its own, all over TCP on loopback.
 *
 *   npm run bench:cluster -- [--rounds N] [--operations N] [--only TEXT] [--holes]
 *
 * After a warm-up rounds are interleaved, the first of them not counted. Rate: the median of the
 * rounds; p50 and p99 of all calls. What is not installed is left out, and the page says so.
 * `--holes`: a cluster of `init --development`, whose journals take room while they are written
 * (default: 1 GiB each, reserved).
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEtcdCluster } from './bench/etcd-cluster.mjs';
import { KimberliteCluster, freeBase } from './bench/kimberlite-cluster.mjs';
import { median } from './bench/measure.mjs';
import { startPostgresCluster } from './bench/postgres-cluster.mjs';
import { readOptions } from './options.mjs';

const USAGE = 'npm run bench:cluster -- [--rounds N] [--operations N] [--only TEXT] [--holes]';
const DEFAULTS = { rounds: 5, operations: 2000, only: '', holes: false };

const { rounds, operations, only, holes } = readOptions(USAGE, DEFAULTS);
const reserve = !holes;
const CLIENTS = 32;
/** Calls of each kind before anything is measured: servers run long, and compile what is hot. */
const WARM = 10_000;
const TEXT = 'some text that is stored';
const CREATE = 'CREATE TABLE w (id int PRIMARY KEY, k int, s text)';
const INSERT = 'INSERT INTO w VALUES ($1, $2, $3)';
const SELECT = 'SELECT k, s FROM w WHERE id = $1';

/**
 * A contender: `{ name, connect(): { write(id), read(id), end() }, stop() }`, or why there is none.
 */
async function kimberlite(directory) {
  const { connect } = await import('../dist/connect.js');
  const cluster = await KimberliteCluster.make(directory, { development: !reserve });
  await cluster.startAll();
  const { addresses: address, key } = cluster;
  const first = await connect({ address, key });
  await first.execute(CREATE);
  await first.close();
  const each = async () => {
    const db = await connect({ address, key });
    const [insert, select] = [await db.prepare(INSERT), await db.prepare(SELECT)];
    return {
      write: (id) => insert.execute([id, 7, TEXT]),
      read: async (id) => (await select.query([id]))[0].s,
      end: () => db.close(),
    };
  };
  return { name: 'Kimberlite, three servers', connect: each, stop: () => cluster.stop() };
}

async function postgres(directory) {
  const base = await freeBase(1);
  const cluster = await startPostgresCluster(directory, [base, base + 1, base + 2]);
  if (typeof cluster === 'string') return cluster;
  const first = await cluster.connect();
  await first.query(CREATE);
  await first.end();
  const each = async () => {
    const client = await cluster.connect();
    const insert = (values) => client.query({ name: 'insert', text: INSERT, values });
    const select = (values) => client.query({ name: 'select', text: SELECT, values });
    return {
      write: (id) => insert([id, 7, TEXT]),
      read: async (id) => (await select([id])).rows[0].s,
      end: () => client.end(),
    };
  };
  return { name: cluster.name, connect: each, stop: cluster.stop };
}

async function etcd(directory) {
  const bases = [await freeBase(1), await freeBase(1)];
  const ports = bases.flatMap((base) => [base, base + 1, base + 2]);
  const cluster = await startEtcdCluster(directory, ports);
  if (typeof cluster === 'string') return cluster;
  const each = async () => {
    const client = await cluster.connect();
    return {
      write: (id) => client.put(`w/${id}`, `7 ${TEXT}`),
      read: async (id) => String(await client.get(`w/${id}`)),
      end: () => client.end(),
    };
  };
  return { name: cluster.name, connect: each, stop: cluster.stop };
}

const PHASES = [
  { name: 'durable write, 1 client', kind: 'write', clients: 1, count: operations },
  { name: 'latest read, 1 client', kind: 'read', clients: 1, count: operations },
  {
    name: `durable write, ${CLIENTS} clients`,
    kind: 'write',
    clients: CLIENTS,
    count: 4 * operations,
  },
  {
    name: `latest read, ${CLIENTS} clients`,
    kind: 'read',
    clients: CLIENTS,
    count: 4 * operations,
  },
];

/** All clients until the count is done; answers milliseconds, and notes each call's. */
async function run(contender, { kind, clients, count }, latencies) {
  let left = count;
  const began = performance.now();
  const loops = contender.clients.slice(0, clients).map(async (client) => {
    for (; left > 0;) {
      left -= 1;
      const from = performance.now();
      if (kind === 'write') await client.write((contender.written += 1));
      else await client.read(1 + Math.floor(Math.random() * contender.written));
      latencies.push(performance.now() - from);
    }
  });
  await Promise.all(loops);
  return performance.now() - began;
}

function percentile(list, part) {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

const root = mkdtempSync(join(tmpdir(), 'bench-cluster-'));
// PostgreSQL runs as a user of its own, who must get to its folder.
chmodSync(root, 0o711);
const contenders = [];
console.log(`node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${rounds} rounds`);
try {
  for (const [name, start] of Object.entries({ kimberlite, postgres, etcd })) {
    if (!name.includes(only) && name !== 'kimberlite') continue;
    const contender = await start(join(root, name));
    if (typeof contender === 'string') {
      console.log(`left out: ${contender}`);
      continue;
    }
    contender.written = 0;
    contender.clients = [];
    contenders.push(contender);
    for (let i = 0; i < CLIENTS; i += 1) contender.clients.push(await contender.connect());
    console.log(`${name}: ${contender.name}`);
  }
  for (const { kind } of PHASES.slice(2)) {
    for (const contender of contenders)
      await run(contender, { kind, clients: CLIENTS, count: WARM }, []);
  }
  for (const phase of PHASES) {
    const results = contenders.map(() => ({ rates: [], latencies: [] }));
    for (let round = 0; round <= rounds; round += 1) {
      for (const [i, contender] of contenders.entries()) {
        const latencies = [];
        const millis = await run(contender, phase, latencies);
        if (round === 0) continue;
        results[i].rates.push((phase.count / millis) * 1000);
        results[i].latencies.push(...latencies);
      }
    }
    console.log(phase.name);
    const ours = median(results[0].rates);
    for (const [i, { rates, latencies }] of results.entries()) {
      const rate = median(rates);
      const ratio = i === 0 ? '' : `  ours / theirs ${(ours / rate).toFixed(2)}`;
      const p50 = percentile(latencies, 0.5).toFixed(2).padStart(7);
      const p99 = percentile(latencies, 0.99).toFixed(2).padStart(7);
      const shown = `${rate.toFixed(0).padStart(7)}/s  p50 ${p50} ms  p99 ${p99} ms${ratio}`;
      console.log(`  ${contenders[i].name.split(/[ ,]/)[0].padEnd(11)} ${shown}`);
    }
  }
} finally {
  for (const { clients } of contenders) for (const client of clients) await client.end();
  for (const contender of contenders) await contender.stop();
  rmSync(root, { recursive: true, force: true });
}
