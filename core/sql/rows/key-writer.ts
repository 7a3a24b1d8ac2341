/**
 * Keys of index entries: element after element, each self-delimiting, so that keys compare as
 * their values do, element by element.
 *
 * An element is a marker, then its value's bytes, all of them inverted when it descends. The marker
 * of a value is 1; of null it is 0 where nulls come first, else 2.
 *
 * Integers and dates are big-endian with their sign bit flipped; int2, int4 and date take four
 * bytes, so that a reference may join different ones of them, int8 and times eight. Floats take
 * eight (`-0` is 0, NaN is above all). Text is UTF-8 and a zero, which text never has; bytea's
 * zeros are escaped. What compares in a way of its own is `types/key.ts`'s. An array is, for each
 * element, a 1 and its bytes, or a 2 for null; then a zero, the number of dimensions, their sizes
 * and lower bounds, four bytes each.
 */
import { UTF8_INVALID, encodeUtf8Into } from '../../codec/utf8.ts';
import { writeBigEndian32 } from '../../store/directory.ts';
import { assert } from '../../types/assert.ts';
import type { ColumnBatch } from '../exec/batch.ts';
import { elementOf } from '../types/array-type.ts';
import { encodeKeyBytes } from '../types/key.ts';
import * as t from '../types/type.ts';
import type { ArrayValue, Int64, TypeId, Value } from '../types/type.ts';
import { USER_TYPES_FROM } from '../types/user-type.ts';
import { PREFIX_BYTES, writePrefix } from './keyspaces.ts';

const TWO_32 = 0x1_0000_0000;
export const VALUE_MARKER = 1;
const NULL_FIRST = 0;
const NULL_LAST = 2;
/** The next of an array: no more, an element, a null, which is above all. */
const ARRAY_END = 0;
const ARRAY_VALUE = 1;
const ARRAY_NULL = 2;

const scratch = new Uint8Array(8);
const scratchFloats = new Float64Array(scratch.buffer);

export interface ElementOrder {
  readonly type: { readonly id: TypeId };
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export class KeyWriter {
  bytes: Uint8Array = new Uint8Array(64);
  end = 0;

  begin(keyspace: number, index: number): void {
    writePrefix(keyspace, index, this.bytes);
    this.end = PREFIX_BYTES;
  }

  copy(): Uint8Array {
    return this.bytes.slice(0, this.end);
  }

  add(element: ElementOrder, value: Value): void {
    this.#reserve(18);
    if (value === null) {
      this.bytes[this.end++] = element.nullsFirst ? NULL_FIRST : NULL_LAST;
      return;
    }
    this.bytes[this.end++] = VALUE_MARKER;
    const from = this.end;
    if (typeof value === 'number') this.#number(element.type.id, value);
    else this.#value(element.type.id, value);
    if (element.descending) for (let i = from; i < this.end; i += 1) this.bytes[i]! ^= 0xff;
  }

  /** An element from a column of a batch. */
  addFrom(element: ElementOrder, column: ColumnBatch, row: number): void {
    if (column.hasNulls && column.nulls[row] === 1) this.add(element, null);
    else if (column.isNumbers) this.add(element, column.numbers[row]!);
    else this.add(element, column.values[row]!);
  }

  addBytes(bytes: Uint8Array, from: number, count: number): void {
    this.#reserve(count);
    for (let i = 0; i < count; i += 1) this.bytes[this.end + i] = bytes[from + i]!;
    this.end += count;
  }

  #number(type: TypeId, value: number): void {
    const { bytes, end } = this;
    switch (type) {
      case t.BOOL:
        bytes[end] = value;
        this.end = end + 1;
        return;
      case t.INT2:
      case t.INT4:
      case t.DATE:
        writeBigEndian32(value ^ 0x8000_0000, bytes, end);
        this.end = end + 4;
        return;
      case t.OID:
        writeBigEndian32(value, bytes, end);
        this.end = end + 4;
        return;
      case t.FLOAT4:
      case t.FLOAT8:
        this.#float(value);
        return;
      default:
        this.#int64(value);
    }
  }

  #int64(value: Int64): void {
    const { bytes, end } = this;
    this.end = end + 8;
    if (typeof value === 'bigint') {
      writeBigEndian32(Number(BigInt.asIntN(32, value >> 32n)) ^ 0x8000_0000, bytes, end);
      writeBigEndian32(Number(BigInt.asUintN(32, value)), bytes, end + 4);
      return;
    }
    const high = Math.floor(value / TWO_32);
    writeBigEndian32(high ^ 0x8000_0000, bytes, end);
    writeBigEndian32(value - high * TWO_32, bytes, end + 4);
  }

  #float(value: number): void {
    const { bytes, end } = this;
    this.end = end + 8;
    if (Number.isNaN(value)) {
      bytes.fill(0xff, end, end + 8);
      return;
    }
    // Adding zero turns -0 into 0.
    scratchFloats[0] = value + 0;
    const negative = (scratch[7]! & 0x80) !== 0;
    for (let i = 0; i < 8; i += 1) {
      const byte = scratch[7 - i]!;
      bytes[end + i] = negative ? byte ^ 0xff : i === 0 ? byte ^ 0x80 : byte;
    }
  }

  #value(type: TypeId, value: Value): void {
    if (typeof value === 'boolean') this.bytes[this.end++] = value ? 1 : 0;
    else if (typeof value === 'bigint') this.#int64(value);
    else if (typeof value === 'string' && isPlainText(type)) {
      const text = type === t.BPCHAR ? trimBlanks(value) : value;
      this.#reserve(text.length * 3 + 1);
      const written = encodeUtf8Into(text, this.bytes, this.end);
      assert(written !== UTF8_INVALID, 'a text value is well-formed');
      this.end += written;
      this.bytes[this.end++] = 0;
    } else if (typeof value === 'object' && value !== null && 'dimensions' in value) {
      this.#array(elementOf(type) as TypeId, value);
    } else {
      const bytes = encodeKeyBytes(type, value);
      this.addBytes(bytes, 0, bytes.length);
    }
  }

  #array(type: TypeId, array: ArrayValue): void {
    for (const element of array.elements) {
      this.#reserve(18);
      this.bytes[this.end++] = element === null ? ARRAY_NULL : ARRAY_VALUE;
      if (typeof element === 'number') this.#number(type, element);
      else if (element !== null) this.#value(type, element);
    }
    const { dimensions, lowerBounds } = array;
    this.#reserve(2 + dimensions.length * 8);
    this.bytes[this.end++] = ARRAY_END;
    this.bytes[this.end++] = dimensions.length;
    for (const size of dimensions) this.#number(t.INT4, size);
    for (const low of lowerBounds) this.#number(t.INT4, low);
  }

  #reserve(bytes: number): void {
    if (this.end + bytes <= this.bytes.length) return;
    const grown = new Uint8Array((this.end + bytes) * 2);
    grown.set(this.bytes);
    this.bytes = grown;
  }
}

function isPlainText(type: TypeId): boolean {
  if (type === t.TEXT || type === t.VARCHAR || type === t.BPCHAR || type === t.NAME) return true;
  return type >= USER_TYPES_FROM;
}

/** Blanks at the end of a `char(n)` say nothing. */
function trimBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0x20) end -= 1;
  return end === text.length ? text : text.slice(0, end);
}
