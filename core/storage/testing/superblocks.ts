/** Superblock states for tests. */
import { ZERO128, make128 } from '../../types/hash128.ts';
import type { SuperblockState } from '../../vsr/interfaces.ts';
import { MEMBER_VOTER } from '../../vsr/interfaces.ts';
import { CLUSTER } from './prepares.ts';

/** A state that differs from others by its view, and by what `changes` says. */
export function stateOf(view: number, changes: Partial<SuperblockState> = {}): SuperblockState {
  return {
    cluster: CLUSTER,
    shard: 0,
    replica: 1,
    replicaCount: 3,
    standbyCount: 0,
    epoch: 0,
    release: 1,
    view,
    logView: view,
    asked: 0,
    viewHeaders: [],
    member: MEMBER_VOTER,
    recoveryNonce: ZERO128,
    checkpoint: { op: 0, head: make128(9, 9, 9, 9), timestamp: 5, rootPage: 7, root: ZERO128 },
    syncTarget: null,
    ...changes,
  };
}
