/**
 * VACUUM, ANALYZE, REINDEX, CLUSTER, CHECKPOINT, UNLISTEN and LOCK TABLE: what they name must be
 * there and of the right kind, and a notice says why there is nothing to do.
 *
 * LOCK TABLE waits for nobody. What it is for, that nobody changes the table before the transaction
 * has ended, is kept by validation: the table counts as read whole.
 */
import type { Relation, Table } from '../catalog/model.ts';
import type { CatalogView } from '../catalog/view.ts';
import type { IndexOf } from '../catalog/state.ts';
import { DATABASE_NAME } from '../catalog/system-table.ts';
import { SqlError } from '../error.ts';
import type { Rights } from '../rights.ts';
import { mustReadRows, mustWrite } from '../rights.ts';
import type { ReadSet } from '../rows/read-set.ts';
import type { QualifiedName } from '../tree/define.ts';
import type { LockTable, Maintain, MaintenanceTarget } from '../tree/maintain.ts';
import type { StatementResult } from './result.ts';
import { plainResult } from './result.ts';
import { tagOf } from './tag.ts';

const WHY: Readonly<Record<Maintain['command'], string>> = {
  vacuum: 'VACUUM does nothing here: former versions of rows are kept, as history',
  analyze: 'ANALYZE does nothing here: every write keeps the counts that plans are made of',
  reindex: 'REINDEX does nothing here: entries of indexes are written and checked with their rows',
  cluster: 'CLUSTER does nothing here: rows are kept in the order of their primary key',
  checkpoint: 'CHECKPOINT does nothing here: what was committed is in the log',
  unlisten: 'UNLISTEN does nothing here: there is no LISTEN',
};

/** Throws 25001 in a transaction block. */
export function refuseBlock(transaction: object | null, what: string): void {
  if (transaction === null) return;
  throw new SqlError('25001', `${what} cannot run inside a transaction block`);
}

/** Throws 25001, 42501, and what is wrong with what it names. */
export function maintained(
  node: Maintain,
  transaction: object | null,
  catalog: CatalogView,
  rights: Rights,
): StatementResult {
  const tag = tagOf(node);
  if (node.alone !== null) refuseBlock(transaction, node.alone);
  if (node.command !== 'unlisten') mustWrite(rights, tag);
  const notices = node.targets.flatMap((target) => checkTarget(node, target, catalog));
  return plainResult(tag, 0, [...notices, WHY[node.command]]);
}

/** What PostgreSQL says of a target that it leaves out. */
function checkTarget(
  node: Maintain,
  { name, columns }: MaintenanceTarget,
  catalog: CatalogView,
): readonly string[] {
  if (node.object === 'schema') {
    if (catalog.hasSchema(name.name)) return [];
    throw new SqlError('3F000', `schema "${name.name}" does not exist`);
  }
  if (node.object === 'database') {
    if (name.name === DATABASE_NAME) return [];
    throw new SqlError('0A000', 'can only reindex the currently open database');
  }
  const found = find(catalog, name);
  if (node.object === 'index') {
    if ('index' in found) return [];
    throw new SqlError('42809', `"${name.name}" is not an index`, { at: name.at });
  }
  const isTable = !('index' in found) && (found.kind === 'table' || found.kind === 'system');
  if (node.command === 'vacuum' || node.command === 'analyze') {
    const what = `cannot ${node.command} non-tables or special system tables`;
    if (!isTable) return [`skipping "${name.name}" --- ${what}`];
    if (found.kind === 'table') checkColumns(found, columns);
    return [];
  }
  if (!isTable) {
    throw new SqlError('42809', `"${name.name}" is not a table or materialized view`, {
      at: name.at,
    });
  }
  if (node.command === 'cluster' && found.kind === 'table') checkIndex(found, node.index, catalog);
  return [];
}

/** A relation or an index. Throws 42P01, 3F000. */
function find(catalog: CatalogView, { schema, name, at }: QualifiedName): Relation | IndexOf {
  const relation = catalog.relation(schema, name);
  if (relation !== null) return relation;
  if (schema !== null && !catalog.hasSchema(schema)) {
    throw new SqlError('3F000', `schema "${schema}" does not exist`, { at });
  }
  for (const one of schema === null ? catalog.path : [schema]) {
    const index = catalog.state.index(one, name);
    if (index !== null) return index;
  }
  const shown = schema === null ? name : `${schema}.${name}`;
  throw new SqlError('42P01', `relation "${shown}" does not exist`, { at });
}

function checkColumns(table: Table, columns: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of columns) {
    const column = `column "${name}" of relation "${table.name}"`;
    if (!table.columns.some((one) => one.name === name)) {
      throw new SqlError('42703', `${column} does not exist`);
    }
    if (seen.has(name)) throw new SqlError('42701', `${column} appears more than once`);
    seen.add(name);
  }
}

/** CLUSTER's. Without one, PostgreSQL takes that of an earlier CLUSTER; we keep none. */
function checkIndex(table: Table, index: string | null, catalog: CatalogView): void {
  if (index === null) {
    const message = `there is no previously clustered index for table "${table.name}"`;
    throw new SqlError('42704', message);
  }
  if (table.indexes.some(({ name }) => name === index)) return;
  if (catalog.state.relation(table.schema, index) !== null) {
    throw new SqlError('42809', `"${index}" is not an index`);
  }
  throw new SqlError('42704', `index "${index}" for table "${table.name}" does not exist`);
}

const DEFINED =
  'LOCK TABLE does nothing here: if another defines something, a COMMIT of changes fails (40001)';
const LOCKED: Readonly<Record<LockTable['mode'], string>> = {
  readers: DEFINED,
  definers: DEFINED,
  writers:
    'LOCK TABLE makes nobody wait here: if another writes to it, a COMMIT of changes fails (40001)',
};

interface Holder {
  readonly reads: ReadSet;
}

/** Throws 25P01 outside of a transaction block, 42501, 42P01, 42809. */
export function lockTables(
  node: LockTable,
  transaction: Holder | null,
  catalog: CatalogView,
  rights: Rights,
): StatementResult {
  if (transaction === null) {
    throw new SqlError('25P01', 'LOCK TABLE can only be used in transaction blocks');
  }
  if (node.mode === 'readers') mustReadRows(rights);
  else mustWrite(rights, 'LOCK TABLE');
  for (const name of node.names) {
    const found = find(catalog, name);
    const kind = 'index' in found ? 'indexes' : found.kind === 'sequence' ? 'sequences' : null;
    if ('index' in found || kind !== null) {
      const detail = `This operation is not supported for ${kind}.`;
      throw new SqlError('42809', `cannot lock relation "${name.name}"`, { detail, at: name.at });
    }
    if (node.mode === 'writers') hold(found, transaction.reads, catalog);
  }
  return plainResult('LOCK TABLE', 0, [LOCKED[node.mode]]);
}

/** All rows of the table, or of those that the view reads, count as read. */
function hold(relation: Relation, reads: ReadSet, catalog: CatalogView): void {
  if (relation.kind === 'table') reads.whole(relation.id);
  if (relation.kind !== 'view') return;
  for (const id of relation.depends) {
    const read = catalog.relationById(id);
    if (read !== null) hold(read, reads, catalog);
  }
}
