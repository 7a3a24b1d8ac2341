/** Queries, WITH, select lists and grouping. */
import { unsupported } from '../../error.ts';
import type { Expression } from '../../tree/expression.ts';
import type {
  CommonTable,
  GroupingElement,
  Query,
  QueryBody,
  SelectBody,
  Target,
  With,
} from '../../tree/query.ts';
import { sortKeys, windowSpecification } from './call.ts';
import { columnOfRow, expression, maybePart, parts } from './expression.ts';
import { checkLocks } from './lock.ts';
import type { Context, Raw } from './raw.ts';
import {
  child,
  children,
  flag,
  has,
  kindOf,
  maybeChild,
  maybeText,
  place,
  refuse,
  strings,
  syntaxError,
  text,
} from './raw.ts';
import { tableExpressions } from './table.ts';
import { rowStatement } from './write.ts';

/** `node` is the body of a SelectStmt. `at`: it has no location of its own. */
export function query(c: Context, node: Raw, at: number): Query {
  if (has(node, 'intoClause')) {
    const target = child(child(node, 'intoClause'), 'rel');
    throw syntaxError('SELECT ... INTO is not allowed here', place(c, target));
  }
  const common = withClause(c, node);
  const body = queryBody(c, node, at);
  if (has(node, 'lockingClause')) checkLocks(c, node, body.kind === 'select' ? body.from : []);
  return {
    kind: 'query',
    with: common,
    body,
    orderBy: sortKeys(c, children(node, 'sortClause')),
    limit: limit(c, node),
    offset: maybePart(c, node, 'limitOffset'),
    withTies: text(node, 'limitOption') === 'LIMIT_OPTION_WITH_TIES',
    at,
  };
}

/** `LIMIT ALL` arrives as NULL, and is no limit. */
function limit(c: Context, node: Raw): Expression | null {
  const value = maybePart(c, node, 'limitCount');
  return value?.kind === 'literal' && value.type === 'null' ? null : value;
}

const SET_OPERATORS = {
  SETOP_UNION: 'union',
  SETOP_INTERSECT: 'intersect',
  SETOP_EXCEPT: 'except',
} as const;

function queryBody(c: Context, node: Raw, at: number): QueryBody {
  const operator = SET_OPERATORS[text(node, 'op') as keyof typeof SET_OPERATORS];
  if (operator !== undefined) {
    return {
      kind: 'set',
      operator,
      all: flag(node, 'all'),
      left: query(c, child(node, 'larg'), at),
      right: query(c, child(node, 'rarg'), at),
      at,
    };
  }
  if (has(node, 'valuesLists')) {
    const rows = children(node, 'valuesLists');
    return { kind: 'values', rows: rows.map((row) => parts(c, child(row, 'List'), 'items')), at };
  }
  return selectBody(c, node, at);
}

function selectBody(c: Context, node: Raw, at: number): SelectBody {
  return {
    kind: 'select',
    distinct: distinct(c, node),
    targets: targets(c, children(node, 'targetList')),
    from: tableExpressions(c, children(node, 'fromClause')),
    where: maybePart(c, node, 'whereClause'),
    groupBy: children(node, 'groupClause').map((each) => groupingElement(c, each)),
    groupDistinct: flag(node, 'groupDistinct'),
    having: maybePart(c, node, 'havingClause'),
    windows: children(node, 'windowClause').map((each) => namedWindow(c, child(each, 'WindowDef'))),
    at,
  };
}

/** A definition has both: its own name, and that of the one it builds on. */
function namedWindow(c: Context, node: Raw): SelectBody['windows'][number] {
  const window = windowSpecification(c, node);
  return { name: text(node, 'name'), window: { ...window, name: maybeText(node, 'refname') } };
}

/** Plain DISTINCT is a list of one empty node. */
function distinct(c: Context, node: Raw): SelectBody['distinct'] {
  const nodes = children(node, 'distinctClause');
  if (nodes.length === 0) return 'none';
  if (kindOf(nodes[0]!) === '') return 'all';
  return nodes.map((each) => expression(c, each));
}

/** Select lists and RETURNING. */
export function targets(c: Context, nodes: readonly Raw[]): readonly Target[] {
  return nodes.map((each) => target(c, child(each, 'ResTarget')));
}

function target(c: Context, node: Raw): Target {
  const value = child(node, 'val');
  const ofRow = columnOfRow(child(value, 'A_Indirection'));
  if (ofRow !== null || kindOf(value) === 'ColumnRef') {
    const column = ofRow ?? child(value, 'ColumnRef');
    const fields = children(column, 'fields');
    if (kindOf(fields[fields.length - 1]!) === 'A_Star') {
      return { kind: 'star', qualifier: strings(fields.slice(0, -1)), at: place(c, column) };
    }
  }
  return { kind: 'value', value: expression(c, value), alias: maybeText(node, 'name') };
}

function groupingElement(c: Context, node: Raw): GroupingElement {
  const set = maybeChild(node, 'GroupingSet');
  if (set === null) {
    const row = maybeChild(node, 'RowExpr');
    if (row === null || text(row, 'row_format') !== 'COERCE_IMPLICIT_CAST') {
      return { kind: 'value', value: expression(c, node) };
    }
    return { kind: 'row', values: parts(c, row, 'args') };
  }
  const content = children(set, 'content');
  switch (text(set, 'kind')) {
    case 'GROUPING_SET_EMPTY':
      return { kind: 'empty' };
    case 'GROUPING_SET_SETS':
      return { kind: 'sets', elements: content.map((each) => groupingElement(c, each)) };
    case 'GROUPING_SET_ROLLUP':
      return { kind: 'rollup', sets: content.map((each) => groupedTogether(c, each)) };
    case 'GROUPING_SET_CUBE':
      return { kind: 'cube', sets: content.map((each) => groupedTogether(c, each)) };
    default:
      throw unsupported(text(set, 'kind'), place(c, set));
  }
}

function groupedTogether(c: Context, node: Raw): readonly Expression[] {
  const element = groupingElement(c, node);
  if (element.kind === 'row') return element.values;
  if (element.kind === 'value') return [element.value];
  throw unsupported('a grouping set within ROLLUP or CUBE', -1);
}

export function withClause(c: Context, node: Raw): With | null {
  const clause = maybeChild(node, 'withClause');
  if (clause === null) return null;
  return {
    recursive: flag(clause, 'recursive'),
    tables: children(clause, 'ctes').map((each) => commonTable(c, child(each, 'CommonTableExpr'))),
  };
}

const MATERIALIZED = {
  CTEMaterializeDefault: 'default',
  CTEMaterializeAlways: 'yes',
  CTEMaterializeNever: 'no',
} as const;

function commonTable(c: Context, node: Raw): CommonTable {
  const at = place(c, node);
  refuse(node, at, { search_clause: 'SEARCH', cycle_clause: 'CYCLE' });
  const materialized = text(node, 'ctematerialized') as keyof typeof MATERIALIZED;
  return {
    name: text(node, 'ctename'),
    columns: strings(children(node, 'aliascolnames')),
    statement: rowStatement(c, child(node, 'ctequery'), at),
    materialized: MATERIALIZED[materialized] ?? 'default',
    at,
  };
}
