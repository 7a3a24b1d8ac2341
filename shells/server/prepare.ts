/**
 * What a new primary sees to before the first client comes in: there is a tenant, and where keys
 * are asked for, a first admin.
 */
import { encodeAccessRequest } from '../../core/kernel/access-request.ts';
import type { AccessChange } from '../../core/kernel/access-request.ts';
import { OPERATION_ACCESS, TENANT_SYSTEM } from '../../core/kernel/operation.ts';
import { PageNeeded } from '../../core/sql/error.ts';
import { isError } from '../../core/sql/session/result.ts';
import type { FirstAdmin } from '../config/config.ts';
import { answerOf } from '../embedded/runner.ts';
import type { ServerContext } from './context.ts';
import { DEVELOPER } from './gate.ts';

/** The tenant of a cluster that has made none. */
export const FIRST_TENANT = 'main';
const PAUSE_MILLIS = 20;

export async function prepareCluster(
  context: ServerContext,
  admin: FirstAdmin | null,
): Promise<void> {
  const { port, state } = context;
  await port.barrier();
  const { none, enforced } = await patiently(context, () => {
    return { none: state.access.tenants(0, 1).length === 0, enforced: state.access.enforced };
  });
  if (none && !enforced) await change(context, { kind: 'create tenant', name: FIRST_TENANT });
  if (admin === null || enforced) return;
  const key = { id: admin.key, hash: Buffer.from(admin.sha256, 'hex'), expires: 0 };
  await change(context, { kind: 'bootstrap', user: admin.user, key });
}

async function change(context: ServerContext, wanted: AccessChange): Promise<void> {
  const actor = 'user' in wanted ? wanted.user : DEVELOPER;
  const body = encodeAccessRequest({ actor, change: wanted });
  const reply = await context.aside.request(TENANT_SYSTEM, OPERATION_ACCESS, body).reply;
  const answer = answerOf(reply.status, reply.body);
  // Another primary was quicker.
  const done = ['42710', '42P04', '55000'];
  if (isError(answer) && !done.includes(answer.code)) throw answer;
}

/** While pages are missing, peers are asked for them. */
async function patiently<T>(context: ServerContext, look: () => T): Promise<T> {
  for (;;) {
    try {
      return look();
    } catch (error) {
      if (!(error instanceof PageNeeded)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLIS));
    await context.port.barrier();
  }
}
