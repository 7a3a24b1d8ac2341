/**
 * The `Network` port over TCP. Every replica listens; it dials each peer for what it sends there,
 * so that a link has one owner. A client dials the replicas and is answered on the same connection.
 * The first frame of a connection says who dialled (`hello.ts`). What is sent while a connection is
 * being made leaves with it; in the pause before it is tried again, what is sent is dropped: the
 * protocol expects loss.
 *
 * Half-open connections (the other machine vanished, or a wall in between forgot us) are found by
 * silence: a link that we sent on, to a peer that we heard nothing from for `SILENT_MILLIS`, is
 * dialled afresh. Replicas ping each other far more often than that.
 *
 * The peers are trusted: a network that the operator closes to others. Bytes are not: whatever
 * arrives is bounded, checked by the codec, and refused by closing the connection.
 */
import type { Server, Socket } from 'node:net';
import { CLIENT_ADDRESS_MIN } from '../core/ports.ts';
import type { Address, Network } from '../core/ports.ts';
import { assert } from '../core/types/assert.ts';
import type { Hash128 } from '../core/types/hash128.ts';
import { HELLO_BYTES, encodeHello, readHello } from './hello.ts';
import { Link } from './tcp-link.ts';
import { dial, listenerOf } from './tls.ts';
import type { LinkTls } from './tls.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface TcpNetworkOptions<M> {
  readonly cluster: Hash128;
  /** Index in the membership, or null for a client, which does not listen. */
  readonly self: number | null;
  readonly peers: readonly Endpoint[];
  readonly messageBytesMax: number;
  /** Whether clients are taken, too. Default: yes. */
  readonly clients?: boolean;
  /** Both ends prove who they are. Default: plain TCP. */
  readonly tls?: LinkTls;
  readonly encode: (message: M) => Uint8Array;
  /** Null when the bytes are refused: the connection is then closed. Keeps no view of `bytes`. */
  readonly decode: (bytes: Uint8Array) => M | null;
  readonly onMessage: (from: Address, message: M) => void;
  /** Something an operator should know: a stranger, a wrong address. */
  readonly onNotice?: (text: string) => void;
  readonly silentMillis?: number;
  readonly helloMillis?: number;
}

const SILENT_MILLIS = 10_000;
const HELLO_MILLIS = 5_000;
const REDIAL_MILLIS_MIN = 20;
const REDIAL_MILLIS_MAX = 500;
/** A connection that stood this long was a good one. */
const STEADY_MILLIS = 1_000;
const CONNECTIONS_MAX = 4096;

/** A peer that we dial. */
interface Peer {
  readonly index: number;
  link: Link | null;
  /** 0: not connected. */
  connectedAt: number;
  redialMillis: number;
  redial: NodeJS.Timeout | null;
  /** When the oldest send that may still be unanswered left; 0: nothing was sent since we heard. */
  sentAt: number;
}

export class TcpNetwork<M> implements Network<M> {
  private readonly options: TcpNetworkOptions<M>;
  private readonly peers: Peer[];
  private readonly clients: Map<Address, Link> = new Map();
  private readonly accepted: Set<Link> = new Set();
  private readonly noticed: Set<string> = new Set();
  private readonly watch: NodeJS.Timeout;
  private server: Server | null = null;
  private nextClient = CLIENT_ADDRESS_MIN;
  private closed = false;
  private lastMessage: M | null = null;
  private lastBytes: Uint8Array = new Uint8Array(0);

  private constructor(options: TcpNetworkOptions<M>) {
    this.options = options;
    this.peers = options.peers.map((_, index) => newPeer(index));
    const silentMillis = options.silentMillis ?? SILENT_MILLIS;
    const look = (): void => this.dropSilent(silentMillis);
    this.watch = setInterval(look, Math.ceil(silentMillis / 4));
  }

  /** Resolves once a replica listens; rejects with the operating system's error. */
  static async open<M>(options: TcpNetworkOptions<M>): Promise<TcpNetwork<M>> {
    const network = new TcpNetwork(options);
    try {
      if (options.self !== null) await network.listen(options.self);
    } catch (error) {
      network.close();
      throw error;
    }
    for (const peer of network.peers) if (peer.index !== options.self) network.dial(peer);
    return network;
  }

  send(to: Address, message: M): void {
    assert(to !== this.options.self, 'nobody sends to itself');
    if (this.closed) return;
    const peer = this.peers[to];
    if (peer === undefined) {
      this.clients.get(to)?.send(this.encoded(message));
    } else if (peer.link !== null) {
      if (peer.sentAt === 0) peer.sentAt = performance.now();
      peer.link.send(this.encoded(message));
    }
  }

  /** Whether a connection to this peer stands. */
  connectedTo(peer: Address): boolean {
    return (this.peers[peer]?.connectedAt ?? 0) > 0;
  }

  close(): void {
    this.closed = true;
    clearInterval(this.watch);
    this.server?.close();
    for (const link of this.accepted) link.destroy();
    for (const peer of this.peers) {
      if (peer.redial !== null) clearTimeout(peer.redial);
      peer.link?.destroy();
    }
  }

  /** A broadcast is one message object sent to several peers: its bytes are made once. */
  private encoded(message: M): Uint8Array {
    if (message !== this.lastMessage) {
      this.lastBytes = this.options.encode(message);
      const fits = this.lastBytes.length <= this.options.messageBytesMax;
      assert(fits, 'a message that nobody would take is not sent');
      this.lastMessage = message;
    }
    return this.lastBytes;
  }

  private listen(self: number): Promise<void> {
    const { host, port } = this.options.peers[self]!;
    return new Promise((resolve, reject) => {
      const server = listenerOf(this.options.tls, (socket) => this.accept(socket, self));
      server.maxConnections = CONNECTIONS_MAX;
      server.once('error', reject);
      server.listen(port, host, () => {
        server.removeListener('error', reject);
        // Out of descriptors for a moment, say: the connections that stand are not affected.
        server.on('error', (error) => this.notice(`listener: ${error.message}`));
        resolve();
      });
      this.server = server;
    });
  }

  /** Somebody dialled us. Until a good hello, they get `HELLO_MILLIS` and `HELLO_BYTES`. */
  private accept(socket: Socket, self: number): void {
    let from: Address | null = null;
    const link = new Link(socket, HELLO_BYTES, (bytes) => {
      if (from !== null) return this.onFrame(from, bytes);
      const hello = readHello(bytes, this.options.cluster, self, this.peers.length);
      if (typeof hello === 'string') return this.refuse(socket, hello);
      if (hello.from === null && this.options.clients === false) {
        return this.refuse(socket, 'from a client: this address is for replicas');
      }
      socket.setTimeout(0);
      link.limit(this.options.messageBytesMax);
      from = hello.from ?? this.nextClient++;
      if (hello.from === null) this.clients.set(from, link);
      return true;
    });
    this.accepted.add(link);
    socket.setTimeout(this.options.helloMillis ?? HELLO_MILLIS, () => socket.destroy());
    socket.on('close', () => {
      this.accepted.delete(link);
      if (from !== null) this.clients.delete(from);
    });
  }

  private onFrame(from: Address, bytes: Uint8Array): boolean {
    if (this.closed) return false;
    const message = this.options.decode(bytes);
    if (message === null) {
      this.notice(`closed a connection: ${nameOf(from)} sent bytes that are no message`);
      return false;
    }
    const peer = this.peers[from];
    if (peer !== undefined) peer.sentAt = 0;
    this.options.onMessage(from, message);
    return !this.closed;
  }

  private dial(peer: Peer): void {
    if (this.closed) return;
    peer.redial = null;
    const socket = dial(this.options.peers[peer.index]!, this.options.tls);
    const { messageBytesMax, cluster, self } = this.options;
    const link = new Link(socket, messageBytesMax, (bytes) => this.onFrame(peer.index, bytes));
    peer.link = link;
    peer.sentAt = performance.now();
    // Sent at once, and messages behind it: the socket keeps them until it is connected, or drops
    // them when it never is.
    link.send(encodeHello({ cluster, from: self, to: peer.index }));
    socket.on('connect', () => {
      peer.connectedAt = performance.now();
      peer.sentAt = 0;
    });
    socket.on('close', () => {
      // One that refuses us after accepting is no better than one that does not accept.
      const stood = peer.connectedAt > 0 && performance.now() - peer.connectedAt > STEADY_MILLIS;
      peer.connectedAt = 0;
      peer.link = null;
      if (this.closed) return;
      if (stood) peer.redialMillis = REDIAL_MILLIS_MIN;
      peer.redial = setTimeout(() => this.dial(peer), peer.redialMillis);
      peer.redialMillis = Math.min(2 * peer.redialMillis, REDIAL_MILLIS_MAX);
    });
  }

  /** `sentAt` also runs while a connection is being made, so that an attempt ends, too. */
  private dropSilent(silentMillis: number): void {
    const now = performance.now();
    for (const peer of this.peers) {
      if (peer.link === null || peer.sentAt === 0 || now - peer.sentAt < silentMillis) continue;
      peer.sentAt = 0;
      peer.link.destroy();
    }
  }

  private refuse(socket: Socket, reason: string): boolean {
    this.notice(`refused a connection from ${socket.remoteAddress ?? 'nowhere'}: ${reason}`);
    return false;
  }

  /** Each text once: whoever dials wrongly dials again. */
  private notice(text: string): void {
    if (this.noticed.has(text) || this.noticed.size >= 64) return;
    this.noticed.add(text);
    this.options.onNotice?.(text);
  }
}

function newPeer(index: number): Peer {
  const redialMillis = REDIAL_MILLIS_MIN;
  return { index, link: null, connectedAt: 0, redialMillis, redial: null, sentAt: 0 };
}

function nameOf(from: Address): string {
  return from >= CLIENT_ADDRESS_MIN ? 'a client' : `replica ${from}`;
}
