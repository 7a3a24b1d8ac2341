/**
 * The generic excuses: reasons why no cluster of any design could converge, provable without
 * knowing the system. A system adds its own (which entry's only copies lie where).
 */
import type { Excuse, World } from './checker.ts';

/** Members of the core that kept their disk are fewer than a view-change quorum. */
const replacedDisks: Excuse = {
  name: 'replaced_disks',
  because:
    'a replaced disk may not vote until others prove it complete, and too few of them are left',
  proven(world: World): boolean {
    let kept = 0;
    let replaced = 0;
    for (let node = 0; node < world.replicaCount; node++) {
      if (world.lost(node)) replaced += 1;
      else if (world.inCore(node)) kept += 1;
    }
    return replaced > 0 && kept < world.viewChangeQuorum;
  },
};

export const GENERIC_EXCUSES: readonly Excuse[] = [replacedDisks];
