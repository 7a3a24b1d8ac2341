/**
 * What a statement is, as far as the server must know before it is bound: whether it needs the
 * latest state before it runs, and what it is counted as.
 */
import type { Statement } from '../../core/sql/tree/statement.ts';

export interface StatementClass {
  /** It answers from the state, or remembers it: a barrier comes before. */
  readonly reads: boolean;
  readonly kind: string;
}

const READ: StatementClass = { reads: true, kind: 'read' };
const WRITE: StatementClass = { reads: false, kind: 'write' };
const DEFINE: StatementClass = { reads: false, kind: 'define' };
const BEGIN: StatementClass = { reads: true, kind: 'transaction' };
const END: StatementClass = { reads: false, kind: 'transaction' };
/** What it names must be there. */
const MAINTAIN: StatementClass = { reads: true, kind: 'session' };
const SESSION: StatementClass = { reads: false, kind: 'session' };

export function statementClass(statement: Statement): StatementClass {
  switch (statement.kind) {
    case 'query':
    case 'explain':
    case 'execute':
    case 'verifyLog':
      return READ;
    case 'insert':
    case 'update':
    case 'delete':
    case 'merge':
      return WRITE;
    case 'transaction':
      return statement.action === 'begin' ? BEGIN : END;
    case 'set':
    case 'show':
    case 'prepare':
    case 'deallocate':
    case 'setConstraints':
    case 'discard':
      return SESSION;
    case 'maintain':
    case 'lockTable':
      return MAINTAIN;
    default:
      return DEFINE;
  }
}
