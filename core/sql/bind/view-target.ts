/**
 * Writing to a view that shows rows of one table, directly or through other views: the write goes
 * to the table, as PostgreSQL's automatically updatable views do. Other views are 55000.
 *
 * A view is laid over columns of a row of its table (`dress`), as often as the statement has such
 * rows: the one it reads, the one it writes, the ones of ON CONFLICT.
 */
import { SqlError, unsupported } from '../error.ts';
import type { Table, View } from '../catalog/model.ts';
import { COMPUTED, HIDDEN, WHOLE_ROW, isShown, shownView } from '../catalog/updatable.ts';
import type { ShownView } from '../catalog/updatable.ts';
import { behindBarrier } from '../plan/barrier.ts';
import type { ColumnId, Computed, Expr, Logical, LogicalCheck } from '../plan/logical.ts';
import { substitute } from '../plan/rewrite.ts';
import { someExpr } from '../plan/walk.ts';
import { newColumn, newLevel, within } from './binder.ts';
import type { Binder, Item, ScopeColumn } from './binder.ts';
import { settle } from './coerce.ts';
import { bindCondition } from './expression.ts';
import { itemOf } from './from.ts';
import { hiddenColumns } from './relation.ts';
import { bindTargets } from './target.ts';
import { rowColumns } from './write.ts';

type Verb = 'insert into' | 'update' | 'delete from';

export interface ViewTarget {
  readonly verb: Verb;
  readonly table: Table;
  /** The view that is written to, what that shows, …; the last one shows the table. */
  readonly layers: readonly [ShownView, ...ShownView[]];
}

/** The table that a view shows, and the views between. */
export function viewTarget(binder: Binder, view: View, verb: Verb, at: number): ViewTarget {
  const { catalog } = binder.context;
  const layers: ShownView[] = [];
  let current: Table | View = view;
  while (current.kind === 'view') {
    const { id, name }: View = current;
    if (layers.some((one) => one.view.id === id)) {
      const message = `infinite recursion detected in rules for relation "${name}"`;
      throw new SqlError('42P17', message, { at });
    }
    binder.depends.add(id);
    const found = shownView(catalog, current);
    if (!isShown(found)) throw notUpdatable(current, verb, found.reason, at);
    if (verb !== 'delete from' && found.places.every((place) => place < 0)) {
      throw notUpdatable(current, verb, 'has only columns that are computed', at);
    }
    layers.push(found);
    current = found.base;
  }
  const [first, ...others] = layers;
  return { verb, table: current, layers: [first as ShownView, ...others] };
}

function notUpdatable(view: View, verb: Verb, reason: string, at: number): SqlError {
  return new SqlError('55000', `cannot ${verb} view "${view.name}"`, {
    at,
    detail: `View "${view.name}" ${reason}: it is not automatically updatable.`,
    hint: `You can ${verb} the tables that it reads.`,
  });
}

/** One view over a row. */
interface Step {
  readonly computed: readonly Computed[];
  readonly where: Expr | null;
  readonly barrier: boolean;
}

/** The view over a row of its table, whose columns have these numbers. */
export interface Dressed {
  readonly item: Item;
  /** Innermost view first. */
  readonly steps: readonly Step[];
  /** What is computed, by its number, said in columns of the row. */
  readonly values: ReadonlyMap<ColumnId, Expr>;
  /** Numbers of hidden columns that the row does not have. */
  readonly absent: ReadonlySet<ColumnId>;
}

/** `row`: the table's columns, then its hidden ones as far as there are any. */
export function dress(
  binder: Binder,
  target: ViewTarget,
  row: readonly ColumnId[],
  alias: string | null,
  at: number,
): Dressed {
  const { now, time } = binder;
  // What the views read besides is of the present too, whatever the session reads.
  binder.now = { moment: { kind: 'present' }, catalog: binder.context.catalog };
  binder.time = null;
  try {
    return dressed(binder, target, row, alias, at);
  } finally {
    binder.now = now;
    binder.time = time;
  }
}

function dressed(
  binder: Binder,
  { table, layers }: ViewTarget,
  row: readonly ColumnId[],
  alias: string | null,
  at: number,
): Dressed {
  const width = table.columns.length;
  const values = new Map<ColumnId, Expr>();
  const steps: Step[] = [];
  let below = row.slice(0, width);
  const isWhole = row.length > width;
  let hidden = hiddenColumns(isWhole ? row.slice(width) : rowColumns(binder, table).slice(width));
  const absent = new Set(isWhole ? [] : hidden.map(({ id }) => id));
  for (const layer of layers.toReversed()) {
    const item: Item = {
      ...itemOf(layer.alias, namesOver(layer, below), at),
      schema: layer.schema,
      hidden,
    };
    const made = dressLayer(binder, layer, item, below);
    for (const { id, value } of made.step.computed) values.set(id, substitute(value, values));
    steps.push(made.step);
    below = made.columns;
    hidden = [];
  }
  const [{ view }] = layers;
  const columns = view.columns.map(({ name }, i) => ({ name, id: below[i] as ColumnId }));
  const item = itemOf(alias ?? view.name, columns, at);
  const schema = alias === null ? view.schema : null;
  return { item: { ...item, schema }, steps, values, absent };
}

function namesOver(layer: ShownView, below: readonly ColumnId[]): readonly ScopeColumn[] {
  return layer.names.map(({ name, place }) => ({ name, id: below[place] as ColumnId }));
}

function dressLayer(
  binder: Binder,
  { view, body, places }: ShownView,
  item: Item,
  below: readonly ColumnId[],
): { readonly step: Step; readonly columns: ColumnId[] } {
  const level = newLevel(null, null);
  level.items = [item];
  const targets = bindTargets(binder, level, body.targets, 'SELECT');
  const { where } = body;
  const condition =
    where === null
      ? null
      : within(level, 'WHERE', () => bindCondition(binder, level, where, 'WHERE'));
  const computed: Computed[] = [];
  const columns = view.columns.map((_, i) => {
    const place = places[i] as number;
    if (place >= 0) return below[place] as ColumnId;
    const value = settle(binder, (targets[i] as (typeof targets)[number]).value);
    const id = newColumn(binder, value.type);
    computed.push({ id, value });
    return id;
  });
  const barrier = view.securityBarrier === true;
  return { step: { computed, where: condition, barrier }, columns };
}

/** The table's rows as the view shows them. */
export function dressedRows(input: Logical, { steps }: Dressed): Logical {
  let rows = input;
  for (const { computed, where, barrier } of steps) {
    if (where !== null) rows = { kind: 'filter', input: rows, condition: where };
    if (where !== null && barrier) rows = behindBarrier(rows);
    if (computed.length > 0) rows = { kind: 'extend', input: rows, values: computed };
  }
  return rows;
}

/** Columns that the view computes, said in columns of the row. */
export function undress(expr: Expr, { values, absent }: Pick<Dressed, 'values' | 'absent'>): Expr {
  const bare = substitute(expr, values);
  if (absent.size > 0 && someExpr(bare, (one) => one.kind === 'column' && absent.has(one.index))) {
    throw unsupported('a hidden column in ON CONFLICT', -1);
  }
  return bare;
}

/**
 * WITH CHECK OPTION: conditions that a written row must meet, those of inner views first. CASCADED
 * makes those of all views below count.
 */
export function viewChecks(
  { layers, table }: ViewTarget,
  { steps, values }: Dressed,
  row: readonly ColumnId[],
  at: number,
): readonly LogicalCheck[] {
  const hidden = new Set(row.slice(table.columns.length));
  const checks: LogicalCheck[] = [];
  let cascaded = false;
  for (const [i, { view }] of layers.entries()) {
    cascaded ||= view.checkOption === 'cascaded';
    const { where } = steps[layers.length - 1 - i] as Step;
    if (where === null || (!cascaded && view.checkOption === undefined)) continue;
    const condition = substitute(where, values);
    if (someExpr(condition, (one) => one.kind === 'column' && hidden.has(one.index))) {
      throw unsupported(`WITH CHECK OPTION over a hidden column, of view "${view.name}"`, at);
    }
    checks.unshift({ constraint: view.name, condition });
  }
  return checks;
}

/** Place of a column of the view that a statement names. */
export function viewPlace({ layers }: ViewTarget, name: string, at: number): number {
  const [{ view }] = layers;
  const place = view.columns.findIndex((column) => column.name === name);
  if (place >= 0) return place;
  throw new SqlError('42703', `column "${name}" of relation "${view.name}" does not exist`, { at });
}

/** Where a column of a view is in what that shows. 0A000 when it is nowhere. */
export function placeBelow(target: ViewTarget, layer: ShownView, i: number, at: number): number {
  const place = layer.places[i] as number;
  if (place >= 0) return place;
  const { view } = layer;
  const name = view.columns[i]?.name ?? '';
  throw new SqlError('0A000', `cannot ${target.verb} column "${name}" of view "${view.name}"`, {
    at,
    detail: WHY_NOT.get(place) ?? '',
  });
}

const WHY_NOT: ReadonlyMap<number, string> = new Map([
  [COMPUTED, 'The view computes it: there is no column to put a value in.'],
  [HIDDEN, 'It is one of the hidden columns that every table has.'],
  [WHOLE_ROW, 'It is a whole row.'],
]);

/** The table's ordinal of a column of the view. */
export function tableOrdinal(target: ViewTarget, place: number, at: number): number {
  return target.layers.reduce((i, layer) => placeBelow(target, layer, i, at), place);
}
