/** Anomalies of list-append transactions: one history for each name, and a brute-force twin. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkListAppend } from './list-append.ts';
import type { Txn, TxnStep } from './list-append.ts';
import { UNKNOWN } from './model.ts';

const append = (key: string, value: string | number): TxnStep => ({
  kind: 'append',
  key,
  value: String(value),
});
const read = (key: string, ...values: readonly (string | number)[]): TxnStep => ({
  kind: 'read',
  key,
  values: values.map(String),
});

/** Concurrent transactions. */
function txns(...all: readonly (readonly TxnStep[])[]): Txn[] {
  return all.map((steps) => ({ steps, status: 'ok', invoked: 0, returned: 100 }));
}

const anomaliesOf = (history: readonly Txn[]): readonly string[] =>
  checkListAppend(history).anomalies;

describe('list-append: one history for each anomaly', () => {
  test('none: everything in order', () => {
    const verdict = checkListAppend(
      txns([append('x', 1)], [read('x', 1), append('y', 1)], [read('y', 1), read('x', 1)]),
    );
    expect(verdict).toEqual({
      anomalies: [],
      readCommitted: true,
      snapshotIsolation: true,
      repeatableRead: true,
      serializable: true,
      strictSerializable: true,
    });
  });

  test('unknown-value and duplicate-value', () => {
    expect(anomaliesOf(txns([read('x', 9)]))).toContain('unknown-value');
    expect(anomaliesOf(txns([append('x', 1)], [append('x', 1)]))).toContain('duplicate-value');
    expect(anomaliesOf(txns([append('x', 1)], [read('x', 1, 1)]))).toContain('duplicate-value');
  });

  test('incompatible-order: two reads disagree about the past', () => {
    const writers = [[append('x', 1)], [append('x', 2)]];
    expect(anomaliesOf(txns(...writers, [read('x', 1, 2)], [read('x', 2)]))).toContain(
      'incompatible-order',
    );
  });

  test('internal: a transaction does not see itself', () => {
    expect(anomaliesOf(txns([append('x', 1), read('x')]))).toEqual(['internal']);
    const changed = txns([append('x', 1)], [read('x'), read('x', 1)]);
    expect(anomaliesOf(changed)).toContain('internal');
    expect(anomaliesOf(txns([append('x', 1), read('x', 1), append('x', 2)]))).toEqual([]);
  });

  test('G1a: a read of an aborted append; G1b: of an intermediate one', () => {
    const [writer, reader] = txns([append('x', 1)], [read('x', 1)]);
    expect(anomaliesOf([{ ...writer!, status: 'failed' }, reader!])).toEqual(['G1a']);
    expect(anomaliesOf([{ ...writer!, status: 'unknown' }, reader!])).toEqual([]);
    expect(anomaliesOf(txns([append('x', 1), append('x', 2)], [read('x', 1)]))).toContain('G1b');
  });

  test('G0: two writers overtake each other', () => {
    const verdict = checkListAppend(
      txns(
        [append('x', 1), append('y', 1)],
        [append('x', 2), append('y', 2)],
        [read('x', 1, 2), read('y', 2, 1)],
      ),
    );
    expect(verdict.anomalies).toContain('G0');
    expect(verdict.readCommitted).toBe(false);
  });

  test('G1c: each sees the other', () => {
    const verdict = checkListAppend(
      txns([append('x', 1), read('y', 1)], [append('y', 1), read('x', 1)]),
    );
    expect(verdict.anomalies).toEqual(['G1c']);
    expect(verdict.readCommitted).toBe(false);
  });

  test('G-single: read skew', () => {
    const verdict = checkListAppend(
      txns([append('x', 1), append('y', 1)], [read('x'), read('y', 1)]),
    );
    expect(verdict.anomalies).toEqual(['G-single']);
    expect(verdict.readCommitted).toBe(true);
    expect(verdict.snapshotIsolation).toBe(false);
  });

  test('G-nonadjacent: long fork', () => {
    const verdict = checkListAppend(
      txns(
        [append('x', 1)],
        [append('y', 1)],
        [read('x', 1), read('y')],
        [read('x'), read('y', 1)],
      ),
    );
    expect(verdict.anomalies).toEqual(['G-nonadjacent']);
    expect(verdict.snapshotIsolation).toBe(false);
  });

  test('G2-item: write skew, which snapshot isolation allows', () => {
    const verdict = checkListAppend(
      txns([read('x'), append('y', 1)], [read('y'), append('x', 1)], [read('x', 1), read('y', 1)]),
    );
    expect(verdict.anomalies).toEqual(['G2-item']);
    expect(verdict.snapshotIsolation).toBe(true);
    expect(verdict.serializable).toBe(false);
  });

  test('G2-item is seen even where no read shows either append', () => {
    const skew = txns([read('x'), append('y', 1)], [read('y'), append('x', 1)]);
    expect(anomaliesOf(skew)).toEqual(['G2-item']);
  });

  test('realtime: serializable, but only in an order that time forbids', () => {
    const stale: readonly Txn[] = [
      { steps: [append('x', 1)], status: 'ok', invoked: 0, returned: 1 },
      { steps: [read('x')], status: 'ok', invoked: 2, returned: 3 },
    ];
    const verdict = checkListAppend(stale);
    expect(verdict.anomalies).toEqual(['realtime']);
    expect(verdict.serializable).toBe(true);
    expect(verdict.strictSerializable).toBe(false);
    expect(anomaliesOf([stale[0]!, { ...stale[1]!, invoked: 1 }])).toEqual([]);
  });

  test('an append of unknown outcome that nobody sees says nothing', () => {
    const history: readonly Txn[] = [
      { steps: [append('x', 1)], status: 'unknown', invoked: 0, returned: UNKNOWN },
      { steps: [read('x')], status: 'ok', invoked: 2, returned: 3 },
    ];
    expect(anomaliesOf(history)).toEqual([]);
  });

  test('a ring of 3,000 transactions is found without recursion', () => {
    const count = 3000;
    const ring = Array.from({ length: count }, (_, i) => [
      append(`k${i}`, 1),
      read(`k${(i + 1) % count}`, 1),
    ]);
    expect(anomaliesOf(txns(...ring))).toEqual(['G1c']);
    expect(anomaliesOf(txns(...ring.slice(1)))).toContain('unknown-value');
  });
});

/** Serializable by definition: some order of all transactions in which every read is right. */
function isSerializable(history: readonly Txn[], realTime: boolean): boolean {
  const done = new Set<number>();
  return extend(new Map());

  function extend(state: ReadonlyMap<string, readonly string[]>): boolean {
    if (done.size === history.length) return true;
    for (let i = 0; i < history.length; i += 1) {
      if (done.has(i) || (realTime && !mayBeNext(i))) continue;
      const next = apply(state, history[i]!);
      if (next === null) continue;
      done.add(i);
      if (extend(next)) return true;
      done.delete(i);
    }
    return false;
  }

  function mayBeNext(i: number): boolean {
    return history.every((other, j) => done.has(j) || other.returned >= history[i]!.invoked);
  }
}

function apply(
  state: ReadonlyMap<string, readonly string[]>,
  txn: Txn,
): ReadonlyMap<string, readonly string[]> | null {
  const next = new Map(state);
  for (const step of txn.steps) {
    const list = next.get(step.key) ?? [];
    if (step.kind === 'append') next.set(step.key, [...list, step.value]);
    else if (String(list) !== String(step.values)) return null;
  }
  return next;
}

describe('list-append: the definition, by brute force, agrees', () => {
  const step = fc.record({ write: fc.boolean(), key: fc.constantFrom('x', 'y') });
  const moment = fc.nat(40);
  const plan = fc.record({
    steps: fc.array(step, { minLength: 1, maxLength: 3 }),
    snapshot: fc.nat(5),
    times: fc.tuple(moment, moment),
  });

  test('transactions that read older states than they should', () => {
    const seen = { serializable: 0, not: 0, strict: 0 };
    fc.assert(
      fc.property(fc.array(plan, { minLength: 2, maxLength: 6 }), fc.nat(3), (plans, lag) => {
        // Each runs on the state of up to `lag` transactions ago: sometimes that shows, often not.
        const states: ReadonlyMap<string, readonly string[]>[] = [new Map()];
        let value = 0;
        const history = plans.map(({ steps, snapshot, times }): Txn => {
          const old = states[Math.max(0, states.length - 1 - (snapshot % (lag + 1)))]!;
          const view = new Map(old);
          const current = new Map(states[states.length - 1]!);
          const taken = steps.map(({ write, key }): TxnStep => {
            if (!write) return { kind: 'read', key, values: view.get(key) ?? [] };
            value += 1;
            view.set(key, [...(view.get(key) ?? []), String(value)]);
            current.set(key, [...(current.get(key) ?? []), String(value)]);
            return append(key, value);
          });
          states.push(current);
          const [a, b] = times;
          return { steps: taken, status: 'ok', invoked: Math.min(a, b), returned: Math.max(a, b) };
        });
        const verdict = checkListAppend(history);
        const serializable = isSerializable(history, false);
        expect(verdict.serializable).toBe(serializable);
        const strict = isSerializable(history, true);
        expect(verdict.strictSerializable).toBe(strict);
        seen.serializable += serializable ? 1 : 0;
        seen.not += serializable ? 0 : 1;
        seen.strict += strict ? 1 : 0;
      }),
      { numRuns: 1500 },
    );
    expect(Math.min(seen.serializable, seen.not, seen.strict)).toBeGreaterThan(100);
  });
});
