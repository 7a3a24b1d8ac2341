/**
 * What an entry of the log did to rows, told from its outcome: nothing is executed or read again.
 *
 * A row that ended and began anew under one key was updated; one that only began was inserted, one
 * that only ended was deleted. An update that changes the primary key is thus a delete and an
 * insert. Rows come in the order of their tables' ids and their keys.
 *
 * So is a rewrite under another primary key, or to other types: each row is deleted, as it was, and
 * then inserted as it is, all deletions first.
 */
import { readBigEndian32 } from '../store/directory.ts';
import type { CatalogState } from '../sql/catalog/state.ts';
import { shownTable } from '../sql/catalog/shown-table.ts';
import { StatementTypes } from '../sql/catalog/types-of.ts';
import type { TypeSource } from '../sql/catalog/types-of.ts';
import type { Table } from '../sql/catalog/model.ts';
import { VERSION_FROM, WIDE, tableShapes } from '../sql/rows/shape.ts';
import {
  KEYSPACE_CURRENT,
  KEYSPACE_HISTORY,
  POSITION_BYTES,
  PREFIX_BYTES,
} from '../sql/rows/keyspaces.ts';
import { readField } from '../sql/rows/decode.ts';
import { shownValue } from '../sql/session/shown.ts';
import type { Value } from '../sql/types/type.ts';
import { useTypes } from '../sql/types/user-type.ts';
import { readU16 } from '../codec/bytes.ts';
import { outcomeFrom } from './entry.ts';
import { firstRecord, isDeletion, nextRecord, recordKey, recordValue } from './outcome.ts';

export interface RowChange {
  readonly table: Table;
  readonly operation: 'insert' | 'update' | 'delete';
  /** Values of the table's columns, in order; null: there was no such row. */
  readonly before: readonly Value[] | null;
  readonly after: readonly Value[] | null;
}

interface Pair {
  readonly table: Table;
  /** As it was before the entry. */
  readonly was: Table;
  before: Uint8Array | null;
  after: Uint8Array | null;
}

/** `catalog`: as of the entry's position; `earlier`: as of the one before. */
export function changesOf(
  entry: Uint8Array,
  catalog: CatalogState,
  earlier: CatalogState,
): readonly RowChange[] {
  const tables = primaryIndexes(catalog);
  const before = primaryIndexes(earlier);
  const pairs: Map<string, Pair> = new Map();
  const from = outcomeFrom(entry);
  for (let at = firstRecord(entry, from); at < entry.length; at = nextRecord(entry, at)) {
    const key = recordKey(entry, at);
    const current = key[0] === KEYSPACE_CURRENT;
    if ((!current && key[0] !== KEYSPACE_HISTORY) || isDeletion(entry, at)) continue;
    const index = readBigEndian32(key, 1);
    const was = before.get(index) ?? tables.get(index);
    const table = tables.get(index) ?? was;
    if (table === undefined || was === undefined) continue;
    const end = current ? key.length : key.length - POSITION_BYTES;
    const name = `${index} ${latin1(key, PREFIX_BYTES, end)}`;
    const pair = pairs.get(name) ?? { table, was, before: null, after: null };
    if (current) pair.after = recordValue(entry, at);
    else pair.before = recordValue(entry, at);
    pairs.set(name, pair);
  }
  const state = typesOf(catalog, earlier);
  useTypes(new StatementTypes({ state, catalog: { type: () => null }, committed: null }));
  const rewritten: Map<Table, boolean> = new Map();
  const ended: RowChange[] = [];
  const rest: RowChange[] = [];
  for (const pair of pairs.values()) {
    const { was, after } = pair;
    let moved = rewritten.get(was);
    if (moved === undefined) rewritten.set(was, (moved = isRewritten(was, catalog)));
    if (!moved || pair.before === null) {
      rest.push(changeOf(pair));
      continue;
    }
    ended.push(changeOf({ ...pair, table: was, after: null }));
    if (after !== null) rest.push(changeOf({ ...pair, before: null }));
  }
  return [...ended, ...rest];
}

/** Whether its table has another primary index now, or other types where it had some. */
function isRewritten(was: Table, catalog: CatalogState): boolean {
  const now = catalog.relationById(was.id);
  if (now?.kind !== 'table' || now === was) return false;
  if (now.indexes[0]!.id !== was.indexes[0]!.id) return true;
  return now.columns.some(({ id, type }) => {
    const old = was.columns.find((one) => one.id === id);
    return old !== undefined && old.type.id !== type.id;
  });
}

/** What an entry drops, its rows were of before. */
function typesOf(catalog: CatalogState, earlier: CatalogState): TypeSource['state'] {
  return { typeById: (id) => catalog.typeById(id) ?? earlier.typeById(id) };
}

/** Tables by the index that holds their rows. */
function primaryIndexes(catalog: CatalogState): ReadonlyMap<number, Table> {
  const known = primaries.get(catalog);
  if (known !== undefined) return known;
  const found: Map<number, Table> = new Map();
  for (const relation of catalog.relations()) {
    if (relation.kind === 'table') found.set(relation.indexes[0]!.id, relation);
  }
  primaries.set(catalog, found);
  return found;
}

const primaries: WeakMap<CatalogState, ReadonlyMap<number, Table>> = new WeakMap();

function changeOf({ table, before, after }: Pair): RowChange {
  const operation = before === null ? 'insert' : after === null ? 'delete' : 'update';
  const rows = { before: rowOf(table, before), after: rowOf(table, after) };
  return { table: shownTable(table), operation, ...rows };
}

function rowOf(table: Table, bytes: Uint8Array | null): readonly Value[] | null {
  if (bytes === null) return null;
  const shapes = tableShapes(table);
  const shape = shapes.byVersion.get(readU16(bytes, VERSION_FROM) & ~WIDE);
  if (shape === undefined) return null;
  return table.columns.map(({ id, type }) => {
    const field = shape.byColumn.get(id);
    // Before an ALTER it may have been of another type.
    if (field !== undefined) return shownValue(field.type.id, readField(bytes, 0, shape, field));
    const missing = shapes.missing.get(id);
    return shownValue((missing?.type ?? type).id, missing?.value ?? null);
  });
}

function latin1(bytes: Uint8Array, from: number, end: number): string {
  let text = '';
  for (let i = from; i < end; i += 1) text += String.fromCharCode(bytes[i]!);
  return text;
}
