/**
 * The pages of one tenant on disk: file `tenants/<id>/store`, page n at `(n - 1) * pageBytes`.
 *
 * Every image written is kept until a sync that began after it completes well: after a failed sync
 * nothing written since the last good one is proven, however the next sync ends, so all of it is
 * written again from memory (numbered interleaving: 1. write page; 2. sync fails, the system drops
 * the dirty bit; 3. sync succeeds, having written nothing). A full disk leaves the image unwritten;
 * `retry` tries again. Reads prefer the kept images.
 */
import type { Disk, FileId, IoStatus, Ticket } from '../ports.ts';
import { IO_OK } from '../ports.ts';
import { assert } from '../types/assert.ts';
import { PAGE_NONE } from './page.ts';

interface Kept {
  readonly page: number;
  readonly image: Uint8Array;
  written: boolean;
  /** Order of writing: a sync covers what was written before it began. */
  sequence: number;
  /** A checkpoint waits for it. */
  owed: boolean;
}

/** Images free for reuse, by size; only the process' memory, never its behaviour. */
const pools: Map<number, Uint8Array[]> = new Map();
const POOLED_MAX = 64;

/** An image for `PageFile.write`, of unknown content. */
export function takeImage(bytes: number): Uint8Array {
  const image = pools.get(bytes)?.pop();
  return image === undefined ? new Uint8Array(bytes) : image;
}

function giveImage(image: Uint8Array): void {
  let pool = pools.get(image.length);
  if (pool === undefined) {
    pool = [];
    pools.set(image.length, pool);
  }
  if (pool.length < POOLED_MAX) pool.push(image);
}

/** What files share: tickets for their syncs, and a note of which have something to sync. */
export interface FileSet {
  nextTicket(): Ticket;
  /** The file has writes that no good sync covers; called when that begins. */
  fileDirty(file: PageFile): void;
}

const NO_TICKET = -1;

export class PageFile {
  readonly name: string;
  readonly pageBytes: number;
  readonly #disk: Disk;
  readonly #set: FileSet;
  #file: FileId = -1;
  /** By page, in the order of writing: at most one image of each. */
  readonly #kept: Map<number, Kept> = new Map();
  #owed = 0;
  /** Of those, how many could not be written. */
  #unwritten = 0;
  #sequence = 0;
  #ticket: Ticket = NO_TICKET;
  /** The sync under way covers writes below this. */
  #covers = 0;

  constructor(disk: Disk, name: string, pageBytes: number, set: FileSet) {
    this.#disk = disk;
    this.name = name;
    this.pageBytes = pageBytes;
    this.#set = set;
  }

  /** All writes are covered by a good sync. */
  get durable(): boolean {
    return this.#kept.size === 0;
  }

  /** Images held until a sync covers them. */
  get keptPages(): number {
    return this.#kept.size;
  }

  /** Those of them that the last checkpoint waits for. */
  get owed(): number {
    return this.#owed;
  }

  /** Everything written so far belongs to a checkpoint. */
  checkpointBegins(): void {
    for (const kept of this.#kept.values()) kept.owed = true;
    this.#owed = this.#kept.size;
  }

  /** Some image could not be written yet. */
  get stalled(): boolean {
    return this.#unwritten > 0;
  }

  /** Fills `into` with the page's bytes; false when the device fails or the file is too short. */
  read(page: number, into: Uint8Array): boolean {
    assert(page !== PAGE_NONE && into.length === this.pageBytes, 'a read is of one page');
    const kept = this.#unwritten === 0 ? undefined : this.#kept.get(page);
    if (kept !== undefined && !kept.written) {
      into.set(kept.image);
      return true;
    }
    const read = this.#disk.read(this.#open(), (page - 1) * this.pageBytes, into.length, into, 0);
    return read === into.length;
  }

  /** Fills `into` sector by sector, with zeros for those that the device cannot read. */
  readSectors(page: number, into: Uint8Array, sectorBytes: number): void {
    assert(page !== PAGE_NONE && into.length === this.pageBytes, 'a read is of one page');
    const from = (page - 1) * this.pageBytes;
    for (let at = 0; at < into.length; at += sectorBytes) {
      const read = this.#disk.read(this.#open(), from + at, sectorBytes, into, at);
      if (read !== sectorBytes) into.fill(0, at, at + sectorBytes);
    }
  }

  /** Rewrites a page that is kept; false when it is not. */
  rewrite(page: number): boolean {
    const kept = this.#kept.get(page);
    if (kept === undefined) return false;
    this.#put(kept);
    return true;
  }

  /** Writes an image made with `takeImage`, which now belongs to the file. */
  write(page: number, image: Uint8Array): void {
    assert(page !== PAGE_NONE && image.length === this.pageBytes, 'a write is of one page');
    const clean = this.#kept.size === 0;
    const older = this.#kept.get(page);
    if (older !== undefined) {
      // It must not be written again after this one.
      if (!older.written) this.#unwritten -= 1;
      this.#kept.delete(page);
    }
    if (clean) this.#set.fileDirty(this);
    const kept: Kept = { page, image, written: false, sequence: 0, owed: older?.owed === true };
    this.#kept.set(page, kept);
    this.#unwritten += 1;
    this.#put(kept);
  }

  /** Starts a sync if something needs one and none is under way. */
  sync(): void {
    if (this.#ticket !== NO_TICKET || this.#kept.size === 0 || this.stalled) return;
    this.#ticket = this.#set.nextTicket();
    this.#covers = this.#sequence;
    this.#disk.sync(this.#open(), this.#ticket);
  }

  /** True when the ticket was this file's. */
  synced(ticket: Ticket, status: IoStatus): boolean {
    if (ticket !== this.#ticket) return false;
    this.#ticket = NO_TICKET;
    if (status !== IO_OK) {
      for (const kept of this.#kept.values()) this.#put(kept);
    } else {
      this.#release();
    }
    this.sync();
    return true;
  }

  /** Writes what could not be written, and syncs. */
  retry(): void {
    for (const kept of this.#kept.values()) if (!kept.written) this.#put(kept);
    this.sync();
  }

  #put(kept: Kept): void {
    const at = (kept.page - 1) * this.pageBytes;
    const status = this.#disk.write(this.#open(), at, kept.image, 0, kept.image.length);
    if (kept.written !== status >= IO_OK) this.#unwritten += kept.written ? 1 : -1;
    kept.written = status >= IO_OK;
    this.#sequence += 1;
    kept.sequence = this.#sequence;
  }

  #release(): void {
    for (const kept of this.#kept.values()) {
      if (!kept.written || kept.sequence > this.#covers) continue;
      giveImage(kept.image);
      if (kept.owed) this.#owed -= 1;
      this.#kept.delete(kept.page);
    }
  }

  #open(): FileId {
    if (this.#file < 0) this.#file = this.#disk.open(this.name);
    return this.#file;
  }
}
