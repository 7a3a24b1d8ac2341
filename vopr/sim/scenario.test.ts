/** Scenarios: what a script can arrange, in the words that scenario authors use. */
import { describe, expect, test } from 'vitest';
import { STEP_ACK } from '../../core/observer.ts';
import type { Controls } from './controls.ts';
import type { FaultName } from './faults.ts';
import { Simulator } from './run.ts';
import type { RunResult } from './run.ts';
import type { Scenario } from './scenario.ts';
import { toySystem } from './testing/toy-system.ts';

const simulator = new Simulator(toySystem());

function scenario(injects: FaultName[], script: (world: Controls) => void): Scenario {
  return { name: 'test', area: 'test', injects, holds: 'it holds', script };
}

function run(injects: FaultName[], script: (world: Controls) => void, seed = 1): RunResult {
  return simulator.run(seed, { scenario: scenario(injects, script) });
}

describe('scenarios', () => {
  test('crash n1 at its fifth acknowledgement, restart it later', () => {
    let acks = 0;
    const result = run(['crash_in_write'], (world) => {
      world.onStep({ kind: STEP_ACK, node: 1, nth: 5 }, (node) => world.crash(node, 50_000));
      world.onStep({ kind: STEP_ACK, node: 1, nth: 6 }, () => (acks += 1));
    });
    expect(result).toMatchObject({ verdict: 'pass', crashes: 1, restarts: 1 });
    expect(acks).toBe(1);
  });

  test('a fault that was promised and not delivered fails the run', () => {
    const result = run(['bit_rot'], () => undefined);
    expect(result.violation).toMatchObject({
      invariant: 'promise',
      message: 'bit_rot was delivered zero times',
    });
  });

  test('drop the first three puts from a client to n0', () => {
    const result = run(['loss'], (world) => world.drop({ kind: 'put', to: 0, times: 3 }));
    expect(result.verdict).toBe('pass');
    expect(result.faults['loss']).toBe(3);
  });

  test('an unknown message kind is refused by name', () => {
    const result = run([], (world) => world.drop({ kind: 'prepare' }));
    expect(result.violation?.message).toMatch(/no message kind "prepare"/);
  });

  test('hold acknowledgements back and release them later', () => {
    let count = 0;
    const result = run([], (world) => {
      const held = world.hold({ kind: 'ok', from: 2 });
      world.at(40_000, () => {
        ({ count } = held);
        held.release();
        world.pass();
      });
    });
    expect(result.verdict).toBe('pass');
    expect(count).toBeGreaterThan(0);
  });

  test('damage, power cuts and failing syncs, by node and time', () => {
    const result = run(['sector_error', 'power_cut', 'failed_sync'], (world) => {
      world.at(60_000, () => {
        expect(world.damage(0, 'table', 0, 'sector_error')).toBe(true);
        world.powerCut(0, 5_000);
        world.failSync(1);
      });
    });
    expect(result).toMatchObject({ verdict: 'pass', stops: 1 });
  });

  test('partition, isolate, one way, and reconnect', () => {
    const result = run(['partition', 'one_way', 'isolate'], (world) => {
      world.at(1_000, () => world.partition([0], [1, 2]));
      world.at(90_000, () => {
        world.reconnect();
        world.oneWay([0], [1]);
      });
      world.at(180_000, () => {
        world.reconnect();
        world.isolate(2);
      });
      world.at(300_000, () => world.reconnect());
      world.at(299_000, () => world.require(world.now === 299_000, 'time is what it is'));
    });
    // The clients may be done before all of it happened; then the promise says so.
    expect(['pass', 'fail']).toContain(result.verdict);
    expect(result.faults['partition']).toBe(1);
  });

  test('clogged, slowed down, and with slow syncs', () => {
    const result = run(['clog', 'slow_link', 'slow_disk'], (world) => {
      world.at(1_000, () => world.clog(1, 30_000));
      world.at(40_000, () => world.slowDown([0], [1, 2]));
      world.at(240_000, () => world.reconnect());
      world.at(20_000, () => world.delaySyncs(2, 5_000));
    });
    // An episode counts once, a slow sync each time.
    expect(result).toMatchObject({ verdict: 'pass', faults: { clog: 1, slow_link: 1 } });
    expect(result.faults['slow_disk']).toBeGreaterThan(1);
  });

  test('a replaced disk is formatted for recovery and joins again', () => {
    const result = run(['replaced_disk'], (world) => {
      world.at(50_000, () => world.replaceDisk(2));
    });
    expect(result).toMatchObject({ verdict: 'pass', crashes: 1 });
  });

  test('a rolled back disk is beyond the model, but the world can do it', () => {
    const result = run(['rollback'], (world) => {
      world.at(20_000, () => world.saveDisk(0));
      world.at(60_000, () => world.rollbackDisk(0, 1_000));
    });
    expect(result.verdict).toBe('pass');
  });

  test('clocks jump and freeze', () => {
    const result = run(['clock_drift', 'clock_frozen', 'clocks_wrong'], (world) => {
      world.at(9_000, () => world.jumpMostClocks([0, 1], 60_000_000));
      world.at(10_000, () => world.jumpClock(0, -5_000_000));
      world.at(11_000, () => world.jumpClock(1, 5_000_000));
      world.at(12_000, () => world.freezeClock(2));
      world.at(13_000, () => world.driftClock(1, -20_000));
    });
    expect(result.verdict).toBe('pass');
  });

  test('writes fail, come short, and a process dies inside one', () => {
    const result = run(['write_error', 'short_write', 'crash_in_write'], (world) => {
      world.at(5_000, () => world.failWrite(0));
      world.at(5_000, () => world.shortWrite(1));
      world.at(5_000, () => world.crashInWrite(2));
    });
    expect(result.verdict).toBe('pass');
    expect(result.stops).toBe(2);
  });

  test('the storm ends when the script says so; its hooks end with it', () => {
    let after = 0;
    const result = run([], (world) => {
      world.at(15_000, () => {
        world.endStorm();
        world.drop({ kind: 'nothing' === String(after) ? 'ok' : 'put', times: 0 });
      });
      world.onStep({ kind: STEP_ACK, nth: 1_000_000 }, () => (after += 1));
    });
    expect(result).toMatchObject({ verdict: 'pass' });
    expect(after).toBe(0);
  });

  test('the same scenario and seed give the same digest; another seed other weather', () => {
    const script = (world: Controls): void => world.at(30_000, () => world.powerCutAll(5_000));
    const first = run(['power_cut'], script, 4);
    expect(run(['power_cut'], script, 4).digest).toBe(first.digest);
    expect(run(['power_cut'], script, 5).digest).not.toBe(first.digest);
    expect(first.crashes).toBe(3);
  });

  test('where progress is not promised, both ways pass', () => {
    const stuck: Scenario = {
      ...scenario([], (world) => world.drop({ kind: 'put' })),
      converges: 'perhaps',
      configure: (configuration) => {
        configuration.core = { members: 0b001, convergeMicros: 1_000_000 };
        configuration.stormMicros = 10_000;
      },
    };
    expect(simulator.run(1, { scenario: stuck })).toMatchObject({
      verdict: 'pass',
      convergeMs: -1,
    });
    const goes: Scenario = { ...scenario([], () => undefined), converges: 'perhaps' };
    expect(simulator.run(1, { scenario: goes }).verdict).toBe('pass');
  });

  test('a situation that must stall passes by stalling, and fails by converging', () => {
    const stalls: Scenario = {
      ...scenario([], (world) => world.drop({ kind: 'put' })),
      converges: false,
      configure: (configuration) => {
        configuration.core = { members: 0b001, convergeMicros: 1_000_000 };
        configuration.stormMicros = 10_000;
      },
    };
    expect(simulator.run(1, { scenario: stalls })).toMatchObject({
      verdict: 'pass',
      convergeMs: -1,
    });
    const converges = { ...scenario([], () => undefined), converges: false };
    expect(simulator.run(1, { scenario: converges }).violation?.message).toMatch(/must stall/);
  });

  test('a traitor: changed, multiplied, garbled and withheld messages reach the others', () => {
    const put = toySystem().messages.kindNames.indexOf('gossip');
    let sent = 0;
    const result = run(['traitor'], (world) =>
      world.forge(2, (_to, message) => {
        const gossip = message as { readonly kind: number };
        sent += 1;
        if (gossip.kind !== put) return message;
        if (sent % 4 === 0) return null;
        if (sent % 4 === 1) return [message, message];
        return sent % 4 === 2 ? new Uint8Array(3) : { ...gossip, value: 0 };
      }),
    );
    expect(result.verdict).toBe('pass');
    expect(result.faults['traitor']).toBeGreaterThan(4);
  });

  test('a traitor that changes nothing is none, and one that was told to stop stops', () => {
    const same = run(['traitor'], (world) => world.forge(2, (_to, message) => message));
    expect(same.violation?.message).toMatch(/traitor was delivered zero times/);
    const ended = run(['traitor'], (world) => {
      world.forge(2, () => null);
      world.forge(2, null);
    });
    expect(ended.violation?.message).toMatch(/traitor was delivered zero times/);
  });

  test('a message that was never meant to be sent arrives as bytes', () => {
    const message = { kind: 1, register: 0, value: 1, table: [] };
    const result = run(['traitor'], (world) => {
      world.at(5_000, () => world.inject(0, 1, message));
      world.at(6_000, () => world.inject(1, 0, message));
    });
    // The second victim had become a traitor himself by then.
    expect(result).toMatchObject({ verdict: 'pass', faults: { traitor: 1 } });
    expect(
      run([], (world) => expect(world.encode(message).length).toBeGreaterThan(0)).verdict,
    ).toBe('pass');
  });

  test('invariants that a beyond-the-model fault suspends are off in its scenarios', () => {
    const invariant = {
      name: 'never',
      holds: 'nothing acknowledges',
      suspendedBy: ['lying_sync'] as const,
      watches: [STEP_ACK],
      create: (world: { violate(index: number, message: string): void }, index: number) => ({
        reset: (): void => undefined,
        step: (): void => world.violate(index, 'an ack'),
      }),
    };
    const strict = new Simulator(toySystem(), { invariants: [invariant] });
    const lies = scenario(['lying_sync'], (world) => world.lieAboutSyncs(0, true));
    expect(strict.run(1).violation?.invariant).toBe('never');
    expect(strict.run(1, { scenario: lies }).verdict).toBe('pass');
    const narrow = { ...lies, suspends: ['another'] };
    expect(strict.run(1, { scenario: narrow }).violation?.invariant).toBe('never');
    const seen = scenario(['lying_sync'], (world) => {
      world.lieAboutSyncs(0, true);
      world.at(90_000, () => world.require(!world.reported('never'), 'it was reported'));
    });
    expect(strict.run(1, { scenario: seen }).violation?.message).toBe('it was reported');
    expect(strict.run(1).violation?.invariant).toBe('never');
  });
});
