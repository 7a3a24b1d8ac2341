/**
 * A session at the servers: settings and a transaction of its own. Calls are taken one after the
 * other, in the order they were made.
 */
import { EXECUTE_OPTIONS, checkCall } from '../embedded/calls.ts';
import { DatabaseError } from '../embedded/errors.ts';
import { itemsOf, reasonToSkip } from '../embedded/import-script.ts';
import { CallLimit } from '../embedded/limit.ts';
import type { CallOptions } from '../embedded/limit.ts';
import type { Parameter } from '../embedded/parameters.ts';
import type { Result, ResultOptions, Row } from '../embedded/results.ts';
import { Timestamp } from '../embedded/timestamp.ts';
import type { Channel, Sink } from './channel.ts';
import { CREDIT_BYTES, Collector } from './collect.ts';
import type { SessionStatus, WireParameter } from '../protocol/message.ts';
import type { Done } from './link.ts';

export interface ClientCallOptions extends CallOptions {
  /**
   * What a read must see: `latest` (the default) is linearizable; a position, as `Result.position`
   * says it, is quicker, and shows at least what was committed by then.
   */
  readonly read?: 'latest' | number;
}

export interface ClientExecuteOptions extends ClientCallOptions, ResultOptions {}

/** What sessions of one database share. */
export interface ClientContext {
  readonly resultBytesMax: number;
  /** Notes how far the log was seen. */
  readonly saw: (position: number) => void;
}

export const CLIENT_EXECUTE_OPTIONS: readonly string[] = [...EXECUTE_OPTIONS, 'read'];

const LATEST = -1;

/** As the protocol carries them; the server knows the types, and refuses what does not fit. */
function wireParameter(parameter: Parameter): WireParameter {
  if (parameter === undefined) return null;
  if (parameter instanceof Timestamp) return parameter.toString();
  if (typeof parameter === 'function' || typeof parameter === 'symbol') {
    throw new DatabaseError('22P02', `a parameter cannot be a ${typeof parameter}`);
  }
  return parameter;
}

/** Several statements where one is possible: each goes on its own. */
export function statementsOf(sql: string): readonly string[] {
  const end = sql.indexOf(';');
  if (end < 0 || sql.slice(end + 1).trim() === '') return [sql];
  const texts: string[] = [];
  for (const item of itemsOf(sql)) texts.push(item.text);
  return texts;
}

/** Runs one statement on a channel, whoever has it. */
export async function executeOn(
  context: ClientContext,
  channel: Channel,
  text: string,
  parameters: readonly Parameter[],
  options: ClientExecuteOptions,
  limit: CallLimit,
): Promise<Result> {
  const sink = new Collector(context.resultBytesMax);
  const done = await executeInto(context, channel, text, parameters, options, limit, sink);
  return sink.result(done, options);
}

export async function executeInto(
  context: ClientContext,
  channel: Channel,
  text: string,
  parameters: readonly Parameter[],
  options: ClientCallOptions,
  limit: CallLimit,
  sink: Sink,
): Promise<Done> {
  const { read = 'latest' } = options;
  const position = read === 'latest' ? LATEST : read;
  if (!Number.isSafeInteger(position) || (read !== 'latest' && position < 0)) {
    throw new DatabaseError('22023', "read is 'latest', or a position of the log");
  }
  const bound = parameters.map(wireParameter);
  const statement = { text, parameters: bound, position, credit: CREDIT_BYTES };
  const done = await channel.execute(statement, sink, limit);
  context.saw(done.position);
  return done;
}

/** `execute` with several statements: each on its own, without parameters. */
export async function executeAll(
  context: ClientContext,
  channel: Channel,
  sql: string,
  parameters: readonly Parameter[],
  options: ClientExecuteOptions,
): Promise<readonly Result[]> {
  checkCall(sql, parameters, options, CLIENT_EXECUTE_OPTIONS);
  const limit = new CallLimit(options, 0);
  const texts = statementsOf(sql);
  if (texts.length !== 1 && parameters.length > 0) {
    const message = 'cannot insert multiple commands into a prepared statement';
    throw new DatabaseError('42601', message);
  }
  const results: Result[] = [];
  for (const text of texts) {
    results.push(await executeOn(context, channel, text, parameters, options, limit));
  }
  if (results.length === 0) results.push(EMPTY);
  return results;
}

/** As psql would run it: its harmless commands are left out, with a notice. */
export async function executeScript(
  context: ClientContext,
  channel: Channel,
  sql: string,
  options: ClientExecuteOptions,
): Promise<readonly Result[]> {
  checkCall(sql, [], options, CLIENT_EXECUTE_OPTIONS);
  const limit = new CallLimit(options, 0);
  const results: Result[] = [];
  for (const item of itemsOf(sql)) {
    const reason = reasonToSkip(item);
    if (reason === null) {
      results.push(await executeOn(context, channel, item.text, [], options, limit));
    } else {
      results.push({ ...EMPTY, notices: [`${item.text.split('\n')[0]!}: ${reason}`] });
    }
  }
  return results;
}

export class ClientSession {
  private readonly context: ClientContext;
  private readonly giveUp: () => void;
  private readonly channel: Channel;
  private last: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(context: ClientContext, channel: Channel, giveUp: () => void) {
    this.context = context;
    this.channel = channel;
    this.giveUp = giveUp;
  }

  /** Runs one statement, or several without parameters; answers the last one's result. */
  async execute(
    sql: string,
    parameters: readonly Parameter[] = [],
    options: ClientExecuteOptions = {},
  ): Promise<Result> {
    const results = await this.turn(() =>
      executeAll(this.context, this.channel, sql, parameters, options),
    );
    return results.at(-1)!;
  }

  /** Runs several statements, each on its own; answers all results. Ends at the first error. */
  script(sql: string, options: ClientExecuteOptions = {}): Promise<readonly Result[]> {
    return this.turn(() => executeScript(this.context, this.channel, sql, options));
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

  /** The state of the transaction: none, running, or failed and waiting for its end. */
  get status(): SessionStatus {
    return this.channel.status;
  }

  /** Rolls back the transaction under way, and ends the session. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.last;
    this.giveUp();
  }

  private turn<T>(act: () => Promise<T>): Promise<T> {
    const next = this.last.then(() => {
      if (this.closed) throw new DatabaseError('57P01', 'the session is closed');
      return act();
    });
    this.last = next.catch(() => undefined);
    return next;
  }
}

const EMPTY: Result = { command: '', count: 0, columns: [], rows: [], position: 0, notices: [] };
