/**
 * A hunt: one worker thread runs seeds of one bundle until a run fails, watched from outside.
 *
 * A mutated core may do what no run of a sound one does: loop for ever, eat all memory, or throw as
 * it loads. None of that may stop the hunter, so the worker is given its own memory limit, notes in
 * shared memory which seed it is at, and is ended when that does not change for `patienceMillis`.
 * Such ends count as failures: `hang`, `memory`, `crash`.
 *
 * Cost: a worker's start, some 100 ms, once a hunter and again after each such end.
 */
import { Worker } from 'node:worker_threads';
import type { ShrinkWork, Shrunk, WorkerReply, WorkRange } from './pool.ts';
import { progressCell, watchStillness } from './stillness.ts';
import type { Failure } from './tally.ts';

const HEAP_MIB_MAX = 512;
/** Seeds per message to the worker: enough to forget the cost of the message. */
const RANGE_SEEDS = 64;

export interface HuntOptions {
  readonly from: number;
  readonly count: number;
  readonly scenario: string | null;
}

export class Hunter {
  readonly #bundle: URL;
  readonly #patienceMillis: number;
  /** How far the worker is in its range. */
  readonly #progress: Int32Array = progressCell();
  #worker: Worker | null = null;

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
    const worker = this.#worker;
    this.#worker = null;
    if (worker !== null) await worker.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#bundle, {
      workerData: { progress: this.#progress },
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
    });
    // An error that comes when nobody waits any more must not end the process.
    worker.on('error', () => undefined);
    this.#worker = worker;
    return worker;
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

  /** Gives the worker a task. `onDeath` says what it means that the worker had to be ended. */
  #ask<T>(
    task: WorkRange | ShrinkWork,
    onReply: (reply: WorkerReply) => { readonly answer: T } | null,
    onDeath: (invariant: string, message: string) => T,
  ): Promise<T> {
    Atomics.store(this.#progress, 0, 0);
    const worker = this.#worker ?? this.#start();
    return new Promise((resolve) => {
      const settle = (answer: T): void => {
        unwatch();
        worker.off('error', onError);
        worker.off('message', onMessage);
        resolve(answer);
      };
      const die = (invariant: string, message: string): void => {
        const answer = onDeath(invariant, message);
        void this.close().then(() => settle(answer));
      };
      const onError = (error: Error & { readonly code?: string }): void => {
        const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
        die(memory ? 'memory' : 'crash', error.message);
      };
      const onMessage = (reply: WorkerReply): void => {
        const done = onReply(reply);
        if (done !== null) settle(done.answer);
      };
      const onStill = (): void => die('hang', 'the run did not end');
      const unwatch = watchStillness(this.#progress, this.#patienceMillis, onStill);
      worker.on('error', onError);
      worker.on('message', onMessage);
      worker.postMessage(task);
    });
  }
}
