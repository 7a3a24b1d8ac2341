/**
 * The replicas: a card each where there is room, else a row each. Everything is what the node said
 * of itself when the moment was over, but for the disk's damage, which is ground truth.
 */
import { beside, fit, row, span } from './rows.ts';
import type { Row, Style } from './rows.ts';
import { momentOf, stateAt } from './tape.ts';
import type { NodeState, Tape } from './tape.ts';
import { letterOf, roleOf } from './words.ts';

const CARD_WIDTH_MIN = 25;
const CARD_WIDTH_MAX = 34;
const CARD_ROWS = 9;
/** Below this many rows of terminal, a row a replica. */
const CARDS_ROWS_MIN = 40;

export function cardsFit(tape: Tape, columns: number, rows: number): boolean {
  return rows >= CARDS_ROWS_MIN && tape.nodeCount * CARD_WIDTH_MIN <= columns;
}

export function cardRows(tape: Tape, moment: number, columns: number, rows: number): Row[] {
  return cardsFit(tape, columns, rows)
    ? boxes(tape, moment, columns)
    : table(tape, moment).map((spans) => fit(spans, columns));
}

const HEAD = ' node role          inc view/log op/commit/ckpt chain    damage syncs   scrubs';

function table(tape: Tape, moment: number): Row[] {
  const rows: Row[] = [row(HEAD, 'dim')];
  for (let node = 0; node < tape.nodeCount; node++) {
    const state = stateAt(tape, node, moment);
    const role = roleOf(tape, node, state, momentOf(tape, moment).at);
    const name = ` r${node} ${letterOf(tape, node, state)} ${role.padEnd(13)} `;
    rows.push([span(name, roleStyle(state, role)), span(state === null ? '' : facts(state))]);
  }
  return rows;
}

function facts(state: NodeState): string {
  const { incarnation, view, logView, op, commit, checkpoint, chain } = state;
  const damage = `${state.damagedUnits}+${state.damagedSectors}`;
  return [
    String(incarnation).padEnd(3),
    `${view}/${logView}`.padEnd(8),
    `${op}/${commit}/${checkpoint}`.padEnd(14),
    (chain === '' ? '–' : chain).padEnd(8),
    damage.padEnd(6),
    `${state.pendingSyncs}${state.syncing ? ' state' : ''}`.padEnd(7),
    String(state.scrubTours),
  ].join(' ');
}

function boxes(tape: Tape, moment: number, columns: number): Row[] {
  const width = Math.min(CARD_WIDTH_MAX, Math.floor(columns / tape.nodeCount));
  let all: Row[] = [];
  for (let node = 0; node < tape.nodeCount; node++) {
    const card = box(tape, node, moment, width);
    all = node === 0 ? card : beside(all, node * width, card);
  }
  return all.map((spans) => fit(spans, columns));
}

function box(tape: Tape, node: number, moment: number, width: number): Row[] {
  const state = stateAt(tape, node, moment);
  const role = roleOf(tape, node, state, momentOf(tape, moment).at);
  const style = roleStyle(state, role);
  const title = ` r${node} ${letterOf(tape, node, state)} ${role} `;
  const inner = width - 2;
  const rows: Row[] = [
    [span(`┌${title.slice(0, inner).padEnd(inner, '─')}┐`, style)],
    ...(state === null ? [] : details(state)).map((text) => [
      span('│', style),
      ...fit([span(` ${text}`)], inner),
      span('│', style),
    ]),
  ];
  while (rows.length < CARD_ROWS - 1) rows.push([span(`│${' '.repeat(inner)}│`, style)]);
  return [...rows, [span(`└${'─'.repeat(inner)}┘`, style)]];
}

function details(state: NodeState): string[] {
  const core = state.inCore ? ', in core' : '';
  const disk = state.lost ? ', new disk' : '';
  return [
    `incarnation ${state.incarnation}${core}${disk}`,
    `view ${state.view}, log_view ${state.logView}`,
    `op ${state.op}, commit ${state.commit}`,
    `checkpoint ${state.checkpoint}`,
    `chain ${state.chain === '' ? 'unknown' : state.chain}`,
    `damage ${state.damagedUnits} known, ${state.damagedSectors} real`,
    `syncs ${state.pendingSyncs}${state.syncing ? ', state sync' : ''}, scrubs ${state.scrubTours}`,
  ];
}

function roleStyle(state: NodeState | null, role: string): Style {
  if (state === null || !state.up) return 'red';
  if (role === 'primary') return 'bold green';
  return role === 'backup' || role === 'standby' ? '' : 'yellow';
}
