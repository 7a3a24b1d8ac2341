/**
 * Window frames: which rows of the partition belong to the current row's frame.
 *
 * A frame is at most three stretches of places: what comes before the excluded rows, the current
 * row itself (EXCLUDE TIES), and what comes after them.
 */
import type { Environment } from '../../environment.ts';
import { SqlError } from '../../error.ts';
import { rangeTest } from '../../functions/in-range.ts';
import type { BoundFrame, BoundFrameBound } from '../../plan/plan.ts';
import type { TypeId, Value } from '../../types/type.ts';
import type { ColumnBatch } from '../batch.ts';
import { shapeOf, valueAt } from '../column.ts';
import type { Direction } from '../order.ts';
import type { Partition } from './partition.ts';

/** What RANGE with an offset compares: the one order key. */
export interface RangeKey {
  readonly column: ColumnBatch;
  readonly direction: Direction;
}

/** Columns of the bounds' offsets in the store; null where there are none. */
interface OffsetColumns {
  readonly start: ColumnBatch | null;
  readonly end: ColumnBatch | null;
}

export class Frame {
  /** Stretches of places, each from `from[i]` to before `to[i]`. */
  readonly from: Int32Array = new Int32Array(3);
  readonly to: Int32Array = new Int32Array(3);
  stretches = 0;
  readonly #partition: Partition;
  readonly #exclude: BoundFrame['exclude'];
  readonly #start: (partition: Partition) => number;
  readonly #end: (partition: Partition) => number;

  constructor(
    frame: BoundFrame,
    partition: Partition,
    columns: OffsetColumns,
    key: RangeKey | null,
    environment: Environment,
  ) {
    this.#partition = partition;
    this.#exclude = frame.exclude;
    const groups = frame.unit === 'groups' ? new Groups() : null;
    const make = (bound: BoundFrameBound, isEnd: boolean): ((p: Partition) => number) =>
      placeOf(
        frame.unit,
        bound,
        isEnd,
        isEnd ? columns.end : columns.start,
        key,
        groups,
        environment,
      );
    this.#start = make(frame.start, false);
    this.#end = make(frame.end, true);
  }

  /** Finds the current row's frame. */
  compute(): void {
    const partition = this.#partition;
    const start = Math.max(partition.start, Math.min(this.#start(partition), partition.end));
    const end = Math.max(start, Math.min(this.#end(partition), partition.end));
    this.stretches = 0;
    const { place, peerStart, peerEnd } = partition;
    switch (this.#exclude) {
      case 'none':
        return this.#add(start, end);
      case 'current':
        this.#add(start, Math.min(end, place));
        return this.#add(Math.max(start, place + 1), end);
      case 'group':
      case 'ties':
        this.#add(start, Math.min(end, peerStart));
        if (this.#exclude === 'ties' && start <= place && place < end) this.#add(place, place + 1);
        this.#add(Math.max(start, peerEnd), end);
    }
  }

  #add(from: number, to: number): void {
    if (from >= to) return;
    this.from[this.stretches] = from;
    this.to[this.stretches++] = to;
  }
}

/** How a bound becomes a place: the first one in the frame, or the first one after it. */
function placeOf(
  unit: BoundFrame['unit'],
  bound: BoundFrameBound,
  isEnd: boolean,
  offsets: ColumnBatch | null,
  key: RangeKey | null,
  groups: Groups | null,
  environment: Environment,
): (partition: Partition) => number {
  if (!('offset' in bound)) {
    if (bound.kind === 'unboundedPreceding') return (partition) => partition.start;
    if (bound.kind === 'unboundedFollowing') return (partition) => partition.end;
    if (unit === 'rows') return ({ place }) => (isEnd ? place + 1 : place);
    return ({ peerStart, peerEnd }) => (isEnd ? peerEnd : peerStart);
  }
  const column = offsets as ColumnBatch;
  const sign = bound.kind === 'preceding' ? -1 : 1;
  if (unit === 'range') return rangePlace(bound, isEnd, column, key as RangeKey, environment);
  const read = offsetReader(column, bound.offset.type.id, isEnd);
  if (unit === 'rows') {
    return (partition) => {
      const { place, rows } = partition;
      return place + sign * read(rows[place] as number) + (isEnd ? 1 : 0);
    };
  }
  return (partition) => {
    const { place, rows } = partition;
    const offset = sign * read(rows[place] as number);
    return (groups as Groups).startOf(partition, partition.peerGroup + offset + (isEnd ? 1 : 0));
  };
}

function offsetReader(column: ColumnBatch, type: TypeId, isEnd: boolean): (row: number) => number {
  const shape = shapeOf(type);
  const which = isEnd ? 'ending' : 'starting';
  return (row) => {
    const value = valueAt(column, shape, row);
    if (value === null) throw new SqlError('22004', `frame ${which} offset must not be null`);
    const offset = Number(value as number | bigint);
    if (offset < 0) throw new SqlError('22013', `frame ${which} offset must not be negative`);
    return offset;
  };
}

/** Starts of the partition's groups of peers, found as far as anyone has asked. */
class Groups {
  #number = -1;
  #starts: number[] = [];
  #end = 0;

  startOf(partition: Partition, group: number): number {
    if (this.#number !== partition.number) {
      this.#number = partition.number;
      this.#starts = [];
      this.#end = partition.start;
    }
    if (group < 0) return partition.start;
    while (this.#starts.length <= group && this.#end < partition.end) {
      this.#starts.push(this.#end);
      this.#end = partition.endOfPeers(this.#end);
    }
    return this.#starts[group] ?? partition.end;
  }
}

/**
 * RANGE with an offset: the first row at or after the limit, or the first one after it. Limits grow
 * with the rows, so the place only moves forward. The limit of a null key is that of its peers.
 */
function rangePlace(
  bound: Extract<BoundFrameBound, { offset: unknown }>,
  isEnd: boolean,
  offsets: ColumnBatch,
  { column, direction }: RangeKey,
  environment: Environment,
): (partition: Partition) => number {
  const { type, descending, nullsFirst } = direction;
  const shape = shapeOf(type);
  const inRange = rangeTest(type);
  const minus = (bound.kind === 'preceding') !== descending;
  const less = isEnd !== descending;
  const read = rangeOffset(offsets, bound.offset.type.id, isEnd);
  let number = -1;
  let place = 0;
  /** Whether the row comes before the frame's edge. */
  const isBefore = (row: number, base: Value, offset: Value): boolean => {
    const value = valueAt(column, shape, row);
    if (value === null) return nullsFirst;
    return inRange(environment, value, base, offset, minus, less) === isEnd;
  };
  return (partition) => {
    const row = partition.rows[partition.place] as number;
    const offset = read(row);
    if (number !== partition.number) {
      number = partition.number;
      place = partition.start;
    }
    const base = valueAt(column, shape, row);
    if (base === null) return isEnd ? partition.peerEnd : partition.peerStart;
    while (place < partition.end && isBefore(partition.rows[place] as number, base, offset)) {
      place++;
    }
    return place;
  };
}

function rangeOffset(column: ColumnBatch, type: TypeId, isEnd: boolean): (row: number) => Value {
  const shape = shapeOf(type);
  const which = isEnd ? 'ending' : 'starting';
  return (row) => {
    const value = valueAt(column, shape, row);
    if (value === null) throw new SqlError('22004', `frame ${which} offset must not be null`);
    return value;
  };
}
