/**
 * Regular expressions: `~`, SIMILAR TO and the regexp_* functions, on RE2, in linear time.
 *
 * Compiled expressions are kept. Positions that users see count characters from 1.
 */
import { RE2JS } from 're2js';
import { SqlError } from '../error.ts';
import { lenient, strict } from './define.ts';
import type { ScalarFunction } from './function.ts';
import { checkEscape } from './like.ts';
import { PLAIN, compileRegex, matchesRegex } from '../types/regex.ts';
import { translateRegex, translateShortest } from '../types/regex-syntax.ts';
import { characterCount, sliceCharacters } from '../types/text.ts';
import { BOOL, BPCHAR, INT4, NAME, TEXT } from '../types/type.ts';

/** A match and its groups, as offsets into the text; null: a group that took no part. */
export interface Match {
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (string | null)[];
  readonly places: readonly (Place | null)[];
}

interface Place {
  readonly start: number;
  readonly end: number;
}

/** All matches from `from` on; an empty one does not stop the search. */
export function* findMatches(text: string, regex: RE2JS, from: number): Generator<Match> {
  const matcher = regex.matcher(text);
  let at = from;
  while (at <= text.length && matcher.find(at)) {
    const start = matcher.start();
    const end = matcher.end();
    const groups: (string | null)[] = [];
    const places: (Place | null)[] = [];
    for (let group = 1; group <= matcher.groupCount(); group += 1) {
      const text = matcher.group(group);
      groups.push(text);
      places.push(text === null ? null : { start: matcher.start(group), end: matcher.end(group) });
    }
    yield { start, end, groups, places };
    if (end > start) at = end;
    else at = end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
  }
}

function firstMatch(text: string, pattern: string): Match | null {
  for (const match of findMatches(text, compileRegex(pattern, ''), 0)) return match;
  return null;
}

/** The first group, or the whole match when there is none. */
function substringMatch(text: string, pattern: string): string | null {
  const match = firstMatch(text, pattern);
  if (match === null) return null;
  const [group] = match.groups;
  return group === undefined ? text.slice(match.start, match.end) : group;
}

/** `nth` 0: all. */
function replaceMatches(
  text: string,
  pattern: string,
  replacement: string,
  from: number,
  nth: number,
  flags: string,
): string {
  const regex = compileRegex(pattern, flags);
  let result = '';
  let copied = 0;
  let count = 0;
  for (const match of findMatches(text, regex, from)) {
    count += 1;
    if (nth !== 0 && count !== nth) continue;
    result += text.slice(copied, match.start) + expand(replacement, text, match);
    copied = match.end;
    if (nth !== 0) break;
  }
  return result + text.slice(copied);
}

/** `\1` to `\9` are groups, `\&` the match, `\\` a backslash. */
function expand(replacement: string, text: string, match: Match): string {
  if (!replacement.includes('\\')) return replacement;
  return replacement.replace(/\\([1-9&\\])/g, (_, mark: string) => {
    if (mark === '\\') return '\\';
    if (mark === '&') return text.slice(match.start, match.end);
    return match.groups[Number(mark) - 1] ?? '';
  });
}

/** UTF-16 offset of a 1-based character position. */
function offsetOf(text: string, position: number): number {
  return sliceCharacters(text, 0, position - 1).length;
}

function checkPositive(value: number, name: string, least: number): void {
  if (value < least) {
    throw new SqlError('22023', `invalid value for parameter "${name}": ${value}`);
  }
}

/** `g` is not for functions that count or choose for themselves. */
function refuseGlobal(flags: string, name: string): void {
  if (flags.includes('g')) {
    throw new SqlError('22023', `${name}() does not support the "global" option`);
  }
}

function nthMatch(text: string, pattern: string, from: number, nth: number, flags: string) {
  let count = 0;
  for (const match of findMatches(text, compileRegex(pattern, flags), offsetOf(text, from))) {
    count += 1;
    if (count === nth) return match;
  }
  return null;
}

function countMatches(text: string, pattern: string, from: number, flags: string): number {
  checkPositive(from, 'start', 1);
  refuseGlobal(flags, 'regexp_count');
  const regex = compileRegex(pattern, flags);
  return Array.from(findMatches(text, regex, offsetOf(text, from))).length;
}

/** Where the match, or one of its groups, begins (`ending` 1: ends); 0: nowhere. */
function instr(
  text: string,
  pattern: string,
  from: number,
  nth: number,
  ending: number,
  flags: string,
  group: number,
): number {
  checkPositive(from, 'start', 1);
  checkPositive(nth, 'n', 1);
  if (ending !== 0 && ending !== 1) {
    throw new SqlError('22023', `invalid value for parameter "endoption": ${ending}`);
  }
  checkPositive(group, 'subexpr', 0);
  refuseGlobal(flags, 'regexp_instr');
  const match = nthMatch(text, pattern, from, nth, flags);
  const place = match === null ? null : group === 0 ? match : (match.places[group - 1] ?? null);
  if (place === null) return 0;
  return characterCount(text.slice(0, ending === 1 ? place.end : place.start)) + 1;
}

function substr(
  text: string,
  pattern: string,
  from: number,
  nth: number,
  flags: string,
  group: number,
): string | null {
  checkPositive(from, 'start', 1);
  checkPositive(nth, 'n', 1);
  checkPositive(group, 'subexpr', 0);
  refuseGlobal(flags, 'regexp_substr');
  const match = nthMatch(text, pattern, from, nth, flags);
  if (match === null) return null;
  return group === 0 ? text.slice(match.start, match.end) : (match.groups[group - 1] ?? null);
}

/** `similar_escape`: a SIMILAR TO pattern as a regular expression for `~`. */
export function similarEscape(pattern: string, escape: string): string {
  checkEscape(escape);
  let out = '';
  let depth = 0;
  // Right after `[` or `[^` a closing bracket is itself.
  let closable = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const c = pattern[at] ?? '';
    if (escape !== '' && pattern.startsWith(escape, at)) {
      at += escape.length;
      // One at the end escapes nothing.
      if (at < pattern.length) out += `\\${pattern[at] ?? ''}`;
    } else if (depth > 0) {
      out += c === '\\' ? '\\\\' : c;
      if (c === ']' && closable) depth -= 1;
      else if (c === '[') depth += 1;
      closable ||= c !== '^' || pattern[at - 1] !== '[';
    } else if (c === '[') {
      depth = 1;
      closable = false;
      out += c;
    } else out += SIMILAR.get(c) ?? c;
  }
  return `^(?:${out})$`;
}

const SIMILAR: ReadonlyMap<string, string> = new Map([
  ['%', '.*'],
  ['_', '.'],
  ['(', '(?:'],
  ['\\', '\\\\'],
  ['.', '\\.'],
  ['^', '\\^'],
  ['$', '\\$'],
]);

/** What stands between `e"`; an escape that is escaped separates nothing. */
function separated(pattern: string, escape: string): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < pattern.length; at += 1) {
    if (!pattern.startsWith(escape, at)) continue;
    const next = at + escape.length;
    if (pattern[next] === '"') {
      parts.push(pattern.slice(from, at));
      from = next + 1;
    }
    at = next;
  }
  return [...parts, pattern.slice(from)];
}

/** `substring(text similar pattern escape e)`: what stands between the two `e"`. */
function similarSubstring(text: string, pattern: string, escape: string): string | null {
  checkEscape(escape);
  const parts = escape === '' ? [pattern] : separated(pattern, escape);
  if (parts.length > 3) {
    const message =
      'SQL regular expression may not contain more than two escape-double-quote separators';
    throw new SqlError('2200C', message);
  }
  const [head = '', body, tail = ''] = parts.map((part) =>
    similarEscape(part, escape).slice(1, -1),
  );
  if (body === undefined) return matchesRegex(text, `^${head}$`, '') ? text : null;
  // The head is for the shortest match, which the rest then follows as far as it can.
  const inner = translateRegex(body, PLAIN).pattern;
  const last = translateRegex(tail === '' ? '(?:)' : tail, PLAIN).pattern;
  const start = translateShortest(head, PLAIN);
  const regex = RE2JS.compile(`^(?:${start})(${inner})(?:${last})$`, RE2JS.DOTALL);
  for (const match of findMatches(text, regex, 0)) return match.groups[0] ?? null;
  return null;
}

function operators(type: number): readonly ScalarFunction[] {
  const types = [type, TEXT];
  return [
    strict('~', types, BOOL, (_, text: string, p: string) => matchesRegex(text, p, '')),
    strict('!~', types, BOOL, (_, text: string, p: string) => !matchesRegex(text, p, '')),
    strict('~*', types, BOOL, (_, text: string, p: string) => matchesRegex(text, p, 'i')),
    strict('!~*', types, BOOL, (_, text: string, p: string) => !matchesRegex(text, p, 'i')),
  ];
}

const three = [TEXT, TEXT, TEXT];

const replacing: readonly ScalarFunction[] = [
  strict('regexp_replace', three, TEXT, (_, text: string, p: string, r: string) =>
    replaceMatches(text, p, r, 0, 1, ''),
  ),
  strict(
    'regexp_replace',
    [...three, TEXT],
    TEXT,
    (_, text: string, p: string, r: string, flags: string) => {
      if (/^[0-9]/.test(flags)) {
        throw new SqlError('22023', `invalid regular expression option: "${flags[0] ?? ''}"`, {
          hint: 'If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.',
        });
      }
      return replaceMatches(text, p, r, 0, flags.includes('g') ? 0 : 1, flags);
    },
  ),
  ...[3, 4, 5].map((count) =>
    strict(
      'regexp_replace',
      [...three, ...[INT4, INT4, TEXT].slice(0, count - 2)],
      TEXT,
      (
        _,
        text: string,
        p: string,
        r: string,
        from: number,
        nth: number = 1,
        flags: string = '',
      ) => {
        checkPositive(from, 'start', 1);
        checkPositive(nth, 'n', 0);
        const all = count === 3 && flags.includes('g');
        return replaceMatches(text, p, r, offsetOf(text, from), all ? 0 : nth, flags);
      },
    ),
  ),
];

/** The forms of a function whose arguments after the second may be left out. */
function optional<A extends readonly unknown[]>(
  name: string,
  rest: readonly number[],
  result: number,
  body: (text: string, pattern: string, ...rest: Partial<A>) => string | number | null,
): readonly ScalarFunction[] {
  return [...rest, null].map((_type, count) =>
    strict(
      name,
      [TEXT, TEXT, ...rest.slice(0, count)],
      result,
      (_environment, text: string, pattern: string, ...given: Partial<A>) =>
        body(text, pattern, ...given),
    ),
  );
}

const searching: readonly ScalarFunction[] = [
  strict('regexp_like', [TEXT, TEXT], BOOL, (_, text: string, p: string) =>
    matchesRegex(text, p, ''),
  ),
  strict('regexp_like', three, BOOL, (_, text: string, p: string, flags: string) => {
    refuseGlobal(flags, 'regexp_like');
    return matchesRegex(text, p, flags);
  }),
  ...optional<[number, string]>(
    'regexp_count',
    [INT4, TEXT],
    INT4,
    (text, p, from = 1, flags = '') => countMatches(text, p, from, flags),
  ),
  ...optional<[number, number, number, string, number]>(
    'regexp_instr',
    [INT4, INT4, INT4, TEXT, INT4],
    INT4,
    (text, p, from = 1, nth = 1, ending = 0, flags = '', group = 0) =>
      instr(text, p, from, nth, ending, flags, group),
  ),
  ...optional<[number, number, string, number]>(
    'regexp_substr',
    [INT4, INT4, TEXT, INT4],
    TEXT,
    (text, p, from = 1, nth = 1, flags = '', group = 0) => substr(text, p, from, nth, flags, group),
  ),
];

export const regexFunctions: readonly ScalarFunction[] = [
  ...operators(TEXT),
  ...operators(BPCHAR),
  ...operators(NAME),
  ...replacing,
  ...searching,
  strict('substring', [TEXT, TEXT], TEXT, (_, text: string, p: string) => substringMatch(text, p)),
  strict('substring', three, TEXT, (_, text: string, p: string, e: string) =>
    similarSubstring(text, p, e),
  ),
  strict('similar_to_escape', [TEXT], TEXT, (_, p: string) => similarEscape(p, '\\')),
  strict('similar_to_escape', [TEXT, TEXT], TEXT, (_, p: string, e: string) => similarEscape(p, e)),
  lenient('similar_escape', [TEXT, TEXT], TEXT, (_, p: string | null, e: string | null) =>
    p === null ? null : similarEscape(p, e ?? '\\'),
  ),
];
