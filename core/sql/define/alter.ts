/**
 * ALTER TABLE: its actions on the definition, in passes, then one pass over the rows.
 */
import type { AlterTable, AlterTableAction, AlterViewAction } from '../tree/define.ts';
import { unreachable } from '../../types/assert.ts';
import {
  addIdentity,
  dropDefault,
  dropExpression,
  dropIdentity,
  dropNotNull,
  setDefault,
  setIdentity,
  setNotNull,
  setType,
} from './alter-column.ts';
import { addColumn, dropColumn } from './alter-columns.ts';
import {
  addTableConstraint,
  alterConstraint,
  dropConstraint,
  validateConstraint,
} from './alter-constraint.ts';
import { changeView } from './alter-view.ts';
import type { Alteration } from './alteration.ts';
import { beginAlteration, finishAlteration } from './alteration.ts';
import { plainOf } from './constraint.ts';
import type { Editor } from './editor.ts';
import { findRelation, findTable, shownName } from './find.ts';
import { refusePending } from './pending.ts';

export function alterTable(statement: AlterTable, editor: Editor): void {
  const { name, ifExists } = statement;
  if (ifExists && findRelation(editor, name) === null) {
    editor.notice(`relation "${shownName(name)}" does not exist, skipping`);
    return;
  }
  const found = findRelation(editor, name);
  const actions = statement.actions.filter(isOfViews);
  if (found?.kind === 'view' && actions.length === statement.actions.length) {
    changeView(editor, found, actions, statement.at);
    return;
  }
  const table = findTable(editor, name);
  refusePending(editor, table, 'ALTER TABLE');
  const alteration = beginAlteration(editor, table);
  for (const action of inPasses(statement.actions)) act(alteration, action, statement.at);
  finishAlteration(alteration);
}

/** In PostgreSQL's order: first what goes, then types, new columns, and what stands on those. */
function inPasses(actions: readonly AlterTableAction[]): readonly AlterTableAction[] {
  return actions.toSorted((a, b) => passOf(a) - passOf(b));
}

function passOf(action: AlterTableAction): number {
  switch (action.kind) {
    case 'dropColumn':
    case 'dropConstraint':
    case 'dropDefault':
    case 'dropNotNull':
    case 'dropExpression':
    case 'dropIdentity':
      return 0;
    case 'setType':
      return 1;
    case 'addColumn':
      return 2;
    case 'setNotNull':
    case 'setIdentity':
      return 3;
    case 'addConstraint': {
      const { kind } = plainOf(action.constraint);
      return kind === 'primaryKey' || kind === 'unique' ? 4 : 5;
    }
    case 'setDefault':
    case 'addIdentity':
    case 'addNamedIdentity':
      return 5;
    case 'validateConstraint':
    case 'alterConstraint':
      return 6;
    default:
      return unreachable(action);
  }
}

function isOfViews(
  action: AlterTableAction,
): action is Extract<AlterTableAction, { kind: 'setDefault' }> & AlterViewAction {
  return action.kind === 'setDefault' || action.kind === 'dropDefault';
}

function act(alteration: Alteration, action: AlterTableAction, at: number): void {
  switch (action.kind) {
    case 'addColumn':
      return addColumn(alteration, action.column, action.ifNotExists);
    case 'dropColumn':
      return dropColumn(alteration, action.name, action.ifExists, action.cascade);
    case 'addConstraint':
      return addTableConstraint(alteration, action.constraint);
    case 'dropConstraint':
      return dropConstraint(alteration, action.name, action.ifExists, action.cascade);
    case 'setDefault':
      return setDefault(alteration, action.column, action.value);
    case 'dropDefault':
      return dropDefault(alteration, action.column);
    case 'setNotNull':
      return setNotNull(alteration, action.column);
    case 'dropNotNull':
      return dropNotNull(alteration, action.column);
    case 'setType':
      return setType(alteration, action.column, action.type, action.using, at);
    case 'addIdentity':
    case 'addNamedIdentity': {
      const named = action.kind === 'addNamedIdentity' ? action.sequence : null;
      return addIdentity(alteration, action.column, action.always, action.options, named);
    }
    case 'setIdentity':
      return setIdentity(alteration, action.column, action.always, action.options);
    case 'dropExpression':
      return dropExpression(alteration, action.column, action.ifExists);
    case 'dropIdentity':
      return dropIdentity(alteration, action.column, action.ifExists);
    case 'validateConstraint':
      return validateConstraint(alteration, action.name);
    case 'alterConstraint': {
      const { deferrable, initiallyDeferred } = action;
      return alterConstraint(alteration, action.name, deferrable, initiallyDeferred);
    }
    default:
      unreachable(action);
  }
}
