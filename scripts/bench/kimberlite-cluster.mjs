/**
 * Three Kimberlite servers on this machine, each a process of its own, made and started by the
 * command as people run it. They can be killed and started again one by one.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../bin/kimberlite.mjs', import.meta.url));
/** As `kimberlite init --replicas` gives them: three to a server, servers ten apart. */
const PORTS_APART = 10;
const LINES_KEPT = 50;
const READY = /^(?:ready|running|serving|listening)/;

/** A free port, followed by as many as servers need. Below those of outgoing connections. */
export async function freeBase(servers) {
  for (let tries = 0; tries < 100; tries += 1) {
    const base = 15_000 + Math.floor(Math.random() * 1500) * PORTS_APART;
    const wanted = Array.from({ length: servers }, (_, i) =>
      [0, 1, 2].map((j) => base + i * 10 + j),
    );
    const free = await Promise.all(wanted.flat().map(isFree));
    if (free.every(Boolean)) return base;
  }
  throw new Error('no free ports');
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

export class KimberliteCluster {
  constructor(directory, base, count, command, key) {
    this.directory = directory;
    this.command = command;
    /** The admin's; empty where nobody is asked for one. */
    this.key = key;
    this.addresses = Array.from({ length: count }, (_, i) => `127.0.0.1:${base + i * PORTS_APART}`);
    this.children = this.addresses.map(() => null);
    /** What each said last, for a failure. */
    this.lines = this.addresses.map(() => []);
  }

  /** Makes the directories; nothing runs yet. */
  static async make(directory, { count = 3, command = COMMAND, development = true } = {}) {
    const base = await freeBase(count);
    const flags = ['--replicas', String(count), '--address', `127.0.0.1:${base}`, '--json'];
    if (development) flags.push('--development');
    const made = spawnSync(process.execPath, [command, 'init', directory, ...flags]);
    if (made.status !== 0) throw new Error(`init: ${made.stderr}`);
    const { key } = JSON.parse(String(made.stdout));
    return new KimberliteCluster(directory, base, count, command, key ?? '');
  }

  directoryOf(index) {
    return join(this.directory, `replica-${index}`);
  }

  isUp(index) {
    return this.children[index] !== null;
  }

  async startAll() {
    await Promise.all(this.addresses.map((_, index) => this.start(index)));
  }

  /** Resolves when the server says that it runs; rejects when it ends before. */
  start(index) {
    const child = spawn(process.execPath, [this.command, 'start', this.directoryOf(index)], {
      cwd: dirname(this.directory),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.children[index] = child;
    const lines = this.lines[index];
    return new Promise((resolve, reject) => {
      const note = (line) => {
        lines.push(line);
        if (lines.length > LINES_KEPT) lines.shift();
        if (READY.test(line)) resolve();
      };
      createInterface(child.stdout).on('line', note);
      createInterface(child.stderr).on('line', note);
      child.once('exit', (code, signal) => {
        if (this.children[index] !== child) return;
        this.children[index] = null;
        lines.push(`ended by itself: ${code ?? signal}`);
        reject(new Error(`replica ${index} ended:\n${lines.join('\n')}`));
      });
    });
  }

  /** Resolves when the process is gone. */
  kill(index, signal = 'SIGKILL') {
    const child = this.children[index];
    if (child === null) return Promise.resolve();
    this.children[index] = null;
    return new Promise((resolve) => {
      child.once('exit', resolve);
      child.kill(signal);
    });
  }

  async stop(signal = 'SIGTERM') {
    await Promise.all(this.children.map((_, index) => this.kill(index, signal)));
  }

  /** What everybody said last. */
  describe() {
    const shown = this.lines.map((lines, i) => `replica ${i}:\n  ${lines.slice(-15).join('\n  ')}`);
    return shown.join('\n');
  }
}
