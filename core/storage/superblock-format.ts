/**
 * The superblock's bytes: one `SuperblockState` as one copy on disk, and back.
 *
 * Layout, little-endian (`docs/formats-storage.md`):
 *   0 checksum 128 (BLAKE3 of bytes 20..length) | 16 copy u16 | 18 zero u16 | 20 magic u32
 *  24 format u16 | 26 zero u16 | 28 length u32 | 32 sequence u64 | 40 parent 128 | 56 cluster 128
 *  72 recoveryNonce 128 | 88 shard u32 | 92 replica u32 | 96 replicaCount u32
 * 100 standbyCount u32 | 104 epoch u32 | 108 release u32 | 112 view u32 | 116 logView u32
 * 120 member u32 | 124 flags u32 (1: a sync target follows) | 128 checkpoint, 64 bytes
 * 192 sync target, 64 bytes | 256 view headers u32 | 260 bit set of those present, 64 bits
 * 268 asked u32 | 272 zeros to 320 | 320 view headers, 192 bytes each, a blank as zeros
 *
 * The copy number stands outside the checksum, so that four copies of one state have one checksum;
 * it is compared with the place the copy was read from, which exposes a misdirected write.
 *
 * Cost: encoding about 3 µs in the tiny profile, most of it BLAKE3. Decoding never throws.
 */
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from '../codec/bytes.ts';
import type { Checksummer, PrepareHeader } from '../codec/prepare.ts';
import { decodePrepareHeader, PREPARE_HEADER_BYTES, writePrepareHeader } from '../codec/prepare.ts';
import type { Limits } from '../limits.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { matches128, read128, write128 } from '../types/hash128.ts';
import type { SuperblockState } from '../vsr/interfaces.ts';
import type { Checkpoint } from '../vsr/message.ts';

export const SUPERBLOCK_FORMAT = 1;
export const SUPERBLOCK_MAGIC = 0x42534d4b;
export const SUPERBLOCK_FIXED_BYTES = 320;

const CHECKED_FROM = 20;
const FLAG_SYNCING = 1;
const VIEW_HEADERS_MAX = 64;

/** One valid copy. */
export interface SuperblockCopy {
  readonly sequence: number;
  readonly checksum: Hash128;
  /** Checksum of the state before this one; zero in the first. */
  readonly parent: Hash128;
  readonly state: SuperblockState;
}

export const COPY_DAMAGED = 'damaged';
/** Intact, but of a format newer than this build knows. */
export const COPY_NEWER = 'newer-format';

/** Bytes between the starts of two copies: whole sectors. */
export function superblockCopyBytes(limits: Limits): number {
  assert(limits.pipelineMax + 1 <= VIEW_HEADERS_MAX, 'the view headers fit their bit set');
  const bytes = SUPERBLOCK_FIXED_BYTES + PREPARE_HEADER_BYTES * (limits.pipelineMax + 1);
  return Math.ceil(bytes / limits.sectorBytes) * limits.sectorBytes;
}

/** Encodes into the start of `out`, whose tail is zeroed; returns the checksum. Copy number 0. */
export function encodeSuperblock(
  state: SuperblockState,
  sequence: number,
  parent: Hash128,
  out: Uint8Array,
  hash: Checksummer,
): Hash128 {
  const count = state.viewHeaders.length;
  const length = SUPERBLOCK_FIXED_BYTES + count * PREPARE_HEADER_BYTES;
  assert(length <= out.length, 'the view headers fit a superblock copy');
  out.fill(0);
  writeU32(out, 20, SUPERBLOCK_MAGIC);
  writeU16(out, 24, SUPERBLOCK_FORMAT);
  writeU32(out, 28, length);
  writeU64(out, 32, sequence);
  write128(parent, out, 40);
  write128(state.cluster, out, 56);
  write128(state.recoveryNonce, out, 72);
  writeU32(out, 88, state.shard);
  writeU32(out, 92, state.replica);
  writeU32(out, 96, state.replicaCount);
  writeU32(out, 100, state.standbyCount);
  writeU32(out, 104, state.epoch);
  writeU32(out, 108, state.release);
  writeU32(out, 112, state.view);
  writeU32(out, 116, state.logView);
  writeU32(out, 120, state.member);
  writeU32(out, 124, state.syncTarget === null ? 0 : FLAG_SYNCING);
  writeCheckpoint(state.checkpoint, out, 128);
  if (state.syncTarget !== null) writeCheckpoint(state.syncTarget, out, 192);
  writeU32(out, 256, count);
  for (let i = 0; i < count; i++) {
    const header = state.viewHeaders[i]!;
    if (header === null) continue;
    out[260 + (i >> 3)]! |= 1 << (i & 7);
    writePrepareHeader(header, out, SUPERBLOCK_FIXED_BYTES + i * PREPARE_HEADER_BYTES);
  }
  writeU32(out, 268, state.asked);
  const checksum = hash.checksum128(out, CHECKED_FROM, length - CHECKED_FROM);
  write128(checksum, out, 0);
  return checksum;
}

/** Marks an encoded copy with the place it is to be written to. */
export function setSuperblockCopy(out: Uint8Array, copy: number): void {
  writeU16(out, 16, copy);
}

/** Decodes the copy that stands at `at` and belongs at place `copy`. */
export function decodeSuperblock(
  bytes: Uint8Array,
  at: number,
  copyBytes: number,
  copy: number,
  hash: Checksummer,
): SuperblockCopy | typeof COPY_DAMAGED | typeof COPY_NEWER {
  if (at + copyBytes > bytes.length) return COPY_DAMAGED;
  if (readU32(bytes, at + 20) !== SUPERBLOCK_MAGIC || readU16(bytes, at + 16) !== copy)
    return COPY_DAMAGED;
  const format = readU16(bytes, at + 24);
  const length = readU32(bytes, at + 28);
  if (length < SUPERBLOCK_FIXED_BYTES || length > copyBytes) return COPY_DAMAGED;
  const checksum = hash.checksum128(bytes, at + CHECKED_FROM, length - CHECKED_FROM);
  if (!matches128(checksum, bytes, at)) return COPY_DAMAGED;
  if (format > SUPERBLOCK_FORMAT) return COPY_NEWER;
  if (format !== SUPERBLOCK_FORMAT || readU16(bytes, at + 18) !== 0) return COPY_DAMAGED;
  const sequence = readU64(bytes, at + 32);
  const state = decodeState(bytes, at, length, hash);
  if (state === null || sequence < 1) return COPY_DAMAGED;
  return { sequence, checksum, parent: read128(bytes, at + 40), state };
}

function decodeState(
  bytes: Uint8Array,
  at: number,
  length: number,
  hash: Checksummer,
): SuperblockState | null {
  const viewHeaders = decodeViewHeaders(bytes, at, length, hash);
  const checkpoint = readCheckpoint(bytes, at + 128);
  const syncing = (readU32(bytes, at + 124) & FLAG_SYNCING) !== 0;
  const syncTarget = syncing ? readCheckpoint(bytes, at + 192) : null;
  if (viewHeaders === null || checkpoint === null) return null;
  if (syncing && syncTarget === null) return null;
  return {
    cluster: read128(bytes, at + 56),
    shard: readU32(bytes, at + 88),
    replica: readU32(bytes, at + 92),
    replicaCount: readU32(bytes, at + 96),
    standbyCount: readU32(bytes, at + 100),
    epoch: readU32(bytes, at + 104),
    release: readU32(bytes, at + 108),
    view: readU32(bytes, at + 112),
    logView: readU32(bytes, at + 116),
    asked: readU32(bytes, at + 268),
    viewHeaders,
    member: readU32(bytes, at + 120),
    recoveryNonce: read128(bytes, at + 72),
    checkpoint,
    syncTarget,
  };
}

function decodeViewHeaders(
  bytes: Uint8Array,
  at: number,
  length: number,
  hash: Checksummer,
): readonly (PrepareHeader | null)[] | null {
  const count = readU32(bytes, at + 256);
  if (count > VIEW_HEADERS_MAX) return null;
  if (SUPERBLOCK_FIXED_BYTES + count * PREPARE_HEADER_BYTES !== length) return null;
  const headers: (PrepareHeader | null)[] = [];
  for (let i = 0; i < count; i++) {
    const here = (bytes[at + 260 + (i >> 3)]! & (1 << (i & 7))) !== 0;
    const from = at + SUPERBLOCK_FIXED_BYTES + i * PREPARE_HEADER_BYTES;
    const header = here ? decodePrepareHeader(bytes, from, hash) : null;
    if (here && header === null) return null;
    headers.push(header);
  }
  return headers;
}

// A checkpoint, 64 bytes: op u64 | timestamp u64 | rootPage u64 | head 128 | root 128 | zero u64.
function writeCheckpoint(checkpoint: Checkpoint, out: Uint8Array, at: number): void {
  writeU64(out, at, checkpoint.op);
  writeU64(out, at + 8, checkpoint.timestamp);
  writeU64(out, at + 16, checkpoint.rootPage);
  write128(checkpoint.head, out, at + 24);
  write128(checkpoint.root, out, at + 40);
}

function readCheckpoint(bytes: Uint8Array, at: number): Checkpoint | null {
  const op = readU64(bytes, at);
  const timestamp = readU64(bytes, at + 8);
  const rootPage = readU64(bytes, at + 16);
  if (op < 0 || timestamp < 0 || rootPage < 0) return null;
  const head = read128(bytes, at + 24);
  return { op, head, timestamp, rootPage, root: read128(bytes, at + 40) };
}
