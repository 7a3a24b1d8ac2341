/**
 * The prepare: one op of the replicated log, as bytes, as they stand in the journal and in
 * messages.
 *
 * A prepare is built once, by the primary that first proposes it, and is immutable from then on: a
 * later primary re-proposes identical bytes (`view` stays that of the first proposal). Everyone
 * shares the object by reference; nobody may write into `bytes`.
 *
 * Layout, little-endian, `PREPARE_HEADER_BYTES` followed by the body:
 *   0 checksum 128 (BLAKE3 of bytes 16..192) | 16 magic u32 | 20 format u16 | 22 operation u16
 *  24 bodyBytes u32 | 28 tenant u32 | 32 bodyChecksum 128 (BLAKE3 of the body) | 48 parent 128
 *  64 cluster 128 | 80 client 128 | 96 requestChecksum 128
 * 112 op u64 | 120 timestamp u64 | 128 session u64 | 136 view u32 | 140 epoch u32 | 144 release u32
 * 148 request u32 | 152 shard u32 | 156 zeros to 192
 * The body is two 32-byte salts (request part, outcome part) and then the client's request body.
 */
import type { Hash128 } from '../types/hash128.ts';
import { ZERO128, equal128, matches128, read128, write128 } from '../types/hash128.ts';
import { assert } from '../types/assert.ts';
import { OPERATION_ROOT } from '../types/operation.ts';
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from './bytes.ts';

export const PREPARE_HEADER_BYTES = 192;
export const PREPARE_SALT_BYTES = 64;
export const PREPARE_FORMAT = 1;
const MAGIC = 0x5052504b;
const CHECKED_FROM = 16;

export interface PrepareHeader {
  readonly checksum: Hash128;
  readonly bodyChecksum: Hash128;
  /** Checksum of op - 1's header. */
  readonly parent: Hash128;
  readonly cluster: Hash128;
  readonly client: Hash128;
  readonly requestChecksum: Hash128;
  readonly op: number;
  /** Microseconds; strictly greater than that of op - 1. */
  readonly timestamp: number;
  /** Op of the session's registration; 0 in a registration itself. */
  readonly session: number;
  /** View of the first proposal. */
  readonly view: number;
  readonly epoch: number;
  readonly release: number;
  readonly request: number;
  readonly shard: number;
  readonly tenant: number;
  readonly operation: number;
  readonly bodyBytes: number;
}

export interface Prepare {
  readonly header: PrepareHeader;
  /** Header and body: `PREPARE_HEADER_BYTES + header.bodyBytes` long. Never written again. */
  readonly bytes: Uint8Array;
}

/** What hashing needs of the `Crypto` port. */
export interface Checksummer {
  checksum128(input: Uint8Array, offset: number, length: number): Hash128;
}

/** The fields a primary chooses; checksums are computed by `buildPrepare`. */
export type PrepareFields = Omit<PrepareHeader, 'checksum' | 'bodyChecksum' | 'bodyBytes'>;

/**
 * Encodes into `bytes`, whose body (from `PREPARE_HEADER_BYTES` on) the caller has filled already,
 * and which nobody may change afterwards.
 */
export function buildPrepare(fields: PrepareFields, bytes: Uint8Array, hash: Checksummer): Prepare {
  const bodyBytes = bytes.length - PREPARE_HEADER_BYTES;
  assert(bodyBytes >= 0, 'a prepare holds at least its header');
  const bodyChecksum = hash.checksum128(bytes, PREPARE_HEADER_BYTES, bodyBytes);
  writeFields(fields, bodyChecksum, bodyBytes, bytes, 0);
  const checksum = hash.checksum128(bytes, CHECKED_FROM, PREPARE_HEADER_BYTES - CHECKED_FROM);
  write128(checksum, bytes, 0);
  return { header: sealHeader(fields, checksum, bodyChecksum, bodyBytes), bytes };
}

// Field by field, in the order of `decodePrepareHeader`: all headers share one hidden shape, and a
// spread of the fields would cost more than both hashes.
function sealHeader(
  fields: PrepareFields,
  checksum: Hash128,
  bodyChecksum: Hash128,
  bodyBytes: number,
): PrepareHeader {
  return {
    checksum,
    bodyChecksum,
    parent: fields.parent,
    cluster: fields.cluster,
    client: fields.client,
    requestChecksum: fields.requestChecksum,
    op: fields.op,
    timestamp: fields.timestamp,
    session: fields.session,
    view: fields.view,
    epoch: fields.epoch,
    release: fields.release,
    request: fields.request,
    shard: fields.shard,
    tenant: fields.tenant,
    operation: fields.operation,
    bodyBytes,
  };
}

/** Writes the `PREPARE_HEADER_BYTES` of a header at `at`: the inverse of `decodePrepareHeader`. */
export function writePrepareHeader(header: PrepareHeader, bytes: Uint8Array, at: number): void {
  write128(header.checksum, bytes, at);
  writeFields(header, header.bodyChecksum, header.bodyBytes, bytes, at);
}

function writeFields(
  fields: PrepareFields,
  bodyChecksum: Hash128,
  bodyBytes: number,
  bytes: Uint8Array,
  at: number,
): void {
  writeU32(bytes, at + 16, MAGIC);
  writeU16(bytes, at + 20, PREPARE_FORMAT);
  writeU16(bytes, at + 22, fields.operation);
  writeU32(bytes, at + 24, bodyBytes);
  writeU32(bytes, at + 28, fields.tenant);
  write128(bodyChecksum, bytes, at + 32);
  write128(fields.parent, bytes, at + 48);
  write128(fields.cluster, bytes, at + 64);
  write128(fields.client, bytes, at + 80);
  write128(fields.requestChecksum, bytes, at + 96);
  writeU64(bytes, at + 112, fields.op);
  writeU64(bytes, at + 120, fields.timestamp);
  writeU64(bytes, at + 128, fields.session);
  writeU32(bytes, at + 136, fields.view);
  writeU32(bytes, at + 140, fields.epoch);
  writeU32(bytes, at + 144, fields.release);
  writeU32(bytes, at + 148, fields.request);
  writeU32(bytes, at + 152, fields.shard);
  bytes.fill(0, at + 156, at + PREPARE_HEADER_BYTES);
}

/** Op 0 of a cluster: nobody proposes or executes it; its checksum anchors the chain of parents. */
export function rootPrepare(cluster: Hash128, shard: number, hash: Checksummer): Prepare {
  const fields: PrepareFields = {
    parent: ZERO128,
    cluster,
    client: ZERO128,
    requestChecksum: ZERO128,
    op: 0,
    timestamp: 0,
    session: 0,
    view: 0,
    epoch: 0,
    release: 0,
    request: 0,
    shard,
    tenant: 0,
    operation: OPERATION_ROOT,
  };
  return buildPrepare(fields, new Uint8Array(PREPARE_HEADER_BYTES), hash);
}

/** The header at `at`, or `null` when the bytes are not a valid header. */
export function decodePrepareHeader(
  bytes: Uint8Array,
  at: number,
  hash: Checksummer,
): PrepareHeader | null {
  if (at + PREPARE_HEADER_BYTES > bytes.length) return null;
  if (readU32(bytes, at + 16) !== MAGIC || readU16(bytes, at + 20) !== PREPARE_FORMAT) return null;
  const checksum = hash.checksum128(bytes, at + CHECKED_FROM, PREPARE_HEADER_BYTES - CHECKED_FROM);
  if (!matches128(checksum, bytes, at)) return null;
  const op = readU64(bytes, at + 112);
  const timestamp = readU64(bytes, at + 120);
  const session = readU64(bytes, at + 128);
  if (op < 0 || timestamp < 0 || session < 0) return null;
  return {
    checksum,
    bodyChecksum: read128(bytes, at + 32),
    parent: read128(bytes, at + 48),
    cluster: read128(bytes, at + 64),
    client: read128(bytes, at + 80),
    requestChecksum: read128(bytes, at + 96),
    op,
    timestamp,
    session,
    view: readU32(bytes, at + 136),
    epoch: readU32(bytes, at + 140),
    release: readU32(bytes, at + 144),
    request: readU32(bytes, at + 148),
    shard: readU32(bytes, at + 152),
    tenant: readU32(bytes, at + 28),
    operation: readU16(bytes, at + 22),
    bodyBytes: readU32(bytes, at + 24),
  };
}

/** The whole prepare at `at`, or `null` when header or body is invalid. Copies the bytes out. */
export function decodePrepare(bytes: Uint8Array, at: number, hash: Checksummer): Prepare | null {
  const header = decodePrepareHeader(bytes, at, hash);
  if (header === null) return null;
  const end = at + PREPARE_HEADER_BYTES + header.bodyBytes;
  if (end > bytes.length) return null;
  const sum = hash.checksum128(bytes, at + PREPARE_HEADER_BYTES, header.bodyBytes);
  return equal128(sum, header.bodyChecksum) ? { header, bytes: bytes.slice(at, end) } : null;
}
