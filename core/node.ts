/**
 * One node: replica, journal, superblock and state machine wired together. The only entry to the
 * core for a host, be it the simulator or a shell.
 *
 * A node is opened on what its disk holds. It reads, decides, and makes durable what it read
 * (`core/storage/secure.ts`); only then does it speak. Until that is done it is deaf: messages that
 * arrive are dropped, as a network may do anyway.
 *
 * Cost of an input beyond the parts': one comparison and one call.
 */
import { rootPrepare } from './codec/prepare.ts';
import type { Crypto } from './crypto/crypto.ts';
import type { AccessReader } from './kernel/access.ts';
import type { Limits } from './limits.ts';
import { assertLimits } from './limits.ts';
import { formatState, StateMachineFiles } from './node/state-machine.ts';
import type { Address, Disk, IoStatus, Network, NodeInputs, Observer, Ticket } from './ports.ts';
import { IO_OK, NEVER, TICKET_MODULE_BITS, TICKET_SECURE } from './ports.ts';
import { JournalFile } from './storage/journal.ts';
import type { OpenedStorage, RefusedStorage } from './storage/open-storage.ts';
import { formatStorage, openStorage } from './storage/open-storage.ts';
import { SecureOpening } from './storage/secure.ts';
import { SUPERBLOCK_FILE, superblockMismatch } from './storage/superblock-open.ts';
import { SuperblockFile } from './storage/superblock.ts';
import type { Store } from './store/store.ts';
import type { Hash128 } from './types/hash128.ts';
import { ZERO128 } from './types/hash128.ts';
import { Relay } from './node/relay.ts';
import type { NEEDS_REPAIR } from './vsr/interfaces.ts';
import { MEMBER_RECOVERING, MEMBER_VOTER } from './vsr/interfaces.ts';
import type { SessionRecord, SuperblockState } from './vsr/interfaces.ts';
import type { Message, ReplyMessage } from './vsr/message.ts';
import type { ReplicaCrypto } from './vsr/context.ts';
import { Replica } from './vsr/replica.ts';

/** Which place in which cluster. Replicas are 0 … replicaCount - 1; standbys follow. */
export interface NodeSeat {
  readonly cluster: Hash128;
  readonly shard: number;
  readonly replica: number;
  readonly replicaCount: number;
  readonly standbyCount: number;
  /** The release that this build is. */
  readonly release: number;
}

export interface NodeOptions {
  readonly disk: Disk;
  readonly network: Network<Message>;
  readonly observer: Observer;
  readonly crypto: Crypto;
  readonly limits: Limits;
  readonly seat: NodeSeat;
  /** Fresh for each opening, from the host: 128 bits that never repeat. */
  readonly nonce: Hash128;
  readonly monotonic: number;
  readonly realtime: number;
}

/** Stable codes of a refusal to open or to format. */
export type RefusalCode = RefusedStorage['code'] | 'mismatch' | 'exists' | 'io' | 'seat';

export interface RefusedNode {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  /** One sentence: what is wrong. */
  readonly message: string;
}

export interface OpenedNode {
  readonly kind: 'opened';
  readonly node: Node;
}

/** What a node says of itself. One object, reused: read it before the next input. */
export interface Inspection {
  /** `STATUS_…` of core/observer.ts. */
  status: number;
  view: number;
  logView: number;
  /** Highest op applied. */
  commit: number;
  /** The head of the log. */
  op: number;
  /** Op of the durable checkpoint. */
  checkpoint: number;
  stateHashA: number;
  stateHashB: number;
  /** Damaged or missing units that are known and not yet repaired. */
  damaged: number;
  syncing: boolean;
  /** Part of the entry after `commit` is state already: the hash is of neither. */
  installing: boolean;
  /** What was read at opening is not durable yet: `op` and `commit` are the checkpoint's still. */
  opening: boolean;
  /** Completed tours of the scrubber since opening. */
  scrubTours: number;
}

export type StoredReply = Omit<ReplyMessage, 'kind' | 'view'>;

/** The state of a node, for readers in its process. Nothing of it may be changed. */
export interface StateReader {
  readonly store: Store;
  /** Part of an entry is state and part is not yet: `store` may not be read now. */
  readonly installing: boolean;
  /** Timestamp of the last entry applied: microseconds since 1970. */
  readonly timestamp: number;
  /** Users, keys, tenants, and whether access is enforced. */
  readonly access: AccessReader;
  /** Positions in the tenant's log; -1: there is no such tenant. */
  position(tenant: number): number;
  /** As `position`, for whoever reads the state. Throws `PageNeeded` while a page hides it. */
  snapshot(tenant: number): number;
  /** What was last committed of a client's session; null: it has none. */
  session(client: Hash128): SessionRecord | null | typeof NEEDS_REPAIR;
  /** The reply to a session's last request. */
  storedReply(client: Hash128): StoredReply | null | typeof NEEDS_REPAIR;
  /** The entry at a position, its hashes proven just now; null: not held, or damaged. */
  entry(tenant: number, position: number): Uint8Array | null;
  /** Hash of the log's last entry; null: a page is missing. */
  logHead(tenant: number): Uint8Array | null;
  /** Pages and entries known to be damaged or missing. */
  readonly damaged: number;
  /** Checks some more pages and entries; what is damaged shows in `damaged`. */
  scrub(units: number): void;
  /** Completed tours over everything durable. */
  readonly scrubTours: number;
}

/** Writes the data directory of a new replica of a new cluster. Null, or why not. */
export function formatNode(
  disk: Disk,
  seat: NodeSeat,
  limits: Limits,
  crypto: Crypto,
): RefusedNode | null {
  return format(disk, seat, limits, crypto, MEMBER_VOTER, ZERO128);
}

/**
 * Writes the data directory of a replica whose disk was replaced: a member without a vote until it
 * provably holds all it may ever have acknowledged. `nonce` names this replacement.
 */
export function recoverNode(
  disk: Disk,
  seat: NodeSeat,
  limits: Limits,
  crypto: Crypto,
  nonce: Hash128,
): RefusedNode | null {
  return format(disk, seat, limits, crypto, MEMBER_RECOVERING, nonce);
}

/** Opens a node on its data directory. A refusal has changed nothing. */
export function openNode(options: NodeOptions): OpenedNode | RefusedNode {
  const { disk, limits, crypto, observer, seat } = options;
  assertLimits(limits);
  const storage = openStorage(disk, limits, crypto, observer);
  if (storage.kind === 'refused') return refused(storage.code, storage.detail);
  const { cluster, shard, replica, release } = seat;
  const { state } = storage.superblock;
  const mismatch =
    superblockMismatch(state, cluster, shard, replica, release) ?? sizeMismatch(state, seat);
  if (mismatch !== null) return refused('mismatch', mismatch);
  return { kind: 'opened', node: new Node(options, storage) };
}

/** Members that count quorums differently would not be one cluster. */
function sizeMismatch(state: SuperblockState, seat: NodeSeat): string | null {
  const { replicaCount, standbyCount } = state;
  if (replicaCount === seat.replicaCount && standbyCount === seat.standbyCount) return null;
  return (
    `the data directory belongs to a cluster of ${replicaCount} replicas and ${standbyCount} ` +
    `standbys, not ${seat.replicaCount} and ${seat.standbyCount}`
  );
}

const TICKET_MODULE_MASK = (1 << TICKET_MODULE_BITS) - 1;

export class Node implements NodeInputs<Message> {
  readonly #replica: Replica;
  readonly #journal: JournalFile;
  readonly #superblock: SuperblockFile;
  readonly #machine: StateMachineFiles;
  readonly #opening: SecureOpening;
  readonly #inspection: Inspection;
  #speaks = false;
  /** Readings of the input that finished the opening. */
  #monotonic: number;
  #realtime: number;

  /** Call `openNode`. */
  constructor(options: NodeOptions, storage: OpenedStorage) {
    const { disk, limits, crypto, observer, nonce } = options;
    const { superblock, rings, recovery, sideFiles, single } = storage;
    const relay = new Relay();
    this.#monotonic = options.monotonic;
    this.#realtime = options.realtime;
    const { state } = superblock;
    this.#superblock = new SuperblockFile(disk, limits, crypto, superblock, observer, relay);
    this.#journal = new JournalFile(disk, rings, recovery, single, observer, relay);
    this.#machine = new StateMachineFiles({
      disk,
      limits,
      crypto,
      observer,
      listener: relay,
      cluster: state.cluster,
      shard: state.shard,
      epoch: state.epoch,
      checkpoint: state.checkpoint,
      single,
    });
    this.#replica = new Replica({
      limits,
      superblock: this.#superblock,
      journal: this.#journal,
      machine: this.#machine,
      network: options.network,
      observer,
      crypto: replicaCrypto(crypto),
      nonce,
      monotonic: options.monotonic,
      realtime: options.realtime,
    });
    relay.target = this.#replica;
    this.#inspection = createInspection();
    this.#opening = new SecureOpening({
      disk,
      limits,
      hash: crypto,
      observer,
      superblock,
      rings,
      journal: this.#journal,
      sideFiles,
      nonce,
      single,
      listener: {
        secured: () => this.#secured(),
        storageFailed: (reason) => relay.storageFailed(reason),
      },
    });
    this.#opening.start();
  }

  receive(monotonic: number, realtime: number, from: Address, message: Message): void {
    if (this.#speaks) this.#replica.receive(monotonic, realtime, from, message);
  }

  synced(monotonic: number, realtime: number, ticket: Ticket, status: IoStatus): void {
    if ((ticket & TICKET_MODULE_MASK) !== TICKET_SECURE) {
      this.#replica.synced(monotonic, realtime, ticket, status);
      return;
    }
    this.#monotonic = monotonic;
    this.#realtime = realtime;
    if (this.stopped === null) this.#opening.synced(ticket, status);
  }

  wake(monotonic: number, realtime: number): void {
    if (this.#speaks) this.#replica.wake(monotonic, realtime);
  }

  flush(): void {
    if (this.#speaks) this.#replica.flush();
  }

  deadline(): number {
    return this.#speaks ? this.#replica.deadline() : NEVER;
  }

  /** Why the node stopped itself, or null. A stopped node does nothing more: open it anew. */
  get stopped(): string | null {
    return this.#replica.stopped;
  }

  /** Whether everything read at opening is durable, so that the protocol has begun. */
  get speaks(): boolean {
    return this.#speaks;
  }

  get state(): StateReader {
    return this.#machine;
  }

  /** Whether a request that arrives now is taken, and not dropped. */
  get admits(): boolean {
    return this.#speaks && this.#replica.admits;
  }

  /** How far each voter's clock is ahead of this one's, in microseconds; null: not known. */
  clockOffsets(): readonly (number | null)[] {
    return this.#replica.clockOffsets();
  }

  /** A cheap 32-bit digest of the protocol's and the kernel's state. */
  fingerprint(): number {
    return this.#replica.fingerprint() ^ Math.imul(this.#machine.stateHashA, 0x9e3779b1);
  }

  inspect(): Inspection {
    const { state } = this.#replica;
    const i = this.#inspection;
    i.status = state.status;
    i.view = state.view;
    i.logView = state.logView;
    i.commit = state.commitMin;
    i.op = state.op;
    i.checkpoint = state.checkpointOp;
    i.stateHashA = this.#machine.stateHashA;
    i.stateHashB = this.#machine.stateHashB;
    i.damaged = this.#journal.broken + this.#machine.damaged;
    i.syncing = state.syncTarget !== null;
    i.installing = this.#machine.installing;
    i.opening = !this.#speaks;
    i.scrubTours = this.#machine.scrubTours;
    return i;
  }

  #secured(): void {
    this.#speaks = true;
    this.#superblock.secured();
    this.#replica.start(this.#monotonic, this.#realtime);
  }
}

function format(
  disk: Disk,
  seat: NodeSeat,
  limits: Limits,
  crypto: Crypto,
  member: number,
  recoveryNonce: Hash128,
): RefusedNode | null {
  assertLimits(limits);
  const { cluster, shard, replica, replicaCount, standbyCount, release } = seat;
  if (disk.exists(SUPERBLOCK_FILE) || disk.list('').length > 0) {
    return refused('exists', 'the data directory is not empty; format another one');
  }
  if (replicaCount < 1 || replicaCount > limits.replicasMax || standbyCount > limits.standbysMax) {
    return refused('seat', `a cluster has 1 to ${limits.replicasMax} replicas`);
  }
  if (replica < 0 || replica >= replicaCount + standbyCount) {
    return refused('seat', `replica ${replica} is not one of ${replicaCount + standbyCount}`);
  }
  const empty = formatState(disk);
  if (empty === null) return refused('io', 'the data directory cannot be written');
  // Every replica of the cluster begins with this checkpoint; the root anchors the chain of
  // entries.
  const checkpoint = { ...empty, head: rootPrepare(cluster, shard, crypto).header.checksum };
  const status = formatStorage(disk, limits, crypto, {
    cluster,
    shard,
    replica,
    replicaCount,
    standbyCount,
    epoch: 0,
    release,
    view: 0,
    logView: 0,
    asked: 0,
    viewHeaders: [],
    member,
    recoveryNonce,
    checkpoint,
    syncTarget: null,
  });
  return status === IO_OK ? null : refused('io', 'the data directory cannot be written');
}

function refused(code: RefusalCode, message: string): RefusedNode {
  return { kind: 'refused', code, message };
}

function replicaCrypto(crypto: Crypto): ReplicaCrypto {
  return {
    checksum128: (input, offset, length) => crypto.checksum128(input, offset, length),
    random: (out) => out.set(crypto.random(out.length)),
  };
}

function createInspection(): Inspection {
  return {
    status: 0,
    view: 0,
    logView: 0,
    commit: 0,
    op: 0,
    checkpoint: 0,
    stateHashA: 0,
    stateHashB: 0,
    damaged: 0,
    syncing: false,
    installing: false,
    opening: false,
    scrubTours: 0,
  };
}
