/**
 * The outcome of an op: its reply, and every record put or deleted. Rebuilding installs outcomes
 * and never executes a request again, so that no later version of the code changes history.
 *
 * Layout: status u16 | replyBytes u16 | records u32 | reply | records, each
 * `verb u8 (1 put, 2 delete) | zero u8 | keyBytes u16 | tenant u32 | valueBytes u32 | key | value`.
 */
import { readU16, readU32, writeU16, writeU32 } from '../codec/bytes.ts';
import { copyBytes } from '../store/arena.ts';
import { KEYSPACE_KERNEL_MIN } from '../store/directory.ts';
import type { Store } from '../store/store.ts';
import { KEY_BYTES_MAX } from '../store/store.ts';
import { assert } from '../types/assert.ts';

const HEADER_BYTES = 8;
const RECORD_HEADER_BYTES = 12;
const VERB_PUT = 1;
const VERB_DELETE = 2;

/** A record to put; with value null, to delete. */
export interface WrittenRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** Builds an outcome behind whatever its buffer holds before `from`. */
export class OutcomeWriter {
  bytes: Uint8Array;
  #from = 0;
  end = 0;
  #records = 0;

  constructor(bytesMin: number) {
    this.bytes = new Uint8Array(bytesMin);
  }

  /** Makes the buffer at least this long, keeping its content. */
  reserve(bytes: number): void {
    if (this.bytes.length >= bytes) return;
    const grown = new Uint8Array(Math.max(bytes, this.bytes.length * 2));
    grown.set(this.bytes);
    this.bytes = grown;
  }

  begin(from: number, status: number, reply: Uint8Array, replyBytes: number): void {
    this.reserve(from + HEADER_BYTES + replyBytes);
    this.#from = from;
    this.#records = 0;
    writeU16(this.bytes, from, status);
    writeU16(this.bytes, from + 2, replyBytes);
    writeU32(this.bytes, from + 4, 0);
    copyBytes(reply, 0, replyBytes, this.bytes, from + HEADER_BYTES);
    this.end = from + HEADER_BYTES + replyBytes;
  }

  /** Records a put; returns where in `bytes` the caller writes the value. */
  put(
    tenant: number,
    key: Uint8Array,
    keyBytes: number,
    valueBytes: number,
    keyFrom: number = 0,
  ): number {
    return this.#record(VERB_PUT, tenant, key, keyFrom, keyBytes, valueBytes);
  }

  delete(tenant: number, key: Uint8Array, keyBytes: number, keyFrom: number = 0): void {
    this.#record(VERB_DELETE, tenant, key, keyFrom, keyBytes, 0);
  }

  record(tenant: number, { key, value }: WrittenRecord): void {
    if (value === null) {
      this.delete(tenant, key, key.length);
      return;
    }
    const at = this.put(tenant, key, key.length, value.length);
    this.bytes.set(value, at);
  }

  #record(
    verb: number,
    tenant: number,
    key: Uint8Array,
    keyFrom: number,
    keyBytes: number,
    valueBytes: number,
  ): number {
    const at = this.end;
    const value = at + RECORD_HEADER_BYTES + keyBytes;
    this.end = value + valueBytes;
    this.reserve(this.end);
    this.bytes[at] = verb;
    this.bytes[at + 1] = 0;
    writeU16(this.bytes, at + 2, keyBytes);
    writeU32(this.bytes, at + 4, tenant);
    writeU32(this.bytes, at + 8, valueBytes);
    copyBytes(key, keyFrom, keyBytes, this.bytes, at + RECORD_HEADER_BYTES);
    this.#records += 1;
    writeU32(this.bytes, this.#from + 4, this.#records);
    return value;
  }
}

/** Whether these bytes are an outcome, to the last one. */
export function isOutcome(bytes: Uint8Array, from: number, end: number): boolean {
  if (from + HEADER_BYTES > end) return false;
  let at = from + HEADER_BYTES + readU16(bytes, from + 2);
  const records = readU32(bytes, from + 4);
  for (let i = 0; i < records; i += 1) {
    if (at + RECORD_HEADER_BYTES > end) return false;
    const verb = bytes[at]!;
    const keyBytes = readU16(bytes, at + 2);
    const valueBytes = readU32(bytes, at + 8);
    if (verb !== VERB_PUT && verb !== VERB_DELETE) return false;
    if (bytes[at + 1] !== 0 || keyBytes < 1 || keyBytes > KEY_BYTES_MAX) return false;
    if (verb === VERB_DELETE && valueBytes !== 0) return false;
    const key = at + RECORD_HEADER_BYTES;
    if (key >= end || bytes[key]! < KEYSPACE_KERNEL_MIN) return false;
    at = key + keyBytes + valueBytes;
    if (at > end) return false;
  }
  return at === end;
}

export function outcomeStatus(bytes: Uint8Array, from: number): number {
  return readU16(bytes, from);
}

/** The reply's body; a view. */
export function outcomeReply(bytes: Uint8Array, from: number): Uint8Array {
  const at = from + HEADER_BYTES;
  return bytes.subarray(at, at + readU16(bytes, from + 2));
}

/** Where the first record of a well-formed outcome stands. */
export function firstRecord(bytes: Uint8Array, from: number): number {
  return from + HEADER_BYTES + readU16(bytes, from + 2);
}

export function nextRecord(bytes: Uint8Array, at: number): number {
  return at + RECORD_HEADER_BYTES + readU16(bytes, at + 2) + readU32(bytes, at + 8);
}

/** A record's key; a view. */
export function recordKey(bytes: Uint8Array, at: number): Uint8Array {
  const from = at + RECORD_HEADER_BYTES;
  return bytes.subarray(from, from + readU16(bytes, at + 2));
}

/** A record's value; a view, empty for a deleted one. */
export function recordValue(bytes: Uint8Array, at: number): Uint8Array {
  const from = at + RECORD_HEADER_BYTES + readU16(bytes, at + 2);
  return bytes.subarray(from, from + readU32(bytes, at + 8));
}

export function isDeletion(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === VERB_DELETE;
}

/** Makes sure that installing this record will meet no missing page. */
export function touchRecord(store: Store, bytes: Uint8Array, at: number): number {
  const key = at + RECORD_HEADER_BYTES;
  return store.touch(readU32(bytes, at + 4), bytes, key, readU16(bytes, at + 2));
}

/** Puts and deletes all records of a well-formed outcome. All their keys were touched before. */
export function installOutcome(store: Store, bytes: Uint8Array, from: number, end: number): void {
  installRecords(store, bytes, firstRecord(bytes, from), end, Number.MAX_SAFE_INTEGER);
}

/** Installs at most `most` of the records from `at` to `end`; returns where the next one stands. */
export function installRecords(
  store: Store,
  bytes: Uint8Array,
  at: number,
  end: number,
  most: number,
): number {
  for (let left = most; at < end && left > 0; left -= 1) {
    const keyBytes = readU16(bytes, at + 2);
    const tenant = readU32(bytes, at + 4);
    const valueBytes = readU32(bytes, at + 8);
    const key = at + RECORD_HEADER_BYTES;
    const value = key + keyBytes;
    if (bytes[at] === VERB_PUT) store.put(tenant, bytes, key, keyBytes, bytes, value, valueBytes);
    else store.delete(tenant, bytes, key, keyBytes);
    at = value + valueBytes;
  }
  assert(at <= end, 'records end where their outcome does');
  return at;
}
