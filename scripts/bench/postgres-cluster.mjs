/**
 * PostgreSQL with two synchronous standbys (`ANY 1`): a commit is answered once the primary and one
 * standby have it on disk (`synchronous_commit = on`, the default). Three servers on loopback, each
 * with a data directory of its own on the disk that is measured, nothing tuned but what replication
 * needs. Root runs them as the user that the package made: PostgreSQL refuses to run as root.
 */
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const STANDBYS = ['standby1', 'standby2'];
const root = process.getuid?.() === 0;

/** The newest version's programs, 15 where it is installed; null: none. */
function programs() {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base).toSorted().toReversed() : [];
  const version = versions.includes('15') ? '15' : versions[0];
  return version === undefined ? null : join(base, version, 'bin');
}

function as(program, list) {
  if (!root) return [program, list];
  const user = ['--reuid=postgres', '--regid=postgres', '--clear-groups'];
  return ['setpriv', [...user, program, ...list]];
}

/** `{ name, connect(), stop() }`, or a text: what is missing. `ports`: three that are free. */
export async function startPostgresCluster(directory, ports) {
  const bin = programs();
  if (bin === null) return 'PostgreSQL is not installed (apt-get install postgresql-15)';
  const { default: pg } = await import('pg');
  mkdirSync(directory, { recursive: true });
  if (root) execFileSync('chown', ['postgres', directory]);
  const run = (program, list) => execFileSync(...as(join(bin, program), list), { stdio: 'pipe' });
  const servers = [];
  const start = (name, port) => {
    const list = ['-D', join(directory, name), '-p', String(port), '-k', directory];
    list.push('-c', 'listen_addresses=127.0.0.1');
    servers.push(spawn(...as(join(bin, 'postgres'), list), { stdio: 'ignore' }));
  };
  const connect = (port) => connected(pg, port);

  const primary = join(directory, 'primary');
  const locale = ['--locale=C.UTF-8', '--lc-collate=C', '--encoding=UTF8'];
  run('initdb', ['-D', primary, '-U', 'bench', '-A', 'trust', ...locale]);
  appendFileSync(join(primary, 'pg_hba.conf'), 'host replication all 127.0.0.1/32 trust\n');
  start('primary', ports[0]);
  const first = await patiently(() => connect(ports[0]));
  for (const [i, name] of STANDBYS.entries()) {
    const data = join(directory, name);
    const from = `host=127.0.0.1 port=${ports[0]} user=bench application_name=${name}`;
    run('pg_basebackup', ['-d', from, '-D', data, '-R', '-X', 'stream', '-c', 'fast']);
    start(name, ports[i + 1]);
  }
  await first.query(`ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (${STANDBYS.join()})'`);
  await first.query('SELECT pg_reload_conf()');
  await patiently(async () => {
    const sql = "SELECT count(*)::int AS n FROM pg_stat_replication WHERE sync_state = 'quorum'";
    const { rows } = await first.query(sql);
    if (rows[0].n !== STANDBYS.length) throw new Error(`${rows[0].n} standbys stream`);
  });
  const { rows } = await first.query('SHOW server_version');
  await first.end();
  return {
    name: `PostgreSQL ${rows[0].server_version.split(' ')[0]}, ANY 1 of two synchronous standbys`,
    connect: () => connect(ports[0]),
    stop: () => stop(servers, directory),
  };
}

async function connected(pg, port) {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'bench', database: 'postgres' });
  await client.connect();
  return client;
}

/** Until it works: a server says that it listens by accepting. */
export async function patiently(act) {
  let last;
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      return await act();
    } catch (error) {
      last = error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw last;
}

/** Ends processes, the last one first, then removes their directory. */
export async function stop(children, directory, signal = 'SIGINT') {
  for (const child of children.toReversed()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    await new Promise((resolve) => {
      child.once('exit', resolve);
      child.kill(signal);
    });
  }
  rmSync(directory, { recursive: true, force: true });
}
