/** Plans by hand, over rows in arrays: what the executor's tests are made of. */
import type { Index, Table } from '../../catalog/model.ts';
import type { Environment } from '../../environment.ts';
import { findCast } from '../../functions/casts.ts';
import { findFunction, findOperator } from '../../functions/resolve.ts';
import type { Bound, BoundAggregate, BoundSortKey } from '../../plan/expression.ts';
import type { Plan, ScanPlan } from '../../plan/plan.ts';
import { DEFAULT_STYLE } from '../../types/style.ts';
import { BOOL, FLOAT8, INT4, INT8, TEXT } from '../../types/type.ts';
import type { SqlType, TypeId, Value } from '../../types/type.ts';
import type { Batch, ColumnBatch } from '../batch.ts';
import { put, shapeOf } from '../column.ts';
import type { Shape } from '../column.ts';
import type { ExecutionContext } from '../execute.ts';
import type { RowCursor, RowSource } from '../source.ts';
import { UTC } from '../../types/zone.ts';

export const type = (id: TypeId): SqlType => ({ id, modifier: -1 });

export const environment: Environment = {
  now: 0,
  zone: UTC,
  style: DEFAULT_STYLE,
  user: 'tester',
  database: 'test',
  schema: 'public',
  parameters: [],
  random32: () => 0,
  setting: () => null,
  sequences: { next: () => 1, current: () => 1, last: () => 1, set: (_, value) => value },
  catalog: null,
};

export type Tables = ReadonlyMap<string, readonly (readonly Value[])[]>;

/** Tables of this source are arrays of rows. An index is ignored, but not a range on its column. */
export function arraySource(tables: Tables): RowSource {
  return {
    open: (table, opened, range, backward, _moment, columns, late) => {
      const all = tables.get(table.name) ?? [];
      const keys = opened.elements.map((element) => element.column - 1);
      const rows = all.filter((row) => range.equal.every((v, i) => row[keys[i] ?? -1] === v));
      const ordered = backward ? rows.toReversed() : rows;
      const shapes = columns.map((column) => shapeOf(table.columns[column]?.type.id ?? TEXT));
      return cursorOver(ordered, columns, shapes, late);
    },
    system: () => [],
    positionAt: () => 0,
  };
}

function cursorOver(
  rows: readonly (readonly Value[])[],
  columns: readonly number[],
  shapes: readonly Shape[],
  late: readonly boolean[] | null,
): RowCursor {
  let next = 0;
  let from = 0;
  const fill = (batch: Batch, row: number, wantsLate: boolean): void => {
    for (const [i, column] of columns.entries()) {
      if ((late?.[i] ?? false) !== wantsLate) continue;
      const value = rows[from + row]?.[column] as Value;
      put(batch.columns[i] as ColumnBatch, shapes[i] as Shape, row, value);
    }
  };
  return {
    next: (batch) => {
      from = next;
      const count = Math.min(batch.capacity, rows.length - from);
      for (let row = 0; row < count; row++) fill(batch, row, false);
      next += count;
      return count;
    },
    load: (batch, selection, count) => {
      for (let k = 0; k < count; k++) fill(batch, selection[k] as number, true);
    },
  };
}

export function contextOf(
  tables: Tables = new Map(),
  memoryBytesMax: number = 1 << 30,
): ExecutionContext {
  return { environment, source: arraySource(tables), memoryBytesMax, write: null };
}

/** The columns (ordinals) are the index's elements. */
export function indexOn(...columns: number[]): Index {
  return {
    id: 1,
    name: 'i',
    primary: true,
    unique: false,
    nullsNotDistinct: false,
    elements: columns.map((at) => ({
      column: at + 1,
      value: null,
      type: type(INT4),
      descending: false,
      nullsFirst: false,
    })),
    where: null,
    comment: null,
  };
}

function tableOf(name: string, types: readonly TypeId[]): Table {
  return {
    kind: 'table',
    id: 1,
    schema: 'public',
    name,
    columns: types.map((id, i) => ({
      id: i + 1,
      name: `c${i}`,
      type: type(id),
      notNull: false,
      fallback: null,
      generated: false,
      identity: 'none',
      sequence: 0,
      comment: null,
    })),
    indexes: [],
    constraints: [],
    version: 1,
    comment: null,
  };
}

export function scan(
  name: string,
  types: readonly TypeId[],
  filter: Bound | null = null,
): ScanPlan {
  return {
    kind: 'scan',
    table: tableOf(name, types),
    index: indexOn(),
    range: { equal: [], low: null, high: null },
    backward: false,
    moment: { kind: 'present' },
    columns: types.map((_, i) => i),
    types: types.map(type),
    filter,
  };
}

/** Rows of constants. */
export function values(types: readonly TypeId[], rows: readonly (readonly Value[])[]): Plan {
  return {
    kind: 'values',
    types: types.map(type),
    rows: rows.map((row) => row.map((value, i) => constant(value, types[i] ?? TEXT))),
  };
}

export function constant(value: Value, id: TypeId = typeOf(value)): Bound {
  return { kind: 'constant', type: type(id), value };
}

function typeOf(value: Value): TypeId {
  if (typeof value === 'boolean') return BOOL;
  if (typeof value === 'bigint') return INT8;
  if (typeof value === 'number') return Number.isInteger(value) ? INT4 : FLOAT8;
  return TEXT;
}

export function column(at: number, id: TypeId): Bound {
  return { kind: 'column', type: type(id), index: at };
}

export function argument(at: number, id: TypeId): Bound {
  return { kind: 'argument', type: type(id), index: at };
}

/** An operator as the binder would find it. */
export function operator(name: string, left: Bound, right: Bound): Bound {
  const found = findOperator(name, left.type, right.type, -1);
  const parts = [left, right].map((part, i) => coerce(part, found.argumentTypes[i] as TypeId));
  return { kind: 'call', type: found.result, function: found.function, arguments: parts, at: -1 };
}

export function aggregate(
  name: string,
  parts: readonly Bound[],
  more: Partial<BoundAggregate> = {},
): BoundAggregate {
  const found = findFunction(
    name,
    parts.map((part) => part.type),
    -1,
  );
  if (found.kind === 'cast' || found.function.kind !== 'aggregate') throw new Error(`no ${name}`);
  const coerced = parts.map((part, i) => coerce(part, found.argumentTypes[i] as TypeId));
  return {
    function: found.function,
    arguments: coerced,
    distinct: false,
    filter: null,
    orderBy: [],
    type: found.result,
    ...more,
  };
}

export function coerce(bound: Bound, to: TypeId): Bound {
  if (bound.type.id === to) return bound;
  const cast = findCast(bound.type.id, to, 'explicit');
  if (cast === null) throw new Error(`no cast from ${bound.type.id} to ${to}`);
  return { kind: 'cast', type: type(to), cast, explicit: true, argument: bound, at: -1 };
}

export function and(...parts: Bound[]): Bound {
  return { kind: 'and', type: type(BOOL), arguments: parts };
}

export function project(input: Plan, ...bounds: Bound[]): Plan {
  return { kind: 'project', input, values: bounds, types: bounds.map((bound) => bound.type) };
}

export function by(value: Bound, descending = false): BoundSortKey {
  return { value, descending, nullsFirst: descending };
}
