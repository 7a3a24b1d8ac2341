/**
 * One end of the client protocol over a real socket, for tests: frames in, and what the test says
 * out.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { ZERO128 } from '../../../core/types/hash128.ts';
import { decodeClient } from '../../protocol/client-codec.ts';
import { CLIENT_FRAME_BYTES_MAX } from '../../protocol/message.ts';
import type { ClientFrame, ClientMessage, Members, ServerMessage } from '../../protocol/message.ts';
import { encodeServer } from '../../protocol/server-codec.ts';
import { FrameStream } from '../../protocol/stream.ts';

/** A connection of a client. */
export interface Peer {
  readonly socket: Socket;
  /** All frames that came, in order. */
  readonly frames: ClientFrame[];
  send(channel: number, request: number, message: ServerMessage): void;
  /** The next frame of a kind that nobody has asked for yet. */
  next<K extends ClientMessage['kind']>(
    kind: K,
  ): Promise<ClientFrame & { readonly message: Extract<ClientMessage, { kind: K }> }>;
}

export class ScriptedServer {
  readonly address: string;
  private readonly server: Server;
  private readonly peers: Peer[] = [];
  private readonly sockets: Set<Socket> = new Set();
  private wake: () => void = () => undefined;

  private constructor(server: Server) {
    this.server = server;
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      this.peers.push(peerOf(socket));
      this.wake();
    });
  }

  static async start(): Promise<ScriptedServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const scripted = new ScriptedServer(server);
    onTestFinished(() => {
      for (const socket of scripted.sockets) socket.destroy();
      scripted.server.close();
    });
    return scripted;
  }

  /** The next client that connects. */
  async accept(): Promise<Peer> {
    for (;;) {
      const peer = this.peers.shift();
      if (peer !== undefined) return peer;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  members(): Members {
    return { view: 1, primary: 0, addresses: [this.address] };
  }

  /** Accepts, and welcomes whoever it is as the primary of its own. */
  async welcome(): Promise<Peer> {
    const peer = await this.accept();
    const { request } = await peer.next('hello');
    const who = { user: 'developer', role: 'admin', tenant: 'main', requestsMax: 1024 };
    const members = this.members();
    const message = { version: 1, cluster: ZERO128, replica: 0, members, ...who };
    peer.send(0, request, { kind: 'welcome', ...message });
    return peer;
  }
}

function peerOf(socket: Socket): Peer {
  const frames: ClientFrame[] = [];
  let taken = 0;
  let wake: () => void = () => undefined;
  const stream = new FrameStream(CLIENT_FRAME_BYTES_MAX, decodeClient, (frame) => {
    frames.push(frame);
    wake();
    return true;
  });
  socket.on('data', (chunk) => {
    if (!stream.push(chunk)) throw new Error(`the client was refused: ${stream.refused}`);
  });
  socket.on('error', () => undefined);
  return {
    socket,
    frames,
    send: (channel, request, message) => {
      socket.write(encodeServer(channel, request, message));
    },
    next: async <K extends ClientMessage['kind']>(kind: K) => {
      for (;;) {
        for (; taken < frames.length; taken += 1) {
          const frame = frames[taken]!;
          if (frame.message.kind !== kind) continue;
          taken += 1;
          return frame as ClientFrame & { message: Extract<ClientMessage, { kind: K }> };
        }
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
