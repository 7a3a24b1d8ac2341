/**
 * Where one looks at a tape, and which of its lines are shown: a single focus, a line, that every
 * part of the screen follows. Moving is a lookup; a new filter costs one pass over the lines.
 */
import { portWords } from '../cli/words.ts';
import { GROUPS, jumpOf } from './kinds.ts';
import { lastAtMost, lineEnd, LINE_VIOLATION, momentAtTime, momentOf } from './tape.ts';
import type { JumpKind, Line, Tape } from './tape.ts';

export interface Filter {
  /** Bit set of nodes; 0 is all. */
  readonly nodes: number;
  /** Kinds by name; none is all. */
  readonly tags: readonly string[];
  /** Bookkeeping too. */
  readonly quiet: boolean;
}

export const EVERYTHING: Filter = { nodes: 0, tags: [], quiet: false };

export class View {
  readonly tape: Tape;
  #filter: Filter = EVERYTHING;
  #visible: number[] = [];
  #line = 0;

  constructor(tape: Tape) {
    this.tape = tape;
    this.filter = EVERYTHING;
  }

  get filter(): Filter {
    return this.#filter;
  }

  set filter(filter: Filter) {
    this.#filter = filter;
    this.#visible = [];
    const { lines } = this.tape;
    for (let i = 0; i < lines.length; i++) {
      if (matches(this.tape, lines[i] as Line, filter)) this.#visible.push(i);
    }
  }

  /** Lines that the filter lets through. */
  get shown(): number {
    return this.#visible.length;
  }

  /** Index of the focus among all lines. */
  get line(): number {
    return this.#line;
  }

  get moment(): number {
    return this.tape.lines[this.#line]?.moment ?? 0;
  }

  /** Goes to a moment: to its first line that is shown, or to its cause. */
  toMoment(moment: number): void {
    const wanted = Math.min(Math.max(0, moment), this.tape.moments.length - 1);
    const first = momentOf(this.tape, wanted).firstLine;
    const at = this.#before(first - 1) + 1;
    const line = this.#visible[at] ?? this.tape.lines.length;
    this.#line = line < lineEnd(this.tape, wanted) ? line : first;
  }

  /** To the next moment (1) or the one before (−1) that has anything to show. */
  stepMoment(direction: number): boolean {
    const { moment } = this;
    const from = momentOf(this.tape, moment).firstLine;
    const at =
      direction > 0 ? this.#before(lineEnd(this.tape, moment) - 1) + 1 : this.#before(from - 1);
    const line = this.#visible[at];
    if (line === undefined) return false;
    this.toMoment(this.tape.lines[line]?.moment ?? 0);
    return true;
  }

  /** So many lines on, or back. */
  stepLine(count: number): boolean {
    const at = this.#before(this.#line);
    const on = this.#visible[at] === this.#line;
    const wanted = count > 0 || on ? at + count : at + count + 1;
    const clamped = Math.min(Math.max(0, wanted), this.#visible.length - 1);
    const line = this.#visible[clamped];
    if (line === undefined || line === this.#line) return false;
    this.#line = line;
    return true;
  }

  /** So many microseconds on, or back: at least to another moment. */
  scrub(micros: number): boolean {
    const { tape, moment } = this;
    const wanted = momentAtTime(tape, Math.max(0, momentOf(tape, moment).at + micros));
    if (wanted === moment) return this.stepMoment(Math.sign(micros));
    this.toMoment(wanted);
    return true;
  }

  /** To the next or previous moment of a kind, and the line in it that says so. */
  jump(kind: JumpKind, direction: number): boolean {
    const moments = this.tape.jumps[kind];
    const at = lastAtMost(moments.length, (i) => moments[i] ?? 0, this.moment);
    const on = moments[at] === this.moment;
    const wanted = moments[direction > 0 ? at + 1 : on ? at - 1 : at];
    if (wanted === undefined) return false;
    this.#line = momentOf(this.tape, wanted).firstLine;
    for (let i = this.#line; i < lineEnd(this.tape, wanted); i++) {
      if (jumpOf(this.tape.bed.words, this.tape.lines[i] as Line) !== kind) continue;
      this.#line = i;
      break;
    }
    return true;
  }

  /** To the next or previous shown line that contains `text`, whatever its case. */
  search(text: string, direction: number): boolean {
    const wanted = text.toLowerCase();
    const at = this.#before(direction > 0 ? this.#line : this.#line - 1);
    for (let i = direction > 0 ? at + 1 : at; i >= 0 && i < this.#visible.length; i += direction) {
      const index = this.#visible[i] as number;
      if (
        !lineText(this.tape.lines[index] as Line)
          .toLowerCase()
          .includes(wanted)
      )
        continue;
      this.#line = index;
      return true;
    }
    return false;
  }

  /** The lines to show in so many rows, the focus among them, a third of the way down. */
  window(height: number): readonly number[] {
    const at = this.#before(this.#line);
    const hidden = this.#visible[at] !== this.#line;
    const above = Math.floor(height / 3);
    const last = this.#visible.length;
    const before = hidden ? at + 1 : at;
    const from = Math.max(0, Math.min(before - above, last + (hidden ? 1 : 0) - height));
    if (!hidden) return this.#visible.slice(from, from + height);
    const lines = [...this.#visible.slice(from, before), this.#line];
    return [...lines, ...this.#visible.slice(before, before + height - lines.length)];
  }

  /** Position among the shown lines of the last one at or before `line`. */
  #before(line: number): number {
    return lastAtMost(this.#visible.length, (i) => this.#visible[i] ?? 0, line);
  }
}

/** What a search looks in. */
export function lineText(line: Line): string {
  return `${line.port < 0 ? '*' : portWords(line.port)} ${line.words}`;
}

function matches(tape: Tape, line: Line, { nodes, tags, quiet }: Filter): boolean {
  if (line.type === LINE_VIOLATION) return true;
  if (line.quiet && !quiet) return false;
  if (tags.length > 0 && !tags.some((tag) => line.tag === tag || GROUPS[tag]?.(line) === true)) {
    return false;
  }
  if (nodes === 0 || line.port < 0 || (nodes & (1 << line.port)) !== 0) return true;
  return line.flights.some((id) => {
    const flight = tape.flights[id];
    return flight !== undefined && (nodes & ((1 << flight.from) | (1 << flight.to))) !== 0;
  });
}

/** The kinds in a list typed by a person, or the first word that is none. */
export function parseTags(
  text: string,
  known: readonly string[],
): readonly string[] | { readonly unknown: string } {
  const tags = text.split(/[\s,]+/).filter((word) => word !== '');
  const unknown = tags.find((word) => !known.includes(word));
  return unknown === undefined ? tags : { unknown };
}
