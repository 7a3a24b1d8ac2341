/** Finding the logs on a platter: over padding and segments, and no further than asked. */
import { describe, expect, it } from 'vitest';
import { writeU64 } from '../core/codec/bytes.ts';
import { TINY } from '../core/limits.ts';
import { frameBytes, segmentName, writeFrame } from '../core/storage/tenant-log-format.ts';
import { logsOnPlatter } from './tenant-files.ts';
import { FakeDisk } from './testing/fake-world.ts';

const ENTRY_BYTES = 300;
const PER_SEGMENT = TINY.segmentEntriesMax;

/** `count` entries of tenant 1; every third frame starts at a sector, as after a checkpoint. */
function disk(count: number): FakeDisk {
  const out = new FakeDisk();
  let at = 0;
  for (let position = 1; position <= count; position += 1) {
    const segment = Math.floor((position - 1) / PER_SEGMENT);
    if ((position - 1) % PER_SEGMENT === 0) at = 0;
    else if (position % 3 === 0) at = Math.ceil(at / TINY.sectorBytes) * TINY.sectorBytes;
    const entry = new Uint8Array(ENTRY_BYTES).fill(position);
    writeU64(entry, 48, position);
    const file = out.file(segmentName(1, segment));
    writeFrame(file, at, 1, position, entry, new Uint8Array(32));
    at += frameBytes(ENTRY_BYTES);
  }
  return out;
}

function ops(from: FakeDisk, last: number): number[] {
  const logs = logsOnPlatter(from, TINY, 2, last);
  expect(logs.map((log) => log.tenant)).toEqual([0, 1]);
  expect(logs[0]!.entries).toEqual([]);
  return logs[1]!.entries.map((entry) => entry[48]!);
}

describe('logs on a platter', () => {
  it('are read over padding and from segment to segment', () => {
    const count = 2 * PER_SEGMENT + 3;
    const all = Array.from({ length: count }, (_, i) => i + 1);
    expect(ops(disk(count), 1000)).toEqual(all);
  });

  it('end at the op asked for', () => {
    expect(ops(disk(PER_SEGMENT + 2), PER_SEGMENT)).toHaveLength(PER_SEGMENT);
    expect(ops(disk(5), 3)).toEqual([1, 2, 3]);
  });

  it('end where a frame is not intact', () => {
    const torn = disk(5);
    const at = frameBytes(ENTRY_BYTES) + 200;
    torn.file(segmentName(1, 0))[at]! ^= 1;
    expect(ops(torn, 1000)).toEqual([1]);
  });

  it('of a tenant without files are empty', () => {
    expect(ops(new FakeDisk(), 10)).toEqual([]);
  });
});
