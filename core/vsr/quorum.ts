/**
 * Quorums of one to six replicas: how many must speak before a replica may act on what they said.
 *
 * Flexible: replication, which every op pays for, is cheap; a view change, which is rare, is dear.
 * Pure tables, asserted when this module loads: a wrong number here loses data silently, so it must
 * not even start. Cost of a look-up: one array index.
 *
 *   replicas      1  2  3  4  5  6
 *   replication   1  2  2  2  3  3    acknowledgements (own included) that commit an op
 *   view change   1  2  2  3  3  4    start_view_change, or do_view_change, that decide
 *   nack          1  1  2  3  3  4    "no acknowledgement of mine counts" that truncate an op
 *
 * Why each relation must hold (R replicas):
 *  1. replication + view change > R. A new primary reads the logs of a view-change quorum; it must
 *     meet at least one member that acknowledged each committed op.
 *  2. replication + nack > R. A committed op was acknowledged by a replication quorum in one view,
 *     and nobody of it ever nacks. A nack quorum leaves too few others: the op cannot have been
 *     committed.
 *  3. 2 * view change > R. Two view changes share a member. It persisted the higher view before it
 *     spoke, so of two concurrent changes the lower one cannot finish unseen.
 *  4. nack <= view change. If all who take part in a view change deny an op, that must be enough to
 *     truncate it, or a log with an unreplicated tail would wait for replicas that are down.
 *  5. replication <= view change. While views can change, ops can commit.
 *
 * The nack quorum is the smallest that (2) allows, R - replication + 1. Only at R = 2 is it below
 * the view-change quorum, which there is raised to both replicas by (3): one denial proves that the
 * op lacks one of the two acknowledgements it needed. The view-change quorum is the smallest that
 * (1) and (3) allow.
 */
import { assert } from '../types/assert.ts';

export const QUORUM_REPLICAS_MAX = 6;

export interface Quorums {
  readonly replicas: number;
  /** Acknowledgements, the primary's own included, that commit an op. */
  readonly replication: number;
  /** Replicas, oneself included, whose word starts or decides a view change. */
  readonly viewChange: number;
  /** Denials, one's own included, that prove an op uncommitted. */
  readonly nack: number;
}

// Indexed by replica count; 0 is no cluster.
const REPLICATION: readonly number[] = [0, 1, 2, 2, 2, 3, 3];
const VIEW_CHANGE: readonly number[] = [0, 1, 2, 2, 3, 3, 4];
const NACK: readonly number[] = [0, 1, 1, 2, 3, 3, 4];

const TABLE: readonly Quorums[] = buildTable();

/** The quorums of a cluster of `replicas` voters (1–6; standbys do not count). */
export function quorums(replicas: number): Quorums {
  assert(replicas >= 1 && replicas <= QUORUM_REPLICAS_MAX, 'quorums: 1 to 6 replicas');
  const found = TABLE[replicas];
  assert(found !== undefined, 'quorums: an integer number of replicas');
  return found;
}

/** Throws unless the five relations of the header hold. */
export function assertQuorums(q: Quorums): void {
  assert(q.replication >= 1 && q.viewChange >= 1 && q.nack >= 1, 'a quorum is never empty');
  assert(q.viewChange <= q.replicas, 'a view change must be possible');
  assert(q.replication + q.viewChange > q.replicas, 'a view change meets every committed op');
  assert(q.replication + q.nack > q.replicas, 'a nack quorum excludes a commit');
  assert(2 * q.viewChange > q.replicas, 'two view changes share a member');
  assert(q.nack <= q.viewChange, 'a unanimous view change can truncate');
  assert(q.replication <= q.viewChange, 'who can change views can commit');
}

/** The replica that is the primary of `view`. */
export function primaryOf(view: number, replicas: number): number {
  assert(view >= 0 && replicas >= 1, 'primaryOf: a view of a cluster');
  return view % replicas;
}

/** Number of replicas in a set whose bit i stands for replica i. */
export function countReplicas(set: number): number {
  let left = set;
  let count = 0;
  // Clears the lowest bit each time: as many turns as members.
  for (; left !== 0; left &= left - 1) count += 1;
  return count;
}

/** The table as text: for the docs, and for whoever asks why a cluster waits. */
export function printQuorums(): string {
  return [
    row('replicas', (q) => q.replicas),
    row('replication', (q) => q.replication),
    row('view change', (q) => q.viewChange),
    row('nack', (q) => q.nack),
  ].join('\n');
}

function row(name: string, pick: (q: Quorums) => number): string {
  const cells = TABLE.slice(1).map((q) => String(pick(q)).padStart(3));
  return name.padEnd(11) + cells.join('');
}

function buildTable(): Quorums[] {
  const table: Quorums[] = [];
  for (let replicas = 0; replicas <= QUORUM_REPLICAS_MAX; replicas += 1) {
    const q: Quorums = Object.freeze({
      replicas,
      replication: REPLICATION[replicas]!,
      viewChange: VIEW_CHANGE[replicas]!,
      nack: NACK[replicas]!,
    });
    if (replicas > 0) assertQuorums(q);
    table.push(q);
  }
  return table;
}
