/**
 * Columns, as CREATE TABLE and ALTER TABLE … ADD COLUMN make them.
 */
import { bindOver } from '../bind/over.ts';
import type { Column, ObjectId } from '../catalog/model.ts';
import { SqlError, unsupported } from '../error.ts';
import { typeFromName } from '../types/describe.ts';
import type { SqlType } from '../types/type.ts';
import { INT2, INT4, INT8 } from '../types/type.ts';
import type { ColumnDefinition, SequenceOptions, TableConstraint } from '../tree/define.ts';
import type { Expression, TypeName } from '../tree/expression.ts';
import type { Editor } from './editor.ts';
import { relationName } from './names.ts';
import { NO_OPTIONS, makeSequence } from './sequence.ts';
import { pinSequences } from './sequence-names.ts';

/** Names of the columns that every table has and none may declare. */
export const HIDDEN_NAMES: readonly string[] = [
  '_created_at',
  '_deleted_at',
  '_created_position',
  '_deleted_position',
];

export interface MadeColumn {
  readonly column: Column;
  /** Constraints written at the column, for the table to add. */
  readonly constraints: readonly TableConstraint[];
}

/** The integer type of a `serial`; null: it is none. */
function serialType(type: TypeName): SqlType | null {
  if (type.schema !== null || type.arrayDimensions > 0) return null;
  switch (type.name) {
    case 'serial':
    case 'serial4':
      return { id: INT4, modifier: -1 };
    case 'bigserial':
    case 'serial8':
      return { id: INT8, modifier: -1 };
    case 'smallserial':
    case 'serial2':
      return { id: INT2, modifier: -1 };
    default:
      return null;
  }
}

/** What the column constraints say, put together. */
interface Draft {
  notNull: boolean | null;
  fallback: Expression | null;
  generated: boolean;
  identity: Column['identity'];
  options: SequenceOptions | null;
  readonly constraints: TableConstraint[];
}

/**
 * Makes a column of a table that may not exist yet. A generated column's expression is bound later,
 * when all columns are known (`bindGenerated`).
 */
export function makeColumn(
  editor: Editor,
  schema: string,
  tableName: string,
  table: ObjectId,
  id: ObjectId,
  definition: ColumnDefinition,
  taken: Set<string>,
): MadeColumn {
  const { name, at } = definition;
  if (HIDDEN_NAMES.includes(name)) {
    const message = `column name "${name}" conflicts with a system column name`;
    throw new SqlError('42701', message, { at });
  }
  checkCollation(definition);
  const serial = serialType(definition.type);
  const type = serial ?? typeFromName(definition.type);
  const draft = read(definition, tableName);
  if (serial !== null && draft.fallback !== null)
    throw twice('default values', name, tableName, at);
  if (serial !== null && draft.identity !== 'none') throw both('identity', name, tableName, at);
  const owned = serial !== null || draft.identity !== 'none';
  let sequence = 0;
  if (owned) {
    checkIdentity(type, at);
    const chosen = relationName(editor.state, schema, tableName, [name], 'seq', taken);
    taken.add(chosen);
    const made = makeSequence(editor, schema, chosen, draft.options ?? NO_OPTIONS, type);
    editor.put({ ...made, ownerTable: table, ownerColumn: id });
    sequence = made.id;
  }
  const { fallback, generated, identity, constraints } = draft;
  if (owned && draft.notNull === false) throw conflictingNull(name, tableName, at);
  const notNull = owned || draft.notNull === true;
  const base = { id, name, type, notNull, generated, identity, sequence, comment: null };
  const nothing = !generated && isNullLiteral(fallback);
  const value = nothing ? null : fallback;
  if (value === null || generated) return { column: { ...base, fallback: value }, constraints };
  const column: Column = { ...base, fallback: pinSequences(editor, value) };
  bindDefault(editor, column);
  return { column, constraints };
}

/** A column of which nothing is said but its name and type. */
export function bareColumn(id: ObjectId, name: string, type: SqlType): Column {
  const base = { id, name, type, notNull: false, fallback: null, comment: null };
  return { ...base, generated: false, identity: 'none', sequence: 0 };
}

/** Refuses a default that does not fit. */
export function bindDefault(
  editor: Editor,
  column: Pick<Column, 'name' | 'type' | 'fallback'>,
): void {
  bindOver(column.fallback!, null, editor.binding(), column, 'DEFAULT');
}

export function isNullLiteral(value: Expression | null): boolean {
  return value !== null && value.kind === 'literal' && value.type === 'null';
}

function read(definition: ColumnDefinition, table: string): Draft {
  const { name } = definition;
  const draft: Draft = {
    notNull: null,
    fallback: null,
    generated: false,
    identity: 'none',
    options: null,
    constraints: [],
  };
  let hasDefault = false;
  for (const constraint of definition.constraints) {
    const { at } = constraint;
    switch (constraint.kind) {
      case 'notNull':
      case 'null': {
        const notNull = constraint.kind === 'notNull';
        if (draft.notNull === !notNull) throw conflictingNull(name, table, at);
        draft.notNull = notNull;
        break;
      }
      case 'default':
        if (hasDefault) throw twice('default values', name, table, at);
        hasDefault = true;
        draft.fallback = constraint.value;
        break;
      case 'generated':
        if (draft.generated) throw twice('generation clauses', name, table, at);
        draft.generated = true;
        draft.fallback = constraint.value;
        break;
      case 'identity':
        if (draft.identity !== 'none') throw twice('identity specifications', name, table, at);
        draft.identity = constraint.always ? 'always' : 'default';
        draft.options = constraint.options;
        break;
      case 'primaryKey':
      case 'unique':
      case 'foreignKey':
        draft.constraints.push({ ...constraint, columns: [name] });
        break;
      case 'check':
        draft.constraints.push(constraint);
        break;
      case 'attributed': {
        const { constraint: plain } = constraint;
        const own = plain.kind === 'check' ? plain : { ...plain, columns: [name] };
        draft.constraints.push({ ...constraint, constraint: own });
      }
    }
  }
  const kinds = [hasDefault && 'default', draft.identity !== 'none' && 'identity'];
  kinds.push(draft.generated && 'generation expression');
  const said = kinds.filter((one) => one !== false);
  if (said.length > 1) {
    const message = `both ${said[0]} and ${said[1]} specified for column "${name}" of table`;
    throw new SqlError('42601', `${message} "${table}"`, { at: definition.at });
  }
  return draft;
}

/** A serial column's default is its sequence. */
function both(what: string, column: string, table: string, at: number): SqlError {
  const message = `both default and ${what} specified for column "${column}" of table "${table}"`;
  return new SqlError('42601', message, { at });
}

function twice(what: string, column: string, table: string, at: number): SqlError {
  const message = `multiple ${what} specified for column "${column}" of table "${table}"`;
  return new SqlError('42601', message, { at });
}

function conflictingNull(column: string, table: string, at: number): SqlError {
  const message = `conflicting NULL/NOT NULL declarations for column "${column}" of table`;
  return new SqlError('42601', `${message} "${table}"`, { at });
}

export function checkIdentity(type: SqlType, at: number): void {
  if (type.id === INT2 || type.id === INT4 || type.id === INT8) return;
  const message = 'identity column type must be smallint, integer, or bigint';
  throw new SqlError('22023', message, { at });
}

function checkCollation({ collation, at }: ColumnDefinition): void {
  if (collation === null || ['C', 'POSIX', 'default', 'ucs_basic'].includes(collation)) return;
  throw unsupported(`collation "${collation}"`, at);
}
