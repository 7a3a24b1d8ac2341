/**
 * The stage of two scenarios: one op, proposed in two views, written to one slot of r0.
 *
 *  1. r0, alone, proposes op n and makes it durable. r1 and r2 change to view 1 without it.
 *  2. r0 comes back, and the third is cut off: view 1 is its leader and r0.
 *  3. The leader proposes another n. r0 writes it over its own.
 */
import { STEP_OVERWRITE, STEP_PROPOSE, STEP_START_VIEW } from '../core/observer.ts';
import type { Controls } from '../vopr/sim/controls.ts';

/** Calls `rewriting(n, leader)` in the step in which r0 begins to overwrite its n. */
export function twoViewsOneSlot(
  world: Controls,
  rewriting: (n: number, leader: number) => void,
): void {
  let leader = -1;
  world.onStep({ kind: STEP_PROPOSE, node: 0, nth: 7 }, (_, n) => {
    world.isolate(0);
    const again = (op: number, held: number): boolean => op === n && held === n;
    world.onStep({ kind: STEP_OVERWRITE, node: 0, when: again }, () => rewriting(n, leader));
  });
  world.onStep({ kind: STEP_START_VIEW, when: (view) => view > 0 }, (node) => {
    leader = node;
    world.reconnect();
    world.isolate(3 - leader);
  });
}

/** r0 loses power and returns; the leader is away for a while; the third is back. */
export function leaveToR0(world: Controls, leader: number): void {
  world.powerCut(0, 5_000);
  world.crash(leader, 800_000);
  world.reconnect();
}
