/**
 * Texts parsed before: the same text again costs a look-up. Least recently used texts go first.
 */
import type { Parser } from '../../core/sql/parser/parser.ts';
import type { KnownStatement } from '../../core/sql/session/statement.ts';
import { statementOf } from '../../core/sql/session/statement.ts';

const TEXTS_MAX = 512;
/** Longer texts are scripts, and seldom come again. */
const TEXT_UNITS_MAX = 16_384;

export class StatementCache {
  private readonly parser: Parser;
  private readonly known: Map<string, readonly KnownStatement[]> = new Map();

  constructor(parser: Parser) {
    this.parser = parser;
  }

  /** Throws `SqlError`. */
  parse(text: string): readonly KnownStatement[] {
    const known = this.known.get(text);
    if (known !== undefined) {
      this.known.delete(text);
      this.known.set(text, known);
      return known;
    }
    const statements = this.parser.parse(text).map(statementOf);
    if (text.length > TEXT_UNITS_MAX) return statements;
    if (this.known.size >= TEXTS_MAX) this.known.delete(this.known.keys().next().value!);
    this.known.set(text, statements);
    return statements;
  }
}
