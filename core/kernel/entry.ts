/**
 * The permanent log entry: what `apply` leaves behind of each op, identical on every replica.
 *
 * Header (`ENTRY_HEADER_BYTES`), little-endian:
 *   0 magic u32 | 4 format u16 | 6 kind u16 (the operation) | 8 cluster 128 | 24 shard u32
 *  28 epoch u32 | 32 release u32 | 36 tenant u32 | 40 position u64 | 48 op u64 | 56 timestamp u64
 *  64 view u32 (of the first proposal) | 68 reason u32 (0: none stated) | 72 actor 128 (the client)
 *  88 session u64 | 96 request u32 | 100 requestPartBytes u32 | 104 outcomePartBytes u32
 * 108 zero u32 | 112 request checksum 128 | 128 request part hash 256 | 160 outcome part hash 256
 * 192 previous entry's hash 256 | 224 entry hash 256: SHA-256 of bytes 0..224
 * Then the parts. A part is a 32-byte salt and the bytes it hides; its hash is SHA-256 over both,
 * so that a part can be erased, salt and all, and everything that refers to it still verifies.
 *   request part: salt | tenant asked for u32 | the client's request body
 *   outcome part: salt | outcome (`outcome.ts`)
 *
 * Cost: 4 SHA-256 blocks for the header, one per 64 bytes of part. Nothing here allocates.
 */
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from '../codec/bytes.ts';
import type { PrepareHeader } from '../codec/prepare.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { matches128, read128, write128 } from '../types/hash128.ts';

export const ENTRY_HEADER_BYTES = 256;
export const ENTRY_HASH_BYTES = 32;
export const ENTRY_SALT_BYTES = 32;
/** Salt and the tenant asked for. */
export const REQUEST_PART_FIXED_BYTES: number = ENTRY_SALT_BYTES + 4;
const MAGIC = 0x544e454b;
const FORMAT = 1;
const AT_REQUEST_HASH = 128;
const AT_OUTCOME_HASH = 160;
export const ENTRY_AT_PREVIOUS = 192;
export const ENTRY_AT_HASH = 224;

/** What entries need of the `Crypto` port. */
export interface EntryHasher {
  /** SHA-256 of `input[offset..offset + length]` into `out[outOffset..]`. */
  sha256Into(
    input: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): void;
}

export interface EntryHeader {
  readonly kind: number;
  readonly cluster: Hash128;
  readonly shard: number;
  readonly epoch: number;
  readonly release: number;
  readonly tenant: number;
  readonly position: number;
  readonly op: number;
  readonly timestamp: number;
  readonly view: number;
  readonly reason: number;
  readonly actor: Hash128;
  readonly session: number;
  readonly request: number;
  readonly requestChecksum: Hash128;
  readonly requestPartBytes: number;
  readonly outcomePartBytes: number;
}

/**
 * Completes the entry in `out`, whose parts stand behind the header already: fills in the header,
 * both parts' hashes and the entry's. Returns the entry's length.
 */
export function sealEntry(
  out: Uint8Array,
  prepare: PrepareHeader,
  tenant: number,
  position: number,
  requestPartBytes: number,
  outcomePartBytes: number,
  previous: Uint8Array,
  hash: EntryHasher,
): number {
  assert(position >= 1, 'positions begin at 1');
  assert(previous.length === ENTRY_HASH_BYTES, 'a predecessor is a SHA-256');
  writeU32(out, 0, MAGIC);
  writeU16(out, 4, FORMAT);
  writeU16(out, 6, prepare.operation);
  write128(prepare.cluster, out, 8);
  writeU32(out, 24, prepare.shard);
  writeU32(out, 28, prepare.epoch);
  writeU32(out, 32, prepare.release);
  writeU32(out, 36, tenant);
  writeU64(out, 40, position);
  writeU64(out, 48, prepare.op);
  writeU64(out, 56, prepare.timestamp);
  writeU32(out, 64, prepare.view);
  writeU32(out, 68, 0);
  write128(prepare.client, out, 72);
  writeU64(out, 88, prepare.session);
  writeU32(out, 96, prepare.request);
  writeU32(out, 100, requestPartBytes);
  writeU32(out, 104, outcomePartBytes);
  writeU32(out, 108, 0);
  write128(prepare.requestChecksum, out, 112);
  const outcomeFrom = ENTRY_HEADER_BYTES + requestPartBytes;
  hash.sha256Into(out, ENTRY_HEADER_BYTES, requestPartBytes, out, AT_REQUEST_HASH);
  hash.sha256Into(out, outcomeFrom, outcomePartBytes, out, AT_OUTCOME_HASH);
  for (let i = 0; i < ENTRY_HASH_BYTES; i += 1) out[ENTRY_AT_PREVIOUS + i] = previous[i]!;
  hash.sha256Into(out, 0, ENTRY_AT_HASH, out, ENTRY_AT_HASH);
  return outcomeFrom + outcomePartBytes;
}

/** Whole length of the entry that begins at `from`, or -1 when these bytes begin none. */
export function entryBytes(bytes: Uint8Array, from: number, end: number): number {
  if (from + ENTRY_HEADER_BYTES > end) return -1;
  if (readU32(bytes, from) !== MAGIC || readU16(bytes, from + 4) !== FORMAT) return -1;
  const request = readU32(bytes, from + 100);
  const outcome = readU32(bytes, from + 104);
  if (request < REQUEST_PART_FIXED_BYTES || outcome < ENTRY_SALT_BYTES) return -1;
  const length = ENTRY_HEADER_BYTES + request + outcome;
  return from + length > end ? -1 : length;
}

/** The header of an entry that spans the bytes exactly, or null when malformed. Proves no hash. */
export function decodeEntryHeader(bytes: Uint8Array): EntryHeader | null {
  if (entryBytes(bytes, 0, bytes.length) !== bytes.length) return null;
  const position = readU64(bytes, 40);
  const op = readU64(bytes, 48);
  const timestamp = readU64(bytes, 56);
  const session = readU64(bytes, 88);
  if (position < 1 || op < 1 || timestamp < 0 || session < 0 || readU32(bytes, 108) !== 0) {
    return null;
  }
  return {
    kind: readU16(bytes, 6),
    cluster: read128(bytes, 8),
    shard: readU32(bytes, 24),
    epoch: readU32(bytes, 28),
    release: readU32(bytes, 32),
    tenant: readU32(bytes, 36),
    position,
    op,
    timestamp,
    view: readU32(bytes, 64),
    reason: readU32(bytes, 68),
    actor: read128(bytes, 72),
    session,
    request: readU32(bytes, 96),
    requestChecksum: read128(bytes, 112),
    requestPartBytes: readU32(bytes, 100),
    outcomePartBytes: readU32(bytes, 104),
  };
}

export function entryOp(bytes: Uint8Array): number {
  return readU64(bytes, 48);
}

/** Where the outcome itself begins, behind its salt. */
export function outcomeFrom(bytes: Uint8Array): number {
  return ENTRY_HEADER_BYTES + readU32(bytes, 100) + ENTRY_SALT_BYTES;
}

export function entryHash(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(ENTRY_AT_HASH, ENTRY_AT_HASH + ENTRY_HASH_BYTES);
}

export function entryPrevious(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(ENTRY_AT_PREVIOUS, ENTRY_AT_PREVIOUS + ENTRY_HASH_BYTES);
}

/** Whether the entry at `from` says that it is this cluster's, of this place. */
export function isPlacedAt(
  bytes: Uint8Array,
  from: number,
  cluster: Hash128,
  tenant: number,
  position: number,
): boolean {
  if (!matches128(cluster, bytes, from + 8) || readU32(bytes, from + 36) !== tenant) return false;
  return readU64(bytes, from + 40) === position;
}

/** Whether the entry at `from` (to `end`) is exactly one of this place, with all hashes right. */
export function verifyEntry(
  bytes: Uint8Array,
  from: number,
  end: number,
  cluster: Hash128,
  tenant: number,
  position: number,
  hash: EntryHasher,
): boolean {
  if (entryBytes(bytes, from, end) !== end - from) return false;
  if (!isPlacedAt(bytes, from, cluster, tenant, position)) return false;
  const request = readU32(bytes, from + 100);
  const outcome = readU32(bytes, from + 104);
  const parts = from + ENTRY_HEADER_BYTES;
  return (
    hashIs(bytes, parts, request, from + AT_REQUEST_HASH, hash) &&
    hashIs(bytes, parts + request, outcome, from + AT_OUTCOME_HASH, hash) &&
    hashIs(bytes, from, ENTRY_AT_HASH, from + ENTRY_AT_HASH, hash)
  );
}

const found: Uint8Array = new Uint8Array(ENTRY_HASH_BYTES);

function hashIs(
  bytes: Uint8Array,
  from: number,
  length: number,
  expected: number,
  hash: EntryHasher,
): boolean {
  hash.sha256Into(bytes, from, length, found, 0);
  return equalBytes(found, 0, bytes, expected, ENTRY_HASH_BYTES);
}

export function equalBytes(
  a: Uint8Array,
  aFrom: number,
  b: Uint8Array,
  bFrom: number,
  bytes: number,
): boolean {
  for (let i = 0; i < bytes; i += 1) if (a[aFrom + i] !== b[bFrom + i]) return false;
  return true;
}

/** The predecessor of a log's first entry. */
export const GENESIS_HASH: Uint8Array = new Uint8Array(ENTRY_HASH_BYTES);

/**
 * Verifies a whole log of one tenant: every hash, every link, every position from 1 on, ops and
 * timestamps rising, and, when `head` is known, that the log ends there. Returns the position of
 * the first bad entry (one past the last for a log that was cut), or 0 when all is well.
 */
export function verifyChain(
  entries: readonly Uint8Array[],
  cluster: Hash128,
  tenant: number,
  head: Uint8Array | null,
  hash: EntryHasher,
): number {
  let previous = GENESIS_HASH;
  let op = 0;
  let timestamp = -1;
  for (let i = 0; i < entries.length; i += 1) {
    const bytes = entries[i]!;
    const position = i + 1;
    if (!verifyEntry(bytes, 0, bytes.length, cluster, tenant, position, hash)) return position;
    if (!equalBytes(bytes, ENTRY_AT_PREVIOUS, previous, 0, ENTRY_HASH_BYTES)) return position;
    const header = decodeEntryHeader(bytes);
    if (header === null || header.op <= op || header.timestamp <= timestamp) return position;
    op = header.op;
    timestamp = header.timestamp;
    previous = entryHash(bytes);
  }
  if (head !== null && !equalBytes(head, 0, previous, 0, ENTRY_HASH_BYTES)) {
    return entries.length + 1;
  }
  return 0;
}
