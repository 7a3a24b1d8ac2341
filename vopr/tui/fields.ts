/**
 * Any value of the protocol as lines of text: one field a line, hashes in hex, and bytes as the
 * dump that people compare formats with (`docs/formats-*.md`).
 */
import { Hash128, hex128 } from '../../core/types/hash128.ts';

const BYTES_A_ROW = 16;
/** Bytes shown of a field; the dump of the whole thing has the rest. */
const INLINE_BYTES = 16;
/** Items shown of a list. */
const ITEMS_MAX = 64;

export function fieldLines(value: object, indent = ''): string[] {
  return Object.entries(value).flatMap(([name, field]) => fieldLine(name, field, indent));
}

function fieldLine(name: string, value: unknown, indent: string): string[] {
  const label = `${indent}${name} `;
  if (value instanceof Hash128) return [`${label}${hex128(value)}`];
  if (value instanceof Uint8Array) return [`${label}${bytesWords(value)}`];
  if (Array.isArray(value)) {
    const items = value.slice(0, ITEMS_MAX).flatMap((item: unknown, index) => {
      return fieldLine(`[${index}]`, item, `${indent}  `);
    });
    const more = value.length > ITEMS_MAX ? [`${indent}  … ${value.length - ITEMS_MAX} more`] : [];
    return [`${label}${value.length} of them`, ...items, ...more];
  }
  if (typeof value === 'object' && value !== null) {
    return [label.trimEnd(), ...fieldLines(value, `${indent}  `)];
  }
  return [`${label}${String(value)}`];
}

function bytesWords(bytes: Uint8Array): string {
  const head = hexOf(bytes.subarray(0, INLINE_BYTES));
  if (bytes.length === 0) return 'no bytes';
  return `${bytes.length} bytes: ${head}${bytes.length > INLINE_BYTES ? '…' : ''}`;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Offset, sixteen bytes in hex, and the same as text. */
export function dumpLines(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += BYTES_A_ROW) {
    const slice = bytes.subarray(at, at + BYTES_A_ROW);
    const pairs = Array.from(slice, (byte) => byte.toString(16).padStart(2, '0'));
    const hex = `${pairs.slice(0, 8).join(' ')}  ${pairs.slice(8).join(' ')}`;
    const text = Array.from(slice, (byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.',
    ).join('');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(48)}  ${text}`);
  }
  return lines;
}
