/**
 * One at a time in a data directory.
 *
 * Each who wants it puts a file of its own beside the data, named after what tells its process from
 * every other that this kernel has run or will run (boot, pid namespace, pid, start time), and by a
 * random number, because a process may ask twice: from its threads, or from two copies of this
 * module. Then it looks at the others' files. A live one wins: we withdraw. A dead one is removed;
 * its name will never be used again, so that this cannot hit a newcomer. Two that start together
 * see each other and may both withdraw, never both stay: each put its own file there before it
 * looked.
 *
 * A lock is held by keeping its file open: one of our own process that no descriptor is open on was
 * left behind by a thread that was terminated.
 *
 * Where there is no /proc (macOS), a process is known by its pid alone: a stale lock whose pid was
 * given to another process is taken for a live one, and so is one that a terminated thread left;
 * the message says which file to remove.
 *
 * Not covered: processes of other machines, or of other pid namespaces (containers), on one shared
 * directory. Their locks are taken for stale ones.
 */
import { randomInt } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

const PREFIX = '.lock-';
const RANDOM_END = 0x1_0000_0000;

export interface DirectoryLock {
  release(): void;
}

/** A string says who has the directory. Throws the system's error when it cannot be written. */
export function lockDirectory(directory: string): DirectoryLock | string {
  const boot = bootName();
  const started = startTime(process.pid) ?? 0;
  const own = `${PREFIX}${boot}-${process.pid}-${started}-${randomInt(RANDOM_END)}`;
  const path = join(directory, own);
  const descriptor = openSync(path, 'wx', 0o600);
  let held = true;
  const release = (): void => {
    if (!held) return;
    held = false;
    rmSync(path, { force: true });
    closeSync(descriptor);
  };
  try {
    for (const name of readdirSync(directory)) {
      if (!name.startsWith(PREFIX) || name === own) continue;
      const holder = readName(name);
      if (holder !== null && holder.boot === boot && alive(directory, name, holder)) {
        release();
        const which = holder.pid === process.pid ? 'this one' : name;
        return `process ${holder.pid} has it open (${which})`;
      }
      rmSync(join(directory, name), { force: true });
    }
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

/** The process that has the directory; null: none. Changes nothing; throws the system's errors. */
export function lockHolder(directory: string): number | null {
  const boot = bootName();
  for (const name of readdirSync(directory)) {
    const holder = name.startsWith(PREFIX) ? readName(name) : null;
    if (holder !== null && holder.boot === boot && alive(directory, name, holder)) {
      return holder.pid;
    }
  }
  return null;
}

interface Holder {
  readonly boot: string;
  readonly pid: number;
  readonly started: number;
}

/** Null when the name is not one that we write: nobody holds anything by it. */
function readName(name: string): Holder | null {
  const parts = /^\.lock-(\w+)-(\d+)-(\d+)(?:-\d+)?$/.exec(name);
  if (parts === null) return null;
  return { boot: parts[1]!, pid: Number(parts[2]), started: Number(parts[3]) };
}

function alive(directory: string, name: string, { pid, started }: Holder): boolean {
  const now = startTime(pid);
  if (now !== null) {
    return now === started && (pid !== process.pid || isOpenHere(join(directory, name)));
  }
  if (startTime(process.pid) !== null) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether a thread of this process has the file open. */
function isOpenHere(path: string): boolean {
  const wanted = statSync(path, { throwIfNoEntry: false });
  if (wanted === undefined) return false;
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      const { dev, ino } = fstatSync(Number(name));
      if (dev === wanted.dev && ino === wanted.ino) return true;
    } catch {
      // Closed since it was listed; the listing's own is.
    }
  }
  return false;
}

/** Clock ticks from boot to the start of the process; null: no such process, or no /proc. */
function startTime(pid: number): number | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The second field is the command in parentheses, which may contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // State Z: dead, and only not yet waited for by its parent.
  return fields[0] === 'Z' ? null : Number(fields[19]);
}

/** Names this boot of this kernel, and the pid namespace we are in; equal for all who compare. */
function bootName(): string {
  const boot = readOrNull('/proc/sys/kernel/random/boot_id')?.trim().replaceAll('-', '');
  return `${boot ?? 'unknown'}_${namespace()}`;
}

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '');
  } catch {
    return '0';
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
