/**
 * The atlas: who may be damaged where, so that injected damage always leaves the cluster
 * repairable.
 *
 * A unit (a journal slot, a log record, a page: whatever the system's locator says is one thing on
 * all replicas) may be damaged on at most replication-quorum − 1 replicas, none at a single
 * replica, and of its redundant halves only one. Who and which is a hash of (seed, unit), fixed for
 * the whole run: damage that was repaired never comes back elsewhere while another replica still
 * relies on it. A replica whose disk is replaced counts as damaged in every unit.
 */
import { assert } from '../../core/types/assert.ts';
import { fold, scale } from './mix.ts';
import { replicationQuorum } from './quorums.ts';

export class Atlas {
  #seed = 0;
  #replicas = 0;
  #allowance = 0;
  /** The replica whose disk is to be replaced, or -1. */
  #replaced = -1;

  reset(seed: number, replicaCount: number, replaced: number): void {
    assert(replaced < replicaCount, 'only a voter stands in for a lost disk here');
    this.#seed = fold(seed | 0, 0x41544c53);
    this.#replicas = replicaCount;
    this.#replaced = replaced;
    this.#allowance = replicationQuorum(replicaCount) - 1;
  }

  /**
   * Whether `node` may be damaged in this half of this unit: one half, always the same one, of each
   * unit. Standbys count for no quorum, so all of theirs may be damaged, half by half.
   */
  allows(node: number, unit: number, half: number): boolean {
    if (unit < 0 || this.#allowance === 0) return false;
    if ((fold(fold(this.#seed, unit), 64 + node) & 1) !== half) return false;
    return node >= this.#replicas || this.#rank(node, unit) < this.#allowance;
  }

  /** Position of `node` in the unit's own order of the replicas; the first ones may be damaged. */
  #rank(node: number, unit: number): number {
    if (node === this.#replaced) return 0;
    const start = scale(fold(this.#seed, unit), this.#replicas);
    let rank = this.#replaced >= 0 ? 1 : 0;
    for (let i = 0; i < this.#replicas; i++) {
      const other = (start + i) % this.#replicas;
      if (other === node) return rank;
      if (other !== this.#replaced) rank += 1;
    }
    return rank;
  }
}
