/**
 * Starts the databases that ours is measured beside: PostgreSQL and MariaDB as the system installed
 * them, each with a fresh data directory on the disk that our files are on, listening on a Unix
 * socket only. A server refuses to run as root, so root runs it as the user its package made.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = process.getuid?.() === 0;

/** Where PostgreSQL 15's programs are, or null. */
function postgresBin() {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base).toSorted().toReversed() : [];
  const version = versions.includes('15') ? '15' : versions[0];
  return version === undefined ? null : join(base, version, 'bin');
}

/** Runs a program as a user that is not root. */
function as(user, program, args, options = {}) {
  const command = root ? 'setpriv' : program;
  const list = root
    ? [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', program, ...args]
    : args;
  return { command, list, options };
}

/** A running PostgreSQL: `{ version, connect(), stop() }`; null when it is not installed. */
export async function startPostgres(directory) {
  const bin = postgresBin();
  if (bin === null) return null;
  const { default: pg } = await import('pg');
  mkdirSync(directory, { recursive: true });
  if (root) execFileSync('chown', ['postgres', directory]);
  const data = join(directory, 'data');
  const init = as(
    'postgres',
    join(bin, 'initdb'),
    words(`-D ${data} -U bench -A trust --locale=C.UTF-8 --lc-collate=C --encoding=UTF8`),
  );
  execFileSync(init.command, init.list, { stdio: 'pipe' });
  const run = as(
    'postgres',
    join(bin, 'postgres'),
    words(`-D ${data} -k ${directory} -c listen_addresses= -c max_connections=100`),
  );
  const child = spawn(run.command, run.list, { stdio: 'ignore' });
  const connect = async () => {
    const client = new pg.Client({ host: directory, user: 'bench', database: 'postgres' });
    await client.connect();
    return client;
  };
  const first = await patiently(connect);
  const { rows } = await first.query('SHOW server_version');
  await first.end();
  return { version: rows[0].server_version, connect, stop: () => stop(child, 'SIGINT', directory) };
}

/** A running MariaDB, likewise. */
export async function startMariadb(directory) {
  if (!existsSync('/usr/sbin/mariadbd')) return null;
  const { default: mariadb } = await import('mariadb');
  const data = join(directory, 'data');
  mkdirSync(data, { recursive: true });
  if (root) execFileSync('chown', ['-R', 'mysql', directory]);
  const init = as(
    'mysql',
    '/usr/bin/mariadb-install-db',
    words(`--datadir=${data} --auth-root-authentication-method=normal --skip-test-db`),
  );
  execFileSync(init.command, init.list, { stdio: 'pipe' });
  const socketPath = join(directory, 'socket');
  const run = as(
    'mysql',
    '/usr/sbin/mariadbd',
    words(
      `--no-defaults --datadir=${data} --socket=${socketPath} --pid-file=${socketPath}.pid --skip-networking --innodb-flush-log-at-trx-commit=1`,
    ),
  );
  const child = spawn(run.command, run.list, { stdio: 'ignore' });
  const connect = () => mariadb.createConnection({ socketPath, user: 'root', rowsAsArray: true });
  const first = await patiently(connect);
  await first.query('CREATE DATABASE IF NOT EXISTS bench');
  const [[version]] = await first.query('SELECT version()');
  await first.end();
  const inside = () =>
    mariadb.createConnection({ socketPath, user: 'root', database: 'bench', rowsAsArray: true });
  return { version, connect: inside, stop: () => stop(child, 'SIGTERM', directory) };
}

/** Arguments without blanks in them: the directories are temporary ones of ours. */
function words(text) {
  return text.split(' ');
}

/** Until the server listens: it says so by accepting. */
async function patiently(connect) {
  let last;
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      return await connect();
    } catch (error) {
      last = error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw last;
}

function stop(child, signal, directory) {
  return new Promise((resolve) => {
    child.once('exit', () => {
      rmSync(directory, { recursive: true, force: true });
      resolve();
    });
    child.kill(signal);
  });
}
