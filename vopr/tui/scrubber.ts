/** The scrubber: the whole run on one line of virtual time, with what happened where. */
import { millis } from '../cli/words.ts';
import {
  SCRUB_BAKED,
  SCRUB_COMMIT,
  SCRUB_FAULT,
  SCRUB_HERE,
  SCRUB_PLAIN,
  SCRUB_VIEW,
  SCRUB_VIOLATION,
} from './glyphs.ts';
import { span } from './rows.ts';
import type { Row, Span, Style } from './rows.ts';
import { momentOf } from './tape.ts';
import type { JumpKind, Tape } from './tape.ts';

/** Weightier ones later: they cover the others. */
const LAYERS: readonly (readonly [JumpKind, string, Style])[] = [
  ['commit', SCRUB_COMMIT, 'green'],
  ['fault', SCRUB_FAULT, 'yellow'],
  ['view', SCRUB_VIEW, 'cyan'],
  ['violation', SCRUB_VIOLATION, 'bold red'],
];

export function runMicros(tape: Tape): number {
  return tape.moments.at(-1)?.at ?? 0;
}

/** `baked` is the virtual time at which a bisection puts the cause, or null. */
export function scrubberRow(
  tape: Tape,
  moment: number,
  columns: number,
  baked: number | null = null,
): Row {
  const total = Math.max(1, runMicros(tape));
  const end = ` ${millis(total)}`;
  const width = columns - end.length - 2;
  const cellAt = (at: number): number => Math.min(width - 1, Math.floor((at * width) / total));
  const cellOf = (index: number): number => cellAt(momentOf(tape, index).at);
  const cells: Span[] = Array.from({ length: width }, () => span(SCRUB_PLAIN, 'dim'));
  for (const [kind, glyph, style] of LAYERS) {
    for (const index of tape.jumps[kind]) cells[cellOf(index)] = span(glyph, style);
  }
  if (baked !== null) cells[cellAt(baked)] = span(SCRUB_BAKED, 'magenta');
  cells[cellOf(moment)] = span(SCRUB_HERE, 'inverse');
  return [span('├', 'dim'), ...merged(cells), span('┤', 'dim'), span(end, 'dim')];
}

/** Neighbours of one style in one span: fewer pieces to draw. */
function merged(cells: readonly Span[]): Span[] {
  const out: Span[] = [];
  for (const cell of cells) {
    const last = out.at(-1);
    if (last === undefined || last.style !== cell.style) out.push(cell);
    else out[out.length - 1] = span(last.text + cell.text, cell.style);
  }
  return out;
}
