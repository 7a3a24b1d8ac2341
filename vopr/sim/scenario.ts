/**
 * A scenario: one situation worth its own name, set up on purpose and run with many seeds.
 *
 * It starts from a calm cluster of three with weather that differs per seed, changes what it wants
 * in `configure`, and acts in `script`. It fails if an invariant does, if its healed core does not
 * converge (where it should), or if a fault that it `injects` was delivered zero times.
 */
import type { Invariant } from './checker.ts';
import { calmConfiguration } from './configuration.ts';
import type { Configuration } from './configuration.ts';
import type { Controls } from './controls.ts';
import type { FaultName } from './faults.ts';
import { drawConfiguration, drawWeather } from './swarm.ts';

export interface Scenario {
  /** Unique, kebab-case. */
  readonly name: string;
  /** Part of the system: `view-change`, `journal`, … */
  readonly area: string;
  /** Fault kinds that each of its runs must deliver. */
  readonly injects: readonly FaultName[];
  /** One sentence: what must hold. */
  readonly holds: string;
  /**
   * False for a situation in which the core must *not* converge (too many copies are damaged, say):
   * it has to stall, visibly, and converging would be the failure. `perhaps` where nothing can be
   * promised of progress, because a traitor may have ended it: only safety is judged then.
   */
  readonly converges?: boolean | 'perhaps';
  /**
   * By name, of the invariants that its beyond-the-model faults may suspend, those that need not
   * hold here; all of them by default.
   */
  readonly suspends?: readonly string[];
  /** Starts from the default swarm's draw instead of a calm cluster. */
  readonly swarm?: boolean;
  /** Changes the configuration in place. */
  configure?(configuration: Configuration, seed: number): void;
  /** Sets hooks and timed actions; called before the nodes open. */
  script?(world: Controls): void;
}

/** Whether this invariant need not hold in a run of `scenario`; what breaks it is only reported. */
export function isSuspended(scenario: Scenario | undefined, invariant: Invariant): boolean {
  if (scenario === undefined) return false;
  const { injects, suspends } = scenario;
  if (invariant.suspendedBy?.some((fault) => injects.includes(fault)) !== true) return false;
  return suspends === undefined || suspends.includes(invariant.name);
}

/** The configuration of a scenario's run; `adapt` is the testbed's say in it. */
export function configureScenario(
  seed: number,
  scenario: Scenario,
  adapt?: (configuration: Configuration, seed: number) => void,
): Configuration {
  let out: Configuration;
  if (scenario.swarm === true) out = drawConfiguration(seed);
  else {
    out = calmConfiguration();
    drawWeather(seed, out);
  }
  adapt?.(out, seed);
  scenario.configure?.(out, seed);
  return out;
}
