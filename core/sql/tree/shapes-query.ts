/** Shapes of queries and of statements that change rows. Append only: see `shapes.ts`. */
import type * as query from './query.ts';
import type * as write from './write.ts';
import type { Shape } from './field.ts';
import { choice, family, flag, list, maybe, offset, shape, text } from './field.ts';
import type { Of } from './place.ts';
import {
  expr,
  type,
  select,
  sortKey,
  windowSpec,
  target,
  grouping,
  tableExpr,
  bound,
  time,
  withClause,
  queryBody,
  rows,
  targetTable,
  assignment,
  columnName,
  nulls,
} from './place.ts';

const queryShape = shape<query.Query>(30, 'query', {
  with: maybe(withClause),
  body: queryBody,
  orderBy: list(sortKey),
  limit: maybe(expr),
  offset: maybe(expr),
  withTies: flag,
  at: offset,
});

const bodies: readonly Shape[] = [
  shape<query.SelectBody>(31, 'select', {
    distinct: { code: { type: 'distinct' } },
    targets: list(target),
    from: list(tableExpr),
    where: maybe(expr),
    groupBy: list(grouping),
    groupDistinct: flag,
    having: maybe(expr),
    windows: list(family('namedWindow')),
    at: offset,
  }),
  shape<query.ValuesBody>(32, 'values', { rows: list(list(expr)), at: offset }),
  shape<query.SetBody>(33, 'set', {
    operator: choice('union', 'intersect', 'except'),
    all: flag,
    left: select,
    right: select,
    at: offset,
  }),
];

const targets: readonly Shape[] = [
  shape<Of<query.Target, 'value'>>(34, 'value', { value: expr, alias: maybe(text) }),
  shape<Of<query.Target, 'star'>>(35, 'star', { qualifier: list(text), at: offset }),
];

const groupingElements: readonly Shape[] = [
  shape<Of<query.GroupingElement, 'value'>>(36, 'value', { value: expr }),
  shape<Of<query.GroupingElement, 'empty'>>(37, 'empty', {}),
  shape<Of<query.GroupingElement, 'rollup'>>(38, 'rollup', { sets: list(list(expr)) }),
  shape<Of<query.GroupingElement, 'cube'>>(39, 'cube', { sets: list(list(expr)) }),
  shape<Of<query.GroupingElement, 'sets'>>(40, 'sets', { elements: list(grouping) }),
  shape<Of<query.GroupingElement, 'row'>>(41, 'row', { values: list(expr) }),
];

const sortKeyShape = shape<query.SortKey>(42, null, { value: expr, descending: flag, nulls });
const withShape = shape<query.With>(43, null, {
  recursive: flag,
  tables: list(family('commonTable')),
});
const commonTable = shape<query.CommonTable>(44, null, {
  name: text,
  columns: list(text),
  statement: rows,
  materialized: choice('default', 'yes', 'no'),
  at: offset,
});
const windowSpecification = shape<query.WindowSpecification>(45, null, {
  name: maybe(text),
  partitionBy: list(expr),
  orderBy: list(sortKey),
  frame: maybe(family('frameSpecification')),
  at: offset,
});
const namedWindow = shape<query.SelectBody['windows'][number]>(46, null, {
  name: text,
  window: windowSpec,
});
const frameSpecification = shape<query.FrameSpecification>(47, null, {
  unit: choice('rows', 'range', 'groups'),
  start: bound,
  end: bound,
  exclude: choice('none', 'current', 'group', 'ties'),
});

const frameBounds: readonly Shape[] = [
  shape<Of<query.FrameBound, 'unboundedPreceding'>>(48, 'unboundedPreceding', {}),
  shape<Of<query.FrameBound, 'currentRow'>>(49, 'currentRow', {}),
  shape<Of<query.FrameBound, 'unboundedFollowing'>>(50, 'unboundedFollowing', {}),
  shape<Of<query.FrameBound, 'preceding'>>(51, 'preceding', { offset: expr }),
  shape<Of<query.FrameBound, 'following'>>(52, 'following', { offset: expr }),
];

const tableExpressions: readonly Shape[] = [
  shape<query.TableNode>(53, 'table', {
    schema: maybe(text),
    name: text,
    alias: maybe(text),
    columnAliases: list(text),
    time: maybe(time),
    at: offset,
  }),
  shape<query.DerivedTable>(54, 'derived', {
    query: select,
    lateral: flag,
    alias: maybe(text),
    columnAliases: list(text),
    at: offset,
  }),
  shape<query.FunctionTable>(55, 'function', {
    call: family('call'),
    lateral: flag,
    ordinality: flag,
    alias: maybe(text),
    columnAliases: list(text),
    columnTypes: list(type),
    at: offset,
  }),
  shape<query.JoinNode>(56, 'join', {
    type: choice('inner', 'left', 'right', 'full', 'cross'),
    natural: flag,
    left: tableExpr,
    right: tableExpr,
    on: maybe(expr),
    using: list(text),
    usingAlias: maybe(text),
    alias: maybe(text),
    columnAliases: list(text),
    at: offset,
  }),
];

const timeClauses: readonly Shape[] = [
  shape<Of<query.TimeClause, 'timestamp'>>(57, 'timestamp', { operand: expr, at: offset }),
  shape<Of<query.TimeClause, 'position'>>(58, 'position', { operand: expr, at: offset }),
  shape<Of<query.TimeClause, 'between'>>(59, 'between', { low: expr, high: expr, at: offset }),
  shape<Of<query.TimeClause, 'fromTo'>>(60, 'fromTo', { low: expr, high: expr, at: offset }),
  shape<Of<query.TimeClause, 'all'>>(61, 'all', { at: offset }),
];

const targetTableShape = shape<write.TargetTable>(62, null, {
  schema: maybe(text),
  name: text,
  alias: maybe(text),
  at: offset,
});
const columnNameShape = shape<write.ColumnName>(63, null, { name: text, at: offset });
const elementNameShape = shape<write.ElementName>(141, 'element', {
  name: text,
  parts: list(family('subscriptPart')),
  at: offset,
});
const onConflict = shape<write.OnConflict>(64, null, {
  elements: list(expr),
  elementsWhere: maybe(expr),
  constraint: maybe(text),
  action: choice('nothing', 'update'),
  set: list(assignment),
  where: maybe(expr),
  at: offset,
});
const assignmentShape = shape<write.Assignment>(65, null, {
  columns: list(columnName),
  value: expr,
});

const writes: readonly Shape[] = [
  shape<write.Insert>(66, 'insert', {
    with: maybe(withClause),
    table: targetTable,
    columns: list(columnName),
    overriding: choice('none', 'user', 'system'),
    source: maybe(select),
    onConflict: maybe(family('onConflict')),
    returning: list(target),
    at: offset,
  }),
  shape<write.Update>(67, 'update', {
    with: maybe(withClause),
    table: targetTable,
    set: list(assignment),
    from: list(tableExpr),
    where: maybe(expr),
    returning: list(target),
    at: offset,
  }),
  shape<write.Delete>(68, 'delete', {
    with: maybe(withClause),
    table: targetTable,
    using: list(tableExpr),
    where: maybe(expr),
    returning: list(target),
    at: offset,
  }),
  shape<write.Merge>(120, 'merge', {
    with: maybe(withClause),
    table: targetTable,
    source: tableExpr,
    on: expr,
    actions: list(family('mergeAction')),
    at: offset,
  }),
];

const mergeAction = shape<write.MergeAction>(121, null, {
  matched: flag,
  condition: maybe(expr),
  action: choice('nothing', 'update', 'delete', 'insert'),
  set: list(assignment),
  columns: list(columnName),
  overriding: choice('none', 'user', 'system'),
  values: list(expr),
  at: offset,
});

export const ROW_STATEMENTS: readonly Shape[] = [queryShape, ...writes];

export const QUERIES: Readonly<Record<string, readonly Shape[]>> = {
  query: [queryShape],
  queryBody: bodies,
  target: targets,
  groupingElement: groupingElements,
  sortKey: [sortKeyShape],
  with: [withShape],
  commonTable: [commonTable],
  rowStatement: ROW_STATEMENTS,
  windowSpecification: [windowSpecification],
  namedWindow: [namedWindow],
  frameSpecification: [frameSpecification],
  frameBound: frameBounds,
  tableExpression: tableExpressions,
  timeClause: timeClauses,
  targetTable: [targetTableShape],
  columnName: [columnNameShape, elementNameShape],
  onConflict: [onConflict],
  assignment: [assignmentShape],
  mergeAction: [mergeAction],
};
