/**
 * What indexes compute from rows: their expressions, then their predicates, index by index.
 */
import { bindOver } from '../bind/over.ts';
import type { Table } from '../catalog/model.ts';
import type { Bound } from '../plan/expression.ts';
import type { WriteContext } from './context.ts';
import { bindContext } from './context.ts';

export interface Computed {
  readonly bounds: readonly Bound[];
  /** For each index of the table, which of `bounds` is its first. */
  readonly firsts: readonly number[];
}

const known: WeakMap<Table, Computed> = new WeakMap();

export function computedBounds(table: Table, context: WriteContext): Computed {
  // Before the look-up: what is read must not depend on who asked for the same table earlier.
  const binding = bindContext(context);
  const found = known.get(table);
  if (found !== undefined) return found;
  const bounds: Bound[] = [];
  const firsts: number[] = [];
  for (const { elements, where } of table.indexes) {
    firsts.push(bounds.length);
    for (const { value } of elements) {
      if (value !== null) bounds.push(bindOver(value, table, binding, null, 'index expression'));
    }
    if (where !== null) bounds.push(bindOver(where, table, binding, null, 'index predicate'));
  }
  const computed = { bounds, firsts };
  known.set(table, computed);
  return computed;
}
