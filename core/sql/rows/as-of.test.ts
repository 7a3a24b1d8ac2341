/**
 * Rows as of every position against a model, on pages so small that a key's versions take many.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readU64, writeU64 } from '../../codec/bytes.ts';
import { MemoryStore } from '../../store/memory-store.ts';
import { AsOfScan } from './as-of.ts';
import {
  KEYSPACE_CURRENT,
  KEYSPACE_HISTORY,
  POSITION_BYTES,
  PREFIX_BYTES,
  writePosition,
  writePrefix,
} from './keyspaces.ts';
import { Stream, StoreSource } from './stream.ts';
import { historyRange } from './versions.ts';

const TENANT = 1;
const INDEX = 7;
/** Long enough for keys of the test, short enough that a leaf holds a dozen entries. */
const PAGE_BYTES = 512;

/** A key's life: when it changed, and whether it was deleted then (else updated). */
interface Life {
  readonly key: number;
  readonly changes: readonly { readonly position: number; readonly deleted: boolean }[];
}

interface Version {
  readonly key: number;
  readonly began: number;
  /** 0: current. */
  readonly ended: number;
}

function versionsOf({ key, changes }: Life): Version[] {
  const versions: Version[] = [];
  let began = 0;
  for (const { position, deleted } of changes) {
    if (began > 0) versions.push({ key, began, ended: position });
    began = deleted ? 0 : position;
  }
  if (began > 0) versions.push({ key, began, ended: 0 });
  return versions;
}

function keyBytes({ key, ended }: Version): Uint8Array {
  // Keys of two lengths.
  const own = key % 3 === 0 ? [key, 1, key] : [key, 0];
  const prefix = PREFIX_BYTES + own.length;
  const bytes = new Uint8Array(prefix + (ended === 0 ? 0 : POSITION_BYTES));
  writePrefix(ended === 0 ? KEYSPACE_CURRENT : KEYSPACE_HISTORY, INDEX, bytes);
  bytes.set(own, PREFIX_BYTES);
  if (ended !== 0) writePosition(ended, bytes, prefix);
  return bytes;
}

function storeOf(versions: readonly Version[]): MemoryStore {
  const store = new MemoryStore(PAGE_BYTES);
  // In the order of the log, in which histories grow side by side.
  const inOrder = versions.toSorted((a, b) => a.began - b.began || a.key - b.key);
  for (const version of inOrder) {
    const key = keyBytes(version);
    // Some rows are too long for a leaf.
    const value = new Uint8Array(version.key === 9 ? 300 : 10 + (version.began % 5));
    writeU64(value, 0, version.began);
    store.put(TENANT, key, 0, key.length, value, 0, value.length);
  }
  return store;
}

function asOf(store: MemoryStore, position: number, capacity: number): [number, number][] {
  const source = new StoreSource(store, TENANT);
  const low = new Uint8Array(PREFIX_BYTES);
  const high = new Uint8Array(PREFIX_BYTES);
  writePrefix(KEYSPACE_CURRENT, INDEX, low);
  writePrefix(KEYSPACE_CURRENT, INDEX + 1, high);
  const range = { low, high };
  const scan = new AsOfScan(
    new Stream(source, range, false),
    new Stream(source, historyRange(range), false),
    position,
  );
  const rows: [number, number][] = [];
  for (let more = true; more;) {
    const batch: [number, number][] = [];
    const sink = {
      count: 0,
      push: (heap: Uint8Array, from: number, ended: number): void => {
        batch.push([readU64(heap, from), ended]);
        sink.count += 1;
      },
    };
    more = scan.fill(sink, capacity);
    rows.push(...batch);
    // The next batch finds trees that forgot what they had.
    store.rest();
  }
  return rows;
}

const life = fc
  .record({
    steps: fc.oneof(
      fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 60, maxLength: 120 }),
    ),
    deletes: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 9 }),
  })
  .map(({ steps, deletes }): Life['changes'] => {
    let position = 0;
    return steps.map((step, i) => {
      position += step;
      return { position, deleted: deletes[i % deletes.length] === 0 };
    });
  });

it('finds the version of every key that was alive, for every position', () => {
  fc.assert(
    fc.property(
      fc.array(life, { minLength: 1, maxLength: 30 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 20 }),
      (lives, alike, capacity) => {
        const versions = lives.flatMap((changes, key) =>
          // In half of the runs all keys have the same life, as rows that change together.
          versionsOf({ key: key + 1, changes: alike ? lives[0]! : changes }),
        );
        const store = storeOf(versions);
        const last = Math.max(0, ...versions.map(({ began, ended }) => Math.max(began, ended)));
        const inKeyOrder = versions.toSorted((a, b) => a.key - b.key || a.began - b.began);
        for (let position = 0; position <= last + 1; position += 1) {
          const expected = inKeyOrder
            .filter(({ began, ended }) => began <= position && (ended === 0 || ended > position))
            .map(({ began, ended }): [number, number] => [began, ended]);
          expect(asOf(store, position, capacity)).toEqual(expected);
        }
      },
    ),
    { numRuns: 60 },
  );
});
