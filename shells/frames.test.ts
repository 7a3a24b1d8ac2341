/** Frames: whatever the chunks, the same frames; whatever the bytes, bounded memory. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FRAME_HEADER_BYTES, FrameReader } from './frames.ts';
import { frame } from './testing/frame.ts';

const BYTES_MAX = 64;

/** A reader that keeps copies of what it is given. */
function collector(bytesMax: number = BYTES_MAX): { reader: FrameReader; frames: Uint8Array[] } {
  const frames: Uint8Array[] = [];
  const reader = new FrameReader(bytesMax, (bytes) => frames.push(bytes.slice()) > 0);
  return { reader, frames };
}

/** Cuts `bytes` at the given places, in whatever order they come. */
function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [0, ...at.map((place) => place % (bytes.length + 1)), bytes.length];
  places.sort((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.slice(places[index], end));
}

const payload = fc.uint8Array({ maxLength: BYTES_MAX });
const payloads = fc.array(payload, { maxLength: 12 });
const cuts = fc.array(fc.nat(), { maxLength: 40 });

describe('a stream of frames', () => {
  test('comes out as it went in, however the network cuts it', () => {
    fc.assert(
      fc.property(payloads, cuts, (sent, places) => {
        const { reader, frames } = collector();
        const stream = Buffer.concat(sent.map(frame));
        for (const chunk of cut(stream, places)) expect(reader.push(chunk)).toBe(true);
        expect(frames).toEqual(sent);
      }),
    );
  });

  test('one byte at a time is enough', () => {
    const { reader, frames } = collector();
    for (const byte of frame(Uint8Array.of(1, 2, 3))) reader.push(Uint8Array.of(byte));
    expect(frames).toEqual([Uint8Array.of(1, 2, 3)]);
  });

  test('an empty frame is a frame, and an empty chunk is nothing', () => {
    const { reader, frames } = collector();
    expect(reader.push(new Uint8Array(0))).toBe(true);
    expect(reader.push(frame(new Uint8Array(0)))).toBe(true);
    expect(frames).toEqual([new Uint8Array(0)]);
  });

  test('a chunk may be a view into a larger buffer, as sockets give them', () => {
    const { reader, frames } = collector();
    const stream = Buffer.concat([Buffer.alloc(7), frame(Uint8Array.of(9)), Buffer.alloc(5)]);
    expect(reader.push(stream.subarray(7, 7 + FRAME_HEADER_BYTES + 1))).toBe(true);
    expect(frames).toEqual([Uint8Array.of(9)]);
  });

  test('frames of a Buffer are plain bytes: `slice` of a Buffer would not copy', () => {
    const kept: Uint8Array[] = [];
    const reader = new FrameReader(BYTES_MAX, (bytes) => kept.push(bytes.slice()) > 0);
    const chunk = Buffer.from(frame(Uint8Array.of(1, 2)));
    reader.push(chunk);
    chunk.fill(0xff);
    expect(kept).toEqual([Uint8Array.of(1, 2)]);
    expect(Buffer.isBuffer(kept[0])).toBe(false);
  });

  test('the buffer of a frame is not touched by the chunk that follows it in the same push', () => {
    const seen: number[][] = [];
    const reader = new FrameReader(BYTES_MAX, (bytes) => seen.push([...bytes]) > 0);
    const stream = Buffer.concat([frame(Uint8Array.of(1, 1)), frame(Uint8Array.of(2, 2))]);
    reader.push(stream.subarray(0, 5));
    reader.push(stream.subarray(5));
    expect(seen).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });
});

describe('a stream that is not ours', () => {
  test('random bytes never throw, never hand out a frame beyond the limit, never hold much', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (chunks) => {
        const { reader, frames } = collector();
        let open = true;
        for (const chunk of chunks) {
          const taken = reader.push(chunk);
          if (!open) expect(taken).toBe(false);
          open = taken;
          expect(reader.heldBytes).toBeLessThanOrEqual(FRAME_HEADER_BYTES + BYTES_MAX + 200);
        }
        for (const bytes of frames) expect(bytes.length).toBeLessThanOrEqual(BYTES_MAX);
      }),
    );
  });

  test('good frames before the bad one are delivered, none after it', () => {
    fc.assert(
      fc.property(payloads, payloads, cuts, (before, after, places) => {
        const { reader, frames } = collector();
        const bad = frame(new Uint8Array(BYTES_MAX + 1));
        const stream = Buffer.concat([...before.map(frame), bad, ...after.map(frame)]);
        const taken = cut(stream, places).map((chunk) => reader.push(chunk));
        expect(taken.at(-1)).toBe(false);
        expect(frames).toEqual(before);
      }),
    );
  });

  test('a length is refused as soon as it is read: nobody has to send the gigabytes', () => {
    const { reader } = collector();
    expect(reader.push(Uint8Array.of(0xff, 0xff, 0xff))).toBe(true);
    expect(reader.push(Uint8Array.of(0xff))).toBe(false);
    expect(reader.heldBytes).toBe(0);
  });

  test('an owner that refuses a frame sees no other one of the same chunk', () => {
    let calls = 0;
    const reader = new FrameReader(BYTES_MAX, () => {
      calls += 1;
      return false;
    });
    const stream = Buffer.concat([frame(Uint8Array.of(1)), frame(Uint8Array.of(2))]);
    expect(reader.push(stream)).toBe(false);
    expect(reader.push(frame(Uint8Array.of(3)))).toBe(false);
    expect(calls).toBe(1);
  });
});

describe('limits', () => {
  test('a limit raised by the first frame holds for the second, in the same chunk', () => {
    const lengths: number[] = [];
    const reader = new FrameReader(4, (bytes) => {
      lengths.push(bytes.length);
      reader.bytesMax = 1000;
      return true;
    });
    const stream = Buffer.concat([frame(new Uint8Array(4)), frame(new Uint8Array(1000))]);
    expect(reader.push(stream)).toBe(true);
    expect(lengths).toEqual([4, 1000]);
  });

  test('a buffer that grew for a large frame is given back', () => {
    const { reader, frames } = collector(1 << 20);
    const stream = frame(new Uint8Array(1 << 20).fill(7));
    for (let at = 0; at < stream.length; at += 50_000) {
      reader.push(stream.slice(at, at + 50_000));
      expect(reader.heldBytes).toBeLessThanOrEqual((1 << 20) + FRAME_HEADER_BYTES + 50_000);
    }
    expect(frames).toHaveLength(1);
    expect(Buffer.alloc(1 << 20, 7).equals(frames[0]!)).toBe(true);
    expect(reader.heldBytes).toBe(0);
  });
});
