/**
 * Remembers a machine's transitions: each (state, operation) is worked out once. States are dense
 * small integers, so the table is a growing array of rows.
 */
const UNSEEN = -2;

export class TransitionCache {
  readonly #operations: number;
  readonly #compute: (state: number, op: number) => number;
  readonly #rows: (Int32Array | undefined)[] = [];

  constructor(operations: number, compute: (state: number, op: number) => number) {
    this.#operations = operations;
    this.#compute = compute;
  }

  step(state: number, op: number): number {
    let row = this.#rows[state];
    if (row === undefined) {
      row = new Int32Array(this.#operations).fill(UNSEEN);
      this.#rows[state] = row;
    }
    const known = row[op]!;
    if (known !== UNSEEN) return known;
    const next = this.#compute(state, op);
    row[op] = next;
    return next;
  }
}
