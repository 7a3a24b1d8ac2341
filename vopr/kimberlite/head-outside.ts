/**
 * The excuse `head_outside_core`: too few voters of the core know where their own log ends.
 *
 * A voter whose journal was torn where an acknowledged entry may have stood abstains until the
 * primary of a view tells it (vsr.md): a vote of its might deny what it acknowledged. Where the
 * primary of the view is outside, and the others are too few to elect a new one, the core waits for
 * somebody outside: that is the protocol working, not failing. Certain only if all of these hold:
 *  1. of a voter of the core the platter, read by the core's own recovery, leaves the head
 *     uncertain, and its superblock is not in the middle of a view change (then the promised
 *     headers are the log, whatever was torn);
 *  2. the other voters of the core are fewer than a view-change quorum, not counting one whose disk
 *     was replaced and who has no vote yet;
 *  3. none of them is, in normal status, the primary of that voter's view or of a later one.
 *
 * Cost: one recovery of a small journal for each voter; only after a run has failed.
 */
import { checksum128 } from '../../core/crypto/blake3.ts';
import { STATUS_NORMAL, STATUS_RECOVERING } from '../../core/observer.ts';
import { openStorage } from '../../core/storage/open-storage.ts';
import { PlatterDisk } from '../../invariants/platter-disk.ts';
import type { Excuse, World } from '../sim/checker.ts';

const IGNORE = (): void => undefined;
const hash: { readonly checksum128: typeof checksum128 } = { checksum128 };
const CERTAIN = -1;

export const headOutsideCore: Excuse = {
  name: 'head_outside_core',
  because: 'a torn head may hide what was acknowledged, and only a node outside can tell',
  proven(world: World): boolean {
    let certain = 0;
    let waiting = -1;
    for (let node = 0; node < world.replicaCount; node += 1) {
      if (!world.inCore(node)) continue;
      const view = viewOfTornHead(world, node);
      if (view !== CERTAIN) waiting = Math.max(waiting, view);
      else if (!isVoteless(world, node)) certain += 1;
    }
    return waiting >= 0 && certain < world.viewChangeQuorum && !hasPrimary(world, waiting);
  },
};

/** The view in which a voter waits to be told its head; `CERTAIN` if it need not wait. */
function viewOfTornHead(world: World, node: number): number {
  const disk = new PlatterDisk(world.disk(node), world.limits.sectorBytes);
  const opened = openStorage(disk, world.limits, hash, { step: IGNORE });
  if (opened.kind === 'refused') return CERTAIN;
  const { view, logView } = opened.superblock.state;
  const waits = !opened.recovery.headCertain && view === logView && world.replicaCount > 1;
  return waits ? view : CERTAIN;
}

/** Whether its disk was replaced, and others have not proven yet that it is complete again. */
function isVoteless(world: World, node: number): boolean {
  return world.lost(node) && world.inspect(node)?.status === STATUS_RECOVERING;
}

/** Whether a voter of the core leads a view in which it could tell the others. */
function hasPrimary(world: World, least: number): boolean {
  for (let node = 0; node < world.replicaCount; node += 1) {
    const seen = world.inCore(node) ? world.inspect(node) : null;
    if (seen === null || seen.status !== STATUS_NORMAL || seen.view < least) continue;
    if (seen.view % world.replicaCount === node) return true;
  }
  return false;
}
