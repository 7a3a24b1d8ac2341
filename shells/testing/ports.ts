/**
 * Free ports on loopback. Taken below the range from which systems give outgoing connections their
 * ports: a replica's port must stay free while the replica is dead.
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const PORT_MIN = 15_000;
const PORT_MAX = 32_000;
const TRIES_MAX = 200;

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  for (let tries = 0; found.length < count && tries < TRIES_MAX; tries++) {
    const port = randomInt(PORT_MIN, PORT_MAX);
    if (!found.includes(port) && (await isFree(port))) found.push(port);
  }
  if (found.length < count) throw new Error(`no ${count} free ports in ${TRIES_MAX} tries`);
  return found;
}
