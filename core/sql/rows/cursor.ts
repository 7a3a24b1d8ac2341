/**
 * A cursor over one table: rows in an index's order, read into column batches.
 *
 * It is a snapshot. While the store stands where it was opened and the transaction has changed
 * nothing, a primary index is read leaf by leaf without looking at single records. Otherwise the
 * range is read as of the snapshot (`versions.ts`) with the transaction's own rows merged in
 * (`merged.ts`). When the store moves on between two batches, the rest is read that second way.
 *
 * Rows of a secondary index are looked up in the primary one, as of the same moment, unless only
 * their number is asked for; so is a row whose whole key is known.
 */
import { readU16, readU64 } from '../../codec/bytes.ts';
import { CELL_HEADER_BYTES } from '../../store/cell.ts';
import { assert } from '../../types/assert.ts';
import type { Index, Table } from '../catalog/model.ts';
import type { Batch } from '../exec/batch.ts';
import type { ReadMoment, RowCursor } from '../exec/source.ts';
import { AsOfScan } from './as-of.ts';
import { KEYSPACE_CURRENT, PREFIX_BYTES, successor } from './keyspaces.ts';
import type { Layer } from './layer.ts';
import { Lookup } from './lookup.ts';
import { MergedScan } from './merged.ts';
import type { ReadSet } from './read-set.ts';
import { Runs } from './runs.ts';
import type { View } from './view.ts';
import { VERSION_FROM, WIDE } from './shape.ts';
import type { KeyRange } from './stream.ts';
import { Stream } from './stream.ts';
import type { Entry, Scan } from './versions.ts';
import { VersionScan, historyRange } from './versions.ts';

export class TableCursor implements RowCursor {
  readonly #view: View;
  readonly #index: Index;
  readonly #primary: number;
  readonly #table: number;
  readonly #reads: ReadSet | null;
  readonly #backward: boolean;
  readonly #moment: ReadMoment;
  readonly #late: readonly boolean[] | null;
  readonly #runs: Runs;
  readonly #lookup: Lookup;
  /** A row at most: its key is the range. */
  readonly #isKey: boolean;
  /** Of rows that a secondary index leads to nothing is asked but that they are there. */
  readonly #onlyCounts: boolean;
  #range: KeyRange;
  /** One of the three. */
  #stream: Stream | null = null;
  #asOf: AsOfScan | null = null;
  #scan: Scan | null = null;
  /** Rows of `#stream` that began later are left out: they cannot have been ended. */
  #bound = 0;
  #stamp = -1;
  /** All rows were given: a store that moves on brings none back. */
  #ended = false;
  #lastKey: Uint8Array | null = null;
  /** Versions given of the last key. */
  #given = 0;
  /** Versions that an entry of a secondary index led to, and how many of them were given. */
  readonly #queue: { readonly heap: Uint8Array; readonly ended: number }[] = [];
  #drained = 0;

  constructor(
    view: View,
    table: Table,
    index: Index,
    range: KeyRange,
    backward: boolean,
    moment: ReadMoment,
    columns: readonly number[],
    late: readonly boolean[] | null,
    reads: ReadSet | null = null,
  ) {
    this.#view = view;
    this.#index = index;
    this.#primary = table.indexes[0]!.id;
    this.#table = table.id;
    this.#reads = reads;
    this.#range = range;
    this.#backward = backward;
    this.#moment = moment;
    this.#late = late;
    this.#runs = new Runs(table, columns, view);
    this.#lookup = new Lookup(view.source);
    this.#isKey = range.isKey === true && moment.kind !== 'versions';
    this.#onlyCounts = columns.length === 0 && !index.primary && moment.kind !== 'versions';
    const first = table.indexes[0] === index || moment.kind === 'versions';
    assert(!index.primary || first, 'the first index is the primary one');
  }

  next(batch: Batch): number {
    const runs = this.#runs;
    runs.reset(batch.capacity);
    if (!this.#ended) this.#read(batch.capacity);
    this.#ended = this.#isKey || runs.count < batch.capacity;
    runs.fill(batch, this.#late);
    return runs.count;
  }

  load(batch: Batch, selection: Int32Array, count: number): void {
    if (this.#late !== null) this.#runs.load(batch, this.#late, selection, count);
  }

  #read(capacity: number): void {
    if (this.#isKey) {
      this.#fillByKey();
      return;
    }
    if (this.#stamp !== this.#view.stamp()) this.#place();
    if (this.#stream !== null) this.#fillFast(this.#stream, capacity);
    else if (this.#asOf !== null) this.#fillAsOf(this.#asOf, capacity);
    else if (this.#scan !== null) this.#fill(this.#scan, capacity);
  }

  /** Decides how to read what is left of the range, and stands at its beginning. */
  #place(): void {
    const view = this.#view;
    this.#stamp = view.stamp();
    const range = this.#rest();
    const moment = this.#moment;
    this.#stream = null;
    this.#scan = null;
    this.#asOf = null;
    const { source } = view;
    if (moment.kind === 'versions') {
      const { low, high } = moment;
      const scan = new VersionScan(source, range, this.#backward, low, high, true);
      for (let i = 0; i < this.#given; i += 1) scan.next();
      this.#scan = scan;
      return;
    }
    const present = moment.kind === 'present';
    const position = present ? view.snapshot : moment.position;
    const moved = !present || view.moved();
    const own = present ? view.layers.filter((layer) => hasKeys(layer, range)) : [];
    const ended = moved ? new Stream(source, historyRange(range), false) : null;
    const history = ended !== null && ended.more();
    if (this.#index.primary && own.length === 0 && !history) {
      this.#stream = new Stream(source, range, this.#backward);
      this.#bound = moved ? position : Infinity;
      return;
    }
    if (own.length === 0 && history && this.#canFill) {
      this.#asOf = new AsOfScan(new Stream(source, range, false), ended, position);
      return;
    }
    const high = moved ? position : Infinity;
    let scan: Scan = new VersionScan(source, range, this.#backward, high, high, history);
    for (const layer of own.toReversed()) {
      scan = new MergedScan(scan, layer, range, this.#backward);
    }
    this.#scan = scan;
  }

  #fillByKey(): void {
    const { low } = this.#range;
    const bytes = low.length - PREFIX_BYTES;
    if (!this.#lookUp(low, PREFIX_BYTES, bytes)) return;
    if (this.#runs.wantsAddress) this.#runs.address(low, PREFIX_BYTES, bytes);
  }

  get #canFill(): boolean {
    return this.#index.primary && !this.#backward && !this.#runs.wantsAddress;
  }

  #fillAsOf(scan: AsOfScan, capacity: number): void {
    if (scan.fill(this.#runs, capacity)) this.#lastKey = scan.lastKey();
  }

  /** The range behind the last key that was given; all of it at first. */
  #rest(): KeyRange {
    const last = this.#lastKey;
    if (last === null) return this.#range;
    const { low, high } = this.#range;
    const inclusive = this.#moment.kind === 'versions';
    const next = last.slice();
    const end = successor(next, next.length);
    const behind = next.slice(0, end);
    if (this.#backward) this.#range = { low, high: inclusive ? behind : last };
    else this.#range = { low: inclusive ? last : behind, high };
    return this.#range;
  }

  #fillFast(stream: Stream, capacity: number): void {
    const runs = this.#runs;
    const { wantsAddress } = runs;
    const version = runs.currentShape.version;
    const { froms } = runs;
    let last = -1;
    while (runs.count < capacity && stream.more()) {
      const { heap, cells, step } = stream;
      runs.open(heap, version);
      let count = runs.count;
      const left = Math.min(capacity - count, (stream.end - stream.index) * step);
      for (let k = 0; k < left; k += 1) {
        last = cells[stream.index]!;
        stream.index += step;
        const value = last + CELL_HEADER_BYTES + readU16(heap, last);
        // Elsewhere, of another version, or not yet: none of which is usual.
        const plain =
          (heap[last + 2] !== 0xff || heap[last + 3] !== 0xff) &&
          (readU16(heap, value + VERSION_FROM) & ~WIDE) === version &&
          (this.#bound === Infinity || readU64(heap, value) <= this.#bound);
        if (plain) {
          froms[count++] = value;
          if (!wantsAddress) continue;
          runs.count = count;
        } else {
          runs.count = count;
          const added = this.#pushOdd(stream, heap, last, value);
          count = runs.count;
          runs.open(heap, version);
          if (!added) continue;
        }
        if (wantsAddress) this.#pushAddress(heap, last);
      }
      runs.count = count;
      if (last >= 0 && runs.count >= capacity) this.#remember(heap, last);
    }
  }

  #pushOdd(stream: Stream, heap: Uint8Array, at: number, value: number): boolean {
    if (heap[at + 2] === 0xff && heap[at + 3] === 0xff) {
      const source = stream.chained(at);
      if (readU64(source.value, source.valueFrom) > this.#bound) return false;
      this.#runs.push(source.value, source.valueFrom, 0);
      return true;
    }
    if (readU64(heap, value) > this.#bound) return false;
    this.#runs.push(heap, value, 0);
    return true;
  }

  #pushAddress(heap: Uint8Array, at: number): void {
    const keyBytes = readU16(heap, at);
    this.#runs.address(heap, at + CELL_HEADER_BYTES + PREFIX_BYTES, keyBytes - PREFIX_BYTES);
  }

  #remember(heap: Uint8Array, at: number): void {
    const from = at + CELL_HEADER_BYTES;
    this.#lastKey = heap.slice(from, from + readU16(heap, at));
  }

  /** One entry after the other. */
  #fill(scan: Scan, capacity: number): void {
    const runs = this.#runs;
    const versions = this.#moment.kind === 'versions';
    while (runs.count < capacity) {
      if (this.#queue.length > 0) {
        this.#drain(capacity);
        continue;
      }
      if (!scan.next()) return;
      const shown = scan.entry;
      if (versions) this.#countVersions(shown);
      if (this.#index.primary) {
        runs.push(shown.heap, shown.from, shown.ended);
        if (runs.wantsAddress) {
          const from = shown.keyFrom + PREFIX_BYTES;
          runs.address(shown.keyHeap, from, shown.keyBytes - PREFIX_BYTES);
        }
      } else if (this.#onlyCounts) runs.count += 1;
      else this.#pushLookedUp(shown);
      if (!versions && runs.count >= capacity) this.#lastKey = currentKey(shown);
    }
  }

  #countVersions(shown: Entry): void {
    const { keyHeap, keyFrom, keyBytes } = shown;
    const last = this.#lastKey;
    if (last !== null && last.length === keyBytes) {
      let i = 1;
      while (i < keyBytes && last[i] === keyHeap[keyFrom + i]) i += 1;
      if (i === keyBytes) {
        this.#given += 1;
        return;
      }
    }
    this.#lastKey = currentKey(shown);
    this.#given = 1;
  }

  /** The row, or its versions, behind an entry of a secondary index. */
  #pushLookedUp(shown: Entry): void {
    const { keyHeap, keyFrom, keyBytes, heap, from } = shown;
    const skipped = PREFIX_BYTES + readU16(heap, from + 8);
    const key = keyFrom + skipped;
    const bytes = keyBytes - skipped;
    if (this.#moment.kind === 'versions') {
      this.#pushVersions(shown, key, bytes);
      return;
    }
    if (this.#moment.kind === 'present') this.#noteRead(keyHeap, key, bytes);
    const found = this.#lookUp(keyHeap, key, bytes);
    assert(found, () => `an entry of index ${this.#index.name} has a row`);
    if (this.#runs.wantsAddress) this.#runs.address(keyHeap, key, bytes);
  }

  /** Adds the row of a key, if there is one. */
  #lookUp(heap: Uint8Array, from: number, bytes: number): boolean {
    const moment = this.#moment;
    assert(moment.kind !== 'versions', 'a key has one row at a moment');
    const lookup = this.#lookup;
    const view = this.#view;
    lookup.aim(this.#primary, heap, from, bytes);
    const found =
      moment.kind === 'present'
        ? lookup.present(view.layers, view.snapshot, view.moved())
        : lookup.asOf(moment.position);
    if (found) this.#runs.push(lookup.heap, lookup.from, lookup.ended);
    return found;
  }

  /** The row may change while its entry stays. */
  #noteRead(heap: Uint8Array, from: number, bytes: number): void {
    if (this.#reads === null) return;
    this.#reads.range(this.#table, this.#view.keyRange(this.#primary, heap, from, bytes));
  }

  /** Versions of the row while it had the entry's elements. */
  #pushVersions(shown: Entry, key: number, bytes: number): void {
    assert(this.#moment.kind === 'versions', 'only a scan of versions has several');
    const { low, high } = this.#moment;
    const began = readU64(shown.heap, shown.from);
    const first = Math.max(low, began);
    const last = shown.ended === 0 ? high : Math.min(high, shown.ended - 1);
    const range = this.#view.keyRange(this.#primary, shown.keyHeap, key, bytes);
    const scan = new VersionScan(this.#view.source, range, this.#backward, first, last, true);
    while (scan.next()) {
      const { heap, from, bytes: rowBytes, ended } = scan.entry;
      this.#queue.push({ heap: heap.slice(from, from + rowBytes), ended });
    }
  }

  #drain(capacity: number): void {
    const runs = this.#runs;
    while (runs.count < capacity && this.#drained < this.#queue.length) {
      const { heap, ended } = this.#queue[this.#drained]!;
      runs.push(heap, 0, ended);
      this.#drained += 1;
    }
    if (this.#drained < this.#queue.length) return;
    this.#queue.length = 0;
    this.#drained = 0;
  }
}

/** The key of an entry as a current one, which it may not be. */
function currentKey({ keyHeap, keyFrom, keyBytes }: Entry): Uint8Array {
  const key = keyHeap.slice(keyFrom, keyFrom + keyBytes);
  key[0] = KEYSPACE_CURRENT;
  return key;
}

function hasKeys(layer: Layer, range: KeyRange): boolean {
  return !layer.isEmpty && new Stream(layer.tree, range, false).more();
}
