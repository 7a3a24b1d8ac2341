/**
 * Views that read a relation, and whether they still can when it changes.
 */
import { bind } from '../bind/bind.ts';
import type { ObjectId, View } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import type { Query } from '../tree/query.ts';
import type { Editor } from './editor.ts';

export function viewsOf(editor: Editor, relation: ObjectId): View[] {
  const views: View[] = [];
  for (const one of editor.state.relations()) {
    if (one.kind === 'view' && one.depends.includes(relation)) views.push(one);
  }
  return views;
}

/** Views of a relation that no longer bind, or no longer to the same types. */
export function brokenViews(editor: Editor, relation: ObjectId): View[] {
  return viewsOf(editor, relation).filter((view) => isBroken(editor, view));
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
