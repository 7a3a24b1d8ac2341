/**
 * A hunt: one process runs seeds of one bundle until a run fails, watched from outside.
 *
 * A mutated core may do what no run of a sound one does: loop for ever, eat all memory, or throw as
 * it loads. None of that may stop the hunter, so what it hunts runs in a process of its own, with a
 * limit to its heap (a thread's limit does not hold where one allocation goes far past it: V8 then
 * ends the process). It tells at which seed it is, and is killed when that does not change for
 * `patienceMillis`. Such ends count as failures: `hang`, `memory`, `crash`.
 *
 * Cost: a process's start, some 150 ms, once a hunter and again after each such end.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { ShrinkWork, Shrunk, WorkerReply, WorkRange } from './pool.ts';
import { progressCell, watchStillness } from './stillness.ts';
import type { Failure } from './tally.ts';

const HEAP_MIB_MAX = 512;
/** Of what a dying process says, only the end is kept. */
const LAST_WORDS_MAX = 4096;
/** Seeds per message to the process: enough to forget the cost of the message. */
const RANGE_SEEDS = 64;

export interface HuntOptions {
  readonly from: number;
  readonly count: number;
  readonly scenario: string | null;
}

export class Hunter {
  readonly #bundle: URL;
  readonly #patienceMillis: number;
  /** How far the process is in its range. */
  readonly #progress: Int32Array = progressCell();
  #process: ChildProcess | null = null;
  /** Whether the place of a generated bug was reached, as far as the process lived to say so. */
  reached = false;

  constructor(bundle: URL, patienceMillis: number) {
    this.#bundle = bundle;
    this.#patienceMillis = patienceMillis;
  }

  /** The first seed that fails, in order; null when all of them pass. */
  async firstFailure({ from, count, scenario }: HuntOptions): Promise<Failure | null> {
    const end = from + count;
    for (let next = from; next < end; next += RANGE_SEEDS) {
      const range = { from: next, count: Math.min(RANGE_SEEDS, end - next), scenario };
      const failure = await this.#run({ ...range, stopAtFailure: true });
      if (failure !== null) return failure;
    }
    return null;
  }

  async close(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    await gone;
  }

  #start(): ChildProcess {
    const child = fork(this.#bundle, {
      execArgv: [`--max-old-space-size=${HEAP_MIB_MAX}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    // An error that comes when nobody waits any more must not end the hunter.
    child.on('error', () => undefined);
    this.#process = child;
    return child;
  }

  /** Makes a failing seed small; null when a candidate hangs, or eats all memory. */
  shrink(seed: number, scenario: string | null, millis: number): Promise<Shrunk | null> {
    return this.#ask<Shrunk | null>(
      { shrink: seed, scenario, millis },
      (reply) => (reply.kind === 'shrunk' ? { answer: reply.shrunk } : null),
      () => null,
    );
  }

  #run(range: WorkRange): Promise<Failure | null> {
    return this.#ask<Failure | null>(
      range,
      (reply) => (reply.kind === 'done' ? { answer: reply.tally.failures[0] ?? null } : null),
      (invariant, message) => {
        return { seed: range.from + Atomics.load(this.#progress, 0), invariant, message };
      },
    );
  }

  /** Gives the process a task. `onDeath` says what it means that it ended, or had to be. */
  #ask<T>(
    task: WorkRange | ShrinkWork,
    onReply: (reply: WorkerReply) => { readonly answer: T } | null,
    onDeath: (invariant: string, message: string) => T,
  ): Promise<T> {
    Atomics.store(this.#progress, 0, 0);
    const known = this.#process;
    // One that ended after its last answer would never answer again.
    const child = known?.connected === true ? known : this.#start();
    let lastWords = '';
    return new Promise((resolve) => {
      const settle = (answer: T): void => {
        unwatch();
        child.stderr?.off('data', onWords);
        child.off('close', onClose);
        child.off('message', onMessage);
        resolve(answer);
      };
      const die = (invariant: string, message: string): void => {
        child.off('close', onClose);
        const answer = onDeath(invariant, message);
        void this.close().then(() => settle(answer));
      };
      const onWords = (words: Buffer): void => {
        lastWords = `${lastWords}${words.toString()}`.slice(-LAST_WORDS_MAX);
      };
      const onClose = (): void => {
        const memory = lastWords.includes('heap out of memory');
        die(memory ? 'memory' : 'crash', errorIn(lastWords));
      };
      const onMessage = (reply: WorkerReply): void => {
        if (reply.kind === 'at') Atomics.store(this.#progress, 0, reply.at);
        if (reply.kind === 'done') this.reached ||= reply.reached;
        const done = onReply(reply);
        if (done !== null) settle(done.answer);
      };
      const onStill = (): void => die('hang', 'the run did not end');
      const unwatch = watchStillness(this.#progress, this.#patienceMillis, onStill);
      child.stderr?.on('data', onWords);
      child.on('close', onClose);
      child.on('message', onMessage);
      child.send(task);
    });
  }
}

/** The message of the error that ended a process, of what it wrote last. */
function errorIn(words: string): string {
  const said = /^(?:[\w$]*Error|FATAL ERROR): (.*)$/m.exec(words);
  return said?.[1] ?? 'the process ended';
}
