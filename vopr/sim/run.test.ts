/**
 * Whole runs of the toy system: determinism, verdicts, and a simulator that catches planted bugs.
 */
import { describe, expect, test } from 'vitest';
import { STEP_ACK } from '../../core/observer.ts';
import type { Checker, Invariant, World } from './checker.ts';
import { calmConfiguration } from './configuration.ts';
import type { Configuration } from './configuration.ts';
import { Odometer } from './choose.ts';
import { Simulator } from './run.ts';
import { toySystem } from './testing/toy-system.ts';

/** A toy acknowledges a value only when its own platter holds it, but for injected damage. */
const ackedIsDurable: Invariant = {
  name: 'acked-is-durable',
  holds: 'an acknowledged value is durable on the acknowledging node',
  watches: [STEP_ACK],
  create(world: World, index: number): Checker {
    const sector = new Uint8Array(512);
    const read = (node: number, register: number, half: number): number => {
      const offset = (register * 2 + half) * 512;
      if (world.disk(node).readDurable('table', offset, 512, sector, 0) < 4) return -1;
      return (sector[0] as number) | ((sector[1] as number) << 8);
    };
    return {
      reset: (): void => undefined,
      step(node, _kind, value, register): void {
        world.evaluated(index);
        const held = Math.max(read(node, register, 0), read(node, register, 1));
        if (held < value) {
          world.violate(index, `n${node} holds ${held} of register ${register}, not ${value}`);
        }
      },
    };
  },
};

const invariants = [ackedIsDurable];

describe('determinism', () => {
  test('a seed gives the same digest twice in one simulator, and in another', () => {
    const one = new Simulator(toySystem(), { invariants });
    const other = new Simulator(toySystem());
    for (let seed = 0; seed < 150; seed++) {
      const first = one.run(seed);
      expect(one.run(seed)).toEqual(first);
      expect(other.run(seed).digest).toBe(first.digest);
    }
  });

  test('a seed’s digest never depends on the seeds before it', () => {
    const used = new Simulator(toySystem());
    for (let seed = 500; seed < 600; seed++) used.run(seed);
    for (let seed = 0; seed < 60; seed++) {
      expect(used.run(seed).digest).toBe(new Simulator(toySystem()).run(seed).digest);
    }
  });

  test('different seeds have different digests', () => {
    const simulator = new Simulator(toySystem());
    const digests = new Set<string>();
    for (let seed = 0; seed < 300; seed++) digests.add(simulator.run(seed).digest);
    expect(digests.size).toBe(300);
  });

  test('messages by reference and messages by bytes give one digest', () => {
    const simulator = new Simulator(toySystem());
    for (let seed = 0; seed < 60; seed++) {
      const { digest, configuration } = simulator.run(seed);
      const bytes = { ...configuration, bytes: !configuration.bytes };
      expect(simulator.run(seed, { configuration: bytes }).digest).toBe(digest);
    }
  });

  test('a configuration given is as good as the one drawn, and is not changed', () => {
    const simulator = new Simulator(toySystem());
    const { configuration, digest } = simulator.run(9);
    const copy = JSON.parse(JSON.stringify(configuration)) as Configuration;
    expect(simulator.run(9, { configuration: copy }).digest).toBe(digest);
    expect(copy).toEqual(configuration);
  });
});

describe('verdicts', () => {
  test('a sound system passes a thousand faulty runs, with every promise kept', () => {
    const simulator = new Simulator(toySystem(), { invariants });
    let faults = 0;
    let restarts = 0;
    let checks = 0;
    for (let seed = 0; seed < 1000; seed++) {
      const result = simulator.run(seed);
      expect(`${seed} ${JSON.stringify(result.violation)}`).toBe(`${seed} null`);
      expect(result.convergeMs).toBeGreaterThanOrEqual(0);
      const weather = ['delay', 'loss', 'duplicate', 'reorder'];
      for (const [name, count] of Object.entries(result.faults)) {
        if (!weather.includes(name)) faults += count;
      }
      restarts += result.restarts;
      checks += result.checks['acked-is-durable'] ?? 0;
    }
    expect(faults / 1000).toBeGreaterThan(6);
    expect(restarts / 1000).toBeGreaterThan(0.5);
    expect(checks).toBeGreaterThan(10_000);
  });

  test('acknowledging before the sync is caught within a few seeds', () => {
    const simulator = new Simulator(toySystem({ ackBeforeSync: true }), { invariants });
    const { verdict, violation } = simulator.run(1);
    expect(verdict).toBe('fail');
    expect(violation?.invariant).toBe('acked-is-durable');
    expect(violation?.at).toBeGreaterThan(0);
  });

  test('an exception out of a node is a failed run, not an exception', () => {
    const simulator = new Simulator(toySystem({ throwsAt: 5 }));
    const { violation } = simulator.run(1);
    expect(violation?.invariant).toBe('crash');
    expect(violation?.message).toMatch(/node \d: Error: planted/);
    expect(new Simulator(toySystem()).run(1).verdict).toBe('pass');
  });

  test('after a failed run the simulator is as good as new', () => {
    const simulator = new Simulator(toySystem({ throwsAt: 200 }));
    const digests = [3, 4, 5].map((seed) => simulator.run(seed).digest);
    expect([3, 4, 5].map((seed) => simulator.run(seed).digest)).toEqual(digests);
  });

  test('a core too small to answer is a liveness failure that says what it looks like', () => {
    const simulator = new Simulator(toySystem());
    const configuration = calmConfiguration();
    configuration.core = { members: 0b001, convergeMicros: 2_000_000 };
    configuration.stormMicros = 500;
    const { violation } = simulator.run(1, { configuration });
    expect(violation?.invariant).toBe('convergence');
    expect(violation?.message).toMatch(/^n0 status .*clients 0,1 wait$/);
  });

  test('an excuse is used only when convergence fails, and is counted', () => {
    const excuse = { name: 'small-core', because: 'tests', proven: (): boolean => true };
    const simulator = new Simulator(toySystem(), { excuses: [excuse] });
    const configuration = calmConfiguration();
    expect(simulator.run(1, { configuration }).excuses).toEqual({});
    configuration.core = { members: 0b001, convergeMicros: 2_000_000 };
    configuration.stormMicros = 500;
    const { verdict, excuses } = simulator.run(1, { configuration });
    expect([verdict, excuses]).toEqual(['pass', { 'small-core': 1 }]);
  });

  test('a calm configuration delivers no fault and crashes nobody', () => {
    const simulator = new Simulator(toySystem(), { invariants });
    const result = simulator.run(7, { configuration: calmConfiguration() });
    expect(result).toMatchObject({ verdict: 'pass', faults: {}, crashes: 0, commits: 48 });
  });

  test('other limits run in a world of their own', () => {
    const simulator = new Simulator(toySystem());
    const configuration = calmConfiguration();
    configuration.limits = 'production';
    expect(simulator.run(1, { configuration }).verdict).toBe('pass');
    expect(simulator.run(2).verdict).toBe('pass');
  });
});

test('checkers change nothing: a run’s digest is the same without them', () => {
  const watched = new Simulator(toySystem(), { invariants });
  const alone = new Simulator(toySystem());
  for (let seed = 0; seed < 50; seed++) {
    expect(watched.run(seed).digest).toBe(alone.run(seed).digest);
  }
});

test('a small search through the fates of messages visits distinct runs', () => {
  const simulator = new Simulator(toySystem(), { invariants });
  const configuration = calmConfiguration();
  configuration.operations = [1];
  configuration.clientCount = 1;
  configuration.network.lossPermille = 500;
  const odometer = new Odometer(2, ['message']);
  const digests = new Set<string>();
  let runs = 0;
  do {
    const result = simulator.run(0, { configuration, odometer });
    expect(result.verdict).toBe('pass');
    digests.add(result.digest);
    runs += 1;
  } while (odometer.advance());
  expect(runs).toBeGreaterThan(100);
  expect(digests.size).toBeGreaterThan(3);
});
