/**
 * ALTER TABLE … ADD CONSTRAINT, DROP CONSTRAINT.
 */
import type { Constraint, Index, ObjectId, Table } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import type { TableConstraint } from '../tree/define.ts';
import type { Alteration } from './alteration.ts';
import { change, renewIndexes } from './alteration.ts';
import { referencedIndex } from '../write/key-plan.ts';
import { addConstraint } from './constraint.ts';
import { hiddenIndex } from './create-table.ts';
import type { Dependent } from './drop.ts';
import { foreignKeyDependent, settleDependents } from './drop.ts';
import { brokenViews } from './views-of.ts';

export function addTableConstraint(alteration: Alteration, constraint: TableConstraint): void {
  const { editor, table } = alteration;
  let fresh = addConstraint(editor, table, constraint);
  const added = fresh.constraints[fresh.constraints.length - 1]!;
  switch (added.kind) {
    case 'check':
      if (added.notValid !== true) alteration.checks.add(added.id);
      break;
    case 'foreignKey':
      if (added.notValid !== true) alteration.foreignKeys.add(added.id);
      break;
    case 'unique':
      alteration.indexes.add(fresh.indexes[fresh.indexes.length - 1]!.id);
      break;
    case 'primaryKey': {
      const index = fresh.indexes.find((one) => one.id === added.index)!;
      for (const { column } of index.elements) alteration.notNull.add(column);
      // Every row moves to its key, and every index entry names it.
      if (index.primary) fresh = renewIndexes(alteration, fresh, () => true);
      else alteration.indexes.add(index.id);
    }
  }
  change(alteration, fresh);
}

/**
 * Foreign keys, of other tables and of this one, that lean on these indexes; but not those that go
 * with this column of the table itself.
 */
export function keyDependents(
  alteration: Alteration,
  keys: readonly Index[],
  column: ObjectId = 0,
): Dependent[] {
  const { editor, table } = alteration;
  const dependents: Dependent[] = [];
  for (const { table: referring, key } of editor.state.referringTo(table.id)) {
    if (referring.id === table.id && key.columns.includes(column)) continue;
    const leaned = referencedIndex(table, key.references);
    if (!keys.some(({ id }) => id === leaned?.id)) continue;
    const dependent = foreignKeyDependent(editor, referring, key.id, key.name);
    if (referring.id !== table.id) dependents.push(dependent);
    else dependents.push({ ...dependent, remove: () => dropOwnKey(alteration, key.id) });
  }
  return dependents;
}

function dropOwnKey(alteration: Alteration, key: number): void {
  const { table } = alteration;
  const constraints = table.constraints.filter(({ id }) => id !== key);
  change(alteration, { ...table, constraints });
}

/** Looks at the rows that were there before the constraint was. */
export function validateConstraint(alteration: Alteration, name: string): void {
  const { table } = alteration;
  const found = constraintNamed(table, name);
  if (found.kind !== 'check' && found.kind !== 'foreignKey') {
    const message = `constraint "${name}" of relation "${table.name}"`;
    throw new SqlError('42809', `${message} is not a foreign key or check constraint`);
  }
  if (found.notValid !== true) return;
  (found.kind === 'check' ? alteration.checks : alteration.foreignKeys).add(found.id);
  const { notValid: _, ...valid } = found;
  change(alteration, withConstraint(table, valid));
}

/** When it is checked. */
export function alterConstraint(
  alteration: Alteration,
  name: string,
  deferrable: boolean,
  deferred: boolean,
): void {
  const { table } = alteration;
  const found = constraintNamed(table, name);
  if (found.kind !== 'foreignKey') {
    const message = `constraint "${name}" of relation "${table.name}"`;
    throw new SqlError('42809', `${message} is not a foreign key constraint`);
  }
  const { deferrable: _, ...rest } = found;
  const changed = { ...rest, deferred, ...(deferrable && { deferrable }) };
  change(alteration, withConstraint(table, changed));
}

function withConstraint(table: Table, changed: Constraint): Table {
  const constraints = table.constraints.map((one) => (one.id === changed.id ? changed : one));
  return { ...table, constraints };
}

function constraintNamed(table: Table, name: string): Constraint {
  const found = table.constraints.find((one) => one.name === name);
  if (found !== undefined) return found;
  const message = `constraint "${name}" of relation "${table.name}" does not exist`;
  throw new SqlError('42704', message);
}

export function dropConstraint(
  alteration: Alteration,
  name: string,
  ifExists: boolean,
  cascade: boolean,
): void {
  const { editor, table } = alteration;
  const found = table.constraints.find((one) => one.name === name);
  if (found === undefined) {
    const text = `constraint "${name}" of relation "${table.name}" does not exist`;
    if (!ifExists) throw new SqlError('42704', text);
    editor.notice(`${text}, skipping`);
    return;
  }
  if (found.kind === 'check' || found.kind === 'foreignKey') {
    const constraints = table.constraints.filter((one) => one !== found);
    change(alteration, { ...table, constraints });
    return;
  }
  const index = table.indexes.find(({ id }) => id === found.index)!;
  const what = `constraint ${name} on table ${table.name}`;
  const leaning = keyDependents(alteration, [index]);
  const on = `index ${index.name}`;
  settleDependents(
    editor,
    leaning.map((one) => ({ ...one, on })),
    what,
    cascade,
  );
  const current = alteration.table;
  const constraints = current.constraints.filter(({ id }) => id !== found.id);
  const rest = current.indexes.filter(({ id }) => id !== index.id);
  if (!index.primary) {
    change(alteration, { ...current, constraints, indexes: rest });
    return;
  }
  const indexes = [hiddenIndex(editor.newId()), ...rest];
  change(
    alteration,
    renewIndexes(alteration, { ...current, constraints, indexes }, () => true),
  );
  // A view may group by the key and show what depends on it.
  const views = brokenViews(editor, table.id).map((view) => ({
    kind: 'view' as const,
    shown: `view ${view.name}`,
    remove: (): void => editor.remove(view.id),
  }));
  settleDependents(editor, views, what, cascade);
}
