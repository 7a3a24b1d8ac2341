/**
 * Messages that replicate, acknowledge and repair the log, as bytes. Layouts: docs/formats-wire.md.
 */
import type { Limits } from '../limits.ts';
import { assert, unreachable } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import type {
  CommitMessage,
  HeadersMessage,
  PrepareMessage,
  PrepareOkMessage,
  RequestHeadersMessage,
  RequestPrepareMessage,
} from '../vsr/message.ts';
import {
  COMMIT,
  HEADERS,
  PREPARE,
  PREPARE_OK,
  REPAIR_PREPARE,
  REQUEST_HEADERS,
  REQUEST_PREPARE,
} from '../vsr/message.ts';
import type { PrepareHeader } from './prepare.ts';
import { PREPARE_HEADER_BYTES } from './prepare.ts';
import type { WireReader, WireWriter } from './wire.ts';

export type LogMessage =
  | PrepareMessage
  | PrepareOkMessage
  | CommitMessage
  | RequestHeadersMessage
  | HeadersMessage
  | RequestPrepareMessage;

export function logMessageBytes(message: LogMessage): number {
  switch (message.kind) {
    case PREPARE:
    case REPAIR_PREPARE:
      return 16 + message.prepare.bytes.length;
    case PREPARE_OK:
    case COMMIT:
      return 48;
    case REQUEST_HEADERS:
      return 24;
    case HEADERS:
      return 8 + message.headers.length * PREPARE_HEADER_BYTES;
    case REQUEST_PREPARE:
      return 32;
    default:
      return unreachable(message);
  }
}

export function writeLogMessage(message: LogMessage, to: WireWriter): void {
  switch (message.kind) {
    case PREPARE:
    case REPAIR_PREPARE:
      to.u64(message.commit);
      to.u32(message.view);
      to.u32(0);
      return to.body(message.prepare.bytes);
    case PREPARE_OK:
      to.hash(message.checksum);
      to.u64(message.op);
      to.u64(message.commit);
      to.u64(message.checkpoint);
      to.u32(message.view);
      return to.u32(0);
    case COMMIT:
      to.hash(message.commitChecksum);
      to.u64(message.commit);
      to.u64(message.checkpoint);
      to.u64(message.monotonic);
      to.u32(message.view);
      return to.u32(0);
    case REQUEST_HEADERS:
      assert(message.opMin <= message.opMax, 'request_headers: a range');
      to.u64(message.opMin);
      to.u64(message.opMax);
      to.u32(message.view);
      return to.u32(0);
    case HEADERS:
      to.u32(message.view);
      to.u32(message.headers.length);
      for (const header of message.headers) to.header(header);
      return;
    case REQUEST_PREPARE:
      to.hash(message.checksum);
      to.u64(message.op);
      to.u32(message.view);
      return to.u32(0);
    default:
      unreachable(message);
  }
}

/** The prepare is verified: header, body, cluster. It fills the rest of the message exactly. */
export function readPrepare(
  kind: typeof PREPARE | typeof REPAIR_PREPARE,
  from: WireReader,
  cluster: Hash128,
  limits: Limits,
): PrepareMessage | null {
  const commit = from.u64();
  const view = from.u32();
  from.require(from.u32() === 0);
  const prepare = from.prepare(cluster);
  if (prepare === null || prepare.bytes.length > limits.prepareBytesMax) return null;
  return { kind, view, commit, prepare };
}

export function readPrepareOk(from: WireReader): PrepareOkMessage {
  const checksum = from.hash128();
  const op = from.u64();
  const commit = from.u64();
  const checkpoint = from.u64();
  const view = from.u32();
  from.require(from.u32() === 0);
  return { kind: PREPARE_OK, view, op, checksum, commit, checkpoint };
}

export function readCommit(from: WireReader): CommitMessage {
  const commitChecksum = from.hash128();
  const commit = from.u64();
  const checkpoint = from.u64();
  const monotonic = from.u64();
  const view = from.u32();
  from.require(from.u32() === 0);
  return { kind: COMMIT, view, commit, commitChecksum, checkpoint, monotonic };
}

export function readRequestHeaders(from: WireReader): RequestHeadersMessage {
  const opMin = from.u64();
  const opMax = from.u64();
  const view = from.u32();
  from.require(from.u32() === 0 && opMin <= opMax);
  return { kind: REQUEST_HEADERS, view, opMin, opMax };
}

export function readHeaders(
  from: WireReader,
  cluster: Hash128,
  limits: Limits,
): HeadersMessage | null {
  const view = from.u32();
  const headers = readHeaderList(from, from.u32(), cluster, limits.journalSlots);
  return headers === null ? null : { kind: HEADERS, view, headers };
}

export function readRequestPrepare(from: WireReader): RequestPrepareMessage {
  const checksum = from.hash128();
  const op = from.u64();
  const view = from.u32();
  from.require(from.u32() === 0);
  return { kind: REQUEST_PREPARE, view, op, checksum };
}

/** `count` valid headers, at most `countMax`; `null` otherwise. */
export function readHeaderList(
  from: WireReader,
  count: number,
  cluster: Hash128,
  countMax: number,
): PrepareHeader[] | null {
  // Both bounds before anything is allocated for a count that may be a lie.
  from.require(count <= countMax && count * PREPARE_HEADER_BYTES <= from.left);
  if (from.failed) return null;
  const headers: PrepareHeader[] = [];
  for (let i = 0; i < count; i += 1) {
    const header = from.header(cluster);
    if (header === null) return null;
    headers.push(header);
  }
  return headers;
}
