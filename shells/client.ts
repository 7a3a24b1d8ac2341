/**
 * A client of a cluster over TCP, with promises: a thin shell around the core's `SessionClient`.
 *
 * One client is one session: its writes go one after the other, in the order they were asked for,
 * each executed exactly once while the session lives. For writes in parallel open several clients.
 * Reads overlap freely. A write whose session was evicted, or that timed out, has an unknown
 * outcome; the error says so. After an eviction the next write opens a session anew.
 *
 * Cost: a promise, a timer and one closure an operation, besides the core's.
 */
import type { Limits } from '../core/limits.ts';
import * as kernel from '../core/kernel/operation.ts';
import type { Hash128 } from '../core/types/hash128.ts';
import { POSITION_LATEST, SessionClient } from '../core/vsr/client.ts';
import type { Message, QueryReplyMessage, ReplyMessage } from '../core/vsr/message.ts';
import { openClusterNetwork } from './cluster-network.ts';
import { DeadlineTimer, monotonicMicros, random128, systemCrypto } from './system.ts';
import type { Endpoint, TcpNetwork } from './tcp-network.ts';

export interface ClientOptions {
  readonly cluster: Hash128;
  readonly peers: readonly Endpoint[];
  /** Those of the cluster. */
  readonly limits: Limits;
  /** An operation that takes longer is rejected; its outcome is unknown. */
  readonly timeoutMillis?: number;
}

const TIMEOUT_MILLIS = 30_000;
const WRITES_WAITING_MAX = 1024;

const STATUS_NAMES: Readonly<Record<number, string>> = {
  [kernel.STATUS_MALFORMED]: 'malformed request',
  [kernel.STATUS_UNKNOWN_OPERATION]: 'unknown operation',
  [kernel.STATUS_UNKNOWN_TENANT]: 'unknown tenant',
  [kernel.STATUS_TENANT_EXISTS]: 'the tenant exists',
  [kernel.STATUS_TENANT_REFUSED]: 'no such tenant number is allowed',
  [kernel.STATUS_CONFLICT]: 'the stream is not at the expected position',
  [kernel.STATUS_WRONG_TENANT]: 'not an operation of this tenant',
  [kernel.STATUS_UNKNOWN_STREAM]: 'unknown stream',
};

/** The cluster answered, with a status other than success (`core/kernel/operation.ts`). */
export class StatusError extends Error {
  override readonly name: string = 'StatusError';
  readonly status: number;
  /** Events in the stream, when the status is `STATUS_CONFLICT`; else -1. */
  readonly length: number;

  constructor(status: number, body: Uint8Array) {
    super(`the cluster refused: ${STATUS_NAMES[status] ?? 'unknown reason'} (status ${status})`);
    this.status = status;
    this.length = status === kernel.STATUS_CONFLICT ? kernel.decodeConflictReply(body) : -1;
  }
}

/** No answer: whether the operation was executed, or ever will be, is unknown. */
export class UnknownOutcomeError extends Error {
  override readonly name: string = 'UnknownOutcomeError';
}

export interface Appended extends kernel.AppendReply {
  /** Position token: the tenant's log position of this append. */
  readonly position: number;
}

export interface ReadResult extends kernel.ReadReply {
  readonly position: number;
}

/** One operation, from its call to its answer. */
interface Pending<Reply> {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

interface Write extends Pending<ReplyMessage> {
  readonly tenant: number;
  readonly operation: number;
  readonly body: Uint8Array;
}

export class Client {
  private readonly options: ClientOptions;
  private readonly session: SessionClient;
  private readonly timer: DeadlineTimer;
  private network: TcpNetwork<Message> | null = null;
  private readonly waiting: Write[] = [];
  /** The write in flight, answered or not to its caller. */
  private flying: Write | null = null;
  private readonly queries: Map<number, Pending<QueryReplyMessage>> = new Map();
  private closed = false;

  private constructor(options: ClientOptions) {
    this.options = options;
    this.timer = new DeadlineTimer(() => {
      this.session.wake(monotonicMicros());
      this.arm();
    });
    this.session = new SessionClient({
      clientId: random128(),
      replicaCount: options.peers.length,
      limits: options.limits,
      checksum: systemCrypto,
      network: { send: (to, message) => this.network?.send(to, message) },
      handler: {
        onReply: (reply) => this.onReply(reply),
        onQueryReply: (reply) => this.onQueryReply(reply),
        onEvicted: () => this.onEvicted(),
      },
    });
  }

  /** Resolves at once: whether a cluster answers, the first operation will tell. */
  static async open(options: ClientOptions): Promise<Client> {
    const client = new Client(options);
    client.network = await openClusterNetwork({
      ...options,
      self: null,
      onMessage: (from, message) => {
        client.session.receive(monotonicMicros(), from, message);
        client.next();
      },
    });
    return client;
  }

  async createTenant(tenant: number): Promise<void> {
    const body = kernel.encodeCreateTenant(tenant);
    await this.write(kernel.TENANT_SYSTEM, kernel.OPERATION_CREATE_TENANT, body);
  }

  /** Appends all events or none. */
  async append(tenant: number, request: kernel.AppendRequest): Promise<Appended> {
    const body = kernel.encodeAppend(request);
    const reply = await this.write(tenant, kernel.OPERATION_APPEND, body);
    const decoded = kernel.decodeAppendReply(reply.body);
    if (decoded === null) throw new Error('the reply to an append is malformed');
    return { ...decoded, position: reply.position };
  }

  /**
   * Events of a stream from `from` on, at most `limit` or what one reply holds. `position` is a
   * position token that the answer must include; without one, it is the latest state.
   */
  async read(
    tenant: number,
    stream: Uint8Array,
    from: number,
    limit: number,
    position: number = POSITION_LATEST,
  ): Promise<ReadResult> {
    const reply = await this.query(tenant, kernel.encodeRead(stream, from, limit), position);
    const decoded = kernel.decodeReadReply(reply.body);
    if (decoded === null) throw new Error('the reply to a read is malformed');
    return { ...decoded, position: reply.position };
  }

  /** Rejects what is under way. */
  close(): void {
    this.closed = true;
    this.timer.stop();
    this.network?.close();
    const error = new UnknownOutcomeError('the client was closed');
    for (const write of [...this.waiting, this.flying]) if (write !== null) fail(write, error);
    for (const query of this.queries.values()) fail(query, error);
    this.waiting.length = 0;
    this.queries.clear();
  }

  private write(tenant: number, operation: number, body: Uint8Array): Promise<ReplyMessage> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new Error('the client is closed'));
      if (this.waiting.length >= WRITES_WAITING_MAX) return reject(new Error('too many writes'));
      const timer = this.timeout(() => {
        const at = this.waiting.indexOf(write);
        if (at >= 0) this.waiting.splice(at, 1);
        fail(write, new UnknownOutcomeError('the write timed out'));
      });
      const write: Write = { tenant, operation, body, resolve, reject, timer };
      this.waiting.push(write);
      this.next();
    });
  }

  private query(tenant: number, body: Uint8Array, position: number): Promise<QueryReplyMessage> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new Error('the client is closed'));
      if (this.session.queriesInFlight >= this.options.limits.readQueueMax) {
        return reject(new Error('too many reads'));
      }
      const number = this.session.query(monotonicMicros(), tenant, body, position);
      const timer = this.timeout(() => {
        this.session.cancelQuery(number);
        this.queries.delete(number);
        reject(new UnknownOutcomeError('the read timed out'));
      });
      this.queries.set(number, { resolve, reject, timer });
      this.arm();
    });
  }

  private timeout(end: () => void): NodeJS.Timeout {
    return setTimeout(end, this.options.timeoutMillis ?? TIMEOUT_MILLIS);
  }

  /** Sends the next write, or asks for the session it needs. */
  private next(): void {
    const { session } = this;
    const write = this.waiting[0];
    if (!this.closed && !session.busy && write !== undefined) {
      if (session.registered) {
        this.waiting.shift();
        this.flying = write;
        session.submit(monotonicMicros(), write.tenant, write.operation, write.body);
      } else {
        session.register(monotonicMicros());
      }
    }
    this.arm();
  }

  private arm(): void {
    if (!this.closed) this.timer.arm(monotonicMicros(), this.session.deadline());
  }

  private onReply(reply: ReplyMessage): void {
    const write = this.flying;
    // The answer to a registration; a refused one is tried again by `next`.
    if (write === null) return;
    this.flying = null;
    if (reply.status === kernel.STATUS_OK) settle(write, reply);
    else fail(write, new StatusError(reply.status, reply.body));
  }

  private onQueryReply(reply: QueryReplyMessage): void {
    const query = this.queries.get(reply.query);
    if (query === undefined) return;
    this.queries.delete(reply.query);
    if (reply.status === kernel.STATUS_OK) settle(query, reply);
    else fail(query, new StatusError(reply.status, reply.body));
  }

  private onEvicted(): void {
    const write = this.flying;
    this.flying = null;
    if (write !== null) fail(write, new UnknownOutcomeError('the session was evicted'));
  }
}

function settle<Reply>(pending: Pending<Reply>, reply: Reply): void {
  clearTimeout(pending.timer);
  pending.resolve(reply);
}

function fail<Reply>(pending: Pending<Reply>, error: Error): void {
  clearTimeout(pending.timer);
  pending.reject(error);
}
