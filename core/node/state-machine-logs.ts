/**
 * The tenants' permanent logs: one open log a tenant, its length and its head.
 *
 * A log opens when first asked for; its length and head are those of the checkpoint's directory,
 * and what the file holds beyond is appended again by re-apply. From then on both are in memory. An
 * entry that is served is proven by its own hashes just before.
 *
 * Every checkpoint pads the logs that changed, so that later writes touch no sector it covers; an
 * append to a log whose padding found no room waits for it.
 *
 * Cost of an append: the log's own, and nothing allocated.
 */
import type { Crypto } from '../crypto/crypto.ts';
import { isPlacedAt, verifyEntry } from '../kernel/entry.ts';
import type { LogLengths } from '../kernel/kernel.ts';
import type { Limits } from '../limits.ts';
import type { Disk, IoStatus, Observer, Ticket } from '../ports.ts';
import { IO_OK } from '../ports.ts';
import { segmentName, segmentOf } from '../storage/tenant-log-format.ts';
import type { LogContext } from '../storage/tenant-log-segment.ts';
import { LOG_SYNC_DONE, LOG_SYNC_FOREIGN } from '../storage/tenant-log-sync.ts';
import { LOG_SYNC_STALLED } from '../storage/tenant-log-sync.ts';
import { LOG_NEEDS, TenantLog, logContext } from '../storage/tenant-log.ts';
import type { PagedStore } from '../store/paged-store.ts';
import { NEEDS } from '../store/store.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { isSealed } from './seal-memo.ts';
import { RememberingTree } from './segment-tree.ts';
import type { Damage } from './state-machine-damage.ts';

/** Of `messageBytesMax`, what a message that carries entries needs for itself. */
const MESSAGE_OVERHEAD_BYTES = 512;
/** At once, of a file that is written again; whole sectors. */
const REWRITE_BYTES = 65_536;

interface SealedSegment {
  readonly segment: number;
  readonly root: Uint8Array;
}

export interface OpenLog {
  readonly tenant: number;
  readonly log: TenantLog;
  entries: number;
  /** Hash of the last entry. Replaced, never written into. */
  head: Uint8Array;
  /** Appended to since the last checkpoint. */
  changed: boolean;
  /** Padding for the last checkpoint found no room yet. */
  unpadded: boolean;
  /** Its writes are to become durable, for the checkpoint, the repair or the sync under way. */
  flushing: boolean;
  /** A sync of it is under way. */
  syncing: boolean;
  /** A failed sync's bytes could not be written again yet. */
  stalled: boolean;
  /** Segments sealed since the last checkpoint. */
  sealed: SealedSegment[];
}

export class Logs implements LogLengths {
  readonly context: LogContext;
  readonly limits: Limits;
  readonly crypto: Crypto;
  readonly cluster: Hash128;
  readonly #store: PagedStore;
  readonly #damage: Damage;
  readonly #nextTicket: () => Ticket;
  readonly #open: Map<number, OpenLog> = new Map();
  #changed: OpenLog[] = [];
  #flushing: OpenLog[] = [];
  #last: OpenLog | null = null;
  /** Syncs of files whose content was read and not written here. */
  readonly #plainSyncs: Map<Ticket, string> = new Map();

  constructor(
    disk: Disk,
    limits: Limits,
    crypto: Crypto,
    cluster: Hash128,
    observer: Observer,
    store: PagedStore,
    damage: Damage,
    nextTicket: () => Ticket,
  ) {
    this.context = logContext(disk, limits, observer, () => new RememberingTree());
    this.limits = limits;
    this.crypto = crypto;
    this.cluster = cluster;
    this.#store = store;
    this.#damage = damage;
    this.#nextTicket = nextTicket;
  }

  // Appending -----------------------------------------------------------------------------------

  entries(tenant: number): number {
    const log = this.find(tenant);
    return log === null ? NEEDS : log.entries;
  }

  /** Hash of the last entry of a log that is open. */
  head(tenant: number): Uint8Array {
    return this.known(tenant).head;
  }

  /** Appends a sealed entry. Below zero nothing happened: `IO_…`, or `LOG_NEEDS` (and wanted). */
  append(tenant: number, entry: Uint8Array, hash: Uint8Array): IoStatus {
    const open = this.known(tenant);
    if (open.unpadded) {
      const padded = open.log.pad();
      if (padded < IO_OK) return padded;
      open.unpadded = false;
      // The checkpoint that waits for the padding waits for its sync too.
      this.#sync(open);
    }
    const status = open.log.append(open.entries + 1, entry, hash);
    if (status === LOG_NEEDS) this.#damage.addEntry(tenant, open.log.needed);
    if (status < IO_OK) return status;
    open.entries += 1;
    open.head = hash;
    if (open.log.sealedSegment >= 0) {
      open.sealed.push({ segment: open.log.sealedSegment, root: open.log.sealedRoot.slice() });
    }
    if (!open.changed) {
      open.changed = true;
      this.#changed.push(open);
    }
    return IO_OK;
  }

  // Durability ----------------------------------------------------------------------------------

  /** A checkpoint begins: pads the logs that changed, notes what they are, and syncs them. */
  checkpoint(): void {
    this.#changed.sort(byTenant);
    for (const open of this.#changed) {
      this.#store.setLog(open.tenant, open.entries, open.head);
      for (const { segment, root } of open.sealed) {
        this.#store.putSegment(open.tenant, segment, root);
      }
      open.changed = false;
      open.sealed = [];
      open.unpadded = true;
      this.#pad(open);
      this.flush(open);
    }
    this.#changed.length = 0;
    this.context.tail.checkpointBegins();
    for (const open of this.#flushing) this.#sync(open);
  }

  /** The checkpoint's files are durable: what they were written from is no longer needed. */
  checkpointEnds(): void {
    if (this.context.tail.checkpointing) this.context.tail.checkpointEnds();
  }

  /** Bytes kept in memory until they are durable. */
  get heldBytes(): number {
    return this.context.tail.heldBytes;
  }

  /** Everything that was to become durable is. */
  get durable(): boolean {
    return this.#flushing.length === 0 && this.#plainSyncs.size === 0;
  }

  /** Something waits for room; see `retry`. */
  get stalled(): boolean {
    for (const open of this.#flushing) if (open.stalled || open.unpadded) return true;
    return false;
  }

  /** Marks a log's writes to become durable; `sync` starts it. */
  flush(open: OpenLog): void {
    // Until the log itself says that nothing is pending.
    open.syncing = true;
    if (open.flushing) return;
    open.flushing = true;
    this.#flushing.push(open);
  }

  sync(): void {
    for (const open of this.#flushing) this.#sync(open);
    this.#settle();
  }

  /** True when the ticket was one of ours. */
  synced(ticket: Ticket, status: IoStatus): boolean {
    const plain = this.#plainSyncs.get(ticket);
    if (plain !== undefined) {
      this.#plainSyncs.delete(ticket);
      if (status !== IO_OK) this.#rewriteFile(plain);
      return true;
    }
    for (const open of this.#flushing) {
      const result = open.log.synced(ticket, status);
      if (result === LOG_SYNC_FOREIGN) continue;
      note(open, result);
      this.#settle();
      return true;
    }
    return false;
  }

  /** Syncs the files that hold a log's first `entries` entries, as they are. */
  syncFiles(tenant: number, entries: number): void {
    if (entries === 0) return;
    const last = segmentOf(entries, this.limits);
    for (let segment = 0; segment <= last; segment += 1) {
      this.#syncFile(segmentName(tenant, segment));
    }
  }

  /** A state sync is complete: nothing of the time before will be written again. */
  endSync(): void {
    this.checkpointEnds();
    this.context.tail.checkpointBegins();
    this.context.tail.checkpointEnds();
  }

  /** Tries again what found no room. */
  retry(): void {
    for (const open of this.#flushing) {
      if (open.unpadded && !this.#pad(open)) continue;
      open.stalled = false;
      this.#sync(open);
    }
    this.#settle();
  }

  // Reading -------------------------------------------------------------------------------------

  /** Whether the entry's bytes are as they were written. */
  intact(tenant: number, position: number): boolean {
    const open = this.find(tenant);
    return open !== null && open.log.check(position);
  }

  /**
   * Entries from `position` on, at most `count` and about `batchBytesMax`, each proven just now;
   * null when the first is not held.
   */
  serve(tenant: number, position: number, count: number): Uint8Array | null {
    const open = this.#open.get(tenant) ?? this.#findExisting(tenant);
    if (open === null || position < 1 || position > open.entries) return null;
    const { messageBytesMax, batchBytesMax } = this.limits;
    const bytesMax = Math.min(messageBytesMax - MESSAGE_OVERHEAD_BYTES, batchBytesMax);
    const found: Uint8Array[] = [];
    let bytes = 0;
    const last = Math.min(open.entries, position + count - 1);
    for (let at = position; at <= last; at += 1) {
      const entry = this.read(open, at);
      if (entry === null || (at > position && bytes + entry.length > bytesMax)) break;
      bytes += entry.length;
      found.push(entry);
    }
    return found.length === 0 ? null : joined(found, bytes);
  }

  /** The proven entry at a position; null, and wanted, when it is damaged. */
  read(open: OpenLog, position: number): Uint8Array | null {
    const entry = open.log.read(position);
    if (entry !== null && this.verifies(open.tenant, entry, 0, entry.length, position))
      return entry;
    if (position <= open.entries) this.#damage.addEntry(open.tenant, position);
    return null;
  }

  verifies(
    tenant: number,
    bytes: Uint8Array,
    from: number,
    end: number,
    position: number,
  ): boolean {
    const { cluster } = this;
    if (isSealed(bytes, from, end)) return isPlacedAt(bytes, from, cluster, tenant, position);
    return verifyEntry(bytes, from, end, cluster, tenant, position, this.crypto);
  }

  // Opening -------------------------------------------------------------------------------------

  /** The tenant's log as it is now; null when a page is needed to know it. */
  find(tenant: number): OpenLog | null {
    if (this.#last !== null && this.#last.tenant === tenant) return this.#last;
    let open = this.#open.get(tenant);
    if (open === undefined) {
      const opened = this.#store.tenant(tenant);
      if (opened === null) return null;
      open = this.#adopt(tenant, opened.record.logEntries, opened.record.logHead.slice());
    }
    this.#last = open;
    return open;
  }

  known(tenant: number): OpenLog {
    const open = this.#open.get(tenant);
    assert(open !== undefined, 'the log was opened before');
    return open;
  }

  /** Whether this incarnation knows the log. */
  isOpen(tenant: number): boolean {
    return this.#open.has(tenant);
  }

  /**
   * Replaces what is known of a log: its files hold `entries` entries, or will. What the old one
   * has written is made durable before anything counts as durable.
   */
  replace(tenant: number, entries: number, head: Uint8Array): OpenLog {
    const known = this.#open.get(tenant);
    if (known !== undefined) {
      this.flush(known);
      this.#sync(known);
    }
    this.#last = null;
    return this.#adopt(tenant, entries, head);
  }

  /** Forgets which logs changed: the state is about to be replaced. */
  forgetChanges(): void {
    for (const open of this.#changed) {
      open.changed = false;
      open.sealed = [];
    }
    this.#changed.length = 0;
    this.#last = null;
  }

  /** Pads a received log: it ends at a checkpoint, where the other replicas padded theirs. */
  padReceived(open: OpenLog): boolean {
    // 1. We applied op 15, the last of this tenant before checkpoint 16, and sync to 16.
    // 2. The log is complete as it is; but op 17's entry starts a sector, as everywhere else.
    if (!this.#pad(open)) return false;
    const { disk } = this.context;
    const file = disk.open(segmentName(open.tenant, segmentOf(open.entries, this.limits)));
    const size = disk.size(file);
    const { sectorBytes } = this.limits;
    const padded = Math.ceil(size / sectorBytes) * sectorBytes;
    return padded === size || disk.truncate(file, padded) >= IO_OK;
  }

  #findExisting(tenant: number): OpenLog | null {
    // Peers name tenants; only those of the directory get a log.
    if (tenant !== 0 && this.#store.tenantAfter(tenant - 1) !== tenant) return null;
    return this.find(tenant);
  }

  #adopt(tenant: number, entries: number, head: Uint8Array): OpenLog {
    const log = new TenantLog(this.context, tenant, entries);
    const open: OpenLog = {
      tenant,
      log,
      entries,
      head,
      changed: false,
      unpadded: false,
      flushing: false,
      syncing: false,
      stalled: false,
      sealed: [],
    };
    this.#open.set(tenant, open);
    return open;
  }

  #syncFile(name: string): void {
    const ticket = this.#nextTicket();
    this.#plainSyncs.set(ticket, name);
    this.context.disk.sync(this.context.disk.open(name), ticket);
  }

  /**
   * A sync failed of what only the page cache may have, which now takes it for clean: it is written
   * again as it is read, so that the next sync covers it.
   */
  #rewriteFile(name: string): void {
    const { disk } = this.context;
    const file = disk.open(name);
    const bytes = new Uint8Array(REWRITE_BYTES);
    const size = disk.size(file);
    for (let at = 0; at < size; at += bytes.length) {
      const count = disk.read(file, at, Math.min(bytes.length, size - at), bytes, 0);
      // What cannot be read or written is damage, for scrubbing to find.
      if (count > 0) disk.write(file, at, bytes, 0, count);
    }
    this.#syncFile(name);
  }

  #pad(open: OpenLog): boolean {
    if (open.log.pad() < IO_OK) return false;
    open.unpadded = false;
    return true;
  }

  #sync(open: OpenLog): void {
    if (!open.stalled) note(open, open.log.sync(this.#nextTicket));
  }

  /** Drops from `#flushing` the logs that have nothing left to make durable. */
  #settle(): void {
    let left = 0;
    for (const open of this.#flushing) {
      if (open.unpadded || open.stalled || open.syncing) {
        this.#flushing[left] = open;
        left += 1;
      } else {
        open.flushing = false;
      }
    }
    this.#flushing.length = left;
  }
}

/** Notes what a log says of its syncs. */
function note(open: OpenLog, result: number): void {
  if (result === LOG_SYNC_STALLED) {
    open.stalled = true;
  } else {
    open.stalled = false;
    open.syncing = result !== LOG_SYNC_DONE;
  }
}

function joined(entries: readonly Uint8Array[], bytes: number): Uint8Array {
  const run = new Uint8Array(bytes);
  let at = 0;
  for (const entry of entries) {
    run.set(entry, at);
    at += entry.length;
  }
  return run;
}

function byTenant(a: OpenLog, b: OpenLog): number {
  return a.tenant - b.tenant;
}
