/** The simulator's oracle: what a client of streams may and may not be told. */
import { describe, expect, test } from 'vitest';
import type { Call } from './model.ts';
import { UNKNOWN } from './model.ts';
import { ANY_LENGTH } from './models/stream.ts';
import type { StreamOp } from './models/stream.ts';
import { checkStreams } from './streams.ts';

type Times = readonly [invoked: number, returned: number];

function appended(events: readonly number[], at: number, times: Times, expected = ANY_LENGTH) {
  return on({ kind: 'append', expected, events, outcome: 'appended', at }, times);
}

function conflict(expected: number, found: number, times: Times) {
  return on({ kind: 'append', expected, events: [99], outcome: 'conflict', at: found }, times);
}

function lost(events: readonly number[], invoked: number, expected = ANY_LENGTH) {
  return appended(events, 0, [invoked, UNKNOWN], expected);
}

function read(events: readonly number[], length: number, times: Times, from = 0, limit = 10) {
  return on({ kind: 'read', from, limit, events, length }, times);
}

function head(length: number, times: Times) {
  return on({ kind: 'head', length }, times);
}

type Bare<T> = T extends StreamOp ? Omit<T, 'tenant' | 'stream'> : never;

function on(op: Bare<StreamOp>, [invoked, returned]: Times, stream = 's'): Call<StreamOp> {
  return { op: { tenant: 1, stream, ...op } as StreamOp, invoked, returned };
}

const verdictOf = (...history: readonly Call<StreamOp>[]): string => checkStreams(history).kind;

describe('streams: what is right', () => {
  test('appends one after the other, then a read of all', () => {
    expect(
      verdictOf(
        appended([1, 2], 0, [0, 1]),
        appended([3], 2, [2, 3], 2),
        read([1, 2, 3], 3, [4, 5]),
        read([2, 3], 3, [6, 7], 1),
        read([2], 3, [8, 9], 1, 1),
        read([], 3, [10, 11], 7),
        head(3, [12, 13]),
      ),
    ).toBe('linearizable');
  });

  test('a conflict tells the length that was really there', () => {
    expect(verdictOf(appended([1], 0, [0, 1]), conflict(0, 1, [2, 3]))).toBe('linearizable');
    expect(verdictOf(conflict(1, 0, [0, 1]), appended([1], 0, [2, 3]))).toBe('linearizable');
  });

  test('an append without an answer shows up later, or never', () => {
    expect(verdictOf(lost([1], 0), head(0, [1, 2]), read([1], 1, [3, 4]))).toBe('linearizable');
    expect(verdictOf(lost([1], 0), head(0, [1, 2]), appended([2], 0, [3, 4]))).toBe('linearizable');
    expect(verdictOf(lost([1], 0, 5), appended([2], 0, [3, 4]))).toBe('linearizable');
  });

  test('twelve lost appends, three of which show', () => {
    const dropped = Array.from({ length: 12 }, (_, i) => lost([100 + i], i));
    const shown = read([107, 101, 111], 3, [50, 51]);
    expect(verdictOf(...dropped, shown, appended([1], 3, [60, 61]))).toBe('linearizable');
    expect(verdictOf(...dropped, shown, appended([1], 4, [60, 61]), head(5, [70, 71]))).toBe(
      'linearizable',
    );
  });

  test('streams and tenants are apart', () => {
    const one = appended([1], 0, [0, 1]);
    const other = { ...one, op: { ...one.op, stream: 't' } };
    const tenant = { ...one, op: { ...one.op, tenant: 2 } };
    expect(verdictOf(one, other, tenant)).toBe('linearizable');
    expect(verdictOf(one, one)).toBe('not-linearizable');
  });
});

describe('streams: what is wrong', () => {
  const bad = (...history: readonly Call<StreamOp>[]): void => {
    expect(verdictOf(...history)).toBe('not-linearizable');
  };

  test('two appends at one position', () => {
    bad(appended([1], 0, [0, 9]), appended([2], 0, [1, 8]));
  });

  test('an acknowledged append that a later read misses', () => {
    bad(appended([1], 0, [0, 1]), read([], 0, [2, 3]));
    bad(appended([1], 0, [0, 1]), head(0, [2, 3]));
  });

  test('a stream that shrinks, or whose past changes', () => {
    bad(appended([1, 2], 0, [0, 1]), head(2, [2, 3]), head(1, [4, 5]));
    bad(lost([1], 0), lost([2], 0), read([1], 1, [1, 2]), read([2, 1], 2, [3, 4]));
  });

  test('events of another append, or nobody’s', () => {
    bad(appended([1], 0, [0, 1]), read([7], 1, [2, 3]));
    bad(appended([1], 0, [0, 1]), lost([5], 2), read([1, 6], 2, [3, 4]));
  });

  test('a retried append that took effect twice', () => {
    bad(appended([1], 0, [0, 1]), read([1, 1], 2, [2, 3]));
  });

  test('a conflict although the length was as expected, and success although it was not', () => {
    bad(appended([1], 0, [0, 1]), conflict(1, 1, [2, 3]));
    bad(appended([1], 0, [0, 1]), appended([2], 1, [2, 3], 0));
    bad(appended([1], 0, [0, 1]), conflict(5, 2, [2, 3]));
  });

  test('a read that returns too much or too little of its range', () => {
    const three = appended([1, 2, 3], 0, [0, 1]);
    bad(three, read([1, 2, 3], 3, [2, 3], 0, 2));
    bad(three, read([1], 3, [2, 3], 0, 2));
    bad(three, read([1, 2], 3, [2, 3], 1, 2));
  });

  test('a lost append whose expectation had passed', () => {
    bad(appended([1], 0, [0, 1]), lost([2], 2, 0), read([1, 2], 2, [3, 4]));
  });
});
