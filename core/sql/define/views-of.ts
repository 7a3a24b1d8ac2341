/**
 * Views that read a relation, and whether they still can when it changes.
 */
import { bind } from '../bind/bind.ts';
import type { ObjectId, View } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import type { Query, TableNode } from '../tree/query.ts';
import type { Editor } from './editor.ts';
import { walk } from './walk.ts';

export function viewsOf(editor: Editor, relation: ObjectId): View[] {
  const views: View[] = [];
  for (const one of editor.state.relations()) {
    if (one.kind === 'view' && one.depends.includes(relation)) views.push(one);
  }
  return views;
}

/** Views that read a relation, and views of those, in the order of their ids. */
function viewsAbove(editor: Editor, relation: ObjectId): View[] {
  const found: Map<ObjectId, View> = new Map();
  const open = viewsOf(editor, relation);
  for (let view = open.pop(); view !== undefined; view = open.pop()) {
    if (found.has(view.id)) continue;
    found.set(view.id, view);
    open.push(...viewsOf(editor, view.id));
  }
  return Array.from(found.values()).sort((a, b) => a.id - b.id);
}

/** Views above a relation that no longer bind, or no longer to the same types. */
export function brokenViews(editor: Editor, relation: ObjectId): View[] {
  return viewsAbove(editor, relation).filter((view) => isBroken(editor, view));
}

/** What a pinned query reads itself, each once: not what views read that it reads. */
export function readBy(editor: Editor, query: Query): ObjectId[] {
  const ids: Set<ObjectId> = new Set();
  walk(query, (node) => {
    if (node.kind !== 'table') return;
    const { schema, name } = node as TableNode;
    const relation = schema === null ? null : editor.state.relation(schema, name);
    if (relation !== null) ids.add(relation.id);
  });
  return Array.from(ids);
}

export function isBroken(editor: Editor, view: View): boolean {
  try {
    const { columns } = bind(view.query, editor.binding());
    return view.columns.some(({ type }, i) => columns[i]?.type.id !== type.id);
  } catch (error) {
    if (error instanceof SqlError) return true;
    throw error;
  }
}

/** Gives views of a relation another query each. */
export function changeViews(
  editor: Editor,
  relation: ObjectId,
  change: (query: Query) => Query,
): void {
  for (const view of viewsOf(editor, relation)) {
    editor.put({ ...view, query: change(view.query) });
  }
}
