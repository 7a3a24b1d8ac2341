/**
 * Names of columns and tables: who is meant, and what to say when nobody or several are.
 */
import { SqlError } from '../error.ts';
import type { Expr } from '../plan/logical.ts';
import type { ColumnNode } from '../tree/expression.ts';
import { plainType } from '../types/describe.ts';
import { RECORD } from '../types/type.ts';
import { columnOf } from './binder.ts';
import type { Binder, Item, Level, ScopeColumn } from './binder.ts';
import { BOOLEAN } from './coerce.ts';
import { nearestName } from './nearest.ts';

export interface FoundColumn {
  readonly value: Expr;
  /** Depth of the level it was found in. */
  readonly depth: number;
}

/** A column by its written name. Whole rows (`SELECT t FROM t`) are records, made by `ofRow`. */
export function resolveColumn(
  binder: Binder,
  level: Level,
  node: ColumnNode,
  ofRow: typeof wholeRow = wholeRow,
): FoundColumn {
  const { parts, at } = node;
  const name = parts[parts.length - 1] as string;
  const found =
    parts.length === 1
      ? findBare(binder, level, name, at, ofRow)
      : findQualified(binder, level, parts, name, at);
  if (found.value.kind === 'column') {
    binder.places.set(found.value, { name: parts.join('.'), at });
  }
  return found;
}

function findBare(
  binder: Binder,
  level: Level,
  name: string,
  at: number,
  ofRow: typeof wholeRow,
): FoundColumn {
  for (let scope: Level | null = level; scope !== null; scope = scope.outer) {
    const column = pickColumn(scope.items, name, at);
    if (column !== null) return { value: columnOf(binder, column.id), depth: scope.depth };
  }
  for (let scope: Level | null = level; scope !== null; scope = scope.outer) {
    const item = scope.items.find((one) => one.relationVisible && one.name === name);
    if (item !== undefined) return { value: ofRow(binder, item), depth: scope.depth };
  }
  for (let scope: Level | null = level; scope !== null; scope = scope.outer) {
    const item = scope.unreachable.find((one) => one.columns.some((two) => two.name === name));
    if (item !== undefined) throw unreachableItem(item.name ?? name, at);
  }
  throw undefinedColumn(level, name, null, at);
}

function unreachableItem(name: string, at: number): SqlError {
  return new SqlError('42P10', `invalid reference to FROM-clause entry for table "${name}"`, {
    at,
    detail: 'The combining JOIN type must be INNER or LEFT for a LATERAL reference.',
  });
}

/** The one visible column of this name, hidden ones last; null: none. Several: 42702. */
function pickColumn(items: readonly Item[], name: string, at: number): ScopeColumn | null {
  let found: ScopeColumn | null = null;
  for (const item of items) {
    if (!item.columnsVisible) continue;
    for (const column of item.columns) {
      if (column.name !== name) continue;
      if (found !== null) throw ambiguous(name, at);
      found = column;
    }
  }
  if (found !== null || !name.startsWith('_')) return found;
  for (const item of items) {
    const column = item.relationVisible ? item.hidden.find((one) => one.name === name) : undefined;
    if (column === undefined) continue;
    if (found !== null) throw ambiguous(name, at);
    found = column;
  }
  return found;
}

function ambiguous(name: string, at: number): SqlError {
  return new SqlError('42702', `column reference "${name}" is ambiguous`, { at });
}

function findQualified(
  binder: Binder,
  level: Level,
  parts: readonly string[],
  name: string,
  at: number,
): FoundColumn {
  const { item, depth } = findItem(level, parts.slice(0, -1), at);
  const column = columnIn(item, name, at);
  if (column === null) throw undefinedColumn(level, name, item, at);
  return { value: columnOf(binder, column.id), depth };
}

function columnIn(item: Item, name: string, at: number): ScopeColumn | null {
  let found: ScopeColumn | null = null;
  for (const column of item.columns) {
    if (column.name !== name) continue;
    if (found !== null) throw ambiguous(name, at);
    found = column;
  }
  return found ?? item.hidden.find((one) => one.name === name) ?? null;
}

/** The FROM item that a qualifier (`t`, `s.t`, `d.s.t`) names. */
export function findItem(
  level: Level,
  qualifier: readonly string[],
  at: number,
): { readonly item: Item; readonly depth: number } {
  const name = qualifier[qualifier.length - 1] as string;
  const schema = qualifier.length > 1 ? (qualifier[qualifier.length - 2] as string) : null;
  for (let scope: Level | null = level; scope !== null; scope = scope.outer) {
    const matches = scope.items.filter(
      (item) =>
        item.relationVisible && item.name === name && (schema === null || item.schema === schema),
    );
    if (matches.length > 1) {
      throw new SqlError('42P09', `table reference "${name}" is ambiguous`, { at });
    }
    if (matches[0] !== undefined) return { item: matches[0], depth: scope.depth };
    if (scope.unreachable.some((item) => item.name === name)) throw unreachableItem(name, at);
  }
  throw missingTable(level, name, at);
}

function missingTable(level: Level, name: string, at: number): SqlError {
  if (level.absent.some((item) => item.name === name)) {
    return new SqlError('42P01', `invalid reference to FROM-clause entry for table "${name}"`, {
      at,
      hint:
        `There is an entry for table "${name}", but it cannot be referenced from this part ` +
        'of the query.',
    });
  }
  const names: string[] = [];
  for (let scope: Level | null = level; scope !== null; scope = scope.outer) {
    for (const item of scope.items) {
      if (item.name !== null && item.relationVisible) names.push(item.name);
    }
  }
  const near = nearestName(name, names);
  const hint = near === null ? '' : `Perhaps you meant to reference the table alias "${near}".`;
  return new SqlError('42P01', `missing FROM-clause entry for table "${name}"`, { at, hint });
}

/** 42703, with the nearest name that would have done. */
function undefinedColumn(level: Level, name: string, item: Item | null, at: number): SqlError {
  const owner = item?.name ?? null;
  const shown = owner === null ? `"${name}"` : `${owner}.${name}`;
  const names = new Map<string, string>();
  for (let scope: Level | null = level; scope !== null; scope = scope.outer) {
    for (const one of item === null ? scope.items : [item]) {
      const prefix = one.name === null ? '' : `${one.name}.`;
      for (const column of one.columns) names.set(column.name, `${prefix}${column.name}`);
    }
  }
  const near = nearestName(name, [...names.keys()]);
  const hint =
    near === null ? '' : `Perhaps you meant to reference the column "${names.get(near) ?? near}".`;
  return new SqlError('42703', `column ${shown} does not exist`, { at, hint });
}

/**
 * All columns of a FROM item as one record; null where an outer join has no row of it (which a
 * column says that no row has null). Of a function of single values: the value.
 */
export function wholeRow(binder: Binder, item: Item): Expr {
  const row = rowFields(binder, item);
  if (row.kind !== 'record' || item.marker === undefined) return row;
  const argument = columnOf(binder, item.marker());
  const when: Expr = { kind: 'isNull', type: BOOLEAN, argument, negated: true };
  return { kind: 'case', type: row.type, whens: [{ when, result: row }], otherwise: null };
}

/** The same where it does not matter whether a row of nulls is one. */
export function rowFields(binder: Binder, item: Item): Expr {
  const [only] = item.columns;
  if (item.isScalar === true && only !== undefined) return columnOf(binder, only.id);
  const names = item.columns.map((column) => column.name);
  const fields = item.columns.map((column) => columnOf(binder, column.id));
  return { kind: 'record', type: plainType(RECORD), fields, names };
}
