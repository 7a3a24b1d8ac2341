/**
 * The protocol steps that a node reports to its observer: one flat record a step.
 *
 * Invariants, traces, the terminal interface and specs all read these and nothing else of a running
 * node. `a`, `b`, `c` are integers; `ref` is immutable unless said otherwise.
 */

/**
 * a: status, b: view, c: log_view. After opening, and at each change of status, view or log_view.
 */
export const STEP_STATUS = 0;
/** The primary proposed an op. a: op, b: view, c: 0; ref: Prepare. */
export const STEP_PROPOSE = 1;
/**
 * prepare_ok is being sent (or counted for oneself). a: highest op acknowledged, b: view, c:
 * primary; ref: PrepareHeader of a.
 */
export const STEP_ACK = 2;
/**
 * commit_min advanced: this op is committed here and applied. a: op, b: view, c: 0; ref: Prepare.
 */
export const STEP_COMMIT = 3;
/** An entry was appended to a tenant's log. a: op, b: tenant, c: position; ref: AppliedEntry. */
export const STEP_ENTRY = 4;
/** After apply. a: op, b, c: the two lanes of the running state hash. */
export const STEP_STATE = 5;
/** A checkpoint is durable in the superblock. a: op; ref: Checkpoint. */
export const STEP_CHECKPOINT = 6;
/**
 * A reply leaves for a client. a: op, b: request, c: 1 if resent from the session; ref:
 * ReplyMessage.
 */
export const STEP_REPLY = 7;
/** A view change decided the log. a: new head op, b: view, c: ops truncated. */
export const STEP_TRUNCATE = 8;
/**
 * A journal slot is about to be overwritten. a: new op, b: op it held or -1, c: known
 * cluster-durable checkpoint; ref: PrepareHeader now written.
 */
export const STEP_OVERWRITE = 9;
/** A do_view_change is being sent. a: view, b: log_view, c: commit; ref: DoViewChangeMessage. */
export const STEP_DO_VIEW_CHANGE = 10;
/** A start_view was adopted or sent. a: view, b: head op, c: commit; ref: StartViewMessage. */
export const STEP_START_VIEW = 11;
/** State sync. a: target op, b: 0 began, 1 completed; ref: Checkpoint. */
export const STEP_SYNC = 12;
/**
 * Repair traffic is being sent (a request, not an answer). a: message kind, b: op or index, c: to.
 */
export const STEP_REPAIR = 13;
/** A query was answered. a: tenant, b: position, c: query number; ref: QueryReplyMessage. */
export const STEP_QUERY = 14;
/** Damage was found. a: `DAMAGE_…`, b: slot, page or position, c: tenant. */
export const STEP_DAMAGE = 15;
/** Damage was repaired. Same fields. */
export const STEP_REPAIRED = 16;
/** A session was evicted by a committed registration. a: op, b: session; ref: client Hash128. */
export const STEP_EVICT = 17;
/** A rare branch worth reaching. a: mark (`core/marks.ts`). */
export const STEP_MARK = 18;
/** The size of a bounded thing after it grew. a: `BOUND_…`, b: size, c: limit. */
export const STEP_BOUND = 19;
/** The node stopped itself. a: 0; ref: reason (string). */
export const STEP_STOP = 20;
/** Journal recovery's verdict on a slot, at open. a: slot, b: op or -1, c: `RECOVERED_…`. */
export const STEP_SLOT = 21;
/** A superblock state became durable. a: sequence; ref: SuperblockState. */
export const STEP_SUPERBLOCK = 22;
/** Erstwhile voter rejoined after a replaced disk. a: view, b: checkpoint op. */
export const STEP_REJOIN = 23;
/**
 * A peer said what cannot be true if what is known here is: not acted on. a: message kind, b: from,
 * c: own view; ref: reason (string). Between honest replicas this is a bug.
 */
export const STEP_CONTRADICTED = 24;
export const STEP_KINDS = 25;

export const DAMAGE_SLOT = 0;
export const DAMAGE_PAGE = 1;
export const DAMAGE_LOG = 2;
export const DAMAGE_SUPERBLOCK = 3;

export const BOUND_PIPELINE = 0;
export const BOUND_REQUEST_QUEUE = 1;
export const BOUND_READ_QUEUE = 2;
export const BOUND_REPAIRS = 3;
export const BOUND_SESSIONS = 4;
export const BOUND_UNIT_REPAIRS = 5;

export const RECOVERED_EMPTY = 0;
export const RECOVERED_PRESENT = 1;
export const RECOVERED_DAMAGED = 2;
export const RECOVERED_CONFLICT = 3;
export const RECOVERED_TORN_HEAD = 4;

export const STATUS_NORMAL = 0;
export const STATUS_VIEW_CHANGE = 1;
/** The head of the own log is uncertain: waits for a start_view newer than the crash. */
export const STATUS_RECOVERING_HEAD = 2;
/** Disk replaced: a non-voter. */
export const STATUS_RECOVERING = 3;

/** What a tenant's log got for one op. */
export interface AppliedEntry {
  readonly tenant: number;
  readonly position: number;
  readonly op: number;
  /** 32-byte SHA-256 of the entry, and of its predecessor. */
  readonly hash: Uint8Array;
  readonly previous: Uint8Array;
  /** The encoded entry as it stands in the log. */
  readonly bytes: Uint8Array;
}
