/**
 * A hash over everything that a value reaches: fields, elements and bytes. Two graphs of equal
 * hash are equal in all that code can tell of them, but for what a closure captured, and for
 * whether two references lead to one object or to two equal ones: those of messages and headers,
 * which are immutable, come and go, and those of mutable parts are fixed when a node is made.
 *
 * It needs no help of what it reads: nothing can be forgotten, as in a fingerprint written by
 * hand. Private fields (`#x`) hide from it; whoever wants them seen compiles them to plain fields.
 *
 * Two 32-bit lanes. An aligned buffer is read by words, in the machine's byte order: these hashes
 * mean nothing to another process. Cost: some 20 ns a field, a third of a nanosecond a byte.
 */
import { mixText } from '../sim/mix.ts';

const TAG_UNDEFINED = 1;
const TAG_NULL = 2;
const TAG_TRUE = 3;
const TAG_FALSE = 4;
const TAG_INTEGER = 5;
const TAG_DOUBLE = 6;
const TAG_TEXT = 7;
const TAG_FUNCTION = 8;
const TAG_CYCLE = 9;
const TAG_OUTSIDE = 10;
const TAG_BYTES = 11;
const TAG_ARRAY = 12;
const TAG_MAP = 13;
const TAG_SET = 14;
const TAG_OBJECT = 15;
const TAG_BIG = 16;

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

/** Field names come again and again. */
const names: Map<string, number> = new Map();

/** Copies bytes to where they can be read by words. */
function aligned(bytes: Uint8Array, from: number, length: number): Int32Array {
  const whole = length & ~3;
  const copy = new Uint8Array(whole);
  copy.set(bytes.subarray(from, from + whole));
  return new Int32Array(copy.buffer);
}

export class GraphHash {
  a = 0;
  b = 0;
  /** Of each object met: its hash, or, while it is under way, how deep it lies. */
  readonly #lanes: Map<object, { a: number; b: number }> = new Map();
  #depth = 0;
  /** Objects of the world outside, by identity: they count as such, and are not entered. */
  outside: readonly object[] = [];
  readonly #skipped: ReadonlySet<string>;

  /** Fields of these names are not looked at, wherever they stand. */
  constructor(skipped: readonly string[] = []) {
    this.#skipped = new Set(skipped);
  }

  begin(outside: readonly object[] = []): void {
    this.a = 1;
    this.b = 2;
    this.#lanes.clear();
    this.#depth = 0;
    this.outside = outside;
  }

  /** A bijection of either lane for each value: no single difference is ever lost. */
  integer(value: number): void {
    const a = Math.imul(this.a ^ value, 0x9e3779b1);
    const b = Math.imul(this.b + value, 0x85ebca6b);
    this.a = a ^ (a >>> 15);
    this.b = b ^ (b >>> 13);
  }

  text(text: string): void {
    let hash = names.get(text);
    if (hash === undefined) {
      hash = mixText(text);
      names.set(text, hash);
    }
    this.integer(hash);
  }

  /** `length` bytes from `from`. */
  bytes(bytes: Uint8Array, from: number, length: number): void {
    let { a, b } = this;
    const start = bytes.byteOffset + from;
    let at = 0;
    if (length >= 64) {
      const words =
        (start & 3) === 0
          ? new Int32Array(bytes.buffer, start, length >> 2)
          : aligned(bytes, from, length);
      for (let i = 0; i < words.length; i++) {
        const word = words[i] as number;
        a = Math.imul(a ^ word, 0x9e3779b1);
        a ^= a >>> 15;
        b = Math.imul(b + word, 0x85ebca6b);
        b ^= b >>> 13;
      }
      at = words.length * 4;
    }
    for (; at < length; at++) {
      const byte = bytes[from + at] as number;
      a = Math.imul(a ^ byte, 0x9e3779b1);
      a ^= a >>> 15;
      b = Math.imul(b + byte, 0x85ebca6b);
      b ^= b >>> 13;
    }
    this.a = a;
    this.b = b;
    this.integer(length);
  }

  value(value: unknown): void {
    switch (typeof value) {
      case 'number':
        this.#number(value);
        return;
      case 'string':
        this.integer(TAG_TEXT);
        this.text(value);
        return;
      case 'boolean':
        this.integer(value ? TAG_TRUE : TAG_FALSE);
        return;
      case 'undefined':
        this.integer(TAG_UNDEFINED);
        return;
      case 'bigint':
        this.integer(TAG_BIG);
        this.text(value.toString());
        return;
      case 'object':
        if (value === null) this.integer(TAG_NULL);
        else this.#object(value);
        return;
      default:
        this.integer(TAG_FUNCTION);
    }
  }

  #number(value: number): void {
    if ((value | 0) === value) {
      this.integer(TAG_INTEGER);
      this.integer(value);
      return;
    }
    double[0] = value;
    this.integer(TAG_DOUBLE);
    this.integer(halves[0] as number);
    this.integer(halves[1] as number);
  }

  #object(object: object): void {
    if (this.outside.includes(object)) {
      this.integer(TAG_OUTSIDE);
      return;
    }
    const known = this.#lanes.get(object);
    if (known !== undefined) {
      this.integer(known.a);
      this.integer(known.b);
      return;
    }
    // While it is being hashed, it stands for a step back up: what is met then is a cycle.
    this.#depth += 1;
    const lanes = { a: TAG_CYCLE, b: this.#depth };
    this.#lanes.set(object, lanes);
    const { a, b } = this;
    this.a = 1;
    this.b = 2;
    this.#contents(object);
    lanes.a = this.a;
    lanes.b = this.b;
    this.a = a;
    this.b = b;
    this.#depth -= 1;
    this.integer(lanes.a);
    this.integer(lanes.b);
  }

  #contents(object: object): void {
    if (ArrayBuffer.isView(object)) {
      this.integer(TAG_BYTES);
      const { buffer, byteOffset, byteLength } = object;
      this.bytes(new Uint8Array(buffer, byteOffset, byteLength), 0, byteLength);
    } else if (Array.isArray(object)) {
      this.integer(TAG_ARRAY);
      this.integer(object.length);
      for (const element of object as readonly unknown[]) this.value(element);
    } else if (object instanceof Map) this.#map(object);
    else if (object instanceof Set) this.#set(object);
    else this.#fields(object);
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    this.integer(TAG_MAP);
    this.integer(map.size);
    for (const [key, value] of map) {
      this.value(key);
      this.value(value);
    }
  }

  #set(set: ReadonlySet<unknown>): void {
    this.integer(TAG_SET);
    this.integer(set.size);
    for (const value of set) this.value(value);
  }

  #fields(object: object): void {
    this.integer(TAG_OBJECT);
    const fields = object as Readonly<Record<string, unknown>>;
    const skips = this.#skipped.size > 0;
    // Nothing here inherits fields, and methods are not enumerated.
    for (const name in fields) {
      if (skips && this.#skipped.has(name)) continue;
      this.text(name);
      this.value(fields[name]);
    }
  }
}
