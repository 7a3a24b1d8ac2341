/**
 * `docs/mutants.md` as text: every planted bug, layer by layer, and which invariant it is meant
 * for. Everything comes from the catalogue; how fast each is found, `vopr mutants` says.
 */
import type { Invariant } from '../../sim/checker.ts';
import type { Mutant } from '../mutant.ts';

const INTRODUCTION = `# Planted bugs

A simulator that never fails proves nothing. So the core is broken on purpose, by one small edit
at a time, each of which a good engineer could have made; and a run must fail.
\`npx vopr mutants\` plants
each bug in a bundle of its own (never on disk), runs seeds from several independent starts until an
invariant fails, passes over seeds on which the unchanged system fails too, and prints killed or
survived, the median number of seeds, and who caught it. \`--only\` takes the names below.

Most bugs are hunted with the default swarm. Where a bug shows only in a situation that the swarm
hardly ever reaches, the scenario that stages it is hunted instead. The invariant named here is the
one that the bug is meant for; another one may see it first. Besides invariants a run fails by
\`crash\` (an assertion or an exception in the core), by \`promise\` (what a scenario demands of its
own situation), and by \`refused\` or \`stopped\` (a node that gives up without an injected reason).

This page is generated; a test compares it, and \`npx vitest run vopr/mutants -u\` renews it.
`;

/** The whole document. */
export function mutantsDocument(
  mutants: readonly Mutant[],
  invariants: readonly Invariant[],
): string {
  const layers = [...new Set(mutants.map(({ layer }) => layer))];
  const byLayer = layers.map((layer) => {
    const rows = mutants
      .filter((mutant) => mutant.layer === layer)
      .map(({ name, story, invariant, scenario, file }) => [
        `\`${name}\``,
        story,
        invariant,
        scenario ?? 'swarm',
        `[${file.replace(/^core\//, '')}](../${file})`,
      ]);
    return `## ${layer}\n\n${table(['bug', 'why not', 'meant for', 'hunted in', 'file'], rows)}`;
  });
  const caught = invariants.map(({ name }) => [
    name,
    mutants
      .filter((mutant) => mutant.invariant === name)
      .map((mutant) => `\`${mutant.name}\``)
      .join(', '),
  ]);
  const byInvariant = `## By invariant\n\n${table(['invariant', 'bugs meant for it'], caught)}`;
  return [INTRODUCTION, ...byLayer, byInvariant].join('\n');
}

/** A Markdown table with aligned columns, as the formatter leaves it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) =>
    Math.max(title.length, 3, ...rows.map((row) => (row[i] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |\n`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |\n`;
  return line(head) + rule + rows.map(line).join('');
}
