/** Cursors against a sorted list: seeking, going forward by little and by much, over changes. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MemoryStore } from './memory-store.ts';
import { ABSENT, PRESENT } from './store.ts';

const TENANT = 3;
const PAGE_BYTES = 256;
const RECORDS_MAX = 3000;

function keyOf(name: number): Uint8Array {
  return Uint8Array.of(32, name >> 8, name & 0xff, ...(name % 5 === 0 ? [7] : []));
}

const name = fc.integer({ min: 0, max: RECORDS_MAX });

it('stands where the sorted list says, whatever its path was', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(name, { minLength: 1, maxLength: 600 }),
      fc.array(fc.record({ to: name, kind: fc.nat({ max: 5 }) }), { maxLength: 60 }),
      (names, moves) => {
        const store = new MemoryStore(PAGE_BYTES);
        const held = new Set(names);
        const value = new Uint8Array(9);
        for (const one of names) {
          const key = keyOf(one);
          store.put(TENANT, key, 0, key.length, value, 0, value.length);
        }
        const cursor = store.cursor(TENANT);
        let at = -1;
        for (const { to, kind } of moves) {
          const list = [...held].toSorted((a, b) => a - b);
          const shown = (state: number, expected: number | undefined): void => {
            expect(state).toBe(expected === undefined ? ABSENT : PRESENT);
            at = expected ?? -1;
            if (expected === undefined) return;
            const { heap, cells } = cursor.leaf;
            const from = cells[cursor.leafIndex]! + 4;
            expect((heap[from + 1]! << 8) | heap[from + 2]!).toBe(expected);
          };
          const key = keyOf(to);
          if (kind === 0) {
            // A change voids the path.
            if (held.has(to)) store.delete(TENANT, key, 0, key.length);
            else store.put(TENANT, key, 0, key.length, value, 0, value.length);
            if (held.has(to)) held.delete(to);
            else held.add(to);
            at = -1;
          } else if (kind === 1) {
            const found = list.findLast((one) => one <= to);
            shown(cursor.seek(key, 0, key.length, true), found);
          } else if (kind === 2 && at >= 0) {
            shown(
              cursor.next(),
              list.find((one) => one > at),
            );
          } else if (kind === 3 && at >= 0) {
            const first = cursor.leaf.cells[0]!;
            const { heap } = cursor.leaf;
            const low = (heap[first + 5]! << 8) | heap[first + 6]!;
            shown(
              cursor.previousLeaf(),
              list.findLast((one) => one < low),
            );
          } else if (at >= 0 && to >= at) {
            shown(
              cursor.forward(key, 0, key.length),
              list.find((one) => one >= to),
            );
          } else {
            const found = list.find((one) => one >= to);
            shown(cursor.seek(key, 0, key.length, false), found);
          }
        }
      },
    ),
    { numRuns: 200 },
  );
});
