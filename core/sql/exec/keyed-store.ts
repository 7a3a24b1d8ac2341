/**
 * Rows kept together with values computed from them: keys to sort by, arguments to aggregate. A key
 * that is a column of the row is not kept twice.
 */
import type { Bound } from '../plan/expression.ts';
import type { SqlType } from '../types/type.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { makeCompiler } from './expression/compile.ts';
import type { Compiled, Compiler } from './expression/compiled.ts';
import type { Scope } from './operator.ts';
import { RowStore } from './row-store.ts';

export class KeyedStore {
  readonly store: RowStore;
  /** Where each key's column stands in the store. */
  readonly #places: readonly number[];
  readonly #computed: readonly Compiled[];
  readonly #compiler: Compiler;
  #begun = false;

  constructor(types: readonly SqlType[], keys: readonly Bound[], scope: Scope) {
    this.#compiler = makeCompiler(scope);
    const computed: Compiled[] = [];
    const kept = [...types];
    this.#places = keys.map((key) => {
      if (key.kind === 'column') return key.index;
      computed.push(this.#compiler.compile(key));
      return kept.push(key.type) - 1;
    });
    this.#computed = computed;
    this.store = new RowStore(kept, scope.run);
  }

  get keys(): ColumnBatch[] {
    return this.#places.map((place) => this.store.columns[place] as ColumnBatch);
  }

  /**
   * The columns to keep of a batch. May throw `Pending`, and is then called again with the same
   * batch.
   */
  evaluate(batch: Batch): readonly ColumnBatch[] {
    if (this.#computed.length === 0) return batch.columns;
    if (!this.#begun) {
      this.#begun = true;
      this.#compiler.attempt++;
    }
    const { selection, count } = batch;
    const keys = this.#computed.map((key) => key.evaluate(batch, selection, count));
    this.#begun = false;
    return [...batch.columns, ...keys];
  }

  append(batch: Batch): void {
    this.store.appendColumns(this.evaluate(batch), batch.selection, batch.count);
  }

  /** Where the first key stands among the columns. */
  get firstKey(): number {
    return this.#places[0] as number;
  }

  reset(): void {
    this.store.clear();
    this.#begun = false;
    for (const query of this.#compiler.queries) query.reset();
  }
}
