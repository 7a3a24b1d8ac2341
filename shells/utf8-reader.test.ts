/** Text in pieces is the text, wherever it was cut; what is no text is told with its line. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Utf8Reader } from './utf8-reader.ts';

function readAll(chunks: readonly Buffer[]): string {
  const reader = new Utf8Reader();
  return chunks.map((chunk) => reader.write(chunk)).join('') + reader.end();
}

function cut(bytes: Buffer, size: number): readonly Buffer[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

test('however it is cut, it is the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 5 }), (text, size) => {
      fc.pre(!text.startsWith('\ufeff'));
      expect(readAll(cut(Buffer.from(text), size))).toBe(text);
    }),
  );
});

test('a byte order mark is left out at the beginning, and only there', () => {
  const bytes = Buffer.from('\ufeffa\ufeff');
  for (const size of [1, 2, 99]) expect(readAll(cut(bytes, size))).toBe('a\ufeff');
  expect(readAll([])).toBe('');
});

test.each([
  ['a lone byte', [0x61, 0xff, 0x62]],
  ['what goes on from nothing', [0x80]],
  ['a character that does not end', [0x61, 0xe2, 0x82]],
  ['half a pair', [0xed, 0xa0, 0x80]],
])('%s is refused, with its line', (_, bad) => {
  const bytes = Buffer.concat([Buffer.from('é\n\n'), Buffer.from(bad)]);
  for (const size of [1, 2, 99]) {
    expect(() => readAll(cut(bytes, size))).toThrow(expect.objectContaining({ line: 3 }));
  }
});
