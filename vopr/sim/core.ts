/**
 * The second half of a run: end the storm, heal a core, and demand that it converges.
 *
 * The core is drawn: at least a view-change quorum of voters, fully connected, restarted, clocks
 * corrected, no new fault inside it. Everything outside stays broken for ever, one way or another:
 * healing everything would hide livelocks. A core that does not converge in time fails the run,
 * unless one of a closed list of excuses is proven from pristine truth.
 */
import { NEVER } from '../../core/ports.ts';
import { PHASE_CORE, PHASE_STORM, PHASE_VERDICT } from './checker.ts';
import type { Excuse } from './checker.ts';
import { site } from './choose.ts';
import type { Cluster, Phases } from './cluster.ts';
import { EVENT_CONVERGED } from './events.ts';
import { CLIENT_PORT, LINK_CUT } from './links.ts';
import { fold } from './mix.ts';
import type { Place } from './place.ts';

const CORE_SIZE = site('core_size');
const CORE_MEMBERS = site('core_members');
const OUTSIDE_FATE = site('outside_fate');

const CHECK_MICROS = 20_000;
const RESTART_MICROS = 1_000;
const MEMBER_OPTIONS = 4096;

const OUTSIDE_DEAD = 0;
const OUTSIDE_ISOLATED = 1;
const OUTSIDE_SENDS_ONLY = 2;
const OUTSIDE_FATES = 4;

export class Core<M> implements Phases {
  readonly #cluster: Cluster<M>;
  readonly #excuses: readonly Excuse[];
  #deadline: number = NEVER;
  converged = false;
  /** Virtual time from healing to convergence, in microseconds. */
  convergeMicros = 0;
  #healedAt = 0;
  excused: string[] = [];
  /** False in a scenario whose core must stall; `perhaps` where progress is not promised. */
  promised: boolean | 'perhaps' = true;
  /** Runs a scenario's timed action. */
  action: ((index: number) => void) | null = null;

  constructor(cluster: Cluster<M>, excuses: readonly Excuse[]) {
    this.#cluster = cluster;
    this.#excuses = excuses;
  }

  reset(): void {
    this.#deadline = NEVER;
    this.converged = false;
    this.convergeMicros = 0;
    this.#healedAt = 0;
    this.excused = [];
    this.promised = true;
    this.action = null;
  }

  get done(): boolean {
    return this.#cluster.phase === PHASE_VERDICT;
  }

  clientIdle(): void {
    const cluster = this.#cluster;
    if (cluster.phase !== PHASE_STORM) return;
    for (const { client } of cluster.clients) if (!client.idle) return;
    this.stormEnds();
  }

  stormEnds(): void {
    if (this.#cluster.phase === PHASE_STORM) this.#heal();
  }

  script(index: number): void {
    if (this.action !== null) this.action(index);
  }

  /** EVENT_CONVERGED: asks once every few virtual milliseconds. */
  check(): void {
    const cluster = this.#cluster;
    if (cluster.phase !== PHASE_CORE) return;
    if (this.#agrees()) {
      if (this.promised === false)
        cluster.verdict.fail('promise', 'the core converged; it must stall');
      this.converged = true;
      this.convergeMicros = cluster.now - this.#healedAt;
      for (const checker of cluster.checkers) checker.converged?.();
      cluster.phase = PHASE_VERDICT;
    } else if (cluster.now >= this.#deadline) {
      this.#fail();
      cluster.phase = PHASE_VERDICT;
    } else this.#later();
  }

  #later(): void {
    const { scheduler } = this.#cluster;
    scheduler.push(scheduler.now + CHECK_MICROS, EVENT_CONVERGED, 0, 0, 0, null);
  }

  #heal(): void {
    const cluster = this.#cluster;
    cluster.phase = PHASE_CORE;
    cluster.core = this.#members();
    cluster.network.intercept = null;
    cluster.stepHook = null;
    cluster.forgery?.healed(cluster.core);
    cluster.sliceMicros = 0;
    const clients = ((1 << cluster.clients.length) - 1) << CLIENT_PORT;
    cluster.network.heal(cluster.core | clients);
    for (let i = 0; i < cluster.nodeCount; i++) {
      const place = cluster.places[i] as Place<M>;
      if ((cluster.core & (1 << i)) !== 0) this.#healPlace(place);
      else this.#abandon(place, cluster.core | clients);
    }
    for (const checker of cluster.checkers) checker.healed?.();
    for (const { client } of cluster.clients) client.drain();
    this.#healedAt = cluster.now;
    this.#deadline = cluster.now + cluster.configuration.core.convergeMicros;
    this.#later();
  }

  #healPlace(place: Place<M>): void {
    const cluster = this.#cluster;
    place.disk.heal();
    place.inputs.stop();
    place.clock.correct(cluster.now);
    place.looping = false;
    place.toursAtHeal = place.node?.inspect().scrubTours ?? 0;
    if (place.node === null) cluster.crashes.restartAfter(place, RESTART_MICROS);
    else if (place.pausedUntil > cluster.now) place.pausedUntil = cluster.now;
  }

  #abandon(place: Place<M>, inside: number): void {
    const cluster = this.#cluster;
    const { links } = cluster.network;
    const fate = cluster.choices.choose(OUTSIDE_FATE, place.index, 0, OUTSIDE_FATES);
    const outside = 1 << place.index;
    if (fate === OUTSIDE_DEAD) cluster.crashes.remove(place);
    else if (fate === OUTSIDE_ISOLATED) links.begin(-1, LINK_CUT, outside, inside, true);
    else if (fate === OUTSIDE_SENDS_ONLY) links.begin(-1, LINK_CUT, inside, outside, false);
    else links.begin(-1, LINK_CUT, outside, inside, false);
  }

  /** Bit set of the core: given, or drawn so that a view-change quorum of it kept its disk. */
  #members(): number {
    const cluster = this.#cluster;
    const { configuration, choices, replicaCount, viewChangeQuorum } = cluster;
    if (configuration.core.members !== 0) return configuration.core.members;
    const smaller = choices.choose(CORE_SIZE, 0, 0, replicaCount - viewChangeQuorum + 1);
    const order = choices.choose(CORE_MEMBERS, 0, 0, MEMBER_OPTIONS);
    let left = replicaCount - smaller;
    let quorum = viewChangeQuorum;
    let members = 0;
    // First the quorum, from disks that were never replaced; then whoever comes next.
    for (let round = 0; round < 2; round++) {
      for (const node of permutation(replicaCount, order)) {
        const place = cluster.places[node] as Place<M>;
        if (left === 0 || (members & (1 << node)) !== 0) continue;
        if (round === 0 && (place.lost || quorum === 0)) continue;
        members |= 1 << node;
        quorum -= 1;
        left -= 1;
      }
    }
    for (let node = replicaCount; node < cluster.nodeCount; node++) {
      if ((fold(order, node) & 1) === 0) members |= 1 << node;
    }
    return members;
  }

  #agrees(): boolean {
    const cluster = this.#cluster;
    for (const { client } of cluster.clients) if (!client.idle) return false;
    let commit = -1;
    let op = -1;
    let hashA = 0;
    let hashB = 0;
    for (let i = 0; i < cluster.replicaCount; i++) {
      if ((cluster.core & (1 << i)) === 0) continue;
      const place = cluster.places[i] as Place<M>;
      if (place.node === null) return false;
      const seen = place.node.inspect();
      // 1. The last answer is given; a single replica stops itself, and is opened again.
      // 2. Until it has made durable what it read, its log ends at its checkpoint.
      if (seen.opening || seen.syncing || seen.damaged > 0) return false;
      if (commit < 0) {
        commit = seen.commit;
        op = seen.op;
        hashA = seen.stateHashA;
        hashB = seen.stateHashB;
      }
      if (seen.commit !== commit || seen.op !== op) return false;
      if (seen.stateHashA !== hashA || seen.stateHashB !== hashB) return false;
      // Damage that the node has not noticed: give its scrubber one whole tour.
      if (place.disk.damage.standing() > 0 && seen.scrubTours <= place.toursAtHeal) return false;
    }
    return true;
  }

  #fail(): void {
    const cluster = this.#cluster;
    if (this.promised !== true) return;
    for (const excuse of this.#excuses) {
      if (excuse.proven(cluster)) this.excused.push(excuse.name);
    }
    if (this.excused.length === 0) {
      cluster.verdict.fail('convergence', this.#describe());
    }
  }

  /** What the core looks like instead, on one line. */
  #describe(): string {
    const cluster = this.#cluster;
    const parts: string[] = [];
    for (let i = 0; i < cluster.nodeCount; i++) {
      if ((cluster.core & (1 << i)) === 0) continue;
      const seen = cluster.inspect(i);
      const standing = cluster.disk(i).damagedSectors;
      parts.push(
        seen === null
          ? `n${i} down`
          : `n${i} status ${seen.status} view ${seen.view}/${seen.logView} op ${seen.op} ` +
              `commit ${seen.commit} checkpoint ${seen.checkpoint} damaged ${seen.damaged} ` +
              `tours ${seen.scrubTours} sectors ${standing}${seen.syncing ? ' syncing' : ''}`,
      );
    }
    const waiting = cluster.clients.filter(({ client }) => !client.idle).map(({ index }) => index);
    if (waiting.length > 0) parts.push(`clients ${waiting.join(',')} wait`);
    return parts.join('; ');
  }
}

/** The numbers below n in an order that depends on `seed`; 0 leaves them sorted. */
function permutation(n: number, seed: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < n; i++) out.push(i);
  for (let i = n - 1; i > 0 && seed !== 0; i--) {
    const j = (fold(seed, i) >>> 0) % (i + 1);
    const swap = out[i] as number;
    out[i] = out[j] as number;
    out[j] = swap;
  }
  return out;
}
