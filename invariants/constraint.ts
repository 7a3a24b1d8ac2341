/**
 * Constraint: no committed state violates a declared constraint. Not null, keys and references are
 * judged by the tables' definitions in the catalogue, over the rows themselves; CHECKs, and what
 * generated columns hold, by the definitions that the model has kept. All expressions are read as
 * the model reads them.
 *
 * Looked at when the core has converged: whatever broke on the way is still broken then, or was
 * another wrong answer. Cost: a scan a table.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import { STEP_COMMIT } from '../core/observer.ts';
import type { ForeignKey, ObjectId, Table } from '../core/sql/catalog/model.ts';
import type { Value } from '../core/sql/types/type.ts';
import { alive } from '../vopr/kimberlite/sql/database.ts';
import { compareNullable } from '../vopr/kimberlite/sql/values.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import type { FinalTable } from './final-tables.ts';
import { RowReader, cellsOf } from './final-tables.ts';
import { sharedOf } from './shared.ts';
import type { Shared } from './shared.ts';

type Row = readonly Value[];

class ConstraintChecker implements Checker {
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
    const tables = this.shared.finalTables(this.world);
    for (const final of tables) {
      const rows = final.database.rows(final.table, final.table.indexes[0]!);
      this.world.evaluated(this.index);
      this.columns(final, rows);
      this.computed(final, rows);
      this.keys(final, rows);
      for (const constraint of final.table.constraints) {
        // What was there before a key that is NOT VALID may break it.
        const judged = constraint.kind === 'foreignKey' && constraint.notValid !== true;
        if (judged) this.references(final, rows, constraint, tables);
      }
    }
  }

  private columns(final: FinalTable, rows: readonly Row[]): void {
    final.table.columns.forEach((column, i) => {
      const missing = column.notNull && rows.some((row) => row[i] === null);
      if (missing) this.fail(final, `column ${column.name} holds a null`);
    });
  }

  /** What follows from the rest of a row, and what must be so. */
  private computed(final: FinalTable, rows: readonly Row[]): void {
    const { tenant, table } = final;
    const { model } = this.shared;
    const position = model.positionOf(tenant);
    const reader = new RowReader(table);
    const known = model.tablesOf(tenant).table(table.name, position);
    for (const { name, generated, ...lasting } of known.columns) {
      if (generated === null || !alive(lasting, position)) continue;
      const place = table.columns.findIndex((column) => column.name === name);
      const stale = rows.find((row) => {
        return compareNullable(reader.value(generated, row), cellsOf(row)[place]!) !== 0;
      });
      if (stale !== undefined) this.fail(final, `column ${name} of (${stale.join()}) is stale`);
    }
    for (const check of known.checks) {
      if (check.notValid || !alive(check, position)) continue;
      const bad = rows.find((row) => reader.value(check.value, row) === false);
      if (bad !== undefined) this.fail(final, `a CHECK refuses (${bad.join()})`);
    }
  }

  private keys(final: FinalTable, rows: readonly Row[]): void {
    const { table } = final;
    const reader = new RowReader(table);
    for (const index of table.indexes) {
      const isKey = index.unique || index.deferrable === true;
      if (!isKey || index.elements.length === 0) continue;
      const keys = rows
        .map((row) => reader.elements(index, table, row))
        .filter((key) => key !== null && !key.includes(null))
        .map((key) => JSON.stringify(key));
      if (new Set(keys).size < keys.length) this.fail(final, `${index.name} holds a key twice`);
    }
  }

  private references(
    final: FinalTable,
    rows: readonly Row[],
    key: ForeignKey,
    tables: readonly FinalTable[],
  ): void {
    const other = tables.find(({ tenant, table }) => {
      return tenant === final.tenant && table.id === key.table;
    });
    if (other === undefined) {
      this.fail(final, `${key.name} refers to a table that is not there`);
      return;
    }
    const there = placesOf(other.table, key.references);
    const known = new Set(
      other.database.rows(other.table, other.table.indexes[0]!).map((row) => keyOf(row, there)),
    );
    const places = placesOf(final.table, key.columns);
    for (const row of rows) {
      const value = keyOf(row, places);
      if (value !== null && !known.has(value))
        this.fail(final, `${key.name}: ${value} is not there`);
    }
  }

  private fail({ tenant, table }: FinalTable, what: string): void {
    this.world.violate(this.index, `table ${table.name} of tenant ${tenant}: ${what}`);
  }
}

function placesOf(table: Table, columns: readonly ObjectId[]): number[] {
  return columns.map((id) => table.columns.findIndex((column) => column.id === id));
}

/** Null when any part is. */
function keyOf(row: Row, places: readonly number[]): string | null {
  const parts = places.map((place) => row[place]!);
  return parts.some((part) => part === null)
    ? null
    : parts.map((part) => `${typeof part} ${String(part)}`).join();
}

export const constraint: Invariant = {
  name: 'constraint',
  holds: 'no committed state violates a declared constraint',
  watches: [STEP_COMMIT],
  create: (world, index) => new ConstraintChecker(world, index),
};
