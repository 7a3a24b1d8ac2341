/**
 * Many connections that say HELLO and then nothing, held by another process: a process may have
 * only so many descriptors.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

const SCRIPT = `
const { createConnection } = require('node:net');
const [port, count, hello] = process.argv.slice(1);
let open = 0;
let welcomed = 0;
function next() {
  if (open >= Number(count)) return;
  open += 1;
  const socket = createConnection({ host: '127.0.0.1', port: Number(port) });
  socket.on('error', (error) => { console.log('error ' + error.message); process.exit(1); });
  socket.on('close', () => { console.log('error closed'); process.exit(1); });
  socket.on('connect', () => socket.write(Buffer.from(hello, 'hex')));
  socket.once('data', () => {
    welcomed += 1;
    if (welcomed === Number(count)) console.log('welcomed');
    next();
  });
}
for (let i = 0; i < 64; i += 1) next();
`;

/** Resolves when all are welcomed; rejects with what went wrong. */
export async function idleClients(
  port: number,
  count: number,
  hello: Uint8Array,
): Promise<ChildProcess> {
  const hex = Buffer.from(hello).toString('hex');
  const argv = ['-e', SCRIPT, String(port), String(count), hex];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'welcomed') return child;
    child.kill();
    throw new Error(line);
  }
  throw new Error('the clients ended');
}
