/**
 * Messages of view changes, as bytes. Layouts: docs/formats-wire.md.
 *
 * What a log claims about itself is checked here, where it enters: headers go newest first without
 * a gap and chain by their parents; the sets of a do_view_change speak of headers that are there
 * and do not contradict each other. The writer asserts the same, so a replica cannot send what its
 * peers would silently refuse.
 */
import type { Limits } from '../limits.ts';
import { assert, unreachable } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { equal128 } from '../types/hash128.ts';
import type {
  Checkpoint,
  ConfirmViewMessage,
  DoViewChangeMessage,
  RequestStartViewMessage,
  StartViewChangeMessage,
  StartViewMessage,
} from '../vsr/message.ts';
import {
  CONFIRM_VIEW,
  DO_VIEW_CHANGE,
  REQUEST_START_VIEW,
  START_VIEW,
  START_VIEW_CHANGE,
  VIEW_CONFIRMED,
} from '../vsr/message.ts';
import { readHeaderList } from './message-log.ts';
import type { PrepareHeader } from './prepare.ts';
import { PREPARE_HEADER_BYTES } from './prepare.ts';
import type { WireReader, WireWriter } from './wire.ts';

/** Headers of which a bit set can speak as a small integer. */
const SET_BITS_MAX = 31;

export type ViewMessage =
  | StartViewChangeMessage
  | DoViewChangeMessage
  | StartViewMessage
  | RequestStartViewMessage
  | ConfirmViewMessage;

export function viewMessageBytes(message: ViewMessage): number {
  switch (message.kind) {
    case START_VIEW_CHANGE:
      return 8;
    case DO_VIEW_CHANGE:
      return 48 + knownHeaders(message.headers) * PREPARE_HEADER_BYTES;
    case START_VIEW:
      return 96 + message.headers.length * PREPARE_HEADER_BYTES;
    case REQUEST_START_VIEW:
      return 32;
    case CONFIRM_VIEW:
    case VIEW_CONFIRMED:
      return 16;
    default:
      return unreachable(message);
  }
}

export function writeViewMessage(message: ViewMessage, to: WireWriter): void {
  switch (message.kind) {
    case START_VIEW_CHANGE:
      to.u32(message.view);
      return to.u32(0);
    case DO_VIEW_CHANGE:
      return writeDoViewChange(message, to);
    case START_VIEW:
      return writeStartView(message, to);
    case REQUEST_START_VIEW:
      to.hash(message.nonce);
      to.u64(message.reach);
      to.u32(message.view);
      return to.u32(0);
    case CONFIRM_VIEW:
    case VIEW_CONFIRMED:
      to.u64(message.round);
      to.u32(message.view);
      return to.u32(0);
    default:
      unreachable(message);
  }
}

function writeDoViewChange(message: DoViewChangeMessage, to: WireWriter): void {
  const { headers } = message;
  const known = knownSet(headers);
  assert(headers.length <= SET_BITS_MAX, 'do_view_change: its sets cover its headers');
  assert(setsAgree(headers.length, known, message.present, message.nack), 'sets agree');
  assert(isLogSuffix(headers, message.op), 'do_view_change: headers form the end of a log');
  to.u64(message.op);
  to.u64(message.commit);
  to.u64(message.checkpoint);
  to.u32(message.view);
  to.u32(message.logView);
  to.u32(headers.length);
  to.u32(known);
  to.u32(message.present);
  to.u32(message.nack);
  for (const header of headers) if (header !== null) to.header(header);
}

function writeStartView(message: StartViewMessage, to: WireWriter): void {
  const { checkpoint } = message;
  assert(isLogSuffix(message.headers, message.op), 'start_view: headers form the end of a log');
  to.hash(message.nonce);
  to.hash(checkpoint.head);
  to.hash(checkpoint.root);
  to.u64(checkpoint.op);
  to.u64(checkpoint.timestamp);
  to.u32(checkpoint.rootPage);
  to.u32(message.view);
  to.u64(message.op);
  to.u64(message.commit);
  to.u32(message.headers.length);
  to.u32(0);
  for (const header of message.headers) to.header(header);
}

export function readStartViewChange(from: WireReader): StartViewChangeMessage {
  const view = from.u32();
  from.require(from.u32() === 0);
  return { kind: START_VIEW_CHANGE, view };
}

export function readDoViewChange(
  from: WireReader,
  cluster: Hash128,
  limits: Limits,
): DoViewChangeMessage | null {
  const op = from.u64();
  const commit = from.u64();
  const checkpoint = from.u64();
  const view = from.u32();
  const logView = from.u32();
  const count = from.u32();
  const known = from.u32();
  const present = from.u32();
  const nack = from.u32();
  from.require(count <= limits.pipelineMax + 1 && count <= SET_BITS_MAX);
  if (from.failed || !setsAgree(count, known, present, nack)) return null;
  const headers: (PrepareHeader | null)[] = [];
  for (let i = 0; i < count; i += 1) {
    headers.push((known & (1 << i)) === 0 ? null : from.header(cluster));
  }
  if (from.failed || !isLogSuffix(headers, op)) return null;
  return { kind: DO_VIEW_CHANGE, view, logView, op, commit, checkpoint, headers, present, nack };
}

export function readStartView(
  from: WireReader,
  cluster: Hash128,
  limits: Limits,
): StartViewMessage | null {
  const nonce = from.hash128();
  const head = from.hash128();
  const root = from.hash128();
  const checkpointOp = from.u64();
  const timestamp = from.u64();
  const rootPage = from.u32();
  const view = from.u32();
  const op = from.u64();
  const commit = from.u64();
  const count = from.u32();
  from.require(from.u32() === 0);
  const headers = readHeaderList(from, count, cluster, limits.journalSlots);
  if (headers === null || !isLogSuffix(headers, op)) return null;
  const checkpoint: Checkpoint = { op: checkpointOp, head, timestamp, rootPage, root };
  return { kind: START_VIEW, view, op, commit, checkpoint, headers, nonce };
}

export function readRequestStartView(from: WireReader): RequestStartViewMessage {
  const nonce = from.hash128();
  const reach = from.u64();
  const view = from.u32();
  from.require(from.u32() === 0);
  return { kind: REQUEST_START_VIEW, view, nonce, reach };
}

export function readConfirmView(
  kind: typeof CONFIRM_VIEW | typeof VIEW_CONFIRMED,
  from: WireReader,
): ConfirmViewMessage {
  const round = from.u64();
  const view = from.u32();
  from.require(from.u32() === 0);
  return { kind, view, round };
}

/** Newest first from `op` down, without a gap; neighbours that are both known chain by parent. */
function isLogSuffix(headers: readonly (PrepareHeader | null)[], op: number): boolean {
  if (headers.length > op + 1) return false;
  let above: PrepareHeader | null = null;
  for (let i = 0; i < headers.length; i += 1) {
    const header: PrepareHeader | null = headers[i]!;
    if (header !== null) {
      if (header.op !== op - i) return false;
      if (above !== null && !equal128(above.parent, header.checksum)) return false;
    }
    above = header;
  }
  return true;
}

/**
 * Bits within `count` (at most 31); present only what has a header; nothing both present and
 * denied.
 */
function setsAgree(count: number, known: number, present: number, nack: number): boolean {
  const outside = -1 << count;
  if (((known | present | nack) & outside) !== 0) return false;
  return (present & ~known) === 0 && (present & nack) === 0;
}

function knownSet(headers: readonly (PrepareHeader | null)[]): number {
  let known = 0;
  for (let i = 0; i < headers.length; i += 1) if (headers[i] !== null) known |= 1 << i;
  return known;
}

function knownHeaders(headers: readonly (PrepareHeader | null)[]): number {
  let known = 0;
  for (let i = 0; i < headers.length; i += 1) if (headers[i] !== null) known += 1;
  return known;
}
