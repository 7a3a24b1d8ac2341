/**
 * The embedded database: one tenant on one node in this process.
 *
 * `execute` and `query` run each call in a session of its own, so that concurrent calls share one
 * sync and never each other's settings; `session`, `transaction` and `prepare` keep state between
 * calls.
 */
import {
  OPERATION_CREATE_TENANT,
  STATUS_OK,
  STATUS_TENANT_EXISTS,
  TENANT_SYSTEM,
  encodeCreateTenant,
} from '../../core/kernel/operation.ts';
import { logTable } from '../../core/kernel/log-table.ts';
import { Engine } from '../../core/sql/engine.ts';
import { PageNeeded } from '../../core/sql/error.ts';
import type { Limits } from '../../core/limits.ts';
import type { Parser } from '../../core/sql/parser/parser.ts';
import type { Table } from '../../core/sql/catalog/model.ts';
import { Session } from '../../core/sql/session/session.ts';
import type { SessionHost } from '../../core/sql/session/session.ts';
import type { KnownStatement } from '../../core/sql/session/statement.ts';
import { dropTemporaryRequest, isTemporarySchema } from '../../core/sql/session/temporary.ts';
import type { Value } from '../../core/sql/types/type.ts';
import { systemCrypto } from '../system.ts';
import type { OpenedDirectory } from './directory.ts';
import {
  CALL_OPTIONS,
  EXECUTE_OPTIONS,
  SUBSCRIBE_OPTIONS,
  checkCall,
  checkOptions,
  checkText,
  inTransaction,
  momentText,
} from './calls.ts';
import type { TransactionOptions } from './calls.ts';
import { DatabaseError, asDatabaseError } from './errors.ts';
import { importScript } from './import-script.ts';
import type { Imported } from './import-script.ts';
import { CallLimit } from './limit.ts';
import type { CallOptions } from './limit.ts';
import { onAbort } from './on-abort.ts';
import type { Parameter } from './parameters.ts';
import type { Result, Row } from './results.ts';
import { Runner } from './runner.ts';
import { EmbeddedSession } from './session.ts';
import type { ExecuteOptions, SessionContext } from './session.ts';
import { StatementCache } from './statements.ts';
import { subscribe } from './subscription.ts';
import type { Change, SubscribeOptions, SubscriptionSource } from './subscription.ts';
import type { Verification } from './verify.ts';

/** The tenant that an embedded database is. */
export const TENANT = 1;
const SALT_BYTES = 32;

export class Database {
  private readonly opened: OpenedDirectory;
  private readonly context: SessionContext;
  private readonly source: SubscriptionSource;
  private readonly waiting: Set<() => void> = new Set();
  private ended: DatabaseError | null = null;

  constructor(opened: OpenedDirectory, parser: Parser, limits: Limits, user: string) {
    this.opened = opened;
    const { local } = opened;
    const { state } = local.node;
    const log = logTable({
      length: () => state.position(TENANT),
      entry: (position) => state.entry(TENANT, position),
    });
    const engine = new Engine(state.store, TENANT, [log]);
    const host: SessionHost = {
      engine,
      user,
      present: () => ({
        position: state.snapshot(TENANT),
        timestamp: Math.max(local.realtime, state.timestamp),
        floor: state.timestamp,
      }),
      salt: () => systemCrypto.random(SALT_BYTES),
    };
    this.context = {
      runner: new Runner(state, local, local, TENANT, limits),
      host,
      parser,
      statements: new StatementCache(parser),
      ended: () => this.ended,
      diskProblem: () => opened.diskProblem(),
    };
    this.source = {
      state,
      tenant: TENANT,
      catalogAt: (position) => engine.catalogAt(position, state.position(TENANT)),
      rowsAt: (table, position) => this.rowsAt(table, position),
      changed: (signal) => this.changed(signal),
    };
  }

  /** Makes the tenant where it is missing, and waits until the node answers. */
  async start(): Promise<void> {
    const { local } = this.opened;
    const body = encodeCreateTenant(TENANT);
    const { status } = await local.request(TENANT_SYSTEM, OPERATION_CREATE_TENANT, body).reply;
    if (status === STATUS_OK) return;
    if (status === STATUS_TENANT_EXISTS) return this.dropLeftovers();
    throw new DatabaseError('XX000', `the tenant could not be made: status ${status}`);
  }

  /** Temporary objects of sessions that ended with their process. */
  private dropLeftovers(): void {
    const { runner, host } = this.context;
    try {
      const { position } = host.present();
      for (const { name } of host.engine.catalogAt(position, position).schemas()) {
        if (!isTemporarySchema(name)) continue;
        void runner.submitQuietly(dropTemporaryRequest(name, host.user));
      }
    } catch (error) {
      // A damaged page does not keep it from opening: each statement that needs it says so.
      if (!(error instanceof PageNeeded)) throw error;
    }
  }

  /** Runs one statement, or several without parameters; answers the last one's result. */
  execute(
    sql: string,
    parameters: readonly Parameter[] = [],
    options: ExecuteOptions = {},
  ): Promise<Result> {
    return this.alone((session) => session.execute(sql, parameters, options));
  }

  /** Runs several statements, each on its own; answers all results. Ends at the first error. */
  script(sql: string, options: ExecuteOptions = {}): Promise<readonly Result[]> {
    return this.alone((session) => session.script(sql, options));
  }

  /** Loads a script made for psql; `\c`, CREATE DATABASE and DROP DATABASE are left out. */
  importScript(script: string, options: ExecuteOptions = {}): Promise<Imported> {
    checkCall(script, [], options, EXECUTE_OPTIONS);
    return this.alone((session) =>
      importScript(
        script,
        (statement, parameters) => session.execute(statement, parameters, options),
        () => session.status === 'idle',
      ),
    );
  }

  /** The rows of one statement. */
  query<T = Row>(
    sql: string,
    parameters: readonly Parameter[] = [],
    options: ExecuteOptions = {},
  ): Promise<readonly T[]> {
    return this.alone((session) => session.query<T>(sql, parameters, options));
  }

  /** The rows of one query, one at a time: as many are read as are taken, all of one state. */
  async *stream<T = Row>(
    sql: string,
    parameters: readonly Parameter[] = [],
    options: ExecuteOptions = {},
  ): AsyncGenerator<T, void, undefined> {
    const session = this.session();
    try {
      yield* session.stream<T>(sql, parameters, options);
    } finally {
      void session.close();
    }
  }

  /** A session with settings and transactions of its own. */
  session(): EmbeddedSession {
    this.assertOpen();
    return new EmbeddedSession(this.context, new Session(this.context.host));
  }

  /** Parses once; errors of syntax come now. */
  prepare(sql: string): PreparedStatement {
    this.assertOpen();
    checkText(sql);
    let statements: readonly KnownStatement[];
    try {
      statements = this.context.statements.parse(sql);
    } catch (error) {
      throw asDatabaseError(error, sql);
    }
    if (statements.length !== 1) {
      throw new DatabaseError('42601', 'a prepared statement is one statement');
    }
    const known = statements[0]!;
    return new PreparedStatement((parameters, options) =>
      this.alone((session) => session.one(known, parameters, options)),
    );
  }

  /**
   * Runs `work` in a serializable transaction and commits it; an error rolls it back. With
   * `retries` `work` may run several times, each time in a transaction of its own.
   */
  async transaction<T>(
    work: (transaction: EmbeddedSession) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    // In one process the rival is done when the conflict is known.
    return inTransaction(
      () => this.session(),
      work,
      options,
      () => Promise.resolve(),
    );
  }

  /** Everything as of a position of the log, or an instant: for queries only. */
  asOf(moment: number | Date | string): AsOf {
    const text = momentText(moment);
    return new AsOf(() => this.session(), text);
  }

  /** Changes of rows from the log, as they are committed. */
  subscribe(options: SubscribeOptions = {}): AsyncGenerator<Change, void, undefined> {
    this.assertOpen();
    checkOptions(options, SUBSCRIBE_OPTIONS);
    return subscribe(this.source, options);
  }

  /** The state may have changed: whoever waits for that looks again. */
  settled(): void {
    for (const wake of Array.from(this.waiting)) wake();
  }

  /** Recomputes every hash of the log and every page's checksum. */
  async verify(options: CallOptions = {}): Promise<Verification> {
    this.assertOpen();
    checkOptions(options, CALL_OPTIONS);
    return this.context.runner.verify(new CallLimit(options, 0, () => this.ended));
  }

  /** Ends what is under way with an error, and gives up the directory. */
  async close(): Promise<void> {
    this.end(new DatabaseError('57P01', 'the database is closed'));
    return Promise.resolve();
  }

  /** Ends everything with this error. */
  end(error: DatabaseError): void {
    if (this.ended !== null) return;
    this.ended = error;
    this.settled();
    this.opened.local.close(error.message);
    this.opened.close();
  }

  private async rowsAt(table: Table, position: number): Promise<readonly (readonly Value[])[]> {
    const name = `${quoted(table.schema)}.${quoted(table.name)}`;
    const columns = table.columns.map((column) => quoted(column.name)).join(', ');
    const session = this.session();
    try {
      return await session.values(`SELECT ${columns} FROM ${name} AS OF POSITION ${position}`);
    } finally {
      void session.close();
    }
  }

  private changed(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.ended !== null) return reject(this.ended);
      const unwatch = this.opened.local.watch();
      const wake = (): void => {
        unwatch();
        stop();
        this.waiting.delete(wake);
        if (this.ended === null) resolve();
        else reject(this.ended);
      };
      const stop = signal === undefined ? () => undefined : onAbort(signal, wake);
      this.waiting.add(wake);
    });
  }

  private assertOpen(): void {
    if (this.ended !== null) throw this.ended;
  }

  private async alone<T>(work: (session: EmbeddedSession) => Promise<T>): Promise<T> {
    const session = this.session();
    try {
      const result = await work(session);
      if (session.status !== 'idle') {
        const hint = 'Use a session, or transaction().';
        const message = 'the script ended inside a transaction, which was rolled back';
        throw new DatabaseError('25001', message, { hint });
      }
      return result;
    } finally {
      void session.close();
    }
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** One statement, parsed; each call of it runs in a session of its own. */
export class PreparedStatement {
  private readonly run: (
    parameters: readonly Parameter[],
    options: ExecuteOptions,
  ) => Promise<Result>;

  constructor(run: PreparedStatement['run']) {
    this.run = run;
  }

  execute(parameters: readonly Parameter[] = [], options: ExecuteOptions = {}): Promise<Result> {
    return this.run(parameters, options);
  }

  async query<T = Row>(
    parameters: readonly Parameter[] = [],
    options: ExecuteOptions = {},
  ): Promise<readonly T[]> {
    const { rows } = await this.execute(parameters, options);
    return rows as readonly T[];
  }
}

/** Queries of one moment. */
export class AsOf {
  private readonly makeSession: () => EmbeddedSession;
  private readonly moment: string;

  constructor(makeSession: () => EmbeddedSession, moment: string) {
    this.makeSession = makeSession;
    this.moment = moment;
  }

  async query<T = Row>(
    sql: string,
    parameters: readonly Parameter[] = [],
    options: ExecuteOptions = {},
  ): Promise<readonly T[]> {
    const session = this.makeSession();
    try {
      session.set('default_transaction_read_only', 'on');
      session.set('kimberlite.as_of', this.moment);
      return await session.query<T>(sql, parameters, options);
    } finally {
      void session.close();
    }
  }
}
