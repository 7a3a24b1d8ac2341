/**
 * What a sweep's failures come down to: of each group the lowest seed is shrunk, and groups of one
 * invariant that are left with the same causes become one. Ten messages are often one bug.
 */
import { writeFileSync } from 'node:fs';
import type { Choice } from '../sim/choose.ts';
import { choiceWords, isIncidental } from './choices.ts';
import { createEngine } from './engine.ts';
import type { Bed } from './bed.ts';
import { mergeGroups } from './failure-groups.ts';
import type { FailureGroup } from './failure-groups.ts';
import { look } from './replay.ts';
import { shrinkRun } from './shrink-run.ts';
import { HANG } from './tally.ts';
import type { ShrunkRun } from './shrink-run.ts';

/** No group takes longer: what it has then is nearly always as small as it gets. */
const GROUP_SECONDS = 4;
/** Causes told of one group; a long list is no explanation. */
const CAUSES_MAX = 6;
const NOTHING = { limit: 0, quiet: false, only: null, node: null } as const;

export interface ShrinkGroupsOptions {
  readonly bed: Bed;
  readonly scenario: string | null;
  readonly seconds: number;
  /** Groups shrunk: the first ones. */
  readonly most: number;
  /** Where the trace of a seed was written; its shrunk one goes beside it. */
  readonly traces: ReadonlyMap<number, string>;
}

/** Ctrl-C ends it with the groups shrunk so far. */
export async function shrinkGroups(
  groups: readonly FailureGroup[],
  { bed, scenario, seconds, most, traces }: ShrinkGroupsOptions,
): Promise<FailureGroup[]> {
  const engine = createEngine(bed);
  const end = performance.now() + seconds * 1000;
  const out: FailureGroup[] = [];
  let stopped = false;
  const stop = (): void => void (stopped = true);
  process.once('SIGINT', stop);
  for (const [index, group] of groups.entries()) {
    const now = performance.now();
    const [seed = 0] = group.seeds;
    if (stopped || index >= most || now >= end || group.invariant === HANG) {
      out.push(group);
      continue;
    }
    const choices: Choice[] = [];
    const { configuration } = engine.record(seed, scenario, choices);
    const start = { configuration, choices };
    const deadline = Math.min(end, now + GROUP_SECONDS * 1000);
    const shrunk = await shrinkRun(engine, { seed, scenario, start, deadline });
    const path = traces.get(seed)?.replace(/\.json$/, '-shrunk.json') ?? null;
    if (path !== null) writeFileSync(path, shrunk.text);
    out.push({ ...group, causes: causesOf(bed, shrunk), shrunk: path });
  }
  process.removeListener('SIGINT', stop);
  return mergeGroups(out);
}

/** What is left that matters, each with `#` for every number, sorted. */
function causesOf(bed: Bed, { trace }: ShrunkRun): readonly string[] {
  const { glossary } = look({ kind: 'trace', bed, trace }, NOTHING);
  const { choices, configuration } = trace;
  const causes = choices
    .filter((choice) => !isIncidental(choice, configuration))
    .map((choice) => choiceWords({ ...choice, occurrence: 0 }, configuration, glossary))
    .map((words) => words.replaceAll(/\d+(\.\d+)?/g, '#'));
  const distinct = [...new Set(causes)].sort();
  if (distinct.length === 0) return [choices.length === 0 ? 'nothing but calm' : 'delays alone'];
  const more = distinct.length - CAUSES_MAX;
  return more > 0 ? [...distinct.slice(0, CAUSES_MAX), `and ${more} more`] : distinct;
}
