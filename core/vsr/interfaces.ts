/**
 * What the replica needs of storage and of the state machine, declared here so that `core/vsr`
 * imports neither. Implemented by `core/storage` (journal, superblock) and `core/node`
 * (state machine: kernel, store and tenant logs together); wired in `core/node.ts`.
 */
import type { Prepare, PrepareHeader } from '../codec/prepare.ts';
import type { IoStatus, Ticket } from '../ports.ts';
import type { Hash128 } from '../types/hash128.ts';
import type { Checkpoint, ReplyMessage, Unit } from './message.ts';

/**
 * The hot tail of the log: a ring of prepares and a ring of redundant headers (one a sector), which
 * have a short prepare's body beside them.
 *
 * Write order per op: prepare, sync, header, sync, acknowledge; of a short one both, sync,
 * acknowledge. Consecutive groups share syncs. With one replica the op counts as durable after the
 * first sync. Two layers of knowledge:
 * *memory*, the headers the replica believes in (from its own appends, from start_view, from
 * repair), and *disk*, what each slot is known to hold. A slot is
 *  - *present*: its prepare, with the checksum of the header in memory, is here (written or
 *    durable);
 *  - *dirty*: the header is known, its prepare was never written here;
 *  - *faulty*: damaged; an op that this replica may have acknowledged stood here. Stays faulty over
 *    restarts until repaired by a prepare with the right checksum. Never a nack;
 *  - *unproven*: written, but a sync failed since; neither acknowledged nor denied until rewritten.
 */
export interface Journal {
  /** The header in memory for `op`, or null (blank, or the slot speaks of another op). */
  header(op: number): PrepareHeader | null;
  /** Whether this exact prepare can be read here now. */
  present(op: number, checksum: Hash128): boolean;
  /** Whether both halves are covered by a good sync (with one replica: the prepare is). */
  durable(op: number, checksum: Hash128): boolean;
  dirty(op: number): boolean;
  faulty(op: number): boolean;
  /**
   * The nack rule of `vsr.md`: true only if no acknowledgement by this replica of `op` with the
   * header `canonical` (null: with any header) has counted or will count for a commit: it certainly
   * never gave one, or the log of a view above those in which it did has another entry there.
   * Corruption is never a nack.
   */
  nack(op: number, canonical: PrepareHeader | null): boolean;

  /**
   * Writes a prepare whose header becomes the one in memory; the next `flush` syncs it.
   * `listener.journalDurable` is called once it is durable. Also used to repair: only the bad half
   * is written. The caller has checked that the slot may be overwritten (checkpoint rules).
   */
  append(prepare: Prepare): void;
  /**
   * Puts a header in memory without its prepare: the slot becomes dirty (or stays faulty). Where
   * just this prepare stands under another header, or none, that half is repaired: so it is called
   * for a header that is in memory already, too.
   */
  installHeader(header: PrepareHeader): void;
  /** Forgets, in memory, headers above `op`: a view change truncated them. */
  truncateAfter(op: number): void;
  /** Reads a prepare from memory or disk; null when not held. Rot found here makes it faulty. */
  read(op: number, checksum: Hash128): Prepare | null;
  /**
   * As `read`, for a peer: also looks on the disk where the slot is not known to hold it, because
   * an earlier read may have gone astray. What it finds changes nothing that is known.
   */
  find(op: number, checksum: Hash128): Prepare | null;
  /** Highest op with a header in memory. */
  readonly head: number;

  /** Asks for a sync of what was written, unless one is under way: then, once that is done. */
  flush(): void;
  /** A sync with `TICKET_JOURNAL` completed. */
  synced(ticket: Ticket, status: IoStatus): void;
  /** Re-reads a few slots; newly found damage makes them faulty (the replica repairs them). */
  scrub(slots: number): void;
  /** Number of slots at or below `head` and above `checkpoint` that are dirty or faulty. */
  readonly broken: number;

  /** `op` was applied: copies in memory up to it are dropped, so that later reads see the disk. */
  release(op: number): void;
  /** `local` is in the durable superblock; `cluster` is known to be on a quorum. Never go back. */
  checkpointed(local: number, cluster: number): void;
  /**
   * From recovery, constant: every torn slot lies above every op that is proven to have been
   * durable, so that the torn tail was certainly never acknowledged and `head`, as recovered, may
   * be trusted.
   */
  readonly headCertain: boolean;
  /** From recovery, constant: the lowest op whose slot was torn; `NEVER` if none was. */
  readonly tornMin: number;
}

export interface JournalListener {
  /** This exact prepare is durable here now. Called in no particular order of op. */
  journalDurable(header: PrepareHeader): void;
  /** Storage can no longer be trusted: the node must stop with this reason. */
  storageFailed(reason: string): void;
}

export const MEMBER_VOTER = 0;
/** Disk was replaced: neither votes, acknowledges nor nacks until it is provably complete. */
export const MEMBER_RECOVERING = 1;

/** The durable promises of a replica; immutable, replaced as a whole. */
export interface SuperblockState {
  readonly cluster: Hash128;
  readonly shard: number;
  readonly replica: number;
  readonly replicaCount: number;
  readonly standbyCount: number;
  readonly epoch: number;
  readonly release: number;
  readonly view: number;
  readonly logView: number;
  /** Highest view above the next one that it ever asked for; see `view-change.ts`. */
  readonly asked: number;
  /** Headers of the log adopted at `logView`, newest first, at most pipeline + 1; null: a blank. */
  readonly viewHeaders: readonly (PrepareHeader | null)[];
  /** `MEMBER_VOTER` or `MEMBER_RECOVERING`. */
  readonly member: number;
  readonly recoveryNonce: Hash128;
  readonly checkpoint: Checkpoint;
  /** Target while a state sync is under way, else null; then `checkpoint` is not to be trusted. */
  readonly syncTarget: Checkpoint | null;
}

export interface Superblock {
  /** What the disk durably says. */
  readonly durable: SuperblockState;
  /** The newest state handed to `update`; equals `durable` when nothing is in flight. */
  readonly staged: SuperblockState;
  /**
   * Makes `state` durable: four copies, one at a time, each synced before the next. A state handed
   * over while another is in flight waits; of several waiting, only the newest is written.
   */
  update(state: SuperblockState): void;
  synced(ticket: Ticket, status: IoStatus): void;
}

export interface SuperblockListener {
  superblockDurable(state: SuperblockState): void;
  storageFailed(reason: string): void;
}

export const APPLY_DONE = 0;
/** The budget is used up: call `step` again. */
export const APPLY_MORE = 1;
/** A unit is damaged: no effect so far; it is in `wanted`; call `step` again once repaired. */
export const APPLY_NEEDS = 2;
/** The disk is full, or behind: no effect so far; call `step` again later, or after a sync. */
export const APPLY_STALLED = 3;

/** A client's session as committed. Valid until the next `step`. */
export interface SessionRecord {
  readonly client: Hash128;
  /** Op of the registration. */
  readonly session: number;
  /** Last committed request number and its checksum. */
  readonly request: number;
  readonly requestChecksum: Hash128;
}

/** Kernel, store and tenant logs of one replica. */
export interface StateMachine {
  /** Op of the last entry applied. */
  readonly commit: number;
  /** Timestamp of the last entry applied. */
  readonly timestamp: number;
  /** Running hash over all kernel state (two 32-bit lanes). */
  readonly stateHashA: number;
  readonly stateHashB: number;

  begin(prepare: Prepare): void;
  /** Works on the begun entry; returns an `APPLY_…` code. */
  step(budget: number): number;
  /** Reply of the last entry applied, with `view` 0; null for an entry without a client. */
  readonly reply: Omit<ReplyMessage, 'kind' | 'view'> | null;

  /** Whether `session` can answer now; false: the record's page is damaged and now wanted. */
  session(client: Hash128): SessionRecord | null | typeof NEEDS_REPAIR;
  /** The stored reply of a session's last request. */
  storedReply(client: Hash128): Omit<ReplyMessage, 'kind' | 'view'> | null | typeof NEEDS_REPAIR;

  /** Answers a read from the current state. */
  query(tenant: number, body: Uint8Array): QueryResult | typeof NEEDS_REPAIR;
  /** The tenant's log length (its newest position), or -1 for an unknown tenant. */
  position(tenant: number): number;

  /**
   * Starts to make everything up to `commit` durable; `listener.checkpointFlushed` follows. At most
   * one at a time; entries may be applied meanwhile. Retries failed syncs from memory.
   */
  checkpoint(head: Hash128): void;
  /** Bytes of the entries applied since the newest checkpoint was begun, about. */
  readonly unsavedBytes: number;
  /** The superblock now names this checkpoint: what it replaces may be released. */
  checkpointDurable(checkpoint: Checkpoint): void;
  synced(ticket: Ticket, status: IoStatus): void;
  /** Called at `stallRetryMicros` while something waits for room or a retry. */
  retry(): void;
  readonly retrying: boolean;

  /** Begins to replace the state by `target`; wanted units follow. */
  syncBegin(target: Checkpoint): void;
  readonly syncing: boolean;
  /**
   * Fills `out` with at most `max` units that are wanted now: of a sync, of damaged pages and log
   * entries. Deterministic order. Returns how many.
   */
  wanted(out: Unit[], max: number): number;
  /** Bytes for a wanted unit: true if they were proven right and used, false if rejected. */
  supply(unit: Unit, bytes: Uint8Array): boolean;
  /** Mends a wanted unit from what is left of it here, if that is enough: true if it was. */
  mend(unit: Unit): boolean;
  /** Bytes of a unit for a peer, proven right just now; null when not held. */
  serve(unit: Unit): Uint8Array | null;
  /** Re-reads a few pages and log entries; damage found becomes wanted. */
  scrub(units: number): void;
  /** Completed scrub tours. */
  readonly scrubTours: number;
}

export const NEEDS_REPAIR = 'needs-repair';

export interface QueryResult {
  readonly status: number;
  readonly position: number;
  readonly body: Uint8Array;
}

export interface StateMachineListener {
  /** All files are durable up to this checkpoint; the replica now updates the superblock. */
  checkpointFlushed(checkpoint: Checkpoint): void;
  /** The state now is `target`, complete and durable; the replica now updates the superblock. */
  syncCompleted(target: Checkpoint): void;
  /** The target contradicts its own root: there is no such checkpoint, and nothing was taken. */
  syncRefuted(target: Checkpoint): void;
  storageFailed(reason: string): void;
}
