/**
 * A tenant of the store, once something asked for it: its tree, its file, and the numbers of its
 * pages.
 */
import type { Checksummer } from '../codec/prepare.ts';
import type { Hash128 } from '../types/hash128.ts';
import type { Allocator } from './allocator.ts';
import type { TenantRecord } from './directory.ts';
import type { PageFile } from './page-file.ts';
import type { Saving } from './save.ts';
import type { Backing } from './tree.ts';
import { Tree } from './tree.ts';

export interface StoreListener {
  pageDamaged(tenant: number, page: number, checksum: Hash128): void;
  /** The page number has new content now: what was known of its old content is void. */
  pageAllocated(tenant: number, page: number): void;
  /** Memory that others hold until the next checkpoint is durable, and that the cache makes up. */
  heldBytes?(): number;
}

export class StoreTenant implements Saving {
  readonly tenant: number;
  readonly record: TenantRecord;
  readonly tree: Tree;
  readonly file: PageFile;
  readonly allocator: Allocator;
  readonly hash: Checksummer;
  readonly #listener: StoreListener;
  /** The record will be written at the next checkpoint. */
  changed = false;
  /** Segments below this have their directory keys loaded until the next checkpoint. */
  touchedSegments = 0;

  constructor(
    tenant: number,
    record: TenantRecord,
    backing: Backing,
    file: PageFile,
    hash: Checksummer,
    listener: StoreListener,
  ) {
    this.tenant = tenant;
    this.record = record;
    this.allocator = record.allocator;
    this.tree = new Tree(tenant, backing, record.rootPage, record.rootChecksum);
    this.file = file;
    this.hash = hash;
    this.#listener = listener;
  }

  allocated(tenant: number, page: number): void {
    this.#listener.pageAllocated(tenant, page);
  }
}
