/**
 * CI step: what others wrote about SQL, held against the embedded database, with the scores that
 * must not be lost. Skips, and says so, in a clone that has no `../shared/conformance`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const conformance = join(root, '..', 'shared', 'conformance');

/** Least share of the records in scope that must pass, in percent. */
const LEAST = { sqlite: 99, duckdb: 90, pg_regress: 75 };

const complaints = [];

function run(name, args) {
  const done = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (done.error !== undefined) throw done.error;
  const last = done.stdout.trim().split('\n').at(-1) ?? '';
  return { name, status: done.status, last, output: `${done.stdout}\n${done.stderr}` };
}

if (existsSync(conformance)) {
  for (const [family, least] of Object.entries(LEAST)) {
    const files = join(conformance, 'sqllogictest', family);
    const { last } = run(family, [join(root, 'dist', 'slt.js'), files]);
    console.log(last);
    const score = Number(/: ([\d.]+) %/.exec(last)?.[1] ?? 'NaN');
    if (!(score >= least)) complaints.push(`${family}: ${score} %, and must be ${least}`);
  }
  const isolation = run('isolation', [join(root, 'scripts', 'isolation.mjs')]);
  console.log(`isolation: ${isolation.last}`);
  if (isolation.status !== 0) complaints.push(isolation.output.slice(-4000));
} else {
  console.log(`SKIPPED: no conformance files beside this clone`);
}
const script = join(root, 'scripts', 'differential.mjs');
const differential = run('differential', [script, '--pglite', '--count', '1500']);
console.log(differential.output.trim().split('\n').slice(-5).join('\n'));
if (differential.status !== 0) complaints.push(differential.output.slice(0, 4000));

if (complaints.length > 0) {
  console.error(complaints.join('\n'));
  process.exit(1);
}
