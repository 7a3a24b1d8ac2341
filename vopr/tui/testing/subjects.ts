/** Runs to look at: a scenario that holds, and one that fails because nothing was injected. */
import { SCENARIOS } from '../../../scenarios/index.ts';
import { KIMBERLITE_BED } from '../../cli/bed.ts';
import type { Subject } from '../../cli/replay.ts';
import { configureScenario } from '../../sim/scenario.ts';
import { TRACE_VERSION } from '../../sim/trace.ts';
import { press } from '../keys.ts';
import type { Session } from '../session.ts';

export const HOLDING: Subject = {
  kind: 'seed',
  bed: KIMBERLITE_BED,
  seed: 1,
  scenario: 'wrap-ghost',
};

/** The swarm: clients of several kinds, faults of many. */
export const SWARM: Subject = { kind: 'seed', bed: KIMBERLITE_BED, seed: 42, scenario: null };

/** All calm, so that the scenario's own fault is not delivered: `promise` fails at the end. */
export function failing(): Subject {
  const scenario = SCENARIOS.find(({ name }) => name === 'deaf-replica');
  if (scenario === undefined) throw new Error('the scenario is gone');
  const configuration = configureScenario(1, scenario);
  configuration.stormMicros = 30_000;
  return {
    kind: 'trace',
    bed: KIMBERLITE_BED,
    trace: {
      version: TRACE_VERSION,
      system: 'kimberlite',
      build: 'another',
      seed: 1,
      scenario: scenario.name,
      configuration,
      choices: [],
      violation: null,
      digest: '0000000000000000',
      hashes: [],
      note: 'made for a test',
    },
  };
}

export function pressAll(session: Session, ...keys: readonly string[]): void {
  for (const key of keys) press(session, key);
}

/** A text, key by key. */
export function type(session: Session, text: string): void {
  for (const key of text) press(session, key);
}
