/**
 * Messages by which replicas keep in touch, repair pages and logs, and rejoin, as bytes. Layouts:
 * docs/formats-wire.md.
 */
import { assert, unreachable } from '../types/assert.ts';
import type {
  PingMessage,
  PongMessage,
  RecoverMessage,
  RecoveredMessage,
  RequestUnitMessage,
  Unit,
  UnitMessage,
} from '../vsr/message.ts';
import {
  PING,
  PONG,
  RECOVER,
  RECOVERED,
  REQUEST_UNIT,
  UNIT,
  UNIT_LOG,
  UNIT_PAGE,
} from '../vsr/message.ts';
import type { WireReader, WireWriter } from './wire.ts';

const UNIT_BYTES = 40;
const NOT_HELD = 0;
const HELD = 1;

export type PeerMessage =
  | PingMessage
  | PongMessage
  | RequestUnitMessage
  | UnitMessage
  | RecoverMessage
  | RecoveredMessage;

export function peerMessageBytes(message: PeerMessage): number {
  switch (message.kind) {
    case PING:
    case PONG:
      return 24;
    case REQUEST_UNIT:
      return UNIT_BYTES;
    case UNIT:
      return UNIT_BYTES + 8 + (message.bytes === null ? 0 : message.bytes.length);
    case RECOVER:
      return 16;
    case RECOVERED:
      return 40;
    default:
      return unreachable(message);
  }
}

export function writePeerMessage(message: PeerMessage, to: WireWriter): void {
  switch (message.kind) {
    case PING:
      to.u64(message.monotonic);
      to.u64(message.checkpoint);
      to.u32(message.view);
      return to.u32(message.release);
    case PONG:
      to.u64(message.pingMonotonic);
      to.u64(message.realtime);
      to.u32(message.view);
      return to.u32(message.synchronized ? 1 : 0);
    case REQUEST_UNIT:
      return writeUnit(message.unit, to);
    case UNIT:
      writeUnit(message.unit, to);
      to.u32(message.bytes === null ? NOT_HELD : HELD);
      to.u32(message.bytes === null ? 0 : message.bytes.length);
      if (message.bytes !== null) to.body(message.bytes);
      return;
    case RECOVER:
      return to.hash(message.nonce);
    case RECOVERED:
      to.hash(message.nonce);
      to.u64(message.op);
      to.u64(message.commit);
      to.u32(message.view);
      return to.u32(0);
    default:
      unreachable(message);
  }
}

export function readPing(from: WireReader): PingMessage {
  const monotonic = from.u64();
  const checkpoint = from.u64();
  const view = from.u32();
  const release = from.u32();
  return { kind: PING, view, monotonic, checkpoint, release };
}

export function readPong(from: WireReader): PongMessage {
  const pingMonotonic = from.u64();
  const realtime = from.u64();
  const view = from.u32();
  const flag = from.u32();
  from.require(flag <= 1);
  return { kind: PONG, view, pingMonotonic, realtime, synchronized: flag === 1 };
}

export function readRequestUnit(from: WireReader): RequestUnitMessage {
  return { kind: REQUEST_UNIT, unit: readUnit(from) };
}

export function readUnitMessage(from: WireReader): UnitMessage {
  const unit = readUnit(from);
  const held = from.u32();
  const length = from.u32();
  from.require(held === HELD || (held === NOT_HELD && length === 0));
  return { kind: UNIT, unit, bytes: held === HELD ? from.body(length) : null };
}

export function readRecover(from: WireReader): RecoverMessage {
  return { kind: RECOVER, nonce: from.hash128() };
}

export function readRecovered(from: WireReader): RecoveredMessage {
  const nonce = from.hash128();
  const op = from.u64();
  const commit = from.u64();
  const view = from.u32();
  from.require(from.u32() === 0);
  return { kind: RECOVERED, nonce, view, op, commit };
}

function writeUnit(unit: Unit, to: WireWriter): void {
  assert(wellFormed(unit.kind, unit.count), 'a unit is one page or a run of a log');
  to.hash(unit.checksum);
  to.u64(unit.index);
  to.u32(unit.tenant);
  to.u32(unit.count);
  to.u32(unit.kind);
  to.u32(0);
}

function readUnit(from: WireReader): Unit {
  const checksum = from.hash128();
  const index = from.u64();
  const tenant = from.u32();
  const count = from.u32();
  const kind = from.u32();
  from.require(from.u32() === 0 && wellFormed(kind, count));
  return { kind, tenant, index, count, checksum };
}

function wellFormed(kind: number, count: number): boolean {
  return (kind === UNIT_LOG && count >= 1) || (kind === UNIT_PAGE && count === 1);
}
