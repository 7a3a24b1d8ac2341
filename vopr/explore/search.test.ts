/**
 * The search against plain recursion over all paths, which merges and reduces nothing: both must
 * end in the same states.
 */
import { describe, expect, test } from 'vitest';
import type { Bounds } from './bounds.ts';
import { boundWords } from './bounds.ts';
import { CRASH, DROP, DUPLICATE, kindOf } from './event.ts';
import { exploration } from './explore.ts';
import type { Report } from './search.ts';
import type { Space, State } from './space.ts';
import { relay } from './testing/relay.ts';

const SMALL: Bounds = {
  replicas: 3,
  clients: 1,
  ops: 1,
  crashes: 0,
  power: true,
  drops: 0,
  duplicates: 0,
  timeouts: 2,
  depth: 1000,
  links: 'fifo',
  timers: 'first',
  restarts: 'late',
};

function named({ locals, links, now, crashes, drops, duplicates, timeouts }: State): string {
  const inside = locals.map(({ memory }) => memory);
  return JSON.stringify([inside, links, now, crashes, drops, duplicates, timeouts]);
}

/** Every path to its end. */
function allEnds<M>(space: Space<M>, state: State, ends: Set<string>): number {
  const events: number[] = [];
  space.events(state, events);
  const goesOn = events.some((event) => ![DROP, DUPLICATE, CRASH].includes(kindOf(event)));
  if (!goesOn) ends.add(named(state));
  let paths = events.length === 0 ? 1 : 0;
  for (const event of events) paths += allEnds(space, space.step(state, event).state, ends);
  return paths;
}

function search(bounds: Bounds, reduce: boolean): { report: Report; ends: Set<string> } {
  const explored = exploration(relay, bounds, reduce);
  const ends = new Set<string>();
  explored.search.onEnd = (state) => ends.add(named(state));
  const steps = explored.search.run();
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  for (const checked of explored.locals.doubleCheck()) expect(checked).toBeGreaterThanOrEqual(0);
  return { report: step.value, ends };
}

describe('explore: the search finds what plain recursion finds', () => {
  test.each([
    ['nothing goes wrong', {}],
    ['a message is lost', { drops: 1 }],
    ['a message comes twice', { duplicates: 1 }],
    ['messages overtake each other', { links: 'any' as const, ops: 1 }],
  ])('%s', (_what, change) => {
    const bounds = { ...SMALL, ...change };
    const { space } = exploration(relay, bounds, false);
    const expected = new Set<string>();
    const paths = allEnds(space, space.root, expected);
    const full = search(bounds, false);
    const reduced = search(bounds, true);
    expect([...full.ends].sort()).toEqual([...expected].sort());
    expect([...reduced.ends].sort()).toEqual([...expected].sort());
    expect(full.report.account.complete && reduced.report.account.complete).toBe(true);
    // Merging and reducing are worth something, even here.
    expect(paths).toBeGreaterThan(full.report.account.states);
    expect(reduced.report.account.states).toBeLessThan(full.report.account.states);
  });

  test.each([
    ['a crash', { crashes: 1 }],
    ['a crash, with starts at any moment', { crashes: 1, restarts: 'any' as const }],
    ['more operations', { ops: 3, drops: 1 }],
    ['any timer', { ops: 2, drops: 1, timers: 'each' as const }],
  ])('too many paths for recursion: %s', (_what, change) => {
    const bounds = { ...SMALL, ...change };
    const full = search(bounds, false);
    const reduced = search(bounds, true);
    expect(full.ends.size).toBeGreaterThan(1);
    expect([...reduced.ends].sort()).toEqual([...full.ends].sort());
  });

  test('a bound on events leaves the search with an account of what it cut', () => {
    const { report } = search({ ...SMALL, depth: 3 }, false);
    expect(report.account.depth).toBe(3);
    expect(report.account.cutByDepth).toBeGreaterThan(0);
  });

  test('the bound is said in words', () => {
    expect(boundWords(SMALL).join('\n')).toContain('3 replicas, 1 client, 1 operation each');
  });
});
