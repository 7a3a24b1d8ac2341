/**
 * Index-equals-scan: whatever way a table is read, by its rows or by any of its indexes, the same
 * rows come, by a partial index those for which its condition holds, and by an index in its order.
 *
 * Looked at when the core has converged. Cost: a scan an index.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import { STEP_COMMIT } from '../core/observer.ts';
import type { Value } from '../core/sql/types/type.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import type { Cell } from '../vopr/kimberlite/sql/interpreter.ts';
import { compareNullable } from '../vopr/kimberlite/sql/values.ts';
import { RowReader } from './final-tables.ts';
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
      const rows = database.rows(table, table.indexes[0]!);
      const reader = new RowReader(table);
      for (const index of table.indexes.slice(1)) {
        this.world.evaluated(this.index);
        const found = database.rows(table, index);
        const covered = rows.filter((row) => reader.elements(index, table, row) !== null);
        const what = `index ${index.name} of ${table.name} in tenant ${tenant}`;
        if (sorted(found) !== sorted(covered)) {
          this.world.violate(this.index, `${what} gives other rows than the table`);
        } else if (!isOrdered(found.map((row) => reader.elements(index, table, row)!))) {
          this.world.violate(this.index, `${what} gives rows out of order`);
        }
      }
    }
  }
}

/** Ascending, nulls last, as the workload's indexes are. */
function isOrdered(keys: readonly (readonly Cell[])[]): boolean {
  return keys.every((key, i) => i === 0 || compareKeys(keys[i - 1]!, key) <= 0);
}

function compareKeys(a: readonly Cell[], b: readonly Cell[]): number {
  for (const [i, one] of a.entries()) {
    const order = compareNullable(one, b[i]!);
    if (order !== 0) return order;
  }
  return 0;
}

/** Values as text that tells any two apart. */
function sorted(rows: readonly (readonly Value[])[]): string {
  const lines = rows.map((row) => JSON.stringify(row));
  return lines.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).join('\n');
}

export const indexEqualsScan: Invariant = {
  name: 'index-equals-scan',
  holds: 'a table gives the same rows by each of its indexes',
  watches: [STEP_COMMIT],
  create: (world, index) => new IndexEqualsScanChecker(world, index),
};
