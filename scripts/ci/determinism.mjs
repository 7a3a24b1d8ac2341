/**
 * CI step: a run is a function of its seed and of the build, and of nothing else. Runs seeds alone
 * and sweeps many, in separate processes under other time zones, locales and --jobs, and fails at
 * the first difference.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inParallel, node } from './parallel.mjs';

const vopr = fileURLToPath(new URL('../../bin/vopr.mjs', import.meta.url));
const SEEDS = 6;
const SWEEP = 200;
const WORLDS = [
  { TZ: 'UTC', LC_ALL: 'C' },
  { TZ: 'Asia/Kathmandu', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' },
  { TZ: 'America/St_Johns', LC_ALL: 'th_TH.UTF-8', LANG: 'th_TH.UTF-8' },
];
/** What a sweep measures of the machine, not of the seeds. */
const OF_THE_MACHINE = new Set(['seconds', 'perSecond', 'jobs', 'trace', 'peakRssMiB']);

const folder = mkdtempSync(join(tmpdir(), 'determinism-'));
try {
  const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1);
  await inParallel(seeds, async (seed) => {
    const alone = ['run', '--seed', String(seed), '--json'];
    same(`seed ${seed}, two processes`, await run(alone, WORLDS[0]), await run(alone, WORLDS[1]));
  });
  const sweep = ['sweep', '--count', String(SWEEP), '--json', '--jobs'];
  const [first, ...others] = await inParallel(WORLDS, (world, index) =>
    run([...sweep, String(index + 1)], world),
  );
  for (const [index, other] of others.entries()) {
    same(`a sweep with 1 job and with ${index + 2}, elsewhere`, first, other);
  }
  console.log(`${SEEDS} seeds and a sweep of ${SWEEP}: no difference`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Standard output of one command, with what belongs to the machine taken out. */
async function run(args, env) {
  const done = await node([vopr, ...args], { cwd: folder, env: { ...process.env, ...env } });
  if (done.status !== 0 && done.status !== 1) {
    throw new Error(`vopr ${args.join(' ')} ended with ${done.status}\n${done.stderr}`);
  }
  const report = JSON.parse(done.stdout, (key, value) =>
    OF_THE_MACHINE.has(key) ? undefined : value,
  );
  return JSON.stringify(report, null, 1);
}

function same(what, left, right) {
  if (left === right) return;
  const lines = left.split('\n');
  const others = right.split('\n');
  const at = lines.findIndex((line, index) => line !== others[index]);
  throw new Error(`${what} differ at line ${at + 1}:\n- ${lines[at]}\n+ ${others[at]}`);
}
