/**
 * Every bound of the server towards its clients. All are documented in docs/protocol.md.
 */
export interface ServerLimits {
  /** Connections at once; more are refused (53300). */
  readonly connectionsMax: number;
  /** A connection must have said HELLO by then. */
  readonly helloMillis: number;
  /** Requests of one connection not yet answered; its socket is not read meanwhile. */
  readonly requestsMax: number;
  /** Bytes of a connection's requests that wait for their turn; as above. */
  readonly requestBytesMax: number;
  /** The same of all connections: who fills the rest is closed (53200). */
  readonly allRequestBytesMax: number;
  /** Bytes that a socket has not taken yet: rows wait, and nothing more is read. */
  readonly unsentBytesMax: number;
  /** Of one channel. */
  readonly preparedMax: number;
  /** A transaction that nobody used for so long is rolled back (25P03). */
  readonly idleTransactionMillis: number;
  /** On shutdown, what is under way may take this long. */
  readonly drainMillis: number;
  /** Share of the heap above which statements are given up (53200), those under way included. */
  readonly heapShareMax: number;
  /** A page that is missing is waited for so long, while peers send it. */
  readonly repairMillis: number;
}

export const SERVER_LIMITS: ServerLimits = Object.freeze({
  connectionsMax: 16_384,
  helloMillis: 10_000,
  requestsMax: 256,
  requestBytesMax: 32 << 20,
  allRequestBytesMax: 512 << 20,
  unsentBytesMax: 1 << 20,
  preparedMax: 256,
  idleTransactionMillis: 300_000,
  drainMillis: 5_000,
  heapShareMax: 0.85,
  repairMillis: 5_000,
});
