/**
 * How a text of several lines with prompts and colours fills rows of a terminal, and where the
 * cursor stands in them. Lines are broken here, one column before the terminal would, so that where
 * the cursor is never depends on how a terminal wraps. Pure.
 */
import stringWidth from 'string-width';
import { charactersOf } from './edit.ts';
import type { Edit } from './edit.ts';
import type { Hue, Span } from './highlight.ts';

export interface Picture {
  /** Painted, without line breaks. */
  readonly rows: readonly string[];
  readonly cursorRow: number;
  readonly cursorColumn: number;
}

export interface PictureOptions {
  /** Of the first line and of those below it; equally wide. */
  readonly prompts: readonly [first: string, more: string];
  readonly spans: readonly Span[];
  readonly columns: number;
  readonly paint: (hue: Hue | 'prompt', text: string) => string;
}

/** What is being drawn. */
interface Pen {
  readonly width: number;
  readonly paint: PictureOptions['paint'];
  readonly rows: string[];
  row: string;
  column: number;
  /** Of one hue, not painted yet. */
  run: string;
  hue: Hue | null;
}

export function picture({ text, cursor }: Edit, options: PictureOptions): Picture {
  const { prompts, spans, columns, paint } = options;
  const width = Math.max(20, columns - 1);
  const pen: Pen = { width, paint, rows: [], row: '', column: 0, run: '', hue: null };
  let at = 0;
  let span = 0;
  let place: readonly [number, number] = [0, 0];
  begin(pen, prompts[0]);
  for (const character of charactersOf(text)) {
    if (at === cursor) place = [pen.rows.length, pen.column];
    while (spans[span] !== undefined && spans[span]!.to <= at) span += 1;
    const here = spans[span];
    const hue = here !== undefined && here.from <= at ? here.hue : null;
    if (character === '\n' || character === '\r\n') {
      newRow(pen);
      begin(pen, prompts[1]);
    } else {
      put(pen, shown(character), hue);
    }
    at += character.length;
  }
  if (at === cursor) place = [pen.rows.length, pen.column];
  newRow(pen);
  return { rows: pen.rows, cursorRow: place[0], cursorColumn: place[1] };
}

function begin(pen: Pen, prompt: string): void {
  pen.row = pen.paint('prompt', prompt);
  pen.column = stringWidth(prompt);
}

function put(pen: Pen, character: string, hue: Hue | null): void {
  const code = character.charCodeAt(0);
  const plain = character.length === 1 && code >= 0x20 && code < 0x7f;
  const wide = plain ? 1 : stringWidth(character);
  if (pen.column + wide > pen.width) newRow(pen);
  if (hue !== pen.hue) {
    flush(pen);
    pen.hue = hue;
  }
  pen.run += character;
  pen.column += wide;
}

function flush(pen: Pen): void {
  if (pen.run !== '') pen.row += pen.hue === null ? pen.run : pen.paint(pen.hue, pen.run);
  pen.run = '';
}

function newRow(pen: Pen): void {
  flush(pen);
  pen.rows.push(pen.row);
  pen.row = '';
  pen.column = 0;
}

/** What would move the cursor or speak to the terminal is shown as a sign. */
function shown(character: string): string {
  if (character === '\t') return '  ';
  const code = character.charCodeAt(0);
  return code < 0x20 || (code >= 0x7f && code < 0xa0) ? '\u00b7' : character;
}

/** The rows that fit a terminal, around the cursor's. */
export function windowOf(whole: Picture, height: number): Picture {
  const { rows, cursorRow, cursorColumn } = whole;
  if (rows.length <= height) return whole;
  const from = Math.min(Math.max(0, cursorRow - height + 1), rows.length - height);
  return { rows: rows.slice(from, from + height), cursorRow: cursorRow - from, cursorColumn };
}
