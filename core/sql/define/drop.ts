/**
 * DROP, with everything that hangs on what is dropped: refused by RESTRICT, taken along by CASCADE.
 *
 * A dropped table's rows stay where they are: the catalogue of then still finds them.
 */
import type { Column, ObjectId, Table, View } from '../catalog/model.ts';
import type { StoredRelation } from '../catalog/state.ts';
import { PUBLIC } from '../catalog/state.ts';
import { SqlError, unsupported } from '../error.ts';
import type { Drop, QualifiedName } from '../tree/define.ts';
import { dropType, dropTypes, typeDependents } from './drop-type.ts';
import { referencedIndex } from '../write/key-plan.ts';
import type { Editor } from './editor.ts';
import {
  findIndex,
  findRelation,
  missing,
  missingSchema,
  shownName,
  shownRelation,
  wrongKind,
} from './find.ts';
import { shownType } from './find-type.ts';
import { refusePending } from './pending.ts';
import { drawsFrom } from './sequence-names.ts';
import { viewsOf } from './views-of.ts';

/** Something that cannot stay when something else goes. */
export interface Dependent {
  readonly kind: 'view' | 'foreignKey' | 'default' | 'column' | 'constraint' | 'index' | 'type';
  /** Of a view. */
  readonly id?: ObjectId;
  /** The table it is of, or the view that it is. */
  readonly table?: ObjectId;
  /** As details say it: `view v`, `constraint c on table t`. */
  readonly shown: string;
  /** What it hangs on, when that is not the thing that is dropped itself. */
  readonly on?: string;
  readonly remove: () => void;
}

export function drop(statement: Drop, editor: Editor): string {
  const { object, names, ifExists, cascade } = statement;
  const tag = `DROP ${object.toUpperCase()}`;
  if (object === 'schema') {
    for (const name of names) dropSchema(editor, name, ifExists, cascade);
    return tag;
  }
  if (object === 'type') {
    dropTypes(statement, editor);
    return tag;
  }
  if (object === 'index') {
    for (const name of names) dropIndex(editor, name, ifExists, cascade);
    return tag;
  }
  const found: StoredRelation[] = [];
  for (const name of names) {
    const relation = findRelation(editor, name);
    if (relation === null) {
      if (!ifExists) throw missing(editor, object, name);
      editor.notice(`${object} "${shownName(name)}" does not exist, skipping`);
    } else if (relation.kind !== object) throw wrongKindHinted(object, name, relation);
    else found.push(relation);
  }
  dropRelations(editor, found, cascade);
  return tag;
}

function wrongKindHinted(
  object: Drop['object'],
  name: QualifiedName,
  found: StoredRelation,
): SqlError {
  const { code, message, at } = wrongKind(object, name);
  const article = found.kind === 'table' || found.kind === 'view' ? 'a' : 'a';
  const hint = `Use DROP ${found.kind.toUpperCase()} to remove ${article} ${found.kind}.`;
  return new SqlError(code, message, { at, hint });
}

/** Removes relations together: what hangs only on each other is no hindrance. */
export function dropRelations(
  editor: Editor,
  relations: readonly StoredRelation[],
  cascade: boolean,
): void {
  const going = new Set(relations.map(({ id }) => id));
  for (const relation of relations) {
    const dependents = dependentsOf(editor, relation, going);
    settleDependents(editor, dependents, `${relation.kind} ${relation.name}`, cascade);
  }
  for (const relation of relations) removeRelation(editor, relation);
}

/** 2BP01 under RESTRICT; under CASCADE they go too. */
export function settleDependents(
  editor: Editor,
  dependents: readonly Dependent[],
  what: string,
  cascade: boolean,
): void {
  if (dependents.length === 0) return;
  if (!cascade) {
    throw new SqlError('2BP01', `cannot drop ${what} because other objects depend on it`, {
      detail: dependents.map(({ shown, on }) => `${shown} depends on ${on ?? what}`).join('\n'),
      hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
    });
  }
  if (dependents.length === 1) editor.notice(`drop cascades to ${dependents[0]!.shown}`);
  else editor.notice(`drop cascades to ${dependents.length} other objects`);
  for (const { remove } of dependents) remove();
}

function dependentsOf(
  editor: Editor,
  relation: StoredRelation,
  going: ReadonlySet<ObjectId>,
): Dependent[] {
  const dependents = viewDependents(editor, relation.id, going);
  if (relation.kind === 'table') {
    for (const { table, key } of editor.state.referringTo(relation.id)) {
      if (!going.has(table.id))
        dependents.push(foreignKeyDependent(editor, table, key.id, key.name));
    }
    for (const one of editor.state.relations()) {
      if (one.kind !== 'sequence' || one.ownerTable !== relation.id) continue;
      dependents.push(...defaultDependents(editor, one.id, going, relation.id));
    }
  }
  if (relation.kind === 'sequence') {
    const { ownerTable } = relation;
    dependents.push(...defaultDependents(editor, relation.id, going, 0));
    const owner = editor.state.relationById(ownerTable);
    const identity = owner?.kind === 'table' ? identityColumn(owner, relation.id) : null;
    if (identity !== null && owner !== null && !going.has(owner.id)) {
      const message = `cannot drop sequence ${relation.name} because column ${identity.name} of table`;
      throw new SqlError('2BP01', `${message} ${owner.name} requires it`, {
        hint: `You can drop column ${identity.name} of table ${owner.name} instead.`,
      });
    }
  }
  return dependents;
}

function identityColumn(table: Table, sequence: ObjectId): Column | null {
  return table.columns.find((one) => one.identity !== 'none' && one.sequence === sequence) ?? null;
}

/** Views that read a relation, and views that read those. */
export function viewDependents(
  editor: Editor,
  relation: ObjectId,
  going: ReadonlySet<ObjectId>,
): Dependent[] {
  const found: Map<ObjectId, Dependent> = new Map();
  const stack: View[] = viewsOf(editor, relation).toReversed();
  const parents: Map<ObjectId, string> = new Map();
  for (let view = stack.pop(); view !== undefined; view = stack.pop()) {
    const { id } = view;
    if (going.has(id) || found.has(id)) continue;
    const shown = `view ${shownRelation(editor, view)}`;
    const remove = (): void => editor.remove(id);
    const on = parents.get(id);
    found.set(id, { kind: 'view', id, shown, remove, ...(on === undefined ? {} : { on }) });
    for (const above of viewsOf(editor, id).toReversed()) {
      if (!parents.has(above.id)) parents.set(above.id, shown);
      stack.push(above);
    }
  }
  return Array.from(found.values());
}

export function foreignKeyDependent(
  editor: Editor,
  table: Table,
  key: ObjectId,
  name: string,
): Dependent {
  const remove = (): void => {
    const current = editor.state.relationById(table.id);
    if (current === null || current.kind !== 'table') return;
    const constraints = current.constraints.filter(({ id }) => id !== key);
    editor.put({ ...current, constraints });
  };
  return { kind: 'foreignKey', shown: `constraint ${name} on table ${table.name}`, remove };
}

/** Defaults of tables' columns that draw from a sequence. */
export function defaultDependents(
  editor: Editor,
  sequence: ObjectId,
  going: ReadonlySet<ObjectId>,
  except: ObjectId,
): Dependent[] {
  const drawn = editor.state.relationById(sequence);
  if (drawn === null) return [];
  const dependents: Dependent[] = [];
  for (const table of editor.state.relations()) {
    if (table.kind === 'view' && !going.has(table.id)) {
      dependents.push(...viewDefaultDependents(editor, table, drawn));
    }
    if (table.kind !== 'table' || table.id === except || going.has(table.id)) continue;
    for (const column of table.columns) {
      const serial = column.fallback === null && column.sequence === sequence;
      const called = column.fallback !== null && drawsFrom(column.fallback, drawn);
      if ((!serial && !called) || column.identity !== 'none') continue;
      const shown = `default value for column ${column.name} of table ${table.name}`;
      const remove = (): void => removeDefault(editor, table.id, column.id);
      dependents.push({ kind: 'default', shown, remove });
    }
  }
  return dependents;
}

/** Defaults that a view has for its columns, which draw from a sequence. */
function viewDefaultDependents(editor: Editor, view: View, drawn: StoredRelation): Dependent[] {
  return view.columns.flatMap(({ name: column, fallback }): Dependent[] => {
    if (fallback === undefined || !drawsFrom(fallback, drawn)) return [];
    const shown = `default value for column ${column} of view ${view.name}`;
    const remove = (): void => {
      const current = editor.state.relationById(view.id);
      if (current?.kind !== 'view') return;
      const columns = current.columns.map((one) => {
        const { fallback: _, ...bare } = one;
        return one.name === column ? bare : one;
      });
      editor.put({ ...current, columns });
    };
    return [{ kind: 'default', shown, remove }];
  });
}

function removeDefault(editor: Editor, table: ObjectId, column: ObjectId): void {
  const current = editor.state.relationById(table);
  if (current === null || current.kind !== 'table') return;
  const columns = current.columns.map((one) =>
    one.id === column ? { ...one, fallback: null, sequence: 0 } : one,
  );
  editor.put({ ...current, columns });
}

/** A relation, and the sequences that it owns. */
function removeRelation(editor: Editor, relation: StoredRelation): void {
  if (relation.kind === 'table') {
    refusePending(editor, relation, 'DROP TABLE');
    for (const one of Array.from(editor.state.relations())) {
      if (one.kind === 'sequence' && one.ownerTable === relation.id) editor.remove(one.id);
    }
  }
  editor.remove(relation.id);
}

function dropIndex(editor: Editor, name: QualifiedName, ifExists: boolean, cascade: boolean): void {
  const found = findIndex(editor, name);
  if (found === null) {
    if (findRelation(editor, name) !== null) throw wrongKind('index', name);
    if (!ifExists) throw missing(editor, 'index', name);
    editor.notice(`index "${shownName(name)}" does not exist, skipping`);
    return;
  }
  const { table, index } = found;
  const constraint = table.constraints.find((one) => 'index' in one && one.index === index.id);
  if (constraint !== undefined) {
    const on = `constraint ${constraint.name} on table ${table.name}`;
    const message = `cannot drop index ${index.name} because ${on} requires it`;
    const hint = `You can drop ${on} instead.`;
    throw new SqlError('2BP01', message, { hint });
  }
  // A foreign key may lean on a unique index that is no constraint.
  const leaning = editor.state
    .referringTo(table.id)
    .filter(({ key }) => referencedIndex(table, key.references)?.id === index.id)
    .map((one) => foreignKeyDependent(editor, one.table, one.key.id, one.key.name));
  settleDependents(editor, leaning, `index ${index.name}`, cascade);
  const current = editor.state.relationById(table.id);
  if (current === null || current.kind !== 'table') return;
  editor.put({ ...current, indexes: current.indexes.filter(({ id }) => id !== index.id) });
}

function dropSchema(
  editor: Editor,
  name: QualifiedName,
  ifExists: boolean,
  cascade: boolean,
): void {
  const schema = editor.state.schema(name.name);
  if (schema === null) {
    if (!ifExists) throw missingSchema(name);
    editor.notice(`schema "${name.name}" does not exist, skipping`);
    return;
  }
  if (schema.id === PUBLIC.id) throw unsupported('DROP SCHEMA public', name.at);
  const inside = Array.from(editor.state.relations()).filter((one) => one.schema === name.name);
  const going = new Set(inside.map(({ id }) => id));
  const what = `schema ${name.name}`;
  const plain = inside
    .filter((one) => one.kind !== 'sequence' || one.ownerTable === 0)
    .map((one) => ({ shown: `${one.kind} ${shownRelation(editor, one)}`, on: what }));
  const types = Array.from(editor.state.types()).filter((one) => one.schema === name.name);
  const typed = types.flatMap((type) => [
    { shown: `type ${shownType(type)}`, on: what },
    ...typeDependents(editor, type).filter(({ table }) => !going.has(table ?? 0)),
  ]);
  const all = [...plain, ...typed];
  if (all.length > 0 && !cascade) {
    throw new SqlError('2BP01', `cannot drop ${what} because other objects depend on it`, {
      detail: all.map(({ shown, on }) => `${shown} depends on ${on}`).join('\n'),
      hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
    });
  }
  if (all.length === 1) editor.notice(`drop cascades to ${all[0]!.shown}`);
  if (all.length > 1) editor.notice(`drop cascades to ${all.length} other objects`);
  dropRelations(editor, inside, true);
  for (const type of types) dropType(editor, type);
  editor.remove(schema.id);
}
