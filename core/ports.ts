/**
 * The outside world on one page: what a node may ask of its host, and what the host tells a node.
 *
 * The core is sans-I/O. A host (the simulator, or a thin shell over the operating system) calls the
 * inputs of `Node` one at a time, to completion; the node acts only through `Disk`, `Network`,
 * `Crypto` and `Observer`. Nothing here returns a promise; nothing here reads a clock.
 */

/** A disk file, opened by name; a small non-negative integer chosen by the host. */
export type FileId = number;

/**
 * Names one sync: `(generation << TICKET_MODULE_BITS) | module`. Never reused in one incarnation.
 */
export type Ticket = number;

/** Low bits of a ticket: which module of the node asked for the sync. */
export const TICKET_MODULE_BITS = 3;
export const TICKET_JOURNAL = 0;
export const TICKET_SUPERBLOCK = 1;
export const TICKET_MACHINE = 2;
export const TICKET_SECURE = 3;

/** Outcome of a disk call. Zero or more is success; below zero is one of these codes. */
export type IoStatus = number;
export const IO_OK = 0;
/** The device failed: nothing is known about the bytes concerned. */
export const IO_EIO = -1;
/** No room: nothing, or a prefix, was written. */
export const IO_ENOSPC = -2;
/** Fewer bytes were read or written than asked for, without another error. */
export const IO_SHORT = -3;

/**
 * POSIX as it is. Reads see all earlier writes of this node at once (page cache). Until a `sync` of
 * the file completes without error, each unsynced sector may, after a crash, be old, new or
 * garbage, in any order; creation, removal, renaming and truncation are unsynced too. A sync covers
 * the file and its directory entry, for everything written before the call. After a *failed* sync,
 * everything written since the last good one is unproven even if a later sync succeeds, unless
 * written again. The host may keep no reference to a buffer after a call returns: it copies.
 */
export interface Disk {
  /** Opens `name`, creating an empty file where there is none. Never fails for a valid name. */
  open(name: string): FileId;
  exists(name: string): boolean;
  /** Names that start with `prefix`, sorted by code unit. */
  list(prefix: string): readonly string[];
  /** Size of the file in bytes. */
  size(file: FileId): number;
  /**
   * Reads `length` bytes at `offset` into `into` from `intoOffset`. Returns the number of bytes
   * read (fewer than `length` only at the end of the file), or `IO_EIO`.
   */
  read(file: FileId, offset: number, length: number, into: Uint8Array, intoOffset: number): number;
  /**
   * Writes `length` bytes of `bytes` from `from` at `offset`, growing the file (holes read as 0).
   */
  write(file: FileId, offset: number, bytes: Uint8Array, from: number, length: number): IoStatus;
  /** Sets the size; growing fills with zeros and reserves room. */
  truncate(file: FileId, size: number): IoStatus;
  remove(name: string): IoStatus;
  rename(from: string, to: string): IoStatus;
  /** Starts a sync; its completion is the input `Node.synced(…, ticket, status)`. */
  sync(file: FileId, ticket: Ticket): void;
}

/**
 * Where a message comes from or goes to. Replicas and standbys are their index in the membership
 * (0, 1, …); clients and connections are `CLIENT_ADDRESS_MIN` and above, chosen by the host.
 */
export type Address = number;
export const CLIENT_ADDRESS_MIN = 1024;

/** Unreliable, unordered, may duplicate. Messages are immutable once sent. */
export interface Network<M> {
  send(to: Address, message: M): void;
}

/**
 * Gets one flat record for each protocol step (kinds and meaning: `core/observer.ts`). Must not
 * call back into the node and must not keep `ref` beyond the call unless the kind says it is
 * immutable.
 */
export interface Observer {
  step(kind: number, a: number, b: number, c: number, ref: unknown): void;
}

/**
 * The inputs of a node. Every input carries the host's readings in integer microseconds:
 * `monotonic` never goes backwards within one incarnation; `realtime` is the wall clock and may do
 * anything. After each input the host asks `deadline()`: the monotonic instant at which the node
 * wants `wake`, or `NEVER`.
 *
 * `flush` ends a batch of inputs: only then the node asks for the sync of what they made it write
 * to the journal, so that one sync covers all of it. A host that does not batch calls it after each
 * input; one that does hands over what has arrived already, and waits for nothing more.
 */
export interface NodeInputs<M> {
  receive(monotonic: number, realtime: number, from: Address, message: M): void;
  synced(monotonic: number, realtime: number, ticket: Ticket, status: IoStatus): void;
  wake(monotonic: number, realtime: number): void;
  flush(): void;
  deadline(): number;
}

/** Later than every instant. */
export const NEVER: number = Number.MAX_SAFE_INTEGER;
