/**
 * Expressions over places: column numbers become places in the input row, or, where the row does
 * not have the column, arguments of the sub-plan that is being made.
 */
import { unreachable } from '../../types/assert.ts';
import type { SqlType } from '../types/type.ts';
import type { Bound, BoundAggregate, BoundSortKey, SubPlan } from './expression.ts';
import type { ColumnId, Expr, ExprAggregate, ExprSortKey, LogicalQuery } from './logical.ts';

/** Where each column is in a row. */
export type Layout = ReadonlyMap<ColumnId, number>;

/** The arguments of a sub-plan that is being made: columns of its surroundings. */
export interface Frame {
  readonly ids: ColumnId[];
  readonly places: Map<ColumnId, number>;
}

export function newFrame(): Frame {
  return { ids: [], places: new Map() };
}

export function layoutOf(columns: readonly ColumnId[]): Layout {
  const layout = new Map<ColumnId, number>();
  // Of a column that is there twice, the first will do.
  columns.forEach((id, place) => {
    if (!layout.has(id)) layout.set(id, place);
  });
  return layout;
}

export interface ExpressionLowering {
  /** By column number. */
  readonly types: readonly SqlType[];
  /** Makes the plan of a subquery, its row exactly the query's columns. */
  readonly subPlan: (query: LogicalQuery, layout: Layout, frame: Frame) => SubPlan;
}

export function lowerColumn(id: ColumnId, type: SqlType, layout: Layout, frame: Frame): Bound {
  const place = layout.get(id);
  if (place !== undefined) return { kind: 'column', type, index: place };
  let index = frame.places.get(id);
  if (index === undefined) {
    index = frame.ids.length;
    frame.ids.push(id);
    frame.places.set(id, index);
  }
  return { kind: 'argument', type, index };
}

export function lowerExpr(
  lowering: ExpressionLowering,
  expr: Expr,
  layout: Layout,
  frame: Frame,
): Bound {
  const lower = (one: Expr): Bound => lowerExpr(lowering, one, layout, frame);
  switch (expr.kind) {
    case 'constant':
    case 'parameter':
    case 'argument':
      return expr;
    case 'column':
      return lowerColumn(expr.index, expr.type, layout, frame);
    case 'call':
    case 'and':
    case 'or':
    case 'coalesce':
    case 'extreme':
      return { ...expr, arguments: expr.arguments.map(lower) };
    case 'cast':
    case 'not':
    case 'isNull':
    case 'isTruth':
      return { ...expr, argument: lower(expr.argument) };
    case 'distinctFrom':
      return { ...expr, left: lower(expr.left), right: lower(expr.right) };
    case 'case': {
      const whens = expr.whens.map((one) => ({ when: lower(one.when), result: lower(one.result) }));
      const otherwise = expr.otherwise === null ? null : lower(expr.otherwise);
      return { ...expr, whens, otherwise };
    }
    case 'inList':
      return { ...expr, argument: lower(expr.argument), list: expr.list.map(lower) };
    case 'record':
      return { ...expr, fields: expr.fields.map(lower) };
    case 'scalarQuery':
    case 'existsQuery':
      return { ...expr, query: lowering.subPlan(expr.query, layout, frame) };
    case 'anyQuery':
      return {
        ...expr,
        tests: expr.tests.map(lower),
        // Already over places, and without queries of its own.
        compare: expr.compare as Bound<never>,
        query: lowering.subPlan(expr.query, layout, frame),
      };
    default:
      return unreachable(expr);
  }
}

export function lowerSortKey(
  lowering: ExpressionLowering,
  key: ExprSortKey,
  layout: Layout,
  frame: Frame,
): BoundSortKey {
  return { ...key, value: lowerExpr(lowering, key.value, layout, frame) };
}

export function lowerAggregate(
  lowering: ExpressionLowering,
  aggregate: ExprAggregate,
  layout: Layout,
  frame: Frame,
): BoundAggregate {
  const lower = (one: Expr): Bound => lowerExpr(lowering, one, layout, frame);
  return {
    ...aggregate,
    arguments: aggregate.arguments.map(lower),
    filter: aggregate.filter === null ? null : lower(aggregate.filter),
    orderBy: aggregate.orderBy.map((key) => lowerSortKey(lowering, key, layout, frame)),
  };
}
