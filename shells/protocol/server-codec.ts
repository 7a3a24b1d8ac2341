/**
 * Messages of servers as bytes, and back. Values travel as `core/sql/session/value-codec.ts` writes
 * them: lossless, and in one form each.
 */
import { SqlError } from '../../core/sql/error.ts';
import type { ByteReader, ByteWriter } from '../../core/sql/session/bytes.ts';
import { readColumnType, writeColumnType } from '../../core/sql/session/value-codec.ts';
import type { Value } from '../../core/sql/types/type.ts';
import { unreachable } from '../../core/types/assert.ts';
import { readDisplay, writeDisplay } from './display-codec.ts';
import * as fields from './fields.ts';
import { encodeFrame, openFrame } from './frame.ts';
import { CHANGE_OPERATIONS, ROWS_BYTES, SESSION_STATUSES } from './message.ts';
import type {
  ChangeMessage,
  Members,
  ServerFrame,
  ServerMessage,
  SessionState,
  WireColumn,
} from './message.ts';

/** Kinds on the wire; stable for ever. */
export const SERVER_KINDS: Readonly<Record<ServerMessage['kind'], number>> = {
  welcome: 129,
  redirect: 130,
  columns: 131,
  rows: 132,
  done: 133,
  error: 134,
  prepared: 135,
  change: 136,
  pong: 137,
  goodbye: 138,
};

const NAMES: ReadonlyMap<number, ServerMessage['kind']> = new Map(
  Object.entries(SERVER_KINDS).map(([name, kind]) => [kind, name as ServerMessage['kind']]),
);

/** The whole frame. */
export function encodeServer(channel: number, request: number, message: ServerMessage): Uint8Array {
  return encodeFrame(SERVER_KINDS[message.kind], channel, request, (out) => write(out, message));
}

function write(out: ByteWriter, message: ServerMessage): void {
  switch (message.kind) {
    case 'welcome':
      out.varint(message.version);
      fields.writeHash(out, message.cluster);
      out.varint(message.replica);
      writeMembers(out, message.members);
      for (const text of [message.user, message.role, message.tenant]) out.text(text);
      return out.varint(message.requestsMax);
    case 'redirect':
      return writeMembers(out, message.members);
    case 'columns':
      writeDisplay(out, message.display);
      return fields.writeList(out, message.columns, writeColumn);
    case 'rows':
      writeRows(out, message.rows, 0, Number.POSITIVE_INFINITY);
      return undefined;
    case 'done':
      writeState(out, message.state);
      out.text(message.tag);
      out.varint(message.count);
      out.varint(message.position);
      return fields.writeList(out, message.notices, fields.writeTold);
    case 'error':
      writeState(out, message.state);
      return writeError(out, message.error);
    case 'prepared':
      return out.varint(message.prepared);
    case 'change':
      return writeChange(out, message);
    case 'goodbye':
      return fields.writeTold(out, message.reason);
    case 'pong':
      return undefined;
    default:
      return unreachable(message);
  }
}

/** `frame`: without its length. Keeps no view of it. A string says why it is refused. */
export function decodeServer(frame: Uint8Array): ServerFrame | string {
  const view = openFrame(frame);
  if (typeof view === 'string') return view;
  const { kind, channel, request, body } = view;
  const name = NAMES.get(kind);
  if (name === undefined) return `unknown kind ${kind} of message`;
  const message = read(body, name);
  if (!body.complete) return `a malformed ${name.toUpperCase()}`;
  return { channel, request, message };
}

function read(from: ByteReader, kind: ServerMessage['kind']): ServerMessage {
  switch (kind) {
    case 'welcome':
      return {
        kind,
        version: from.varint(),
        cluster: fields.readHash(from),
        replica: from.varint(),
        members: readMembers(from),
        user: from.text(),
        role: from.text(),
        tenant: from.text(),
        requestsMax: from.varint(),
      };
    case 'redirect':
      return { kind, members: readMembers(from) };
    case 'columns':
      return { kind, display: readDisplay(from), columns: fields.readList(from, readColumn) };
    case 'rows':
      return { kind, rows: readRows(from) };
    case 'done':
      return {
        kind,
        state: readState(from),
        tag: from.text(),
        count: from.varint(),
        position: from.varint(),
        notices: fields.readList(from, (one) => one.text()),
      };
    case 'error':
      return { kind, state: readState(from), error: readError(from) };
    case 'prepared':
      return { kind, prepared: from.varint() };
    case 'change':
      return readChange(from);
    case 'goodbye':
      return { kind, reason: from.text() };
    case 'pong':
      return { kind };
    default:
      return unreachable(kind);
  }
}

function writeMembers(out: ByteWriter, members: Members): void {
  out.varint(members.view);
  fields.writeOrNone(out, members.primary);
  fields.writeList(out, members.addresses, (to, address) => to.text(address));
}

function readMembers(from: ByteReader): Members {
  const view = from.varint();
  const primary = fields.readOrNone(from);
  const addresses = fields.readList(from, fields.readName);
  if (primary >= addresses.length) from.fail();
  return { view, primary, addresses };
}

function writeState(out: ByteWriter, state: SessionState): void {
  fields.writeChoice(out, SESSION_STATUSES, state.status);
  out.varint(state.number);
  fields.writeBoolean(out, state.settings !== null);
  if (state.settings !== null) fields.writeSettings(out, state.settings);
}

function readState(from: ByteReader): SessionState {
  const status = fields.readChoice(from, SESSION_STATUSES);
  const number = from.varint();
  const settings = fields.readBoolean(from) ? fields.readSettings(from) : null;
  return { status, number, settings };
}

function writeError(out: ByteWriter, error: SqlError): void {
  const { code, message, detail, hint, constraint, table, column, at } = error;
  for (const text of [code, message, detail, hint, constraint, table, column]) {
    fields.writeTold(out, text);
  }
  fields.writeOrNone(out, at);
}

function readError(from: ByteReader): SqlError {
  const code = from.text();
  const message = from.text();
  const detail = from.text();
  const hint = from.text();
  const constraint = from.text();
  const table = from.text();
  const column = from.text();
  const at = fields.readOrNone(from);
  return new SqlError(code, message, { detail, hint, constraint, table, column, at });
}

function writeColumn(out: ByteWriter, column: WireColumn): void {
  out.text(column.name);
  writeColumnType(out, column);
}

function readColumn(from: ByteReader): WireColumn {
  return { name: from.text(), ...readColumnType(from) };
}

/** Rows of no columns take no bytes; a frame holds at most this many of them. */
const EMPTY_ROWS_MAX = 4096;

/**
 * `columns varint`, then values to the end; of no columns: their number. Returns the index of the
 * first row that was not written, because the frame is long enough without it.
 */
function writeRows(
  out: ByteWriter,
  rows: readonly (readonly Value[])[],
  from: number,
  bytesMax: number,
): number {
  const width = rows[from]?.length ?? 0;
  out.varint(width);
  if (width === 0) {
    const count = Math.min(rows.length - from, EMPTY_ROWS_MAX);
    out.varint(count);
    return from + count;
  }
  const end = out.end + bytesMax;
  let at = from;
  for (; at < rows.length && out.end < end; at += 1) fields.writeValues(out, rows[at]!);
  return at;
}

/** A frame of rows from one on: as many as make it about `ROWS_BYTES` long. */
export function encodeRows(
  channel: number,
  request: number,
  rows: readonly (readonly Value[])[],
  from: number,
): { readonly frame: Uint8Array; readonly next: number } {
  let next = from;
  const frame = encodeFrame(SERVER_KINDS.rows, channel, request, (out) => {
    next = writeRows(out, rows, from, ROWS_BYTES);
  });
  return { frame, next };
}

function readRows(from: ByteReader): Value[][] {
  const width = from.count();
  const rows: Value[][] = [];
  if (width === 0) {
    const count = from.varint();
    if (count > EMPTY_ROWS_MAX) from.fail();
    for (let i = 0; i < count && !from.failed; i += 1) rows.push([]);
    return rows;
  }
  while (from.left > 0 && !from.failed) rows.push(fields.readValues(from, width));
  return rows;
}

function writeChange(out: ByteWriter, change: ChangeMessage): void {
  out.varint(change.position);
  out.varint(change.timestamp);
  fields.writeBoolean(out, change.actor !== null);
  if (change.actor !== null) fields.writeTold(out, change.actor);
  out.text(change.schema);
  out.text(change.table);
  fields.writeChoice(out, CHANGE_OPERATIONS, change.operation);
  fields.writeBoolean(out, change.last);
  fields.writeList(out, change.columns, (to, column) => {
    writeColumn(to, column);
    fields.writeBoolean(to, column.key);
  });
  for (const values of [change.before, change.after]) {
    fields.writeBoolean(out, values !== null);
    if (values !== null) fields.writeValues(out, values);
  }
}

function readChange(from: ByteReader): ChangeMessage {
  const position = from.varint();
  const timestamp = from.varint();
  const actor = fields.readBoolean(from) ? from.text() : null;
  const schema = from.text();
  const table = from.text();
  const operation = fields.readChoice(from, CHANGE_OPERATIONS);
  const last = fields.readBoolean(from);
  const columns = fields.readList(from, (one) => {
    return { ...readColumn(one), key: fields.readBoolean(one) };
  });
  const values = (): readonly Value[] | null =>
    fields.readBoolean(from) ? fields.readValues(from, columns.length) : null;
  const before = values();
  const after = values();
  const names = { schema, table, operation, last, columns, before, after };
  return { kind: 'change', position, timestamp, actor, ...names };
}
