/**
 * Channels: each call outside a session borrows one, so that calls run beside each other on one
 * connection. Last in, first out: few lanes are used when few are needed. Beyond the limit calls
 * wait in the order they came.
 */
import { DatabaseError } from '../embedded/errors.ts';
import type { CallLimit } from '../embedded/limit.ts';
import { Channel } from './channel.ts';
import type { Connector } from './connector.ts';
import type { Settings } from '../protocol/message.ts';

/** Of a connection; 0 is the connection itself. */
export const CHANNELS_MAX = 256;
const WAITING_MAX = 65_536;

interface Waiter {
  resolve(channel: Channel): void;
  reject(error: DatabaseError): void;
}

export class Pool {
  private readonly connector: Connector;
  private readonly channelsMax: number;
  private readonly idle: Channel[] = [];
  private readonly waiting: Waiter[] = [];
  private readonly open: Set<Channel> = new Set();
  /** Of `open`, those that sessions keep. */
  private readonly kept: Set<Channel> = new Set();
  private ended: DatabaseError | null = null;

  constructor(connector: Connector, channelsMax: number) {
    this.connector = connector;
    this.channelsMax = channelsMax;
  }

  /** A channel for one call; `settings` are those that a session would have set. */
  async borrow(limit: CallLimit, settings: Settings = NO_SETTINGS): Promise<Channel> {
    const channel = await this.take(limit);
    if (settings.length > 0) channel.renew(settings);
    return channel;
  }

  /** `keeps`: the statement may have left something that a new session has not. */
  giveBack(channel: Channel, keeps: boolean): void {
    if (!this.open.has(channel)) return;
    this.kept.delete(channel);
    if (keeps || !channel.isFresh) channel.renew(NO_SETTINGS);
    const waiter = this.waiting.shift();
    if (waiter === undefined) this.idle.push(channel);
    else waiter.resolve(channel);
  }

  /** A channel that is not borrowed but kept: a session's. Throws 53300 when there are too many. */
  dedicated(): Channel {
    if (this.ended !== null) throw this.ended;
    const most = CHANNELS_MAX - this.channelsMax;
    const channel = this.kept.size >= most ? null : (this.idle.pop() ?? this.make());
    if (channel === null) {
      throw new DatabaseError('53300', `too many sessions: ${most} are possible`, {
        hint: 'Close sessions that are no longer needed, or connect once more.',
      });
    }
    this.kept.add(channel);
    return channel;
  }

  close(error: DatabaseError): void {
    this.ended = error;
    for (const waiter of this.waiting.splice(0)) waiter.reject(error);
    for (const channel of this.open) channel.close();
    this.open.clear();
  }

  private take(limit: CallLimit): Promise<Channel> {
    if (this.ended !== null) return Promise.reject(this.ended);
    const borrowed = this.open.size - this.kept.size;
    const channel = this.idle.pop() ?? (borrowed < this.channelsMax ? this.make() : null);
    if (channel !== null) return Promise.resolve(channel);
    if (this.waiting.length >= WAITING_MAX) {
      const message = `too many calls at once: ${WAITING_MAX} wait already`;
      return Promise.reject(new DatabaseError('53300', message));
    }
    return new Promise((resolve, reject) => {
      const leave = limit.watch(() => {
        const at = this.waiting.indexOf(waiter);
        if (at >= 0) this.waiting.splice(at, 1);
        waiter.reject(limit.reason);
      });
      const waiter: Waiter = {
        resolve: (taken) => {
          leave();
          resolve(taken);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      this.waiting.push(waiter);
    });
  }

  private make(): Channel | null {
    if (this.open.size >= CHANNELS_MAX) return null;
    const channel = new Channel(this.open.size + 1, this.connector);
    this.open.add(channel);
    return channel;
  }
}

const NO_SETTINGS: Settings = [];
