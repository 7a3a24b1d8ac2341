/**
 * Foreign keys of a table, both ways, with everything that following them needs.
 */
import type { ForeignKey, Index, Table } from '../catalog/model.ts';
import { KeyWriter } from '../rows/key-writer.ts';
import { KEYSPACE_CURRENT, PREFIX_BYTES } from '../rows/keyspaces.ts';
import { assert } from '../../types/assert.ts';
import type { SqlType, Value } from '../types/type.ts';
import type { WriteContext } from './context.ts';
import { asReferenced, isLookedUp } from './convert.ts';
import type { TableWriter } from './table-writer.ts';

interface Element {
  readonly type: SqlType;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** A key by which rows of `table` refer to rows of `referenced`. */
export interface Outgoing {
  readonly key: ForeignKey;
  readonly table: Table;
  readonly referenced: Table;
  /** Ordinals of the referring columns, as in the key. */
  readonly columns: readonly number[];
  /** Types of the values that are looked up. */
  readonly types: readonly SqlType[];
  /** The unique index of `referenced` that the key is looked up in. */
  readonly index: Index;
  /** For each element of that index, which of the key's values it is. */
  readonly order: readonly number[];
}

/** A key by which rows of `referring` refer to rows of `table`. */
export interface Incoming {
  readonly key: ForeignKey;
  readonly table: Table;
  readonly referring: Table;
  /** Ordinals of the referenced columns, as in the key. */
  readonly columns: readonly number[];
  readonly elements: readonly Element[];
  /** Ordinals of the columns that refer. */
  readonly referringColumns: readonly number[];
  /** An index of `referring` that finds rows by the key, and the order of its values there. */
  readonly index: Index | null;
  readonly order: readonly number[];
  /** Looks up whether the key itself is there. */
  readonly reverse: Outgoing;
}

const outgoing: WeakMap<Table, { readonly identity: object; readonly keys: Outgoing[] }> =
  new WeakMap();
const incoming: WeakMap<Table, { readonly identity: object; readonly keys: Incoming[] }> =
  new WeakMap();

export function outgoingKeys(table: Table, context: WriteContext): readonly Outgoing[] {
  const { catalog } = context.source;
  const identity = catalog.content ?? catalog.identity;
  const known = outgoing.get(table);
  if (known !== undefined && known.identity === identity) return known.keys;
  const keys: Outgoing[] = [];
  for (const key of table.constraints) {
    if (key.kind !== 'foreignKey') continue;
    const referenced = key.table === table.id ? table : catalog.relationById(key.table);
    assert(referenced?.kind === 'table', 'a foreign key refers to a table that is there');
    keys.push(outgoingKey(key, table, referenced, ordinals(table, key.columns)));
  }
  outgoing.set(table, { identity, keys });
  return keys;
}

export function incomingKeys(table: Table, context: WriteContext): readonly Incoming[] {
  const { catalog } = context.source;
  const identity = catalog.content ?? catalog.identity;
  const known = incoming.get(table);
  if (known !== undefined && known.identity === identity) return known.keys;
  const keys = catalog.referringTo(table.id).map((one): Incoming => {
    const { table: referring, key } = one;
    const columns = ordinals(table, key.references);
    const referringColumns = ordinals(referring, key.columns);
    const elements = columns.map((i) => plain(table.columns[i]!.type));
    const looked = columns.every((i, place) => {
      const from = referring.columns[referringColumns[place]!]!.type;
      return isLookedUp(from.id, table.columns[i]!.type.id);
    });
    const found = looked ? referringIndex(referring, key) : { index: null, order: [] };
    const reverse = outgoingKey(key, table, table, columns);
    return { key, table, referring, columns, elements, referringColumns, ...found, reverse };
  });
  incoming.set(table, { identity, keys });
  return keys;
}

export function plain(type: SqlType): Element {
  return { type, descending: false, nullsFirst: false };
}

/** `columns`: ordinals in `table` of the values to look up. */
function outgoingKey(
  key: ForeignKey,
  table: Table,
  referenced: Table,
  columns: readonly number[],
): Outgoing {
  const index = referencedIndex(referenced, key.references);
  assert(index !== null, 'a foreign key refers to a unique key');
  const order = index.elements.map(({ column }) => key.references.indexOf(column));
  const types = columns.map((i) => table.columns[i]!.type);
  return { key, table, referenced, columns, types, index, order };
}

/** The unique index over exactly these columns. */
export function referencedIndex(table: Table, columns: readonly number[]): Index | null {
  for (const index of table.indexes) {
    const { elements, unique, where } = index;
    if (!unique || where !== null || elements.length !== columns.length) continue;
    if (elements.every(({ column, value }) => value === null && columns.includes(column))) {
      return index;
    }
  }
  return null;
}

function referringIndex(
  table: Table,
  key: ForeignKey,
): { readonly index: Index | null; readonly order: readonly number[] } {
  const count = key.columns.length;
  for (const index of table.indexes) {
    if (index.where !== null || index.elements.length < count) continue;
    const first = index.elements.slice(0, count);
    if (!first.every(({ column, value }) => value === null && key.columns.includes(column))) {
      continue;
    }
    return { index, order: first.map(({ column }) => key.columns.indexOf(column)) };
  }
  return { index: null, order: [] };
}

function ordinals(table: Table, ids: readonly number[]): number[] {
  return ids.map((id) => table.columns.findIndex((column) => column.id === id));
}

const writer = new KeyWriter();

/** Values as one string, equal for equal values. */
export function rowKey(elements: readonly Element[], values: readonly Value[]): string {
  writer.begin(KEYSPACE_CURRENT, 0);
  for (const [i, value] of values.entries()) writer.add(elements[i]!, value);
  let text = '';
  for (let at = PREFIX_BYTES; at < writer.end; at += 1) {
    text += String.fromCharCode(writer.bytes[at]!);
  }
  return text;
}

/** Whether a row of the referenced table has these values, as the statement has made it by now. */
export function isReferred(
  referenced: TableWriter,
  key: Outgoing,
  values: readonly Value[],
  context: WriteContext,
): boolean {
  const found = referenced.indexes.find(({ index }) => index.id === key.index.id);
  assert(found !== undefined, 'an index of the table has a writer');
  found.key.begin(KEYSPACE_CURRENT, key.index.id);
  for (const [i, element] of key.index.elements.entries()) {
    const place = key.order[i]!;
    const from = key.types[place]!;
    const value = asReferenced(values[place]!, from, element.type, context.environment);
    if (value === undefined) return false;
    found.key.add(element, value);
  }
  found.elementBytes = found.key.end - PREFIX_BYTES;
  return key.index.primary ? referenced.primaryIsTaken() : referenced.holder(found, null) !== null;
}
