/**
 * jsonb: JSON in PostgreSQL's canonical form, as text.
 *
 * Canonical: object members sorted by length of the name in bytes, then by name, the last of equal
 * names kept; `, ` and `: ` between; numbers as `numeric` shows them. Its order: `json-order.ts`.
 */
import { joinParts } from './length.ts';
import { SqlError } from '../error.ts';
import { trimScale } from './decimal.ts';
import { formatDecimal, parseDecimal } from './decimal-text.ts';
import { parseJson } from './json-text.ts';
import type { Json, JsonMember } from './json-text.ts';
import { byteLength, compareText } from './text.ts';

/** The canonical text of any JSON text; throws `22P02`. */
export function canonicalJson(text: string): string {
  return writeJson(canonical(parseJson(text, true)));
}

/** Members sorted and without repeats, all the way down. */
export function canonical(value: Json): Json {
  if (value.kind === 'array') return { kind: 'array', elements: value.elements.map(canonical) };
  if (value.kind !== 'object') return value;
  const last = new Map<string, Json>();
  for (const { name, value: member } of value.members) last.set(name, canonical(member));
  const members = Array.from(last, ([name, member]): JsonMember => ({ name, value: member }));
  members.sort((a, b) => compareNames(a.name, b.name));
  return { kind: 'object', members };
}

/** Of an object's members: shorter names first, in bytes. */
export function compareNames(a: string, b: string): number {
  const lengths = byteLength(a) - byteLength(b);
  return lengths === 0 ? compareText(a, b) : lengths;
}

/** In jsonb's form. */
export function writeJson(value: Json): string {
  switch (value.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return value.value ? 'true' : 'false';
    case 'number':
      return numberText(value.digits);
    case 'string':
      return quoteJson(value.value);
    case 'array':
      return `[${joinParts(value.elements.map(writeJson), ', ')}]`;
    case 'object':
      return `{${joinParts(value.members.map(writeMember), ', ')}}`;
  }
}

function writeMember({ name, value }: JsonMember): string {
  return `${quoteJson(name)}: ${writeJson(value)}`;
}

const EXPONENT = /^(-?)([0-9]+)(?:\.([0-9]+))?[eE]([+-]?[0-9]+)$/;
/** Numbers with fewer zeros to come are read as numbers. */
const FAR = 1000;
/** Digits that numeric has before the point, and after it. */
const DIGITS_MAX = 131_072;
const SCALE_MAX = 16_383;

/** As numeric shows it. `1e100000` is written, not computed: that takes time without end. */
function numberText(digits: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = EXPONENT.exec(digits) ?? [];
  const shift = Number(exponent);
  const all = (whole + fraction).replace(/^0+/, '');
  const far = shift > FAR && all !== '' && shift + all.length - fraction.length <= DIGITS_MAX;
  const small = shift < -FAR && all !== '' && fraction.length - shift <= SCALE_MAX;
  if (far && shift >= fraction.length) return sign + all + '0'.repeat(shift - fraction.length);
  if (small) {
    const scale = fraction.length - shift;
    const padded = all.padStart(scale + 1, '0');
    return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
  }
  return formatDecimal(parseDecimal(digits));
}

/** As `escape_json`: control characters without a letter of their own as \u00XX. */
export function quoteJson(text: string): string {
  let quoted = '';
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 32 && code !== 34 && code !== 92) continue;
    quoted += text.slice(start, at) + escapeCharacter(text[at] ?? '');
    start = at + 1;
  }
  return `"${quoted}${text.slice(start)}"`;
}

const LETTERS: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0).toString(16).padStart(4, '0');
  return LETTERS.get(character) ?? `\\u${code}`;
}

/** The canonical text without zeros at the end of numbers: equal values have equal ones. */
export function jsonIdentity(text: string): string {
  // Only numbers with a fraction have several forms.
  return text.includes('.') ? writeIdentity(parseJson(text, true)) : text;
}

function writeIdentity(value: Json): string {
  if (value.kind === 'number') return formatDecimal(trimScale(parseDecimal(value.digits)));
  if (value.kind === 'array') return `[${value.elements.map(writeIdentity).join(', ')}]`;
  if (value.kind !== 'object') return writeJson(value);
  const members = value.members.map((m) => `${quoteJson(m.name)}: ${writeIdentity(m.value)}`);
  return `{${members.join(', ')}}`;
}

/** json is kept as written, once it is known to be JSON. */
export function checkJson(text: string): string {
  parseJson(text, false);
  return text;
}

/** What a jsonb must be to become another type. */
export function jsonScalar(text: string, kind: 'number' | 'boolean', type: string): string {
  const value = parseJson(text, true);
  if (value.kind === kind) return value.kind === 'number' ? value.digits : text;
  const shown = value.kind === 'number' ? 'numeric' : value.kind;
  throw new SqlError('22023', `cannot cast jsonb ${shown} to type ${type}`);
}
