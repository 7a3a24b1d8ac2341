/**
 * State sync: replacing the state by a checkpoint of the cluster, keeping what is here already.
 *
 * A walk from the target's root down: each page that a reference names is read from the local file;
 * when its checksum is right it stays, else it is wanted from peers, and its own references follow
 * once it is here. The root leads to tenant 0's tree, that to the directory, that to every tenant's
 * tree and log. One tenant at a time: its pages, then its log, from the local end on, each entry
 * proven to follow the one before, and the last by the head hash in the directory. When all is here
 * all is synced, and only then is the state the target's.
 *
 * Memory: the references not yet visited of one tree, and at most the damage registry's bound of
 * wanted pages. Time: every page and missing entry of the target once.
 */
import { readU32 } from '../codec/bytes.ts';
import type { Limits } from '../limits.ts';
import { cellAreaFrom, cellIsChain } from '../store/cell.ts';
import { chainNext, chainNextChecksum } from '../store/chain.ts';
import { nodeOfPage } from '../store/node.ts';
import { carve } from '../store/arena.ts';
import { PAGE_CHAIN, PAGE_INNER, PAGE_LEAF, PAGE_NONE, pageKind } from '../store/page.ts';
import type { PagedStore } from '../store/paged-store.ts';
import { NEEDS_TENANT } from '../store/paged-store.ts';
import { readRoot } from '../store/root.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { equal128, read128 } from '../types/hash128.ts';
import type { Checkpoint } from '../vsr/message.ts';
import type { Damage } from './state-machine-damage.ts';
import type { LogReceive } from './state-machine-log-receive.ts';

interface PageRef {
  readonly page: number;
  readonly checksum: Hash128;
}

const PHASE_NONE = 0;
/** The root page, and its chain. */
const PHASE_ROOT = 1;
/** A tenant's pages. */
const PHASE_PAGES = 2;
const PHASE_LOG = 3;
/** A tenant is complete; which comes next may need a page. */
const PHASE_NEXT = 4;
/** Everything is here; files are being synced. */
const PHASE_FLUSH = 5;
/** The root denies what the target says of it: nothing to walk to. */
const PHASE_REFUTED = 6;
const PHASE_STUCK = 7;

export class StateSync {
  readonly #store: PagedStore;
  readonly #log: LogReceive;
  readonly #damage: Damage;
  readonly #limits: Limits;
  readonly #image: Uint8Array;
  #target: Checkpoint | null = null;
  #phase = PHASE_NONE;
  #tenant = 0;
  /** References of the current tenant not visited yet; the last is next. */
  #todo: PageRef[] = [];

  constructor(store: PagedStore, log: LogReceive, damage: Damage, limits: Limits) {
    this.#store = store;
    this.#log = log;
    this.#damage = damage;
    this.#limits = limits;
    this.#image = carve(limits.pageBytes);
  }

  get target(): Checkpoint | null {
    return this.#target;
  }

  begin(target: Checkpoint): void {
    assert(target.rootPage !== PAGE_NONE, 'a target has a root');
    this.#target = target;
    this.#phase = PHASE_ROOT;
    this.#tenant = 0;
    this.#todo = [{ page: target.rootPage, checksum: target.root }];
    this.#damage.clear();
    this.#log.clear();
    this.#store.open({ page: target.rootPage, checksum: target.root });
  }

  end(): void {
    this.#target = null;
    this.#phase = PHASE_NONE;
    this.#todo = [];
  }

  /** Whether every page and entry of the target is here: what is left is to sync the files. */
  get complete(): boolean {
    return this.#phase === PHASE_FLUSH;
  }

  /** A target that proved false, once: another one has to replace it. */
  takeRefuted(): Checkpoint | null {
    if (this.#phase !== PHASE_REFUTED) return null;
    this.#phase = PHASE_STUCK;
    return this.#target;
  }

  /** Goes on as far as local pages and entries allow. */
  advance(): void {
    for (;;) {
      if (this.#phase === PHASE_NONE || this.#phase >= PHASE_FLUSH) return;
      this.#visitAll();
      if (this.#todo.length > 0 || this.#damage.count > 0) return;
      if (!this.#nextPhase()) return;
    }
  }

  /** A wanted page of the current tenant was proven and written. */
  pageArrived(image: Uint8Array): void {
    this.#expand(image);
  }

  #visitAll(): void {
    while (this.#todo.length > 0 && !this.#damage.full) {
      const ref = this.#todo.pop()!;
      if (this.#store.readUsed(this.#tenant, ref.page, ref.checksum, this.#image)) {
        // It may be in the page cache only, so it is written again, to be synced with the rest.
        this.#store.repair(this.#tenant, ref.page, this.#image);
        this.#expand(this.#image);
      } else {
        this.#damage.addPage(this.#tenant, ref.page, ref.checksum, true);
      }
    }
  }

  #expand(image: Uint8Array): void {
    eachReference(image, (page, checksum) => this.#todo.push({ page, checksum }));
  }

  #nextPhase(): boolean {
    if (this.#phase === PHASE_ROOT) {
      // Root and chain are here, so this cannot miss; unless they rotted in between.
      if (!this.#store.ready()) return false;
      if (this.#rootMatches()) return this.#enterTenant(0);
      this.#phase = PHASE_REFUTED;
      return false;
    }
    if (this.#phase === PHASE_PAGES) {
      if (!this.#log.begin(this.#tenant)) return false;
      this.#phase = PHASE_LOG;
      return true;
    }
    if (this.#phase === PHASE_LOG) {
      if (!this.#log.finish()) return false;
      this.#phase = PHASE_NEXT;
    }
    assert(this.#phase === PHASE_NEXT, 'no other phase moves on by itself');
    const next = this.#store.tenantAfter(this.#tenant);
    if (next === NEEDS_TENANT) return false;
    if (next >= 0) return this.#enterTenant(next);
    this.#phase = PHASE_FLUSH;
    return true;
  }

  #enterTenant(tenant: number): boolean {
    const opened = this.#store.tenant(tenant);
    if (opened === null) return false;
    this.#tenant = tenant;
    this.#phase = PHASE_PAGES;
    const { rootPage, rootChecksum } = opened.record;
    if (rootPage !== PAGE_NONE) this.#todo.push({ page: rootPage, checksum: rootChecksum });
    return true;
  }

  #rootMatches(): boolean {
    const root = this.#store.root;
    const target = this.#target;
    return (
      root !== null &&
      target !== null &&
      root.op === target.op &&
      root.timestamp === target.timestamp &&
      root.op % this.#limits.checkpointInterval === 0 &&
      equal128(root.head, target.head)
    );
  }
}

/**
 * Calls back with each page that a proven page refers to (a root: its chain; its tree is apart).
 */
export function eachReference(
  image: Uint8Array,
  visit: (page: number, checksum: Hash128) => void,
): void {
  const kind = pageKind(image);
  if (kind === PAGE_CHAIN) {
    const next = chainNext(image);
    if (next !== PAGE_NONE) visit(next, chainNextChecksum(image));
    return;
  }
  if (kind !== PAGE_LEAF && kind !== PAGE_INNER) {
    const root = readRoot(image);
    assert(root !== null, 'a page is a node, a chain or a root');
    if (root.chainPage !== PAGE_NONE) visit(root.chainPage, root.chainChecksum);
    return;
  }
  const node = nodeOfPage(image, 1);
  assert(node !== null, 'a page with the right checksum is a node');
  for (let i = 0; i < node.cells.length; i += 1) {
    const at = node.cells[i]!;
    if (node.leaf && !cellIsChain(image, at)) continue;
    const ref = cellAreaFrom(image, at);
    visit(readU32(image, ref), read128(image, ref + 4));
  }
}
