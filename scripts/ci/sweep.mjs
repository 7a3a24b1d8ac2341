/**
 * CI step: sweeps LEAST to MOST seeds of the default swarm, as many as the machine has time for,
 * and fails unless every one held and the sweep looks as `traces/expectations.json` says: each
 * fault kind delivered as often as it should be, each invariant evaluated, the marks reached, few
 * excuses.
 *
 *   node scripts/ci/sweep.mjs [LEAST [MOST]]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const vopr = fileURLToPath(new URL('../../bin/vopr.mjs', import.meta.url));
const expectations = fileURLToPath(new URL('../../traces/expectations.json', import.meta.url));
const least = Number(process.argv[2] ?? 3_000);
const most = Number(process.argv[3] ?? 12_000);
/** Seconds that a sweep of more than the least may take. */
const PATIENCE = 75;
/** Seeds that tell how quick the machine is. */
const PROBE = 300;
// Traces of failures go where the command runs: somewhere that may be thrown away.
const folder = mkdtempSync(join(tmpdir(), 'sweep-'));
const { perSecond } = sweep(PROBE).report;
const count = Math.min(most, Math.max(least, Math.floor(perSecond * PATIENCE)));
const { report, status } = sweep(count, '--expect', expectations);
rmSync(folder, { recursive: true, force: true });

// What the command says of itself is checked here once more, from its numbers.
const complaints = [...report.complaints];
if (report.runs !== count) complaints.push(`${report.runs} of ${count} seeds ran`);
if (report.passed !== count) complaints.push(`${report.passed} of ${count} seeds passed`);
for (const { seed, invariant, message } of report.failed.slice(0, 10)) {
  complaints.push(`seed ${seed}: ${invariant}: ${message}`);
}
for (const [name, evaluations] of Object.entries(report.checks)) {
  if (evaluations === 0) complaints.push(`invariant ${name} was never evaluated`);
}
if (status !== 0 && complaints.length === 0) complaints.push(`exit code ${status}`);
console.log(`${count} seeds, ${report.perSecond} a second with ${report.jobs} jobs`);
if (complaints.length > 0) {
  console.error(complaints.join('\n'));
  process.exit(1);
}

function sweep(seeds, ...flags) {
  const args = ['sweep', '--count', String(seeds), '--jobs', '2', '--json', ...flags];
  const { status, stdout, stderr } = spawnSync(process.execPath, [vopr, ...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  try {
    return { report: JSON.parse(stdout), status };
  } catch {
    console.error(`sweep printed no JSON; exit code ${status}\n${stdout}\n${stderr}`);
    process.exit(1);
  }
}
