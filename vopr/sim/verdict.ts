/** The first thing that went wrong in a run, if any, and how often each invariant was evaluated. */

export interface Violation {
  /** An invariant, or what the simulator itself noticed (`SIMULATOR_VIOLATIONS`). */
  readonly invariant: string;
  readonly message: string;
  /** Virtual microseconds since boot, and inputs handled, when it was noticed. */
  readonly at: number;
  readonly event: number;
}

/** What tells a moment of a run. */
export interface Moment {
  readonly now: number;
  readonly events: number;
}

/** Violations that need no checker, and what each means. */
export const SIMULATOR_VIOLATIONS: Readonly<Record<string, string>> = {
  convergence: 'the healed core did not answer, agree and repair in bounded virtual time',
  crash: 'node or client code threw an exception',
  stopped: 'a node stopped itself though no injected fault justifies that',
  refused: 'a node refused to open a directory that no injected fault can have spoilt',
  contradicted: 'an honest node was told what contradicts its log, though nobody lies',
  opened_newer: 'a node opened a directory that a newer release wrote',
  runaway: 'the run exceeded its bound of events',
  codec: 'an intact message was refused by its own decoder',
  promise: 'a scenario did not deliver what it exists to inject',
};

export class Verdict {
  readonly #names: readonly string[];
  readonly #moment: Moment;
  readonly #suspended: boolean[];
  readonly evaluations: Uint32Array;
  /** How often each suspended invariant was seen violated in this run. */
  readonly #reports: Uint32Array;
  first: Violation | null = null;

  constructor(names: readonly string[], moment: Moment) {
    this.#moment = moment;
    this.#names = names;
    this.#suspended = names.map(() => false);
    this.evaluations = new Uint32Array(names.length);
    this.#reports = new Uint32Array(names.length);
  }

  reset(): void {
    this.first = null;
    this.evaluations.fill(0);
    this.#reports.fill(0);
  }

  /** Decides which invariants need not hold in this run. */
  suspend(isSuspended: (index: number) => boolean): void {
    for (let i = 0; i < this.#names.length; i++) this.#suspended[i] = isSuspended(i);
  }

  evaluated(index: number): void {
    this.evaluations[index] = (this.evaluations[index] as number) + 1;
  }

  violate(index: number, message: string): void {
    if (this.#suspended[index] === true) {
      this.#reports[index] = (this.#reports[index] as number) + 1;
      return;
    }
    this.fail(this.#names[index] as string, message);
  }

  /** Whether this invariant, suspended in this run, was seen violated. */
  reported(name: string): boolean {
    const index = this.#names.indexOf(name);
    return index >= 0 && this.#reports[index] !== 0;
  }

  fail(invariant: string, message: string): void {
    const { now, events } = this.#moment;
    this.first ??= { invariant, message, at: now, event: events };
  }

  /** Evaluations by name, zeros included; allocates. */
  toObject(): Record<string, number> {
    const out: Record<string, number> = {};
    this.#names.forEach((name, index) => {
      out[name] = this.evaluations[index] as number;
    });
    return out;
  }
}
