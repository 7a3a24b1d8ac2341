/**
 * A node with a server beside it: what the simulator runs. Statements of interactive transactions
 * go to the server, everything else to the node, and the node's answers to its own server do not
 * leave the machine.
 *
 * Cost: a compare an input and a compare a message sent.
 */
import type { Node } from '../../../core/node.ts';
import type { Limits } from '../../../core/limits.ts';
import { CLIENT_ADDRESS_MIN } from '../../../core/ports.ts';
import type { Address, IoStatus, Network, Ticket } from '../../../core/ports.ts';
import type { Message, QueryReplyMessage } from '../../../core/vsr/message.ts';
import { QUERY, QUERY_REPLY } from '../../../core/vsr/message.ts';
import type { NodeHost, NodeInspection, SimNode } from '../../sim/sim-node.ts';
import { isFrame } from './frame.ts';
import { TransactionHost } from './host.ts';

/** The server, to its own node: no client of a run has this address. */
const SERVER: Address = CLIENT_ADDRESS_MIN + 0xffff;

export interface Place {
  readonly index: number;
  readonly replicaCount: number;
  readonly limits: Limits;
}

/** What the node sends: to its own server, or into the world. */
export class HostedNetwork implements Network<Message> {
  /** Answers to the server, until the input at hand is over. */
  readonly confirmed: QueryReplyMessage[] = [];
  private readonly world: Network<Message>;

  constructor(world: Network<Message>) {
    this.world = world;
  }

  send(to: Address, message: Message): void {
    if (to !== SERVER) this.world.send(to, message);
    else if (message.kind === QUERY_REPLY) this.confirmed.push(message);
  }
}

export class HostedNode implements SimNode<Message> {
  private readonly node: Node;
  private readonly network: HostedNetwork;
  private readonly host: NodeHost<Message>;
  private readonly place: Place;
  /** Made at the first statement of a transaction. */
  private server: TransactionHost | null = null;

  constructor(node: Node, network: HostedNetwork, host: NodeHost<Message>, place: Place) {
    this.node = node;
    this.network = network;
    this.host = host;
    this.place = place;
  }

  receive(monotonic: number, realtime: number, from: Address, message: Message): void {
    if (message.kind === QUERY && isFrame(message.query)) {
      this.server ??= this.makeServer();
      this.monotonic = monotonic;
      this.realtime = realtime;
      if (this.node.speaks) this.server.take(from, message);
    } else {
      this.node.receive(monotonic, realtime, from, message);
    }
    this.serve();
  }

  synced(monotonic: number, realtime: number, ticket: Ticket, status: IoStatus): void {
    this.node.synced(monotonic, realtime, ticket, status);
    this.serve();
  }

  wake(monotonic: number, realtime: number): void {
    this.node.wake(monotonic, realtime);
    this.serve();
  }

  flush(): void {
    this.node.flush();
  }

  deadline(): number {
    return this.node.deadline();
  }

  fingerprint(): number {
    const own = this.node.fingerprint();
    return this.server === null ? own : own ^ Math.imul(this.server.fingerprint(), 0x01000193);
  }

  get stopped(): string | null {
    return this.node.stopped;
  }

  inspect(): NodeInspection {
    return this.node.inspect();
  }

  /** Readings of the input at hand. */
  private monotonic = 0;
  private realtime = 0;

  private makeServer(): TransactionHost {
    const { node, host, network } = this;
    return new TransactionHost({
      ...this.place,
      state: node.state,
      inspect: () => node.inspect(),
      random: (out) => host.random(out),
      ask: (barrier) => node.receive(this.monotonic, this.realtime, SERVER, barrier),
      send: (to, reply) => network.send(to, reply),
    });
  }

  /** What the server does after an input of its node. */
  private serve(): void {
    const { server } = this;
    if (server === null) return;
    if (this.node.speaks) server.goOn();
    if (this.network.confirmed.length === 0) return;
    for (const reply of this.network.confirmed.splice(0)) server.confirmed(reply);
  }
}
