/**
 * Changes of rows as they are committed, read from the log: nothing is lost and nothing comes
 * twice, whatever happens to the process in between. The reader sets the pace: entries are read
 * when they are asked for, and nothing is buffered.
 */
import { changesOf } from '../../core/kernel/changes.ts';
import { decodeEntryHeader } from '../../core/kernel/entry.ts';
import { actorOf } from '../../core/kernel/log-table.ts';
import type { StateReader } from '../../core/node.ts';
import type { Table } from '../../core/sql/catalog/model.ts';
import { shownTable } from '../../core/sql/catalog/shown-table.ts';
import type { CatalogState } from '../../core/sql/catalog/state.ts';
import { formatTimestampTz } from '../../core/sql/types/datetime-text.ts';
import { DEFAULT_DISPLAY } from '../../core/sql/types/style.ts';
import { SQL_EPOCH_MICROS } from '../../core/sql/rows/moments.ts';
import type { Value } from '../../core/sql/types/type.ts';
import { DatabaseError } from './errors.ts';
import { jsOf } from './results.ts';
import type { Row } from './results.ts';
import { Timestamp } from './timestamp.ts';
import { UTC } from '../../core/sql/types/zone.ts';

export interface SubscribeOptions {
  /** The last position already known: changes after it come. Default: the present. */
  readonly after?: number;
  /** First every row as it is now, as `snapshot` events; then the changes from there on. */
  readonly snapshot?: boolean;
  /** Only these tables. Default: all. */
  readonly tables?: readonly string[];
  /** Ends the subscription. */
  readonly signal?: AbortSignal;
}

export interface Change {
  /** Of the entry; the same for all changes of one transaction. */
  readonly position: number;
  readonly timestamp: Timestamp;
  /** Who wrote it; null in a snapshot. */
  readonly actor: string | null;
  readonly schema: string;
  readonly table: string;
  readonly operation: 'snapshot' | 'insert' | 'update' | 'delete';
  /** The primary key's columns; all columns of a table without one. */
  readonly key: Row;
  readonly before: Row | null;
  readonly after: Row | null;
  /** The last change of its transaction (or of the snapshot). */
  readonly last: boolean;
}

/** What a subscription needs of the database. */
export interface SubscriptionSource {
  readonly state: StateReader;
  readonly tenant: number;
  /** The catalogue as of a position. */
  catalogAt(position: number): CatalogState;
  /** All rows of a table as of a position. */
  rowsAt(table: Table, position: number): Promise<readonly (readonly Value[])[]>;
  /** Resolves when the log may have grown, or the signal was aborted; rejects when it ended. */
  changed(signal: AbortSignal | undefined): Promise<void>;
}

export async function* subscribe(
  source: SubscriptionSource,
  options: SubscribeOptions,
): AsyncGenerator<Change, void, undefined> {
  const { state, tenant } = source;
  const present = state.position(tenant);
  const { after = present, snapshot = false, signal } = options;
  if (!Number.isSafeInteger(after) || after < 0 || after > present) {
    throw new DatabaseError('22023', `position ${after} is not one of this log`);
  }
  if (snapshot && options.after !== undefined) {
    throw new DatabaseError('22023', 'a subscription begins with a snapshot or after a position');
  }
  while (state.installing) await source.changed(signal);
  if (snapshot) yield* snapshotOf(source, present, options);
  for (let position = after + 1; signal?.aborted !== true;) {
    if (position > state.position(tenant)) {
      await source.changed(signal);
      continue;
    }
    while (state.installing) await source.changed(signal);
    yield* changesAt(source, position, options);
    position += 1;
  }
}

function* changesAt(
  source: SubscriptionSource,
  position: number,
  options: SubscribeOptions,
): Generator<Change> {
  const entry = source.state.entry(source.tenant, position);
  const header = entry === null ? null : decodeEntryHeader(entry);
  if (entry === null || header === null) {
    throw new DatabaseError('XX001', `the log's entry at position ${position} is damaged`);
  }
  const all = changesOf(entry, source.catalogAt(position), source.catalogAt(position - 1));
  const wanted = all.filter(({ table }) => isWanted(table, options));
  const timestamp = shown(header.timestamp);
  const actor = actorOf(entry, header);
  for (const [i, { table, operation, before, after }] of wanted.entries()) {
    const key = keyOf(table, (after ?? before)!);
    const names = { schema: table.schema, table: table.name };
    yield {
      position,
      timestamp,
      actor,
      ...names,
      operation,
      key,
      before: before === null ? null : rowOf(table, before),
      after: after === null ? null : rowOf(table, after),
      last: i === wanted.length - 1,
    };
  }
}

async function* snapshotOf(
  source: SubscriptionSource,
  position: number,
  options: SubscribeOptions,
): AsyncGenerator<Change, void, undefined> {
  const timestamp = shown(source.state.timestamp);
  let held: Change | null = null;
  for (const table of source.catalogAt(position).relations()) {
    if (table.kind !== 'table' || !isWanted(table, options)) continue;
    for (const row of await source.rowsAt(table, position)) {
      if (held !== null) yield held;
      held = {
        position,
        timestamp,
        actor: null,
        schema: table.schema,
        table: table.name,
        operation: 'snapshot',
        key: keyOf(shownTable(table), row),
        before: null,
        after: rowOf(shownTable(table), row),
        last: false,
      };
    }
  }
  if (held !== null) yield { ...held, last: true };
}

function isWanted(table: Table, { tables }: SubscribeOptions): boolean {
  if (tables === undefined) return true;
  return tables.includes(table.name) || tables.includes(`${table.schema}.${table.name}`);
}

function shown(timestampMicros: number): Timestamp {
  return new Timestamp(formatTimestampTz(timestampMicros - SQL_EPOCH_MICROS, UTC));
}

function rowOf(table: Table, values: readonly Value[]): Row {
  const row: Record<string, unknown> = {};
  for (const [i, { name, type }] of table.columns.entries())
    row[name] = jsOf(type, DEFAULT_DISPLAY)(values[i]!);
  return row;
}

function keyOf(table: Table, values: readonly Value[]): Row {
  const elements = table.indexes[0]!.elements;
  if (elements.length === 0) return rowOf(table, values);
  const key: Record<string, unknown> = {};
  for (const [i, { id, name, type }] of table.columns.entries()) {
    const isKey = elements.some(({ column }) => column === id);
    if (isKey) key[name] = jsOf(type, DEFAULT_DISPLAY)(values[i]!);
  }
  return key;
}
