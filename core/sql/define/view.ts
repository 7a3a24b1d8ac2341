/**
 * CREATE VIEW.
 */
import { bind } from '../bind/bind.ts';
import { POPULATING } from '../bind/populate.ts';
import type { ObjectId, View } from '../catalog/model.ts';
import type { StoredRelation } from '../catalog/state.ts';
import { SqlError, unsupported } from '../error.ts';
import { formatType } from '../types/describe.ts';
import { keptType } from '../types/user-type.ts';
import { TEXT, UNKNOWN } from '../types/type.ts';
import type { CreateView, ViewOption } from '../tree/define.ts';
import { walk } from './walk.ts';
import type { Editor } from './editor.ts';
import { claimRowType } from './find-type.ts';
import { findNamed } from './find.ts';
import { pinned } from './pin.ts';
import { readBy } from './views-of.ts';
import { refuseUncheckable, withOptions } from './view-options.ts';

type Columns = View['columns'];

export function createView(
  statement: CreateView,
  editor: Editor,
  options: readonly ViewOption[] = [],
): void {
  const { name, query, at } = statement;
  walk(query, (node) => {
    if (node.kind === 'parameter') throw new SqlError('42P02', 'there is no parameter $1', { at });
    // Its columns would be those of the table of whenever the view is read.
    const called = node.kind === 'call' && 'name' in node ? String(node.name) : '';
    if (POPULATING.has(called)) throw unsupported(`function ${called} in a view`, at);
  });
  const bound = bind(query, editor.binding());
  if (bound.writes) throw unsupported('a view that writes', at);
  const { temporary } = editor.context.source;
  const reads = bound.depends.some((id) => editor.state.relationById(id)?.schema === temporary);
  const becomes = temporary !== null && reads && !statement.temporary;
  if (becomes) editor.notice(`view "${name.name}" will be a temporary view`);
  const schema = editor.schemaFor(name, statement.temporary || becomes);
  const columns = viewColumns(bound.columns, statement);
  const before = editor.state.relation(schema, name.name);
  if (before === null) claimRowType(editor, schema, name.name, name.at);
  if (before === null || !statement.orReplace) editor.claimName(schema, name.name, name.at);
  else if (before.kind !== 'view') {
    throw new SqlError('42809', `"${name.name}" is not a view`, { at: name.at });
  } else checkReplaced(before.columns, columns);
  if (before !== null) refuseRecursion(editor, before, bound.depends, at);
  const tree = pinned(query, (own, table) => findNamed(editor, own, table));
  // What replaces a view keeps its defaults, not its options.
  const defaults = before?.kind === 'view' ? before.columns : [];
  const plain: View = {
    kind: 'view',
    id: before?.id ?? editor.newId(),
    schema,
    name: name.name,
    columns: columns.map((column, i) => ({ ...defaults[i], ...column })),
    query: tree,
    text: statement.text,
    depends: readBy(editor, tree),
    comment: before?.comment ?? null,
  };
  const view = withOptions(plain, options, at);
  refuseUncheckable(editor, view, at);
  editor.put(view);
}

/** A view that would read itself: PostgreSQL makes it, and refuses to read it. */
function refuseRecursion(
  editor: Editor,
  { id, name }: StoredRelation,
  reads: readonly ObjectId[],
  at: number,
): void {
  const open = [...reads];
  const seen: Set<ObjectId> = new Set();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === id) {
      throw new SqlError('42P17', `infinite recursion detected in rules for relation "${name}"`, {
        hint: 'WITH RECURSIVE is for what refers to itself.',
        at,
      });
    }
    const relation = seen.has(next) ? null : editor.state.relationById(next);
    seen.add(next);
    if (relation?.kind === 'view') open.push(...relation.depends);
  }
}

function viewColumns(columns: Columns, statement: CreateView): Columns {
  const { at } = statement;
  if (statement.columns.length > columns.length) {
    throw new SqlError('42601', 'CREATE VIEW specifies more column names than columns', { at });
  }
  const seen: Set<string> = new Set();
  return columns.map(({ name, type }, i) => {
    const own = statement.columns[i] ?? name;
    if (seen.has(own)) {
      throw new SqlError('42701', `column "${own}" specified more than once`, { at });
    }
    seen.add(own);
    return { name: own, type: type.id === UNKNOWN ? { id: TEXT, modifier: -1 } : keptType(type) };
  });
}

/** CREATE OR REPLACE may only add columns at the end. */
function checkReplaced(before: Columns, columns: Columns): void {
  if (columns.length < before.length) {
    throw new SqlError('42P16', 'cannot drop columns from view');
  }
  for (const [i, old] of before.entries()) {
    const fresh = columns[i]!;
    if (fresh.name !== old.name) {
      const message = `cannot change name of view column "${old.name}" to "${fresh.name}"`;
      const hint = 'Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.';
      throw new SqlError('42P16', message, { hint });
    }
    if (fresh.type.id === old.type.id && fresh.type.modifier === old.type.modifier) continue;
    const types = `from ${formatType(old.type)} to ${formatType(fresh.type)}`;
    const message = `cannot change data type of view column "${old.name}" ${types}`;
    throw new SqlError('42P16', message);
  }
}
