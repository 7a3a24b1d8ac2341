/**
 * Several runs of keys at a time, up and down and about, as statements go: what paths are kept
 * changes neither an answer nor the shape of the tree.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ZERO128 } from '../types/hash128.ts';
import type { Node } from './node.ts';
import { PAGE_NONE } from './page.ts';
import { ABSENT, PRESENT } from './store.ts';
import type { Backing } from './tree.ts';
import { Tree } from './tree.ts';

const PAGE_BYTES = 512;
const RUNS = 5;

function memoryTree(): Tree {
  const backing: Backing = {
    pageBytes: PAGE_BYTES,
    cachedPages: 0,
    dirtyPages: 0,
    stamp: 0,
    load: () => null,
    loadChain: () => null,
    supersede: () => {},
    fold: () => {},
  };
  return new Tree(0, backing, PAGE_NONE, ZERO128);
}

/** A keyspace, an index, and a place in it. */
function keyOf(run: number, place: number): Uint8Array {
  return Uint8Array.of(32 + (run & 1), 0, 0, 0, run, place >> 8, place & 0xff);
}

/** The cells of all leaves, leaf by leaf. */
function shapeOf(node: Node | null): readonly string[] {
  if (node === null) return [];
  if (!node.leaf) return node.children.flatMap((child) => shapeOf(child));
  return [
    node.cells.map((at) => Buffer.from(node.heap.subarray(at, at + 12)).toString('hex')).join(),
  ];
}

/** A run goes on by `by` from where it was, or from a new place; and what is done there. */
const step = fc.record({
  run: fc.nat(RUNS - 1),
  jump: fc.oneof(
    { weight: 2, arbitrary: fc.constant(-1) },
    { weight: 1, arbitrary: fc.integer({ min: 440, max: 560 }) },
  ),
  by: fc.constantFrom(-2, -1, 0, 1, 1, 1, 2),
  act: fc.constantFrom('put', 'put', 'delete', 'delete', 'get'),
  times: fc.integer({ min: 1, max: 80 }),
});

describe('paths', () => {
  test('answers and shape are those of a tree that forgets its paths', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        const tree = memoryTree();
        const forgetful = memoryTree();
        const model: Set<number> = new Set();
        const places = Array.from({ length: RUNS }, () => 500);
        const one = (run: number, act: string): void => {
          const place = places[run]!;
          const key = keyOf(run, place);
          const known = model.has(run * 1000 + place);
          // Nothing can be loaded again here, so all of it stays, but for the paths.
          forgetful.evict(0);
          expect(tree.get(key, 0, key.length)).toBe(known ? PRESENT : ABSENT);
          if (known) expect(tree.value[tree.valueFrom]).toBe(place & 0xff);
          if (act === 'get') return;
          for (const each of [tree, forgetful]) {
            if (act === 'put') each.put(key, 0, key.length, key, 6, 1);
            else each.delete(key, 0, key.length);
          }
          if (act === 'put') model.add(run * 1000 + place);
          else model.delete(run * 1000 + place);
        };
        // Several leaves a run, so that going on leads from one into the next.
        for (let place = 450; place < 550; place += 1) {
          for (let run = 0; run < RUNS; run += 1) {
            places[run] = place;
            one(run, 'put');
          }
        }
        const longest = Math.max(...steps.map(({ times }) => times));
        // All runs take turns, as the rows of a statement and their index entries do.
        for (let turn = 0; turn < longest; turn += 1) {
          for (const { run, jump, by, act, times } of steps) {
            if (turn >= times) continue;
            if (turn === 0 && jump >= 0) places[run] = jump;
            else places[run] = Math.min(999, Math.max(0, places[run]! + by));
            one(run, act);
          }
        }
        expect(shapeOf(tree.root)).toEqual(shapeOf(forgetful.root));
        const cells = shapeOf(tree.root).flatMap((leaf) => (leaf === '' ? [] : leaf.split(',')));
        expect(cells.length).toBe(model.size);
        expect(cells.map((cell) => cell.slice(8, 22))).toEqual(
          [...model]
            .map((each) => keyOf(Math.floor(each / 1000), each % 1000))
            .map(hex)
            .sort(),
        );
      }),
      { numRuns: 50 },
    );
  });

  test('a leaf that is emptied moves its neighbours, and other runs know', () => {
    const tree = memoryTree();
    const runs = [0, 1];
    for (const run of runs) {
      for (let place = 0; place < 200; place += 1) {
        tree.put(keyOf(run, place), 0, 7, keyOf(run, place), 6, 1);
      }
    }
    // The first run's leaves go one after the other, while the second one is on its way.
    const take = (run: number, place: number): void => {
      const key = keyOf(run, place);
      expect(tree.get(key, 0, 7)).toBe(PRESENT);
      tree.delete(key, 0, 7);
      expect(tree.get(key, 0, 7)).toBe(ABSENT);
    };
    for (let place = 0; place < 200; place += 1) {
      take(0, place);
      if (place % 3 === 0) take(1, place / 3);
    }
    for (let place = 67; place < 200; place += 1) take(1, place);
    expect(tree.isEmpty).toBe(true);
  });
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
