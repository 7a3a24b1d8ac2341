/**
 * Changes of rows as they are committed, whoever is the primary: after a lost connection the
 * subscription goes on behind the last change that was handed out, so that none is missing and none
 * comes twice. The reader sets the pace: credit is granted when changes have been taken.
 *
 * A snapshot cannot be continued: it ends with 08006 when its connection does.
 */
import { DatabaseError } from '../embedded/errors.ts';
import { CallLimit } from '../embedded/limit.ts';
import { onAbort } from '../embedded/on-abort.ts';
import type { Change, SubscribeOptions } from '../embedded/subscription.ts';
import type { Channel, Sink } from './channel.ts';
import { CREDIT_BYTES } from './collect.ts';
import type { Ask, Exchange } from './link.ts';
import type { Pool } from './pool.ts';

interface Held {
  readonly change: Change;
  readonly bytes: number;
  readonly exchange: Exchange;
}

class ChangeStream implements Sink {
  readonly cancelled: Promise<DatabaseError>;
  /** Everything up to here was handed out; null: the snapshot was not, as a whole. */
  private after: number | null;
  /** Changes of the position after it that were handed out. */
  private begun = 0;
  /** Of those that come again, how many are still to be left out. */
  private skip = 0;
  private readonly tables: readonly string[];
  private readonly held: Held[] = [];
  private failure: unknown = null;
  private wake: () => void = () => undefined;
  private cancel: (reason: DatabaseError) => void = () => undefined;

  constructor(after: number | null, tables: readonly string[]) {
    this.after = after;
    this.tables = tables;
    this.cancelled = new Promise((resolve) => (this.cancel = resolve));
  }

  ask(): Ask {
    const { after, tables } = this;
    const snapshot = after === null;
    return { kind: 'subscribe', after: after ?? -1, snapshot, tables, credit: CREDIT_BYTES };
  }

  columns(): void {
    throw new DatabaseError('08P01', 'a subscription has no columns');
  }

  rows(): void {
    throw new DatabaseError('08P01', 'a subscription has no rows');
  }

  change(change: Change, bytes: number, exchange: Exchange): void {
    if (this.skip > 0) {
      this.skip -= 1;
      exchange.grant(bytes);
      return;
    }
    this.held.push({ change, bytes, exchange });
    this.wake();
  }

  restart(): boolean {
    this.held.length = 0;
    this.skip = this.begun;
    return this.after !== null || this.begun === 0;
  }

  end(failure: unknown): void {
    this.failure = failure;
    this.wake();
  }

  async *read(signal: AbortSignal | undefined): AsyncGenerator<Change, void, undefined> {
    const stop = (): void => this.end(null);
    let stopped = false;
    const abort = (): void => {
      stopped = true;
      this.wake();
    };
    const unwatch = signal === undefined ? () => undefined : onAbort(signal, abort);
    try {
      while (!stopped && signal?.aborted !== true) {
        const next = this.held.shift();
        if (next === undefined) {
          if (this.failure !== null) throw this.failure;
          await new Promise<void>((resolve) => (this.wake = resolve));
          continue;
        }
        const { change, bytes, exchange } = next;
        if (change.last) this.after = change.position;
        this.begun = change.last ? 0 : this.begun + 1;
        yield change;
        exchange.grant(bytes);
      }
    } finally {
      unwatch();
      stop();
      this.cancel(new DatabaseError('57014', 'the subscription ended'));
    }
  }
}

export async function* subscribe(
  pool: Pool,
  options: SubscribeOptions,
): AsyncGenerator<Change, void, undefined> {
  const { snapshot = false, tables = [], signal } = options;
  if (snapshot && options.after !== undefined) {
    throw new DatabaseError('22023', 'a subscription begins with a snapshot or after a position');
  }
  const channel = pool.dedicated();
  try {
    const present = options.after ?? (snapshot ? null : await presentOf(channel, signal));
    const stream = new ChangeStream(present, tables);
    const run = channel.subscribe(() => stream.ask(), stream);
    const over = run.then(
      () => stream.end(new DatabaseError('08P01', 'the server ended the subscription')),
      (error: unknown) => stream.end(error),
    );
    try {
      yield* stream.read(signal);
    } finally {
      await over;
    }
  } finally {
    pool.giveBack(channel, true);
  }
}

/** The position from which changes count: asked for once, so that no change of primary moves it. */
async function presentOf(channel: Channel, signal: AbortSignal | undefined): Promise<number> {
  const limit = new CallLimit(signal === undefined ? {} : { signal }, 0);
  const statement = { text: 'SELECT 1', parameters: [], position: -1, credit: CREDIT_BYTES };
  const done = await channel.execute(statement, IGNORE, limit);
  return done.position;
}

const IGNORE: Sink = {
  columns: () => undefined,
  rows: () => undefined,
  restart: () => true,
  cancelled: null,
};
