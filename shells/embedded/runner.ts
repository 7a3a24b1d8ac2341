/**
 * Does what sessions ask for: steps runs in slices, between which the event loop goes on, and
 * submits requests to the node.
 *
 * A call that is given up while it reads, or before its write was handed to the log, has changed
 * nothing (57014). After that the write happens, or not, without it (08007).
 */
import {
  OPERATION_SQL,
  OPERATION_STAGE,
  STATUS_OK,
  STATUS_SQL_ERROR,
} from '../../core/kernel/operation.ts';
import { mustStage } from '../../core/kernel/staging.ts';
import { FloorNeeded, PageNeeded, SqlError } from '../../core/sql/error.ts';
import type { StatementRun } from '../../core/sql/run.ts';
import { verificationResult } from '../../core/sql/session/verification.ts';
import type { ParameterSource, Session, SubmitTask, Task } from '../../core/sql/session/session.ts';
import type { KnownStatement } from '../../core/sql/session/statement.ts';
import { decodeAnswer } from '../../core/sql/session/result.ts';
import type { ResultColumn, StatementAnswer } from '../../core/sql/session/result.ts';
import type { SqlType, Value } from '../../core/sql/types/type.ts';
import type { Limits } from '../../core/limits.ts';
import type { StateReader } from '../../core/node.ts';
import { NoAnswerError } from '../local-node.ts';
import type { LocalRequest } from '../local-node.ts';
import { nextTurn, settled } from './turns.ts';
import type { CallEnd } from './limit.ts';
import { stageRequest } from './staging.ts';
import { verify } from './verify.ts';
import type { Verification } from './verify.ts';

/** Work goes on this long before the event loop gets its turn. */
const SLICE_MILLIS = 10;
/** Of one step, in rows. */
const STEP_BUDGET = 16_384;
/** A result that is shorter is given as a whole. */
const HELD_BYTES: number = 1 << 20;

export const REBUILD_HINT =
  'Close the database and open it with { rebuild: true }: the log has everything.';

/** An answer, and the position of the log that it shows or made. */
export interface Answered {
  readonly answer: StatementAnswer;
  readonly position: number;
}

/** Takes rows of a result that is still being read: as many as are held then. */
export interface RowTaker {
  take(columns: readonly ResultColumn[], rows: readonly (readonly Value[])[]): Promise<void>;
}

/** Where requests go. Nobody may change `body` afterwards. */
export interface RequestPort {
  request(tenant: number, operation: number, body: Uint8Array): LocalRequest;
}

type RunTask = Extract<Task, { kind: 'run' }>;

export class Runner {
  private readonly state: StateReader;
  private readonly port: RequestPort;
  private readonly aside: RequestPort;
  private readonly tenant: number;
  private readonly limits: Limits;

  /** `port`: for what statements write; `aside`: for what must be in the log besides. */
  constructor(
    state: StateReader,
    port: RequestPort,
    aside: RequestPort,
    tenant: number,
    limits: Limits,
  ) {
    this.state = state;
    this.port = port;
    this.aside = aside;
    this.tenant = tenant;
    this.limits = limits;
  }

  /** As `once`; where a time was asked for that no entry has reached, one is committed first. */
  async execute(
    session: Session,
    known: KnownStatement,
    types: readonly (SqlType | null)[],
    parameters: ParameterSource | null,
    limit: CallEnd,
    taker: RowTaker | null = null,
  ): Promise<Answered> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.once(session, known, types, parameters, limit, taker);
      } catch (error) {
        if (!(error instanceof FloorNeeded) || tries > 0) throw error;
        session.readTimestamp = error.timestamp;
      } finally {
        if (tries > 0) session.readTimestamp = 0;
      }
      const done = (answer: StatementAnswer): StatementAnswer => answer;
      const body = session.floor;
      const floor: SubmitTask = { kind: 'submit', body, user: '', text: '', done };
      await this.submit(this.aside, floor, limit);
    }
  }

  private async once(
    session: Session,
    known: KnownStatement,
    types: readonly (SqlType | null)[],
    parameters: ParameterSource | null,
    limit: CallEnd,
    taker: RowTaker | null,
  ): Promise<Answered> {
    limit.check();
    if (this.state.installing) await settled(this.state, limit);
    const position = this.state.position(this.tenant);
    const task = begun(session, known, types, parameters);
    switch (task.kind) {
      case 'answer':
        return { answer: task.answer, position };
      case 'run': {
        const answer = this.run(task, limit, taker);
        return { answer: answer instanceof Promise ? await answer : answer, position };
      }
      case 'submit':
        return this.submit(this.port, task, limit);
      case 'verify': {
        const { entries, head, problems } = await this.verify(limit);
        return { answer: verificationResult(entries, head, problems), position };
      }
    }
  }

  /** Hands a request to the log, whatever its answer: resolves when there is one, or none comes. */
  async submitQuietly(body: Uint8Array): Promise<void> {
    await this.aside.request(this.tenant, OPERATION_SQL, body).reply.catch(() => undefined);
  }

  verify(limit: CallEnd): Promise<Verification> {
    return verify(this.state, this.tenant, limit);
  }

  /** A promise only of what takes more than one step: most statements are done at once. */
  private run(
    task: RunTask,
    limit: CallEnd,
    taker: RowTaker | null,
  ): StatementAnswer | Promise<StatementAnswer> {
    const from = performance.now();
    let answer: StatementAnswer | null;
    try {
      this.state.store.rest();
      answer = task.run.step(STEP_BUDGET);
    } catch (error) {
      throw gaveUp(task, error);
    }
    return answer === null ? this.runOn(task, limit, taker, from) : task.done(answer);
  }

  private async runOn(
    task: RunTask,
    limit: CallEnd,
    taker: RowTaker | null,
    from: number,
  ): Promise<StatementAnswer> {
    let answer: StatementAnswer;
    try {
      answer = await this.steps(task.run, limit, taker, from);
    } catch (error) {
      throw gaveUp(task, error);
    }
    return task.done(answer);
  }

  /** `since`: when the slice began whose first step has been taken. */
  private async steps(
    run: StatementRun,
    limit: CallEnd,
    taker: RowTaker | null,
    since: number,
  ): Promise<StatementAnswer> {
    let from = since;
    for (;;) {
      const isFull = taker !== null && run.heldBytes > HELD_BYTES && run.columns !== null;
      if (isFull || performance.now() - from >= SLICE_MILLIS) {
        if (isFull) await taker.take(run.columns, run.takeRows());
        else await nextTurn();
        await settled(this.state, limit);
        limit.check();
        this.state.store.rest();
        from = performance.now();
      }
      const answer = run.step(STEP_BUDGET);
      if (answer !== null) return answer;
    }
  }

  /** Puts a chunk of a long request into the log. */
  private async stage(chunk: Uint8Array): Promise<StatementAnswer> {
    const { status, body } = await this.aside.request(this.tenant, OPERATION_STAGE, chunk).reply;
    return answerOf(status, body);
  }

  private async submit(port: RequestPort, task: SubmitTask, limit: CallEnd): Promise<Answered> {
    let { body: asked } = task;
    try {
      if (mustStage(this.limits, task.body.length)) {
        asked = await stageRequest((chunk) => this.stage(chunk), this.limits, task, limit);
      }
    } catch (error) {
      // Nothing was executed.
      if (error instanceof SqlError) return { answer: task.done(error), position: 0 };
      task.done(new SqlError('57014', 'canceling statement'));
      throw error;
    }
    const request = port.request(this.tenant, OPERATION_SQL, asked);
    const stop = limit.watch(() => request.cancel(limit.reason));
    try {
      const { status, body, position } = await request.reply;
      return { answer: task.done(answerOf(status, body)), position };
    } catch (error) {
      const unknown = error instanceof NoAnswerError;
      const message = unknown ? error.message : String((error as Error).message);
      const told = unknown
        ? new SqlError('08007', `whether the statement was executed is unknown: ${message}`)
        : error;
      task.done(told instanceof SqlError ? told : new SqlError('57014', message));
      throw told;
    } finally {
      stop();
    }
  }
}

/** Why a run ended early; its session is told. */
function gaveUp(task: RunTask, error: unknown): unknown {
  // It will be taken again.
  if (error instanceof FloorNeeded) return error;
  task.done(new SqlError('57014', 'canceling statement'));
  return error instanceof PageNeeded ? damaged() : error;
}

/** Whether it is what a missing page leads to. */
export function isDamage(error: unknown): boolean {
  return error instanceof PageNeeded || (error instanceof SqlError && error.hint === REBUILD_HINT);
}

/** What a reply says. */
export function answerOf(status: number, body: Uint8Array): StatementAnswer {
  const known = status === STATUS_OK || status === STATUS_SQL_ERROR;
  const answer = known ? decodeAnswer(body) : null;
  return answer ?? new SqlError('XX000', `the log answered with status ${status}`);
}

function begun(
  session: Session,
  known: KnownStatement,
  types: readonly (SqlType | null)[],
  parameters: ParameterSource | null,
): Task {
  try {
    return session.execute(known, types, parameters);
  } catch (error) {
    if (error instanceof PageNeeded) throw damaged();
    throw error;
  }
}

function damaged(): SqlError {
  return new SqlError('XX001', 'a page of the store is damaged', {
    hint: REBUILD_HINT,
  });
}
