/**
 * The simulator as the commands use it: a testbed's system, invariants and scenarios, reusable over
 * any number of seeds. While a run is under way, the clocks and the randomness of the host throw: a
 * run that reads them is not a pure function of (seed, build).
 */
import { calmConfiguration } from '../sim/configuration.ts';
import type { Configuration, LimitsProfile } from '../sim/configuration.ts';
import { Simulator } from '../sim/run.ts';
import type { RunOptions, RunResult, StateHash } from '../sim/run.ts';
import type { Invariant } from '../sim/checker.ts';
import type { Choice } from '../sim/choose.ts';
import type { Scenario } from '../sim/scenario.ts';
import type { System } from '../sim/sim-node.ts';
import { formatTrace, recordRun, replayTrace } from '../sim/trace.ts';
import type { Trace } from '../sim/trace.ts';
import type { Attempt, Candidate } from '../shrink/shrink.ts';
import type { Bed } from './bed.ts';
import { UsageError } from './usage.ts';

export interface Engine {
  readonly bed: Bed;
  run(seed: number, scenario: string | null): RunResult;
  /** A healthy cluster of three and one client's worth of writes: for benchmarks. */
  runHealthy(seed: number, commits: number): RunResult;
  /** Runs a seed again, recording, and returns the trace as text. */
  trace(seed: number, scenario: string | null): string;
  /** Executes a trace; `hashes` is filled with the digest on the way. */
  replay(trace: Trace, hashes?: StateHash[]): RunResult;
  /** Runs a seed, adding the choices that were not calm to `choices`. */
  record(seed: number, scenario: string | null, choices: Choice[]): RunResult;
  /** Runs a configuration with these choices, calm elsewhere, and records what was asked. */
  attempt(seed: number, scenario: string | null, candidate: Candidate): Attempt;
  /** As `attempt`, but only the first `after` choices; the others are those of seed `tail`. */
  withTail(
    seed: number,
    scenario: string | null,
    candidate: Candidate,
    after: number,
    tail: number,
  ): { readonly result: RunResult; readonly atMicros: number };
  /** Runs a seed with whatever options; the scenario by name. */
  execute(seed: number, scenario: string | null, options: RunOptions): RunResult;
  /** Choices that the last run in this profile made, calm ones included. */
  choicesMade(limits: LimitsProfile): number;
  /** What was drawn for a seed, in a line. */
  describe(seed: number, scenario: string | null): string;
  readonly simulator: Simulator<unknown>;
}

/** Somebody who looks on: sees every step before the invariants do, and changes nothing. */
export interface Onlooker {
  readonly invariant: Invariant;
  watch(system: System<unknown>): System<unknown>;
}

export function createEngine(bed: Bed, onlooker: Onlooker | null = null): Engine {
  const { build, testbed } = bed;
  const { invariants, excuses = [] } = testbed;
  const system = onlooker === null ? testbed.system : onlooker.watch(testbed.system);
  const simulator = new Simulator(system, {
    invariants: onlooker === null ? invariants : [onlooker.invariant, ...invariants],
    excuses,
    configure: (configuration, seed) => testbed.configure?.(configuration, seed),
  });
  const find = (name: string | null): Scenario | undefined => findScenario(bed, name);
  const optionsOf = (name: string | null): RunOptions => {
    const scenario = find(name);
    return scenario === undefined ? {} : { scenario };
  };
  const guarded = (seed: number, options: RunOptions): RunResult =>
    withTripwire(() => simulator.run(seed, options));
  return {
    bed,
    simulator,
    run: (seed, scenario) => guarded(seed, optionsOf(scenario)),
    runHealthy: (seed, commits) => guarded(seed, { configuration: healthy(commits) }),
    trace: (seed, scenario) =>
      withTripwire(() => formatTrace(recordRun(simulator, build, seed, find(scenario)).trace)),
    replay: (trace, hashes = []) =>
      withTripwire(() => replayTrace(simulator, trace, find(trace.scenario), hashes)),
    record: (seed, scenario, choices) => guarded(seed, { ...optionsOf(scenario), record: choices }),
    attempt: (seed, scenario, { configuration, choices }) => {
      const record: Choice[] = [];
      const overrides = { choices, patched: false };
      const options = { ...optionsOf(scenario), configuration, overrides, record };
      return { result: guarded(seed, options), choices: record };
    },
    withTail: (seed, scenario, { configuration, choices }, after, tail) => {
      let atMicros = 0;
      const result = guarded(seed, {
        ...optionsOf(scenario),
        configuration,
        overrides: { choices, patched: false },
        tail: { after, seed: tail, begun: (micros) => (atMicros = micros) },
      });
      return { result, atMicros };
    },
    execute: (seed, scenario, options) => guarded(seed, { ...optionsOf(scenario), ...options }),
    choicesMade: (limits) => simulator.world(limits).choices.made,
    describe: (seed, scenario) => {
      if (scenario !== null) return `seed ${seed}, scenario ${scenario}, build ${build}`;
      const { replicaCount, standbyCount, clientCount, network } = simulator.draw(seed);
      const standbys = standbyCount === 0 ? '' : ` and ${standbyCount} standbys`;
      return (
        `seed ${seed}: ${replicaCount} replicas${standbys}, ${clientCount} clients, ` +
        `loss ${network.lossPermille / 10} %, build ${build}`
      );
    },
  };
}

function findScenario({ testbed, flag }: Bed, name: string | null): Scenario | undefined {
  if (name === null) return undefined;
  const scenario = testbed.scenarios?.find((candidate) => candidate.name === name);
  if (scenario !== undefined) return scenario;
  const list = `npx vopr scenarios${flag}`;
  throw new UsageError(`this build has no scenario '${name}'; list them with: ${list}`);
}

const CLIENTS = 4;
const HEALTHY_STORM_MICROS = 600_000_000;

function healthy(commits: number): Configuration {
  const configuration = calmConfiguration();
  configuration.replicaCount = 3;
  configuration.clientCount = CLIENTS;
  const each = Math.ceil(commits / CLIENTS);
  configuration.operations = Array.from({ length: CLIENTS }, () => each);
  configuration.stormMicros = HEALTHY_STORM_MICROS;
  return configuration;
}

const HOST_READINGS: readonly (readonly [object, string])[] = [
  [Date, 'now'],
  [Math, 'random'],
  [performance, 'now'],
];

/** Makes the host's clocks and randomness throw while `body` runs. */
function withTripwire<T>(body: () => T): T {
  const saved = HOST_READINGS.map(([owner, name]) => Reflect.get(owner, name) as unknown);
  for (const [owner, name] of HOST_READINGS) {
    Reflect.set(owner, name, () => {
      throw new Error(`a run read the host's ${name}: it would not be deterministic`);
    });
  }
  try {
    return body();
  } finally {
    HOST_READINGS.forEach(([owner, name], index) => Reflect.set(owner, name, saved[index]));
  }
}
