/**
 * Every scenario over many seeds: none may fail, and its own fault must be delivered in each run
 * (a run without it fails by itself). Prints the ones that fail, and how many runs there were.
 *
 *   node scripts/ci/scenarios.mjs [SEEDS]
 */
import { inParallel, node } from './parallel.mjs';

const seeds = process.argv[2] ?? '200';

/** What a command of ours prints as JSON. */
async function vopr(...args) {
  const { stdout, stderr } = await node(['bin/vopr.mjs', ...args, '--json']);
  try {
    return JSON.parse(stdout);
  } catch {
    process.stderr.write(stderr);
    process.exit(1);
  }
}

/** What is wrong with a scenario, in lines; and how many runs that took. */
async function judge({ name, injects }) {
  const flags = ['--scenario', name, '--count', seeds, '--jobs', '1', '--shrink', '0'];
  const swept = await vopr('sweep', ...flags);
  const [first] = swept.failed;
  const missing = injects.filter((fault) => !(swept.faults[fault] >= swept.runs));
  const failing = [];
  if (first !== undefined) {
    failing.push(`${name}: ${swept.runs - swept.passed} of ${swept.runs} runs, ${first.message}`);
    failing.push(`  again: npx vopr run --seed ${first.seed} --scenario ${name}`);
  } else if (missing.length > 0) failing.push(`${name}: ${missing.join(', ')} not in every run`);
  return { runs: swept.runs, failing };
}

const { scenarios } = await vopr('scenarios');
const judged = await inParallel(scenarios, judge);
const runs = judged.reduce((sum, each) => sum + each.runs, 0);
const failing = judged.flatMap((each) => each.failing);
process.stdout.write(`${scenarios.length} scenarios, ${runs} runs\n`);
if (failing.length > 0) {
  process.stdout.write(`${failing.join('\n')}\n`);
  process.exit(1);
}
