/**
 * The database at its servers, with the shape of the embedded one. Calls outside of sessions run
 * beside each other, each in a session of its own; `session` and `transaction` keep state between
 * calls.
 */
import {
  CALL_OPTIONS,
  SUBSCRIBE_OPTIONS,
  checkCall,
  checkOptions,
  checkText,
  inTransaction,
  momentText,
} from '../embedded/calls.ts';
import type { TransactionOptions } from '../embedded/calls.ts';
import { DatabaseError } from '../embedded/errors.ts';
import { importScript } from '../embedded/import-script.ts';
import type { Imported } from '../embedded/import-script.ts';
import { CallLimit } from '../embedded/limit.ts';
import type { CallOptions } from '../embedded/limit.ts';
import type { Parameter } from '../embedded/parameters.ts';
import type { Result, Row } from '../embedded/results.ts';
import type { Change, SubscribeOptions } from '../embedded/subscription.ts';
import type { Verification } from '../embedded/verify.ts';
import type { Channel } from './channel.ts';
import { Collector } from './collect.ts';
import type { Connector } from './connector.ts';
import type { AdminAction, Settings } from '../protocol/message.ts';
import type { ServerInfo } from './link.ts';
import { Pool } from './pool.ts';
import {
  CLIENT_EXECUTE_OPTIONS,
  ClientSession,
  executeAll,
  executeInto,
  executeOn,
  executeScript,
} from './session.ts';
import type { ClientContext, ClientExecuteOptions } from './session.ts';
import { RowStream } from './stream.ts';
import { subscribe } from './subscription.ts';

export interface ClientDatabaseOptions {
  readonly connector: Connector;
  readonly channelsMax: number;
  readonly resultBytesMax: number;
}

/** Before another attempt of a transaction, so that rivals part. */
const PAUSE_MILLIS_MAX = 100;

export class ClientDatabase {
  private readonly connector: Connector;
  private readonly pool: Pool;
  private readonly context: ClientContext;
  private seen = 0;
  private ended: DatabaseError | null = null;

  constructor({ connector, channelsMax, resultBytesMax }: ClientDatabaseOptions) {
    this.connector = connector;
    this.pool = new Pool(connector, channelsMax);
    const saw = (position: number): void => void (this.seen = Math.max(this.seen, position));
    this.context = { resultBytesMax, saw };
  }

  /** The last position of the log that an answer showed or made: a token for `read`. */
  get position(): number {
    return this.seen;
  }

  /** The server that is connected; null: none at the moment. */
  get server(): ServerInfo | null {
    return this.connector.current?.server ?? null;
  }

  /** Looks for the primary, and says who it is. */
  async ready(options: CallOptions = {}): Promise<ServerInfo> {
    return (await this.connector.obtain(new CallLimit(options, 0))).server;
  }

  /** Runs one statement, or several without parameters; answers the last one's result. */
  async execute(
    sql: string,
    parameters: readonly Parameter[] = [],
    options: ClientExecuteOptions = {},
  ): Promise<Result> {
    const results = await this.alone(options, sql, (channel) =>
      executeAll(this.context, channel, sql, parameters, options),
    );
    return results.at(-1)!;
  }

  /** Runs several statements, each on its own; answers all results. Ends at the first error. */
  script(sql: string, options: ClientExecuteOptions = {}): Promise<readonly Result[]> {
    return this.alone(options, '', (channel) => executeScript(this.context, channel, sql, options));
  }

  /** Loads a script made for psql; `\c`, CREATE DATABASE and DROP DATABASE are left out. */
  importScript(script: string, options: ClientExecuteOptions = {}): Promise<Imported> {
    checkCall(script, [], options, CLIENT_EXECUTE_OPTIONS);
    return this.alone(options, '', (channel) =>
      importScript(
        script,
        (text, parameters) =>
          executeOn(this.context, channel, text, parameters, options, new CallLimit(options, 0)),
        () => channel.status === 'idle',
      ),
    );
  }

  /** The rows of one statement. */
  async query<T = Row>(
    sql: string,
    parameters: readonly Parameter[] = [],
    options: ClientExecuteOptions = {},
  ): Promise<readonly T[]> {
    const { rows } = await this.execute(sql, parameters, options);
    return rows as readonly T[];
  }

  /** The rows of one query, one at a time: as many are fetched as are taken. */
  async *stream<T = Row>(
    sql: string,
    parameters: readonly Parameter[] = [],
    options: ClientExecuteOptions = {},
  ): AsyncGenerator<T, void, undefined> {
    checkCall(sql, parameters, options, CLIENT_EXECUTE_OPTIONS);
    const limit = new CallLimit(options, 0);
    const channel = await this.pool.borrow(limit);
    const sink = new RowStream(options);
    const run = executeInto(this.context, channel, sql, parameters, options, limit, sink);
    const whole = run.then(
      () => sink.end(null),
      (error: unknown) => sink.end(error),
    );
    try {
      yield* sink.read() as AsyncGenerator<T, void, undefined>;
    } finally {
      await whole;
      this.pool.giveBack(channel, keepsState(sql));
    }
  }

  /** A session with settings and transactions of its own. */
  session(): ClientSession {
    const channel = this.pool.dedicated();
    return new ClientSession(this.context, channel, () => this.pool.giveBack(channel, true));
  }

  /** Has the server parse it: errors come now. Calls send the text; servers keep it parsed. */
  async prepare(sql: string, options: CallOptions = {}): Promise<ClientStatement> {
    checkText(sql);
    checkOptions(options, CALL_OPTIONS);
    await this.alone(options, '', (channel) => channel.prepare(sql, new CallLimit(options, 0)));
    return new ClientStatement((parameters, given) => this.execute(sql, parameters, given));
  }

  /**
   * Runs `work` in a serializable transaction and commits it; an error rolls it back. With
   * `retries` `work` may run several times, each time in a transaction of its own.
   */
  async transaction<T>(
    work: (transaction: ClientSession) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    return inTransaction(() => this.session(), work, options, pause);
  }

  /** Everything as of a position of the log, or an instant: for queries only. */
  asOf(moment: number | Date | string): ClientAsOf {
    const settings: Settings = [
      ['default_transaction_read_only', 'on'],
      ['kimberlite.as_of', momentText(moment)],
    ];
    return new ClientAsOf((sql, parameters, options) =>
      this.alone(
        options,
        sql,
        (channel) => executeAll(this.context, channel, sql, parameters, options),
        settings,
      ),
    );
  }

  /** Changes of rows from the log, as they are committed; goes on after a change of primary. */
  subscribe(options: SubscribeOptions = {}): AsyncGenerator<Change, void, undefined> {
    this.assertOpen();
    checkOptions(options, SUBSCRIBE_OPTIONS);
    return subscribe(this.pool, options);
  }

  /** Has the server recompute every hash of the log and every page's checksum. */
  async verify(options: CallOptions = {}): Promise<Verification> {
    checkOptions(options, CALL_OPTIONS);
    const limit = new CallLimit(options, 0);
    const sink = new Collector(this.context.resultBytesMax);
    const done = await this.alone(options, '', (channel) => channel.verify(sink, limit));
    const { rows, notices } = sink.result(done, { rows: 'array' });
    const [entries, head] = rows[0] as [bigint, string];
    return { ok: notices.length === 0, entries: Number(entries), head, problems: notices };
  }

  /** Users, keys and tenants: what the `user` and `tenant` commands do. */
  async admin(
    action: AdminAction,
    change: Uint8Array = new Uint8Array(0),
    options: CallOptions = {},
  ): Promise<Result> {
    const limit = new CallLimit(options, 0);
    const sink = new Collector(this.context.resultBytesMax);
    const done = await this.alone(options, '', (channel) =>
      channel.admin(action, change, sink, limit),
    );
    return sink.result(done, {});
  }

  /** Ends what is under way with an error, and the connection. */
  async close(): Promise<void> {
    if (this.ended !== null) return;
    this.ended = new DatabaseError('57P01', 'the database is closed');
    this.pool.close(this.ended);
    this.connector.close(this.ended);
    await Promise.resolve();
  }

  private assertOpen(): void {
    if (this.ended !== null) throw this.ended;
  }

  /** Lends a channel to `work`, which must leave no transaction behind. */
  private async alone<T>(
    options: CallOptions,
    sql: string,
    work: (channel: Channel) => Promise<T>,
    settings?: Settings,
  ): Promise<T> {
    this.assertOpen();
    const channel = await this.pool.borrow(new CallLimit(options, 0), settings);
    const keeps = settings !== undefined || keepsState(sql);
    try {
      const result = await work(channel);
      if (channel.status !== 'idle') {
        const hint = 'Use a session, or transaction().';
        const message = 'the script ended inside a transaction, which was rolled back';
        throw new DatabaseError('25001', message, { hint });
      }
      return result;
    } finally {
      this.pool.giveBack(channel, keeps);
    }
  }
}

/** Prepared statements, temporary tables and settings would be seen by the next call. */
function keepsState(sql: string): boolean {
  return !/^\s*(?:select|insert|update|delete|with|values|table)\b[^;]*;?\s*$/i.test(sql);
}

function pause(attempt: number): Promise<void> {
  const most = Math.min(PAUSE_MILLIS_MAX, 2 << Math.min(attempt, 10));
  return new Promise((resolve) => setTimeout(resolve, Math.random() * most));
}

type Run<T> = (
  sql: string,
  parameters: readonly Parameter[],
  options: ClientExecuteOptions,
) => Promise<T>;

/** One statement, checked by the server. */
export class ClientStatement {
  private readonly run: (
    parameters: readonly Parameter[],
    options: ClientExecuteOptions,
  ) => Promise<Result>;

  constructor(run: ClientStatement['run']) {
    this.run = run;
  }

  execute(
    parameters: readonly Parameter[] = [],
    options: ClientExecuteOptions = {},
  ): Promise<Result> {
    return this.run(parameters, options);
  }

  async query<T = Row>(
    parameters: readonly Parameter[] = [],
    options: ClientExecuteOptions = {},
  ): Promise<readonly T[]> {
    const { rows } = await this.run(parameters, options);
    return rows as readonly T[];
  }
}

/** Queries of one moment. */
export class ClientAsOf {
  private readonly run: Run<readonly Result[]>;

  constructor(run: Run<readonly Result[]>) {
    this.run = run;
  }

  async query<T = Row>(
    sql: string,
    parameters: readonly Parameter[] = [],
    options: ClientExecuteOptions = {},
  ): Promise<readonly T[]> {
    const results = await this.run(sql, parameters, options);
    return results.at(-1)!.rows as readonly T[];
  }
}
