/** The invariants about the log itself: agreement, prefix, chain, commit, state, clock, bounds. */
import { describe, expect, it } from 'vitest';
import {
  BOUND_PIPELINE,
  BOUND_REPAIRS,
  STEP_BOUND,
  STEP_CHECKPOINT,
  STEP_COMMIT,
  STEP_ENTRY,
  STEP_PROPOSE,
  STEP_STATE,
  STEP_SUPERBLOCK,
  STEP_SYNC,
} from '../core/observer.ts';
import type { AppliedEntry } from '../core/observer.ts';
import { checksum128 } from '../core/crypto/blake3.ts';
import { reexecute } from '../core/kernel/rebuild.ts';
import { TINY } from '../core/limits.ts';
import { make128 } from '../core/types/hash128.ts';
import { OPERATION_REGISTER } from '../core/types/operation.ts';
import type { Checkpoint } from '../core/vsr/message.ts';
import { InstantServer } from '../vopr/kimberlite/testing/instant-server.ts';
import { agreement } from './agreement.ts';
import { bounded } from './bounded.ts';
import { chain } from './chain.ts';
import { clockMonotone } from './clock-monotone.ts';
import { commitMonotone } from './commit-monotone.ts';
import { prefix } from './prefix.ts';
import { stateEquality } from './state-equality.ts';
import { storageEquality } from './storage-equality.ts';
import { Bench, chainOf, checkpointAt, entry, superblockOf } from './testing/fake-world.ts';
import { inspection } from '../vopr/starting-points.ts';

const log = chainOf(20);

function commit(bench: Bench, node: number, op: number): void {
  bench.step(node, STEP_COMMIT, op, 0, 0, log[op]!);
}

describe('agreement', () => {
  it('holds while replicas commit the same entries, after a restart too', () => {
    const bench = new Bench(agreement);
    for (const node of [0, 1, 0]) for (let op = 1; op <= 5; op += 1) commit(bench, node, op);
    expect(bench.broken).toBe(false);
    expect(bench.world.evaluations).toBe(10);
  });

  it('does not count the first commit of an op: there is nothing to compare it with', () => {
    const bench = new Bench(agreement);
    commit(bench, 0, 1);
    expect(bench.world.evaluations).toBe(0);
  });

  it('trips when another view commits another entry at the same op', () => {
    const bench = new Bench(agreement);
    commit(bench, 0, 1);
    bench.step(1, STEP_COMMIT, 1, 3, 0, entry({ op: 1, view: 3 }));
    expect(bench.world.violations[0]).toContain('op 1: r1 committed');
  });

  it('takes an equal entry that came off a disk for the same one', () => {
    const bench = new Bench(agreement);
    commit(bench, 0, 1);
    bench.step(1, STEP_COMMIT, 1, 0, 0, entry({ op: 1 }));
    expect(bench.broken).toBe(false);
  });

  it('forgets the run before', () => {
    const bench = new Bench(agreement);
    commit(bench, 0, 1);
    bench.again().step(1, STEP_COMMIT, 1, 0, 0, entry({ op: 1, view: 9 }));
    expect(bench.broken).toBe(false);
  });
});

describe('prefix', () => {
  it('holds for logs of different lengths without a gap', () => {
    const bench = new Bench(prefix);
    for (let op = 1; op <= 9; op += 1) commit(bench, 0, op);
    for (let op = 1; op <= 4; op += 1) commit(bench, 1, op);
    expect(bench.broken).toBe(false);
    expect(bench.world.evaluations).toBe(13);
  });

  it('trips when a replica skips an op', () => {
    const bench = new Bench(prefix);
    for (let op = 1; op <= 9; op += 1) commit(bench, 0, op);
    commit(bench, 1, 1);
    commit(bench, 1, 3);
    expect(bench.world.violations[0]).toContain('r1 committed op 3 right after op 1');
  });

  it('trips when an op beyond the end of the log is committed', () => {
    const bench = new Bench(prefix);
    commit(bench, 0, 1);
    commit(bench, 0, 3);
    expect(bench.broken).toBe(true);
  });

  it('a restarted replica goes on from a checkpoint, not from anywhere', () => {
    const bench = new Bench(prefix);
    for (let op = 1; op <= 10; op += 1) commit(bench, 0, op);
    bench.checker.crashed?.(0, true);
    commit(bench, 0, 9);
    expect(bench.broken).toBe(false);
    bench.checker.crashed?.(0, true);
    commit(bench, 0, 6);
    expect(bench.broken).toBe(true);
  });

  it('a state sync moves the log on, but never past its end', () => {
    const bench = new Bench(prefix);
    for (let op = 1; op <= 9; op += 1) commit(bench, 0, op);
    bench.step(1, STEP_SYNC, 8, 0, 0, checkpointAt(8));
    bench.step(1, STEP_SYNC, 8, 1, 0, checkpointAt(8));
    commit(bench, 1, 9);
    expect(bench.broken).toBe(false);
    bench.step(2, STEP_SYNC, 16, 1, 0, checkpointAt(16));
    expect(bench.broken).toBe(true);
  });
});

function applied(position: number, hash: number, previous: number): AppliedEntry {
  return {
    tenant: 1,
    position,
    op: position,
    hash: new Uint8Array(32).fill(hash),
    previous: new Uint8Array(32).fill(previous),
    bytes: new Uint8Array(40).fill(hash),
  };
}

describe('chain', () => {
  it('holds for chained entries on every replica', () => {
    const bench = new Bench(chain);
    for (const node of [0, 1]) {
      for (let op = 1; op <= 3; op += 1) {
        commit(bench, node, op);
        bench.step(node, STEP_ENTRY, op, 1, op, applied(op, op, op - 1));
      }
    }
    expect(bench.world.violations).toEqual([]);
    expect(bench.world.evaluations).toBe(12);
  });

  it('trips when a prepare names another parent', () => {
    const bench = new Bench(chain);
    commit(bench, 0, 1);
    bench.step(0, STEP_COMMIT, 2, 0, 0, entry({ op: 2 }));
    expect(bench.broken).toBe(true);
  });

  it("trips when a tenant's entry names another predecessor", () => {
    const bench = new Bench(chain);
    bench.step(0, STEP_ENTRY, 1, 1, 1, applied(1, 1, 0));
    bench.step(0, STEP_ENTRY, 2, 1, 2, applied(2, 2, 9));
    expect(bench.world.violations[0]).toContain('does not chain');
  });

  it('trips when replicas hold different entries at one position', () => {
    const bench = new Bench(chain);
    bench.step(0, STEP_ENTRY, 1, 1, 1, applied(1, 1, 0));
    bench.step(1, STEP_ENTRY, 1, 1, 1, applied(1, 2, 0));
    expect(bench.world.violations[0]).toContain('another entry');
  });

  it('trips when a position is skipped', () => {
    const bench = new Bench(chain);
    bench.step(0, STEP_ENTRY, 1, 1, 1, applied(1, 1, 0));
    bench.step(0, STEP_ENTRY, 3, 1, 3, applied(3, 3, 1));
    expect(bench.broken).toBe(true);
  });
});

describe('commit-monotone', () => {
  it('holds over a restart that falls back to the checkpoint', () => {
    const bench = new Bench(commitMonotone);
    for (let op = 1; op <= 10; op += 1) commit(bench, 0, op);
    bench.step(0, STEP_CHECKPOINT, 8, 0, 0, checkpointAt(8));
    bench.checker.crashed?.(0, false);
    bench.world.inspections[0] = inspection({ commit: 8, checkpoint: 8 });
    bench.checker.opened?.(0);
    commit(bench, 0, 9);
    expect(bench.broken).toBe(false);
  });

  it('trips when commit goes back within an incarnation', () => {
    const bench = new Bench(commitMonotone);
    for (const op of [1, 2, 2]) commit(bench, 0, op);
    expect(bench.broken).toBe(true);
  });

  it('trips when a restart falls below the checkpoint that was durable', () => {
    const bench = new Bench(commitMonotone);
    const state = superblockOf(0, { checkpoint: checkpointAt(8) });
    bench.step(0, STEP_SUPERBLOCK, 2, 0, 0, state);
    bench.world.inspections[0] = inspection({ commit: 0, checkpoint: 0 });
    bench.checker.opened?.(0);
    expect(bench.world.violations[0]).toContain('below its durable checkpoint 8');
  });

  it('an empty disk promised nothing', () => {
    const bench = new Bench(commitMonotone);
    bench.step(0, STEP_CHECKPOINT, 8, 0, 0, checkpointAt(8));
    bench.checker.replaced?.(0);
    bench.world.inspections[0] = inspection({});
    bench.checker.opened?.(0);
    expect(bench.broken).toBe(false);
  });

  it('trips when a state sync goes backwards', () => {
    const bench = new Bench(commitMonotone);
    for (let op = 1; op <= 10; op += 1) commit(bench, 0, op);
    bench.step(0, STEP_SYNC, 8, 1, 0, checkpointAt(8));
    expect(bench.broken).toBe(true);
  });
});

describe('state-equality', () => {
  it('holds for equal hashes, trips for a different lane', () => {
    const bench = new Bench(stateEquality);
    bench.step(0, STEP_STATE, 4, 11, 22, null).step(1, STEP_STATE, 4, 11, 22, null);
    expect(bench.broken).toBe(false);
    expect(bench.world.evaluations).toBe(1);
    bench.step(2, STEP_STATE, 4, 11, 23, null);
    expect(bench.world.violations[0]).toContain('r2');
  });

  it('looks at a state that was loaded from disk, not applied', () => {
    const bench = new Bench(stateEquality);
    bench.step(0, STEP_STATE, 8, 1, 2, null);
    bench.world.inspections[1] = inspection({ commit: 8, stateHashA: 1, stateHashB: 3 });
    bench.checker.opened?.(1);
    expect(bench.broken).toBe(true);
  });

  it('executes all requests again, one seed in sixteen, and compares', () => {
    for (const [seed, lie, broken] of [
      [16, 0, false],
      [16, 1, true],
      [17, 1, false],
    ] as const) {
      const bench = new Bench(stateEquality);
      bench.world.seed = seed;
      bench.world.core = 1;
      const server = new InstantServer(TINY);
      const register = { client: make128(1, 1, 1, 1), session: 0, request: 0, tenant: 0 };
      const body = new Uint8Array(0);
      const checksum = make128(2, 2, 2, 2);
      const prepare = server.propose({
        ...register,
        operation: OPERATION_REGISTER,
        body,
        checksum,
      });
      bench.step(0, STEP_COMMIT, 1, 0, 0, prepare);
      const store = reexecute([prepare], TINY);
      bench.step(0, STEP_STATE, 1, store.stateHashA + lie, store.stateHashB, null);
      bench.checker.converged?.();
      expect(bench.broken).toBe(broken);
    }
  });

  it('does not judge a state that is being replaced', () => {
    const bench = new Bench(stateEquality);
    bench.step(0, STEP_STATE, 8, 1, 2, null);
    bench.world.inspections[1] = inspection({ commit: 8, stateHashA: 9, syncing: true });
    bench.checker.opened?.(1);
    expect(bench.broken).toBe(false);
  });
});

/** A checkpoint whose root page stands on the node's platter; `salt` makes it another one. */
function rooted(bench: Bench, node: number, op: number, salt = 0): Checkpoint {
  const page = new Uint8Array(TINY.pageBytes);
  const used = 40;
  page[8] = used;
  page[30] = op;
  page[31] = salt;
  bench.world.disk(node).write('tenants/0/store', 2 * TINY.pageBytes, page);
  return { ...checkpointAt(op), rootPage: 3, root: checksum128(page, 0, used) };
}

describe('storage-equality', () => {
  it('holds for equal roots, trips for another root at one checkpoint', () => {
    const bench = new Bench(storageEquality);
    bench.step(0, STEP_CHECKPOINT, 8, 0, 0, rooted(bench, 0, 8));
    bench.step(1, STEP_CHECKPOINT, 8, 0, 0, rooted(bench, 1, 8));
    expect(bench.world.violations).toEqual([]);
    bench.step(2, STEP_CHECKPOINT, 8, 0, 0, rooted(bench, 2, 8, 1));
    expect(bench.world.violations[0]).toContain('r2 has another checkpoint');
  });

  it('trips for a checkpoint where none belongs', () => {
    const bench = new Bench(storageEquality);
    bench.step(0, STEP_CHECKPOINT, 7, 0, 0, rooted(bench, 0, 7));
    expect(bench.broken).toBe(true);
  });

  it('compares what a state sync ended at', () => {
    const bench = new Bench(storageEquality);
    bench.step(0, STEP_CHECKPOINT, 8, 0, 0, rooted(bench, 0, 8));
    bench.step(1, STEP_SYNC, 8, 1, 0, rooted(bench, 1, 8, 5));
    expect(bench.broken).toBe(true);
  });

  it('trips when a checkpoint is durable before its root page is', () => {
    const bench = new Bench(storageEquality);
    const checkpoint = rooted(bench, 0, 8);
    bench.world.disk(0).file('tenants/0/store').fill(0);
    bench.step(0, STEP_CHECKPOINT, 8, 0, 0, checkpoint);
    expect(bench.world.violations[0]).toContain('is not on the platter');
  });
});

describe('clock-monotone', () => {
  it('holds for rising timestamps near true time', () => {
    const bench = new Bench(clockMonotone);
    const { trueTime } = bench.world;
    for (let op = 1; op <= 3; op += 1) {
      const prepare = entry({ op, timestamp: trueTime + op });
      bench.step(0, STEP_PROPOSE, op, 0, 0, prepare).step(0, STEP_COMMIT, op, 0, 0, prepare);
    }
    expect(bench.broken).toBe(false);
  });

  it('trips when two ops have one timestamp', () => {
    const bench = new Bench(clockMonotone);
    for (let op = 1; op <= 2; op += 1) {
      bench.step(0, STEP_COMMIT, op, 0, 0, entry({ op, timestamp: 50 }));
    }
    expect(bench.broken).toBe(true);
  });

  it('trips when the primary stamps by its own wrong clock while the others are right', () => {
    const bench = new Bench(clockMonotone);
    const wrong = 60_000_000;
    bench.world.clockErrors[0] = wrong;
    const prepare = entry({ op: 1, timestamp: bench.world.trueTime + wrong });
    bench.step(0, STEP_PROPOSE, 1, 0, 0, prepare);
    expect(bench.world.violations[0]).toContain('60000000 µs away');
  });

  it('promises nothing about true time when most clocks are wrong', () => {
    const bench = new Bench(clockMonotone);
    const wrong = 60_000_000;
    bench.world.clockErrors.fill(wrong);
    const prepare = entry({ op: 1, timestamp: bench.world.trueTime + wrong });
    bench.step(0, STEP_PROPOSE, 1, 0, 0, prepare);
    expect(bench.broken).toBe(false);
  });

  it('does not judge a new primary for the stamp of an inherited entry', () => {
    const bench = new Bench(clockMonotone);
    bench.step(1, STEP_PROPOSE, 1, 4, 0, entry({ op: 1, view: 3, timestamp: 5 }));
    expect(bench.broken).toBe(false);
  });
});

describe('bounded', () => {
  it('holds at the limit, trips above it', () => {
    const bench = new Bench(bounded);
    const max = TINY.pipelineMax;
    bench.step(0, STEP_BOUND, BOUND_PIPELINE, max, max, null);
    expect(bench.broken).toBe(false);
    bench.step(0, STEP_BOUND, BOUND_PIPELINE, max + 1, max, null);
    expect(bench.world.violations[0]).toContain('pipeline holds 4 of 3');
  });

  it('trips when the node believes in a larger limit than there is', () => {
    const bench = new Bench(bounded);
    bench.step(0, STEP_BOUND, BOUND_PIPELINE, 1, 100, null);
    expect(bench.broken).toBe(true);
  });

  it('counts repairs over all peers, and refuses a bound without a limit', () => {
    const bench = new Bench(bounded);
    bench.step(0, STEP_BOUND, BOUND_REPAIRS, 4, 4, null);
    expect(bench.broken).toBe(false);
    bench.step(0, STEP_BOUND, 99, 0, 0, null);
    expect(bench.broken).toBe(true);
  });
});
