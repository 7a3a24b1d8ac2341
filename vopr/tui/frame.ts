/**
 * The screen: a session drawn on so many columns and rows, every row exactly as wide as the
 * terminal. Pure; the terminal only has to show it. Cost: proportional to the screen, but for the
 * messages in flight, which are looked for among all.
 */
import { probeRow } from '../cli/bisect.ts';
import { millis } from '../cli/words.ts';
import { legendOf } from '../cli/timeline.ts';
import { cardRows } from './cards.ts';
import { MESSAGE_LEGEND, SCRUB_LEGEND } from './glyphs.ts';
import { inspectRows } from './inspect.ts';
import { GROUPS } from './keys.ts';
import { laneRows } from './lanes.ts';
import { flightRows, invariantRow, invariantRows } from './panes.ts';
import { beside, ends, fit, plain, row, span, wrap } from './rows.ts';
import type { Row } from './rows.ts';
import { scrubberRow } from './scrubber.ts';
import type { Session } from './session.ts';
import { momentOf } from './tape.ts';
import type { Tape } from './tape.ts';
import { phaseWords } from './words.ts';
import type { RunResult } from '../sim/run.ts';

export const COLUMNS_MIN = 60;
export const ROWS_MIN = 16;
/** From this many rows on, the messages in flight have a place of their own. */
const FLIGHTS_ROWS_MIN = 34;
const FLIGHTS_HEIGHT = 8;

export function frame(session: Session, columns: number, rows: number): readonly Row[] {
  if (columns < COLUMNS_MIN || rows < ROWS_MIN) return tooSmall(columns, rows);
  const { recording } = session.track;
  const { tape } = recording;
  const { moment } = session.view;
  const baked = session.current === 0 ? session.baked : null;
  const head = [titleRow(session, columns), scrubberRow(tape, moment, columns, baked)];
  const body = rows - head.length - 1;
  session.page = Math.max(1, body - 2);
  const middle =
    session.pane === 'run'
      ? runRows(session, columns, rows, body)
      : paneRows(session, columns, body);
  const all = [...head, ...middle, footRow(session, columns)];
  return all.map((spans) => fit(spans, columns));
}

function tooSmall(columns: number, rows: number): readonly Row[] {
  const text = `${columns}×${rows} is too small: ${COLUMNS_MIN}×${ROWS_MIN} at least; q quits`;
  const lines = wrap(text, Math.max(1, columns)).slice(0, Math.max(0, rows));
  return lines.map((line) => fit(row(line), columns));
}

function titleRow(session: Session, columns: number): Row {
  const { tape, result } = session.track.recording;
  const { at, event, phase } = momentOf(tape, session.view.moment);
  const count = session.tracks.length;
  const which = count === 1 ? '' : ` [${session.current + 1}/${count}]`;
  const where = ` ${millis(at)} · event ${event} of ${result.events} · ${phaseWords(phase)} `;
  const held = result.violation === null;
  const left = [span(` ${plain(session.work.title)}${which} `, 'bold'), span(where, 'inverse')];
  return ends(left, row(`${verdictWords(result)} `, held ? 'bold green' : 'bold red'), columns);
}

function verdictWords({ violation, digest }: RunResult): string {
  return violation === null ? `PASS ${digest}` : `FAIL ${violation.invariant}`;
}

function runRows(session: Session, columns: number, rows: number, body: number): readonly Row[] {
  const { recording, view } = session.track;
  const { tape } = recording;
  const cards = cardRows(tape, view.moment, columns, rows);
  const flights = rows >= FLIGHTS_ROWS_MIN ? FLIGHTS_HEIGHT : 0;
  const lanes = Math.max(2, body - cards.length - 1 - flights);
  const all = [
    ...cards,
    invariantRow(recording, view.moment),
    ...laneRows(view, columns, lanes),
    ...(flights === 0 ? [] : flightRows(tape, view.moment, columns, flights)),
  ];
  return all.slice(0, body);
}

function paneRows(session: Session, columns: number, body: number): readonly Row[] {
  const all = paneContent(session, columns);
  session.scroll = Math.max(0, Math.min(session.scroll, all.length - body));
  const shown = all.slice(session.scroll, session.scroll + body);
  while (shown.length < body) shown.push([]);
  return shown;
}

function paneContent(session: Session, columns: number): Row[] {
  const { recording, view } = session.track;
  switch (session.pane) {
    case 'help':
      return helpRows(recording.tape, columns);
    case 'invariants':
      return [
        row(' invariants, and what they have seen so far', 'bold'),
        ...invariantRows(recording, view.moment),
      ];
    case 'choices':
      return choiceRows(session);
    case 'compare':
      return compareRows(session, columns);
    case 'bisection':
      return bisectionRows(session);
    default:
      return inspectRows(recording.tape, view.line, ({ ...question }) => {
        return plain(session.work.words(question, question.answer));
      }).flatMap((line) => wrapped(line, columns));
  }
}

/** Long sentences over several rows; everything else as it is. */
function wrapped(line: Row, columns: number): Row[] {
  const [first] = line;
  if (line.length !== 1 || first === undefined || first.text.length < columns) return [line];
  return wrap(first.text, columns - 2).map((text) => row(` ${text}`, first.style));
}

function helpRows({ bed }: Tape, columns: number): Row[] {
  const wide = columns >= 150;
  const blocks: Row[][] = GROUPS.map(([title, bindings]) => [
    row(` ${title}`, 'bold cyan'),
    ...bindings.map(({ shown, words }): Row => [span(` ${shown.padEnd(11)}`, 'bold'), span(words)]),
    [],
  ]);
  const width = 40;
  const legend = [
    row(' lanes', 'bold cyan'),
    ...legendRows(Object.entries(legendOf(bed.words))),
    ...legendRows([['[ ]', 'who acts']]),
    [],
  ];
  const messages = [row(' messages', 'bold cyan'), ...legendRows(MESSAGE_LEGEND), []];
  const scrub = [row(' scrubber', 'bold cyan'), ...legendRows(SCRUB_LEGEND), []];
  const [move = [], jump = [], look = [], branch = []] = blocks;
  const filters = [
    row(' 0–7 show only what concerns these nodes', 'dim'),
    row(' branches execute the real core again', 'dim'),
  ];
  if (!wide) {
    return [
      ...beside(move, width, jump),
      ...beside(look, width, branch),
      ...filters,
      [],
      ...beside(messages, width, legend),
      ...scrub,
    ];
  }
  const left = beside(move, width, jump);
  const right = beside([...look, ...filters], width, branch);
  const upper = beside(left, 2 * width, right);
  return [...upper, [], ...beside(beside(messages, 60, legend), 100, scrub)];
}

function legendRows(legend: readonly (readonly [string, string])[]): Row[] {
  return legend.map(([glyph, words]): Row => [span(` ${glyph.padEnd(4)}`, 'bold'), span(words)]);
}

function choiceRows(session: Session): Row[] {
  const rows: Row[] = [
    row(' the choices of this moment: ↑↓ select, ←→ answer differently, Enter runs it', 'bold'),
    [],
  ];
  session.flips.forEach(({ question, answer }, index) => {
    const was = session.work.words(question, question.answer);
    const now = session.work.words(question, answer);
    const on = index === session.flip;
    rows.push(row(` ${on ? '>' : ' '} ${plain(was)}`, on ? 'bold' : ''));
    if (on)
      rows.push(
        row(`     instead: ${plain(now)} (${answer} of 0–${question.options - 1})`, 'cyan'),
      );
  });
  return rows;
}

function bisectionRows({ probes, baked }: Session): Row[] {
  if (probes.length === 0) return [row(' nothing was bisected yet: w begins')];
  const tails = probes[0]?.tails ?? 0;
  return [
    row(
      ` virtual time    of ${tails} tails with other luck that begin there, so many fail`,
      'bold',
    ),
    [],
    ...probes.map((probe): Row => {
      const here = probe.atMicros === baked;
      return row(`${probeRow(probe)}${here ? '  ◆ baked in' : ''}`, here ? 'bold' : '');
    }),
  ];
}

function compareRows(session: Session, columns: number): Row[] {
  const { comparison, name } = session.track;
  if (comparison === null) return [row(' this is the original; tab goes to a branch')];
  const { here, there, difference } = comparison;
  const rows: Row[] = [
    row(` ${plain(name)}`, 'bold'),
    [],
    row(` original  ${there}`),
    row(` branch    ${here}`),
    [],
  ];
  if (difference === null) return [...rows, row(' they are the same run, event for event')];
  const at = session.track.recording.tape.moments[difference.moment];
  const where = at === undefined ? 'the end' : `${millis(at.at)}, event ${at.event}`;
  const told = (label: string, words: string | null): Row[] =>
    wrap(`${label}  ${plain(words ?? 'was over')}`, columns - 2).map((text) => row(` ${text}`));
  return [
    ...rows,
    row(` first difference at ${where} (d goes there):`, 'cyan'),
    ...told('original', difference.there),
    ...told('branch  ', difference.here),
  ];
}

const HINTS: readonly string[] = [
  '? help',
  'q quit',
  '←→ step',
  '↑↓ line',
  'f fault',
  'c commit',
  'v view',
  'x violation',
  '/ search',
  'b branch',
  'Enter inspect',
  '<> scrub',
  'i invariants',
];

/** As many hints as there is room for. */
function hints(columns: number): string {
  let text = '';
  for (const hint of HINTS) {
    if (text.length + 2 + hint.length > columns) break;
    text += `${text === '' ? ' ' : '  '}${hint}`;
  }
  return text;
}

function footRow(session: Session, columns: number): Row {
  const { prompt, message } = session;
  if (prompt !== null) {
    return [span(` ${prompt.label}: `, 'bold'), span(prompt.text), span(' ', 'inverse')];
  }
  if (message !== '') return fit([span(` ${plain(message)}`, 'bold cyan')], columns);
  const { filter, shown, tape } = session.view;
  const filtered = shown < tape.lines.length && (filter.nodes !== 0 || filter.tags.length > 0);
  const note = filtered ? `${shown} of ${tape.lines.length} lines; a shows all ` : '';
  return ends(row(hints(columns - note.length), 'dim'), row(note, 'yellow'), columns);
}
