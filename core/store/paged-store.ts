/**
 * The store on pages: one tree and one file a tenant, under one root.
 *
 * Opened at a checkpoint, of which it knows the root's page and checksum; everything else loads
 * when wanted. `checkpoint` writes what changed since and returns the next root; the caller then
 * syncs the files. Between the two nothing of the previous checkpoint is touched (`allocator.ts`).
 *
 * A damaged page makes the call end with `NEEDS` and is reported to the listener, which gets it
 * from a peer and hands it to `repair`.
 */
import type { Checksummer } from '../codec/prepare.ts';
import type { Limits } from '../limits.ts';
import { nextCheckpoint } from '../limits.ts';
import type { Disk, IoStatus, Ticket } from '../ports.ts';
import { IO_OK } from '../ports.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { ZERO128 } from '../types/hash128.ts';
import { Allocator } from './allocator.ts';
import { carve, copyBytes } from './arena.ts';
import { chainNext, chainNextChecksum, chainPages, readChainPage } from './chain.ts';
import type { Cursor } from './cursor.ts';
import type { TenantRecord } from './directory.ts';
import {
  DIRECTORY_KEY_BYTES,
  KEYSPACE_DIRECTORY,
  KEYSPACE_KERNEL_MIN,
  LOG_HASH_BYTES,
  SEGMENT_KEY_BYTES,
  decodeRecord,
  encodeRecord,
  keyTenant,
  recordBytesMax,
  writeDirectoryKey,
  writeSegmentKey,
} from './directory.ts';
import type { Chain } from './node.ts';
import type { FileSet } from './page-file.ts';
import { PageFile, takeImage } from './page-file.ts';
import { PAGE_NONE, isPage, pageUsed } from './page.ts';
import { RecordHash } from './record-hash.ts';
import type { Root } from './root.ts';
import { ROOT_RECORD_FROM, readRoot } from './root.ts';
import { saveRoot } from './save-root.ts';
import type { Cut, RootRef } from './save-root.ts';
import { ALL_PAGES, RELIEF_DONE, RELIEF_MORE, RELIEF_NONE, saveTree } from './save.ts';
import type { PageBudget } from './save.ts';
import type { StoreListener } from './store-tenant.ts';
import { StoreTenant } from './store-tenant.ts';
import type { Leaf, Store } from './store.ts';
import { ABSENT, NEEDS, PRESENT, VALUE_BYTES_MAX } from './store.ts';
import type { Backing } from './tree.ts';
import { Tree } from './tree.ts';

export class PagedStore implements Store, Backing, FileSet {
  readonly pageBytes: number;
  readonly #disk: Disk;
  readonly #limits: Limits;
  readonly #hash: Checksummer;
  readonly #cluster: Hash128;
  readonly #nextTicket: () => Ticket;
  readonly #listener: StoreListener;
  readonly #files: Map<number, PageFile> = new Map();
  /** Files with writes that no good sync covers yet. */
  readonly #dirtyFiles: PageFile[] = [];
  #tenants: Map<number, StoreTenant> = new Map();
  #changed: StoreTenant[] = [];
  #system: StoreTenant | null = null;
  #root: Root | null = null;
  #rootRef: RootRef = { page: PAGE_NONE, checksum: ZERO128 };
  #rootChain: number[] = [];
  #stateHash: RecordHash = new RecordHash();
  #shown: Tree;
  cachedPages = 0;
  dirtyPages = 0;
  #relieving = false;
  stamp = 1;
  /** Syncs that failed since the start. */
  syncFailures = 0;
  readonly #key: Uint8Array = new Uint8Array(SEGMENT_KEY_BYTES);

  constructor(
    disk: Disk,
    limits: Limits,
    hash: Checksummer,
    cluster: Hash128,
    nextTicket: () => Ticket,
    listener: StoreListener,
  ) {
    assert(limits.pageBytes <= 1 << 16, 'cell offsets are 16 bits');
    this.pageBytes = limits.pageBytes;
    this.#disk = disk;
    this.#limits = limits;
    this.#hash = hash;
    this.#cluster = cluster;
    this.#nextTicket = nextTicket;
    this.#listener = listener;
    this.#shown = new Tree(0, this, PAGE_NONE, ZERO128);
  }

  /** Forgets everything in memory and stands at the checkpoint with this root. */
  open(root: RootRef): void {
    this.#tenants = new Map();
    this.#changed = [];
    this.#system = null;
    this.#root = null;
    this.#rootRef = root;
    this.#rootChain = [];
    this.#stateHash = new RecordHash();
    this.cachedPages = 0;
    this.dirtyPages = 0;
    this.#relieving = false;
    if (root.page === PAGE_NONE) this.#system = this.#adopt(0, this.#emptyRecord());
  }

  /** Whether the root is in memory; loads it. Until then every call answers `NEEDS`. */
  ready(): boolean {
    if (this.#system !== null) return true;
    const image = this.load(0, this.#rootRef.page, this.#rootRef.checksum);
    if (image === null) return false;
    const root = readRoot(image);
    assert(root !== null, 'a root page with the right checksum is a root');
    let bytes = image;
    let from = ROOT_RECORD_FROM;
    if (root.chainPage !== PAGE_NONE) {
      const chain = this.loadChain(0, root.chainPage, root.chainChecksum, root.recordBytes);
      if (chain === null) return false;
      bytes = chain.bytes;
      from = 0;
      this.#rootChain = chain.pages;
    }
    const record = decodeRecord(bytes, from, from + root.recordBytes, this.#limits);
    assert(record !== null, "the root holds tenant 0's record");
    this.#root = root;
    this.#stateHash.a = root.stateHashA;
    this.#stateHash.b = root.stateHashB;
    this.#system = this.#adopt(0, record);
    return true;
  }

  /** The root record at which the store was opened, or null before `ready`. */
  get root(): Root | null {
    return this.#root;
  }
  get rootRef(): RootRef {
    return this.#rootRef;
  }
  get keyBytesMax(): number {
    return this.#shown.keyBytesMax;
  }
  get stateHashA(): number {
    return this.#stateHash.a;
  }
  get stateHashB(): number {
    return this.#stateHash.b;
  }
  get value(): Uint8Array {
    return this.#shown.value;
  }
  get valueFrom(): number {
    return this.#shown.valueFrom;
  }
  get valueBytes(): number {
    return this.#shown.valueBytes;
  }
  get key(): Uint8Array {
    return this.#shown.key;
  }
  get keyFrom(): number {
    return this.#shown.keyFrom;
  }
  get keyBytes(): number {
    return this.#shown.keyBytes;
  }

  get(tenant: number, key: Uint8Array, from: number, bytes: number): number {
    const opened = this.tenant(tenant);
    if (opened === null) return NEEDS;
    this.#shown = opened.tree;
    return opened.tree.get(key, from, bytes);
  }

  touch(tenant: number, key: Uint8Array, from: number, bytes: number): number {
    return this.get(tenant, key, from, bytes);
  }

  put(
    tenant: number,
    key: Uint8Array,
    keyFrom: number,
    keyBytes: number,
    value: Uint8Array,
    valueFrom: number,
    valueBytes: number,
  ): void {
    assert(key[keyFrom]! >= KEYSPACE_KERNEL_MIN, 'the directory is not for kernel records');
    const opened = this.tenant(tenant);
    assert(opened !== null, 'put: the key was touched before');
    this.#change(opened);
    opened.tree.put(key, keyFrom, keyBytes, value, valueFrom, valueBytes);
  }

  delete(tenant: number, key: Uint8Array, from: number, bytes: number): void {
    assert(key[from]! >= KEYSPACE_KERNEL_MIN, 'the directory is not for kernel records');
    const opened = this.tenant(tenant);
    assert(opened !== null, 'delete: the key was touched before');
    this.#change(opened);
    opened.tree.delete(key, from, bytes);
  }

  seek(tenant: number, key: Uint8Array, from: number, bytes: number, floor: boolean): number {
    const opened = this.tenant(tenant);
    if (opened === null) return NEEDS;
    this.#shown = opened.tree;
    return opened.tree.seek(key, from, bytes, floor);
  }

  cursor(tenant: number): Cursor | null {
    return this.tenant(tenant)?.tree.cursor() ?? null;
  }

  next(): number {
    return this.#shown.next();
  }

  get leaf(): Leaf {
    return this.#shown.leaf;
  }
  get leafIndex(): number {
    return this.#shown.leafIndex;
  }

  show(index: number): number {
    return this.#shown.show(index);
  }

  nextLeaf(): number {
    return this.#shown.nextLeaf();
  }

  previousLeaf(): number {
    return this.#shown.previousLeaf();
  }

  /** The tenant as the directory has it, or new and empty; null: a page is needed first. */
  tenant(tenant: number): StoreTenant | null {
    if (this.#system === null && !this.ready()) return null;
    if (tenant === 0) return this.#system;
    const known = this.#tenants.get(tenant);
    if (known !== undefined) return known;
    writeDirectoryKey(tenant, this.#key);
    const { tree } = this.#system!;
    const found = tree.get(this.#key, 0, DIRECTORY_KEY_BYTES);
    if (found === NEEDS) return null;
    if (found === ABSENT) return this.#adopt(tenant, this.#emptyRecord());
    const end = tree.valueFrom + tree.valueBytes;
    const record = decodeRecord(tree.value, tree.valueFrom, end, this.#limits);
    assert(record !== null, 'a directory record is well-formed');
    return this.#adopt(tenant, record);
  }

  /** The next tenant above `tenant` in the directory; -1 when there is none, or `NEEDS_TENANT`. */
  tenantAfter(tenant: number): number {
    if (!this.ready()) return NEEDS_TENANT;
    writeDirectoryKey(tenant + 1, this.#key);
    const { tree } = this.#system!;
    const found = tree.seek(this.#key, 0, DIRECTORY_KEY_BYTES, false);
    if (found === NEEDS) return NEEDS_TENANT;
    if (found === ABSENT || tree.key[tree.keyFrom] !== KEYSPACE_DIRECTORY) return -1;
    return keyTenant(tree.key, tree.keyFrom);
  }

  /**
   * Makes sure that the next checkpoint can write this tenant's directory records, for log segments
   * below `segments`: it cannot wait for a page. Called before anything of the tenant changes.
   */
  touchDirectory(tenant: number, segments: number): boolean {
    const opened = this.tenant(tenant);
    if (opened === null) return false;
    if (opened.changed && opened.touchedSegments >= segments) return true;
    const { tree } = this.#system!;
    writeDirectoryKey(tenant, this.#key);
    if (tree.get(this.#key, 0, DIRECTORY_KEY_BYTES) === NEEDS) return false;
    const first = Math.floor(opened.record.logEntries / this.#limits.segmentEntriesMax);
    for (let segment = first; segment < segments; segment += 1) {
      writeSegmentKey(tenant, segment, this.#key);
      if (tree.get(this.#key, 0, SEGMENT_KEY_BYTES) === NEEDS) return false;
    }
    opened.touchedSegments = segments;
    this.#change(opened);
    return true;
  }

  /** Says how long a changed tenant's log is; precedes `checkpoint`. */
  setLog(tenant: number, entries: number, head: Uint8Array): void {
    const opened = this.tenant(tenant);
    assert(opened !== null && opened.changed, 'only a changed tenant has a new log');
    assert(entries >= opened.record.logEntries, 'a log only grows');
    opened.record.logEntries = entries;
    copyBytes(head, 0, LOG_HASH_BYTES, opened.record.logHead, 0);
  }

  /** Puts a sealed segment's root in the directory; precedes `checkpoint`. */
  putSegment(tenant: number, segment: number, root: Uint8Array): void {
    writeSegmentKey(tenant, segment, this.#key);
    const { tree } = this.#system!;
    tree.put(this.#key, 0, SEGMENT_KEY_BYTES, root, 0, LOG_HASH_BYTES);
  }

  /** Root of a sealed segment into `out`: `PRESENT`, `ABSENT` or `NEEDS`. */
  segmentRoot(tenant: number, segment: number, out: Uint8Array): number {
    if (!this.ready()) return NEEDS;
    writeSegmentKey(tenant, segment, this.#key);
    const { tree } = this.#system!;
    const found = tree.get(this.#key, 0, SEGMENT_KEY_BYTES);
    if (found === PRESENT) copyBytes(tree.value, tree.valueFrom, LOG_HASH_BYTES, out, 0);
    return found;
  }

  /** Writes all that changed since the last checkpoint. `sync` follows. */
  checkpoint(cut: Cut): RootRef {
    const system = this.#system;
    assert(system !== null, 'a store that applied something is open');
    this.#changed.sort(byTenant);
    for (const changed of this.#changed) {
      changed.changed = false;
      changed.touchedSegments = 0;
      changed.allocator.settle();
      if (changed.tenant !== 0) this.#saveTenant(changed, system, cut.op);
    }
    this.#changed.length = 0;
    this.dirtyPages = 0;
    const previous = { ref: this.#rootRef, chain: this.#rootChain };
    const saved = saveRoot(system, cut, this.#cluster, this.#stateHash, previous);
    this.#root = saved.root;
    this.#rootRef = saved.ref;
    this.#rootChain = saved.chain;
    for (const file of this.#dirtyFiles) file.checkpointBegins();
    return saved.ref;
  }

  /**
   * Called after each op, until it answers otherwise than `RELIEF_MORE`: when much has changed
   * since the last checkpoint, it is written already, so that memory is bounded; and before the
   * next checkpoint, so that it has little left to write at once. At most `pages` a call, or a
   * value more. What is written, and where, is a function of the log alone, as is what counts as
   * much. After `RELIEF_DONE` a `sync` should follow.
   */
  relieve(op: number, pages: number): number {
    const checkpointOp = nextCheckpoint(op, this.#limits);
    if (!this.#relieving) {
      const { storeDirtyPagesMax: most } = this.#limits;
      const enough = op === checkpointOp ? most >> 3 : most;
      if (this.dirtyPages <= enough) return RELIEF_NONE;
      this.#relieving = true;
      this.dirtyPages = 0;
      this.#changed.sort(byTenant);
      for (const { allocator } of this.#changed) allocator.settle();
    }
    const budget: PageBudget = { left: pages };
    for (const changed of this.#changed) {
      if (!saveTree(changed.tree, checkpointOp, changed, budget)) return RELIEF_MORE;
    }
    this.#relieving = false;
    return RELIEF_DONE;
  }

  /** So many images wait for a sync that no op should add to them. */
  get crowded(): boolean {
    return this.#keptPages() > this.#limits.storeDirtyPagesMax;
  }

  /** All writes are covered by good syncs. */
  get durable(): boolean {
    return this.#dirtyFiles.length === 0;
  }

  /** Those of the last checkpoint are, whatever was written since. */
  get checkpointDurable(): boolean {
    for (const file of this.#dirtyFiles) if (file.owed > 0) return false;
    return true;
  }

  /** Something could not be written yet; see `retry`. */
  get stalled(): boolean {
    for (const file of this.#dirtyFiles) if (file.stalled) return true;
    return false;
  }

  /** Starts to sync every file that needs it. */
  sync(): void {
    for (const file of this.#dirtyFiles) file.sync();
  }

  /** True when the ticket was one of ours. A failed sync writes its file's pages again. */
  synced(ticket: Ticket, status: IoStatus): boolean {
    for (let i = 0; i < this.#dirtyFiles.length; i += 1) {
      const file = this.#dirtyFiles[i]!;
      if (!file.synced(ticket, status)) continue;
      if (status !== IO_OK) this.syncFailures += 1;
      if (file.durable) this.#dirtyFiles.splice(i, 1);
      return true;
    }
    return false;
  }

  /** Writes again what had no room, and syncs it. */
  retry(): void {
    for (const file of this.#dirtyFiles) file.retry();
  }

  nextTicket(): Ticket {
    return this.#nextTicket();
  }

  fileDirty(file: PageFile): void {
    this.#dirtyFiles.push(file);
  }

  load(tenant: number, page: number, checksum: Hash128): Uint8Array | null {
    const image = carve(this.pageBytes);
    if (!this.readPage(tenant, page, checksum, image)) {
      this.#listener.pageDamaged(tenant, page, checksum);
      return null;
    }
    return image;
  }

  loadChain(tenant: number, page: number, checksum: Hash128, bytes: number): Chain | null {
    assert(bytes <= VALUE_BYTES_MAX, 'a chain has a bound');
    const chain: Chain = { bytes: new Uint8Array(bytes), pages: [] };
    const image = carve(this.pageBytes);
    const pagesMax = chainPages(bytes, this.pageBytes) + 2;
    let at = 0;
    for (let next = page, sum = checksum; next !== PAGE_NONE;) {
      if (!this.readPage(tenant, next, sum, image)) {
        this.#listener.pageDamaged(tenant, next, sum);
        return null;
      }
      chain.pages.push(next);
      at = readChainPage(image, chain.bytes, at);
      assert(at >= 0 && chain.pages.length <= pagesMax, 'a proven chain is well-formed');
      next = chainNext(image);
      sum = chainNextChecksum(image);
    }
    assert(at === bytes, 'a chain holds all its bytes');
    return chain;
  }

  supersede(tenant: number, page: number): void {
    const opened = tenant === 0 ? this.#system! : this.#tenants.get(tenant)!;
    opened.allocator.supersede(page);
  }

  fold(
    tenant: number,
    key: Uint8Array,
    keyFrom: number,
    keyBytes: number,
    value: Uint8Array,
    valueFrom: number,
    valueBytes: number,
    sign: number,
  ): void {
    if (key[keyFrom]! < KEYSPACE_KERNEL_MIN) return;
    const hash = this.#stateHash;
    hash.fold(tenant, key, keyFrom, keyBytes, value, valueFrom, valueBytes, sign);
  }

  /** Reads and proves one page; a kept image heals what the disk garbled. */
  readPage(tenant: number, page: number, checksum: Hash128, into: Uint8Array): boolean {
    const file = this.file(tenant);
    if (file.read(page, into) && isPage(into, tenant, page, checksum, this.#hash)) return true;
    if (!file.rewrite(page)) return false;
    return file.read(page, into) && isPage(into, tenant, page, checksum, this.#hash);
  }

  /**
   * As `readPage`, where only what the checksum covers counts: behind it a page is zeros, whatever
   * became of them here. For those who lack the page, since this copy may be the last.
   */
  readUsed(tenant: number, page: number, checksum: Hash128, into: Uint8Array): boolean {
    if (this.readPage(tenant, page, checksum, into)) return true;
    this.file(tenant).readSectors(page, into, this.#limits.sectorBytes);
    into.fill(0, Math.min(pageUsed(into), into.length));
    return isPage(into, tenant, page, checksum, this.#hash);
  }

  /** Whether these bytes are the page; shorter ones stand for zeros to the page's end. */
  proves(bytes: Uint8Array, tenant: number, page: number, checksum: Hash128): boolean {
    return bytes.length === this.pageBytes && isPage(bytes, tenant, page, checksum, this.#hash);
  }

  /** Writes a proven page in its place, and syncs it. */
  repair(tenant: number, page: number, bytes: Uint8Array): void {
    assert(pageUsed(bytes) <= this.pageBytes, 'a repaired page was proven');
    const image = takeImage(this.pageBytes);
    image.set(bytes);
    const file = this.file(tenant);
    file.write(page, image);
    file.sync();
  }

  file(tenant: number): PageFile {
    let file = this.#files.get(tenant);
    if (file === undefined) {
      file = new PageFile(this.#disk, storeFileName(tenant), this.pageBytes, this);
      this.#files.set(tenant, file);
    }
    return file;
  }

  #emptyRecord(): TenantRecord {
    return {
      logEntries: 0,
      logHead: new Uint8Array(LOG_HASH_BYTES),
      rootPage: PAGE_NONE,
      rootChecksum: ZERO128,
      allocator: new Allocator(this.#limits),
    };
  }

  #adopt(tenant: number, record: TenantRecord): StoreTenant {
    const file = this.file(tenant);
    const opened = new StoreTenant(tenant, record, this, file, this.#hash, this.#listener);
    this.#tenants.set(tenant, opened);
    return opened;
  }

  #change(opened: StoreTenant): void {
    if (opened.changed) return;
    opened.changed = true;
    this.#changed.push(opened);
  }

  #saveTenant(changed: StoreTenant, system: StoreTenant, op: number): void {
    const { record, tree, tenant } = changed;
    saveTree(tree, op, changed, ALL_PAGES);
    changed.allocator.seal(op);
    record.rootPage = tree.rootPage;
    record.rootChecksum = tree.rootChecksum;
    const bytes = scratch(recordBytesMax(record));
    const end = encodeRecord(record, bytes, 0);
    writeDirectoryKey(tenant, this.#key);
    system.tree.put(this.#key, 0, DIRECTORY_KEY_BYTES, bytes, 0, end);
  }

  /** See `Store`. What was walked through since the last eviction stays, if that is enough. */
  rest(): void {
    const { storeCachePages } = this.#limits;
    // Cheap most of the time: what is held beside the cache never takes more than half of it.
    if (this.cachedPages <= storeCachePages >> 1) return;
    const most = Math.max(storeCachePages >> 1, storeCachePages - this.#heldPages());
    if (this.cachedPages <= most) return;
    this.#evict(this.stamp);
    if (this.cachedPages > most >> 1) this.#evict(this.stamp + 1);
    this.stamp += 1;
  }

  #keptPages(): number {
    let images = 0;
    for (const file of this.#dirtyFiles) images += file.keptPages;
    return images;
  }

  /** Pages' worth of what is held until it is durable: images, and the logs' last writes. */
  #heldPages(): number {
    return this.#keptPages() + Math.ceil((this.#listener.heldBytes?.() ?? 0) / this.pageBytes);
  }

  #evict(before: number): void {
    let kept = 0;
    // The next checkpoint writes in the directory, whose pages were made sure of.
    const pinned = this.#changed.length > 0 ? this.#system : null;
    for (const opened of this.#tenants.values()) {
      kept += opened.tree.evict(opened === pinned ? 0 : before);
    }
    this.cachedPages = kept;
  }
}

/** Answer of `tenantAfter` when a page is needed first. */
export const NEEDS_TENANT = -2;

export function storeFileName(tenant: number): string {
  return `tenants/${tenant}/store`;
}

let shared: Uint8Array = new Uint8Array(4096);

function scratch(bytes: number): Uint8Array {
  if (shared.length < bytes) shared = new Uint8Array(bytes * 2);
  return shared;
}

function byTenant(a: StoreTenant, b: StoreTenant): number {
  return a.tenant - b.tenant;
}
