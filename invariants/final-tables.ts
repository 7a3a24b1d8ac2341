/**
 * The tables of a run as they stand at its end, read with the product's own scans from the state
 * that executing all requests again gives (which `state-equality` holds to be every replica's).
 * Made once a run, for all invariants that look; in one seed of four, if it has SQL in it.
 */
import { SystemTables } from '../core/sql/catalog/system.ts';
import { CatalogCache } from '../core/sql/catalog/load.ts';
import type { Index, Table } from '../core/sql/catalog/model.ts';
import type { Environment } from '../core/sql/environment.ts';
import { executeAll } from '../core/sql/exec/execute.ts';
import type { ScanPlan } from '../core/sql/plan/plan.ts';
import { Database } from '../core/sql/rows/database.ts';
import { Overlay } from '../core/sql/rows/overlay.ts';
import { DEFAULT_STYLE } from '../core/sql/types/style.ts';
import type { Value } from '../core/sql/types/type.ts';
import type { MemoryStore } from '../core/store/memory-store.ts';
import { assert } from '../core/types/assert.ts';
import type { World } from '../vopr/sim/checker.ts';
import type { Shared } from './shared.ts';
import type { Expression } from '../core/sql/tree/expression.ts';
import type { Cell, Scope } from '../vopr/kimberlite/sql/interpreter.ts';
import { evaluate } from '../vopr/kimberlite/sql/interpreter.ts';
import { UTC } from '../core/sql/types/zone.ts';

/** One seed in this many is looked at: it costs as much as one more replica. */
const LOOKED_OF = 4;
const MEMORY_BYTES_MAX = 1 << 24;

export interface FinalTable {
  readonly tenant: number;
  readonly table: Table;
  readonly database: FinalDatabase;
}

/** One tenant's tables at the end. */
class FinalDatabase {
  readonly database: Database;

  constructor(store: MemoryStore, tenant: number, position: number) {
    this.database = new Database({
      store,
      tenant,
      snapshot: position,
      position: position + 1,
      timestamp: Number.MAX_SAFE_INTEGER,
      overlay: new Overlay(store),
      cache: new CatalogCache(),
      path: ['public'],
      creationPath: [],
      reads: null,
      system: new SystemTables([]),
    });
  }

  /** All rows of a table, whole, in the order of an index. */
  rows(table: Table, index: Index): Value[][] {
    const plan: ScanPlan = {
      kind: 'scan',
      table,
      index,
      range: { equal: [], low: null, high: null },
      backward: false,
      moment: { kind: 'present' },
      columns: table.columns.map((_, i) => i),
      types: table.columns.map((column) => column.type),
      filter: null,
    };
    const context = {
      environment: ENVIRONMENT,
      source: this.database,
      memoryBytesMax: MEMORY_BYTES_MAX,
      write: null,
    };
    return executeAll(plan, context);
  }
}

function nothing(): never {
  assert(false, 'a scan without a filter asks for nothing');
}

const ENVIRONMENT: Environment = {
  now: 0,
  zone: UTC,
  style: DEFAULT_STYLE,
  user: 'vopr',
  database: 'vopr',
  schema: 'public',
  parameters: [],
  random32: nothing,
  setting: () => null,
  sequences: {
    next: nothing,
    current: nothing,
    last: nothing,
    set: nothing,
  },
  catalog: null,
};

/** Evaluates trees over rows of a table, by the model's reading of them. */
export class RowReader {
  private readonly scope: Scope;

  constructor(table: Table) {
    const columns = new Map(table.columns.map(({ name }, i) => [name, i]));
    this.scope = { name: table.name, columns, row: [] };
  }

  value(tree: Expression, row: readonly Value[]): Cell {
    this.scope.row = cellsOf(row);
    return evaluate(tree, [this.scope], []);
  }

  /** The elements of an index for a row; null: it is not among its rows. */
  elements(
    { elements, where }: Index,
    table: Table,
    row: readonly Value[],
  ): readonly Cell[] | null {
    if (where !== null && this.value(where, row) !== true) return null;
    return elements.map(({ column, value }) => {
      if (value !== null) return this.value(value, row);
      return cellsOf(row)[table.columns.findIndex(({ id }) => id === column)]!;
    });
  }
}

/** The workload has no types but those that the model knows. */
export function cellsOf(row: readonly Value[]): readonly Cell[] {
  return row as readonly Cell[];
}

/** Every table of every tenant after the last op that anybody committed. */
export function finalTables(world: World, shared: Shared): FinalTable[] {
  const { model } = shared;
  const out: FinalTable[] = [];
  if (!model.hasSql || world.seed % LOOKED_OF !== 0) return out;
  const store = shared.finalStore(world);
  for (let tenant = 1; tenant < world.limits.tenantsMax; tenant += 1) {
    const position = model.positionOf(tenant);
    if (position === 0) continue;
    const database = new FinalDatabase(store, tenant, position);
    for (const relation of database.database.state.relations()) {
      if (relation.kind === 'table') out.push({ tenant, table: relation, database });
    }
  }
  return out;
}
