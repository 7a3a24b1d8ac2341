/**
 * Sessions beside a simulated node: what a server does for interactive transactions, without its
 * sockets. While its node is the primary it begins transactions, runs their statements on forks of
 * the node's own store, and answers COMMIT with the request that the client then submits under its
 * own session. BEGIN waits for a latest read of its own node, so that it sees all that anybody was
 * told before.
 *
 * Forks end with the process and with the view; whoever asks for one that is gone is told 40001.
 * Bounded: beyond `FORKS_MAX` the oldest is given up.
 *
 * A statement is executed in steps, as a server does it between its other work: a step every few
 * inputs of the node, so that the log goes on meanwhile. One that meets a damaged page is not
 * answered: the replica repairs the page, the client asks again, and the statement runs anew.
 *
 * Cost: nothing until a first statement comes; then the statement itself.
 */
import { UNREADABLE_LOGS } from '../../../core/kernel/log-table.ts';
import { STATUS_OK, STATUS_UNKNOWN_TENANT, encodeHead } from '../../../core/kernel/operation.ts';
import type { Limits } from '../../../core/limits.ts';
import type { StateReader } from '../../../core/node.ts';
import { STATUS_NORMAL } from '../../../core/observer.ts';
import type { Address } from '../../../core/ports.ts';
import { Engine } from '../../../core/sql/engine.ts';
import { PageNeeded, SqlError } from '../../../core/sql/error.ts';
import { Session } from '../../../core/sql/session/session.ts';
import type { Task } from '../../../core/sql/session/session.ts';
import { assert } from '../../../core/types/assert.ts';
import type { Hash128 } from '../../../core/types/hash128.ts';
import { equal128, make128 } from '../../../core/types/hash128.ts';
import type { QueryMessage, QueryReplyMessage } from '../../../core/vsr/message.ts';
import { QUERY, QUERY_REPLY } from '../../../core/vsr/message.ts';
import { primaryOf } from '../../../core/vsr/quorum.ts';
import type { NodeInspection } from '../../sim/sim-node.ts';
import { openShape } from '../sql/body.ts';
import type { Told } from './frame.ts';
import { GONE, encodeTold, statementOf, transactionOf } from './frame.ts';

const FORKS_MAX = 8;
/** Rows a step, about, in turn: few, so that steps are many; or all. */
const STEP_BUDGETS: readonly number[] = [1, 1 << 14, 2, 1, 1];
/** Inputs of the node from one step to the next, in turn. A commit takes some ten. */
const STEP_PAUSES: readonly number[] = [1, 2, 10];
const SALT_BYTES = 32;
/** The barrier's name among the clients of its node. */
const BARRIER_CLIENT: Hash128 = make128(0x62617272, 1, 1, 1);
/** Any question does: what counts is when it is answered. */
const BARRIER_BODY: Uint8Array = encodeHead(Uint8Array.of(0x61));
const NO_BODY: Uint8Array = new Uint8Array(0);

/** The node, as a server beside it sees it. */
export interface Beside {
  readonly index: number;
  readonly replicaCount: number;
  readonly limits: Limits;
  readonly state: StateReader;
  inspect(): NodeInspection;
  random(out: Uint8Array): void;
  /** Asks the own node; the answer comes to `confirmed`, once the input is over. */
  ask(barrier: QueryMessage): void;
  send(to: Address, reply: QueryReplyMessage): void;
}

interface Fork {
  readonly question: QueryMessage;
  readonly transaction: number;
  readonly from: Address;
  readonly barrier: number;
  /** Null until the barrier is passed. */
  session: Session | null;
  /** The last statement that was answered, and the answer. */
  statement: number;
  reply: QueryReplyMessage | null;
  /** The statement that is being executed. */
  running: Running | null;
}

interface Running {
  readonly question: QueryMessage;
  readonly task: RunTask;
  readonly budget: number;
  readonly pause: number;
  /** Inputs until the next step. */
  left: number;
}

type RunTask = Extract<Task, { kind: 'run' }>;

export class TransactionHost {
  private readonly beside: Beside;
  private forks: Fork[] = [];
  private readonly engines: Map<number, Engine> = new Map();
  private view = -1;
  private barriers = 0;
  private answered = 0;

  constructor(beside: Beside) {
    this.beside = beside;
  }

  fingerprint(): number {
    return Math.imul(this.answered, 31) + this.forks.length;
  }

  /** A statement of a transaction, BEGIN included. */
  take(from: Address, question: QueryMessage): void {
    const transaction = transactionOf(question.query);
    const statement = statementOf(question.query);
    const serves = this.serves();
    const fork = this.find(question.client, transaction);
    if (statement === 0) {
      if (serves) this.takeBegin(from, question, fork);
      return;
    }
    if (fork === null) {
      this.send(from, replyTo(question, this.view, 0, GONE));
      return;
    }
    if (fork.reply === null || fork.session === null || fork.running !== null) return;
    // Half an entry is no state; the client asks again.
    if (this.beside.state.installing) return;
    if (statement === fork.statement) this.send(from, fork.reply);
    else if (statement === fork.statement + 1) this.run(fork, fork.session, question);
  }

  /** Asked again before its barrier is passed, it waits for a new one: reads may be dropped. */
  private takeBegin(from: Address, question: QueryMessage, fork: Fork | null): void {
    if (fork === null || fork.session === null) {
      if (fork !== null) this.drop(fork);
      this.begin(from, question);
    } else if (fork.statement === 0 && fork.reply !== null) {
      this.send(from, fork.reply);
    }
  }

  /** A latest read of the own node was answered: whoever waited for it begins. */
  confirmed(reply: QueryReplyMessage): void {
    if (!this.serves() || this.beside.state.installing) return;
    const fork = this.forks.find(({ barrier }) => barrier === reply.query);
    if (fork === undefined || fork.session !== null) return;
    const { tenant } = fork.question;
    const position = this.beside.state.position(tenant);
    if (position < 0) {
      this.drop(fork);
      const { client, query } = fork.question;
      const told = { view: this.view, position, status: STATUS_UNKNOWN_TENANT, body: NO_BODY };
      this.send(fork.from, { kind: QUERY_REPLY, client, query, ...told });
      return;
    }
    const session = this.open(tenant, openShape(fork.question.body).user);
    fork.session = session;
    this.run(fork, session, fork.question);
  }

  /** Whether the node is the primary, as far as it knows; forks of an earlier view end here. */
  private serves(): boolean {
    const { index, replicaCount } = this.beside;
    const { status, view, syncing, opening } = this.beside.inspect();
    const normal = status === STATUS_NORMAL && !syncing && !opening;
    const primary = normal && primaryOf(view, replicaCount) === index;
    if (!primary || view !== this.view) {
      this.forks = [];
      this.engines.clear();
    }
    this.view = view;
    return primary;
  }

  private find(client: Hash128, transaction: number): Fork | null {
    const same = (fork: Fork): boolean =>
      fork.transaction === transaction && equal128(fork.question.client, client);
    return this.forks.find(same) ?? null;
  }

  private drop(fork: Fork): void {
    this.forks = this.forks.filter((other) => other !== fork);
  }

  private begin(from: Address, question: QueryMessage): void {
    this.barriers += 1;
    const barrier = this.barriers;
    const transaction = transactionOf(question.query);
    if (this.forks.length >= FORKS_MAX) this.forks.shift();
    const none = { session: null, statement: -1, reply: null, running: null };
    this.forks.push({ question, transaction, from, barrier, ...none });
    const { tenant } = question;
    const client = BARRIER_CLIENT;
    const body = BARRIER_BODY;
    this.beside.ask({ kind: QUERY, client, query: barrier, tenant, position: -1, body });
  }

  private open(tenant: number, user: string): Session {
    const { state } = this.beside;
    return new Session({
      engine: this.engine(tenant),
      user,
      present: () => {
        const { timestamp } = state;
        return { position: state.snapshot(tenant), timestamp, floor: timestamp };
      },
      salt: () => {
        const salt = new Uint8Array(SALT_BYTES);
        this.beside.random(salt);
        return salt;
      },
    });
  }

  private engine(tenant: number): Engine {
    const { state } = this.beside;
    const known = this.engines.get(tenant);
    if (known !== undefined) return known;
    const rights = state.access.rights(tenant);
    const engine = new Engine(state.store, tenant, UNREADABLE_LOGS, rights);
    this.engines.set(tenant, engine);
    return engine;
  }

  /** After an input of the node: now and then executes a step of each statement under way. */
  goOn(): void {
    if (this.forks.every(({ running }) => running === null) || !this.serves()) return;
    if (this.beside.state.installing) return;
    for (const fork of this.forks) {
      const { running, session } = fork;
      if (running === null || session === null) continue;
      running.left -= 1;
      if (running.left > 0) continue;
      running.left = running.pause;
      this.attempt(fork, session, running.question, () => this.step(running));
    }
  }

  private run(fork: Fork, session: Session, question: QueryMessage): void {
    const { known, types, values } = openShape(question.body);
    this.attempt(fork, session, question, () => {
      const task = session.execute(known, types, {
        count: values.length,
        value: (index) => values[index]!,
        wrongCount: () => new SqlError('08P01', 'as many values as parameters are needed'),
      });
      if (task.kind !== 'run') return toldAtOnce(task);
      const budget = STEP_BUDGETS[this.answered % STEP_BUDGETS.length]!;
      const pause = STEP_PAUSES[this.answered % STEP_PAUSES.length]!;
      fork.running = { question, task, budget, pause, left: pause };
      return this.step(fork.running);
    });
  }

  /** Null: it has more to do. */
  private step({ task, budget }: Running): Told | null {
    const answer = task.run.step(budget);
    return answer === null ? null : { kind: 'answer', answer: task.done(answer) };
  }

  /** Answers the question, if `work` has what it is told. */
  private attempt(
    fork: Fork,
    session: Session,
    question: QueryMessage,
    work: () => Told | null,
  ): void {
    let told: Told | null;
    try {
      this.beside.state.store.rest();
      told = work();
    } catch (error) {
      if (!(error instanceof PageNeeded)) throw error;
      fork.running = null;
      const { transaction } = session;
      if (transaction !== null) transaction.overlay.abandonStatement();
      // A COMMIT that met the page has ended the transaction, and BEGIN has none: both are lost.
      else this.drop(fork);
      return;
    }
    if (told === null) return;
    fork.running = null;
    fork.statement = statementOf(question.query);
    const snapshot = session.transaction?.snapshot ?? 0;
    fork.reply = replyTo(question, this.view, snapshot, told);
    this.answered += 1;
    this.send(fork.from, fork.reply);
  }

  private send(to: Address, reply: QueryReplyMessage): void {
    this.beside.send(to, reply);
  }
}

function toldAtOnce(task: Exclude<Task, RunTask>): Told {
  assert(task.kind !== 'verify', 'clients verify nothing');
  return task.kind === 'answer' ? task : { kind: 'submit', body: task.body };
}

function replyTo(
  { client, query }: QueryMessage,
  view: number,
  position: number,
  told: Told,
): QueryReplyMessage {
  const body = encodeTold(told);
  return { kind: QUERY_REPLY, client, query, view, position, status: STATUS_OK, body };
}
