/** INSERT, UPDATE, DELETE and MERGE. */
import { SqlError, unsupported } from '../../error.ts';
import type { Expression } from '../../tree/expression.ts';
import type { Query, Target } from '../../tree/query.ts';
import type {
  Assignment,
  Delete,
  Insert,
  Merge,
  MergeAction,
  OnConflict,
  RowChange,
  TargetTable,
  Update,
} from '../../tree/write.ts';
import { expression, maybePart, part, subscriptParts } from './expression.ts';
import { indexedValue } from './index-element.ts';
import { constructName } from './names.ts';
import { query, targets, withClause } from './query.ts';
import type { Context, Raw } from './raw.ts';
import {
  bodyOf,
  child,
  children,
  has,
  integer,
  kindOf,
  maybeChild,
  maybeText,
  place,
  refuse,
  text,
} from './raw.ts';
import { tableExpressions } from './table.ts';

/** What may stand in WITH, EXPLAIN and PREPARE. */
export function rowStatement(c: Context, node: Raw, at: number): Query | RowChange {
  const body = bodyOf(node);
  switch (kindOf(node)) {
    case 'SelectStmt':
      return query(c, body, at);
    case 'InsertStmt':
      return insert(c, body, at);
    case 'UpdateStmt':
      return update(c, body, at);
    case 'DeleteStmt':
      return deletion(c, body, at);
    case 'MergeStmt':
      return merge(c, body, at);
    default:
      throw unsupported(`${constructName(node)} here`, at);
  }
}

function targetTable(c: Context, node: Raw): TargetTable {
  const relation = child(node, 'relation');
  const at = place(c, relation);
  if (has(relation, 'catalogname')) throw unsupported('a table of another database', at);
  const time = c.times.get(at);
  if (time !== undefined) throw unsupported('writing to a table as of another time', time.at);
  const alias = maybeChild(relation, 'alias');
  return {
    schema: maybeText(relation, 'schemaname'),
    name: text(relation, 'relname'),
    alias: alias === null ? null : text(alias, 'aliasname'),
    at,
  };
}

const OVERRIDING = {
  OVERRIDING_USER_VALUE: 'user',
  OVERRIDING_SYSTEM_VALUE: 'system',
} as const;

function insert(c: Context, node: Raw, at: number): Insert {
  const source = maybeChild(node, 'selectStmt');
  const conflict = maybeChild(node, 'onConflictClause');
  const table = targetTable(c, node);
  return {
    kind: 'insert',
    with: withClause(c, node),
    table,
    columns: columnNames(c, children(node, 'cols'), table),
    overriding: OVERRIDING[text(node, 'override') as keyof typeof OVERRIDING] ?? 'none',
    source: source === null ? null : query(c, child(source, 'SelectStmt'), at),
    onConflict: conflict === null ? null : onConflict(c, conflict, table),
    returning: returning(c, node, at),
    at,
  };
}

function columnNames(c: Context, nodes: readonly Raw[], table: TargetTable): Insert['columns'] {
  return nodes.map((each) => columnName(c, child(each, 'ResTarget'), table));
}

function columnName(c: Context, node: Raw, table: TargetTable): Insert['columns'][number] {
  const at = place(c, node);
  const name = text(node, 'name');
  const [first] = children(node, 'indirection');
  if (first !== undefined && kindOf(first) === 'String' && name === (table.alias ?? table.name)) {
    throw new SqlError('42703', `column "${name}" of relation "${table.name}" does not exist`, {
      at,
      hint: 'Name the columns to assign to without their table.',
    });
  }
  const parts = subscriptParts(c, node, 'assigning to a field', at);
  return parts.length === 0 ? { name, at } : { kind: 'element', name, parts, at };
}

function returning(c: Context, node: Raw, at: number): readonly Target[] {
  const clause = child(node, 'returningClause');
  refuse(clause, at, { options: 'RETURNING WITH' });
  return targets(c, children(clause, 'exprs'));
}

function onConflict(c: Context, node: Raw, table: TargetTable): OnConflict {
  const infer = child(node, 'infer');
  return {
    elements: children(infer, 'indexElems').map((each) =>
      inferElement(c, child(each, 'IndexElem')),
    ),
    elementsWhere: maybePart(c, infer, 'whereClause'),
    constraint: maybeText(infer, 'conname'),
    action: text(node, 'action') === 'ONCONFLICT_UPDATE' ? 'update' : 'nothing',
    set: assignments(c, children(node, 'targetList'), table),
    where: maybePart(c, node, 'whereClause'),
    at: place(c, node),
  };
}

function inferElement(c: Context, node: Raw): Expression {
  const refuseOrder = (what: string): SqlError =>
    new SqlError('42P10', `${what} is not allowed in ON CONFLICT clause`);
  if (text(node, 'ordering') !== 'SORTBY_DEFAULT') throw refuseOrder('ASC/DESC');
  if (text(node, 'nulls_ordering') !== 'SORTBY_NULLS_DEFAULT') {
    throw refuseOrder('NULLS FIRST/LAST');
  }
  return indexedValue(c, node);
}

/**
 * SET. Of `(a, b) = source` each column comes with the whole source: the first of them says how
 * many there are.
 */
function assignments(c: Context, nodes: readonly Raw[], table: TargetTable): readonly Assignment[] {
  const all: Assignment[] = [];
  for (let i = 0; i < nodes.length;) {
    const first = child(nodes[i]!, 'ResTarget');
    const value = child(first, 'val');
    const several = maybeChild(value, 'MultiAssignRef');
    const count = several === null ? 1 : integer(several, 'ncolumns');
    const group = nodes.slice(i, i + count);
    all.push({
      columns: columnNames(c, group, table),
      value: several === null ? expression(c, value) : part(c, several, 'source'),
    });
    i += count;
  }
  return all;
}

function update(c: Context, node: Raw, at: number): Update {
  const table = targetTable(c, node);
  return {
    kind: 'update',
    with: withClause(c, node),
    table,
    set: assignments(c, children(node, 'targetList'), table),
    from: tableExpressions(c, children(node, 'fromClause')),
    where: maybePart(c, node, 'whereClause'),
    returning: returning(c, node, at),
    at,
  };
}

function deletion(c: Context, node: Raw, at: number): Delete {
  return {
    kind: 'delete',
    with: withClause(c, node),
    table: targetTable(c, node),
    using: tableExpressions(c, children(node, 'usingClause')),
    where: maybePart(c, node, 'whereClause'),
    returning: returning(c, node, at),
    at,
  };
}

function merge(c: Context, node: Raw, at: number): Merge {
  refuse(node, at, { returningList: 'RETURNING of MERGE', returningClause: 'RETURNING of MERGE' });
  const [source] = tableExpressions(c, [child(node, 'sourceRelation')]);
  const table = targetTable(c, node);
  return {
    kind: 'merge',
    with: withClause(c, node),
    table,
    source: source!,
    on: part(c, node, 'joinCondition'),
    actions: children(node, 'mergeWhenClauses').map((each) =>
      mergeAction(c, child(each, 'MergeWhenClause'), table, at),
    ),
    at,
  };
}

const MERGE_ACTIONS = {
  CMD_NOTHING: 'nothing',
  CMD_UPDATE: 'update',
  CMD_DELETE: 'delete',
  CMD_INSERT: 'insert',
} as const;

function mergeAction(c: Context, node: Raw, table: TargetTable, at: number): MergeAction {
  const match = text(node, 'matchKind');
  if (match === 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE') {
    throw unsupported('WHEN NOT MATCHED BY SOURCE', at);
  }
  const action = MERGE_ACTIONS[text(node, 'commandType') as keyof typeof MERGE_ACTIONS];
  const list = children(node, 'targetList');
  return {
    matched: match === 'MERGE_WHEN_MATCHED',
    condition: maybePart(c, node, 'condition'),
    action,
    set: action === 'update' ? assignments(c, list, table) : [],
    columns: action === 'insert' ? columnNames(c, list, table) : [],
    overriding: OVERRIDING[text(node, 'override') as keyof typeof OVERRIDING] ?? 'none',
    values: children(node, 'values').map((each) => expression(c, each)),
    at,
  };
}
