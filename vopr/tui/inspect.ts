/**
 * Everything about one line of a tape: when and why, the fate of each of its messages, the message
 * or entry field by field and down to its bytes, the choices that the world made at that moment,
 * and what the acting node was afterwards.
 */
import { millis, portWords } from '../cli/words.ts';
import { markWords, outcomeStyle, outcomeWords } from './glyphs.ts';
import { dumpLines, fieldLines } from './fields.ts';
import { row, span } from './rows.ts';
import type { Row } from './rows.ts';
import { momentOf, questionsOf, stateAt } from './tape.ts';
import type { Flight, Line, Tape } from './tape.ts';

/** Puts a question and its answer in words. */
export type QuestionWords = (question: ReturnType<typeof questionsOf>[number]) => string;

export function inspectRows(tape: Tape, index: number, questionWords: QuestionWords): Row[] {
  const line = tape.lines[index];
  if (line === undefined) return [];
  const moment = momentOf(tape, line.moment);
  const who = line.port < 0 ? 'the cluster' : portWords(line.port);
  const flights = line.flights.map((id) => tape.flights[id] as Flight);
  return [
    row(`${who} ${line.words}`, 'bold'),
    row(`at ${millis(moment.at)}, event ${moment.event}; filters call it ${line.tag}`, 'dim'),
    ...flights.flatMap((flight) => fateRows(tape, flight, line.moment)),
    ...contentRows(tape, line, flights[0]),
    ...choiceRows(tape, line.moment, questionWords),
    ...nodeRows(tape, line),
  ];
}

function fateRows(tape: Tape, flight: Flight, moment: number): Row[] {
  const sent = `sent at ${millis(flight.sentAt)}`;
  const end = flight.endMoment < 0 ? null : momentOf(tape, flight.endMoment).at;
  const arrival =
    flight.arriveAt < 0
      ? 'never arrives'
      : `${end === null ? 'would arrive' : 'arrives'} at ${millis(flight.arriveAt)}, ` +
        `${millis(flight.arriveAt - flight.sentAt)} later`;
  const marks = markWords(flight).map((words) => `; ${words}`);
  const why = flight.why === '' ? '' : ` (${flight.why})`;
  const link = `${portWords(flight.from)} to ${portWords(flight.to)}: `;
  return [
    row(''),
    [
      span(link),
      span(outcomeWords(flight, moment), outcomeStyle(flight, moment)),
      span(`${why}${marks.join('')}`),
    ],
    row(`${sent}, ${arrival}`, 'dim'),
  ];
}

function contentRows(tape: Tape, line: Line, flight: Flight | undefined): Row[] {
  if (flight !== undefined) {
    const { message } = flight;
    const bytes = tape.bed.testbed.system.messages.encode(message, tape.cluster);
    const fields = typeof message === 'object' && message !== null ? fieldLines(message) : [];
    return [
      ...section(`the message, a ${flight.tag}`, fields),
      ...section(`as bytes: ${bytes.length}`, dumpLines(bytes)),
    ];
  }
  const { ref } = line;
  if (typeof ref !== 'object' || ref === null) return [];
  const rows = section('what it is about', fieldLines(ref));
  if (!('bytes' in ref) || !(ref.bytes instanceof Uint8Array)) return rows;
  return [...rows, ...section(`as bytes: ${ref.bytes.length}`, dumpLines(ref.bytes))];
}

function choiceRows(tape: Tape, moment: number, words: QuestionWords): Row[] {
  const questions = questionsOf(tape, moment);
  if (questions.length === 0) return [];
  const lines = questions.map((question) => {
    return question.answer === 0 ? `calm   ${words(question)}` : `chosen ${words(question)}`;
  });
  return section('what the world chose in this moment (B flips one)', lines);
}

function nodeRows(tape: Tape, { port, moment }: Line): Row[] {
  const state = port < 0 || port >= tape.nodeCount ? null : stateAt(tape, port, moment);
  return state === null ? [] : section(`r${port} afterwards`, fieldLines(state));
}

function section(title: string, lines: readonly string[]): Row[] {
  return [row(''), row(title, 'cyan'), ...lines.map((line) => row(`  ${line}`))];
}
