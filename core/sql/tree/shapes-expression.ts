/** Shapes of expressions. Append only: see `shapes.ts`. */
import type * as expression from './expression.ts';
import type { Shape } from './field.ts';
import { choice, family, flag, integer, list, maybe, offset, shape, text } from './field.ts';
import { expr, type, select, sortKey, windowSpec } from './place.ts';

const expressions: readonly Shape[] = [
  shape<expression.LiteralNode>(1, 'literal', {
    type: choice('null', 'boolean', 'integer', 'numeric', 'string'),
    text,
    at: offset,
  }),
  shape<expression.ParameterNode>(2, 'parameter', { index: integer, at: offset }),
  shape<expression.ColumnNode>(3, 'column', { parts: list(text), at: offset }),
  shape<expression.OperatorNode>(4, 'operator', {
    name: text,
    left: maybe(expr),
    right: expr,
    at: offset,
  }),
  shape<expression.LogicNode>(5, 'logic', {
    operator: choice('and', 'or'),
    arguments: list(expr),
    at: offset,
  }),
  shape<expression.NotNode>(6, 'not', { argument: expr, at: offset }),
  shape<expression.NullTestNode>(7, 'nullTest', { argument: expr, negated: flag, at: offset }),
  shape<expression.BooleanTestNode>(8, 'booleanTest', {
    argument: expr,
    test: choice('true', 'false', 'unknown'),
    negated: flag,
    at: offset,
  }),
  shape<expression.DistinctTestNode>(9, 'distinctTest', {
    left: expr,
    right: expr,
    negated: flag,
    at: offset,
  }),
  shape<expression.BetweenNode>(10, 'between', {
    argument: expr,
    low: expr,
    high: expr,
    negated: flag,
    symmetric: flag,
    at: offset,
  }),
  shape<expression.InListNode>(11, 'inList', {
    argument: expr,
    list: list(expr),
    negated: flag,
    at: offset,
  }),
  shape<expression.LikeNode>(12, 'like', {
    operator: choice('like', 'ilike', 'similar'),
    argument: expr,
    pattern: expr,
    escape: maybe(expr),
    negated: flag,
    at: offset,
  }),
  shape<expression.CaseNode>(13, 'case', {
    operand: maybe(expr),
    whens: list(family('caseWhen')),
    otherwise: maybe(expr),
    at: offset,
  }),
  shape<expression.CastNode>(14, 'cast', { argument: expr, type, at: offset }),
  shape<expression.CallNode>(15, 'call', {
    schema: maybe(text),
    name: text,
    arguments: list(expr),
    star: flag,
    distinct: flag,
    variadic: flag,
    orderBy: list(sortKey),
    withinGroup: flag,
    filter: maybe(expr),
    over: maybe(windowSpec),
    at: offset,
  }),
  shape<expression.KeywordValueNode>(16, 'keywordValue', {
    name: choice(
      'current_date',
      'current_time',
      'current_timestamp',
      'localtime',
      'localtimestamp',
      'current_user',
      'session_user',
      'user',
      'current_role',
      'current_catalog',
      'current_schema',
    ),
    precision: integer,
    at: offset,
  }),
  shape<expression.CoalesceNode>(17, 'coalesce', { arguments: list(expr), at: offset }),
  shape<expression.NullIfNode>(18, 'nullIf', { left: expr, right: expr, at: offset }),
  shape<expression.ExtremeNode>(19, 'extreme', {
    operator: choice('greatest', 'least'),
    arguments: list(expr),
    at: offset,
  }),
  shape<expression.SubqueryNode>(20, 'subquery', {
    mode: choice('scalar', 'exists', 'any', 'all', 'array'),
    operator: text,
    test: maybe(expr),
    query: select,
    at: offset,
  }),
  shape<expression.ArrayComparisonNode>(21, 'arrayComparison', {
    operator: text,
    all: flag,
    left: expr,
    array: expr,
    at: offset,
  }),
  shape<expression.ArrayNode>(22, 'array', { elements: list(expr), at: offset }),
  shape<expression.RowNode>(23, 'row', { fields: list(expr), at: offset }),
  shape<expression.CollateNode>(24, 'collate', { argument: expr, collation: text, at: offset }),
  shape<expression.AtTimeZoneNode>(25, 'atTimeZone', { argument: expr, zone: expr, at: offset }),
  shape<expression.DefaultNode>(26, 'default', { at: offset }),
  shape<expression.GroupingNode>(27, 'grouping', { arguments: list(expr), at: offset }),
  shape<expression.SubscriptNode>(138, 'subscript', {
    argument: expr,
    parts: list(family('subscriptPart')),
    at: offset,
  }),
  shape<expression.NamedArgumentNode>(140, 'namedArgument', {
    name: text,
    argument: expr,
    at: offset,
  }),
  shape<expression.WholeRowNode>(117, 'wholeRow', { qualifier: list(text), at: offset }),
  shape<expression.OperatorClassNode>(129, 'operatorClass', {
    argument: expr,
    name: list(text),
    at: offset,
  }),
];

const typeName = shape<expression.TypeName>(28, null, {
  schema: maybe(text),
  name: text,
  modifiers: list(integer),
  fields: maybe(text),
  arrayDimensions: integer,
  at: offset,
});
const caseWhen = shape<expression.CaseNode['whens'][number]>(29, null, {
  when: expr,
  result: expr,
});

const subscriptPart = shape<expression.SubscriptPart>(139, null, {
  slice: flag,
  low: maybe(expr),
  high: maybe(expr),
});

export const EXPRESSIONS: Readonly<Record<string, readonly Shape[]>> = {
  expression: expressions,
  call: expressions.filter((each) => each.kind === 'call'),
  typeName: [typeName],
  caseWhen: [caseWhen],
  subscriptPart: [subscriptPart],
};
