/**
 * What the simulator itself costs: runs the toy system over many seeds and prints means and
 * nanoseconds an event. Bundle it first: numbers taken under a test runner are not the truth.
 *
 *   npx esbuild vopr/sim/testing/bench.ts --bundle --format=esm --platform=node \
 *     --outfile=dist/sim-bench.mjs && node dist/sim-bench.mjs 20000
 */
import { FAULTS } from '../faults.ts';
import { Simulator } from '../run.ts';
import { toySystem } from './toy-system.ts';

const count = Number(process.argv[2] ?? 5000);
const simulator = new Simulator(toySystem());
for (let seed = 1_000_000; seed < 1_000_300; seed++) simulator.run(seed);
const totals: Record<string, number> = {};
const failures: string[] = [];
const commits: number[] = [];
let [events, total, kinds, crashes, restarts, messages, excused, virtualMs, converge] = [
  0, 0, 0, 0, 0, 0, 0, 0, 0,
];
const start = process.hrtime.bigint();
for (let seed = 0; seed < count; seed++) {
  const result = simulator.run(seed);
  events += result.events;
  crashes += result.crashes;
  restarts += result.restarts;
  messages += result.messages;
  virtualMs += result.virtualMs;
  converge += result.convergeMs;
  commits.push(result.commits);
  excused += Object.keys(result.excuses).length;
  for (const [index, fault] of FAULTS.entries()) {
    const delivered = result.faults[fault.name] ?? 0;
    totals[fault.name] = (totals[fault.name] ?? 0) + delivered;
    if (index > 3 && delivered > 0) {
      total += delivered;
      kinds += 1;
    }
  }
  if (result.violation !== null && failures.length < 10) {
    failures.push(`${seed}: ${result.violation.invariant}: ${result.violation.message}`);
  }
}
const nanos = Number(process.hrtime.bigint() - start);
const mean = (sum: number): string => (sum / count).toFixed(2);
commits.sort((x, y) => x - y);
console.log(
  `${count} runs, ${(nanos / 1e9).toFixed(2)} s, ${(count / (nanos / 1e9)).toFixed(0)}/s`,
);
console.log(`${(nanos / events).toFixed(0)} ns an event, ${mean(nanos / 1000)} µs a run`);
console.log(
  `mean events ${mean(events)} messages ${mean(messages)} crashes ${mean(crashes)} ` +
    `restarts ${mean(restarts)} faults ${mean(total)} kinds ${mean(kinds)} ` +
    `virtual ms ${mean(virtualMs)} converge ms ${mean(converge)} excused ${excused}`,
);
console.log(
  `commits p10 ${commits[Math.floor(count / 10)]} median ${commits[Math.floor(count / 2)]}`,
);
for (const [name, sum] of Object.entries(totals)) console.log(`  ${name} ${mean(sum)}`);
for (const failure of failures) console.log(failure);
