/**
 * Regular expressions compiled for RE2, in linear time; those met lately are kept.
 */
import { RE2JS } from 're2js';
import { SqlError } from '../error.ts';
import { invalidRegex, translateRegex } from './regex-syntax.ts';
import type { RegexOptions } from './regex-syntax.ts';

type Matcher = (text: string) => boolean;

const KEPT = 256;
/** By flags, then by pattern: no key is put together for a look-up. */
const kept = new Map<string, Map<string, RE2JS>>();

export const PLAIN: RegexOptions = {
  ignoreCase: false,
  lineStops: false,
  lineAnchors: false,
  literal: false,
  expanded: false,
};

/** `flags` as the functions take them (`gi`); throws `22023` for unknown ones. */
export function compileRegex(pattern: string, flags: string): RE2JS {
  const known = kept.get(flags)?.get(pattern);
  if (known !== undefined) return known;
  const compiled = compile(pattern, readFlags(flags));
  if (kept.size >= KEPT) kept.clear();
  const group = kept.get(flags) ?? new Map<string, RE2JS>();
  if (group.size >= KEPT) group.clear();
  group.set(pattern, compiled);
  kept.set(flags, group);
  return compiled;
}

function readFlags(flags: string): RegexOptions {
  let options = PLAIN;
  for (const flag of flags) options = withFlag(options, flag);
  return options;
}

function withFlag(options: RegexOptions, flag: string): RegexOptions {
  switch (flag) {
    case 'g':
    case 'e':
    case 't':
      return options;
    case 'i':
      return { ...options, ignoreCase: true };
    case 'c':
      return { ...options, ignoreCase: false };
    case 'n':
    case 'm':
      return { ...options, lineStops: true, lineAnchors: true };
    case 's':
      return { ...options, lineStops: false, lineAnchors: false };
    case 'p':
      return { ...options, lineStops: true, lineAnchors: false };
    case 'w':
      return { ...options, lineStops: false, lineAnchors: true };
    case 'q':
      return { ...options, literal: true };
    case 'x':
      return { ...options, expanded: true };
    default:
      throw new SqlError('22023', `invalid regular expression option: "${flag}"`);
  }
}

/** `***=` and `(?i)` at the beginning say how the rest is meant. */
function compile(written: string, given: RegexOptions): RE2JS {
  let pattern = written;
  let options = given;
  if (pattern.startsWith('***=')) {
    pattern = pattern.slice(4);
    options = { ...options, literal: true };
  } else if (pattern.startsWith('***:')) {
    pattern = pattern.slice(4);
  }
  const embedded = /^\(\?([a-z]+)\)/.exec(pattern);
  if (embedded !== null && !options.literal) {
    const [whole, letters = ''] = embedded;
    pattern = pattern.slice(whole.length);
    for (const letter of letters) options = withFlag(options, letter);
  }
  const { pattern: translated, longest } = translateRegex(pattern, options);
  const flags =
    RE2JS.DOTALL |
    (options.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) |
    (longest ? RE2JS.LONGEST_MATCH : 0);
  try {
    return RE2JS.compile(translated, flags);
  } catch {
    throw invalidRegex('regular expression is too complex');
  }
}

/** Whether it matches anywhere; where is not asked, which is several times faster. */
export function matchesRegex(text: string, pattern: string, flags: string): boolean {
  const literal = flags === '' ? literalMatcher(pattern) : null;
  return literal === null ? compileRegex(pattern, flags).test(text) : literal(text);
}

/** Characters that mean themselves, between optional anchors. */
const LITERAL = /^(\^?)([^\\^$.|?*+()[\]{}]*)(\$?)$/;
const keptLiterals = new Map<string, Matcher | null>();

/** The string search that such a pattern is; null: it is no such pattern. */
function literalMatcher(pattern: string): Matcher | null {
  let matcher = keptLiterals.get(pattern);
  if (matcher === undefined) {
    if (keptLiterals.size >= KEPT) keptLiterals.clear();
    matcher = makeLiteralMatcher(pattern);
    keptLiterals.set(pattern, matcher);
  }
  return matcher;
}

function makeLiteralMatcher(pattern: string): Matcher | null {
  const match = LITERAL.exec(pattern);
  if (match === null) return null;
  const [, start = '', text = '', end = ''] = match;
  if (start !== '' && end !== '') return (subject) => subject === text;
  if (start !== '') return (subject) => subject.startsWith(text);
  if (end !== '') return (subject) => subject.endsWith(text);
  return (subject) => subject.includes(text);
}
