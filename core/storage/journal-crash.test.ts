/**
 * The journal under power cuts: after every event of many short histories, every combination of
 * old, written and garbage for every unsynced sector.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Prepare, PrepareHeader } from '../codec/prepare.ts';
import { equal128, hex128, ZERO128 } from '../types/hash128.ts';
import { STAGE_BOTH, STAGE_PREPARE } from './journal-slots.ts';
import { everyCrash } from './testing/fates.ts';
import { Bench, formatted, MINI } from './testing/journal-bench.ts';
import type { MemoryDisk } from './testing/memory-disk.ts';
import { LONG_BODY, prepareOf, SHORT_BODY } from './testing/prepares.ts';

/** What a history has been promised: the newest durable version of each op. */
class Promises {
  readonly durable: Map<number, PrepareHeader> = new Map();
  /** The version last handed over for each op; equal to the durable one unless superseded. */
  readonly newest: Map<number, PrepareHeader> = new Map();
  /** Every version whose prepare was covered by a good sync. */
  readonly proven: Set<string> = new Set();
  provenMax = 0;
  /** An op was handed over a second time, in another version. */
  contested = false;
  checkpoint = 0;

  note(bench: Bench): void {
    const { table } = bench.journal;
    for (let slot = 0; slot < table.slots; slot++) {
      const held = table.prepareHalf[slot]!;
      const stage = table.stage[slot]!;
      if (held === null || stage === STAGE_PREPARE || stage === STAGE_BOTH) continue;
      this.proven.add(hex128(held.checksum));
      if (held.op > this.provenMax) this.provenMax = held.op;
    }
  }

  check(disk: MemoryDisk): void {
    const bench = new Bench(disk, MINI, { checkpoint: this.checkpoint });
    for (const [op, header] of this.durable) {
      if (op <= this.checkpoint) continue;
      // Never read as "never had it", whatever became of it.
      expect(bench.journal.nack(op, null), `nack of op ${op}`).toBe(false);
      const superseded = !equal128(this.newest.get(op)!.checksum, header.checksum);
      // A later log's version may take its place, but only in both halves.
      const replaced = superseded && bench.journal.table.agree(op % MINI.journalSlots);
      if (!replaced) expect(bench.journal.nack(op, header), `nack of durable op ${op}`).toBe(false);
      if (superseded) continue;
      expect(bench.journal.present(op, header.checksum), `durable op ${op} is here`).toBe(true);
      expect(bench.journal.read(op, header.checksum)?.header).toEqual(header);
    }
    this.#headersFollowPrepares(bench);
    // What was torn was never durable, and nothing says that it was: else a cluster that lost power
    // as a whole would wait for a member that knows better. (A second version may be written over a
    // first one whose header was never written, while that of a later op is there.)
    if (!this.contested) expect(bench.recovery.headCertain, 'the head is certain').toBe(true);
  }

  /**
   * A header alone, whatever stands beside it, says that its prepare was durable once; a whole
   * prepare says so of the op in its mark.
   */
  #headersFollowPrepares(bench: Bench): void {
    for (let slot = 0; slot < MINI.journalSlots; slot++) {
      const { header, headerWhole, provenOp } = bench.recovery.recovered[slot]!;
      if (header === null) continue;
      expect(provenOp, `${header.op} says of its past`).toBeLessThanOrEqual(this.provenMax);
      if (headerWhole) continue;
      expect(this.proven.has(hex128(header.checksum)), `early header of ${header.op}`).toBe(true);
    }
  }
}

type Event =
  | { readonly kind: 'append'; readonly prepare: Prepare }
  | { readonly kind: 'sync' | 'fail' }
  | { readonly kind: 'truncate'; readonly op: number }
  | { readonly kind: 'checkpoint'; readonly op: number };

const SYNC: Event = { kind: 'sync' };
const FAIL: Event = { kind: 'fail' };

function append(op: number, view = 0, bodyBytes = LONG_BODY): Event {
  return { kind: 'append', prepare: prepareOf(op, view, ZERO128, bodyBytes) };
}

function short(op: number, view = 0): Event {
  return append(op, view, SHORT_BODY);
}

/** The same history of prepares that fit a sector of the header ring. */
function shortened(event: Event): Event {
  return event.kind === 'append'
    ? short(event.prepare.header.op, event.prepare.header.view)
    : event;
}

/** Plays a history, and crashes after each of its events in every way. */
function play(events: readonly Event[]): number {
  const bench = new Bench(formatted(MINI), MINI);
  const promises = new Promises();
  bench.onDurable = (header) => promises.durable.set(header.op, header);
  let crashes = 0;
  for (const event of events) {
    act(bench, promises, event);
    promises.note(bench);
    crashes += everyCrash(bench.disk, (after) => promises.check(after));
    promises.check(bench.disk.processCrash());
  }
  return crashes;
}

function act(bench: Bench, promises: Promises, event: Event): void {
  switch (event.kind) {
    case 'append':
      if (promises.newest.has(event.prepare.header.op)) promises.contested = true;
      promises.newest.set(event.prepare.header.op, event.prepare.header);
      bench.journal.append(event.prepare);
      return;
    case 'sync':
      bench.journal.flush();
      if (bench.disk.pendingTickets.length > 0) bench.sync();
      return;
    case 'fail':
      bench.journal.flush();
      if (bench.disk.pendingTickets.length > 0) bench.failSync();
      return;
    case 'truncate':
      for (const op of promises.durable.keys()) {
        // A view change has proven that it was not committed: no promise binds any more.
        if (op > event.op) promises.durable.delete(op);
      }
      bench.journal.truncateAfter(event.op);
      return;
    case 'checkpoint':
      promises.checkpoint = event.op;
      bench.journal.checkpointed(event.op, event.op);
  }
}

describe('journal: power cut at every point, every subset of unsynced sectors', () => {
  const histories: readonly [string, readonly Event[]][] = [
    ['one op', [append(1), SYNC, SYNC]],
    ['a group', [append(1), append(2), append(3), SYNC, SYNC, SYNC, SYNC]],
    ['overlapping groups', [append(1), SYNC, append(2), SYNC, append(3), SYNC, SYNC, SYNC]],
    [
      'the ring wraps',
      [
        append(1),
        append(2),
        append(3),
        append(4),
        SYNC,
        SYNC,
        SYNC,
        { kind: 'checkpoint', op: 2 },
        append(5),
        SYNC,
        append(6),
        SYNC,
        SYNC,
        SYNC,
      ],
    ],
    [
      'one op, two views, one slot',
      [append(1, 1), SYNC, SYNC, append(1, 2), SYNC, append(1, 3), SYNC, SYNC, SYNC, SYNC],
    ],
    ['ABA', [append(1, 1), append(1, 2), append(1, 1), SYNC, append(1, 2), SYNC, SYNC, SYNC, SYNC]],
    ['a failed prepare sync', [append(1), append(2), FAIL, SYNC, SYNC, SYNC]],
    ['a failed header sync', [append(1), SYNC, append(2), FAIL, append(3), FAIL, SYNC, SYNC, SYNC]],
    [
      'truncated and proposed anew',
      [
        append(1),
        append(2),
        append(3),
        SYNC,
        { kind: 'truncate', op: 1 },
        append(2, 2),
        SYNC,
        append(3, 2),
        SYNC,
        SYNC,
        SYNC,
        SYNC,
      ],
    ],
  ];

  it.each(histories)('%s', (_, events) => {
    expect(play(events)).toBeGreaterThan(4);
  });

  it.each(histories)('%s, whole in both rings', (_, events) => {
    expect(play(events.map(shortened))).toBeGreaterThan(4);
  });

  it.each<[string, readonly Event[]]>([
    ['long among short', [short(1), append(2), short(3), SYNC, SYNC, SYNC]],
    ['short, then long in its place', [short(1, 1), SYNC, append(1, 2), SYNC, SYNC, SYNC]],
    ['long, then short in its place', [append(1, 1), SYNC, short(1, 2), SYNC, SYNC, SYNC, SYNC]],
    ['short while a long one waits for its header', [append(1), SYNC, short(2), SYNC, SYNC]],
    ['a failed sync of both kinds', [append(1), short(2), FAIL, short(3), FAIL, SYNC, SYNC]],
  ])('%s', (_, events) => {
    expect(play(events)).toBeGreaterThan(4);
  });

  it('any history of appends, new versions, syncs, failures and checkpoints', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant('append') },
      { weight: 4, arbitrary: fc.constant('sync') },
      { weight: 1, arbitrary: fc.constantFrom('fail', 'again', 'checkpoint') },
    );
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 4, maxLength: 14 }),
        fc.array(fc.boolean(), { minLength: 14, maxLength: 14 }),
        (steps, shorts) => {
          play(historyOf(steps).map((event, i) => (shorts[i % 14]! ? shortened(event) : event)));
        },
      ),
      { numRuns: 90 },
    );
  });
});

/** Turns words into a lawful history: ops in order, no overwriting above the checkpoint. */
function historyOf(steps: readonly string[]): readonly Event[] {
  const events: Event[] = [];
  let head = 0;
  let checkpoint = 0;
  let view = 0;
  for (const step of steps) {
    if (step === 'append' && head < checkpoint + MINI.journalSlots)
      events.push(append(++head, view));
    else if (step === 'again' && head > checkpoint) events.push(append(head, ++view));
    else if (step === 'fail') events.push(FAIL);
    else if (step === 'checkpoint' && head >= 2) {
      // Enough good syncs to make everything durable; a checkpoint covers only what is.
      for (let i = 0; i < 6; i++) events.push(SYNC);
      checkpoint = head - 1;
      events.push({ kind: 'checkpoint', op: checkpoint });
    } else events.push(SYNC);
  }
  return events;
}
