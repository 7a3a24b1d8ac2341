/**
 * What each node was, moment by moment: its inspection, and what its place in the world adds (down,
 * paused, syncs under way, damage on its disk). A state is kept only where it differs from the one
 * before.
 */
import type { Cluster } from '../sim/cluster.ts';
import { hex32 } from '../sim/mix.ts';
import type { NodeInspection } from '../sim/sim-node.ts';
import type { NodeState, Tape } from './tape.ts';

export class NodeLog {
  readonly #tape: Tape;
  readonly #cluster: Cluster<unknown>;
  /** Bit set of nodes that something happened to in this moment. */
  #touched = 0;
  #stopped = 0;
  /** For each node, the hash of the prepare that it held at each op, as far as steps told. */
  readonly #chains: Map<number, string>[] = [];
  /** Syncs under way on each disk, and the disk's power generation that they belong to. */
  readonly #syncs: number[] = [];
  readonly #powers: number[] = [];

  constructor(tape: Tape, cluster: Cluster<unknown>) {
    this.#tape = tape;
    this.#cluster = cluster;
    for (let node = 0; node < tape.nodeCount; node++) {
      this.#chains.push(new Map());
      this.#syncs.push(0);
      this.#powers.push(0);
    }
  }

  touch(node: number): void {
    this.#touched |= 1 << node;
  }

  touchAll(): void {
    this.#touched = -1;
  }

  syncBegan(node: number, power: number): void {
    if (this.#powers[node] !== power) {
      this.#powers[node] = power;
      this.#syncs[node] = 0;
    }
    this.#syncs[node] = (this.#syncs[node] ?? 0) + 1;
    this.touch(node);
  }

  synced(node: number, power: number): void {
    if (this.#powers[node] === power) this.#syncs[node] = (this.#syncs[node] ?? 1) - 1;
  }

  opened(node: number): void {
    this.#stopped &= ~(1 << node);
    this.touch(node);
  }

  stopped(node: number): void {
    this.#stopped |= 1 << node;
  }

  step(node: number, kind: number, a: number, b: number, ref: unknown): void {
    this.touch(node);
    const head = this.#tape.bed.words.head(kind, a, b, ref);
    if (head !== null) this.#chains[node]?.set(a, head);
  }

  /** Keeps the states that changed in this moment. */
  note(moment: number): void {
    for (let node = 0; node < this.#tape.nodeCount; node++) {
      if ((this.#touched & (1 << node)) === 0) continue;
      const states = this.#tape.states[node] as NodeState[];
      const last = states.at(-1);
      const next = this.#look(node, moment, last);
      if (last === undefined || differs(last, next)) states.push(next);
    }
    this.#touched = 0;
  }

  #look(node: number, moment: number, last: NodeState | undefined): NodeState {
    const place = this.#cluster.places[node];
    if (place === undefined) throw new RangeError(`no place ${node}`);
    const seen = place.node?.inspect() ?? null;
    const { disk, pausedUntil, incarnation, lost } = place;
    return {
      ...(seen === null ? (last ?? NOTHING) : insideOf(seen)),
      moment,
      up: seen !== null,
      stopped: seen === null && (this.#stopped & (1 << node)) !== 0,
      pausedUntil: pausedUntil > this.#cluster.now ? pausedUntil : 0,
      incarnation,
      inCore: this.#cluster.inCore(node),
      lost,
      damagedSectors: this.#cluster.disk(node).damagedSectors,
      pendingSyncs: disk.power === this.#powers[node] ? (this.#syncs[node] ?? 0) : 0,
      chain: seen === null ? '' : (this.#chains[node]?.get(seen.commit) ?? ''),
    };
  }
}

type Inside = Omit<
  NodeState,
  'moment' | 'up' | 'stopped' | 'pausedUntil' | 'incarnation' | 'inCore'
>;

/** Of a node that never ran. */
const NOTHING: Inside = {
  lost: false,
  status: 0,
  view: 0,
  logView: 0,
  commit: 0,
  op: 0,
  checkpoint: 0,
  stateHash: '',
  damagedUnits: 0,
  syncing: false,
  scrubTours: 0,
  damagedSectors: 0,
  pendingSyncs: 0,
  chain: '',
};

function insideOf(seen: NodeInspection): Inside {
  const { status, view, logView, commit, op, checkpoint, syncing, scrubTours } = seen;
  return {
    ...NOTHING,
    status,
    view,
    logView,
    commit,
    op,
    checkpoint,
    syncing,
    scrubTours,
    stateHash: hex32(seen.stateHashA) + hex32(seen.stateHashB),
    damagedUnits: seen.damaged,
  };
}

const FIELDS = Object.keys(NOTHING) as (keyof Inside)[];

function differs(a: NodeState, b: NodeState): boolean {
  if (a.up !== b.up || a.stopped !== b.stopped || a.pausedUntil !== b.pausedUntil) return true;
  if (a.incarnation !== b.incarnation || a.inCore !== b.inCore) return true;
  return FIELDS.some((name) => a[name] !== b[name]);
}
