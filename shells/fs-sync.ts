/**
 * Makes files durable: `fdatasync` of the file, then `fsync` of the directories that gained or lost
 * entries. Both run on Node.js' thread pool, but for urgent syncs of a disk that is quick at them:
 * these are waited for (`sync-pace.ts`). Completions come on a later turn, or as a microtask.
 *
 * Never two `fdatasync` of one file at a time. The kernel tells of a failed write-back once a
 * descriptor: of two calls under way, one might return the error and the other success, in either
 * order, and the success would be believed. So a sync asked for meanwhile waits, and all that wait
 * share the next call, which began after each of them. Directories go through one queue for the
 * same reason; a directory entry cannot be rewritten by the core, so a failed `fsync` of a
 * directory fails every sync from then on.
 *
 * A checkpoint syncs a file or two of every tenant that changed. These must not stand in the way of
 * the journal, on which every commit waits, so at most `BACKGROUND_MAX` of them are under way.
 *
 * A file that was created but never synced is still made durable with its first sync: a new entry
 * keeps its directory dirty until an `fsync` that began later has succeeded.
 */
import { closeSync, fdatasync, fdatasyncSync, fsync, openSync } from 'node:fs';
import type { Handle, Handles } from './fs-handles.ts';
import { SyncPace } from './sync-pace.ts';
import { monotonicMicros } from './system.ts';

type Done = (error: NodeJS.ErrnoException | null) => void;

/** The system calls, so that a test may fail or delay them. */
export interface SyncCalls {
  fdatasync(fd: number, done: Done): void;
  /** Waits for it; throws what went wrong. */
  fdatasyncNow(fd: number): void;
  /** Microseconds of a clock that never goes back. */
  now(): number;
  fsyncDirectory(path: string, done: Done): void;
}

export const SYSTEM_SYNC: SyncCalls = {
  fdatasync: (fd, done) => fdatasync(fd, done),
  fdatasyncNow: fdatasyncSync,
  now: monotonicMicros,
  fsyncDirectory,
};

/** Of four threads that Node.js has for such calls. */
const BACKGROUND_MAX = 2;

interface Queue {
  waiting: Done[];
  running: boolean;
}

interface FileQueue extends Queue {
  /** Counts against `BACKGROUND_MAX`. */
  background: boolean;
}

export class Syncs {
  private readonly handles: Handles;
  private readonly calls: SyncCalls;
  private readonly files: Map<Handle, FileQueue> = new Map();
  /** Files that wait for their turn in the background, oldest first. */
  private readonly patient: Set<Handle> = new Set();
  private background = 0;
  private readonly directories: Queue = { waiting: [], running: false };
  private dirty: Set<string> = new Set();
  private failure: NodeJS.ErrnoException | null = null;
  /** Of urgent syncs. */
  private readonly pace: SyncPace = new SyncPace();

  constructor(handles: Handles, calls: SyncCalls) {
    this.handles = handles;
    this.calls = calls;
  }

  /** `directory` got or lost an entry: the next sync of whatever file covers that. */
  entryChanged(directory: string): void {
    this.dirty.add(directory);
  }

  /**
   * Syncs everything written to the file, and every change of entries, before this call. What is
   * not `urgent` may have to wait.
   */
  sync(handle: Handle, urgent: boolean, done: Done): void {
    const known = this.files.get(handle);
    const queue = known ?? { waiting: [], running: false, background: false };
    queue.waiting.push(done);
    if (known === undefined) {
      // The descriptor stays until the last sync asked for is done.
      this.handles.pin(handle);
      this.files.set(handle, queue);
    }
    if (queue.running) return;
    if (urgent || this.background < BACKGROUND_MAX) this.runFile(handle, queue, !urgent);
    else this.patient.add(handle);
  }

  private runFile(handle: Handle, queue: FileQueue, background: boolean): void {
    this.patient.delete(handle);
    queue.running = true;
    queue.background = background;
    if (background) this.background += 1;
    const batch = queue.waiting;
    queue.waiting = [];
    const { changes } = handle;
    const finish: Done = (error) => {
      if (error === null) handle.synced = changes;
      this.finishFile(handle, queue);
      this.syncDirectories(error, batch);
    };
    // A removed file has no bytes left to lose; its removal is an entry of its directory.
    if (handle.fd < 0) setImmediate(finish, null);
    else if (background) this.calls.fdatasync(handle.fd, finish);
    else this.runUrgent(handle.fd, finish);
  }

  private runUrgent(fd: number, finish: Done): void {
    const { calls, pace } = this;
    const from = calls.now();
    const done: Done = (error) => {
      pace.took(calls.now() - from);
      finish(error);
    };
    // The blocks of a checkpoint are on their way to the disk: this one may have to queue there.
    if (this.background > 0 || !pace.worthWaiting) {
      calls.fdatasync(fd, done);
      return;
    }
    let failed: NodeJS.ErrnoException | null = null;
    try {
      calls.fdatasyncNow(fd);
    } catch (error) {
      failed = error as NodeJS.ErrnoException;
    }
    pace.took(calls.now() - from);
    // Never within the call that asks: the core is in the midst of an input.
    queueMicrotask(() => finish(failed));
  }

  private finishFile(handle: Handle, queue: FileQueue): void {
    const { background } = queue;
    queue.running = false;
    if (background) this.background -= 1;
    if (queue.waiting.length === 0) {
      this.files.delete(handle);
      this.handles.unpin(handle);
    } else if (background) {
      this.patient.add(handle);
    } else {
      this.runFile(handle, queue, false);
    }
    for (const next of this.patient) {
      if (this.background >= BACKGROUND_MAX) return;
      this.runFile(next, this.files.get(next)!, true);
    }
  }

  private syncDirectories(error: NodeJS.ErrnoException | null, batch: readonly Done[]): void {
    const verdict = error ?? this.failure;
    if (verdict === null && (this.dirty.size > 0 || this.directories.running)) {
      this.directories.waiting.push(...batch);
      if (!this.directories.running) this.runDirectories();
      return;
    }
    for (const done of batch) done(verdict);
  }

  private runDirectories(): void {
    const queue = this.directories;
    queue.running = true;
    const batch = queue.waiting;
    queue.waiting = [];
    const paths = [...this.dirty];
    this.dirty = new Set();
    const next = (index: number): void => {
      const path = paths[index];
      if (path === undefined || this.failure !== null) return finish();
      this.calls.fsyncDirectory(path, (error) => {
        if (error !== null) this.failure = error;
        next(index + 1);
      });
    };
    const finish = (): void => {
      queue.running = false;
      if (queue.waiting.length > 0) this.runDirectories();
      for (const done of batch) done(this.failure);
    };
    next(0);
  }
}

function fsyncDirectory(path: string, done: Done): void {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    setImmediate(done, error as NodeJS.ErrnoException);
    return;
  }
  fsync(fd, (error) => {
    closeSync(fd);
    done(error);
  });
}
