/**
 * Reads: the events of a stream from a position on, a stream's length, and what a SQL statement
 * that changes nothing returns. From the current state, without effect; bounded by events, rows and
 * bytes.
 */
import { readU32, readU64, writeU64 } from '../codec/bytes.ts';
import type { Limits } from '../limits.ts';
import { copyBytes } from '../store/arena.ts';
import type { Store } from '../store/store.ts';
import { ABSENT, KEY_BYTES_MAX, NEEDS, PRESENT } from '../store/store.ts';
import { assert } from '../types/assert.ts';
import type { Kernel } from './kernel.ts';
import * as operation from './operation.ts';
import * as records from './records.ts';

/** Of `messageBytesMax`, what a reply needs for itself. */
const MESSAGE_OVERHEAD_BYTES = 512;
const NO_BYTES: Uint8Array = new Uint8Array(0);

export class Queries {
  readonly #limits: Limits;
  readonly #store: Store;
  readonly #kernel: Kernel;
  readonly #view: operation.QueryView = operation.queryView();
  readonly #key: Uint8Array = new Uint8Array(KEY_BYTES_MAX);
  /** Made at the first read. */
  #scratch: Uint8Array = NO_BYTES;
  /** The answer of the last `run` that was not `NEEDS`. */
  status = 0;
  body: Uint8Array = NO_BYTES;

  /** `kernel`: of the same store; its engines answer what is SQL. */
  constructor(limits: Limits, store: Store, kernel: Kernel) {
    this.#limits = limits;
    this.#store = store;
    this.#kernel = kernel;
  }

  /**
   * `PRESENT`: answered in `status` and `body`. `NEEDS`: a page is needed first. `timestamp`: of
   * the last entry, microseconds since 1970.
   */
  run(tenant: number, body: Uint8Array, timestamp: number): number {
    this.body = NO_BYTES;
    if (operation.isBarrier(body)) return this.#answer(operation.STATUS_OK);
    if (operation.isSqlQuery(body)) return this.#sql(tenant, body, timestamp);
    if (!operation.decodeQuery(body, this.#limits, this.#view)) {
      return this.#answer(operation.STATUS_MALFORMED);
    }
    if (tenant === operation.TENANT_SYSTEM) return this.#answer(operation.STATUS_WRONG_TENANT);
    const exists = this.tenantExists(tenant);
    if (exists === NEEDS) return NEEDS;
    if (exists === ABSENT) return this.#answer(operation.STATUS_UNKNOWN_TENANT);
    // It names no user who could have the right.
    const forbidden = this.#kernel.access.enforcement();
    if (forbidden === NEEDS) return NEEDS;
    if (forbidden === PRESENT) return this.#answer(operation.STATUS_FORBIDDEN);
    const view = this.#view;
    const keyBytes = records.streamKey(body, view.nameFrom, view.nameBytes, this.#key);
    const found = this.#store.get(tenant, this.#key, 0, keyBytes);
    if (found === NEEDS) return NEEDS;
    if (found === ABSENT) return this.#answer(operation.STATUS_UNKNOWN_STREAM);
    const stream = readU64(this.#store.value, this.#store.valueFrom);
    const length = readU64(this.#store.value, this.#store.valueFrom + 8);
    this.status = operation.STATUS_OK;
    if (view.kind === operation.QUERY_READ) return this.#read(tenant, stream, length);
    this.body = new Uint8Array(8);
    writeU64(this.body, 0, length);
    return PRESENT;
  }

  /** `PRESENT`, `ABSENT` or `NEEDS`. */
  tenantExists(tenant: number): number {
    records.tenantKey(tenant, this.#key);
    return this.#store.get(0, this.#key, 0, records.TENANT_KEY_BYTES);
  }

  #answer(status: number): number {
    this.status = status;
    return PRESENT;
  }

  #sql(tenant: number, body: Uint8Array, timestamp: number): number {
    if (tenant === operation.TENANT_SYSTEM) return this.#answer(operation.STATUS_WRONG_TENANT);
    const exists = this.tenantExists(tenant);
    if (exists === NEEDS) return NEEDS;
    if (exists === ABSENT) return this.#answer(operation.STATUS_UNKNOWN_TENANT);
    const answer = this.#kernel.query(tenant, timestamp, body, operation.SQL_QUERY_HEADER_BYTES);
    if (answer === 'needs') return NEEDS;
    if (answer === 'malformed') return this.#answer(operation.STATUS_MALFORMED);
    this.body = answer.body;
    return this.#answer(answer.failed ? operation.STATUS_SQL_ERROR : operation.STATUS_OK);
  }

  #read(tenant: number, stream: number, length: number): number {
    const { from, limit } = this.#view;
    const store = this.#store;
    if (this.#scratch === NO_BYTES) {
      const { messageBytesMax, batchBytesMax, prepareBytesMax } = this.#limits;
      // One event always has room.
      const wanted = Math.max(batchBytesMax, prepareBytesMax) + 2 * MESSAGE_OVERHEAD_BYTES;
      this.#scratch = new Uint8Array(Math.min(messageBytesMax, wanted) - MESSAGE_OVERHEAD_BYTES);
    }
    let end = operation.beginReadReply(this.#scratch, from, length);
    let count = 0;
    if (from < length && limit > 0) {
      records.eventKey(stream, from, this.#key);
      let found = store.seek(tenant, this.#key, 0, records.EVENT_KEY_BYTES, true);
      while (found === PRESENT && count < limit && from + count < length) {
        const inStream =
          store.key[store.keyFrom] === records.KEYSPACE_EVENT &&
          records.eventKeyStream(store.key, store.keyFrom) === stream;
        assert(inStream, 'events below the length are there');
        const whole = this.#copyEvents(from + count, limit - count, end);
        count += this.#copied;
        end = this.#end;
        if (!whole) break;
        found = store.next();
      }
      if (found === NEEDS) return NEEDS;
    }
    operation.endReadReply(this.#scratch, count);
    this.body = this.#scratch.slice(0, end);
    return PRESENT;
  }

  #copied = 0;
  #end = 0;

  /**
   * Copies at most `most` events from position `wanted` on out of the record under the cursor.
   * False when one had no room; `#copied` and `#end` say how far it came.
   */
  #copyEvents(wanted: number, most: number, end: number): boolean {
    const { value, valueFrom, key, keyFrom } = this.#store;
    const first = records.eventKeyPosition(key, keyFrom);
    const count = readU32(value, valueFrom + 16);
    assert(first <= wanted && wanted < first + count, 'the record holds the event');
    let at = valueFrom + records.EVENT_FIXED_BYTES;
    this.#copied = 0;
    this.#end = end;
    for (let i = 0; i < count && this.#copied < most; i += 1) {
      const bytes = 4 + readU32(value, at);
      if (first + i >= wanted) {
        if (this.#end + bytes > this.#scratch.length) return false;
        copyBytes(value, at, bytes, this.#scratch, this.#end);
        this.#end += bytes;
        this.#copied += 1;
      }
      at += bytes;
    }
    return true;
  }
}
