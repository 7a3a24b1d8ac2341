/** The pure window functions, row by row. */
import { unsupported, SqlError } from '../../error.ts';
import type { Value } from '../../types/type.ts';
import { valueAt } from '../column.ts';
import type { Shape } from '../column.ts';
import type { Frame } from './frame.ts';
import type { Partition, StoredColumns } from './partition.ts';

/** A call's value for the current row. */
export type WindowCall = () => Value;

/** The call's arguments, evaluated for every row. */
export interface WindowArguments {
  readonly columns: StoredColumns;
  readonly shapes: readonly Shape[];
}

export function windowFunction(
  name: string,
  given: WindowArguments,
  partition: Partition,
  frame: Frame,
): WindowCall {
  switch (name) {
    case 'row_number':
      return () => partition.place - partition.start + 1;
    case 'rank':
      return () => partition.peerStart - partition.start + 1;
    case 'dense_rank':
      return () => partition.peerGroup + 1;
    case 'percent_rank':
      return () => percentRank(partition);
    case 'cume_dist':
      return () => (partition.peerEnd - partition.start) / (partition.end - partition.start);
    case 'ntile':
      return ntile(given, partition);
    case 'lag':
      return shifted(-1, given, partition);
    case 'lead':
      return shifted(1, given, partition);
    case 'first_value':
      return () => valueOf(given, 0, partition, placeAt(frame, 0));
    case 'last_value':
      return () => valueOf(given, 0, partition, lastPlace(frame));
    case 'nth_value':
      return nthValue(given, partition, frame);
    default:
      throw unsupported(`window function ${name}`, -1);
  }
}

function percentRank({ start, end, peerStart }: Partition): number {
  const others = end - start - 1;
  return others === 0 ? 0 : (peerStart - start) / others;
}

/** The argument's value at a place; null for place -1. */
function valueOf(
  { columns, shapes }: WindowArguments,
  argument: number,
  partition: Partition,
  place: number,
): Value {
  const column = columns[argument];
  if (place < 0 || column === undefined) return null;
  return valueAt(column, shapes[argument] as Shape, partition.rows[place] as number);
}

/** The number of tiles is that of the partition's first row. */
function ntile(given: WindowArguments, partition: Partition): WindowCall {
  return () => {
    const { start, end, place } = partition;
    const tiles = valueOf(given, 0, partition, start);
    if (tiles === null) return null;
    const count = Number(tiles as number);
    if (count <= 0) {
      throw new SqlError('22014', 'argument of ntile must be greater than zero');
    }
    const rows = end - start;
    const size = Math.floor(rows / count);
    const larger = rows % count;
    const at = place - start;
    // The first `larger` tiles have a row more.
    const boundary = larger * (size + 1);
    if (at < boundary) return Math.floor(at / (size + 1)) + 1;
    return larger + Math.floor((at - boundary) / size) + 1;
  };
}

function shifted(direction: number, given: WindowArguments, partition: Partition): WindowCall {
  return () => {
    const { place, start, end } = partition;
    const by = given.columns.length > 1 ? valueOf(given, 1, partition, place) : 1;
    if (by === null) return null;
    const target = place + direction * Number(by as number);
    if (target >= start && target < end) return valueOf(given, 0, partition, target);
    return given.columns.length > 2 ? valueOf(given, 2, partition, place) : null;
  };
}

function nthValue(given: WindowArguments, partition: Partition, frame: Frame): WindowCall {
  return () => {
    const n = valueOf(given, 1, partition, partition.place);
    if (n === null) return null;
    const count = Number(n as number);
    if (count <= 0) {
      throw new SqlError('22016', 'argument of nth_value must be greater than zero');
    }
    return valueOf(given, 0, partition, placeAt(frame, count - 1));
  };
}

/** The frame's row number `n`, from 0 on; -1 when it has fewer. */
function placeAt({ from, to, stretches }: Frame, n: number): number {
  let left = n;
  for (let i = 0; i < stretches; i++) {
    const first = from[i] as number;
    const length = (to[i] as number) - first;
    if (left < length) return first + left;
    left -= length;
  }
  return -1;
}

function lastPlace({ to, stretches }: Frame): number {
  return stretches === 0 ? -1 : (to[stretches - 1] as number) - 1;
}
