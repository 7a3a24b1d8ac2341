/**
 * The port to PostgreSQL's grammar (libpg-query), which the host loads: WebAssembly needs what the
 * core does not have. `shells/parser.ts` makes one for Node.js.
 */

export type GrammarAnswer =
  /** libpg-query's JSON: `{ "version": …, "stmts": [{ "stmt": … }] }`. */
  | { readonly kind: 'tree'; readonly json: string }
  /** The grammar's own refusal; `codePoint` counts from 0, or is -1. */
  | { readonly kind: 'refused'; readonly message: string; readonly codePoint: number }
  /** The instance broke and was replaced; the statement may not be tried again. */
  | { readonly kind: 'broken' };

export interface Grammar {
  /** `sql` is UTF-8 without NUL, of bounded size and nesting (`guard.ts`). */
  parse(sql: Uint8Array): GrammarAnswer;
}
