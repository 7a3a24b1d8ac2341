/**
 * The messages of the protocol, under the names of Viewstamped Replication Revisited (2012).
 *
 * Messages are immutable plain objects with an integer `kind`; in the simulator they pass by
 * reference, elsewhere as bytes (`core/codec/message.ts`). The sender's address is given by the
 * transport, which on the wire also checks cluster, checksum and length.
 */
import type { Hash128 } from '../types/hash128.ts';
import type { Prepare, PrepareHeader } from '../codec/prepare.ts';

export const REQUEST = 1;
export const REPLY = 2;
export const EVICTED = 3;
export const QUERY = 4;
export const QUERY_REPLY = 5;
export const PREPARE = 6;
export const PREPARE_OK = 7;
export const COMMIT = 8;
export const START_VIEW_CHANGE = 9;
export const DO_VIEW_CHANGE = 10;
export const START_VIEW = 11;
export const REQUEST_START_VIEW = 12;
export const REQUEST_HEADERS = 13;
export const HEADERS = 14;
export const REQUEST_PREPARE = 15;
/** A prepare sent for repair: same payload as PREPARE, never acknowledged as a proposal. */
export const REPAIR_PREPARE = 16;
export const PING = 17;
export const PONG = 18;
export const CONFIRM_VIEW = 19;
export const VIEW_CONFIRMED = 20;
export const REQUEST_UNIT = 21;
export const UNIT = 22;
export const RECOVER = 23;
export const RECOVERED = 24;
export const MESSAGE_KINDS = 25;

/** A client's write (or its registration). Hash-chained per client by `parent`. */
export interface RequestMessage {
  readonly kind: typeof REQUEST;
  readonly client: Hash128;
  /** 0 in a registration. */
  readonly session: number;
  /** 0 for the registration, then 1, 2, … */
  readonly request: number;
  /** Checksum of this client's previous request. */
  readonly parent: Hash128;
  readonly operation: number;
  readonly tenant: number;
  readonly body: Uint8Array;
  /** Checksum over all of the above. */
  readonly checksum: Hash128;
}

/** The stored reply of a committed request; identical whoever sends it, but for `view`. */
export interface ReplyMessage {
  readonly kind: typeof REPLY;
  /** Current view of the sender: where the client should send next. */
  readonly view: number;
  readonly client: Hash128;
  readonly session: number;
  readonly request: number;
  readonly requestChecksum: Hash128;
  readonly op: number;
  /** Position token: the tenant's own log position of this entry. */
  readonly position: number;
  /** 0, or a stable error code of the kernel. */
  readonly status: number;
  readonly body: Uint8Array;
}

export interface EvictedMessage {
  readonly kind: typeof EVICTED;
  readonly client: Hash128;
  readonly session: number;
  /** `EVICTED_NO_SESSION`, `EVICTED_BUSY` (try later), … */
  readonly reason: number;
  readonly view: number;
}
export const EVICTED_NO_SESSION = 1;
/** The session exists but was registered by another incarnation of this client. */
export const EVICTED_SESSION_MISMATCH = 2;

/** A read. `position` -1: latest (linearizable); else at least this position token. */
export interface QueryMessage {
  readonly kind: typeof QUERY;
  readonly client: Hash128;
  readonly query: number;
  readonly tenant: number;
  readonly position: number;
  readonly body: Uint8Array;
}

export interface QueryReplyMessage {
  readonly kind: typeof QUERY_REPLY;
  readonly client: Hash128;
  readonly query: number;
  readonly view: number;
  /** Position of the tenant's log that the answer reflects. */
  readonly position: number;
  readonly status: number;
  readonly body: Uint8Array;
}

export interface PrepareMessage {
  readonly kind: typeof PREPARE | typeof REPAIR_PREPARE;
  readonly view: number;
  /** The sender's commit_max. */
  readonly commit: number;
  readonly prepare: Prepare;
}

/** Cumulative: acknowledges `op` and, by its parent chain, everything below it. */
export interface PrepareOkMessage {
  readonly kind: typeof PREPARE_OK;
  readonly view: number;
  readonly op: number;
  readonly checksum: Hash128;
  readonly commit: number;
  /** Op of the sender's durable checkpoint. */
  readonly checkpoint: number;
}

/** Heartbeat of a primary in normal operation. */
export interface CommitMessage {
  readonly kind: typeof COMMIT;
  readonly view: number;
  readonly commit: number;
  readonly commitChecksum: Hash128;
  readonly checkpoint: number;
  readonly monotonic: number;
}

export interface StartViewChangeMessage {
  readonly kind: typeof START_VIEW_CHANGE;
  readonly view: number;
}

/** Headers newest first, without gaps in op; bit i of the sets speaks of `headers[i]`. */
export interface DoViewChangeMessage {
  readonly kind: typeof DO_VIEW_CHANGE;
  readonly view: number;
  readonly logView: number;
  readonly op: number;
  readonly commit: number;
  readonly checkpoint: number;
  /** A null header is a blank: op known to exist below the head, header unknown here. */
  readonly headers: readonly (PrepareHeader | null)[];
  readonly present: number;
  readonly nack: number;
}

export interface StartViewMessage {
  readonly kind: typeof START_VIEW;
  readonly view: number;
  readonly op: number;
  readonly commit: number;
  /** The state-sync target (`syncOffer`). */
  readonly checkpoint: Checkpoint;
  readonly headers: readonly PrepareHeader[];
  /** Echo of a `request_start_view` nonce; zero when unsolicited. */
  readonly nonce: Hash128;
}

export interface RequestStartViewMessage {
  readonly kind: typeof REQUEST_START_VIEW;
  readonly view: number;
  readonly nonce: Hash128;
  /** Op that the offered checkpoint must reach, since journals lead no further; 0: none. */
  readonly reach: number;
}

export interface RequestHeadersMessage {
  readonly kind: typeof REQUEST_HEADERS;
  readonly view: number;
  readonly opMin: number;
  readonly opMax: number;
}

export interface HeadersMessage {
  readonly kind: typeof HEADERS;
  readonly view: number;
  readonly headers: readonly PrepareHeader[];
}

export interface RequestPrepareMessage {
  readonly kind: typeof REQUEST_PREPARE;
  readonly view: number;
  readonly op: number;
  readonly checksum: Hash128;
}

export interface PingMessage {
  readonly kind: typeof PING;
  readonly view: number;
  readonly monotonic: number;
  readonly checkpoint: number;
  readonly release: number;
}

export interface PongMessage {
  readonly kind: typeof PONG;
  readonly view: number;
  /** Echo of the ping's `monotonic`. */
  readonly pingMonotonic: number;
  readonly realtime: number;
  /** Whether the sender's own clock agrees with a majority. */
  readonly synchronized: boolean;
}

export interface ConfirmViewMessage {
  readonly kind: typeof CONFIRM_VIEW | typeof VIEW_CONFIRMED;
  readonly view: number;
  readonly round: number;
}

/** Names something that is addressed by its hash: a store page, or a run of tenant-log entries. */
export interface Unit {
  /** `UNIT_PAGE` or `UNIT_LOG`. */
  readonly kind: number;
  readonly tenant: number;
  /** Page number, or first position. */
  readonly index: number;
  /** Positions wanted of a log; 1 for a page. */
  readonly count: number;
  /** Checksum of a page; zero for a log, whose entries prove themselves by their chain. */
  readonly checksum: Hash128;
}
export const UNIT_PAGE = 1;
export const UNIT_LOG = 2;

export interface RequestUnitMessage {
  readonly kind: typeof REQUEST_UNIT;
  readonly unit: Unit;
}

/** `bytes` null: the sender does not hold it. */
export interface UnitMessage {
  readonly kind: typeof UNIT;
  readonly unit: Unit;
  readonly bytes: Uint8Array | null;
}

/** Asked by a replica whose disk was replaced; answered by voters. */
export interface RecoverMessage {
  readonly kind: typeof RECOVER;
  readonly nonce: Hash128;
}

export interface RecoveredMessage {
  readonly kind: typeof RECOVERED;
  readonly nonce: Hash128;
  readonly view: number;
  readonly op: number;
  readonly commit: number;
}

/**
 * A checkpoint: everything up to `op`, committed to by one root. Equal on every replica.
 */
export interface Checkpoint {
  readonly op: number;
  /** Checksum of the prepare at `op`: the shard chain's head. */
  readonly head: Hash128;
  readonly timestamp: number;
  /** Page number and checksum of the root record's page in tenant 0's store. */
  readonly rootPage: number;
  readonly root: Hash128;
}

export type Message =
  | RequestMessage
  | ReplyMessage
  | EvictedMessage
  | QueryMessage
  | QueryReplyMessage
  | PrepareMessage
  | PrepareOkMessage
  | CommitMessage
  | StartViewChangeMessage
  | DoViewChangeMessage
  | StartViewMessage
  | RequestStartViewMessage
  | RequestHeadersMessage
  | HeadersMessage
  | RequestPrepareMessage
  | PingMessage
  | PongMessage
  | ConfirmViewMessage
  | RequestUnitMessage
  | UnitMessage
  | RecoverMessage
  | RecoveredMessage;
