/**
 * The stage of two scenarios: one op, proposed in two views, written to one slot of r1.
 *
 *  1. r1, alone, proposes op n and makes it durable. r2 and r0 change to view 2 without it.
 *  2. r1 comes back, and the third is cut off: view 2 is its leader and r1.
 *  3. The leader proposes another n. r1 writes it over its own.
 */
import { STEP_OVERWRITE, STEP_PROPOSE, STEP_START_VIEW } from '../core/observer.ts';
import type { Controls } from '../vopr/sim/controls.ts';

/** Calls `rewriting(n, leader)` in the step in which r1 begins to overwrite its n. */
export function twoViewsOneSlot(
  world: Controls,
  rewriting: (n: number, leader: number) => void,
): void {
  let leader = -1;
  world.onStep({ kind: STEP_PROPOSE, node: 1, nth: 7 }, (_, n) => {
    world.isolate(1);
    const again = (op: number, held: number): boolean => op === n && held === n;
    world.onStep({ kind: STEP_OVERWRITE, node: 1, when: again }, () => rewriting(n, leader));
  });
  world.onStep({ kind: STEP_START_VIEW, when: (view) => view > 1 }, (node) => {
    leader = node;
    world.reconnect();
    world.isolate(2 - leader);
  });
}

/** r1 loses power and returns; the leader is away for a while; the third is back. */
export function leaveToR0(world: Controls, leader: number): void {
  world.powerCut(1, 5_000);
  world.crash(leader, 800_000);
  world.reconnect();
}
