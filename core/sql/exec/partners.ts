/**
 * Right rows that may be partners of a left one: those with equal keys in one of several ways, as
 * `a = b OR c = d` has them. For a loop join, which then looks at those alone.
 */
import type { KeysOfSides } from '../plan/plan.ts';
import type { SqlType } from '../types/type.ts';
import type { Batch } from './batch.ts';
import { NO_ROWS, roomFor } from './expression/selection.ts';
import { GroupTable, NO_GROUP } from './group-table.ts';
import { JoinKeys, NO_ROW, grown } from './join-keys.ts';
import { account } from './operator.ts';
import type { Run, Scope } from './operator.ts';

/** One of the ways. */
class Alternative {
  readonly left: JoinKeys;
  readonly right: JoinKeys;
  readonly #run: Run;
  readonly #leftTypes: readonly SqlType[];
  readonly #table: GroupTable;
  #groups: Int32Array = NO_ROWS;
  /** Right rows of one key: the first by group, then each one's next. */
  #first: Int32Array = new Int32Array(0);
  #last: Int32Array = new Int32Array(0);
  #following: Int32Array = new Int32Array(0);
  /** For each row of the left batch, by its place: the first right row. */
  #starts: Int32Array = NO_ROWS;

  constructor({ left, right }: KeysOfSides, scope: Scope) {
    this.left = new JoinKeys(left, scope);
    this.right = new JoinKeys(right, scope);
    this.#run = scope.run;
    this.#leftTypes = left.map(({ type }) => type);
    this.#table = new GroupTable(
      right.map(({ type }) => type),
      scope.run,
    );
  }

  clear(): void {
    this.right.reset();
    this.#table.clear();
    this.#first.fill(NO_ROW);
    this.#following.fill(NO_ROW);
  }

  /** The right keys under way are of rows from number `base` on; `rows`: all with them. */
  add(base: number, rows: number): void {
    const { columns, rows: ids, places, count } = this.right;
    this.#groups = roomFor(this.#groups, count);
    this.#table.find(columns, ids, count, true, this.#groups);
    this.#reserve(rows);
    for (let k = 0; k < count; k++) {
      const group = this.#groups[k] as number;
      const row = base + (places[k] as number);
      if (this.#first[group] === NO_ROW) this.#first[group] = row;
      else this.#following[this.#last[group] as number] = row;
      this.#last[group] = row;
    }
  }

  #reserve(rows: number): void {
    const first = grown(this.#first, this.#table.size);
    const following = grown(this.#following, rows);
    const more = first.length - this.#first.length;
    account(this.#run, more * 8 + (following.length - this.#following.length) * 4);
    this.#last = grown(this.#last, this.#table.size);
    this.#first = first;
    this.#following = following;
  }

  /** Looks the left keys under way up, of a batch of `count` rows. */
  lookUp(count: number): void {
    const { columns, rows, places, count: keys } = this.left;
    this.#groups = roomFor(this.#groups, keys);
    this.#table.find(columns, rows, keys, false, this.#groups, this.#leftTypes);
    this.#starts = roomFor(this.#starts, count);
    this.#starts.fill(NO_ROW, 0, count);
    for (let k = 0; k < keys; k++) {
      const group = this.#groups[k] as number;
      if (group !== NO_GROUP) this.#starts[places[k] as number] = this.#first[group] as number;
    }
  }

  /** Right rows of the left row at this place, ascending, go into `to` from `count` on. */
  collect(place: number, to: Int32Array, count: number): number {
    let end = count;
    let row = this.#starts[place] as number;
    while (row !== NO_ROW) {
      to[end++] = row;
      row = this.#following[row] as number;
    }
    return end;
  }
}

export class Partners {
  /** Of the left row that was found last: ascending, each once. */
  rows: Int32Array = NO_ROWS;
  count = 0;
  readonly #alternatives: readonly Alternative[];
  readonly #run: Run;
  #total = 0;

  constructor(alternatives: readonly KeysOfSides[], scope: Scope) {
    this.#run = scope.run;
    this.#alternatives = alternatives.map((one) => new Alternative(one, scope));
  }

  /** The left side begins anew. */
  reset(): void {
    for (const { left } of this.#alternatives) left.reset();
  }

  /** The right side, too. */
  clear(): void {
    this.#total = 0;
    for (const one of this.#alternatives) one.clear();
  }

  /** Right rows that follow those added before. May throw `Pending`, and is then called again. */
  add(batch: Batch): void {
    for (const { right } of this.#alternatives) right.evaluate(batch);
    const base = this.#total;
    this.#total += batch.count;
    for (const one of this.#alternatives) one.add(base, this.#total);
    const room = grown(this.rows, this.#total * this.#alternatives.length);
    account(this.#run, (room.length - this.rows.length) * 4);
    this.rows = room;
  }

  /** A left batch begins. May throw `Pending`, and is then called again. */
  start(batch: Batch): void {
    for (const { left } of this.#alternatives) left.evaluate(batch);
    for (const one of this.#alternatives) one.lookUp(batch.count);
  }

  /** Of the left row at this place of the batch. */
  find(place: number): void {
    let count = 0;
    let sources = 0;
    for (const one of this.#alternatives) {
      const end = one.collect(place, this.rows, count);
      if (end > count) sources += 1;
      count = end;
    }
    this.count = sources > 1 ? distinct(this.rows, count) : count;
  }
}

/** Sorts the first `count` and leaves each once; answers how many are left. */
function distinct(rows: Int32Array, count: number): number {
  rows.subarray(0, count).sort((a, b) => a - b);
  let kept = 1;
  for (let i = 1; i < count; i++) {
    if (rows[i] !== rows[i - 1]) rows[kept++] = rows[i] as number;
  }
  return kept;
}
