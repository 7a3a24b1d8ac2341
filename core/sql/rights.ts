/**
 * What a user may do in a tenant, as the engine asks for it before each statement. Who knows it is
 * the kernel (`core/kernel/access.ts`); an engine without a source lets everybody do everything.
 *
 * Rights are those of now: they are looked up for every execution, whatever was planned, prepared
 * or begun before.
 */
import type { SystemTable } from './catalog/model.ts';
import { SqlError } from './error.ts';

export interface Rights {
  /** What they call the one who has them, in errors. */
  readonly role: string;
  /** Rows of tables, read. */
  readonly rows: boolean;
  /** Rows changed, things defined, sequences drawn from. */
  readonly writes: boolean;
  /** The log read: `kimberlite.log`, VERIFY LOG. */
  readonly log: boolean;
  /** All this in every tenant: `kimberlite.access_log` is of all of them. */
  readonly everyTenant: boolean;
}

export const ALL_RIGHTS: Rights = {
  role: 'everybody',
  rows: true,
  writes: true,
  log: true,
  everyTenant: true,
};

/** Of the schema `kimberlite`: who changed what of users, keys and tenants. */
export const ACCESS_LOG = 'access_log';

export interface RightsSource {
  /**
   * Of a user of this name. Throws `SqlError`: 28000 when there is none, 42501 when it may not
   * enter the tenant; and `PageNeeded`.
   */
  of(user: string): Rights;
}

/** Throws 42501 unless the statement may write. */
export function mustWrite({ writes, role }: Rights, what: string): void {
  if (!writes) throw denied(`${what}: role ${role} may not write`);
}

/** Throws 42501 unless the statement may read rows of tables. */
export function mustReadRows({ rows, role }: Rights): void {
  if (!rows) throw denied(`role ${role} may not read rows of tables`);
}

/** Throws 42501 unless the log may be read. */
export function mustReadLog({ log, role }: Rights): void {
  if (!log) throw denied(`role ${role} may not read the log`);
}

/** Throws 42501 unless this log may be read. */
export function mustReadTable(rights: Rights, table: SystemTable): void {
  mustReadLog(rights);
  if (table.name === ACCESS_LOG && !rights.everyTenant) {
    throw denied(`${ACCESS_LOG} is for those who may enter every tenant`);
  }
}

/** Whether reading this relation is reading a log. */
export function isLog(table: SystemTable): boolean {
  return table.schema === 'kimberlite';
}

function denied(what: string): SqlError {
  return new SqlError('42501', `permission denied: ${what}`, {
    hint: 'An admin can give another role.',
  });
}
