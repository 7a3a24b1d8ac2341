/**
 * Why a healed core of ours may be unable to converge, proven from the platters' pristine truth and
 * from what was injected; a closed list. Called only when convergence failed.
 *
 * `unit_outside_core`: see `unit-outside.ts`; `head_outside_core`: see `head-outside.ts`.
 *
 * `entry_outside_core`: an entry that may be committed has no intact copy on any voter of the core.
 * It must neither be dropped nor made up, so the core waits for someone outside: that is the
 * protocol working, not failing. Certain only if all of these hold:
 *  1. the entry lies above every checkpoint that the core can prove to be on a quorum, from what
 *     its members have applied or from their own checkpoints, so no state sync may jump it;
 *  2. it is the committed entry of its op, or the only one ever proposed at an op beyond the log's
 *     known end;
 *  3. it is committed, or a voter of the core acknowledged it, so it is not simply unknown there;
 *  4. it is committed, or fewer voters of the core than a nack quorum never acknowledged it, so it
 *     cannot be denied;
 *  5. no voter of the core holds its prepare durably and undamaged;
 *  6. a voter of the core has not applied it.
 */
import type { Prepare } from '../../core/codec/prepare.ts';
import { HELD_PREPARE, heldIntact } from '../../invariants/platter.ts';
import type { Shared } from '../../invariants/shared.ts';
import { sharedOf } from '../../invariants/shared.ts';
import type { Excuse, World } from '../sim/checker.ts';
import { appliedInCore } from './applied-in-core.ts';
import { headOutsideCore } from './head-outside.ts';
import { unitOutsideCore } from './unit-outside.ts';

const entryOutsideCore: Excuse = {
  name: 'entry_outside_core',
  because: 'an entry that may be committed has its only intact copies outside the core',
  proven(world: World): boolean {
    const shared = sharedOf(world);
    const { witness, proposals } = shared;
    for (let op = provenCheckpoint(world, shared) + 1; op <= proposals.head; op += 1) {
      const committed = witness.at(op);
      if (committed !== null) {
        if (isOutside(world, shared, committed, true)) return true;
      } else if (
        proposals.count(op) === 1 &&
        isOutside(world, shared, proposals.at(op, 0), false)
      ) {
        return true;
      }
    }
    return false;
  },
};

/** The newest checkpoint that the core can prove to be on a replication quorum. */
function provenCheckpoint(world: World, shared: Shared): number {
  const { journalSlots, pipelineMax, checkpointInterval } = world.limits;
  const floor = appliedInCore(world) - journalSlots + pipelineMax;
  let proven = floor <= 0 ? 0 : Math.ceil(floor / checkpointInterval) * checkpointInterval;
  for (let node = 0; node < world.replicaCount; node += 1) {
    if (!world.inCore(node)) continue;
    const checkpoint = shared.durables.checkpoint[node]!;
    let holders = 0;
    for (let other = 0; other < world.replicaCount; other += 1) {
      if (world.inCore(other) && shared.durables.checkpoint[other]! >= checkpoint) holders += 1;
    }
    if (holders >= world.replicationQuorum && checkpoint > proven) proven = checkpoint;
  }
  return proven;
}

function isOutside(world: World, shared: Shared, prepare: Prepare, committed: boolean): boolean {
  const { op, checksum } = prepare.header;
  const nackQuorum = world.replicaCount - world.replicationQuorum + 1;
  let acknowledged = 0;
  let mayDeny = 0;
  let lacks = false;
  for (let node = 0; node < world.replicaCount; node += 1) {
    if (!world.inCore(node)) continue;
    if (heldIntact(world.disk(node), world.limits, prepare)) return false;
    const seen = world.inspect(node);
    if (seen === null || seen.commit < op) lacks = true;
    if (shared.acks.proves(node, op, checksum, HELD_PREPARE)) acknowledged += 1;
    else mayDeny += 1;
  }
  return lacks && (committed || (acknowledged > 0 && mayDeny < nackQuorum));
}

export const KIMBERLITE_EXCUSES: readonly Excuse[] = [
  entryOutsideCore,
  headOutsideCore,
  unitOutsideCore,
];
