/**
 * Messages between clients and replicas, as bytes. Layouts: docs/formats-wire.md.
 *
 * Positions stand on the wire one higher than they are, so that -1 ("latest", "none") is 0.
 */
import { equal128 } from '../types/hash128.ts';
import type {
  EvictedMessage,
  QueryMessage,
  QueryReplyMessage,
  ReplyMessage,
  RequestMessage,
} from '../vsr/message.ts';
import { EVICTED, QUERY, QUERY_REPLY, REPLY, REQUEST } from '../vsr/message.ts';
import { unreachable } from '../types/assert.ts';
import { requestChecksum } from './request.ts';
import type { WireReader, WireWriter } from './wire.ts';

export type ClientMessage =
  | RequestMessage
  | ReplyMessage
  | EvictedMessage
  | QueryMessage
  | QueryReplyMessage;

export function clientMessageBytes(message: ClientMessage): number {
  switch (message.kind) {
    case REQUEST:
    case REPLY:
      return 72 + message.body.length;
    case EVICTED:
      return 32;
    case QUERY:
    case QUERY_REPLY:
      return 40 + message.body.length;
    default:
      return unreachable(message);
  }
}

export function writeClientMessage(message: ClientMessage, to: WireWriter): void {
  to.hash(message.client);
  switch (message.kind) {
    case REQUEST:
      return writeRequest(message, to);
    case REPLY:
      return writeReply(message, to);
    case EVICTED:
      to.u64(message.session);
      to.u32(message.view);
      return to.u32(message.reason);
    case QUERY:
      to.u64(message.position + 1);
      to.u32(message.query);
      to.u32(message.tenant);
      to.u32(message.body.length);
      to.u32(0);
      return to.body(message.body);
    case QUERY_REPLY:
      to.u64(message.position + 1);
      to.u32(message.query);
      to.u32(message.view);
      to.u32(message.status);
      to.u32(message.body.length);
      return to.body(message.body);
    default:
      return unreachable(message);
  }
}

function writeRequest(message: RequestMessage, to: WireWriter): void {
  to.hash(message.parent);
  to.hash(message.checksum);
  to.u64(message.session);
  to.u32(message.request);
  to.u32(message.tenant);
  to.u32(message.body.length);
  to.u16(message.operation);
  to.u16(0);
  to.body(message.body);
}

function writeReply(message: ReplyMessage, to: WireWriter): void {
  to.hash(message.requestChecksum);
  to.u64(message.session);
  to.u64(message.op);
  to.u64(message.position + 1);
  to.u32(message.view);
  to.u32(message.request);
  to.u32(message.status);
  to.u32(message.body.length);
  to.body(message.body);
}

/** The request, or `null` unless its own checksum holds too. */
export function readRequest(from: WireReader): RequestMessage | null {
  const client = from.hash128();
  const parent = from.hash128();
  const checksum = from.hash128();
  const session = from.u64();
  const request = from.u32();
  const tenant = from.u32();
  const bodyBytes = from.u32();
  const operation = from.u16();
  from.require(from.u16() === 0);
  const body = from.body(bodyBytes);
  if (!from.complete) return null;
  const message: RequestMessage = {
    kind: REQUEST,
    client,
    session,
    request,
    parent,
    operation,
    tenant,
    body,
    checksum,
  };
  return equal128(requestChecksum(message, from.hash), checksum) ? message : null;
}

export function readReply(from: WireReader): ReplyMessage {
  const client = from.hash128();
  const requestHash = from.hash128();
  const session = from.u64();
  const op = from.u64();
  const position = from.u64() - 1;
  const view = from.u32();
  const request = from.u32();
  const status = from.u32();
  const body = from.body(from.u32());
  return {
    kind: REPLY,
    view,
    client,
    session,
    request,
    requestChecksum: requestHash,
    op,
    position,
    status,
    body,
  };
}

export function readEvicted(from: WireReader): EvictedMessage {
  const client = from.hash128();
  const session = from.u64();
  const view = from.u32();
  const reason = from.u32();
  return { kind: EVICTED, client, session, reason, view };
}

export function readQuery(from: WireReader): QueryMessage {
  const client = from.hash128();
  const position = from.u64() - 1;
  const query = from.u32();
  const tenant = from.u32();
  const bodyBytes = from.u32();
  from.require(from.u32() === 0);
  const body = from.body(bodyBytes);
  return { kind: QUERY, client, query, tenant, position, body };
}

export function readQueryReply(from: WireReader): QueryReplyMessage {
  const client = from.hash128();
  const position = from.u64() - 1;
  const query = from.u32();
  const view = from.u32();
  const status = from.u32();
  const body = from.body(from.u32());
  return { kind: QUERY_REPLY, client, query, view, position, status, body };
}
