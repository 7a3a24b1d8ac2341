/**
 * `docs/scenarios.md` as text: which scenario stages which of the twenty situations of the design,
 * and what each injects and promises. Everything but the situations' titles comes from the
 * registry.
 */
import type { Scenario } from '../../vopr/sim/scenario.ts';

/** The situations that break implementations like this one, in the design's order. */
export const SITUATIONS: readonly (readonly [title: string, ...scenarios: string[]])[] = [
  ['log_view regression', 'log-view-regression'],
  ['ack after promise', 'ack-after-promise'],
  ['corrupt head of a committed op', 'corrupt-head-stalls'],
  ['nack arithmetic', 'nack-arithmetic'],
  [
    'one op, two views, one slot',
    'one-op-two-views-prepare-landed',
    'one-op-two-views-header-landed',
  ],
  ['misdirected journal header after an ack', 'misdirected-header'],
  ['several torn appends in one crash', 'several-torn-appends', 'torn-repairs'],
  ['slot ABA', 'slot-aba'],
  ['repair, crash, recover', 'repair-crash-recover'],
  ['wrap ghost', 'wrap-ghost', 'wrap-ghost-acknowledged'],
  ['recovering head, replayed old view', 'replayed-old-start-view'],
  ['restarted primary', 'restarted-primary'],
  ['overwrite before durable', 'overwrite-before-durable'],
  ['false durability while syncing', 'false-durability-while-syncing'],
  ['checkpoint and log torn apart', 'checkpoint-log-torn-apart'],
  [
    'superblock',
    'superblock-one-new-three-old',
    'superblock-misdirected-copy',
    'superblock-torn-repair',
    'view-change-during-checkpoint',
  ],
  ['stale completion', 'stale-completion'],
  [
    'partial connectivity',
    'deaf-replica',
    'deaf-primary',
    'small-pass-large-fail',
    'two-primaries',
    'lone-replica-in-higher-view',
    'timers-in-resonance',
  ],
  [
    'sessions',
    'register-replayed-after-eviction',
    'deposed-primary-evicts-nobody',
    'corrupt-replies',
    'session-pending-in-new-primary',
  ],
  ['amnesia', 'amnesia-replaced-disk', 'amnesia-two-replicas'],
];

const INTRODUCTION = `# Scenarios

A scenario sets one situation up on purpose and runs it with many seeds, which differ in delays and
timing. It fails if an invariant does, if its healed core does not converge, if a promise of its own
is broken, or if a fault that it injects was not delivered. The numbered interleaving stands at the
head of its file in [\`scenarios/\`](../scenarios/index.ts).

This page is generated; a test compares it, and \`npx vitest run scenarios -u\` renews it.
`;

/** The whole document. */
export function scenariosDocument(scenarios: readonly Scenario[]): string {
  const twenty = SITUATIONS.map(([title, ...names], i) => [
    String(i + 1),
    title,
    names.map((name) => `\`${name}\``).join(', '),
  ]);
  const areas = [...new Set(scenarios.map(({ area }) => area))];
  const byArea = areas.map((area) => {
    const rows = scenarios
      .filter((scenario) => scenario.area === area)
      .map(({ name, injects, holds }) => [linkTo(name), injects.join(', ') || 'nothing', holds]);
    return `## ${area}\n\n${table(['scenario', 'injects', 'holds'], rows)}`;
  });
  return [
    INTRODUCTION,
    `## The twenty situations\n\n${table(['no.', 'situation', 'staged by'], twenty)}`,
    ...byArea,
  ].join('\n');
}

function linkTo(name: string): string {
  return `[${name}](../scenarios/${name}.ts)`;
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
