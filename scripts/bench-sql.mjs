/**
 * SQL side by side: ours embedded, PostgreSQL through its Unix socket, both durable, on one disk;
 * time travel also beside MariaDB's system-versioned tables.
 *
 *   npm run bench:sql -- [--rows N] [--rounds N] [--only TEXT] [--no-travel]
 *
 * Each line is the median of interleaved rounds after one round to warm up. Ratio: our time divided
 * by theirs. Servers that are not installed are left out, and the page says so.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { interleaved, line } from './bench/measure.mjs';
import { startMariadb, startPostgres } from './bench/servers.mjs';
import { readOptions } from './options.mjs';

const USAGE = 'npm run bench:sql -- [--rows N] [--rounds N] [--only TEXT] [--no-travel]';
const DEFAULTS = { rows: 1_000_000, rounds: 5, only: '', 'no-travel': false };

const options = readOptions(USAGE, DEFAULTS);
const { rows, rounds, only } = options;
const travel = !options['no-travel'];
const JOINED = Math.ceil(rows / 10);
const BATCH = 1000;
const CLIENTS = 32;

const { open } = await import('../dist/embedded.js');
const root = mkdtempSync(join(tmpdir(), 'bench-sql-'));
// The servers run as users of their own, who must get to their folders in it.
chmodSync(root, 0o711);
const kimberlite = await open({ directory: join(root, 'kimberlite') });
const postgres = await startPostgres(join(root, 'postgres'));
const clients = [];
if (postgres !== null) {
  for (let i = 0; i < CLIENTS; i += 1) clients.push(await postgres.connect());
}
const model = cpus()[0]?.model ?? 'unknown';
console.log(`node ${process.version}, ${cpus().length} × ${model}, ${rounds} interleaved rounds`);
console.log(postgres === null ? 'PostgreSQL is not installed' : `PostgreSQL ${postgres.version}`);

/** The same statement in both. */
async function both(sql) {
  await kimberlite.execute(sql);
  if (postgres !== null) await clients[0].query(sql);
}

async function compare(name, ours, theirs, divide = 1, unit = 'ms') {
  if (!name.includes(only)) return;
  const contenders =
    postgres === null ? { kimberlite: ours } : { kimberlite: ours, postgres: theirs };
  console.log(line(name, await interleaved(contenders, rounds), 'postgres', divide, unit));
}

let next = 1;
let nextTheirs = 1;

async function writes() {
  await both('CREATE TABLE w (id int PRIMARY KEY, k int, s text)');
  const sql = 'INSERT INTO w VALUES ($1, $2, $3)';
  const insert = kimberlite.prepare(sql);
  const ours = () => insert.execute([next++, 7, 'some text that is stored']);
  const theirs = (client) => {
    return client.query({
      name: 'insert',
      text: sql,
      values: [nextTheirs++, 7, 'some text that is stored'],
    });
  };
  const ONE = 1000;
  await compare(
    'durable insert, 1 client',
    async () => {
      for (let i = 0; i < ONE; i += 1) await ours();
    },
    async () => {
      for (let i = 0; i < ONE; i += 1) await theirs(clients[0]);
    },
    ONE,
    'us',
  );
  const EACH = 20;
  const many = (one) => async () => {
    await Promise.all(
      Array.from({ length: CLIENTS }, async (_, i) => {
        for (let j = 0; j < EACH; j += 1) await one(clients[i]);
      }),
    );
  };
  await compare(
    `durable insert, ${CLIENTS} clients`,
    many(ours),
    many(theirs),
    CLIENTS * EACH,
    'us',
  );
  const places = Array.from(
    { length: BATCH },
    (_, i) => `($${i * 3 + 1}, $${i * 3 + 2}, $${i * 3 + 3})`,
  );
  // As many as it takes for both to be warm.
  const BATCHES = 20;
  const batchSql = `INSERT INTO w VALUES ${places.join(', ')}`;
  const batch = kimberlite.prepare(batchSql);
  const values = (from) =>
    Array.from({ length: BATCH }, (_, i) => [from + i, i, 'row of a batch']).flat();
  await compare(
    `batch of ${BATCH} rows`,
    async () => {
      for (let i = 0; i < BATCHES; i += 1) {
        await batch.execute(values(next));
        next += BATCH;
      }
    },
    async () => {
      for (let i = 0; i < BATCHES; i += 1) {
        await clients[0].query({ name: 'batch', text: batchSql, values: values(nextTheirs) });
        nextTheirs += BATCH;
      }
    },
    BATCHES,
  );
}

/** Fills a table in chunks that fit an entry of the log. */
async function fill(table, count, columns) {
  const CHUNK = 50_000;
  for (let from = 0; from < count; from += CHUNK) {
    const to = Math.min(count, from + CHUNK);
    await both(`INSERT INTO ${table} SELECT ${columns} FROM generate_series(${from}, ${to - 1}) g`);
  }
  if (postgres !== null) await clients[0].query(`VACUUM ANALYZE ${table}`);
}

async function reads() {
  await both('CREATE TABLE big (id int PRIMARY KEY, k int, g int, v int, s text)');
  await fill('big', rows, "g, (g * 79) % 1000, g % 100, (g * 31) % 10007, 'text ' || g % 50");
  await both('CREATE TABLE l (id int PRIMARY KEY, k int)');
  await both('CREATE TABLE r (id int PRIMARY KEY, v int)');
  await fill('l', JOINED, `g, (g * 7919) % ${JOINED}`);
  await fill('r', JOINED, 'g, g % 97');
  await query(
    'point query by key',
    'SELECT k, s FROM big WHERE id = $1',
    (i) => [(i * 7907) % rows],
    200,
  );
  await query(
    `filter over ${rows} rows`,
    'SELECT count(*) FROM big WHERE k < $1 AND v > $2',
    () => [500, 2000],
  );
  await query(
    `equality join, 2 × ${JOINED}`,
    'SELECT count(*), sum(r.v) FROM l JOIN r ON l.k = r.id',
    () => [],
  );
  await query(
    `group by over ${rows} rows`,
    'SELECT g, count(*), sum(v) FROM big GROUP BY g',
    () => [],
  );
}

async function query(name, sql, valuesOf, times = 1) {
  const prepared = kimberlite.prepare(sql);
  const loop = (one) => async () => {
    for (let i = 0; i < times; i += 1) await one(valuesOf(i));
  };
  await compare(
    name,
    loop((values) => prepared.query(values, { rows: 'array' })),
    loop((values) => clients[0].query({ name, text: sql, values, rowMode: 'array' })),
    times,
    times > 1 ? 'us' : 'ms',
  );
}

const KEYS = 1000;

/** Reads of the past against the same reads of the present, by versions a row. */
async function travels(connection) {
  for (const versions of [1, 10, 1000]) {
    const keys = versions === 1000 ? 100 : KEYS;
    const table = `h${versions}`;
    await kimberlite.execute(`CREATE TABLE ${table} (id int PRIMARY KEY, k int, v int)`);
    await kimberlite.execute(`CREATE INDEX ${table}_k ON ${table} (k)`);
    await kimberlite.execute(
      `INSERT INTO ${table} SELECT g, g % 50, 0 FROM generate_series(1, ${keys}) g`,
    );
    if (connection !== null) {
      const versioned = 'WITH SYSTEM VERSIONING';
      await connection.query(
        `CREATE TABLE ${table} (id int PRIMARY KEY, k int, v int, KEY (k)) ${versioned}`,
      );
      await connection.query(`INSERT INTO ${table} SELECT seq, seq % 50, 0 FROM seq_1_to_${keys}`);
    }
    const middle = { position: 0, timestamp: '' };
    for (let version = 1; version < versions; version += 1) {
      const { position } = await kimberlite.execute(`UPDATE ${table} SET v = ${version}`);
      if (connection !== null) await connection.query(`UPDATE ${table} SET v = ${version}`);
      if (version !== versions >> 1) continue;
      middle.position = position;
      if (connection !== null)
        [[middle.timestamp]] = await connection.query('SELECT cast(now(6) AS char)');
    }
    if (middle.position === 0) {
      middle.position = (await kimberlite.execute('SELECT 1')).position;
      if (connection !== null)
        [[middle.timestamp]] = await connection.query('SELECT cast(now(6) AS char)');
    }
    const kinds = [
      { kind: 'point', sqlOf: (from) => `SELECT v FROM ${from} WHERE id = 42`, times: 2000 },
      {
        kind: 'range',
        sqlOf: (from) => `SELECT count(*), sum(v) FROM ${from} WHERE id BETWEEN 20 AND 90`,
        times: 500,
      },
      { kind: 'index', sqlOf: (from) => `SELECT sum(v) FROM ${from} WHERE k = 7`, times: 500 },
    ];
    for (const { kind, sqlOf, times } of kinds) {
      const present = kimberlite.prepare(sqlOf(table));
      const past = kimberlite.prepare(sqlOf(`${table} AS OF POSITION ${middle.position}`));
      const repeat = (one) => async () => {
        for (let i = 0; i < times; i += 1) await one();
      };
      const name = `${kind}, ${versions} versions a row: past, present`;
      if (!name.includes(only)) continue;
      const contenders = {
        kimberlite: repeat(() => past.query([], { rows: 'array' })),
        present: repeat(() => present.query([], { rows: 'array' })),
      };
      if (connection !== null) {
        const sql = sqlOf(`${table} FOR SYSTEM_TIME AS OF TIMESTAMP '${middle.timestamp}'`);
        contenders.mariadb = repeat(() => connection.execute(sql));
      }
      console.log(line(name, await interleaved(contenders, rounds), 'present', times, 'us'));
    }
  }
}

try {
  await writes();
  await reads();
  if (travel) {
    const mariadb = await startMariadb(join(root, 'mariadb'));
    console.log(mariadb === null ? 'MariaDB is not installed' : `MariaDB ${mariadb.version}`);
    const connection = mariadb === null ? null : await mariadb.connect();
    await travels(connection);
    await connection?.end();
    await mariadb?.stop();
  }
} finally {
  for (const client of clients) await client.end();
  await postgres?.stop();
  await kimberlite.close();
  rmSync(root, { recursive: true, force: true });
}
