/**
 * WITH: common tables, recursive ones and those that change rows.
 *
 * Each is bound once, where it is defined. Whether it is put in place of its one mention or kept
 * apart is the planner's business (`binder.mentions` counts).
 */
import { SqlError, unsupported } from '../error.ts';
import type { CommonDefinition, Logical } from '../plan/logical.ts';
import { mapParts } from '../plan/walk.ts';
import type { CommonTable, Query, SetBody, With } from '../tree/query.ts';
import { formatType } from '../types/describe.ts';
import { columnType, newColumn } from './binder.ts';
import type { Binder, CommonEntry, CommonScope, Level } from './binder.ts';
import { settle, unify } from './coerce.ts';
import { bindOpenQuery, bindQuery } from './query.ts';
import type { BoundQuery } from './query.ts';
import { outputOf, side } from './set.ts';
import { bindWrite } from './write.ts';

export interface BoundWith {
  readonly definitions: readonly CommonDefinition[];
  readonly scope: CommonScope;
}

/** `top`: the statement's own WITH, where changing rows is allowed. */
export function bindWith(
  binder: Binder,
  outer: Level | null,
  clause: With,
  common: CommonScope | null,
  top: boolean,
): BoundWith {
  const definitions: CommonDefinition[] = [];
  let entries: readonly CommonEntry[] = [];
  for (const table of inOrder(clause)) {
    if (entries.some((one) => one.name === table.name)) {
      throw new SqlError('42712', `WITH query name "${table.name}" specified more than once`, {
        at: table.at,
      });
    }
    const scope: CommonScope = { entries, outer: common };
    const made = bindCommonTable(binder, outer, clause, table, scope, top);
    definitions.push(made.definition);
    entries = [...entries, made.entry];
  }
  return { definitions, scope: { entries, outer: common } };
}

/** Of WITH RECURSIVE a table may name later ones: those first. */
function inOrder(clause: With): readonly CommonTable[] {
  if (!clause.recursive) return clause.tables;
  const ordered: CommonTable[] = [];
  const open = new Set<CommonTable>();
  const visit = (table: CommonTable): void => {
    if (ordered.includes(table)) return;
    if (open.has(table)) throw unsupported('mutual recursion between WITH items', table.at);
    open.add(table);
    for (const other of clause.tables) {
      if (other !== table && mentionsName(table.statement, other.name)) visit(other);
    }
    open.delete(table);
    ordered.push(table);
  };
  clause.tables.forEach(visit);
  return ordered;
}

interface Made {
  readonly definition: CommonDefinition;
  readonly entry: CommonEntry;
}

function bindCommonTable(
  binder: Binder,
  outer: Level | null,
  clause: With,
  table: CommonTable,
  scope: CommonScope,
  top: boolean,
): Made {
  const id = binder.commonTables++;
  const { statement } = table;
  if (statement.kind === 'merge') {
    throw new SqlError('0A000', 'MERGE not supported in WITH query', { at: table.at });
  }
  if (statement.kind !== 'query') {
    if (!top) {
      throw new SqlError(
        '0A000',
        'WITH clause containing a data-modifying statement must be at the top level',
        { at: table.at },
      );
    }
    const { write, columns, names } = bindWrite(binder, statement, scope);
    const named = nameColumns(binder, table, columns, names);
    const silent = write.returning === null;
    const definition = { id, name: table.name, plan: write, columns, fixed: true };
    return { definition, entry: entryOf(id, table, named, definition, silent) };
  }
  if (clause.recursive) {
    const recursive = bindRecursive(binder, outer, table, statement, scope, id);
    if (recursive !== null) return recursive;
  }
  const query = bindQuery(binder, outer, statement, scope);
  const columns = nameColumns(binder, table, query.columns, query.names);
  const fixed = table.materialized === 'yes';
  const definition = { id, name: table.name, plan: query.plan, columns: query.columns, fixed };
  return { definition, entry: entryOf(id, table, columns, definition, false) };
}

function entryOf(
  id: number,
  table: CommonTable,
  columns: CommonEntry['columns'],
  definition: CommonDefinition,
  silent: boolean,
): CommonEntry {
  return { id, name: table.name, columns, definition, recursion: null, silent };
}

function nameColumns(
  binder: Binder,
  table: CommonTable,
  columns: readonly number[],
  names: readonly string[],
): CommonEntry['columns'] {
  if (table.columns.length > columns.length) {
    throw new SqlError(
      '42P10',
      `WITH query "${table.name}" has ${columns.length} columns available but ` +
        `${table.columns.length} columns specified`,
      { at: table.at },
    );
  }
  return columns.map((id, i) => ({
    name: table.columns[i] ?? (names[i] as string),
    type: columnType(binder, id),
  }));
}

/** Null: it does not mention itself. */
function bindRecursive(
  binder: Binder,
  outer: Level | null,
  table: CommonTable,
  query: Query,
  scope: CommonScope,
  id: number,
): Made | null {
  if (!mentionsName(query, table.name)) return null;
  const { body } = query;
  if (body.kind !== 'set' || body.operator !== 'union') {
    throw new SqlError(
      '42P19',
      `recursive query "${table.name}" does not have the form non-recursive-term UNION [ALL] ` +
        'recursive-term',
      { at: table.at },
    );
  }
  for (const [present, word] of [
    [query.orderBy.length > 0, 'ORDER BY'],
    [query.offset !== null, 'OFFSET'],
    [query.limit !== null, 'LIMIT'],
  ] as const) {
    if (present) throw unsupported(`${word} in a recursive query`, query.at);
  }
  const recursion = { mentions: 0, allowed: false };
  const self = (columns: CommonEntry['columns']): CommonScope => {
    const entry = { id, name: table.name, columns, definition: null, recursion, silent: false };
    return { entries: [...scope.entries, entry], outer: scope.outer };
  };
  const inner = query.with === null ? null : bindWith(binder, outer, query.with, self([]), false);
  const within = (scope: CommonScope): CommonScope =>
    inner === null ? scope : { entries: inner.scope.entries, outer: scope };
  const base = bindQuery(binder, outer, body.left, within(self([])));
  const columns = nameColumns(binder, table, base.columns, base.names);
  recursion.allowed = true;
  const step = bindOpenQuery(binder, outer, body.right, within(self(columns)));
  refuseStep(step.plan, id, table);
  const stepSide = matchStep(binder, table, body, base, step);
  const ids = base.columns.map((one) => newColumn(binder, columnType(binder, one)));
  const recursive: Logical = {
    kind: 'recursive',
    id,
    base: base.plan,
    baseColumns: base.columns,
    step: stepSide.plan,
    stepColumns: stepSide.columns,
    all: body.all,
    columns: ids,
  };
  const plan: Logical =
    inner === null ? recursive : { kind: 'with', tables: inner.definitions, body: recursive };
  const definition = { id, name: table.name, plan, columns: ids, fixed: false };
  return { definition, entry: entryOf(id, table, columns, definition, false) };
}

/** The rows of the last round may be neither aggregated nor what an outer join fills up. */
function refuseStep(plan: Logical, id: number, table: CommonTable): void {
  const wrong = (message: string): SqlError => new SqlError('42P19', message, { at: table.at });
  const isUnder = (one: Logical): boolean => {
    if (one.kind === 'common') return one.self && one.id === id;
    let found = false;
    mapParts(
      one,
      (input) => {
        found = isUnder(input) || found;
        return input;
      },
      (expr) => expr,
    );
    return found;
  };
  const look = (one: Logical): Logical => {
    if (one.kind === 'aggregate' && one.aggregates.length > 0 && isUnder(one.input)) {
      throw wrong("aggregate functions are not allowed in a recursive query's recursive term");
    }
    if (one.kind === 'join' && (one.type === 'left' || one.type === 'full')) {
      if (isUnder(one.right) || (one.type === 'full' && isUnder(one.left))) {
        throw wrong(
          `recursive reference to query "${table.name}" must not appear within an outer join`,
        );
      }
    }
    return mapParts(one, look, (expr) => expr);
  };
  look(plan);
}

/** The step must have the base's types by itself. */
function matchStep(
  binder: Binder,
  table: CommonTable,
  body: SetBody,
  base: BoundQuery,
  step: BoundQuery,
): ReturnType<typeof side> {
  if (base.columns.length !== step.columns.length) {
    throw new SqlError('42601', 'each UNION query must have the same number of columns', {
      at: body.right.at,
    });
  }
  const values = base.columns.map((_, i) => {
    const first = outputOf(binder, base, i);
    const unified = unify(binder, [first, outputOf(binder, step, i)], 'UNION', body.right.at);
    if (unified.type.id !== first.type.id || unified.type.modifier !== first.type.modifier) {
      const types = [formatType(first.type), formatType(unified.type)] as const;
      throw new SqlError(
        '42804',
        `recursive query "${table.name}" column ${i + 1} has type ${types[0]} in non-recursive ` +
          `term but type ${types[1]} overall`,
        {
          at: body.left.at,
          hint: 'Cast the output of the non-recursive term to the correct type.',
        },
      );
    }
    return settle(binder, unified.values[1] as (typeof unified.values)[number]);
  });
  return side(binder, step, values);
}

/** Whether a table of this name stands anywhere in it; a nested WITH may hide the name. */
function mentionsName(node: unknown, name: string): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if (Array.isArray(node)) return node.some((one) => mentionsName(one, name));
  const record = node as Readonly<Record<string, unknown>>;
  if (record['kind'] === 'table' && record['schema'] === null && record['name'] === name) {
    return true;
  }
  if (record['kind'] === 'query' && hides(record['with'] as With | null, name)) return false;
  return Object.values(record).some((one) => mentionsName(one, name));
}

function hides(clause: With | null, name: string): boolean {
  return clause !== null && clause.tables.some((one) => one.name === name);
}
