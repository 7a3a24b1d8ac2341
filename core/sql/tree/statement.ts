/** The statement: root of the tree that a log entry carries instead of SQL text alone. */
import type {
  AlterSequence,
  AlterTable,
  CommentOn,
  CreateIndex,
  CreateOnCommit,
  CreateSchema,
  CreateSchemaWith,
  CreateSequence,
  CreateTable,
  CreateTableAs,
  AlterView,
  CreateView,
  CreateViewWith,
  Drop,
  QualifiedName,
  Rename,
  SetSchema,
  Truncate,
  WithoutEffect,
} from './define.ts';
import type { AddLabel, CreateEnum, RenameLabel } from './define-type.ts';
import type { Expression, TypeName } from './expression.ts';
import type { Concurrently, LockTable, Maintain } from './maintain.ts';
import type { Query } from './query.ts';
import type { RowChange } from './write.ts';

export type Statement =
  | Query
  | RowChange
  | CreateTable
  | CreateTableAs
  | AlterTable
  | Rename
  | SetSchema
  | Drop
  | Truncate
  | CreateIndex
  | CreateView
  | CreateViewWith
  | AlterView
  | CreateSequence
  | AlterSequence
  | CreateSchema
  | CreateSchemaWith
  | CreateOnCommit
  | CommentOn
  | CreateEnum
  | AddLabel
  | RenameLabel
  | WithoutEffect
  | Transaction
  | SetVariable
  | ShowVariable
  | Explain
  | Prepare
  | Execute
  | Deallocate
  | SetConstraints
  | Discard
  | CreateTableAsExecute
  | Maintain
  | LockTable
  | Concurrently
  | VerifyLog;

export interface Transaction {
  readonly kind: 'transaction';
  readonly action: 'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' | 'rollbackTo';
  /** Of savepoints; '' otherwise. */
  readonly name: string;
  /** As written, lower case: 'serializable', 'read committed', …; '' not said. */
  readonly isolation: string;
  readonly readOnly: boolean | null;
  /** `COMMIT AND CHAIN`, `ROLLBACK AND CHAIN`. */
  readonly chain: boolean;
  readonly at: number;
}

/** `SET name = values`; `values` empty: to default (also RESET). Name dotted, lower case. */
export interface SetVariable {
  readonly kind: 'set';
  readonly name: string;
  readonly values: readonly Expression[];
  readonly local: boolean;
  readonly at: number;
}

export interface ShowVariable {
  readonly kind: 'show';
  readonly name: string;
  readonly at: number;
}

export interface Explain {
  readonly kind: 'explain';
  readonly statement: Query | RowChange;
  readonly analyze: boolean;
  readonly verbose: boolean;
  readonly costs: boolean;
  readonly format: 'text' | 'json';
  readonly at: number;
}

export interface Prepare {
  readonly kind: 'prepare';
  readonly name: string;
  readonly types: readonly TypeName[];
  readonly statement: Query | RowChange;
  readonly at: number;
}

export interface Execute {
  readonly kind: 'execute';
  readonly name: string;
  readonly arguments: readonly Expression[];
  readonly at: number;
}

/** `name` null: ALL. */
export interface Deallocate {
  readonly kind: 'deallocate';
  readonly name: string | null;
  readonly at: number;
}

/** `names` empty: ALL. */
export interface SetConstraints {
  readonly kind: 'setConstraints';
  readonly names: readonly QualifiedName[];
  readonly deferred: boolean;
  readonly at: number;
}

export interface Discard {
  readonly kind: 'discard';
  readonly what: 'all' | 'plans' | 'sequences' | 'temp';
  readonly at: number;
}

/** `CREATE TABLE … AS EXECUTE`: the session puts the prepared query in its place. */
export interface CreateTableAsExecute {
  readonly kind: 'createTableAsExecute';
  readonly name: QualifiedName;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly columns: readonly string[];
  readonly withData: boolean;
  readonly onCommit: 'preserveRows' | 'deleteRows' | 'drop';
  readonly execute: Execute;
  readonly at: number;
}

/** `VERIFY LOG`: recomputes the hash chain of the tenant's log. Ours; not PostgreSQL's. */
export interface VerifyLog {
  readonly kind: 'verifyLog';
  readonly at: number;
}
