/** The invariants about progress and quiet, over steps written by hand. */
import { describe, expect, it } from 'vitest';
import { STEP_COMMIT, STEP_PROPOSE, STEP_REPAIR, STEP_STATUS } from '../core/observer.ts';
import { PHASE_CORE } from '../vopr/sim/checker.ts';
import type { SimClient } from '../vopr/sim/sim-node.ts';
import { convergence } from './convergence.ts';
import { quietStability } from './quiet-stability.ts';
import { inspection } from '../vopr/starting-points.ts';
import { Bench, entry } from './testing/fake-world.ts';
import { usefulWhenDegraded } from './useful-when-degraded.ts';

describe('quiet-stability', () => {
  function committed(bench: Bench): void {
    for (const node of [0, 1, 2]) bench.step(node, STEP_COMMIT, 1, 0, 0, entry({ op: 1 }));
  }

  it('is judged once, when a quiet run ends', () => {
    const bench = new Bench(quietStability);
    committed(bench);
    bench.checker.finish?.();
    expect(bench.world.evaluations).toBe(1);
    expect(bench.broken).toBe(false);
  });

  it('trips on a view change or on repair traffic without any fault', () => {
    const bench = new Bench(quietStability);
    committed(bench);
    bench.step(1, STEP_STATUS, 1, 1, 0, null);
    expect(bench.world.violations[0]).toContain('went to view 1 though nothing was wrong');
    committed(bench.again());
    bench.step(1, STEP_REPAIR, 15, 3, 0, null);
    expect(bench.broken).toBe(true);
  });

  it('lets a cluster start before it judges it', () => {
    const bench = new Bench(quietStability);
    bench.step(0, STEP_COMMIT, 1, 0, 0, entry({ op: 1 }));
    bench.step(1, STEP_STATUS, 1, 1, 0, null);
    bench.checker.finish?.();
    expect(bench.broken).toBe(false);
    expect(bench.world.evaluations).toBe(0);
  });

  it('says nothing once a fault was delivered', () => {
    const bench = new Bench(quietStability);
    committed(bench);
    bench.world.faults.set('loss', 1);
    bench.step(1, STEP_STATUS, 1, 1, 0, null);
    expect(bench.broken).toBe(false);
  });

  it('does not judge a run whose delays come near a timeout', () => {
    const bench = new Bench(quietStability);
    bench.world.configuration.network.delayScaleMicros = 100;
    committed(bench.again());
    bench.step(1, STEP_REPAIR, 15, 3, 0, null);
    expect(bench.broken).toBe(false);
    bench.world.configuration.network.delayScaleMicros = 5_000;
    committed(bench.again());
    bench.step(1, STEP_STATUS, 1, 1, 0, null);
    expect(bench.broken).toBe(false);
  });
});

describe('convergence', () => {
  const waiting = { idle: false } as SimClient<unknown>;

  it('holds when members agree and clients are answered', () => {
    const bench = new Bench(convergence);
    bench.world.core = 3;
    bench.checker.converged?.();
    expect(bench.broken).toBe(false);
    expect(bench.world.evaluations).toBe(1);
  });

  it('trips on a member that lags, is down, opening or damaged, or on a client that waits', () => {
    const wrongs: ((bench: Bench) => void)[] = [
      ({ world }) => (world.inspections[1] = inspection({ commit: 4 })),
      ({ world }) => (world.inspections[1] = null),
      ({ world }) => (world.inspections[1] = inspection({ damaged: 1 })),
      ({ world }) => (world.inspections[1] = inspection({ opening: true })),
      ({ world }) => {
        world.clientCount = 1;
        world.clients.push(waiting);
      },
    ];
    for (const wrong of wrongs) {
      const bench = new Bench(convergence);
      bench.world.core = 3;
      wrong(bench);
      bench.checker.converged?.();
      expect(bench.broken).toBe(true);
    }
  });
});

describe('useful-when-degraded', () => {
  function commits(bench: Bench, from: number, count: number, micros: number): void {
    for (let op = from; op < from + count; op += 1) {
      const prepare = entry({ op });
      bench.step(0, STEP_PROPOSE, op, 0, 0, prepare);
      bench.world.now += micros;
      bench.step(0, STEP_COMMIT, op, 0, 0, prepare);
    }
  }

  it('holds at three times the latency, trips above', () => {
    for (const [micros, broken] of [
      [3000, false],
      [3001, true],
    ] as const) {
      const bench = new Bench(usefulWhenDegraded);
      commits(bench, 1, 10, 1000);
      bench.checker.crashed?.(2, false);
      bench.world.faults.set('crash', 1);
      commits(bench, 11, 10, micros);
      bench.checker.healed?.();
      expect(bench.world.evaluations).toBe(1);
      expect(bench.broken).toBe(broken);
    }
  });

  it('does not judge the death of a primary, a second fault, or a restart', () => {
    const others: ((bench: Bench) => void)[] = [
      (bench) => bench.checker.crashed?.(0, false),
      (bench) => {
        bench.checker.crashed?.(2, false);
        bench.world.faults.set('bit_rot', 1);
      },
      (bench) => {
        bench.checker.crashed?.(2, false);
        bench.checker.opened?.(2);
      },
    ];
    for (const other of others) {
      const bench = new Bench(usefulWhenDegraded);
      commits(bench, 1, 10, 1000);
      other(bench);
      commits(bench, 11, 10, 9000);
      bench.world.phase = PHASE_CORE;
      bench.checker.healed?.();
      expect(bench.world.evaluations).toBe(0);
    }
  });
});
