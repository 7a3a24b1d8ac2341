/**
 * `vopr scenarios`, `vopr invariants` and `vopr stats`: what there is, generated from the code.
 */
import { SITES } from '../sim/choose.ts';
import { GENERIC_EXCUSES } from '../sim/excuses.ts';
import { FAULTS } from '../sim/faults.ts';
import { MUTANTS } from '../mutants/catalogue.ts';
import { loadBed } from './bed.ts';
import type { Bed } from './bed.ts';
import { bold, dim } from './paint.ts';
import { EXIT_HELD } from './usage.ts';

export interface CatalogueArguments {
  readonly system?: string | undefined;
  readonly json: boolean;
}

/** Prints one of the two lists. */
export async function catalogueCommand(
  which: 'scenarios' | 'invariants',
  args: CatalogueArguments,
): Promise<number> {
  const bed = await loadBed(args.system);
  const text = args.json
    ? which === 'scenarios'
      ? scenariosJson(bed)
      : invariantsJson(bed)
    : cataloguePlain(bed, which);
  process.stdout.write(`${text}\n`);
  return EXIT_HELD;
}

export function scenariosJson({ testbed }: Bed): string {
  const scenarios = (testbed.scenarios ?? []).map(({ name, area, injects, holds }) => ({
    name,
    area,
    injects,
    holds,
  }));
  return JSON.stringify({ scenarios });
}

export function invariantsJson(bed: Bed): string {
  const invariants = bed.testbed.invariants.map(({ name, holds }) => ({
    name,
    holds,
    mutants: mutantsOf(bed, name),
  }));
  return JSON.stringify({ invariants });
}

export function cataloguePlain(bed: Bed, which: 'scenarios' | 'invariants'): string {
  return which === 'scenarios' ? plainScenarios(bed) : plainInvariants(bed);
}

function plainScenarios({ testbed, path }: Bed): string {
  const { scenarios = [] } = testbed;
  if (scenarios.length === 0) return `${path ?? 'this system'} names no scenarios`;
  return scenarios
    .map(
      ({ name, area, injects, holds }) =>
        `${bold(name)}  ${dim(area)}\n  injects ${injects.join(', ')}\n  holds   ${holds}`,
    )
    .join('\n');
}

function plainInvariants(bed: Bed): string {
  return bed.testbed.invariants
    .map(({ name, holds }) => {
      const bugs = mutantsOf(bed, name).join(', ');
      const planted = bugs === '' ? '' : `\n  ${dim(`planted bugs: ${bugs}`)}`;
      return `${bold(name)}\n  holds when ${holds}${planted}`;
    })
    .join('\n');
}

/** Bugs are planted in our own core alone. */
function mutantsOf({ path }: Bed, invariant: string): readonly string[] {
  if (path !== null) return [];
  return MUTANTS.filter((mutant) => mutant.invariant === invariant).map(({ name }) => name);
}

/** `vopr stats`: how much of everything there is. */
export async function statsCommand({ system, json }: CatalogueArguments): Promise<number> {
  const stats = statsOf(await loadBed(system));
  const filled = Object.entries(stats).filter(([, counts]) => Object.keys(counts).length > 0);
  const lines = filled.flatMap(([what, counts]) => [
    bold(what),
    ...Object.entries(counts).map(([name, n]) => `  ${name.padEnd(24)} ${String(n).padStart(5)}`),
  ]);
  process.stdout.write(`${json ? JSON.stringify(stats) : lines.join('\n')}\n`);
  return EXIT_HELD;
}

type Stats = Readonly<Record<string, Readonly<Record<string, number>>>>;

function statsOf({ testbed, path }: Bed): Stats {
  const { system, invariants, scenarios = [], excuses = [] } = testbed;
  return {
    'faults by layer': countBy(FAULTS.map(({ layer }) => layer)),
    'scenarios by area': countBy(scenarios.map(({ area }) => area)),
    'planted bugs by layer': path === null ? countBy(MUTANTS.map(({ layer }) => layer)) : {},
    everything: {
      faults: FAULTS.length,
      'places that choose': SITES.length,
      scenarios: scenarios.length,
      invariants: invariants.length,
      'planted bugs': path === null ? MUTANTS.length : 0,
      marks: system.marks.length,
      excuses: GENERIC_EXCUSES.length + excuses.length,
      'kinds of message': system.messages.kindNames.length,
      'kinds of step': system.steps.length,
    },
  };
}

function countBy(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
