/**
 * A tenant's tables, worked out a second time: every version of every row in plain arrays.
 *
 * Fed the committed statements in the order of the log, it says what each must answer; asked for a
 * query as of any position, it says what that must return. There are no trees, pages, indexes,
 * batches or plans here: every look is a scan over everything that ever was.
 */
import type { Expression } from '../../../core/sql/tree/expression.ts';
import type { Query, SelectBody, TableExpression } from '../../../core/sql/tree/query.ts';
import { assert } from '../../../core/types/assert.ts';
import type { Cell, Scope } from './interpreter.ts';
import { checkNames, evaluate, refusal } from './interpreter.ts';

export const FOREVER: number = Number.MAX_SAFE_INTEGER;

export interface ModelColumn {
  readonly name: string;
  readonly began: number;
  ended: number;
  /** Value of rows that were there before it. */
  readonly initial: Cell;
  readonly fallback: Cell;
  readonly notNull: boolean;
}

export interface ModelRow {
  readonly cells: Cell[];
  readonly began: number;
  ended: number;
}

export interface Reference {
  readonly column: number;
  readonly table: ModelTable;
  readonly onDelete: string;
}

export interface ModelTable {
  readonly name: string;
  readonly began: number;
  ended: number;
  readonly columns: ModelColumn[];
  readonly rows: ModelRow[];
  /** Columns of which each is unique. */
  readonly unique: number[];
  readonly checks: Expression[];
  readonly references: Reference[];
}

export class ModelDatabase {
  readonly tables: ModelTable[] = [];
  /** Indexes that exist, by name, and their tables. */
  readonly indexes: Map<string, ModelTable> = new Map();

  /** All that was known at a position: what came after it never happened. */
  fork(position: number): ModelDatabase {
    const out = new ModelDatabase();
    const copies: Map<ModelTable, ModelTable> = new Map();
    for (const table of this.tables) {
      if (table.began > position) continue;
      const columns = table.columns.filter(({ began }) => began <= position);
      const rows = table.rows.filter(({ began }) => began <= position);
      const copy: ModelTable = {
        ...table,
        ended: endAt(table.ended, position),
        columns: columns.map((column) => ({ ...column, ended: endAt(column.ended, position) })),
        rows: rows.map((row) => ({ ...row, ended: endAt(row.ended, position) })),
        references: table.references.map((one) => ({ ...one, table: copies.get(one.table)! })),
      };
      copies.set(table, copy);
      out.tables.push(copy);
    }
    return out;
  }

  /** The table of that name as of a position; 42P01 when there was none. */
  table(name: string, position: number): ModelTable {
    for (const table of this.tables) {
      if (table.name === name && alive(table, position)) return table;
    }
    throw refusal('42P01');
  }

  exists(name: string, position: number): boolean {
    return this.tables.some((table) => table.name === name && alive(table, position));
  }

  /** Rows of a query of the workload, read at `now` unless it says `AS OF`. */
  query(query: Query, parameters: readonly Cell[], now: number): Cell[][] {
    const { body } = query;
    assert(body.kind === 'select', 'the workload selects');
    const sources = body.from.flatMap((from) => this.sources(from, parameters, now));
    const scopes = sources.map((source) => scopeOf(source.table, source.position));
    const conditions = body.from.flatMap(conditionsOf);
    if (body.where !== null) conditions.push(body.where);
    for (const named of [...conditions, ...targetsOf(body)]) checkNames(named, scopes);
    const found: Cell[][] = [];
    const groups = new Groups(body);
    const visit = (depth: number): void => {
      if (depth < sources.length) {
        const { table, position } = sources[depth]!;
        for (const row of table.rows) {
          if (!alive(row, position)) continue;
          scopes[depth]!.row = filled(table, row);
          visit(depth + 1);
        }
        return;
      }
      if (!conditions.every((each) => evaluate(each, scopes, parameters) === true)) return;
      if (groups.grouping) groups.add(scopes, parameters);
      else found.push(targetsOf(body).map((each) => evaluate(each, scopes, parameters)));
    };
    visit(0);
    const rows = groups.grouping ? groups.rows() : found;
    // The workload orders by its first target, which is unique and never null.
    return rows.sort((a, b) => Number(a[0]) - Number(b[0]));
  }

  private sources(
    from: TableExpression,
    parameters: readonly Cell[],
    now: number,
  ): { readonly table: ModelTable; readonly position: number }[] {
    if (from.kind === 'join') {
      return [
        ...this.sources(from.left, parameters, now),
        ...this.sources(from.right, parameters, now),
      ];
    }
    assert(from.kind === 'table', 'the workload reads tables');
    if (from.time === null) return [{ table: this.table(from.name, now), position: now }];
    assert(from.time.kind === 'position', 'the workload travels by position');
    const position = Number(evaluate(from.time.operand, [], parameters));
    if (position > now) throw refusal('22023');
    return [{ table: this.table(from.name, position), position }];
  }
}

/** The only grouping there is: by one column, with count(*) and min of another. */
class Groups {
  readonly grouping: boolean;
  private readonly body: SelectBody;
  private readonly byKey: Map<Cell, Cell[]> = new Map();

  constructor(body: SelectBody) {
    this.body = body;
    this.grouping = body.groupBy.length > 0;
  }

  add(scopes: readonly Scope[], parameters: readonly Cell[]): void {
    const targets = targetsOf(this.body);
    const key = evaluate(targets[0]!, scopes, parameters);
    let row = this.byKey.get(key);
    if (row === undefined) {
      row = targets.map((target, i) => (i === 0 ? key : isCount(target) ? 0 : null));
      this.byKey.set(key, row);
    }
    for (let i = 1; i < targets.length; i += 1) {
      const target = targets[i]!;
      assert(target.kind === 'call', 'behind the key stand aggregates');
      if (isCount(target)) row[i] = Number(row[i]) + 1;
      else row[i] = least(row[i]!, evaluate(target.arguments[0]!, scopes, parameters));
    }
  }

  rows(): Cell[][] {
    return [...this.byKey.values()];
  }
}

function isCount(node: Expression): boolean {
  return node.kind === 'call' && node.star;
}

function least(a: Cell, b: Cell): Cell {
  if (a === null || b === null) return a ?? b;
  return b < a ? b : a;
}

function targetsOf(body: SelectBody): Expression[] {
  return body.targets.map((target) => {
    assert(target.kind === 'value', 'the workload names its targets');
    return target.value;
  });
}

function conditionsOf(from: TableExpression): Expression[] {
  if (from.kind !== 'join') return [];
  const own = from.on === null ? [] : [from.on];
  return [...own, ...conditionsOf(from.left), ...conditionsOf(from.right)];
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
