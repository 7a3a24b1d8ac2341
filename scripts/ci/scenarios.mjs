/**
 * Every scenario over many seeds: none may fail, and its own fault must be delivered in each run
 * (a run without it fails by itself). Prints the ones that fail, and how many runs there were.
 *
 * Each core has one simulator for all its scenarios: a process for each would spend most of its
 * time on getting warm.
 *
 *   node scripts/ci/scenarios.mjs [SEEDS]
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { inParallel, node, WIDTH } from './parallel.mjs';

const seeds = Number(process.argv[2] ?? '200');

/** One simulator of `vopr sweep` (`vopr/cli/worker.ts`). */
async function simulator() {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const script = new URL('../../dist/worker.js', import.meta.url);
  const worker = new Worker(script, { workerData: { progress } });
  await once(worker, 'message');
  return worker;
}

/** What is wrong with a scenario, in lines; and how many runs that took. */
async function judge(worker, { name, injects }) {
  worker.postMessage({ from: 0, count: seeds, scenario: name, stopAtFailure: false });
  const [{ tally }] = await once(worker, 'message');
  const [first] = tally.failures;
  const missing = injects.filter((fault) => !(tally.faults[fault] >= tally.runs));
  const failing = [];
  if (tally.runs !== seeds) failing.push(`${name}: ${tally.runs} of ${seeds} seeds ran`);
  if (first !== undefined) {
    failing.push(`${name}: ${tally.runs - tally.passed} of ${tally.runs} runs, ${first.message}`);
    failing.push(`  again: npx vopr run --seed ${first.seed} --scenario ${name}`);
  } else if (missing.length > 0) failing.push(`${name}: ${missing.join(', ')} not in every run`);
  return { runs: tally.runs, failing };
}

const listed = await node(['bin/vopr.mjs', 'scenarios', '--json']);
const { scenarios } = JSON.parse(listed.stdout);
const idle = await Promise.all(Array.from({ length: WIDTH }, simulator));
const judged = await inParallel(scenarios, async (scenario) => {
  const worker = idle.pop();
  const result = await judge(worker, scenario);
  idle.push(worker);
  return result;
});
await Promise.all(idle.map((worker) => worker.terminate()));
const runs = judged.reduce((sum, each) => sum + each.runs, 0);
const failing = judged.flatMap((each) => each.failing);
process.stdout.write(`${scenarios.length} scenarios, ${runs} runs\n`);
if (failing.length > 0) {
  process.stdout.write(`${failing.join('\n')}\n`);
  process.exit(1);
}
