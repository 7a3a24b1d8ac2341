/** Prepares that stand whole in both rings: one sync, and either half is enough. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PREPARE_HEADER_BYTES } from '../codec/prepare.ts';
import { TINY } from '../limits.ts';
import {
  DAMAGE_SLOT,
  RECOVERED_EMPTY,
  RECOVERED_PRESENT,
  RECOVERED_TORN_HEAD,
  STEP_DAMAGE,
  STEP_REPAIRED,
} from '../observer.ts';
import { ZERO128 } from '../types/hash128.ts';
import { JournalRings, WHOLE_BODY_AT } from './journal-format.ts';
import { Bench, formatted, recover } from './testing/journal-bench.ts';
import { FATE_GARBAGE } from './testing/memory-disk.ts';
import type { MemoryDisk } from './testing/memory-disk.ts';
import { chainOf, CLUSTER, hasher, prepareOf, SHORT_BODY } from './testing/prepares.ts';

const { sectorBytes, prepareBytesMax, journalSlots } = TINY;
const HEADERS_AT = journalSlots * prepareBytesMax;
const CHAIN = chainOf(1, 3, 0, ZERO128, SHORT_BODY);

function prepareAt(slot: number): number {
  return slot * prepareBytesMax;
}

function sectorAt(slot: number): number {
  return HEADERS_AT + slot * sectorBytes;
}

/** Ops 1 … 3, durable, and nothing of them in memory. */
function written(): Bench {
  const bench = new Bench(formatted(TINY), TINY);
  bench.appendAll(CHAIN);
  bench.journal.release(3);
  return bench;
}

function verdictOf(disk: MemoryDisk, slot: number): number {
  return new Bench(disk, TINY).recovery.recovered[slot]!.verdict;
}

describe('a prepare that is whole in both rings', () => {
  it('is two writes and one sync; a longer one is two of each', () => {
    const bench = new Bench(formatted(TINY), TINY);
    const { writes } = bench.disk;
    bench.journal.append(CHAIN[0]!);
    expect(bench.disk.writes).toBe(writes + 2);
    expect(bench.durableOps()).toEqual([]);
    expect(bench.journal.durable(1, CHAIN[0]!.header.checksum)).toBe(false);
    bench.sync();
    expect(bench.durableOps()).toEqual([1]);
    expect(bench.journal.durable(1, CHAIN[0]!.header.checksum)).toBe(true);
    expect(bench.disk.pendingTickets).toEqual([]);
    const longest = TINY.wholeBodyBytesMax;
    bench.journal.append(prepareOf(2, 0, ZERO128, longest));
    bench.sync();
    expect(bench.durableOps()).toEqual([1, 2]);
    bench.journal.append(prepareOf(3, 0, ZERO128, longest + 1));
    bench.sync();
    expect(bench.durableOps()).toEqual([1, 2]);
    bench.sync();
    expect(bench.durableOps()).toEqual([1, 2, 3]);
  });

  it('any rotten byte of either half: present still, and read from the other', () => {
    const { disk } = written();
    const prepareBytes = PREPARE_HEADER_BYTES + SHORT_BODY;
    const places = [
      ...Array.from({ length: prepareBytes }, (_, i) => prepareAt(2) + i),
      ...Array.from({ length: WHOLE_BODY_AT + SHORT_BODY }, (_, i) => sectorAt(2) + i),
    ];
    for (const at of places) {
      const rotten = disk.processCrash();
      rotten.corrupt('journal', at, 1);
      const again = new Bench(rotten, TINY);
      expect(again.recovery.recovered[2]!.verdict).toBe(RECOVERED_PRESENT);
      expect(again.observer.of(STEP_DAMAGE)).toMatchObject([{ a: DAMAGE_SLOT, b: 2 }]);
      expect(again.journal.faulty(2)).toBe(false);
      expect(again.journal.read(2, CHAIN[1]!.header.checksum)).toEqual(CHAIN[1]);
    }
  });

  it('rot that is read later is mended from the header ring, unasked', () => {
    const bench = written();
    bench.disk.corrupt('journal', prepareAt(2) + 200, 1);
    expect(bench.journal.read(2, CHAIN[1]!.header.checksum)).toEqual(CHAIN[1]);
    expect(bench.journal.faulty(2)).toBe(false);
    expect(bench.journal.broken).toBe(0);
    bench.settle();
    expect(bench.observer.of(STEP_REPAIRED)).toMatchObject([{ a: DAMAGE_SLOT, b: 2 }]);
    expect(new Bench(bench.disk, TINY).observer.of(STEP_DAMAGE)).toEqual([]);
  });

  it.each([
    ['prepare', prepareAt(2) + 200],
    ['header', sectorAt(2) + 20],
    ['mark', sectorAt(2) + PREPARE_HEADER_BYTES + 30],
    ['body beside the header', sectorAt(2) + WHOLE_BODY_AT + 5],
  ])('scrubbing mends its %s', (_, at) => {
    const bench = written();
    bench.disk.corrupt('journal', at, 1);
    bench.journal.scrub(journalSlots);
    bench.settle();
    expect(bench.observer.of(STEP_DAMAGE)).toMatchObject([{ a: DAMAGE_SLOT, b: 2 }]);
    expect(bench.observer.of(STEP_REPAIRED)).toMatchObject([{ a: DAMAGE_SLOT, b: 2 }]);
    const again = new Bench(bench.disk, TINY);
    expect(again.observer.of(STEP_DAMAGE)).toEqual([]);
    expect(again.journal.read(2, CHAIN[1]!.header.checksum)).toEqual(CHAIN[1]);
  });

  it('torn in both halves it was never acknowledged; below what is proven it may have been', () => {
    const { disk } = written();
    const tear = (from: MemoryDisk, slot: number): MemoryDisk => {
      const torn = from.processCrash();
      torn.corrupt('journal', prepareAt(slot) + 20, 1);
      torn.corrupt('journal', sectorAt(slot) + 20, 1);
      return torn;
    };
    expect(verdictOf(tear(disk, 3), 3)).toBe(RECOVERED_TORN_HEAD);
    expect(new Bench(tear(disk, 3), TINY).journal.headCertain).toBe(true);
    // All three were written under one sync: nothing on disk says that any of them was durable.
    expect(new Bench(tear(disk, 1), TINY).journal.headCertain).toBe(true);
    const later = new Bench(disk.processCrash(), TINY);
    later.appendAll(chainOf(4, 4, 0, CHAIN[2]!.header.checksum, SHORT_BODY));
    later.appendAll(chainOf(5, 5, 0, ZERO128, SHORT_BODY));
    expect(later.journal.headCertain).toBe(true);
    expect(new Bench(tear(later.disk, 1), TINY).journal.headCertain).toBe(false);
  });

  it('at or below the checkpoint it is history: the next lap was being written', () => {
    const { disk } = written();
    disk.corrupt('journal', prepareAt(2) + 20, 1);
    const verdicts = (checkpoint: number): number =>
      new Bench(disk, TINY, { checkpoint }).recovery.recovered[2]!.verdict;
    expect([1, 2].map(verdicts)).toEqual([RECOVERED_PRESENT, RECOVERED_TORN_HEAD]);
  });

  it('another version in its place is written in turn: the first stays whole until then', () => {
    const bench = written();
    const other = prepareOf(2, 4, CHAIN[0]!.header.checksum, SHORT_BODY);
    bench.journal.append(other);
    // The new one arrives in part; the old one stands in the header ring.
    const torn = new Bench(bench.disk.powerCut(FATE_GARBAGE), TINY);
    expect(torn.recovery.recovered[2]!.verdict).toBe(RECOVERED_PRESENT);
    expect(torn.journal.read(2, CHAIN[1]!.header.checksum)).toEqual(CHAIN[1]);
    bench.settle();
    expect(bench.durableOps()).toEqual([1, 2, 3, 2]);
    expect(new Bench(bench.disk, TINY).journal.read(2, other.header.checksum)).toEqual(other);
  });

  it('a prepare of another slot or cluster proves nothing', () => {
    const { disk } = written();
    const sector = disk.bytes('journal').slice(sectorAt(2), sectorAt(2) + sectorBytes);
    disk.write(disk.open('journal'), sectorAt(7), sector, 0, sectorBytes);
    expect(verdictOf(disk, 7)).toBe(RECOVERED_TORN_HEAD);
    expect(verdictOf(disk, 9)).toBe(RECOVERED_EMPTY);
    const foreign = recover(new JournalRings(disk, TINY, hasher, ZERO128), {});
    expect(foreign.kind === 'recovered' && foreign.provenMax).toBe(-1);
    expect(new JournalRings(disk, TINY, hasher, CLUSTER).readHeader(2, null)?.op).toBe(2);
  });
});

describe('a ring of whole prepares', () => {
  it('random bytes in it never throw and never pass for a prepare', () => {
    const { disk } = written();
    const size = disk.bytes('journal').length;
    const place = fc.oneof(
      fc.nat(size - 1),
      fc.nat(4 * sectorBytes).map((at) => HEADERS_AT + at),
      fc.nat(3 * sectorBytes).map((at) => prepareAt(1) + at),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(place, fc.integer({ min: 1, max: 40 })), { maxLength: 12 }),
        (spoiled) => {
          const rotten = disk.processCrash();
          for (const [at, bytes] of spoiled)
            rotten.corrupt('journal', at, Math.min(bytes, size - at));
          const again = new Bench(rotten, TINY);
          for (const { believed, provenOp } of again.recovery.recovered) {
            expect(provenOp).toBeLessThanOrEqual(0);
            if (believed === null) continue;
            const original = CHAIN[believed.op - 1]!;
            expect(believed).toEqual(original.header);
            expect(again.journal.read(believed.op, believed.checksum)).toEqual(original);
          }
        },
      ),
    );
  });
});

describe('one replica', () => {
  const single = true;

  it('opens with either half rotten, where it would have had to refuse', () => {
    const bench = new Bench(formatted(TINY), TINY, { single });
    bench.appendAll(CHAIN);
    for (const at of [prepareAt(3) + 200, sectorAt(3) + 20]) {
      const rotten = bench.disk.processCrash();
      rotten.corrupt('journal', at, 1);
      const again = new Bench(rotten, TINY, { single });
      expect(again.journal.head).toBe(3);
      expect(again.journal.read(3, CHAIN[2]!.header.checksum)).toEqual(CHAIN[2]);
    }
  });

  it('leaves no header behind that waits for a sync', () => {
    const bench = new Bench(formatted(TINY), TINY, { single });
    for (const prepare of CHAIN) {
      bench.journal.append(prepare);
      bench.sync();
    }
    expect(bench.durableOps()).toEqual([1, 2, 3]);
    expect(bench.disk.pendingTickets).toEqual([]);
  });
});
