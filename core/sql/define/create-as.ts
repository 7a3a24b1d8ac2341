/**
 * CREATE TABLE … AS, SELECT … INTO.
 */
import { bind } from '../bind/bind.ts';
import type { Column } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import type { CreateTableAs } from '../tree/define.ts';
import { TEXT, UNKNOWN } from '../types/type.ts';
import { keptType } from '../types/user-type.ts';
import { bindContext } from '../write/context.ts';
import { write } from '../write/write.ts';
import type { WriteExecution } from '../write/write.ts';
import { bareColumn } from './column.ts';
import { emptyTable, sealed, withColumns } from './create-table.ts';
import type { Editor, Tag } from './editor.ts';
import { claimRowType } from './find-type.ts';
import type { InsertPlan, Plan } from '../plan/plan.ts';

/** Answers the command tag: how many rows there were is known when all is done. */
export function createTableAs(statement: CreateTableAs, editor: Editor): Tag {
  const { name, at, query } = statement;
  const schema = editor.schemaFor(name, statement.temporary);
  if (statement.ifNotExists && editor.state.isTaken(schema, name.name)) {
    editor.notice(`relation "${name.name}" already exists, skipping`);
    return 'CREATE TABLE AS';
  }
  editor.claimName(schema, name.name, name.at);
  claimRowType(editor, schema, name.name, name.at);
  const { context } = editor;
  const bound = bind(query, bindContext(context));
  if (statement.columns.length > bound.columns.length) {
    throw new SqlError('42601', 'too many column names were specified', { at });
  }
  const columns = bound.columns.map(({ name: own, type }, i): Column => {
    const named = statement.columns[i] ?? own;
    const plain = type.id === UNKNOWN ? { id: TEXT, modifier: -1 } : keptType(type);
    return bareColumn(editor.newId(), named, plain);
  });
  const table = sealed(withColumns(emptyTable(editor, schema, name.name), columns));
  editor.put(table);
  if (!statement.withData) return 'CREATE TABLE AS';
  const plan: InsertPlan = {
    kind: 'insert',
    table,
    source: bound.plan as Plan,
    onConflict: null,
    checks: [],
    viewChecks: [],
    returning: null,
    types: [],
  };
  const execution = write(plan, context);
  editor.later(steps(execution));
  return () => `SELECT ${execution.count}`;
}

function* steps(execution: WriteExecution): Generator<void> {
  while (!execution.step()) yield;
}
