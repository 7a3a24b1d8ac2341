/**
 * `text[]` as the JSON functions take it: paths of `#>` and jsonb_set, names of `?|` and `?&`.
 *
 * The one place that knows how such an array arrives. There is no array type yet, so it arrives as
 * text in the syntax of an array literal (`{a,"b c",NULL}`) and is read here for each call. Once
 * there is one (PostgreSQL's `text[]` is oid 1009), `TEXT_ARRAY` becomes it, `readTextArray` takes
 * such a value apart, and the reader below goes.
 */
import { SqlError } from '../error.ts';
import { TEXT } from '../types/type.ts';
import type { TypeId, Value } from '../types/type.ts';

export const TEXT_ARRAY: TypeId = TEXT;

export interface TextArray {
  /** 0 of an empty array. */
  readonly dimensions: number;
  /** Elements of an innermost array. */
  readonly columns: number;
  /** All of them, row by row. */
  readonly elements: readonly (string | null)[];
}

/** The array read last: paths are constants nearly always. */
let lastText = '{}';
let last: TextArray = { dimensions: 0, columns: 0, elements: [] };

export function readTextArray(value: Value): TextArray {
  if (value === lastText) return last;
  const text = value as string;
  last = parse(text);
  lastText = text;
  return last;
}

interface Reader {
  readonly text: string;
  at: number;
  readonly elements: (string | null)[];
  dimensions: number;
  columns: number;
}

function malformed(text: string): SqlError {
  return new SqlError('22P02', `malformed array literal: "${text}"`);
}

function parse(text: string): TextArray {
  const reader: Reader = { text, at: 0, elements: [], dimensions: 0, columns: -1 };
  skipBlanks(reader);
  if (text[reader.at] !== '{') throw malformed(text);
  readArray(reader, 1);
  skipBlanks(reader);
  if (reader.at < text.length) throw malformed(text);
  const { elements, dimensions, columns } = reader;
  if (elements.length === 0) return { dimensions: 0, columns: 0, elements };
  return { dimensions, columns, elements };
}

function skipBlanks(reader: Reader): void {
  while (/[ \t\n\v\f\r]/.test(reader.text[reader.at] ?? '')) reader.at += 1;
}

const DIMENSIONS_MAX = 6;

function readArray(reader: Reader, depth: number): void {
  const { text } = reader;
  if (depth > DIMENSIONS_MAX) {
    const message = `number of array dimensions (${depth}) exceeds the maximum allowed (6)`;
    throw new SqlError('54000', message);
  }
  reader.at += 1;
  skipBlanks(reader);
  if (text[reader.at] === '}') {
    reader.at += 1;
    if (depth > 1) throw malformed(text);
    return;
  }
  const before = reader.elements.length;
  for (;;) {
    skipBlanks(reader);
    if (text[reader.at] === '{') readArray(reader, depth + 1);
    else readElement(reader, depth);
    skipBlanks(reader);
    const next = text[reader.at];
    reader.at += 1;
    if (next === '}') break;
    if (next !== ',') throw malformed(text);
  }
  if (reader.dimensions !== depth) return;
  const columns = reader.elements.length - before;
  if (reader.columns >= 0 && reader.columns !== columns) throw malformed(text);
  reader.columns = columns;
}

/** Elements all lie equally deep. */
function readElement(reader: Reader, depth: number): void {
  if (reader.dimensions === 0) reader.dimensions = depth;
  if (reader.dimensions !== depth) throw malformed(reader.text);
  const quoted = reader.text[reader.at] === '"';
  const element = quoted ? readQuoted(reader) : readBare(reader);
  reader.elements.push(!quoted && /^null$/i.test(element) ? null : element);
}

function readQuoted(reader: Reader): string {
  const { text } = reader;
  let element = '';
  for (reader.at += 1; text[reader.at] !== '"'; reader.at += 1) {
    if (text[reader.at] === '\\') reader.at += 1;
    const character = text[reader.at];
    if (character === undefined) throw malformed(text);
    element += character;
  }
  reader.at += 1;
  return element;
}

/** Up to a comma or bracket, without the blanks before it. */
function readBare(reader: Reader): string {
  const { text } = reader;
  let element = '';
  /** Of what must stay: an escaped blank does. */
  let kept = 0;
  for (; ; reader.at += 1) {
    const character = text[reader.at];
    if (character === undefined || character === '{' || character === '"') throw malformed(text);
    if (character === ',' || character === '}') break;
    if (character === '\\') {
      reader.at += 1;
      if (text[reader.at] === undefined) throw malformed(text);
      element += text[reader.at];
      kept = element.length;
      continue;
    }
    element += character;
    if (!/[ \t\n\v\f\r]/.test(character)) kept = element.length;
  }
  if (kept === 0) throw malformed(text);
  return element.slice(0, kept);
}
