/**
 * Plans made before, by what they depend on: the statement's key (its tree, the settings, the
 * parameters' types), the catalogue, and how many rows its tables have, roughly.
 *
 * A replica that remembers a plan and one that makes it anew must come to the same rows in the same
 * order, so a plan must be a function of the state. The planner therefore sees row counts rounded
 * down to powers of four, and a plan is taken again only while each count that it asked for rounds
 * to the same.
 *
 * Cost of a hit: one hash and one compare of the key, one look-up a table.
 */
import { mixBytes } from '../crypto/fasthash.ts';
import type { Catalog, ObjectId } from './catalog/model.ts';
import type { CatalogState } from './catalog/state.ts';
import type { BoundStatement } from './plan/plan.ts';
import type { Database } from './rows/database.ts';

const ENTRIES_MAX = 1024;

export interface KnownPlan {
  readonly bound: BoundStatement;
  readonly state: CatalogState;
  /** Tables whose row counts the planner asked for, and what it was told. */
  readonly counts: readonly (readonly [table: ObjectId, count: number])[];
}

interface Entry {
  readonly key: Uint8Array;
  readonly plan: KnownPlan;
}

export class PlanCache {
  /** By the key's hash; of equal hashes the last one stays. In order of use. */
  readonly #entries: Map<number, Entry> = new Map();

  find(key: Uint8Array, database: Database): KnownPlan | null {
    const hash = mixBytes(0, key, 0, key.length);
    const entry = this.#entries.get(hash);
    if (entry === undefined || !sameBytes(entry.key, key)) return null;
    const { plan } = entry;
    if (plan.state !== database.state) return null;
    for (const [table, count] of plan.counts) {
      if (roundCount(database.rowCount(table)) !== count) return null;
    }
    return plan;
  }

  keep(key: Uint8Array, plan: KnownPlan): void {
    const hash = mixBytes(0, key, 0, key.length);
    this.#entries.delete(hash);
    if (this.#entries.size >= ENTRIES_MAX) {
      this.#entries.delete(this.#entries.keys().next().value!);
    }
    this.#entries.set(hash, { key, plan });
  }
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

/** Down to a power of four; 0 and unknown (-1) stay. */
export function roundCount(count: number): number {
  if (count < 1) return count;
  let rounded = 1;
  while (rounded * 4 <= count) rounded *= 4;
  return rounded;
}

/** The catalogue as the planner sees it; `asked` gets what it was told. */
export function roundedCatalog(catalog: Catalog, asked: Map<ObjectId, number>): Catalog {
  return {
    version: catalog.version,
    relation: (schema, name) => catalog.relation(schema, name),
    relationById: (id) => catalog.relationById(id),
    hasSchema: (name) => catalog.hasSchema(name),
    relationNames: () => catalog.relationNames(),
    referringTo: (table) => catalog.referringTo(table),
    rowCount: (table) => {
      const count = roundCount(catalog.rowCount(table));
      asked.set(table, count);
      return count;
    },
  };
}
