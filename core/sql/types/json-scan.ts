/**
 * Parts of JSON text, found without making a tree of it: what `->` and its like look for is cut out
 * of the text as it stands.
 *
 * Only for text known to be JSON (every json and jsonb value is); what it does to other text is
 * unspecified, though it ends. One pass over what is skipped, no recursion.
 */
import { joinParts } from './length.ts';
import { SqlError } from '../error.ts';
import { compareDecimals } from './decimal.ts';
import { parseDecimal } from './decimal-text.ts';
import type { Json } from './json-text.ts';
import { parseJson } from './json-text.ts';
import { compareNames, quoteJson } from './jsonb.ts';

export type JsonKind = Json['kind'];

/** Functions that descend stop here: built values may nest deeper than the reader allows. */
const DEPTH_MAX = 1000;

const QUOTE = 34;
const COMMA = 44;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

export function checkDepth(depth: number): void {
  if (depth > DEPTH_MAX) throw new SqlError('54001', 'stack depth limit exceeded');
}

function isBlank(code: number): boolean {
  return code === 32 || code === 10 || code === 9 || code === 13;
}

function skipBlanks(text: string, at: number): number {
  let end = at;
  while (isBlank(text.charCodeAt(end))) end += 1;
  return end;
}

/** From a quote to behind the one that closes it. */
export function skipString(text: string, at: number): number {
  for (let from = at + 1; ;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return text.length;
    let before = quote;
    while (text.charCodeAt(before - 1) === BACKSLASH) before -= 1;
    // An even number of backslashes are characters of their own.
    if ((quote - before) % 2 === 0) return quote + 1;
    from = quote + 1;
  }
}

/** From a value's first character to behind its last. */
function skipValue(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return skipString(text, at);
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return skipScalar(text, at);
  let depth = 0;
  for (let i = at; i < text.length;) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = skipString(text, i);
      continue;
    }
    i += 1;
    if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth += 1;
    else if ((code === CLOSE_OBJECT || code === CLOSE_ARRAY) && --depth === 0) return i;
  }
  return text.length;
}

function skipScalar(text: string, at: number): number {
  for (let i = at; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === COMMA || code === CLOSE_ARRAY || code === CLOSE_OBJECT || isBlank(code)) return i;
  }
  return text.length;
}

export function kindOf(text: string): JsonKind {
  switch (text.charCodeAt(skipBlanks(text, 0))) {
    case OPEN_OBJECT:
      return 'object';
    case OPEN_ARRAY:
      return 'array';
    case QUOTE:
      return 'string';
    case 110:
      return 'null';
    case 116:
    case 102:
      return 'boolean';
    default:
      return 'number';
  }
}

export function isScalar(kind: JsonKind): boolean {
  return kind !== 'object' && kind !== 'array';
}

/** Steps through the members of an object or the elements of an array. */
export class JsonParts {
  /** Of the part last stepped to: its value's text is from `start` to before `end`. */
  start = 0;
  end = 0;
  readonly text: string;
  readonly #isObject: boolean;
  readonly #hasEscapes: boolean;
  #at: number;
  /** Of the member's name, quotes included. */
  #nameStart = 0;
  #nameEnd = 0;

  constructor(text: string) {
    this.text = text;
    this.#at = skipBlanks(text, 0);
    this.#isObject = text.charCodeAt(this.#at) === OPEN_OBJECT;
    this.#hasEscapes = this.#isObject && text.includes('\\');
  }

  next(): boolean {
    const { text } = this;
    // Behind the bracket that opens, or the comma.
    let at = skipBlanks(text, this.#at + 1);
    const code = text.charCodeAt(at);
    if (code === CLOSE_OBJECT || code === CLOSE_ARRAY || at >= text.length) return false;
    if (this.#isObject) {
      this.#nameStart = at;
      this.#nameEnd = skipString(text, at);
      at = skipBlanks(text, skipBlanks(text, this.#nameEnd) + 1);
    }
    this.start = at;
    this.end = skipValue(text, at);
    this.#at = skipBlanks(text, this.end);
    const more = text.charCodeAt(this.#at) === COMMA;
    // Else `next` shall find the bracket that closes.
    if (!more) this.#at -= 1;
    return true;
  }

  get value(): string {
    return this.text.slice(this.start, this.end);
  }

  get name(): string {
    return decodeString(this.text.slice(this.#nameStart, this.#nameEnd));
  }

  hasName(name: string): boolean {
    const { text } = this;
    const start = this.#nameStart + 1;
    const end = this.#nameEnd - 1;
    if (this.#hasEscapes && text.slice(start, end).includes('\\')) return this.name === name;
    return end - start === name.length && text.startsWith(name, start);
  }
}

/** What a JSON string means, quotes and escapes removed. */
export function decodeString(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  return JSON.parse(quoted) as string;
}

/** json keeps escapes that no text can hold; to look into it is to read them: `22P05`, `22P02`. */
export function checkEscapes(text: string): void {
  if (text.includes('\\u')) parseJson(text, true);
}

export function trimJson(text: string): string {
  const start = skipBlanks(text, 0);
  let end = text.length;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** The text of an object's member, the last of that name; null: none, or no object. */
export function memberOf(text: string, name: string): string | null {
  if (kindOf(text) !== 'object') return null;
  const parts = new JsonParts(text);
  let found: string | null = null;
  while (parts.next()) if (parts.hasName(name)) found = parts.value;
  return found;
}

/** The text of an array's element, from 0, negative from the end; null: none, or no array. */
export function elementOf(text: string, index: number): string | null {
  if (kindOf(text) !== 'array') return null;
  const wanted = index < 0 ? countParts(text) + index : index;
  if (wanted < 0) return null;
  const parts = new JsonParts(text);
  for (let i = 0; parts.next(); i += 1) if (i === wanted) return parts.value;
  return null;
}

/** Members or elements. */
export function countParts(text: string): number {
  const parts = new JsonParts(text);
  let count = 0;
  while (parts.next()) count += 1;
  return count;
}

export function elementsOf(text: string): string[] {
  const parts = new JsonParts(text);
  const elements: string[] = [];
  while (parts.next()) elements.push(parts.value);
  return elements;
}

/** A member: its name decoded, its value's text. */
export interface MemberText {
  readonly name: string;
  readonly value: string;
}

export function membersOf(text: string): MemberText[] {
  const parts = new JsonParts(text);
  const members: MemberText[] = [];
  while (parts.next()) members.push({ name: parts.name, value: parts.value });
  return members;
}

/** As `->>` shows it: a string without quotes, null for null. */
export function scalarText(value: string): string | null {
  if (value === 'null') return null;
  return value.charCodeAt(0) === QUOTE ? decodeString(value) : value;
}

/** jsonb of members in its order. */
export function objectText(members: readonly MemberText[]): string {
  const parts = members.map(({ name, value }) => `${quoteJson(name)}: ${value}`);
  return `{${joinParts(parts, ', ')}}`;
}

/** jsonb of members in any order, the last of a name kept. */
export function sortedObjectText(members: Iterable<MemberText>): string {
  const last = new Map<string, string>();
  for (const { name, value } of members) last.set(name, value);
  const kept = Array.from(last, ([name, value]): MemberText => ({ name, value }));
  return objectText(kept.sort((a, b) => compareNames(a.name, b.name)));
}

export function arrayText(elements: readonly string[]): string {
  return `[${joinParts(elements, ', ')}]`;
}

/** Of two texts of jsonb that are no containers. */
export function sameScalar(a: string, b: string): boolean {
  if (a === b) return true;
  if (!a.includes('.') && !b.includes('.')) return false;
  if (kindOf(a) !== 'number' || kindOf(b) !== 'number') return false;
  return compareDecimals(parseDecimal(a), parseDecimal(b)) === 0;
}
