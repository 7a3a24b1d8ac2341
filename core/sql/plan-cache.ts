/**
 * Plans made before, by what they depend on: the statement's key (its tree, the settings, the
 * parameters' types), the definitions, those of then that `AS OF` was bound with, and how many rows
 * the tables have, roughly.
 *
 * A replica that remembers a plan and one that makes it anew must come to the same rows in the same
 * order, so a plan must be a function of the state. The planner therefore sees row counts rounded
 * down to powers of four, and a plan is taken again only while each count that it asked for rounds
 * to the same.
 *
 * Each engine has a cache of its own. A hit and a miss give the same plan, but they do not read the
 * same records on the way, so what one engine reads must not depend on what another one planned.
 * (`plan-memo.ts` is shared, and reads the same either way.)
 *
 * Cost of a hit: one hash and one compare of the key, one look-up a table.
 */
import { mixBytes } from '../crypto/fasthash.ts';
import type { ObjectId } from './catalog/model.ts';
import type { BoundStatement } from './plan/plan.ts';
import type { Database } from './rows/database.ts';

const ENTRIES_MAX = 2048;
/** Plans of one key, for different numbers of rows and moments. */
const VARIANTS_MAX = 6;

export interface KnownPlan {
  readonly bound: BoundStatement;
  /** Of the catalogue. */
  readonly identity: object;
  /** Tables whose row counts the planner asked for, and what it was told. */
  readonly counts: readonly (readonly [table: ObjectId, count: number])[];
}

interface Entry {
  readonly key: Uint8Array;
  readonly identity: object;
  /** Newest first. */
  readonly variants: KnownPlan[];
}

export class PlanCache {
  /** By the hash of key and identity; of equal hashes the last one stays. In order of making. */
  readonly #entries: Map<number, Entry> = new Map();

  /** Definitions by number, of this cache alone: no other one's history may pick a hash. */
  readonly #serials: WeakMap<object, number> = new WeakMap();
  #serial = 0;

  /** `holds`: whether what `AS OF` asks for leads to the definitions that it was bound with. */
  find(
    key: Uint8Array,
    database: Database,
    holds: (bound: BoundStatement) => boolean,
  ): BoundStatement | null {
    const { identity } = database.state;
    const entry = this.#entries.get(mixBytes(this.#serialOf(identity), key, 0, key.length));
    if (entry === undefined || entry.identity !== identity || !sameBytes(entry.key, key)) {
      return null;
    }
    for (const { counts, bound } of entry.variants) {
      if (fits(counts, database) && holds(bound)) return bound;
    }
    return null;
  }

  keep(key: Uint8Array, plan: KnownPlan): void {
    const { identity } = plan;
    const hash = mixBytes(this.#serialOf(identity), key, 0, key.length);
    const known = this.#entries.get(hash);
    if (known !== undefined && known.identity === identity && sameBytes(known.key, key)) {
      known.variants.unshift(plan);
      if (known.variants.length > VARIANTS_MAX) known.variants.length = VARIANTS_MAX;
      return;
    }
    if (this.#entries.size >= ENTRIES_MAX) {
      this.#entries.delete(this.#entries.keys().next().value!);
    }
    this.#entries.set(hash, { key, identity, variants: [plan] });
  }

  #serialOf(identity: object): number {
    let number = this.#serials.get(identity);
    if (number === undefined) {
      this.#serial += 1;
      number = this.#serial;
      this.#serials.set(identity, number);
    }
    return number;
  }
}

function fits(counts: KnownPlan['counts'], database: Database): boolean {
  return counts.every(([table, count]) => roundCount(database.rowCount(table)) === count);
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
