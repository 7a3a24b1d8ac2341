/**
 * ALTER VIEW: defaults of its columns, and its options. ALTER TABLE does the same for views.
 */
import type { View, ViewColumn } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import type { AlterView, AlterViewAction } from '../tree/define.ts';
import type { Expression } from '../tree/expression.ts';
import { bindDefault, isNullLiteral } from './column.ts';
import type { Editor } from './editor.ts';
import { findColumn, findRelation, missingRelation, shownName, wrongKind } from './find.ts';
import { pinSequences } from './sequence-names.ts';
import { refuseUncheckable, unrecognized, withOptions, withoutOptions } from './view-options.ts';

export function alterView(statement: AlterView, editor: Editor): string {
  const { object, name, ifExists, actions, at } = statement;
  const tag = object === 'view' ? 'ALTER VIEW' : 'ALTER TABLE';
  const found = findRelation(editor, name);
  if (found === null) {
    if (!ifExists) throw missingRelation(editor, name);
    editor.notice(`relation "${shownName(name)}" does not exist, skipping`);
    return tag;
  }
  if (found.kind !== 'view') {
    if (object === 'view' || found.kind !== 'table') throw wrongKind(object, name);
    const options = actions.flatMap((one) => ('options' in one ? one.options : []));
    throw unrecognized(options[0]?.name ?? '', at);
  }
  changeView(editor, found, actions, at);
  return tag;
}

export function changeView(
  editor: Editor,
  view: View,
  actions: readonly AlterViewAction[],
  at: number,
): void {
  const changed = actions.reduce((before, action) => act(editor, before, action, at), view);
  refuseUncheckable(editor, changed, at);
  editor.put(changed);
}

function act(editor: Editor, view: View, action: AlterViewAction, at: number): View {
  switch (action.kind) {
    case 'setDefault':
      return withDefault(editor, view, action.column, action.value);
    case 'dropDefault':
      return withDefault(editor, view, action.column, null);
    case 'setOptions':
      return withOptions(view, action.options, at);
    default:
      return withoutOptions(view, action.options);
  }
}

function withDefault(editor: Editor, view: View, name: string, value: Expression | null): View {
  const { fallback: _, ...bare } = findColumn(view, name);
  const none = value === null || isNullLiteral(value);
  const fallback = none ? null : pinSequences(editor, value);
  if (fallback !== null) bindDefault(editor, { name, type: bare.type, fallback });
  const column: ViewColumn = fallback === null ? bare : { ...bare, fallback };
  const columns = view.columns.map((one) => (one.name === name ? column : one));
  return { ...view, columns };
}

/** ALTER VIEW … RENAME COLUMN: only the view calls it so; what reads the view does not notice. */
export function renamedViewColumn(view: View, from: string, to: string, at: number): View {
  if (!view.columns.some(({ name }) => name === from)) {
    throw new SqlError('42703', `column "${from}" does not exist`, { at });
  }
  if (view.columns.some(({ name }) => name === to)) {
    throw new SqlError('42701', `column "${to}" of relation "${view.name}" already exists`, { at });
  }
  const columns = view.columns.map((one) => (one.name === from ? { ...one, name: to } : one));
  return { ...view, columns };
}
