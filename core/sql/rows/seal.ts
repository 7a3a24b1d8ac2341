/**
 * From an overlay to the records of an entry.
 *
 * A statement that runs at a known position has its records as they will be; a transaction's fork
 * does not know the position of its commit, and writes `PENDING_POSITION` instead: where an entry
 * began, where one ended, and in hidden row ids, which are the last bytes of their keys. Putting
 * the position there keeps the order of keys, because both are above everything committed.
 *
 * Both kinds then get what is counted for the whole entry: row counts, and its moment.
 *
 * Write set: `tables u32, rowIds u32, zero u8`, tables `id u32, rows gained i32`, ids of indexes
 * whose keys end with hidden row ids u32, then records
 * `keyBytes u16, valueBytes u32 (DELETED: none), key, value` in key order.
 */
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from '../../codec/bytes.ts';
import { copyBytes } from '../../store/arena.ts';
import type { Store } from '../../store/store.ts';
import { PRESENT } from '../../store/store.ts';
import { assert } from '../../types/assert.ts';
import type { Database } from './database.ts';
import {
  KEYSPACE_HISTORY,
  KEYSPACE_CURRENT,
  MOMENT_KEY_BYTES,
  PENDING_POSITION,
  POSITION_BYTES,
  ROW_ID_BYTES,
  momentKey,
  prefixIndex,
  readPosition,
  tableKey,
  writePosition,
} from './keyspaces.ts';
import type { Overlay, RecordVisitor } from './overlay.ts';
import { StoreSource, needed } from './stream.ts';
import type { KeySource } from './stream.ts';

const DELETED = 0xffff_ffff;
const HEADER_BYTES = 9;
const TABLE_BYTES = 8;
const RECORD_BYTES = 6;
const COUNT_BYTES = 16;

interface TableGain {
  readonly table: number;
  readonly rows: number;
}

/**
 * Visits every record that the entry puts (or deletes: value null), in key order. Nothing when the
 * statement changed nothing.
 */
export function sealWrites(database: Database, visit: RecordVisitor): void {
  const { overlay, source, position, timestamp } = database.view;
  assert(position !== PENDING_POSITION, 'a fork is sealed as a write set');
  if (overlay.isEmpty) return;
  const extra = extras(source, overlay.changedTables(), position, timestamp);
  const emit = merging(extra, visit);
  overlay.records(emit.visit);
  emit.rest();
}

/** A transaction's changes, to be sent and sealed at whatever position they commit. */
export function encodeWriteSet(overlay: Overlay): Uint8Array {
  const tables = overlay.changedTables();
  const rowIds = Array.from(overlay.rowIdIndexes).sort((a, b) => a - b);
  let size = HEADER_BYTES + tables.length * TABLE_BYTES + rowIds.length * 4;
  overlay.records((_key, _keyFrom, keyBytes, _value, _valueFrom, valueBytes) => {
    size += RECORD_BYTES + keyBytes + valueBytes;
  });
  const bytes = new Uint8Array(size);
  writeU32(bytes, 0, tables.length);
  writeU32(bytes, 4, rowIds.length);
  let at = HEADER_BYTES;
  for (const { table, rows } of tables) {
    writeU32(bytes, at, table);
    writeU32(bytes, at + 4, rows);
    at += TABLE_BYTES;
  }
  for (const index of rowIds) {
    writeU32(bytes, at, index);
    at += 4;
  }
  overlay.records((key, keyFrom, keyBytes, value, valueFrom, valueBytes) => {
    writeU16(bytes, at, keyBytes);
    writeU32(bytes, at + 2, value === null ? DELETED : valueBytes);
    copyBytes(key, keyFrom, keyBytes, bytes, at + RECORD_BYTES);
    at += RECORD_BYTES + keyBytes;
    if (value === null) return;
    copyBytes(value, valueFrom, valueBytes, bytes, at);
    at += valueBytes;
  });
  assert(at === size, 'a write set has the size that was counted');
  return bytes;
}

/** As `sealWrites`, of a write set. False for bytes that are none; then some were visited. */
export function openWriteSet(
  bytes: Uint8Array,
  store: Store,
  tenant: number,
  position: number,
  timestamp: number,
  visit: RecordVisitor,
): boolean {
  if (bytes.length < HEADER_BYTES) return false;
  const tableCount = readU32(bytes, 0);
  const rowIdCount = readU32(bytes, 4);
  let at = HEADER_BYTES;
  if ((bytes.length - at) / 4 < tableCount * 2 + rowIdCount) return false;
  const tables: TableGain[] = [];
  for (let i = 0; i < tableCount; i += 1, at += TABLE_BYTES) {
    tables.push({ table: readU32(bytes, at), rows: readU32(bytes, at + 4) | 0 });
  }
  const rowIds: Set<number> = new Set();
  for (let i = 0; i < rowIdCount; i += 1, at += 4) rowIds.add(readU32(bytes, at));
  if (at === bytes.length) return true;
  const source = new StoreSource(store, tenant);
  const emit = merging(extras(source, tables, position, timestamp), visit);
  while (at < bytes.length) {
    if (at + RECORD_BYTES > bytes.length) return false;
    const keyBytes = readU16(bytes, at);
    const declared = readU32(bytes, at + 2);
    const valueBytes = declared === DELETED ? 0 : declared;
    const keyEnd = at + RECORD_BYTES + keyBytes;
    if (keyBytes === 0 || keyEnd + valueBytes > bytes.length) return false;
    const key = bytes.slice(at + RECORD_BYTES, keyEnd);
    const value = declared === DELETED ? null : bytes.slice(keyEnd, keyEnd + valueBytes);
    settle(key, value, rowIds, position);
    emit.visit(key, 0, keyBytes, value, 0, valueBytes);
    at = keyEnd + valueBytes;
  }
  emit.rest();
  return true;
}

/** Puts the position wherever a record of a fork has none. */
function settle(
  key: Uint8Array,
  value: Uint8Array | null,
  rowIds: ReadonlySet<number>,
  position: number,
): void {
  if (value !== null && value.length >= POSITION_BYTES && readU64(value, 0) === PENDING_POSITION) {
    writeU64(value, 0, position);
  }
  const history = key[0] === KEYSPACE_HISTORY;
  if (!history && key[0] !== KEYSPACE_CURRENT) return;
  const end = history ? key.length - POSITION_BYTES : key.length;
  if (history && readPosition(key, end) === PENDING_POSITION) writePosition(position, key, end);
  if (!rowIds.has(prefixIndex(key, 0))) return;
  const rowId = end - ROW_ID_BYTES;
  if (readPosition(key, rowId) === PENDING_POSITION) writePosition(position, key, rowId);
}

interface ExtraRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The entry's moment, and the counts of changed tables; in key order. */
function extras(
  source: KeySource,
  tables: readonly TableGain[],
  position: number,
  timestamp: number,
): ExtraRecord[] {
  const records = Array.from(tables)
    .sort((a, b) => a.table - b.table)
    .map(({ table, rows }): ExtraRecord => {
      const key = tableKey(table);
      const found = needed(source.get(key, 0, key.length)) === PRESENT;
      const before = found ? readU64(source.value, source.valueFrom) : 0;
      const value = new Uint8Array(COUNT_BYTES);
      assert(before + rows >= 0, 'a table never has fewer than no rows');
      writeU64(value, 0, before + rows);
      writeU64(value, 8, position);
      return { key, value };
    });
  const key = new Uint8Array(MOMENT_KEY_BYTES);
  momentKey(position, key);
  const value = new Uint8Array(POSITION_BYTES);
  writeU64(value, 0, timestamp);
  records.push({ key, value });
  return records;
}

/**
 * Visits extra records between those of an overlay. Their keyspaces are whole stretches of the key
 * order, so the first byte says whose turn it is.
 */
function merging(
  records: readonly ExtraRecord[],
  visit: RecordVisitor,
): { readonly visit: RecordVisitor; readonly rest: () => void } {
  let next = 0;
  const give = (below: number): void => {
    for (; next < records.length && records[next]!.key[0]! < below; next += 1) {
      const { key, value } = records[next]!;
      visit(key, 0, key.length, value, 0, value.length);
    }
  };
  return {
    visit: (key, keyFrom, keyBytes, value, valueFrom, valueBytes) => {
      give(key[keyFrom]!);
      visit(key, keyFrom, keyBytes, value, valueFrom, valueBytes);
    },
    rest: () => give(0x100),
  };
}
