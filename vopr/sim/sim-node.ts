/**
 * The only thing the simulator knows of what it tests. `vopr/sim` is generic over a *system*: a
 * kind of node, its messages, and its clients. Ours is `vopr/kimberlite`; a user may bring their
 * own.
 */
import type { Limits } from '../../core/limits.ts';
import type { Address, Disk, Network, NodeInputs, Observer } from '../../core/ports.ts';
import type { Hash128 } from '../../core/types/hash128.ts';

/** What is fixed about one place in the cluster, whoever sits there after a restart. */
export interface Seat {
  readonly index: number;
  readonly cluster: Hash128;
  readonly replicaCount: number;
  readonly standbyCount: number;
  readonly limits: Limits;
  /** Build release that the node believes itself to be. */
  readonly release: number;
}

/** Integers about a message; called on every send, so they must not allocate. */
export interface MessageTraits<M> {
  /** Names of the kinds, indexed by `kind`. */
  readonly kindNames: readonly string[];
  kind(message: M): number;
  /** What it is about, stable under unrelated changes: a hash of op and view, say. */
  subject(message: M): number;
  /** Size in bytes as it would be encoded: decides "small passes, large fails". */
  bytes(message: M): number;
  encode(message: M, cluster: Hash128): Uint8Array;
  /** What a node with these limits gets of the bytes; `null` when it refuses them. */
  decode(bytes: Uint8Array, cluster: Hash128, limits: Limits): M | null;
}

/** What the world gives a node at open. */
export interface NodeHost<M> {
  readonly disk: Disk;
  readonly network: Network<M>;
  readonly observer: Observer;
  /** Deterministic random bytes, for this node in this incarnation. */
  random(out: Uint8Array): void;
}

export interface SimNode<M> extends Omit<NodeInputs<M>, 'flush'> {
  /** Ends a batch of inputs: most are one input long. */
  flush?(): void;
  /** A cheap 32-bit digest of the state, folded into the run's digest after every input. */
  fingerprint(): number;
  /** Why the node stopped itself, or null while it runs. A stopped node gets no more inputs. */
  readonly stopped: string | null;
  /** What convergence and the checkers compare; cheap. The object may be reused by the node. */
  inspect(): NodeInspection;
}

export interface NodeInspection {
  status: number;
  view: number;
  logView: number;
  /** Highest op applied. */
  commit: number;
  op: number;
  checkpoint: number;
  stateHashA: number;
  stateHashB: number;
  /** Damaged or missing units that the node knows of and has not repaired. */
  damaged: number;
  syncing: boolean;
  /** Part of the entry after `commit` is state already: the hash is of neither. */
  installing: boolean;
  /** It has been opened and has not begun to take part: `op` and `commit` are not its last word. */
  opening: boolean;
  /** Completed scrub tours since open. */
  scrubTours: number;
}

/** A client of the system: it issues operations, retries them and records what happened. */
export interface SimClient<M> {
  receive(monotonic: number, from: Address, message: M): void;
  wake(monotonic: number): void;
  deadline(): number;
  fingerprint(): number;
  /** Operations answered so far: the run's `commits` counts its writes. */
  readonly answered: number;
  /** Nothing outstanding and nothing left to issue. */
  readonly idle: boolean;
  /** Issues nothing new from now on; finishes what is outstanding. */
  drain(): void;
}

export interface ClientHost<M> {
  readonly address: Address;
  readonly network: Network<M>;
  readonly replicaCount: number;
  readonly limits: Limits;
  /** Of 100 operations, how many are of the system's second kind of work. */
  readonly mixOf100: number;
  /** Of 100 operations, how many change who may do what; 0: nobody is asked who he is. */
  readonly accessOf100: number;
  /** Of 100 of those, how many come as interactive transactions. */
  readonly transactionsOf100: number;
  /** Which variant of the second kind there is; 0: the plain one. */
  readonly variant: number;
  /** Whether this client only reads. */
  readonly reader: boolean;
  random(out: Uint8Array): void;
  /** Integer in [0, n) that depends on (seed, client, k, site) alone. */
  draw(k: number, site: number, n: number): number;
}

/** A unit of damage of the atlas: sectors that live or die together. */
export interface UnitLocator {
  /**
   * The unit that holds `offset` of file `name`: a small integer that is equal on all replicas for
   * the same thing (a journal slot, a page, a log record), or -1 where damage is not to be
   * injected. `half` 0/1 tells the two redundant halves of one unit apart (a slot's header or its
   * prepare).
   */
  locate(
    name: string,
    offset: number,
    limits: Limits,
  ): { readonly unit: number; readonly half: number };
}

export interface System<M> {
  readonly name: string;
  /**
   * Names of the protocol steps that its nodes report, by kind. A step called `contradicted` says
   * that a peer told what cannot be true: where nobody lies, that fails a run.
   */
  readonly steps: readonly string[];
  /** Rare branches worth reaching: a step called `mark` reports one, `a` being its index here. */
  readonly marks: readonly string[];
  readonly messages: MessageTraits<M>;
  readonly units: UnitLocator;
  /** Writes the files of a new, empty data directory. */
  format(disk: Disk, seat: Seat): void;
  /** Formats a seat whose disk was replaced in a running cluster. */
  recover(disk: Disk, seat: Seat, nonce: Hash128): void;
  /** Opens a node on what its disk holds; a string is a refusal. */
  open(
    host: NodeHost<M>,
    seat: Seat,
    nonce: Hash128,
    monotonic: number,
    realtime: number,
  ): SimNode<M> | string;
  client(host: ClientHost<M>, operations: number): SimClient<M>;
}
