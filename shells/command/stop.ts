/**
 * `kimberlite stop DIR`: asks the server, or the servers, of a directory on this machine to end,
 * and waits until they have. Who has a directory stands in its lock (`directory-lock.ts`), so that
 * no file with a process id can be stale.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DATA_FOLDER } from '../config/config.ts';
import { readConfig } from '../config/read-config.ts';
import { lockHolder } from '../directory-lock.ts';
import { say, sayJson } from './print.ts';
import { CommandError, EXIT_DONE, EXIT_FAILED, once, wholeNumber } from './usage.ts';

const LOOK_MILLIS = 20;
const SECONDS_MAX = 3600;

export interface StopArguments {
  readonly directory?: unknown;
  readonly timeout?: unknown;
  readonly json?: unknown;
}

/** Directories whose locks say who runs here: a cluster's own first, which stops the others. */
function lockedPlaces(directory: string): readonly string[] {
  const config = readConfig(directory);
  if (config.kind === 'server') return [join(directory, DATA_FOLDER)];
  const data = config.replicas.map((folder) => join(directory, folder, DATA_FOLDER));
  return [directory, ...data].filter((place) => existsSync(place));
}

export async function stopCommand(args: StopArguments): Promise<number> {
  const directory = once('directory', args.directory) ?? '';
  const seconds = wholeNumber('timeout', args.timeout, 1, SECONDS_MAX);
  const places = lockedPlaces(directory);
  const deadline = performance.now() + seconds * 1000;
  const asked: Set<number> = new Set();
  for (const place of places) {
    // One at a time: a cluster's supervisor ends its servers itself.
    for (let pid = holderOf(place); pid !== null; pid = holderOf(place)) {
      if (!asked.has(pid)) signal(pid, directory);
      asked.add(pid);
      if (performance.now() > deadline) throw tooSlow(pid, seconds);
      await sleep(LOOK_MILLIS);
    }
  }
  if (asked.size === 0) throw new CommandError(`nothing runs on ${directory}`, EXIT_FAILED);
  if (args.json === true) sayJson({ directory, stopped: [...asked] });
  else say(`stopped ${directory}`);
  return EXIT_DONE;
}

function holderOf(place: string): number | null {
  try {
    return lockHolder(place);
  } catch (error) {
    throw new CommandError(`${place} cannot be read: ${(error as Error).message}`);
  }
}

function signal(pid: number, directory: string): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Gone between the look and the signal.
    if (code === 'ESRCH') return;
    throw new CommandError(`process ${pid} has ${directory}: ${message}; ask its owner`);
  }
}

function tooSlow(pid: number, seconds: number): CommandError {
  return new CommandError(
    `process ${pid} has not ended within ${seconds} s; kill -9 ${pid} loses nothing that was ` +
      'acknowledged',
    EXIT_FAILED,
  );
}
