/** The client's command: arguments, and what it says without a cluster. */
import { describe, expect, test } from 'vitest';
import { PRODUCTION } from '../core/limits.ts';
import { parseCommand, runClient } from './client-command.ts';
import { freePorts } from './testing/ports.ts';

const HEX = '0123456789abcdef0123456789abcdef';
const WHERE = ['--peers=a:1,b:2', `--cluster=${HEX}`];

describe('arguments', () => {
  test('that are right', () => {
    expect(parseCommand([...WHERE, 'append', '7', 'orders'])).toMatchObject({
      verb: 'append',
      tenant: 7,
      stream: 'orders',
      peers: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
    });
    expect(parseCommand([...WHERE, 'create-tenant', '7'])).toMatchObject({ tenant: 7, stream: '' });
  });

  test.each([
    [['append', '7', 'orders'], '--peers'],
    [['--peers=a:1', 'append', '7', 'orders'], '--cluster'],
    [[...WHERE], 'usage'],
    [[...WHERE, 'drop', '7', 'orders'], 'usage'],
    [[...WHERE, 'append', '7'], 'usage'],
    [[...WHERE, 'append', '7', 'orders', 'more'], 'usage'],
    [[...WHERE, 'create-tenant', '7', 'more'], 'usage'],
    [[...WHERE, 'read', 'seven', 'orders'], '"seven" is no tenant number'],
    [[...WHERE, '--verbose', 'read', '7', 'orders'], '--verbose'],
  ])('%j', async (argv, message) => {
    const said: string[] = [];
    const code = await runClient(argv, {
      limits: PRODUCTION,
      print: () => expect.unreachable('nothing was done'),
      complain: (line) => void said.push(line),
      input: () => expect.unreachable('nothing is read'),
    });
    expect(code).toBe(2);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(message);
  });
});

test('without a cluster the outcome is unknown, and that is said', async () => {
  const [port] = await freePorts(1);
  const said: string[] = [];
  const argv = [`--peers=127.0.0.1:${port}`, `--cluster=${HEX}`, 'create-tenant', '7'];
  const code = await runClient(argv, {
    limits: PRODUCTION,
    print: () => expect.unreachable('nothing was done'),
    complain: (line) => void said.push(line),
    input: () => expect.unreachable('nothing is read'),
    timeoutMillis: 20,
  });
  expect(code).toBe(1);
  expect(said).toEqual(['the write timed out']);
});
