/**
 * Cursors over a message's bytes: `WireWriter` fills a buffer whose size was computed before,
 * `WireReader` takes nothing on trust.
 *
 * A reader never throws on bad bytes and never reads past its end: it remembers that it `failed`
 * and yields zeros from then on, so that a decoder reads all its fields and asks once. A writer's
 * values are our own: what does not fit its field is a bug, and asserted.
 */
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { HASH128_BYTES, ZERO128, equal128, read128, write128 } from '../types/hash128.ts';
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from './bytes.ts';
import type { Checksummer, Prepare, PrepareHeader } from './prepare.ts';
import {
  PREPARE_HEADER_BYTES,
  decodePrepare,
  decodePrepareHeader,
  writePrepareHeader,
} from './prepare.ts';

const U16_MAX = 0xffff;
const U32_MAX = 0xffff_ffff;

export class WireWriter {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  u16(value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value <= U16_MAX, 'a field of 16 bits');
    writeU16(this.bytes, this.at, value);
    this.at += 2;
  }

  u32(value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value <= U32_MAX, 'a field of 32 bits');
    writeU32(this.bytes, this.at, value);
    this.at += 4;
  }

  /** A safe non-negative integer in 64 bits. */
  u64(value: number): void {
    writeU64(this.bytes, this.at, value);
    this.at += 8;
  }

  hash(value: Hash128): void {
    write128(value, this.bytes, this.at);
    this.at += HASH128_BYTES;
  }

  body(value: Uint8Array): void {
    assert(this.at + value.length <= this.bytes.length, 'a body within its message');
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  header(value: PrepareHeader): void {
    assert(this.at + PREPARE_HEADER_BYTES <= this.bytes.length, 'a header within its message');
    writePrepareHeader(value, this.bytes, this.at);
    this.at += PREPARE_HEADER_BYTES;
  }
}

export class WireReader {
  readonly bytes: Uint8Array;
  readonly hash: Checksummer;
  at: number;
  failed: boolean = false;

  constructor(bytes: Uint8Array, at: number, hash: Checksummer) {
    this.bytes = bytes;
    this.at = at;
    this.hash = hash;
  }

  /** Bytes not yet read. */
  get left(): number {
    return this.bytes.length - this.at;
  }

  /** Whether everything was well-formed and nothing is left over. */
  get complete(): boolean {
    return !this.failed && this.at === this.bytes.length;
  }

  /** Refuses the message unless `condition` holds. */
  require(condition: boolean): void {
    if (!condition) this.failed = true;
  }

  u16(): number {
    return this.take(2) ? readU16(this.bytes, this.at - 2) : 0;
  }

  u32(): number {
    return this.take(4) ? readU32(this.bytes, this.at - 4) : 0;
  }

  u64(): number {
    if (!this.take(8)) return 0;
    const value = readU64(this.bytes, this.at - 8);
    if (value >= 0) return value;
    this.failed = true;
    return 0;
  }

  hash128(): Hash128 {
    return this.take(HASH128_BYTES) ? read128(this.bytes, this.at - HASH128_BYTES) : ZERO128;
  }

  /** A copy of the next `length` bytes: the buffer may be used again, a message never changes. */
  body(length: number): Uint8Array {
    if (!this.take(length)) return this.bytes.slice(0, 0);
    return this.bytes.slice(this.at - length, this.at);
  }

  /** A valid header of this cluster, or `null`. */
  header(cluster: Hash128): PrepareHeader | null {
    if (!this.take(PREPARE_HEADER_BYTES)) return null;
    const found = decodePrepareHeader(this.bytes, this.at - PREPARE_HEADER_BYTES, this.hash);
    return this.ours(found, cluster) ? found : null;
  }

  /** A valid prepare of this cluster, or `null`. */
  prepare(cluster: Hash128): Prepare | null {
    if (this.failed) return null;
    const found = decodePrepare(this.bytes, this.at, this.hash);
    if (found === null || !this.ours(found.header, cluster)) {
      this.failed = true;
      return null;
    }
    this.at += found.bytes.length;
    return found;
  }

  private ours(header: PrepareHeader | null, cluster: Hash128): header is PrepareHeader {
    if (header !== null && equal128(header.cluster, cluster)) return true;
    this.failed = true;
    return false;
  }

  private take(length: number): boolean {
    if (this.failed || length > this.left) {
      this.failed = true;
      return false;
    }
    this.at += length;
    return true;
  }
}
