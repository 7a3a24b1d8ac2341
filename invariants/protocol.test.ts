/** The invariants about promises: views, primaries, superblock, journal, quorum, loss. */
import { describe, expect, it } from 'vitest';
import type { Prepare } from '../core/codec/prepare.ts';
import { PREPARE_HEADER_BYTES } from '../core/codec/prepare.ts';
import { checksum128 } from '../core/crypto/blake3.ts';
import { TINY } from '../core/limits.ts';
import {
  RECOVERED_DAMAGED,
  RECOVERED_EMPTY,
  RECOVERED_PRESENT,
  RECOVERED_TORN_HEAD,
  STATUS_NORMAL,
  STATUS_VIEW_CHANGE,
  STEP_ACK,
  STEP_CHECKPOINT,
  STEP_COMMIT,
  STEP_DO_VIEW_CHANGE,
  STEP_OVERWRITE,
  STEP_PROPOSE,
  STEP_REPLY,
  STEP_SLOT,
  STEP_START_VIEW,
  STEP_STATUS,
  STEP_SUPERBLOCK,
} from '../core/observer.ts';
import { JOURNAL_FILE } from '../core/storage/journal-format.ts';
import {
  encodeSuperblock,
  setSuperblockCopy,
  superblockCopyBytes,
} from '../core/storage/superblock-format.ts';
import type { Hash128 } from '../core/types/hash128.ts';
import { ZERO128 } from '../core/types/hash128.ts';
import type { DoViewChangeMessage } from '../core/vsr/message.ts';
import { DO_VIEW_CHANGE } from '../core/vsr/message.ts';
import { durableQuorum } from './durable-quorum.ts';
import { journalEvidence } from './journal-evidence.ts';
import { noSilentLoss } from './no-silent-loss.ts';
import { onePrimary } from './one-primary.ts';
import { headerOffset, prepareOffset } from './platter.ts';
import { superblock } from './superblock.ts';
import { Bench, chainOf, checkpointAt, entry, superblockOf } from './testing/fake-world.ts';
import { inspection } from '../vopr/starting-points.ts';
import { viewMonotone } from './view-monotone.ts';

const log = chainOf(40) as Prepare[];
const hash = { checksum128 };

/** A do_view_change that shows these headers, newest first. */
function joining(
  view: number,
  logView: number,
  headers: DoViewChangeMessage['headers'] = [],
): DoViewChangeMessage {
  return viewChange({ view, logView, headers });
}

describe('view-monotone', () => {
  it('holds through a view change that is durable before it is spoken of', () => {
    const bench = new Bench(viewMonotone);
    bench
      .step(1, STEP_STATUS, STATUS_NORMAL, 0, 0, null)
      .step(1, STEP_STATUS, STATUS_VIEW_CHANGE, 1, 0, null)
      .step(1, STEP_SUPERBLOCK, 2, 0, 0, superblockOf(1, { view: 1 }))
      .step(1, STEP_DO_VIEW_CHANGE, 1, 0, 5, joining(1, 0))
      .step(1, STEP_SUPERBLOCK, 3, 0, 0, superblockOf(1, { view: 1, logView: 1 }))
      .step(1, STEP_STATUS, STATUS_NORMAL, 1, 1, null)
      .step(1, STEP_START_VIEW, 1, 5, 5, null)
      .step(1, STEP_PROPOSE, 6, 1, 0, log[6])
      .step(1, STEP_ACK, 6, 1, 1, log[6]!.header);
    expect(bench.world.violations).toEqual([]);
    expect(bench.world.evaluations).toBeGreaterThan(5);
  });

  it('situation 1: joining with the old log_view, the adopted one having been durable', () => {
    const bench = new Bench(viewMonotone);
    bench
      .step(0, STEP_SUPERBLOCK, 3, 0, 0, superblockOf(0, { view: 5, logView: 4 }))
      .step(0, STEP_DO_VIEW_CHANGE, 5, 3, 9, joining(5, 3));
    expect(bench.world.violations[0]).toContain('log_view 3; durable is 4');
  });

  it('trips when a do_view_change leaves before its view is durable', () => {
    const bench = new Bench(viewMonotone);
    bench.step(0, STEP_DO_VIEW_CHANGE, 1, 0, 0, joining(1, 0));
    expect(bench.broken).toBe(true);
  });

  it('situation 2: an ack to the old primary after joining the new view', () => {
    const bench = new Bench(viewMonotone);
    bench
      .step(2, STEP_SUPERBLOCK, 2, 0, 0, superblockOf(2, { view: 1 }))
      .step(2, STEP_DO_VIEW_CHANGE, 1, 0, 3, joining(1, 0))
      .step(2, STEP_ACK, 4, 0, 0, log[4]!.header);
    expect(bench.world.violations[0]).toContain('in view 0 after joining 1');
  });

  it('situation 3: an entry of a view whose log was never adopted, shown as of an older one', () => {
    const bench = new Bench(viewMonotone);
    const shown = (view: number) => joining(6, 3, [entry({ op: 9, view }).header, null]);
    bench.step(0, STEP_SUPERBLOCK, 3, 0, 0, superblockOf(0, { view: 6, logView: 3 }));
    bench.step(0, STEP_DO_VIEW_CHANGE, 6, 3, 9, shown(3));
    expect(bench.broken).toBe(false);
    bench.step(0, STEP_DO_VIEW_CHANGE, 6, 3, 9, shown(4));
    expect(bench.world.violations[0]).toContain('op 9 of view 4 as of its log_view 3');
  });

  it('trips when an ack goes to another than the primary of its view', () => {
    const bench = new Bench(viewMonotone);
    bench.step(2, STEP_ACK, 4, 0, 1, log[4]!.header);
    expect(bench.broken).toBe(true);
  });

  it('trips when a restart forgets a view that was durable', () => {
    const bench = new Bench(viewMonotone);
    bench.step(0, STEP_SUPERBLOCK, 2, 0, 0, superblockOf(0, { view: 7, logView: 6 }));
    bench.checker.crashed?.(0, true);
    bench.world.inspections[0] = inspection({ view: 6, logView: 6 });
    bench.checker.opened?.(0);
    expect(bench.world.violations[0]).toContain('restarted in view 6');
  });

  it('lets a restart forget a view that nobody heard of', () => {
    const bench = new Bench(viewMonotone);
    bench.step(0, STEP_STATUS, STATUS_VIEW_CHANGE, 3, 0, null);
    bench.checker.crashed?.(0, true);
    bench.world.inspections[0] = inspection({ view: 0 });
    bench.checker.opened?.(0);
    bench.step(0, STEP_STATUS, STATUS_NORMAL, 0, 0, null);
    expect(bench.broken).toBe(false);
  });

  it('trips when a view goes back in memory, and when a standby votes', () => {
    const bench = new Bench(viewMonotone);
    bench.step(0, STEP_STATUS, STATUS_NORMAL, 3, 3, null);
    bench.step(0, STEP_STATUS, STATUS_NORMAL, 2, 2, null);
    expect(bench.broken).toBe(true);
    bench.again().step(3, STEP_DO_VIEW_CHANGE, 0, 0, 0, joining(0, 0));
    expect(bench.broken).toBe(true);
  });
});

describe('one-primary', () => {
  it("holds while each view is its own primary's", () => {
    const bench = new Bench(onePrimary);
    bench.step(0, STEP_PROPOSE, 1, 0, 0, log[1]).step(1, STEP_PROPOSE, 1, 1, 0, log[1]);
    expect(bench.broken).toBe(false);
  });

  it('trips when a replica proposes in a view that is not its own', () => {
    const bench = new Bench(onePrimary);
    bench.step(2, STEP_PROPOSE, 1, 1, 0, log[1]);
    expect(bench.world.violations[0]).toContain("which is r1's");
  });

  it('situation 12: a restarted primary takes its own view up again', () => {
    const bench = new Bench(onePrimary);
    bench.step(0, STEP_PROPOSE, 1, 0, 0, log[1]);
    bench.world.incarnations[0] = 2;
    bench.step(0, STEP_PROPOSE, 2, 0, 0, log[2]);
    expect(bench.world.violations[0]).toContain('again after a restart');
  });

  it('a single replica has nobody who could have moved on', () => {
    const bench = new Bench(onePrimary, 1);
    bench.step(0, STEP_PROPOSE, 1, 0, 0, log[1]);
    bench.world.incarnations[0] = 2;
    bench.step(0, STEP_PROPOSE, 2, 0, 0, log[2]);
    expect(bench.broken).toBe(false);
  });

  it('trips when one view gets two entries at one op', () => {
    const bench = new Bench(onePrimary);
    bench.step(0, STEP_PROPOSE, 1, 0, 0, log[1]);
    bench.step(0, STEP_PROPOSE, 1, 0, 0, entry({ op: 1, timestamp: 99 }));
    expect(bench.world.violations[0]).toContain('two entries at op 1');
  });

  it('trips when a backup gives a fresh reply, but not for a resent one', () => {
    const bench = new Bench(onePrimary);
    bench.step(1, STEP_STATUS, STATUS_NORMAL, 0, 0, null).step(1, STEP_REPLY, 1, 1, 1, null);
    expect(bench.broken).toBe(false);
    bench.step(1, STEP_REPLY, 1, 1, 0, null);
    expect(bench.broken).toBe(true);
  });
});

/** Writes the four copies of a state; returns its checksum. */
function store(bench: Bench, node: number, sequence: number, parent: Hash128, skip = -1): Hash128 {
  const copyBytes = superblockCopyBytes(TINY);
  const image = new Uint8Array(copyBytes);
  const checksum = encodeSuperblock(superblockOf(node, {}), sequence, parent, image, hash);
  for (let copy = 0; copy < 4; copy += 1) {
    if (copy === skip) continue;
    setSuperblockCopy(image, copy);
    bench.world.disk(node).write('superblock', copy * copyBytes, image);
  }
  return checksum;
}

describe('superblock', () => {
  it('holds when four copies land and each state names its parent', () => {
    const bench = new Bench(superblock);
    const first = store(bench, 0, 1, ZERO128);
    bench.step(0, STEP_SUPERBLOCK, 1, 0, 0, superblockOf(0, {}));
    store(bench, 0, 2, first);
    bench.step(0, STEP_SUPERBLOCK, 2, 0, 0, superblockOf(0, {}));
    expect(bench.world.violations).toEqual([]);
  });

  it('trips when a state is called durable with one copy still to come', () => {
    const bench = new Bench(superblock);
    const first = store(bench, 0, 1, ZERO128);
    store(bench, 0, 2, first, 3);
    bench.step(0, STEP_SUPERBLOCK, 2, 0, 0, superblockOf(0, {}));
    expect(bench.world.violations[0]).toContain('is not on the platter as copy 3');
  });

  it('trips when a copy was written but not synced', () => {
    const bench = new Bench(superblock);
    store(bench, 0, 1, ZERO128);
    bench.world.disk(0).unsyncedRanges.push({ name: 'superblock', from: 0, end: 64 });
    bench.step(0, STEP_SUPERBLOCK, 1, 0, 0, superblockOf(0, {}));
    expect(bench.broken).toBe(true);
  });

  it('trips when the parent is not the state before', () => {
    const bench = new Bench(superblock);
    store(bench, 0, 1, ZERO128);
    bench.step(0, STEP_SUPERBLOCK, 1, 0, 0, superblockOf(0, {}));
    store(bench, 0, 2, ZERO128);
    bench.step(0, STEP_SUPERBLOCK, 2, 0, 0, superblockOf(0, {}));
    expect(bench.world.violations[0]).toContain('forerunner');
  });

  it('trips when the sequence goes back', () => {
    const bench = new Bench(superblock);
    store(bench, 0, 5, ZERO128);
    bench.step(0, STEP_SUPERBLOCK, 5, 0, 0, superblockOf(0, {}));
    store(bench, 0, 4, ZERO128);
    bench.step(0, STEP_SUPERBLOCK, 4, 0, 0, superblockOf(0, {}));
    expect(bench.broken).toBe(true);
  });

  it('trips when opening finds an older state than the durable one', () => {
    const bench = new Bench(superblock);
    store(bench, 0, 1, ZERO128);
    bench.step(0, STEP_SUPERBLOCK, 1, 0, 0, superblockOf(0, { view: 3, logView: 3 }));
    bench.world.inspections[0] = inspection({ view: 3, logView: 2 });
    bench.checker.opened?.(0);
    expect(bench.broken).toBe(true);
  });
});

function propose(bench: Bench, ...ops: number[]): void {
  for (const op of ops) bench.step(0, STEP_PROPOSE, op, 0, 0, log[op]);
}

describe('durable-quorum', () => {
  it('holds when a quorum had both halves when it acknowledged', () => {
    const bench = new Bench(durableQuorum);
    propose(bench, 1, 2);
    for (const node of [0, 2]) {
      bench.world.disk(node).journal(log[1]!);
      bench.world.disk(node).journal(log[2]!);
      bench.step(node, STEP_ACK, 2, 0, 0, log[2]!.header);
    }
    bench.step(0, STEP_COMMIT, 1, 0, 0, log[1]).step(0, STEP_COMMIT, 2, 0, 0, log[2]);
    expect(bench.broken).toBe(false);
    expect(bench.world.evaluations).toBe(2);
  });

  it('trips when a quorum is one too few', () => {
    const bench = new Bench(durableQuorum);
    propose(bench, 1);
    bench.world.disk(0).journal(log[1]!);
    bench.step(0, STEP_ACK, 1, 0, 0, log[1]!.header).step(0, STEP_COMMIT, 1, 0, 0, log[1]);
    expect(bench.world.violations[0]).toContain('with 1 durable acknowledgements of 2 needed');
  });

  it('trips when an ack was sent before its sync', () => {
    const bench = new Bench(durableQuorum);
    propose(bench, 1);
    bench.world.disk(0).journal(log[1]!);
    bench.world.disk(1).journalPrepare(log[1]!);
    for (const node of [0, 1]) bench.step(node, STEP_ACK, 1, 0, 0, log[1]!.header);
    bench.world.disk(1).journalHeader(log[1]!);
    bench.step(0, STEP_COMMIT, 1, 0, 0, log[1]);
    expect(bench.broken).toBe(true);
  });

  it("a standby's acknowledgement counts for nothing", () => {
    const bench = new Bench(durableQuorum);
    bench.world.standbyCount = 1;
    propose(bench, 1);
    for (const node of [0, 3]) {
      bench.world.disk(node).journal(log[1]!);
      bench.step(node, STEP_ACK, 1, 0, 0, log[1]!.header);
    }
    bench.step(0, STEP_COMMIT, 1, 0, 0, log[1]);
    expect(bench.broken).toBe(true);
  });

  it('an ack for another entry at the op does not count', () => {
    const bench = new Bench(durableQuorum);
    const other = entry({ op: 1, view: 1 });
    propose(bench, 1);
    bench.step(1, STEP_PROPOSE, 1, 1, 0, other);
    bench.world.disk(0).journal(log[1]!);
    bench.world.disk(1).journal(other);
    bench.step(0, STEP_ACK, 1, 0, 0, log[1]!.header).step(1, STEP_ACK, 1, 1, 1, other.header);
    bench.step(1, STEP_COMMIT, 1, 1, 0, other);
    expect(bench.broken).toBe(true);
  });

  it('a single replica needs the prepare alone', () => {
    const bench = new Bench(durableQuorum, 1);
    propose(bench, 1);
    bench.world.disk(0).journalPrepare(log[1]!);
    bench.step(0, STEP_ACK, 1, 0, 0, log[1]!.header).step(0, STEP_COMMIT, 1, 0, 0, log[1]);
    expect(bench.broken).toBe(false);
  });

  it('a torn last sector is not a durable copy', () => {
    const bench = new Bench(durableQuorum, 1);
    const long = entry({ op: 1, body: new Uint8Array(900).fill(3) });
    bench.step(0, STEP_PROPOSE, 1, 0, 0, long);
    bench.world.disk(0).journalPrepare(long);
    bench.world.disk(0).write(JOURNAL_FILE, prepareOffset(1, TINY) + 1024, new Uint8Array(512));
    bench.step(0, STEP_ACK, 1, 0, 0, long.header).step(0, STEP_COMMIT, 1, 0, 0, long);
    expect(bench.broken).toBe(true);
  });
});

describe('journal-evidence', () => {
  it('holds while slots are overwritten below a checkpoint that a quorum holds', () => {
    const bench = new Bench(journalEvidence);
    bench.step(0, STEP_OVERWRITE, 3, -1, 0, log[3]!.header);
    for (const node of [0, 1]) bench.step(node, STEP_CHECKPOINT, 8, 0, 0, checkpointAt(8));
    bench.step(0, STEP_OVERWRITE, 19, 3, 8, log[19]!.header);
    expect(bench.world.violations).toEqual([]);
    expect(bench.world.evaluations).toBe(2);
  });

  it('situation 13: a slot is evicted when only the own checkpoint covers it', () => {
    const bench = new Bench(journalEvidence);
    bench.step(0, STEP_OVERWRITE, 3, -1, 0, log[3]!.header);
    bench.step(0, STEP_CHECKPOINT, 8, 0, 0, checkpointAt(8));
    bench.step(0, STEP_OVERWRITE, 19, 3, 0, log[19]!.header);
    expect(bench.world.violations[0]).toContain("its checkpoint is 8, the cluster's 0");
  });

  it('trips when only the others have the checkpoint', () => {
    const bench = new Bench(journalEvidence);
    bench.step(0, STEP_OVERWRITE, 3, -1, 0, log[3]!.header);
    for (const node of [1, 2]) bench.step(node, STEP_CHECKPOINT, 8, 0, 0, checkpointAt(8));
    bench.step(0, STEP_OVERWRITE, 19, 3, 8, log[19]!.header);
    expect(bench.broken).toBe(true);
  });

  it('is not fooled by a journal that forgot what its slot held', () => {
    const bench = new Bench(journalEvidence);
    bench.step(0, STEP_OVERWRITE, 3, -1, 0, log[3]!.header);
    bench.step(0, STEP_OVERWRITE, 19, -1, 0, log[19]!.header);
    expect(bench.broken).toBe(true);
  });

  it('trips when the node believes in a checkpoint that no quorum holds', () => {
    const bench = new Bench(journalEvidence);
    bench.step(0, STEP_OVERWRITE, 3, -1, 8, log[3]!.header);
    expect(bench.world.violations[0]).toContain('believes in checkpoint 8');
  });

  it('trips when a committed entry is overwritten by a stale one of its op', () => {
    const bench = new Bench(journalEvidence);
    bench.step(0, STEP_OVERWRITE, 3, -1, 0, log[3]!.header);
    for (let op = 1; op <= 3; op += 1) bench.step(0, STEP_COMMIT, op, 0, 0, log[op]);
    bench.step(0, STEP_OVERWRITE, 3, 3, 0, entry({ op: 3, view: 2 }).header);
    expect(bench.broken).toBe(true);
  });

  it('trips when an acknowledged op has only its header on the platter', () => {
    const bench = new Bench(journalEvidence);
    propose(bench, 1);
    bench.world.disk(1).journalHeader(log[1]!);
    bench.step(1, STEP_ACK, 1, 0, 0, log[1]!.header);
    expect(bench.world.violations[0]).toContain('op 1 is not durable');
  });

  it('trips when an ack promises an op below it that is missing', () => {
    const bench = new Bench(journalEvidence);
    propose(bench, 1, 2, 3);
    for (const op of [1, 3]) bench.world.disk(1).journal(log[op]!);
    bench.step(1, STEP_ACK, 3, 0, 0, log[3]!.header);
    expect(bench.world.violations[0]).toContain('acknowledged op 3; op 2 is not durable');
  });

  it('trips when a power cut finds a header whose prepare never arrived', () => {
    const bench = new Bench(journalEvidence);
    propose(bench, 1);
    bench.step(1, STEP_OVERWRITE, 1, -1, 0, log[1]!.header);
    bench.world.disk(1).journalHeader(log[1]!);
    bench.checker.crashed?.(1, true);
    expect(bench.world.violations[0]).toContain('the header of op 1 is durable, its prepare');
  });

  it('a whole prepare that a dying process tore is no header', () => {
    const bench = new Bench(journalEvidence);
    propose(bench, 1);
    bench.step(1, STEP_OVERWRITE, 1, -1, 0, log[1]!.header);
    const disk = bench.world.disk(1);
    disk.journalHeader(log[1]!);
    disk.write(JOURNAL_FILE, headerOffset(1, TINY) + PREPARE_HEADER_BYTES, Uint8Array.of(1, 2, 3));
    bench.checker.crashed?.(1, true);
    expect(bench.world.violations).toEqual([]);
  });

  it('a header of the entry before is no evidence while another version is written', () => {
    const bench = new Bench(journalEvidence);
    const other = entry({ op: 1, view: 1 });
    propose(bench, 1);
    bench.step(1, STEP_PROPOSE, 1, 1, 0, other);
    bench.world.disk(1).journalHeader(log[1]!);
    bench.step(1, STEP_OVERWRITE, 1, 1, 0, other.header);
    bench.checker.crashed?.(1, true);
    expect(bench.broken).toBe(false);
  });

  it('a prepare that injected damage struck may be torn while it is repaired', () => {
    const bench = new Bench(journalEvidence);
    propose(bench, 1);
    bench.step(1, STEP_OVERWRITE, 1, -1, 0, log[1]!.header);
    bench.world.disk(1).journalHeader(log[1]!);
    const from = prepareOffset(1, TINY);
    bench.world.disk(1).damagedRanges.push({ name: JOURNAL_FILE, from, end: from + 64 });
    bench.checker.crashed?.(1, true);
    expect(bench.broken).toBe(false);
  });

  it('trips when a slot with an intact header is opened as empty', () => {
    const bench = new Bench(journalEvidence);
    propose(bench, 1);
    bench.world.disk(1).journalHeader(log[1]!);
    bench.step(1, STEP_SLOT, 1, -1, RECOVERED_EMPTY, null);
    bench.checker.opened?.(1);
    expect(bench.world.violations[0]).toContain('opened op 1 as never written');
  });

  it('a whole prepare in the header ring alone was not acknowledged: a read may miss it', () => {
    for (const both of [false, true]) {
      const bench = new Bench(journalEvidence);
      propose(bench, 1);
      const disk = bench.world.disk(1);
      disk.journalHeader(log[1]!);
      disk.write(JOURNAL_FILE, headerOffset(1, TINY) + PREPARE_HEADER_BYTES, Uint8Array.of(1));
      if (both) disk.journalPrepare(log[1]!);
      bench.step(1, STEP_SLOT, 1, -1, RECOVERED_EMPTY, null);
      bench.checker.opened?.(1);
      expect(bench.broken).toBe(both);
    }
  });

  it('a slot below the checkpoint may be read as empty', () => {
    const bench = new Bench(journalEvidence);
    propose(bench, 1);
    bench.world.disk(1).journalHeader(log[1]!);
    bench.step(1, STEP_SLOT, 1, -1, RECOVERED_TORN_HEAD, null);
    bench.world.inspections[1] = inspection({ checkpoint: 8, commit: 8 });
    bench.checker.opened?.(1);
    expect(bench.broken).toBe(false);
  });
});

function acknowledged(bench: Bench, node: number, ...ops: number[]): void {
  propose(bench, ...ops);
  for (const op of ops) {
    bench.world.disk(node).journal(log[op]!);
    bench.step(node, STEP_OVERWRITE, op, -1, 0, log[op]!.header);
    bench.step(node, STEP_ACK, op, 0, 0, log[op]!.header);
  }
}

function viewChange(of: Partial<DoViewChangeMessage>): DoViewChangeMessage {
  return {
    kind: DO_VIEW_CHANGE,
    view: 1,
    logView: 0,
    op: 3,
    commit: 0,
    checkpoint: 0,
    headers: [log[3]!.header, log[2]!.header, log[1]!.header],
    present: 0,
    nack: 0,
    ...of,
  };
}

describe('no-silent-loss', () => {
  it('holds when a damaged slot is read as damaged', () => {
    const bench = new Bench(noSilentLoss);
    acknowledged(bench, 1, 1, 2);
    bench.step(1, STEP_SLOT, 1, 1, RECOVERED_DAMAGED, null);
    bench.step(1, STEP_SLOT, 2, 2, RECOVERED_PRESENT, null);
    bench.checker.opened?.(1);
    expect(bench.world.violations).toEqual([]);
    expect(bench.world.evaluations).toBe(2);
  });

  it('situation 3: a corrupt acknowledged head is taken for a torn tail', () => {
    const bench = new Bench(noSilentLoss);
    acknowledged(bench, 1, 1, 2);
    bench.step(1, STEP_SLOT, 2, -1, RECOVERED_TORN_HEAD, null);
    bench.checker.opened?.(1);
    expect(bench.world.violations[0]).toContain('acknowledged op 2; its journal opens without it');
  });

  it("situation 10: the slot shows the previous lap's op instead", () => {
    const bench = new Bench(noSilentLoss);
    acknowledged(bench, 1, 17);
    bench.step(1, STEP_SLOT, 1, 1, RECOVERED_PRESENT, null);
    bench.checker.opened?.(1);
    expect(bench.broken).toBe(true);
  });

  it('what another version was being written over may be gone', () => {
    const bench = new Bench(noSilentLoss);
    acknowledged(bench, 1, 1);
    bench.step(1, STEP_OVERWRITE, 1, 1, 0, entry({ op: 1, view: 1 }).header);
    bench.step(1, STEP_SLOT, 1, -1, RECOVERED_TORN_HEAD, null);
    bench.checker.opened?.(1);
    expect(bench.broken).toBe(false);
  });

  it('what a checkpoint covers need not be in the journal', () => {
    const bench = new Bench(noSilentLoss);
    acknowledged(bench, 1, 1);
    bench.step(1, STEP_SLOT, 1, -1, RECOVERED_EMPTY, null);
    bench.world.inspections[1] = inspection({ checkpoint: 8, commit: 8 });
    bench.checker.opened?.(1);
    expect(bench.broken).toBe(false);
  });

  it('trips when a replica denies what it acknowledged', () => {
    const bench = new Bench(noSilentLoss);
    acknowledged(bench, 1, 1, 2);
    bench.step(1, STEP_DO_VIEW_CHANGE, 1, 0, 0, viewChange({ nack: 0b010 }));
    expect(bench.world.violations[0]).toContain('denied op 2');
  });

  it('may deny what it never acknowledged', () => {
    const bench = new Bench(noSilentLoss);
    acknowledged(bench, 1, 1, 2);
    bench.step(1, STEP_DO_VIEW_CHANGE, 1, 0, 0, viewChange({ nack: 0b001 }));
    expect(bench.broken).toBe(false);
    expect(bench.world.evaluations).toBe(1);
  });

  it('situation 20: a replaced disk does not make a denial true', () => {
    const bench = new Bench(noSilentLoss);
    acknowledged(bench, 1, 1);
    bench.checker.replaced?.(1);
    bench.step(1, STEP_DO_VIEW_CHANGE, 1, 0, 0, viewChange({ nack: 0b100 }));
    expect(bench.broken).toBe(true);
  });

  it('a blank denies every entry: also the committed one that was acknowledged', () => {
    const bench = new Bench(noSilentLoss);
    acknowledged(bench, 1, 1);
    bench.step(0, STEP_COMMIT, 1, 0, 0, log[1]);
    const headers = [log[3]!.header, log[2]!.header, null];
    bench.step(1, STEP_DO_VIEW_CHANGE, 1, 0, 0, viewChange({ headers, nack: 0b100 }));
    expect(bench.broken).toBe(true);
  });
});
