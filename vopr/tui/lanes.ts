/**
 * The lanes: one column a node (and the clients), one row a line, time downwards. A message is
 * drawn from its sender's lane to its receiver's, ending in the glyph of what became of it by now.
 */
import { portWords } from '../cli/words.ts';
import { CLIENT_PORT } from '../sim/links.ts';
import { markGlyph, outcomeGlyph } from './glyphs.ts';
import { fit, plain, span } from './rows.ts';
import type { Row, Span, Style } from './rows.ts';
import {
  LINE_CAUSE,
  LINE_FAULT,
  LINE_LIFE,
  LINE_LINKS,
  LINE_SEND,
  LINE_VIOLATION,
  momentOf,
  stateAt,
} from './tape.ts';
import type { Flight, Line, Tape } from './tape.ts';
import type { View } from './view.ts';
import { letterOf } from './words.ts';

/** Columns of a lane: what stands on either side of its middle. */
const LANE = 3;
const TIME_WIDTH = 11;
const EVENT_WIDTH = 7;
/** With fewer columns the clients share a lane. */
const CLIENTS_APART_MIN = 120;

/** Lanes of the nodes, and one for all clients or one each. */
function laneCount(tape: Tape, columns: number): number {
  const apart = columns >= CLIENTS_APART_MIN;
  return tape.nodeCount + (tape.clientCount === 0 ? 0 : apart ? tape.clientCount : 1);
}

function laneOf(tape: Tape, port: number, lanes: number): number {
  if (port < CLIENT_PORT) return port;
  return Math.min(tape.nodeCount + port - CLIENT_PORT, lanes - 1);
}

export function laneRows(view: View, columns: number, height: number): Row[] {
  const { tape } = view;
  const lanes = laneCount(tape, columns);
  const head = `${'virtual ms'.padStart(TIME_WIDTH)} ${'event'.padStart(EVENT_WIDTH)}  `;
  const rows: Row[] = [fit([span(head + heads(tape, lanes), 'dim')], columns)];
  for (const index of view.window(height - 1)) rows.push(lineRow(view, index, lanes, columns));
  if (view.shown === 0) rows[height - 1] = [span('nothing else passes the filter: a clears it')];
  while (rows.length < height) rows.push([]);
  return rows.slice(0, height).map((spans) => fit(spans, columns));
}

function heads(tape: Tape, lanes: number): string {
  let text = '';
  for (let lane = 0; lane < lanes; lane++) {
    const client = lane - tape.nodeCount;
    const together = client === 0 && lanes === tape.nodeCount + 1;
    const name = client < 0 ? `r${lane}` : together ? 'c' : `c${client}`;
    text += `${name.length === 1 ? ' ' : ''}${name}`.padEnd(LANE);
  }
  return text;
}

function lineRow(view: View, index: number, lanes: number, columns: number): Row {
  const { tape } = view;
  const line = tape.lines[index] as Line;
  const { at, event } = momentOf(tape, line.moment);
  const first = line.moment === view.moment;
  const time = (at / 1000).toFixed(3).padStart(TIME_WIDTH);
  const who = (line.port < 0 ? '*' : portWords(line.port)).padEnd(2);
  const lead = `${time} ${String(event).padStart(EVENT_WIDTH)} ${first ? '>' : ' '}`;
  const drawn = drawLanes(view, line, lanes);
  const words = ` ${who} ${plain(line.words)}${suffix(tape, line)}`;
  if (index === view.line) return fit([span(`${lead}${drawn}${words}`, 'inverse')], columns);
  const parts: Span[] = [
    span(lead, first ? 'bold' : 'dim'),
    span(drawn, ''),
    span(words, styleOf(line)),
  ];
  return fit(parts, columns);
}

/** Who gets it, of a line that sends; from whom, of one that receives. */
function suffix(tape: Tape, line: Line): string {
  if (line.flights.length === 0) return '';
  const flights = line.flights.map((id) => tape.flights[id] as Flight);
  if (line.type === LINE_CAUSE) return ` from ${portWords(flights[0]?.from ?? 0)}`;
  return ` to ${flights.map(({ to }) => portWords(to)).join(' ')}`;
}

function styleOf({ type, tag }: Line): Style {
  if (type === LINE_VIOLATION) return 'bold red';
  if (type === LINE_FAULT || type === LINE_LINKS) return 'yellow';
  if (type === LINE_LIFE) return 'cyan';
  if (type === LINE_CAUSE || type === LINE_SEND) return 'dim';
  return tag === 'committed' ? 'green' : '';
}

/** The lanes of one line, as characters. */
function drawLanes(view: View, line: Line, lanes: number): string {
  const { tape } = view;
  const cells: string[] = [];
  for (let lane = 0; lane < lanes; lane++) {
    const client = lane >= tape.nodeCount;
    cells.push(' ', client ? '·' : letterOf(tape, lane, stateAt(tape, lane, line.moment)), ' ');
  }
  const flights = line.flights.map((id) => tape.flights[id] as Flight);
  for (const flight of flights) drawPath(cells, tape, flight, lanes);
  if (line.port >= 0) {
    const middle = middleOf(laneOf(tape, line.port, lanes));
    if (line.type !== LINE_CAUSE || flights.length === 0) {
      cells[middle - 1] = '[';
      cells[middle + 1] = ']';
    }
  }
  for (const flight of flights) {
    const middle = middleOf(laneOf(tape, flight.to, lanes));
    cells[middle] = outcomeGlyph(flight, view.moment);
    const mark = markGlyph(flight);
    if (mark !== ' ') cells[middle + 1] = mark;
  }
  return cells.join('');
}

function middleOf(lane: number): number {
  return lane * LANE + 1;
}

function drawPath(cells: string[], tape: Tape, { from, to }: Flight, lanes: number): void {
  const a = middleOf(laneOf(tape, from, lanes));
  const b = middleOf(laneOf(tape, to, lanes));
  for (let i = Math.min(a, b) + 1; i < Math.max(a, b); i++) {
    if (cells[i] === ' ') cells[i] = '─';
  }
}
