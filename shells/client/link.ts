/**
 * One connection to one server, as the rest of the client sees it: channels are opened on it, each
 * takes one request at a time, and whoever asked is told what comes. `tcp-link.ts` speaks the
 * protocol; tests script it.
 */
import type { Display } from '../../core/sql/types/style.ts';
import type { Value } from '../../core/sql/types/type.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import type { DatabaseError } from '../embedded/errors.ts';
import type { Change } from '../embedded/subscription.ts';
import type { ClientMessage, SessionState, Settings, WireColumn } from '../protocol/message.ts';

/** What a server says of itself and its cluster. */
export interface ServerInfo {
  readonly address: string;
  /** Client addresses of all members, `host:port`. */
  readonly members: readonly string[];
  readonly view: number;
  readonly replica: number;
  readonly user: string;
  readonly role: string;
  readonly tenant: string;
}

/** What may be asked. */
export type Ask = Extract<
  ClientMessage,
  { kind: 'execute' | 'resolve' | 'prepare' | 'subscribe' | 'admin' | 'verify' }
>;

export interface Done {
  readonly state: SessionState;
  /** PostgreSQL's command tag. */
  readonly tag: string;
  readonly count: number;
  readonly position: number;
  readonly notices: readonly string[];
}

export interface Failure {
  readonly error: DatabaseError;
  readonly state: SessionState;
}

/** Told in this order: columns, rows any number of times, then one of the others, once. */
export interface Listener {
  columns(columns: readonly WireColumn[], display: Display): void;
  /** `bytes` is what they took of the credit. */
  rows(rows: readonly (readonly Value[])[], bytes: number): void;
  /** Of a subscription, instead of columns and rows; never `done`. */
  change(change: Change, bytes: number): void;
  done(done: Done): void;
  prepared(prepared: number): void;
  failed(failure: Failure): void;
  /** The connection ended, or the server no longer is the primary: no answer comes. */
  lost(): void;
}

/** A request under way. */
export interface Exchange {
  /** Asks the server to end it; an answer comes all the same. */
  cancel(): void;
  /** Lets so many more bytes of rows come. */
  grant(bytes: number): void;
}

export interface Link {
  readonly server: ServerInfo;
  /** Null while it is open. */
  readonly closed: DatabaseError | null;
  openChannel(channel: number, lane: Hash128, settings: Settings): void;
  closeChannel(channel: number): void;
  /** Throws a `DatabaseError` for what cannot be said in bytes; then nothing was sent. */
  request(channel: number, ask: Ask, listener: Listener): Exchange;
  /** Ends it: everybody who waits is told `lost`. */
  close(reason: DatabaseError): void;
}

/** What dialling a server gives: a link to the primary, or where the primary is. */
export type Dialled =
  | { readonly kind: 'primary'; readonly link: Link }
  | {
      readonly kind: 'elsewhere';
      /** Null: it knows none at the moment. */
      readonly primary: string | null;
      readonly members: readonly string[];
    }
  /** Who listens there speaks something else, or shows no certificate that is trusted. */
  | { readonly kind: 'unfit'; readonly reason: DatabaseError };

export interface LinkEvents {
  /**
   * The link ended, or its server is about to end: nothing new goes there. `primary`, where it said
   * that another one is it. Comes before anybody is told `lost`.
   */
  closed(link: Link, reason: DatabaseError, primary: string | null): void;
}

/** Rejects with a `DatabaseError`: one of class 08 is worth another try, others are for good. */
export type Dial = (address: string, events: LinkEvents, signal: AbortSignal) => Promise<Dialled>;
