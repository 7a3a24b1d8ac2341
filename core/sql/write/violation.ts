/**
 * Errors of constraints, in PostgreSQL's words.
 */
import type { ForeignKey, Index, Table } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import type { Display } from '../types/style.ts';
import { formatValue } from '../types/text-io.ts';
import type { SqlType, Value } from '../types/type.ts';

/** PostgreSQL cuts long values in details. */
const SHOWN_MAX = 64;

function shown(value: Value, type: SqlType, display: Display): string {
  if (value === null) return 'null';
  const text = formatValue(type.id, value, display);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
}

/** `Failing row contains (1, null).` */
function failingRow(table: Table, row: readonly Value[], display: Display): string {
  const values = table.columns.map(({ type }, i) => shown(row[i]!, type, display));
  return `Failing row contains (${values.join(', ')}).`;
}

/** `(a, b)=(1, 2)` */
export function keyText(
  names: readonly string[],
  types: readonly SqlType[],
  values: readonly Value[],
  display: Display,
): string {
  const parts = values.map((value, i) =>
    value === null ? 'null' : formatValue(types[i]!.id, value, display),
  );
  return `(${names.join(', ')})=(${parts.join(', ')})`;
}

export function notNullViolation(
  table: Table,
  ordinal: number,
  row: readonly Value[],
  display: Display,
): SqlError {
  const column = table.columns[ordinal]!.name;
  const message =
    `null value in column "${column}" of relation "${table.name}" ` +
    'violates not-null constraint';
  const detail = failingRow(table, row, display);
  return new SqlError('23502', message, { detail, table: table.name, column });
}

export function checkViolation(
  table: Table,
  constraint: string,
  row: readonly Value[],
  display: Display,
): SqlError {
  const message = `new row for relation "${table.name}" violates check constraint "${constraint}"`;
  const detail = failingRow(table, row, display);
  return new SqlError('23514', message, { detail, table: table.name, constraint });
}

export function viewViolation(
  table: Table,
  view: string,
  row: readonly Value[],
  display: Display,
): SqlError {
  const detail = failingRow(table, row, display);
  return new SqlError('44000', `new row violates check option for view "${view}"`, { detail });
}

export function uniqueViolation(table: Table, index: Index, key: string): SqlError {
  const message = `duplicate key value violates unique constraint "${index.name}"`;
  const detail = `Key ${key} already exists.`;
  return new SqlError('23505', message, { detail, table: table.name, constraint: index.name });
}

export function missingReference(
  table: Table,
  key: ForeignKey,
  referenced: Table,
  keyed: string,
): SqlError {
  const message = `insert or update on table "${table.name}" violates foreign key constraint "${key.name}"`;
  const detail = `Key ${keyed} is not present in table "${referenced.name}".`;
  return new SqlError('23503', message, { detail, table: table.name, constraint: key.name });
}

export function mixedReference(table: Table, key: ForeignKey): SqlError {
  const message = `insert or update on table "${table.name}" violates foreign key constraint "${key.name}"`;
  const detail = 'MATCH FULL does not allow mixing of null and nonnull key values.';
  return new SqlError('23503', message, { detail, table: table.name, constraint: key.name });
}

export function stillReferenced(
  table: Table,
  key: ForeignKey,
  referring: Table,
  keyed: string,
): SqlError {
  const message =
    `update or delete on table "${table.name}" violates foreign key constraint ` +
    `"${key.name}" on table "${referring.name}"`;
  const detail = `Key ${keyed} is still referenced from table "${referring.name}".`;
  return new SqlError('23503', message, { detail, table: referring.name, constraint: key.name });
}

export function deferrableArbiter(table: Table, index: Index): SqlError {
  const message =
    'ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters';
  return new SqlError('55000', message, { table: table.name, constraint: index.name });
}

const TWICE_HINTS: Readonly<Record<'ON CONFLICT DO UPDATE' | 'MERGE', string>> = {
  'ON CONFLICT DO UPDATE':
    'Ensure that no rows proposed for insertion within the same command ' +
    'have duplicate constrained values.',
  MERGE: 'Ensure that not more than one source row matches any one target row.',
};

export function rowTwice(command: keyof typeof TWICE_HINTS): SqlError {
  return new SqlError('21000', `${command} command cannot affect row a second time`, {
    hint: TWICE_HINTS[command],
  });
}
