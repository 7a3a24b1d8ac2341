/**
 * What ADMIN and VERIFY answer: as statements do, with rows.
 */
import { decodeAccessRequest, encodeAccessRequest } from '../../core/kernel/access-request.ts';
import { OPERATION_ACCESS, TENANT_SYSTEM } from '../../core/kernel/operation.ts';
import { SqlError } from '../../core/sql/error.ts';
import { rowsResult } from '../../core/sql/session/result.ts';
import type { StatementAnswer } from '../../core/sql/session/result.ts';
import { INT4, INT8, TEXT } from '../../core/sql/types/type.ts';
import type { CallEnd } from '../embedded/limit.ts';
import type { Answered, Runner } from '../embedded/runner.ts';
import type { ServerContext } from './context.ts';
import { violation } from './context.ts';

const PAGE = 1024;

function column(
  name: string,
  id: number = TEXT,
): { name: string; type: { id: number; modifier: number } } {
  return { name, type: { id, modifier: -1 } };
}

function status({ status: lines }: ServerContext): StatementAnswer {
  return rowsResult('STATUS', [column('name'), column('value')], lines());
}

/** A line a user; tenants are numbers, `*` all; keys are `id` or `id until TIME`. */
function users({ state }: ServerContext): StatementAnswer {
  const rows: string[][] = [];
  for (let after = ''; ;) {
    const some = state.access.users(after, PAGE);
    for (const { name, role, everyTenant, tenants, keys } of some) {
      const shown = keys.map(({ id, expires }) => {
        return expires === 0 ? id : `${id} until ${new Date(expires / 1000).toISOString()}`;
      });
      rows.push([name, role, everyTenant ? '*' : tenants.join(', '), shown.join(', ')]);
    }
    if (some.length < PAGE) break;
    after = some.at(-1)!.name;
  }
  return rowsResult(
    'USERS',
    ['name', 'role', 'tenants', 'keys'].map((name) => column(name)),
    rows,
  );
}

function tenants({ state }: ServerContext): StatementAnswer {
  const rows: (string | number)[][] = [];
  for (let after = 0; ;) {
    const some = state.access.tenants(after, PAGE);
    for (const { tenant, name } of some) rows.push([tenant, name, state.position(tenant)]);
    if (some.length < PAGE) break;
    after = some.at(-1)!.tenant;
  }
  const columns = [column('tenant', INT4), column('name'), column('position', INT8)];
  return rowsResult('TENANTS', columns, rows);
}

/** The operation that makes a change, in the name of who asks. */
function request(
  change: Uint8Array,
  actor: string,
): { readonly tenant: number; readonly operation: number; readonly body: Uint8Array } {
  const decoded = decodeAccessRequest(change, 0, change.length);
  if (decoded === null) throw violation('a malformed change of access');
  if (decoded.change.kind === 'bootstrap') {
    throw new SqlError('42501', 'permission denied: the first admin is made by `kimberlite init`');
  }
  const body = encodeAccessRequest({ actor, change: decoded.change });
  return { tenant: TENANT_SYSTEM, operation: OPERATION_ACCESS, body };
}

async function verify(runner: Runner, end: CallEnd): Promise<Answered> {
  const { entries, head, problems } = await runner.verify(end);
  const result = rowsResult('VERIFY', [column('entries', INT8), column('head')], [[entries, head]]);
  return { answer: { ...result, notices: problems }, position: entries };
}

export const administer: {
  readonly status: typeof status;
  readonly users: typeof users;
  readonly tenants: typeof tenants;
  readonly request: typeof request;
  readonly verify: typeof verify;
} = { status, users, tenants, request, verify };
