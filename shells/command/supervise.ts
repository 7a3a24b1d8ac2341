/**
 * Runs the servers of a local cluster, a child process each, and says what they say, with their
 * names. None is started again silently: when one dies it is said who, how, and how to start it.
 * Ends when it is asked to, or when the last one has died.
 *
 * The children end with their supervisor, however it ends: the channel between them closes.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ClusterConfig } from '../config/config.ts';
import { lockDirectory } from '../directory-lock.ts';
import { say, tell } from './print.ts';
import { CommandError, EXIT_DONE, EXIT_FAILED, quotePath } from './usage.ts';

/** What a child tells its supervisor once clients may come. */
export const READY_MESSAGE = 'ready';

interface Child {
  readonly folder: string;
  readonly process: ChildProcess;
  ready: boolean;
  ended: boolean;
}

export interface Supervision {
  readonly directory: string;
  readonly config: ClusterConfig;
  /** Resolves when the process is asked to end. */
  readonly ended: Promise<void>;
  /** Called once, when every server is ready that has not ended. */
  readonly onReady: (count: number) => void;
}

/** Returns the exit code. Throws `CommandError` when the cluster runs already. */
export async function supervise(supervision: Supervision): Promise<number> {
  const { directory, config, ended, onReady } = supervision;
  const lock = lockDirectory(directory);
  if (typeof lock === 'string') {
    throw new CommandError(`${directory} runs already: ${lock}; stop it first, or use it`);
  }
  let stopping = false;
  let isReady = false;
  const children: Child[] = [];
  try {
    const ends = config.replicas.map((folder) => {
      const child = start(directory, folder);
      children.push(child);
      return follow(child, directory, () => stopping, onChange);
    });
    void ended.then(() => {
      stopping = true;
      for (const child of children) if (!child.ended) child.process.kill('SIGTERM');
    });
    const wells = await Promise.all(ends);
    return stopping && wells.every((well) => well) ? EXIT_DONE : EXIT_FAILED;
  } finally {
    lock.release();
  }

  function onChange(): void {
    const count = children.filter(({ ready, ended: isOver }) => ready && !isOver).length;
    const isSettled = children.every(({ ready, ended: isOver }) => ready || isOver);
    if (isReady || !isSettled || count === 0 || stopping) return;
    isReady = true;
    onReady(count);
  }
}

function start(directory: string, folder: string): Child {
  const script = fileURLToPath(new URL(import.meta.url));
  const entry = process.argv[1] ?? script;
  const child = fork(entry, ['start', join(directory, folder)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  return { folder, process: child, ready: false, ended: false };
}

/** Resolves when it has ended: whether by our wish and well, or earlier, which was said then. */
function follow(
  child: Child,
  directory: string,
  isStopping: () => boolean,
  onChange: () => void,
): Promise<boolean> {
  const { folder, process: running } = child;
  createInterface(running.stdout!).on('line', (line) => say(`${folder} | ${line}`));
  createInterface(running.stderr!).on('line', (line) => tell(`${folder} | ${line}`));
  running.on('message', (message) => {
    if (message !== READY_MESSAGE || child.ready) return;
    child.ready = true;
    onChange();
  });
  return new Promise((resolve) => {
    running.on('error', (error) => tell(`${folder}: ${error.message}`));
    running.on('close', (code, signal) => {
      child.ended = true;
      if (!isStopping()) {
        const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
        const again = `kimberlite start ${quotePath(join(directory, folder))}`;
        tell(`${folder} ${how}; start it again with: ${again}`);
      }
      onChange();
      resolve(!isStopping() || code === 0);
    });
  });
}
