/**
 * Statements of the workload as the bodies of requests. What a plan depends on (tree, types) is
 * encoded once a shape and kept: a replica knows a plan again by these bytes.
 */
import { mixBytes } from '../../../core/crypto/fasthash.ts';
import type { StagedRequest, StatementRequest } from '../../../core/sql/session/request.ts';
import {
  NO_SEQUENCES,
  decodeRequest,
  decodeStatementKey,
  encodeStatementKey,
  encodeStatementRequest,
} from '../../../core/sql/session/request.ts';
import { KnownStatement } from '../../../core/sql/session/statement.ts';
import { decodeStatement, encodeStatement } from '../../../core/sql/tree/codec.ts';
import type { Statement } from '../../../core/sql/tree/statement.ts';
import { INT4, INT8, JSONB, TEXT } from '../../../core/sql/types/type.ts';
import type { SqlType, Value } from '../../../core/sql/types/type.ts';
import { assert } from '../../../core/types/assert.ts';
import type { Cell } from './interpreter.ts';
import type { Shape } from './shapes.ts';
import { USER } from './shapes.ts';

/** Second byte of a request that ends a transaction (docs/formats-kernel.md). */
const KIND_COMMIT = 2;
const KIND_STAGED = 4;

/** PostgreSQL's number of `integer[]`. */
const INT4_ARRAY = 1007;

/** By user. */
const keys: Map<string, Map<Shape, Uint8Array>> = new Map();

export function encodeShape(
  shape: Shape,
  values: readonly Cell[],
  user: string = USER,
): Uint8Array {
  let own = keys.get(user);
  if (own === undefined) {
    own = new Map();
    keys.set(user, own);
  }
  let key = own.get(shape);
  if (key === undefined) {
    key = encodeStatementKey({
      settings: [],
      user,
      tree: encodeStatement(shape.statement),
      types: Array.from(shape.parameters, (domain) => ({ id: typeOf(domain), modifier: -1 })),
    });
    own.set(shape, key);
  }
  return encodeStatementRequest(key, '', values, NO_SEQUENCES);
}

function typeOf(domain: string): number {
  if (domain === 't' || domain === 's' || domain === 'm') return TEXT;
  if (domain === 'l' || domain === 'L') return INT4_ARRAY;
  if (domain === 'j') return JSONB;
  return domain === 'v' || domain === 'p' ? INT8 : INT4;
}

/** A statement and its parameters, as a request carries them. */
export interface Sent {
  readonly user: string;
  readonly statement: Statement;
  readonly parameters: readonly Cell[];
}

interface KnownTree {
  readonly keyBytes: Uint8Array;
  readonly user: string;
  readonly known: KnownStatement;
  readonly types: readonly SqlType[];
}

/** Trees that were read before, by a hash of the bytes they came in. */
const trees: Map<number, KnownTree> = new Map();

/** A request of the workload as a session takes it. */
export interface Opened {
  readonly user: string;
  readonly known: KnownStatement;
  readonly types: readonly SqlType[];
  readonly values: readonly Value[];
}

/** What a session is asked in the body of a request of the workload. */
export function openShape(bytes: Uint8Array): Opened {
  const request = decodeRequest(bytes, 0, bytes.length);
  assert(request !== null && request.kind === 'statement', 'clients send well-formed statements');
  const { known, types, user } = treeOf(request);
  return { known, types, user, values: request.values };
}

/** What a request of the workload says. */
export function decodeShape(bytes: Uint8Array, from: number, end: number): Sent {
  const request = decodeRequest(bytes, from, end);
  assert(request !== null && request.kind === 'statement', 'clients send well-formed statements');
  const { known, user } = treeOf(request);
  return { user, statement: known.statement, parameters: request.values as readonly Cell[] };
}

/** The user whose transaction these bytes end; null: they are a statement. */
export function committer(bytes: Uint8Array, from: number, end: number): string | null {
  if (bytes[from + 1] !== KIND_COMMIT) return null;
  const request = decodeRequest(bytes, from, end);
  assert(request !== null && request.kind === 'commit', 'clients send well-formed commits');
  return request.user;
}

/** What a request says that names what was staged; null: it is another. */
export function stagedName(bytes: Uint8Array, from: number, end: number): StagedRequest | null {
  if (bytes[from + 1] !== KIND_STAGED) return null;
  const request = decodeRequest(bytes, from, end);
  assert(request !== null && request.kind === 'staged', 'clients send well-formed names');
  return request;
}

function treeOf({ keyBytes }: StatementRequest): KnownTree {
  const name = mixBytes(0, keyBytes, 0, keyBytes.length);
  const found = trees.get(name);
  if (found !== undefined && equalBytes(found.keyBytes, keyBytes)) return found;
  const key = decodeStatementKey(keyBytes);
  const statement = key === null ? null : decodeStatement(key.tree);
  assert(key !== null && statement !== null, 'clients send well-formed trees');
  const known = new KnownStatement(statement, '', key.tree);
  const made = { keyBytes, known, types: key.types, user: key.user };
  trees.set(name, made);
  return made;
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
