/**
 * A link over TCP or TLS, speaking the client protocol (docs/protocol.md).
 *
 * What is sent within one turn of the event loop leaves in one system call. A server that is silent
 * while something is asked of it is pinged, and given up when it does not answer that either.
 */
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { SqlError } from '../../core/sql/error.ts';
import { DatabaseError, databaseError } from '../embedded/errors.ts';
import { FrameReader } from '../frames.ts';
import { TurnWriter } from '../turn-writer.ts';
import { encodeClient } from '../protocol/client-codec.ts';
import {
  CHANNEL_CONNECTION,
  SERVER_FRAME_BYTES_MAX,
  VERSION_MAX,
  VERSION_MIN,
} from '../protocol/message.ts';
import type { ClientMessage, Members, ServerMessage, Settings } from '../protocol/message.ts';
import { decodeServer } from '../protocol/server-codec.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { parseAddress } from './address.ts';
import { changeOf } from './change.ts';
import type { Ask, Dial, Dialled, Exchange, Link, LinkEvents, Listener } from './link.ts';
import type { ServerInfo } from './link.ts';

export interface TlsOptions {
  /** Certificates to trust, PEM; default: Node.js' own. */
  readonly ca?: string | Uint8Array;
  /** Of this client, PEM, where the server asks for one. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** The name in the server's certificate, where it is not its address. */
  readonly servername?: string;
}

export interface DialOptions {
  readonly key: string;
  readonly tenant: string;
  readonly client: string;
  readonly tls: TlsOptions | null;
}

const KEEP_ALIVE_MILLIS = 10_000;
/** How often a server that owes an answer is looked at. */
const WATCH_MILLIS = 1000;
/** It is given up after so many looks without a byte from it. */
const SILENT_WATCHES = 4;
const REQUEST_MAX = 0xffff_ffff;
const HELLO_REQUEST = 1;

export function tcpDial(options: DialOptions): Dial {
  return (address, events, signal) =>
    new Promise<Dialled>((resolve, reject) => {
      const link = new TcpLink(address, options, events, { resolve, reject });
      if (signal.aborted) link.close(gaveUp(address));
      signal.addEventListener('abort', () => link.dialEnded(gaveUp(address)), { once: true });
    });
}

interface Dialling {
  resolve(dialled: Dialled): void;
  reject(error: DatabaseError): void;
}

interface Pending {
  readonly listener: Listener;
  readonly channel: number;
  /** Of the statement, for positions in errors. */
  readonly text: string;
}

class TcpLink implements Link {
  private readonly address: string;
  private readonly options: DialOptions;
  private readonly events: LinkEvents;
  private readonly socket: Socket;
  private readonly reader: FrameReader;
  private readonly pending: Map<number, Pending> = new Map();
  private dialling: Dialling | null;
  private info: ServerInfo | null = null;
  private ended: DatabaseError | null = null;
  private leaving = false;
  private lastRequest = HELLO_REQUEST;
  private readonly writer: TurnWriter;
  private watch: ReturnType<typeof setInterval> | null = null;
  private silentWatches = 0;

  constructor(address: string, options: DialOptions, events: LinkEvents, dialling: Dialling) {
    this.address = address;
    this.options = options;
    this.events = events;
    this.dialling = dialling;
    this.reader = new FrameReader(SERVER_FRAME_BYTES_MAX, (frame) => this.receive(frame));
    this.socket = this.connect();
    this.writer = new TurnWriter(this.socket, (flush) => process.nextTick(flush));
  }

  get server(): ServerInfo {
    return this.info!;
  }

  get closed(): DatabaseError | null {
    return this.ended;
  }

  openChannel(channel: number, lane: Hash128, settings: Settings): void {
    this.send(channel, this.newRequest(), { kind: 'open', lane, settings });
  }

  closeChannel(channel: number): void {
    this.send(channel, this.newRequest(), { kind: 'close' });
  }

  request(channel: number, ask: Ask, listener: Listener): Exchange {
    if (this.ended !== null) {
      listener.lost();
      return NO_EXCHANGE;
    }
    const on = ask.kind === 'subscribe' ? CHANNEL_CONNECTION : channel;
    const request = this.newRequest();
    this.send(on, request, ask);
    const text = ask.kind === 'execute' && typeof ask.statement === 'string' ? ask.statement : '';
    this.pending.set(request, { listener, channel: on, text });
    this.watch ??= setInterval(() => this.look(), WATCH_MILLIS).unref();
    return {
      cancel: () => this.sendAbout(on, request, { kind: 'cancel' }),
      grant: (bytes) => this.sendAbout(on, request, { kind: 'credit', bytes }),
    };
  }

  close(reason: DatabaseError): void {
    this.end(reason, null);
  }

  /** The one who dialled no longer waits; a link that stands already stays. */
  dialEnded(reason: DatabaseError): void {
    if (this.dialling !== null) this.end(reason, null);
  }

  private connect(): Socket {
    const { host, port } = parseAddress(this.address);
    const { tls } = this.options;
    const isName = !/^[\d.]+$|:/.test(host);
    const socket =
      tls === null
        ? connectTcp({ host, port })
        : connectTls({ host, port, ...(isName ? { servername: host } : {}), ...pem(tls) });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MILLIS);
    socket.once(tls === null ? 'connect' : 'secureConnect', () => this.hello());
    socket.on('data', (chunk) => {
      this.silentWatches = 0;
      if (this.reader.push(chunk) || this.ended !== null) return;
      this.endUnfit(garbled(this.address, 'a frame is longer than any may be'));
    });
    socket.on('error', (error) => {
      const tls = tlsFailure(this.address, error);
      if (tls !== null) this.endUnfit(tls);
      else this.end(failed(this.address, error), null);
    });
    socket.on('close', () => this.end(failed(this.address, null), null));
    return socket;
  }

  private hello(): void {
    const { key, tenant, client } = this.options;
    const versions = { versionMin: VERSION_MIN, versionMax: VERSION_MAX };
    this.send(CHANNEL_CONNECTION, HELLO_REQUEST, {
      kind: 'hello',
      ...versions,
      key,
      tenant,
      client,
    });
  }

  private newRequest(): number {
    do {
      this.lastRequest = this.lastRequest === REQUEST_MAX ? 1 : this.lastRequest + 1;
    } while (this.pending.has(this.lastRequest));
    return this.lastRequest;
  }

  /** About a request, unless it was answered meanwhile. */
  private sendAbout(channel: number, request: number, message: ClientMessage): void {
    if (this.pending.has(request)) this.send(channel, request, message);
  }

  private send(channel: number, request: number, message: ClientMessage): void {
    if (this.ended !== null) return;
    this.writer.write(encoded(channel, request, message));
  }

  private look(): void {
    if (this.pending.size === 0) {
      if (this.watch !== null) clearInterval(this.watch);
      this.watch = null;
      this.silentWatches = 0;
      return;
    }
    this.silentWatches += 1;
    if (this.silentWatches > SILENT_WATCHES) {
      return this.end(new DatabaseError('08006', `${this.address} answers nothing any more`), null);
    }
    this.send(CHANNEL_CONNECTION, this.newRequest(), { kind: 'ping' });
  }

  private receive(bytes: Uint8Array): boolean {
    const frame = decodeServer(bytes);
    if (typeof frame === 'string') {
      this.endUnfit(garbled(this.address, frame));
      return false;
    }
    const { request, message } = frame;
    const pending = this.pending.get(request);
    if (pending === undefined) this.take(message);
    else this.answer(request, pending, message, bytes.length);
    return this.ended === null;
  }

  /** What no request of ours waits for. */
  private take(message: ServerMessage): void {
    switch (message.kind) {
      case 'welcome':
        return this.welcomed(message);
      case 'redirect':
        return this.redirected(message.members);
      case 'goodbye':
        return this.leave(message.reason);
      case 'error':
        // Of the connection, or of an OPEN: the answer to what was asked on it says the same.
        if (this.dialling !== null) this.end(databaseError(message.error, ''), null);
        return undefined;
      default:
        // An answer to what was given up.
        return undefined;
    }
  }

  private answer(request: number, pending: Pending, message: ServerMessage, bytes: number): void {
    const { listener, text } = pending;
    switch (message.kind) {
      case 'columns':
        return listener.columns(message.columns, message.display);
      case 'rows':
        return listener.rows(message.rows, bytes);
      case 'change':
        return listener.change(changeOf(message), bytes);
      case 'redirect':
        return this.redirected(message.members);
      case 'done':
      case 'error':
      case 'prepared':
        this.pending.delete(request);
        this.finish(listener, message, text);
        if (this.leaving && this.pending.size === 0) this.end(failed(this.address, null), null);
        return undefined;
      default: {
        const what = message.kind.toUpperCase();
        this.end(new DatabaseError('08P01', `the server answered a request with ${what}`), null);
      }
    }
  }

  private finish(
    listener: Listener,
    message: Extract<ServerMessage, { kind: 'done' | 'error' | 'prepared' }>,
    text: string,
  ): void {
    if (message.kind === 'done') return listener.done(message);
    if (message.kind === 'prepared') return listener.prepared(message.prepared);
    return listener.failed({ error: databaseError(message.error, text), state: message.state });
  }

  private welcomed(message: Extract<ServerMessage, { kind: 'welcome' }>): void {
    const { members, replica, user, role, tenant } = message;
    const { addresses, primary, view } = members;
    if (this.dialling === null) return undefined;
    if (primary !== replica) return this.redirected(members);
    const address = this.address;
    this.info = { address, members: addresses, view, replica, user, role, tenant };
    this.dialling.resolve({ kind: 'primary', link: this });
    this.dialling = null;
  }

  private redirected({ primary, addresses }: Members): void {
    const at = addresses[primary] ?? null;
    const dialling = this.dialling;
    this.dialling = null;
    dialling?.resolve({ kind: 'elsewhere', primary: at, members: addresses });
    this.end(new DatabaseError('08006', `${this.address} is not the primary`), at);
  }

  /** The server ends: nothing new goes there, and what is under way may still be answered. */
  private leave(reason: string): void {
    const error = new DatabaseError('57P01', `${this.address} is shutting down: ${reason}`);
    if (this.pending.size === 0) return this.end(error, null);
    this.leaving = true;
    this.events.closed(this, error, null);
  }

  /** What it says is not what our servers say: before it was known as one, others may do. */
  private endUnfit(reason: DatabaseError): void {
    this.dialling?.resolve({ kind: 'unfit', reason });
    this.dialling = null;
    this.end(reason, null);
  }

  private end(reason: DatabaseError, primary: string | null): void {
    if (this.ended !== null) return;
    this.ended = reason;
    if (this.watch !== null) clearInterval(this.watch);
    // What was written last may be on its way, a CLOSE among it.
    this.writer.flush();
    this.socket.destroySoon();
    this.dialling?.reject(reason);
    this.dialling = null;
    this.events.closed(this, reason, primary);
    const waiting = [...this.pending.values()];
    this.pending.clear();
    for (const { listener } of waiting) listener.lost();
  }
}

const NO_EXCHANGE: Exchange = { cancel: () => undefined, grant: () => undefined };

function encoded(channel: number, request: number, message: ClientMessage): Uint8Array {
  try {
    return encodeClient(channel, request, message);
  } catch (error) {
    if (error instanceof SqlError) throw databaseError(error, '');
    throw error;
  }
}

function pem({ ca, cert, key, servername }: TlsOptions): Record<string, string | Buffer> {
  const all = { ca, cert, key };
  const given: Record<string, string | Buffer> = servername === undefined ? {} : { servername };
  for (const [name, value] of Object.entries(all)) {
    if (value !== undefined) given[name] = typeof value === 'string' ? value : Buffer.from(value);
  }
  return given;
}

function failed(address: string, error: Error | null): DatabaseError {
  if (error === null) return new DatabaseError('08006', `${address} closed the connection`);
  const refused = (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  return new DatabaseError(
    '08001',
    `${address}: ${refused ? 'nobody listens there' : error.message}`,
  );
}

/** Null: it is not about TLS. */
function tlsFailure(address: string, error: Error): DatabaseError | null {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    const hint = 'Leave TLS out, or ask the right port.';
    return new DatabaseError('28000', `${address}: TLS: who listens there speaks none`, { hint });
  }
  if (!/CERT|SELF_SIGNED|TLS|SSL/.test(code)) return null;
  const hint = 'Pass the certificates to trust as tls.ca.';
  return new DatabaseError('28000', `${address}: TLS: ${error.message}`, { hint });
}

function garbled(address: string, why: string): DatabaseError {
  return new DatabaseError('08P01', `${address}: not what a Kimberlite server says: ${why}`, {
    hint: 'Is it the port for clients? `kimberlite status DIRECTORY` shows which ones are.',
  });
}

function gaveUp(address: string): DatabaseError {
  return new DatabaseError('08001', `${address} did not answer in time`);
}
