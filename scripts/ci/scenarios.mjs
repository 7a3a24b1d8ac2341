/**
 * Every scenario over many seeds: none may fail, and its own fault must be delivered in each run
 * (a run without it fails by itself). Prints the ones that fail, and how many runs there were.
 *
 *   node scripts/ci/scenarios.mjs [SEEDS]
 */
import { spawnSync } from 'node:child_process';

const seeds = process.argv[2] ?? '200';

/** What a command of ours prints as JSON. */
function vopr(...args) {
  const done = spawnSync(process.execPath, ['bin/vopr.mjs', ...args, '--json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  try {
    return JSON.parse(done.stdout);
  } catch {
    process.stderr.write(done.stderr);
    process.exit(1);
  }
}

const { scenarios } = vopr('scenarios');
let runs = 0;
const failing = [];
for (const { name, injects } of scenarios) {
  const swept = vopr('sweep', '--scenario', name, '--count', seeds, '--shrink', '0');
  runs += swept.runs;
  const [first] = swept.failed;
  const missing = injects.filter((fault) => !(swept.faults[fault] >= swept.runs));
  if (first !== undefined) {
    failing.push(`${name}: ${swept.runs - swept.passed} of ${swept.runs} runs, ${first.message}`);
    failing.push(`  again: npx vopr run --seed ${first.seed} --scenario ${name}`);
  } else if (missing.length > 0) failing.push(`${name}: ${missing.join(', ')} not in every run`);
}
process.stdout.write(`${scenarios.length} scenarios, ${runs} runs\n`);
if (failing.length > 0) {
  process.stdout.write(`${failing.join('\n')}\n`);
  process.exit(1);
}
