/** The journal's promises while it runs; what a crash leaves is `journal-crash.test.ts`. */
import { describe, expect, it } from 'vitest';
import type { Prepare } from '../codec/prepare.ts';
import { TINY } from '../limits.ts';
import { mark } from '../marks.ts';
import { DAMAGE_SLOT, STEP_DAMAGE, STEP_MARK, STEP_OVERWRITE, STEP_REPAIRED } from '../observer.ts';
import { IO_EIO, IO_ENOSPC, IO_OK, IO_SHORT } from '../ports.ts';
import { Bench, formatted } from './testing/journal-bench.ts';
import { chainOf, prepareOf } from './testing/prepares.ts';

const HEADER_RING = TINY.journalSlots * TINY.prepareBytesMax;

function open(): Bench {
  return new Bench(formatted(TINY), TINY);
}

function headerOnPlatter(bench: Bench, slot: number): boolean {
  const at = HEADER_RING + slot * TINY.sectorBytes;
  return bench.disk
    .platterBytes('journal')
    .subarray(at, at + 192)
    .some((byte) => byte !== 0);
}

describe('journal: write order', () => {
  it('writes the header only after the prepare is durable, and acknowledges after both', () => {
    const bench = open();
    const [one] = chainOf(1, 1);
    bench.journal.append(one!);
    expect(bench.disk.writes).toBe(1);
    expect(bench.journal.present(1, one!.header.checksum)).toBe(true);
    expect(bench.journal.durable(1, one!.header.checksum)).toBe(false);
    bench.sync();
    expect(bench.durable).toEqual([]);
    expect(headerOnPlatter(bench, 1)).toBe(false);
    expect(bench.journal.durable(1, one!.header.checksum)).toBe(false);
    bench.sync();
    expect(headerOnPlatter(bench, 1)).toBe(true);
    expect(bench.durableOps()).toEqual([1]);
    expect(bench.journal.durable(1, one!.header.checksum)).toBe(true);
    expect(bench.disk.pendingTickets).toEqual([]);
  });

  it('lets the headers of one group share a sync with the prepares of the next', () => {
    const bench = open();
    const chain = chainOf(1, 3);
    const before = bench.disk.syncs;
    bench.journal.append(chain[0]!);
    bench.journal.append(chain[1]!);
    // Nothing is synced before the batch ends: both are in one group.
    expect(bench.disk.pendingTickets).toEqual([]);
    bench.journal.flush();
    const { ticket, status } = bench.disk.completeSync();
    bench.journal.synced(ticket, status);
    bench.journal.append(chain[2]!);
    bench.sync();
    expect(bench.durableOps()).toEqual([1, 2]);
    bench.settle();
    expect(bench.durableOps()).toEqual([1, 2, 3]);
    expect(bench.disk.syncs - before).toBe(3);
  });

  it('acknowledges after the first sync where there is only one replica', () => {
    const bench = new Bench(formatted(TINY), TINY, { single: true });
    const [one, two] = chainOf(1, 2);
    bench.journal.append(one!);
    expect(bench.journal.durable(1, one!.header.checksum)).toBe(false);
    bench.sync();
    expect(bench.durableOps()).toEqual([1]);
    expect(bench.journal.durable(1, one!.header.checksum)).toBe(true);
    bench.settle();
    expect(bench.durableOps()).toEqual([1]);
    expect(headerOnPlatter(bench, 1)).toBe(false);
    // The header takes the next prepare's sync, and left alone that of the next scrub.
    bench.journal.append(two!);
    bench.settle();
    expect(headerOnPlatter(bench, 1)).toBe(true);
    expect(headerOnPlatter(bench, 2)).toBe(false);
    bench.journal.scrub(1);
    bench.settle();
    expect(headerOnPlatter(bench, 2)).toBe(true);
  });

  it('allows the listener to append when it hears of a durable op', () => {
    const bench = open();
    const chain = chainOf(1, 5);
    bench.onDurable = (header) => {
      const next = chain[header.op];
      if (next !== undefined) bench.journal.append(next);
    };
    bench.journal.append(chain[0]!);
    bench.settle();
    expect(bench.durableOps()).toEqual([1, 2, 3, 4, 5]);
  });

  it('ignores the completion of another incarnation', () => {
    const bench = open();
    bench.journal.append(prepareOf(1));
    bench.journal.flush();
    const [ticket] = bench.disk.pendingTickets;
    bench.journal.synced(ticket! + 8, IO_OK);
    bench.journal.synced(ticket! + 8, IO_EIO);
    expect(bench.failure).toBe(null);
    expect(bench.disk.writes).toBe(1);
    bench.settle();
    expect(bench.durableOps()).toEqual([1]);
  });
});

describe('journal: one op, several versions', () => {
  it('makes the second version wait for the first, so that never both halves are unsynced', () => {
    const bench = open();
    const v1 = prepareOf(1, 1);
    const v2 = prepareOf(1, 2);
    bench.journal.append(v1);
    bench.settle();
    bench.journal.append(v2);
    bench.sync();
    const v3 = prepareOf(1, 3);
    bench.journal.append(v3);
    const dirtySectors = bench.disk.uncertain().filter((thing) => thing.kind === 'sector');
    expect(dirtySectors.length).toBe(1);
    bench.settle();
    expect(bench.durable.map((header) => header.view)).toEqual([1, 3]);
    expect(bench.journal.read(1, v3.header.checksum)).toBe(v3);
  });

  it('ABA: v1, v2, v1 in one slot ends with v1 in both halves', () => {
    const bench = open();
    const v1 = prepareOf(1, 1);
    const v2 = prepareOf(1, 2);
    bench.journal.append(v1);
    bench.journal.append(v2);
    bench.journal.append(v1);
    bench.settle();
    expect(bench.durable.map((header) => header.view)).toEqual([1]);
    const again = new Bench(bench.disk, TINY);
    expect(again.journal.present(1, v1.header.checksum)).toBe(true);
    expect(again.journal.durable(1, v1.header.checksum)).toBe(true);
    expect(again.journal.present(1, v2.header.checksum)).toBe(false);
  });

  it('ABA: v2 got as far as its prepare, and v1 is believed in again', () => {
    const bench = open();
    const v1 = prepareOf(1, 1);
    const v2 = prepareOf(1, 2);
    bench.appendAll([v1]);
    bench.journal.append(v2);
    bench.journal.append(v1);
    bench.settle();
    expect(bench.durable.map((header) => header.view)).toEqual([1, 1]);
    expect(new Bench(bench.disk, TINY).journal.durable(1, v1.header.checksum)).toBe(true);
  });

  it('says nothing of a version that was truncated while in flight, and writes no header', () => {
    const bench = open();
    const chain = chainOf(1, 2);
    bench.journal.append(chain[0]!);
    bench.journal.append(chain[1]!);
    bench.journal.truncateAfter(1);
    bench.settle();
    expect(bench.durableOps()).toEqual([1]);
    expect(headerOnPlatter(bench, 2)).toBe(false);
    expect(bench.journal.head).toBe(1);
    expect(bench.journal.header(2)).toBe(null);
  });

  it('heals the header half alone when the prepare already standing here proves canonical', () => {
    const bench = open();
    const v1 = prepareOf(1, 1);
    bench.journal.append(v1);
    bench.journal.truncateAfter(0);
    bench.settle();
    const before = bench.disk.writes;
    bench.journal.installHeader(v1.header);
    bench.settle();
    expect(bench.disk.writes).toBe(before + 1);
    expect(bench.durableOps()).toEqual([1]);
  });

  it('reports an op that is appended again although it is durable', () => {
    const bench = open();
    const one = prepareOf(1);
    bench.appendAll([one]);
    const before = bench.disk.writes;
    bench.appendAll([one]);
    expect(bench.durableOps()).toEqual([1, 1]);
    expect(bench.disk.writes).toBe(before);
  });
});

describe('journal: belief', () => {
  it('knows a header without its prepare as dirty, and counts it as broken', () => {
    const bench = open();
    const chain = chainOf(1, 2);
    bench.journal.installHeader(chain[0]!.header);
    expect(bench.journal.dirty(1)).toBe(true);
    expect(bench.journal.broken).toBe(1);
    expect(bench.journal.head).toBe(1);
    bench.journal.append(chain[0]!);
    expect(bench.journal.dirty(1)).toBe(false);
    expect(bench.journal.broken).toBe(0);
  });

  it('ignores the header of an op whose slot has moved on', () => {
    const bench = new Bench(formatted(TINY), TINY, { checkpoint: 16 });
    const late = prepareOf(17);
    bench.appendAll([late]);
    bench.journal.installHeader(prepareOf(1).header);
    expect(bench.journal.header(17)).toBe(late.header);
    expect(bench.journal.header(1)).toBe(null);
  });

  it('reports what a write overwrites, lap by lap', () => {
    const bench = open();
    bench.appendAll(chainOf(1, 16));
    bench.journal.checkpointed(8, 7);
    bench.appendAll(chainOf(17, 18));
    const overwrites = bench.observer.of(STEP_OVERWRITE);
    expect(overwrites.slice(-2).map(({ a, b, c }) => [a, b, c])).toEqual([
      [17, 1, 7],
      [18, 2, 7],
    ]);
    expect(overwrites[0]).toMatchObject({ a: 1, b: -1 });
  });

  it('refuses, as a bug of the caller, to overwrite an op above the checkpoint', () => {
    const bench = open();
    bench.appendAll(chainOf(1, 16));
    expect(() => bench.journal.append(prepareOf(17))).toThrow(/covered/);
  });

  it('drops prepares from memory once applied, so that reads meet the disk', () => {
    const bench = open();
    const one = prepareOf(1);
    bench.appendAll([one]);
    expect(bench.journal.read(1, one.header.checksum)).toBe(one);
    bench.journal.release(1);
    const read = bench.journal.read(1, one.header.checksum);
    expect(read).not.toBe(one);
    expect(read).toEqual(one);
  });
});

describe('journal: nacks', () => {
  it('(a) and (b): denies an op that never reached the disk, whatever header is known', () => {
    const bench = open();
    const [one] = chainOf(1, 1);
    expect(bench.journal.nack(1, null)).toBe(true);
    bench.journal.installHeader(one!.header);
    expect(bench.journal.nack(1, one!.header)).toBe(true);
    expect(bench.journal.nack(1, null)).toBe(true);
  });

  it('never denies what is written, before, between and after its syncs', () => {
    const bench = open();
    const v1 = prepareOf(1, 1);
    const v2 = prepareOf(1, 2);
    bench.journal.append(v1);
    for (let syncs = 0; syncs < 3; syncs++) {
      expect(bench.journal.nack(1, v1.header)).toBe(false);
      expect(bench.journal.nack(1, null)).toBe(false);
      // (c) only once both halves agree on the other version.
      expect(bench.journal.nack(1, v2.header)).toBe(syncs === 2);
      if (syncs < 2) bench.sync();
    }
  });

  it('never denies what a failed sync has left unproven', () => {
    const bench = open();
    const v1 = prepareOf(1, 1);
    bench.journal.append(v1);
    bench.failSync();
    expect(bench.journal.nack(1, v1.header)).toBe(false);
    expect(bench.journal.nack(1, prepareOf(1, 2).header)).toBe(false);
    expect(bench.journal.durable(1, v1.header.checksum)).toBe(false);
  });

  it('never denies a faulty op, nor one that a checkpoint covers', () => {
    const bench = open();
    const chain = chainOf(1, 2);
    bench.appendAll(chain);
    bench.journal.release(2);
    bench.disk.corrupt('journal', TINY.prepareBytesMax + 5, 1);
    expect(bench.journal.read(1, chain[0]!.header.checksum)).toBe(null);
    expect(bench.journal.nack(1, prepareOf(1, 9).header)).toBe(false);
    bench.journal.checkpointed(8, 0);
    expect(bench.journal.nack(3, null)).toBe(false);
    expect(bench.journal.nack(9, null)).toBe(true);
  });
});

describe('journal: nacks and rot', () => {
  it('never denies a prepare that rotted before its header was written', () => {
    const first = open();
    const one = prepareOf(1);
    first.journal.append(one);
    first.sync();
    const bench = new Bench(
      first.disk.powerCut(() => 0),
      TINY,
    );
    expect(bench.journal.present(1, one.header.checksum)).toBe(true);
    bench.disk.corrupt('journal', TINY.prepareBytesMax + 200, 1);
    expect(bench.journal.read(1, one.header.checksum)).toBe(null);
    expect(bench.journal.nack(1, one.header)).toBe(false);
    expect(bench.journal.nack(1, null)).toBe(false);
  });
});

describe('journal: a disk that fails', () => {
  it('writes everything again from memory after a failed sync, and waits for a good one', () => {
    const bench = open();
    const chain = chainOf(1, 3);
    bench.journal.append(chain[0]!);
    bench.sync();
    // In flight: the header of 1; written since: the prepares of 2 and 3.
    bench.journal.append(chain[1]!);
    bench.journal.append(chain[2]!);
    bench.failSync();
    expect(bench.durable).toEqual([]);
    bench.settle();
    expect(bench.durableOps()).toEqual([1, 2, 3]);
    expect(bench.observer.marked(mark('failed_sync_rewritten'), STEP_MARK)).toBe(true);
    // The platter, not the cache, holds all three.
    const cut = new Bench(
      bench.disk.powerCut(() => 0),
      TINY,
    );
    for (const { header } of chain)
      expect(cut.journal.durable(header.op, header.checksum)).toBe(true);
  });

  it('is not fooled by a later sync that succeeds over pages the system dropped', () => {
    const bench = open();
    const one = prepareOf(1);
    bench.journal.append(one);
    bench.failSync();
    const writes = bench.disk.writes;
    expect(writes).toBe(2);
    bench.sync();
    const cut = new Bench(
      bench.disk.powerCut(() => 0),
      TINY,
    );
    expect(cut.journal.present(1, one.header.checksum)).toBe(true);
  });

  it('stops the node on a failed sync where there is only one replica', () => {
    const bench = new Bench(formatted(TINY), TINY, { single: true });
    bench.journal.append(prepareOf(1));
    bench.failSync();
    expect(bench.failure).toMatch(/sync failed/);
    expect(bench.durable).toEqual([]);
  });

  it('stops the node when syncs keep failing', () => {
    const bench = open();
    bench.journal.append(prepareOf(1));
    for (let i = 0; i < 17; i++) bench.failSync();
    expect(bench.failure).toMatch(/again and again/);
    expect(bench.disk.pendingTickets).toEqual([]);
  });

  it.each([
    ['EIO', IO_EIO],
    ['a full disk', IO_ENOSPC],
    ['a short write', IO_SHORT],
  ])('tries a write again after %s, and stops the node when it persists', (_, status) => {
    const bench = open();
    let refusals = 2;
    bench.disk.onWrite = () => (refusals-- > 0 ? status : IO_OK);
    bench.appendAll([prepareOf(1)]);
    expect(bench.durableOps()).toEqual([1]);
    bench.disk.onWrite = () => status;
    bench.journal.append(prepareOf(2));
    expect(bench.failure).toMatch(/cannot be written/);
    expect(bench.durableOps()).toEqual([1]);
  });
});

describe('journal: rot', () => {
  it('finds a rotten prepare by reading; the slot is faulty until repaired, one half written', () => {
    const bench = open();
    const one = prepareOf(1);
    bench.appendAll([one]);
    bench.journal.release(1);
    bench.disk.corrupt('journal', TINY.prepareBytesMax + 200, 1);
    expect(bench.journal.read(1, one.header.checksum)).toBe(null);
    expect(bench.journal.faulty(1)).toBe(true);
    expect(bench.journal.broken).toBe(1);
    expect(bench.observer.of(STEP_DAMAGE)).toMatchObject([{ a: DAMAGE_SLOT, b: 1 }]);
    const writes = bench.disk.writes;
    bench.appendAll([one]);
    expect(bench.disk.writes).toBe(writes + 1);
    expect(bench.journal.faulty(1)).toBe(false);
    expect(bench.journal.broken).toBe(0);
    expect(bench.observer.of(STEP_REPAIRED)).toMatchObject([{ a: DAMAGE_SLOT, b: 1 }]);
  });

  it('finds for a peer what an earlier read missed, and believes no more than before', () => {
    const bench = open();
    const one = prepareOf(1);
    bench.appendAll([one]);
    bench.journal.release(1);
    // A read that goes astray: the bytes are wrong once.
    bench.disk.corrupt('journal', TINY.prepareBytesMax + 200, 1);
    expect(bench.journal.read(1, one.header.checksum)).toBe(null);
    expect(bench.journal.find(1, one.header.checksum)).toBe(null);
    bench.disk.corrupt('journal', TINY.prepareBytesMax + 200, 1);
    expect(bench.journal.read(1, one.header.checksum)).toBe(null);
    expect(bench.journal.find(1, one.header.checksum)).toEqual(one);
    expect(bench.journal.find(1, prepareOf(2).header.checksum)).toBe(null);
    expect(bench.journal.find(17, one.header.checksum)).toBe(null);
    expect(bench.journal.faulty(1)).toBe(true);
  });

  it('a faulty slot stays faulty over a restart', () => {
    const bench = open();
    const one = prepareOf(1);
    bench.appendAll([one]);
    bench.disk.corrupt('journal', TINY.prepareBytesMax + 200, 1);
    for (let restart = 0; restart < 3; restart++) {
      const again = new Bench(bench.disk.processCrash(), TINY);
      expect(again.journal.faulty(1)).toBe(true);
      expect(again.journal.header(1)).toEqual(one.header);
      expect(again.journal.nack(1, null)).toBe(false);
    }
  });

  it('an unreadable sector of a slot is damage of what it holds, and of nothing else', () => {
    const one = prepareOf(1);
    const long = prepareOf(2, 0, one.header.checksum, TINY.prepareBytesMax - 800);
    for (let sector = 0; sector < TINY.prepareBytesMax / TINY.sectorBytes; sector++) {
      const bench = open();
      bench.appendAll([one, long]);
      bench.journal.release(2);
      bench.disk.onRead = (name, offset, length) => {
        if (name !== 'journal') return IO_OK;
        for (const op of [1, 2]) {
          const bad = op * TINY.prepareBytesMax + sector * TINY.sectorBytes;
          if (offset < bad + TINY.sectorBytes && bad < offset + length) return IO_EIO;
        }
        return IO_OK;
      };
      const holds = ({ bytes }: Prepare): boolean => sector * TINY.sectorBytes < bytes.length;
      const { journal } = bench;
      expect(journal.read(1, one.header.checksum) === null).toBe(holds(one));
      expect(journal.read(2, long.header.checksum) === null).toBe(holds(long));
      expect(journal.faulty(1)).toBe(holds(one));
      // Opening reads the same.
      const again = new Bench(bench.disk, TINY);
      expect(again.journal.present(1, one.header.checksum)).toBe(!holds(one));
      expect(again.journal.present(2, long.header.checksum)).toBe(!holds(long));
    }
  });

  it('scrubbing mends a header from the prepare beside it', () => {
    const bench = open();
    bench.appendAll(chainOf(1, 3));
    bench.disk.corrupt('journal', HEADER_RING + 2 * TINY.sectorBytes + 20, 1);
    bench.journal.scrub(TINY.journalSlots);
    bench.settle();
    expect(bench.observer.marked(mark('scrub_found_damage'), STEP_MARK)).toBe(true);
    expect(bench.observer.of(STEP_REPAIRED)).toMatchObject([{ a: DAMAGE_SLOT, b: 2 }]);
    expect(new Bench(bench.disk, TINY).observer.of(STEP_DAMAGE)).toEqual([]);
    expect(bench.durableOps()).toEqual([1, 2, 3]);
  });

  it('scrubbing mends a prepare from memory while that still holds it', () => {
    const bench = open();
    const one = prepareOf(1);
    bench.appendAll([one]);
    bench.disk.corrupt('journal', TINY.prepareBytesMax + 200, 1);
    bench.journal.scrub(TINY.journalSlots);
    bench.settle();
    bench.journal.release(1);
    expect(bench.journal.read(1, one.header.checksum)).toEqual(one);
    expect(bench.observer.of(STEP_REPAIRED).length).toBe(1);
  });

  it('scrubbing two bad halves writes the header again, lest a restart takes the op for unknown', () => {
    const bench = open();
    bench.appendAll([prepareOf(1)]);
    bench.journal.release(1);
    bench.disk.corrupt('journal', TINY.prepareBytesMax + 200, 1);
    bench.disk.corrupt('journal', HEADER_RING + TINY.sectorBytes + 20, 1);
    bench.journal.scrub(TINY.journalSlots);
    bench.settle();
    expect(bench.journal.faulty(1)).toBe(true);
    expect(new Bench(bench.disk, TINY).journal.faulty(1)).toBe(true);
  });

  it('scrubbing leaves alone what a checkpoint covers', () => {
    const bench = open();
    bench.appendAll(chainOf(1, 3));
    bench.journal.checkpointed(8, 8);
    bench.disk.corrupt('journal', TINY.prepareBytesMax + 200, 1);
    bench.journal.scrub(TINY.journalSlots);
    expect(bench.observer.of(STEP_DAMAGE)).toEqual([]);
    expect(bench.journal.broken).toBe(0);
  });
});
