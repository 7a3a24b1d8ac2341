/**
 * The network between processes: messages arrive from whom they are said to come, connections are
 * made again after every kind of loss, and nothing that a stranger sends does harm.
 */
import fc from 'fast-check';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { CLIENT_ADDRESS_MIN } from '../core/ports.ts';
import { make128 } from '../core/types/hash128.ts';
import { frame } from './testing/frame.ts';
import { HELLO_BYTES, encodeHello } from './hello.ts';
import {
  CLUSTER,
  MESSAGE_BYTES_MAX,
  closed,
  endpoint,
  greetedSocket,
  openNode,
  rawServer,
  rawSocket,
  sendUntilHeard,
} from './testing/network.ts';
import type { TestNode } from './testing/network.ts';
import { freePorts } from './testing/ports.ts';

/** Replicas 0, 1, … of one cluster. */
async function openReplicas(count: number): Promise<{ nodes: TestNode[]; ports: number[] }> {
  const ports = await freePorts(count);
  const peers = ports.map(endpoint);
  const nodes = await Promise.all(ports.map((_, self) => openNode({ self, peers })));
  return { nodes, ports };
}

/** One replica of three, the others being absent, and its port. */
async function openLonely(): Promise<{ node: TestNode; port: number }> {
  const ports = await freePorts(3);
  const node = await openNode({ self: 0, peers: ports.map(endpoint) });
  return { node, port: ports[0]! };
}

/** Proof that the replica still serves. */
async function expectServing(node: TestNode, port: number): Promise<void> {
  const client = await openNode({ peers: [endpoint(port)] });
  const text = `still there ${node.received.length}`;
  const { from } = await sendUntilHeard(client, 0, node, text);
  expect(from).toBeGreaterThanOrEqual(CLIENT_ADDRESS_MIN);
  client.close();
}

describe('replicas', () => {
  test('hear each other, and know who speaks', async () => {
    const { nodes } = await openReplicas(3);
    for (let from = 0; from < 3; from++) {
      for (let to = 0; to < 3; to++) {
        if (from === to) continue;
        const heard = await sendUntilHeard(nodes[from]!, to, nodes[to]!, `from ${from}`);
        expect(heard.from).toBe(from);
      }
    }
    expect(nodes.flatMap((node) => node.notices)).toEqual([]);
  });

  test('messages of one link arrive in order, whole and once, in one turn or in many', async () => {
    const { nodes } = await openReplicas(2);
    await sendUntilHeard(nodes[0]!, 1, nodes[1]!, 'connected');
    const sent = Array.from({ length: 500 }, (_, i) => `${i} ${'x'.repeat((i * 37) % 3000)}`);
    for (const message of sent) nodes[0]!.net.send(1, message);
    await nodes[1]!.heard((one) => one.message === sent.at(-1));
    const numbered = nodes[1]!.received.filter((one) => /^\d/.test(one.message));
    expect(numbered.map((one) => one.message)).toEqual(sent);
  });

  test('a message to several peers is encoded once', async () => {
    const ports = await freePorts(3);
    const peers = ports.map(endpoint);
    let encoded = 0;
    const encode = (message: string): Uint8Array => {
      encoded += 1;
      return Buffer.from(`message ${message}`);
    };
    const primary = await openNode({ self: 0, peers, encode });
    const backups = await Promise.all([1, 2].map((self) => openNode({ self, peers })));
    await sendUntilHeard(primary, 1, backups[0]!, 'hello 1');
    await sendUntilHeard(primary, 2, backups[1]!, 'hello 2');
    encoded = 0;
    primary.net.send(1, 'prepare');
    primary.net.send(2, 'prepare');
    await Promise.all(backups.map((node) => node.heard((one) => one.message === 'prepare')));
    expect(encoded).toBe(1);
  });

  test('what is sent without a connection is dropped, also after closing', async () => {
    const { node } = await openLonely();
    expect(node.net.connectedTo(1)).toBe(false);
    node.net.send(1, 'nobody hears');
    node.net.send(CLIENT_ADDRESS_MIN + 5, 'no such client');
    node.close();
    node.net.send(1, 'closed');
  });

  test('nobody sends to itself', async () => {
    const { node } = await openLonely();
    expect(() => node.net.send(0, 'me')).toThrow('nobody sends to itself');
  });

  test('a message that no peer would take is a bug of the sender, and not sent', async () => {
    const { nodes } = await openReplicas(2);
    const send = (): void => nodes[0]!.net.send(1, 'x'.repeat(MESSAGE_BYTES_MAX));
    expect(send).toThrow('a message that nobody would take');
    await sendUntilHeard(nodes[0]!, 1, nodes[1]!, 'the link stands');
  });

  test('a port that is taken is an error at opening', async () => {
    const [port] = await freePorts(1);
    await rawServer(port!);
    await expect(openNode({ self: 0, peers: [endpoint(port!)] })).rejects.toThrow('EADDRINUSE');
  });
});

describe('clients', () => {
  test('are answered on the connection they made, each on its own', async () => {
    const { nodes, ports } = await openReplicas(2);
    const clients = await Promise.all(
      [0, 1, 2].map(() => openNode({ peers: ports.map(endpoint) })),
    );
    const addresses = await Promise.all(
      clients.map((client, i) => sendUntilHeard(client, 1, nodes[1]!, `request ${i}`)),
    );
    expect(new Set(addresses.map((one) => one.from)).size).toBe(3);
    for (const [i, { from }] of addresses.entries()) nodes[1]!.net.send(from, `reply ${i}`);
    for (const [i, client] of clients.entries()) {
      expect(await client.heard(() => true)).toEqual({ from: 1, message: `reply ${i}` });
    }
  });

  test('that are gone take no memory, and are spoken to in vain', async () => {
    const { node, port } = await openLonely();
    const client = await openNode({ peers: [endpoint(port)] });
    const { from } = await sendUntilHeard(client, 0, node, 'request');
    client.close();
    await expectServing(node, port);
    node.net.send(from, 'too late');
  });
});

describe('reconnection', () => {
  test('a replica that is restarted is dialled again, and dials again', async () => {
    const { nodes, ports } = await openReplicas(2);
    for (let round = 0; round < 3; round++) {
      await sendUntilHeard(nodes[0]!, 1, nodes[1]!, `there ${round}`);
      await sendUntilHeard(nodes[1]!, 0, nodes[0]!, `back ${round}`);
      nodes[1]!.close();
      nodes[1] = await openNode({ self: 1, peers: ports.map(endpoint) });
    }
    await sendUntilHeard(nodes[0]!, 1, nodes[1]!, 'last');
  });

  test('a client finds a replica that starts after it', async () => {
    const [port] = await freePorts(1);
    const client = await openNode({ peers: [endpoint(port!)] });
    const node = await openNode({ self: 0, peers: [endpoint(port!)] });
    await sendUntilHeard(client, 0, node, 'request');
  });

  test('a half-open connection, on which nothing comes back, is made anew', async () => {
    const [port, other] = await freePorts(2);
    const deaf = await rawServer(other!);
    let connections = 0;
    deaf.on('connection', (socket: Socket) => {
      connections += 1;
      // Reads everything and says nothing, as a wall that forgot us.
      socket.resume();
    });
    const peers = [port!, other!].map(endpoint);
    const node = await openNode({ self: 0, peers, silentMillis: 20 });
    while (connections < 3) {
      node.net.send(1, 'anybody?');
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  test('a peer that speaks on its own connection keeps ours alive', async () => {
    const ports = await freePorts(2);
    const peers = ports.map(endpoint);
    const nodes = await Promise.all([0, 1].map((self) => openNode({ self, peers })));
    let lost = 0;
    await sendUntilHeard(nodes[0]!, 1, nodes[1]!, 'first');
    for (let i = 0; i < 50; i++) {
      await sendUntilHeard(nodes[0]!, 1, nodes[1]!, `ping ${i}`);
      await sendUntilHeard(nodes[1]!, 0, nodes[0]!, `pong ${i}`);
      if (!nodes[0]!.net.connectedTo(1)) lost += 1;
    }
    expect(lost).toBe(0);
  });
});

describe('strangers', () => {
  test('random bytes are refused, and the replica goes on', async () => {
    const { node, port } = await openLonely();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }),
        async (all) => {
          const socket = await rawSocket(port);
          for (const bytes of all) socket.write(bytes);
          socket.end();
          socket.resume();
          await closed(socket);
        },
      ),
      { numRuns: 60 },
    );
    expect(node.received).toEqual([]);
    await expectServing(node, port);
  });

  test('random bytes after a good greeting are refused, too', async () => {
    const { node, port } = await openLonely();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        const socket = await greetedSocket(port);
        socket.write(frame(bytes));
        socket.resume();
        await closed(socket);
      }),
      { numRuns: 60 },
    );
    expect(node.received).toEqual([]);
    expect(node.notices).toEqual(['closed a connection: a client sent bytes that are no message']);
    await expectServing(node, port);
  });

  test('a frame larger than any message ends the connection before its bytes arrive', async () => {
    const { node, port } = await openLonely();
    const socket = await greetedSocket(port);
    const header = new Uint8Array(4);
    new DataView(header.buffer).setUint32(0, MESSAGE_BYTES_MAX + 1, true);
    socket.write(header);
    socket.resume();
    await closed(socket);
    await expectServing(node, port);
  });

  test('nobody may send more than a greeting before the greeting', async () => {
    const { node, port } = await openLonely();
    const socket = await rawSocket(port);
    socket.write(frame(new Uint8Array(HELLO_BYTES + 1)));
    socket.resume();
    await closed(socket);
    await expectServing(node, port);
  });

  test('who connects and says nothing is shown out', async () => {
    const [port] = await freePorts(1);
    await openNode({ self: 0, peers: [endpoint(port!)], helloMillis: 20 });
    const socket = await rawSocket(port!);
    socket.resume();
    await closed(socket);
  });

  test('messages behind a refused greeting are not delivered', async () => {
    const { node, port } = await openLonely();
    const socket = await rawSocket(port);
    const hello = encodeHello({ cluster: make128(9, 9, 9, 9), from: null, to: 0 });
    socket.write(Buffer.concat([frame(hello), frame(Buffer.from('message through'))]));
    socket.resume();
    await closed(socket);
    expect(node.received).toEqual([]);
  });

  test.each([
    ['another cluster', make128(0, 0, 0, 7), 1, 0, 'of cluster 00000000000000000000000000000007'],
    ['a wrong address', CLUSTER, 1, 2, 'meant for replica 2, this is replica 0'],
    ['our own name', CLUSTER, 0, 0, 'from replica 0, which is this one'],
    ['a larger membership', CLUSTER, 3, 0, 'from replica 3 of 3'],
  ])('%s is refused, and the operator told', async (_, cluster, from, to, reason) => {
    const { node, port } = await openLonely();
    const socket = await rawSocket(port);
    socket.write(frame(encodeHello({ cluster, from, to })));
    socket.resume();
    await closed(socket);
    expect(node.notices).toEqual([`refused a connection from 127.0.0.1: ${reason}`]);
  });

  test('one who dials wrongly again and again is told of once', async () => {
    const { node, port } = await openLonely();
    for (let i = 0; i < 5; i++) {
      const socket = await rawSocket(port);
      socket.write(frame(encodeHello({ cluster: CLUSTER, from: null, to: 1 })));
      socket.resume();
      await closed(socket);
    }
    expect(node.notices).toHaveLength(1);
  });

  test('one who stops reading costs a bounded queue, and the others nothing', async () => {
    const { node, port } = await openLonely();
    const socket = await greetedSocket(port);
    socket.write(frame(Buffer.from('message listening')));
    const { from } = await node.heard((one) => one.message === 'listening');
    socket.pause();
    const large = 'x'.repeat(3000);
    for (let i = 0; i < 20_000; i++) node.net.send(from, large);
    await expectServing(node, port);
    // What was queued arrives once the stranger reads on; the rest, most of 60 MB, was dropped.
    let bytes = 0;
    socket.on('data', (chunk) => (bytes += chunk.length));
    socket.resume();
    while (bytes < 16 << 20) await once(socket, 'data');
    node.close();
    await closed(socket);
    expect(bytes).toBeLessThan(40 << 20);
  });

  test('a connection cut in the middle of a frame leaves nothing behind', async () => {
    const { node, port } = await openLonely();
    const socket = await greetedSocket(port);
    socket.write(frame(Buffer.from('message cut off')).subarray(0, 9));
    socket.end();
    socket.resume();
    await closed(socket);
    await expectServing(node, port);
    expect(node.received.map((one) => one.message)).not.toContain('cut off');
  });
});
