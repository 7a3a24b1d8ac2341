/**
 * What expressions of definitions mention, and trees with something in them replaced.
 */
import type { Column, Table } from '../catalog/model.ts';
import type { Expression } from '../tree/expression.ts';

/** Calls `visit` for every node of a tree, outermost first. */
export function walk(tree: unknown, visit: (node: { readonly kind: string }) => void): void {
  if (typeof tree !== 'object' || tree === null) return;
  if (Array.isArray(tree)) {
    for (const part of tree) walk(part, visit);
    return;
  }
  if ('kind' in tree && typeof tree.kind === 'string') visit(tree as { readonly kind: string });
  for (const part of Object.values(tree)) walk(part, visit);
}

/** Columns of a table that an expression over it names, each once, in order of mention. */
export function columnsOf(value: Expression, table: Pick<Table, 'columns'>): Column[] {
  const found: Column[] = [];
  walk(value, (node) => {
    if (node.kind !== 'column') return;
    const { parts } = node as Extract<Expression, { kind: 'column' }>;
    const name = parts[parts.length - 1];
    const column = table.columns.find((one) => one.name === name);
    if (column !== undefined && !found.includes(column)) found.push(column);
  });
  return found;
}

/** The expression with a column called differently. */
export function renameColumn<T>(tree: T, from: string, to: string): T {
  if (typeof tree !== 'object' || tree === null) return tree;
  if (Array.isArray(tree)) return tree.map((part: unknown) => renameColumn(part, from, to)) as T;
  const entries = Object.entries(tree).map(([key, part]): readonly [string, unknown] => [
    key,
    key === 'parts' && isColumn(tree)
      ? renamed(tree.parts, from, to)
      : renameColumn(part, from, to),
  ]);
  return Object.fromEntries(entries) as T;
}

function isColumn(tree: object): tree is { readonly parts: readonly string[] } {
  return 'kind' in tree && tree.kind === 'column' && 'parts' in tree;
}

function renamed(parts: readonly string[], from: string, to: string): readonly string[] {
  const last = parts.length - 1;
  return parts[last] === from ? [...parts.slice(0, last), to] : parts;
}

/** The tree with every node for which `change` has another one replaced. */
export function rewrite<T>(tree: T, change: (node: { readonly kind: string }) => unknown): T {
  if (typeof tree !== 'object' || tree === null) return tree;
  if (Array.isArray(tree)) return tree.map((part: unknown) => rewrite(part, change)) as T;
  if ('kind' in tree && typeof tree.kind === 'string') {
    const changed = change(tree as { readonly kind: string });
    if (changed !== undefined) return changed as T;
    // What is known of a literal is known by its node.
    if (tree.kind === 'literal') return tree;
  }
  const entries = Object.entries(tree).map(([key, part]): readonly [string, unknown] => [
    key,
    rewrite(part, change),
  ]);
  return Object.fromEntries(entries) as T;
}
