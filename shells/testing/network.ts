/** Small networks on loopback, whose messages are strings, and raw sockets to disturb them with. */
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Address } from '../../core/ports.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { make128 } from '../../core/types/hash128.ts';
import { encodeHello } from '../hello.ts';
import { TcpNetwork } from '../tcp-network.ts';
import type { Endpoint, TcpNetworkOptions } from '../tcp-network.ts';
import { frame } from './frame.ts';

export const CLUSTER: Hash128 = make128(1, 2, 3, 4);
export const MESSAGE_BYTES_MAX = 4096;

export function endpoint(port: number): Endpoint {
  return { host: '127.0.0.1', port };
}

/** Every good message begins with this; other bytes are refused. */
const MARK = 'message ';

export interface Received {
  readonly from: Address;
  readonly message: string;
}

/** A network and what it heard; `heard` waits for the next message that `wanted` accepts. */
export class TestNode {
  readonly received: Received[] = [];
  readonly notices: string[] = [];
  private readonly waiting: {
    wanted: (one: Received) => boolean;
    done: (one: Received) => void;
  }[] = [];
  private network: TcpNetwork<string> | null = null;

  async open(options: Partial<TcpNetworkOptions<string>>): Promise<this> {
    this.network = await TcpNetwork.open<string>({
      cluster: CLUSTER,
      self: null,
      peers: [],
      messageBytesMax: MESSAGE_BYTES_MAX,
      encode: (message) => new TextEncoder().encode(MARK + message),
      decode: (bytes) => {
        const text = Buffer.from(bytes).toString();
        return text.startsWith(MARK) ? text.slice(MARK.length) : null;
      },
      onMessage: (from, message) => this.onMessage({ from, message }),
      onNotice: (text) => void this.notices.push(text),
      ...options,
    });
    return this;
  }

  get net(): TcpNetwork<string> {
    return this.network!;
  }

  close(): void {
    this.network?.close();
  }

  heard(wanted: (one: Received) => boolean): Promise<Received> {
    const before = this.received.find(wanted);
    if (before !== undefined) return Promise.resolve(before);
    return new Promise((done) => this.waiting.push({ wanted, done }));
  }

  private onMessage(one: Received): void {
    this.received.push(one);
    for (const { wanted, done } of this.waiting) if (wanted(one)) done(one);
  }
}

/** A node that is closed after the test. */
export async function openNode(options: Partial<TcpNetworkOptions<string>>): Promise<TestNode> {
  const node = new TestNode();
  onTestFinished(() => node.close());
  return node.open(options);
}

/**
 * Sends until it arrives: the network may drop what it cannot send now, as its port says. Turns of
 * the event loop pass between the tries.
 */
export async function sendUntilHeard(
  from: TestNode,
  to: Address,
  at: TestNode,
  message: string,
): Promise<Received> {
  let arrived = false;
  const heard = at.heard((one) => one.message === message).finally(() => (arrived = true));
  while (!arrived) {
    from.net.send(to, message);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return heard;
}

/** A connection of a stranger, who may say anything. */
export async function rawSocket(port: number): Promise<Socket> {
  const socket = createConnection(endpoint(port));
  onTestFinished(() => void socket.destroy());
  // Strangers get resets; that is not the test's failure.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** A stranger who got past the greeting, as a client of replica 0. */
export async function greetedSocket(port: number): Promise<Socket> {
  const socket = await rawSocket(port);
  socket.write(frame(encodeHello({ cluster: CLUSTER, from: null, to: 0 })));
  return socket;
}

export function closed(socket: Socket): Promise<unknown> {
  return socket.closed ? Promise.resolve() : once(socket, 'close');
}

const accepted: WeakMap<Server, Socket[]> = new WeakMap();

/** Something that accepts connections and is no replica. */
export async function rawServer(port: number): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    accepted.get(server)?.push(socket);
  });
  accepted.set(server, []);
  onTestFinished(() => {
    server.close();
    for (const socket of accepted.get(server) ?? []) socket.destroy();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
