/**
 * Everything that a replica remembers: plain data under one root.
 *
 * Numbers, arrays and immutable messages only, so that inspecting, hashing and copying it need no
 * knowledge of the protocol. Arrays are indexed by replica, or by slot (op modulo `journalSlots`).
 * One class, so that all replicas share one hidden shape.
 */
import type { Prepare } from '../codec/prepare.ts';
import type { Limits } from '../limits.ts';
import { STATUS_NORMAL } from '../observer.ts';
import type { Address } from '../ports.ts';
import { NEVER } from '../ports.ts';
import type { Hash128 } from '../types/hash128.ts';
import { ZERO128 } from '../types/hash128.ts';
import { MEMBER_VOTER } from './interfaces.ts';
import type { Checkpoint, DoViewChangeMessage, QueryMessage, RequestMessage } from './message.ts';

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

export class ReplicaState {
  // Readings of the current input.
  monotonic: number = 0;
  realtime: number = 0;

  // Promises. What of them is durable stands in `superblock.durable`.
  status: number = STATUS_NORMAL;
  view: number = 0;
  logView: number = 0;
  member: number = MEMBER_VOTER;
  /** Whether a log was adopted in `view`; false for a recovering replica before its start_view. */
  adopted: boolean = false;
  stopped: string | null = null;

  // The log.
  /** The head: the newest op. */
  op: number = 0;
  /** Highest op applied; its checksum and timestamp. */
  commitMin: number = 0;
  commitHead: Hash128 = ZERO128;
  /** Highest op known to be committed by anyone. */
  commitMax: number = 0;
  /** Headers from here to the head chain up; below it they are blank or unproven. */
  chainFloor: number = 0;
  /** Everything above the checkpoint up to here is durable in the journal. */
  durableUpTo: number = 0;
  /** Op of the own durable checkpoint, or of the target of a state sync. */
  checkpointOp: number = 0;
  /** Op of the checkpoint being written; 0: none. */
  checkpointing: number = 0;
  /** A checkpoint that a quorum is known to hold. */
  clusterCheckpoint: number = 0;
  /** The own durable checkpoint, and the one before it while it may still be served. */
  checkpoint: Checkpoint | null = null;
  checkpointBefore: Checkpoint | null = null;
  /** Prepares that arrived ahead of a gap, by slot. */
  ahead: (Prepare | null)[];
  aheadCount: number = 0;

  // Applying.
  applying: Prepare | null = null;
  applyState: number = APPLYING_RUN;

  // As a backup.
  /** Highest op acknowledged in this view. */
  ackSent: number = 0;
  /** Something happened that may allow a higher acknowledgement. */
  ackDue: boolean = false;
  /** The primary repeats itself: repeat the acknowledgement too. */
  ackRepeat: boolean = false;

  // As the primary.
  /** Per voter: highest op acknowledged in this view. */
  acked: number[];
  /** Per slot: whom to answer once the op is applied. */
  replyTo: number[];
  requests: QueuedRequest[] = [];
  /** The head that this view began with: everything inherited lies at or below it. */
  viewStartOp: number = 0;
  viewStartAt: number = 0;
  /** When `commitMin` last advanced, or work began. */
  progressAt: number = 0;
  heartbeats: number = 0;
  retries: number = 0;

  // Reads.
  reads: QueuedRead[] = [];
  /** Round in flight or finished last; and the last that a quorum confirmed. */
  round: number = 0;
  roundConfirmed: number = 0;
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
  wish: number = 0;
  attempts: number = 0;
  dvcs: (DoViewChangeMessage | null)[];
  /** As the primary of `view`: the log is chosen, what is missing is being repaired. */
  decided: boolean = false;
  /** The chosen log is complete; waits for the superblock. */
  starting: boolean = false;

  // Catching up.
  /** Waits for a start_view: of a newer view, or to learn of a head that it missed. */
  wantsView: boolean = false;
  /** Highest view in which somebody is known to do normal work. */
  viewHeard: number = 0;
  nonce: Hash128 = ZERO128;
  repairs: RepairSlot[];
  repairsOut: number = 0;
  headersAskedAt: number = 0;
  /** Requests for the lowest missing op that expired in a row. */
  misses: number = 0;
  /** The log cannot be completed from peers: asks for a checkpoint instead. */
  wantsSync: boolean = false;
  syncTarget: Checkpoint | null = null;
  /** The superblock names the target; the machine has begun. */
  syncBegun: boolean = false;

  // A replaced disk (`rejoin.ts`).
  /** Views that the others reported, by replica; -1: not yet. */
  reported: number[];
  /** Highest view of enough reports, frozen; -1: not yet enough. */
  reportedMax: number = -1;
  /** Everything from this op on was proposed in a view above those; 0: not yet known. */
  rejoinOp: number = 0;

  /** When something was first held above a gap; while nothing is, without meaning. */
  gapAt: number = 0;

  // Timers: the next instant of each, or NEVER.
  heartbeatAt: number = NEVER;
  retryAt: number = NEVER;
  primaryDeadAt: number = NEVER;
  viewChangeAt: number = NEVER;
  resendAt: number = NEVER;
  wantViewAt: number = NEVER;
  repairAt: number = NEVER;
  roundAt: number = NEVER;
  pingAt: number = NEVER;
  scrubAt: number = NEVER;
  stallAt: number = NEVER;
  recoverAt: number = NEVER;

  constructor(limits: Limits, replicas: number, members: number) {
    const repairs = Math.max(1, members - 1) * limits.repairsPerPeerMax;
    this.ahead = filled(limits.journalSlots, null);
    this.acked = filled(replicas, 0);
    this.replyTo = filled(limits.journalSlots, NO_ADDRESS);
    this.confirmed = filled(replicas, 0);
    this.peerCheckpoint = filled(members, 0);
    this.wishOf = filled(replicas, 0);
    this.wishAt = filled(replicas, 0);
    this.recoverAskedAt = filled(replicas, 0);
    this.dvcs = filled(replicas, null);
    this.repairs = Array.from({ length: repairs }, () => ({ op: 0, peer: 0, sentAt: 0 }));
    this.reported = filled(replicas, -1);
  }
}

function filled<T>(length: number, value: T): T[] {
  const array: T[] = [];
  for (let i = 0; i < length; i += 1) array.push(value);
  return array;
}
