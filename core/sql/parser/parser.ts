/** The port through which SQL text becomes trees: on the primary only, never in `apply`. */
import type { Statement } from '../tree/statement.ts';

export interface ParsedStatement {
  readonly statement: Statement;
  /** Its own text, without the semicolon and what surrounds it. Offsets in the tree count here. */
  readonly text: string;
  /** Where `text` begins in the whole: 0-based UTF-8 byte offset. */
  readonly at: number;
}

/** Synchronous and without state. Throws `SqlError`; the same text gives the same trees. */
export interface Parser {
  /** All statements of a text, separated by semicolons; none for an empty one. */
  parse(text: string): readonly ParsedStatement[];
}
