/**
 * Integers about a message, for whoever decides its fate without reading it: its kind, and its
 * *subject*, what it is about.
 *
 * Subjects are stable: they follow the op, the view or the unit a message speaks of, and ignore
 * what changes with timing (clock readings, commit numbers riding along, contents of a log). Equal
 * messages thus meet equal fates after an unrelated change. Cost: a few multiplications.
 */
import { unreachable } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import type { Message, Unit } from '../vsr/message.ts';
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

/** Indexed by `kind`. */
export const MESSAGE_KIND_NAMES: readonly string[] = [
  'none',
  'request',
  'reply',
  'evicted',
  'query',
  'query_reply',
  'prepare',
  'prepare_ok',
  'commit',
  'start_view_change',
  'do_view_change',
  'start_view',
  'request_start_view',
  'request_headers',
  'headers',
  'request_prepare',
  'repair_prepare',
  'ping',
  'pong',
  'confirm_view',
  'view_confirmed',
  'request_unit',
  'unit',
  'recover',
  'recovered',
];

/** Subjects are in [0, 2^30): small integers on every engine. */
const SUBJECT_MASK = 0x3fff_ffff;

export function messageKind(message: Message): number {
  return message.kind;
}

/** What the message is about: a hash of its kind and of the op and view, or the like, it names. */
export function messageSubject(message: Message): number {
  const { kind } = message;
  switch (kind) {
    case REQUEST:
    case REPLY:
      return ofClient(kind, message.client, message.request);
    case EVICTED:
      return ofClient(kind, message.client, message.session);
    case QUERY:
    case QUERY_REPLY:
      return ofClient(kind, message.client, message.query);
    case PREPARE:
    case REPAIR_PREPARE:
      return mix(kind, message.prepare.header.op, message.view);
    case PREPARE_OK:
    case REQUEST_PREPARE:
      return mix(kind, message.op, message.view);
    case COMMIT:
      return mix(kind, message.commit, message.view);
    case START_VIEW_CHANGE:
    case DO_VIEW_CHANGE:
    case START_VIEW:
    case REQUEST_START_VIEW:
    case HEADERS:
      return mix(kind, 0, message.view);
    case REQUEST_HEADERS:
      return mix(kind, message.opMax, message.view);
    case CONFIRM_VIEW:
    case VIEW_CONFIRMED:
      return mix(kind, message.round, message.view);
    case REQUEST_UNIT:
    case UNIT:
      return ofUnit(kind, message.unit);
    case PING:
    case PONG:
    case RECOVER:
    case RECOVERED:
      return mix(kind, 0, 0);
    default:
      return unreachable(message);
  }
}

function ofClient(kind: number, client: Hash128, number: number): number {
  return mix(kind, number, client.a ^ client.b ^ client.c ^ client.d);
}

function ofUnit(kind: number, unit: Unit): number {
  return mix(kind, unit.index, Math.imul(unit.tenant, 4) + unit.kind);
}

function mix(kind: number, x: number, y: number): number {
  let hash = Math.imul(kind, 0x9e37_79b1) ^ x;
  hash = Math.imul(hash ^ (hash >>> 15), 0x85eb_ca6b) ^ y;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) & SUBJECT_MASK;
}
