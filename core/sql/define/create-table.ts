/**
 * CREATE TABLE.
 */
import { bindOver } from '../bind/over.ts';
import type { Column, Index, ObjectId, Table } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import type { CreateTable, TableConstraint } from '../tree/define.ts';
import { HIDDEN_NAMES, makeColumn } from './column.ts';
import { addConstraint, inOrder } from './constraint.ts';
import type { Editor } from './editor.ts';
import { claimRowType } from './find-type.ts';
import { likeParts } from './like.ts';
import type { Expression } from '../tree/expression.ts';
import { columnsOf } from './walk.ts';

/** PostgreSQL's own limit. */
export const COLUMNS_MAX = 1600;

export function createTable(statement: CreateTable, editor: Editor): void {
  const { name } = statement;
  const schema = editor.schemaFor(name, statement.temporary);
  if (statement.ifNotExists && editor.state.isTaken(schema, name.name)) {
    editor.notice(`relation "${name.name}" already exists, skipping`);
    return;
  }
  editor.claimName(schema, name.name, name.at);
  claimRowType(editor, schema, name.name, name.at);
  let table = emptyTable(editor, schema, name.name);
  const constraints: TableConstraint[] = [];
  const taken: Set<string> = new Set([name.name]);
  for (let i = 0; i <= statement.columns.length; i += 1) {
    for (const like of statement.likes) {
      if (('after' in like ? like.after : 0) !== i) continue;
      const parts = likeParts(editor, like.table, like.including, table);
      table = withColumns(table, parts.columns);
      constraints.push(...parts.constraints);
      table = { ...table, indexes: [...table.indexes, ...parts.indexes] };
    }
    const definition = statement.columns[i];
    if (definition === undefined) break;
    const id = editor.newId();
    const made = makeColumn(editor, schema, name.name, table.id, id, definition, taken);
    table = withColumns(table, [made.column]);
    constraints.push(...made.constraints);
  }
  constraints.push(...statement.constraints);
  bindGenerated(editor, table);
  for (const one of inOrder(constraints)) table = addConstraint(editor, table, validated(one));
  editor.put(sealed(table));
}

/** There are no rows yet that could break it: NOT VALID says nothing, as in PostgreSQL. */
function validated(constraint: TableConstraint): TableConstraint {
  return constraint.kind === 'attributed' ? { ...constraint, notValid: false } : constraint;
}

/** A table without columns, with a hidden row id for its key. */
export function emptyTable(editor: Editor, schema: string, name: string): Table {
  const id = editor.newId();
  const indexes = [hiddenIndex(editor.newId())];
  const base = { kind: 'table', id, schema, name, columns: [], indexes, constraints: [] } as const;
  return { ...base, version: 1, comment: null };
}

/** The primary index of a table without a primary key: its rows, by hidden row id. */
export function hiddenIndex(id: ObjectId): Index {
  return {
    id,
    name: '',
    primary: true,
    unique: false,
    nullsNotDistinct: false,
    elements: [],
    where: null,
    comment: null,
  };
}

export function withColumns(table: Table, columns: readonly Column[]): Table {
  const all = [...table.columns, ...columns];
  for (const { name } of columns) {
    if (all.filter((one) => one.name === name).length > 1) {
      throw new SqlError('42701', `column "${name}" specified more than once`);
    }
    if (HIDDEN_NAMES.includes(name)) {
      const message = `column name "${name}" conflicts with a system column name`;
      throw new SqlError('42701', message);
    }
  }
  if (all.length > COLUMNS_MAX) {
    throw new SqlError('54011', `tables can have at most ${COLUMNS_MAX} columns`);
  }
  return { ...table, columns: all };
}

/** Generated columns may name any other column that is not generated itself. */
export function bindGenerated(editor: Editor, table: Table): void {
  for (const { name, type, generated, fallback } of table.columns) {
    if (!generated) continue;
    refuseGeneratedReference(fallback!, table);
    bindOver(fallback!, table, editor.binding(), { name, type }, 'generation');
  }
}

export function refuseGeneratedReference(value: Expression, table: Table): void {
  const other = columnsOf(value, table).find((one) => one.generated);
  if (other === undefined) return;
  const message = `cannot use generated column "${other.name}" in column generation expression`;
  const detail = 'A generated column cannot reference another generated column.';
  throw new SqlError('42P17', message, { detail, at: value.at });
}

/** A new table with the layout of its first rows. */
export function sealed(table: Table): Table {
  const columns = table.columns.map(({ id, type }) => ({ id, type }));
  return { ...table, storage: { layouts: [{ version: table.version, columns }], missing: [] } };
}
