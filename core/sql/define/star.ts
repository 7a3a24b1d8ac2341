/**
 * `*` written out, for views whose tables cannot be pinned as `pin.ts` does: they name system
 * columns, which a derived table has not, or tables with their schemas.
 *
 * `t.*` becomes `t.a, t.b`, and `NATURAL JOIN` says USING what. Derived tables, common tables and
 * functions keep `q.*`: their columns are fixed where they are written.
 */
import { unsupported } from '../error.ts';
import type { Expression } from '../tree/expression.ts';
import type { JoinNode, Query, SelectBody, TableExpression, Target } from '../tree/query.ts';
import type { TableNode } from '../tree/query.ts';
import { rewrite } from './walk.ts';

/** Names of a table's columns; null: another relation, or a common table. */
export type ColumnsOf = (table: TableNode) => readonly string[] | null;

/** A column, by itself (`qualifier` null) or of a table; or (`name` null) all of something. */
interface Part {
  readonly qualifier: string | null;
  readonly name: string | null;
}

export function withoutStars<T extends Query>(query: T, columnsOf: ColumnsOf): T {
  /** What is in FROM, of the innermost query first. */
  const scopes: (readonly TableExpression[])[] = [];
  const change = (node: { readonly kind: string }): unknown => {
    if (node.kind === 'join') return joined(inner(node as JoinNode), columnsOf);
    if (node.kind !== 'select') return undefined;
    scopes.unshift((node as SelectBody).from);
    const body = inner(node as SelectBody);
    scopes[0] = body.from;
    const written = { ...body, targets: writtenOut(body, scopes, columnsOf) };
    scopes.shift();
    return written;
  };
  /** With everything below it done. */
  const inner = <N extends object>(node: N): N => {
    const entries = Object.entries(node).map(([key, part]) => [key, rewrite(part, change)]);
    return Object.fromEntries(entries) as N;
  };
  return rewrite(query, change);
}

function writtenOut(
  { targets, from }: SelectBody,
  scopes: readonly (readonly TableExpression[])[],
  columnsOf: ColumnsOf,
): readonly Target[] {
  return targets.flatMap((target): readonly Target[] => {
    if (target.kind !== 'star') return [target];
    const { qualifier, at } = target;
    if (qualifier.length === 0) {
      const all = from.flatMap((one) => partsOf(one, columnsOf));
      return all.map((part) => targetOf(part, [], at));
    }
    const table = qualifier[qualifier.length - 1]!;
    for (const scope of scopes) {
      const own = scope.flatMap((one) => partsNamed(one, table, columnsOf));
      if (own.length > 0) return own.map((part) => targetOf(part, qualifier.slice(0, -1), at));
    }
    return [target];
  });
}

function targetOf({ qualifier, name }: Part, schema: readonly string[], at: number): Target {
  const parts = qualifier === null ? [] : [...schema, qualifier];
  if (name === null) return { kind: 'star', qualifier: parts, at };
  return { kind: 'value', value: { kind: 'column', parts: [...parts, name], at }, alias: null };
}

/** What `*` is of an element of FROM. */
function partsOf(node: TableExpression, columnsOf: ColumnsOf): readonly Part[] {
  if (node.kind !== 'join') return partsOfTable(node, columnsOf);
  const left = partsOf(node.left, columnsOf);
  const right = partsOf(node.right, columnsOf);
  const merged = node.using;
  if (merged.length > 0) refuseUnknown(node, left, right);
  const isOwn = ({ name }: Part): boolean => name === null || !merged.includes(name);
  const shared = merged.map((name): Part => ({ qualifier: null, name }));
  const all = [...shared, ...left.filter(isOwn), ...right.filter(isOwn)];
  const { alias, columnAliases } = node;
  if (alias === null) return all;
  if (all.some(({ name }) => name === null)) return [{ qualifier: alias, name: null }];
  return all.map(({ name }, i) => ({ qualifier: alias, name: columnAliases[i] ?? name }));
}

function partsOfTable(
  node: Exclude<TableExpression, JoinNode>,
  columnsOf: ColumnsOf,
): readonly Part[] {
  const qualifier = nameOf(node);
  const names = node.kind === 'table' ? columnsOf(node) : null;
  if (names === null) return [{ qualifier, name: null }];
  return names.map((name, i) => ({ qualifier, name: node.columnAliases[i] ?? name }));
}

function nameOf(node: Exclude<TableExpression, JoinNode>): string {
  if (node.alias !== null) return node.alias;
  if (node.kind === 'table') return node.name;
  return node.kind === 'function' ? node.call.name : '';
}

/** What `name.*` is there, if that is where the name stands. */
function partsNamed(node: TableExpression, name: string, columnsOf: ColumnsOf): readonly Part[] {
  if (node.kind !== 'join') return nameOf(node) === name ? partsOfTable(node, columnsOf) : [];
  if (node.alias !== null) return node.alias === name ? partsOf(node, columnsOf) : [];
  return [...partsNamed(node.left, name, columnsOf), ...partsNamed(node.right, name, columnsOf)];
}

/** NATURAL, with the columns that it is about now. */
function joined(node: JoinNode, columnsOf: ColumnsOf): JoinNode {
  if (!node.natural) return node;
  const left = partsOf(node.left, columnsOf);
  const right = partsOf(node.right, columnsOf);
  refuseUnknown(node, left, right);
  const using = left.flatMap(({ name }) => {
    return name !== null && right.some((part) => part.name === name) ? [name] : [];
  });
  if (using.length > 0) return { ...node, natural: false, using };
  if (node.type === 'inner') return { ...node, natural: false, type: 'cross' };
  const on: Expression = { kind: 'literal', type: 'boolean', text: 'true', at: node.at };
  return { ...node, natural: false, on };
}

function refuseUnknown(node: JoinNode, ...sides: readonly (readonly Part[])[]): void {
  if (sides.every((side) => side.every(({ name }) => name !== null))) return;
  const what = 'a view of * or NATURAL over such a join, with system columns or qualified names';
  throw unsupported(what, node.at);
}
