/**
 * The search against the definition: on small histories of every model, answered truly or with one
 * answer made wrong, both must give the same verdict.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkLinearizable } from './check.ts';
import type { Call, Model } from './model.ts';
import { UNKNOWN } from './model.ts';
import { kvModel } from './models/kv.ts';
import type { KvOp } from './models/kv.ts';
import { multiRegisterModel } from './models/multi-register.ts';
import type { MultiRegisterOp } from './models/multi-register.ts';
import { registerModel } from './models/register.ts';
import type { RegisterOp } from './models/register.ts';
import { ANY_LENGTH, streamModel } from './models/stream.ts';
import type { StreamOp } from './models/stream.ts';
import { Schedule } from './schedule.ts';
import { Search } from './search.ts';
import { execute, planned } from './testing/histories.ts';
import type { Interpreter } from './testing/oracle.ts';
import {
  isLinearizable,
  kvObject,
  multiRegisterObject,
  registerObject,
  streamObject,
} from './testing/oracle.ts';

const RUNS = 1500;
const CALLS_MAX = 7;

/** Both verdicts on one history; the tally shows that a property saw enough of either sort. */
class Tally {
  yes = 0;
  no = 0;

  compare<State, Op>(
    model: Model<Op>,
    object: Interpreter<State, Op>,
    calls: readonly Call<Op>[],
  ): void {
    const expected = isLinearizable(object, calls);
    const verdict = checkLinearizable(model, calls);
    expect(verdict.kind).toBe(expected ? 'linearizable' : 'not-linearizable');
    if (expected) this.yes += 1;
    else this.no += 1;
  }

  expectBoth(): void {
    expect(this.yes).toBeGreaterThan(RUNS / 25);
    expect(this.no).toBeGreaterThan(RUNS / 25);
  }
}

const value = fc.nat(2);
/** Which call's answer to falsify, if any, and how. */
const lie = fc.option(fc.tuple(fc.nat(), fc.nat(2)), { freq: 2 });

function withLie<Op>(
  calls: readonly Call<Op>[],
  liar: readonly [number, number] | null,
  falsify: (op: Op, how: number) => Op,
): readonly Call<Op>[] {
  if (liar === null) return calls;
  const at = liar[0] % calls.length;
  return calls.map((call, i) => (i === at ? { ...call, op: falsify(call.op, liar[1]) } : call));
}

describe('search: the definition, by brute force, agrees', () => {
  type RegisterDraft =
    | { readonly f: 'read' }
    | { readonly f: 'write'; readonly to: number }
    | { readonly f: 'cas'; readonly from: number; readonly to: number };
  const draft: fc.Arbitrary<RegisterDraft> = fc.oneof(
    fc.constant({ f: 'read' as const }),
    fc.record({ f: fc.constant('write' as const), to: value }),
    fc.record({ f: fc.constant('cas' as const), from: value, to: value }),
  );

  for (const nilReads of ['exact', 'wildcard'] as const) {
    test(`register, nil reads ${nilReads}`, () => {
      const tally = new Tally();
      const initial = nilReads === 'exact' ? null : 0;
      fc.assert(
        fc.property(planned(draft, CALLS_MAX), lie, (plan, liar) => {
          let state: number | null = initial;
          const calls = execute(plan, (one, happened): RegisterOp => {
            if (one.f === 'read') return { kind: 'read', value: state };
            const matched = one.f === 'write' || state === one.from;
            if (happened && matched) state = one.to;
            return one.f === 'write'
              ? { kind: 'write', value: one.to }
              : { kind: 'cas', from: one.from, to: one.to, matched };
          });
          const told = withLie(calls, liar, (op, how): RegisterOp => {
            if (op.kind === 'cas') return { ...op, matched: !op.matched };
            return { kind: 'read', value: how === 2 ? null : how };
          });
          const object = registerObject(initial, nilReads);
          tally.compare(registerModel({ initial, nilReads }), object, told);
        }),
        { numRuns: RUNS },
      );
      tally.expectBoth();
    });
  }

  test('kv: one key, with values that repeat and contain one another', () => {
    const tally = new Tally();
    const text = fc.constantFrom('a', 'b', 'ab');
    const kvDraft = fc.tuple(fc.constantFrom('get', 'get', 'put', 'append', 'append'), text);
    fc.assert(
      fc.property(planned(kvDraft, CALLS_MAX), lie, (plan, liar) => {
        let state = '';
        const calls = execute(plan, ([kind, what], happened): KvOp => {
          if (kind === 'get') return { kind: 'get', key: 'k', value: state };
          if (happened) state = kind === 'put' ? what : state + what;
          return { kind: kind as 'put' | 'append', key: 'k', value: what };
        });
        const told = withLie(calls, liar, (op, how): KvOp => {
          if (op.kind !== 'get') return { ...op, value: 'b' };
          return { ...op, value: how === 0 ? op.value.slice(1) : `${op.value}a` };
        });
        tally.compare(kvModel(), kvObject, told);
      }),
      { numRuns: RUNS },
    );
    tally.expectBoth();
  });

  test('multi-register: transactions over two keys', () => {
    const tally = new Tally();
    const step = fc.record({
      kind: fc.constantFrom('read' as const, 'write' as const),
      key: fc.constantFrom('x', 'y'),
      value,
    });
    const txn = fc.array(step, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(planned(txn, CALLS_MAX - 1), lie, (plan, liar) => {
        const state = new Map<string, number>();
        const calls = execute(plan, (steps, happened): MultiRegisterOp => {
          const after = new Map(state);
          const answered = steps.map((one) => {
            if (one.kind === 'read') return { ...one, value: after.get(one.key) ?? 0 };
            after.set(one.key, one.value);
            return one;
          });
          if (happened) for (const [key, to] of after) state.set(key, to);
          return { steps: answered };
        });
        const told = withLie(calls, liar, (op, how): MultiRegisterOp => {
          const [first, ...rest] = op.steps;
          return { steps: [{ ...first!, value: how }, ...rest] };
        });
        tally.compare(multiRegisterModel(0), multiRegisterObject, told);
      }),
      { numRuns: RUNS },
    );
    tally.expectBoth();
  });

  test('stream: appends with and without an expected length, reads of ranges', () => {
    const tally = new Tally();
    const place = { tenant: 1, stream: 's' };
    const streamDraft = fc.record({
      f: fc.constantFrom('append', 'append', 'append', 'read', 'head'),
      expected: fc.constantFrom(ANY_LENGTH, ANY_LENGTH, 0, 1, 2, 3),
      count: fc.integer({ min: 1, max: 2 }),
      from: fc.nat(2),
      limit: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(planned(streamDraft, CALLS_MAX), lie, (plan, liar) => {
        const state: number[] = [];
        let nextEvent = 100;
        const calls = execute(plan, (one, happened): StreamOp => {
          const length = state.length;
          if (one.f === 'head') return { ...place, kind: 'head', length };
          if (one.f === 'read') {
            const { from, limit } = one;
            const events = state.slice(from, from + limit);
            return { ...place, kind: 'read', from, limit, events, length };
          }
          const events = Array.from({ length: one.count }, () => (nextEvent += 1));
          const accepted = one.expected === ANY_LENGTH || one.expected === length;
          if (accepted && happened) state.push(...events);
          const outcome = accepted ? 'appended' : 'conflict';
          return { ...place, kind: 'append', expected: one.expected, events, outcome, at: length };
        });
        const told = withLie(calls, liar, (op, how): StreamOp => {
          if (op.kind === 'head') return { ...op, length: op.length + 1 };
          if (op.kind === 'append') return { ...op, at: how };
          return how === 0 ? { ...op, events: [...op.events].reverse() } : { ...op, length: how };
        });
        tally.compare(streamModel(), streamObject, told);
      }),
      { numRuns: RUNS },
    );
    tally.expectBoth();
  });
});

describe('search: with less than full effort', () => {
  const draft = fc.record({ write: fc.boolean(), to: value });
  const model = registerModel({ initial: 0, nilReads: 'exact' });

  /** Every effort on one history: none may contradict the truth, each may only not know. */
  function agreeAll(calls: readonly Call<RegisterOp>[]): void {
    const machine = model.compile(calls);
    const schedule = new Schedule(calls, machine);
    const truth = isLinearizable(registerObject(0, 'exact'), calls)
      ? 'linearizable'
      : 'not-linearizable';
    for (const limit of [1, 2, 5, 1000]) {
      for (const perKey of [1, 3, 1000]) {
        for (const counting of [true, false]) {
          for (const examined of [3, 20, 100_000]) {
            const effort = { limit, perKey, examined, counting };
            const { kind } = new Search(machine, schedule, effort).run();
            expect(['unknown', truth]).toContain(kind);
            const full = limit === 1000 && perKey === 1000 && examined === 100_000;
            if (full && counting) expect(kind).toBe(truth);
          }
        }
      }
    }
  }

  test('a search that turns configurations away, or does not count, is never wrong', () => {
    fc.assert(
      fc.property(planned(draft, CALLS_MAX), lie, (plan, liar) => {
        let state = 0;
        const calls = execute(plan, (one, happened): RegisterOp => {
          if (!one.write) return { kind: 'read', value: state };
          if (happened) state = one.to;
          return { kind: 'write', value: one.to };
        });
        agreeAll(withLie(calls, liar, (_, how): RegisterOp => ({ kind: 'read', value: how })));
      }),
      { numRuns: 300 },
    );
  });

  test('each write of unknown outcome explains one change, not two', () => {
    // 1 was written once, perhaps; the register was seen to become 1 twice.
    const once: readonly Call<RegisterOp>[] = [
      { op: { kind: 'write', value: 1 }, invoked: 0, returned: UNKNOWN },
      { op: { kind: 'read', value: 1 }, invoked: 1, returned: 2 },
      { op: { kind: 'write', value: 2 }, invoked: 3, returned: 4 },
      { op: { kind: 'read', value: 1 }, invoked: 5, returned: 6 },
    ];
    agreeAll(once);
    const machine = model.compile(once);
    const schedule = new Schedule(once, machine);
    const effort = { limit: 1000, perKey: 1000, examined: 100_000 };
    const exact = new Search(machine, schedule, { ...effort, counting: true }).run();
    expect(exact).toMatchObject({ kind: 'not-linearizable', call: 3 });
    const loose = new Search(machine, schedule, { ...effort, counting: false }).run();
    expect(loose.kind).toBe('unknown');
    const twice = [once[0]!, ...once];
    expect(checkLinearizable(model, twice).kind).toBe('linearizable');
  });
});
