/** Results as rows of values: for tests, for the engine, for whoever wants no columns. */
import type { SqlType, Value } from '../types/type.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { shapeOf, valueAt } from './column.ts';

/** The rows of a batch that are alive, in order. */
export function rowsOf(batch: Batch, types: readonly SqlType[]): Value[][] {
  const shapes = types.map((type) => shapeOf(type.id));
  const rows: Value[][] = [];
  for (let k = 0; k < batch.count; k++) {
    const row = batch.selection[k] as number;
    rows.push(shapes.map((shape, i) => valueAt(batch.columns[i] as ColumnBatch, shape, row)));
  }
  return rows;
}
