/**
 * What lines are about, by name: the tags that filters take, groups of them, what the jump keys
 * look for, and why a moment came about.
 */
import {
  EVENT_CLIENT,
  EVENT_CLOCK,
  EVENT_CONVERGED,
  EVENT_LINK_FAULT,
  EVENT_LINK_HEALS,
  EVENT_RESTART,
  EVENT_SCRIPT,
  EVENT_STORM_ENDS,
  EVENT_SYNCED,
  EVENT_WAKE,
} from '../sim/events.ts';
import { FAULTS } from '../sim/faults.ts';
import {
  LINE_CAUSE,
  LINE_FAULT,
  LINE_LIFE,
  LINE_LINKS,
  LINE_SEND,
  LINE_STEP,
  LINE_VIOLATION,
} from './tape.ts';
import type { System } from '../sim/sim-node.ts';
import type { Words } from '../testbed.ts';
import type { JumpKind, Line } from './tape.ts';

/** Several tags by one name. */
export const GROUPS: Readonly<Record<string, (line: Line) => boolean>> = {
  message: ({ type, flights }) => type === LINE_SEND || (type === LINE_CAUSE && flights.length > 0),
  step: ({ type }) => type === LINE_STEP,
  fault: ({ type }) => type === LINE_FAULT || type === LINE_LINKS,
  life: ({ type }) => type === LINE_LIFE,
  timer: ({ tag }) => tag === 'timer',
  violation: ({ type }) => type === LINE_VIOLATION,
};

/** Every word that a filter by kind knows. */
export function filterWords({ steps, messages }: System<unknown>): readonly string[] {
  return [
    ...new Set([
      ...Object.keys(GROUPS),
      'sync',
      'links',
      'boot',
      ...steps,
      ...messages.kindNames,
      ...FAULTS.map(({ name }) => name),
    ]),
  ];
}

/** What a jump key would stop at this line for. */
export function jumpOf(words: Words<unknown>, line: Line): JumpKind | null {
  const { type, step, a, quiet } = line;
  if (type === LINE_VIOLATION) return 'violation';
  if (type === LINE_FAULT && !quiet) return 'fault';
  return step < 0 ? null : words.jump(step, a);
}

const CAUSES: Readonly<Record<number, readonly [words: string, tag: string]>> = {
  [EVENT_WAKE]: ['a timer fires', 'timer'],
  [EVENT_CLIENT]: ['its timer fires', 'timer'],
  [EVENT_SYNCED]: ['a sync completes', 'sync'],
  [EVENT_RESTART]: ['its restart is due', 'life'],
  [EVENT_LINK_FAULT]: ['a link fault is due', 'links'],
  [EVENT_LINK_HEALS]: ['a link fault ends', 'links'],
  [EVENT_CLOCK]: ['a wall clock misbehaves', 'clock'],
  [EVENT_STORM_ENDS]: ['the storm may end', 'life'],
  [EVENT_CONVERGED]: ['has the core converged?', 'life'],
  [EVENT_SCRIPT]: ['the scenario acts', 'life'],
};

/** Why a moment came about, where no message says it. */
export function causeOf(event: number): readonly [words: string, tag: string] {
  return CAUSES[event] ?? ['something is due', 'life'];
}
