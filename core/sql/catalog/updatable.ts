/**
 * Which views can be written to, as PostgreSQL's automatically updatable ones: those that show rows
 * of one table or view, each once. Read off the view's own query, so that the binder and
 * `information_schema` say the same.
 */
import { functionsNamed } from '../functions/catalog.ts';
import { typeFromName } from '../types/describe.ts';
import type { SqlType } from '../types/type.ts';
import type { ColumnNode, Expression } from '../tree/expression.ts';
import type { DerivedTable, Query, SelectBody, TableNode, Target } from '../tree/query.ts';
import type { Catalog, Relation, Table, View } from './model.ts';

/** Instead of a place: the column is computed, a hidden one, or a whole row. */
export const COMPUTED = -1;
export const HIDDEN = -2;
export const WHOLE_ROW = -3;

/** A view over one table or view, and where in that its columns are. */
export interface ShownView {
  readonly view: View;
  readonly base: Table | View;
  /** What the query calls the base. */
  readonly alias: string;
  /** The base may be named with its schema. */
  readonly schema: string | null;
  /** Columns of the base under the names that the query has for them, by place in the base. */
  readonly names: readonly { readonly name: string; readonly place: number }[];
  readonly body: SelectBody;
  /** For each column of the view: its place in the base, or why it has none. */
  readonly places: readonly number[];
}

/** `reason` goes behind "the view": `has DISTINCT`. */
export interface FixedView {
  readonly view: View;
  readonly reason: string;
}

export function isShown(found: ShownView | FixedView): found is ShownView {
  return 'base' in found;
}

/** Of the present catalogue; whether the base can be written to is another question. */
export function shownView(catalog: Catalog, view: View): ShownView | FixedView {
  const fixed = (reason: string): FixedView => ({ view, reason });
  const { query } = view;
  const { body } = query;
  const reason = reasonOfQuery(query);
  if (reason !== null) return fixed(reason);
  if (body.kind !== 'select' || body.from.length !== 1) return fixed(NOT_ONE);
  const [from] = body.from;
  const source = from?.kind === 'table' ? plainSource(from) : null;
  const read = source ?? (from?.kind === 'derived' ? pinnedSource(from) : null);
  if (read === null) return fixed(NOT_ONE);
  if (read.table.time !== null) return fixed('reads a table of another moment');
  const base = catalog.relation(read.table.schema, read.table.name);
  if (base === null || (base.kind !== 'table' && base.kind !== 'view')) return fixed(NOT_ONE);
  const calls = reasonOfCalls(body.targets);
  if (calls !== null) return fixed(calls);
  const alias = read.alias ?? base.name;
  const schema = read.alias === null ? base.schema : null;
  const names = namesIn(base, read);
  const places = body.targets.flatMap((target) => placesOf(target, alias, names, base));
  return { view, base, alias, schema, names, body, places };
}

const NOT_ONE = 'does not select from one table or view';

function reasonOfQuery(query: Query): string | null {
  const { body } = query;
  if (query.with !== null) return 'has WITH';
  if (query.limit !== null || query.offset !== null) return 'has LIMIT or OFFSET';
  if (body.kind === 'set') return 'has UNION, INTERSECT or EXCEPT';
  if (body.kind !== 'select') return NOT_ONE;
  if (body.distinct !== 'none') return 'has DISTINCT';
  if (body.groupBy.length > 0) return 'has GROUP BY';
  if (body.having !== null) return 'has HAVING';
  return null;
}

interface Source {
  readonly table: TableNode;
  readonly alias: string | null;
  readonly columnAliases: readonly string[];
  /** Of a pinned table: the base's columns that are taken, and their names. */
  readonly pinned: readonly (readonly [string, string])[] | null;
}

function plainSource(table: TableNode): Source {
  return { table, alias: table.alias, columnAliases: table.columnAliases, pinned: null };
}

/**
 * `(SELECT a AS b FROM t) AS t` as `define/pin.ts` makes it. Only those stand where a table stood:
 * derived tables that somebody wrote have no place of their own.
 */
function pinnedSource(node: DerivedTable): Source | null {
  const { body } = node.query;
  const [table] = body.kind === 'select' ? body.from : [];
  if (node.at < 0 || body.kind !== 'select' || table?.kind !== 'table') return null;
  const pinned = body.targets.flatMap((target): (readonly [string, string])[] => {
    if (target.kind !== 'value' || target.value.kind !== 'column') return [];
    const name = target.value.parts[0] as string;
    return [[name, target.alias ?? name]];
  });
  return { table, alias: node.alias, columnAliases: node.columnAliases, pinned };
}

function namesIn(base: Table | View, read: Source): ShownView['names'] {
  const { pinned, columnAliases } = read;
  const all =
    pinned === null
      ? base.columns.map(({ name }, place) => ({ name, place }))
      : pinned.map(([from, name]) => {
          return { name, place: base.columns.findIndex((column) => column.name === from) };
        });
  return all.map((one, i) => ({ ...one, name: columnAliases[i] ?? one.name }));
}

function placesOf(
  target: Target,
  alias: string,
  names: ShownView['names'],
  base: Table | View,
): readonly number[] {
  if (target.kind === 'star') return names.map(({ place }) => place);
  return [placeOf(target.value, alias, names, base)];
}

function placeOf(
  value: Expression,
  alias: string,
  names: ShownView['names'],
  base: Table | View,
): number {
  // A cast to what it is already is none.
  if (value.kind === 'cast') {
    const inner = placeOf(value.argument, alias, names, base);
    if (inner < 0) return COMPUTED;
    const { type } = base.columns[inner] as { readonly type: SqlType };
    const to = typeFromName(value.type);
    return to.id === type.id && to.modifier === type.modifier ? inner : COMPUTED;
  }
  if (value.kind === 'wholeRow') return WHOLE_ROW;
  if (value.kind !== 'column') return COMPUTED;
  return placeOfColumn(value, alias, names);
}

function placeOfColumn(node: ColumnNode, alias: string, names: ShownView['names']): number {
  const name = node.parts[node.parts.length - 1] as string;
  const found = names.find((one) => one.name === name);
  if (found !== undefined) return found.place;
  return node.parts.length === 1 && name === alias ? WHOLE_ROW : HIDDEN;
}

const CALLS = {
  aggregate: 'returns an aggregate',
  window: 'returns a window function',
  set: 'returns a set-returning function',
} as const;

function reasonOfCalls(tree: unknown): string | null {
  if (typeof tree !== 'object' || tree === null) return null;
  if (Array.isArray(tree)) {
    for (const part of tree) {
      const found = reasonOfCalls(part);
      if (found !== null) return found;
    }
    return null;
  }
  const node = tree as { readonly kind?: unknown; readonly name?: unknown };
  // A subquery's calls are its own.
  if (node.kind === 'query') return null;
  if (node.kind === 'call') {
    if ((node as { readonly over?: unknown }).over !== null) return CALLS.window;
    const kind = functionsNamed(node.name as string)[0]?.kind ?? 'scalar';
    if (kind !== 'scalar') return CALLS[kind];
  }
  return reasonOfCalls(Object.values(node));
}

/** What can be done to a relation: all of it, as for tables, or only some. */
export interface Writable {
  readonly insert: boolean;
  readonly update: boolean;
  readonly delete: boolean;
}

const NOTHING: Writable = { insert: false, update: false, delete: false };
const EVERYTHING: Writable = { insert: true, update: true, delete: true };
const DELETE_ONLY: Writable = { insert: false, update: false, delete: true };

/**
 * What writing reaches through a view, down to a table. `wanted` limits it to some columns, by
 * place; null: to any.
 */
export function writable(
  catalog: Catalog,
  relation: Relation,
  wanted: ReadonlySet<number> | null = null,
): Writable {
  let own: Writable = EVERYTHING;
  let places = wanted;
  let current = relation;
  const seen: Set<number> = new Set();
  while (current.kind === 'view') {
    // A view that came to read itself shows nothing.
    if (seen.has(current.id)) return NOTHING;
    seen.add(current.id);
    const found = shownView(catalog, current);
    if (!isShown(found)) return NOTHING;
    const below: Set<number> = new Set();
    for (const [i, place] of found.places.entries()) {
      if (place >= 0 && (places === null || places.has(i))) below.add(place);
    }
    if (below.size === 0) own = DELETE_ONLY;
    places = below;
    current = found.base;
  }
  return current.kind === 'table' ? own : NOTHING;
}
