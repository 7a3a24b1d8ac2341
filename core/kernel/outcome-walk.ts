/**
 * A walk over the records of a built outcome, in slices: first to make sure of the pages that they
 * will change, then to make them state.
 */
import type { Store } from '../store/store.ts';
import { NEEDS } from '../store/store.ts';
import type { OutcomeWriter } from './outcome.ts';
import { firstRecord, installRecords, nextRecord, touchRecord } from './outcome.ts';

/** Putting a record that was touched takes a fraction of executing what led to it. */
const INSTALLS_PER_BUDGET = 2;

export class OutcomeWalk {
  readonly #store: Store;
  readonly #writer: OutcomeWriter;
  #at = 0;

  constructor(store: Store, writer: OutcomeWriter) {
    this.#store = store;
    this.#writer = writer;
  }

  /** `from`: where the outcome begins. */
  begin(from: number): void {
    this.#at = firstRecord(this.#writer.bytes, from);
  }

  get done(): boolean {
    return this.#at === this.#writer.end;
  }

  /** Touches at most `most` records; false where a page is needed first. */
  touch(most: number): boolean {
    const { bytes, end } = this.#writer;
    for (let left = most; this.#at < end && left > 0; left -= 1) {
      if (touchRecord(this.#store, bytes, this.#at) === NEEDS) return false;
      this.#at = nextRecord(bytes, this.#at);
    }
    return true;
  }

  install(budget: number): void {
    const { bytes, end } = this.#writer;
    const most = budget * INSTALLS_PER_BUDGET;
    this.#at = installRecords(this.#store, bytes, this.#at, end, most);
  }
}
