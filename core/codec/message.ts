/**
 * Messages as bytes: the envelope, and which codec stands behind each kind.
 *
 * Envelope, little-endian, `ENVELOPE_BYTES`: 0 checksum 128 (BLAKE3 of bytes 16 to the end) |
 * 16 magic u32 | 20 format u16 | 22 kind u16 | 24 length u32, of the whole message | 28 zeros u32 |
 * 32 cluster 128 | 48 the fields of the kind. The sender is not in it: the transport knows.
 *
 * Promise: `decodeMessage` returns exactly what was encoded, or `null`. It never throws, allocates
 * nothing in proportion to a length that it has not checked, and verifies the inner checksums of
 * requests and prepares, since those outlive the envelope.
 *
 * Cost: one checksum over the bytes each way, and one copy of a body; `messageBytes` is arithmetic.
 */
import type { Limits } from '../limits.ts';
import { assert, unreachable } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { matches128, write128 } from '../types/hash128.ts';
import type { Message } from '../vsr/message.ts';
import {
  COMMIT,
  CONFIRM_VIEW,
  DO_VIEW_CHANGE,
  EVICTED,
  HEADERS,
  PING,
  PONG,
  PREPARE,
  PREPARE_OK,
  QUERY,
  QUERY_REPLY,
  RECOVER,
  RECOVERED,
  REPAIR_PREPARE,
  REPLY,
  REQUEST,
  REQUEST_HEADERS,
  REQUEST_PREPARE,
  REQUEST_START_VIEW,
  REQUEST_UNIT,
  START_VIEW,
  START_VIEW_CHANGE,
  UNIT,
  VIEW_CONFIRMED,
} from '../vsr/message.ts';
import { readU16, readU32, writeU16, writeU32 } from './bytes.ts';
import {
  clientMessageBytes,
  readEvicted,
  readQuery,
  readQueryReply,
  readReply,
  readRequest,
  writeClientMessage,
} from './message-client.ts';
import {
  logMessageBytes,
  readCommit,
  readHeaders,
  readPrepare,
  readPrepareOk,
  readRequestHeaders,
  readRequestPrepare,
  writeLogMessage,
} from './message-log.ts';
import {
  peerMessageBytes,
  readPing,
  readPong,
  readRecover,
  readRecovered,
  readRequestUnit,
  readUnitMessage,
  writePeerMessage,
} from './message-peer.ts';
import {
  readConfirmView,
  readDoViewChange,
  readRequestStartView,
  readStartView,
  readStartViewChange,
  viewMessageBytes,
  writeViewMessage,
} from './message-view.ts';
import type { Checksummer } from './prepare.ts';
import { WireReader, WireWriter } from './wire.ts';

export const ENVELOPE_BYTES = 48;
export const WIRE_FORMAT = 1;
const MAGIC = 0x474d424b;
const CHECKED_FROM = 16;
/** From here on the envelope tells how long the message is. */
const LENGTH_KNOWN_BYTES = 28;

/** `messageLength`: the bytes so far do not tell the length. */
export const LENGTH_UNKNOWN = 0;
/** `messageLength`: these bytes begin no message; a stream of them cannot be followed further. */
export const LENGTH_BAD = -1;

/** Size of the encoded message, without encoding it. */
export function messageBytes(message: Message): number {
  switch (message.kind) {
    case REQUEST:
    case REPLY:
    case EVICTED:
    case QUERY:
    case QUERY_REPLY:
      return ENVELOPE_BYTES + clientMessageBytes(message);
    case PREPARE:
    case REPAIR_PREPARE:
    case PREPARE_OK:
    case COMMIT:
    case REQUEST_HEADERS:
    case HEADERS:
    case REQUEST_PREPARE:
      return ENVELOPE_BYTES + logMessageBytes(message);
    case START_VIEW_CHANGE:
    case DO_VIEW_CHANGE:
    case START_VIEW:
    case REQUEST_START_VIEW:
    case CONFIRM_VIEW:
    case VIEW_CONFIRMED:
      return ENVELOPE_BYTES + viewMessageBytes(message);
    case PING:
    case PONG:
    case REQUEST_UNIT:
    case UNIT:
    case RECOVER:
    case RECOVERED:
      return ENVELOPE_BYTES + peerMessageBytes(message);
    default:
      return unreachable(message);
  }
}

/**
 * Encodes into `buffer` at `at`, which must have room for `messageBytes(message)`; returns that
 * size.
 */
export function encodeMessageInto(
  message: Message,
  cluster: Hash128,
  hash: Checksummer,
  buffer: Uint8Array,
  at: number,
): number {
  const length = messageBytes(message);
  assert(at >= 0 && at + length <= buffer.length, 'encodeMessageInto: room for the message');
  writeU32(buffer, at + 16, MAGIC);
  writeU16(buffer, at + 20, WIRE_FORMAT);
  writeU16(buffer, at + 22, message.kind);
  writeU32(buffer, at + 24, length);
  writeU32(buffer, at + 28, 0);
  write128(cluster, buffer, at + 32);
  const writer = new WireWriter(buffer, at + ENVELOPE_BYTES);
  writeFields(message, writer);
  assert(writer.at === at + length, 'messageBytes and the writer agree');
  const checksum = hash.checksum128(buffer, at + CHECKED_FROM, length - CHECKED_FROM);
  write128(checksum, buffer, at);
  return length;
}

/** As `encodeMessageInto`, into new bytes. */
export function encodeMessage(message: Message, cluster: Hash128, hash: Checksummer): Uint8Array {
  const bytes = new Uint8Array(messageBytes(message));
  encodeMessageInto(message, cluster, hash, bytes, 0);
  return bytes;
}

/**
 * For transports that carry a stream: the length of the message that begins at `at`, or
 * `LENGTH_UNKNOWN` (read more), or `LENGTH_BAD`. Unproven until the message is decoded, but
 * bounded.
 */
export function messageLength(bytes: Uint8Array, at: number, limits: Limits): number {
  assert(at >= 0 && at <= bytes.length, 'messageLength: within the bytes');
  if (bytes.length - at < LENGTH_KNOWN_BYTES) return LENGTH_UNKNOWN;
  if (readU32(bytes, at + 16) !== MAGIC) return LENGTH_BAD;
  if (readU16(bytes, at + 20) !== WIRE_FORMAT) return LENGTH_BAD;
  const length = readU32(bytes, at + 24);
  return length < ENVELOPE_BYTES || length > limits.messageBytesMax ? LENGTH_BAD : length;
}

/** The message that `bytes` are, all of them; `null` if they are anything else. */
export function decodeMessage(
  bytes: Uint8Array,
  cluster: Hash128,
  limits: Limits,
  hash: Checksummer,
): Message | null {
  if (bytes.length < ENVELOPE_BYTES || bytes.length > limits.messageBytesMax) return null;
  if (messageLength(bytes, 0, limits) !== bytes.length) return null;
  if (readU32(bytes, 28) !== 0 || !matches128(cluster, bytes, 32)) return null;
  const checksum = hash.checksum128(bytes, CHECKED_FROM, bytes.length - CHECKED_FROM);
  if (!matches128(checksum, bytes, 0)) return null;
  const reader = new WireReader(bytes, ENVELOPE_BYTES, hash);
  const message = readFields(readU16(bytes, 22), reader, cluster, limits);
  return message !== null && reader.complete ? message : null;
}

function writeFields(message: Message, to: WireWriter): void {
  switch (message.kind) {
    case REQUEST:
    case REPLY:
    case EVICTED:
    case QUERY:
    case QUERY_REPLY:
      return writeClientMessage(message, to);
    case PREPARE:
    case REPAIR_PREPARE:
    case PREPARE_OK:
    case COMMIT:
    case REQUEST_HEADERS:
    case HEADERS:
    case REQUEST_PREPARE:
      return writeLogMessage(message, to);
    case START_VIEW_CHANGE:
    case DO_VIEW_CHANGE:
    case START_VIEW:
    case REQUEST_START_VIEW:
    case CONFIRM_VIEW:
    case VIEW_CONFIRMED:
      return writeViewMessage(message, to);
    case PING:
    case PONG:
    case REQUEST_UNIT:
    case UNIT:
    case RECOVER:
    case RECOVERED:
      return writePeerMessage(message, to);
    default:
      unreachable(message);
  }
}

/**
 * What a reader yields after it failed is meaningless: the caller asks whether it is `complete`.
 */
function readFields(
  kind: number,
  from: WireReader,
  cluster: Hash128,
  limits: Limits,
): Message | null {
  switch (kind) {
    case REQUEST:
      return readRequest(from);
    case REPLY:
      return readReply(from);
    case EVICTED:
      return readEvicted(from);
    case QUERY:
      return readQuery(from);
    case QUERY_REPLY:
      return readQueryReply(from);
    case PREPARE:
    case REPAIR_PREPARE:
      return readPrepare(kind, from, cluster, limits);
    case PREPARE_OK:
      return readPrepareOk(from);
    case COMMIT:
      return readCommit(from);
    case START_VIEW_CHANGE:
      return readStartViewChange(from);
    case DO_VIEW_CHANGE:
      return readDoViewChange(from, cluster, limits);
    case START_VIEW:
      return readStartView(from, cluster, limits);
    case REQUEST_START_VIEW:
      return readRequestStartView(from);
    case REQUEST_HEADERS:
      return readRequestHeaders(from);
    case HEADERS:
      return readHeaders(from, cluster, limits);
    case REQUEST_PREPARE:
      return readRequestPrepare(from);
    case PING:
      return readPing(from);
    case PONG:
      return readPong(from);
    case CONFIRM_VIEW:
    case VIEW_CONFIRMED:
      return readConfirmView(kind, from);
    case REQUEST_UNIT:
      return readRequestUnit(from);
    case UNIT:
      return readUnitMessage(from);
    case RECOVER:
      return readRecover(from);
    case RECOVERED:
      return readRecovered(from);
    default:
      return null;
  }
}
