/**
 * `npm run bench`: how fast, on what, and where the time goes. Prints what it measured and how; no
 * number here is typed by hand.
 */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { KIMBERLITE_BED } from '../cli/bed.ts';
import { createEngine } from '../cli/engine.ts';
import { mean, percentile } from '../cli/histogram.ts';
import type { Histogram } from '../cli/histogram.ts';
import { runPool } from '../cli/pool.ts';
import { EXIT_USAGE } from '../cli/usage.ts';
import { profileWork } from './profile.ts';
import { benchCrypto } from './crypto.ts';

if (process.argv.length > 2) {
  const asked = process.argv.slice(2).join(' ');
  process.stderr.write(`bench: takes no flags, only BENCH_SEEDS=N before it; not '${asked}'\n`);
  process.exit(EXIT_USAGE);
}

/** Seeds of each sweep: `BENCH_SEEDS`, or enough that the rate settles. */
const SEEDS = seedsArgument(process.env['BENCH_SEEDS'] ?? '20000');
const PROFILE_SEEDS = Math.min(4_000, Math.ceil(SEEDS / 5));
const BIG_COMMITS = 1_000;
const BIG_ROUNDS = 10;

function seedsArgument(text: string): number {
  const seeds = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (seeds > 0) return seeds;
  process.stderr.write(`bench: BENCH_SEEDS takes a whole number from 1, not '${text}'\n`);
  process.exit(EXIT_USAGE);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function sweep(jobs: number): Promise<void> {
  const { tally, seconds, peakRss } = await runPool({
    worker: new URL('./worker.js', import.meta.url),
    system: null,
    jobs,
    from: 0,
    count: SEEDS,
    scenario: null,
    stopAtFailure: false,
    patienceMillis: 60_000,
    onProgress: () => undefined,
    interrupted: () => false,
  });
  const events = tally.events.sum;
  say(`\nsweep --count ${SEEDS} --jobs ${jobs}, the default swarm`);
  say(`  ${(tally.runs / seconds).toFixed(0)} runs/s, ${(events / seconds).toFixed(0)} events/s`);
  say(`  ${((seconds * jobs * 1e9) / events).toFixed(0)} ns per event and thread`);
  say(`  peak resident set ${(peakRss / (1 << 20)).toFixed(0)} MiB, whole process`);
  row('events', tally.events);
  row('commits', tally.commits);
  row('faults besides weather', tally.faultCount);
  row('kinds of those', tally.faultKinds);
  row('crashes', tally.crashes);
  const sizes = tally.replicas.counts.map(
    (n, r) => `${r}: ${((100 * n) / tally.runs).toFixed(0)} %`,
  );
  say(`  replicas                 ${sizes.slice(1).join(', ')}`);
  say(`  failed runs ${tally.runs - tally.passed}, excused runs ${tally.excusedRuns}`);
}

function row(name: string, h: Histogram): void {
  const at = (percent: number): string => `p${percent} ${percentile(h, percent)}`;
  say(`  ${name.padEnd(24)} mean ${mean(h).toFixed(1)}, ${at(10)}, ${at(50)}, ${at(90)}`);
}

async function whereTheTimeGoes(): Promise<void> {
  const engine = createEngine(KIMBERLITE_BED);
  // Warm: what is compiled late is not where the time goes.
  for (let seed = 0; seed < PROFILE_SEEDS / 4; seed++) engine.run(seed, null);
  const profile = await profileWork(() => {
    for (let seed = 0; seed < PROFILE_SEEDS; seed++) engine.run(seed, null);
  });
  say(`\nwhere the time goes (${PROFILE_SEEDS} seeds, one thread, self time)`);
  for (const { where, share } of profile.folders.slice(0, 16)) {
    say(`  ${(100 * share).toFixed(1).padStart(5)} %  ${where}`);
  }
  say('\nhottest functions');
  for (const { where, share } of profile.functions.slice(0, 24)) {
    say(`  ${(100 * share).toFixed(1).padStart(5)} %  ${where}`);
  }
}

/** A healthy cluster of three: how fast is the core itself? */
function bigRun(): void {
  const engine = createEngine(KIMBERLITE_BED);
  engine.runHealthy(0, BIG_COMMITS);
  const rates: number[] = [];
  for (let round = 1; round <= BIG_ROUNDS; round++) {
    const started = performance.now();
    const result = engine.runHealthy(round, BIG_COMMITS);
    if (result.violation !== null) {
      say(`\na healthy run failed: ${result.violation.invariant}: ${result.violation.message}`);
    }
    rates.push((result.commits * 1000) / (performance.now() - started));
  }
  rates.sort((a, b) => a - b);
  const median = rates[Math.floor(rates.length / 2)] ?? 0;
  say(
    `\n3 replicas, ${BIG_COMMITS} commits, no faults: ${median.toFixed(0)} commits/s on one core`,
  );
}

/** From a key to the drawn screen of the terminal interface. */
async function screen(): Promise<void> {
  process.env['NODE_ENV'] ??= 'production';
  const { benchScreen } = await import('./screen.tsx');
  const { events, recordMs, size, answers } = await benchScreen();
  say(`\nvopr replay, ${size}, a run of ${events} events, recorded in ${recordMs.toFixed(0)} ms`);
  for (const { what, medianMs, worstMs } of answers) {
    say(`  ${what.padEnd(18)} median ${medianMs.toFixed(1)} ms, worst ${worstMs.toFixed(1)} ms`);
  }
}

say(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores`);
say(`${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node.js ${process.version}, ${process.platform}`);
await sweep(1);
await sweep(2);
await whereTheTimeGoes();
bigRun();
await screen();
say('\ncrypto kernels, best of several rounds');
for (const { what, nanosPerOp } of benchCrypto()) {
  say(`  ${what.padEnd(28)} ${nanosPerOp.toFixed(1).padStart(9)} ns`);
}
