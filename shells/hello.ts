/**
 * The first frame of a connection: who dialled whom, in which cluster. It finds wrong addresses; it
 * authenticates nobody.
 *
 * Layout, little-endian, `HELLO_BYTES`: 0 magic u32 | 4 format u16 | 6 zeros u16 | 8 cluster 128 |
 * 24 from u32 (replica, or `FROM_CLIENT`) | 28 to u32 (replica that was meant).
 */
import { readU16, readU32, writeU16, writeU32 } from '../core/codec/bytes.ts';
import type { Hash128 } from '../core/types/hash128.ts';
import { hex128, matches128, read128, write128 } from '../core/types/hash128.ts';

export const HELLO_BYTES = 32;
const MAGIC = 0x484d424b;
const FORMAT = 1;
const FROM_CLIENT = 0xffff_ffff;

export interface Hello {
  readonly cluster: Hash128;
  /** Index of the replica that dials, or null for a client. */
  readonly from: number | null;
  /** Index of the replica that is meant. */
  readonly to: number;
}

export function encodeHello(hello: Hello): Uint8Array {
  const out = new Uint8Array(HELLO_BYTES);
  writeU32(out, 0, MAGIC);
  writeU16(out, 4, FORMAT);
  write128(hello.cluster, out, 8);
  writeU32(out, 24, hello.from ?? FROM_CLIENT);
  writeU32(out, 28, hello.to);
  return out;
}

/** Who dialled, as seen by replica `self` of `cluster`; a string says why it is refused. */
export function readHello(
  bytes: Uint8Array,
  cluster: Hash128,
  self: number,
  peers: number,
): { readonly from: number | null } | string {
  if (bytes.length !== HELLO_BYTES || readU32(bytes, 0) !== MAGIC) return 'not our protocol';
  const format = readU16(bytes, 4);
  if (format !== FORMAT || readU16(bytes, 6) !== 0) return `unknown hello format ${format}`;
  if (!matches128(cluster, bytes, 8)) return `of cluster ${hex128(read128(bytes, 8))}`;
  const to = readU32(bytes, 28);
  if (to !== self) return `meant for replica ${to}, this is replica ${self}`;
  const from = readU32(bytes, 24);
  if (from === FROM_CLIENT) return { from: null };
  if (from === self) return `from replica ${from}, which is this one`;
  return from < peers ? { from } : `from replica ${from} of ${peers}`;
}
