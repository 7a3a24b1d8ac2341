/**
 * One table as writers see it: rows and index entries into the overlay's statement layer.
 *
 * Nothing is overwritten. A row that changes leaves its old version in the history, ended at the
 * entry's position; so does an index entry that goes. What the same entry began has no version to
 * leave: nobody ever saw it.
 */
import { readU64, writeU16, writeU64 } from '../../codec/bytes.ts';
import { ABSENT, VALUE_BYTES_MAX } from '../../store/store.ts';
import { cellKeyBytes } from '../../store/cell.ts';
import type { Index, Table } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import type { Batch, ColumnBatch } from '../exec/batch.ts';
import { evaluator } from '../exec/execute.ts';
import type { Database } from '../rows/database.ts';
import { RowEncoder, rowTooBig } from '../rows/encode.ts';
import type { KeyWriter } from '../rows/key-writer.ts';
import {
  ENTRY_BYTES,
  KEYSPACE_CURRENT,
  KEYSPACE_HISTORY,
  POSITION_BYTES,
  PREFIX_BYTES,
  ROW_ID_BYTES,
  compareBytes,
  writePosition,
} from '../rows/keyspaces.ts';
import { LAYER_BELOW, LAYER_PUT } from '../rows/layer.ts';
import type { Layer } from '../rows/layer.ts';
import { Lookup } from '../rows/lookup.ts';
import type { RowShape } from '../rows/shape.ts';
import { tableShapes } from '../rows/shape.ts';
import type { KeyRange } from '../rows/stream.ts';
import { needed } from '../rows/stream.ts';
import { VersionScan } from '../rows/versions.ts';
import { writeBigEndian32 } from '../../store/directory.ts';
import { computedBounds } from './computed.ts';
import type { WriteContext } from './context.ts';
import { IndexWriter } from './index-writer.ts';
import type { RowView } from './index-writer.ts';

/** An address in a key's bytes: where a row's primary key stands. */
export interface Address {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly length: number;
}

/** A row is copied into its layer at once: one room for all of them. */
const encoder = new RowEncoder();
/** An entry's value, and a hidden row id, on their way into a layer or a key. */
const entryBytes: Uint8Array = new Uint8Array(ENTRY_BYTES);
const rowIdBytes: Uint8Array = new Uint8Array(ROW_ID_BYTES);
const NO_BYTES: Uint8Array = new Uint8Array(0);

export class TableWriter {
  readonly table: Table;
  readonly shape: RowShape;
  readonly indexes: readonly IndexWriter[];
  readonly primary: IndexWriter;
  readonly secondaries: readonly IndexWriter[];
  readonly #database: Database;
  readonly #lookup: Lookup;
  readonly #entries: Lookup;
  /** Of new rows and of old ones: each keeps its result until it is asked again. */
  readonly #computeNew: ((input: Batch) => Batch) | null;
  readonly #computeOld: ((input: Batch) => Batch) | null;
  #history: Uint8Array = NO_BYTES;
  readonly #keyBytesMax: number;

  constructor(table: Table, context: WriteContext) {
    const database = context.source;
    this.table = table;
    this.shape = tableShapes(table).current;
    this.#database = database;
    this.#lookup = new Lookup(database.view.source);
    this.#entries = new Lookup(database.view.source);
    this.#keyBytesMax = database.view.keyBytesMax - POSITION_BYTES;
    const { bounds, firsts } = computedBounds(table, context);
    this.#computeNew = bounds.length === 0 ? null : evaluator(bounds, context);
    this.#computeOld = bounds.length === 0 ? null : evaluator(bounds, context);
    this.indexes = table.indexes.map((index, i) => new IndexWriter(table, index, firsts[i]!));
    this.primary = this.indexes[0]!;
    this.secondaries = this.indexes.slice(1);
  }

  /** Whether rows have a hidden id instead of a primary key. */
  get hasRowId(): boolean {
    return this.primary.index.elements.length === 0;
  }

  /** New rows of a batch whose columns begin at `first`, with what indexes compute from them. */
  newRows(batch: Batch, first: number, selection: Int32Array, count: number): RowView {
    return this.#view(this.#computeNew, batch, first, selection, count);
  }

  oldRows(batch: Batch, first: number, selection: Int32Array, count: number): RowView {
    return this.#view(this.#computeOld, batch, first, selection, count);
  }

  #view(
    compute: ((input: Batch) => Batch) | null,
    batch: Batch,
    first: number,
    selection: Int32Array,
    count: number,
  ): RowView {
    if (compute === null) return { batch, first, computed: null };
    const columns = batch.columns.slice(first, first + this.table.columns.length);
    const { rows, capacity } = batch;
    return {
      batch,
      first,
      computed: compute({ rows, capacity, columns, selection, count }).columns,
    };
  }

  /** Writes the new row's primary key into `primary.key`: its address. */
  address(view: RowView, row: number): void {
    this.primary.write(view, row);
    if (!this.hasRowId) return;
    const { position, overlay } = this.#database.view;
    writePosition(position, rowIdBytes, 0);
    writeBigEndian32(overlay.nextOrdinal(), rowIdBytes, POSITION_BYTES);
    this.primary.key.addBytes(rowIdBytes, 0, ROW_ID_BYTES);
    for (const { index } of this.indexes) overlay.rowIdIndexes.add(index.id);
  }

  /** Puts a new row at `primary.key`, and its index entries. Nobody may have that key. */
  insert(view: RowView, row: number): void {
    const { key } = this.primary;
    this.#putRow(key, view.batch.columns, view.first, row);
    for (const secondary of this.secondaries) {
      if (!secondary.covers(view, row)) continue;
      secondary.write(view, row);
      this.putEntry(secondary, key.bytes, PREFIX_BYTES, key.end - PREFIX_BYTES);
    }
  }

  /** Puts an entry for what `secondary.write` wrote. */
  putEntry(secondary: IndexWriter, address: Uint8Array, from: number, length: number): void {
    const { key, elementBytes, index } = secondary;
    if (key.end === PREFIX_BYTES + elementBytes) key.addBytes(address, from, length);
    this.#checkKey(key, index);
    writeU64(entryBytes, 0, this.#database.view.position);
    writeU16(entryBytes, POSITION_BYTES, elementBytes);
    this.#layer.put(key.bytes, 0, key.end, entryBytes, 0, ENTRY_BYTES);
  }

  /** Puts a row in place of the one at the address, which `find` found. Entries stay. */
  replace(address: Address, view: RowView, row: number): void {
    const { key } = this.primary;
    key.begin(KEYSPACE_CURRENT, this.primary.index.id);
    key.addBytes(address.bytes, address.from, address.length);
    this.#end(key, this.#lookup);
    this.#putRow(key, view.batch.columns, view.first, row);
  }

  /** Takes out the row at the address, which `find` found. Entries stay. */
  remove(address: Address): void {
    const { key } = this.primary;
    key.begin(KEYSPACE_CURRENT, this.primary.index.id);
    key.addBytes(address.bytes, address.from, address.length);
    this.#end(key, this.#lookup);
    this.#layer.delete(key.bytes, 0, key.end);
  }

  /** Takes out the entry that `secondary.write` wrote the elements of. */
  removeEntry(secondary: IndexWriter, address: Address): void {
    const { key, index } = secondary;
    key.addBytes(address.bytes, address.from, address.length);
    const entries = this.#entries;
    entries.aim(index.id, key.bytes, PREFIX_BYTES, key.end - PREFIX_BYTES);
    if (!this.#isThere(entries)) return;
    this.#end(key, entries);
    this.#layer.delete(key.bytes, 0, key.end);
  }

  /** The row at an address as the statement has made it by now. */
  find(address: Address): boolean {
    this.#lookup.aim(this.primary.index.id, address.bytes, address.from, address.length);
    return this.#isThere(this.#lookup);
  }

  /** After `find`: the row's bytes. */
  get found(): { readonly heap: Uint8Array; readonly from: number } {
    return this.#lookup;
  }

  /** Whether this statement has written or removed the row at an address. */
  isTouched(address: Address): boolean {
    this.#lookup.aim(this.primary.index.id, address.bytes, address.from, address.length);
    return this.#lookup.inLayer(this.#layer) !== LAYER_BELOW;
  }

  /** Whether the key that `primary.key` holds is taken. */
  primaryIsTaken(): boolean {
    const { key } = this.primary;
    this.#database.reads?.range(this.table.id, this.#prefixRange(key, key.end));
    this.#lookup.aim(this.primary.index.id, key.bytes, PREFIX_BYTES, key.end - PREFIX_BYTES);
    return this.#isThere(this.#lookup);
  }

  /**
   * The address of a row whose entry begins with what `secondary.write` wrote; null: there is none.
   * `but`: a row that does not count.
   */
  holder(secondary: IndexWriter, but: Address | null): Address | null {
    const { key, elementBytes } = secondary;
    const end = PREFIX_BYTES + elementBytes;
    const { view, reads } = this.#database;
    reads?.range(this.table.id, this.#prefixRange(key, end));
    const { statement, base } = view.overlay;
    for (const layer of [statement, base]) {
      const found = this.#holderInLayer(layer, key, end, but);
      if (found !== null) return found;
    }
    return view.moved() ? this.#holderAsOf(key, end, but) : this.#holderInStore(key, end, but);
  }

  #holderInLayer(layer: Layer, key: KeyWriter, end: number, but: Address | null): Address | null {
    if (layer.isEmpty) return null;
    const { tree } = layer;
    let state = tree.seek(key.bytes, 0, end, false);
    for (; state !== ABSENT; state = tree.next()) {
      const { key: heap, keyFrom, keyBytes } = tree;
      if (!hasPrefix(heap, keyFrom, keyBytes, key.bytes, end)) return null;
      if (tree.valueBytes === 0) continue;
      const found = { bytes: heap, from: keyFrom + end, length: keyBytes - end };
      if (but !== null && sameAddress(found, but)) continue;
      if (layer === this.#layer || !this.#isShadowed(heap, keyFrom, keyBytes)) return found;
    }
    return null;
  }

  /** The statement has put or deleted this key of `base` or of the store. */
  #isShadowed(heap: Uint8Array, from: number, bytes: number): boolean {
    return this.#layer.find(heap, from, bytes) !== LAYER_BELOW;
  }

  #holderInStore(key: KeyWriter, end: number, but: Address | null): Address | null {
    const { source, overlay } = this.#database.view;
    let state = needed(source.seek(key.bytes, 0, end, false));
    while (state !== ABSENT) {
      const { leaf } = source;
      for (let i = source.leafIndex; i < leaf.cells.length; i += 1) {
        const at = leaf.cells[i]! + 4;
        const bytes = cellKeyBytes(leaf.heap, at - 4);
        if (!hasPrefix(leaf.heap, at, bytes, key.bytes, end)) return null;
        const found = { bytes: leaf.heap, from: at + end, length: bytes - end };
        if (but !== null && sameAddress(found, but)) continue;
        if (this.#isShadowed(leaf.heap, at, bytes)) continue;
        if (overlay.base.find(leaf.heap, at, bytes) === LAYER_BELOW) return found;
      }
      state = needed(source.nextLeaf());
    }
    return null;
  }

  #holderAsOf(key: KeyWriter, end: number, but: Address | null): Address | null {
    const { source, overlay, snapshot } = this.#database.view;
    const range = this.#prefixRange(key, end);
    const scan = new VersionScan(source, range, false, snapshot, snapshot, true);
    while (scan.next()) {
      const { keyHeap, keyFrom, keyBytes } = scan.entry;
      // A copy with the keyspace of current entries, which is what the layers have.
      const bytes = keyHeap.slice(keyFrom, keyFrom + keyBytes);
      bytes[0] = KEYSPACE_CURRENT;
      const found = { bytes, from: end, length: keyBytes - end };
      if (but !== null && sameAddress(found, but)) continue;
      if (this.#isShadowed(bytes, 0, keyBytes)) continue;
      if (overlay.base.find(bytes, 0, keyBytes) === LAYER_BELOW) return found;
    }
    return null;
  }

  get #layer(): Layer {
    return this.#database.view.overlay.statement;
  }

  #isThere(lookup: Lookup): boolean {
    const { view } = this.#database;
    for (const layer of [view.overlay.statement, view.overlay.base]) {
      const found = lookup.inLayer(layer);
      if (found !== LAYER_BELOW) return found === LAYER_PUT;
    }
    return view.moved() ? lookup.asOf(view.snapshot) : lookup.current();
  }

  #putRow(key: KeyWriter, columns: readonly ColumnBatch[], first: number, row: number): void {
    this.#checkKey(key, this.primary.index);
    encoder.encode(this.shape, columns, first, row, this.#database.view.position);
    if (encoder.end > VALUE_BYTES_MAX) throw rowTooBig(encoder.end);
    this.#layer.put(key.bytes, 0, key.end, encoder.bytes, 0, encoder.end);
    encoder.rest();
  }

  /** Moves a found entry to the history, unless this entry of the log began it. */
  #end(key: KeyWriter, found: Lookup): void {
    const { position } = this.#database.view;
    const { heap, from, bytes } = found;
    if (readU64(heap, from) === position) return;
    const end = key.end + POSITION_BYTES;
    if (this.#history.length < end) this.#history = new Uint8Array(end * 2);
    this.#history.set(key.bytes.subarray(0, key.end));
    this.#history[0] = KEYSPACE_HISTORY;
    writePosition(position, this.#history, key.end);
    this.#layer.put(this.#history, 0, end, heap, from, bytes);
  }

  #prefixRange(key: KeyWriter, end: number): KeyRange {
    return this.#database.view.prefixRange(key.bytes, 0, end);
  }

  #checkKey(key: KeyWriter, index: Index): void {
    if (key.end <= this.#keyBytesMax) return;
    const message = `index row size ${key.end} exceeds maximum ${this.#keyBytesMax} for index "${index.name}"`;
    throw new SqlError('54000', message);
  }
}

function hasPrefix(
  heap: Uint8Array,
  from: number,
  bytes: number,
  prefix: Uint8Array,
  prefixBytes: number,
): boolean {
  if (bytes < prefixBytes) return false;
  return compareBytes(heap, from, prefixBytes, prefix, 0, prefixBytes) === 0;
}

export function sameAddress(a: Address, b: Address): boolean {
  return compareBytes(a.bytes, a.from, a.length, b.bytes, b.from, b.length) === 0;
}
