/**
 * CREATE INDEX. The rows that are there get their entries in the same entry of the log.
 */
import { bindOver } from '../bind/over.ts';
import type { Index, IndexElement, Table } from '../catalog/model.ts';
import { defaultOperatorClass, operatorClassFor } from '../catalog/operator-class.ts';
import { SqlError } from '../error.ts';
import type { CreateIndex } from '../tree/define.ts';
import type { Expression } from '../tree/expression.ts';
import { checkOrdered } from './constraint.ts';
import type { Editor } from './editor.ts';
import { findTable } from './find.ts';
import { keptValues } from './kept.ts';
import { relationName } from './names.ts';
import { tablePass } from './pass.ts';
import { findColumn } from './find.ts';

const ELEMENTS_MAX = 32;

export function createIndex(statement: CreateIndex, editor: Editor): void {
  const { at } = statement;
  const table = findTable(editor, statement.table);
  const { name, ifNotExists } = statement;
  if (name !== null && ifNotExists && editor.state.isTaken(table.schema, name)) {
    editor.notice(`relation "${name}" already exists, skipping`);
    return;
  }
  if (name !== null) editor.claimName(table.schema, name, at);
  if (statement.elements.length > ELEMENTS_MAX) {
    throw new SqlError('54011', `cannot use more than ${ELEMENTS_MAX} columns in an index`, { at });
  }
  const names: string[] = [];
  const elements = statement.elements.map(({ value, descending, nulls }): IndexElement => {
    const nullsFirst = nulls === 'default' ? descending : nulls === 'first';
    const { element, label } = elementOf(editor, table, value, at);
    names.push(label);
    return { ...element, descending, nullsFirst };
  });
  for (const included of statement.including) {
    // Part of the name that PostgreSQL makes, and else of nothing.
    if (table.columns.some((one) => one.name === included)) names.push(included);
    else throw new SqlError('42703', `column "${included}" does not exist`, { at });
  }
  const { where } = statement;
  if (where !== null) bindOver(where, table, editor.binding(), null, 'index predicate');
  const taken: ReadonlySet<string> = new Set();
  const index: Index = {
    id: editor.newId(),
    name: name ?? relationName(editor.state, table.schema, table.name, apart(names), 'idx', taken),
    primary: false,
    unique: statement.unique,
    nullsNotDistinct: statement.nullsNotDistinct,
    elements,
    where,
    comment: null,
  };
  const fresh = { ...table, indexes: [...table.indexes, index] };
  editor.put(fresh);
  const values = keptValues(table, fresh);
  const pass = { old: table, fresh, values, rewrite: false, checks: [], notNull: [] };
  const filling = { ...pass, indexes: new Set([index.id]), foreignKeys: [] };
  editor.later(tablePass(filling, editor.context));
}

interface MadeElement {
  readonly element: Omit<IndexElement, 'descending' | 'nullsFirst'>;
  /** Its part of a made-up name. */
  readonly label: string;
}

function elementOf(editor: Editor, table: Table, value: Expression, at: number): MadeElement {
  if (value.kind === 'operatorClass') {
    const { element, label } = elementOf(editor, table, value.argument, at);
    const own = operatorClassFor(element.type.id, value.name, at);
    if (own === defaultOperatorClass(element.type.id)) return { element, label };
    return { element: { ...element, operatorClass: own }, label };
  }
  if (value.kind === 'column' && value.parts.length === 1) {
    const name = value.parts[0]!;
    if (!table.columns.some((one) => one.name === name)) {
      throw new SqlError('42703', `column "${name}" does not exist`, { at: value.at });
    }
    const { id, type } = findColumn(table, name);
    checkOrdered(type, at);
    return { element: { column: id, value: null, type }, label: name };
  }
  const bound = bindOver(value, table, editor.binding(), null, 'index expression');
  checkOrdered(bound.type, at);
  const label = value.kind === 'call' ? value.name : 'expr';
  return { element: { column: 0, value, type: bound.type }, label };
}

/** As PostgreSQL: parts of an index's name are told apart by numbers. */
function apart(names: readonly string[]): string[] {
  const seen: string[] = [];
  for (const name of names) {
    let own = name;
    for (let i = 1; seen.includes(own); i += 1) own = `${name}${i}`;
    seen.push(own);
  }
  return seen;
}
