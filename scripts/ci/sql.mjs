/**
 * CI step: what others wrote about SQL, held against the embedded database, with the scores that
 * must not be lost. Skips, and says so, in a clone that has no `../shared/conformance`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inParallel, node } from './parallel.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const conformance = join(root, '..', 'shared', 'conformance');

/** Least share of the records in scope that must pass, in percent. */
const LEAST = { sqlite: 99.9, duckdb: 98.5, pg_regress: 81.5 };
/** Least share of generated queries that must answer with rows, in percent: others show little. */
const LEAST_OF = { 'with rows': 60, committed: 35, taken: 35 };

const complaints = [];

async function run(...args) {
  const { status, stdout, stderr } = await node(args, { cwd: root });
  const last = stdout.trim().split('\n').at(-1) ?? '';
  return { status, last, output: `${stdout}\n${stderr}` };
}

async function family([name, least]) {
  const files = join(conformance, 'sqllogictest', name);
  const { last } = await run(join(root, 'dist', 'slt.js'), files);
  console.log(last);
  const score = Number(/: ([\d.]+) %/.exec(last)?.[1] ?? 'NaN');
  if (!(score >= least)) complaints.push(`${name}: ${score} %, and must be ${least}`);
}

async function isolation() {
  const { status, last, output } = await run(join(root, 'scripts', 'isolation.mjs'));
  console.log(`isolation: ${last}`);
  if (status !== 0) complaints.push(output.slice(-4000));
}

async function differential(...flags) {
  const script = join(root, 'scripts', 'differential.mjs');
  const { status, output } = await run(script, '--pglite', ...flags);
  console.log(output.trim().split('\n').slice(-5).join('\n'));
  if (status !== 0) complaints.push(output.slice(-4000));
  // Who refuses everything, or finds no rows, agrees easily.
  const [, some, percent] = /^(with rows|committed|taken) ([\d.]+) %/m.exec(output) ?? [];
  const least = LEAST_OF[some];
  if (Number(percent) >= least) return;
  complaints.push(`${some}: ${percent} %, and must be ${least} (${flags.join(' ')})`);
}

const parts = [
  () => differential('--count', '600'),
  () => differential('--paths', '--count', '800'),
  () => differential('--writes', '--count', '200'),
  () => differential('--definitions', '--count', '1200'),
];
if (existsSync(conformance)) {
  // What takes longest begins first, or one core would idle beside it at the end.
  parts.unshift(isolation);
  parts.push(...Object.entries(LEAST).map((entry) => () => family(entry)));
} else {
  console.log('SKIPPED: no conformance files beside this clone');
}
await inParallel(parts, (part) => part());

if (complaints.length > 0) {
  console.error(complaints.join('\n'));
  process.exit(1);
}
