/**
 * The one error class of the embedded database: PostgreSQL's SQLSTATE in `code`, and what
 * PostgreSQL says with it. Errors that no statement caused have codes of PostgreSQL's, too:
 *
 *   57014 the call's timeout or signal ended it; nothing was changed
 *   08007 no answer in time to a write that was under way: whether it happened is unknown
 *   55006 another process, or another thread of this one, has the directory
 *   57P01 the database is closed
 *   58030 the disk failed; 58P01 not a directory of ours, or of another release
 *   XX001 what is on disk is not what was written
 */
import { SqlError } from '../../core/sql/error.ts';

export interface DatabaseErrorFields {
  readonly detail?: string;
  readonly hint?: string;
  /** 1-based, in characters of the statement's text; 0: none. */
  readonly position?: number;
  readonly constraint?: string;
  readonly table?: string;
  readonly column?: string;
}

export class DatabaseError extends Error {
  override readonly name: string = 'DatabaseError';
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
  readonly position: number;
  readonly constraint: string;
  readonly table: string;
  readonly column: string;

  constructor(code: string, message: string, fields: DatabaseErrorFields = {}) {
    super(message);
    this.code = code;
    this.detail = fields.detail ?? '';
    this.hint = fields.hint ?? '';
    this.position = fields.position ?? 0;
    this.constraint = fields.constraint ?? '';
    this.table = fields.table ?? '';
    this.column = fields.column ?? '';
  }
}

/** `text` is the statement's, where the error may point into. */
export function databaseError(error: SqlError, text: string): DatabaseError {
  const { code, message, detail, hint, constraint, table, column, at } = error;
  const position = at < 0 ? 0 : characterAt(text, at);
  return new DatabaseError(code, message, { detail, hint, position, constraint, table, column });
}

/** 1-based character (code point) at a UTF-8 byte offset. */
function characterAt(text: string, offset: number): number {
  let bytes = 0;
  let characters = 1;
  for (const character of text) {
    if (bytes >= offset) return characters;
    bytes += Buffer.byteLength(character);
    characters += 1;
  }
  return characters;
}

/** Any error as one of ours. */
export function asDatabaseError(error: unknown, text: string): DatabaseError {
  if (error instanceof DatabaseError) return error;
  if (error instanceof SqlError) return databaseError(error, text);
  const { message, stack } = error as Error;
  return new DatabaseError('XX000', `internal error: ${stack ?? message}`);
}
