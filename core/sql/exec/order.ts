/**
 * Orders of kept rows: comparisons by sort keys over columns, for sorts, windows and aggregates.
 *
 * A comparison is made when all rows are there, so that it knows which columns hold numbers. It is
 * negative when row a comes first; 0 for rows equal under all keys.
 */
import type { BoundSortKey } from '../plan/expression.ts';
import { compareFloats, compareFor } from '../types/compare.ts';
import { FLOAT4, FLOAT8 } from '../types/type.ts';
import type { ColumnBatch } from './batch.ts';
import { shapeOf, valueAt } from './column.ts';

export type RowOrder = (a: number, b: number) => number;

/** What of a sort key is not its value. */
export interface Direction {
  readonly type: number;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export function directionOf(key: BoundSortKey): Direction {
  return { type: key.value.type.id, descending: key.descending, nullsFirst: key.nullsFirst };
}

/** By the first key, then the second, and so on. */
export function rowOrder(
  columns: readonly ColumnBatch[],
  directions: readonly Direction[],
): RowOrder {
  const orders = directions.map((direction, i) =>
    columnOrder(columns[i] as ColumnBatch, direction),
  );
  if (orders.length === 1) return orders[0] as RowOrder;
  return (a, b) => {
    for (let i = 0; i < orders.length; i++) {
      const order = (orders[i] as RowOrder)(a, b);
      if (order !== 0) return order;
    }
    return 0;
  };
}

export function columnOrder(column: ColumnBatch, direction: Direction): RowOrder {
  const plain = plainOrder(column, direction);
  if (!column.hasNulls) return plain;
  const { nulls } = column;
  const nullOrder = direction.nullsFirst ? -1 : 1;
  return (a, b) => {
    const x = nulls[a] as number;
    const y = nulls[b] as number;
    if ((x | y) === 0) return plain(a, b);
    return x === y ? 0 : (x - y) * nullOrder;
  };
}

/** Of rows that are not null. */
function plainOrder(column: ColumnBatch, { type, descending }: Direction): RowOrder {
  const sign = descending ? -1 : 1;
  if (!column.isNumbers) {
    const compare = compareFor(type);
    const shape = shapeOf(type);
    return (a, b) => sign * compare(valueAt(column, shape, a), valueAt(column, shape, b));
  }
  const { numbers } = column;
  if (type === FLOAT4 || type === FLOAT8) {
    return (a, b) => sign * compareFloats(numbers[a] as number, numbers[b] as number);
  }
  return (a, b) => sign * ((numbers[a] as number) - (numbers[b] as number));
}
