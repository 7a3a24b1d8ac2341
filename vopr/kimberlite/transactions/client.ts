/**
 * A client's side of one interactive transaction: asks the primary to begin, then says the
 * statements of a program to the server that began it, one at a time, and COMMIT. A question is
 * repeated under its own number until it is answered; a server that stays silent is given up, and
 * the transaction with it, which has then changed nothing.
 *
 * What COMMIT leads to is its owner's business: the request that it answers goes to the log as the
 * next request of the owner's session.
 */
import { STATUS_OK } from '../../../core/kernel/operation.ts';
import type { Address, Network } from '../../../core/ports.ts';
import type { StatementAnswer } from '../../../core/sql/session/result.ts';
import { isError } from '../../../core/sql/session/result.ts';
import type { Hash128 } from '../../../core/types/hash128.ts';
import type { Message, QueryReplyMessage } from '../../../core/vsr/message.ts';
import { QUERY } from '../../../core/vsr/message.ts';
import { LATEST } from '../history.ts';
import type { TransactionRecord, TransactionStep } from '../history.ts';
import { encodeShape } from '../sql/body.ts';
import { BEGIN, COMMIT, RELEASE, ROLLBACK, ROLLBACK_TO, SAVEPOINT } from '../sql/shapes.ts';
import { decodeTold, frameNumber } from './frame.ts';
import { isDenial } from '../access/model.ts';
import type { Program } from './script.ts';
import type { Saying } from './step.ts';

/** Times that a statement is said to its server, and how often the wait between them doubles. */
const ATTEMPTS_MAX = 6;
const DOUBLINGS_MAX = 3;

/** What the end of a transaction says of a key that it deferred. */
const KEY_TAKEN = '23505';

const PLAIN: readonly [] = [];

export interface TransactionOptions {
  /** Its number among the client's operations. */
  readonly number: number;
  readonly client: number;
  readonly identity: Hash128;
  readonly tenant: number;
  /** In whose name; absent: nobody is asked. */
  readonly user?: string;
  readonly program: Program;
  readonly network: Network<Message>;
  readonly replicaCount: number;
  readonly retryMicros: number;
  /** The replica that is the primary, as far as is known. */
  readonly primary: Address;
}

/** How it ended: with a request for the log, or without. */
export type Ending =
  | { readonly kind: 'submit'; readonly body: Uint8Array }
  | { readonly kind: 'over' };

const OVER: Ending = { kind: 'over' };

export class ClientTransaction {
  private readonly options: TransactionOptions;
  private readonly steps: TransactionStep[] = [];
  private readonly answers: StatementAnswer[] = [];
  /** Of the program. */
  private next = 0;
  /** Number of the statement in flight, and what it says. */
  private statement = 0;
  private saying: Saying = { shape: BEGIN, values: PLAIN };
  private body: Uint8Array;
  private server: Address = -1;
  private snapshot: number = LATEST;
  private saved = false;
  private attempts = 0;
  private retryAt = 0;

  constructor(options: TransactionOptions) {
    this.options = options;
    this.body = encodeShape(BEGIN, PLAIN, options.user);
  }

  /** Null before BEGIN was answered. */
  get record(): TransactionRecord | null {
    const { snapshot, steps } = this;
    const { client, tenant } = this.options;
    return snapshot === LATEST ? null : { client, tenant, snapshot, steps };
  }

  get fingerprint(): number {
    return this.statement * 8 + this.attempts;
  }

  deadline(): number {
    return this.retryAt;
  }

  begin(now: number): void {
    this.send(now);
  }

  /** Repeats what is due. */
  wake(now: number): Ending | null {
    if (now < this.retryAt) return null;
    if (this.statement > 0 && this.attempts >= ATTEMPTS_MAX) return OVER;
    this.send(now);
    return null;
  }

  /** Whether the answer is to the question in flight. */
  expects(reply: QueryReplyMessage): boolean {
    return reply.query === frameNumber(this.options.number, this.statement);
  }

  /** An expected answer. */
  receive(now: number, from: Address, reply: QueryReplyMessage): Ending | null {
    if (reply.status !== STATUS_OK) return OVER;
    const told = decodeTold(reply.body);
    if (told.kind === 'submit') return told;
    const { answer } = told;
    if (this.statement === 0) {
      this.server = from;
      this.snapshot = reply.position;
    } else {
      const ended = this.answered(answer);
      if (ended) return OVER;
    }
    this.say(now, this.following(answer));
    return null;
  }

  /** Notes an answer; true: the transaction is over. */
  private answered(answer: StatementAnswer): boolean {
    const { shape } = this.saying;
    if (shape === COMMIT && isError(answer) && answer.code === KEY_TAKEN) {
      this.steps.push({ body: this.body, answer });
    }
    if (shape === COMMIT || shape === ROLLBACK) return true;
    // Nothing that a statement may meet, but the end of the server's fork.
    if (isError(answer) && answer.code === '40001') return true;
    // What was refused for want of a right did nothing; `access` says whether it was one's right.
    if (isError(answer) && isDenial(answer.code)) return false;
    this.steps.push({ body: this.body, answer });
    if (shape === SAVEPOINT) this.saved = true;
    if (shape === RELEASE) this.saved = false;
    return false;
  }

  /** What to say after an answer. */
  private following(answer: StatementAnswer): Saying {
    if (isError(answer)) return { shape: this.saved ? ROLLBACK_TO : ROLLBACK, values: PLAIN };
    const { steps, givesUp } = this.options.program;
    // An answer for each step, so that steps know theirs; what repaired an error is none.
    if (this.statement > 0 && this.answers.length < this.next) this.answers.push(answer);
    while (this.next < steps.length) {
      const saying = steps[this.next]!(this.answers);
      this.next += 1;
      if (saying !== null) return saying;
      this.answers.push(answer);
    }
    return { shape: givesUp ? ROLLBACK : COMMIT, values: PLAIN };
  }

  private say(now: number, saying: Saying): void {
    this.saying = saying;
    this.body = encodeShape(saying.shape, saying.values, this.options.user);
    this.statement += 1;
    this.attempts = 0;
    this.send(now);
  }

  private send(now: number): void {
    const { number, identity: client, tenant, network, replicaCount, primary } = this.options;
    const begins = this.statement === 0;
    const to = begins ? (primary + this.attempts) % replicaCount : this.server;
    this.retryAt = now + (this.options.retryMicros << Math.min(this.attempts, DOUBLINGS_MAX));
    this.attempts += 1;
    const query = frameNumber(number, this.statement);
    const position = LATEST;
    network.send(to, { kind: QUERY, client, query, tenant, position, body: this.body });
  }
}
