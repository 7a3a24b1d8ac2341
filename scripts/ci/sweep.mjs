/**
 * CI step: sweeps COUNT seeds of the default swarm and fails unless every one held and the sweep
 * looks as `traces/expectations.json` says: each fault kind delivered as often as it should be,
 * each invariant evaluated, the marks reached, few excuses.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const vopr = fileURLToPath(new URL('../../bin/vopr.mjs', import.meta.url));
const expectations = fileURLToPath(new URL('../../traces/expectations.json', import.meta.url));
const count = Number(process.argv[2] ?? 20_000);
// Traces of failures go where the command runs: somewhere that may be thrown away.
const folder = mkdtempSync(join(tmpdir(), 'sweep-'));
const args = ['sweep', '--count', String(count), '--jobs', '2', '--json', '--expect', expectations];
const done = spawnSync(process.execPath, [vopr, ...args], {
  cwd: folder,
  encoding: 'utf8',
  maxBuffer: 1 << 28,
});
rmSync(folder, { recursive: true, force: true });

const report = parse(done.stdout);
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
if (done.status !== 0 && complaints.length === 0) complaints.push(`exit code ${done.status}`);
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
