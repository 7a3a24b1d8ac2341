/**
 * What a client may ask of the kernel, as bytes: operation numbers, status codes, and the codecs of
 * request, reply and query bodies.
 *
 * Clients encode requests and decode replies; the kernel does the reverse. Every layout is
 * explicit, little-endian, bounded by `Limits`, and must be consumed to its last byte: unknown
 * formats, flags and trailing bytes are refused (docs/formats-kernel.md). Decoders read in place
 * and allocate only what they return to clients.
 */
import type { Limits } from '../limits.ts';
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from '../codec/bytes.ts';
import { assert } from '../types/assert.ts';
import { OPERATION_KERNEL_MIN } from '../types/operation.ts';

/** Creates a tenant; proposed in tenant 0. */
export const OPERATION_CREATE_TENANT: number = OPERATION_KERNEL_MIN;
/** Appends events to a stream of the prepare's tenant, creating the stream. */
export const OPERATION_APPEND: number = OPERATION_KERNEL_MIN + 1;

/** A statement or a transaction's changes (`core/sql/session/request.ts`), in its tenant. */
export const OPERATION_SQL: number = OPERATION_KERNEL_MIN + 2;

/** Changes users, keys or tenants (`access-request.ts`); proposed in tenant 0. */
export const OPERATION_ACCESS: number = OPERATION_KERNEL_MIN + 3;

/** A chunk of a request that is too long for one prepare (`staging.ts`), in its tenant. */
export const OPERATION_STAGE: number = OPERATION_KERNEL_MIN + 4;

/** Done. All other codes say that nothing changed but the session's record. Stable for ever. */
export const STATUS_OK = 0;
/** The (session, request) was committed before: this entry has no effect at all. */
export const STATUS_DUPLICATE = 1;
/** No such session, or another one of that client: no effect at all. */
export const STATUS_NO_SESSION = 2;
/** The request number skips one: no effect at all. */
export const STATUS_REQUEST_GAP = 3;
/** The body is not what its operation demands. */
export const STATUS_MALFORMED = 4;
export const STATUS_UNKNOWN_OPERATION = 5;
export const STATUS_UNKNOWN_TENANT = 6;
export const STATUS_TENANT_EXISTS = 7;
/** A tenant number at or above `limits.tenantsMax`, or the system's. */
export const STATUS_TENANT_REFUSED = 8;
/** The stream is not at the expected position; the reply's body tells where it is. */
export const STATUS_CONFLICT = 9;
/** The operation belongs to another tenant (tenants are created in tenant 0, streams elsewhere). */
export const STATUS_WRONG_TENANT = 10;
/** The entry would be longer than what replicas can send each other. */
export const STATUS_TOO_LARGE = 12;
/** SQL only: the reply's body is the error (`core/sql/session/result.ts`). */
export const STATUS_SQL_ERROR = 13;
/** Access is enforced, and what was asked for names no user. */
export const STATUS_FORBIDDEN = 14;
/** Queries only: no such stream. */
export const STATUS_UNKNOWN_STREAM = 11;

/** Reads events of one stream from a position on. */
export const QUERY_READ = 1;
/** The number of events in a stream. */
export const QUERY_HEAD = 2;

/** A SQL statement that reads (`core/sql/session/request.ts`), on the state as it stands. */
export const QUERY_SQL = 3;
/** Nothing, but that the state is as late as was asked for. Of any tenant. */
export const QUERY_BARRIER = 4;

/** `expectedPosition` of an append that accepts any. */
export const POSITION_ANY = -1;

const FORMAT = 1;
const FLAG_EXPECTED = 1;
const CREATE_TENANT_BYTES = 8;
const APPEND_HEADER_BYTES = 16;
const QUERY_HEADER_BYTES = 16;
export const SQL_QUERY_HEADER_BYTES = 2;
const READ_REPLY_HEADER_BYTES = 20;
const EVENT_HEADER_BYTES = 4;

/** The system's own tenant; it holds no streams. */
export const TENANT_SYSTEM = 0;

export interface AppendRequest {
  /** 1 to `streamNameBytesMax` bytes; any bytes. */
  readonly stream: Uint8Array;
  /** Number of events that the stream must hold, or `POSITION_ANY`. A new stream holds 0. */
  readonly expectedPosition: number;
  /** 1 to `eventsPerAppendMax` events. */
  readonly events: readonly Uint8Array[];
}

/** `format u8, 3 zeros, tenant u32`. */
export function encodeCreateTenant(tenant: number): Uint8Array {
  const out = new Uint8Array(CREATE_TENANT_BYTES);
  out[0] = FORMAT;
  writeU32(out, 4, tenant);
  return out;
}

/** The tenant to create, or -1 when malformed. */
export function decodeCreateTenant(bytes: Uint8Array, from: number, end: number): number {
  if (end - from !== CREATE_TENANT_BYTES || bytes[from] !== FORMAT) return -1;
  if ((bytes[from + 1]! | bytes[from + 2]! | bytes[from + 3]!) !== 0) return -1;
  return readU32(bytes, from + 4);
}

export function appendBytes(request: AppendRequest): number {
  let bytes = APPEND_HEADER_BYTES + request.stream.length;
  for (const event of request.events) bytes += EVENT_HEADER_BYTES + event.length;
  return bytes;
}

export function encodeAppend(request: AppendRequest): Uint8Array {
  const out = new Uint8Array(appendBytes(request));
  encodeAppendInto(request, out, 0);
  return out;
}

/**
 * `format u8, flags u8 (1: expected given), nameBytes u16, events u16, zero u16, expected u64,
 * name, then each event as bytes u32, payload`. Returns the end.
 */
export function encodeAppendInto(request: AppendRequest, out: Uint8Array, at: number): number {
  const { stream, events, expectedPosition } = request;
  assert(stream.length >= 1 && stream.length <= 0xffff, 'a stream has a name');
  assert(events.length >= 1 && events.length <= 0xffff, 'an append has events');
  const expects = expectedPosition !== POSITION_ANY;
  out[at] = FORMAT;
  out[at + 1] = expects ? FLAG_EXPECTED : 0;
  writeU16(out, at + 2, stream.length);
  writeU16(out, at + 4, events.length);
  writeU16(out, at + 6, 0);
  writeU64(out, at + 8, expects ? expectedPosition : 0);
  let end = at + APPEND_HEADER_BYTES;
  out.set(stream, end);
  end += stream.length;
  for (let i = 0; i < events.length; i += 1) {
    const event = events[i]!;
    writeU32(out, end, event.length);
    out.set(event, end + EVENT_HEADER_BYTES);
    end += EVENT_HEADER_BYTES + event.length;
  }
  return end;
}

/** An append found in place. Fields are offsets into the bytes it was read from. */
export interface AppendView {
  nameFrom: number;
  nameBytes: number;
  expectedPosition: number;
  eventCount: number;
  /** The events, each `bytes u32, payload`, run from here to the end of the body. */
  eventsFrom: number;
  eventsEnd: number;
}

export function appendView(): AppendView {
  return {
    nameFrom: 0,
    nameBytes: 0,
    expectedPosition: 0,
    eventCount: 0,
    eventsFrom: 0,
    eventsEnd: 0,
  };
}

/** Reads all but the events themselves (see `nextEvent`); false when malformed. */
export function decodeAppend(
  bytes: Uint8Array,
  from: number,
  end: number,
  limits: Limits,
  into: AppendView,
): boolean {
  if (end - from < APPEND_HEADER_BYTES || bytes[from] !== FORMAT) return false;
  const flags = bytes[from + 1]!;
  if ((flags & ~FLAG_EXPECTED) !== 0 || readU16(bytes, from + 6) !== 0) return false;
  const nameBytes = readU16(bytes, from + 2);
  const eventCount = readU16(bytes, from + 4);
  const expected = readU64(bytes, from + 8);
  if (nameBytes < 1 || nameBytes > limits.streamNameBytesMax) return false;
  if (eventCount < 1 || eventCount > limits.eventsPerAppendMax) return false;
  if (expected < 0 || (flags === 0 && expected !== 0)) return false;
  const eventsFrom = from + APPEND_HEADER_BYTES + nameBytes;
  if (eventsFrom > end) return false;
  into.nameFrom = from + APPEND_HEADER_BYTES;
  into.nameBytes = nameBytes;
  into.expectedPosition = flags === 0 ? POSITION_ANY : expected;
  into.eventCount = eventCount;
  into.eventsFrom = eventsFrom;
  into.eventsEnd = end;
  return true;
}

/** Where the event at `at` ends, or -1 when it runs past `end`. */
export function nextEvent(bytes: Uint8Array, at: number, end: number): number {
  if (at + EVENT_HEADER_BYTES > end) return -1;
  const next = at + EVENT_HEADER_BYTES + readU32(bytes, at);
  return next > end ? -1 : next;
}

export const APPEND_REPLY_BYTES = 16;
export const CONFLICT_REPLY_BYTES = 8;

export interface AppendReply {
  /** Position of the first event appended, in the stream; the first of all is 0. */
  readonly first: number;
  /** Events in the stream now: the `expectedPosition` of a next append. */
  readonly length: number;
}

/** Body of a successful append's reply: `first u64, length u64`. */
export function decodeAppendReply(body: Uint8Array): AppendReply | null {
  if (body.length !== APPEND_REPLY_BYTES) return null;
  const first = readU64(body, 0);
  const length = readU64(body, 8);
  return first < 0 || length <= first ? null : { first, length };
}

/** Body of a reply with `STATUS_CONFLICT`: events in the stream, `u64`; -1 when malformed. */
export function decodeConflictReply(body: Uint8Array): number {
  return body.length === CONFLICT_REPLY_BYTES ? readU64(body, 0) : -1;
}

/** `format u8, kind u8, nameBytes u16, limit u32, from u64, name`. */
function encodeQuery(kind: number, stream: Uint8Array, from: number, limit: number): Uint8Array {
  assert(stream.length >= 1 && stream.length <= 0xffff, 'a stream has a name');
  const out = new Uint8Array(QUERY_HEADER_BYTES + stream.length);
  out[0] = FORMAT;
  out[1] = kind;
  writeU16(out, 2, stream.length);
  writeU32(out, 4, limit);
  writeU64(out, 8, from);
  out.set(stream, QUERY_HEADER_BYTES);
  return out;
}

/** `format u8, kind u8`, then the request, to the end. */
export function encodeSqlQuery(request: Uint8Array): Uint8Array {
  const out = new Uint8Array(SQL_QUERY_HEADER_BYTES + request.length);
  out[0] = FORMAT;
  out[1] = QUERY_SQL;
  out.set(request, SQL_QUERY_HEADER_BYTES);
  return out;
}

/** `format u8, kind u8`, and nothing more. */
export const BARRIER_QUERY: Uint8Array = Uint8Array.of(FORMAT, QUERY_BARRIER);

export function isBarrier(bytes: Uint8Array): boolean {
  return bytes.length === 2 && bytes[0] === FORMAT && bytes[1] === QUERY_BARRIER;
}

/** Whether it is a query in SQL; its request then begins at `SQL_QUERY_HEADER_BYTES`. */
export function isSqlQuery(bytes: Uint8Array): boolean {
  return bytes.length > SQL_QUERY_HEADER_BYTES && bytes[0] === FORMAT && bytes[1] === QUERY_SQL;
}

/** Reads at most `limit` events (and at most `queryEventsMax`) from stream position `from` on. */
export function encodeRead(stream: Uint8Array, from: number, limit: number): Uint8Array {
  return encodeQuery(QUERY_READ, stream, from, limit);
}

export function encodeHead(stream: Uint8Array): Uint8Array {
  return encodeQuery(QUERY_HEAD, stream, 0, 0);
}

export interface QueryView {
  kind: number;
  nameFrom: number;
  nameBytes: number;
  from: number;
  limit: number;
}

export function queryView(): QueryView {
  return { kind: 0, nameFrom: 0, nameBytes: 0, from: 0, limit: 0 };
}

/** False when malformed. */
export function decodeQuery(bytes: Uint8Array, limits: Limits, into: QueryView): boolean {
  if (bytes.length < QUERY_HEADER_BYTES || bytes[0] !== FORMAT) return false;
  const kind = bytes[1]!;
  const nameBytes = readU16(bytes, 2);
  const limit = readU32(bytes, 4);
  const from = readU64(bytes, 8);
  if (nameBytes < 1 || nameBytes > limits.streamNameBytesMax) return false;
  if (bytes.length !== QUERY_HEADER_BYTES + nameBytes || from < 0) return false;
  if (kind === QUERY_HEAD ? limit !== 0 || from !== 0 : kind !== QUERY_READ) return false;
  into.kind = kind;
  into.nameFrom = QUERY_HEADER_BYTES;
  into.nameBytes = nameBytes;
  into.from = from;
  into.limit = Math.min(limit, limits.queryEventsMax);
  return true;
}

export interface ReadReply {
  /** Stream position of the first event returned: the one asked for. */
  readonly from: number;
  /** Events in the stream. When `from + events.length < length` there is more to read. */
  readonly length: number;
  readonly events: readonly Uint8Array[];
}

/** Begins a read's reply at 0: `from u64, length u64, events u32`; the events follow. */
export function beginReadReply(out: Uint8Array, from: number, length: number): number {
  writeU64(out, 0, from);
  writeU64(out, 8, length);
  writeU32(out, 16, 0);
  return READ_REPLY_HEADER_BYTES;
}

/** Fills in the number of events, each encoded as `bytes u32, payload`. */
export function endReadReply(out: Uint8Array, eventCount: number): void {
  writeU32(out, 16, eventCount);
}

/** The inverse; `null` when malformed. Events are views into `body`. */
export function decodeReadReply(body: Uint8Array): ReadReply | null {
  if (body.length < READ_REPLY_HEADER_BYTES) return null;
  const from = readU64(body, 0);
  const length = readU64(body, 8);
  const count = readU32(body, 16);
  if (from < 0 || length < 0 || count > length) return null;
  const events: Uint8Array[] = [];
  let at = READ_REPLY_HEADER_BYTES;
  for (let i = 0; i < count; i += 1) {
    const next = nextEvent(body, at, body.length);
    if (next < 0) return null;
    events.push(body.subarray(at + EVENT_HEADER_BYTES, next));
    at = next;
  }
  return at === body.length ? { from, length, events } : null;
}

/** Body of a head query's reply: events in the stream, `u64`; -1 when malformed. */
export function decodeHeadReply(body: Uint8Array): number {
  return body.length === 8 ? readU64(body, 0) : -1;
}
