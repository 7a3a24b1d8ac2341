/** Operators and what PostgreSQL's grammar writes as operators: LIKE, BETWEEN, IN, NULLIF, ANY. */
import { unsupported } from '../../error.ts';
import type { Expression } from '../../tree/expression.ts';
import { expression, maybePart, part } from './expression.ts';
import type { Context, Raw } from './raw.ts';
import { child, children, kindOf, place, strings, text } from './raw.ts';

/** The spelling of an operator; `OPERATOR(pg_catalog.+)` is `+`. */
export function operatorName(node: Raw, field: string, at: number): string {
  const names = strings(children(node, field));
  if (names.length > 2 || (names.length === 2 && names[0] !== 'pg_catalog')) {
    throw unsupported('an operator in a schema', at);
  }
  return names[names.length - 1]!;
}

export function operatorExpression(c: Context, node: Raw): Expression {
  const at = place(c, node);
  const kind = text(node, 'kind');
  switch (kind) {
    case 'AEXPR_OP':
      return {
        kind: 'operator',
        name: operatorName(node, 'name', at),
        left: maybePart(c, node, 'lexpr'),
        right: part(c, node, 'rexpr'),
        at,
      };
    case 'AEXPR_OP_ANY':
    case 'AEXPR_OP_ALL':
      return {
        kind: 'arrayComparison',
        operator: operatorName(node, 'name', at),
        all: kind === 'AEXPR_OP_ALL',
        left: part(c, node, 'lexpr'),
        array: part(c, node, 'rexpr'),
        at,
      };
    case 'AEXPR_DISTINCT':
    case 'AEXPR_NOT_DISTINCT':
      return {
        kind: 'distinctTest',
        left: part(c, node, 'lexpr'),
        right: part(c, node, 'rexpr'),
        negated: kind === 'AEXPR_NOT_DISTINCT',
        at,
      };
    case 'AEXPR_NULLIF':
      return { kind: 'nullIf', left: part(c, node, 'lexpr'), right: part(c, node, 'rexpr'), at };
    case 'AEXPR_IN':
      return {
        kind: 'inList',
        argument: part(c, node, 'lexpr'),
        list: items(node).map((each) => expression(c, each)),
        negated: operatorName(node, 'name', at) === '<>',
        at,
      };
    default:
      return kind.startsWith('AEXPR_BETWEEN') || kind.startsWith('AEXPR_NOT_BETWEEN')
        ? between(c, node, kind)
        : like(c, node, kind);
  }
}

/** Of a right side that is a list. */
function items(node: Raw): readonly Raw[] {
  return children(child(child(node, 'rexpr'), 'List'), 'items');
}

function between(c: Context, node: Raw, kind: string): Expression {
  const [low, high] = items(node);
  return {
    kind: 'between',
    argument: part(c, node, 'lexpr'),
    low: expression(c, low!),
    high: expression(c, high!),
    negated: kind.startsWith('AEXPR_NOT_'),
    symmetric: kind.endsWith('_SYM'),
    at: place(c, node),
  };
}

const LIKES = { AEXPR_LIKE: 'like', AEXPR_ILIKE: 'ilike', AEXPR_SIMILAR: 'similar' } as const;

/** ESCAPE is a call that the grammar wraps around the pattern; SIMILAR TO always has one. */
function like(c: Context, node: Raw, kind: string): Expression {
  const at = place(c, node);
  const operator = LIKES[kind as keyof typeof LIKES];
  if (operator === undefined) throw unsupported(kind, at);
  const right = child(node, 'rexpr');
  const call = kindOf(right) === 'FuncCall' ? child(right, 'FuncCall') : null;
  const wrapper = operator === 'similar' ? 'similar_to_escape' : 'like_escape';
  const names = call === null ? [] : strings(children(call, 'funcname'));
  const wrapped = names.length === 2 && names[0] === 'pg_catalog' && names[1] === wrapper;
  const [pattern, escape] = wrapped ? children(call!, 'args') : [right];
  return {
    kind: 'like',
    operator,
    argument: part(c, node, 'lexpr'),
    pattern: expression(c, pattern!),
    escape: escape === undefined ? null : expression(c, escape),
    negated: operatorName(node, 'name', at).startsWith('!'),
    at,
  };
}
