/** Every smaller world is a valid one, smaller indeed, and in the end there is nothing to take. */
import { describe, expect, test } from 'vitest';
import type { Configuration } from '../sim/configuration.ts';
import type { RunResult } from '../sim/run.ts';
import { drawConfiguration } from '../sim/swarm.ts';
import { formatTrace, parseTrace, TRACE_VERSION } from '../sim/trace.ts';
import { smallerWorlds } from './smaller-world.ts';

const failedAt = (at: number): RunResult => {
  return { violation: { invariant: 'prefix', message: 'm', at, event: 1 } } as RunResult;
};

/** What `parseTrace` has to say about a configuration; null: it can be run. */
function error(configuration: Configuration): string | null {
  const empty = { choices: [], violation: null, digest: '0123456789abcdef', hashes: [], note: '' };
  const of = { version: TRACE_VERSION, system: 's', build: 'b', seed: 1, scenario: null } as const;
  const parsed = parseTrace(formatTrace({ ...of, configuration, ...empty }));
  return parsed.ok ? null : parsed.error;
}

describe('smaller worlds', () => {
  test('of every drawn one are valid, differ, and come to an end', () => {
    for (let seed = 0; seed < 60; seed++) {
      let configuration = drawConfiguration(seed);
      let taken = 0;
      for (const smaller of smallerWorlds()) {
        for (;;) {
          const next = smaller(configuration, failedAt(1_000));
          if (next === null) break;
          expect(next, `seed ${seed}`).not.toEqual(configuration);
          expect(error(next), `seed ${seed}`).toBeNull();
          configuration = next;
          taken++;
          expect(taken).toBeLessThan(300);
        }
      }
      const { replicaCount, standbyCount, clientCount, operations, stormMicros } = configuration;
      expect({ replicaCount, standbyCount, clientCount, operations, stormMicros }).toEqual({
        replicaCount: 1,
        standbyCount: 0,
        clientCount: 1,
        operations: [1],
        stormMicros: 1_001,
      });
    }
  });

  test('do not change the one they were made from', () => {
    const configuration = drawConfiguration(5);
    const before = JSON.stringify(configuration);
    for (const smaller of smallerWorlds()) smaller(configuration, failedAt(1));
    expect(JSON.stringify(configuration)).toBe(before);
  });
});
