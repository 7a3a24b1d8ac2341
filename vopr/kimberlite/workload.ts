/**
 * What clients do: the k-th operation of client i as a function of (seed, i, k) alone, drawn
 * through the host, so that dropping one operation from a trace changes no other. Only two values
 * follow from what the client was told: the position it expects a stream at, and the token it reads
 * with.
 *
 * Every event of a run is different and says where it belongs: tenant, client, operation and number
 * stand at its beginning, so that one event in the wrong place is proof by itself.
 *
 * Cost: a handful of draws an operation; bodies are cut from an arena.
 */
import { readU32, writeU32 } from '../../core/codec/bytes.ts';
import {
  OPERATION_APPEND,
  OPERATION_CREATE_TENANT,
  POSITION_ANY,
  TENANT_SYSTEM,
  appendBytes,
  encodeAppendInto,
  encodeCreateTenant,
  encodeHead,
  encodeRead,
} from '../../core/kernel/operation.ts';
import type { Limits } from '../../core/limits.ts';
import { assert } from '../../core/types/assert.ts';
import { LATEST, WORK_APPEND, WORK_CREATE_TENANT, WORK_HEAD, WORK_READ } from './history.ts';

/** Draws an integer in [0, n) for a site of this operation. */
export type Draw = (site: number, n: number) => number;

/** What the client knows that an operation may refer to. */
export interface Knowledge {
  /** Length it last heard of for this stream of this tenant; 0 when it heard of none. */
  streamLength(tenant: number, stream: number): number;
  /** Newest position token it holds of this tenant, or `LATEST` when it holds none. */
  token(tenant: number): number;
}

export interface Work {
  kind: number;
  /** Tenant that the operation is sent to. */
  tenant: number;
  /** Kernel operation of a write; 0 of a read. */
  operation: number;
  /** Stream number; of a create, the tenant to be created. */
  subject: number;
  /** Of a read: the position token, or `LATEST`. */
  position: number;
  body: Uint8Array;
}

export const SITE_KIND = 0;
export const SITE_TENANT = 1;
const SITE_STREAM = 2;
const SITE_EVENTS = 3;
const SITE_EXPECT = 4;
const SITE_BYTES = 5;
const SITE_FROM = 6;
const SITE_TOKEN = 7;
export const SITE_THINK = 8;

/** Tenants that clients use; few, so that they meet. One more is never created on purpose. */
const TENANTS = 3;
const STREAMS = 3;
const EVENTS_MAX = 3;
const EVENT_HEAD_BYTES = 16;
/** Of most events, and of one in eight: small ones show as much and are hashed, copied sooner. */
const EVENT_TAIL_BYTES = 24;
const EVENT_TAIL_BYTES_MAX = 96;
const EVENT_BYTES_MAX = EVENT_HEAD_BYTES + EVENT_TAIL_BYTES_MAX;
const ARENA_BYTES = 1 << 15;

const STREAM_NAMES: readonly Uint8Array[] = [
  Uint8Array.of(0x61),
  Uint8Array.of(0x61, 0x62),
  Uint8Array.of(0x6c, 0x65, 0x64, 0x67, 0x65, 0x72),
];

/** Bodies live as long as anyone refers to them; a full chunk is left to the collector. */
let arena: Uint8Array = new Uint8Array(ARENA_BYTES);
let arenaUsed = 0;
const scratch: Uint8Array = new Uint8Array(EVENTS_MAX * EVENT_BYTES_MAX);

function cut(bytes: number): Uint8Array {
  assert(bytes <= ARENA_BYTES, 'a body fits a chunk');
  if (arenaUsed + bytes > ARENA_BYTES) {
    arena = new Uint8Array(ARENA_BYTES);
    arenaUsed = 0;
  }
  const out = arena.subarray(arenaUsed, arenaUsed + bytes);
  arenaUsed += bytes;
  return out;
}

export function streamName(stream: number): Uint8Array {
  return STREAM_NAMES[stream]!;
}

/** Fills in operation `k` of `client`. */
export function nextWork(
  client: number,
  k: number,
  draw: Draw,
  knows: Knowledge,
  limits: Limits,
  into: Work,
): void {
  const roll = draw(SITE_KIND, 100);
  // Somebody has to begin; the first operations of a run make the tenants.
  if (k === 0 || roll < 3) createTenant(client, k, draw, into);
  else if (roll < 82) append(client, k, draw, knows, limits, into);
  else read(roll < 93 ? WORK_READ : WORK_HEAD, draw, knows, limits, into);
}

/** Fills in an operation of a client that only reads. */
export function nextRead(draw: Draw, knows: Knowledge, limits: Limits, into: Work): void {
  read(draw(SITE_KIND, 2) === 0 ? WORK_READ : WORK_HEAD, draw, knows, limits, into);
}

function createTenant(client: number, k: number, draw: Draw, into: Work): void {
  // Now and then a number that no cluster may give out.
  const odd = k > 0 && draw(SITE_STREAM, 8) === 0;
  const tenant = k === 0 ? 1 + (client % 2) : 1 + draw(SITE_TENANT, TENANTS);
  into.kind = WORK_CREATE_TENANT;
  into.tenant = TENANT_SYSTEM;
  into.operation = OPERATION_CREATE_TENANT;
  into.subject = odd ? 0 : tenant;
  into.position = LATEST;
  into.body = encodeCreateTenant(into.subject);
}

function append(
  client: number,
  k: number,
  draw: Draw,
  knows: Knowledge,
  limits: Limits,
  into: Work,
): void {
  into.kind = WORK_APPEND;
  into.tenant = drawTenant(draw);
  into.operation = OPERATION_APPEND;
  into.subject = draw(SITE_STREAM, STREAMS);
  into.position = LATEST;
  const count = 1 + draw(SITE_EVENTS, Math.min(EVENTS_MAX, limits.eventsPerAppendMax));
  const events: Uint8Array[] = [];
  for (let j = 0; j < count; j += 1) events.push(drawEvent(into.tenant, client, k, j, draw));
  const request = {
    stream: streamName(into.subject),
    expectedPosition: drawExpected(draw, knows.streamLength(into.tenant, into.subject)),
    events,
  };
  into.body = cut(appendBytes(request));
  encodeAppendInto(request, into.body, 0);
}

function read(kind: number, draw: Draw, knows: Knowledge, limits: Limits, into: Work): void {
  into.kind = kind;
  into.tenant = drawTenant(draw);
  into.operation = 0;
  into.subject = draw(SITE_STREAM, STREAMS);
  into.position = draw(SITE_TOKEN, 2) === 0 ? LATEST : knows.token(into.tenant);
  const name = streamName(into.subject);
  if (kind === WORK_HEAD) {
    into.body = encodeHead(name);
    return;
  }
  // Mostly the newest events that the client has heard of, sometimes the oldest, or past the end.
  const length = knows.streamLength(into.tenant, into.subject);
  const roll = draw(SITE_FROM, 8);
  const from = roll === 0 ? 0 : roll === 1 ? length + 1 : Math.max(0, length - roll);
  into.body = encodeRead(name, from, 1 + draw(SITE_EVENTS, limits.queryEventsMax));
}

/** Mostly the two tenants that the first operations create, sometimes one that may not exist. */
export function drawTenant(draw: Draw): number {
  const roll = draw(SITE_TENANT, 16);
  return roll === 0 ? TENANTS : 1 + (roll & 1);
}

/** Any position, the right one as far as the client knows, or a stale one. */
function drawExpected(draw: Draw, length: number): number {
  const roll = draw(SITE_EXPECT, 8);
  if (roll < 4) return POSITION_ANY;
  if (roll < 7) return length;
  return length === 0 ? 1 : length - 1;
}

/** Into scratch space: `encodeAppendInto` copies it before the next operation is made. */
function drawEvent(tenant: number, client: number, k: number, j: number, draw: Draw): Uint8Array {
  const roll = draw(SITE_BYTES + 16 * (j + 1), 8 * EVENT_TAIL_BYTES_MAX);
  const tail = roll < EVENT_TAIL_BYTES_MAX ? roll : roll % EVENT_TAIL_BYTES;
  const from = j * EVENT_BYTES_MAX;
  const event = scratch.subarray(from, from + EVENT_HEAD_BYTES + tail);
  writeU32(event, 0, tenant);
  writeU32(event, 4, client);
  writeU32(event, 8, k);
  writeU32(event, 12, j);
  event.fill((tenant * 31 + client * 7 + k + j) & 0xff, EVENT_HEAD_BYTES);
  return event;
}

/** The tenant for which a client wrote this event. */
export function tenantOfEvent(bytes: Uint8Array, from: number): number {
  return readU32(bytes, from);
}
