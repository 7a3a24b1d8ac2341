/**
 * `vopr scenarios` and `vopr invariants`: what there is, generated from the code.
 */
import { INVARIANTS } from '../../invariants/index.ts';
import { SCENARIOS } from '../../scenarios/index.ts';
import { MUTANTS } from '../mutants/catalogue.ts';
import { bold, dim } from './paint.ts';

export function scenariosJson(): string {
  const scenarios = SCENARIOS.map(({ name, area, injects, holds }) => ({
    name,
    area,
    injects,
    holds,
  }));
  return JSON.stringify({ scenarios });
}

export function invariantsJson(): string {
  const invariants = INVARIANTS.map(({ name, holds }) => ({
    name,
    holds,
    mutants: mutantsOf(name),
  }));
  return JSON.stringify({ invariants });
}

export function cataloguePlain(which: 'scenarios' | 'invariants'): string {
  return which === 'scenarios' ? plainScenarios() : plainInvariants();
}

function plainScenarios(): string {
  return SCENARIOS.map(
    ({ name, area, injects, holds }) =>
      `${bold(name)}  ${dim(area)}\n  injects ${injects.join(', ')}\n  holds   ${holds}`,
  ).join('\n');
}

function plainInvariants(): string {
  return INVARIANTS.map(({ name, holds }) => {
    const bugs = mutantsOf(name).join(', ');
    return `${bold(name)}\n  holds when ${holds}\n  ${dim(`planted bugs: ${bugs}`)}`;
  }).join('\n');
}

function mutantsOf(invariant: string): readonly string[] {
  return MUTANTS.filter((mutant) => mutant.invariant === invariant).map(({ name }) => name);
}
