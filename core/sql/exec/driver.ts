/** Drives a tree of operators in slices. What callers of the executor hold in their hands. */
import type { SqlType } from '../types/type.ts';
import type { Batch } from './batch.ts';
import { MORE, PENDING } from './operator.ts';
import type { Operator, Run, Step } from './operator.ts';

export interface Execution {
  readonly types: readonly SqlType[];
  /** The rows found; valid after `BATCH` until the next step. */
  readonly output: Batch;
  /** Works for about `budget` batches at most, and stops at the first rows. */
  step(budget: number): Step;
}

/** More than any operator can hand over. */
const WANT_ALL = 0x3fff_ffff;

export class Driver implements Execution {
  readonly types: readonly SqlType[];
  readonly #root: Operator;
  readonly #run: Run;

  constructor(root: Operator, run: Run, types: readonly SqlType[]) {
    this.#root = root;
    this.#run = run;
    this.types = types;
  }

  get output(): Batch {
    return this.#root.output;
  }

  step(budget: number): Step {
    const run = this.#run;
    // A data-modifying WITH drives its source from within another slice.
    const outer = run.fuel;
    run.fuel = budget;
    try {
      while (run.fuel > 0) {
        run.fuel--;
        const step = this.#root.step(WANT_ALL);
        if (step !== MORE) return step;
      }
    } catch (error) {
      if (error !== PENDING) throw error;
    } finally {
      run.fuel = outer;
    }
    return MORE;
  }
}
