/**
 * One run, from seed to verdict: draw, boot, storm, heal a core, converge, judge.
 *
 * A `Simulator` is made once and runs any number of seeds; everything it holds is pooled, and a
 * seed's digest never depends on the seeds before it. Any exception out of node or client code is a
 * failed run with a message, never an exception to the caller.
 */
import { PHASE_VERDICT } from './checker.ts';
import type { Excuse, Invariant } from './checker.ts';
import type { Choice, Odometer } from './choose.ts';
import { Cluster } from './cluster.ts';
import { LIMITS } from './configuration.ts';
import type { Configuration, LimitsProfile } from './configuration.ts';
import { Controls } from './controls.ts';
import { Core } from './core.ts';
import { EVENT_STORM_ENDS } from './events.ts';
import { GENERIC_EXCUSES } from './excuses.ts';
import { hex32 } from './mix.ts';
import { configureScenario, isSuspended } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import type { System } from './sim-node.ts';
import { drawConfiguration } from './swarm.ts';
import type { Violation } from './verdict.ts';

/** More inputs than this and the run has run away. */
const EVENTS_MAX = 1_000_000;
/** Events on the heap handled at one instant before the run counts as stuck in it. */
const INSTANT_MAX = 100_000;

/** Events between two noted digests. */
export const HASH_EVERY = 64;

/** The run's digest when so many events had been handled. */
export interface StateHash {
  readonly event: number;
  /** Virtual microseconds. */
  readonly at: number;
  readonly digest: string;
}

export interface SimulatorOptions {
  readonly invariants?: readonly Invariant[];
  /** Excuses of the system, besides the generic ones. */
  readonly excuses?: readonly Excuse[];
  /** Changes what was drawn for a seed, before a scenario does. */
  readonly configure?: ((configuration: Configuration, seed: number) => void) | undefined;
}

export interface RunOptions {
  readonly scenario?: Scenario;
  /** Instead of drawing one. A scenario's script still runs. */
  readonly configuration?: Configuration;
  /** Filled with the answers that were not calm. */
  readonly record?: Choice[];
  /** Filled with the digest on the way, every `HASH_EVERY` events. */
  readonly hashes?: StateHash[];
  /** Answers by key: all others are calm, or the seed's if `patched`. */
  readonly overrides?: { readonly choices: readonly Choice[]; readonly patched: boolean };
  readonly odometer?: Odometer;
  /** All but the first `after` choices are answered from `seed`; `begun` hears when. */
  readonly tail?: {
    readonly after: number;
    readonly seed: number;
    readonly begun: (micros: number) => void;
  };
}

/** What a run gives: the JSON of `vopr run`, and the configuration. */
export interface RunResult {
  readonly seed: number;
  readonly scenario: string | null;
  readonly verdict: 'pass' | 'fail';
  readonly violation: Violation | null;
  readonly digest: string;
  readonly virtualMs: number;
  readonly events: number;
  /** Operations of clients answered. */
  readonly commits: number;
  readonly replicas: number;
  readonly crashes: number;
  readonly restarts: number;
  /** Times a node stopped itself or refused to open, with reason. */
  readonly stops: number;
  readonly messages: number;
  /** Virtual milliseconds from healing to convergence; −1 when it did not converge. */
  readonly convergeMs: number;
  readonly faults: Record<string, number>;
  readonly checks: Record<string, number>;
  readonly marks: string[];
  readonly excuses: Record<string, number>;
  readonly configuration: Configuration;
}

export class Simulator<M> {
  readonly system: System<M>;
  readonly #invariants: readonly Invariant[];
  readonly #excuses: readonly Excuse[];
  readonly #configure: SimulatorOptions['configure'];
  /** One world for each limits profile, made when first needed. */
  readonly #worlds: Map<string, { cluster: Cluster<M>; core: Core<M> }> = new Map();

  constructor(system: System<M>, options: SimulatorOptions = {}) {
    this.system = system;
    this.#invariants = options.invariants ?? [];
    this.#excuses = [...GENERIC_EXCUSES, ...(options.excuses ?? [])];
    this.#configure = options.configure;
  }

  /** What a seed is drawn to be. */
  draw(seed: number, scenario?: Scenario): Configuration {
    if (scenario !== undefined) return configureScenario(seed, scenario, this.#configure);
    const configuration = drawConfiguration(seed);
    this.#configure?.(configuration, seed);
    return configuration;
  }

  /** A pure function of (seed, options, build). */
  run(seed: number, options: RunOptions = {}): RunResult {
    const { scenario } = options;
    const configuration = options.configuration ?? this.draw(seed, scenario);
    const { cluster, core } = this.#world(configuration.limits);
    const { choices } = cluster;
    if (options.odometer !== undefined) choices.enumerated(seed, options.odometer);
    else if (options.overrides !== undefined) {
      choices.overridden(seed, options.overrides.choices, options.overrides.patched);
    } else choices.seeded(seed);
    if (options.record !== undefined) choices.record(options.record);
    const { tail } = options;
    if (tail !== undefined) {
      choices.reseed(tail.after, tail.seed, () => tail.begun(cluster.scheduler.now));
    }
    cluster.reset(seed, configuration, (invariant) => isSuspended(scenario, invariant));
    core.reset();
    core.promised = scenario?.converges ?? true;
    cluster.phases = core;
    this.#guard(cluster, () => {
      const { stormMicros } = configuration;
      cluster.scheduler.push(stormMicros, EVENT_STORM_ENDS, 0, 0, 0, null);
      if (scenario?.script !== undefined) {
        // A script never touches a message's contents, so their type does not matter to it.
        const world = cluster as unknown as Cluster<unknown>;
        const controls = new Controls(world, core as unknown as Core<unknown>);
        scenario.script(controls);
        core.action = (index: number): void => controls.act(index);
      }
      cluster.boot();
    });
    const hashes = options.hashes ?? null;
    while (cluster.verdict.first === null && cluster.phase !== PHASE_VERDICT) {
      this.#guard(cluster, () => loop(cluster, hashes));
    }
    this.#finish(cluster, scenario);
    return this.#result(seed, scenario, cluster, core);
  }

  /** The world of the last run, for those who look inside afterwards. */
  world(limits: LimitsProfile = 'tiny'): Cluster<M> {
    return this.#world(limits).cluster;
  }

  #finish(cluster: Cluster<M>, scenario: Scenario | undefined): void {
    cluster.phase = PHASE_VERDICT;
    const { verdict } = cluster;
    this.#guard(cluster, () => {
      for (const checker of cluster.checkers) checker.finish?.();
    });
    for (const fault of scenario?.injects ?? []) {
      if (cluster.faults.of(fault) > 0) continue;
      verdict.fail('promise', `${fault} was delivered zero times`);
    }
  }

  /** Exceptions of a process that died in the middle of a call are the dead talking. */
  #guard(cluster: Cluster<M>, body: () => void): void {
    try {
      body();
    } catch (error) {
      const place = cluster.executing >= 0 ? cluster.places[cluster.executing] : undefined;
      cluster.executing = -1;
      if (place !== undefined && place.disk.dead) {
        if (place.node !== null) cluster.crashes.died(place);
        else cluster.crashes.diedInOpen(place);
        return;
      }
      const where = place === undefined ? '' : `node ${place.index}: `;
      const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      cluster.verdict.fail('crash', where + message);
    }
  }

  #world(limits: LimitsProfile): { cluster: Cluster<M>; core: Core<M> } {
    const known = this.#worlds.get(limits);
    if (known !== undefined) return known;
    const cluster = new Cluster<M>(this.system, LIMITS[limits], this.#invariants);
    const made = { cluster, core: new Core<M>(cluster, this.#excuses) };
    this.#worlds.set(limits, made);
    return made;
  }

  #result(
    seed: number,
    scenario: Scenario | undefined,
    cluster: Cluster<M>,
    core: Core<M>,
  ): RunResult {
    const { verdict, configuration } = cluster;
    let commits = 0;
    for (const { client } of cluster.clients) commits += client.answered;
    const excuses: Record<string, number> = {};
    for (const name of core.excused) excuses[name] = 1;
    return {
      seed,
      scenario: scenario?.name ?? null,
      verdict: verdict.first === null ? 'pass' : 'fail',
      violation: verdict.first,
      digest: digestOf(cluster),
      virtualMs: Math.floor(cluster.now / 1000),
      events: cluster.events,
      commits,
      replicas: configuration.replicaCount,
      crashes: cluster.crashes.crashed,
      restarts: cluster.crashes.restarted,
      stops: cluster.crashes.stops,
      messages: cluster.network.sent,
      convergeMs: core.converged ? Math.floor(core.convergeMicros / 1000) : -1,
      faults: cluster.faults.toObject(),
      checks: verdict.toObject(),
      marks: this.system.marks.filter((_, index) => cluster.watchers.marks[index] !== 0),
      excuses,
      configuration,
    };
  }
}

/** Handles events until the verdict, or until something throws. */
function loop<M>(cluster: Cluster<M>, hashes: StateHash[] | null): void {
  const { verdict, scheduler } = cluster;
  let instant = -1;
  let atInstant = 0;
  while (verdict.first === null && cluster.phase !== PHASE_VERDICT) {
    if (!cluster.next()) {
      verdict.fail('convergence', 'nothing is scheduled any more');
      return;
    }
    if (scheduler.now !== instant) {
      instant = scheduler.now;
      atInstant = 0;
    } else if (++atInstant > INSTANT_MAX) {
      verdict.fail('runaway', `more than ${INSTANT_MAX} events at one instant`);
    }
    if (hashes !== null && cluster.events >= (hashes.length + 1) * HASH_EVERY) {
      hashes.push({ event: cluster.events, at: cluster.now, digest: digestOf(cluster) });
    }
    if (cluster.events > EVENTS_MAX) {
      verdict.fail('runaway', `more than ${EVENTS_MAX} inputs`);
    }
  }
}

function digestOf<M>({ digestA, digestB }: Cluster<M>): string {
  return hex32(digestA) + hex32(digestB);
}
