/** The end of a turn: everything once, in order, in one turn, whatever throws. */
import { afterEach, expect, test, vi } from 'vitest';
import { nextTurn } from './embedded/turns.ts';
import { atTurnEnd } from './turn-end.ts';

afterEach(() => vi.restoreAllMocks());

test('what a turn brings is done at its end, in the order in which it came', async () => {
  const done: string[] = [];
  atTurnEnd(() => done.push('a'));
  atTurnEnd(() => done.push('b'));
  await Promise.resolve();
  expect(done).toEqual([]);
  await nextTurn();
  expect(done).toEqual(['a', 'b']);
});

test('what comes while it is worked off is done in the same turn, behind the rest', async () => {
  const immediates = vi.spyOn(globalThis, 'setImmediate');
  const done: string[] = [];
  atTurnEnd(() => {
    atTurnEnd(() => done.push('asked'));
    done.push('asks');
  });
  atTurnEnd(() => done.push('other'));
  expect(immediates).toHaveBeenCalledTimes(1);
  await nextTurn();
  expect(done).toEqual(['asks', 'other', 'asked']);
});

test('one that throws ends its turn, and the others are done in the next', async () => {
  const done: string[] = [];
  const error = new Error('broken');
  const seen: unknown[] = [];
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.once('uncaughtException', (thrown) => seen.push(thrown));
  try {
    atTurnEnd(() => {
      throw error;
    });
    atTurnEnd(() => done.push('other'));
    await nextTurn();
    await nextTurn();
  } finally {
    for (const listener of before) process.on('uncaughtException', listener);
  }
  expect(seen).toEqual([error]);
  expect(done).toEqual(['other']);
  atTurnEnd(() => done.push('later'));
  await nextTurn();
  expect(done).toEqual(['other', 'later']);
});
