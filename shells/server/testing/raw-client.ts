/**
 * A client of the protocol that does exactly what a test says, right or wrong: frames or any bytes
 * out, frames in.
 */
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { parseEndpoint } from '../../cluster-network.ts';
import { encodeClient } from '../../protocol/client-codec.ts';
import { SERVER_FRAME_BYTES_MAX, VERSION_MAX, VERSION_MIN } from '../../protocol/message.ts';
import type {
  ClientMessage,
  ExecuteMessage,
  ServerFrame,
  ServerMessage,
} from '../../protocol/message.ts';
import { decodeServer } from '../../protocol/server-codec.ts';
import { FrameStream } from '../../protocol/stream.ts';
import type { Hash128 } from '../../../core/types/hash128.ts';
import { random128 } from '../../system.ts';

export type Hello = Extract<ClientMessage, { kind: 'hello' }>;
const HELLO: Hello = {
  kind: 'hello',
  versionMin: VERSION_MIN,
  versionMax: VERSION_MAX,
  key: '',
  tenant: '',
  client: 'test',
};

const LAST: ReadonlySet<ServerMessage['kind']> = new Set([
  'welcome',
  'redirect',
  'done',
  'error',
  'prepared',
  'pong',
]);

export class RawClient {
  readonly socket: Socket;
  readonly frames: ServerFrame[] = [];
  private readonly closing: Promise<void>;
  private waiters: (() => void)[] = [];
  private request = 0;
  private ended = false;

  constructor(address: string) {
    this.socket = createConnection(parseEndpoint(address)!);
    const stream = new FrameStream(SERVER_FRAME_BYTES_MAX, decodeServer, (frame) => {
      this.frames.push(frame);
      return true;
    });
    this.socket.on('data', (chunk) => {
      if (!stream.push(chunk)) throw new Error(`a server said no protocol: ${stream.refused}`);
      this.wake();
    });
    this.socket.on('error', () => this.socket.destroy());
    this.closing = new Promise((resolve) => {
      this.socket.on('close', () => {
        this.ended = true;
        this.wake();
        resolve();
      });
    });
  }

  /** A welcomed client. */
  static async welcomed(address: string, hello: Partial<Hello> = {}): Promise<RawClient> {
    const client = new RawClient(address);
    const answer = await client.ask(0, { ...HELLO, ...hello });
    if (answer.kind !== 'welcome') throw new Error(`no welcome, but ${JSON.stringify(answer)}`);
    return client;
  }

  /** Sends it; its request number. */
  send(channel: number, message: ClientMessage, request: number = ++this.request): number {
    this.socket.write(encodeClient(channel, request, message));
    return request;
  }

  hello(hello: Partial<Hello> = {}): Promise<ServerMessage> {
    return this.ask(0, { ...HELLO, ...hello });
  }

  /** Sends it and waits for what closes the answer. */
  async ask(channel: number, message: ClientMessage): Promise<ServerMessage> {
    return (await this.whole(this.send(channel, message))).at(-1)!;
  }

  open(channel: number, lane: Hash128 = random128()): Promise<ServerMessage> {
    return this.ask(channel, { kind: 'open', lane, settings: [] });
  }

  execute(
    channel: number,
    number: number,
    statement: string,
    more: Partial<ExecuteMessage> = {},
  ): Promise<ServerMessage> {
    return this.ask(channel, executeMessage(number, statement, more));
  }

  /** All frames of an answer, or what ends the connection. */
  async whole(request: number): Promise<readonly ServerMessage[]> {
    const of = (frame: ServerFrame): boolean =>
      frame.request === request || (frame.request === 0 && LAST.has(frame.message.kind));
    await this.until(() => this.frames.some((frame) => of(frame) && LAST.has(frame.message.kind)));
    return this.frames.filter(of).map(({ message }) => message);
  }

  /** Waits for a condition on `frames`; throws when the connection ends before. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.ended) throw new Error('the connection was closed');
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
  }

  /** Resolves when the connection is closed. */
  closed(): Promise<void> {
    return this.closing;
  }

  destroy(): void {
    this.socket.destroy();
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}

export function executeMessage(
  number: number,
  statement: string,
  more: Partial<ExecuteMessage> = {},
): ExecuteMessage {
  return {
    kind: 'execute',
    number,
    deadlineMillis: 0,
    position: -1,
    credit: 1 << 30,
    statement,
    parameters: [],
    ...more,
  };
}
