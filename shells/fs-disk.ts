/**
 * The `Disk` port over a directory of the operating system. Reads and writes are synchronous system
 * calls (a 4 KiB write costs about 1 µs into the page cache); `sync` is asynchronous, and its
 * completion is handed to `onSynced` on a later turn of the event loop (`fs-sync.ts`).
 *
 * What is promised beyond the port: growing a file by `truncate` writes the zeros, so that the room
 * is really reserved and no later overwrite runs out of space; a write that the system cuts short
 * is carried on, so that its error is known. Every error but "no room" is `IO_EIO`.
 *
 * Names are relative, with `/` between their parts. Names that begin with a dot belong to the host
 * (its lock is one): the core neither opens nor sees them.
 */
import {
  fstatSync,
  ftruncateSync,
  readSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import {
  IO_EIO,
  IO_ENOSPC,
  IO_OK,
  IO_SHORT,
  TICKET_JOURNAL,
  TICKET_MODULE_BITS,
  TICKET_SUPERBLOCK,
} from '../core/ports.ts';
import type { Disk, FileId, IoStatus, Ticket } from '../core/ports.ts';
import { assert } from '../core/types/assert.ts';
import { DiskHealth } from './disk-health.ts';
import type { DiskProblem } from './disk-health.ts';
import { Handles } from './fs-handles.ts';
import { SYSTEM_SYNC, Syncs } from './fs-sync.ts';
import type { SyncCalls } from './fs-sync.ts';

export interface FsDiskOptions {
  readonly directory: string;
  readonly onSynced: (ticket: Ticket, status: IoStatus) => void;
  /** Descriptors kept open at most, while clean files hold some. */
  readonly descriptorsMax?: number;
  readonly syncCalls?: SyncCalls;
  /**
   * Files that grow by `truncate` get holes, not room: quick and small, but a later write may find
   * the disk full. Default: room.
   */
  readonly holes?: boolean;
  /** Called while room is made, with the bytes that were just taken. */
  readonly onReserved?: (bytes: number) => void;
  /** The disk began to refuse what is written, or (null) takes it again. */
  readonly onProblem?: (problem: DiskProblem | null) => void;
}

const TICKET_MODULE_MASK = (1 << TICKET_MODULE_BITS) - 1;
/**
 * Room is made in small writes. From a long one Linux makes page-cache folios as long (ext4 since
 * 6.16), and every later write of a few bytes then walks all blocks of its folio: 36 µs after
 * writes of 1 MiB, 2.5 µs after these, and twice the time for a sync.
 */
const ZEROS: Uint8Array = new Uint8Array(1 << 14);

export class FsDisk implements Disk {
  private readonly root: string;
  private readonly onSynced: (ticket: Ticket, status: IoStatus) => void;
  private readonly holes: boolean;
  private readonly onReserved: (bytes: number) => void;
  private readonly handles: Handles;
  private readonly syncs: Syncs;
  private readonly health: DiskHealth;
  private closed = false;

  /** The directory must exist. Throws the operating system's error when it cannot be read. */
  constructor(options: FsDiskOptions) {
    this.root = resolve(options.directory);
    this.onSynced = options.onSynced;
    this.holes = options.holes === true;
    this.onReserved = options.onReserved ?? (() => undefined);
    readdirSync(this.root);
    this.health = new DiskHealth(this.root, options.onProblem ?? (() => undefined));
    const onEntry = (directory: string): void => this.syncs.entryChanged(directory);
    this.handles = new Handles({ ...options, root: this.root, onEntry });
    this.syncs = new Syncs(this.handles, options.syncCalls ?? SYSTEM_SYNC);
    // Whoever made this directory, or changed it before a crash, may not have synced that.
    this.syncs.entryChanged(dirname(this.root));
    this.syncs.entryChanged(this.root);
  }

  /** Descriptors held now. */
  get descriptors(): number {
    return this.handles.descriptors;
  }

  /** Why the disk takes nothing; null: as far as is known, it does. */
  get problem(): DiskProblem | null {
    return this.health.problem;
  }

  /** Throws the system's error when there are no descriptors, or the name is a directory's. */
  open(name: string): FileId {
    checkName(name);
    try {
      return this.handles.openFile(name);
    } catch (error) {
      this.health.failed(error as NodeJS.ErrnoException);
      throw error;
    }
  }

  exists(name: string): boolean {
    checkName(name);
    return statSync(this.handles.path(name), { throwIfNoEntry: false })?.isFile() === true;
  }

  list(prefix: string): readonly string[] {
    return readdirSync(this.root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.root, join(entry.parentPath, entry.name)))
      .map((name) => name.split(sep).join('/'))
      .filter((name) => name.startsWith(prefix) && !name.startsWith('.'))
      .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  }

  size(file: FileId): number {
    const { fd, dead } = this.handles.get(file);
    return dead ? 0 : fstatSync(fd).size;
  }

  read(file: FileId, offset: number, length: number, into: Uint8Array, intoOffset: number): number {
    assertOffset(offset);
    return attempt(() => {
      const { fd, dead } = this.handles.get(file);
      return dead ? IO_EIO : readFully(fd, offset, length, into, intoOffset);
    });
  }

  write(file: FileId, offset: number, bytes: Uint8Array, from: number, length: number): IoStatus {
    assertOffset(offset);
    return this.change(() => {
      const handle = this.handles.get(file);
      if (handle.dead) return IO_EIO;
      handle.changes += 1;
      return writeFully(handle.fd, offset, bytes, from, length);
    });
  }

  truncate(file: FileId, size: number): IoStatus {
    return this.change(() => {
      const handle = this.handles.get(file);
      if (handle.dead) return IO_EIO;
      handle.changes += 1;
      const before = fstatSync(handle.fd).size;
      if (size > before && !this.holes) return reserve(handle.fd, before, size, this.onReserved);
      ftruncateSync(handle.fd, size);
      return IO_OK;
    });
  }

  /** Removing what does not exist is done already. */
  remove(name: string): IoStatus {
    checkName(name);
    return this.change(() => {
      const path = this.handles.path(name);
      if (statSync(path, { throwIfNoEntry: false }) === undefined) return IO_OK;
      unlinkSync(path);
      this.handles.forget(name);
      this.syncs.entryChanged(dirname(path));
      return IO_OK;
    });
  }

  rename(from: string, to: string): IoStatus {
    checkName(from);
    checkName(to);
    return this.change(() => {
      if (this.exists(from)) this.handles.makeParents(to);
      renameSync(this.handles.path(from), this.handles.path(to));
      this.handles.renamed(from, to);
      this.syncs.entryChanged(dirname(this.handles.path(from)));
      this.syncs.entryChanged(dirname(this.handles.path(to)));
      return IO_OK;
    });
  }

  sync(file: FileId, ticket: Ticket): void {
    const owner = ticket & TICKET_MODULE_MASK;
    const urgent = owner === TICKET_JOURNAL || owner === TICKET_SUPERBLOCK;
    this.syncs.sync(this.handles.get(file), urgent, (error) => {
      if (this.closed) return;
      if (error !== null) this.health.failed(error);
      this.onSynced(ticket, error === null ? IO_OK : statusOf(error));
    });
  }

  /** Closes all files; completions of syncs still under way are dropped. */
  close(): void {
    this.closed = true;
    this.health.close();
    this.handles.close();
  }

  private change(io: () => IoStatus): IoStatus {
    return attempt(io, this.health);
  }
}

function checkName(name: string): void {
  const parts = name.split('/');
  if (name.startsWith('.') || parts.some((part) => part === '' || part === '..')) {
    throw new RangeError(`not a name of a data file: "${name}"`);
  }
}

/** Node.js takes a negative position for "where the descriptor stands". */
function assertOffset(offset: number): void {
  assert(Number.isSafeInteger(offset) && offset >= 0, 'an offset in a file');
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

function writeFully(
  fd: number,
  offset: number,
  bytes: Uint8Array,
  from: number,
  length: number,
): IoStatus {
  let done = 0;
  while (done < length) {
    const put = writeSync(fd, bytes, from + done, length - done, offset + done);
    if (put === 0) return IO_SHORT;
    done += put;
  }
  return IO_OK;
}

/** Grows a file with zeros that occupy their blocks. Without room the size stays as it was. */
function reserve(
  fd: number,
  before: number,
  size: number,
  onReserved: (bytes: number) => void,
): IoStatus {
  try {
    for (let at = before; at < size; at += ZEROS.length) {
      const length = Math.min(ZEROS.length, size - at);
      const status = writeFully(fd, at, ZEROS, 0, length);
      if (status !== IO_OK) return status;
      onReserved(length);
    }
    return IO_OK;
  } catch (error) {
    // What cannot be given back either is the lesser news.
    attempt(() => (ftruncateSync(fd, before), IO_OK));
    throw error;
  }
}

function attempt(io: () => number, health?: DiskHealth): number {
  try {
    return io();
  } catch (error) {
    health?.failed(error as NodeJS.ErrnoException);
    return statusOf(error as NodeJS.ErrnoException);
  }
}

/**
 * An error that is not the operating system's (a bad offset, say) is a mistake in this program, and
 * goes on as the exception it is.
 */
function statusOf(error: NodeJS.ErrnoException): IoStatus {
  if (error.syscall === undefined) throw error;
  return error.code === 'ENOSPC' || error.code === 'EDQUOT' ? IO_ENOSPC : IO_EIO;
}
