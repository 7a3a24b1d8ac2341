/** Short forms of times, verdicts and nodes for narrow screens. */
import { DOWN, legendOf, STOPPED } from '../cli/timeline.ts';
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
  return tape.bed.words.letter(state, node, tape.replicaCount);
}

const ROLE_MAX = 13;

/** Role or condition in at most 13 letters. */
export function roleOf(tape: Tape, node: number, state: NodeState | null, at: number): string {
  if (state !== null && state.up && state.pausedUntil > at) return 'paused';
  const letter = letterOf(tape, node, state);
  const words = legendOf(tape.bed.words)[letter] ?? letter;
  return words.length <= ROLE_MAX ? words : `${words.slice(0, ROLE_MAX - 1)}…`;
}

export function phaseWords(phase: number): string {
  if (phase === PHASE_BOOT) return 'boot';
  if (phase === PHASE_STORM) return 'storm';
  return phase === PHASE_CORE ? 'healed core' : 'verdict';
}
