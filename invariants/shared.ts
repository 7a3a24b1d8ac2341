/**
 * What several invariants of one simulator know in common: tables that each of them may feed, in
 * any order and as often as they like, because feeding the same step twice changes nothing. So an
 * invariant works alone (in its test) as it does among all others (in a run).
 */
import type { Prepare } from '../core/codec/prepare.ts';
import { reexecute } from '../core/kernel/rebuild.ts';
import type { MemoryStore } from '../core/store/memory-store.ts';
import { Model } from '../vopr/kimberlite/model.ts';
import type { World } from '../vopr/sim/checker.ts';
import { Acks } from './acks.ts';
import { Decided } from './decided.ts';
import { Durables } from './durables.ts';
import type { FinalTable } from './final-tables.ts';
import { finalTables } from './final-tables.ts';
import { Proposals } from './proposals.ts';
import { Slots } from './slots.ts';
import { Witness } from './witness.ts';

export class Shared {
  readonly witness: Witness = new Witness();
  readonly proposals: Proposals = new Proposals();
  readonly durables: Durables = new Durables();
  readonly acks: Acks = new Acks(this.proposals, this.durables);
  readonly slots: Slots = new Slots();
  readonly decided: Decided = new Decided(this.proposals);

  readonly model: Model;
  private tables: readonly FinalTable[] = [];
  private tablesAt: number = -1;
  private store: MemoryStore | null = null;
  private storeAt: number = -1;

  constructor(world: World) {
    this.model = new Model(world.limits);
  }

  /** Tables as they stand at the end of the run; made at the first call after the last commit. */
  finalTables(world: World): readonly FinalTable[] {
    if (this.tablesAt !== this.witness.head) {
      this.tables = finalTables(world, this);
      this.tablesAt = this.witness.head;
    }
    return this.tables;
  }

  /** The state after all that was committed, executed once more; made at the first call. */
  finalStore(world: World): MemoryStore {
    const { head } = this.witness;
    if (this.store === null || this.storeAt !== head) {
      const prepares: Prepare[] = [];
      for (let op = 1; op <= head; op += 1) prepares.push(this.witness.at(op)!);
      this.store = reexecute(prepares, world.limits);
      this.storeAt = head;
    }
    return this.store;
  }

  reset(): void {
    this.store = null;
    this.tablesAt = -1;
    this.tables = [];
    this.model.reset();
    this.witness.reset();
    this.proposals.reset();
    this.durables.reset();
    this.acks.reset();
    this.slots.reset();
    this.decided.reset();
  }
}

const table: WeakMap<World, Shared> = new WeakMap();

/** The tables of this simulator; made at the first call. */
export function sharedOf(world: World): Shared {
  let shared = table.get(world);
  if (shared === undefined) {
    shared = new Shared(world);
    table.set(world, shared);
  }
  return shared;
}
