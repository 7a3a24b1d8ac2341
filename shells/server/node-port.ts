/**
 * The way from this process to its own node: requests of replicated client sessions, and barriers.
 *
 * A client of the node is an address and what to call when a reply comes for it. What was said and
 * not answered is said again after a while, because a node may drop what it has no room for; the
 * protocol makes repetitions harmless.
 *
 * A barrier resolves when a read that begins then is linearizable: the node has answered a query
 * that was sent after the call. All calls of one turn of the event loop share one query.
 */
import { BARRIER_QUERY, TENANT_SYSTEM } from '../../core/kernel/operation.ts';
import { CLIENT_ADDRESS_MIN } from '../../core/ports.ts';
import type { Address } from '../../core/ports.ts';
import { assert } from '../../core/types/assert.ts';
import { POSITION_LATEST } from '../../core/vsr/client.ts';
import { EVICTED, QUERY, QUERY_REPLY, REPLY } from '../../core/vsr/message.ts';
import type {
  EvictedMessage,
  Message,
  QueryMessage,
  ReplyMessage,
  RequestMessage,
} from '../../core/vsr/message.ts';
import { random128 } from '../system.ts';
import { atTurnEnd } from '../turn-end.ts';

const RETRY_MILLIS = 250;
const BARRIERS: Address = CLIENT_ADDRESS_MIN;

/** Who sends requests: one at a time. */
export interface Requester {
  onReply(reply: ReplyMessage): void;
  onEvicted(message: EvictedMessage): void;
}

interface Flight {
  readonly message: RequestMessage;
  sentAt: number;
  sends: number;
}

interface Barrier {
  readonly message: QueryMessage;
  readonly waiters: readonly Waiter[];
  sentAt: number;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class NodePort {
  private readonly deliver: (from: Address, message: Message) => void;
  private readonly requesters: (Requester | null)[] = [];
  private readonly vacant: Address[] = [];
  private readonly flights: Map<Address, Flight> = new Map();
  private readonly barriers: Map<number, Barrier> = new Map();
  private readonly self = random128();
  private readonly timer: NodeJS.Timeout;
  private waiting: Waiter[] = [];
  private nextQuery = 1;

  constructor(deliver: (from: Address, message: Message) => void) {
    this.deliver = deliver;
    this.timer = setInterval(() => this.repeat(), RETRY_MILLIS);
    this.timer.unref();
  }

  /** Requests not yet answered. */
  get inFlight(): number {
    return this.flights.size;
  }

  seat(requester: Requester): Address {
    const address = this.vacant.pop() ?? BARRIERS + 1 + this.requesters.length;
    this.requesters[address - BARRIERS - 1] = requester;
    return address;
  }

  unseat(address: Address): void {
    this.flights.delete(address);
    this.requesters[address - BARRIERS - 1] = null;
    this.vacant.push(address);
  }

  request(from: Address, message: RequestMessage): void {
    assert(!this.flights.has(from), 'one request at a time');
    this.flights.set(from, { message, sentAt: performance.now(), sends: 1 });
    this.deliver(from, message);
  }

  /** How often the request in flight was said. */
  sends(from: Address): number {
    return this.flights.get(from)?.sends ?? 0;
  }

  barrier(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.waiting.length === 0) atTurnEnd(this.sendBarrier);
      this.waiting.push({ resolve, reject });
    });
  }

  /** What the node says to an address of ours. */
  receive(to: Address, message: Message): void {
    if (message.kind === QUERY_REPLY) {
      const barrier = this.barriers.get(message.query);
      this.barriers.delete(message.query);
      for (const { resolve } of barrier?.waiters ?? []) resolve();
      return;
    }
    const flight = this.flights.get(to);
    const requester = this.requesters[to - BARRIERS - 1];
    if (flight === undefined || requester === undefined || requester === null) return;
    if (message.kind === REPLY && message.request === flight.message.request) {
      this.flights.delete(to);
      requester.onReply(message);
    } else if (message.kind === EVICTED && message.session === flight.message.session) {
      this.flights.delete(to);
      requester.onEvicted(message);
    }
  }

  /** Nobody is answered any more: the node is not the primary now, or ends. */
  fail(error: Error): void {
    const waiters = [...this.barriers.values()].flatMap((barrier) => barrier.waiters);
    this.barriers.clear();
    this.flights.clear();
    for (const { reject } of [...waiters, ...this.waiting.splice(0)]) reject(error);
  }

  close(error: Error): void {
    clearInterval(this.timer);
    this.fail(error);
  }

  private readonly sendBarrier = (): void => {
    const waiters = this.waiting;
    if (waiters.length === 0) return;
    this.waiting = [];
    const query = this.nextQuery;
    this.nextQuery = (this.nextQuery % 0xffff_ffff) + 1;
    const message: QueryMessage = {
      kind: QUERY,
      client: this.self,
      query,
      tenant: TENANT_SYSTEM,
      position: POSITION_LATEST,
      body: BARRIER_QUERY,
    };
    this.barriers.set(query, { message, waiters, sentAt: performance.now() });
    this.deliver(BARRIERS, message);
  };

  private repeat(): void {
    const before = performance.now() - RETRY_MILLIS;
    for (const [from, flight] of this.flights) {
      if (flight.sentAt > before) continue;
      flight.sentAt = performance.now();
      flight.sends += 1;
      this.deliver(from, flight.message);
    }
    for (const barrier of this.barriers.values()) {
      if (barrier.sentAt > before) continue;
      barrier.sentAt = performance.now();
      this.deliver(BARRIERS, barrier.message);
    }
  }
}
