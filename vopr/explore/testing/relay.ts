/**
 * A toy system small enough to be searched without any cleverness. A client sends its operations to
 * node 0, which writes each, waits for the disk, and tells the others; they keep what they heard in
 * order, tell each other, and answer. Timers try again. What a node heard depends on the order of
 * messages; its count of them does not: some inputs commute, others do not.
 */
import { TINY } from '../../../core/limits.ts';
import { NEVER } from '../../../core/ports.ts';
import type { Disk } from '../../../core/ports.ts';
import type {
  ClientHost,
  NodeHost,
  NodeInspection,
  Seat,
  SimClient,
  SimNode,
  System,
} from '../../sim/sim-node.ts';
import type { Subject } from '../subject.ts';

interface Word {
  readonly text: string;
}

const RETRY = 1000;

class RelayNode implements SimNode<Word> {
  stopped: string | null = null;
  readonly heard: string[] = [];
  private count = 0;
  private readonly seat: Seat;
  private readonly host: NodeHost<Word>;
  private readonly file: number;

  constructor(host: NodeHost<Word>, seat: Seat) {
    this.host = host;
    this.seat = seat;
    this.file = host.disk.open('log');
  }

  receive(_monotonic: number, _realtime: number, from: number, { text }: Word): void {
    const { disk, network } = this.host;
    if (from >= 1024) {
      const bytes = new TextEncoder().encode(text.padEnd(8));
      disk.write(this.file, this.count * bytes.length, bytes, 0, bytes.length);
      this.count += 1;
      this.heard.push(text);
      disk.sync(this.file, this.count);
      return;
    }
    this.count += 1;
    if (text.startsWith('ping')) return;
    if (!this.heard.includes(text)) {
      this.heard.push(text);
      const other = this.seat.index === 1 ? 2 : 1;
      network.send(other, { text: `ping${text}` });
    }
    network.send(1024, { text });
  }

  synced(_monotonic: number, _realtime: number, ticket: number): void {
    const text = this.heard[ticket - 1] ?? '';
    for (let to = 1; to < this.seat.replicaCount; to++) this.host.network.send(to, { text });
  }

  wake(): void {
    // It has no timers.
  }
  deadline(): number {
    return NEVER;
  }
  fingerprint(): number {
    return this.count;
  }
  inspect(): NodeInspection {
    throw new Error('nobody asks');
  }
}

class RelayClient implements SimClient<Word> {
  answered = 0;
  private sent = 0;
  private at: number = NEVER;
  private readonly host: ClientHost<Word>;
  private readonly operations: number;

  constructor(host: ClientHost<Word>, operations: number) {
    this.host = host;
    this.operations = operations;
    // Not before the stage is set.
    this.at = 5 * RETRY;
  }

  get idle(): boolean {
    return this.answered >= this.operations;
  }
  receive(monotonic: number, _from: number, { text }: Word): void {
    if (text !== `w${this.answered}`) return;
    this.answered += 1;
    this.send(monotonic);
  }
  wake(monotonic: number): void {
    this.send(monotonic);
  }
  deadline(): number {
    return this.at;
  }
  fingerprint(): number {
    return this.sent;
  }
  drain(): void {
    this.at = NEVER;
  }
  private send(monotonic: number): void {
    if (this.idle) {
      this.at = NEVER;
      return;
    }
    this.sent += 1;
    this.host.network.send(0, { text: `w${this.answered}` });
    this.at = monotonic + RETRY;
  }
}

const RELAY: System<Word> = {
  name: 'relay',
  steps: [],
  marks: [],
  messages: {
    kindNames: ['word'],
    kind: () => 0,
    subject: () => 0,
    bytes: ({ text }) => text.length,
    encode: ({ text }) => new TextEncoder().encode(text),
    decode: (bytes) => ({ text: new TextDecoder().decode(bytes) }),
  },
  units: { locate: () => ({ unit: -1, half: 0 }) },
  format: (disk: Disk): void => {
    disk.open('log');
  },
  recover: (): void => undefined,
  open: (host, seat) => new RelayNode(host, seat),
  client: (host, operations) => new RelayClient(host, operations),
};

export const relay: Subject<Word> = {
  system: RELAY,
  limits: TINY,
  invariants: [],
  warmup: 0,
  draw: () => 0,
  hashNode: (hash, node) => hash.value(Object.entries(node).filter(([name]) => name !== 'host')),
  hashClient: (hash, client) =>
    hash.value(Object.entries(client).filter(([name]) => name !== 'host')),
  hashMessage: (hash, { text }) => hash.text(text),
  settle: () => undefined,
  opened: () => true,
  atOnce: () => false,
  describe: ({ text }) => text,
};
