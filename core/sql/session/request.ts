/**
 * The body of a SQL request: one statement, or the changes of one transaction.
 *
 *   format u8 (1) | kind u8 (1 statement, 2 commit, 3 floor, 4 staged)
 *   statement: key blob, of { settings: count, each name text, value text, by name | user text |
 *     tree blob | parameter types: count, each id, modifier } | text | values: count, values |
 *     sequence values of the session: count, each name text, value | last name text, or ''
 *   commit: snapshot varint | user text | text | reads blob (`rows/read-set.ts`) |
 *     writes blob (`rows/seal.ts`)
 *   floor: user text. Its entry's timestamp is one that every later entry exceeds.
 *   staged: user text | text | name, a blob | bytes varint. What it is stands in chunks of that
 *     name (`core/kernel/staging.ts`); user and text are its own, or the beginning of them.
 * The key is what a plan depends on besides the state: two requests with equal keys share a plan.
 */
import type { SqlType, Value } from '../types/type.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { readType, readValue, writeType, writeValue } from './value-codec.ts';

const FORMAT = 1;
const KIND_STATEMENT = 1;
const KIND_COMMIT = 2;
const KIND_FLOOR = 3;
const KIND_STAGED = 4;
const STAGED_NAME_BYTES = 32;
const PARAMETERS_MAX = 65535;

/** What a plan depends on besides the state. */
export interface StatementKey {
  /** Settings of the session that differ from the initial ones, by name. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  readonly user: string;
  /** The statement, as `tree/codec.ts` writes it. */
  readonly tree: Uint8Array;
  readonly types: readonly SqlType[];
}

/** Values of sequences that the session has drawn: what `currval` and `lastval` answer. */
export interface SequenceValues {
  readonly current: readonly (readonly [name: string, value: bigint])[];
  readonly last: string;
}

export interface StatementRequest {
  readonly kind: 'statement';
  /** `decodeStatementKey` reads it. Equal for equal keys. */
  readonly keyBytes: Uint8Array;
  readonly text: string;
  readonly values: readonly Value[];
  readonly sequences: SequenceValues;
}

export interface CommitRequest {
  readonly kind: 'commit';
  /** The last position that the transaction's reads saw. */
  readonly snapshot: number;
  readonly user: string;
  readonly text: string;
  readonly reads: Uint8Array;
  readonly writes: Uint8Array;
}

export interface FloorRequest {
  readonly kind: 'floor';
  readonly user: string;
}

/** A request that was staged in chunks. */
export interface StagedRequest {
  readonly kind: 'staged';
  readonly user: string;
  readonly text: string;
  /** SHA-256 of all chunks joined. */
  readonly name: Uint8Array;
  readonly bytes: number;
}

export type SqlRequest = StatementRequest | CommitRequest | FloorRequest | StagedRequest;

export function encodeFloorRequest(user: string): Uint8Array {
  const out = new ByteWriter(64);
  out.u8(FORMAT);
  out.u8(KIND_FLOOR);
  out.text(user);
  return out.copy();
}

export const NO_SEQUENCES: SequenceValues = { current: [], last: '' };

export function encodeStatementKey(key: StatementKey): Uint8Array {
  const out = new ByteWriter();
  out.varint(key.settings.length);
  for (const [name, value] of key.settings) {
    out.text(name);
    out.text(value);
  }
  out.text(key.user);
  out.blob(key.tree);
  out.varint(key.types.length);
  for (const type of key.types) writeType(out, type);
  return out.copy();
}

let scratch: ByteWriter = new ByteWriter(4096);
const SCRATCH_BYTES_MAX = 1 << 20;

export function encodeStatementRequest(
  keyBytes: Uint8Array,
  text: string,
  values: readonly Value[],
  sequences: SequenceValues,
): Uint8Array {
  if (scratch.bytes.length > SCRATCH_BYTES_MAX) scratch = new ByteWriter(4096);
  const out = scratch;
  out.clear();
  out.u8(FORMAT);
  out.u8(KIND_STATEMENT);
  out.blob(keyBytes);
  out.text(text);
  out.varint(values.length);
  for (const value of values) writeValue(out, value);
  out.varint(sequences.current.length);
  for (const [name, value] of sequences.current) {
    out.text(name);
    out.i64(value);
  }
  out.text(sequences.last);
  return out.copy();
}

export function encodeCommitRequest(request: CommitRequest): Uint8Array {
  const out = new ByteWriter();
  out.u8(FORMAT);
  out.u8(KIND_COMMIT);
  out.varint(request.snapshot);
  out.text(request.user);
  out.text(request.text);
  out.blob(request.reads);
  out.blob(request.writes);
  return out.copy();
}

/** The request in these bytes, or null when malformed. */
export function decodeRequest(bytes: Uint8Array, begin: number, end: number): SqlRequest | null {
  const from = new ByteReader(bytes, begin, end);
  if (from.u8() !== FORMAT) return null;
  const kind = from.u8();
  if (kind === KIND_STATEMENT) return readStatement(from);
  if (kind === KIND_COMMIT) return readCommit(from);
  if (kind === KIND_STAGED) return readStaged(from);
  if (kind !== KIND_FLOOR) return null;
  // Earlier ones named nobody.
  const user = from.complete ? '' : from.text();
  return from.complete ? { kind: 'floor', user } : null;
}

function readStatement(from: ByteReader): StatementRequest | null {
  const keyBytes = from.blob();
  const text = from.text();
  const valueCount = from.count();
  if (valueCount > PARAMETERS_MAX) from.fail();
  const values: Value[] = [];
  for (let i = 0; i < valueCount && !from.failed; i += 1) values.push(readValue(from));
  const count = from.count();
  const current: [string, bigint][] = [];
  for (let i = 0; i < count && !from.failed; i += 1) current.push([from.text(), from.i64()]);
  const sequences = { current, last: from.text() };
  return from.complete ? { kind: 'statement', keyBytes, text, values, sequences } : null;
}

/** Null when malformed. The tree is not decoded. */
export function decodeStatementKey(bytes: Uint8Array): StatementKey | null {
  const from = new ByteReader(bytes);
  const settingCount = from.count();
  const settings: [string, string][] = [];
  for (let i = 0; i < settingCount && !from.failed; i += 1) {
    settings.push([from.text(), from.text()]);
  }
  const user = from.text();
  const tree = from.blob();
  const count = from.count();
  if (count > PARAMETERS_MAX) from.fail();
  const types: SqlType[] = [];
  for (let i = 0; i < count && !from.failed; i += 1) types.push(readType(from));
  return from.complete ? { settings, user, tree, types } : null;
}

function readCommit(from: ByteReader): CommitRequest | null {
  const snapshot = from.varint();
  const user = from.text();
  const text = from.text();
  const reads = from.blob();
  const writes = from.blob();
  return from.complete ? { kind: 'commit', snapshot, user, text, reads, writes } : null;
}

export function encodeStagedRequest(request: StagedRequest): Uint8Array {
  const out = new ByteWriter();
  out.u8(FORMAT);
  out.u8(KIND_STAGED);
  out.text(request.user);
  out.text(request.text);
  out.blob(request.name);
  out.varint(request.bytes);
  return out.copy();
}

function readStaged(from: ByteReader): StagedRequest | null {
  const user = from.text();
  const text = from.text();
  const name = from.blob();
  const bytes = from.varint();
  const good = from.complete && name.length === STAGED_NAME_BYTES;
  return good ? { kind: 'staged', user, text, name, bytes } : null;
}
