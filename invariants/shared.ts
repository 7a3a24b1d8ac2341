/**
 * What several invariants of one simulator know in common: tables that each of them may feed, in
 * any order and as often as they like, because feeding the same step twice changes nothing. So an
 * invariant works alone (in its test) as it does among all others (in a run).
 */
import { Model } from '../vopr/kimberlite/model.ts';
import type { World } from '../vopr/sim/checker.ts';
import { Acks } from './acks.ts';
import { Decided } from './decided.ts';
import { Durables } from './durables.ts';
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

  constructor(world: World) {
    this.model = new Model(world.limits);
  }

  reset(): void {
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
