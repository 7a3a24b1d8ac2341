/** Waiting for turns of the event loop. */
import type { StateReader } from '../../core/node.ts';
import type { CallEnd } from './limit.ts';

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Waits while a large entry becomes state. It does so in slices, between which the event loop
 * turns; what stands in the store then is neither the state before nor the one after. Throws when
 * the call must end: the node may have, with the entry half in.
 */
export async function settled(state: StateReader, limit: CallEnd): Promise<void> {
  while (state.installing) {
    await nextTurn();
    limit.check();
  }
}
