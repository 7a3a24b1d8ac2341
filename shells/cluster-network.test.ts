/** Addresses as people write them, and protocol messages over a real connection. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { PRODUCTION } from '../core/limits.ts';
import type { Address } from '../core/ports.ts';
import { make128 } from '../core/types/hash128.ts';
import { PING, START_VIEW_CHANGE } from '../core/vsr/message.ts';
import type { Message } from '../core/vsr/message.ts';
import { openClusterNetwork, parseEndpoint } from './cluster-network.ts';
import { freePorts } from './testing/ports.ts';

describe('an address', () => {
  test.each([
    ['127.0.0.1:4000', { host: '127.0.0.1', port: 4000 }],
    ['db-1.example:65535', { host: 'db-1.example', port: 65535 }],
    ['[::1]:4000', { host: '::1', port: 4000 }],
  ])('%s', (text, expected) => expect(parseEndpoint(text)).toEqual(expected));

  test.each([
    '',
    'host',
    'host:',
    ':4000',
    'host:0',
    'host:65536',
    '::1:4000',
    'a:b',
    'h:1 ',
    '[]:1',
  ])('"%s" is none', (text) => expect(parseEndpoint(text)).toBeNull());
});

describe('messages', () => {
  test('of the protocol cross as bytes and arrive equal', async () => {
    const cluster = make128(1, 2, 3, 4);
    const ports = await freePorts(2);
    const peers = ports.map((port) => ({ host: '127.0.0.1', port }));
    const received: { from: Address; message: Message }[] = [];
    const open = async (self: number, onMessage: (from: Address, message: Message) => void) => {
      const network = await openClusterNetwork({
        cluster,
        self,
        peers,
        limits: PRODUCTION,
        onMessage,
      });
      onTestFinished(() => network.close());
      return network;
    };
    let heard: () => void = () => undefined;
    const all = new Promise<void>((resolve) => (heard = resolve));
    const sender = await open(0, () => undefined);
    await open(1, (from, message) => {
      if (received.push({ from, message }) === 2) heard();
    });
    while (!sender.connectedTo(1)) await new Promise((resolve) => setImmediate(resolve));
    const ping: Message = { kind: PING, view: 7, monotonic: 12345, checkpoint: 64, release: 1 };
    const change: Message = { kind: START_VIEW_CHANGE, view: 8 };
    sender.send(1, ping);
    sender.send(1, change);
    await all;
    expect(received).toEqual([
      { from: 0, message: ping },
      { from: 0, message: change },
    ]);
  });
});
