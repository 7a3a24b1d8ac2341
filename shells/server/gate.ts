/**
 * The one gate: who a client is, which tenant it enters, and which kinds of requests its role
 * may make. Everything a client sends passes here before anything is done with it. What a statement
 * does to rows is judged by the engine and by the kernel, who know the same rights.
 *
 * A key, a role, a right may be gone at any moment: nothing is remembered from the welcome but
 * names, and each request is judged by the state as it is.
 *
 * Cost: two look-ups in maps a request.
 */
import type { AccessReader } from '../../core/kernel/access.ts';
import type { Role, User } from '../../core/kernel/access-records.ts';
import { SqlError } from '../../core/sql/error.ts';
import { readApiKey } from '../config/api-key.ts';
import type { AdminAction, ClientMessage } from '../protocol/message.ts';
import { realtimeMicros } from '../system.ts';

/** Who is at the other end of a connection. */
export interface Identity {
  readonly user: string;
  /** Of the key it came with; empty: access is not enforced. */
  readonly key: string;
  readonly role: Role;
  readonly tenant: number;
  readonly tenantName: string;
}

/** What `--development` calls everybody. */
export const DEVELOPER = 'developer';

const EVERYBODY: readonly Role[] = ['admin', 'writer', 'reader', 'auditor'];
const ROWS: readonly Role[] = ['admin', 'writer', 'reader'];
const LOG: readonly Role[] = ['admin', 'auditor'];

/** Each kind of request, and who may make it. */
const KINDS: Readonly<Record<ClientMessage['kind'], readonly Role[]>> = {
  hello: EVERYBODY,
  open: EVERYBODY,
  close: EVERYBODY,
  // Which statements: see the engine, and the kernel.
  execute: EVERYBODY,
  prepare: EVERYBODY,
  unprepare: EVERYBODY,
  resolve: EVERYBODY,
  cancel: EVERYBODY,
  credit: EVERYBODY,
  subscribe: ROWS,
  // See ACTIONS.
  admin: EVERYBODY,
  verify: LOG,
  ping: EVERYBODY,
};

const ACTIONS: Readonly<Record<AdminAction, readonly Role[]>> = {
  status: EVERYBODY,
  users: LOG,
  tenants: LOG,
  change: ['admin'],
};

export class Gate {
  private readonly access: AccessReader;
  /** Whether anybody may come in while access is not enforced. */
  private readonly open: boolean;

  constructor(access: AccessReader, open: boolean) {
    this.access = access;
    this.open = open;
  }

  /** Throws `SqlError` 28000, 3D000 or 42501, and `PageNeeded`. */
  admit(key: string, tenant: string): Identity {
    const { access } = this;
    if (!access.enforced) {
      if (!this.open) {
        throw new SqlError('28000', 'no user exists yet: the first admin is being made', {
          hint: 'Try again in a moment.',
        });
      }
      const found = this.findTenant(tenant, null);
      return { user: DEVELOPER, key: '', role: 'admin', ...found };
    }
    if (key === '') {
      throw new SqlError('28000', 'an API key is needed', {
        hint: 'An admin makes one: kimberlite user key.',
      });
    }
    const read = readApiKey(key);
    const user = read === null ? null : access.keyOwner(read.hash);
    const held = user?.keys.find(({ id }) => id === read?.id) ?? null;
    if (user === null || held === null) throw forged();
    this.mustLast(held.expires);
    const found = this.findTenant(tenant, user);
    return { user: user.name, key: held.id, role: user.role, ...found };
  }

  /** Whether this client may make this request now; the role it has now. */
  check(identity: Identity, message: ClientMessage): Role {
    const role = this.roleOf(identity);
    const { kind } = message;
    const allowed = kind === 'admin' ? ACTIONS[message.action] : KINDS[kind];
    if (allowed.includes(role)) return role;
    const what = kind === 'admin' ? `ADMIN ${message.action}` : kind.toUpperCase();
    throw new SqlError('42501', `permission denied: ${what} is not for role ${role}`);
  }

  private roleOf({ user: name, key, tenant }: Identity): Role {
    const { access } = this;
    if (!access.enforced) return 'admin';
    const user = access.user(name);
    const held = user?.keys.find(({ id }) => id === key) ?? null;
    if (user === null || held === null) {
      throw new SqlError('28000', 'the API key of this connection was revoked');
    }
    this.mustLast(held.expires);
    if (!mayEnter(user, tenant)) {
      throw new SqlError('42501', `permission denied: user "${name}" may not enter this tenant`);
    }
    return user.role;
  }

  private mustLast(expires: number): void {
    if (expires === 0 || realtimeMicros() < expires) return;
    const at = new Date(expires / 1000).toISOString();
    throw new SqlError('28000', `the API key expired at ${at}`);
  }

  private findTenant(
    name: string,
    user: User | null,
  ): { readonly tenant: number; readonly tenantName: string } {
    const { access } = this;
    if (name === '') {
      const [only] = access
        .tenants(0, user === null || user.everyTenant ? 1 : Number.MAX_SAFE_INTEGER)
        .filter((one) => user === null || mayEnter(user, one.tenant));
      if (only === undefined) throw new SqlError('3D000', 'there is no tenant to enter');
      return { tenant: only.tenant, tenantName: only.name };
    }
    const tenant = access.tenant(name);
    if (tenant === 0 || (user !== null && !mayEnter(user, tenant))) {
      // Whether it exists is nobody's business who may not enter it.
      throw new SqlError('3D000', `tenant "${name}" does not exist, or is not for this user`);
    }
    return { tenant, tenantName: name };
  }
}

function mayEnter(user: User, tenant: number): boolean {
  return user.everyTenant || user.tenants.includes(tenant);
}

/** The same for all that is wrong with a key. */
function forged(): SqlError {
  return new SqlError('28000', 'the API key is not valid');
}
