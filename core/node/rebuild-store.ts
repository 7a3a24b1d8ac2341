/**
 * The store, made again from the logs, on the disk, up to the superblock's checkpoint: for a single
 * replica whose store files are lost or damaged, which no peer can repair.
 *
 * All tenants' logs are merged by op and their outcomes installed; nothing is executed. Since pages
 * are given out by the log alone, checkpoints at the same ops write the same pages, and the root
 * must come out as the superblock has it. Every entry is proven on the way: its hashes, its link to
 * the one before, and that no op is missing.
 *
 * The caller syncs the files afterwards, before the node is opened; after a crash in the middle the
 * root does not prove, and it is all done again.
 *
 * Cost: one pass over the logs; memory: the page cache's bound.
 */
import type { Crypto } from '../crypto/crypto.ts';
import { MerkleBuilder } from '../crypto/merkle.ts';
import {
  ENTRY_HASH_BYTES,
  GENESIS_HASH,
  decodeEntryHeader,
  entryHash,
  entryOp,
  entryPrevious,
  equalBytes,
  outcomeFrom,
  verifyEntry,
} from '../kernel/entry.ts';
import {
  firstRecord,
  installOutcome,
  isOutcome,
  nextRecord,
  touchRecord,
} from '../kernel/outcome.ts';
import type { Limits } from '../limits.ts';
import type { Disk, Ticket } from '../ports.ts';
import { IO_OK } from '../ports.ts';
import { FRAME_HEADER_BYTES, segmentName } from '../storage/tenant-log-format.ts';
import type { LogFiles } from '../storage/tenant-log-segment.ts';
import { LogSegment, LogWindow } from '../storage/tenant-log-segment.ts';
import { PAGE_NONE } from '../store/page.ts';
import { PagedStore, storeFileName } from '../store/paged-store.ts';
import { RELIEF_DONE } from '../store/save.ts';
import { NEEDS } from '../store/store.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { ZERO128, equal128 } from '../types/hash128.ts';
import type { Checkpoint } from '../vsr/message.ts';

/** A tenant's log, read from its first entry on. */
class LogReader {
  readonly tenant: number;
  position = 0;
  /** The entry at `position + 1`; null: the log ends. */
  next: Uint8Array | null = null;
  head: Uint8Array = GENESIS_HASH;
  /** Changed since the last checkpoint. */
  changed = false;
  readonly sealed: { readonly segment: number; readonly root: Uint8Array }[] = [];
  readonly #disk: Disk;
  readonly #limits: Limits;
  readonly #files: LogFiles;
  readonly #tree: MerkleBuilder = new MerkleBuilder();
  #segment: LogSegment | null = null;

  constructor(disk: Disk, limits: Limits, tenant: number) {
    this.tenant = tenant;
    this.#disk = disk;
    this.#limits = limits;
    const window = new LogWindow(disk);
    this.#files = { disk, limits, window, newTree: () => new MerkleBuilder() };
    this.#read();
  }

  advance(): void {
    this.head = entryHash(this.next!).slice();
    this.position += 1;
    this.changed = true;
    this.#tree.append(this.head, 0);
    if (this.position % this.#limits.segmentEntriesMax === 0) {
      const root = new Uint8Array(ENTRY_HASH_BYTES);
      this.#tree.rootInto(root, 0);
      this.#tree.reset();
      this.sealed.push({ segment: this.position / this.#limits.segmentEntriesMax - 1, root });
    }
    this.#read();
  }

  #read(): void {
    const max = this.#limits.segmentEntriesMax;
    const n = Math.floor(this.position / max);
    if (this.#segment === null || this.#segment.segment !== n) {
      this.#segment = null;
      this.next = null;
      if (!this.#disk.exists(segmentName(this.tenant, n))) return;
      this.#segment = new LogSegment(this.#files, this.tenant, n);
      this.#segment.load(max);
    }
    const segment = this.#segment;
    const index = this.position % max;
    const at = segment.look(index);
    const from = at + FRAME_HEADER_BYTES;
    this.next = at < 0 ? null : this.#files.window.bytes.slice(from, from + segment.sizes[index]!);
  }
}

/** Writes all store files anew. Null, or one sentence that says why that cannot be done. */
export function rebuildStore(
  disk: Disk,
  limits: Limits,
  crypto: Crypto,
  cluster: Hash128,
  checkpoint: Checkpoint,
): string | null {
  const tenants = tenantsOf(disk);
  for (const tenant of tenants) disk.remove(storeFileName(tenant));
  const rebuilding = new Rebuilding(disk, limits, crypto, cluster);
  const logs = tenants.map((tenant) => new LogReader(disk, limits, tenant));
  for (let op = 1; op <= checkpoint.op; op += 1) {
    const log = logs.find((one) => one.next !== null && entryOp(one.next) === op);
    if (log === undefined) return `the entry of op ${op} is missing or damaged`;
    const failure = rebuilding.install(log);
    if (failure !== null) return `tenant ${log.tenant}, position ${log.position + 1}: ${failure}`;
    if (op % limits.checkpointInterval !== 0) continue;
    const head = op === checkpoint.op ? checkpoint.head : ZERO128;
    const root = rebuilding.checkpoint(op, head, logs);
    if (op !== checkpoint.op) continue;
    const same = root.page === checkpoint.rootPage && equal128(root.checksum, checkpoint.root);
    return same ? null : 'the logs lead to another state than the checkpoint names';
  }
  return checkpoint.op === 0 ? null : 'the checkpoint stands at no multiple of its interval';
}

/** Whether the root of the store, at least, is there as the checkpoint names it. */
export function storeRootHolds(
  disk: Disk,
  limits: Limits,
  crypto: Crypto,
  cluster: Hash128,
  checkpoint: Checkpoint,
): boolean {
  if (checkpoint.rootPage === PAGE_NONE) return true;
  const store = openStore(disk, limits, crypto, cluster);
  store.open({ page: checkpoint.rootPage, checksum: checkpoint.root });
  if (!store.ready()) return false;
  for (let tenant = store.tenantAfter(0); tenant > 0; tenant = store.tenantAfter(tenant)) {
    const opened = store.tenant(tenant);
    if (opened === null) return false;
    const { rootPage, rootChecksum } = opened.record;
    const image = new Uint8Array(limits.pageBytes);
    const empty = rootPage === PAGE_NONE;
    if (!empty && !store.readPage(tenant, rootPage, rootChecksum, image)) return false;
  }
  return true;
}

function tenantsOf(disk: Disk): readonly number[] {
  const found: Set<number> = new Set();
  for (const name of disk.list('tenants/')) {
    const parts = /^tenants\/(\d{1,9})\/(?:store|log-\d+)$/.exec(name);
    if (parts !== null) found.add(Number(parts[1]));
  }
  return [...found].sort((a, b) => a - b);
}

function openStore(disk: Disk, limits: Limits, crypto: Crypto, cluster: Hash128): PagedStore {
  let ticket = 0;
  const nextTicket = (): Ticket => (ticket += 1);
  const ignore = { pageDamaged: () => undefined, pageAllocated: () => undefined };
  return new PagedStore(disk, limits, crypto, cluster, nextTicket, ignore);
}

class Rebuilding {
  readonly #limits: Limits;
  readonly #crypto: Crypto;
  readonly #cluster: Hash128;
  readonly #store: PagedStore;
  /** Syncs asked for: the caller makes everything durable in the end. */
  readonly #tickets: Ticket[] = [];
  #timestamp = 0;

  constructor(disk: Disk, limits: Limits, crypto: Crypto, cluster: Hash128) {
    this.#limits = limits;
    this.#crypto = crypto;
    this.#cluster = cluster;
    const unsynced: Disk = {
      open: (name) => disk.open(name),
      exists: (name) => disk.exists(name),
      list: (prefix) => disk.list(prefix),
      size: (file) => disk.size(file),
      read: (file, offset, length, into, at) => disk.read(file, offset, length, into, at),
      write: (file, offset, bytes, from, length) => disk.write(file, offset, bytes, from, length),
      truncate: (file, size) => disk.truncate(file, size),
      remove: (name) => disk.remove(name),
      rename: (from, to) => disk.rename(from, to),
      sync: (_file, ticket) => void this.#tickets.push(ticket),
    };
    this.#store = openStore(unsynced, limits, crypto, cluster);
    this.#store.open({ page: PAGE_NONE, checksum: ZERO128 });
  }

  /** Installs the next entry of a log. Null, or what is wrong with it. */
  install(log: LogReader): string | null {
    const entry = log.next!;
    const { tenant } = log;
    const position = log.position + 1;
    const { length } = entry;
    if (!verifyEntry(entry, 0, length, this.#cluster, tenant, position, this.#crypto)) {
      return 'its hashes do not hold';
    }
    const previous = entryPrevious(entry);
    if (!equalBytes(previous, 0, log.head, 0, ENTRY_HASH_BYTES)) return 'its link does not hold';
    const header = decodeEntryHeader(entry);
    if (header === null || header.timestamp <= this.#timestamp) return 'its header is malformed';
    const from = outcomeFrom(entry);
    if (!isOutcome(entry, from, length)) return 'its outcome is malformed';
    const store = this.#store;
    store.rest();
    const segments = Math.floor((position - 1) / this.#limits.segmentEntriesMax) + 1;
    let whole = store.touchDirectory(0, tenant === 0 ? segments : 0);
    whole &&= store.touchDirectory(tenant, segments);
    for (let at = firstRecord(entry, from); at < length; at = nextRecord(entry, at)) {
      whole &&= touchRecord(store, entry, at) !== NEEDS;
    }
    if (!whole) return 'a page that was just written cannot be read';
    installOutcome(store, entry, from, length);
    this.#timestamp = header.timestamp;
    log.advance();
    if (store.relieve(header.op, Number.POSITIVE_INFINITY) === RELIEF_DONE) this.#sync();
    return null;
  }

  checkpoint(
    op: number,
    head: Hash128,
    logs: readonly LogReader[],
  ): { readonly page: number; readonly checksum: Hash128 } {
    const store = this.#store;
    for (const log of logs) {
      if (!log.changed) continue;
      log.changed = false;
      store.setLog(log.tenant, log.position, log.head);
      for (const { segment, root } of log.sealed.splice(0)) {
        store.putSegment(log.tenant, segment, root);
      }
    }
    const root = store.checkpoint({ op, timestamp: this.#timestamp, head });
    this.#sync();
    return root;
  }

  #sync(): void {
    const store = this.#store;
    store.sync();
    for (const ticket of this.#tickets.splice(0)) {
      const known = store.synced(ticket, IO_OK);
      assert(known, 'a sync that was asked for');
    }
  }
}
