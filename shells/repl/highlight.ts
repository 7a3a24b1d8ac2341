/**
 * Which parts of a statement are painted how. The tokens are the database's own; what it would
 * refuse is painted all the same. Cost: one pass of the lexer.
 */
import { lexNext } from '../../core/sql/parser/lexer.ts';
import {
  INTEGER,
  NUMBER,
  PARAMETER,
  QUOTED_NAME,
  STRING,
  Tokens,
  UNTERMINATED,
  WORD,
} from '../../core/sql/parser/tokens.ts';
import { isSqlWord } from './words.ts';

export type Hue = 'word' | 'string' | 'number' | 'name' | 'comment' | 'command';

/** Half-open, in UTF-16 units; ascending and apart. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly hue: Hue;
}

export function highlight(text: string): readonly Span[] {
  if (/^\s*\\/.test(text)) return [{ from: 0, to: text.length, hue: 'command' }];
  const bytes = Buffer.from(text);
  const tokens = new Tokens();
  const found: { from: number; to: number; hue: Hue }[] = [];
  for (let at = 0; at < bytes.length;) {
    tokens.clear();
    const end = lexNext(bytes, at, bytes.length, tokens);
    if (tokens.count === 0) {
      // White space goes byte by byte; what is longer and no token is a comment.
      if (end > at + 1) found.push({ from: at, to: end, hue: 'comment' });
    } else {
      const [from, to] = [tokens.starts[0]!, tokens.ends[0]!];
      const hue = hueOf(tokens.kinds[0]!, bytes.toString('utf8', from, to));
      if (hue !== null) found.push({ from, to, hue });
    }
    at = Math.max(end, at + 1);
  }
  return inUnits(found, bytes, text);
}

function hueOf(kind: number, text: string): Hue | null {
  switch (kind) {
    case WORD:
      return isSqlWord(text) ? 'word' : null;
    case STRING:
      return 'string';
    case INTEGER:
    case NUMBER:
    case PARAMETER:
      return 'number';
    case QUOTED_NAME:
      return 'name';
    case UNTERMINATED:
      return text.startsWith('/*') ? 'comment' : text.includes("'") ? 'string' : 'name';
    default:
      return null;
  }
}

/** Byte offsets as offsets of the text. */
function inUnits(spans: readonly Span[], bytes: Buffer, text: string): readonly Span[] {
  if (bytes.length === text.length) return spans;
  let byte = 0;
  let unit = 0;
  const unitAt = (offset: number): number => {
    unit += bytes.toString('utf8', byte, offset).length;
    byte = offset;
    return unit;
  };
  return spans.map(({ from, to, hue }) => ({ from: unitAt(from), to: unitAt(to), hue }));
}
