/**
 * Recomputes the hash chains of all tenants' logs, some entries each time it is asked to look, from
 * the first to the newest, and then what is new.
 */
import { TENANT_SYSTEM } from '../../core/kernel/operation.ts';
import type { StateReader } from '../../core/node.ts';
import { PageNeeded } from '../../core/sql/error.ts';
import { ChainCheck } from '../chain-check.ts';

/** Entries of a look: some milliseconds. */
const LOOK_ENTRIES = 512;
const TENANTS_PAGE = 1024;

export class ChainWatch {
  /** Entries that were looked at. */
  checked = 0;
  private readonly state: StateReader;
  private readonly chains: Map<number, ChainCheck> = new Map();
  private broken = false;
  private after = -1;

  constructor(state: StateReader) {
    this.state = state;
  }

  /** Looks at some more; whether all that was looked at holds. */
  look(): boolean {
    const until = this.checked + LOOK_ENTRIES;
    try {
      const tenants = this.next();
      for (const tenant of tenants) {
        if (this.checked >= until) break;
        this.follow(tenant, until);
        this.after = tenant;
      }
      if (tenants.length < TENANTS_PAGE && this.after === (tenants.at(-1) ?? -1)) this.after = -1;
    } catch (error) {
      if (!(error instanceof PageNeeded)) throw error;
    }
    return !this.broken;
  }

  private next(): number[] {
    const from = Math.max(0, this.after);
    const named = this.state.access.tenants(from, TENANTS_PAGE).map(({ tenant }) => tenant);
    return this.after < 0 ? [TENANT_SYSTEM, ...named] : named;
  }

  private follow(tenant: number, until: number): void {
    let chain = this.chains.get(tenant);
    if (chain === undefined) {
      chain = new ChainCheck();
      this.chains.set(tenant, chain);
    }
    while (chain.length < this.state.position(tenant) && this.checked < until) {
      const entry = this.state.entry(tenant, chain.length + 1);
      // Not held, or damaged: it is wanted from peers now, and counted as damage.
      if (entry === null) return;
      if (!chain.accept(entry)) {
        this.broken = true;
        return;
      }
      this.checked += 1;
    }
  }
}
