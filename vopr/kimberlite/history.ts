/**
 * What the clients of one run asked for and what they were told, in real-time order.
 *
 * One row an operation, in columns that are pooled across runs: `reset` forgets the rows and keeps
 * the memory. `clock` counts invocations and returns together, so that "a returned before b was
 * invoked" is one integer comparison and two things in the same microsecond still have an order.
 *
 * An abandoned operation stays open for ever (`returned` is `OPEN`): it may or may not take effect,
 * which is exactly what a client that gave up knows.
 */
import type { StatementAnswer } from '../../core/sql/session/result.ts';
import { assert } from '../../core/types/assert.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { ZERO128 } from '../../core/types/hash128.ts';
import type { QueryReplyMessage, ReplyMessage } from '../../core/vsr/message.ts';

export const WORK_REGISTER = 0;
export const WORK_CREATE_TENANT = 1;
export const WORK_APPEND = 2;
/** A SQL statement, through the log. */
export const WORK_SQL = 3;
/** A change of users, keys or tenants. */
export const WORK_ACCESS = 4;
/** A chunk of a commit that is staged. */
export const WORK_STAGE = 5;
/** What a SQL transaction changed, through the log. */
export const WORK_COMMIT = 6;
/** Reads the events of a stream. */
export const WORK_READ = 7;
/** Asks for the newest version of a stream. */
export const WORK_HEAD = 8;
/** A SQL query on a replica's state, beside the log. */
export const WORK_SQL_READ = 9;
/** BEGIN of a SQL transaction: the answer's position is its snapshot. */
export const WORK_BEGIN = 10;
export const WORK_KINDS: readonly string[] = [
  'register',
  'create',
  'append',
  'sql',
  'access',
  'stage',
  'commit',
  'read',
  'head',
  'sql read',
  'begin',
];

/** Whether operations of a kind become entries of the log. */
export function isWrite(kind: number): boolean {
  return kind <= WORK_COMMIT;
}

/** `returned` of an operation without an answer. */
export const OPEN = -1;
/** `position` of a read that asks for the latest state. */
export const LATEST = -1;

/** A transaction as its client saw it. */
export interface TransactionRecord {
  readonly client: number;
  readonly tenant: number;
  /** The position that its BEGIN was answered with. */
  readonly snapshot: number;
  /**
   * Its statements, each with its answer. Of BEGIN and COMMIT only a COMMIT that a key refused.
   */
  readonly steps: readonly TransactionStep[];
}

export interface TransactionStep {
  /** The statement, as the body of a request. */
  readonly body: Uint8Array;
  readonly answer: StatementAnswer;
}

/** Told of every row as it happens; the linearizability invariants listen. */
export interface HistoryListener {
  invoked(row: number): void;
  returned(row: number): void;
  /** A second answer to an operation that has one already. */
  repeated(row: number, reply: ReplyMessage): void;
  /** A transaction is over, but for the commit of what it changed. */
  ended?(transaction: TransactionRecord): void;
}

export class History {
  rows = 0;
  /** Moment counter: every invocation and every return takes one. */
  clock = 0;
  private readonly listeners: HistoryListener[] = [];
  /** By the name of the request that carries what it changed. */
  private readonly transactions: Map<string, TransactionRecord> = new Map();

  readonly client: number[] = [];
  readonly identity: Hash128[] = [];
  readonly session: number[] = [];
  readonly request: number[] = [];
  readonly checksum: Hash128[] = [];
  readonly kind: number[] = [];
  readonly tenant: number[] = [];
  /** The encoded body of the request or query. */
  readonly body: Uint8Array[] = [];
  /** Reads: position token asked for, or `LATEST`. */
  readonly position: number[] = [];
  readonly invoked: number[] = [];
  readonly invokedMicros: number[] = [];
  readonly returned: number[] = [];
  readonly returnedMicros: number[] = [];
  readonly reply: (ReplyMessage | QueryReplyMessage | null)[] = [];

  private owner: object | null = null;
  private claimed = false;

  /**
   * Begins a run for one of `owner`'s listeners. Called before anything happens in it, once for
   * each listener; those of another owner (a simulator that ran before) are forgotten.
   */
  listen(owner: object, listener: HistoryListener): void {
    if (this.owner !== owner) this.listeners.length = 0;
    this.owner = owner;
    if (!this.listeners.includes(listener)) this.listeners.push(listener);
    this.claimed = true;
    this.forget();
  }

  /** The first client of a run was made. Without a claim nobody listens in this run. */
  begin(): void {
    if (!this.claimed) {
      this.owner = null;
      this.listeners.length = 0;
    }
    this.claimed = false;
    this.forget();
  }

  private forget(): void {
    this.rows = 0;
    this.clock = 0;
    if (this.transactions.size > 0) this.transactions.clear();
  }

  /** A write (or a registration) was sent for the first time. Returns its row. */
  invokeWrite(
    client: number,
    identity: Hash128,
    kind: number,
    tenant: number,
    body: Uint8Array,
    micros: number,
  ): number {
    assert(isWrite(kind), 'a write');
    const row = this.open(client, kind, tenant, body, micros);
    this.identity[row] = identity;
    this.position[row] = LATEST;
    for (const listener of this.listeners) listener.invoked(row);
    return row;
  }

  /** What the request of a row is called; known once the session client has built it. */
  named(row: number, session: number, request: number, checksum: Hash128): void {
    this.session[row] = session;
    this.request[row] = request;
    this.checksum[row] = checksum;
  }

  /** A read was sent for the first time. Returns its row. */
  invokeRead(
    client: number,
    kind: number,
    tenant: number,
    position: number,
    body: Uint8Array,
    micros: number,
  ): number {
    assert(!isWrite(kind), 'a read');
    const row = this.open(client, kind, tenant, body, micros);
    this.identity[row] = ZERO128;
    this.position[row] = position;
    for (const listener of this.listeners) listener.invoked(row);
    return row;
  }

  return(row: number, reply: ReplyMessage | QueryReplyMessage, micros: number): void {
    assert(row >= 0 && row < this.rows, 'a row of this run');
    assert(this.returned[row] === OPEN, 'an operation returns once');
    this.returned[row] = this.clock;
    this.clock += 1;
    this.returnedMicros[row] = micros;
    this.reply[row] = reply;
    for (const listener of this.listeners) listener.returned(row);
  }

  /** An answered request was sent again and answered again. */
  repeat(row: number, reply: ReplyMessage): void {
    assert(this.returned[row] !== OPEN, 'only an answered operation is repeated');
    for (const listener of this.listeners) listener.repeated(row, reply);
  }

  /** A transaction is over; what it changed, if anything, is yet to be sent. */
  ended(transaction: TransactionRecord): void {
    for (const listener of this.listeners) listener.ended?.(transaction);
  }

  /** The request of this name carries what a transaction changed. */
  committing(checksum: Hash128, transaction: TransactionRecord): void {
    this.transactions.set(nameOf(checksum), transaction);
  }

  /** The transaction whose changes the request of this name carries; null: it carries none. */
  transactionOf(checksum: Hash128): TransactionRecord | null {
    return this.transactions.get(nameOf(checksum)) ?? null;
  }

  private open(
    client: number,
    kind: number,
    tenant: number,
    body: Uint8Array,
    micros: number,
  ): number {
    const row = this.rows;
    this.rows += 1;
    this.client[row] = client;
    this.kind[row] = kind;
    this.tenant[row] = tenant;
    this.body[row] = body;
    this.session[row] = 0;
    this.request[row] = 0;
    this.checksum[row] = ZERO128;
    this.invoked[row] = this.clock;
    this.clock += 1;
    this.invokedMicros[row] = micros;
    this.returned[row] = OPEN;
    this.returnedMicros[row] = OPEN;
    this.reply[row] = null;
    return row;
  }
}

function nameOf({ a, b, c, d }: Hash128): string {
  return `${a} ${b} ${c} ${d}`;
}

/**
 * The history of the run in progress in this thread. One is enough: a run is written from its first
 * event to its last before another begins, and the invariants of the run read it as it grows.
 */
export const HISTORY: History = new History();
