/**
 * Window functions: sorts its input by partition and order, and computes all calls in one pass over
 * it, a batch at a time. Output is in that order.
 *
 * Everything the calls look at (keys, arguments, filters, frame offsets) is evaluated once for each
 * row on the way in and kept beside it.
 */
import type { Bound } from '../plan/expression.ts';
import type { BoundFrameBound, BoundWindowCall, WindowPlan } from '../plan/plan.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { makeBatch, makeColumns, put, restart, shapeOf } from './column.ts';
import type { Shape } from './column.ts';
import { KeyedStore } from './keyed-store.ts';
import { BATCH, DONE, MORE, account } from './operator.ts';
import type { Operator, Run, Scope, Step } from './operator.ts';
import { directionOf, rowOrder } from './order.ts';
import type { Direction, RowOrder } from './order.ts';
import { SORT_BYTES, makeSorter } from './sorter.ts';
import type { Sorter } from './sorter.ts';
import { windowAggregate } from './window/aggregate.ts';
import type { Work } from './window/aggregate.ts';
import { Frame } from './window/frame.ts';
import { windowFunction } from './window/function.ts';
import type { WindowCall } from './window/function.ts';
import { Partition, sameUnder } from './window/partition.ts';

/** Rows folded in a step before it ends, with fewer rows than a batch if need be. */
const WORK_MAX = 100_000;

/** Where the plan's expressions stand among the kept keys. */
interface Places {
  readonly keys: readonly Bound[];
  readonly order: number;
  readonly start: number;
  readonly end: number;
  readonly calls: readonly CallPlace[];
}

interface CallPlace {
  readonly arguments: readonly number[];
  readonly filter: number;
}

const NOWHERE = -1;

export class Window implements Operator {
  readonly output: Batch;
  readonly #plan: WindowPlan;
  readonly #input: Operator;
  readonly #run: Run;
  readonly #places: Places;
  readonly #rows: KeyedStore;
  readonly #directions: readonly Direction[];
  readonly #width: number;
  #loaded = false;
  #sort: Sorter | null = null;
  #sortBytes = 0;
  #partition: Partition | null = null;
  #frame: Frame | null = null;
  #calls: WindowCall[] = [];
  /** The partition stands on a row that is still to be computed. */
  #hasRow = false;
  readonly #work: Work = { done: 0 };

  constructor(plan: WindowPlan, input: Operator, scope: Scope) {
    this.#plan = plan;
    this.#input = input;
    this.#run = scope.run;
    this.#places = placesOf(plan);
    this.#rows = new KeyedStore(plan.input.types, this.#places.keys, scope);
    const partitions = plan.partitionBy.map((key) => ({
      type: key.type.id,
      descending: false,
      nullsFirst: false,
    }));
    this.#directions = [...partitions, ...plan.orderBy.map(directionOf)];
    this.#width = plan.input.types.length;
    this.output = makeBatch(makeColumns(plan.types, 0), BATCH_ROWS);
  }

  reset(): void {
    this.#input.reset();
    this.#rows.reset();
    this.#loaded = false;
    this.#sort = null;
    this.#partition = null;
    account(this.#run, -this.#sortBytes);
    this.#sortBytes = 0;
  }

  step(_want: number): Step {
    if (this.#partition !== null) return this.#emit(this.#partition, this.#frame as Frame);
    if (this.#sort !== null) {
      if (this.#sort.step()) this.#begin(this.#sort.rows);
      return MORE;
    }
    if (!this.#loaded) {
      const step = this.#input.step(BATCH_ROWS);
      if (step === DONE) {
        const { rows } = this.#rows.store;
        const keys = this.#rows.keys.slice(0, this.#directions.length);
        this.#sort = makeSorter(rows, keys, this.#directions);
        this.#sortBytes = rows * SORT_BYTES;
        account(this.#run, this.#sortBytes);
      }
      if (step !== BATCH) return MORE;
      this.#loaded = true;
    }
    this.#rows.append(this.#input.output);
    this.#loaded = false;
    return MORE;
  }

  /** By the keys from one place to before another. */
  #orderOf(from: number, to: number): RowOrder {
    return rowOrder(this.#rows.keys.slice(from, to), this.#directions.slice(from, to));
  }

  #begin(sorted: Int32Array): void {
    const { order, start, end, calls } = this.#places;
    const last = this.#directions.length;
    const keys = this.#rows.keys;
    const same = sameUnder(order === 0 ? null : this.#orderOf(0, order));
    const partition = new Partition(
      sorted,
      same,
      sameUnder(order === last ? null : this.#orderOf(order, last)),
    );
    const direction = this.#directions[order];
    const column = keys[order];
    const frame = new Frame(
      this.#plan.frame,
      partition,
      { start: keys[start] ?? null, end: keys[end] ?? null },
      direction === undefined || column === undefined ? null : { column, direction },
      this.#run.environment,
    );
    this.#calls = this.#plan.calls.map((call, i) =>
      this.#callOf(call, calls[i] as CallPlace, keys, partition, frame),
    );
    this.#frame = frame;
    this.#partition = partition;
    this.#hasRow = partition.advance();
  }

  #callOf(
    { call }: BoundWindowCall,
    place: CallPlace,
    keys: readonly ColumnBatch[],
    partition: Partition,
    frame: Frame,
  ): WindowCall {
    const bounds = call.kind === 'window' ? call.arguments : call.aggregate.arguments;
    const given = {
      columns: place.arguments.map((at) => keys[at] as ColumnBatch),
      shapes: bounds.map((bound) => shapeOf(bound.type.id)),
    };
    if (call.kind === 'window') return windowFunction(call.function.name, given, partition, frame);
    const filter = keys[place.filter] ?? null;
    const aggregate = { function: call.aggregate.function, given, filter };
    return windowAggregate(aggregate, partition, frame, this.#run.environment, this.#work);
  }

  #emit(partition: Partition, frame: Frame): Step {
    const { output } = this;
    const from = partition.place;
    const shapes = this.#plan.calls.map(({ type }) => shapeOf(type.id));
    for (const [i, shape] of shapes.entries()) {
      restart(output.columns[this.#width + i] as ColumnBatch, shape, BATCH_ROWS);
    }
    this.#work.done = 0;
    let count = 0;
    while (this.#hasRow && count < BATCH_ROWS && this.#work.done < WORK_MAX) {
      frame.compute();
      for (let i = 0; i < this.#calls.length; i++) {
        const value = (this.#calls[i] as WindowCall)();
        const column = output.columns[this.#width + i] as ColumnBatch;
        put(column, shapes[i] as Shape, count, value);
      }
      count++;
      this.#hasRow = partition.advance();
    }
    if (count === 0) return DONE;
    const ids = partition.rows.subarray(from, from + count);
    this.#rows.store.read(output, ids, count, this.#width);
    return BATCH;
  }
}

/** Lists every expression that is evaluated for each row, and where it will stand. */
function placesOf(plan: WindowPlan): Places {
  const keys: Bound[] = [...plan.partitionBy, ...plan.orderBy.map((key) => key.value)];
  const add = (bound: Bound | null): number => (bound === null ? NOWHERE : keys.push(bound) - 1);
  const placeOf = (bound: BoundFrameBound): number =>
    bound.kind === 'preceding' || bound.kind === 'following' ? add(bound.offset) : NOWHERE;
  const start = placeOf(plan.frame.start);
  const end = placeOf(plan.frame.end);
  const calls = plan.calls.map(({ call }) =>
    call.kind === 'window'
      ? { arguments: call.arguments.map(add), filter: NOWHERE }
      : { arguments: call.aggregate.arguments.map(add), filter: add(call.aggregate.filter) },
  );
  return { keys, order: plan.partitionBy.length, start, end, calls };
}
