/**
 * Numbers groups of rows with equal keys: what GROUP BY, DISTINCT, hash joins and set operations
 * stand on.
 *
 * Every key column is turned into a column of *codes*, numbers that are equal exactly when the keys
 * are: an integer is its own code, anything else gets the next free number from a dictionary (for
 * an int8 that is no safe integer: plus a half, so that it is no integer's). Codes are looked up in
 * a table with open addressing over typed arrays, or, where there is one key and it is an integer
 * and the keys lie close together, in an array (`integer-index.ts`). Groups are numbered from 0 in
 * the order in which their first rows came, which the hash has no influence on. Null equals null
 * here; who wants it otherwise leaves those rows out.
 *
 * Cost: no allocation per row; 10 to 20 ns a row and integer column.
 */
import { FLOAT4, FLOAT8 } from '../types/type.ts';
import { identityFor } from '../types/compare.ts';
import type { Identity } from '../types/compare.ts';
import type { SqlType, TypeId, Value } from '../types/type.ts';
import type { ColumnBatch } from './batch.ts';
import { VALUE, shapeOf, valueAt } from './column.ts';
import type { Shape } from './column.ts';
import { IntegerIndex } from './integer-index.ts';
import { account } from './operator.ts';
import type { Run } from './operator.ts';
import { roomForBytes, roomForNumbers, roomForRows } from './room.ts';
import { sizeOf } from './row-store.ts';

/** The group of a row that is in none (`insert` false). */
export const NO_GROUP = -1;

const FIRST_SLOTS = 64;
/** A dictionary's entry, besides its key. */
const ENTRY_BYTES = 32;

/** Whether a type's values are their own codes. */
function isInteger(type: TypeId): boolean {
  return shapeOf(type) !== VALUE && type !== FLOAT4 && type !== FLOAT8;
}

/** How one side's column becomes codes. Two sides of a join share the dictionary. */
interface Coding {
  readonly integer: boolean;
  readonly shape: Shape;
  readonly toKey: Identity;
}

function codingOf({ id }: SqlType): Coding {
  return { integer: isInteger(id), shape: shapeOf(id), toKey: identityFor(id) };
}

interface KeyColumn {
  readonly dictionary: Map<Value, number>;
  /** Codes of the batch being looked up, where it does not hold them itself. */
  buffer: Float64Array;
  /** By group. */
  codes: Float64Array;
  nulls: Uint8Array;
}

export class GroupTable {
  size = 0;
  readonly #run: Run;
  readonly #columns: readonly KeyColumn[];
  readonly #codings: readonly Coding[];
  #slots = roomForRows(FIRST_SLOTS);
  #room = 0;
  #nullGroup = NO_GROUP;
  /** In place of the slots, while there is one. */
  #dense: IntegerIndex | null = null;
  #denseBytes = 0;
  #isDensePossible: boolean;
  #bytes = 0;
  #hasNulls = false;

  constructor(types: readonly SqlType[], run: Run) {
    this.#run = run;
    this.#codings = types.map(codingOf);
    this.#isDensePossible = this.#codings.length === 1 && this.#codings[0]?.integer === true;
    this.#columns = types.map(() => ({
      dictionary: new Map(),
      buffer: new Float64Array(0),
      codes: new Float64Array(0),
      nulls: new Uint8Array(0),
    }));
  }

  clear(): void {
    this.size = 0;
    this.#room = 0;
    this.#nullGroup = NO_GROUP;
    this.#hasNulls = false;
    const { length } = this.#slots;
    this.#slots = length === FIRST_SLOTS ? this.#slots.fill(0) : roomForRows(FIRST_SLOTS);
    this.#dense = null;
    this.#denseBytes = 0;
    this.#isDensePossible = this.#codings.length === 1 && this.#codings[0]?.integer === true;
    account(this.#run, -this.#bytes);
    this.#bytes = 0;
    for (const column of this.#columns) {
      column.dictionary.clear();
      column.codes = new Float64Array(0);
      column.nulls = new Uint8Array(0);
    }
  }

  /**
   * The groups of the selected rows: `groups[k]` is that of row `selection[k]`. With `insert` new
   * groups are made, else `NO_GROUP` is the answer. `types`: those of the columns, where they are
   * not the table's own.
   */
  find(
    columns: readonly ColumnBatch[],
    selection: Int32Array,
    count: number,
    insert: boolean,
    groups: Int32Array,
    types: readonly SqlType[] | null = null,
  ): void {
    const codings = types === null ? this.#codings : types.map(codingOf);
    if (insert) this.#reserve(count);
    const codes: Float64Array[] = [];
    let hasNulls = this.#hasNulls;
    for (let i = 0; i < this.#columns.length; i++) {
      const column = columns[i] as ColumnBatch;
      codes[i] = this.#encode(i, codings[i] as Coding, column, selection, count, insert);
      hasNulls ||= column.hasNulls;
    }
    if (insert) this.#hasNulls = hasNulls;
    if (codes.length === 0) this.#findAny(groups, count, insert);
    else if (codes.length === 1)
      this.#findOne(
        codes[0] as Float64Array,
        columns[0] as ColumnBatch,
        selection,
        count,
        insert,
        groups,
      );
    else this.#findMany(codes, columns, selection, count, insert, groups);
  }

  #findAny(groups: Int32Array, count: number, insert: boolean): void {
    if (insert && count > 0) this.size = 1;
    groups.fill(this.size - 1, 0, count);
  }

  #encode(
    i: number,
    coding: Coding,
    column: ColumnBatch,
    selection: Int32Array,
    count: number,
    insert: boolean,
  ): Float64Array {
    if (coding.integer && column.isNumbers) return column.numbers;
    const own = this.#columns[i] as KeyColumn;
    if (own.buffer.length < column.nulls.length) own.buffer = new Float64Array(column.nulls.length);
    const { buffer, dictionary } = own;
    const { toKey, shape } = coding;
    const offset = coding.integer ? 0.5 : 0;
    const before = dictionary.size;
    let bytes = 0;
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      const value = valueAt(column, shape, row);
      if (value === null) continue;
      if (coding.integer && typeof value === 'number') {
        buffer[row] = value;
        continue;
      }
      const key = toKey(value);
      let code = dictionary.get(key);
      if (code === undefined) {
        code = insert ? dictionary.size : NO_GROUP;
        if (insert) {
          dictionary.set(key, code);
          bytes += sizeOf(value);
        }
      }
      buffer[row] = code + offset;
    }
    this.#charge(bytes + (dictionary.size - before) * ENTRY_BYTES);
    return buffer;
  }

  #findOne(
    codes: Float64Array,
    { hasNulls, nulls }: ColumnBatch,
    selection: Int32Array,
    count: number,
    insert: boolean,
    groups: Int32Array,
  ): void {
    const dense =
      this.#dense === null
        ? 0
        : this.#findDense(
            this.#dense,
            codes,
            hasNulls ? nulls : null,
            selection,
            count,
            insert,
            groups,
          );
    const slots = this.#slots;
    const mask = slots.length - 1;
    const known = (this.#columns[0] as KeyColumn).codes;
    let size = this.size;
    for (let k = dense; k < count; k++) {
      const row = selection[k] as number;
      if (hasNulls && nulls[row] === 1) {
        this.size = size;
        groups[k] = this.#groupOfNull(insert);
        size = this.size;
        continue;
      }
      const code = codes[row] as number;
      let slot = hashOne(code) & mask;
      let group = (slots[slot] as number) - 1;
      while (group >= 0 && known[group] !== code) {
        slot = (slot + 1) & mask;
        group = (slots[slot] as number) - 1;
      }
      if (group < 0 && insert) {
        group = size++;
        known[group] = code;
        slots[slot] = size;
      }
      groups[k] = group;
    }
    this.size = size;
  }

  /** Up to which row it came: to `count`, unless the keys no longer lie close together. */
  #findDense(
    index: IntegerIndex,
    codes: Float64Array,
    nulls: Uint8Array | null,
    selection: Int32Array,
    count: number,
    insert: boolean,
    groups: Int32Array,
  ): number {
    const known = (this.#columns[0] as KeyColumn).codes;
    let k = 0;
    while (k < count) {
      const row = selection[k] as number;
      if (nulls !== null && nulls[row] === 1) {
        groups[k++] = this.#groupOfNull(insert);
        continue;
      }
      const until = nulls === null ? count : k + 1;
      k = index.find(codes, selection, k, until, groups);
      if (k === until) continue;
      const code = codes[selection[k] as number] as number;
      if (!insert) {
        groups[k++] = NO_GROUP;
      } else if (index.insert(code, this.size)) {
        known[this.size] = code;
        groups[k++] = this.size++;
      } else {
        this.#dense = null;
        this.#isDensePossible = false;
        this.#chargeDense(0);
        this.#rehash(this.size + count);
        return k;
      }
    }
    this.#chargeDense(index.bytes);
    return k;
  }

  #chargeDense(bytes: number): void {
    if (bytes === this.#denseBytes) return;
    this.#charge(bytes - this.#denseBytes);
    this.#denseBytes = bytes;
  }

  #groupOfNull(insert: boolean): number {
    if (this.#nullGroup === NO_GROUP && insert) {
      (this.#columns[0] as KeyColumn).nulls[this.size] = 1;
      this.#nullGroup = this.size++;
    }
    return this.#nullGroup;
  }

  #findMany(
    codes: readonly Float64Array[],
    columns: readonly ColumnBatch[],
    selection: Int32Array,
    count: number,
    insert: boolean,
    groups: Int32Array,
  ): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const width = codes.length;
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      let hash = 0;
      for (let i = 0; i < width; i++) {
        const column = columns[i] as ColumnBatch;
        const isNull = column.hasNulls && column.nulls[row] === 1;
        hash = isNull ? rotate(hash) : mix(hash, (codes[i] as Float64Array)[row] as number);
      }
      let slot = finish(hash) & mask;
      let group = (slots[slot] as number) - 1;
      while (group >= 0 && !this.#isGroup(group, codes, columns, row)) {
        slot = (slot + 1) & mask;
        group = (slots[slot] as number) - 1;
      }
      if (group < 0 && insert) {
        group = this.#insert(codes, columns, row);
        slots[slot] = group + 1;
      }
      groups[k] = group;
    }
  }

  #isGroup(
    group: number,
    codes: readonly Float64Array[],
    columns: readonly ColumnBatch[],
    row: number,
  ): boolean {
    for (let i = 0; i < codes.length; i++) {
      const own = this.#columns[i] as KeyColumn;
      const column = columns[i] as ColumnBatch;
      if (this.#hasNulls || column.hasNulls) {
        const isNull = column.hasNulls && column.nulls[row] === 1;
        if (isNull !== (own.nulls[group] === 1)) return false;
        if (isNull) continue;
      }
      if (own.codes[group] !== (codes[i] as Float64Array)[row]) return false;
    }
    return true;
  }

  #insert(codes: readonly Float64Array[], columns: readonly ColumnBatch[], row: number): number {
    const group = this.size++;
    for (let i = 0; i < codes.length; i++) {
      const own = this.#columns[i] as KeyColumn;
      const column = columns[i] as ColumnBatch;
      if (column.hasNulls && column.nulls[row] === 1) own.nulls[group] = 1;
      else own.codes[group] = (codes[i] as Float64Array)[row] as number;
    }
    return group;
  }

  /** Room for `count` more groups, and slots at most half full then. */
  #reserve(count: number): void {
    const needed = this.size + count;
    if (needed > this.#room) {
      let room = Math.max(FIRST_SLOTS, this.#room);
      while (room < needed) room *= 2;
      for (const column of this.#columns) {
        const codes = roomForNumbers(room);
        codes.set(column.codes);
        column.codes = codes;
        const nulls = roomForBytes(room);
        nulls.set(column.nulls);
        column.nulls = nulls;
      }
      this.#charge((room - this.#room) * 9 * this.#columns.length);
      this.#room = room;
    }
    if (this.#dense === null && needed * 2 > this.#slots.length) this.#rehash(needed);
  }

  #rehash(needed: number): void {
    if (this.#isDensePossible) {
      const { codes } = this.#columns[0] as KeyColumn;
      this.#dense = IntegerIndex.of(codes, this.size, this.#nullGroup);
      if (this.#dense !== null) {
        this.#chargeDense(this.#dense.bytes);
        return;
      }
    }
    let length = this.#slots.length;
    const before = length;
    while (length < needed * 2) length *= 2;
    const slots = roomForRows(length);
    const mask = length - 1;
    const width = this.#columns.length;
    for (let group = 0; group < this.size; group++) {
      if (group === this.#nullGroup) continue;
      let hash = 0;
      if (width === 1) {
        hash = hashOne((this.#columns[0] as KeyColumn).codes[group] as number);
      } else {
        for (const { codes, nulls } of this.#columns) {
          hash = nulls[group] === 1 ? rotate(hash) : mix(hash, codes[group] as number);
        }
        hash = finish(hash);
      }
      let slot = hash & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = group + 1;
    }
    this.#slots = slots;
    this.#charge((length - before) * 4);
  }

  #charge(bytes: number): void {
    this.#bytes += bytes;
    account(this.#run, bytes);
  }
}

const GOLDEN = 0x9e3779b1;
const TWO_32 = 4_294_967_296;

/** Codes beyond 32 bits differ in their high half, which is worth a division only then. */
function hashOne(code: number): number {
  const low = code | 0;
  if (low === code) return finish(Math.imul(low, GOLDEN));
  return finish(Math.imul(low ^ Math.imul(Math.floor(code / TWO_32) | 0, GOLDEN), GOLDEN));
}

function mix(hash: number, code: number): number {
  const low = code | 0;
  const high = low === code ? 0 : Math.floor(code / TWO_32) | 0;
  const mixed = Math.imul(hash ^ low, GOLDEN);
  return ((mixed << 13) | (mixed >>> 19)) + high;
}

function rotate(hash: number): number {
  return Math.imul(hash + 0x2545f491, GOLDEN);
}

function finish(hash: number): number {
  return hash ^ (hash >>> 15);
}
