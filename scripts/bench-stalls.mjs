/**
 * How long the event loop of a process stands still while its embedded database works.
 *
 *   npm run bench:stalls -- [--rows N] [--only TEXT]
 *
 * A timer asks every few milliseconds; each line is the longest stop beyond that while one kind of
 * work ran, how long the work took, and how many stops were longer than 50 ms. Collecting garbage
 * counts. One run each, so that the state before it is the same in every run of this script.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from './options.mjs';

const USAGE = 'npm run bench:stalls -- [--rows N] [--only TEXT]';
const { rows, only } = readOptions(USAGE, { rows: 200_000, only: '' });
const TICK_MILLIS = 2;
const LONG_MILLIS = 50;
const BATCH = 1000;
/** Of random changes, and as many callers. */
const CHANGES = 10_000;
const CALLERS = 32;

const { open } = await import('../dist/embedded.js');
const root = mkdtempSync(join(tmpdir(), 'bench-stalls-'));
const db = await open({ directory: join(root, 'kimberlite') });

const model = cpus()[0]?.model ?? 'unknown';
console.log(
  `node ${process.version}, ${cpus().length} × ${model}, ${rows} rows, embedded, durable`,
);

async function measured(name, work) {
  let longest = 0;
  let long = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const stop = now - last - TICK_MILLIS;
    if (stop > longest) longest = stop;
    if (stop > LONG_MILLIS) long += 1;
    last = now;
  }, TICK_MILLIS);
  const from = performance.now();
  await work();
  // The stop that the work ended with.
  await new Promise((resolve) => setTimeout(resolve, 2 * TICK_MILLIS));
  clearInterval(timer);
  if (!name.includes(only)) return;
  const millis = Math.round(performance.now() - from);
  console.log(
    `${name.padEnd(34)} longest ${longest.toFixed(0).padStart(5)} ms   ` +
      `over ${LONG_MILLIS} ms ${String(long).padStart(4)}   in ${String(millis).padStart(6)} ms`,
  );
}

/** A permutation without a memory: 0 to rows - 1, scattered. */
const scattered = (i) => (i * 7919 + 13) % rows;

async function load() {
  const places = Array.from({ length: BATCH }, (_, i) => {
    return `($${i * 3 + 1}, $${i * 3 + 2}, $${i * 3 + 3})`;
  });
  const insert = db.prepare(`INSERT INTO t VALUES ${places.join(', ')}`);
  for (let from = 0; from < rows; from += BATCH) {
    const values = [];
    for (let i = from; i < from + BATCH; i += 1) values.push(i, i % 1000, `row ${i} of a table`);
    await insert.execute(values);
  }
}

async function changes() {
  const update = db.prepare('UPDATE t SET k = k + 1 WHERE id = $1');
  let next = 0;
  const caller = async () => {
    while (next < CHANGES) {
      next += 1;
      await update.execute([scattered(next)]);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

try {
  await db.execute('CREATE TABLE t (id int PRIMARY KEY, k int, s text)');
  await measured('load, batches of 1000', load);
  await measured('updates of single rows, scattered', changes);
  for (const [name, sql] of [
    ['CREATE INDEX', 'CREATE INDEX t_k ON t (k)'],
    ['SELECT, sorted', 'SELECT * FROM t ORDER BY s, k'],
    ['SELECT, grouped', 'SELECT k, count(*), max(s) FROM t GROUP BY k'],
    ['UPDATE of all', 'UPDATE t SET k = k + 1'],
    ['ALTER COLUMN TYPE', 'ALTER TABLE t ALTER COLUMN k TYPE bigint'],
    ['DELETE of half', 'DELETE FROM t WHERE id % 2 = 0'],
    ['CREATE TABLE AS', 'CREATE TABLE u AS SELECT * FROM t'],
    ['TRUNCATE', 'TRUNCATE t'],
    ['DROP TABLE', 'DROP TABLE u'],
  ]) {
    await measured(name, () => db.execute(sql));
  }
} finally {
  await db.close();
  rmSync(root, { recursive: true, force: true });
}
