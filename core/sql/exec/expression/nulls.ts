/** Null masks: the union of two columns', as strict operations need it. */
import type { ColumnBatch } from '../batch.ts';

/** Makes null in `out` (freshly restarted) what is null in `x` or in `y`. */
export function mergeNulls(
  out: ColumnBatch,
  x: ColumnBatch,
  y: ColumnBatch,
  selection: Int32Array,
  count: number,
): void {
  if (!x.hasNulls && !y.hasNulls) return;
  const a = x.nulls;
  const b = y.nulls;
  const { nulls } = out;
  let any = 0;
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    const isNull = (a[row] as number) | (b[row] as number);
    nulls[row] = isNull;
    any |= isNull;
  }
  out.hasNulls = any !== 0;
}
