/**
 * Two runs compared: how each ended, and the first moment at which they are not the same. Runs that
 * share a prefix share its digests, so that this is exact and not a resemblance of words.
 */
import { formatVerdict } from './words.ts';
import { lineEnd } from './tape.ts';
import type { Line, Recording, Tape } from './tape.ts';

export interface Difference {
  /** Index of the first moment that differs; the length of the shorter run if one goes on. */
  readonly moment: number;
  /** What each run did there instead; null where it was over. */
  readonly here: string | null;
  readonly there: string | null;
}

export interface Comparison {
  readonly here: string;
  readonly there: string;
  readonly difference: Difference | null;
}

export function compare(here: Recording, there: Recording): Comparison {
  return {
    here: formatVerdict(here.result),
    there: formatVerdict(there.result),
    difference: firstDifference(here.tape, there.tape),
  };
}

export function firstDifference(here: Tape, there: Tape): Difference | null {
  const count = Math.min(here.moments.length, there.moments.length);
  for (let i = 0; i < count; i++) {
    if (sameMoment(here, there, i)) continue;
    return { moment: i, ...differentLines(here, there, i) };
  }
  if (here.moments.length === there.moments.length) return null;
  return {
    moment: count,
    here: here.lines[here.moments[count]?.firstLine ?? -1]?.words ?? null,
    there: there.lines[there.moments[count]?.firstLine ?? -1]?.words ?? null,
  };
}

function sameMoment(here: Tape, there: Tape, index: number): boolean {
  const [a, b] = [here.moments[index], there.moments[index]];
  if (a === undefined || b === undefined) return false;
  if (a.at !== b.at || a.cause !== b.cause || a.event !== b.event) return false;
  if (a.digestA !== b.digestA || a.digestB !== b.digestB) return false;
  const end = lineEnd(here, index);
  if (end - a.firstLine !== lineEnd(there, index) - b.firstLine) return false;
  for (let i = 0; a.firstLine + i < end; i++) {
    if (whole(here, here.lines[a.firstLine + i]) !== whole(there, there.lines[b.firstLine + i])) {
      return false;
    }
  }
  return true;
}

function differentLines(here: Tape, there: Tape, index: number): Omit<Difference, 'moment'> {
  const [a, b] = [here.moments[index]?.firstLine ?? 0, there.moments[index]?.firstLine ?? 0];
  const count = Math.max(lineEnd(here, index) - a, lineEnd(there, index) - b);
  for (let i = 0; i < count; i++) {
    const ours = a + i < lineEnd(here, index) ? whole(here, here.lines[a + i]) : null;
    const theirs = b + i < lineEnd(there, index) ? whole(there, there.lines[b + i]) : null;
    if (ours !== theirs) return { here: ours, there: theirs };
  }
  return { here: 'the same, but the state differs', there: 'the same, but the state differs' };
}

/** A line with all that tells it apart: who, what, and when its messages will arrive. */
function whole(tape: Tape, line: Line | undefined): string | null {
  if (line === undefined) return null;
  const who = line.port < 0 ? '' : `${line.port < 8 ? `r${line.port}` : `c${line.port - 8}`} `;
  const flights = line.flights.map((id) => {
    const flight = tape.flights[id];
    if (flight === undefined) return '';
    const { to, arriveAt, why } = flight;
    const port = to < 8 ? `r${to}` : `c${to - 8}`;
    return arriveAt < 0 ? ` (to ${port}: ${why})` : ` (to ${port}, due ${arriveAt} µs)`;
  });
  return `${who}${line.words}${flights.join('')}`;
}
