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
      return { invariant, shape, count: seeds.length, seeds: seeds.slice(0, SEEDS_SHOWN) };
    })
    .sort((a, b) => b.count - a.count || (a.seeds[0] ?? 0) - (b.seeds[0] ?? 0));
}

function shapeOf(message: string): string {
  const [line = ''] = message.split('\n');
  return line.replaceAll(/\b(?:0x)?[0-9a-f]{6,}\b|\d+/g, '#');
}
