/**
 * One process at a time in a data directory.
 *
 * Each process puts a file of its own beside the data, named after what tells it from every other
 * process that this kernel has run or will run: boot, pid namespace, pid, start time. Then it looks
 * at the others' files. A live one wins: we withdraw. A dead one is removed; its name will never be
 * used again, so that this cannot hit a newcomer. Two that start together see each other and may
 * both withdraw, never both stay: each put its own file there before it looked.
 *
 * Where there is no /proc (macOS), a process is known by its pid alone: a stale lock whose pid was
 * given to another process is taken for a live one, and the message says which file to remove.
 *
 * Not covered: processes of other machines, or of other pid namespaces (containers), on one shared
 * directory. Their locks are taken for stale ones.
 */
import { readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PREFIX = '.lock-';

export interface DirectoryLock {
  release(): void;
}

/** A string says who has the directory. Throws the system's error when it cannot be written. */
export function lockDirectory(directory: string): DirectoryLock | string {
  const boot = bootName();
  const own = `${PREFIX}${boot}-${process.pid}-${startTime(process.pid) ?? 0}`;
  const path = join(directory, own);
  writeFileSync(path, '', { mode: 0o600 });
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(PREFIX) || name === own) continue;
    const holder = readName(name);
    if (holder !== null && holder.boot === boot && alive(holder)) {
      rmSync(path, { force: true });
      return `process ${holder.pid} has it open (${name})`;
    }
    rmSync(join(directory, name), { force: true });
  }
  return { release: () => rmSync(path, { force: true }) };
}

/** The process that has the directory; null: none. Changes nothing; throws the system's errors. */
export function lockHolder(directory: string): number | null {
  const boot = bootName();
  for (const name of readdirSync(directory)) {
    const holder = name.startsWith(PREFIX) ? readName(name) : null;
    if (holder !== null && holder.boot === boot && alive(holder)) return holder.pid;
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
  const parts = /^\.lock-(\w+)-(\d+)-(\d+)$/.exec(name);
  if (parts === null) return null;
  return { boot: parts[1]!, pid: Number(parts[2]), started: Number(parts[3]) };
}

function alive({ pid, started }: Holder): boolean {
  const now = startTime(pid);
  if (now !== null) return now === started;
  if (startTime(process.pid) !== null) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
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
