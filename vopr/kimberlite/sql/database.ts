/**
 * A tenant's tables, worked out a second time: every version of every row in plain arrays.
 *
 * Fed the committed statements in the order of the log, it says what each must answer; asked for a
 * query as of any position, it says what that must return (`queries.ts`). There are no trees,
 * pages, indexes, batches or plans here: every look is a scan over everything that ever was.
 */
import type { Expression } from '../../../core/sql/tree/expression.ts';
import type { Query } from '../../../core/sql/tree/query.ts';
import type { Cell, Scope } from './interpreter.ts';
import { evaluate, refusal } from './interpreter.ts';
import { rowsOf } from './queries.ts';

export const FOREVER: number = Number.MAX_SAFE_INTEGER;

/** What is there from one position of the log on, and before another. */
interface Lasting {
  readonly began: number;
  ended: number;
}

export interface ModelColumn extends Lasting {
  readonly name: string;
  /** Value of rows that were there before it. */
  readonly initial: Cell;
  readonly fallback: Cell;
  /** What it is computed from; null: it is not. */
  readonly generated: Expression | null;
  readonly notNull: boolean;
}

export interface ModelRow {
  readonly cells: Cell[];
  readonly began: number;
  ended: number;
}

/** Its table's rows are told apart by it: those for which `where` holds and no element is null. */
export interface ModelKey extends Lasting {
  readonly name: string;
  readonly elements: readonly Expression[];
  /** Places of the elements when they are columns; else null. */
  readonly columns: readonly number[] | null;
  readonly where: Expression | null;
  readonly deferrable: boolean;
  readonly deferred: boolean;
}

export interface ModelCheck extends Lasting {
  readonly name: string;
  /** Rows that were there before may break it. */
  readonly notValid: boolean;
  readonly value: Expression;
}

export interface Reference extends Lasting {
  readonly name: string;
  readonly column: number;
  /** It refers to the first column, the key. */
  readonly table: ModelTable;
  readonly onDelete: string;
  readonly onUpdate: string;
  /** Rows that were there before may refer to nobody. */
  readonly notValid: boolean;
}

export interface ModelTable extends Lasting {
  readonly name: string;
  readonly columns: ModelColumn[];
  readonly rows: ModelRow[];
  readonly keys: ModelKey[];
  readonly checks: ModelCheck[];
  readonly references: Reference[];
}

/** Some columns of a table or of another view, and those rows for which a condition holds. */
export interface ModelView extends Lasting {
  readonly name: string;
  readonly from: string;
  /** Its columns' names, and those of what it is of. */
  readonly columns: readonly (readonly [name: string, of: string])[];
  readonly where: Expression;
  readonly check: 'none' | 'local' | 'cascaded';
}

/** A condition, and what names mean in it. */
export interface Condition {
  readonly where: Expression;
  readonly columns: ReadonlyMap<string, number>;
}

/** A table, or what a view shows of one. */
export interface Seen {
  readonly table: ModelTable;
  readonly columns: ReadonlyMap<string, number>;
  /** What the views ask of rows to be shown, and of rows that are written through them. */
  readonly shown: readonly Condition[];
  readonly written: readonly Condition[];
}

export class ModelDatabase {
  readonly tables: ModelTable[] = [];
  readonly views: ModelView[] = [];
  /** Indexes that exist, by name, and their tables. */
  readonly indexes: Map<string, ModelTable> = new Map();

  /** All that was known at a position: what came after it never happened. */
  fork(position: number): ModelDatabase {
    const out = new ModelDatabase();
    const copies: Map<ModelTable, ModelTable> = new Map();
    const known = <T extends Lasting>(things: readonly T[]): T[] => {
      const some = things.filter(({ began }) => began <= position);
      return some.map((one) => ({ ...one, ended: endAt(one.ended, position) }));
    };
    for (const table of this.tables) {
      if (table.began > position) continue;
      const copy: ModelTable = {
        ...table,
        ended: endAt(table.ended, position),
        columns: known(table.columns),
        rows: known(table.rows),
        keys: known(table.keys),
        checks: known(table.checks),
        references: known(table.references).map((one) => ({
          ...one,
          table: copies.get(one.table)!,
        })),
      };
      copies.set(table, copy);
      out.tables.push(copy);
    }
    out.views.push(...known(this.views));
    return out;
  }

  /** The table of that name as of a position; 42P01 when there was none. */
  table(name: string, position: number): ModelTable {
    for (const table of this.tables) {
      if (table.name === name && alive(table, position)) return table;
    }
    throw refusal('42P01');
  }

  view(name: string, position: number): ModelView | null {
    for (const view of this.views) {
      if (view.name === name && alive(view, position)) return view;
    }
    return null;
  }

  exists(name: string, position: number): boolean {
    const isIt = (one: Lasting & { readonly name: string }): boolean =>
      one.name === name && alive(one, position);
    return this.tables.some(isIt) || this.views.some(isIt);
  }

  /** The table or view of that name as of a position; 42P01 when there was none. */
  seen(name: string, position: number): Seen {
    const view = this.views.length === 0 ? null : this.view(name, position);
    if (view === null) {
      const table = this.table(name, position);
      return { table, columns: scopeOf(table, position).columns, shown: [], written: [] };
    }
    const of = this.seen(view.from, position);
    const own: Condition = { where: view.where, columns: of.columns };
    const shown = [...of.shown, own];
    const written =
      view.check === 'cascaded'
        ? shown
        : view.check === 'local'
          ? [...of.written, own]
          : of.written;
    const columns = new Map(view.columns.map(([name_, from]) => [name_, of.columns.get(from)!]));
    return { table: of.table, columns, shown, written };
  }

  /** Rows of a query of the workload, read at `now` unless it says `AS OF`. */
  query(query: Query, parameters: readonly Cell[], now: number): readonly (readonly Cell[])[] {
    return rowsOf(query, { database: this, parameters, now, commons: new Map(), outer: [] });
  }
}

/** Whether all conditions hold for a row; unknown is not enough. */
export function holdAll(conditions: readonly Condition[], row: readonly Cell[]): boolean {
  return conditions.every(({ where, columns }) => {
    return evaluate(where, [{ name: '', columns, row }], []) === true;
  });
}

function endAt(ended: number, position: number): number {
  return ended <= position ? ended : FOREVER;
}

export function alive(thing: { began: number; ended: number }, position: number): boolean {
  return thing.began <= position && position < thing.ended;
}

export function scopeOf(table: ModelTable, position: number): Scope {
  const columns = new Map<string, number>();
  table.columns.forEach((column, i) => {
    if (alive(column, position)) columns.set(column.name, i);
  });
  return { name: table.name, columns, row: [] };
}

/** The row with the values that columns added later give it. */
export function filled(table: ModelTable, row: ModelRow): Cell[] {
  return table.columns.map((column, i) => {
    const cell = row.cells[i];
    return cell === undefined ? column.initial : cell;
  });
}
