/** Regular expressions and identifiers that come apart into arrays: `regexp_match` and its like. */
import { SqlError } from '../error.ts';
import { strict } from './define.ts';
import type { ScalarFunction } from './function.ts';
import { compileRegex } from '../types/regex.ts';
import { findMatches } from './regex.ts';
import type { Match } from './regex.ts';
import { listArray } from '../types/array.ts';
import { TEXT_ARRAY } from '../types/array-type.ts';
import { lowerAscii } from '../types/text.ts';
import { BOOL, TEXT } from '../types/type.ts';
import type { ArrayValue, Value } from '../types/type.ts';

function refuseGlobal(name: string, flags: string, hint: string = ''): void {
  if (!flags.includes('g')) return;
  throw new SqlError('22023', `${name}() does not support the "global" option`, { hint });
}

/** What lies between the matches; an empty match splits between characters. */
export function* splitByRegex(
  name: string,
  text: string,
  pattern: string,
  flags: string,
): Generator<string> {
  refuseGlobal(name, flags);
  let start = 0;
  for (const match of findMatches(text, compileRegex(pattern, flags), 0)) {
    // Empty matches at the ends and right after another match split nothing.
    if (match.end === match.start && (match.start === start || match.start >= text.length)) {
      if (match.start === start) continue;
      break;
    }
    yield text.slice(start, match.start);
    start = match.end;
  }
  yield text.slice(start);
}

/** The groups, or the whole match where there are none. */
function groupsOf(text: string, match: Match): ArrayValue {
  return listArray(match.groups.length === 0 ? [text.slice(match.start, match.end)] : match.groups);
}

function firstMatch(text: string, pattern: string, flags: string): Value {
  refuseGlobal('regexp_match', flags, 'Use the regexp_matches function instead.');
  for (const match of findMatches(text, compileRegex(pattern, flags), 0)) {
    return groupsOf(text, match);
  }
  return null;
}

/** With `g` all matches, else the first. */
export function* matchRows(text: string, pattern: string, flags: string): Generator<[Value]> {
  for (const match of findMatches(text, compileRegex(pattern, flags), 0)) {
    yield [groupsOf(text, match)];
    if (!flags.includes('g')) return;
  }
}

function split(text: string, pattern: string, flags: string): ArrayValue {
  return listArray([...splitByRegex('regexp_split_to_array', text, pattern, flags)]);
}

const IDENTIFIER = /^[A-Za-z_\x80-\uffff][A-Za-z0-9_$\x80-\uffff]*/;
const BLANKS = /^[ \t\n\r\f\v]*/;

/** Where the quote that a text begins with ends, doubled ones passed over; -1: nowhere. */
function closingQuote(text: string): number {
  let at = text.indexOf('"', 1);
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at;
}

/** `a."B c"` as its parts. `whole`: nothing may follow. */
function parseIdentifier(text: string, whole: boolean): ArrayValue {
  const invalid = (detail: string): SqlError =>
    new SqlError('22023', `string is not a valid identifier: "${text}"`, { detail });
  const parts: string[] = [];
  let rest = text.replace(BLANKS, '');
  for (;;) {
    if (rest.startsWith('"')) {
      const end = closingQuote(rest);
      if (end < 0) throw invalid('String has unclosed double quotes.');
      if (end === 1) throw invalid('Quoted identifier must not be empty.');
      parts.push(rest.slice(1, end).replaceAll('""', '"'));
      rest = rest.slice(end + 1);
    } else {
      const name = IDENTIFIER.exec(rest)?.[0];
      if (name === undefined) {
        if (rest.startsWith('.')) throw invalid('No valid identifier before ".".');
        throw invalid(parts.length > 0 ? 'No valid identifier after ".".' : '');
      }
      parts.push(lowerAscii(name));
      rest = rest.slice(name.length);
    }
    rest = rest.replace(BLANKS, '');
    if (!rest.startsWith('.')) break;
    rest = rest.slice(1).replace(BLANKS, '');
  }
  if (rest !== '' && whole) throw invalid('');
  return listArray(parts);
}

const two = [TEXT, TEXT];
const three = [TEXT, TEXT, TEXT];

export const regexArrayFunctions: readonly ScalarFunction[] = [
  strict('regexp_match', two, TEXT_ARRAY, (_, t: string, p: string) => firstMatch(t, p, '')),
  strict('regexp_match', three, TEXT_ARRAY, (_, t: string, p: string, f: string) =>
    firstMatch(t, p, f),
  ),
  strict('regexp_split_to_array', two, TEXT_ARRAY, (_, t: string, p: string) => split(t, p, '')),
  strict('regexp_split_to_array', three, TEXT_ARRAY, (_, t: string, p: string, f: string) =>
    split(t, p, f),
  ),
  strict('parse_ident', [TEXT], TEXT_ARRAY, (_, t: string) => parseIdentifier(t, true)),
  strict('parse_ident', [TEXT, BOOL], TEXT_ARRAY, (_, t: string, whole: boolean) =>
    parseIdentifier(t, whole),
  ),
];
