/**
 * Arrays as text: `{1,NULL,"a b"}`, `{{1,2},{3,4}}`, `[2:3]={1,2}`.
 *
 * The elements' own text is the caller's affair. Where PostgreSQL takes ragged nesting for an array
 * of garbage (`{{{1}},{2}}`), it is refused here.
 */
import { joinParts } from './length.ts';
import { SqlError } from '../error.ts';
import { DIMENSIONS_MAX, countElements, makeArray, tooManyDimensions } from './array.ts';
import { lowerAscii } from './text.ts';
import type { ArrayValue, Value } from './type.ts';

const INT4_MAX = 2147483647;
const INT4_MIN = -2147483648;

/** Throws `22P02`, `2202E`, `54000` with PostgreSQL's text, and what `element` throws. */
export function parseArray(text: string, element: (text: string) => Value): ArrayValue {
  return new ArrayReader(text, element).read();
}

function isSpace(unit: number): boolean {
  return unit === 32 || (unit >= 9 && unit <= 13);
}

interface Bounds {
  readonly dimensions: readonly number[];
  readonly lowerBounds: readonly number[];
}

class ArrayReader {
  readonly #text: string;
  readonly #element: (text: string) => Value;
  #at = 0;
  /** Where what errors show begins: PostgreSQL leaves out blanks and bounds that it has read. */
  #shownFrom = 0;
  readonly #elements: Value[] = [];
  /** Of sub-arrays at each depth: how many parts the first one had; -1 not known yet. */
  readonly #sizes: number[] = [];
  /** At which depth elements stand. */
  #leaf = -1;

  constructor(text: string, element: (text: string) => Value) {
    this.#text = text;
    this.#element = element;
  }

  read(): ArrayValue {
    this.#skip();
    const bounds = this.#bounds();
    if (this.#peek() !== '{') {
      throw this.#malformed(
        bounds === null
          ? 'Array value must start with "{" or dimension information.'
          : 'Array contents must start with "{".',
      );
    }
    this.#shownFrom = this.#at;
    this.#level(0);
    this.#skip();
    if (this.#at < this.#text.length) throw this.#malformed('Junk after closing right brace.');
    this.#shownFrom = 0;
    const sizes = this.#elements.length === 0 ? [] : this.#sizes;
    countElements(sizes);
    if (bounds === null) {
      return makeArray(
        sizes,
        sizes.map(() => 1),
        this.#elements,
      );
    }
    const { dimensions, lowerBounds } = bounds;
    if (dimensions.length !== sizes.length || dimensions.some((size, i) => size !== sizes[i])) {
      throw this.#malformed('Specified array dimensions do not match array contents.');
    }
    return makeArray(dimensions, lowerBounds, this.#elements);
  }

  #malformed(detail: string): SqlError {
    const shown = this.#text.slice(this.#shownFrom);
    return new SqlError('22P02', `malformed array literal: "${shown}"`, { detail });
  }

  #unexpected(): SqlError {
    if (this.#at >= this.#text.length) return this.#malformed('Unexpected end of input.');
    return this.#malformed(`Unexpected "${this.#peek()}" character.`);
  }

  #peek(): string {
    return this.#text.charAt(this.#at);
  }

  #skip(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at += 1;
  }

  /** `[2:4][1:3]=`, or nothing. */
  #bounds(): Bounds | null {
    const dimensions: number[] = [];
    const lowerBounds: number[] = [];
    for (; this.#peek() === '['; this.#skip()) {
      this.#at += 1;
      if (dimensions.length >= DIMENSIONS_MAX) throw tooManyDimensions(dimensions.length + 1);
      const first = this.#integer();
      if (first === null) {
        throw this.#malformed('"[" must introduce explicitly-specified array dimensions.');
      }
      let [low, high] = [1, first];
      if (this.#peek() === ':') {
        this.#at += 1;
        const second = this.#integer();
        if (second === null) throw this.#malformed('Missing array dimension value.');
        [low, high] = [first, second];
      }
      if (this.#peek() !== ']') throw this.#malformed('Missing "]" after array dimensions.');
      this.#at += 1;
      if (high < low) {
        throw new SqlError('2202E', 'upper bound cannot be less than lower bound');
      }
      dimensions.push(high - low + 1);
      lowerBounds.push(low);
    }
    if (dimensions.length === 0) return null;
    if (this.#peek() !== '=') throw this.#malformed('Missing "=" after array dimensions.');
    this.#at += 1;
    this.#skip();
    return { dimensions, lowerBounds };
  }

  /** What is beyond int4 is cut to it. */
  #integer(): number | null {
    const digits = /^[+-]?[0-9]+/.exec(this.#text.slice(this.#at, this.#at + 400))?.[0];
    if (digits === undefined) return null;
    this.#at += digits.length;
    return Math.max(INT4_MIN, Math.min(INT4_MAX, Number(digits)));
  }

  /** From `{` to its `}`. Depth is bounded by the number of dimensions. */
  #level(depth: number): void {
    if (depth >= DIMENSIONS_MAX) throw tooManyDimensions(depth + 1);
    this.#at += 1;
    this.#skip();
    if (this.#sizes.length <= depth) this.#sizes.push(-1);
    let count = 0;
    if (depth === 0 && this.#peek() === '}') {
      this.#at += 1;
      return;
    }
    for (;;) {
      this.#part(depth, count);
      count += 1;
      this.#skip();
      const next = this.#peek();
      if (next === '}') break;
      if (next !== ',') throw this.#misplaced();
      this.#at += 1;
      this.#skip();
    }
    this.#at += 1;
    if (this.#sizes[depth] === -1) this.#sizes[depth] = count;
    else if (this.#sizes[depth] !== count) throw this.#ragged();
  }

  /** After a part: what is neither `,` nor `}`. */
  #misplaced(): SqlError {
    const next = this.#peek();
    if (next === '' || next === '{' || next === '\\') return this.#unexpected();
    return this.#malformed('Unexpected array element.');
  }

  #ragged(): SqlError {
    return this.#malformed(
      'Multidimensional arrays must have sub-arrays with matching dimensions.',
    );
  }

  /** A sub-array or an element: whichever its siblings are. */
  #part(depth: number, before: number): void {
    const next = this.#peek();
    if (next === '' || next === ',' || next === '}') throw this.#unexpected();
    const nested = next === '{';
    if (nested && this.#leaf === depth) throw before > 0 ? this.#unexpected() : this.#ragged();
    if (nested) {
      this.#level(depth + 1);
      return;
    }
    if (this.#leaf === -1 && before === 0 && depth === this.#sizes.length - 1) this.#leaf = depth;
    if (this.#leaf !== depth) {
      throw before > 0 ? this.#malformed('Unexpected array element.') : this.#ragged();
    }
    this.#elements.push(next === '"' ? this.#quoted() : this.#bare());
  }

  #quoted(): Value {
    let text = '';
    this.#at += 1;
    for (;;) {
      const next = this.#peek();
      if (next === '"') break;
      if (next === '\\') this.#at += 1;
      if (this.#at >= this.#text.length) throw this.#unexpected();
      text += this.#peek();
      this.#at += 1;
    }
    this.#at += 1;
    return this.#element(text);
  }

  /** Without blanks at the end, unless a backslash is before them. */
  #bare(): Value {
    let text = '';
    let kept = 0;
    let escaped = false;
    for (;;) {
      const next = this.#peek();
      if (next === ',' || next === '}') break;
      if (next === '' || next === '{') throw this.#unexpected();
      if (next === '"') throw this.#malformed('Unexpected array element.');
      const literal = next === '\\';
      if (literal) this.#at += 1;
      if (this.#at >= this.#text.length) throw this.#unexpected();
      text += this.#peek();
      if (literal || !isSpace(this.#text.charCodeAt(this.#at))) kept = text.length;
      escaped ||= literal;
      this.#at += 1;
    }
    const word = text.slice(0, kept);
    return !escaped && lowerAscii(word) === 'null' ? null : this.#element(word);
  }
}

/** As PostgreSQL writes it. Bounds stand before it unless all begin at 1. */
export function formatArray(array: ArrayValue, element: (value: Value) => string): string {
  const { dimensions, lowerBounds, elements } = array;
  if (dimensions.length === 0) return '{}';
  let place = 0;
  const level = (depth: number): string => {
    const parts: string[] = [];
    for (let i = 0; i < (dimensions[depth] as number); i += 1) {
      if (depth < dimensions.length - 1) {
        parts.push(level(depth + 1));
        continue;
      }
      const value = elements[place] as Value;
      place += 1;
      parts.push(value === null ? 'NULL' : quoted(element(value)));
    }
    return `{${joinParts(parts, ',')}}`;
  };
  const body = level(0);
  return lowerBounds.every((low) => low === 1) ? body : `${formatBounds(array)}=${body}`;
}

/** `[1:2][1:3]`: what `array_dims` answers. */
export function formatBounds({ dimensions, lowerBounds }: ArrayValue): string {
  return dimensions
    .map((size, i) => {
      const low = lowerBounds[i] as number;
      return `[${low}:${low + size - 1}]`;
    })
    .join('');
}

function quoted(text: string): string {
  if (text !== '' && !/["\\{},\t-\r ]/.test(text) && lowerAscii(text) !== 'null') return text;
  return `"${text.replace(/["\\]/g, (c) => `\\${c}`)}"`;
}
