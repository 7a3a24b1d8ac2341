/**
 * What is known to be damaged or missing and is wanted from peers: store pages by number and
 * checksum, log entries by position. Damage is remembered until it is repaired or no longer
 * matters; it is never read as empty.
 *
 * Cost: a look-up is a linear search; the number of damaged units is small, and whoever searches
 * for more (scrub, sync) stops while `full`.
 */
import { DAMAGE_PAGE, STEP_DAMAGE, STEP_REPAIRED } from '../observer.ts';
import type { Observer } from '../ports.ts';
import type { Hash128 } from '../types/hash128.ts';
import { ZERO128, equal128 } from '../types/hash128.ts';
import type { Unit } from '../vsr/message.ts';
import { UNIT_LOG, UNIT_PAGE } from '../vsr/message.ts';

const WANTED_MAX = 64;

export class Damage {
  readonly #observer: Observer;
  #units: Unit[] = [];

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  get count(): number {
    return this.#units.length;
  }

  /** Enough is wanted: look for no more until some is repaired. */
  get full(): boolean {
    return this.#units.length >= WANTED_MAX;
  }

  get units(): readonly Unit[] {
    return this.#units;
  }

  /** Notes a page; true when it was not known. `silent`: missing rather than damaged. */
  addPage(tenant: number, page: number, checksum: Hash128, silent: boolean): boolean {
    const known = this.#find(UNIT_PAGE, tenant, page);
    if (known >= 0 && equal128(this.#units[known]!.checksum, checksum)) return false;
    if (known >= 0) this.#units.splice(known, 1);
    this.#units.push({ kind: UNIT_PAGE, tenant, index: page, count: 1, checksum });
    if (!silent) this.#observer.step(STEP_DAMAGE, DAMAGE_PAGE, page, tenant, null);
    return true;
  }

  /** Notes one damaged log entry. The log itself tells the observer, of this and of its repair. */
  addEntry(tenant: number, position: number): boolean {
    if (this.#find(UNIT_LOG, tenant, position) >= 0) return false;
    this.#units.push({ kind: UNIT_LOG, tenant, index: position, count: 1, checksum: ZERO128 });
    return true;
  }

  hasPage(tenant: number, page: number, checksum: Hash128): boolean {
    const known = this.#find(UNIT_PAGE, tenant, page);
    return known >= 0 && equal128(this.#units[known]!.checksum, checksum);
  }

  hasEntry(tenant: number, position: number): boolean {
    return this.#find(UNIT_LOG, tenant, position) >= 0;
  }

  /** The page is whole again. */
  pageRepaired(tenant: number, page: number, silent: boolean): void {
    this.dropPage(tenant, page);
    if (!silent) this.#observer.step(STEP_REPAIRED, DAMAGE_PAGE, page, tenant, null);
  }

  entryRepaired(tenant: number, position: number): void {
    const known = this.#find(UNIT_LOG, tenant, position);
    if (known < 0) return;
    this.#units.splice(known, 1);
  }

  /** The page's old content no longer matters. */
  dropPage(tenant: number, page: number): void {
    const known = this.#find(UNIT_PAGE, tenant, page);
    if (known >= 0) this.#units.splice(known, 1);
  }

  /** Drops every unit for which `stale` says so. */
  prune(stale: (unit: Unit) => boolean): void {
    this.#units = this.#units.filter((unit) => !stale(unit));
  }

  clear(): void {
    this.#units = [];
  }

  #find(kind: number, tenant: number, index: number): number {
    for (let i = 0; i < this.#units.length; i += 1) {
      const unit = this.#units[i]!;
      if (unit.kind === kind && unit.tenant === tenant && unit.index === index) return i;
    }
    return -1;
  }
}
