/** What opening makes of a journal: the decision table, damage of every kind, and one replica. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PREPARE_HEADER_BYTES } from '../codec/prepare.ts';
import { mark } from '../marks.ts';
import {
  RECOVERED_CONFLICT,
  RECOVERED_DAMAGED,
  RECOVERED_EMPTY,
  RECOVERED_PRESENT,
  RECOVERED_TORN_HEAD,
  STEP_MARK,
} from '../observer.ts';
import { NEVER } from '../ports.ts';
import { ZERO128 } from '../types/hash128.ts';
import type { Hash128 } from '../types/hash128.ts';
import { DECISION_TABLE, decide, possible, rowMatches } from './journal-decision.ts';
import { HALF_BAD, HALF_BLANK, HALF_VALID, JournalRings } from './journal-format.ts';
import { everyCrash } from './testing/fates.ts';
import { Bench, formatted, MINI, recover } from './testing/journal-bench.ts';
import type { MemoryDisk } from './testing/memory-disk.ts';
import {
  chainOf,
  CLUSTER,
  hasher,
  LONG_BODY,
  prepareOf,
  RecordingObserver,
} from './testing/prepares.ts';

describe('journal recovery: the decision table', () => {
  it('has exactly one row for every combination that can occur, and none for others', () => {
    let cases = 0;
    for (const prepare of [HALF_BLANK, HALF_BAD, HALF_VALID])
      for (const header of [HALF_BLANK, HALF_BAD, HALF_VALID])
        for (let relation = 0; relation < 5; relation++)
          for (const covered of [false, true]) {
            const rows = DECISION_TABLE.filter((r) =>
              rowMatches(r, prepare, header, relation, covered),
            );
            const can = possible(prepare, header, relation);
            expect(rows.length).toBe(can ? 1 : 0);
            if (can) {
              cases++;
              expect(decide(prepare, header, relation, covered)).toBe(rows[0]!.verdict);
            }
          }
    expect(cases).toBe(24);
  });

  it('never takes an uncovered slot with a valid header for empty or torn', () => {
    for (const prepare of [HALF_BLANK, HALF_BAD, HALF_VALID])
      for (let relation = 0; relation < 5; relation++) {
        if (!possible(prepare, HALF_VALID, relation)) continue;
        const verdict = decide(prepare, HALF_VALID, relation, false);
        expect(verdict).not.toBe(RECOVERED_EMPTY);
        expect(verdict).not.toBe(RECOVERED_TORN_HEAD);
      }
  });
});

/** A journal on which ops 1 … 6 of a 4-slot ring with checkpoint 2 are durable. */
function wrapped(): Bench {
  const bench = new Bench(formatted(MINI), MINI);
  bench.appendAll(chainOf(1, 4));
  bench.journal.checkpointed(2, 2);
  bench.appendAll(chainOf(5, 6));
  return bench;
}

const HEADERS_AT = MINI.journalSlots * MINI.prepareBytesMax;

function verdicts(disk: MemoryDisk, checkpoint: number): readonly number[] {
  return new Bench(disk, MINI, { checkpoint }).recovery.recovered.map((seen) => seen.verdict);
}

describe('journal recovery: damage', () => {
  it('reads an undamaged ring as present throughout', () => {
    expect(verdicts(wrapped().disk, 2)).toEqual(Array(4).fill(RECOVERED_PRESENT));
  });

  it('every single rotten byte: detected, never empty, never a nack', () => {
    const { disk } = wrapped();
    for (let slot = 0; slot < 4; slot++) {
      for (let byte = 0; byte < PREPARE_HEADER_BYTES + LONG_BODY; byte++) {
        const rotten = disk.processCrash();
        rotten.corrupt('journal', slot * MINI.prepareBytesMax + byte, 1);
        expect(verdicts(rotten, 2)[slot]).toBe(RECOVERED_DAMAGED);
      }
      for (let byte = 0; byte < PREPARE_HEADER_BYTES; byte++) {
        const rotten = disk.processCrash();
        rotten.corrupt('journal', HEADERS_AT + slot * MINI.sectorBytes + byte, 1);
        expect(verdicts(rotten, 2)[slot]).toBe(RECOVERED_PRESENT);
      }
    }
  });

  it('the very op of the checkpoint is covered: its damage is of no account', () => {
    const { disk } = wrapped();
    disk.corrupt('journal', 100, 1);
    disk.corrupt('journal', 512 + 100, 1);
    expect(verdicts(disk, 4).slice(0, 2)).toEqual([RECOVERED_TORN_HEAD, RECOVERED_DAMAGED]);
    expect(verdicts(disk, 3).slice(0, 2)).toEqual([RECOVERED_DAMAGED, RECOVERED_DAMAGED]);
  });

  it('a misdirected header after an acknowledgement does not make the op unknown', () => {
    const { disk } = wrapped();
    const ring = disk.bytes('journal');
    const file = disk.open('journal');
    // The header of slot 3 lands in slot 2 as well.
    disk.write(file, HEADERS_AT + 2 * 512, ring, HEADERS_AT + 3 * 512, 512);
    const bench = new Bench(disk, MINI, { checkpoint: 2 });
    expect(bench.recovery.recovered[2]!.verdict).toBe(RECOVERED_PRESENT);
    expect(bench.journal.nack(6, null)).toBe(false);
  });

  it('a misdirected prepare is damage of the slot it landed in', () => {
    const { disk } = wrapped();
    const ring = disk.bytes('journal');
    disk.write(disk.open('journal'), 2 * 512, ring, 3 * 512, 512);
    expect(verdicts(disk, 2)[2]).toBe(RECOVERED_DAMAGED);
  });

  it('a wrap ghost: the head is lost and its slot shows the lap before; the header tells', () => {
    const bench = wrapped();
    const ghost = new Bench(formatted(MINI), MINI);
    ghost.appendAll(chainOf(1, 4));
    // Op 6 was durable; its prepare write turns out to have been lost.
    bench.disk.write(
      bench.disk.open('journal'),
      2 * 512,
      ghost.disk.bytes('journal'),
      2 * 512,
      512,
    );
    const again = new Bench(bench.disk, MINI, { checkpoint: 2 });
    expect(again.recovery.recovered[2]!.verdict).toBe(RECOVERED_DAMAGED);
    expect(again.journal.faulty(6)).toBe(true);
    expect(again.journal.head).toBe(6);
  });

  it('two versions in one slot: serves the prepare and denies neither', () => {
    const bench = new Bench(formatted(MINI), MINI);
    const v1 = prepareOf(1, 1);
    const v2 = prepareOf(1, 2);
    bench.appendAll([v1]);
    bench.journal.append(v2);
    bench.sync();
    const again = new Bench(
      bench.disk.powerCut(() => 0),
      MINI,
    );
    expect(again.recovery.recovered[1]!.verdict).toBe(RECOVERED_CONFLICT);
    expect(again.journal.read(1, v2.header.checksum)).toEqual(v2);
    for (const header of [v1.header, v2.header, null])
      expect(again.journal.nack(1, header)).toBe(false);
    expect(again.journal.faulty(1)).toBe(true);
    expect(again.observer.marked(mark('slot_conflict_at_open'), STEP_MARK)).toBe(true);
    // The canonical header decides; only the header half is written.
    const writes = again.disk.writes;
    again.journal.installHeader(v2.header);
    again.settle();
    expect(again.disk.writes).toBe(writes + 1);
    expect(again.durableOps()).toEqual([1]);
    expect(again.journal.faulty(1)).toBe(false);
  });

  it('repair, crash, recover: repaired slots are healthy, the others still faulty, not empty', () => {
    const { disk } = wrapped();
    disk.corrupt('journal', 3 * 512 + 30, 1);
    disk.corrupt('journal', 1 * 512 + 30, 1);
    const bench = new Bench(disk, MINI, { checkpoint: 2 });
    const repair = chainOf(1, 4)[2]!;
    expect(bench.journal.header(3)).toEqual(repair.header);
    expect(bench.journal.broken).toBe(2);
    bench.appendAll([repair]);
    const again = new Bench(
      disk.powerCut(() => 0),
      MINI,
      { checkpoint: 2 },
    );
    expect(again.journal.durable(3, repair.header.checksum)).toBe(true);
    expect(again.journal.faulty(5)).toBe(true);
    expect(again.journal.broken).toBe(1);
  });

  it('an unreadable sector is damage, not emptiness', () => {
    const { disk } = wrapped();
    disk.onRead = (_, offset) => (offset === 2 * 512 ? -1 : 0);
    expect(verdicts(disk, 2)[2]).toBe(RECOVERED_DAMAGED);
  });

  it('prepares of another cluster prove nothing here', () => {
    const bench = new Bench(formatted(MINI), MINI);
    bench.appendAll([prepareOf(1)]);
    const rings = new JournalRings(bench.disk, MINI, hasher, ZERO128);
    const outcome = recover(rings, {});
    expect(outcome.kind === 'recovered' && outcome.recovered[1]!.verdict).toBe(RECOVERED_TORN_HEAD);
  });

  it('random bytes and mutated rings never throw and never pass for a prepare', () => {
    const { disk } = wrapped();
    const valid = disk.bytes('journal');
    const known = new Set([1, 2, 3, 4, 5, 6]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 40 }),
        fc.uint8Array({ minLength: 600, maxLength: 600 }),
        fc.nat(valid.length - 600),
        (flips, noise, at) => {
          const rotten = disk.processCrash();
          const bytes = valid.slice();
          for (const [index, value] of flips) bytes[index] = value;
          bytes.set(noise, at);
          rotten.write(rotten.open('journal'), 0, bytes, 0, bytes.length);
          const bench = new Bench(rotten, MINI, { checkpoint: 2 });
          for (const { believed } of bench.recovery.recovered)
            if (believed !== null) expect(known.has(believed.op)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('journal recovery: the head', () => {
  it('several torn appends in one crash, all above the highest header: certain', () => {
    const bench = new Bench(formatted(MINI), MINI);
    const chain = chainOf(1, 3);
    bench.appendAll([chain[0]!]);
    bench.journal.append(chain[1]!);
    bench.journal.append(chain[2]!);
    const cut = new Bench(
      bench.disk.powerCut((thing) => thing.outcomes - 1),
      MINI,
    );
    expect(cut.recovery.recovered[2]!.verdict).toBe(RECOVERED_TORN_HEAD);
    expect(cut.recovery.recovered[3]!.verdict).toBe(RECOVERED_TORN_HEAD);
    expect(cut.journal.headCertain).toBe(true);
    expect(cut.journal.tornMin).toBe(2);
    expect(cut.journal.head).toBe(1);
  });

  it('a torn slot below a valid header: uncertain', () => {
    const bench = new Bench(formatted(MINI), MINI);
    const chain = chainOf(1, 3);
    bench.appendAll([chain[0]!, chain[2]!]);
    bench.journal.append(chain[1]!);
    const cut = new Bench(
      bench.disk.powerCut((thing) => thing.outcomes - 1),
      MINI,
    );
    expect(cut.journal.headCertain).toBe(false);
    expect(cut.journal.tornMin).toBe(2);
    expect(cut.journal.head).toBe(3);
  });

  it('a gap that was never written is no torn slot', () => {
    const bench = new Bench(formatted(MINI), MINI);
    const chain = chainOf(1, 3);
    bench.appendAll([chain[0]!, chain[2]!]);
    const cut = new Bench(
      bench.disk.powerCut(() => 0),
      MINI,
    );
    expect(cut.journal.headCertain).toBe(true);
    expect(cut.journal.tornMin).toBe(NEVER);
    expect(cut.journal.nack(2, null)).toBe(true);
  });

  it('tearing the next lap over an older op is a torn slot of the new lap', () => {
    const bench = wrapped();
    bench.journal.checkpointed(4, 4);
    bench.journal.append(chainOf(5, 7)[2]!);
    const cut = new Bench(
      bench.disk.powerCut((thing) => thing.outcomes - 1),
      MINI,
      {
        checkpoint: 4,
      },
    );
    expect(cut.journal.tornMin).toBe(7);
    expect(cut.journal.headCertain).toBe(true);
    expect(cut.journal.head).toBe(6);
    expect(cut.journal.nack(7, null)).toBe(true);
  });
});

describe('journal recovery: a single replica', () => {
  const single = true;

  function openSingle(disk: MemoryDisk, head: Hash128 = ZERO128): ReturnType<typeof recover> {
    return recover(new JournalRings(disk, MINI, hasher, CLUSTER), { single, head });
  }

  it('cuts a torn tail, reports it, and writes over what lay behind it', () => {
    const bench = new Bench(formatted(MINI), MINI, { single });
    const chain = chainOf(1, 3);
    bench.appendAll([chain[0]!]);
    bench.journal.append(chain[1]!);
    bench.journal.append(chain[2]!);
    // Op 2 is torn; op 3 happened to reach the platter.
    const disk = bench.disk.powerCut((thing) => (thing.index === 2 ? thing.outcomes - 1 : 1));
    const cut = new Bench(disk, MINI, { single });
    expect(cut.journal.head).toBe(1);
    expect(cut.observer.marked(mark('truncated_torn_head'), STEP_MARK)).toBe(true);
    // A new op 2 must not bring the old op 3 back to life.
    const anew = prepareOf(2, 5, chain[0]!.header.checksum);
    cut.appendAll([anew]);
    const again = new Bench(
      disk.powerCut(() => 0),
      MINI,
      { single },
    );
    expect(again.journal.head).toBe(2);
    expect(again.journal.header(2)).toEqual(anew.header);
  });

  it('every power cut at every point: what was acknowledged is there, and opening succeeds', () => {
    const bench = new Bench(formatted(MINI), MINI, { single });
    let acknowledged = 0;
    bench.onDurable = (header) => (acknowledged = header.op);
    const check = (after: MemoryDisk): void => {
      const observer = new RecordingObserver();
      const outcome = recover(new JournalRings(after, MINI, hasher, CLUSTER), { single }, observer);
      expect(outcome.kind).toBe('recovered');
      if (outcome.kind !== 'recovered') return;
      const ops = outcome.recovered.flatMap((seen) => (seen.believed ? [seen.believed.op] : []));
      const head = Math.max(0, ...ops);
      expect(head).toBeGreaterThanOrEqual(acknowledged);
      expect(ops.length).toBe(head);
    };
    for (const prepare of chainOf(1, 4)) {
      bench.journal.append(prepare);
      everyCrash(bench.disk, check);
      if (prepare.header.op % 2 === 0) bench.sync();
      everyCrash(bench.disk, check);
    }
    while (bench.disk.pendingTickets.length > 0) {
      bench.sync();
      everyCrash(bench.disk, check);
    }
    expect(acknowledged).toBe(4);
  });

  it('refuses rot: a bad prepare under its header', () => {
    const bench = new Bench(formatted(MINI), MINI, { single });
    bench.appendAll(chainOf(1, 3));
    bench.disk.corrupt('journal', 2 * 512 + 200, 1);
    expect(openSingle(bench.disk)).toMatchObject({ kind: 'refused', code: 'rot' });
  });

  it('refuses rot of the very head', () => {
    const bench = new Bench(formatted(MINI), MINI, { single });
    bench.appendAll(chainOf(1, 3));
    bench.disk.corrupt('journal', 3 * 512 + 200, 1);
    expect(openSingle(bench.disk)).toMatchObject({ kind: 'refused', code: 'rot' });
  });

  it('refuses a torn slot below a valid header', () => {
    const bench = new Bench(formatted(MINI), MINI, { single });
    bench.appendAll(chainOf(1, 3));
    bench.disk.corrupt('journal', 2 * 512 + 200, 1);
    bench.disk.corrupt('journal', HEADERS_AT + 2 * 512 + 20, 1);
    expect(openSingle(bench.disk)).toMatchObject({ kind: 'refused', code: 'rot' });
  });

  it('refuses a file that is cut short', () => {
    const disk = formatted(MINI);
    disk.truncate(disk.open('journal'), 100);
    expect(openSingle(disk)).toMatchObject({ kind: 'refused', code: 'size' });
  });
});
