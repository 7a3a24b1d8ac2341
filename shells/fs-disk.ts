/**
 * The `Disk` port over a directory of the operating system. Reads and writes are synchronous system
 * calls (a 4 KiB write costs about 1 µs into the page cache); `sync` is asynchronous, and its
 * completion is handed to `onSynced` on a later turn of the event loop.
 *
 * A sync flushes the file's data, and the directory entries that were created, renamed or removed
 * since the last good sync, so that one completed sync means what the port promises. One that fails
 * leaves those directories dirty: the next sync tries them again.
 */
import {
  closeSync,
  existsSync,
  fdatasync,
  fstatSync,
  fsync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { IO_EIO, IO_ENOSPC, IO_OK, IO_SHORT } from '../core/ports.ts';
import type { Disk, FileId, IoStatus, Ticket } from '../core/ports.ts';

export interface FsDiskOptions {
  readonly directory: string;
  readonly onSynced: (ticket: Ticket, status: IoStatus) => void;
}

interface OpenFile {
  readonly name: string;
  /** -1 once removed. */
  fd: number;
}

export interface FsDisk extends Disk {
  /** Closes all files; completions of syncs still under way are dropped. */
  close(): void;
}

/** Throws the operating system's error if `directory` cannot be made or opened. */
export function openFsDisk(options: FsDiskOptions): FsDisk {
  const root = options.directory;
  mkdirSync(root, { recursive: true });
  const files: OpenFile[] = [];
  const byName = new Map<string, FileId>();
  const dirty = new Set<string>();
  let closed = false;

  const open = (name: string): FileId => {
    const known = byName.get(name);
    if (known !== undefined) return known;
    const path = join(root, name);
    if (!existsSync(path)) {
      makeParents(dirname(path), root, dirty);
      dirty.add(dirname(path));
    }
    const file = { name, fd: openSync(path, existsSync(path) ? 'r+' : 'w+') };
    byName.set(name, files.length);
    files.push(file);
    return files.length - 1;
  };

  const forget = (name: string): void => {
    const id = byName.get(name);
    if (id === undefined) return;
    const file = files[id]!;
    closeSync(file.fd);
    file.fd = -1;
    byName.delete(name);
  };

  return {
    open,
    exists: (name) => byName.has(name) || existsSync(join(root, name)),
    list: (prefix) => listFiles(root, prefix),
    size: (file) => fstatSync(files[file]!.fd).size,
    read: (file, offset, length, into, intoOffset) =>
      attempt(() => readFully(files[file]!.fd, offset, length, into, intoOffset)),
    write: (file, offset, bytes, from, length) =>
      attempt(() => {
        const written = writeSync(files[file]!.fd, bytes, from, length, offset);
        return written === length ? IO_OK : IO_SHORT;
      }),
    truncate: (file, size) =>
      attempt(() => {
        ftruncateSync(files[file]!.fd, size);
        return IO_OK;
      }),
    remove: (name) =>
      attempt(() => {
        forget(name);
        rmSync(join(root, name), { force: true });
        dirty.add(dirname(join(root, name)));
        return IO_OK;
      }),
    rename: (from, to) =>
      attempt(() => {
        forget(from);
        forget(to);
        renameSync(join(root, from), join(root, to));
        dirty.add(dirname(join(root, from))).add(dirname(join(root, to)));
        return IO_OK;
      }),
    sync(file, ticket): void {
      const directories = [...dirty];
      dirty.clear();
      const finish = (error: NodeJS.ErrnoException | null): void => {
        if (error !== null) for (const directory of directories) dirty.add(directory);
        if (!closed) options.onSynced(ticket, statusOf(error));
      };
      fdatasync(files[file]!.fd, (error) => {
        if (error !== null || directories.length === 0) finish(error);
        else syncDirectories(directories, finish);
      });
    },
    close(): void {
      closed = true;
      for (const file of files) if (file.fd >= 0) closeSync(file.fd);
    },
  };
}

/** Creates missing parents one by one, noting each directory that got a new entry. */
function makeParents(directory: string, root: string, dirty: Set<string>): void {
  if (existsSync(directory)) return;
  makeParents(dirname(directory), root, dirty);
  mkdirSync(directory);
  dirty.add(dirname(directory));
}

function readFully(
  fd: number,
  offset: number,
  length: number,
  into: Uint8Array,
  intoOffset: number,
): number {
  let done = 0;
  while (done < length) {
    const got = readSync(fd, into, intoOffset + done, length - done, offset + done);
    if (got === 0) break;
    done += got;
  }
  return done;
}

function syncDirectories(
  directories: readonly string[],
  finish: (error: NodeJS.ErrnoException | null) => void,
): void {
  const [first, ...rest] = directories;
  if (first === undefined) return finish(null);
  let fd: number;
  try {
    fd = openSync(first, 'r');
  } catch (error) {
    return finish(error as NodeJS.ErrnoException);
  }
  fsync(fd, (error) => {
    closeSync(fd);
    if (error === null) syncDirectories(rest, finish);
    else finish(error);
  });
}

function listFiles(root: string, prefix: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((name) => name.startsWith(prefix))
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function attempt(io: () => number): number {
  try {
    return io();
  } catch (error) {
    return statusOf(error as NodeJS.ErrnoException);
  }
}

/** Every error but "no room" is "the device failed": the core trusts nothing about such bytes. */
function statusOf(error: NodeJS.ErrnoException | null): IoStatus {
  if (error === null) return IO_OK;
  return error.code === 'ENOSPC' || error.code === 'EDQUOT' ? IO_ENOSPC : IO_EIO;
}
