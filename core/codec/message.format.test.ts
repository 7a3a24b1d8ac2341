/**
 * docs/formats-wire.md against the code: every offset in its tables is read from encoded messages
 * and compared with the field that the table names.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TINY } from '../limits.ts';
import { hex128, read128 } from '../types/hash128.ts';
import type { Message } from '../vsr/message.ts';
import { DO_VIEW_CHANGE, MESSAGE_KINDS, PONG, UNIT } from '../vsr/message.ts';
import { readU16, readU32, readU64 } from './bytes.ts';
import { ENVELOPE_BYTES, WIRE_FORMAT, encodeMessage, messageBytes } from './message.ts';
import { MESSAGE_KIND_NAMES } from './message-traits.ts';
import type { PrepareHeader } from './prepare.ts';
import { PREPARE_FORMAT, PREPARE_HEADER_BYTES } from './prepare.ts';
import { CLUSTER, HASH, anyMessage, chain } from './testing/messages.ts';

interface Row {
  readonly offset: number;
  readonly type: string;
  readonly field: string;
}

const SIZES: Readonly<Record<string, number>> = { hash: 16, u64: 8, u32: 4, u16: 2, bytes: 0 };

const text = readFileSync(new URL('../../docs/formats-wire.md', import.meta.url), 'utf8');

function rows(section: string): Row[] {
  return [...section.matchAll(/^\| (\d+) +\| (\w+) +\| (.*?) +\|$/gm)].map((match) => {
    const field = /`([^`]+)`/.exec(match[3]!)?.[1] ?? match[3]!;
    return { offset: Number(match[1]), type: match[2]!, field };
  });
}

const kinds = new Map<number, { name: string; rows: Row[] }>();
for (const section of text.split(/^### /m).slice(1)) {
  const [, kind, name] = /^(\d+) (\w+)/.exec(section)!;
  kinds.set(Number(kind), { name: name!, rows: rows(section) });
}

/** The value that the table's field name stands for. */
function valueOf(message: Message, field: string): unknown {
  if (field === 'zeros') return 0;
  if (field === 'position + 1') return (valueOf(message, 'position') as number) + 1;
  if (field === 'known' && message.kind === DO_VIEW_CHANGE) {
    return message.headers.reduce((set, header, i) => (header === null ? set : set | (1 << i)), 0);
  }
  if (field === 'synchronized' && message.kind === PONG) return message.synchronized ? 1 : 0;
  if (field === 'held' && message.kind === UNIT) return message.bytes === null ? 0 : 1;
  if (field === 'bytes.length' && message.kind === UNIT) return message.bytes?.length ?? 0;
  let value: unknown = message;
  for (const part of field.split('.')) value = (value as Record<string, unknown>)[part];
  return value;
}

function readField(bytes: Uint8Array, row: Row): unknown {
  if (row.type === 'hash') return hex128(read128(bytes, row.offset));
  if (row.type === 'u64') return readU64(bytes, row.offset);
  if (row.type === 'u32') return readU32(bytes, row.offset);
  if (row.type === 'u16') return readU16(bytes, row.offset);
  return bytes.subarray(row.offset);
}

function expected(message: Message, row: Row): unknown {
  const value = valueOf(message, row.field);
  return row.type === 'hash' ? hex128(value as typeof CLUSTER) : value;
}

describe('docs/formats-wire.md', () => {
  test('has a table for every kind, under its name', () => {
    for (let kind = 1; kind < MESSAGE_KINDS; kind += 1) {
      expect(kinds.get(kind)?.name).toBe(MESSAGE_KIND_NAMES[kind]);
    }
    expect(kinds.size).toBe(MESSAGE_KINDS - 1);
  });

  test('leaves no gap and no overlap, from the end of the envelope on', () => {
    for (const { rows: table } of kinds.values()) {
      let at = ENVELOPE_BYTES;
      for (const row of table) {
        expect(row.offset).toBe(at);
        at += SIZES[row.type]!;
      }
    }
  });

  test('says where each field of each message is', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const bytes = encodeMessage(message, CLUSTER, HASH);
        for (const row of kinds.get(message.kind)!.rows) {
          // Lists of headers are checked by their count and by the message's length.
          if (row.field === 'headers') continue;
          const value = expected(message, row);
          if (value !== null) expect(readField(bytes, row)).toEqual(value);
        }
        const last = kinds.get(message.kind)!.rows.at(-1)!;
        const rest = messageBytes(message) - last.offset - SIZES[last.type]!;
        expect(last.type === 'bytes' ? rest >= 0 : rest === 0).toBe(true);
        if (last.field === 'headers') expect(rest % 192).toBe(0);
      }),
      { numRuns: 400 },
    );
  });

  test('says where each field of a prepare header is', () => {
    const table = rows(text.split('**Prepare header**')[1]!.split('**Position**')[0]!);
    const { header, bytes } = chain(5, 2, 3)[1]!;
    let at = 0;
    for (const row of table) {
      expect(row.offset).toBe(at);
      at += SIZES[row.type]!;
      if (row.field === 'magic') {
        expect([...bytes.subarray(16, 20)]).toEqual([0x4b, 0x50, 0x52, 0x50]);
      } else if (row.field === 'format') {
        expect(readField(bytes, row)).toBe(PREPARE_FORMAT);
      } else if (row.type !== 'bytes') {
        const value = header[row.field as keyof PrepareHeader];
        const wanted = typeof value === 'number' ? value : hex128(value);
        expect(readField(bytes, row)).toBe(wanted);
      }
    }
    expect(table.at(-1)!.offset).toBe(156);
    expect(bytes.subarray(156, PREPARE_HEADER_BYTES).every((byte) => byte === 0)).toBe(true);
  });

  test('describes the envelope', () => {
    const envelope = rows(text.split('## The envelope')[1]!.split('## Shared')[0]!);
    expect(envelope.map((row) => row.offset)).toEqual([0, 16, 20, 22, 24, 28, 32]);
    const message: Message = { kind: 9, view: 3 };
    const bytes = encodeMessage(message, CLUSTER, HASH);
    expect(readField(bytes, envelope[0]!)).toBe(
      hex128(HASH.checksum128(bytes, 16, bytes.length - 16)),
    );
    expect([...bytes.subarray(16, 20)]).toEqual([0x4b, 0x42, 0x4d, 0x47]);
    expect(envelope[1]!.field).toBe('4b 42 4d 47');
    expect(readField(bytes, envelope[2]!)).toBe(WIRE_FORMAT);
    expect(text).toContain(`Format ${WIRE_FORMAT}.`);
    expect(readField(bytes, envelope[3]!)).toBe(9);
    expect(readField(bytes, envelope[4]!)).toBe(bytes.length);
    expect(readField(bytes, envelope[5]!)).toBe(0);
    expect(readField(bytes, envelope[6]!)).toBe(hex128(CLUSTER));
    expect(TINY.messageBytesMax).toBe(16384);
  });
});
