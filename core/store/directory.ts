/**
 * The directory: what a checkpoint says of each tenant, kept as records of tenant 0's own tree in
 * keyspaces that kernel records never use and the state hash leaves out.
 *
 * `[0, tenant u32 big-endian]` → tenant record:
 *   format u8 | 7 zeros | logEntries u64 | logHead 32 | rootPage u32 | rootChecksum 128 |
 *   pageCount u32 | free list (`allocator.ts`)
 * `[1, tenant u32 big-endian, segment u32 big-endian]` → root of a sealed log segment, 32 bytes.
 */
import { readU32, readU64, writeU32, writeU64 } from '../codec/bytes.ts';
import type { Limits } from '../limits.ts';
import type { Hash128 } from '../types/hash128.ts';
import { read128, write128 } from '../types/hash128.ts';
import { Allocator } from './allocator.ts';
import { copyBytes } from './arena.ts';

export const KEYSPACE_DIRECTORY = 0;
export const KEYSPACE_SEGMENT = 1;
/** First byte of a kernel record's key is at least this. */
export const KEYSPACE_KERNEL_MIN = 16;

export const DIRECTORY_KEY_BYTES = 5;
export const SEGMENT_KEY_BYTES = 9;
export const LOG_HASH_BYTES = 32;
const RECORD_FORMAT = 1;
const RECORD_FIXED_BYTES = 72;

/** What is durable, and what will be, of one tenant. */
export interface TenantRecord {
  logEntries: number;
  /** SHA-256 of the log's last entry; zeros for an empty log. */
  logHead: Uint8Array;
  rootPage: number;
  rootChecksum: Hash128;
  allocator: Allocator;
}

export function writeDirectoryKey(tenant: number, out: Uint8Array): void {
  out[0] = KEYSPACE_DIRECTORY;
  writeBigEndian32(tenant, out, 1);
}

export function writeSegmentKey(tenant: number, segment: number, out: Uint8Array): void {
  out[0] = KEYSPACE_SEGMENT;
  writeBigEndian32(tenant, out, 1);
  writeBigEndian32(segment, out, 5);
}

/** The tenant of a directory or segment key. */
export function keyTenant(key: Uint8Array, from: number): number {
  return readBigEndian32(key, from + 1);
}

export function writeBigEndian32(value: number, out: Uint8Array, at: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

export function readBigEndian32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}

export function recordBytesMax(record: TenantRecord): number {
  return RECORD_FIXED_BYTES + record.allocator.encodedBytesMax;
}

/** Returns the end. */
export function encodeRecord(record: TenantRecord, out: Uint8Array, at: number): number {
  out.fill(0, at, at + 8);
  out[at] = RECORD_FORMAT;
  writeU64(out, at + 8, record.logEntries);
  copyBytes(record.logHead, 0, LOG_HASH_BYTES, out, at + 16);
  writeU32(out, at + 48, record.rootPage);
  write128(record.rootChecksum, out, at + 52);
  writeU32(out, at + 68, record.allocator.pageCount);
  return record.allocator.encode(out, at + RECORD_FIXED_BYTES);
}

/** Null for bad bytes. */
export function decodeRecord(
  bytes: Uint8Array,
  from: number,
  end: number,
  limits: Limits,
): TenantRecord | null {
  if (end - from < RECORD_FIXED_BYTES || bytes[from] !== RECORD_FORMAT) return null;
  const logEntries = readU64(bytes, from + 8);
  if (logEntries < 0) return null;
  const allocator = new Allocator(limits);
  const free = from + RECORD_FIXED_BYTES;
  if (allocator.decode(bytes, free, end, readU32(bytes, from + 68)) !== end) return null;
  return {
    logEntries,
    logHead: bytes.slice(from + 16, from + 16 + LOG_HASH_BYTES),
    rootPage: readU32(bytes, from + 48),
    rootChecksum: read128(bytes, from + 52),
    allocator,
  };
}
