/** What stands in FROM: tables with their time clauses, derived tables, functions and joins. */
import { SqlError, unsupported } from '../../error.ts';
import type { TypeName } from '../../tree/expression.ts';
import type { JoinNode, TableExpression, TableNode } from '../../tree/query.ts';
import { plainCall } from './call.ts';
import { maybePart } from './expression.ts';
import { constructName } from './names.ts';
import { query } from './query.ts';
import type { Context, Raw } from './raw.ts';
import {
  bodyOf,
  child,
  children,
  flag,
  has,
  kindOf,
  maybeChild,
  maybeText,
  place,
  strings,
  text,
} from './raw.ts';
import { typeName } from './type.ts';

export function tableExpressions(c: Context, nodes: readonly Raw[]): readonly TableExpression[] {
  return nodes.map((each) => tableExpression(c, each));
}

function tableExpression(c: Context, node: Raw): TableExpression {
  const kind = kindOf(node);
  const body = bodyOf(node);
  switch (kind) {
    case 'RangeVar':
      return table(c, body);
    case 'RangeSubselect':
      return {
        kind: 'derived',
        query: query(c, derivedSource(body), -1),
        lateral: flag(body, 'lateral'),
        ...alias(body),
        at: -1,
      };
    case 'RangeFunction':
      return functionTable(c, body);
    case 'JoinExpr':
      return join(c, body);
    default:
      throw unsupported(constructName(node), place(c, body));
  }
}

/** PostgreSQL 15 wants a name for it; the grammar, of a later release, does not. */
function derivedSource(node: Raw): Raw {
  const source = child(child(node, 'subquery'), 'SelectStmt');
  if (has(node, 'alias')) return source;
  const values = has(source, 'valuesLists');
  const what = values ? 'VALUES' : 'subquery';
  throw new SqlError('42601', `${what} in FROM must have an alias`, {
    hint: `For example, FROM (${values ? 'VALUES' : 'SELECT'} ...) [AS] foo.`,
  });
}

interface Alias {
  readonly alias: string | null;
  readonly columnAliases: readonly string[];
}

function alias(node: Raw): Alias {
  const found = maybeChild(node, 'alias');
  if (found === null) return { alias: null, columnAliases: [] };
  return { alias: text(found, 'aliasname'), columnAliases: strings(children(found, 'colnames')) };
}

/** A table in FROM. There is no inheritance: ONLY changes nothing. */
function table(c: Context, node: Raw): TableNode {
  const at = place(c, node);
  if (has(node, 'catalogname')) throw unsupported('a table of another database', at);
  const time = c.times.get(at) ?? null;
  c.times.delete(at);
  return {
    kind: 'table',
    schema: maybeText(node, 'schemaname'),
    name: text(node, 'relname'),
    ...alias(node),
    time,
    at,
  };
}

function functionTable(c: Context, node: Raw): TableExpression {
  const [first, ...others] = children(node, 'functions');
  const [callNode, ownTypes] = children(child(first!, 'List'), 'items');
  const call = maybeChild(callNode!, 'FuncCall');
  const at = call === null ? -1 : place(c, call);
  if (others.length > 0 || (ownTypes !== undefined && kindOf(ownTypes) !== '')) {
    throw unsupported('ROWS FROM', at);
  }
  if (call === null) throw unsupported(`${constructName(callNode!)} in FROM`, at);
  const types = children(node, 'coldeflist').map((each) => child(each, 'ColumnDef'));
  const named = alias(node);
  return {
    kind: 'function',
    call: plainCall(c, call),
    lateral: flag(node, 'lateral'),
    ordinality: flag(node, 'ordinality'),
    alias: named.alias,
    columnAliases:
      types.length > 0 ? types.map((each) => text(each, 'colname')) : named.columnAliases,
    columnTypes: types.map((each): TypeName => typeName(c, child(each, 'typeName'))),
    at,
  };
}

const JOINS = {
  JOIN_INNER: 'inner',
  JOIN_LEFT: 'left',
  JOIN_RIGHT: 'right',
  JOIN_FULL: 'full',
} as const;

function join(c: Context, node: Raw): JoinNode {
  const written = JOINS[text(node, 'jointype') as keyof typeof JOINS];
  if (written === undefined) throw unsupported(text(node, 'jointype'), -1);
  const left = tableExpression(c, child(node, 'larg'));
  const right = tableExpression(c, child(node, 'rarg'));
  const on = maybePart(c, node, 'quals');
  const using = strings(children(node, 'usingClause'));
  const natural = flag(node, 'isNatural');
  // CROSS JOIN is an inner join on nothing.
  const cross = written === 'inner' && on === null && using.length === 0 && !natural;
  const usingAlias = maybeChild(node, 'join_using_alias');
  return {
    kind: 'join',
    type: cross ? 'cross' : written,
    natural,
    left,
    right,
    on,
    using,
    usingAlias: usingAlias === null ? null : text(usingAlias, 'aliasname'),
    ...alias(node),
    at: -1,
  };
}
