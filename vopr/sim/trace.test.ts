/** Traces: a recording replays to the same digest; bad text is told precisely what is wrong. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SITES } from './choose.ts';
import type { Choice } from './choose.ts';
import { Simulator } from './run.ts';
import { toySystem } from './testing/toy-system.ts';
import { formatTrace, parseTrace, recordRun, replayTrace } from './trace.ts';

const simulator = new Simulator(toySystem());

describe('replay', () => {
  test('replaying a recording gives the same digest, over many seeds', () => {
    for (let seed = 0; seed < 400; seed++) {
      const { trace, result } = recordRun(simulator, 'test', seed);
      expect(trace.digest).toBe(result.digest);
      expect(replayTrace(simulator, trace).digest).toBe(result.digest);
    }
  });

  test('recording changes nothing', () => {
    for (let seed = 0; seed < 50; seed++) {
      expect(recordRun(simulator, 'test', seed).result).toEqual(simulator.run(seed));
    }
  });

  test('through text and back it is the same trace', () => {
    for (let seed = 0; seed < 30; seed++) {
      const { trace } = recordRun(simulator, 'test', seed);
      const parsed = parseTrace(formatTrace(trace));
      expect(parsed).toEqual({ ok: true, trace });
    }
  });

  test('all choices calm: the same workload, and no fault at all', () => {
    const { trace } = recordRun(simulator, 'test', 12);
    const calm = replayTrace(simulator, { ...trace, choices: [] });
    expect(calm.verdict).toBe('pass');
    const kinds = Object.keys(calm.faults).filter(
      (kind) => !['slow_node', 'replaced_disk'].includes(kind),
    );
    expect(kinds).toEqual([]);
  });

  test('any subset of the choices is a run, which is what shrinking needs', () => {
    const { trace } = recordRun(simulator, 'test', 5);
    fc.assert(
      fc.property(fc.nat(1000), (cut) => {
        const choices = trace.choices.filter((_, index) => (index * 7919) % 1000 >= cut);
        const result = replayTrace(simulator, { ...trace, choices });
        expect(result.digest).toBe(replayTrace(simulator, { ...trace, choices }).digest);
      }),
      { numRuns: 20 },
    );
  });

  test('a violation is recorded and comes back', () => {
    const broken = new Simulator(toySystem({ throwsAt: 40 }));
    const { trace } = recordRun(broken, 'test', 3);
    expect(trace.violation?.invariant).toBe('crash');
    expect(replayTrace(broken, trace).violation).toEqual(trace.violation);
  });
});

describe('bad traces', () => {
  const good = recordRun(simulator, 'test', 1).trace;
  const error = (change: (trace: Record<string, unknown>) => void): string => {
    const copy = JSON.parse(formatTrace(good)) as Record<string, unknown>;
    change(copy);
    const parsed = parseTrace(JSON.stringify(copy));
    return parsed.ok ? 'accepted' : parsed.error;
  };
  const choice = (change: Partial<Record<keyof Choice, unknown>>): string =>
    error((trace) => {
      const fine = { site: SITES[0], actor: 0, subject: 0, occurrence: 0, answer: 1 };
      trace['choices'] = [fine, { ...fine, ...change }];
    });

  test('not JSON, not an object, another version', () => {
    expect(parseTrace('{')).toMatchObject({ ok: false, error: expect.stringMatching(/^not JSON/) });
    expect(parseTrace('[]')).toMatchObject({ error: 'a trace is a JSON object' });
    expect(error((trace) => (trace['version'] = 3))).toMatch(/version 3 is not 2/);
    expect(error((trace) => delete trace['version'])).toMatch(/version missing is not 2/);
  });

  test('unknown and missing fields', () => {
    expect(error((trace) => (trace['extra'] = 1))).toBe('unknown field "extra"');
    expect(error((trace) => delete trace['build'])).toBe('build is missing, not text');
    expect(error((trace) => (trace['digest'] = 'xyz'))).toBe('digest is not 16 hex digits');
    expect(error((trace) => (trace['seed'] = -1))).toBe('seed is -1, not a whole number');
    expect(error((trace) => (trace['scenario'] = 7))).toBe('scenario is neither a name nor null');
  });

  test('configurations', () => {
    const broken = (path: string, value: unknown): string =>
      error((trace) => {
        let at = trace['configuration'] as Record<string, unknown>;
        const names = path.split('.');
        for (const name of names.slice(0, -1)) at = at[name] as Record<string, unknown>;
        at[names.at(-1) as string] = value;
      });
    expect(broken('replicaCount', 7)).toBe('configuration.replicaCount is 7, not within 1 to 6');
    expect(broken('replicaCount', 'x')).toBe('configuration.replicaCount is "x", not a number');
    expect(broken('disk.bitRotGap', 1.5)).toBe(
      'configuration.disk.bitRotGap is 1.5, not a whole number',
    );
    expect(broken('disk.extra', 1)).toBe('configuration.disk has the unknown field "extra"');
    expect(broken('network.linkKinds', ['nonsense'])).toBe(
      'configuration.network.linkKinds holds "nonsense", which is no fault kind',
    );
    expect(broken('operations', [1, -1])).toBe(
      'configuration.operations holds -1, not a whole number',
    );
    expect(broken('limits', 'huge')).toMatch(/"huge", not one of tiny, tiny_headers, medium/);
    expect(broken('clock', null)).toBe('configuration.clock is null, not an object');
  });

  test('choices', () => {
    expect(choice({})).toBe('accepted');
    expect(choice({ site: 'nowhere' })).toBe(
      'choices[1].site is "nowhere", which is no site of this build',
    );
    expect(choice({ actor: 'r1' })).toBe('choices[1].actor is not a whole number');
    expect(choice({ occurrence: 1 << 20 })).toMatch(/^choices\[1\]\.occurrence is not within/);
    expect(choice({ answer: -3 })).toBe('choices[1].answer is not a whole number');
    expect(error((trace) => (trace['choices'] = 5))).toBe('choices is 5, not a list');
  });

  test('whatever the text, parsing gives a value', () => {
    fc.assert(
      fc.property(fc.string(), fc.json(), (text, json) => {
        expect(typeof parseTrace(text).ok).toBe('boolean');
        expect(typeof parseTrace(json).ok).toBe('boolean');
      }),
    );
  });
});
