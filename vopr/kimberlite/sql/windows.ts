/** Window functions of the workload: count(*) over a partition, and row_number() in an order. */
import type { CallNode, Expression } from '../../../core/sql/tree/expression.ts';
import { assert } from '../../../core/types/assert.ts';
import type { Cell } from './interpreter.ts';
import { compareNullable, identity } from './values.ts';

/** By target, then by row; a target that is no window function has none. */
export function windowValues(
  targets: readonly Expression[],
  rows: number,
  valueAt: (row: number, node: Expression) => Cell,
): readonly (readonly Cell[] | null)[] {
  return targets.map((target) =>
    target.kind === 'call' && target.over !== null ? valuesOf(target, rows, valueAt) : null,
  );
}

function valuesOf(
  { name, over }: CallNode,
  rows: number,
  valueAt: (row: number, node: Expression) => Cell,
): readonly Cell[] {
  const { partitionBy, orderBy } = over!;
  const partitions: Map<string, number[]> = new Map();
  for (let row = 0; row < rows; row += 1) {
    const key = JSON.stringify(partitionBy.map((node) => identity(valueAt(row, node))));
    partitions.set(key, [...(partitions.get(key) ?? []), row]);
  }
  const values: Cell[] = Array.from({ length: rows }, () => null);
  for (const members of partitions.values()) {
    const keys = new Map(
      members.map((row) => [row, orderBy.map(({ value }) => valueAt(row, value))]),
    );
    const ordered = members.toSorted((a, b) => compareAll(keys.get(a)!, keys.get(b)!));
    ordered.forEach((row, i) => {
      assert(name === 'row_number' || orderBy.length === 0, 'whole partitions are counted');
      values[row] = name === 'row_number' ? i + 1 : members.length;
    });
  }
  return values;
}

/** No two rows of the workload's windows are alike. */
function compareAll(a: readonly Cell[], b: readonly Cell[]): number {
  for (let i = 0; i < a.length; i += 1) {
    const order = compareNullable(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return 0;
}
