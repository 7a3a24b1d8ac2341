/**
 * Quorum sizes for one to six replicas, as `vsr.md` settles them. Deliberately not imported from
 * the core: the simulator judges by its own table, so that a wrong one in the core shows.
 */
import { assert } from '../../core/types/assert.ts';

const REPLICATION = [0, 1, 2, 2, 2, 3, 3];
const VIEW_CHANGE = [0, 1, 2, 2, 3, 3, 4];

/** Replicas that must hold an entry durably before it is committed. */
export function replicationQuorum(replicaCount: number): number {
  assert(replicaCount >= 1 && replicaCount <= 6, 'one to six replicas');
  return REPLICATION[replicaCount] as number;
}

/** Replicas that must take part in a view change; intersects every replication quorum. */
export function viewChangeQuorum(replicaCount: number): number {
  assert(replicaCount >= 1 && replicaCount <= 6, 'one to six replicas');
  return VIEW_CHANGE[replicaCount] as number;
}
