/**
 * A deferrable key when its time has come: the row that took another's elements must be the only
 * one that has them, if it still is there and still has them.
 *
 * Whoever takes elements that are taken is noted, wherever it stands; so of any two equal rows the
 * later one is looked at.
 */
import type { ObjectId, Table } from '../catalog/model.ts';
import { KEYSPACE_CURRENT, PREFIX_BYTES } from '../rows/keyspaces.ts';
import type { WriteContext } from './context.ts';
import { Referring } from './referring.ts';
import { TableWriter } from './table-writer.ts';
import { keyText, uniqueViolation } from './violation.ts';

/** Throws 23505. Does nothing when the constraint is no key of the table. */
export function mustBeAlone(
  table: Table,
  constraint: ObjectId,
  address: Uint8Array,
  context: WriteContext,
): void {
  const key = table.constraints.find(({ id }) => id === constraint);
  if (key?.kind !== 'primaryKey' && key?.kind !== 'unique') return;
  const writer = new TableWriter(table, context);
  const found = writer.secondaries.find(({ index }) => index.id === key.index);
  if (found === undefined) return;
  const { index } = found;
  const columns = index.elements.map(({ column }) =>
    table.columns.findIndex(({ id }) => id === column),
  );
  const values = new Referring(context, table).valuesAt(address, columns);
  if (values === null || (values.includes(null) && !index.nullsNotDistinct)) return;
  found.key.begin(KEYSPACE_CURRENT, index.id);
  for (const [i, element] of index.elements.entries()) found.key.add(element, values[i]!);
  found.elementBytes = found.key.end - PREFIX_BYTES;
  if (writer.holder(found, { bytes: address, from: 0, length: address.length }) === null) return;
  const names = columns.map((i) => table.columns[i]!.name);
  const types = index.elements.map(({ type }) => type);
  const text = keyText(names, types, values, context.environment);
  throw uniqueViolation(table, index, text);
}
