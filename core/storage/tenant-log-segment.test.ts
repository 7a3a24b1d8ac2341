/** Opening a segment finds frames by their headers; its Merkle tree keeps up with it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { merkleRootInto } from '../crypto/merkle.ts';
import { TINY } from '../limits.ts';
import {
  FRAME_HEADER_BYTES,
  LOG_HASH_BYTES,
  frameBytes,
  segmentName,
  writeFrame,
} from './tenant-log-format.ts';
import { LogSegment, OFFSET_UNKNOWN } from './tenant-log-segment.ts';
import { logContext } from './tenant-log.ts';
import { MemoryDisk } from './testing/memory-disk.ts';
import { RecordingObserver } from './testing/prepares.ts';

const TENANT = 4;
const LIMITS = { ...TINY, segmentEntriesMax: 4096 };
const ENTRIES = 300;

function hashOf(position: number): Uint8Array {
  return new Uint8Array(LOG_HASH_BYTES).fill(position % 251);
}

function rootOf(count: number): Uint8Array {
  const hashes = new Uint8Array(count * LOG_HASH_BYTES);
  for (let i = 0; i < count; i += 1) hashes.set(hashOf(i + 1), i * LOG_HASH_BYTES);
  const root = new Uint8Array(LOG_HASH_BYTES);
  merkleRootInto(hashes, count, root, 0);
  return root;
}

/** The root that the segment tells; null: not all of its frames are intact. */
function rootTold(segment: LogSegment): Uint8Array | null {
  const root = new Uint8Array(LOG_HASH_BYTES);
  return segment.merkleInto(root, 0) ? root : null;
}

/** Entries of many lengths; after every tenth a checkpoint, which ends at a sector. */
function written(disk: MemoryDisk): number[] {
  const file = disk.open(segmentName(TENANT, 0));
  const offsets: number[] = [];
  let offset = 0;
  for (let position = 1; position <= ENTRIES; position += 1) {
    const entry = new Uint8Array((position * 37) % 700).fill(position);
    const frame = new Uint8Array(frameBytes(entry.length));
    writeFrame(frame, 0, TENANT, position, entry, hashOf(position));
    disk.write(file, offset, frame, 0, frame.length);
    offsets.push(offset);
    offset += frame.length;
    if (position % 10 !== 0) continue;
    const end = Math.ceil(offset / LIMITS.sectorBytes) * LIMITS.sectorBytes;
    disk.write(file, offset, new Uint8Array(end - offset), 0, end - offset);
    offset = end;
  }
  return offsets;
}

function loaded(disk: MemoryDisk, count: number = ENTRIES): LogSegment {
  const segment = new LogSegment(logContext(disk, LIMITS, new RecordingObserver()), TENANT, 0);
  segment.load(count);
  return segment;
}

function flip(disk: MemoryDisk, offset: number): void {
  const file = disk.open(segmentName(TENANT, 0));
  const byte = new Uint8Array(1);
  disk.read(file, offset, 1, byte, 0);
  byte[0]! ^= 0xff;
  disk.write(file, offset, byte, 0, 1);
}

test('every frame is found, and reads as written', () => {
  const disk = new MemoryDisk(LIMITS.sectorBytes);
  const offsets = written(disk);
  const segment = loaded(disk);
  expect([...segment.offsets.subarray(0, ENTRIES)]).toEqual(offsets);
  expect(segment.unknown).toBe(0);
  for (let index = 0; index < ENTRIES; index += 1) expect(segment.look(index)).not.toBe(-1);
});

test('a damaged entry keeps its place, and is found out when it is read', () => {
  const disk = new MemoryDisk(LIMITS.sectorBytes);
  const offsets = written(disk);
  flip(disk, offsets[100]! + FRAME_HEADER_BYTES + 5);
  const segment = loaded(disk);
  expect(segment.unknown).toBe(0);
  expect(segment.look(100)).toBe(-1);
  expect(segment.look(101)).not.toBe(-1);
});

test.each([4, 8, 16, 20])('a header damaged at byte %i is a hole; the rest is found', (at) => {
  const disk = new MemoryDisk(LIMITS.sectorBytes);
  const offsets = written(disk);
  flip(disk, offsets[100]! + at);
  const segment = loaded(disk);
  expect(segment.offsets[100]).toBe(OFFSET_UNKNOWN);
  expect(segment.unknown).toBe(1);
  expect(segment.offsets[101]).toBe(offsets[101]);
  expect(segment.look(ENTRIES - 1)).not.toBe(-1);
});

test('a damaged last frame is a hole: nothing behind it proves where it ends', () => {
  const disk = new MemoryDisk(LIMITS.sectorBytes);
  const offsets = written(disk);
  flip(disk, offsets[ENTRIES - 1]! + FRAME_HEADER_BYTES + 1);
  const segment = loaded(disk);
  expect(segment.offsets[ENTRIES - 1]).toBe(OFFSET_UNKNOWN);
  expect(segment.unknown).toBe(1);
});

/** Writes the next frame, and pushes it with its hash. */
function append(disk: MemoryDisk, segment: LogSegment): void {
  const position = segment.count + 1;
  const entry = new Uint8Array(40).fill(position);
  const frame = new Uint8Array(frameBytes(entry.length));
  writeFrame(frame, 0, TENANT, position, entry, hashOf(position));
  const end = segment.count === 0 ? 0 : segment.endOf(segment.count - 1);
  disk.write(segment.file, end, frame, 0, frame.length);
  segment.push(end, entry.length, hashOf(position));
}

test('a segment that was never closed tells its root without reading a frame', () => {
  const disk = new MemoryDisk(LIMITS.sectorBytes);
  const segment = new LogSegment(logContext(disk, LIMITS, new RecordingObserver()), TENANT, 0);
  segment.load(0);
  for (let i = 0; i < 100; i += 1) append(disk, segment);
  disk.read = () => {
    throw new Error('read');
  };
  expect(rootTold(segment)).toEqual(rootOf(100));
});

test('after a restart, appends take in what stood there, and then nothing is read', () => {
  const disk = new MemoryDisk(LIMITS.sectorBytes);
  written(disk);
  const segment = loaded(disk);
  for (let i = 0; i < ENTRIES; i += 1) append(disk, segment);
  disk.read = () => {
    throw new Error('read');
  };
  expect(rootTold(segment)).toEqual(rootOf(2 * ENTRIES));
});

test('the root is that of the hashes, whenever it is asked for, whatever was taken back', () => {
  const step = fc.constantFrom('append', 'append', 'append', 'pop', 'root', 'reopen');
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const disk = new MemoryDisk(LIMITS.sectorBytes);
      written(disk);
      let segment = loaded(disk);
      for (const one of steps) {
        if (one === 'append') append(disk, segment);
        else if (one === 'root') expect(rootTold(segment)).toEqual(rootOf(segment.count));
        else if (one === 'pop' && segment.count > ENTRIES) segment.pop();
        else if (one === 'reopen') segment = loaded(disk, segment.count);
      }
      expect(rootTold(segment)).toEqual(rootOf(segment.count));
    }),
  );
});

test.each([
  ['its entry', FRAME_HEADER_BYTES + 5],
  ['its header', 8],
])('a frame with damage in %s has no root until it is repaired', (_, at) => {
  const disk = new MemoryDisk(LIMITS.sectorBytes);
  const offsets = written(disk);
  flip(disk, offsets[100]! + at);
  const segment = loaded(disk);
  for (let i = 0; i < ENTRIES; i += 1) append(disk, segment);
  expect(rootTold(segment)).toBeNull();
  flip(disk, offsets[100]! + at);
  segment.place(100, offsets[100]!, (101 * 37) % 700);
  expect(rootTold(segment)).toEqual(rootOf(2 * ENTRIES));
});
