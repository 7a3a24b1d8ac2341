/** Walks every way in which a power cut can end, or a sample where there are too many. */
import type { Fate, MemoryDisk, Uncertain } from './memory-disk.ts';

const EXHAUSTIVE_MAX = 5000;

/**
 * Calls `visit` with the disk of every outcome of a power cut now; returns how many there were.
 * Beyond `max` it takes evenly spaced ones, first and last included.
 */
export function everyCrash(
  disk: MemoryDisk,
  visit: (after: MemoryDisk) => void,
  max: number = EXHAUSTIVE_MAX,
): number {
  const things = disk.uncertain();
  const total = things.reduce((product, thing) => product * thing.outcomes, 1);
  const count = Math.min(total, max);
  for (let i = 0; i < count; i++) {
    const which = count === total ? i : Math.floor((i * (total - 1)) / (count - 1));
    visit(disk.powerCut(fateNumber(things, which)));
  }
  return count;
}

/** The fate that mixed-radix number `which` spells, one digit for each uncertain thing. */
function fateNumber(things: readonly Uncertain[], which: number): Fate {
  const outcomes = new Map<string, number>();
  let rest = which;
  for (const thing of things) {
    outcomes.set(keyOf(thing), rest % thing.outcomes);
    rest = Math.floor(rest / thing.outcomes);
  }
  return (thing) => outcomes.get(keyOf(thing)) ?? 0;
}

function keyOf(thing: Uncertain): string {
  return `${thing.kind} ${thing.name} ${thing.index}`;
}
