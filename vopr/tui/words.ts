/** Short forms of times, verdicts and nodes for narrow screens. */
import { STATUS_NORMAL, STATUS_RECOVERING_HEAD, STATUS_VIEW_CHANGE } from '../../core/observer.ts';
import { primaryOf } from '../../core/vsr/quorum.ts';
import { DOWN, LEGEND, STOPPED } from '../cli/timeline.ts';
import { millis } from '../cli/words.ts';
import { PHASE_BOOT, PHASE_CORE, PHASE_STORM } from '../sim/checker.ts';
import type { RunResult } from '../sim/run.ts';
import type { NodeState, Tape } from './tape.ts';

export function formatVerdict({ violation, digest, events }: RunResult): string {
  if (violation === null) return `PASS after ${events} events, digest ${digest}`;
  const { invariant, at, event } = violation;
  return `FAIL ${invariant} at ${millis(at)}, event ${event}`;
}

/** The letter of the timeline's legend. */
export function letterOf(tape: Tape, node: number, state: NodeState | null): string {
  if (state === null) return DOWN;
  if (!state.up) return state.stopped ? STOPPED : DOWN;
  if (state.status === STATUS_VIEW_CHANGE) return 'V';
  if (state.status === STATUS_RECOVERING_HEAD) return 'H';
  if (state.status !== STATUS_NORMAL) return 'N';
  if (node >= tape.replicaCount) return 'S';
  return primaryOf(state.view, tape.replicaCount) === node ? 'P' : 'B';
}

const SHORT: Readonly<Record<string, string>> = {
  V: 'view change',
  H: 'recovers head',
  N: 'non-voter',
  [STOPPED]: 'stopped',
};

/** Role or condition in at most 13 letters. */
export function roleOf(tape: Tape, node: number, state: NodeState | null, at: number): string {
  const letter = letterOf(tape, node, state);
  if (state !== null && state.up && state.pausedUntil > at) return 'paused';
  return SHORT[letter] ?? LEGEND[letter] ?? letter;
}

export function phaseWords(phase: number): string {
  if (phase === PHASE_BOOT) return 'boot';
  if (phase === PHASE_STORM) return 'storm';
  return phase === PHASE_CORE ? 'healed core' : 'verdict';
}
