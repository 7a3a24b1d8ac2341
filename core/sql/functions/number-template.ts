/**
 * `to_char` of numbers and `to_number`: templates of `9 0 . , D G S MI PL SG PR L TH V EEEE RN FM`.
 *
 * The walk over the template is PostgreSQL's (`formatting.c`, NUM_processor), field by field: which
 * blanks a sign, a leading zero or an unused digit leave behind depends on it.
 */
import { SqlError } from '../error.ts';
import { decimal, multiply, powerOfTen, round } from '../types/decimal.ts';
import { formatDecimal, parseDecimal } from '../types/decimal-text.ts';
import { narrow } from '../types/int64.ts';
import type { Decimal } from '../types/type.ts';

interface Node {
  /** Upper case; 'char' is a literal. */
  readonly key: string;
  readonly text: string;
}

interface Template {
  readonly nodes: readonly Node[];
  pre: number;
  post: number;
  /** Digits after V. */
  shift: number;
  zero: boolean;
  zeroStart: number;
  zeroEnd: number;
  decimal: boolean;
  fill: boolean;
  bracket: boolean;
  minus: boolean;
  plus: boolean;
  roman: 'RN' | 'rn' | null;
  scientific: boolean;
  multiplied: boolean;
  sign: 'none' | 'before' | 'after';
  /** Digits before S. */
  signDigits: number;
}

const KEYS = [
  'EEEE',
  'FM',
  'MI',
  'PL',
  'SG',
  'PR',
  'RN',
  'TH',
  '9',
  '0',
  '.',
  ',',
  'D',
  'G',
  'S',
  'L',
  'V',
  'B',
];

function wrong(message: string): SqlError {
  return new SqlError('42601', message);
}

const KEPT_TEMPLATES = 256;
const kept = new Map<string, Template>();

/** Templates are read once and kept. */
export function readTemplate(text: string): Template {
  let template = kept.get(text);
  if (template === undefined) {
    if (kept.size >= KEPT_TEMPLATES) kept.clear();
    template = describeTemplate(splitTemplate(text));
    kept.set(text, template);
  }
  return template;
}

function splitTemplate(text: string): readonly Node[] {
  const nodes: Node[] = [];
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at).toUpperCase();
    const key = KEYS.find((one) => rest.startsWith(one));
    if (key !== undefined) {
      nodes.push({ key, text: text.slice(at, at + key.length) });
      at += key.length;
      continue;
    }
    if (text[at] === '"') {
      at += 1;
      for (; at < text.length && text[at] !== '"'; at += 1) {
        if (text[at] === '\\') at += 1;
        nodes.push({ key: 'char', text: text[at] ?? '' });
      }
      at += 1;
      continue;
    }
    if (text[at] === '\\' && text[at + 1] === '"') at += 1;
    nodes.push({ key: 'char', text: text[at] ?? '' });
    at += 1;
  }
  return nodes;
}

function describeTemplate(nodes: readonly Node[]): Template {
  const t: Template = {
    nodes,
    pre: 0,
    post: 0,
    shift: 0,
    zero: false,
    zeroStart: 0,
    zeroEnd: 0,
    decimal: false,
    fill: false,
    bracket: false,
    minus: false,
    plus: false,
    roman: null,
    scientific: false,
    multiplied: false,
    sign: 'none',
    signDigits: 0,
  };
  for (const node of nodes) note(t, node);
  return t;
}

function note(t: Template, { key, text }: Node): void {
  switch (key) {
    case '9':
    case '0':
      noteDigit(t, key);
      return;
    case '.':
    case 'D':
      if (t.decimal) throw wrong('multiple decimal points');
      if (t.multiplied) throw wrong('cannot use "V" and decimal point together');
      t.decimal = true;
      return;
    case 'FM':
      t.fill = true;
      return;
    case 'S':
      if (t.sign !== 'none') throw wrong('cannot use "S" twice');
      if (t.plus || t.minus || t.bracket) {
        throw wrong('cannot use "S" and "PL"/"MI"/"SG"/"PR" together');
      }
      t.sign = t.decimal ? 'after' : 'before';
      t.signDigits = t.pre;
      return;
    case 'MI':
    case 'PL':
    case 'SG':
      if (t.sign !== 'none') throw wrong(`cannot use "S" and "${key}" together`);
      t.minus ||= key !== 'PL';
      t.plus ||= key !== 'MI';
      return;
    case 'PR':
      t.bracket = true;
      return;
    case 'RN':
      t.roman = text === 'rn' ? 'rn' : 'RN';
      return;
    case 'V':
      if (t.decimal) throw wrong('cannot use "V" and decimal point together');
      t.multiplied = true;
      return;
    case 'EEEE':
      t.scientific = true;
      return;
  }
}

function noteDigit(t: Template, key: string): void {
  if (t.bracket) throw wrong('"9" must be ahead of "PR"');
  if (key === '0' && !t.zero && !t.decimal) {
    t.zero = true;
    t.zeroStart = t.pre;
  }
  if (t.multiplied) t.shift += 1;
  else if (t.decimal) t.post += 1;
  else t.pre += 1;
  if (key === '0') t.zeroEnd = t.pre + t.post;
}

/**
 * Of a finite number rounded to the template's digits by `roundTo`. `below`: whether it is
 * below zero; null: by what is left after rounding.
 */
export function formatNumber(
  written: string,
  below: boolean | null,
  roundTo: (digits: number) => Decimal,
  scientific: (digits: number) => string,
): string {
  let t = readTemplate(written);
  if (t.roman !== null) return romanNumber(t, roundTo(0));
  if (t.scientific) {
    const text = scientific(t.post);
    return text.startsWith('-') ? text : ` ${text}`;
  }
  let number = roundTo(t.multiplied ? t.shift : t.post);
  if (t.multiplied) {
    number = round(multiply(number, decimal(narrow(powerOfTen(t.shift)), 0)), 0);
    t = { ...t, pre: t.pre + t.shift };
  }
  const text = formatDecimal(number);
  let digits = text.startsWith('-') ? text.slice(1) : text;
  const point = digits.indexOf('.');
  const before = point < 0 ? digits.length : point;
  if (before > t.pre) {
    digits = `${'#'.repeat(t.pre)}.${'#'.repeat(number.scale)}`;
  }
  return new NumberWriter(
    t,
    digits,
    below ?? text.startsWith('-'),
    Math.max(t.pre - before, 0),
  ).write();
}

/** `NaN`, `Infinity` and `-Infinity` stand where digits would, if there is room for them. */
export function formatSpecial(written: string, text: string): string {
  let t = readTemplate(written);
  if (t.roman !== null) return t.fill ? '#'.repeat(15) : '#'.repeat(15).padStart(15);
  if (t.scientific) return ` ${'#'.repeat(t.pre)}.${'#'.repeat(t.post + 4)}`;
  if (t.multiplied) t = { ...t, pre: t.pre + t.shift };
  const negative = text.startsWith('-');
  let digits = negative ? text.slice(1) : text;
  const before = digits.length;
  if (before > t.pre) digits = `${'#'.repeat(t.pre)}.${'#'.repeat(t.post)}`;
  return new NumberWriter(t, digits, negative, Math.max(t.pre - before, 0)).write();
}

class NumberWriter {
  readonly #t: Template;
  readonly #digits: string;
  readonly #negative: boolean;
  readonly #blanks: number;
  readonly #lastRelevant: number;
  readonly #sign: Template['sign'];
  readonly #bracket: boolean;
  #signWritten: boolean;
  #count: number;
  #current = 0;
  /** Next of `#digits`. */
  #at = 0;
  #begun = false;
  #out = '';

  constructor(t: Template, digits: string, negative: boolean, blanks: number) {
    this.#t = t;
    this.#digits = digits;
    this.#negative = negative;
    this.#blanks = blanks;
    this.#bracket = t.bracket && !(t.fill && !negative && !t.plus && !t.minus);
    let sign: Template['sign'] = t.sign;
    if (t.plus || t.minus) this.#signWritten = t.minus;
    else {
      this.#signWritten = !negative && t.fill && t.sign === 'none';
      if (sign === 'before' && t.pre === t.signDigits) sign = 'after';
    }
    this.#sign = sign;
    this.#count = t.post + t.pre - 1;
    this.#lastRelevant = t.fill && t.decimal ? this.#findLastRelevant() : -1;
    if (!this.#signWritten && blanks === 0) this.#count += 1;
  }

  /** In fill mode zeros at the end are dropped, unless the template has 0 there. */
  #findLastRelevant(): number {
    const digits = this.#digits;
    const point = digits.indexOf('.');
    if (point < 0) return -1;
    let last = point;
    for (let i = point + 1; i < digits.length; i += 1) if (digits[i] !== '0') last = i;
    const { zeroEnd } = this.#t;
    if (zeroEnd > this.#blanks)
      last = Math.max(last, Math.min(digits.length - 1, zeroEnd - this.#blanks));
    return last;
  }

  write(): string {
    for (const { key, text } of this.#t.nodes) this.#node(key, text);
    return this.#out;
  }

  #node(key: string, text: string): void {
    const { fill } = this.#t;
    switch (key) {
      case '9':
      case '0':
      case '.':
      case 'D':
        this.#digit(key);
        break;
      case ',':
      case 'G':
        if (this.#begun) this.#out += ',';
        else if (!fill) this.#out += ' ';
        break;
      case 'L':
        this.#out += ' ';
        break;
      case 'MI':
        if (this.#negative) this.#out += '-';
        else if (!fill) this.#out += ' ';
        break;
      case 'PL':
        if (!this.#negative) this.#out += '+';
        else if (!fill) this.#out += ' ';
        break;
      case 'SG':
        this.#out += this.#negative ? '-' : '+';
        break;
      case 'TH':
        if (this.#digits.startsWith('#') || this.#negative || this.#t.decimal) break;
        this.#out += ordinalSuffix(this.#digits, text === 'TH');
        break;
      case 'char':
        this.#out += text;
        break;
    }
  }

  /** `.1` under `9.9`: the zero before the point is a blank. */
  #isBlankZero(): boolean {
    return !this.#t.zero && this.#at === 0 && this.#digits.startsWith('0') && this.#t.post !== 0;
  }

  get #endsAtPoint(): boolean {
    return this.#digits[this.#lastRelevant] === '.';
  }

  #writeSign(): void {
    const { zero, zeroStart, fill } = this.#t;
    const reached = this.#current >= this.#blanks || (zero && zeroStart === this.#current);
    if (this.#signWritten || !reached || (this.#isBlankZero() && !this.#endsAtPoint)) return;
    if (this.#sign !== 'none') {
      if (this.#sign !== 'before') return;
      this.#out += this.#negative ? '-' : '+';
    } else if (this.#bracket) this.#out += this.#negative ? '<' : ' ';
    else if (this.#negative) this.#out += '-';
    else if (!fill) this.#out += ' ';
    this.#signWritten = true;
  }

  #digit(key: string): void {
    const { zero, zeroStart, fill, decimal: hasPoint } = this.#t;
    this.#writeSign();
    this.#begun = false;
    if (this.#current < this.#blanks && (!zero || zeroStart > this.#current)) {
      if (!fill) this.#out += ' ';
    } else if (zero && this.#current < this.#blanks && zeroStart <= this.#current) {
      this.#out += '0';
      this.#begun = true;
    } else {
      this.#place(key);
      if (this.#at < this.#digits.length) this.#at += 1;
    }
    let end = this.#count + (this.#blanks > 0 ? 1 : 0) + (hasPoint ? 1 : 0);
    if (this.#lastRelevant >= 0 && this.#lastRelevant === this.#at) end = this.#current;
    if (this.#current + 1 === end) this.#close();
    this.#current += 1;
  }

  #place(key: string): void {
    const digit = this.#digits[this.#at] ?? '';
    if (digit === '.') {
      if (this.#lastRelevant < 0 || !this.#endsAtPoint || this.#t.fill) this.#out += '.';
    } else if (this.#lastRelevant >= 0 && this.#at > this.#lastRelevant && key !== '0') {
      return;
    } else if (this.#isBlankZero()) {
      if (!this.#t.fill) this.#out += ' ';
      else if (this.#endsAtPoint) this.#out += '0';
    } else {
      this.#out += digit;
      this.#begun = true;
    }
  }

  #close(): void {
    if (this.#signWritten && this.#bracket) this.#out += this.#negative ? '>' : ' ';
    else if (this.#sign === 'after') this.#out += this.#negative ? '-' : '+';
  }
}

export function ordinalSuffix(digits: string, upper: boolean): string {
  const last = digits[digits.length - 1] ?? '0';
  const teen = digits[digits.length - 2] === '1';
  const suffix = teen ? 'th' : (({ 1: 'st', 2: 'nd', 3: 'rd' } as const)[last] ?? 'th');
  return upper ? suffix.toUpperCase() : suffix;
}

const ROMAN: readonly (readonly [number, string])[] = [
  [1000, 'M'],
  [900, 'CM'],
  [500, 'D'],
  [400, 'CD'],
  [100, 'C'],
  [90, 'XC'],
  [50, 'L'],
  [40, 'XL'],
  [10, 'X'],
  [9, 'IX'],
  [5, 'V'],
  [4, 'IV'],
  [1, 'I'],
];

/** 1 to 3999; empty for none. */
export function roman(value: number): string {
  let rest = value;
  let text = '';
  for (const [worth, letters] of ROMAN) {
    while (rest >= worth) {
      text += letters;
      rest -= worth;
    }
  }
  return text;
}

function romanNumber(t: Template, value: Decimal): string {
  const number = Number(value.coefficient);
  const text = number >= 1 && number <= 3999 ? roman(number) : '#'.repeat(15);
  const cased = t.roman === 'rn' ? text.toLowerCase() : text;
  return t.fill ? cased : cased.padStart(15);
}

/** Digits, point and sign as the template finds them; what else stands there is passed over. */
export function parseNumber(text: string, written: string): Decimal {
  const t = readTemplate(written);
  if (t.roman !== null) throw new SqlError('0A000', '"RN" not supported for input');
  if (t.scientific) throw new SqlError('0A000', '"EEEE" not supported for input');
  let digits = '';
  let fraction = '';
  let negative = /^\s*-|-\s*$|^\s*<.*>\s*$/.test(text);
  let at = 0;
  let afterPoint = false;
  let room = { before: t.pre + t.shift, after: t.post };
  for (; at < text.length; at += 1) {
    const c = text[at] ?? '';
    if (c >= '0' && c <= '9') {
      if (afterPoint) {
        if (room.after === 0) break;
        room = { ...room, after: room.after - 1 };
        fraction += c;
      } else {
        if (room.before === 0) break;
        room = { ...room, before: room.before - 1 };
        digits += c;
      }
    } else if (c === '.' && t.decimal && !afterPoint) afterPoint = true;
    else if (c === '-' && digits === '') negative = true;
  }
  if (digits + fraction === '') {
    throw new SqlError('22P02', 'invalid input syntax for type numeric: " "');
  }
  const point = fraction === '' ? '' : `.${fraction}`;
  const value = parseDecimal(`${negative ? '-' : ''}${digits === '' ? '0' : digits}${point}`);
  // As PostgreSQL, which multiplies with a power of ten that has 16 digits.
  return t.multiplied ? multiply(value, round(parseDecimal(`1e-${t.shift}`), 16)) : value;
}
