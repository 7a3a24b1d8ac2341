/** Segments too long to be read whole at opening: their frames are found by their headers. */
import { expect, test } from 'vitest';
import { TINY } from '../limits.ts';
import {
  FRAME_HEADER_BYTES,
  LOG_HASH_BYTES,
  frameBytes,
  segmentName,
  writeFrame,
} from './tenant-log-format.ts';
import { LogSegment, LogWindow, OFFSET_UNKNOWN } from './tenant-log-segment.ts';
import { MemoryDisk } from './testing/memory-disk.ts';

const TENANT = 4;
const LIMITS = { ...TINY, segmentEntriesMax: 4096 };
const ENTRIES = 300;

/** Entries of many lengths; after every tenth a checkpoint, which ends at a sector. */
function written(disk: MemoryDisk): number[] {
  const file = disk.open(segmentName(TENANT, 0));
  const hash = new Uint8Array(LOG_HASH_BYTES).fill(7);
  const offsets: number[] = [];
  let offset = 0;
  for (let position = 1; position <= ENTRIES; position += 1) {
    const entry = new Uint8Array((position * 37) % 700).fill(position);
    const frame = new Uint8Array(frameBytes(entry.length));
    writeFrame(frame, 0, TENANT, position, entry, hash);
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

function loaded(disk: MemoryDisk): LogSegment {
  const segment = new LogSegment(disk, LIMITS, new LogWindow(disk), TENANT, 0);
  segment.load(ENTRIES);
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
