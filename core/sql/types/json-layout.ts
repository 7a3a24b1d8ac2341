/** JSON laid out anew: on many lines, and without nulls. Of text known to be JSON. */
import { requireLength } from './length.ts';
import { JsonParts, checkDepth, decodeString, isScalar, kindOf, skipString } from './json-scan.ts';
import { quoteJson } from './jsonb.ts';

const STEP = '    ';

/** jsonb with every part on a line of its own, four blanks a level. */
export function prettyJson(text: string): string {
  let result = '';
  let from = 0;
  let depth = 0;
  const flush = (until: number): void => {
    result += text.slice(from, until);
    requireLength(result.length);
  };
  for (let at = 0; at < text.length; at += 1) {
    switch (text[at]) {
      case '"':
        at = skipString(text, at) - 1;
        break;
      case '{':
      case '[': {
        depth += 1;
        const next = text[at + 1];
        if (next === '}' || next === ']') break;
        flush(at + 1);
        result += `\n${STEP.repeat(depth)}`;
        from = at + 1;
        break;
      }
      case '}':
      case ']':
        depth -= 1;
        flush(at);
        result += `\n${STEP.repeat(depth)}`;
        from = at;
        break;
      case ',':
        flush(at + 1);
        result += `\n${STEP.repeat(depth)}`;
        // The blank behind it goes.
        from = at + 2;
        break;
      default:
    }
  }
  flush(text.length);
  return result;
}

/** Without members that are null, at any depth; of json all blanks between parts go, too. */
export function stripNulls(text: string, form: 'json' | 'jsonb'): string {
  return strip(text, form === 'json' ? [':', ','] : [': ', ', '], form === 'json', 0);
}

function strip(
  text: string,
  [colon, comma]: readonly [string, string],
  rewrite: boolean,
  depth: number,
): string {
  checkDepth(depth);
  const kind = kindOf(text);
  // Strings of json are written anew: their escapes may be others.
  if (kind === 'string' && rewrite) return quoteJson(decodeString(text));
  if (isScalar(kind)) return text;
  const parts = new JsonParts(text);
  const kept: string[] = [];
  while (parts.next()) {
    const { value } = parts;
    if (kind === 'object' && value === 'null') continue;
    const stripped = strip(value, [colon, comma], rewrite, depth + 1);
    kept.push(kind === 'object' ? `${quoteJson(parts.name)}${colon}${stripped}` : stripped);
  }
  return kind === 'object' ? `{${kept.join(comma)}}` : `[${kept.join(comma)}]`;
}
