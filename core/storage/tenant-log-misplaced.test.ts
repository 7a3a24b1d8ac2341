/** A tenant's log whose frames were believed to stand where they do not: by a read, by a footer. */
import { describe, expect, it } from 'vitest';
import { TINY } from '../limits.ts';
import { IO_EIO, IO_OK } from '../ports.ts';
import { footerBytes, frameBytes, writeFooter } from './tenant-log-format.ts';
import { LOG_REJECTED } from './tenant-log.ts';
import { SEGMENT, TENANT, aged, entryOf, fresh, hashOf } from './testing/log-machine.ts';
import type { Machine } from './testing/log-machine.ts';
import { FATE_GARBAGE, FATE_NEW, FATE_OLD } from './testing/memory-disk.ts';
import type { MemoryDisk } from './testing/memory-disk.ts';

const FIRST = `tenants/${TENANT}/log-0`;

/**
 * Until `mended`, the first sector of the first segment is unreadable, and the first `strays` reads
 * of what follows it bring what stands a sector before.
 */
function haunt(disk: MemoryDisk, strays: number): { mended: boolean } {
  const ghost = { mended: false };
  const read = disk.read.bind(disk);
  const file = disk.open(FIRST);
  let left = strays;
  disk.read = (id, offset, length, into, intoOffset) => {
    if (id !== file || ghost.mended) return read(id, offset, length, into, intoOffset);
    if (offset < TINY.sectorBytes) return IO_EIO;
    if (left === 0) return read(id, offset, length, into, intoOffset);
    left -= 1;
    return read(id, offset - TINY.sectorBytes, length, into, intoOffset);
  };
  return ghost;
}

/** Repairs, as peers would, whatever does not read back, until all does. */
function repairAll(machine: Machine, length: number): void {
  for (let tour = 0; tour <= SEGMENT; tour += 1) {
    let bad = 0;
    for (let position = 1; position <= length; position += 1) {
      if (machine.log.check(position)) continue;
      bad += 1;
      machine.repair(position);
    }
    if (bad === 0) return;
  }
  throw new Error('the repairs do not come to an end');
}

/** Appends the next entry, after what repairs it needs. */
function appendRepairing(machine: Machine): void {
  const position = machine.log.length + 1;
  const entry = entryOf(position);
  if (machine.log.append(position, entry, hashOf(entry)) === IO_OK) return;
  expect(machine.log.needed).toBeGreaterThan(0);
  repairAll(machine, machine.log.length);
  expect(machine.log.append(position, entry, hashOf(entry))).toBe(IO_OK);
}

/**
 * The first segment of `aged` as a wrong search left it: the last two frames and the footer a
 * sector behind their places, and every place in the footer wrong by a sector.
 */
function writeMisplaced(disk: MemoryDisk): void {
  const shift = TINY.sectorBytes;
  const good = disk.bytes(FIRST);
  const offsets = new Float64Array(SEGMENT);
  let end = 0;
  for (let i = 0; i < SEGMENT; i += 1) {
    // A checkpoint stands before position 7.
    const at = i === 6 ? Math.ceil(end / shift) * shift : end;
    offsets[i] = at + shift;
    end = at + frameBytes(entryOf(i + 1).length);
  }
  const moved = offsets[6]! - shift;
  const bad = new Uint8Array(good.length + shift);
  bad.set(good.subarray(0, moved), 0);
  bad.set(good.subarray(moved), moved + shift);
  const footer = bad.length - footerBytes(SEGMENT);
  const root = good.slice(good.length - 40, good.length - 8);
  writeFooter(bad, footer, TENANT, 0, offsets, SEGMENT, root);
  disk.write(disk.open(FIRST), 0, bad, 0, bad.length);
}

describe('tenant log: misplaced frames', () => {
  it('believes no read that went astray while it searched for frames', () => {
    for (const strays of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      const straight = fresh().append(5).checkpoint().append(3).checkpoint();
      const before = fresh().append(5).checkpoint();
      // Of entries that were appended after the checkpoint something is left.
      const left = new Uint8Array(2 * TINY.sectorBytes).fill(7);
      const { disk } = before;
      disk.write(disk.open(FIRST), disk.bytes(FIRST).length, left, 0, left.length);
      const ghost = haunt(disk, strays);
      const machine = before.reopened();
      machine.log.check(1);
      ghost.mended = true;
      for (let i = 0; i < 3; i += 1) appendRepairing(machine);
      machine.checkpoint().expectWhole();
      machine.reopened().expectWhole();
      expect(machine.disk.bytes(FIRST), `${strays} strays`).toEqual(straight.disk.bytes(FIRST));
    }
  });

  it('takes back a footer that is wrong about every frame, and puts all in its place', () => {
    const straight = aged();
    const before = aged();
    writeMisplaced(before.disk);
    for (let first = 1; first <= SEGMENT; first += 1) {
      const machine = before.reopened(before.disk.powerCut(FATE_NEW));
      expect(machine.log.check(first)).toBe(first > 6);
      // Whichever entry comes first: some have to wait until those before are in place.
      if (first <= 6) machine.repair(first);
      repairAll(machine, 19);
      machine.checkpoint().expectWhole(19);
      expect(machine.disk.bytes(FIRST)).toEqual(straight.disk.bytes(FIRST));
      machine.after(FATE_OLD, 19).expectWhole();
    }
  });

  it('goes on after a power cut in the middle of that', () => {
    for (const fate of [FATE_OLD, FATE_NEW, FATE_GARBAGE]) {
      const before = aged();
      writeMisplaced(before.disk);
      const machine = before.reopened(before.disk.powerCut(FATE_NEW));
      for (let position = 1; position <= 6; position += 1) {
        machine.log.check(position);
        machine.repair(position);
        const cut = machine.after(fate, 19);
        repairAll(cut, 19);
        cut.checkpoint();
        cut.after(FATE_OLD, 19).expectWhole();
      }
    }
  });

  it('keeps a footer that what stands in its places confirms', () => {
    const machine = aged();
    machine.disk.corrupt(FIRST, 60, 4);
    expect(machine.log.read(1)).toBe(null);
    expect(machine.repair(1, entryOf(1, entryOf(1).length + 1))).toBe(LOG_REJECTED);
    expect(machine.log.read(2)).toEqual(entryOf(2));
    expect(machine.repair(1)).toBe(IO_OK);
    machine.expectWhole();
  });
});
