/**
 * Order-preserving bytes of values that compare in a way of their own, for index keys: as bytes
 * they compare as the values do, and none is a prefix of another.
 */
import { unsupported } from '../error.ts';
import type { TypeId, Value } from './type.ts';
import { UUID } from './type.ts';

export function encodeKeyBytes(type: TypeId, value: Value): Uint8Array {
  if (type === UUID && typeof value === 'string') return uuidBytes(value);
  if (value instanceof Uint8Array) return escaped(value);
  throw unsupported('an index on this type', -1);
}

function uuidBytes(text: string): Uint8Array {
  const digits = text.split('-').join('');
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 16; i += 1) bytes[i] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}

/** A zero becomes `00 ff`; the end is `00 00`. */
function escaped(value: Uint8Array): Uint8Array {
  const bytes: number[] = [];
  for (const byte of value) {
    bytes.push(byte);
    if (byte === 0) bytes.push(0xff);
  }
  bytes.push(0, 0);
  return Uint8Array.from(bytes);
}
