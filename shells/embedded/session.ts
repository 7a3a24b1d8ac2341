/**
 * A session of the embedded database: settings, prepared statements and a transaction of its own.
 * Calls are taken one after the other, in the order they were made.
 */
import type { Parser } from '../../core/sql/parser/parser.ts';
import { isError } from '../../core/sql/session/result.ts';
import type { StatementResult } from '../../core/sql/session/result.ts';
import type { Session, SessionHost } from '../../core/sql/session/session.ts';
import { NO_TYPES } from '../../core/sql/session/statement.ts';
import type { KnownStatement } from '../../core/sql/session/statement.ts';
import type { Value } from '../../core/sql/types/type.ts';
import { lateBecause } from '../disk-health.ts';
import type { DiskProblem } from '../disk-health.ts';
import { EXECUTE_OPTIONS, checkCall } from './calls.ts';
import { asDatabaseError, databaseError, DatabaseError } from './errors.ts';
import { itemsOf, reasonToSkip } from './import-script.ts';
import { CallLimit } from './limit.ts';
import type { CallOptions } from './limit.ts';
import { parameterSource } from './parameters.ts';
import type { Parameter } from './parameters.ts';
import { toResult } from './results.ts';
import type { Result, ResultOptions, Row } from './results.ts';
import type { RowTaker, Runner } from './runner.ts';
import type { StatementCache } from './statements.ts';
import { EmbeddedStream } from './stream.ts';

export interface ExecuteOptions extends CallOptions, ResultOptions {}

/** What sessions share. */
export interface SessionContext {
  readonly runner: Runner;
  readonly host: SessionHost;
  readonly parser: Parser;
  readonly statements: StatementCache;
  /** Why the database is closed; null: it is not. */
  readonly ended: () => DatabaseError | null;
  /** Why the disk takes nothing; null: as far as is known, it does. */
  readonly diskProblem: () => DiskProblem | null;
}

export class EmbeddedSession {
  private readonly context: SessionContext;
  private readonly session: Session;
  private last: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(context: SessionContext, session: Session) {
    this.context = context;
    this.session = session;
  }

  /** Runs one statement, or several without parameters; answers the last one's result. */
  async execute(
    sql: string,
    parameters: readonly Parameter[] = [],
    options: ExecuteOptions = {},
  ): Promise<Result> {
    const results = await this.turn(() => this.runAll(sql, parameters, options));
    return results.at(-1)!;
  }

  /** Runs several statements, each on its own; answers all results. Ends at the first error. */
  script(sql: string, options: ExecuteOptions = {}): Promise<readonly Result[]> {
    return this.turn(() => this.runScript(sql, options));
  }

  /** The rows of one statement. */
  async query<T = Row>(
    sql: string,
    parameters: readonly Parameter[] = [],
    options: ExecuteOptions = {},
  ): Promise<readonly T[]> {
    const { rows } = await this.execute(sql, parameters, options);
    return rows as readonly T[];
  }

  /**
   * The rows of one query, one at a time: as many are read as are taken, all of one state. Whoever
   * leaves early ends the query, and fails the transaction in which it runs.
   */
  async *stream<T = Row>(
    sql: string,
    parameters: readonly Parameter[] = [],
    options: ExecuteOptions = {},
  ): AsyncGenerator<T, void, undefined> {
    checkCall(sql, parameters, options, EXECUTE_OPTIONS);
    const stream = new EmbeddedStream(options);
    const whole = this.turn(() => this.runInto(stream, sql, parameters, options)).then(
      () => stream.end(null),
      (error: unknown) => stream.end(error),
    );
    try {
      yield* stream.read() as AsyncGenerator<T, void, undefined>;
    } finally {
      await whole;
    }
  }

  /**
   * Rolls back the transaction under way, and ends the session at once. Resolves when its temporary
   * objects are gone, too.
   */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const request = this.session.close();
    if (request !== null) await this.context.runner.submitQuietly(request);
  }

  /** The state of the transaction: none, running, or failed and waiting for its end. */
  get status(): 'idle' | 'transaction' | 'failed' {
    const { transaction } = this.session;
    if (transaction === null) return 'idle';
    return transaction.failed ? 'failed' : 'transaction';
  }

  /** The rows of one query as the engine has them. */
  values(sql: string): Promise<readonly (readonly Value[])[]> {
    return this.turn(async () => {
      const known = this.parse(sql)[0]!;
      const { runner } = this.context;
      const limit = this.limit({});
      const { answer } = await runner.execute(this.session, known, NO_TYPES, null, limit);
      if (isError(answer)) throw databaseError(answer, known.text);
      return answer.rows;
    });
  }

  /** Sets a setting, as SET does. */
  set(name: string, value: string): void {
    try {
      this.session.settings.set(name, value);
    } catch (error) {
      throw asDatabaseError(error, '');
    }
  }

  /** One statement that is known already. */
  one(
    known: KnownStatement,
    parameters: readonly Parameter[],
    options: ExecuteOptions,
  ): Promise<Result> {
    return this.turn(() => {
      checkCall(known.text, parameters, options, EXECUTE_OPTIONS);
      return this.run(known, parameters, options, this.limit(options));
    });
  }

  private turn<T>(act: () => Promise<T>): Promise<T> {
    const next = this.last.then(() => {
      const ended = this.context.ended();
      if (ended !== null) throw ended;
      if (this.closed) throw new DatabaseError('57P01', 'the session is closed');
      return act();
    });
    this.last = next.catch(() => undefined);
    return next;
  }

  private async runAll(
    sql: string,
    parameters: readonly Parameter[],
    options: ExecuteOptions,
  ): Promise<readonly Result[]> {
    checkCall(sql, parameters, options, EXECUTE_OPTIONS);
    const limit = this.limit(options);
    const statements = this.parse(sql);
    if (statements.length !== 1 && parameters.length > 0) {
      const message = 'cannot insert multiple commands into a prepared statement';
      throw new DatabaseError('42601', message);
    }
    const results: Result[] = [];
    for (const known of statements) {
      results.push(await this.run(known, parameters, options, limit));
    }
    if (results.length === 0) results.push(EMPTY);
    return results;
  }

  /** As psql would: one statement after the other is parsed and run. */
  private async runScript(sql: string, options: ExecuteOptions): Promise<readonly Result[]> {
    checkCall(sql, [], options, EXECUTE_OPTIONS);
    const limit = this.limit(options);
    const results: Result[] = [];
    for (const item of itemsOf(sql)) {
      const reason = reasonToSkip(item);
      if (reason === null) {
        for (const known of this.parse(item.text)) {
          results.push(await this.run(known, [], options, limit));
        }
      } else {
        results.push({ ...EMPTY, notices: [`${item.text.split('\n')[0]!}: ${reason}`] });
      }
    }
    return results;
  }

  private parse(sql: string): readonly KnownStatement[] {
    try {
      return this.context.statements.parse(sql);
    } catch (error) {
      this.session.parseFailed();
      throw asDatabaseError(error, sql);
    }
  }

  private async runInto(
    stream: EmbeddedStream,
    sql: string,
    parameters: readonly Parameter[],
    options: ExecuteOptions,
  ): Promise<void> {
    const limit = this.limit(options);
    const statements = this.parse(sql);
    if (statements.length !== 1) throw new DatabaseError('42601', 'a stream is of one statement');
    const { display } = this.session.settings;
    const taker = stream.taker(display, limit);
    const { answer } = await this.answer(statements[0]!, parameters, limit, taker);
    if (answer.columns !== null) stream.rest(answer.columns, answer.rows, display);
  }

  private async run(
    known: KnownStatement,
    parameters: readonly Parameter[],
    options: ExecuteOptions,
    limit: CallLimit,
  ): Promise<Result> {
    const { answer, position } = await this.answer(known, parameters, limit, null);
    return toResult(answer, position, options, this.session.settings.display);
  }

  private async answer(
    known: KnownStatement,
    parameters: readonly Parameter[],
    limit: CallLimit,
    taker: RowTaker | null,
  ): Promise<{ readonly answer: StatementResult; readonly position: number }> {
    const { session } = this;
    const source = parameterSource(parameters, session.settings);
    try {
      const { runner } = this.context;
      const answered = await runner.execute(session, known, NO_TYPES, source, limit, taker);
      const { answer, position } = answered;
      if (isError(answer)) throw databaseError(answer, known.text);
      return { answer, position };
    } catch (error) {
      const told = asDatabaseError(error, known.text);
      const late = lateBecause(told, this.context.diskProblem());
      throw late === null ? told : new DatabaseError(told.code, late.message, late);
    }
  }

  private limit(options: CallOptions): CallLimit {
    const { statementTimeoutMillis } = this.session.settings;
    return new CallLimit(options, statementTimeoutMillis, this.context.ended);
  }
}

const EMPTY: Result = { command: '', count: 0, columns: [], rows: [], position: 0, notices: [] };
