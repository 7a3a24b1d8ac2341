/**
 * One node, alone, inside the process that uses it: no network, the clients of the node are
 * function calls away. The same node, journal and log as of a server.
 *
 * Inputs (a request, a completed sync, a deadline) are handed to the node one at a time, to
 * completion; what it sends meanwhile waits in a queue. `request` takes the next free session of a
 * pool, so that as many writes as the pipeline holds share one sync (group commit); a session has
 * one request in flight and is exactly-once.
 *
 * Cost of a request besides the node's: one promise, two queue entries.
 */
import type { Crypto } from '../core/crypto/crypto.ts';
import type { Limits } from '../core/limits.ts';
import { openNode } from '../core/node.ts';
import type { Node, NodeSeat, RefusedNode, StoredReply } from '../core/node.ts';
import { CLIENT_ADDRESS_MIN } from '../core/ports.ts';
import type { Address, Disk, IoStatus, Observer, Ticket } from '../core/ports.ts';
import { assert } from '../core/types/assert.ts';
import { SessionClient } from '../core/vsr/client.ts';
import type { Message, ReplyMessage } from '../core/vsr/message.ts';
import { DeadlineTimer, monotonicMicros, random128, realtimeMicros } from './system.ts';
import { atTurnEnd } from './turn-end.ts';

const SILENT: Observer = { step: () => undefined };
/** The node itself, as an address. */
const NODE: Address = 0;

export interface LocalNodeOptions {
  readonly disk: Disk;
  readonly seat: NodeSeat;
  readonly limits: Limits;
  readonly crypto: Crypto;
  readonly observer?: Observer;
  /** Called once, when the node stopped itself. */
  readonly onStopped: (reason: string) => void;
  /** Called after the inputs at hand were taken: state may have changed. */
  readonly onSettled?: () => void;
}

/** A request on its way to a session, or in one. */
interface Ask {
  readonly tenant: number;
  readonly operation: number;
  readonly body: Uint8Array;
  readonly resolve: (reply: ReplyMessage) => void;
  readonly reject: (error: Error) => void;
}

interface Seat {
  readonly client: SessionClient;
  ask: Ask | null;
}

/** A request under way. */
export interface LocalRequest {
  readonly reply: Promise<StoredReply>;
  /**
   * Gives it up: `reply` rejects with `reason` if the request has not left yet, else with a
   * `NoAnswerError`, and the request goes on without anybody who waits.
   */
  cancel(reason: Error): void;
}

/** The node ended, or lost the session, before it answered: the outcome is unknown. */
export class NoAnswerError extends Error {
  override readonly name: string = 'NoAnswerError';
}

export class LocalNode {
  readonly node: Node;
  private readonly options: LocalNodeOptions;
  private readonly timer: DeadlineTimer;
  private readonly seats: Seat[] = [];
  private readonly free: Seat[] = [];
  private readonly waiting: Ask[] = [];
  private readonly toNode: { readonly from: Address; readonly message: Message }[] = [];
  private readonly toClients: { readonly to: Address; readonly message: Message }[] = [];
  private busy = false;
  /** Ends the batch: all that this turn of the event loop brings shares a sync. */
  private flushing = false;
  private ended: string | null = null;
  private floor = 0;
  private watchers = 0;

  static open(options: LocalNodeOptions): LocalNode | RefusedNode {
    let local: LocalNode | null = null;
    const send = (to: Address, message: Message): void => {
      if (to >= CLIENT_ADDRESS_MIN) local?.toClients.push({ to, message });
    };
    const opened = openNode({
      disk: options.disk,
      network: { send },
      observer: options.observer ?? SILENT,
      crypto: options.crypto,
      limits: options.limits,
      seat: options.seat,
      nonce: random128(),
      monotonic: monotonicMicros(),
      realtime: realtimeMicros(),
    });
    if (opened.kind === 'refused') return opened;
    local = new LocalNode(options, opened.node);
    return local;
  }

  private constructor(options: LocalNodeOptions, node: Node) {
    this.options = options;
    this.node = node;
    this.timer = new DeadlineTimer(() => this.woken());
  }

  /** Requests not yet answered. */
  get inFlight(): number {
    return this.waiting.length + this.seats.length - this.free.length;
  }

  /** A completed sync: the disk's host calls this. */
  synced(ticket: Ticket, status: IoStatus): void {
    this.input(() => this.node.synced(monotonicMicros(), this.realtime, ticket, status));
  }

  /** Sends a request through the next free session. Nobody may change `body` afterwards. */
  request(tenant: number, operation: number, body: Uint8Array): LocalRequest {
    let cancel: LocalRequest['cancel'] = () => undefined;
    const reply = new Promise<ReplyMessage>((resolve, reject) => {
      if (this.ended !== null) return reject(new NoAnswerError(this.ended));
      const ask: Ask = { tenant, operation, body, resolve, reject };
      cancel = (reason) => {
        const at = this.waiting.indexOf(ask);
        if (at >= 0) this.waiting.splice(at, 1);
        reject(at >= 0 ? reason : new NoAnswerError(reason.message));
      };
      this.waiting.push(ask);
      this.input(() => undefined);
    });
    return { reply, cancel: (reason) => cancel(reason) };
  }

  /** One who waits for changes, and keeps the process alive until the answer is called. */
  watch(): () => void {
    this.watchers += 1;
    this.timer.hold(true);
    let watching = true;
    return () => {
      if (watching) this.watchers -= 1;
      watching = false;
    };
  }

  /** The wall clock, but never earlier than before: nothing is stamped before what was read. */
  get realtime(): number {
    this.floor = Math.max(realtimeMicros(), this.floor + 1);
    return this.floor;
  }

  /** Ends the node where it stands, as a crash would. */
  close(reason: string = 'the database is closed'): void {
    if (this.ended !== null) return;
    this.ended = reason;
    this.timer.stop();
    const error = new NoAnswerError(reason);
    for (const ask of this.waiting.splice(0)) ask.reject(error);
    for (const { ask } of this.seats) ask?.reject(error);
  }

  private woken(): void {
    this.input(() => {
      const now = monotonicMicros();
      if (this.node.deadline() <= now) this.node.wake(now, this.realtime);
      for (const { client } of this.seats) if (client.deadline() <= now) client.wake(now);
    });
  }

  /** One input, and all that follows from it at once. */
  private input(act: () => void): void {
    if (this.ended !== null) return;
    // A reply's handler may ask again: the loop below takes it.
    if (this.busy) return act();
    this.busy = true;
    try {
      act();
      this.drain();
    } catch (error) {
      this.busy = false;
      const { stack } = error as Error;
      return this.stop(`internal error: ${stack ?? String(error)}`);
    }
    this.busy = false;
    if (this.node.stopped !== null) return this.stop(this.node.stopped);
    this.arm();
    if (!this.flushing) atTurnEnd(this.flush);
    this.flushing = true;
    this.options.onSettled?.();
  }

  private readonly flush = (): void => {
    this.flushing = false;
    if (this.ended === null) this.node.flush();
  };

  private drain(): void {
    for (;;) {
      this.seat();
      const message = this.toNode.shift();
      if (message !== undefined) {
        this.node.receive(monotonicMicros(), this.realtime, message.from, message.message);
        continue;
      }
      const reply = this.toClients.shift();
      if (reply === undefined) return;
      const seat = this.seats[reply.to - CLIENT_ADDRESS_MIN];
      assert(seat !== undefined, 'a reply goes to a client');
      seat.client.receive(monotonicMicros(), NODE, reply.message);
    }
  }

  /** Gives waiting requests to free sessions. */
  private seat(): void {
    while (this.waiting.length > 0 && this.node.admits) {
      if (this.free.length === 0 && this.seats.length < this.options.limits.pipelineMax) {
        this.free.push(this.newSeat());
      }
      const seat = this.free.shift();
      if (seat === undefined) return;
      seat.ask = this.waiting.shift()!;
      this.advance(seat);
    }
  }

  /** Registers the session where it must be, then submits. */
  private advance(seat: Seat): void {
    const { client, ask } = seat;
    if (ask === null || client.busy) return;
    if (!client.registered) client.register(monotonicMicros());
    else client.submit(monotonicMicros(), ask.tenant, ask.operation, ask.body);
  }

  private newSeat(): Seat {
    const address = CLIENT_ADDRESS_MIN + this.seats.length;
    const client = new SessionClient({
      clientId: random128(),
      replicaCount: 1,
      limits: this.options.limits,
      checksum: this.options.crypto,
      network: { send: (_to, message) => void this.toNode.push({ from: address, message }) },
      handler: {
        onReply: (reply) => {
          if (reply.request === 0) this.advance(seat);
          else this.answered(seat, reply);
        },
        onQueryReply: () => undefined,
        onEvicted: () => {
          const { ask } = seat;
          seat.ask = null;
          this.free.push(seat);
          ask?.reject(new NoAnswerError('the session was evicted'));
        },
      },
    });
    const seat: Seat = { client, ask: null };
    this.seats.push(seat);
    return seat;
  }

  private answered(seat: Seat, reply: ReplyMessage): void {
    const { ask } = seat;
    seat.ask = null;
    // Last in, first out: few sessions are used when few are needed.
    this.free.unshift(seat);
    ask?.resolve(reply);
  }

  private arm(): void {
    let deadline = this.node.deadline();
    for (const { client } of this.seats) deadline = Math.min(deadline, client.deadline());
    // Nobody waits for an idle node: a program that ends without closing it may end.
    this.timer.hold(this.inFlight + this.watchers > 0);
    this.timer.arm(monotonicMicros(), deadline);
  }

  private stop(reason: string): void {
    this.close(reason);
    this.options.onStopped(reason);
  }
}
