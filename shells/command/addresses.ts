/** The ports that are used where nobody says others: one server's three stand side by side. */
import type { Member } from '../config/config.ts';
import type { Endpoint } from '../tcp-network.ts';
import { CommandError } from './usage.ts';

export const DEFAULT_ADDRESS = '127.0.0.1:3000';
/** Between the servers of a local cluster. */
export const PORTS_APART = 10;
const PORT_MAX = 0xffff;

/** The other two ports of a member are the two after its clients'. */
export function memberAt(client: Endpoint): Member {
  const { host, port } = client;
  if (port + 2 > PORT_MAX) {
    throw new CommandError(`port ${port} is too high: the two after it are used as well`);
  }
  return { client, peer: { host, port: port + 1 }, http: { host, port: port + 2 } };
}

/** Of a local cluster's servers, the first at `first`. */
export function localAddresses(first: Endpoint, count: number): readonly Endpoint[] {
  const { host, port } = first;
  return Array.from({ length: count }, (_, i) => ({ host, port: port + i * PORTS_APART }));
}
