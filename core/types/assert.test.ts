/** Assertions: what they throw, when they build a message, what the compiler learns. */
import { describe, expect, test } from 'vitest';
import { AssertionFailure, assert, unreachable } from './assert.ts';

describe('assert', () => {
  test('a true condition costs no message', () => {
    let built = 0;
    const message = (): string => {
      built += 1;
      return 'unused';
    };
    assert(true, message);
    assert(1, message);
    assert('text', message);
    expect(built).toBe(0);
  });

  test('a false condition throws the message, lazy or not', () => {
    expect(() => assert(false, 'op is behind commit')).toThrow(AssertionFailure);
    expect(() => assert(false, 'op is behind commit')).toThrow('op is behind commit');
    const op = 7;
    expect(() => assert(op > 8, () => `op ${op} is not above 8`)).toThrow('op 7 is not above 8');
  });

  test('every falsy value fails', () => {
    for (const value of [0, '', null, undefined, Number.NaN, false]) {
      expect(() => assert(value, 'falsy')).toThrow('falsy');
    }
  });

  test('the failure is an Error with a name of its own', () => {
    const failure = new AssertionFailure('m');
    expect(failure).toBeInstanceOf(Error);
    expect(failure.name).toBe('AssertionFailure');
    expect(failure.message).toBe('m');
  });

  test('after an assertion the compiler knows', () => {
    const maybe: string | undefined = ['present'][0];
    assert(maybe !== undefined, 'present');
    const length: number = maybe.length;
    expect(length).toBe(7);
  });
});

describe('unreachable', () => {
  test('names the value that arrived, by kind where it has one', () => {
    expect(() => unreachable('later' as never)).toThrow('unreachable value: later');
    expect(() => unreachable({ kind: 'grow' } as never)).toThrow('unreachable value: kind grow');
    expect(() => unreachable({} as never)).toThrow('unreachable value: an object');
    expect(() => unreachable(null as never)).toThrow('unreachable value: null');
  });
});
