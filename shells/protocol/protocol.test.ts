/** The bytes of the client protocol: every message, every refusal. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SqlError } from '../../core/sql/error.ts';
import {
  BYTES_STYLES,
  DATE_ORDERS,
  DATE_STYLES,
  FLOAT_DIGITS_MAX,
  FLOAT_DIGITS_MIN,
  INTERVAL_STYLES,
} from '../../core/sql/types/style.ts';
import { findZone } from '../../core/sql/types/zone.ts';
import type { Value } from '../../core/sql/types/type.ts';
import { INT4, TEXT } from '../../core/sql/types/type.ts';
import { make128 } from '../../core/types/hash128.ts';
import { CLIENT_KINDS, decodeClient, encodeClient } from './client-codec.ts';
import { encodeFrame } from './frame.ts';
import { decodeServer, encodeServer, SERVER_KINDS } from './server-codec.ts';
import type { ClientMessage, ServerMessage, WireParameter } from './message.ts';
import * as m from './message.ts';
import { FrameStream } from './stream.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const natural = fc.maxSafeNat().map((n) => Math.min(n, Number.MAX_SAFE_INTEGER - 1));
const orNone = fc.oneof(fc.constant(-1), natural);
const hash = fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()).map((p) => make128(...p));
const bytes = fc.uint8Array({ maxLength: 40 }).map((b) => new Uint8Array(b));
const settings = fc.array(fc.tuple(text, text), { maxLength: 3 });
const laneNumber = fc.integer({ min: 1, max: 0xffff_ffff });

const scalar: fc.Arbitrary<WireParameter> = fc.oneof(
  fc.constantFrom(null, true, false, -0, Number.NaN, Number.POSITIVE_INFINITY),
  fc.double(),
  fc.bigInt(),
  text,
  bytes,
  fc.date(),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.constant({ a: [1, null, 'x'] }),
);
const parameter: fc.Arbitrary<WireParameter> = fc.oneof(
  scalar,
  fc.array(fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })), { maxLength: 3 }),
);

const client: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('hello' as const),
    versionMin: natural,
    versionMax: natural,
    key: text,
    tenant: text,
    client: text,
  }),
  fc.record({ kind: fc.constant('open' as const), lane: hash, settings }),
  fc.record({
    kind: fc.constant('execute' as const),
    number: laneNumber,
    deadlineMillis: natural,
    position: orNone,
    credit: natural,
    statement: fc.oneof(text, natural),
    parameters: fc.array(parameter, { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('prepare' as const), text }),
  fc.record({ kind: fc.constant('unprepare' as const), prepared: natural }),
  fc.record({ kind: fc.constant('resolve' as const), number: laneNumber }),
  fc.record({ kind: fc.constant('credit' as const), bytes: natural }),
  fc.record({
    kind: fc.constant('subscribe' as const),
    after: orNone,
    snapshot: fc.boolean(),
    tables: fc.array(text, { maxLength: 3 }),
    credit: natural,
  }),
  fc.record({
    kind: fc.constant('admin' as const),
    number: laneNumber,
    deadlineMillis: natural,
    action: fc.constantFrom(...m.ADMIN_ACTIONS),
    change: bytes,
  }),
  fc.record({ kind: fc.constant('verify' as const), deadlineMillis: natural }),
  fc.record({ kind: fc.constantFrom('close' as const, 'cancel' as const, 'ping' as const) }),
);

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom(null, true, false),
  fc.double().filter((n) => !Object.is(n, Number.NaN)),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
  text.filter((t) => !t.includes('\0')),
  bytes,
);
const type = fc.constantFrom({ id: INT4, modifier: -1 }, { id: TEXT, modifier: 12 });
const members = fc
  .record({ view: natural, addresses: fc.array(text, { maxLength: 3 }) })
  .map((one) => ({ ...one, primary: one.addresses.length - 1 }));
const state = fc.record({
  status: fc.constantFrom(...m.SESSION_STATUSES),
  number: natural,
  settings: fc.option(settings),
});
const rows = fc
  .integer({ min: 0, max: 3 })
  .chain((width) =>
    fc.array(fc.array(value, { minLength: width, maxLength: width }), { maxLength: 4 }),
  );
const column = fc.record({ name: text, type, key: fc.boolean() });
const change = fc.array(column, { maxLength: 3 }).chain((columns) => {
  const { length } = columns;
  const values = fc.option(fc.array(value, { minLength: length, maxLength: length }));
  return fc.record({
    kind: fc.constant('change' as const),
    position: natural,
    timestamp: natural,
    actor: fc.option(text),
    schema: text,
    table: text,
    operation: fc.constantFrom(...m.CHANGE_OPERATIONS),
    last: fc.boolean(),
    columns: fc.constant(columns),
    before: values,
    after: values,
  });
});

const server: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('welcome' as const),
    version: natural,
    cluster: hash,
    replica: natural,
    members,
    user: text,
    role: text,
    tenant: text,
    requestsMax: natural,
  }),
  fc.record({ kind: fc.constant('redirect' as const), members }),
  fc.record({
    kind: fc.constant('columns' as const),
    display: fc.record({
      zone: fc.constantFrom('UTC', 'Europe/Berlin', '<+03>-03').map((name) => findZone(name)!),
      style: fc.record({
        dates: fc.constantFrom(...DATE_STYLES),
        order: fc.constantFrom(...DATE_ORDERS),
        intervals: fc.constantFrom(...INTERVAL_STYLES),
        bytes: fc.constantFrom(...BYTES_STYLES),
        floatDigits: fc.integer({ min: FLOAT_DIGITS_MIN, max: FLOAT_DIGITS_MAX }),
      }),
    }),
    columns: fc.array(fc.record({ name: text, type }), { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('rows' as const), rows }),
  fc.record({
    kind: fc.constant('done' as const),
    state,
    tag: text,
    count: natural,
    position: natural,
    notices: fc.array(text, { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('error' as const),
    state,
    error: fc
      .tuple(text, text, text, orNone)
      .map(([code, message, detail, at]) => new SqlError(code, message, { detail, at })),
  }),
  fc.record({ kind: fc.constant('prepared' as const), prepared: natural }),
  change,
  fc.record({ kind: fc.constant('goodbye' as const), reason: text }),
  fc.record({ kind: fc.constant('pong' as const) }),
);

/** Where a message of this kind may stand. */
function channelOf(message: ClientMessage): number {
  return ['hello', 'ping', 'subscribe'].includes(message.kind) ? 0 : 7;
}

describe('the client protocol', () => {
  test('every message of a client comes back as it was', () => {
    fc.assert(
      fc.property(client, fc.integer({ min: 1, max: 0xffff_ffff }), (message, request) => {
        const channel = channelOf(message);
        const frame = encodeClient(channel, request, message);
        expect(decodeClient(frame.subarray(4))).toEqual({ channel, request, message });
      }),
      { numRuns: 500 },
    );
  });

  test('every message of a server comes back as it was', () => {
    fc.assert(
      fc.property(server, fc.nat(0xffff), fc.nat(), (message, channel, request) => {
        const frame = encodeServer(channel, request, message);
        expect(decodeServer(frame.subarray(4))).toEqual({ channel, request, message });
      }),
      { numRuns: 500 },
    );
  });

  test('any chunks of a stream give the same messages', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(fc.array(client, { minLength: 1, maxLength: 5 }), sizes, (messages, cuts) => {
        const all = Buffer.concat(
          messages.map((one, i) => encodeClient(channelOf(one), i + 1, one)),
        );
        const got: ClientMessage[] = [];
        const stream = new FrameStream(m.CLIENT_FRAME_BYTES_MAX, decodeClient, ({ message }) => {
          got.push(message);
          return true;
        });
        for (let at = 0, i = 0; at < all.length; i += 1) {
          const size = cuts[i % cuts.length]!;
          expect(stream.push(all.subarray(at, at + size))).toBe(true);
          at += size;
        }
        expect(got).toEqual(messages);
      }),
    );
  });

  test('a changed bit is refused, and so is a lost byte', () => {
    fc.assert(
      fc.property(client, fc.nat(), (message, at) => {
        const frame = encodeClient(channelOf(message), 1, message).subarray(4);
        const changed = frame.slice();
        changed[at % frame.length]! ^= 1 << (at & 7);
        expect(decodeClient(changed)).toBeTypeOf('string');
        expect(decodeClient(frame.subarray(0, frame.length - 1))).toBeTypeOf('string');
      }),
    );
  });

  test('bytes of any kind are refused or read, and never throw', () => {
    const kinds = [...Object.values(CLIENT_KINDS), ...Object.values(SERVER_KINDS), 0, 14, 255];
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.nat(300), bytes, (kind, channel, body) => {
        const frame = encodeAny(kind, channel, body);
        for (const decoded of [decodeClient(frame), decodeServer(frame)]) {
          if (typeof decoded === 'string') continue;
          expect(decoded.channel).toBe(channel);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('says precisely what is wrong', () => {
    const ping = encodeClient(0, 1, { kind: 'ping' }).subarray(4);
    expect(decodeClient(ping.subarray(0, 8))).toBe('a frame is too short');
    expect(decodeClient(encodeAny(77, 0, new Uint8Array(0)))).toBe('unknown kind 77 of message');
    const channelless = encodeAny(CLIENT_KINDS.execute, 0, new Uint8Array(0));
    expect(decodeClient(channelless)).toBe('EXECUTE on channel 0');
    expect(decodeClient(encodeAny(CLIENT_KINDS.ping, 0, Uint8Array.of(1)))).toBe(
      'a malformed PING',
    );
    const stream = new FrameStream(100, decodeClient, () => true);
    expect(stream.push(Uint8Array.of(101, 0, 0, 0))).toBe(false);
    expect(stream.refused).toBe('a frame is longer than 100 bytes');
  });

  test('docs/protocol.md has every kind, and no other', () => {
    const document = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
    const rows = [...document.matchAll(/^\| (\d+) +\| ([A-Z]+) /gm)];
    const written = rows.map(([, kind, name]) => [name!.toLowerCase(), Number(kind)]);
    expect(written).toEqual([...Object.entries(CLIENT_KINDS), ...Object.entries(SERVER_KINDS)]);
  });

  test('a text that is no Unicode is refused where it is data, and mended where it is told', () => {
    const half = 'a\ud800';
    expect(() => encodeClient(1, 1, { kind: 'prepare', text: half })).toThrow('surrogate');
    const error = new SqlError('42601', `at "${half}"`);
    const frame = encodeServer(1, 1, { kind: 'error', state: m.NO_STATE, error });
    expect(decodeServer(frame.subarray(4))).toMatchObject({
      message: { error: { message: 'at "a\ufffd"' } },
    });
  });
});

/** A frame without its length, with a good checksum, of whatever body. */
function encodeAny(kind: number, channel: number, body: Uint8Array): Uint8Array {
  return encodeFrame(kind, channel, 1, (out) => out.raw(body, 0, body.length)).subarray(4);
}
