/** The invariants with their first failing moment, and the messages in flight. */
import { millis, portWords } from '../cli/words.ts';
import type { Violation } from '../sim/verdict.ts';
import { markGlyph, outcomeGlyph } from './glyphs.ts';
import { fit, plain, row, span } from './rows.ts';
import type { Row } from './rows.ts';
import { checksAt, flightsAt, momentOf } from './tape.ts';
import type { Recording, Tape } from './tape.ts';

/** All in one row: how many hold so far, and which fails when. */
export function invariantRow({ tape, result }: Recording, moment: number): Row {
  const { violation } = result;
  const broken = failed(tape, violation, moment);
  const holding = tape.checks.filter(
    (checks) => !checks.suspended && !(broken && checks.name === violation?.invariant),
  ).length;
  const total = tape.checks.reduce((sum, checks) => sum + checksAt(checks, moment), 0);
  const holds = span(` ✓ ${holding} invariants hold, checked ${total} times`, 'green');
  if (violation === null) return [holds, span('; none ever fails', 'dim')];
  const { invariant, at } = violation;
  const when = `first at ${millis(at)}, event ${violation.event}`;
  return broken
    ? [span(` ✗ ${invariant} fails, ${when}`, 'bold red'), span(`; ${holding} others hold`, 'dim')]
    : [holds, span(`; ${invariant} will fail, ${when}`, 'red')];
}

/** One row each. */
export function invariantRows({ tape, result }: Recording, moment: number): Row[] {
  const { violation } = result;
  const rows = tape.checks.map(({ name, suspended, ...checks }): Row => {
    const count = checksAt({ name, suspended, ...checks }, moment);
    const label = name.padEnd(22);
    if (name === violation?.invariant) return failing(label, violation, tape, moment);
    if (suspended) return [span(` – ${label} suspended by this scenario`, 'dim')];
    const checked = count === 0 ? 'not yet checked' : `held ${count} times`;
    return [span(' ✓ ', 'green'), span(`${label} ${checked}`, count === 0 ? 'dim' : '')];
  });
  const known = tape.checks.some(({ name }) => name === violation?.invariant);
  // The simulator's own: an assertion, a stop without reason, no convergence.
  if (violation !== null && !known) {
    rows.unshift(failing(violation.invariant.padEnd(22), violation, tape, moment));
  }
  return rows;
}

function failing(label: string, violation: Violation, tape: Tape, moment: number): Row {
  const when = `${millis(violation.at)}, event ${violation.event}`;
  return failed(tape, violation, moment)
    ? [span(` ✗ ${label} failed first at ${when}`, 'bold red')]
    : [span(` ✓ ${label} fails first at ${when}`, 'yellow')];
}

function failed(tape: Tape, violation: Violation | null, moment: number): boolean {
  const first = tape.jumps.violation[0];
  return violation !== null && first !== undefined && moment >= first;
}

/** The next arrivals, as many as fit; the first row says how many there are. */
export function flightRows(tape: Tape, moment: number, columns: number, height: number): Row[] {
  const flights = flightsAt(tape, moment);
  const { at } = momentOf(tape, moment);
  const more = flights.length > height - 1 ? `, the next ${height - 1}` : '';
  const rows: Row[] = [row(` in flight: ${flights.length}${more}`, 'dim')];
  for (const flight of flights.slice(0, height - 1)) {
    const link = `${portWords(flight.from)} ${outcomeGlyph(flight, moment)} ${portWords(flight.to)}`;
    const due = `due in ${millis(flight.arriveAt - at)}`;
    rows.push([
      span(` ${markGlyph(flight)} ${link}  `, 'cyan'),
      span(`${plain(flight.words)}, ${due}`),
    ]);
  }
  while (rows.length < height) rows.push([]);
  return rows.map((spans) => fit(spans, columns));
}
