/**
 * The `Network` port over TCP. Every replica listens; it dials each peer for what it sends there, so
 * that a link has one owner. A client dials the replicas and is answered on the same connection. The
 * first frame of a connection says who dialled. Nothing is queued beyond `QUEUE_BYTES_MAX` a
 * connection: the protocol expects loss, and a slow peer must not fill this process's memory.
 *
 * The peers are trusted: addresses are those of the membership, on a network that the operator
 * closes to others.
 */
import { createConnection, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { CLIENT_ADDRESS_MIN } from '../core/ports.ts';
import type { Address, Network } from '../core/ports.ts';
import { createFrameReader, frame } from './frames.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface TcpNetworkOptions<M> {
  /** Index in the membership, or null for a client, which does not listen. */
  readonly self: number | null;
  readonly peers: readonly Endpoint[];
  readonly messageBytesMax: number;
  readonly encode: (message: M) => Uint8Array;
  /** Null when the bytes are refused: the connection is then closed. */
  readonly decode: (bytes: Uint8Array) => M | null;
  readonly onMessage: (from: Address, message: M) => void;
}

export interface TcpNetwork<M> extends Network<M> {
  close(): void;
}

const QUEUE_BYTES_MAX = 16 << 20;
const REDIAL_MILLIS = 50;
const HELLO_CLIENT = 0xffff_ffff;

/** Resolves once the replica listens; rejects with the operating system's error. */
export async function openTcpNetwork<M>(options: TcpNetworkOptions<M>): Promise<TcpNetwork<M>> {
  const sockets = new Map<Address, Socket>();
  const all = new Set<Socket>();
  let nextClient = CLIENT_ADDRESS_MIN;
  let closed = false;

  const adopt = (socket: Socket, known: Address | null): void => {
    let from = known;
    all.add(socket);
    socket.setNoDelay(true);
    const onFrame = (bytes: Uint8Array): void => {
      if (closed) return;
      if (from === null) {
        from = readHello(bytes, options.peers.length);
        if (from === HELLO_CLIENT) {
          from = nextClient++;
          sockets.set(from, socket);
        }
        if (from === -1) socket.destroy();
        return;
      }
      const message = options.decode(bytes);
      if (message === null) socket.destroy();
      else options.onMessage(from, message);
    };
    const reader = createFrameReader(options.messageBytesMax, onFrame);
    socket.on('data', (chunk) => {
      if (!reader.push(chunk)) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      all.delete(socket);
      if (from !== null && sockets.get(from) === socket) sockets.delete(from);
    });
  };

  const dial = (peer: number): void => {
    if (closed) return;
    const socket = createConnection(options.peers[peer]!);
    adopt(socket, peer);
    socket.on('connect', () => {
      socket.write(frame(hello(options.self)));
      sockets.set(peer, socket);
    });
    socket.on('close', () => {
      if (!closed) setTimeout(dial, REDIAL_MILLIS, peer).unref();
    });
  };

  let server: Server | null = null;
  if (options.self !== null) server = await listen(options.peers[options.self]!, adopt);
  for (let peer = 0; peer < options.peers.length; peer++) if (peer !== options.self) dial(peer);

  return {
    send(to: Address, message: M): void {
      const socket = sockets.get(to);
      if (socket === undefined || socket.writableLength > QUEUE_BYTES_MAX) return;
      socket.write(frame(options.encode(message)));
    },
    close(): void {
      closed = true;
      server?.close();
      for (const socket of all) socket.destroy();
    },
  };
}

function listen(
  at: Endpoint,
  adopt: (socket: Socket, known: Address | null) => void,
): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => adopt(socket, null));
    server.once('error', reject);
    server.listen(at.port, at.host, () => {
      server.removeListener('error', reject);
      resolve(server);
    });
  });
}

function hello(self: number | null): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, self ?? HELLO_CLIENT, true);
  return out;
}

/** The dialler's index, `HELLO_CLIENT`, or -1 when it is neither. */
function readHello(bytes: Uint8Array, peers: number): number {
  if (bytes.length !== 4) return -1;
  const value = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  return value < peers || value === HELLO_CLIENT ? value : -1;
}
