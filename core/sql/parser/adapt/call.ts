/** Calls of functions, aggregates and window functions, and the windows they are over. */
import { unsupported } from '../../error.ts';
import type { AtTimeZoneNode, CallNode, Expression } from '../../tree/expression.ts';
import type {
  FrameBound,
  FrameSpecification,
  SortKey,
  WindowSpecification,
} from '../../tree/query.ts';
import { expression, maybePart, part, parts } from './expression.ts';
import { operatorName } from './operator.ts';
import type { Context, Raw } from './raw.ts';
import {
  child,
  children,
  flag,
  has,
  integer,
  maybeChild,
  maybeText,
  place,
  strings,
  text,
} from './raw.ts';

export function call(c: Context, node: Raw): CallNode | AtTimeZoneNode {
  const at = place(c, node);
  const names = strings(children(node, 'funcname'));
  const syntax = text(node, 'funcformat') === 'COERCE_SQL_SYNTAX';
  if (syntax && names[1] === 'timezone') {
    const [zone, argument] = parts(c, node, 'args');
    if (argument === undefined) throw unsupported('AT LOCAL', at);
    return { kind: 'atTimeZone', argument, zone: zone!, at };
  }
  return plainCall(c, node);
}

export function plainCall(c: Context, node: Raw): CallNode {
  const at = place(c, node);
  const names = strings(children(node, 'funcname'));
  if (names.length > 2) throw unsupported('a function of another database', at);
  const over = maybeChild(node, 'over');
  return {
    kind: 'call',
    schema: names.length === 2 ? names[0]! : null,
    name: names[names.length - 1]!,
    arguments: children(node, 'args').map((each) => callArgument(c, each)),
    star: flag(node, 'agg_star'),
    distinct: flag(node, 'agg_distinct'),
    variadic: flag(node, 'func_variadic'),
    orderBy: sortKeys(c, children(node, 'agg_order')),
    withinGroup: flag(node, 'agg_within_group'),
    filter: maybePart(c, node, 'agg_filter'),
    over: over === null ? null : windowSpecification(c, over),
    at,
  };
}

function callArgument(c: Context, node: Raw): Expression {
  if (has(node, 'NamedArgExpr')) {
    const named = child(node, 'NamedArgExpr');
    const argument = part(c, named, 'arg');
    return { kind: 'namedArgument', name: text(named, 'name'), argument, at: place(c, named) };
  }
  return expression(c, node);
}

export function sortKeys(c: Context, nodes: readonly Raw[]): readonly SortKey[] {
  return nodes.map((each) => sortKey(c, child(each, 'SortBy')));
}

function sortKey(c: Context, node: Raw): SortKey {
  const direction = text(node, 'sortby_dir');
  let descending = direction === 'SORTBY_DESC';
  if (direction === 'SORTBY_USING') {
    const operator = operatorName(node, 'useOp', place(c, node));
    if (operator !== '<' && operator !== '>') {
      throw unsupported(`ORDER BY USING ${operator}`, place(c, node));
    }
    descending = operator === '>';
  }
  const order = text(node, 'sortby_nulls');
  const first = order === 'SORTBY_NULLS_FIRST';
  const nulls = first ? 'first' : order === 'SORTBY_NULLS_LAST' ? 'last' : 'default';
  return { value: part(c, node, 'node'), descending, nulls };
}

/** `OVER w` arrives as a definition with a name; a window that builds on another has a refname. */
export function windowSpecification(c: Context, node: Raw): WindowSpecification {
  return {
    name: maybeText(node, 'refname') ?? maybeText(node, 'name'),
    partitionBy: parts(c, node, 'partitionClause'),
    orderBy: sortKeys(c, children(node, 'orderClause')),
    frame: frame(c, node),
    at: place(c, node),
  };
}

/** PostgreSQL's FRAMEOPTION bits (nodes/parsenodes.h). */
const NONDEFAULT = 0x1;
const ROWS = 0x4;
const GROUPS = 0x8;
const UNBOUNDED_PRECEDING = 0x20;
const UNBOUNDED_FOLLOWING = 0x80;
const CURRENT_ROW = 0x200;
const OFFSET_PRECEDING = 0x800;
const EXCLUDE_CURRENT_ROW = 0x8000;
const EXCLUDE_GROUP = 0x1_0000;
const EXCLUDE_TIES = 0x2_0000;

function frame(c: Context, node: Raw): FrameSpecification | null {
  const bits = integer(node, 'frameOptions');
  if ((bits & NONDEFAULT) === 0) return null;
  const unit = (bits & ROWS) !== 0 ? 'rows' : (bits & GROUPS) !== 0 ? 'groups' : 'range';
  let exclude: FrameSpecification['exclude'] = 'none';
  if ((bits & EXCLUDE_CURRENT_ROW) !== 0) exclude = 'current';
  if ((bits & EXCLUDE_GROUP) !== 0) exclude = 'group';
  if ((bits & EXCLUDE_TIES) !== 0) exclude = 'ties';
  return {
    unit,
    start: frameBound(c, node, bits, 'startOffset'),
    // The bits of the end are those of the start, one further.
    end: frameBound(c, node, bits >>> 1, 'endOffset'),
    exclude,
  };
}

function frameBound(c: Context, node: Raw, bits: number, offset: string): FrameBound {
  if ((bits & UNBOUNDED_PRECEDING) !== 0) return { kind: 'unboundedPreceding' };
  if ((bits & UNBOUNDED_FOLLOWING) !== 0) return { kind: 'unboundedFollowing' };
  if ((bits & CURRENT_ROW) !== 0) return { kind: 'currentRow' };
  const kind = (bits & OFFSET_PRECEDING) !== 0 ? 'preceding' : 'following';
  return { kind, offset: part(c, node, offset) };
}
