/**
 * Which failures are likely the same bug: those of one invariant whose messages differ in numbers
 * only. A thousand failing seeds are then a handful of things to look at.
 */
import type { Failure } from './tally.ts';

export interface FailureGroup {
  readonly invariant: string;
  /** The message with `#` for every number. */
  readonly shape: string;
  readonly count: number;
  /** The lowest seeds, at most `SEEDS_SHOWN`. */
  readonly seeds: readonly number[];
  /** What is left of the lowest seed when it was shrunk; empty where it was not. */
  readonly causes: readonly string[];
  /** Where its shrunk trace was written. */
  readonly shrunk: string | null;
}

const SEEDS_SHOWN = 8;

/** Most frequent first; of equals the one with the lower seed. */
export function groupFailures(failures: readonly Failure[]): FailureGroup[] {
  const groups = new Map<string, { invariant: string; shape: string; seeds: number[] }>();
  for (const { seed, invariant, message } of failures) {
    const shape = shapeOf(message);
    const key = `${invariant}\n${shape}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { invariant, shape, seeds: [seed] });
    else group.seeds.push(seed);
  }
  return [...groups.values()]
    .map(({ invariant, shape, seeds }) => {
      seeds.sort((a, b) => a - b);
      const lowest = seeds.slice(0, SEEDS_SHOWN);
      return { invariant, shape, count: seeds.length, seeds: lowest, causes: [], shrunk: null };
    })
    .sort(byCount);
}

function byCount(a: FailureGroup, b: FailureGroup): number {
  return b.count - a.count || (a.seeds[0] ?? 0) - (b.seeds[0] ?? 0);
}

/** Groups of one invariant with the same causes as one: the message and trace of the largest. */
export function mergeGroups(groups: readonly FailureGroup[]): FailureGroup[] {
  const merged = new Map<string, FailureGroup>();
  groups.forEach((group, index) => {
    const { invariant, causes } = group;
    // Without causes nothing is known: such a group stays alone.
    const key = JSON.stringify(causes.length === 0 ? index : [invariant, ...causes]);
    const first = merged.get(key);
    if (first === undefined) {
      merged.set(key, group);
      return;
    }
    const seeds = [...first.seeds, ...group.seeds].sort((a, b) => a - b).slice(0, SEEDS_SHOWN);
    merged.set(key, { ...first, count: first.count + group.count, seeds });
  });
  return [...merged.values()].sort(byCount);
}

function shapeOf(message: string): string {
  const [line = ''] = message.split('\n');
  return line.replaceAll(/\b(?:0x)?[0-9a-f]{6,}\b|\d+/g, '#');
}
