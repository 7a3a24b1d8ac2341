/** Values that an operator needs once: a scan's bounds, a function's arguments, a LIMIT's count. */
import type { Bound } from '../plan/expression.ts';
import type { Value } from '../types/type.ts';
import { ALL_ROWS, makeBatch, valueAt } from './column.ts';
import { makeCompiler } from './expression/compile.ts';
import type { Compiled, Compiler } from './expression/compiled.ts';
import type { Scope } from './operator.ts';

/** One row without columns. */
const UNIT = Object.freeze({ ...makeBatch([], 1), rows: 1, count: 1 });

const NOTHING: readonly Compiled[] = [];
const NO_VALUES: readonly Value[] = [];

export class Once {
  /** Null: there is nothing to compute. */
  readonly #compiler: Compiler | null;
  readonly #parts: readonly Compiled[];
  #begun = false;

  constructor(bounds: readonly Bound[], scope: Scope) {
    this.#compiler = bounds.length === 0 ? null : makeCompiler(scope);
    this.#parts = this.#compiler === null ? NOTHING : bounds.map(this.#compiler.compile);
  }

  reset(): void {
    this.#begun = false;
    for (const query of this.#compiler?.queries ?? []) query.reset();
  }

  /** May throw `Pending`, and is then called again. */
  values(): readonly Value[] {
    if (this.#compiler === null) return NO_VALUES;
    if (!this.#begun) {
      this.#begun = true;
      this.#compiler.attempt++;
    }
    const values = this.#parts.map((part) =>
      part.scalar !== null
        ? part.scalar()
        : valueAt(part.evaluate(UNIT, ALL_ROWS, 1), part.shape, 0),
    );
    this.#begun = false;
    return values;
  }
}
