/**
 * What the phases of a replica share: its state, as plain data under one root, and the ports through
 * which it acts.
 *
 * `ReplicaState` holds numbers, arrays and immutable messages only, so that inspecting, hashing and
 * copying it need no knowledge of the protocol. Arrays are indexed by replica, or by slot (op modulo
 * `journalSlots`). Each phase is a file of functions that take the context; `replica.ts` dispatches.
 */
import type { Checksummer, Prepare } from '../codec/prepare.ts';
import type { Limits } from '../limits.ts';
import type { Address, Network, Observer } from '../ports.ts';
import { NEVER } from '../ports.ts';
import { STATUS_NORMAL, STATUS_RECOVERING, STEP_MARK, STEP_STATUS } from '../observer.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { ZERO128 } from '../types/hash128.ts';
import type { Clock } from './clock.ts';
import type { Detector } from './detector.ts';
import type { Journal, StateMachine, Superblock } from './interfaces.ts';
import { MEMBER_VOTER } from './interfaces.ts';
import type {
  Checkpoint,
  DoViewChangeMessage,
  Message,
  QueryMessage,
  RequestMessage,
} from './message.ts';
import type { PeerChoice } from './peer-choice.ts';
import type { Prng } from './prng.ts';
import { primaryOf } from './quorum.ts';
import type { Quorums } from './quorum.ts';
import type { UnitRepair } from './unit-repair.ts';

/** Hashing, and bytes that nobody can guess (salts). */
export interface ReplicaCrypto extends Checksummer {
  random(out: Uint8Array): void;
}

/** Nothing is being applied, or the entry being applied may go on at once. */
export const APPLYING_RUN = 0;
/** Waits for a unit that is being repaired. */
export const APPLYING_NEEDS = 1;
/** Waits for room on the disk. */
export const APPLYING_STALLED = 2;

/** No address is known. */
export const NO_ADDRESS = -1;

export interface QueuedRequest {
  readonly from: Address;
  readonly message: RequestMessage;
}

export interface QueuedRead {
  readonly from: Address;
  readonly message: QueryMessage;
  /** Confirmation round that must have succeeded; 0 for a read by position token. */
  readonly round: number;
  /** Commit that must have been applied; for a token, 0. */
  readonly commit: number;
  readonly expiresAt: number;
}

/** One outstanding repair request for a prepare. `op` 0: free. */
export interface RepairSlot {
  op: number;
  peer: number;
  sentAt: number;
}

export interface ReplicaState {
  // Readings of the current input.
  monotonic: number;
  realtime: number;

  // Promises. What of them is durable stands in `superblock.durable`.
  status: number;
  view: number;
  logView: number;
  member: number;
  /** Whether a log was adopted in `view`; false for a recovering replica before its start_view. */
  adopted: boolean;
  stopped: string | null;

  // The log.
  /** The head: the newest op. */
  op: number;
  /** Highest op applied; its checksum and timestamp. */
  commitMin: number;
  commitHead: Hash128;
  /** Highest op known to be committed by anyone. */
  commitMax: number;
  /** Headers from here to the head chain up; below it they are blank or unproven. */
  chainFloor: number;
  /** Everything above the checkpoint up to here is durable in the journal. */
  durableUpTo: number;
  /** Op of the own durable checkpoint, or of the target of a state sync. */
  checkpointOp: number;
  /** Op of the checkpoint being written; 0: none. */
  checkpointing: number;
  /** A checkpoint that a quorum is known to hold. */
  clusterCheckpoint: number;
  /** The own durable checkpoint, and the one before it while it may still be served. */
  checkpoint: Checkpoint | null;
  checkpointBefore: Checkpoint | null;
  /** Prepares that arrived ahead of a gap, by slot. */
  ahead: (Prepare | null)[];
  aheadCount: number;

  // Applying.
  applying: Prepare | null;
  applyState: number;

  // As a backup.
  /** Highest op acknowledged in this view. */
  ackSent: number;
  /** Something happened that may allow a higher acknowledgement. */
  ackDue: boolean;
  /** The primary repeats itself: repeat the acknowledgement too. */
  ackRepeat: boolean;

  // As the primary.
  /** Per voter: highest op acknowledged in this view. */
  acked: number[];
  /** Per slot: whom to answer once the op is applied. */
  replyTo: number[];
  requests: QueuedRequest[];
  /** The head that this view began with: everything inherited lies at or below it. */
  viewStartOp: number;
  /** When `commitMin` last advanced, or work began. */
  progressAt: number;
  heartbeats: number;
  retries: number;

  // Reads.
  reads: QueuedRead[];
  /** Round in flight or finished last; and the last that a quorum confirmed. */
  round: number;
  roundConfirmed: number;
  /** Per voter: highest round confirmed. */
  confirmed: number[];

  // Of the others.
  /** Per replica: op of its durable checkpoint as it last said. */
  peerCheckpoint: number[];
  /** Per voter: the highest view it asked for, and when. */
  wishOf: number[];
  wishAt: number[];
  /** Per voter: when it last asked to be taken back after a replaced disk; 0: never. */
  recoverAskedAt: number[];

  // View change.
  /** A view this replica would like to change to; 0: none. */
  wish: number;
  attempts: number;
  dvcs: (DoViewChangeMessage | null)[];
  /** As the primary of `view`: the log is chosen, what is missing is being repaired. */
  decided: boolean;
  /** The chosen log is complete; waits for the superblock. */
  starting: boolean;

  // Catching up.
  /** Waits for a start_view: of a newer view, or to learn of a head that it missed. */
  wantsView: boolean;
  /** Highest view in which somebody is known to do normal work. */
  viewHeard: number;
  nonce: Hash128;
  repairs: RepairSlot[];
  repairsOut: number;
  headersAskedAt: number;
  /** Requests for the lowest missing op that expired in a row. */
  misses: number;
  /** The log cannot be completed from peers: asks for a checkpoint instead. */
  wantsSync: boolean;
  syncTarget: Checkpoint | null;
  /** The superblock names the target; the machine has begun. */
  syncBegun: boolean;

  // A replaced disk (`rejoin.ts`).
  /** Views that the others reported, by replica; -1: not yet. */
  reported: number[];
  /** Highest view of enough reports, frozen; -1: not yet enough. */
  reportedMax: number;
  /** Everything from this op on was proposed in a view above those; 0: not yet known. */
  rejoinOp: number;

  // Timers: the next instant of each, or NEVER.
  heartbeatAt: number;
  retryAt: number;
  primaryDeadAt: number;
  viewChangeAt: number;
  resendAt: number;
  wantViewAt: number;
  repairAt: number;
  roundAt: number;
  pingAt: number;
  scrubAt: number;
  stallAt: number;
  recoverAt: number;
}

export interface Context {
  readonly s: ReplicaState;
  readonly limits: Limits;
  readonly replica: number;
  readonly replicaCount: number;
  /** Voters and standbys. */
  readonly memberCount: number;
  readonly standby: boolean;
  readonly quorums: Quorums;
  readonly journal: Journal;
  readonly superblock: Superblock;
  readonly machine: StateMachine;
  readonly network: Network<Message>;
  readonly observer: Observer;
  readonly crypto: ReplicaCrypto;
  readonly clock: Clock;
  readonly detector: Detector;
  readonly choice: PeerChoice;
  readonly prng: Prng;
  readonly units: UnitRepair;
}

export function createState(limits: Limits, replicas: number, members: number): ReplicaState {
  const perVoter = (value: number): number[] => Array.from({ length: replicas }, () => value);
  const repairs = Math.max(1, members - 1) * limits.repairsPerPeerMax;
  return {
    monotonic: 0,
    realtime: 0,
    status: STATUS_NORMAL,
    view: 0,
    logView: 0,
    member: MEMBER_VOTER,
    adopted: false,
    stopped: null,
    op: 0,
    commitMin: 0,
    commitHead: ZERO128,
    commitMax: 0,
    chainFloor: 0,
    durableUpTo: 0,
    checkpointOp: 0,
    checkpointing: 0,
    clusterCheckpoint: 0,
    checkpoint: null,
    checkpointBefore: null,
    ahead: Array.from({ length: limits.journalSlots }, () => null),
    aheadCount: 0,
    applying: null,
    applyState: APPLYING_RUN,
    ackSent: 0,
    ackDue: false,
    ackRepeat: false,
    acked: perVoter(0),
    replyTo: Array.from({ length: limits.journalSlots }, () => NO_ADDRESS),
    requests: [],
    viewStartOp: 0,
    progressAt: 0,
    heartbeats: 0,
    retries: 0,
    reads: [],
    round: 0,
    roundConfirmed: 0,
    confirmed: perVoter(0),
    peerCheckpoint: Array.from({ length: members }, () => 0),
    wishOf: perVoter(0),
    wishAt: perVoter(0),
    recoverAskedAt: perVoter(0),
    wish: 0,
    attempts: 0,
    dvcs: Array.from({ length: replicas }, () => null),
    decided: false,
    starting: false,
    wantsView: false,
    viewHeard: 0,
    nonce: ZERO128,
    repairs: Array.from({ length: repairs }, () => ({ op: 0, peer: 0, sentAt: 0 })),
    repairsOut: 0,
    headersAskedAt: 0,
    misses: 0,
    wantsSync: false,
    syncTarget: null,
    syncBegun: false,
    reported: perVoter(-1),
    reportedMax: -1,
    rejoinOp: 0,
    heartbeatAt: NEVER,
    retryAt: NEVER,
    primaryDeadAt: NEVER,
    viewChangeAt: NEVER,
    resendAt: NEVER,
    wantViewAt: NEVER,
    repairAt: NEVER,
    roundAt: NEVER,
    pingAt: NEVER,
    scrubAt: NEVER,
    stallAt: NEVER,
    recoverAt: NEVER,
  };
}

/** The primary of the current view. */
export function primary(r: Context): number {
  return primaryOf(r.s.view, r.replicaCount);
}

/** In normal operation and in charge, with every promise of that durable. */
export function isPrimary(r: Context): boolean {
  return r.s.status === STATUS_NORMAL && !r.standby && primary(r) === r.replica;
}

/** Has the log of its view, and may extend and apply it; perhaps without a vote. */
export function isFollowing(r: Context): boolean {
  const { status } = r.s;
  return status === STATUS_NORMAL || (status === STATUS_RECOVERING && r.s.adopted);
}

/** May vote, acknowledge and deny. */
export function isVoter(r: Context): boolean {
  return !r.standby && r.s.member === MEMBER_VOTER;
}

/** View and log_view in memory are those on disk. */
export function promisesDurable(r: Context): boolean {
  const { durable } = r.superblock;
  assert(durable.view <= r.s.view, 'the disk never promises more than memory');
  return durable.view === r.s.view && durable.logView === r.s.logView;
}

export function setStatus(r: Context, status: number): void {
  r.s.status = status;
  r.observer.step(STEP_STATUS, status, r.s.view, r.s.logView, null);
}

export function markReached(r: Context, mark: number): void {
  r.observer.step(STEP_MARK, mark, 0, 0, null);
}

/** To all other voters. */
export function broadcastVoters(r: Context, message: Message): void {
  for (let to = 0; to < r.replicaCount; to += 1) {
    if (to !== r.replica) r.network.send(to, message);
  }
}

/** To all other voters and standbys. */
export function broadcast(r: Context, message: Message): void {
  for (let to = 0; to < r.memberCount; to += 1) {
    if (to !== r.replica) r.network.send(to, message);
  }
}
