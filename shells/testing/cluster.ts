/**
 * A cluster of real processes on loopback: format, start, kill, and wait for what they report.
 * Nothing here sleeps: everything waits for a line, a report, or an exit.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Inspection } from '../../core/node.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { hex128 } from '../../core/types/hash128.ts';
import type { Endpoint } from '../tcp-network.ts';

export type Report = Readonly<Inspection>;

/** What a process said and how it ended. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

export interface Replica {
  readonly index: number;
  process: ChildProcess | null;
  /** Newest view in which it said to be the primary; -1: none. */
  primaryOf: number;
  report: Report | null;
  readonly lines: string[];
}

export interface ClusterOptions {
  readonly script: string;
  readonly directory: string;
  readonly cluster: Hash128;
  readonly ports: readonly number[];
}

interface Waiter {
  readonly condition: () => boolean;
  readonly done: () => void;
}

export class TestCluster {
  readonly replicas: readonly Replica[];
  readonly peers: readonly Endpoint[];
  private readonly options: ClusterOptions;
  private readonly began: number = performance.now();
  private readonly waiters: Set<Waiter> = new Set();
  /** Rejects when a process ends that nobody killed. */
  readonly broken: Promise<never>;
  private break: (error: Error) => void = () => undefined;

  constructor(options: ClusterOptions) {
    this.options = options;
    this.peers = options.ports.map((port) => ({ host: '127.0.0.1', port }));
    this.replicas = options.ports.map((_, index) => newReplica(index));
    this.broken = new Promise((_, reject) => (this.break = reject));
    this.broken.catch(() => undefined);
  }

  directoryOf(index: number): string {
    return join(this.options.directory, `replica-${index}`);
  }

  /** The arguments of a replica; `more` may override or add to them. */
  arguments(index: number, more: Readonly<Record<string, string>> = {}): string[] {
    const flags = {
      directory: this.directoryOf(index),
      replica: String(index),
      peers: this.options.ports.map((port) => `127.0.0.1:${port}`).join(','),
      cluster: hex128(this.options.cluster),
      ...more,
    };
    return Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  }

  /** Runs a process to its end. */
  async run(argv: readonly string[]): Promise<Ending> {
    const child = fork(this.options.script, argv, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    const stdout: string[] = [];
    const stderr: string[] = [];
    createInterface(child.stdout!).on('line', (line) => stdout.push(line));
    createInterface(child.stderr!).on('line', (line) => stderr.push(line));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  }

  async format(): Promise<void> {
    const all = this.replicas.map(({ index }) => this.run([...this.arguments(index), '--format']));
    for (const { code, stderr } of await Promise.all(all)) {
      if (code !== 0) throw new Error(`format: exit ${code}: ${stderr.join(' ')}`);
    }
  }

  /** Resolves when the process says that it runs. */
  async start(index: number, ...more: string[]): Promise<void> {
    const replica = this.replicas[index]!;
    const argv = [...this.arguments(index), ...more];
    const child = fork(this.options.script, argv, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    replica.process = child;
    replica.primaryOf = -1;
    replica.report = null;
    child.on('message', (report: Report) => {
      replica.report = report;
      this.changed();
    });
    child.on('exit', (code, signal) => {
      if (replica.process !== child) return;
      replica.process = null;
      this.break(new Error(`replica ${index} ended: ${code ?? signal}\n${this.describe()}`));
    });
    const running = new Promise<void>((resolve) => {
      createInterface(child.stdout!).on('line', (line) => {
        this.note(replica, line);
        if (line.startsWith('running')) resolve();
      });
    });
    createInterface(child.stderr!).on('line', (line) => this.note(replica, line));
    await Promise.race([running, this.broken]);
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(index: number): Promise<void> {
    const replica = this.replicas[index]!;
    const child = replica.process;
    if (child === null) return;
    replica.process = null;
    replica.primaryOf = -1;
    this.note(replica, 'killed');
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async killAll(): Promise<void> {
    await Promise.all(this.replicas.map(({ index }) => this.kill(index)));
  }

  isUp(index: number): boolean {
    return this.replicas[index]!.process !== null;
  }

  /** The living replica that was the last to say that it is the primary; -1: none. */
  primary(): number {
    const best = this.replicas.reduce((a, b) => (b.primaryOf > a.primaryOf ? b : a));
    return best.primaryOf < 0 ? -1 : best.index;
  }

  /** From now on all living processes report each change of their state. */
  watch(): void {
    for (const { process } of this.replicas) process?.send('watch');
  }

  /** Resolves when `condition` holds, which is asked after every report and line. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    let waiter: Waiter | null = null;
    const held = new Promise<void>((done) => {
      waiter = { condition, done };
      this.waiters.add(waiter);
    });
    await Promise.race([held, this.broken]).finally(() => this.waiters.delete(waiter!));
  }

  /** What everybody is doing now, for a failing test. */
  async diagnose(): Promise<string> {
    for (const replica of this.replicas) replica.report = null;
    this.watch();
    const told = ({ process, report }: Replica): boolean => process === null || report !== null;
    await this.until(() => this.replicas.every(told)).catch(() => undefined);
    return this.describe();
  }

  /** What everybody said last. */
  describe(): string {
    return this.replicas
      .map(({ index, process, lines, report }) => {
        const state = process === null ? 'down' : 'up';
        const last = lines.slice(-14).map((line) => `\n    ${line}`);
        return `  replica ${index} (${state}): ${JSON.stringify(report)}${last.join('')}`;
      })
      .join('\n');
  }

  private note(replica: Replica, line: string): void {
    const seconds = (performance.now() - this.began) / 1000;
    replica.lines.push(`${seconds.toFixed(3)} ${line}`);
    const primary = /^view (\d+): primary$/.exec(line);
    const view = /^view (\d+):/.exec(line);
    if (primary !== null) replica.primaryOf = Number(primary[1]);
    else if (view !== null) replica.primaryOf = -1;
    this.changed();
  }

  private changed(): void {
    for (const { condition, done } of this.waiters) if (condition()) done();
  }
}

function newReplica(index: number): Replica {
  return { index, process: null, primaryOf: -1, report: null, lines: [] };
}
