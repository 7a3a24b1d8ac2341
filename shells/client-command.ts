/**
 * The client as a command: create a tenant, append lines of standard input as events, read a
 * stream. Enough to try a cluster by hand; the service's own command is a matter of its own.
 *
 * Exit codes: 0 done; 1 the cluster refused, or the outcome is unknown; 2 usage.
 */
import { parseArgs } from 'node:util';
import { POSITION_ANY } from '../core/kernel/operation.ts';
import type { Limits } from '../core/limits.ts';
import type { Hash128 } from '../core/types/hash128.ts';
import { parse128 } from '../core/types/hash128.ts';
import { Client } from './client.ts';
import { parseEndpoint } from './cluster-network.ts';
import type { Endpoint } from './tcp-network.ts';

const USAGE =
  'usage: client --peers HOST:PORT,… --cluster HEX ' +
  '(create-tenant TENANT | append TENANT STREAM | read TENANT STREAM)';
const READ_EVENTS = 1000;

export interface ClientEnvironment {
  readonly limits: Limits;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
  /** All of standard input; asked for by `append` only. */
  readonly input: () => Promise<string>;
  readonly timeoutMillis?: number;
}

interface Command {
  readonly peers: readonly Endpoint[];
  readonly cluster: Hash128;
  readonly verb: 'create-tenant' | 'append' | 'read';
  readonly tenant: number;
  readonly stream: string;
}

export async function runClient(
  argv: readonly string[],
  environment: ClientEnvironment,
): Promise<number> {
  const command = parseCommand(argv);
  if (typeof command === 'string') {
    environment.complain(command);
    return 2;
  }
  const client = await Client.open({ ...command, ...environment });
  try {
    await carryOut(command, client, environment);
    return 0;
  } catch (error) {
    environment.complain((error as Error).message);
    return 1;
  } finally {
    client.close();
  }
}

/** The command, or one line that says what is wrong with it. */
export function parseCommand(argv: readonly string[]): Command | string {
  let parsed: { values: { peers?: string; cluster?: string }; positionals: string[] };
  try {
    const options = { peers: { type: 'string' }, cluster: { type: 'string' } } as const;
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    return `${(error as Error).message.split('\n')[0]}; ${USAGE}`;
  }
  const { values, positionals } = parsed;
  const peers = (values.peers ?? '').split(',').map(parseEndpoint);
  const good = peers.filter((peer) => peer !== null);
  if (good.length !== peers.length) return `--peers: give a list of HOST:PORT; ${USAGE}`;
  const cluster = parse128(values.cluster ?? '');
  if (cluster === undefined) return `--cluster: give 32 hex digits; ${USAGE}`;
  const [verb, tenant = '', stream = '', ...rest] = positionals;
  const wanted = verb === 'create-tenant' ? 2 : 3;
  if (verb !== 'create-tenant' && verb !== 'append' && verb !== 'read') return USAGE;
  if (positionals.length !== wanted || rest.length > 0) return USAGE;
  if (!/^\d{1,9}$/.test(tenant)) return `"${tenant}" is no tenant number; ${USAGE}`;
  return { peers: good, cluster, verb, tenant: Number(tenant), stream };
}

async function carryOut(
  { verb, tenant, stream }: Command,
  client: Client,
  { print, input }: ClientEnvironment,
): Promise<void> {
  const name = new Uint8Array(Buffer.from(stream));
  if (verb === 'create-tenant') {
    await client.createTenant(tenant);
    print(`tenant ${tenant} created`);
  } else if (verb === 'append') {
    const lines = (await input()).split('\n').filter((line) => line !== '');
    for (const line of lines) {
      const events = [new Uint8Array(Buffer.from(line))];
      const request = { stream: name, expectedPosition: POSITION_ANY, events };
      const { first, position } = await client.append(tenant, request);
      print(`event ${first} of ${stream}, position ${position} of tenant ${tenant}`);
    }
  } else {
    for (let from = 0; ;) {
      const page = await client.read(tenant, name, from, READ_EVENTS);
      for (const event of page.events) print(Buffer.from(event).toString());
      from += page.events.length;
      if (from >= page.length || page.events.length === 0) return;
    }
  }
}
