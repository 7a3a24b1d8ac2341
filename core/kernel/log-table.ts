/**
 * `kimberlite.log`: the tenant's permanent log as a table, one row an entry: when, who, what, and
 * the hashes that chain it; and `kimberlite.access_log`: what was asked of users, keys and tenants,
 * which stands in the system's log and is the same in every tenant. Each entry's hashes are proven
 * as it is read; one that is damaged ends the query with an error, never with fewer rows.
 */
import type { SystemTable } from '../sql/catalog/model.ts';
import type { SystemSource } from '../sql/catalog/system-table.ts';
import type { CatalogView } from '../sql/catalog/view.ts';
import { SqlError } from '../sql/error.ts';
import { ACCESS_LOG } from '../sql/rights.ts';
import {
  KEYSPACE_CURRENT,
  KEYSPACE_TABLE,
  CATALOG_INDEX,
  prefixIndex,
} from '../sql/rows/keyspaces.ts';
import { SQL_EPOCH_MICROS } from '../sql/rows/moments.ts';
import { decodeRequest, decodeStatementKey } from '../sql/session/request.ts';
import { decodeAnswer, isError } from '../sql/session/result.ts';
import type { StatementAnswer } from '../sql/session/result.ts';
import { BYTEA, INT8, TEXT, TIMESTAMPTZ } from '../sql/types/type.ts';
import type { Value } from '../sql/types/type.ts';
import { hex128 } from '../types/hash128.ts';
import { OPERATION_NOOP, OPERATION_REGISTER } from '../types/operation.ts';
import { accessWords, decodeAccessRequest } from './access-request.ts';
import type { EntryHeader } from './entry.ts';
import {
  ENTRY_HEADER_BYTES,
  REQUEST_PART_FIXED_BYTES,
  decodeEntryHeader,
  entryHash,
  entryPrevious,
  outcomeFrom,
} from './entry.ts';
import {
  OPERATION_ACCESS,
  OPERATION_APPEND,
  OPERATION_CREATE_TENANT,
  OPERATION_SQL,
  OPERATION_STAGE,
  STATUS_OK,
} from './operation.ts';
import {
  firstRecord,
  nextRecord,
  outcomeReply,
  outcomeStatus,
  recordKey,
  recordValue,
} from './outcome.ts';
import { isReplyKey } from './records.ts';
import { decodeChunk } from './staging.ts';

/** Where entries come from. */
export interface EntrySource {
  /** The last position. */
  length(): number;
  /** The proven entry at a position; null when it is damaged. */
  entry(position: number): Uint8Array | null;
}

const AT_REQUEST_HASH = 128;
const AT_OUTCOME_HASH = 160;
const HASH_BYTES = 32;

const OPERATIONS: Readonly<Record<number, string>> = {
  [OPERATION_REGISTER]: 'register',
  [OPERATION_NOOP]: 'no-op',
  [OPERATION_CREATE_TENANT]: 'create tenant',
  [OPERATION_APPEND]: 'append',
  [OPERATION_SQL]: 'sql',
  [OPERATION_ACCESS]: 'access',
  [OPERATION_STAGE]: 'stage',
};

const COLUMNS: readonly (readonly [name: string, type: number])[] = [
  ['position', INT8],
  ['timestamp', TIMESTAMPTZ],
  ['operation', TEXT],
  ['actor', TEXT],
  ['session', TEXT],
  ['request', INT8],
  ['statement', TEXT],
  ['command', TEXT],
  ['sqlstate', TEXT],
  ['tables', TEXT],
  ['request_hash', BYTEA],
  ['outcome_hash', BYTEA],
  ['previous_hash', BYTEA],
  ['hash', BYTEA],
];

function table(name: string): SystemTable {
  const columns = COLUMNS.map(([own, id]) => ({ name: own, type: { id, modifier: -1 } }));
  return { kind: 'system', schema: 'kimberlite', name, columns };
}

const TABLE: SystemTable = table('log');
const ACCESS_TABLE: SystemTable = { ...table(ACCESS_LOG), timeless: true };

/** The log of a tenant for its readers. */
export function logTable(source: EntrySource): SystemSource {
  return { table: TABLE, rows: (catalog, last) => rows(source, catalog, last, () => true) };
}

/** Of the system's log (tenant 0), for readers in any tenant. */
export function accessLogTable(source: EntrySource): SystemSource {
  return { table: ACCESS_TABLE, rows: (catalog, last) => rows(source, catalog, last, isOfAccess) };
}

function isOfAccess({ kind }: EntryHeader): boolean {
  return kind === OPERATION_ACCESS || kind === OPERATION_CREATE_TENANT;
}

/** In `apply`, which knows no log: the names are known, and reading them is refused. */
export const UNREADABLE_LOGS: readonly SystemSource[] = [TABLE, ACCESS_TABLE].map((one) => ({
  table: one,
  rows: () => {
    const what = `kimberlite.${one.name} in a statement that writes`;
    throw new SqlError('0A000', `${what} is not supported`);
  },
}));

function* rows(
  source: EntrySource,
  catalog: CatalogView,
  asOf: number,
  shows: (header: EntryHeader) => boolean,
): Generator<readonly Value[]> {
  const last = Math.min(asOf, source.length());
  for (let position = 1; position <= last; position += 1) {
    const entry = source.entry(position);
    const header = entry === null ? null : decodeEntryHeader(entry);
    if (entry === null || header === null) {
      throw new SqlError('XX001', `the log's entry at position ${position} is damaged`);
    }
    if (shows(header)) yield row(entry, header, catalog);
  }
}

function row(entry: Uint8Array, header: EntryHeader, catalog: CatalogView): readonly Value[] {
  const { user, text } = asked(entry, header);
  const answer = answered(entry);
  const failed = answer !== null && isError(answer);
  const status = outcomeStatus(entry, outcomeFrom(entry));
  return [
    header.position,
    header.timestamp - SQL_EPOCH_MICROS,
    OPERATIONS[header.kind] ?? String(header.kind),
    user,
    hex128(header.actor),
    header.request,
    text,
    answer === null || failed ? null : answer.tag,
    failed ? answer.code : status === STATUS_OK ? '00000' : 'XX000',
    tables(entry, catalog),
    entry.slice(AT_REQUEST_HASH, AT_REQUEST_HASH + HASH_BYTES),
    entry.slice(AT_OUTCOME_HASH, AT_OUTCOME_HASH + HASH_BYTES),
    entryPrevious(entry).slice(),
    entryHash(entry).slice(),
  ];
}

/** The user that an entry names; null for those of operations that name none. */
export function actorOf(entry: Uint8Array, header: EntryHeader): string | null {
  return asked(entry, header).user;
}

interface Asked {
  readonly user: string | null;
  readonly text: string | null;
}

const NOBODY: Asked = { user: null, text: null };

function asked(entry: Uint8Array, header: EntryHeader): Asked {
  const from = ENTRY_HEADER_BYTES + REQUEST_PART_FIXED_BYTES;
  const end = ENTRY_HEADER_BYTES + header.requestPartBytes;
  if (header.kind === OPERATION_ACCESS) {
    const asked = decodeAccessRequest(entry, from, end);
    return asked === null ? NOBODY : { user: asked.actor, text: accessWords(asked.change) };
  }
  if (header.kind === OPERATION_STAGE) {
    return { user: decodeChunk(entry, from, end)?.user ?? null, text: null };
  }
  const request = header.kind === OPERATION_SQL ? decodeRequest(entry, from, end) : null;
  if (request === null) return NOBODY;
  if (request.kind === 'floor') return { user: request.user || null, text: null };
  if (request.kind !== 'statement') return { user: request.user, text: request.text };
  return { user: decodeStatementKey(request.keyBytes)?.user ?? null, text: request.text };
}

/** The reply stands in the outcome, or, when it is long, in a record of it. */
function answered(entry: Uint8Array): StatementAnswer | null {
  const from = outcomeFrom(entry);
  const short = outcomeReply(entry, from);
  if (short.length > 0) return decodeAnswer(short);
  for (let at = firstRecord(entry, from); at < entry.length; at = nextRecord(entry, at)) {
    if (isReplyKey(recordKey(entry, at))) return decodeAnswer(recordValue(entry, at));
  }
  return null;
}

/** Names of the tables whose rows changed, and of what was defined, in order. */
function tables(entry: Uint8Array, catalog: CatalogView): string | null {
  const ids: Set<number> = new Set();
  const from = outcomeFrom(entry);
  for (let at = firstRecord(entry, from); at < entry.length; at = nextRecord(entry, at)) {
    const key = recordKey(entry, at);
    const isObject = key[0] === KEYSPACE_CURRENT && prefixIndex(key, 0) === CATALOG_INDEX;
    if (key[0] === KEYSPACE_TABLE) ids.add(prefixIndex(key, 0));
    else if (isObject) ids.add(readObjectId(key));
  }
  const names = [...ids].map((id) => catalog.relationById(id)?.name ?? `#${id}`);
  return names.length === 0 ? null : names.sort(byUnits).join(', ');
}

/** Behind keyspace and index: the object's id, big-endian. */
function readObjectId(key: Uint8Array): number {
  return ((key[5]! << 24) | (key[6]! << 16) | (key[7]! << 8) | key[8]!) >>> 0;
}

function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
