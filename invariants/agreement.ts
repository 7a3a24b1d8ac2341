/**
 * Agreement: the first commit of an op fixes its entry for ever. Every later commit of that op, by
 * whichever replica, in whichever view and after whatever restart, is compared with it.
 *
 * Cost: one array index a commit; the checksums are compared only when the objects differ.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import { STEP_COMMIT } from '../core/observer.ts';
import { hex128 } from '../core/types/hash128.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { sharedOf } from './shared.ts';
import type { Witness } from './witness.ts';
import { WITNESS_DIFFERS, WITNESS_SAME } from './witness.ts';

class AgreementChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  private readonly witness: Witness;
  /** Ops this checker has seen committed: a first commit has nothing to be compared with. */
  private seen: number = 0;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
    this.witness = sharedOf(world).witness;
  }

  reset(): void {
    this.witness.reset();
    this.seen = 0;
  }

  step(node: number, _kind: number, op: number, view: number, _c: number, ref: unknown): void {
    const prepare = ref as Prepare;
    const found = this.witness.commit(op, prepare);
    if (op > this.seen) {
      this.seen = op;
      return;
    }
    if (found !== WITNESS_SAME && found !== WITNESS_DIFFERS) return;
    this.world.evaluated(this.index);
    if (found === WITNESS_SAME) return;
    const first = this.witness.at(op)!;
    this.world.violate(
      this.index,
      `op ${op}: r${node} committed ${hex128(prepare.header.checksum)} in view ${view}, ` +
        `but ${hex128(first.header.checksum)} was committed before`,
    );
  }
}

export const agreement: Invariant = {
  name: 'agreement',
  holds: 'no two replicas ever commit different entries at one op, in any view',
  suspendedBy: ['traitor'],
  watches: [STEP_COMMIT],
  create: (world, index) => new AgreementChecker(world, index),
};
