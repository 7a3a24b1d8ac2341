/**
 * The host around a node that only keeps a diary: inputs one at a time and in order, deadlines
 * kept, every way to end.
 */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PRODUCTION } from '../core/limits.ts';
import { CLIENT_ADDRESS_MIN, IO_OK, NEVER } from '../core/ports.ts';
import type { Address, IoStatus, Ticket } from '../core/ports.ts';
import { make128 } from '../core/types/hash128.ts';
import { START_VIEW_CHANGE } from '../core/vsr/message.ts';
import type { Message } from '../core/vsr/message.ts';
import { openClusterNetwork } from './cluster-network.ts';
import { Host, refusal } from './host.ts';
import type { HostOptions, HostPorts, HostedNode } from './host.ts';
import { freePorts } from './testing/ports.ts';
import { tempDirectory } from './testing/temp-directory.ts';

const CLUSTER = make128(7, 7, 7, 7);

/** Writes down what it is given, and does what the test sets. */
class DiaryNode implements HostedNode {
  readonly ports: HostPorts;
  stopped: string | null = null;
  readonly diary: string[] = [];
  readonly times: number[] = [];
  due: number = NEVER;
  flushes = 0;
  onInput: (() => void) | null = null;
  private inside = false;
  private readonly waiting: { line: string; done: () => void }[] = [];

  constructor(ports: HostPorts) {
    this.ports = ports;
    this.times.push(ports.monotonic);
  }

  receive(monotonic: number, realtime: number, from: Address, message: Message): void {
    this.input(monotonic, realtime, `receive ${message.kind} from ${from}`);
  }

  synced(monotonic: number, realtime: number, ticket: Ticket, status: IoStatus): void {
    this.input(monotonic, realtime, `synced ${ticket} ${status}`);
  }

  wake(monotonic: number, realtime: number): void {
    expect(monotonic).toBeGreaterThanOrEqual(this.due);
    this.due = NEVER;
    this.input(monotonic, realtime, 'wake');
  }

  flush(): void {
    this.flushes += 1;
  }

  deadline(): number {
    return this.due;
  }

  wrote(line: string): Promise<void> {
    if (this.diary.includes(line)) return Promise.resolve();
    return new Promise((done) => this.waiting.push({ line, done }));
  }

  private input(monotonic: number, realtime: number, line: string): void {
    expect(this.inside).toBe(false);
    this.inside = true;
    expect(monotonic).toBeGreaterThanOrEqual(this.times.at(-1)!);
    expect(Number.isSafeInteger(realtime) && realtime > 1e15).toBe(true);
    this.times.push(monotonic);
    this.diary.push(line);
    this.onInput?.();
    this.inside = false;
    for (const { line: wanted, done } of this.waiting) if (wanted === line) done();
  }
}

interface Opened {
  readonly host: Host<DiaryNode>;
  readonly node: DiaryNode;
  readonly port: number;
  /** Resolves with the reason when the node has ended by itself. */
  readonly stopped: Promise<string>;
}

async function options(more: Partial<HostOptions<DiaryNode>> = {}) {
  const ports = await freePorts(3);
  return {
    directory: tempDirectory(),
    cluster: CLUSTER,
    replica: 0,
    peers: ports.map((port) => ({ host: '127.0.0.1', port })),
    limits: PRODUCTION,
    open: (given: HostPorts) => ({ kind: 'node' as const, node: new DiaryNode(given) }),
    onStopped: () => undefined,
    ...more,
  };
}

async function openHost(more: Partial<HostOptions<DiaryNode>> = {}): Promise<Opened> {
  let stop: (reason: string) => void = () => undefined;
  const stopped = new Promise<string>((resolve) => (stop = resolve));
  const given = await options({ onStopped: (reason) => stop(reason), ...more });
  const outcome = await Host.open(given);
  if (outcome.kind === 'refused') throw new Error(outcome.message);
  const { host } = outcome;
  onTestFinished(() => host.close());
  return { host, node: host.node, port: given.peers[0]!.port, stopped };
}

/** Somebody who sends messages to replica 0. */
async function sender(port: number) {
  const network = await openClusterNetwork({
    cluster: CLUSTER,
    self: null,
    peers: [{ host: '127.0.0.1', port }],
    limits: PRODUCTION,
    onMessage: () => undefined,
  });
  onTestFinished(() => network.close());
  while (!network.connectedTo(0)) await new Promise((resolve) => setImmediate(resolve));
  return network;
}

describe('inputs', () => {
  test('messages, syncs and deadlines reach the node, with times that never go back', async () => {
    const { node, port } = await openHost();
    const network = await sender(port);
    network.send(0, { kind: START_VIEW_CHANGE, view: 3 });
    const message = `receive ${START_VIEW_CHANGE} from ${CLIENT_ADDRESS_MIN}`;
    node.onInput = () => {
      node.onInput = null;
      const { disk } = node.ports;
      const file = disk.open('journal');
      expect(disk.write(file, 0, Uint8Array.of(1, 2, 3), 0, 3)).toBe(IO_OK);
      disk.sync(file, 40);
      node.due = node.times.at(-1)! + 1;
    };
    await node.wrote(message);
    await node.wrote(`synced 40 ${IO_OK}`);
    await node.wrote('wake');
    expect(node.diary[0]).toBe(message);
  });

  test('work in slices: a deadline that is always due lets messages through', async () => {
    const { node, port } = await openHost();
    node.onInput = () => (node.due = node.times.at(-1)!);
    const network = await sender(port);
    network.send(0, { kind: START_VIEW_CHANGE, view: 1 });
    await node.wrote(`receive ${START_VIEW_CHANGE} from ${CLIENT_ADDRESS_MIN}`);
    await node.wrote('wake');
    network.send(0, { kind: START_VIEW_CHANGE, view: 2 });
    let seen = 0;
    while (seen < 2) {
      await new Promise((resolve) => setImmediate(resolve));
      seen = node.diary.filter((line) => line.startsWith('receive')).length;
    }
    expect(node.diary.filter((line) => line === 'wake').length).toBeGreaterThan(0);
  });

  test('a deadline that moves nearer is kept, one that moves away is not early', async () => {
    const { node, port } = await openHost();
    const network = await sender(port);
    // `wake` checks that it never comes before its time.
    const far = 3_600_000_000;
    const waits = [far, 5_000, 2_000, far, 1_000, far];
    node.onInput = () => {
      const wait = waits.shift();
      if (wait !== undefined) node.due = node.times.at(-1)! + wait;
    };
    for (let i = 0; i < 3; i++) network.send(0, { kind: START_VIEW_CHANGE, view: i });
    await node.wrote('wake');
    while (waits.length > 0) {
      network.send(0, { kind: START_VIEW_CHANGE, view: 9 });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(node.due).toBeGreaterThan(node.times.at(-1)!);
  });
});

describe('endings', () => {
  test('a node that stops itself: everything is closed, and the reason told', async () => {
    const { node, port, stopped } = await openHost();
    node.onInput = () => (node.stopped = 'the disk failed');
    const network = await sender(port);
    network.send(0, { kind: START_VIEW_CHANGE, view: 1 });
    network.send(0, { kind: START_VIEW_CHANGE, view: 2 });
    expect(await stopped).toBe('the disk failed');
    expect(node.diary).toHaveLength(1);
    await expect(openNothing(port)).rejects.toThrow('ECONNREFUSED');
  });

  test('an exception in the node is its end, not the host’s', async () => {
    const { node, port, stopped } = await openHost();
    node.onInput = () => {
      throw new Error('commit went backwards');
    };
    const network = await sender(port);
    network.send(0, { kind: START_VIEW_CHANGE, view: 1 });
    expect(await stopped).toContain('internal error: Error: commit went backwards');
  });

  test('closing ends the inputs: a sync under way is not reported', async () => {
    const { host, node } = await openHost();
    node.ports.disk.sync(node.ports.disk.open('journal'), 8);
    host.close();
    host.close();
    const again = await openHost();
    again.node.ports.disk.sync(again.node.ports.disk.open('journal'), 16);
    await again.node.wrote(`synced 16 ${IO_OK}`);
    expect(node.diary).toEqual([]);
  });

  test('the directory is free again after every ending', async () => {
    const given = await options();
    for (let round = 0; round < 3; round++) {
      const outcome = await Host.open(given);
      if (outcome.kind === 'refused') throw new Error(outcome.message);
      outcome.host.close();
      expect(readdirSync(given.directory)).toEqual([]);
    }
  });
});

describe('refusals', () => {
  test('a node that refuses leaves nothing behind: no lock, no listener', async () => {
    const given = await options({ open: () => refusal('damaged', 'no two copies agree') });
    expect(await Host.open(given)).toEqual(refusal('damaged', 'no two copies agree'));
    expect(readdirSync(given.directory)).toEqual([]);
    await expect(openNothing(given.peers[0]!.port)).rejects.toThrow('ECONNREFUSED');
  });

  test('an exception while opening leaves no lock either', async () => {
    const open = (): never => {
      throw new Error('broken');
    };
    const given = await options({ open });
    await expect(Host.open(given)).rejects.toThrow('broken');
    expect(readdirSync(given.directory)).toEqual([]);
  });

  test('a directory that does not exist', async () => {
    const given = await options();
    const outcome = await Host.open({ ...given, directory: join(given.directory, 'absent') });
    expect(outcome).toMatchObject({ kind: 'refused', code: 'directory' });
    expect(readdirSync(given.directory)).toEqual([]);
  });

  test('a port that is taken', async () => {
    const given = await options();
    const server = createServer().listen(given.peers[0]!.port, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    expect(await Host.open(given)).toMatchObject({ kind: 'refused', code: 'address' });
    expect(readdirSync(given.directory)).toEqual([]);
  });
});

/** Resolves when something accepts a connection at the port. */
async function openNothing(port: number): Promise<void> {
  const socket = createConnection({ host: '127.0.0.1', port });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
}
