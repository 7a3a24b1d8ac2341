/**
 * Useful-when-degraded: with three or more replicas and one backup dead, the others go on at nearly
 * the same pace: mean commit latency stays within three times that of the healthy cluster.
 *
 * Judged in runs in which exactly this went wrong and nothing else, the weather excepted, so mostly
 * in the scenario made for it. Latency is from the proposal to the first commit, in virtual time.
 * Cost: one array write a proposal, one addition a commit.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import { STEP_COMMIT, STEP_PROPOSE, STEP_STATUS } from '../core/observer.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { PHASE_STORM } from '../vopr/sim/checker.ts';
import type { FaultName } from '../vopr/sim/faults.ts';
import { FAULTS } from '../vopr/sim/faults.ts';

const FACTOR = 3;
/** Fewer commits than these before or after say nothing. */
const COMMITS_MIN = 8;
const REPLICAS_MIN = 3;
/** What may be delivered: the death itself, and the weather. */
const ALLOWED: readonly FaultName[] = ['delay', 'reorder', 'crash', 'power_cut'];

class UsefulWhenDegradedChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  private readonly proposedAt: number[] = [];
  private head: number = 0;
  private view: number = 0;
  private deaths: number = 0;
  private primaryDied: boolean = false;
  private readonly commits: number[] = [0, 0];
  private readonly micros: number[] = [0, 0];

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
  }

  reset(): void {
    this.head = 0;
    this.view = 0;
    this.deaths = 0;
    this.primaryDied = false;
    this.commits.fill(0);
    this.micros.fill(0);
  }

  step(_node: number, kind: number, op: number, view: number, _c: number, ref: unknown): void {
    if (kind === STEP_STATUS) {
      if (view > this.view) this.view = view;
      return;
    }
    if (this.world.phase !== PHASE_STORM) return;
    if (kind === STEP_PROPOSE) {
      if ((ref as Prepare).header.view === view) this.proposedAt[op] = this.world.now;
      return;
    }
    if (op <= this.head) return;
    this.head = op;
    // What was proposed before the death and committed after it belongs to neither part.
    const part = this.deaths === 0 ? 0 : 1;
    if (part === 1 && this.proposedAt[op]! < this.diedAt) return;
    this.commits[part]! += 1;
    this.micros[part]! += this.world.now - this.proposedAt[op]!;
  }

  private diedAt: number = 0;

  crashed(node: number): void {
    if (this.world.phase !== PHASE_STORM) return;
    this.deaths += 1;
    this.diedAt = this.world.now;
    if (node >= this.world.replicaCount || node === this.view % this.world.replicaCount) {
      this.primaryDied = true;
    }
  }

  opened(): void {
    // A restart ends the situation: two deaths are never judged.
    if (this.deaths > 0 && this.world.phase === PHASE_STORM) this.deaths += 1;
  }

  healed(): void {
    this.judge();
  }

  finish(): void {
    this.judge();
  }

  private judge(): void {
    const deaths = this.deaths;
    this.deaths = 0;
    if (deaths !== 1 || this.primaryDied || this.world.replicaCount < REPLICAS_MIN) return;
    const [healthy, degraded] = [this.commits[0]!, this.commits[1]!];
    if (healthy < COMMITS_MIN || degraded < COMMITS_MIN || this.otherwiseFaulty()) return;
    this.world.evaluated(this.index);
    const before = this.micros[0]! / healthy;
    const after = this.micros[1]! / degraded;
    if (after <= FACTOR * before) return;
    this.world.violate(
      this.index,
      `commits took ${Math.round(after)} µs with one backup dead, ${Math.round(before)} µs before`,
    );
  }

  private otherwiseFaulty(): boolean {
    for (const { name } of FAULTS) {
      if (!ALLOWED.includes(name) && this.world.delivered(name) > 0) return true;
    }
    return false;
  }
}

export const usefulWhenDegraded: Invariant = {
  name: 'useful-when-degraded',
  holds:
    'with three or more replicas and one backup dead, commit latency stays within three times ' +
    'the healthy baseline',
  watches: [STEP_STATUS, STEP_PROPOSE, STEP_COMMIT],
  create: (world, index) => new UsefulWhenDegradedChecker(world, index),
};
