/**
 * Order-preserving bytes of values that compare in a way of their own: as unsigned bytes they
 * compare as the values do. `rows/key-writer.ts` writes markers, numbers and text itself and comes
 * here for the rest.
 *
 * The bytes delimit themselves: none are a prefix of another's. Values that SQL calls equal have
 * equal bytes (1.0 and 1.00, `1 mon` and `30 days`).
 *
 *   bytea      00 as 00 ff, ended by 00 00
 *   uuid       16 bytes
 *   numeric    class, exponent, two digits a byte plus one, ended by 00; negatives flipped
 *   interval   days, then microseconds of the day, eight bytes each
 *   jsonb      class, then size and parts
 */
import { unsupported } from '../error.ts';
import { parseDecimal } from './decimal-text.ts';
import { typeName } from './describe.ts';
import { intervalSpan } from './interval.ts';
import { parseJson } from './json-text.ts';
import type { Json } from './json-text.ts';
import { BYTEA, INTERVAL, JSONB, NUMERIC, UUID } from './type.ts';
import type { Decimal, Interval, TypeId, Value } from './type.ts';

const TWO_32 = 4294967296;

/** Class bytes of numeric. */
const NUMERIC_CLASS = { minusInfinity: 1, negative: 2, zero: 3, positive: 4, infinity: 5, nan: 6 };
/** Makes every exponent positive: from -16,383 to 131,072. */
const EXPONENT_BIAS = 1 << 20;

/** Ascending, of a value that is not null. */
export function encodeKeyBytes(type: TypeId, value: Value): Uint8Array {
  body.clear();
  switch (type) {
    case BYTEA:
      body.binary(value as Uint8Array);
      break;
    case UUID:
      body.uuid(value as string);
      break;
    case NUMERIC:
      body.numeric(value as Decimal);
      break;
    case INTERVAL: {
      const { days, micros } = intervalSpan(value as Interval);
      body.integer(days);
      body.integer(micros);
      break;
    }
    case JSONB:
      body.json(parseJson(value as string, true), true);
      break;
    default:
      throw unsupported(`an index on type ${typeName(type)}`, -1);
  }
  return body.copy();
}

/** A buffer that grows, and what can be appended to it. */
class KeyBody {
  #bytes: Uint8Array = new Uint8Array(256);
  #end = 0;

  clear(): void {
    this.#end = 0;
  }

  copy(): Uint8Array {
    return this.#bytes.slice(0, this.#end);
  }

  /** Of bytes about to be written. */
  #reserve(count: number): void {
    const needed = this.#end + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
  }

  #byte(value: number): void {
    this.#bytes[this.#end] = value;
    this.#end += 1;
  }

  #flip(start: number): void {
    const bytes = this.#bytes;
    for (let at = start; at < this.#end; at += 1) bytes[at] = ~(bytes[at] ?? 0) & 255;
  }

  #uint32(value: number): void {
    const bytes = this.#bytes;
    const end = this.#end;
    bytes[end] = value >>> 24;
    bytes[end + 1] = value >>> 16;
    bytes[end + 2] = value >>> 8;
    bytes[end + 3] = value;
    this.#end = end + 4;
  }

  /** Of a safe integer. */
  integer(value: number): void {
    this.#reserve(8);
    const high = Math.floor(value / TWO_32);
    this.#uint32(high + 0x80000000);
    this.#uint32(value - high * TWO_32);
  }

  #text(text: string): void {
    this.#reserve(text.length * 3 + 8);
    const bytes = this.#bytes;
    let end = this.#end;
    for (let i = 0; i < text.length; i += 1) {
      let code = text.charCodeAt(i);
      if (code < 0x80) {
        bytes[end] = code;
        end += 1;
        continue;
      }
      if (code < 0x800) {
        bytes[end] = 0xc0 | (code >> 6);
        bytes[end + 1] = 0x80 | (code & 63);
        end += 2;
        continue;
      }
      if (code < 0xd800 || code > 0xdfff) {
        bytes[end] = 0xe0 | (code >> 12);
        bytes[end + 1] = 0x80 | ((code >> 6) & 63);
        bytes[end + 2] = 0x80 | (code & 63);
        end += 3;
        continue;
      }
      code = text.codePointAt(i) ?? 0;
      i += 1;
      bytes[end] = 0xf0 | (code >> 18);
      bytes[end + 1] = 0x80 | ((code >> 12) & 63);
      bytes[end + 2] = 0x80 | ((code >> 6) & 63);
      bytes[end + 3] = 0x80 | (code & 63);
      end += 4;
    }
    bytes[end] = 0;
    this.#end = end + 1;
  }

  binary(value: Uint8Array): void {
    this.#reserve(value.length * 2 + 8);
    for (const byte of value) {
      this.#byte(byte);
      if (byte === 0) this.#byte(255);
    }
    this.#byte(0);
    this.#byte(0);
  }

  uuid(text: string): void {
    this.#reserve(16);
    for (let at = 0; at < 36;) {
      if (text[at] === '-') {
        at += 1;
        continue;
      }
      this.#byte(Number(`0x${text.slice(at, at + 2)}`));
      at += 2;
    }
  }

  numeric(value: Decimal): void {
    this.#reserve(24);
    if (value.special !== 0) {
      const { nan, infinity, minusInfinity } = NUMERIC_CLASS;
      this.#byte(value.special === 1 ? nan : value.special === 2 ? infinity : minusInfinity);
      return;
    }
    const { coefficient } = value;
    if (coefficient === 0) {
      this.#byte(NUMERIC_CLASS.zero);
      return;
    }
    const negative = coefficient < 0;
    const digits = (negative ? -coefficient : coefficient).toString();
    this.#reserve(digits.length + 16);
    this.#byte(negative ? NUMERIC_CLASS.negative : NUMERIC_CLASS.positive);
    const start = this.#end;
    this.#uint32(digits.length - value.scale + EXPONENT_BIAS);
    let last = digits.length;
    while (digits.charCodeAt(last - 1) === 48) last -= 1;
    for (let at = 0; at < last; at += 2) {
      const tens = digits.charCodeAt(at) - 48;
      const ones = at + 1 < last ? digits.charCodeAt(at + 1) - 48 : 0;
      this.#byte(tens * 10 + ones + 1);
    }
    this.#byte(0);
    if (negative) this.#flip(start);
  }

  /** The order of `compareJson`. */
  json(value: Json, top: boolean): void {
    this.#reserve(24);
    switch (value.kind) {
      case 'null':
        this.#byte(1);
        break;
      case 'string':
        this.#byte(2);
        this.#text(value.value);
        break;
      case 'number':
        this.#byte(3);
        this.numeric(parseDecimal(value.digits));
        break;
      case 'boolean':
        this.#byte(4);
        this.#byte(value.value ? 1 : 0);
        break;
      case 'array':
        // At the top an empty array is below every scalar.
        this.#byte(top && value.elements.length === 0 ? 0 : 5);
        this.#uint32(value.elements.length);
        for (const element of value.elements) this.json(element, false);
        break;
      case 'object':
        this.#byte(6);
        this.#uint32(value.members.length);
        for (const { name, value: member } of value.members) {
          this.#reserve(24);
          this.#text(name);
          this.json(member, false);
        }
        break;
    }
  }
}

const body = new KeyBody();
