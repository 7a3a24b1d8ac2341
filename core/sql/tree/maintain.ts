/**
 * What PostgreSQL's storage and locks are told: nothing here is stored or locked in that way, so
 * the session checks what these name, says why nothing is done, and no entry of the log is made.
 */
import type { CreateIndex, Drop, QualifiedName, WithoutEffect } from './define.ts';

export interface Maintain {
  readonly kind: 'maintain';
  readonly command: 'vacuum' | 'analyze' | 'reindex' | 'cluster' | 'checkpoint' | 'unlisten';
  /** What the targets are. */
  readonly object: 'table' | 'index' | 'schema' | 'database';
  /** Empty: everything. */
  readonly targets: readonly MaintenanceTarget[];
  /** CLUSTER … USING. */
  readonly index: string | null;
  /** What it is called where it refuses to run in a transaction block; null: it may. */
  readonly alone: string | null;
  readonly at: number;
}

export interface MaintenanceTarget {
  readonly name: QualifiedName;
  /** Of ANALYZE; empty: all. */
  readonly columns: readonly string[];
}

export interface LockTable {
  readonly kind: 'lockTable';
  readonly names: readonly QualifiedName[];
  /** Whom it keeps away: `definers`, or `writers`, too; `readers`: ACCESS SHARE, as they take. */
  readonly mode: 'readers' | 'definers' | 'writers';
  readonly at: number;
}

/** CONCURRENTLY: the statement is run as any other, but in no transaction block. */
export interface Concurrently {
  readonly kind: 'concurrently';
  readonly statement: CreateIndex | Drop | WithoutEffect;
  readonly at: number;
}
