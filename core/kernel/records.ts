/**
 * The kernel's records: keys and values of each keyspace, as the store keeps them.
 *
 * Keys begin with their keyspace and are big-endian, so that their order is the order of numbers.
 *   [16] in tenant 0                                 → sessions u32
 *   [17, tenant u32] in tenant 0                     → op of creation u64, then its name if it
 *                                                      has one
 *   [18, client 128] in tenant 0                     → session (below)
 *   [19, stream name] in its tenant                  → op of creation u64, events u64
 *   [20, stream's op of creation u64, position u64]  → timestamp u64, op u64, events u32, zero u32,
 *                                                      each event as `bytes u32, payload`
 *   [21, client 128] in tenant 0                     → body of the client's last reply, when it is
 *                                                      too long for the session's record
 *   [22] to [25] in tenant 0                         → users, keys, tenants' names: see
 *                                                      `access-records.ts`
 * A stream is known by the op that created it, so that its events' keys are short and never shared.
 * Session: session u64 | op of the last request u64 | request u32 | status u16 | replyBytes u16
 * (65,535: the reply stands apart) | request checksum 128 | position u64 | reply body.
 */
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from '../codec/bytes.ts';
import { copyBytes } from '../store/arena.ts';
import { readBigEndian32, writeBigEndian32 } from '../store/directory.ts';
import type { Hash128 } from '../types/hash128.ts';
import { ZERO128, read128, write128 } from '../types/hash128.ts';

const KEYSPACE_COUNTS = 16;
export const KEYSPACE_TENANT = 17;
export const KEYSPACE_SESSION = 18;
const KEYSPACE_STREAM = 19;
export const KEYSPACE_EVENT = 20;
const KEYSPACE_REPLY = 21;

export const COUNTS_KEY_BYTES = 1;
export const COUNTS_BYTES = 4;
export const TENANT_KEY_BYTES = 5;
export const TENANT_BYTES = 8;
export const SESSION_KEY_BYTES = 17;
export const SESSION_FIXED_BYTES = 48;
export const STREAM_BYTES = 16;
export const EVENT_KEY_BYTES = 17;
export const EVENT_FIXED_BYTES = 24;
/** Longest reply body that a session's own record keeps. */
export const STORED_REPLY_BYTES_MAX = 64;
/** In place of a reply's length: it has a record of its own. */
export const REPLY_APART = 0xffff;

const TWO_32 = 0x1_0000_0000;

export function countsKey(out: Uint8Array): void {
  out[0] = KEYSPACE_COUNTS;
}

export function tenantKey(tenant: number, out: Uint8Array): void {
  out[0] = KEYSPACE_TENANT;
  writeBigEndian32(tenant, out, 1);
}

export function sessionKey(client: Hash128, out: Uint8Array): void {
  out[0] = KEYSPACE_SESSION;
  write128(client, out, 1);
}

/** Of the record with the client's last reply; as long as a session's key. */
export function replyKey(client: Hash128, out: Uint8Array): void {
  out[0] = KEYSPACE_REPLY;
  write128(client, out, 1);
}

export function isReplyKey(key: Uint8Array): boolean {
  return key[0] === KEYSPACE_REPLY;
}

/** Returns the key's length. */
export function streamKey(
  name: Uint8Array,
  from: number,
  nameBytes: number,
  out: Uint8Array,
): number {
  out[0] = KEYSPACE_STREAM;
  copyBytes(name, from, nameBytes, out, 1);
  return 1 + nameBytes;
}

export function eventKey(stream: number, position: number, out: Uint8Array): void {
  out[0] = KEYSPACE_EVENT;
  writeBigEndian64(stream, out, 1);
  writeBigEndian64(position, out, 9);
}

/** The stream of an event's key. */
export function eventKeyStream(key: Uint8Array, from: number): number {
  return readBigEndian64(key, from + 1);
}

/** Position of the first event under an event's key. */
export function eventKeyPosition(key: Uint8Array, from: number): number {
  return readBigEndian64(key, from + 9);
}

function writeBigEndian64(value: number, out: Uint8Array, at: number): void {
  writeBigEndian32(Math.floor(value / TWO_32), out, at);
  writeBigEndian32(value % TWO_32, out, at + 4);
}

function readBigEndian64(bytes: Uint8Array, at: number): number {
  return readBigEndian32(bytes, at) * TWO_32 + readBigEndian32(bytes, at + 4);
}

/** A session record, read out. One object, filled again for each look-up. */
export interface SessionView {
  client: Hash128;
  session: number;
  lastOp: number;
  request: number;
  status: number;
  requestChecksum: Hash128;
  position: number;
  /** The stored reply's body; empty when it stands apart. */
  readonly body: Uint8Array;
  bodyBytes: number;
  /** The body is in the record of `replyKey`. */
  apart: boolean;
}

export function sessionView(): SessionView {
  return {
    client: ZERO128,
    session: 0,
    lastOp: 0,
    request: 0,
    status: 0,
    requestChecksum: ZERO128,
    position: 0,
    body: new Uint8Array(STORED_REPLY_BYTES_MAX),
    bodyBytes: 0,
    apart: false,
  };
}

export function readSession(
  client: Hash128,
  bytes: Uint8Array,
  from: number,
  into: SessionView,
): void {
  into.client = client;
  into.session = readU64(bytes, from);
  into.lastOp = readU64(bytes, from + 8);
  into.request = readU32(bytes, from + 16);
  into.status = readU16(bytes, from + 20);
  const bodyBytes = readU16(bytes, from + 22);
  into.apart = bodyBytes === REPLY_APART;
  into.bodyBytes = into.apart ? 0 : bodyBytes;
  into.requestChecksum = read128(bytes, from + 24);
  into.position = readU64(bytes, from + 40);
  copyBytes(bytes, from + SESSION_FIXED_BYTES, into.bodyBytes, into.body, 0);
}

export function readSessionLastOp(bytes: Uint8Array, from: number): number {
  return readU64(bytes, from + 8);
}

export function writeSession(
  session: number,
  op: number,
  request: number,
  status: number,
  requestChecksum: Hash128,
  position: number,
  body: Uint8Array,
  bodyBytes: number,
  apart: boolean,
  out: Uint8Array,
  at: number,
): void {
  writeU64(out, at, session);
  writeU64(out, at + 8, op);
  writeU32(out, at + 16, request);
  writeU16(out, at + 20, status);
  writeU16(out, at + 22, apart ? REPLY_APART : bodyBytes);
  write128(requestChecksum, out, at + 24);
  writeU64(out, at + 40, position);
  copyBytes(body, 0, bodyBytes, out, at + SESSION_FIXED_BYTES);
}
