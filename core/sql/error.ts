/**
 * Errors of SQL: what a statement answers instead of a result.
 *
 * Inside `core/sql` an error is thrown and caught once, by the engine (`engine.ts`), which turns it
 * into an outcome: it never leaves the room as an exception. `code` is PostgreSQL's SQLSTATE and
 * stable; `at` is the 0-based UTF-8 byte offset in the statement's text, or -1.
 */
export interface ErrorFields {
  readonly detail?: string;
  readonly hint?: string;
  readonly at?: number;
  readonly constraint?: string;
  readonly table?: string;
  readonly column?: string;
}

/**
 * An `Error` to everybody, but without a stack: a statement that fails is an answer, and where in
 * our code it was found out is nobody's business. Taking stacks was 3 % of what simulated SQL cost.
 */
export class SqlError implements Error {
  readonly name: string = 'SqlError';
  readonly message: string;
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
  readonly at: number;
  readonly constraint: string;
  readonly table: string;
  readonly column: string;

  constructor(code: string, message: string, fields: ErrorFields = {}) {
    this.message = message;
    this.code = code;
    this.detail = fields.detail ?? '';
    this.hint = fields.hint ?? '';
    this.at = fields.at ?? -1;
    this.constraint = fields.constraint ?? '';
    this.table = fields.table ?? '';
    this.column = fields.column ?? '';
  }
}

Object.setPrototypeOf(SqlError.prototype, Error.prototype);

/** `0A000`: what PostgreSQL has and we do not. Names the construct. */
export function unsupported(construct: string, at: number): SqlError {
  return new SqlError('0A000', `${construct} is not supported`, { at });
}

/**
 * Thrown where a damaged page was met: no answer now. The engine gives the step up without effect,
 * the replica repairs the page, and the step is taken again from its beginning.
 */
export class PageNeeded extends Error {
  override readonly name: string = 'PageNeeded';
}

/**
 * Thrown by a read that asks for a time after the last entry: an entry must be committed first, so
 * that none comes later with an earlier timestamp. Then the read is taken again.
 */
export class FloorNeeded extends Error {
  override readonly name: string = 'FloorNeeded';
  /** The time of the read, which it keeps. Microseconds since 1970. */
  readonly timestamp: number;

  constructor(timestamp: number) {
    super('an entry must be committed first');
    this.timestamp = timestamp;
  }
}
