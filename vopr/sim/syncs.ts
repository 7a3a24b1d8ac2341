/** Syncs in flight on one disk: pooled slots in parallel arrays; a slot travels in an event. */

export class SyncTable {
  readonly files: number[] = [];
  readonly tickets: number[] = [];
  /** Incarnation of the node that asked: a later one never hears of it. */
  readonly incarnations: number[] = [];
  readonly fails: boolean[] = [];
  /** What the sync covers: the write sequence, name sequence and size when it began. */
  readonly sequences: number[] = [];
  readonly nameSequences: number[] = [];
  readonly sizes: number[] = [];
  #used = 0;
  #free: number[] = [];

  reset(): void {
    this.#used = 0;
    this.#free.length = 0;
  }

  take(file: number, ticket: number, incarnation: number, fails: boolean): number {
    const slot = this.#free.length > 0 ? (this.#free.pop() as number) : this.#used++;
    this.files[slot] = file;
    this.tickets[slot] = ticket;
    this.incarnations[slot] = incarnation;
    this.fails[slot] = fails;
    return slot;
  }

  release(slot: number): void {
    this.#free.push(slot);
  }
}
