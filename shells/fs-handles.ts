/**
 * Open files of one data directory: the core's `FileId`s over the operating system's descriptors.
 *
 * A `FileId` lives as long as its file and follows it through renames; descriptors are fewer than
 * files may be (a thousand tenants have thousands), so one that was not used for long is closed and
 * opened again on demand. Only a *clean* file loses its descriptor: the kernel reports a failed
 * write-back to descriptors that were open at the time, so closing one over unsynced bytes could
 * lose the error. Once its file is removed or replaced, a handle is dead.
 *
 * Cost: an access is an array lookup; an eviction scans the open handles.
 */
import { closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileId } from '../core/ports.ts';

/** Descriptors kept open while others are clean enough to be closed. */
const DESCRIPTORS_MAX = 512;

export interface Handle {
  name: string;
  /** -1 while closed. */
  fd: number;
  /** The file was removed or replaced. */
  dead: boolean;
  /** Counts changes, so that a sync knows whether it covered the newest. */
  changes: number;
  /** `changes` as of the last good sync. */
  synced: number;
  /** System calls under way on other threads: the descriptor must stay. */
  pins: number;
  usedAt: number;
}

export interface HandlesOptions {
  readonly root: string;
  /** Called with each directory that got, or lost, an entry. */
  readonly onEntry: (directory: string) => void;
  readonly descriptorsMax?: number;
}

export class Handles {
  private readonly options: HandlesOptions;
  private readonly descriptorsMax: number;
  private readonly all: Handle[] = [];
  private readonly byName: Map<string, FileId> = new Map();
  private open = 0;
  private uses = 0;

  constructor(options: HandlesOptions) {
    this.options = options;
    this.descriptorsMax = options.descriptorsMax ?? DESCRIPTORS_MAX;
  }

  get descriptors(): number {
    return this.open;
  }

  path(name: string): string {
    return join(this.options.root, name);
  }

  /** The file's id; the file is created, empty, where there is none. Throws the system's error. */
  openFile(name: string): FileId {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    const handle = { name, fd: -1, dead: false, changes: 0, synced: 0, pins: 0, usedAt: 0 };
    this.acquire(handle);
    this.byName.set(name, this.all.length);
    return this.all.push(handle) - 1;
  }

  /** The handle, with a descriptor unless it is dead. */
  get(file: FileId): Handle {
    const handle = this.all[file];
    if (handle === undefined) throw new RangeError(`no file has the id ${file}`);
    if (handle.fd < 0 && !handle.dead) this.acquire(handle);
    handle.usedAt = this.uses += 1;
    return handle;
  }

  /** The file of this name is gone. */
  forget(name: string): void {
    const id = this.byName.get(name);
    if (id === undefined) return;
    this.byName.delete(name);
    const handle = this.all[id]!;
    handle.dead = true;
    this.release(handle);
  }

  /** Makes the directories that the name lies in. */
  makeParents(name: string): void {
    this.makeDirectory(dirname(this.path(name)));
  }

  /** The file `from` is now called `to`; what was called `to` is gone. */
  renamed(from: string, to: string): void {
    const id = this.byName.get(from);
    this.forget(to);
    this.byName.delete(from);
    if (id === undefined) return;
    this.byName.set(to, id);
    this.all[id]!.name = to;
  }

  /** Holds the descriptor open until `unpin`, whatever happens to the file. */
  pin(handle: Handle): void {
    handle.pins += 1;
  }

  unpin(handle: Handle): void {
    handle.pins -= 1;
    if (handle.dead) this.release(handle);
  }

  close(): void {
    for (const handle of this.all) {
      handle.dead = true;
      this.release(handle);
    }
  }

  private acquire(handle: Handle): void {
    if (this.open >= this.descriptorsMax) this.evict();
    handle.fd = this.openOrCreate(this.path(handle.name));
    this.open += 1;
  }

  /** Never truncates, whatever goes wrong on the way: that would be loss. */
  private openOrCreate(path: string): number {
    try {
      return openSync(path, constants.O_RDWR);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    this.makeDirectory(dirname(path));
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    this.options.onEntry(dirname(path));
    return fd;
  }

  private makeDirectory(directory: string): void {
    if (directory === this.options.root) return;
    this.makeDirectory(dirname(directory));
    try {
      mkdirSync(directory, 0o700);
      this.options.onEntry(dirname(directory));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }

  /** Closes the clean descriptor that was not used for longest, if any is clean. */
  private evict(): void {
    let oldest: Handle | null = null;
    for (const handle of this.all) {
      if (handle.fd < 0 || handle.pins > 0 || handle.changes !== handle.synced) continue;
      if (oldest === null || handle.usedAt < oldest.usedAt) oldest = handle;
    }
    if (oldest !== null) this.release(oldest);
  }

  private release(handle: Handle): void {
    if (handle.fd < 0 || handle.pins > 0) return;
    closeSync(handle.fd);
    handle.fd = -1;
    this.open -= 1;
  }
}
