/**
 * DROP TYPE, and what hangs on a type: columns of it and of arrays of it, and defaults, checks,
 * indexes and views whose expressions name it.
 */
import type { Column, EnumType, ObjectId, Table, View } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import { isArrayType } from '../types/array-type.ts';
import type { TypeId } from '../types/type.ts';
import { isUserType, objectOf } from '../types/user-type.ts';
import type { Drop } from '../tree/define.ts';
import { dropColumn } from './alter-columns.ts';
import { beginAlteration, finishAlteration } from './alteration.ts';
import type { Dependent } from './drop.ts';
import { settleDependents } from './drop.ts';
import type { Editor } from './editor.ts';
import { shownName, shownRelation } from './find.ts';
import { findType, missingType, otherType, shownType } from './find-type.ts';
import { refusePending } from './pending.ts';
import { namesType } from './pin-types.ts';
import { viewsOf } from './views-of.ts';
import { viewsUsing } from './views-using.ts';
import { walk } from './walk.ts';

export function dropTypes({ names, ifExists, cascade }: Drop, editor: Editor): void {
  const found: EnumType[] = [];
  for (const name of names) {
    const { schema } = name;
    const type = findType(editor, name);
    if (type !== null) {
      found.push(type);
      continue;
    }
    const other = otherType(editor, name);
    if (other !== null) throw required(editor, name.name, other);
    if (!ifExists) throw missingType(editor, name);
    if (schema !== null && !editor.hasSchema(schema)) {
      editor.notice(`schema "${schema}" does not exist, skipping`);
    } else editor.notice(`type "${shownName(name)}" does not exist, skipping`);
  }
  for (const type of found) {
    settleDependents(editor, typeDependents(editor, type), `type ${shownType(type)}`, cascade);
    editor.remove(type.id);
  }
}

/** With everything that hangs on it, which has been told of. */
export function dropType(editor: Editor, type: EnumType): void {
  for (const { remove } of typeDependents(editor, type)) remove();
  editor.remove(type.id);
}

function required(editor: Editor, name: string, shown: string): SqlError {
  const relation = editor.context.source.path
    .map((schema) => editor.state.relation(schema, name))
    .find((one) => one !== null);
  if (relation === undefined) {
    const message = `cannot drop type ${shown} because it is required by the database system`;
    return new SqlError('2BP01', message);
  }
  const on = `${relation.kind} ${name}`;
  return new SqlError('2BP01', `cannot drop type ${name} because ${on} requires it`, {
    hint: `You can drop ${on} instead.`,
  });
}

/** Everything that cannot stay without the type, in the order in which it can go. */
export function typeDependents(editor: Editor, type: EnumType): Dependent[] {
  const found: Dependent[] = [];
  const views: Set<ObjectId> = new Set();
  const on = (of: TypeId): string => `type ${shownType(type)}${isArrayType(of) ? '[]' : ''}`;
  for (const relation of Array.from(editor.state.relations())) {
    if (relation.kind === 'table') {
      for (const column of columnsOfType(relation, type)) {
        found.push(columnDependent(editor, relation, column, on(column.type.id)));
        found.push(...viewsOfColumn(editor, relation, column, views));
      }
      found.push(...partDependents(editor, relation, type));
    } else if (relation.kind === 'view' && readsType(relation, type)) {
      found.push(...viewDependent(editor, relation, views, on(0)));
    }
  }
  return found;
}

function isOf(id: TypeId, type: EnumType): boolean {
  return isUserType(id) && objectOf(id) === type.id;
}

/** Arrays first, as in PostgreSQL; and generated columns whose expression names the type. */
function columnsOfType({ columns }: Table, type: EnumType): readonly Column[] {
  const own = columns.filter((one) => isOf(one.type.id, type));
  const computed = columns.filter(
    (one) => !own.includes(one) && one.generated && namesType(one.fallback, type.id),
  );
  const arrays = own.filter((one) => isArrayType(one.type.id));
  return [...arrays, ...own.filter((one) => !arrays.includes(one)), ...computed];
}

function columnDependent(editor: Editor, table: Table, column: Column, on: string): Dependent {
  const shown = `column ${column.name} of table ${shownRelation(editor, table)}`;
  const remove = (): void => {
    const current = tableNow(editor, table.id);
    if (current === null || !current.columns.some(({ id }) => id === column.id)) return;
    refusePending(editor, current, 'DROP TYPE');
    const alteration = beginAlteration(editor, current);
    const told = editor.notices.length;
    dropColumn(alteration, column.name, true, true);
    // What goes with the column has been told of already.
    editor.notices.length = told;
    finishAlteration(alteration);
  };
  return { kind: 'column', table: table.id, shown, on, remove };
}

function tableNow(editor: Editor, id: ObjectId): Table | null {
  const current = editor.state.relationById(id);
  return current?.kind === 'table' ? current : null;
}

function viewsOfColumn(
  editor: Editor,
  table: Table,
  column: Column,
  seen: Set<ObjectId>,
): Dependent[] {
  const on = `column ${column.name} of table ${shownRelation(editor, table)}`;
  return viewsUsing(editor, table, column)
    .filter(({ depends }) => depends.includes(table.id))
    .flatMap((view) => viewDependent(editor, view, seen, on));
}

function readsType(view: View, type: EnumType): boolean {
  return namesType(view.query, type.id) || view.columns.some((one) => isOf(one.type.id, type));
}

/** A view, and the views above it. */
function viewDependent(
  editor: Editor,
  view: View,
  seen: Set<ObjectId>,
  on: string,
): readonly Dependent[] {
  if (seen.has(view.id)) return [];
  seen.add(view.id);
  const shown = `view ${shownRelation(editor, view)}`;
  const remove = (): void => editor.remove(view.id);
  const above = viewsOf(editor, view.id).flatMap((one) => viewDependent(editor, one, seen, shown));
  return [{ kind: 'view', id: view.id, table: view.id, shown, on, remove }, ...above];
}

/** Defaults, checks and indexes of a table that name the type. */
function partDependents(editor: Editor, table: Table, type: EnumType): readonly Dependent[] {
  const shown = shownRelation(editor, table);
  const on = `type ${shownType(type)}`;
  const change = (make: (now: Table) => Table): (() => void) => {
    return () => {
      const current = tableNow(editor, table.id);
      if (current !== null) editor.put(make(current));
    };
  };
  const defaults = table.columns
    .filter((one) => !one.generated && !isOf(one.type.id, type) && namesType(one.fallback, type.id))
    .map(({ id, name }): Dependent => {
      const bare = (one: Column): Column => (one.id === id ? { ...one, fallback: null } : one);
      const remove = change((now) => ({ ...now, columns: now.columns.map(bare) }));
      const what = `default value for column ${name} of table ${shown}`;
      return { kind: 'default', table: table.id, shown: what, on, remove };
    });
  const checks = table.constraints
    .filter((one) => one.kind === 'check' && namesType(one.value, type.id))
    .filter((one) => !ofLostColumn(one, table, type))
    .map(({ id, name }): Dependent => {
      const rest = (now: Table): Table['constraints'] => now.constraints.filter((c) => c.id !== id);
      const remove = change((now) => ({ ...now, constraints: rest(now) }));
      const what = `constraint ${name} on table ${shown}`;
      return { kind: 'constraint', table: table.id, shown: what, on, remove };
    });
  const indexes = table.indexes
    .filter((one) => namesType([one.elements, one.where], type.id))
    .filter((one) => !ofLostColumn(one, table, type))
    .map(({ id, name }): Dependent => {
      const rest = (now: Table): Table['indexes'] => now.indexes.filter((one) => one.id !== id);
      const remove = change((now) => ({ ...now, indexes: rest(now) }));
      return { kind: 'index', table: table.id, shown: `index ${name}`, on, remove };
    });
  return [...defaults, ...checks, ...indexes];
}

/** It goes with a column that goes. */
function ofLostColumn(part: unknown, table: Table, type: EnumType): boolean {
  const lost = columnsOfType(table, type).map(({ name }) => name);
  let found = false;
  walk(part, (node) => {
    if (node.kind !== 'column' || !('parts' in node)) return;
    found ||= lost.includes((node.parts as readonly string[]).at(-1)!);
  });
  return found;
}
