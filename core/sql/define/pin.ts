/**
 * What views read, pinned: tables by schema, and their columns of the view's creation where the
 * view says `*`. So a column that is added later stays out of it, and tables and columns may be
 * called differently under it.
 *
 * A pinned table is `(SELECT a, b FROM s.t) AS t`.
 */
import type { Literals } from '../bind/literals.ts';
import type { CatalogObject, StoredRelation } from '../catalog/state.ts';
import type { ColumnNode } from '../tree/expression.ts';
import type { Query, SelectBody, TableNode, Target } from '../tree/query.ts';
import { unsupported } from '../error.ts';
import { HIDDEN_NAMES } from './column.ts';
import { withoutStars } from './star.ts';
import { rewrite, walk } from './walk.ts';

/** The object with its literals as they are to be kept. */
export function withLiterals(object: CatalogObject, literals: Literals): CatalogObject {
  const keep = <T>(tree: T): T => rewrite(tree, (node) => literals.pinned(node));
  if (object.kind === 'view') return { ...object, query: keep(object.query) };
  if (object.kind !== 'table') return object;
  return {
    ...object,
    columns: object.columns.map((one) => ({ ...one, fallback: keep(one.fallback) })),
    constraints: object.constraints.map((one) =>
      one.kind === 'check' ? { ...one, value: keep(one.value) } : one,
    ),
    indexes: object.indexes.map((one) => ({
      ...one,
      elements: one.elements.map((part) => ({ ...part, value: keep(part.value) })),
      where: keep(one.where),
    })),
  };
}

/** Names of common tables anywhere in a query: a table of such a name may be one of them. */
function commonNames(query: Query): Set<string> {
  const names: Set<string> = new Set();
  walk(query, (node) => {
    if (node.kind !== 'query') return;
    for (const { name } of (node as Query).with?.tables ?? []) names.add(name);
  });
  return names;
}

/** Whether a table's columns cannot be pinned: it is named with its schema, or hidden ones are. */
function namesMore(query: Query): boolean {
  let found = false;
  walk(query, (node) => {
    if (node.kind !== 'column' || !('parts' in node)) return;
    const parts = node.parts as readonly string[];
    if (parts.length > 2 || HIDDEN_NAMES.includes(parts[parts.length - 1]!)) found = true;
  });
  return found;
}

function saysStar(query: Query): boolean {
  let found = false;
  walk(query, (node) => {
    if (node.kind === 'star' || node.kind === 'wholeRow') found = true;
    if (node.kind === 'join' && 'natural' in node && node.natural === true) found = true;
  });
  return found;
}

/** The query of a new view. `find` answers the relation that a table's name means. */
export function pinned(
  query: Query,
  find: (schema: string | null, name: string) => StoredRelation | null,
): Query {
  const common = commonNames(query);
  const star = saysStar(query);
  const columns = star && !namesMore(query);
  const named = (table: TableNode): StoredRelation | null => {
    if (table.schema === null && common.has(table.name)) return null;
    return find(table.schema, table.name);
  };
  const written =
    star && !columns ? withoutStars(query, (table) => columnNames(named(table))) : query;
  return rewrite(written, (node) => {
    if (node.kind !== 'table') return undefined;
    const table = node as TableNode;
    const relation = named(table);
    if (relation === null) return undefined;
    const own = { ...table, schema: relation.schema };
    if (!columns || relation.kind === 'sequence') return own;
    return selection(
      own,
      relation.columns.map(({ name }) => [name, name]),
    );
  });
}

function columnNames(relation: StoredRelation | null): readonly string[] | null {
  if (relation === null || relation.kind === 'sequence') return null;
  return relation.columns.map(({ name }) => name);
}

/** A table in FROM, of which only some columns are taken, under names of their own. */
function selection(table: TableNode, columns: readonly (readonly [string, string])[]): unknown {
  const { at } = table;
  const targets = columns.map(([name, alias]): Target => {
    return { kind: 'value', value: { kind: 'column', parts: [name], at }, alias };
  });
  const body = {
    kind: 'select',
    distinct: 'none',
    targets,
    from: [{ ...table, alias: null, columnAliases: [] }],
    where: null,
    groupBy: [],
    groupDistinct: false,
    having: null,
    windows: [],
    at,
  };
  const query = { kind: 'query', with: null, body, orderBy: [], limit: null, offset: null };
  return {
    kind: 'derived',
    query: { ...query, withTies: false, at },
    lateral: false,
    alias: table.alias ?? table.name,
    columnAliases: table.columnAliases,
    at,
  };
}

function isOf(node: { readonly kind: string }, relation: StoredRelation): node is TableNode {
  if (node.kind !== 'table') return false;
  const { schema, name } = node as TableNode;
  return schema === relation.schema && name === relation.name;
}

/** The query with a relation called differently, or in another schema. */
export function renamedTable(
  query: Query,
  relation: StoredRelation,
  to: { readonly schema: string; readonly name: string },
  at: number,
): Query {
  if (namesMore(query)) throw unsupported('renaming what a view names with its schema', at);
  return rewrite(query, (node) => {
    if (!isOf(node, relation)) return undefined;
    return { ...node, ...to, alias: node.alias ?? node.name };
  });
}

/** The query with a column of a relation called differently there, and as before here. */
export function renamedColumn(
  query: Query,
  relation: StoredRelation & { readonly columns: readonly { readonly name: string }[] },
  from: string,
  to: string,
  at: number,
): Query {
  if (namesMore(query)) throw unsupported('renaming what a view names with its schema', at);
  return rewrite(query, (node) => {
    const own = pinnedTargets(node, relation);
    if (own !== null) {
      const targets = own.map((one) => (one.value.parts[0] === from ? retarget(one, to) : one));
      return { ...node, targets };
    }
    if (!isOf(node, relation)) return undefined;
    const columns = relation.columns.map(({ name }): readonly [string, string] => {
      return [name === from ? to : name, name];
    });
    return selection(node, columns);
  });
}

interface PinnedTarget {
  readonly kind: 'value';
  readonly value: ColumnNode;
  readonly alias: string | null;
}

function retarget(target: PinnedTarget, name: string): PinnedTarget {
  return { ...target, value: { ...target.value, parts: [name] } };
}

/** What a pinned table's select takes of the relation; null: the node is no such select. */
function pinnedTargets(
  node: { readonly kind: string },
  relation: StoredRelation,
): readonly PinnedTarget[] | null {
  if (node.kind !== 'select') return null;
  const { from, targets, where, groupBy, having } = node as SelectBody;
  const [table] = from;
  if (table === undefined || from.length > 1 || !isOf(table, relation)) return null;
  if (where !== null || groupBy.length > 0 || having !== null) return null;
  const plain = targets.filter(
    (one): one is PinnedTarget =>
      one.kind === 'value' && one.value.kind === 'column' && one.value.parts.length === 1,
  );
  return plain.length === targets.length && plain.every(({ alias }) => alias !== null)
    ? plain
    : null;
}

/** The query without a column that its pinned table has and nobody may need. */
export function withoutColumn(query: Query, relation: StoredRelation, name: string): Query {
  return rewrite(query, (node) => {
    const targets = pinnedTargets(node, relation);
    if (targets === null) return undefined;
    return { ...node, targets: targets.filter((one) => one.value.parts[0] !== name) };
  });
}
