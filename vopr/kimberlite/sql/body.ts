/**
 * Statements of the workload as the bodies of requests. What a plan depends on (tree, types) is
 * encoded once a shape and kept: replicas share plans of equal bytes.
 */
import type { StatementRequest } from '../../../core/sql/session/request.ts';
import {
  NO_SEQUENCES,
  decodeRequest,
  decodeStatementKey,
  encodeStatementKey,
  encodeStatementRequest,
} from '../../../core/sql/session/request.ts';
import { decodeStatement, encodeStatement } from '../../../core/sql/tree/codec.ts';
import type { Statement } from '../../../core/sql/tree/statement.ts';
import { INT4, INT8, TEXT } from '../../../core/sql/types/type.ts';
import { assert } from '../../../core/types/assert.ts';
import type { Cell } from './interpreter.ts';
import type { Shape } from './shapes.ts';

const keys: Map<Shape, Uint8Array> = new Map();

export function encodeShape(shape: Shape, values: readonly Cell[]): Uint8Array {
  let key = keys.get(shape);
  if (key === undefined) {
    key = encodeStatementKey({
      settings: [],
      user: 'vopr',
      tree: encodeStatement(shape.statement),
      types: Array.from(shape.parameters, (domain) => ({ id: typeOf(domain), modifier: -1 })),
    });
    keys.set(shape, key);
  }
  return encodeStatementRequest(key, '', values, NO_SEQUENCES);
}

function typeOf(domain: string): number {
  if (domain === 't' || domain === 's') return TEXT;
  return domain === 'v' || domain === 'p' ? INT8 : INT4;
}

/** A statement and its parameters, as a request carries them. */
export interface Sent {
  readonly statement: Statement;
  readonly parameters: readonly Cell[];
}

/** Trees that were read before, by the bytes they came in. */
const statements: Map<string, Statement> = new Map();

/** What a request of the workload says. */
export function decodeShape(bytes: Uint8Array, from: number, end: number): Sent {
  const request = decodeRequest(bytes, from, end);
  assert(request !== null && request.kind === 'statement', 'clients send well-formed statements');
  return { statement: statementOf(request), parameters: request.values as readonly Cell[] };
}

function statementOf(request: StatementRequest): Statement {
  const name = String.fromCharCode(...request.keyBytes);
  let statement = statements.get(name);
  if (statement === undefined) {
    const key = decodeStatementKey(request.keyBytes);
    const decoded = key === null ? null : decodeStatement(key.tree);
    assert(decoded !== null, 'clients send well-formed trees');
    statement = decoded;
    statements.set(name, statement);
  }
  return statement;
}
