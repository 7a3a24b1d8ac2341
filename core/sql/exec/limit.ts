/**
 * LIMIT and OFFSET. Asks its input for no more rows than it needs, and does not ask again.
 *
 * WITH TIES goes on while rows equal the last one under the sort's keys.
 */
import { NO_ROWS, roomFor } from './expression/selection.ts';
import { SqlError } from '../error.ts';
import type { Bound } from '../plan/expression.ts';
import type { LimitPlan } from '../plan/plan.ts';
import { identityFor } from '../types/compare.ts';
import type { Identity } from '../types/compare.ts';
import type { Value } from '../types/type.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { makeBatch, valueAt } from './column.ts';
import { makeCompiler } from './expression/compile.ts';
import type { Compiled, Compiler } from './expression/compiled.ts';
import { Once } from './once.ts';
import { BATCH, DONE, MORE } from './operator.ts';
import type { Operator, Scope, Step } from './operator.ts';

export class Limit implements Operator {
  readonly output: Batch = makeBatch([], 0);
  readonly #input: Operator;
  readonly #plan: LimitPlan;
  readonly #bounds: Once;
  readonly #ties: Ties | null;
  #kept: Int32Array = NO_ROWS;
  #begun = false;
  #skip = 0;
  #left = 0;
  #loaded = false;

  constructor(plan: LimitPlan, input: Operator, scope: Scope) {
    this.#plan = plan;
    this.#input = input;
    const bounds = [plan.count, plan.offset].filter((bound) => bound !== null);
    this.#bounds = new Once(bounds, scope);
    this.#ties =
      plan.tieKeys === null
        ? null
        : new Ties(
            plan.tieKeys.map((key) => key.value),
            scope,
          );
  }

  reset(): void {
    this.#input.reset();
    this.#bounds.reset();
    this.#ties?.reset();
    this.#begun = false;
    this.#loaded = false;
  }

  step(want: number): Step {
    if (!this.#begun) this.#begin();
    if (this.#left <= 0 && !this.#tying()) return DONE;
    if (!this.#loaded) {
      const wanted = this.#left <= 0 ? BATCH_ROWS : Math.min(want, this.#left) + this.#skip;
      const step = this.#input.step(wanted);
      if (step !== BATCH) return step;
      this.#loaded = true;
    }
    const input = this.#input.output;
    if (this.#ties !== null) this.#ties.load(input);
    const skipped = Math.min(this.#skip, input.count);
    const taken = Math.min(this.#left, input.count - skipped);
    const tied = this.#countTied(input, skipped + taken, taken);
    this.#emit(input, skipped, taken + tied);
    this.#skip -= skipped;
    this.#left -= taken;
    this.#loaded = false;
    return this.output.count > 0 ? BATCH : MORE;
  }

  /** The count is used up, but rows equal to the last one still belong to it. */
  #tying(): boolean {
    return this.#ties !== null && this.#ties.open;
  }

  #countTied(input: Batch, from: number, taken: number): number {
    if (this.#ties === null || this.#left > taken) return 0;
    if (taken > 0) this.#ties.remember(input, from - 1);
    let tied = 0;
    while (from + tied < input.count && this.#ties.isTied(input, from + tied)) tied++;
    if (from + tied < input.count) this.#ties.open = false;
    return tied;
  }

  #emit(input: Batch, from: number, count: number): void {
    const { output } = this;
    this.#kept = roomFor(this.#kept, count);
    for (let k = 0; k < count; k++) this.#kept[k] = input.selection[from + k] as number;
    output.rows = input.rows;
    output.capacity = input.capacity;
    output.columns = input.columns;
    output.selection = this.#kept;
    output.count = count;
  }

  #begin(): void {
    const values = this.#bounds.values();
    const count = this.#plan.count === null ? null : (values[0] as Value);
    if (this.#ties !== null && this.#plan.count !== null && count === null) {
      const message = 'row count cannot be null in FETCH FIRST ... WITH TIES clause';
      throw new SqlError('2201W', message);
    }
    const offset = this.#plan.offset === null ? null : (values.at(-1) as Value);
    this.#left = bound(count, Infinity, '2201W', 'LIMIT must not be negative');
    this.#skip = bound(offset, 0, '2201X', 'OFFSET must not be negative');
    this.#begun = true;
    if (this.#ties !== null) this.#ties.open = false;
  }
}

function bound(value: Value, absent: number, code: string, message: string): number {
  if (value === null) return absent;
  if ((value as number | bigint) < 0) throw new SqlError(code, message);
  return Number(value);
}

/** The last row's keys, to compare the next rows with. */
class Ties {
  open = false;
  readonly #compiler: Compiler;
  readonly #parts: readonly Compiled[];
  readonly #toKeys: readonly Identity[];
  #columns: ColumnBatch[] = [];
  #last: Value[] = [];

  constructor(keys: readonly Bound[], scope: Scope) {
    this.#compiler = makeCompiler(scope);
    this.#parts = keys.map(this.#compiler.compile);
    this.#toKeys = keys.map((key) => identityFor(key.type.id));
  }

  reset(): void {
    this.open = false;
    for (const query of this.#compiler.queries) query.reset();
  }

  load(batch: Batch): void {
    this.#columns = this.#parts.map((part) => part.evaluate(batch, batch.selection, batch.count));
    this.#compiler.attempt++;
  }

  remember(batch: Batch, k: number): void {
    this.open = true;
    this.#last = this.#keysOf(batch, k);
  }

  isTied(batch: Batch, k: number): boolean {
    if (!this.open) return false;
    const keys = this.#keysOf(batch, k);
    // Map's own equality: NaN equals NaN, 0 equals -0.
    return keys.every(
      (key, i) => key === this.#last[i] || (key !== key && this.#last[i] !== this.#last[i]),
    );
  }

  #keysOf(batch: Batch, k: number): Value[] {
    const row = batch.selection[k] as number;
    return this.#parts.map(({ shape }, i) => {
      const value = valueAt(this.#columns[i] as ColumnBatch, shape, row);
      return value === null ? null : (this.#toKeys[i] as Identity)(value);
    });
  }
}
