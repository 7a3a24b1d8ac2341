/**
 * Index-equals-scan: whatever way a table is read, by its rows or by any of its indexes, the same
 * rows come, and by an index in its order.
 *
 * Looked at when the core has converged. Cost: a scan an index.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import { STEP_COMMIT } from '../core/observer.ts';
import type { Index, Table } from '../core/sql/catalog/model.ts';
import type { Value } from '../core/sql/types/type.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { sharedOf } from './shared.ts';
import type { Shared } from './shared.ts';

class IndexEqualsScanChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  private readonly shared: Shared;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
    this.shared = sharedOf(world);
  }

  reset(): void {
    this.shared.reset();
  }

  step(_node: number, _kind: number, op: number, _b: number, _c: number, ref: unknown): void {
    this.shared.witness.commit(op, ref as Prepare);
    this.shared.model.commit(op, ref as Prepare);
  }

  converged(): void {
    for (const { tenant, table, database } of this.shared.finalTables(this.world)) {
      const rows = sorted(database.rows(table, table.indexes[0]!));
      for (const index of table.indexes.slice(1)) {
        if (index.where !== null) continue;
        this.world.evaluated(this.index);
        const found = database.rows(table, index);
        const what = `index ${index.name} of ${table.name} in tenant ${tenant}`;
        if (sorted(found) !== rows) {
          this.world.violate(this.index, `${what} gives other rows than the table`);
        } else if (!isOrdered(found, placesOf(table, index))) {
          this.world.violate(this.index, `${what} gives rows out of order`);
        }
      }
    }
  }
}

/** Ordinals of an index's columns; the workload has no expressions in indexes. */
function placesOf(table: Table, index: Index): number[] {
  return index.elements.map(({ column }) => table.columns.findIndex(({ id }) => id === column));
}

/** Ascending, nulls last, as the workload's indexes are. */
function isOrdered(rows: readonly (readonly Value[])[], places: readonly number[]): boolean {
  return rows.every((row, i) => i === 0 || compareRows(rows[i - 1]!, row, places) <= 0);
}

function compareRows(a: readonly Value[], b: readonly Value[], places: readonly number[]): number {
  for (const place of places) {
    const one = a[place]!;
    const other = b[place]!;
    if (one === other) continue;
    if (one === null || other === null) return one === null ? 1 : -1;
    return one < other ? -1 : 1;
  }
  return 0;
}

/** Values as text that tells any two apart. */
function sorted(rows: readonly (readonly Value[])[]): string {
  const lines = rows.map((row) => row.map((value) => `${typeof value} ${String(value)}`).join('|'));
  return lines.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).join('\n');
}

export const indexEqualsScan: Invariant = {
  name: 'index-equals-scan',
  holds: 'a table gives the same rows by each of its indexes',
  watches: [STEP_COMMIT],
  create: (world, index) => new IndexEqualsScanChecker(world, index),
};
