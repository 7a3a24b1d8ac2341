/**
 * One client's connection: frames in, through the gate, to channels; answers out.
 *
 * Bounds: until it is welcomed a client gets a short time and short frames. Afterwards its
 * requests that wait are counted, in number and in bytes, as are the bytes that its socket has not
 * taken: past a bound the socket is not read any more, so that a client that sends without reading
 * stops itself. The first thing that is no protocol ends the connection, with a reason.
 */
import type { Socket } from 'node:net';
import { PageNeeded, SqlError } from '../../core/sql/error.ts';
import { decodeClient } from '../protocol/client-codec.ts';
import {
  CHANNEL_CONNECTION,
  CLIENT_FRAME_BYTES_MAX,
  HELLO_FRAME_BYTES_MAX,
  NO_STATE,
  VERSION_MAX,
  VERSION_MIN,
} from '../protocol/message.ts';
import type { ClientFrame, ClientMessage, ServerMessage } from '../protocol/message.ts';
import { encodeServer } from '../protocol/server-codec.ts';
import { TurnWriter } from '../turn-writer.ts';
import { FrameStream } from '../protocol/stream.ts';
import { Channel, asSqlError } from './channel.ts';
import { NotPrimaryError, violation } from './context.ts';
import type { ServerContext } from './context.ts';
import type { Identity } from './gate.ts';
import { canceled } from './request-end.ts';
import type { RefusalReason } from './request-metrics.ts';
import { Running } from './running.ts';
import type { Outlet } from './running.ts';
import { streamChanges } from './subscription.ts';
import { atTurnEnd } from '../turn-end.ts';

type Hello = Extract<ClientMessage, { kind: 'hello' }>;

/** Idle connections are probed after this long, so that a vanished machine's are noticed. */
const KEEP_ALIVE_MILLIS = 10_000;
/** Whoever is refused may read why. */
const LINGER_MILLIS = 1_000;
/** Of a request, besides its text and parameters. */
const REQUEST_BYTES = 256;
const SUBSCRIPTIONS_MAX = 64;
/** Whoever holds less is never to blame for a lack of memory. */
const SMALL_BYTES: number = 256 << 10;

export class Connection implements Outlet {
  private readonly context: ServerContext;
  private readonly socket: Socket;
  private readonly stream: FrameStream<ClientFrame>;
  private readonly channels: Map<number, Channel> = new Map();
  private readonly requests: Map<number, Running> = new Map();
  private readonly onClosed: () => void;
  private readonly refuse: NodeJS.Timeout;
  private identity: Identity | null = null;
  /** HELLO has come; what comes before it is judged waits here. */
  private early: ClientFrame[] | null = null;
  private subscriptions = 0;
  private heldBytes = 0;
  private frameBytes = 0;
  /** What `pool` counts of this connection. */
  private accounted = 0;
  private readonly writer: TurnWriter;
  private paused = false;
  private ending = false;
  private roomWaiters: (() => void)[] = [];

  constructor(context: ServerContext, socket: Socket, onClosed: () => void) {
    this.context = context;
    this.socket = socket;
    this.writer = new TurnWriter(socket, () => atTurnEnd(this.turnEnded));
    this.onClosed = onClosed;
    this.stream = new FrameStream(
      HELLO_FRAME_BYTES_MAX,
      (bytes) => {
        this.frameBytes = bytes.length;
        return decodeClient(bytes);
      },
      (frame) => this.take(frame),
    );
    this.refuse = setTimeout(() => {
      this.context.metrics.refused('silence');
      socket.destroy();
    }, context.serverLimits.helloMillis);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MILLIS);
    socket.on('data', (chunk) => this.received(chunk));
    socket.on('drain', () => this.drained());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.closed());
  }

  /** Requests that are being executed, or wait. */
  get busy(): number {
    return this.requests.size - this.subscriptions;
  }

  /** Bytes that the client has not taken. */
  get unsentBytes(): number {
    return this.writer.waiting;
  }

  /** Bytes of its requests that wait, and of what is not a whole frame yet. */
  get waitingBytes(): number {
    return this.heldBytes + this.stream.heldBytes;
  }

  send(channel: number, request: number, message: ServerMessage): void {
    this.write(encodeServer(channel, request, message));
  }

  /** What is written within one turn of the event loop leaves in one system call. */
  write(frame: Uint8Array): void {
    const { socket } = this;
    if (socket.destroyed || socket.writableEnded) return;
    this.writer.write(frame);
    if (this.writer.waiting > this.context.serverLimits.unsentBytesMax) this.throttle();
  }

  room(): Promise<void> | null {
    if (this.writer.waiting <= this.context.serverLimits.unsentBytesMax) return null;
    return new Promise((resolve) => this.roomWaiters.push(resolve));
  }

  /** The node is not the primary any more: whoever asks, asks elsewhere. */
  redirect(): void {
    if (this.ending) return;
    this.send(CHANNEL_CONNECTION, 0, { kind: 'redirect', members: this.context.members() });
    for (const channel of this.channels.values()) channel.close(new NotPrimaryError());
    for (const running of this.requests.values()) running.end.end(new NotPrimaryError());
    this.finish();
  }

  /** The server ends. */
  goodbye(): void {
    if (this.ending) return;
    this.send(CHANNEL_CONNECTION, 0, { kind: 'goodbye', reason: 'the server is shutting down' });
  }

  /** Sends what is left, then closes. */
  finish(): void {
    if (this.ending) return;
    this.ending = true;
    this.writer.flush();
    this.socket.end();
    setTimeout(() => this.socket.destroy(), LINGER_MILLIS).unref();
  }

  expire(idleBefore: number): void {
    for (const channel of this.channels.values()) channel.expire(idleBefore);
  }

  // In --------------------------------------------------------------------------------------------

  private received(chunk: Uint8Array): void {
    if (this.ending) return;
    const good = this.stream.push(chunk);
    this.account();
    const { refused } = this.stream;
    if (refused !== null) return this.fail(violation(refused), 'protocol');
    if (!good || this.context.pool.held <= this.context.serverLimits.allRequestBytesMax) return;
    // Somebody must go: whoever fills the rest.
    if (this.accounted < SMALL_BYTES) return;
    this.fail(new SqlError('53200', 'too many bytes of requests wait at this server'), 'memory');
  }

  /** What this connection holds counts towards the server's bound. */
  private account(): void {
    const now = this.socket.destroyed ? 0 : this.waitingBytes;
    this.context.pool.held += now - this.accounted;
    this.accounted = now;
  }

  /** One error for the whole connection, which ends with it. */
  private fail(error: SqlError, reason: RefusalReason, request: number = 0): void {
    this.context.metrics.refused(reason);
    this.send(CHANNEL_CONNECTION, request, { kind: 'error', state: NO_STATE, error });
    this.finish();
  }

  /** False: the connection is at its end. */
  private take(frame: ClientFrame): boolean {
    if (this.ending) return false;
    if (this.identity !== null) {
      this.dispatch(frame, this.identity);
    } else if (this.early !== null) {
      if (this.early.length >= this.context.serverLimits.requestsMax) {
        this.fail(violation('too many requests before WELCOME'), 'protocol');
      } else this.early.push(frame);
    } else if (frame.message.kind === 'hello') {
      this.early = [];
      void this.hello(frame.message, frame.request);
    } else {
      const name = frame.message.kind.toUpperCase();
      this.fail(violation(`${name} before HELLO`), 'protocol', frame.request);
    }
    return !this.ending;
  }

  private async hello(hello: Hello, request: number): Promise<void> {
    const { context } = this;
    try {
      if (hello.versionMin > VERSION_MAX || hello.versionMax < VERSION_MIN) {
        const spoken = `versions ${VERSION_MIN} to ${VERSION_MAX} are spoken here`;
        throw new SqlError('0A000', `no common version of the protocol: ${spoken}`);
      }
      await context.prepared();
      if (!context.leads()) return this.redirect();
      this.identity = await this.admit(hello);
    } catch (error) {
      if (!context.leads()) return this.redirect();
      return this.fail(asSqlError(error), 'authentication', request);
    }
    if (this.ending || this.socket.destroyed) return;
    clearTimeout(this.refuse);
    this.stream.limit(CLIENT_FRAME_BYTES_MAX);
    const { user, role, tenantName: tenant } = this.identity;
    const { cluster, replica, serverLimits } = context;
    this.send(CHANNEL_CONNECTION, request, {
      kind: 'welcome',
      version: VERSION_MAX,
      cluster,
      replica,
      members: context.members(),
      user,
      role,
      tenant,
      requestsMax: serverLimits.requestsMax,
    });
    for (const frame of this.early ?? []) if (!this.ending) this.dispatch(frame, this.identity);
    this.early = null;
  }

  /** What the state says now; if that is no, what it says behind a barrier. */
  private async admit(hello: Hello): Promise<Identity> {
    const { gate, port } = this.context;
    try {
      return gate.admit(hello.key, hello.tenant);
    } catch (error) {
      if (!(error instanceof SqlError || error instanceof PageNeeded)) throw error;
    }
    await port.barrier();
    return gate.admit(hello.key, hello.tenant);
  }

  // Requests --------------------------------------------------------------------------------------

  private dispatch({ channel, request, message }: ClientFrame, identity: Identity): void {
    if (message.kind === 'cancel') return this.requests.get(request)?.end.end(canceled());
    if (message.kind === 'credit') return this.requests.get(request)?.grant(message.bytes);
    if (this.requests.has(request)) {
      return this.fail(violation(`request ${request} is not answered yet`), 'protocol', request);
    }
    try {
      this.context.gate.check(identity, message);
    } catch (error) {
      return this.send(channel, request, {
        kind: 'error',
        state: this.channels.get(channel)?.state ?? NO_STATE,
        error: asSqlError(error),
      });
    }
    if (channel === CHANNEL_CONNECTION) this.onConnection(request, message, identity);
    else this.onChannel(channel, request, message, identity);
  }

  private onConnection(request: number, message: ClientMessage, identity: Identity): void {
    switch (message.kind) {
      case 'ping':
        return this.send(CHANNEL_CONNECTION, request, { kind: 'pong' });
      case 'subscribe':
        return void this.subscribe(request, message, identity);
      default: {
        const error = violation(`${message.kind.toUpperCase()} on a welcomed connection`);
        return this.fail(error, 'protocol', request);
      }
    }
  }

  private onChannel(
    number: number,
    request: number,
    message: ClientMessage,
    identity: Identity,
  ): void {
    let channel = this.channels.get(number);
    if ((message.kind === 'open') === (channel !== undefined)) {
      const what = message.kind === 'open' ? 'open already' : 'not open';
      return this.fail(violation(`channel ${number} is ${what}`), 'protocol', request);
    }
    if (message.kind === 'close') {
      this.channels.delete(number);
      channel!.close(new SqlError('57P01', 'the channel was closed'));
      const done = { tag: 'CLOSE', count: 0, position: 0, notices: [] };
      return this.send(number, request, { kind: 'done', state: NO_STATE, ...done });
    }
    if (message.kind === 'open') {
      const lane = this.context.lane(message.lane, identity.tenant, identity.user);
      channel = new Channel(this.context, identity, lane, (one, failed) =>
        this.answered(one, failed),
      );
      this.channels.set(number, channel);
    }
    const credit = message.kind === 'execute' ? message.credit : Number.MAX_SAFE_INTEGER;
    channel!.push(message, this.begin(number, request, message.kind, credit));
  }

  private begin(channel: number, request: number, kind: string, credit: number): Running {
    const bytes = this.frameBytes + REQUEST_BYTES;
    const running = new Running(this, channel, request, kind, bytes, credit, this.context.guard);
    this.requests.set(request, running);
    this.heldBytes += bytes;
    const { requestsMax, requestBytesMax } = this.context.serverLimits;
    if (this.requests.size >= requestsMax || this.heldBytes >= requestBytesMax) this.throttle();
    return running;
  }

  private answered(running: Running, failed: boolean): void {
    this.requests.delete(running.request);
    this.heldBytes -= running.bytes;
    this.account();
    const seconds = (performance.now() - running.startedAt) / 1000;
    this.context.metrics.answered(running.kind, failed, seconds);
    if (this.paused) this.drained();
  }

  private async subscribe(
    request: number,
    message: Extract<ClientMessage, { kind: 'subscribe' }>,
    identity: Identity,
  ): Promise<void> {
    if (this.subscriptions >= SUBSCRIPTIONS_MAX) {
      const error = new SqlError('53400', `at most ${SUBSCRIPTIONS_MAX} subscriptions`);
      return this.send(CHANNEL_CONNECTION, request, { kind: 'error', state: NO_STATE, error });
    }
    const running = this.begin(CHANNEL_CONNECTION, request, 'subscribe', message.credit);
    this.subscriptions += 1;
    try {
      await streamChanges(this.context, identity, message, running);
    } catch (error) {
      if (!(error instanceof NotPrimaryError)) running.error(asSqlError(error));
    }
    this.subscriptions -= 1;
    this.answered(running, false);
  }

  // Back-pressure and the end ---------------------------------------------------------------------

  private throttle(): void {
    if (this.paused) return;
    this.paused = true;
    this.socket.pause();
  }

  private readonly turnEnded = (): void => {
    this.writer.flush();
    // What the system took at once is not told of by 'drain'.
    if (!this.socket.destroyed) this.drained();
  };

  private drained(): void {
    const { unsentBytesMax, requestsMax, requestBytesMax } = this.context.serverLimits;
    if (this.writer.waiting > unsentBytesMax) return;
    for (const wake of this.roomWaiters.splice(0)) wake();
    if (!this.paused) return;
    if (this.requests.size >= requestsMax || this.heldBytes >= requestBytesMax) return;
    this.paused = false;
    this.socket.resume();
  }

  private closed(): void {
    clearTimeout(this.refuse);
    this.ending = true;
    const error = new SqlError('08006', 'the connection was closed');
    for (const channel of this.channels.values()) channel.close(error);
    this.channels.clear();
    for (const running of this.requests.values()) running.end.end(error);
    for (const wake of this.roomWaiters.splice(0)) wake();
    this.account();
    this.onClosed();
  }
}
