/** Room that is used again: zero, nobody else's, and bounded. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Room, enterRoom, roomForBytes, roomForNumbers, roomForRows } from './room.ts';

const LENGTH = 128;

function within<T>(room: Room | null, act: () => T): T {
  const outer = enterRoom(room);
  try {
    return act();
  } finally {
    enterRoom(outer);
  }
}

test('what a statement gave back comes again, zero throughout', () => {
  const room = new Room();
  const first = within(room, () => roomForNumbers(LENGTH).fill(7));
  room.release();
  const next = new Room();
  const again = within(next, () => roomForNumbers(LENGTH));
  expect(again).toBe(first);
  expect([...again].every((number) => number === 0)).toBe(true);
});

test('outside a statement, of another length, or past a bound, it is made and not kept', () => {
  expect(within(null, () => roomForRows(LENGTH))).not.toBe(within(null, () => roomForRows(LENGTH)));
  const room = new Room();
  within(room, () => {
    roomForBytes(LENGTH + 1);
    for (let i = 0; i < 10_000; i += 1) roomForRows(LENGTH);
  });
  expect(room.given.length).toBeLessThan(1000);
  expect(room.given.every((one) => one.length === LENGTH)).toBe(true);
  room.release();
});

test('statements that take turns never have the same room', () => {
  const turn = fc.record({
    statement: fc.integer({ min: 0, max: 3 }),
    ends: fc.boolean(),
    asks: fc.array(fc.constantFrom(8, 32, 128, 1024), { maxLength: 5 }),
  });
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 60 }), (turns) => {
      const rooms = Array.from({ length: 4 }, () => ({
        room: new Room(),
        held: [] as { readonly array: Int32Array; readonly mark: number }[],
      }));
      let mark = 0;
      for (const { statement, asks, ends } of turns) {
        const one = rooms[statement]!;
        within(one.room, () => {
          for (const length of asks) {
            const array = roomForRows(length);
            expect(array.some((value) => value !== 0)).toBe(false);
            mark += 1;
            one.held.push({ array: array.fill(mark), mark });
          }
        });
        for (const { held } of rooms) {
          for (const { array, mark: own } of held) {
            expect(array.every((value) => value === own)).toBe(true);
          }
        }
        if (!ends) continue;
        one.room.release();
        one.held.length = 0;
      }
      for (const { room } of rooms) room.release();
    }),
  );
});
