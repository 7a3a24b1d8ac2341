/**
 * Messages of clients as bytes, and back. Decoding distrusts everything: a refusal is a string that
 * says what is wrong, and never an exception.
 */
import type { ByteReader, ByteWriter } from '../../core/sql/session/bytes.ts';
import { unreachable } from '../../core/types/assert.ts';
import * as fields from './fields.ts';
import { encodeFrame, openFrame } from './frame.ts';
import { ADMIN_ACTIONS, CHANNELS_MAX, CHANNEL_CONNECTION } from './message.ts';
import type { ClientFrame, ClientMessage, ExecuteMessage } from './message.ts';

/** First bytes of a HELLO's body: `KMBC`. */
const MAGIC = 0x43424d4b;
const PARAMETERS_MAX = 65_535;
const STATEMENT_TEXT = 0;
const STATEMENT_PREPARED = 1;

/** Kinds on the wire; stable for ever. */
export const CLIENT_KINDS: Readonly<Record<ClientMessage['kind'], number>> = {
  hello: 1,
  open: 2,
  close: 3,
  execute: 4,
  prepare: 5,
  unprepare: 6,
  resolve: 7,
  cancel: 8,
  credit: 9,
  subscribe: 10,
  admin: 11,
  verify: 12,
  ping: 13,
};

const NAMES: ReadonlyMap<number, ClientMessage['kind']> = new Map(
  Object.entries(CLIENT_KINDS).map(([name, kind]) => [kind, name as ClientMessage['kind']]),
);

/** Kinds that concern the connection; all others, a channel. */
const OF_CONNECTION: ReadonlySet<ClientMessage['kind']> = new Set(['hello', 'ping', 'subscribe']);
/** Kinds that name a request of either. */
const OF_ANY: ReadonlySet<ClientMessage['kind']> = new Set(['cancel', 'credit']);

/** The whole frame. Throws `SqlError` 22021 or 22P02 for what cannot be said. */
export function encodeClient(channel: number, request: number, message: ClientMessage): Uint8Array {
  return encodeFrame(CLIENT_KINDS[message.kind], channel, request, (out) => write(out, message));
}

function write(out: ByteWriter, message: ClientMessage): void {
  switch (message.kind) {
    case 'hello':
      out.u32(MAGIC);
      out.varint(message.versionMin);
      out.varint(message.versionMax);
      for (const text of [message.key, message.tenant, message.client]) fields.writeTold(out, text);
      return;
    case 'open':
      fields.writeHash(out, message.lane);
      return fields.writeSettings(out, message.settings);
    case 'execute':
      return writeExecute(out, message);
    case 'prepare':
      return fields.writeText(out, message.text);
    case 'unprepare':
      return out.varint(message.prepared);
    case 'resolve':
      return out.varint(message.number);
    case 'credit':
      return out.varint(message.bytes);
    case 'subscribe':
      fields.writeOrNone(out, message.after);
      fields.writeBoolean(out, message.snapshot);
      fields.writeList(out, message.tables, fields.writeText);
      return out.varint(message.credit);
    case 'admin':
      out.varint(message.number);
      out.varint(message.deadlineMillis);
      fields.writeChoice(out, ADMIN_ACTIONS, message.action);
      return out.blob(message.change);
    case 'verify':
      return out.varint(message.deadlineMillis);
    case 'close':
    case 'cancel':
    case 'ping':
      return undefined;
    default:
      return unreachable(message);
  }
}

function writeExecute(out: ByteWriter, message: ExecuteMessage): void {
  out.varint(message.number);
  out.varint(message.deadlineMillis);
  fields.writeOrNone(out, message.position);
  out.varint(message.credit);
  if (typeof message.statement === 'string') {
    out.u8(STATEMENT_TEXT);
    fields.writeText(out, message.statement);
  } else {
    out.u8(STATEMENT_PREPARED);
    out.varint(message.statement);
  }
  fields.writeList(out, message.parameters, fields.writeParameter);
}

/** `frame`: without its length. Keeps no view of it. A string says why it is refused. */
export function decodeClient(frame: Uint8Array): ClientFrame | string {
  const view = openFrame(frame);
  if (typeof view === 'string') return view;
  const { kind, channel, request, body } = view;
  const name = NAMES.get(kind);
  if (name === undefined) return `unknown kind ${kind} of message`;
  const onConnection = channel === CHANNEL_CONNECTION;
  if (channel > CHANNELS_MAX) return `channel ${channel} of at most ${CHANNELS_MAX}`;
  if (!OF_ANY.has(name) && OF_CONNECTION.has(name) !== onConnection) {
    return `${name.toUpperCase()} on channel ${channel}`;
  }
  if (request === 0) return `${name.toUpperCase()} with request number 0`;
  const message = read(body, name);
  if (!body.complete) return `a malformed ${name.toUpperCase()}`;
  return { channel, request, message };
}

function read(from: ByteReader, kind: ClientMessage['kind']): ClientMessage {
  switch (kind) {
    case 'hello':
      return readHello(from);
    case 'open':
      return { kind, lane: fields.readHash(from), settings: fields.readSettings(from) };
    case 'execute':
      return readExecute(from);
    case 'prepare':
      return { kind, text: from.text() };
    case 'unprepare':
      return { kind, prepared: from.varint() };
    case 'resolve':
      return { kind, number: readNumber(from) };
    case 'credit':
      return { kind, bytes: from.varint() };
    case 'subscribe':
      return {
        kind,
        after: fields.readOrNone(from),
        snapshot: fields.readBoolean(from),
        tables: fields.readList(from, fields.readName),
        credit: from.varint(),
      };
    case 'admin':
      return {
        kind,
        number: readNumber(from),
        deadlineMillis: from.varint(),
        action: fields.readChoice(from, ADMIN_ACTIONS),
        change: from.blob(),
      };
    case 'verify':
      return { kind, deadlineMillis: from.varint() };
    case 'close':
    case 'cancel':
    case 'ping':
      return { kind };
    default:
      return unreachable(kind);
  }
}

/** Of a lane: 1 to 2^32 - 1. */
function readNumber(from: ByteReader): number {
  const number = from.varint();
  if (number < 1 || number > 0xffff_ffff) from.fail();
  return number;
}

function readHello(from: ByteReader): ClientMessage {
  if (from.u32() !== MAGIC) from.fail();
  return {
    kind: 'hello',
    versionMin: from.varint(),
    versionMax: from.varint(),
    key: fields.readName(from),
    tenant: fields.readName(from),
    client: fields.readName(from),
  };
}

function readExecute(from: ByteReader): ExecuteMessage {
  const number = readNumber(from);
  const deadlineMillis = from.varint();
  const position = fields.readOrNone(from);
  const credit = from.varint();
  const form = from.u8();
  if (form > STATEMENT_PREPARED) from.fail();
  const statement = form === STATEMENT_TEXT ? from.text() : from.varint();
  const parameters = fields.readList(from, fields.readParameter);
  if (parameters.length > PARAMETERS_MAX) from.fail();
  return { kind: 'execute', number, deadlineMillis, position, credit, statement, parameters };
}
