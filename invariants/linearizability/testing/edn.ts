/**
 * Reads EDN, the notation of recorded histories: enough of it for those, and an error for the rest.
 *
 * Maps become `Map` with text keys, vectors, lists and sets become arrays, keywords and symbols
 * texts (a keyword with its colon, so `:ok` is not `"ok"`), nil becomes null.
 */
export type Edn = null | boolean | number | string | readonly Edn[] | EdnMap;
export interface EdnMap {
  readonly entries: ReadonlyMap<string, Edn>;
}

/** All values of the text, one after the other. */
export function parseEdn(text: string): readonly Edn[] {
  const reader = new Reader(text);
  const values: Edn[] = [];
  for (reader.skip(); !reader.done(); reader.skip()) values.push(reader.value());
  return values;
}

export function isEdnMap(value: Edn): value is EdnMap {
  return typeof value === 'object' && value !== null && 'entries' in value && !Array.isArray(value);
}

const CLOSERS: Readonly<Record<string, string>> = { '[': ']', '(': ')', '{': '}', '#{': '}' };
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  done(): boolean {
    return this.#at >= this.#text.length;
  }

  /** White space, commas, comments to the end of the line, and `#_` with the value it hides. */
  skip(): void {
    for (;;) {
      const rest = /^(?:[\s,]+|;[^\n]*)/.exec(this.#text.slice(this.#at, this.#at + 4096));
      if (rest !== null) this.#at += rest[0].length;
      else if (this.#text.startsWith('#_', this.#at)) {
        this.#at += 2;
        this.skip();
        this.value();
      } else return;
    }
  }

  value(): Edn {
    const opener = this.#text.startsWith('#{', this.#at) ? '#{' : this.#text[this.#at];
    if (opener === undefined) throw this.#error('a value is missing');
    const closer = CLOSERS[opener];
    if (closer !== undefined) {
      this.#at += opener.length;
      const list = this.#list(closer);
      return opener === '{' ? this.#map(list) : list;
    }
    if (opener === '"') return this.#string();
    if (opener === '#') {
      // A tagged value, such as a record of some class: the tag is of no use here.
      this.#at += 1;
      this.#token();
      this.skip();
      return this.value();
    }
    return atom(this.#token());
  }

  #list(closer: string): readonly Edn[] {
    const values: Edn[] = [];
    for (this.skip(); this.#text[this.#at] !== closer; this.skip()) {
      if (this.done()) throw this.#error(`${closer} is missing`);
      values.push(this.value());
    }
    this.#at += 1;
    return values;
  }

  #map(list: readonly Edn[]): EdnMap {
    if (list.length % 2 !== 0) throw this.#error('a map has a key without a value');
    const entries = new Map<string, Edn>();
    for (let i = 0; i < list.length; i += 2) {
      const key = list[i]!;
      entries.set(typeof key === 'string' ? key : JSON.stringify(key), list[i + 1]!);
    }
    return { entries };
  }

  #string(): string {
    let text = '';
    for (this.#at += 1; this.#text[this.#at] !== '"'; this.#at += 1) {
      let unit = this.#text[this.#at];
      if (unit === '\\') {
        this.#at += 1;
        const escaped = this.#text[this.#at] ?? '';
        unit = ESCAPES[escaped] ?? escaped;
      }
      if (unit === undefined) throw this.#error('a text has no end');
      text += unit;
    }
    this.#at += 1;
    return text;
  }

  #token(): string {
    const start = this.#at;
    while (this.#at < this.#text.length && !/[\s,;()[\]{}"]/.test(this.#text[this.#at]!)) {
      this.#at += 1;
    }
    if (this.#at === start) throw this.#error('not a value');
    return this.#text.slice(start, this.#at);
  }

  #error(what: string): Error {
    return new Error(`EDN: ${what} at character ${this.#at}`);
  }
}

function atom(token: string): Edn {
  if (token === 'nil') return null;
  if (token === 'true' || token === 'false') return token === 'true';
  return /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?[NM]?$/.test(token)
    ? Number(token.replace(/[NM]$/, ''))
    : token;
}
