/** One statement, from PostgreSQL's tree to ours. What is not listed here is `0A000`. */
import { SqlError, unsupported } from '../../error.ts';
import type { Statement } from '../../tree/statement.ts';
import { alterTable } from './alter.ts';
import {
  alterSequence,
  commentOn,
  createIndex,
  createSequence,
  createTable,
  createTableAs,
  drop,
  rename,
  selectInto,
  setSchema,
  truncate,
} from './define.ts';
import { changeOwner, noticed } from './idle.ts';
import { checkpoint, cluster, lockTable, reindex, unlisten, vacuum } from './maintain.ts';
import { createSchema } from './schema.ts';
import { constructName } from './names.ts';
import { query } from './query.ts';
import type { Context, Raw } from './raw.ts';
import { child, has, kindOf } from './raw.ts';
import {
  deallocate,
  discard,
  execute,
  explain,
  prepare,
  setConstraints,
  setVariable,
  showVariable,
  transaction,
} from './session.ts';
import { alterEnum, createEnum } from './type-statements.ts';
import { createView } from './view.ts';
import { rowStatement } from './write.ts';

type Convert = (c: Context, node: Raw, at: number) => Statement;

const CONVERT: Readonly<Record<string, Convert>> = {
  CreateStmt: createTable,
  CreateTableAsStmt: createTableAs,
  AlterTableStmt: alterTable,
  RenameStmt: rename,
  AlterObjectSchemaStmt: setSchema,
  DropStmt: drop,
  TruncateStmt: truncate,
  IndexStmt: createIndex,
  ViewStmt: createView,
  CreateSeqStmt: createSequence,
  AlterSeqStmt: alterSequence,
  CreateSchemaStmt: createSchema,
  CommentStmt: commentOn,
  CreateEnumStmt: createEnum,
  AlterEnumStmt: alterEnum,
  TransactionStmt: transaction,
  VariableSetStmt: setVariable,
  ConstraintsSetStmt: setConstraints,
  VariableShowStmt: showVariable,
  ExplainStmt: explain,
  PrepareStmt: prepare,
  ExecuteStmt: execute,
  DiscardStmt: discard,
  DeallocateStmt: deallocate,
  AlterOwnerStmt: changeOwner,
  CopyStmt: refuseCopy,
  VacuumStmt: vacuum,
  ReindexStmt: reindex,
  ClusterStmt: cluster,
  CheckPointStmt: checkpoint,
  UnlistenStmt: unlisten,
  LockStmt: lockTable,
};

function refuseCopy(_c: Context, _node: Raw, at: number): never {
  throw new SqlError('0A000', 'COPY is not supported', {
    at,
    hint: 'kimberlite import reads scripts with the data of COPY FROM stdin, and CSV files.',
  });
}

const ROW_STATEMENTS = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

/** `at`: where the statement begins, for nodes without a location of their own. */
export function statement(c: Context, node: Raw, at: number): Statement {
  const kind = kindOf(node);
  const body = child(node, kind);
  if (kind === 'SelectStmt') {
    return has(body, 'intoClause') ? selectInto(c, body, at) : query(c, body, at);
  }
  if (ROW_STATEMENTS.has(kind)) return rowStatement(c, node, at);
  const convert = CONVERT[kind];
  if (convert === undefined) throw unsupported(constructName(node), at);
  return noticed(c, convert(c, body, at), at);
}
