/**
 * Keeps one link to whoever is the primary. A link that ends is looked for anew as soon as somebody
 * needs it: the server that was last named primary first, then every address known, the next one as
 * soon as the one before took too long, again and again with growing pauses.
 *
 * What a server refuses for good (a wrong key) ends the search at once, and so does that nobody at
 * any address speaks our protocol; that nobody can be reached is told when the caller's patience
 * ends.
 */
import { DatabaseError } from '../embedded/errors.ts';
import type { CallLimit } from '../embedded/limit.ts';
import type { Dial, Link } from './link.ts';

/** An address that has not answered after this long gets company. */
const STAGGER_MILLIS = 200;
const PAUSE_MILLIS_MIN = 10;
/** Elections take less than a second: look often while one may be going on. */
const PAUSE_MILLIS_EARLY = 80;
const PAUSE_MILLIS_LATE = 1000;
const EARLY_MILLIS = 5000;
/** Of a server that answers nothing. */
const DIAL_MILLIS = 2000;
const ADDRESSES_MAX = 64;

interface Waiter {
  resolve(link: Link): void;
  reject(error: DatabaseError): void;
}

export interface ConnectorOptions {
  readonly addresses: readonly string[];
  readonly dial: Dial;
  /** How long to look for a primary before a caller is told that there is none. */
  readonly patienceMillis: number;
}

export class Connector {
  private readonly options: ConnectorOptions;
  private readonly addresses: string[];
  private readonly waiters: Set<Waiter> = new Set();
  private link: Link | null = null;
  private preferred: string | null = null;
  private searching: AbortController | null = null;
  private ended: DatabaseError | null = null;
  /** By address, what the last attempt there came to. */
  private readonly words: Map<string, string> = new Map();

  constructor(options: ConnectorOptions) {
    this.options = options;
    this.addresses = [...options.addresses];
  }

  /** The link of the moment. */
  get current(): Link | null {
    return this.link;
  }

  /** A link to the primary. Rejects with 57014 (the call's limit), 08001, or what was refused. */
  obtain(limit: CallLimit): Promise<Link> {
    if (this.ended !== null) return Promise.reject(this.ended);
    if (this.link !== null) return Promise.resolve(this.link);
    const exceeded = limit.exceeded;
    if (exceeded !== null) return Promise.reject(exceeded);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(patience);
        stop();
        this.waiters.delete(waiter);
        if (this.waiters.size === 0) this.searching?.abort();
      };
      const waiter: Waiter = {
        resolve: (link) => {
          leave();
          resolve(link);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      const giveUp = (): void => waiter.reject(this.unreachable());
      const patience = setTimeout(giveUp, this.options.patienceMillis);
      const stop = limit.watch(() => waiter.reject(limit.reason));
      this.waiters.add(waiter);
      if (this.searching === null) void this.search();
    });
  }

  close(error: DatabaseError): void {
    if (this.ended !== null) return;
    this.ended = error;
    this.link?.close(error);
    this.link = null;
    for (const waiter of this.waiters) waiter.reject(error);
  }

  private unreachable(): DatabaseError {
    const tried = this.addresses.join(', ');
    const detail = [...this.words.values()].join('; ');
    return new DatabaseError('08001', `no server is the primary at the moment; tried ${tried}`, {
      detail,
      hint: 'Is a majority of the servers running? `kimberlite status` says what each of them sees.',
    });
  }

  private async search(): Promise<void> {
    const search = new AbortController();
    this.searching = search;
    const began = performance.now();
    let pause = 0;
    while (!search.signal.aborted) {
      try {
        const link = await this.round(search.signal);
        if (link !== null) return this.found(link, search);
      } catch (error) {
        return this.refused(error as DatabaseError, search);
      }
      const isEarly = performance.now() - began < EARLY_MILLIS;
      const most = isEarly ? PAUSE_MILLIS_EARLY : PAUSE_MILLIS_LATE;
      pause = Math.min(most, Math.max(PAUSE_MILLIS_MIN, 2 * pause));
      await sleep(pause * (0.5 + Math.random() / 2), search.signal);
    }
    this.over(search);
    // Somebody may have come in between.
    if (this.waiters.size > 0) void this.search();
  }

  private over(search: AbortController): void {
    if (this.searching === search) this.searching = null;
  }

  private found(link: Link, search: AbortController): void {
    this.over(search);
    if (this.ended !== null || link.closed !== null) {
      if (link.closed === null) link.close(this.ended!);
      if (this.ended === null && this.waiters.size > 0) void this.search();
      return;
    }
    this.link = link;
    this.preferred = link.server.address;
    this.learn(link.server.members);
    for (const waiter of this.waiters) waiter.resolve(link);
  }

  private refused(error: DatabaseError, search: AbortController): void {
    this.over(search);
    for (const waiter of this.waiters) waiter.reject(error);
  }

  /** Every address once; null when none is the primary. Rejects with what is for good. */
  private round(signal: AbortSignal): Promise<Link | null> {
    const queue = this.candidates();
    const tried = new Set<string>();
    const stop = new AbortController();
    const end = (): void => stop.abort();
    signal.addEventListener('abort', end, { once: true });
    let active = 0;
    let unfit = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const whole = new Promise<Link | null>((resolve, reject) => {
      const next = (): void => {
        clearTimeout(timer);
        if (stop.signal.aborted) return resolve(null);
        const address = queue.find((one) => !tried.has(one));
        if (address === undefined) {
          if (active === 0) resolve(null);
          return;
        }
        tried.add(address);
        active += 1;
        timer = setTimeout(next, STAGGER_MILLIS);
        this.try(address, stop.signal).then((dialled) => {
          active -= 1;
          if (dialled instanceof DatabaseError) {
            if (!isWorthAnotherTry(dialled)) return reject(dialled);
            this.words.set(address, dialled.message);
          } else if (dialled.kind === 'primary') {
            if (!stop.signal.aborted) return resolve(dialled.link);
            dialled.link.close(new DatabaseError('08006', 'another server was quicker'));
          } else if (dialled.kind === 'unfit') {
            unfit += 1;
            this.words.set(address, dialled.reason.message);
            if (unfit === new Set(queue).size) return reject(dialled.reason);
          } else {
            this.words.set(address, isBackup(address, dialled.primary));
            this.learn(dialled.members);
            queue.push(...this.addresses);
            if (dialled.primary !== null) queue.unshift(dialled.primary);
          }
          next();
        }, reject);
      };
      next();
    });
    return whole.finally(() => {
      clearTimeout(timer);
      stop.abort();
      signal.removeEventListener('abort', end);
    });
  }

  private async try(
    address: string,
    signal: AbortSignal,
  ): Promise<Awaited<ReturnType<Dial>> | DatabaseError> {
    const late = new AbortController();
    const end = (): void => late.abort();
    const timer = setTimeout(end, DIAL_MILLIS);
    signal.addEventListener('abort', end, { once: true });
    const closed = (link: Link, reason: DatabaseError, primary: string | null): void =>
      this.lost(link, reason, primary);
    try {
      return await this.options.dial(address, { closed }, late.signal);
    } catch (error) {
      if (error instanceof DatabaseError) return error;
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    }
  }

  private lost(link: Link, reason: DatabaseError, primary: string | null): void {
    if (primary !== null) {
      this.learn([primary]);
      this.preferred = primary;
    }
    if (this.link !== link) return;
    this.link = null;
    this.words.set(link.server.address, reason.message);
  }

  private candidates(): string[] {
    const { preferred } = this;
    return preferred === null ? [...this.addresses] : [preferred, ...this.addresses];
  }

  private learn(addresses: readonly string[]): void {
    for (const address of addresses) {
      const isNew = !this.addresses.includes(address);
      if (isNew && this.addresses.length < ADDRESSES_MAX) this.addresses.push(address);
    }
  }
}

function isBackup(address: string, primary: string | null): string {
  return `${address} is a backup, and ${primary === null ? 'knows no primary' : `names ${primary}`}`;
}

/** Class 08 is the way there; 57P: the server is stopping, or starting. */
function isWorthAnotherTry({ code }: DatabaseError): boolean {
  return (code.startsWith('08') && code !== '08P01') || code.startsWith('57P');
}

function sleep(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, millis);
    signal.addEventListener('abort', end, { once: true });
  });
}
