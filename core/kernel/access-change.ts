/**
 * A change of users, keys or tenants, decided: what it answers, and the records it comes to.
 * Nothing is changed here. Refused with an SQLSTATE:
 *
 *   28000 the actor is no user        42501 it is no admin, or nobody could get in afterwards
 *   55000 access is not enforced      42602 not a name      42704 no such user or key
 *   3D000 no such tenant              42P04, 42710 it exists already
 *   22023 an impossible expiry        54000 a limit of `core/limits.ts`
 *
 * Only a bootstrap, while there is no user, and new tenants, while access is not enforced, need no
 * admin.
 */
import { writeU32, writeU64 } from '../codec/bytes.ts';
import type { Prepare } from '../codec/prepare.ts';
import { PREPARE_HEADER_BYTES, PREPARE_SALT_BYTES } from '../codec/prepare.ts';
import { PageNeeded, SqlError } from '../sql/error.ts';
import type { StatementAnswer } from '../sql/session/result.ts';
import { plainResult, rowsResult } from '../sql/session/result.ts';
import { INT4 } from '../sql/types/type.ts';
import type { Access } from './access.ts';
import { unknownUser } from './access.ts';
import type { AccessKey, Switch, User } from './access-records.ts';
import {
  SWITCH_KEY,
  apiKeyKey,
  encodeSwitch,
  encodeUser,
  isLastingAdmin,
  isName,
  tenantNameKey,
  textBytes,
  userKey,
} from './access-records.ts';
import type { AccessChange, AccessRequest, KeyGrant, Reach } from './access-request.ts';
import { decodeAccessRequest } from './access-request.ts';
import type { WrittenRecord } from './outcome.ts';
import { TENANT_BYTES, TENANT_KEY_BYTES, tenantKey } from './records.ts';

export interface AccessOutcome {
  readonly answer: StatementAnswer;
  readonly records: readonly WrittenRecord[];
}

/** What becomes of the request that a prepare carries. `needs`: a page is needed first. */
export function decideAccess(
  access: Access,
  { header, bytes }: Prepare,
): AccessOutcome | 'malformed' | 'needs' {
  const from = PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES;
  const request = decodeAccessRequest(bytes, from, bytes.length);
  if (request === null) return 'malformed';
  try {
    permit(access, request);
    return new Changing(access, header.op, header.timestamp).make(request.change);
  } catch (error) {
    if (error instanceof PageNeeded) return 'needs';
    if (!(error instanceof SqlError)) throw error;
    return { answer: error, records: [] };
  }
}

/** Whether this actor may make such a change at all. */
function permit(access: Access, { actor, change }: AccessRequest): void {
  const { enforced, users } = access.switch;
  if (change.kind === 'bootstrap') {
    if (users === 0 && !enforced) return;
    throw new SqlError('42501', 'permission denied: the first admin was made already');
  }
  if (enforced) {
    const user = access.user(actor);
    if (user === null) throw unknownUser(actor);
    if (user.role === 'admin') return;
    throw new SqlError('42501', `permission denied: user "${actor}" is no admin`);
  }
  if (change.kind === 'create tenant') return;
  throw new SqlError('55000', 'access is not enforced in this database', {
    hint: 'Make its first admin: from then on it is.',
  });
}

class Changing {
  readonly #access: Access;
  readonly #op: number;
  readonly #timestamp: number;
  readonly #records: WrittenRecord[] = [];

  constructor(access: Access, op: number, timestamp: number) {
    this.#access = access;
    this.#op = op;
    this.#timestamp = timestamp;
  }

  make(change: AccessChange): AccessOutcome {
    const answer = this.#make(change);
    return { answer, records: this.#records };
  }

  #make(change: AccessChange): StatementAnswer {
    switch (change.kind) {
      case 'bootstrap':
        if (change.key.expires !== 0) {
          throw new SqlError('22023', "the first admin's key may not expire");
        }
        this.#create(change.user, 'admin', { everyTenant: true, tenants: [] }, change.key, true);
        return plainResult('BOOTSTRAP');
      case 'create user':
        this.#create(change.user, change.role, change.reach, change.key, false);
        return plainResult('CREATE USER');
      case 'drop user':
        this.#replace(this.#user(change.user), null);
        return plainResult('DROP USER');
      case 'set role':
        return this.#alter(change.user, (user) => ({ ...user, role: change.role }));
      case 'set reach':
        return this.#alter(change.user, (user) => ({ ...user, ...this.#reach(change.reach) }));
      case 'add key':
        return this.#alter(change.user, (user) => this.#withKey(user, change.key));
      case 'drop key':
        return this.#alter(change.user, (user) => withoutKey(user, change.id));
      case 'create tenant':
        return this.#createTenant(change.name);
    }
  }

  #create(
    name: string,
    role: User['role'],
    reach: Reach,
    key: KeyGrant | null,
    bootstrap: boolean,
  ): void {
    this.#mustBeName(name, 'user');
    if (this.#access.user(name) !== null) {
      throw new SqlError('42710', `user "${name}" already exists`);
    }
    const bare: User = { name, role, ...this.#reach(reach), created: this.#op, keys: [] };
    this.#replace(null, key === null ? bare : this.#withKey(bare, key), bootstrap);
  }

  #alter(name: string, change: (user: User) => User): StatementAnswer {
    const user = this.#user(name);
    this.#replace(user, change(user));
    return plainResult('ALTER USER');
  }

  #user(name: string): User {
    const user = this.#access.user(name);
    if (user === null) throw new SqlError('42704', `user "${name}" does not exist`);
    return user;
  }

  #reach({ everyTenant, tenants }: Reach): Reach {
    const { tenantsPerUserMax } = this.#access.limits;
    if (tenants.length > tenantsPerUserMax) {
      throw new SqlError('54000', `a user may enter at most ${tenantsPerUserMax} named tenants`, {
        hint: 'Let it enter every tenant.',
      });
    }
    for (const tenant of tenants) {
      const known = tenant > 0 && tenant < this.#access.limits.tenantsMax;
      if (!known || !this.#access.tenantExists(tenant)) {
        throw new SqlError('3D000', `tenant ${tenant} does not exist`);
      }
    }
    const ascending = [...new Set(tenants)].sort((a, b) => a - b);
    return { everyTenant, tenants: ascending };
  }

  #withKey(user: User, { id, hash, expires }: KeyGrant): User {
    const { keysPerUserMax } = this.#access.limits;
    this.#mustBeName(id, 'key');
    if (user.keys.some((key) => key.id === id) || this.#access.keyOwner(hash) !== null) {
      throw new SqlError('42710', `key "${id}" already exists`);
    }
    if (user.keys.length >= keysPerUserMax) {
      throw new SqlError('54000', `a user has at most ${keysPerUserMax} keys`, {
        hint: 'Drop one that is not used any more.',
      });
    }
    if (expires !== 0 && expires <= this.#timestamp) {
      throw new SqlError('22023', 'the key would have expired before it was made');
    }
    return { ...user, keys: [...user.keys, { id, hash, made: this.#timestamp, expires }] };
  }

  /** One user instead of another, with the counts and the keys' own records. */
  #replace(before: User | null, after: User | null, bootstrap: boolean = false): void {
    const { usersMax } = this.#access.limits;
    const was = this.#access.switch;
    const enforced = was.enforced || bootstrap;
    const users = was.users + count(after !== null) - count(before !== null);
    const admins = was.admins + lasting(after) - lasting(before);
    if (users > usersMax) throw new SqlError('54000', `there are ${usersMax} users already`);
    if (enforced && admins === 0) {
      throw new SqlError('42501', 'permission denied: the last admin must stay', {
        detail: 'Nobody of role admin would be left with a key that does not expire.',
      });
    }
    const name = (after ?? before)!.name;
    this.#put(userKey(name), after === null ? null : encodeUser(after));
    const kept = new Set((after?.keys ?? []).map((key) => key.id));
    for (const { id, hash } of before?.keys ?? []) {
      if (!kept.has(id)) this.#put(apiKeyKey(hash), null);
    }
    const known = new Set((before?.keys ?? []).map((key) => key.id));
    for (const { id, hash } of after?.keys ?? []) {
      if (!known.has(id)) this.#put(apiKeyKey(hash), textBytes(name));
    }
    this.#switch({ ...was, enforced, users, admins });
  }

  #createTenant(name: string): StatementAnswer {
    const access = this.#access;
    this.#mustBeName(name, 'tenant');
    if (access.tenant(name) !== 0) {
      throw new SqlError('42P04', `tenant "${name}" already exists`);
    }
    let tenant = access.switch.lastTenant + 1;
    // Numbers that were taken without a name; each is passed once.
    while (tenant < access.limits.tenantsMax && access.tenantExists(tenant)) tenant += 1;
    if (tenant >= access.limits.tenantsMax) {
      throw new SqlError('54000', `there are ${access.limits.tenantsMax - 1} tenants already`);
    }
    const number = new Uint8Array(4);
    writeU32(number, 0, tenant);
    this.#put(tenantNameKey(name), number);
    const key = new Uint8Array(TENANT_KEY_BYTES);
    tenantKey(tenant, key);
    const text = textBytes(name);
    const value = new Uint8Array(TENANT_BYTES + text.length);
    writeU64(value, 0, this.#op);
    value.set(text, TENANT_BYTES);
    this.#put(key, value);
    this.#switch({ ...access.switch, lastTenant: tenant });
    const columns = [{ name: 'tenant', type: { id: INT4, modifier: -1 } }];
    return rowsResult('CREATE TENANT', columns, [[tenant]]);
  }

  #mustBeName(name: string, what: string): void {
    const { accessNameBytesMax: most } = this.#access.limits;
    if (isName(name, most)) return;
    throw new SqlError('42602', `invalid name of a ${what}`, {
      detail: `It has 1 to ${most} bytes and no control characters.`,
    });
  }

  #switch(value: Switch): void {
    this.#put(SWITCH_KEY, encodeSwitch(value));
  }

  #put(key: Uint8Array, value: Uint8Array | null): void {
    this.#records.push({ key, value });
  }
}

function withoutKey(user: User, id: string): User {
  const keys = user.keys.filter((key: AccessKey) => key.id !== id);
  if (keys.length < user.keys.length) return { ...user, keys };
  throw new SqlError('42704', `user "${user.name}" has no key "${id}"`);
}

function count(there: boolean): number {
  return there ? 1 : 0;
}

function lasting(user: User | null): number {
  return count(user !== null && isLastingAdmin(user));
}
