/** One parser for all tests of a file, on the real grammar. */
import { loadGrammar } from '../../../../shells/parser.ts';
import type { SqlError } from '../../error.ts';
import type { Statement } from '../../tree/statement.ts';
import { createParser } from '../create-parser.ts';
import type { Grammar } from '../grammar.ts';
import type { Parser } from '../parser.ts';

export const grammar: Grammar = await loadGrammar();
export const parser: Parser = createParser(grammar);

/** The only statement of a text. */
export function parseOne(text: string): Statement {
  const parsed = parser.parse(text);
  if (parsed.length !== 1) throw new Error(`${parsed.length} statements: ${text}`);
  return parsed[0]!.statement;
}

/** What a text is refused with: `SQLSTATE at byte: message`. */
export function refusal(text: string): string {
  try {
    parser.parse(text);
    return 'accepted';
  } catch (error) {
    const { code, at, message } = error as SqlError;
    return `${code} at ${at}: ${message}`;
  }
}
