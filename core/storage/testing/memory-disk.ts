/**
 * A disk in memory for tests: page cache over platter, as the `Disk` port promises and no kinder.
 *
 * Every write lands in the cache at once and leaves a version of each touched sector behind. A
 * completed sync moves what was written before its *start* to the platter. `powerCut` forks the
 * disk as a restarted machine finds it: for each unsynced sector, directory entry and file size the
 * test chooses what survived. `processCrash` keeps the cache. Syncs complete only when the test
 * says so.
 *
 * For tests alone: it favours clear bookkeeping over speed.
 */
import type { Disk, FileId, IoStatus, Ticket } from '../../ports.ts';
import { IO_EIO, IO_ENOSPC, IO_OK } from '../../ports.ts';
import { assert } from '../../types/assert.ts';

interface SectorVersion {
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

interface Inode {
  cache: Uint8Array;
  size: number;
  platter: Uint8Array;
  platterSize: number;
  /** Versions written and not yet synced, oldest first. */
  readonly unsynced: Map<number, SectorVersion[]>;
  sizeSequence: number;
}

interface PendingSync {
  readonly file: FileId;
  readonly ticket: Ticket;
  readonly sequence: number;
  readonly size: number;
}

export interface SyncResult {
  readonly ticket: Ticket;
  readonly status: IoStatus;
}

/** Something whose fate a power cut decides. */
export interface Uncertain {
  readonly kind: 'sector' | 'entry' | 'size';
  readonly name: string;
  /** Sector number; 0 otherwise. */
  readonly index: number;
  /**
   * Number of outcomes. A sector: 0 is what the platter holds, then every version written since,
   * oldest first, and the last is garbage. An entry or a size: 0 before, 1 after the change.
   */
  readonly outcomes: number;
}

/** Picks the outcome of one uncertain thing: an integer in `0 … outcomes - 1`. */
export type Fate = (thing: Uncertain) => number;

export const FATE_OLD: Fate = () => 0;
/** Everything written survives, as if it had been synced. */
export const FATE_NEW: Fate = (thing) =>
  Math.max(0, thing.outcomes - (thing.kind === 'sector' ? 2 : 1));
/** Every unsynced sector is garbage; directory and sizes are as last written. */
export const FATE_GARBAGE: Fate = (thing) => thing.outcomes - 1;

export class MemoryDisk implements Disk {
  readonly sectorBytes: number;
  /** Called before each write; a negative status refuses it. */
  onWrite: ((name: string, offset: number, length: number) => IoStatus) | null = null;
  /** Called before each read; a negative status refuses it. */
  onRead: ((name: string, offset: number, length: number) => IoStatus) | null = null;
  /** Bytes that all files together may hold. */
  capacity: number = Number.MAX_SAFE_INTEGER;
  /** Counters for tests on cost. */
  writes = 0;
  syncs = 0;

  #names: Map<string, Inode> = new Map();
  #platterNames: Map<string, Inode> = new Map();
  #handles: { name: string; inode: Inode }[] = [];
  #pending: PendingSync[] = [];
  #sequence = 0;

  constructor(sectorBytes: number) {
    this.sectorBytes = sectorBytes;
  }

  open(name: string): FileId {
    let inode = this.#names.get(name);
    if (inode === undefined) {
      inode = emptyInode();
      this.#names.set(name, inode);
    }
    const known = this.#handles.findIndex((handle) => handle.inode === inode);
    return known >= 0 ? known : this.#handles.push({ name, inode }) - 1;
  }

  exists(name: string): boolean {
    return this.#names.has(name);
  }

  list(prefix: string): readonly string[] {
    const found = [...this.#names.keys()].filter((name) => name.startsWith(prefix));
    return found.sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));
  }

  size(file: FileId): number {
    return this.#inode(file).size;
  }

  read(file: FileId, offset: number, length: number, into: Uint8Array, intoOffset: number): number {
    const { inode, name } = this.#handle(file);
    const refused = this.onRead === null ? IO_OK : this.onRead(name, offset, length);
    if (refused < 0) return refused;
    const got = Math.max(0, Math.min(length, inode.size - offset));
    into.set(inode.cache.subarray(offset, offset + got), intoOffset);
    return got;
  }

  write(file: FileId, offset: number, bytes: Uint8Array, from: number, length: number): IoStatus {
    assert(from + length <= bytes.length, 'write: beyond the buffer');
    const { inode, name } = this.#handle(file);
    this.writes++;
    const refused = this.onWrite === null ? IO_OK : this.onWrite(name, offset, length);
    if (refused < 0) return refused;
    if (offset + length > inode.size && this.#used() + offset + length - inode.size > this.capacity)
      return IO_ENOSPC;
    this.#store(inode, offset, bytes.subarray(from, from + length));
    return IO_OK;
  }

  truncate(file: FileId, size: number): IoStatus {
    const { inode, name } = this.#handle(file);
    const refused = this.onWrite === null ? IO_OK : this.onWrite(name, size, 0);
    if (refused < 0) return refused;
    if (size > inode.size && this.#used() + size - inode.size > this.capacity) return IO_ENOSPC;
    if (size < inode.size) {
      // What lies beyond the end reads as zeros should the file grow again.
      const cut = inode.size - size;
      this.#store(inode, size, new Uint8Array(cut));
    }
    grow(inode, size);
    inode.size = size;
    inode.sizeSequence = ++this.#sequence;
    return IO_OK;
  }

  remove(name: string): IoStatus {
    this.#names.delete(name);
    return IO_OK;
  }

  rename(from: string, to: string): IoStatus {
    const inode = this.#names.get(from);
    assert(inode !== undefined, 'rename: no such file');
    this.#names.delete(from);
    this.#names.set(to, inode);
    for (const handle of this.#handles) if (handle.inode === inode) handle.name = to;
    return IO_OK;
  }

  sync(file: FileId, ticket: Ticket): void {
    this.syncs++;
    const size = this.#inode(file).size;
    this.#pending.push({ file, ticket, sequence: this.#sequence, size });
  }

  /** Tickets of the syncs that have not completed, in the order they were asked for. */
  get pendingTickets(): readonly Ticket[] {
    return this.#pending.map((sync) => sync.ticket);
  }

  /** Completes the sync at `index` of `pendingTickets`; what it covers is on the platter. */
  completeSync(index = 0): SyncResult {
    const [sync] = this.#pending.splice(index, 1);
    assert(sync !== undefined, 'no sync in flight');
    const { inode, name } = this.#handle(sync.file);
    for (const [sector, versions] of inode.unsynced) {
      const covered = versions.filter((version) => version.sequence <= sync.sequence);
      const last = covered[covered.length - 1];
      if (last !== undefined) this.#toPlatter(inode, sector, last.bytes);
      dropVersions(inode, sector, sync.sequence);
    }
    inode.platterSize = inode.sizeSequence <= sync.sequence ? sync.size : inode.platterSize;
    if (this.#names.get(name) === inode) this.#platterNames.set(name, inode);
    return { ticket: sync.ticket, status: IO_OK };
  }

  /**
   * Fails the sync at `index`. As operating systems do, the cache keeps the new bytes and calls
   * them clean, while the platter keeps what `fate` says.
   */
  failSync(fate: Fate = FATE_OLD, index = 0): SyncResult {
    const [sync] = this.#pending.splice(index, 1);
    assert(sync !== undefined, 'no sync in flight');
    const { inode, name } = this.#handle(sync.file);
    for (const [sector, versions] of inode.unsynced) {
      const thing: Uncertain = {
        kind: 'sector',
        name,
        index: sector,
        outcomes: versions.length + 2,
      };
      this.#settle(inode, sector, versions, fate(thing));
    }
    inode.unsynced.clear();
    return { ticket: sync.ticket, status: IO_EIO };
  }

  /** Everything whose fate a power cut would decide now, in a fixed order. */
  uncertain(): readonly Uncertain[] {
    const things: Uncertain[] = [];
    for (const name of this.#allNames()) {
      const inode = this.#names.get(name);
      if (inode !== this.#platterNames.get(name))
        things.push({ kind: 'entry', name, index: 0, outcomes: 2 });
      if (inode === undefined) continue;
      if (inode.size !== inode.platterSize)
        things.push({ kind: 'size', name, index: 0, outcomes: 2 });
      for (const sector of sorted(inode.unsynced.keys()))
        things.push({
          kind: 'sector',
          name,
          index: sector,
          outcomes: inode.unsynced.get(sector)!.length + 2,
        });
    }
    return things;
  }

  /** The disk as found after a power cut: a new disk; this one is left as it is. */
  powerCut(fate: Fate): MemoryDisk {
    const after = new MemoryDisk(this.sectorBytes);
    after.capacity = this.capacity;
    for (const name of this.#allNames()) {
      const inode = this.#names.get(name);
      const before = this.#platterNames.get(name);
      let kept = inode;
      if (inode !== before && fate({ kind: 'entry', name, index: 0, outcomes: 2 }) === 0)
        kept = before;
      if (kept !== undefined) after.#adopt(name, this.#survivor(name, kept, fate));
    }
    return after;
  }

  /** The disk as found after a crash of the process alone: unsynced bytes are still there. */
  processCrash(): MemoryDisk {
    const after = new MemoryDisk(this.sectorBytes);
    after.capacity = this.capacity;
    after.#sequence = this.#sequence;
    const twins = new Map<Inode, Inode>();
    for (const [name, inode] of this.#names) after.#names.set(name, twin(inode, twins));
    for (const [name, inode] of this.#platterNames)
      after.#platterNames.set(name, twin(inode, twins));
    return after;
  }

  /** Rot: changes bytes in the cache and on the platter, unsynced versions included. */
  corrupt(name: string, offset: number, length: number): void {
    const inode = this.#names.get(name);
    assert(inode !== undefined && offset + length <= inode.size, 'corrupt: out of bounds');
    for (let at = offset; at < offset + length; at++) {
      inode.cache[at] = inode.cache[at]! ^ 0x5a;
      if (at < inode.platter.length) inode.platter[at] = inode.platter[at]! ^ 0x5a;
    }
  }

  /** Bytes of a file as its node would read them. */
  bytes(name: string): Uint8Array {
    const inode = this.#names.get(name);
    assert(inode !== undefined, 'bytes: no such file');
    return inode.cache.slice(0, inode.size);
  }

  /** Bytes of a file as the platter holds them. */
  platterBytes(name: string): Uint8Array {
    const inode = this.#platterNames.get(name);
    assert(inode !== undefined, 'platterBytes: no such file');
    return inode.platter.slice(0, inode.platterSize);
  }

  #allNames(): readonly string[] {
    return sorted(new Set([...this.#names.keys(), ...this.#platterNames.keys()]));
  }

  #handle(file: FileId): { name: string; inode: Inode } {
    const handle = this.#handles[file];
    assert(handle !== undefined, 'no such file handle');
    return handle;
  }

  #inode(file: FileId): Inode {
    return this.#handle(file).inode;
  }

  #used(): number {
    let used = 0;
    for (const inode of this.#names.values()) used += inode.size;
    return used;
  }

  #store(inode: Inode, offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    grow(inode, end);
    inode.cache.set(bytes, offset);
    const sequence = ++this.#sequence;
    if (end > inode.size) {
      inode.size = end;
      inode.sizeSequence = sequence;
    }
    const bytesPerSector = this.sectorBytes;
    for (
      let sector = Math.floor(offset / bytesPerSector);
      sector * bytesPerSector < end;
      sector++
    ) {
      const from = sector * bytesPerSector;
      const versions = inode.unsynced.get(sector) ?? [];
      versions.push({ sequence, bytes: inode.cache.slice(from, from + bytesPerSector) });
      inode.unsynced.set(sector, versions);
    }
  }

  #toPlatter(inode: Inode, sector: number, bytes: Uint8Array): void {
    const from = sector * this.sectorBytes;
    if (inode.platter.length < from + this.sectorBytes)
      inode.platter = resized(inode.platter, 2 * (from + this.sectorBytes));
    inode.platter.set(bytes, from);
    inode.platterSize = Math.min(inode.size, Math.max(inode.platterSize, from + bytes.length));
  }

  #settle(inode: Inode, sector: number, versions: readonly SectorVersion[], outcome: number): void {
    if (outcome === 0) return;
    const version = versions[outcome - 1];
    this.#toPlatter(inode, sector, version?.bytes ?? garbage(sector, this.sectorBytes));
  }

  #survivor(name: string, inode: Inode, fate: Fate): Inode {
    const left = twin(inode, new Map());
    const resizedTo =
      inode.size !== inode.platterSize && fate({ kind: 'size', name, index: 0, outcomes: 2 }) === 0
        ? inode.platterSize
        : inode.size;
    for (const sector of sorted(inode.unsynced.keys())) {
      const versions = inode.unsynced.get(sector)!;
      const thing: Uncertain = {
        kind: 'sector',
        name,
        index: sector,
        outcomes: versions.length + 2,
      };
      this.#settle(left, sector, versions, fate(thing));
    }
    left.unsynced.clear();
    left.platter = resized(left.platter, Math.max(left.platter.length, resizedTo));
    left.platter.fill(0, resizedTo);
    left.size = left.platterSize = resizedTo;
    left.cache = left.platter.slice();
    return left;
  }

  #adopt(name: string, inode: Inode): void {
    this.#names.set(name, inode);
    this.#platterNames.set(name, inode);
  }
}

/** Completes every sync as it comes until none is in flight; `synced` is the node's input. */
export function runSyncs(
  disk: MemoryDisk,
  synced: (ticket: Ticket, status: IoStatus) => void,
): void {
  for (let turns = 0; disk.pendingTickets.length > 0; turns++) {
    assert(turns < 100_000, 'runSyncs: the node never stops to sync');
    const { ticket, status } = disk.completeSync();
    synced(ticket, status);
  }
}

function emptyInode(): Inode {
  return {
    cache: new Uint8Array(0),
    size: 0,
    platter: new Uint8Array(0),
    platterSize: 0,
    unsynced: new Map(),
    sizeSequence: 0,
  };
}

function twin(inode: Inode, twins: Map<Inode, Inode>): Inode {
  const known = twins.get(inode);
  if (known !== undefined) return known;
  const copy: Inode = {
    ...inode,
    cache: inode.cache.slice(),
    platter: inode.platter.slice(),
    unsynced: new Map([...inode.unsynced].map(([sector, versions]) => [sector, [...versions]])),
  };
  twins.set(inode, copy);
  return copy;
}

function grow(inode: Inode, size: number): void {
  if (inode.cache.length < size) inode.cache = resized(inode.cache, 2 * size);
}

function resized(bytes: Uint8Array, length: number): Uint8Array {
  const larger = new Uint8Array(length);
  larger.set(bytes.subarray(0, Math.min(bytes.length, length)));
  return larger;
}

function dropVersions(inode: Inode, sector: number, sequence: number): void {
  const left = inode.unsynced.get(sector)!.filter((version) => version.sequence > sequence);
  if (left.length === 0) inode.unsynced.delete(sector);
  else inode.unsynced.set(sector, left);
}

function garbage(sector: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 73 + sector * 31 + 0x99) & 0xff;
  return bytes;
}

function sorted<T extends number | string>(values: Iterable<T>): T[] {
  return [...values].sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));
}
