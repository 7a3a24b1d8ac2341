/**
 * CI step: sweeps COUNT seeds and fails unless every one held and the sweep was honest, that is:
 * all runs are accounted for, every invariant was evaluated, and faults were really delivered.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const vopr = fileURLToPath(new URL('../../bin/vopr.mjs', import.meta.url));
const count = Number(process.argv[2] ?? 20_000);
// Traces of failures go where the command runs: somewhere that may be thrown away.
const folder = mkdtempSync(join(tmpdir(), 'sweep-'));
const done = spawnSync(
  process.execPath,
  [vopr, 'sweep', '--count', String(count), '--jobs', '2', '--json'],
  { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 },
);
rmSync(folder, { recursive: true, force: true });

const report = parse(done.stdout);
const complaints = [];
if (done.status !== 0) complaints.push(`exit code ${done.status}`);
if (report.passed !== count) complaints.push(`${report.passed} of ${count} seeds passed`);
for (const failure of report.failed.slice(0, 10)) {
  complaints.push(`seed ${failure.seed}: ${failure.invariant}`);
}
for (const [name, evaluations] of Object.entries(report.checks)) {
  if (evaluations === 0) complaints.push(`invariant ${name} was never evaluated`);
}
if (Object.values(report.faults).every((delivered) => delivered === 0)) {
  complaints.push('no fault was delivered');
}
console.log(`${report.perSecond} seeds a second with ${report.jobs} jobs`);
if (complaints.length > 0) {
  console.error(complaints.join('\n'));
  process.exit(1);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    console.error(`sweep printed no JSON; exit code ${done.status}\n${text}\n${done.stderr}`);
    process.exit(1);
  }
}
