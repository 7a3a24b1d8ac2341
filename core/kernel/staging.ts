/**
 * Staging: a request that is longer than a prepare may be goes into the log in chunks, and then a
 * short request names it by its SHA-256 (`core/sql/session/request.ts`, kind staged).
 *
 * A chunk says which it is of which request, so putting one twice changes nothing. When all are
 * there the request that names them is executed as if it were they, and gives their room back,
 * whatever it comes to. What nobody names expires: each chunk that comes looks at the request that
 * was longest without one, and drops it if that is `stagedOpsMax` ops ago. A tenant holds at most
 * `STAGED_MAX` requests' worth of bytes at a time.
 *
 * Body: `format u8 (1) | user text | name, a blob of 32 bytes | bytes varint, of the whole |
 * index varint | chunk blob`. All chunks have `chunkBytes` but the last one.
 *
 * Records, in the tenant: `26, name` → bytes u32, there u32, op of the newest chunk u64;
 * `27, name, index u16` → the chunk; `28, op` → name; `29` → all bytes there, u64.
 *
 * Cost: a handful of records a chunk; naming reads and hashes the whole request once.
 */
import { readU32, readU64, writeU32, writeU64 } from '../codec/bytes.ts';
import type { Prepare } from '../codec/prepare.ts';
import { PREPARE_HEADER_BYTES, PREPARE_SALT_BYTES } from '../codec/prepare.ts';
import { sha256Into } from '../crypto/sha256.ts';
import type { Limits } from '../limits.ts';
import { PageNeeded, SqlError } from '../sql/error.ts';
import { mustWrite } from '../sql/rights.ts';
import { ByteReader, ByteWriter } from '../sql/session/bytes.ts';
import type { StagedRequest } from '../sql/session/request.ts';
import type { StatementAnswer } from '../sql/session/result.ts';
import { plainResult } from '../sql/session/result.ts';
import { copyBytes } from '../store/arena.ts';
import type { Store } from '../store/store.ts';
import { NEEDS, PRESENT } from '../store/store.ts';
import { assert } from '../types/assert.ts';
import type { Access } from './access.ts';
import type { WrittenRecord } from './outcome.ts';

const FORMAT = 1;
export const STAGED_NAME_BYTES = 32;
/** Before the request itself: random, so that no two stagings have one name. */
export const STAGED_NONCE_BYTES = 16;
/** Of `stagedBytesMax`, how much a tenant may hold at a time. */
const STAGED_MAX = 4;
/** Of a chunk's body, what is not the chunk; and the longest name of a user, in UTF-8. */
const CHUNK_OVERHEAD_BYTES = 64;

/** Of a message that carries an entry, what is neither the chunk as asked nor as put. */
const ENTRY_OVERHEAD_BYTES = 4096;

const KEYSPACE_STAGED = 26;
const KEYSPACE_CHUNK = 27;
const KEYSPACE_AGE = 28;
const KEYSPACE_TOTAL = 29;
const STAGED_BYTES = 16;

export interface Chunk {
  readonly user: string;
  readonly name: Uint8Array;
  /** Of the whole. */
  readonly bytes: number;
  readonly index: number;
  readonly chunk: Uint8Array;
}

export interface StageOutcome {
  readonly answer: StatementAnswer;
  readonly records: readonly WrittenRecord[];
}

/**
 * Bytes of each chunk but the last: it must fit a prepare, and its entry, which has it twice, as
 * what was asked and as what came of it, a message between replicas.
 */
export function chunkBytes(limits: Limits): number {
  const head = PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES + CHUNK_OVERHEAD_BYTES;
  const asked = limits.prepareBytesMax - head - limits.accessNameBytesMax;
  return Math.min(asked, (limits.messageBytesMax - ENTRY_OVERHEAD_BYTES) >> 1);
}

/** Whether a record is of what was staged, or counts it. */
export function isStagingKey(key: Uint8Array): boolean {
  return key[0]! >= KEYSPACE_STAGED && key[0]! <= KEYSPACE_TOTAL;
}

/** Whether a request of this length must be staged, or its entry could not be sent. */
export function mustStage(limits: Limits, bytes: number): boolean {
  const prepare = PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES + bytes;
  return (
    prepare > limits.prepareBytesMax || bytes * 2 + ENTRY_OVERHEAD_BYTES > limits.messageBytesMax
  );
}

export function encodeChunk(chunk: Chunk): Uint8Array {
  const out = new ByteWriter(chunk.chunk.length + CHUNK_OVERHEAD_BYTES);
  out.u8(FORMAT);
  out.text(chunk.user);
  out.blob(chunk.name);
  out.varint(chunk.bytes);
  out.varint(chunk.index);
  out.blob(chunk.chunk);
  return out.copy();
}

/** Null when malformed. */
export function decodeChunk(bytes: Uint8Array, begin: number, end: number): Chunk | null {
  const from = new ByteReader(bytes, begin, end);
  if (from.u8() !== FORMAT) return null;
  const user = from.text();
  const name = from.blob();
  const whole = from.varint();
  const index = from.varint();
  const chunk = from.blob();
  const good = from.complete && name.length === STAGED_NAME_BYTES;
  return good ? { user, name, bytes: whole, index, chunk } : null;
}

/** What becomes of the chunk that a prepare carries. `needs`: a page is needed first. */
export function decideChunk(
  store: Store,
  access: Access,
  { header, bytes }: Prepare,
): StageOutcome | 'malformed' | 'needs' {
  const chunk = decodeChunk(bytes, PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES, bytes.length);
  const { limits } = access;
  if (chunk === null || !fits(chunk, limits)) return 'malformed';
  try {
    mustWrite(access.rights(header.tenant).of(chunk.user), 'staging a request');
    return new Staging(store, header.tenant, limits).put(chunk, header.op);
  } catch (error) {
    if (error instanceof PageNeeded) return 'needs';
    if (!(error instanceof SqlError)) throw error;
    return { answer: error, records: [] };
  }
}

/** Whether it is the chunk that it says it is, of a request that may be staged. */
function fits({ bytes, index, chunk }: Chunk, limits: Limits): boolean {
  const size = chunkBytes(limits);
  if (bytes < 1 || bytes > limits.stagedBytesMax || index >= Math.ceil(bytes / size)) return false;
  return chunk.length === Math.min(size, bytes - index * size);
}

/** A request that was staged, whole, and what gives its room back. Throws `PageNeeded`. */
export function openStaged(
  store: Store,
  tenant: number,
  limits: Limits,
  request: StagedRequest,
): { readonly body: Uint8Array; readonly freed: readonly WrittenRecord[] } | SqlError {
  return new Staging(store, tenant, limits).take(request);
}

interface Staged {
  readonly bytes: number;
  readonly there: number;
  readonly op: number;
}

class Staging {
  private readonly store: Store;
  private readonly tenant: number;
  private readonly limits: Limits;

  constructor(store: Store, tenant: number, limits: Limits) {
    this.store = store;
    this.tenant = tenant;
    this.limits = limits;
  }

  put(chunk: Chunk, op: number): StageOutcome {
    const { name, bytes, index } = chunk;
    const known = this.staged(name);
    if (known !== null && known.bytes !== bytes) {
      throw new SqlError('22023', 'a request of this name has another length');
    }
    const key = chunkKey(name, index);
    const fresh = this.get(key) === null;
    const gained = fresh ? chunk.chunk.length : 0;
    const total = this.total();
    const expired = this.expired(name, op);
    const most = this.limits.stagedBytesMax * STAGED_MAX;
    if (total + gained - expired.there > most) {
      throw new SqlError('53400', 'too much is staged in this tenant', {
        detail: `At most ${most} bytes may wait for the requests that name them.`,
        hint: 'Try again: what nobody names expires.',
      });
    }
    const there = (known?.there ?? 0) + gained;
    const records: WrittenRecord[] = [...expired.records];
    records.push({ key: stagedKey(name), value: encodeStaged({ bytes, there, op }) });
    if (fresh) records.push({ key, value: chunk.chunk });
    if (known !== null) records.push({ key: ageKey(known.op), value: null });
    records.push({ key: ageKey(op), value: name });
    records.push({ key: TOTAL_KEY, value: u64(total + gained - expired.there) });
    return { answer: plainResult('STAGE'), records };
  }

  take({ name, bytes }: StagedRequest): ReturnType<typeof openStaged> {
    const known = this.staged(name);
    if (known === null || known.bytes !== bytes || known.there !== bytes) {
      return new SqlError('55000', 'the staged request is not there, or not all of it', {
        hint: 'It may have expired: stage it again.',
      });
    }
    const size = chunkBytes(this.limits);
    const whole = new Uint8Array(bytes);
    for (let at = 0; at < bytes; at += size) {
      const chunk = this.get(chunkKey(name, at / size));
      assert(chunk !== null && at + chunk.length <= bytes, 'chunks that are counted are there');
      copyBytes(chunk, 0, chunk.length, whole, at);
    }
    const hash = new Uint8Array(STAGED_NAME_BYTES);
    sha256Into(whole, 0, bytes, hash, 0);
    if (!hash.every((byte, i) => byte === name[i])) {
      return new SqlError('22023', 'the staged request is not what its name says');
    }
    const freed = this.freed(name, known);
    freed.push({ key: TOTAL_KEY, value: u64(this.total() - known.there) });
    return { body: whole.subarray(STAGED_NONCE_BYTES), freed };
  }

  /** Records that drop the request that was longest without a chunk, if that is long. */
  private expired(but: Uint8Array, op: number): { there: number; records: WrittenRecord[] } {
    const nothing = { there: 0, records: [] };
    const { store, tenant } = this;
    const key = ageKey(0);
    const found = store.seek(tenant, key, 0, key.length, false);
    if (found === NEEDS) throw new PageNeeded();
    if (found !== PRESENT || store.key[store.keyFrom] !== KEYSPACE_AGE) return nothing;
    const name = store.value.slice(store.valueFrom, store.valueFrom + STAGED_NAME_BYTES);
    if (name.every((byte, i) => byte === but[i])) return nothing;
    const known = this.staged(name);
    assert(known !== null, 'what has an age is staged');
    if (known.op + this.limits.stagedOpsMax >= op) return nothing;
    return { there: known.there, records: this.freed(name, known) };
  }

  private freed(name: Uint8Array, { bytes, op }: Staged): WrittenRecord[] {
    const records: WrittenRecord[] = [{ key: stagedKey(name), value: null }];
    const count = Math.ceil(bytes / chunkBytes(this.limits));
    for (let index = 0; index < count; index += 1) {
      const key = chunkKey(name, index);
      if (this.get(key) !== null) records.push({ key, value: null });
    }
    records.push({ key: ageKey(op), value: null });
    return records;
  }

  private staged(name: Uint8Array): Staged | null {
    const value = this.get(stagedKey(name));
    if (value === null) return null;
    return { bytes: readU32(value, 0), there: readU32(value, 4), op: readU64(value, 8) };
  }

  private total(): number {
    const value = this.get(TOTAL_KEY);
    return value === null ? 0 : readU64(value, 0);
  }

  /** A view, valid until the next look. */
  private get(key: Uint8Array): Uint8Array | null {
    const { store } = this;
    const found = store.get(this.tenant, key, 0, key.length);
    if (found === NEEDS) throw new PageNeeded();
    if (found !== PRESENT) return null;
    return store.value.subarray(store.valueFrom, store.valueFrom + store.valueBytes);
  }
}

const TOTAL_KEY: Uint8Array = Uint8Array.of(KEYSPACE_TOTAL);

function stagedKey(name: Uint8Array): Uint8Array {
  const key = new Uint8Array(1 + STAGED_NAME_BYTES);
  key[0] = KEYSPACE_STAGED;
  key.set(name, 1);
  return key;
}

function chunkKey(name: Uint8Array, index: number): Uint8Array {
  const key = new Uint8Array(3 + STAGED_NAME_BYTES);
  key[0] = KEYSPACE_CHUNK;
  key.set(name, 1);
  key[1 + STAGED_NAME_BYTES] = index >>> 8;
  key[2 + STAGED_NAME_BYTES] = index & 0xff;
  return key;
}

/** Big-endian, so that the oldest comes first. */
function ageKey(op: number): Uint8Array {
  const key = new Uint8Array(9);
  key[0] = KEYSPACE_AGE;
  let rest = op;
  for (let i = 8; i > 0; i -= 1) {
    key[i] = rest % 0x100;
    rest = Math.floor(rest / 0x100);
  }
  return key;
}

function encodeStaged({ bytes, there, op }: Staged): Uint8Array {
  const value = new Uint8Array(STAGED_BYTES);
  writeU32(value, 0, bytes);
  writeU32(value, 4, there);
  writeU64(value, 8, op);
  return value;
}

function u64(value: number): Uint8Array {
  const out = new Uint8Array(8);
  writeU64(out, 0, value);
  return out;
}
