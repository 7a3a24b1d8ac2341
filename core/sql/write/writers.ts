/**
 * The tables that a statement changes, each opened once.
 */
import type { ObjectId, Table } from '../catalog/model.ts';
import { TableChanges } from './changes.ts';
import { RowChecks } from './checks.ts';
import type { WriteContext } from './context.ts';
import { tableChecks } from './defaults.ts';
import { References } from './references.ts';
import { TableWriter } from './table-writer.ts';

export class Writers {
  readonly references: References;
  readonly #context: WriteContext;
  readonly #tables: Map<ObjectId, TableWriter> = new Map();
  /** These two are made when they are asked for: not every statement needs them. */
  #changes: Map<ObjectId, TableChanges> | null = null;
  #checks: Map<ObjectId, RowChecks> | null = null;

  /** `referential` false: nothing is asked of foreign keys. */
  constructor(context: WriteContext, referential: boolean = true) {
    this.#context = context;
    this.references = new References(context, this, referential);
  }

  table(table: Table): TableWriter {
    const known = this.#tables.get(table.id);
    if (known !== undefined) return known;
    const made = new TableWriter(table, this.#context);
    this.#tables.set(table.id, made);
    return made;
  }

  changes(table: Table): TableChanges {
    const known = this.#changes?.get(table.id);
    if (known !== undefined) return known;
    const made = new TableChanges(this.table(table), this.#context, this.references);
    this.#changes ??= new Map();
    this.#changes.set(table.id, made);
    return made;
  }

  /** Of rows that no plan brings its checks for. */
  checks(table: Table): RowChecks {
    const known = this.#checks?.get(table.id);
    if (known !== undefined) return known;
    const made = new RowChecks(table, tableChecks(table, this.#context), this.#context);
    this.#checks ??= new Map();
    this.#checks.set(table.id, made);
    return made;
  }

  /** What waits for the last row; then the foreign keys. True when all is done. */
  settle(): boolean {
    for (const changes of this.#changes?.values() ?? []) changes.settle();
    return this.references.step();
  }
}
