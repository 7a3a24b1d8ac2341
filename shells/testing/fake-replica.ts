/** A cluster of one that is no replica: it answers clients as the test says. */
import { onTestFinished } from 'vitest';
import { PRODUCTION } from '../../core/limits.ts';
import { beginReadReply } from '../../core/kernel/operation.ts';
import type { Address } from '../../core/ports.ts';
import { make128 } from '../../core/types/hash128.ts';
import { OPERATION_REGISTER } from '../../core/types/operation.ts';
import {
  EVICTED,
  EVICTED_NO_SESSION,
  QUERY,
  QUERY_REPLY,
  REPLY,
  REQUEST,
} from '../../core/vsr/message.ts';
import type { Message, QueryMessage, RequestMessage } from '../../core/vsr/message.ts';
import { Client } from '../client.ts';
import type { ClientOptions } from '../client.ts';
import { openClusterNetwork } from '../cluster-network.ts';
import type { TcpNetwork } from '../tcp-network.ts';
import { freePorts } from './ports.ts';

const CLUSTER = make128(5, 5, 5, 5);
const NO_BODY: Uint8Array = new Uint8Array(0);

/** What to say to a request. Null: nothing at all. */
export interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
}

export class FakeReplica {
  /** Sessions opened so far; the number of the last one. */
  sessions = 0;
  readonly requests: RequestMessage[] = [];
  readonly queries: QueryMessage[] = [];
  onRequest: (request: RequestMessage) => Answer | null | 'evict' = () => null;
  onQuery: (query: QueryMessage) => Answer | null = () => null;
  private network: TcpNetwork<Message> | null = null;
  private port = 0;

  async open(): Promise<this> {
    [this.port = 0] = await freePorts(1);
    this.network = await openClusterNetwork({
      cluster: CLUSTER,
      self: 0,
      peers: [{ host: '127.0.0.1', port: this.port }],
      limits: PRODUCTION,
      onMessage: (from, message) => this.onMessage(from, message),
    });
    onTestFinished(() => this.network?.close());
    return this;
  }

  async client(more: Partial<ClientOptions> = {}): Promise<Client> {
    const peers = [{ host: '127.0.0.1', port: this.port }];
    const client = await Client.open({ cluster: CLUSTER, peers, limits: PRODUCTION, ...more });
    onTestFinished(() => client.close());
    return client;
  }

  private onMessage(from: Address, message: Message): void {
    if (message.kind === QUERY) {
      this.queries.push(message);
      const answer = this.onQuery(message);
      if (answer !== null) this.answerQuery(from, message, answer);
    } else if (message.kind === REQUEST && message.operation === OPERATION_REGISTER) {
      this.sessions += 1;
      this.answer(from, message, { status: 0, body: NO_BODY });
    } else if (message.kind === REQUEST) {
      this.requests.push(message);
      const answer = this.onRequest(message);
      if (answer === 'evict') this.evict(from, message);
      else if (answer !== null) this.answer(from, message, answer);
    }
  }

  private answer(to: Address, request: RequestMessage, { status, body }: Answer): void {
    const { client, request: number, checksum } = request;
    this.network?.send(to, {
      kind: REPLY,
      view: 0,
      client,
      session: this.sessions,
      request: number,
      requestChecksum: checksum,
      op: this.sessions,
      position: 42,
      status,
      body,
    });
  }

  private answerQuery(to: Address, query: QueryMessage, { status, body }: Answer): void {
    const { client, query: number } = query;
    const answer = { kind: QUERY_REPLY, view: 0, client, query: number, position: 42 } as const;
    this.network?.send(to, { ...answer, status, body });
  }

  private evict(to: Address, { client, session }: RequestMessage): void {
    this.network?.send(to, { kind: EVICTED, client, session, reason: EVICTED_NO_SESSION, view: 0 });
  }
}

/** Two numbers as an append's reply has them. */
export function appended(first: number, length: number): Answer {
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  view.setBigUint64(0, BigInt(first), true);
  view.setBigUint64(8, BigInt(length), true);
  return { status: 0, body };
}

/** A read's reply without events. */
export function emptyPage(from: number, length: number): Answer {
  const body = new Uint8Array(20);
  beginReadReply(body, from, length);
  return { status: 0, body };
}
