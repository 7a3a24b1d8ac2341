/**
 * The embedded database: `npm ci && node docs/examples/embedded.mjs`.
 *
 * Makes a table, changes a row, asks what it was before, and kills a process (SIGKILL) in the
 * middle of its writes: whatever was answered is there afterwards.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { open } from 'kimberlite';

const file = fileURLToPath(import.meta.url);

/** @param {string} directory */
async function main(directory) {
  let db = await open({ directory });
  await db.execute(`
    CREATE TABLE patient (id int PRIMARY KEY, name text NOT NULL, ward text);
    CREATE TABLE reading (id int PRIMARY KEY, pulse int CHECK (pulse > 0))`);
  await db.execute(`INSERT INTO patient VALUES (1, 'Ann', 'north'), (2, 'Bob', 'south')`);
  const { position } = await db.execute(`UPDATE patient SET ward = 'east' WHERE id = $1`, [1]);
  console.log('now     ', await db.query('SELECT name, ward FROM patient WHERE id = 1'));

  const before = `SELECT name, ward FROM patient AS OF POSITION ${position - 1} WHERE id = 1`;
  console.log('before  ', await db.query(before));
  await db.close();

  const answered = await writeAndDie(directory);
  db = await open({ directory });
  /** @type {readonly { readonly n: number, readonly last: number }[]} */
  const [found] = await db.query('SELECT count(*)::int AS n, max(id) AS last FROM reading');
  const whole = found !== undefined && found.n >= answered && found.n === found.last;
  console.log('killed   after some writes; all that were answered are', whole ? 'there' : 'LOST');

  const { ok } = await db.verify();
  console.log('log     ', ok ? 'every hash and every page verifies' : 'DAMAGED');
  await db.close();
}

/**
 * Another process writes until it is killed; answers how many writes it was told of.
 *
 * @param {string} directory
 * @returns {Promise<number>}
 */
function writeAndDie(directory) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [file, 'write', directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let answered = 0;
    createInterface({ input: child.stdout }).on('line', (line) => {
      answered = Number(line);
      if (answered === 100) child.kill('SIGKILL');
    });
    child.on('close', () => resolve(answered));
  });
}

/** @param {string} directory */
async function write(directory) {
  const db = await open({ directory });
  const insert = db.prepare('INSERT INTO reading VALUES ($1, $2)');
  for (let id = 1; ; id += 1) {
    await insert.execute([id, 60 + (id % 40)]);
    console.log(id);
  }
}

const [task, given] = process.argv.slice(2);
if (task === 'write') {
  await write(String(given));
} else {
  const directory = mkdtempSync(join(tmpdir(), 'kimberlite-'));
  try {
    await main(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
