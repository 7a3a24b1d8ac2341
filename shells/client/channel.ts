/**
 * One SQL session at the servers, whichever of them is the primary: a channel number, and a lane,
 * in which every write has a number, so that it happens once however often it is sent.
 *
 * A request whose connection ends is sent again, with the same number, to the next primary: it
 * answers what was stored if the write had happened, and executes it if not. Settings are restored.
 * What cannot be restored is a transaction under way: it ends with 40001, unless what was lost was
 * the answer to its COMMIT, which the next primary is asked for.
 *
 * One request at a time: the session above sees to that.
 */
import type { Hash128 } from '../../core/types/hash128.ts';
import { random128 } from '../system.ts';
import type {
  AdminAction,
  SessionState,
  SessionStatus,
  Settings,
  WireParameter,
} from '../protocol/message.ts';
import { NO_STATE } from '../protocol/message.ts';
import { DatabaseError } from '../embedded/errors.ts';
import { CallLimit } from '../embedded/limit.ts';
import type { Change } from '../embedded/subscription.ts';
import type { Connector } from './connector.ts';
import type { Ask, Done, Exchange, Failure, Link, Listener } from './link.ts';

/** How long a server may take to say what became of a request that was given up. */
const GIVEN_UP_MILLIS = 1000;
/** A connection that breaks again and again under one request is not the connection's fault. */
const ATTEMPTS_MAX = 100;

/** What the one who asks sees of the rows. May throw: then the request is cancelled. */
export interface Sink {
  readonly columns: Listener['columns'];
  rows(rows: Parameters<Listener['rows']>[0], bytes: number, exchange: Exchange): void;
  change?(change: Change, bytes: number, exchange: Exchange): void;
  /** Everything begins anew, if that is possible. */
  restart(): boolean;
  /** Null; or why the request should end, which is looked at when `ended` resolves. */
  readonly cancelled: Promise<DatabaseError> | null;
}

/** What an `execute` needs; the rest is the channel's to fill in. */
export interface Statement {
  readonly text: string;
  readonly parameters: readonly WireParameter[];
  /** A position that it must see; -1: the latest. */
  readonly position: number;
  readonly credit: number;
}

type Ending =
  | { readonly kind: 'done'; readonly done: Done }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'prepared' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'givenUp'; readonly reason: DatabaseError };

type Making = () => Ask;

export class Channel {
  /** From 1 on; no two open channels of a connection have the same. */
  readonly number: number;
  private readonly connector: Connector;
  private lane: Hash128 = random128();
  /** The lane's next. */
  private next = 1;
  private link: Link | null = null;
  private initial: Settings = [];
  private settings: Settings = [];
  private current: SessionStatus = 'idle';
  private isBroken = false;

  constructor(number: number, connector: Connector) {
    this.number = number;
    this.connector = connector;
  }

  get status(): SessionStatus {
    return this.isBroken ? 'failed' : this.current;
  }

  /** Begins a new session with these settings, on the same lane. Nothing is sent yet. */
  renew(settings: Settings): void {
    this.close();
    this.initial = settings;
    this.settings = settings;
    this.current = 'idle';
    this.isBroken = false;
  }

  /** Ends the session at the server, with its transaction and its temporary objects. */
  close(): void {
    if (this.link !== null && this.link.closed === null) this.link.closeChannel(this.number);
    this.link = null;
  }

  /** Whether a session would notice that others used this one before. */
  get isFresh(): boolean {
    return this.status === 'idle' && this.settings === this.initial;
  }

  execute(statement: Statement, sink: Sink, limit: CallLimit): Promise<Done> {
    const local = this.isBroken ? this.answerBroken(statement.text) : null;
    if (local !== null) return local;
    const { text, parameters, position, credit } = statement;
    const make: Making = () => ({
      kind: 'execute',
      number: this.next,
      deadlineMillis: limit.remainingMillis,
      position,
      credit,
      statement: text,
      parameters,
    });
    return this.run(make, text, sink, limit);
  }

  /** Whether the server takes the text; what it keeps of it ends with the session. */
  async prepare(text: string, limit: CallLimit): Promise<void> {
    await this.run(() => ({ kind: 'prepare', text }), '', NOTHING, limit);
  }

  verify(sink: Sink, limit: CallLimit): Promise<Done> {
    const deadlineMillis = limit.remainingMillis;
    return this.run(() => ({ kind: 'verify', deadlineMillis }), '', sink, limit);
  }

  admin(action: AdminAction, change: Uint8Array, sink: Sink, limit: CallLimit): Promise<Done> {
    const make: Making = () => {
      const deadlineMillis = limit.remainingMillis;
      return { kind: 'admin', number: this.next, deadlineMillis, action, change };
    };
    return this.run(make, '', sink, limit);
  }

  /** Never resolves: a subscription ends with an error, or when its sink cancels it. */
  subscribe(make: () => Ask, sink: Sink): Promise<Done> {
    return this.run(make, '', sink, new CallLimit({}, 0));
  }

  private async run(make: Making, text: string, sink: Sink, limit: CallLimit): Promise<Done> {
    let wasSent = false;
    let changes = false;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const link = await this.obtain(limit, wasSent, changes);
      // A new connection, before anything of this request was sent: the transaction is gone.
      if (this.current !== 'idle' && this.link !== link) return this.broken(text, wasSent, limit);
      if (!wasSent) limit.check();
      this.openOn(link);
      wasSent = true;
      const ask = make();
      changes = !HARMLESS.has(ask.kind);
      const ending = await once(link, this.number, ask, sink, limit);
      switch (ending.kind) {
        case 'done':
          return this.took(ending.done);
        case 'prepared':
          return PREPARED;
        case 'failed':
          throw this.tookFailure(ending.failure);
        case 'givenUp':
          this.forget();
          throw ending.reason;
        case 'lost':
          if (this.current === 'idle' && !sink.restart()) throw interrupted();
      }
    }
    throw new DatabaseError('08006', `the connection broke ${ATTEMPTS_MAX} times under the call`);
  }

  /** `changes`: what was sent may have changed something, and whether it did is unknown. */
  private async obtain(limit: CallLimit, wasSent: boolean, changes: boolean): Promise<Link> {
    try {
      return await this.connector.obtain(limit);
    } catch (error) {
      if (!wasSent) throw error;
      this.forget();
      if (!changes) throw error;
      const { message, detail, hint } = error as DatabaseError;
      throw unknown(message, { detail, hint });
    }
  }

  private openOn(link: Link): void {
    if (this.link === link) return;
    link.openChannel(this.number, this.lane, this.settings);
    this.link = link;
  }

  private took(done: Done): Done {
    this.learn(done.state);
    return done;
  }

  private tookFailure({ error, state }: Failure): DatabaseError {
    this.learn(state);
    // The lane's record is gone: its numbers mean nothing any more.
    if (error.code === '08007') this.forget();
    return error;
  }

  private learn({ status, number, settings }: SessionState): void {
    this.next = Math.max(this.next, number + 1);
    this.current = status;
    if (settings !== null) this.settings = settings;
  }

  /** The outcome of what was sent stays unknown: a new lane, so that it meets nothing of ours. */
  private forget(): void {
    if (this.current !== 'idle') this.isBroken = true;
    this.current = 'idle';
    this.close();
    this.lane = random128();
    this.next = 1;
  }

  /** The connection that had the transaction is gone. */
  private async broken(text: string, wasSent: boolean, limit: CallLimit): Promise<Done> {
    this.current = 'idle';
    this.isBroken = true;
    if (!wasSent || !ENDS.test(text)) {
      const ended = isRollback(text) ? this.answerBroken(text) : null;
      if (ended !== null) return ended;
      throw new DatabaseError('40001', 'the transaction ended with the connection to the primary', {
        hint: 'Nothing of it was done. Run it again.',
      });
    }
    // Was it committed? The one who knows answers it, or sees to it that it never will be.
    this.isBroken = false;
    const resolve: Making = () => ({ kind: 'resolve', number: this.next });
    return this.run(resolve, '', NOTHING, limit);
  }

  /** As a failed transaction answers: nothing but its end is taken. */
  private answerBroken(text: string): Promise<Done> | null {
    if (!ENDS.test(text) && !isRollback(text)) {
      const message =
        'current transaction is aborted, commands ignored until end of transaction block';
      return Promise.reject(new DatabaseError('25P02', message));
    }
    this.isBroken = false;
    return Promise.resolve(ROLLED_BACK);
  }
}

/** One request on one link. */
function once(
  link: Link,
  channel: number,
  ask: Ask,
  sink: Sink,
  limit: CallLimit,
): Promise<Ending> {
  return new Promise((resolve) => {
    let ended = false;
    let grace: ReturnType<typeof setTimeout> | undefined;
    let thrown: DatabaseError | null = null;
    const end = (ending: Ending): void => {
      if (ended) return;
      ended = true;
      clearTimeout(grace);
      stop();
      resolve(thrown === null ? ending : withError(ending, thrown));
    };
    const giveUp = (): void => {
      if (ended || grace !== undefined) return;
      exchange.cancel();
      const reason = unknown('the server did not say in time what became of it');
      grace = setTimeout(() => end({ kind: 'givenUp', reason }), GIVEN_UP_MILLIS);
    };
    const guarded = (act: () => void): void => {
      if (thrown !== null || ended) return;
      try {
        act();
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error;
        thrown = error;
        giveUp();
      }
    };
    let stop = (): void => undefined;
    const exchange = link.request(channel, ask, {
      columns: (columns, zone) => guarded(() => sink.columns(columns, zone)),
      rows: (rows, bytes) => guarded(() => sink.rows(rows, bytes, exchange)),
      change: (change, bytes) => guarded(() => sink.change?.(change, bytes, exchange)),
      done: (done) => end({ kind: 'done', done }),
      prepared: () => end({ kind: 'prepared' }),
      failed: (failure) => end({ kind: 'failed', failure }),
      lost: () => end({ kind: 'lost' }),
    });
    if (ended) return;
    stop = limit.watch(giveUp);
    // What happened before is not told again.
    if (limit.exceeded !== null) giveUp();
    void sink.cancelled?.then((reason) => {
      thrown ??= reason;
      giveUp();
    });
  });
}

/** The request ended somehow, but its sink had thrown. */
function withError(ending: Ending, error: DatabaseError): Ending {
  if (ending.kind === 'givenUp') return ending;
  if (ending.kind === 'failed') return { kind: 'failed', failure: { ...ending.failure, error } };
  if (ending.kind !== 'done') return ending;
  return { kind: 'failed', failure: { error, state: ending.done.state } };
}

function unknown(message: string, fields: { detail?: string; hint?: string } = {}): DatabaseError {
  const text = `whether the statement was executed is unknown: ${message}`;
  return new DatabaseError('08007', text, fields);
}

function interrupted(): DatabaseError {
  return new DatabaseError(
    '08006',
    'the connection ended after the first rows had been handed out',
    {
      hint: 'Run the query again; with AS OF POSITION it answers the same.',
    },
  );
}

/** What is asked for without changing anything, so that nothing about it can be unknown. */
const HARMLESS: ReadonlySet<Ask['kind']> = new Set<Ask['kind']>(['subscribe', 'verify', 'prepare']);

const ENDS = /^\s*(?:commit|end)\b/i;

function isRollback(text: string): boolean {
  return /^\s*(?:rollback|abort)\s*(?:work|transaction)?\s*;?\s*$/i.test(text);
}

const ROLLED_BACK: Done = { state: NO_STATE, tag: 'ROLLBACK', count: 0, position: 0, notices: [] };

const PREPARED: Done = { ...ROLLED_BACK, tag: 'PREPARE' };

const NOTHING: Sink = {
  columns: () => undefined,
  rows: () => undefined,
  restart: () => true,
  cancelled: null,
};
