/**
 * What clients and servers say to each other, as values. Bytes: `client-codec.ts`,
 * `server-codec.ts`, `frame.ts`; byte by byte in docs/protocol.md.
 *
 * A frame names a channel and a request. Channel 0 is the connection itself; channels 1 to 256 are
 * sessions. A request number is the client's choice, not 0, and unique among the requests of its
 * connection that are not answered yet; what answers it carries both numbers back.
 */
import type { SqlError } from '../../core/sql/error.ts';
import type { Display } from '../../core/sql/types/style.ts';
import type { SqlType, Value } from '../../core/sql/types/type.ts';
import type { Hash128 } from '../../core/types/hash128.ts';

/** The versions that this build speaks: since 2, COLUMNS tells zone and styles. */
export const VERSION_MIN = 2;
export const VERSION_MAX = 2;
/** Channel of what concerns the connection. */
export const CHANNEL_CONNECTION = 0;
export const CHANNELS_MAX = 256;
/** Until the server has welcomed a client, a frame is at most this long (CRC included). */
export const HELLO_FRAME_BYTES_MAX = 4096;
/** Afterwards: a statement or a parameter of 16 MiB, and what stands around it. */
export const CLIENT_FRAME_BYTES_MAX: number = 17 << 20;
/** What a server sends: one row is never split. */
export const SERVER_FRAME_BYTES_MAX: number = 64 << 20;
/** Rows are gathered into frames of about this size. */
export const ROWS_BYTES: number = 1 << 16;

/** What a client may bind; the server converts it once the parameter's type is known. */
export type WireParameter =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | readonly unknown[]
  | object;

export type Settings = readonly (readonly [name: string, value: string])[];

export type ClientMessage =
  | {
      readonly kind: 'hello';
      readonly versionMin: number;
      readonly versionMax: number;
      /** The API key; empty where access is not enforced. */
      readonly key: string;
      /** The tenant's name; empty: the user's only one, or the first. */
      readonly tenant: string;
      /** What the client calls itself, for logs. */
      readonly client: string;
    }
  /** Opens a channel: a session with these settings, and a lane for its writes. */
  | { readonly kind: 'open'; readonly lane: Hash128; readonly settings: Settings }
  | { readonly kind: 'close' }
  | ExecuteMessage
  | { readonly kind: 'prepare'; readonly text: string }
  /** Forgets a prepared statement. */
  | { readonly kind: 'unprepare'; readonly prepared: number }
  /** What became of request `number` of this channel's lane; if nothing: nothing ever will. */
  | { readonly kind: 'resolve'; readonly number: number }
  /** Gives up the request that the frame names. */
  | { readonly kind: 'cancel' }
  /** The request that the frame names may send so many bytes more. */
  | { readonly kind: 'credit'; readonly bytes: number }
  | {
      readonly kind: 'subscribe';
      /** The last position already known; -1: the present. */
      readonly after: number;
      /** First every row as it is now. */
      readonly snapshot: boolean;
      /** Only these; empty: all. */
      readonly tables: readonly string[];
      readonly credit: number;
    }
  /** Answered as a statement is. `change`: as `core/kernel/access-request.ts` has it. */
  | {
      readonly kind: 'admin';
      readonly number: number;
      readonly deadlineMillis: number;
      readonly action: AdminAction;
      readonly change: Uint8Array;
    }
  /** Recomputes everything at the primary; answered as a statement is: entries, head; notices. */
  | { readonly kind: 'verify'; readonly deadlineMillis: number }
  | { readonly kind: 'ping' };

/** `change` is empty for all but `change`. */
export type AdminAction = 'status' | 'users' | 'tenants' | 'change';
export const ADMIN_ACTIONS: readonly AdminAction[] = ['status', 'users', 'tenants', 'change'];

export interface ExecuteMessage {
  readonly kind: 'execute';
  /** The lane's next number: used if the statement turns out to write. From 1. */
  readonly number: number;
  /** The server gives it up after this long; 0: never. */
  readonly deadlineMillis: number;
  /** It must see at least this position of the tenant's log; -1: the latest. */
  readonly position: number;
  /** Bytes of rows that may be sent before more credit is given. */
  readonly credit: number;
  /** The text, or what PREPARED called it. One statement. */
  readonly statement: string | number;
  readonly parameters: readonly WireParameter[];
}

/** Whether a transaction is under way in a session, and whether it has failed. */
export type SessionStatus = 'idle' | 'transaction' | 'failed';
export const SESSION_STATUSES: readonly SessionStatus[] = ['idle', 'transaction', 'failed'];

/** How a session stands after a request. */
export interface SessionState {
  readonly status: SessionStatus;
  /** The lane's last number used; the next write is one more. */
  readonly number: number;
  /** All settings that differ from the initial ones, if that has changed; else null. */
  readonly settings: Settings | null;
}

/** Where the servers are. */
export interface Members {
  readonly view: number;
  /** Index of the primary, or -1 while nobody knows one. */
  readonly primary: number;
  /** Each replica's address for clients, `host:port`, in order. */
  readonly addresses: readonly string[];
}

export interface WireColumn {
  readonly name: string;
  readonly type: SqlType;
  /** Of a type that was defined, whose values come as text: its name. */
  readonly typeName?: string;
}

export interface ChangeMessage {
  readonly kind: 'change';
  /** Of the entry; the same for all changes of one transaction. */
  readonly position: number;
  /** Microseconds since 1970. */
  readonly timestamp: number;
  /** Who wrote it; null in a snapshot. */
  readonly actor: string | null;
  readonly schema: string;
  readonly table: string;
  readonly operation: ChangeOperation;
  /** The last change of its transaction, or of the snapshot. */
  readonly last: boolean;
  readonly columns: readonly (WireColumn & { readonly key: boolean })[];
  readonly before: readonly Value[] | null;
  readonly after: readonly Value[] | null;
}

export type ChangeOperation = 'snapshot' | 'insert' | 'update' | 'delete';
export const CHANGE_OPERATIONS: readonly ChangeOperation[] = [
  'snapshot',
  'insert',
  'update',
  'delete',
];

export type ServerMessage =
  | {
      readonly kind: 'welcome';
      readonly version: number;
      readonly cluster: Hash128;
      readonly replica: number;
      readonly members: Members;
      readonly user: string;
      readonly role: string;
      readonly tenant: string;
      /** Requests of one connection that may wait; a client that sends more is not read. */
      readonly requestsMax: number;
    }
  /**
   * This server is not the primary. With a request: it was not executed. On channel 0: nothing on
   * this connection is from now on, and the server closes it.
   */
  | { readonly kind: 'redirect'; readonly members: Members }
  | {
      readonly kind: 'columns';
      /** Of the session: what values as text depend on. */
      readonly display: Display;
      readonly columns: readonly WireColumn[];
    }
  | { readonly kind: 'rows'; readonly rows: readonly (readonly Value[])[] }
  | {
      readonly kind: 'done';
      readonly state: SessionState;
      readonly tag: string;
      readonly count: number;
      /** The position that this shows, or made. */
      readonly position: number;
      readonly notices: readonly string[];
    }
  | { readonly kind: 'error'; readonly state: SessionState; readonly error: SqlError }
  | { readonly kind: 'prepared'; readonly prepared: number }
  | ChangeMessage
  | { readonly kind: 'pong' }
  /** The server ends: nothing new is begun; what is under way may still be answered. */
  | { readonly kind: 'goodbye'; readonly reason: string };

/** A message and whom it concerns. */
export interface Addressed<M> {
  readonly channel: number;
  readonly request: number;
  readonly message: M;
}

export type ClientFrame = Addressed<ClientMessage>;
export type ServerFrame = Addressed<ServerMessage>;

/** Nothing happened: a channel that is not open. */
export const NO_STATE: SessionState = { status: 'idle', number: 0, settings: null };
