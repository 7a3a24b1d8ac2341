/**
 * Catalogue objects as records: `began u64, format u8`, then JSON of the object as in `model.ts`.
 *
 * JSON has no large integers, bytes or special floats; they stand as objects with one member whose
 * name no node of a tree has: `$int`, `$bytes`, `$float`.
 *
 * Objects never change, so the text of each is made once.
 */
import { writeU64 } from '../../codec/bytes.ts';
import { decodeUtf8, encodeUtf8 } from '../../codec/utf8.ts';
import { assert } from '../../types/assert.ts';
import type { CatalogObject } from './state.ts';

const FORMAT = 1;
const HEADER_BYTES = 9;

const texts: WeakMap<CatalogObject, Uint8Array> = new WeakMap();

export function encodeObject(object: CatalogObject, began: number): Uint8Array {
  const text = textOf(object);
  const bytes = new Uint8Array(HEADER_BYTES + text.length);
  writeU64(bytes, 0, began);
  bytes[8] = FORMAT;
  bytes.set(text, HEADER_BYTES);
  return bytes;
}

function textOf(object: CatalogObject): Uint8Array {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const text = encodeUtf8(JSON.stringify(object, isPlain(object) ? undefined : flatten));
  assert(text !== undefined, 'names and literals are well-formed text');
  texts.set(object, text);
  return text;
}

/** Whether JSON has all values in it. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || value === null) return typeof value !== 'bigint';
  if (value instanceof Uint8Array) return false;
  for (const member of Object.values(value)) if (!isPlain(member)) return false;
  return true;
}

export function decodeObject(bytes: Uint8Array, from: number, length: number): CatalogObject {
  assert(bytes[from + 8] === FORMAT, 'a catalogue record has a format that is known');
  const text = decodeUtf8(bytes, from + HEADER_BYTES, length - HEADER_BYTES);
  assert(text !== undefined, 'a catalogue record is text');
  return JSON.parse(text, restore) as CatalogObject;
}

/** Where the text of a record begins that stands at `from`: what a definition says. */
export function textFrom(from: number): number {
  return from + HEADER_BYTES;
}

function flatten(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { $int: value.toString() };
  if (value instanceof Uint8Array) return { $bytes: Array.from(value) };
  if (typeof value !== 'number') return value;
  if (Number.isFinite(value) && !Object.is(value, -0)) return value;
  return { $float: Object.is(value, -0) ? '-0' : String(value) };
}

function restore(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$int' in value) return BigInt(value.$int as string);
  if ('$bytes' in value) return Uint8Array.from(value.$bytes as number[]);
  if ('$float' in value) return Number(value.$float);
  return value;
}
