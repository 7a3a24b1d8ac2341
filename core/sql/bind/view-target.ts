/**
 * Writing to a view that is nothing but columns and conditions over one table: the write goes to
 * the table, as PostgreSQL's automatically updatable views do. Other views are 55000.
 */
import { SqlError, unsupported } from '../error.ts';
import type { Table, View } from '../catalog/model.ts';
import type { ColumnId, Computed, Expr, Logical } from '../plan/logical.ts';
import { substitute } from '../plan/rewrite.ts';
import type { SelectBody, TableNode } from '../tree/query.ts';
import { newColumn, newLevel, within } from './binder.ts';
import type { Binder, Item, Level } from './binder.ts';
import { bindCondition } from './expression.ts';
import { itemOf, renamed } from './from.ts';
import { bindTargets } from './target.ts';

export interface ViewTarget {
  readonly view: View;
  /** `insert into`, `update`, `delete from`. */
  readonly verb: string;
  readonly table: Table;
  readonly from: TableNode;
  readonly body: SelectBody;
}

/** The one table that the view shows. */
export function viewTarget(binder: Binder, view: View, verb: string, at: number): ViewTarget {
  const { body } = view.query;
  const refuse = (detail: string): SqlError =>
    new SqlError('55000', `cannot ${verb} view "${view.name}"`, { at, detail });
  const plain = view.query.with === null && view.query.limit === null && view.query.offset === null;
  if (body.kind !== 'select' || !plain) {
    throw refuse('Views that are not simple selections are not automatically updatable.');
  }
  const [from] = body.from;
  if (body.distinct !== 'none' || body.groupBy.length > 0 || body.having !== null) {
    throw refuse('Views containing DISTINCT, GROUP BY or HAVING are not automatically updatable.');
  }
  if (body.from.length !== 1 || from?.kind !== 'table') {
    throw refuse(
      'Views that do not select from a single table or view are not automatically updatable.',
    );
  }
  const relation = binder.context.catalog.relation(from.schema, from.name);
  if (relation?.kind === 'view') throw unsupported('writing to a view of a view', at);
  if (relation?.kind !== 'table' || from.time !== null) {
    throw refuse('Views that do not select from a table of the present are not updatable.');
  }
  binder.depends.add(view.id);
  return { view, verb, table: relation, from, body };
}

/** The view over a row of its table, whose columns have these numbers. */
export interface Dressed {
  readonly item: Item;
  readonly computed: readonly Computed[];
  readonly where: Expr | null;
  /** For each column of the view the table's ordinal; -1: computed. */
  readonly ordinals: readonly number[];
}

export function dress(
  binder: Binder,
  target: ViewTarget,
  row: readonly ColumnId[],
  alias: string | null,
  at: number,
): Dressed {
  const { view, table, from, body } = target;
  const level = newLevel(null, null);
  const named = table.columns.map((one, i) => ({ name: one.name, id: row[i] as ColumnId }));
  const name = from.alias ?? table.name;
  level.items = [itemOf(name, renamed(name, named, from.columnAliases, at), at)];
  const targets = bindTargets(binder, level, body.targets, 'SELECT');
  const { where } = body;
  const condition =
    where === null
      ? null
      : within(level, 'WHERE', () => bindCondition(binder, level, where, 'WHERE'));
  refuseCalls(level, target, at);
  const computed: Computed[] = [];
  const ordinals: number[] = [];
  const columns = targets.map(({ value }, i) => {
    const column = view.columns[i]?.name ?? '';
    const ordinal = value.kind === 'column' ? row.indexOf(value.index) : -1;
    ordinals.push(ordinal);
    if (ordinal >= 0) return { name: column, id: row[ordinal] as ColumnId };
    const id = newColumn(binder, value.type);
    computed.push({ id, value });
    return { name: column, id };
  });
  const item = itemOf(alias ?? view.name, columns, at);
  const schema = alias === null ? view.schema : null;
  return { item: { ...item, schema }, computed, where: condition, ordinals };
}

function refuseCalls(level: Level, { view, verb }: ViewTarget, at: number): void {
  if (level.aggregates.length + level.windows.length + level.setFunctions.length === 0) return;
  throw new SqlError('55000', `cannot ${verb} view "${view.name}"`, {
    at,
    detail: 'Views that return aggregate, window or set-returning functions are not updatable.',
  });
}

/** The table's rows as the view shows them. */
export function dressedRows(input: Logical, dressed: Dressed): Logical {
  const { computed, where } = dressed;
  const shown: Logical = where === null ? input : { kind: 'filter', input, condition: where };
  return computed.length === 0 ? shown : { kind: 'extend', input: shown, values: computed };
}

/** Columns that the view computes, said in columns of the row. */
export function undress(expr: Expr, dressed: Dressed): Expr {
  return substitute(expr, new Map(dressed.computed.map((one) => [one.id, one.value])));
}

/** The table's ordinal of a column that the view names. */
export function dressedOrdinal(
  dressed: Dressed,
  target: ViewTarget,
  name: string,
  at: number,
): number {
  const { view } = target;
  const place = dressed.item.columns.findIndex((column) => column.name === name);
  if (place < 0) {
    throw new SqlError('42703', `column "${name}" of relation "${view.name}" does not exist`, {
      at,
    });
  }
  const ordinal = dressed.ordinals[place] as number;
  if (ordinal >= 0) return ordinal;
  throw notOfTable(target, name, at);
}

export function notOfTable({ view, verb }: ViewTarget, name: string, at: number): SqlError {
  return new SqlError('0A000', `cannot ${verb} column "${name}" of view "${view.name}"`, {
    at,
    detail: 'View columns that are not columns of their base relation are not updatable.',
  });
}
