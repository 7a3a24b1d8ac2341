/**
 * The checksum of a client's request: its identity in the client's hash chain, in the prepare that
 * carries it, and in the reply that answers it.
 *
 * BLAKE3 (128 bits) of 72 bytes, little-endian: 0 client 128 | 16 parent 128 | 32 checksum of the
 * body 128 | 48 session u64 | 56 request u32 | 60 tenant u32 | 64 bodyBytes u32 | 68 operation u16
 * | 70 zeros. The body enters by its own checksum, so that it is hashed where it lies.
 *
 * Cost: two hashes and no allocation but their results.
 */
import type { Hash128 } from '../types/hash128.ts';
import { write128 } from '../types/hash128.ts';
import { writeU16, writeU32, writeU64 } from './bytes.ts';
import type { Checksummer } from './prepare.ts';

const FIXED_BYTES = 72;

const scratch: Uint8Array = new Uint8Array(FIXED_BYTES);

/** Everything of a request but its checksum. */
export interface RequestFields {
  readonly client: Hash128;
  readonly session: number;
  readonly request: number;
  readonly parent: Hash128;
  readonly operation: number;
  readonly tenant: number;
  readonly body: Uint8Array;
}

export function requestChecksum(request: RequestFields, hash: Checksummer): Hash128 {
  write128(request.client, scratch, 0);
  write128(request.parent, scratch, 16);
  write128(hash.checksum128(request.body, 0, request.body.length), scratch, 32);
  writeU64(scratch, 48, request.session);
  writeU32(scratch, 56, request.request);
  writeU32(scratch, 60, request.tenant);
  writeU32(scratch, 64, request.body.length);
  writeU16(scratch, 68, request.operation);
  return hash.checksum128(scratch, 0, FIXED_BYTES);
}
