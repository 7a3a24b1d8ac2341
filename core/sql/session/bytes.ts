/**
 * Growing output and distrustful input for the room's byte formats (values, requests, results).
 *
 * A reader never throws on bad bytes: it remembers that it `failed` and yields zeros from then on.
 * Integers of any size are varints of 7 bits a byte, little end first; text is UTF-8 behind its
 * length.
 */
import { readU32, readU64, writeU32, writeU64 } from '../../codec/bytes.ts';
import { UTF8_INVALID, decodeUtf8, encodeUtf8Into, utf8Length } from '../../codec/utf8.ts';
import { assert } from '../../types/assert.ts';

const TWO_7 = 128;
/** 7 bits each make 53 bits. */
const VARINT_BYTES_MAX = 8;

export class ByteWriter {
  bytes: Uint8Array;
  end = 0;
  readonly #view: DataView;
  readonly #eight: Uint8Array = new Uint8Array(8);

  constructor(bytes: number = 256) {
    this.bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.#eight.buffer);
  }

  /** What was written so far, in an array of its own. */
  copy(): Uint8Array {
    return this.bytes.slice(0, this.end);
  }

  clear(): void {
    this.end = 0;
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.end] = value;
    this.end += 1;
  }

  u32(value: number): void {
    this.reserve(4);
    writeU32(this.bytes, this.end, value);
    this.end += 4;
  }

  u64(value: number): void {
    this.reserve(8);
    writeU64(this.bytes, this.end, value);
    this.end += 8;
  }

  f64(value: number): void {
    this.#view.setFloat64(0, value, true);
    this.raw(this.#eight, 0, 8);
  }

  i64(value: bigint): void {
    this.#view.setBigInt64(0, value, true);
    this.raw(this.#eight, 0, 8);
  }

  /** A safe non-negative integer. */
  varint(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, 'a varint is a safe non-negative integer');
    this.reserve(VARINT_BYTES_MAX);
    let left = value;
    while (left >= TWO_7) {
      this.bytes[this.end] = (left % TWO_7) | TWO_7;
      this.end += 1;
      left = Math.floor(left / TWO_7);
    }
    this.bytes[this.end] = left;
    this.end += 1;
  }

  text(value: string): void {
    const length = utf8Length(value);
    assert(length !== UTF8_INVALID, 'text is well-formed');
    this.varint(length);
    this.reserve(length);
    encodeUtf8Into(value, this.bytes, this.end);
    this.end += length;
  }

  blob(value: Uint8Array): void {
    this.varint(value.length);
    this.raw(value, 0, value.length);
  }

  raw(value: Uint8Array, from: number, length: number): void {
    this.reserve(length);
    this.bytes.set(value.subarray(from, from + length), this.end);
    this.end += length;
  }

  private reserve(more: number): void {
    if (this.end + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.end + more, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.end));
    this.bytes = grown;
  }
}

export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
  failed = false;

  constructor(bytes: Uint8Array, from: number = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  /** Whether everything was well-formed and nothing is left over. */
  get complete(): boolean {
    return !this.failed && this.at === this.end;
  }

  fail(): void {
    this.failed = true;
  }

  u8(): number {
    return this.#take(1) ? this.bytes[this.at - 1]! : 0;
  }

  u32(): number {
    return this.#take(4) ? readU32(this.bytes, this.at - 4) : 0;
  }

  u64(): number {
    if (!this.#take(8)) return 0;
    const value = readU64(this.bytes, this.at - 8);
    if (value >= 0) return value;
    this.failed = true;
    return 0;
  }

  f64(): number {
    return this.#take(8) ? this.#view(8).getFloat64(0, true) : 0;
  }

  i64(): bigint {
    return this.#take(8) ? this.#view(8).getBigInt64(0, true) : 0n;
  }

  /** Refuses a longer form than needed, so that equal values have equal bytes. */
  varint(): number {
    let value = 0;
    let unit = 1;
    for (let i = 0; i < VARINT_BYTES_MAX; i += 1) {
      const byte = this.u8();
      value += (byte % TWO_7) * unit;
      if (byte < TWO_7) {
        if ((i > 0 && byte === 0) || !Number.isSafeInteger(value)) this.failed = true;
        return this.failed ? 0 : value;
      }
      unit *= TWO_7;
    }
    this.failed = true;
    return 0;
  }

  /** A count of things that take at least one byte each. */
  count(): number {
    const count = this.varint();
    if (count > this.left) this.failed = true;
    return this.failed ? 0 : count;
  }

  text(): string {
    const length = this.varint();
    if (!this.#take(length)) return '';
    const text = decodeUtf8(this.bytes, this.at - length, length);
    if (text === undefined) this.failed = true;
    return text ?? '';
  }

  /** A copy. */
  blob(): Uint8Array {
    const length = this.varint();
    return this.#take(length)
      ? this.bytes.slice(this.at - length, this.at)
      : this.bytes.slice(0, 0);
  }

  #view(bytes: number): DataView {
    const { buffer, byteOffset } = this.bytes;
    return new DataView(buffer, byteOffset + this.at - bytes, bytes);
  }

  #take(length: number): boolean {
    if (this.failed || length > this.left) {
      this.failed = true;
      return false;
    }
    this.at += length;
    return true;
  }
}
