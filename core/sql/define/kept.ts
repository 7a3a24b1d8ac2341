/** Values of a table's columns over its earlier self: those that stay, by id. */
import type { Table } from '../catalog/model.ts';
import type { Bound } from '../plan/expression.ts';

/** Every column of `fresh` must be one of `old`, or be given by `others`. */
export function keptValues(
  old: Table,
  fresh: Table,
  others: ReadonlyMap<number, Bound> = new Map(),
): Bound[] {
  return fresh.columns.map(({ id, type }): Bound => {
    const given = others.get(id);
    if (given !== undefined) return given;
    const index = old.columns.findIndex((one) => one.id === id);
    return index < 0 ? { kind: 'constant', type, value: null } : { kind: 'column', type, index };
  });
}
