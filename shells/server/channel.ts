/**
 * A channel: one SQL session and one lane. Its requests are executed one after the other, in the
 * order they came.
 *
 * A read waits for a barrier, or for the position it names. A write does not: it is executed where
 * the log says; only if it fails before it comes to that (no such table), what failed it might be
 * stale, and it is tried again behind a barrier.
 *
 * A missing page is a matter of milliseconds while peers are there: outside a transaction the
 * statement is simply run again.
 */
import { OPERATION_SQL } from '../../core/kernel/operation.ts';
import { PageNeeded, SqlError } from '../../core/sql/error.ts';
import { encodeFloorRequest } from '../../core/sql/session/request.ts';
import { isError, plainResult } from '../../core/sql/session/result.ts';
import { Session } from '../../core/sql/session/session.ts';
import { NO_TYPES } from '../../core/sql/session/statement.ts';
import type { KnownStatement } from '../../core/sql/session/statement.ts';
import { NEEDS_REPAIR } from '../../core/vsr/interfaces.ts';
import { lateBecause } from '../disk-health.ts';
import { DatabaseError } from '../embedded/errors.ts';
import { parameterSource } from '../embedded/parameters.ts';
import { Runner, answerOf, isDamage } from '../embedded/runner.ts';
import type { Answered, RequestPort } from '../embedded/runner.ts';
import { NoAnswerError } from '../local-node.ts';
import type { LocalRequest } from '../local-node.ts';
import type { ClientMessage, ExecuteMessage, SessionState, Settings } from '../protocol/message.ts';
import { administer } from './admin.ts';
import { NotPrimaryError, violation } from './context.ts';
import type { ServerContext } from './context.ts';
import type { Identity } from './gate.ts';
import type { Lane } from './lane.ts';
import type { RequestEnd } from './request-end.ts';
import { AnswerWriter } from './respond.ts';
import type { Running } from './running.ts';
import { statementClass } from './statement-class.ts';

interface Queued {
  readonly message: ClientMessage;
  readonly running: Running;
}

const REPAIR_PAUSE_MILLIS = 20;
/** Settings that are the session's own affair. */
const OWN_SETTINGS = /^(?:kimberlite\.temp_schema|transaction_.*)$/;

export class Channel {
  /** When it was last used. */
  usedAt: number = performance.now();
  private readonly context: ServerContext;
  private readonly identity: Identity;
  private readonly lane: Lane;
  private readonly session: Session;
  private readonly runner: Runner;
  private readonly onAnswered: (running: Running, failed: boolean) => void;
  private readonly prepared: Map<number, KnownStatement> = new Map();
  private readonly queue: Queued[] = [];
  private current: Running | null = null;
  private closed: Error | null = null;
  private nextPrepared = 1;
  /** Of the statement under way: its number, and whether its request has left. */
  private number = 0;
  private submitted = false;
  private toldSettings = '';

  constructor(
    context: ServerContext,
    identity: Identity,
    lane: Lane,
    onAnswered: (running: Running, failed: boolean) => void,
  ) {
    this.context = context;
    this.identity = identity;
    this.lane = lane;
    this.onAnswered = onAnswered;
    const { tenant, user } = identity;
    const { state, limits, databases, aside } = context;
    this.session = new Session(databases.host(tenant, user));
    const port: RequestPort = {
      request: (of, operation, body) => this.submit(of, operation, body),
    };
    this.runner = new Runner(state, port, aside, tenant, limits);
    lane.take(() => this.close(new SqlError('57P01', 'this lane was opened on another channel')));
  }

  /** Takes a request; it is answered in its turn. */
  push(message: ClientMessage, running: Running): void {
    this.usedAt = performance.now();
    this.queue.push({ message, running });
    if (this.current === null) void this.work();
  }

  /** Ends what is under way and refuses what comes; the transaction is rolled back. */
  close(error: Error): void {
    if (this.closed !== null) return;
    this.closed = error;
    for (const { running } of this.queue) running.end.end(error);
    this.current?.end.end(error);
    const request = this.session.close();
    if (request !== null && this.context.leads()) void this.runner.submitQuietly(request);
    this.context.dropLane(this.lane);
  }

  /** Ends the session if a transaction of it was not used since then. */
  expire(before: number): void {
    if (this.session.transaction === null || this.current !== null || this.usedAt >= before) return;
    const message = 'the session was ended because its transaction was idle for too long';
    this.close(new SqlError('25P03', message));
  }

  get state(): SessionState {
    const { transaction, settings } = this.session;
    const status = transaction === null ? 'idle' : transaction.failed ? 'failed' : 'transaction';
    const { signature } = settings;
    let told: Settings | null = null;
    if (signature !== this.toldSettings) {
      this.toldSettings = signature;
      told = settings.entries.filter(([name]) => !OWN_SETTINGS.test(name));
    }
    return { status, number: this.lane.last, settings: told };
  }

  private readonly stateNow = (): SessionState => this.state;

  private async work(): Promise<void> {
    for (;;) {
      const next = this.queue.shift();
      if (next === undefined) break;
      const { message, running } = next;
      this.current = running;
      let failed = false;
      try {
        if (this.closed !== null) throw this.closed;
        const { exceeded } = running.end;
        if (exceeded !== null) throw exceeded;
        failed = await this.serve(message, running);
      } catch (error) {
        failed = true;
        // Whoever is redirected asks again elsewhere.
        if (!(error instanceof NotPrimaryError)) running.error(this.told(error), this.state);
      }
      this.onAnswered(running, failed);
    }
    this.current = null;
  }

  /** What a client is told; of what came too late, that the disk is why. */
  private told(error: unknown): SqlError {
    const told = asSqlError(error);
    const { replica, diskProblem } = this.context;
    const late = lateBecause(told, diskProblem(), `the disk of replica ${replica}`);
    return late === null ? told : new SqlError(told.code, late.message, late);
  }

  /** Answers one request; true when with an error. */
  private async serve(message: ClientMessage, running: Running): Promise<boolean> {
    switch (message.kind) {
      case 'open':
        this.context.guard.check();
        for (const [name, value] of message.settings) this.session.settings.set(name, value);
        this.toldSettings = this.session.settings.signature;
        await this.known(running.end);
        return this.answer(running, { answer: plainResult('OPEN'), position: 0 });
      case 'execute':
        return this.execute(message, running);
      case 'prepare':
        running.send({ kind: 'prepared', prepared: this.prepare(message.text) });
        return false;
      case 'unprepare': {
        const known = this.prepared.delete(message.prepared);
        if (!known) throw new SqlError('26000', `no prepared statement ${message.prepared}`);
        return this.answer(running, { answer: plainResult('UNPREPARE'), position: 0 });
      }
      case 'resolve':
        return this.answer(running, await this.resolve(message.number, running.end));
      case 'admin':
        return this.answer(running, await this.admin(message, running.end));
      case 'verify':
        running.end.deadline(message.deadlineMillis);
        return this.answer(running, await administer.verify(this.runner, running.end));
      default:
        throw violation(`${message.kind.toUpperCase()} is no request of a channel`);
    }
  }

  private async answer(running: Running, { answer, position }: Answered): Promise<boolean> {
    await this.writer(running).end(answer, position, this.stateNow);
    return isError(answer);
  }

  private writer(running: Running): AnswerWriter {
    return new AnswerWriter(running, this.session.settings.display);
  }

  // Statements ------------------------------------------------------------------------------------

  /** True when the answer is an error. */
  private async execute(message: ExecuteMessage, running: Running): Promise<boolean> {
    const { end } = running;
    end.deadline(message.deadlineMillis);
    if (message.deadlineMillis === 0) end.deadline(this.session.settings.statementTimeoutMillis);
    const { lane } = this;
    const isNew = lane.isKnown && lane.flight === null && message.number > lane.last;
    const stored = isNew ? null : await this.repeated(message.number, end);
    if (stored !== null) return this.answer(running, stored);
    const known = this.statement(message.statement);
    if (known === null) return this.answer(running, { answer: plainResult(''), position: 0 });
    running.kind = statementClass(known.statement).kind;
    this.number = message.number;
    const source = parameterSource(message.parameters, this.session.settings);
    const writer = this.writer(running);
    const { answer, position } = await this.run(known, source, message.position, end, writer);
    const leaving = writer.end(answer, position, this.stateNow);
    if (leaving !== null) await leaving;
    return isError(answer);
  }

  private async run(
    known: KnownStatement,
    source: ReturnType<typeof parameterSource>,
    position: number,
    end: RequestEnd,
    writer: AnswerWriter,
  ): Promise<Answered> {
    const { session } = this;
    let fresh = position >= 0 || !statementClass(known.statement).reads;
    if (position >= 0) await this.reach(position, end);
    else if (!fresh && session.transaction === null) await end.race(this.context.port.barrier());
    fresh = fresh ? position >= 0 : true;
    const patience = performance.now() + this.context.serverLimits.repairMillis;
    for (;;) {
      this.submitted = false;
      const outside = session.transaction === null;
      try {
        const { runner } = this;
        const answered = await runner.execute(session, known, NO_TYPES, source, end, writer);
        const stale = isError(answered.answer) && !fresh && outside && !this.submitted;
        if (!stale) return answered;
        await end.race(this.context.port.barrier());
        fresh = true;
      } catch (error) {
        // Rows of one state are not followed by rows of another.
        const again = isDamage(error) && outside && !this.submitted && !writer.begun;
        if (isDamage(error) && writer.begun) throw beingRepaired();
        if (!again || performance.now() > patience) throw error;
        await this.repair(end);
      }
    }
  }

  /** What the client already knows must be seen. */
  private async reach(position: number, end: RequestEnd): Promise<void> {
    const { state, port } = this.context;
    const { tenant } = this.identity;
    if (state.position(tenant) < position) await end.race(port.barrier());
    const reached = state.position(tenant);
    if (reached >= position) return;
    throw new SqlError(
      '22023',
      `position ${position} is not in this log, which ends at ${reached}`,
    );
  }

  private statement(statement: string | number): KnownStatement | null {
    if (typeof statement === 'number') {
      const known = this.prepared.get(statement);
      if (known === undefined) throw new SqlError('26000', `no prepared statement ${statement}`);
      return known;
    }
    const statements = this.parse(statement);
    if (statements.length > 1) {
      throw new SqlError('42601', 'cannot insert multiple commands into a prepared statement');
    }
    return statements[0] ?? null;
  }

  private parse(text: string): readonly KnownStatement[] {
    try {
      return this.context.statements.parse(text);
    } catch (error) {
      this.session.parseFailed();
      throw error;
    }
  }

  private prepare(text: string): number {
    const { preparedMax } = this.context.serverLimits;
    this.context.guard.check();
    if (this.prepared.size >= preparedMax) {
      throw new SqlError('53400', `a channel has at most ${preparedMax} prepared statements`);
    }
    const statements = this.parse(text);
    if (statements.length !== 1) {
      throw new SqlError('42601', 'a prepared statement is one statement');
    }
    const prepared = this.nextPrepared;
    this.nextPrepared += 1;
    this.prepared.set(prepared, statements[0]!);
    return prepared;
  }

  // The lane --------------------------------------------------------------------------------------

  /** A request of the statement under way. */
  private submit(tenant: number, operation: number, body: Uint8Array): LocalRequest {
    const { lane, number } = this;
    const refused =
      this.closed ??
      (number === lane.last + 1
        ? null
        : lane.last === 0
          ? new SqlError('08007', 'the lane is lost: what its last request did is unknown', {
              hint: 'Open a channel with a new lane.',
            })
          : violation(`request ${number} of a lane whose next is ${lane.last + 1}`));
    if (refused !== null) return { reply: Promise.reject(refused), cancel: () => undefined };
    this.submitted = true;
    return lane.request(tenant, operation, body);
  }

  /** Learns from the state what the lane has done, where that is not known. */
  private async known(end: RequestEnd): Promise<void> {
    const { state, port } = this.context;
    while (!this.lane.isKnown) {
      await end.race(port.barrier());
      if (!this.lane.learn(state)) await this.repair(end);
    }
  }

  /** The answer of a request that is in the log already, or on its way there; null: it is new. */
  private async repeated(number: number, end: RequestEnd): Promise<Answered | null> {
    const { lane } = this;
    for (;;) {
      await this.known(end);
      const { flight } = lane;
      if (flight === null) break;
      if (number === lane.last) {
        const { status, body, position } = await end.race(flight);
        return { answer: answerOf(status, body), position };
      }
      // Given up by its client; it must have landed before the next may leave.
      await end.race(flight.then(ignore, ignore));
    }
    if (number > lane.last) return null;
    if (number < lane.last) throw violation(`request ${number} of a lane that is at ${lane.last}`);
    return this.stored(end);
  }

  private async stored(end: RequestEnd): Promise<Answered> {
    const { state } = this.context;
    for (;;) {
      const reply = state.storedReply(this.lane.id);
      if (reply === null) throw new SqlError('08007', 'the lane was lost meanwhile');
      if (reply !== NEEDS_REPAIR) {
        return { answer: answerOf(reply.status, reply.body), position: reply.position };
      }
      await this.repair(end);
    }
  }

  /** What became of a request whose answer was lost; if nothing, nothing ever will. */
  private async resolve(number: number, end: RequestEnd): Promise<Answered> {
    const stored = await this.repeated(number, end);
    if (stored !== null) return stored;
    this.number = number;
    const { tenant, user } = this.identity;
    const request = this.submit(tenant, OPERATION_SQL, encodeFloorRequest(user));
    await end.race(request.reply);
    throw new SqlError('40001', 'the transaction was lost before it was committed', {
      hint: 'Nothing of it happened. Run it again.',
    });
  }

  private async admin(
    message: Extract<ClientMessage, { kind: 'admin' }>,
    end: RequestEnd,
  ): Promise<Answered> {
    end.deadline(message.deadlineMillis);
    if (message.action !== 'change') {
      await end.race(this.context.port.barrier());
      return { answer: administer[message.action](this.context), position: 0 };
    }
    const stored = await this.repeated(message.number, end);
    if (stored !== null) return stored;
    this.number = message.number;
    const request = administer.request(message.change, this.identity.user);
    const { status, body, position } = await end.race(
      this.submit(request.tenant, request.operation, request.body).reply,
    );
    return { answer: answerOf(status, body), position };
  }

  private repair(end: RequestEnd): Promise<void> {
    return end.race(new Promise((resolve) => setTimeout(resolve, REPAIR_PAUSE_MILLIS)));
  }
}

function ignore(): void {
  // Whoever waits for the reply is told; here only its end counts.
}

function beingRepaired(): SqlError {
  const hint = 'Ask again: it is being repaired.';
  return new SqlError('58030', 'a page that the rest of the result needs is damaged', { hint });
}

/** Any error as what a client may be told. */
export function asSqlError(error: unknown): SqlError {
  if (error instanceof SqlError) return error;
  if (error instanceof DatabaseError) {
    const { code, message, detail, hint } = error;
    return new SqlError(code, message, { detail, hint });
  }
  if (error instanceof PageNeeded) return new SqlError('XX001', 'a page of the store is damaged');
  if (error instanceof NoAnswerError) {
    const message = `whether the request was executed is unknown: ${error.message}`;
    return new SqlError('08007', message);
  }
  return new SqlError('XX000', `internal error: ${(error as Error).stack ?? String(error)}`);
}
