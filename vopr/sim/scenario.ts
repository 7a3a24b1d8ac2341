/**
 * A scenario: one situation worth its own name, set up on purpose and run with many seeds.
 *
 * It starts from a calm cluster of three with weather that differs per seed, changes what it wants
 * in `configure`, and acts in `script`. It fails if an invariant does, if its healed core does not
 * converge (where it should), or if a fault that it `injects` was delivered zero times.
 */
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
   * it has to stall, visibly, and converging would be the failure.
   */
  readonly converges?: boolean;
  /** Starts from the default swarm's draw instead of a calm cluster. */
  readonly swarm?: boolean;
  /** Changes the configuration in place. */
  configure?(configuration: Configuration, seed: number): void;
  /** Sets hooks and timed actions; called before the nodes open. */
  script?(world: Controls): void;
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
