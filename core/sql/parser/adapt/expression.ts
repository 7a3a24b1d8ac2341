/** Expressions, from PostgreSQL's nodes to ours: one function a node, found by its kind. */
import { unsupported } from '../../error.ts';
import type { Expression, LiteralNode, SubscriptPart } from '../../tree/expression.ts';
import type { Context, Raw } from './raw.ts';
import {
  bodyOf,
  child,
  children,
  flag,
  has,
  integer,
  kindOf,
  maybeChild,
  place,
  strings,
  text,
} from './raw.ts';
import { call } from './call.ts';
import { constructName } from './names.ts';
import { operatorExpression, operatorName } from './operator.ts';
import { query } from './query.ts';
import { typeName } from './type.ts';

type Convert = (c: Context, node: Raw) => Expression;

const CONVERT: Readonly<Record<string, Convert>> = {
  A_Const: literal,
  ParamRef: (c, node) => ({
    kind: 'parameter',
    index: integer(node, 'number') - 1,
    at: place(c, node),
  }),
  ColumnRef: column,
  A_Expr: operatorExpression,
  BoolExpr: logic,
  NullTest: (c, node) => ({
    kind: 'nullTest',
    argument: part(c, node, 'arg'),
    negated: text(node, 'nulltesttype') === 'IS_NOT_NULL',
    at: place(c, node),
  }),
  BooleanTest: booleanTest,
  CaseExpr: caseExpression,
  TypeCast: cast,
  FuncCall: (c, node) => call(c, node),
  SQLValueFunction: keywordValue,
  CoalesceExpr: (c, node) => ({
    kind: 'coalesce',
    arguments: parts(c, node, 'args'),
    at: place(c, node),
  }),
  MinMaxExpr: (c, node) => ({
    kind: 'extreme',
    operator: text(node, 'op') === 'IS_GREATEST' ? 'greatest' : 'least',
    arguments: parts(c, node, 'args'),
    at: place(c, node),
  }),
  SubLink: subquery,
  A_ArrayExpr: (c, node) => ({
    kind: 'array',
    elements: parts(c, node, 'elements'),
    at: place(c, node),
  }),
  A_Indirection: subscript,
  RowExpr: (c, node) => ({ kind: 'row', fields: parts(c, node, 'args'), at: place(c, node) }),
  CollateClause: collate,
  SetToDefault: (c, node) => ({ kind: 'default', at: place(c, node) }),
  GroupingFunc: (c, node) => ({
    kind: 'grouping',
    arguments: parts(c, node, 'args'),
    at: place(c, node),
  }),
};

export function expression(c: Context, node: Raw): Expression {
  const kind = kindOf(node);
  const convert = CONVERT[kind];
  if (convert === undefined) throw unsupported(constructName(node), place(c, bodyOf(node)));
  return convert(c, child(node, kind));
}

/** The expression in a field. */
export function part(c: Context, node: Raw, name: string): Expression {
  return expression(c, child(node, name));
}

/** The expression in a field that may be absent. */
export function maybePart(c: Context, node: Raw, name: string): Expression | null {
  const found = maybeChild(node, name);
  return found === null ? null : expression(c, found);
}

export function parts(c: Context, node: Raw, name: string): readonly Expression[] {
  return children(node, name).map((each) => expression(c, each));
}

function literal(c: Context, node: Raw): LiteralNode {
  const at = place(c, node);
  if (has(node, 'sval')) {
    return { kind: 'literal', type: 'string', text: text(child(node, 'sval'), 'sval'), at };
  }
  if (has(node, 'ival')) {
    const digits = String(integer(child(node, 'ival'), 'ival'));
    return { kind: 'literal', type: 'integer', text: digits, at };
  }
  if (has(node, 'fval')) {
    // Integers beyond 32 bits arrive here too.
    const digits = text(child(node, 'fval'), 'fval');
    const type = /^-?\d+$/.test(digits) ? 'integer' : 'numeric';
    return { kind: 'literal', type, text: digits, at };
  }
  if (has(node, 'boolval')) {
    const value = flag(child(node, 'boolval'), 'boolval') ? 'true' : 'false';
    return { kind: 'literal', type: 'boolean', text: value, at };
  }
  if (flag(node, 'isnull')) return { kind: 'literal', type: 'null', text: '', at };
  throw unsupported('a bit string', at);
}

function column(c: Context, node: Raw): Expression {
  const fields = children(node, 'fields');
  const at = place(c, node);
  if (kindOf(fields[fields.length - 1]!) === 'A_Star') {
    if (fields.length === 1) throw unsupported('* as an expression', at);
    return { kind: 'wholeRow', qualifier: strings(fields.slice(0, -1)), at };
  }
  return { kind: 'column', parts: strings(fields), at };
}

function logic(c: Context, node: Raw): Expression {
  const at = place(c, node);
  const operands = parts(c, node, 'args');
  const operator = text(node, 'boolop');
  if (operator === 'NOT_EXPR') return { kind: 'not', argument: operands[0]!, at };
  return {
    kind: 'logic',
    operator: operator === 'AND_EXPR' ? 'and' : 'or',
    arguments: operands,
    at,
  };
}

function booleanTest(c: Context, node: Raw): Expression {
  const test = text(node, 'booltesttype');
  const tested = test.endsWith('TRUE') ? 'true' : test.endsWith('FALSE') ? 'false' : 'unknown';
  return {
    kind: 'booleanTest',
    argument: part(c, node, 'arg'),
    test: tested,
    negated: test.startsWith('IS_NOT_'),
    at: place(c, node),
  };
}

function caseExpression(c: Context, node: Raw): Expression {
  return {
    kind: 'case',
    operand: maybePart(c, node, 'arg'),
    whens: children(node, 'args').map((each) => {
      const arm = child(each, 'CaseWhen');
      return { when: part(c, arm, 'expr'), result: part(c, arm, 'result') };
    }),
    otherwise: maybePart(c, node, 'defresult'),
    at: place(c, node),
  };
}

function cast(c: Context, node: Raw): Expression {
  const type = typeName(c, child(node, 'typeName'));
  const at = place(c, node);
  return { kind: 'cast', argument: part(c, node, 'arg'), type, at: at < 0 ? type.at : at };
}

const KEYWORD_VALUES = [
  'current_date',
  'current_timestamp',
  'current_time',
  'localtimestamp',
  'localtime',
  'current_role',
  'current_user',
  'session_user',
  'user',
  'current_catalog',
  'current_schema',
] as const;

function keywordValue(c: Context, node: Raw): Expression {
  const op = text(node, 'op');
  const name = KEYWORD_VALUES.find((each) => op.replace(/_N$/, '') === svfop(each));
  if (name === undefined) throw unsupported(op, place(c, node));
  return {
    kind: 'keywordValue',
    name,
    precision: op.endsWith('_N') ? integer(node, 'typmod') : -1,
    at: place(c, node),
  };
}

/** PostgreSQL's name of a keyword's value: `SVFOP_CURRENT_DATE`. */
function svfop(name: string): string {
  let upper = 'SVFOP_';
  for (let i = 0; i < name.length; i += 1) {
    const code = name.charCodeAt(i);
    upper += code >= 0x61 && code <= 0x7a ? String.fromCharCode(code - 0x20) : name[i]!;
  }
  return upper;
}

const SUBQUERIES = {
  EXPR_SUBLINK: 'scalar',
  EXISTS_SUBLINK: 'exists',
  ANY_SUBLINK: 'any',
  ALL_SUBLINK: 'all',
  ARRAY_SUBLINK: 'array',
} as const;

function subquery(c: Context, node: Raw): Expression {
  const at = place(c, node);
  const type = text(node, 'subLinkType');
  const mode = SUBQUERIES[type as keyof typeof SUBQUERIES];
  if (mode === undefined) throw unsupported(type, at);
  const compares = mode === 'any' || mode === 'all';
  return {
    kind: 'subquery',
    mode,
    operator: compares ? (has(node, 'operName') ? operatorName(node, 'operName', at) : '=') : '',
    test: maybePart(c, node, 'testexpr'),
    query: query(c, child(child(node, 'subselect'), 'SelectStmt'), at),
    at,
  };
}

/** `a[1]`, `a[1:2]`, and `(t).b` of a table's row. Fields of other values are another matter. */
function subscript(c: Context, node: Raw): Expression {
  const ofRow = columnOfRow(node);
  if (ofRow !== null) return column(c, ofRow);
  const argument = part(c, node, 'arg');
  const { at } = argument;
  const each = subscriptParts(c, node, constructName({ A_Indirection: node }), at);
  return { kind: 'subscript', argument, parts: each, at };
}

/**
 * `(t).b` and `(t).*` as `t.b` and `t.*`: only rows of tables have fields, and they are called by
 * the table's name alone. Null: something else.
 */
export function columnOfRow(node: Raw): Raw | null {
  const row = child(child(node, 'arg'), 'ColumnRef');
  const [name, ...more] = children(row, 'fields');
  const [part, ...rest] = children(node, 'indirection');
  if (name === undefined || part === undefined || more.length + rest.length > 0) return null;
  const isField = kindOf(part) === 'String' || kindOf(part) === 'A_Star';
  if (!isField || kindOf(name) !== 'String') return null;
  return { ...row, fields: [name, part] };
}

/** What stands in square brackets; a field's name there is refused as `construct`. */
export function subscriptParts(
  c: Context,
  node: Raw,
  construct: string,
  at: number,
): readonly SubscriptPart[] {
  return children(node, 'indirection').map((each) => {
    if (kindOf(each) !== 'A_Indices') throw unsupported(construct, at);
    const bounds = child(each, 'A_Indices');
    return {
      slice: flag(bounds, 'is_slice'),
      low: maybePart(c, bounds, 'lidx'),
      high: maybePart(c, bounds, 'uidx'),
    };
  });
}

function collate(c: Context, node: Raw): Expression {
  return {
    kind: 'collate',
    argument: part(c, node, 'arg'),
    collation: collationName(c, node),
    at: place(c, node),
  };
}

/** `pg_catalog."C"` is `C`. */
export function collationName(c: Context, node: Raw): string {
  const names = strings(children(node, 'collname'));
  if (names.length > 1 && names[0] !== 'pg_catalog') {
    throw unsupported('a collation in a schema', place(c, node));
  }
  return names[names.length - 1]!;
}
