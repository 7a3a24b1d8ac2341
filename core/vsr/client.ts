/**
 * The session client, sans I/O: what every client of a cluster runs, simulated or real.
 *
 * Writes: one request in flight, hash-chained; request n + 1 leaves only after reply n, which is
 * how replicas know that reply n has arrived. A retry repeats the identical message, so a request
 * is executed at most once while its session lives. Reads (`query`) are in flight independently,
 * under numbers of their own, and may be executed any number of times.
 *
 * The first try goes to the primary of the newest view heard of. Each retry goes there again and to
 * one more replica, in turn: a lost message costs one timeout, and a new primary is found within
 * one round. Timeouts double up to `RETRY_FACTOR_MAX` and carry jitter from the client's identity.
 *
 * Eviction ends the session. What was in flight may or may not have been executed, even when the
 * eviction is an answer to its first and only send: the network may have duplicated it, the copy
 * been executed, and the session evicted in between. So the outcome is unknown, and said to be.
 *
 * Cost: one message object per request; duplicates and strangers' replies cost a few compares.
 */
import type { Checksummer } from '../codec/prepare.ts';
import { requestChecksum } from '../codec/request.ts';
import type { Limits } from '../limits.ts';
import type { Address, Network } from '../ports.ts';
import { NEVER } from '../ports.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { ZERO128, equal128, isZero128 } from '../types/hash128.ts';
import { OPERATION_KERNEL_MIN, OPERATION_REGISTER } from '../types/operation.ts';
import { backoff } from './detector.ts';
import type {
  EvictedMessage,
  Message,
  QueryMessage,
  QueryReplyMessage,
  ReplyMessage,
  RequestMessage,
} from './message.ts';
import {
  EVICTED,
  EVICTED_NO_SESSION,
  EVICTED_SESSION_MISMATCH,
  QUERY,
  QUERY_REPLY,
  REPLY,
  REQUEST,
} from './message.ts';
import { Prng } from './prng.ts';
import { primaryOf } from './quorum.ts';

/** Retries wait at most this many times `clientRetryMicros`. */
const RETRY_FACTOR_MAX = 8;
const NO_BODY: Uint8Array = new Uint8Array(0);
/** A position that asks for the latest state, through the primary. */
export const POSITION_LATEST = -1;

/** What a client tells its owner. Each call may submit anew. */
export interface ClientHandler {
  /** The request in flight is answered; for request 0, `registered` says whether it worked. */
  onReply(reply: ReplyMessage): void;
  onQueryReply(reply: QueryReplyMessage): void;
  /**
   * The session is lost. `request` was in flight and has an unknown outcome; -1: none was.
   * `register` begins a new session.
   */
  onEvicted(reason: number, request: number): void;
}

export interface ClientOptions {
  /** Unique to this client and this incarnation of it: random, not zero. */
  readonly clientId: Hash128;
  readonly replicaCount: number;
  readonly limits: Limits;
  readonly checksum: Checksummer;
  readonly network: Network<Message>;
  readonly handler: ClientHandler;
}

/** Something sent and not yet answered. */
interface Flight<M> {
  readonly message: M;
  attempts: number;
  retryAt: number;
  /** The first replica asked. */
  readonly first: Address;
}

export class SessionClient {
  private readonly options: ClientOptions;
  private readonly prng: Prng;
  private view: number = 0;
  /** Op of the registration; 0 without a session. */
  private session: number = 0;
  private requestNext: number = 0;
  /** Checksum of the last request, whatever became of it. */
  private parent: Hash128 = ZERO128;
  private flight: Flight<RequestMessage> | null = null;
  private queryNext: number = 1;
  private readonly queries: Flight<QueryMessage>[] = [];

  constructor(options: ClientOptions) {
    assert(!isZero128(options.clientId), 'zero names no client');
    assert(options.replicaCount >= 1, 'a client of a cluster');
    this.options = options;
    this.prng = new Prng(options.clientId, 0);
  }

  get registered(): boolean {
    return this.session > 0;
  }

  /** A request is in flight: `register` and `submit` must wait. */
  get busy(): boolean {
    return this.flight !== null;
  }

  /** Queries in flight; at most `limits.readQueueMax`. */
  get queriesInFlight(): number {
    return this.queries.length;
  }

  /** Number of the request in flight, or -1. */
  get requestInFlight(): number {
    return this.flight === null ? -1 : this.flight.message.request;
  }

  /** Newest view heard of. */
  get viewKnown(): number {
    return this.view;
  }

  /**
   * Asks for a session. After an eviction too: the chain of requests goes on, the numbers begin
   * anew.
   */
  register(monotonic: number): void {
    assert(this.session === 0 && this.flight === null, 'register: no session, nothing in flight');
    this.requestNext = 0;
    // Chaining to the last request of a lost session tells this registration from the one before:
    // a late reply to that one carries another checksum, and is not taken for the reply to this.
    this.launch(monotonic, OPERATION_REGISTER, 0, NO_BODY);
  }

  /** Sends a write; returns its request number. Nobody may change `body` afterwards. */
  submit(monotonic: number, tenant: number, operation: number, body: Uint8Array): number {
    assert(this.session > 0 && this.flight === null, 'submit: a session, and nothing in flight');
    assert(operation >= OPERATION_KERNEL_MIN, 'submit: an operation of the kernel');
    return this.launch(monotonic, operation, tenant, body);
  }

  /**
   * Sends a read; returns its query number. `position` is `POSITION_LATEST` (linearizable), or a
   * position token that the answer must include, which any replica may give.
   */
  query(monotonic: number, tenant: number, body: Uint8Array, position: number): number {
    assert(position >= POSITION_LATEST, 'query: a position');
    assert(this.queries.length < this.options.limits.readQueueMax, 'query: too many in flight');
    const number = this.queryNext;
    this.queryNext += 1;
    const message: QueryMessage = {
      kind: QUERY,
      client: this.options.clientId,
      query: number,
      tenant,
      position,
      body,
    };
    const anyone = (this.options.clientId.d + number) >>> 0;
    const first =
      position === POSITION_LATEST ? this.primary() : anyone % this.options.replicaCount;
    const flight = { message, attempts: 0, retryAt: 0, first };
    this.queries.push(flight);
    this.sendQuery(flight, monotonic);
    return number;
  }

  /** Gives up on a query; its reply will be ignored. */
  cancelQuery(number: number): void {
    const index = this.findQuery(number);
    if (index >= 0) this.queries.splice(index, 1);
  }

  receive(monotonic: number, from: Address, message: Message): void {
    assert(monotonic >= 0 && from >= 0, 'a message has a time and a sender');
    if (message.kind === REPLY) this.onReply(message);
    else if (message.kind === QUERY_REPLY) this.onQueryReply(message);
    else if (message.kind === EVICTED) this.onEvicted(message);
  }

  /** Retries what is due. */
  wake(monotonic: number): void {
    const flight = this.flight;
    if (flight !== null && monotonic >= flight.retryAt) this.sendRequest(flight, monotonic);
    for (const query of this.queries) {
      if (monotonic >= query.retryAt) this.sendQuery(query, monotonic);
    }
  }

  deadline(): number {
    let earliest = this.flight === null ? NEVER : this.flight.retryAt;
    for (const query of this.queries) if (query.retryAt < earliest) earliest = query.retryAt;
    return earliest;
  }

  fingerprint(): number {
    let digest = this.prng.fingerprint() ^ Math.imul(this.view, 0x01000193);
    digest = (Math.imul(digest, 31) + (this.session | 0)) | 0;
    digest = (Math.imul(digest, 31) + this.requestNext) | 0;
    digest = (Math.imul(digest, 31) + this.queryNext) | 0;
    digest = (Math.imul(digest, 31) + this.queries.length) | 0;
    return this.flight === null ? digest : (digest ^ (this.flight.attempts + 1)) | 0;
  }

  private launch(monotonic: number, operation: number, tenant: number, body: Uint8Array): number {
    const fields = {
      client: this.options.clientId,
      session: this.session,
      request: this.requestNext,
      parent: this.parent,
      operation,
      tenant,
      body,
    };
    const checksum = requestChecksum(fields, this.options.checksum);
    const message: RequestMessage = { kind: REQUEST, ...fields, checksum };
    assert((message.request === 0) === (message.session === 0), 'only a registration lacks one');
    this.requestNext += 1;
    this.parent = checksum;
    this.flight = { message, attempts: 0, retryAt: 0, first: this.primary() };
    this.sendRequest(this.flight, monotonic);
    return message.request;
  }

  private sendRequest(flight: Flight<RequestMessage>, monotonic: number): void {
    const { attempts } = flight;
    this.schedule(flight, monotonic);
    const primary = this.primary();
    this.options.network.send(primary, flight.message);
    const other = (flight.first + attempts) % this.options.replicaCount;
    if (attempts > 0 && other !== primary) this.options.network.send(other, flight.message);
  }

  private sendQuery(flight: Flight<QueryMessage>, monotonic: number): void {
    const { attempts } = flight;
    this.schedule(flight, monotonic);
    const other = (flight.first + attempts) % this.options.replicaCount;
    this.options.network.send(other, flight.message);
    if (attempts === 0) return;
    const primary = this.primary();
    if (other !== primary) this.options.network.send(primary, flight.message);
  }

  private schedule(flight: Flight<Message>, monotonic: number): void {
    const base = this.options.limits.clientRetryMicros;
    const wait = backoff(this.prng, base, flight.attempts, base * RETRY_FACTOR_MAX);
    flight.retryAt = monotonic + wait;
    flight.attempts += 1;
  }

  private onReply(reply: ReplyMessage): void {
    if (!equal128(reply.client, this.options.clientId)) return;
    this.learnView(reply.view);
    const flight = this.flight;
    // A duplicate, or the reply to a request of a lost session.
    if (flight === null || !equal128(reply.requestChecksum, flight.message.checksum)) return;
    if (reply.request !== flight.message.request) return;
    this.flight = null;
    if (reply.request === 0 && reply.status === 0) this.session = reply.op;
    this.options.handler.onReply(reply);
  }

  private onQueryReply(reply: QueryReplyMessage): void {
    if (!equal128(reply.client, this.options.clientId)) return;
    this.learnView(reply.view);
    const index = this.findQuery(reply.query);
    if (index < 0) return;
    this.queries.splice(index, 1);
    this.options.handler.onQueryReply(reply);
  }

  private onEvicted(message: EvictedMessage): void {
    if (!equal128(message.client, this.options.clientId)) return;
    // A deposed primary may not know of our registration: only the newest view may end a session.
    if (message.view < this.view) return;
    this.learnView(message.view);
    if (this.session === 0 || message.session !== this.session) return;
    const { reason } = message;
    if (reason !== EVICTED_NO_SESSION && reason !== EVICTED_SESSION_MISMATCH) return;
    const request = this.requestInFlight;
    this.session = 0;
    this.flight = null;
    this.options.handler.onEvicted(reason, request);
  }

  private learnView(view: number): void {
    if (view > this.view) this.view = view;
  }

  private primary(): Address {
    return primaryOf(this.view, this.options.replicaCount);
  }

  private findQuery(number: number): number {
    for (let i = 0; i < this.queries.length; i += 1) {
      if (this.queries[i]!.message.query === number) return i;
    }
    return -1;
  }
}
