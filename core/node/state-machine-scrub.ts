/**
 * Scrub: a tour over everything a durable checkpoint holds, a few units at a time, so that rot is
 * found while peers can still repair it.
 *
 * Tenant by tenant: the pages below its root, then its log's entries. The state moves on during a
 * tour; a page that fails is damaged only if the checkpoint that is durable now still needs it as
 * it was when the walk of this tenant began (the allocator knows). Nothing is scrubbed while a
 * checkpoint is being written, when "durable" has no single answer.
 *
 * Cost: one read and one hash a unit; memory: the references of one tree not visited yet.
 */
import { mark } from '../marks.ts';
import { STEP_MARK } from '../observer.ts';
import type { Observer } from '../ports.ts';
import { carve } from '../store/arena.ts';
import { PAGE_NONE } from '../store/page.ts';
import type { PagedStore } from '../store/paged-store.ts';
import { NEEDS_TENANT } from '../store/paged-store.ts';
import type { Hash128 } from '../types/hash128.ts';
import type { Damage } from './state-machine-damage.ts';
import type { Logs } from './state-machine-logs.ts';
import { eachReference } from './state-machine-sync.ts';

const MARK_FOUND = mark('scrub_found_damage');

interface PageRef {
  readonly page: number;
  readonly checksum: Hash128;
}

const NO_TENANT = -1;

export class Scrub {
  readonly #store: PagedStore;
  readonly #logs: Logs;
  readonly #damage: Damage;
  readonly #observer: Observer;
  readonly #image: Uint8Array;
  #todo: PageRef[] = [];
  #tenant = NO_TENANT;
  /** The checkpoint that was durable when the walk of this tenant began. */
  #began = 0;
  #position = 0;
  #entries = 0;
  tours = 0;

  constructor(store: PagedStore, logs: Logs, damage: Damage, observer: Observer) {
    this.#store = store;
    this.#logs = logs;
    this.#damage = damage;
    this.#observer = observer;
    this.#image = carve(store.pageBytes);
  }

  /** Begins anew: the state was replaced. */
  reset(): void {
    this.#todo = [];
    this.#tenant = NO_TENANT;
    this.#position = 0;
    this.#entries = 0;
  }

  /** Checks up to `units` units; `durable` is the op of the durable checkpoint. */
  run(units: number, durable: number): void {
    for (let left = units; left > 0 && !this.#damage.full; left -= 1) {
      if (this.#todo.length > 0) this.#checkPage(durable);
      else if (this.#position < this.#entries) this.#checkEntry();
      else if (!this.#nextTenant(durable)) return;
    }
  }

  #checkPage(durable: number): void {
    const { page, checksum } = this.#todo.pop()!;
    if (this.#store.readPage(this.#tenant, page, checksum, this.#image)) {
      eachReference(this.#image, (next, sum) => this.#todo.push({ page: next, checksum: sum }));
      return;
    }
    const opened = this.#store.tenant(this.#tenant);
    if (opened === null || !opened.allocator.holds(page, this.#began, durable)) return;
    const found = this.#damage.addPage(this.#tenant, page, checksum, false);
    if (found) this.#observer.step(STEP_MARK, MARK_FOUND, 0, 0, null);
  }

  #checkEntry(): void {
    this.#position += 1;
    if (this.#logs.intact(this.#tenant, this.#position)) return;
    const found = this.#damage.addEntry(this.#tenant, this.#position);
    if (found) this.#observer.step(STEP_MARK, MARK_FOUND, 0, 0, null);
  }

  #nextTenant(durable: number): boolean {
    const next = this.#tenant === NO_TENANT ? 0 : this.#store.tenantAfter(this.#tenant);
    if (next === NEEDS_TENANT) return false;
    if (next < 0) {
      this.tours += 1;
      this.reset();
      return false;
    }
    const opened = this.#store.tenant(next);
    if (opened === null || this.#logs.find(next) === null) return false;
    this.#tenant = next;
    this.#began = durable;
    this.#position = 0;
    this.#entries = opened.record.logEntries;
    const { rootPage, rootChecksum } = opened.record;
    if (rootPage !== PAGE_NONE) this.#todo.push({ page: rootPage, checksum: rootChecksum });
    if (next === 0 && this.#store.rootRef.page !== PAGE_NONE) this.#todo.push(this.#store.rootRef);
    return true;
  }
}
