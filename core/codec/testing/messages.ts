/**
 * Arbitrary messages of every kind, for property tests: valid ones, as a node could send them.
 */
import fc from 'fast-check';
import { checksum128 } from '../../crypto/blake3.ts';
import { TINY } from '../../limits.ts';
import type { Hash128 } from '../../types/hash128.ts';
import { ZERO128, make128 } from '../../types/hash128.ts';
import type { Checkpoint, Message, Unit } from '../../vsr/message.ts';
import * as m from '../../vsr/message.ts';
import type { Checksummer, Prepare, PrepareHeader } from '../prepare.ts';
import { PREPARE_HEADER_BYTES, PREPARE_SALT_BYTES, buildPrepare } from '../prepare.ts';
import { requestChecksum } from '../request.ts';

export const HASH: Checksummer = { checksum128 };
export const CLUSTER: Hash128 = make128(1, 2, 3, 4);

/** A well-formed prepare; `body` is the client's part, after two salts. */
export function prepareAt(op: number, parent: Hash128, view: number, body: Uint8Array): Prepare {
  const bytes = new Uint8Array(PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES + body.length);
  bytes.set(body, PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES);
  const fields = {
    parent,
    cluster: CLUSTER,
    client: make128(9, 9, 9, 9),
    requestChecksum: make128(8, 8, 8, op),
    op,
    timestamp: 1_000_000 + op,
    session: 3,
    view,
    epoch: 1,
    release: 2,
    request: op % 1000,
    shard: 0,
    tenant: 1,
    operation: 16,
  };
  return buildPrepare(fields, bytes, HASH);
}

/** A chain of prepares from op `first`, oldest first. */
export function chain(first: number, count: number, view: number): Prepare[] {
  const prepares: Prepare[] = [];
  let parent = make128(7, 7, 7, first);
  for (let i = 0; i < count; i += 1) {
    const prepare = prepareAt(first + i, parent, view, Uint8Array.of(i, view));
    prepares.push(prepare);
    parent = prepare.header.checksum;
  }
  return prepares;
}

/** Headers of a chain, newest first, as a log's end goes over the wire. */
export function suffix(first: number, count: number, view: number): PrepareHeader[] {
  return chain(first, count, view)
    .map((prepare) => prepare.header)
    .reverse();
}

export const u32: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, 1, 0xffff_ffff),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);
export const u64: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, 1, 0xffff_ffff, 0x1_0000_0000, Number.MAX_SAFE_INTEGER),
  fc.maxSafeNat(),
);
const position = fc.oneof(fc.constant(-1), fc.nat(), fc.constant(Number.MAX_SAFE_INTEGER - 1));
const word = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
export const hash: fc.Arbitrary<Hash128> = fc.oneof(
  fc.constant(ZERO128),
  fc.tuple(word, word, word, word).map(([a, b, c, d]) => make128(a, b, c, d)),
);
const bytes = fc.uint8Array({ maxLength: 300 });
const view = u32;
const smallOp = fc.integer({ min: 40, max: 1_000_000 });

const unit: fc.Arbitrary<Unit> = fc.oneof(
  fc.record({
    kind: fc.constant(m.UNIT_PAGE),
    tenant: u32,
    index: u64,
    count: fc.constant(1),
    checksum: hash,
  }),
  fc.record({
    kind: fc.constant(m.UNIT_LOG),
    tenant: u32,
    index: u64,
    count: fc.integer({ min: 1, max: 1000 }),
    checksum: hash,
  }),
);

const checkpoint: fc.Arbitrary<Checkpoint> = fc.record({
  op: u64,
  head: hash,
  timestamp: u64,
  rootPage: u32,
  root: hash,
});

const request = fc
  .record({
    client: hash,
    session: u64,
    request: u32,
    parent: hash,
    operation: fc.integer({ min: 0, max: 0xffff }),
    tenant: u32,
    body: bytes,
  })
  .map((fields): Message => {
    return { kind: m.REQUEST, ...fields, checksum: requestChecksum(fields, HASH) };
  });

const prepare = fc
  .tuple(fc.constantFrom(m.PREPARE, m.REPAIR_PREPARE), view, u64, u64, hash, bytes)
  .map(([kind, at, commit, op, parent, body]): Message => {
    const safeOp = Math.min(op, Number.MAX_SAFE_INTEGER - 2_000_000);
    return { kind, view: at, commit, prepare: prepareAt(safeOp, parent, at, body) };
  });

const doViewChange = fc
  .record({
    view,
    logView: u32,
    first: smallOp,
    count: fc.integer({ min: 0, max: TINY.pipelineMax + 1 }),
    commit: u64,
    checkpoint: u64,
    blanks: fc.nat(15),
    present: fc.nat(15),
    nack: fc.nat(15),
  })
  .map((d): Message => {
    const all = (1 << d.count) - 1;
    const known = all & ~d.blanks;
    const present = known & d.present;
    const nack = all & d.nack & ~present;
    const headers = suffix(d.first, d.count, 5).map((header, i) =>
      (known & (1 << i)) === 0 ? null : header,
    );
    const op = d.count === 0 ? d.first : d.first + d.count - 1;
    const { logView, commit, checkpoint: at } = d;
    return {
      kind: m.DO_VIEW_CHANGE,
      view: d.view,
      logView,
      op,
      commit,
      checkpoint: at,
      headers,
      present,
      nack,
    };
  });

const startView = fc
  .record({ view, first: smallOp, count: fc.nat(6), commit: u64, checkpoint, nonce: hash })
  .map((s): Message => {
    const op = s.count === 0 ? s.first : s.first + s.count - 1;
    const headers = suffix(s.first, s.count, 5);
    const { commit, nonce } = s;
    return {
      kind: m.START_VIEW,
      view: s.view,
      op,
      commit,
      checkpoint: s.checkpoint,
      headers,
      nonce,
    };
  });

const headers = fc.tuple(view, smallOp, fc.nat(6)).map(([at, first, count]): Message => {
  return { kind: m.HEADERS, view: at, headers: suffix(first, count, 2) };
});

const requestHeaders = fc.tuple(view, u64, u64).map(([at, x, y]): Message => {
  return { kind: m.REQUEST_HEADERS, view: at, opMin: Math.min(x, y), opMax: Math.max(x, y) };
});

function of<K extends number>(kind: K): { kind: fc.Arbitrary<K> } {
  return { kind: fc.constant(kind) };
}

/** One arbitrary for each kind, in the order of the kinds where that is natural. */
export const MESSAGES: readonly fc.Arbitrary<Message>[] = [
  request,
  fc.record({
    ...of(m.REPLY),
    view,
    client: hash,
    session: u64,
    request: u32,
    requestChecksum: hash,
    op: u64,
    position,
    status: u32,
    body: bytes,
  }),
  fc.record({ ...of(m.EVICTED), client: hash, session: u64, reason: u32, view }),
  fc.record({ ...of(m.QUERY), client: hash, query: u32, tenant: u32, position, body: bytes }),
  fc.record({
    ...of(m.QUERY_REPLY),
    client: hash,
    query: u32,
    view,
    position,
    status: u32,
    body: bytes,
  }),
  prepare,
  fc.record({ ...of(m.PREPARE_OK), view, op: u64, checksum: hash, commit: u64, checkpoint: u64 }),
  fc.record({
    ...of(m.COMMIT),
    view,
    commit: u64,
    commitChecksum: hash,
    checkpoint: u64,
    monotonic: u64,
  }),
  fc.record({ ...of(m.START_VIEW_CHANGE), view }),
  doViewChange,
  startView,
  fc.record({ ...of(m.REQUEST_START_VIEW), view, nonce: hash, reach: u64 }),
  requestHeaders,
  headers,
  fc.record({ ...of(m.REQUEST_PREPARE), view, op: u64, checksum: hash }),
  fc.record({ ...of(m.PING), view, monotonic: u64, checkpoint: u64, release: u32 }),
  fc.record({
    ...of(m.PONG),
    view,
    pingMonotonic: u64,
    realtime: u64,
    synchronized: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom(m.CONFIRM_VIEW, m.VIEW_CONFIRMED), view, round: u64 }),
  fc.record({ ...of(m.REQUEST_UNIT), unit }),
  fc.record({ ...of(m.UNIT), unit, bytes: fc.option(bytes, { nil: null }) }),
  fc.record({ ...of(m.RECOVER), nonce: hash }),
  fc.record({ ...of(m.RECOVERED), nonce: hash, view, op: u64, commit: u64 }),
];

export const anyMessage: fc.Arbitrary<Message> = fc.oneof(...MESSAGES);
