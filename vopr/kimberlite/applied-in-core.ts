/**
 * What the healed core can know to be committed: the excuses must not count on more.
 */
import type { World } from '../sim/checker.ts';

/**
 * The highest op that a member of the core has applied. What was committed above it, but applied by
 * nobody there, proves nothing to the core: who lacks an entry may be just who would have to
 * acknowledge it again.
 */
export function appliedInCore(world: World): number {
  let applied = 0;
  for (let node = 0; node < world.replicaCount; node += 1) {
    if (world.inCore(node)) applied = Math.max(applied, world.inspect(node)?.commit ?? 0);
  }
  return applied;
}
