/**
 * The history of a run as the search-based checker reads it: streams and tenants as sequential
 * objects that know nothing of a log, of ops or of positions in it.
 *
 * Each stream is an object of its own, and so is each tenant's existence. An operation that says
 * something about both becomes a call on each; that forgets that both happened at one moment, so it
 * may miss a violation but never invents one (the log-position check misses none of these). Reads
 * with a token promise less than linearizability and are left out.
 *
 * For one seed in 64, so clarity wins over speed: events are texts.
 */
import type { QueryView } from '../../core/kernel/operation.ts';
import {
  POSITION_ANY,
  STATUS_CONFLICT,
  STATUS_OK,
  STATUS_TENANT_EXISTS,
  STATUS_UNKNOWN_STREAM,
  STATUS_UNKNOWN_TENANT,
  appendView,
  decodeAppend,
  decodeAppendReply,
  decodeConflictReply,
  decodeCreateTenant,
  decodeHeadReply,
  decodeQuery,
  decodeReadReply,
  nextEvent,
  queryView,
} from '../../core/kernel/operation.ts';
import type { Limits } from '../../core/limits.ts';
import { assert } from '../../core/types/assert.ts';
import type { Call, Machine, Model } from '../../invariants/linearizability/model.ts';
import { REFUSED, UNKNOWN } from '../../invariants/linearizability/model.ts';
import { Interner } from '../../invariants/linearizability/models/interner.ts';
import type { History } from './history.ts';
import {
  LATEST,
  OPEN,
  WORK_APPEND,
  WORK_CREATE_TENANT,
  WORK_HEAD,
  WORK_REGISTER,
} from './history.ts';

/** What a call says of one object. `events` are texts that no two appends share. */
export type OracleOp =
  | { readonly kind: 'create'; readonly object: string; readonly created: boolean | null }
  | { readonly kind: 'exists'; readonly object: string; readonly exists: boolean }
  | {
      readonly kind: 'append';
      readonly object: string;
      readonly expected: number;
      readonly events: readonly string[];
      /** Length before an append that worked; of a conflict, the length; null: nobody knows. */
      readonly length: number | null;
      readonly conflict: boolean;
    }
  | {
      readonly kind: 'read';
      readonly object: string;
      readonly length: number;
      readonly from: number;
      readonly events: readonly string[];
    };

const EVENT_HEADER_BYTES = 4;

/** Streams and tenants, each partitioned by its name. */
export function oracleModel(): Model<OracleOp> {
  return { name: 'streams', partition: (op) => op.object, compile };
}

/** The calls of a history, in the order of their invocation. */
export function oracleCalls(history: History, limits: Limits): Call<OracleOp>[] {
  const calls: Call<OracleOp>[] = [];
  for (let row = 0; row < history.rows; row += 1) {
    const kind = history.kind[row]!;
    if (kind === WORK_REGISTER) continue;
    if (kind === WORK_CREATE_TENANT) addCreate(history, row, calls);
    else if (kind === WORK_APPEND) addAppend(history, row, limits, calls);
    else if (history.position[row] === LATEST && history.returned[row] !== OPEN) {
      addRead(history, row, limits, calls);
    }
  }
  return calls;
}

function add(history: History, row: number, op: OracleOp, calls: Call<OracleOp>[]): void {
  const returned = history.returned[row]!;
  calls.push({
    op,
    invoked: history.invoked[row]!,
    returned: returned === OPEN ? UNKNOWN : returned,
  });
}

function addCreate(history: History, row: number, calls: Call<OracleOp>[]): void {
  const body = history.body[row]!;
  const object = `tenant ${decodeCreateTenant(body, 0, body.length)}`;
  const reply = history.reply[row]!;
  if (reply === null) add(history, row, { kind: 'create', object, created: null }, calls);
  else if (reply.status === STATUS_OK) {
    add(history, row, { kind: 'create', object, created: true }, calls);
  } else if (reply.status === STATUS_TENANT_EXISTS) {
    add(history, row, { kind: 'create', object, created: false }, calls);
  }
}

function addAppend(history: History, row: number, limits: Limits, calls: Call<OracleOp>[]): void {
  const body = history.body[row]!;
  const view = appendView();
  const sound = decodeAppend(body, 0, body.length, limits, view);
  assert(sound, 'clients send well-formed appends');
  const tenant = history.tenant[row]!;
  const name = body.subarray(view.nameFrom, view.nameFrom + view.nameBytes);
  const events: string[] = [];
  for (let at = view.eventsFrom; at < view.eventsEnd;) {
    const next = nextEvent(body, at, view.eventsEnd);
    events.push(text(body.subarray(at + EVENT_HEADER_BYTES, next)));
    at = next;
  }
  const object = streamObject(tenant, name);
  const { expectedPosition: expected } = view;
  const reply = history.reply[row]!;
  const base = { kind: 'append', object, expected, events } as const;
  if (reply === null) {
    add(history, row, { ...base, length: null, conflict: false }, calls);
    return;
  }
  addExistence(history, row, tenant, reply.status, calls);
  if (reply.status === STATUS_OK) {
    const length = decodeAppendReply(reply.body)?.first ?? -1;
    add(history, row, { ...base, length, conflict: false }, calls);
  } else if (reply.status === STATUS_CONFLICT) {
    const length = decodeConflictReply(reply.body);
    add(history, row, { ...base, length, conflict: true }, calls);
  }
}

function addRead(history: History, row: number, limits: Limits, calls: Call<OracleOp>[]): void {
  const body = history.body[row]!;
  const view: QueryView = queryView();
  const sound = decodeQuery(body, limits, view);
  assert(sound, 'clients send well-formed queries');
  const tenant = history.tenant[row]!;
  const name = body.subarray(view.nameFrom, view.nameFrom + view.nameBytes);
  const object = streamObject(tenant, name);
  const reply = history.reply[row]!;
  assert(reply !== null, 'an answered read has a reply');
  addExistence(history, row, tenant, reply.status, calls);
  const base = { kind: 'read', object, from: view.from } as const;
  if (reply.status === STATUS_UNKNOWN_STREAM) {
    add(history, row, { ...base, length: 0, events: [] }, calls);
  } else if (reply.status === STATUS_OK && history.kind[row] === WORK_HEAD) {
    add(history, row, { ...base, length: decodeHeadReply(reply.body), events: [] }, calls);
  } else if (reply.status === STATUS_OK) {
    const read = decodeReadReply(reply.body);
    const events = read === null ? [] : read.events.map(text);
    add(history, row, { ...base, length: read?.length ?? -1, events }, calls);
  }
}

/** Every answer about a stream also tells whether its tenant was there. */
function addExistence(
  history: History,
  row: number,
  tenant: number,
  status: number,
  calls: Call<OracleOp>[],
): void {
  const exists = status !== STATUS_UNKNOWN_TENANT;
  add(history, row, { kind: 'exists', object: `tenant ${tenant}`, exists }, calls);
}

function streamObject(tenant: number, name: Uint8Array): string {
  return `stream ${text(name)} of tenant ${tenant}`;
}

function text(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += byte.toString(16).padStart(2, '0');
  return out;
}

/** A state is the list of a stream's events, or whether a tenant exists. */
function compile(calls: readonly Call<OracleOp>[]): Machine {
  const texts = new Interner();
  const lists: (readonly string[])[] = [];
  const stateOf = (list: readonly string[]): number => {
    const state = texts.idOf(list.join(' '));
    lists[state] = list;
    return state;
  };
  const kinds = new Interner();
  const kindOf = calls.map(({ op, returned }) =>
    kinds.idOf(`${returned === UNKNOWN} ${JSON.stringify(op)}`),
  );
  const initial = stateOf([]);
  const present = stateOf(['exists']);
  return {
    initial,
    step: (state, index) => {
      const { op } = calls[index]!;
      if (op.kind === 'create') {
        const fresh = state === initial;
        if (op.created !== null && op.created !== fresh) return REFUSED;
        return present;
      }
      if (op.kind === 'exists') return op.exists === (state !== initial) ? state : REFUSED;
      const list = lists[state]!;
      if (op.kind === 'read') return reads(op, list) ? state : REFUSED;
      return appends(op, list) ? stateOf([...list, ...op.events]) : stays(op, list, state);
    },
    pure: (index) => {
      const { op } = calls[index]!;
      return op.kind === 'exists' || op.kind === 'read' || (op.kind === 'append' && op.conflict);
    },
    kind: (index) => kindOf[index]!,
  };
}

function reads(op: OracleOp & { kind: 'read' }, list: readonly string[]): boolean {
  if (op.length !== list.length) return false;
  return op.events.every((event, i) => list[op.from + i] === event);
}

/** Whether the append takes effect on this stream, with the outcome that its caller was told. */
function appends(op: OracleOp & { kind: 'append' }, list: readonly string[]): boolean {
  const fits = op.expected === POSITION_ANY || op.expected === list.length;
  return fits && !op.conflict && (op.length === null || op.length === list.length);
}

/** It did not: the stream as it is if that is what its caller was told or may believe. */
function stays(op: OracleOp & { kind: 'append' }, list: readonly string[], state: number): number {
  if (op.length === null) return state;
  const refused = op.expected !== POSITION_ANY && op.expected !== list.length;
  return op.conflict && refused && op.length === list.length ? state : REFUSED;
}
