/**
 * Who may do what: users, their keys, tenants and whether access is enforced, read from the state.
 *
 * One object a kernel. It answers the kernel in `apply` and in queries, engines of sessions beside
 * it (`rights`), and whoever lets people in (`AccessReader`). What it was asked before it remembers
 * until an operation changes access (`reset`): a cache of records, which no answer depends on.
 *
 * While access is not enforced everybody may do everything, under any name.
 *
 * Cost: a look-up a user, then one in a map.
 */
import type { Limits } from '../limits.ts';
import { PageNeeded, SqlError } from '../sql/error.ts';
import type { Rights, RightsSource } from '../sql/rights.ts';
import { ALL_RIGHTS } from '../sql/rights.ts';
import { readU32 } from '../codec/bytes.ts';
import type { Store } from '../store/store.ts';
import { ABSENT, NEEDS, PRESENT } from '../store/store.ts';
import type { Role, Switch, Tenant, User } from './access-records.ts';
import {
  KEYSPACE_USER,
  SWITCH_KEY,
  SWITCH_OFF,
  apiKeyKey,
  decodeUser,
  isName,
  readSwitch,
  readTenant,
  readText,
  tenantNameKey,
  tenantUnderCursor,
  userKey,
} from './access-records.ts';
import { KEYSPACE_TENANT, TENANT_KEY_BYTES, tenantKey } from './records.ts';
import { assert } from '../types/assert.ts';

const SYSTEM = 0;
/** Users remembered. */
const KNOWN_MAX = 4096;

type RightsByRole = Readonly<Record<Role, Rights>>;

function rightsByRole(everyTenant: boolean): RightsByRole {
  return {
    admin: { role: 'admin', rows: true, writes: true, log: true, everyTenant },
    writer: { role: 'writer', rows: true, writes: true, log: false, everyTenant },
    reader: { role: 'reader', rows: true, writes: false, log: false, everyTenant },
    auditor: { role: 'auditor', rows: false, writes: false, log: true, everyTenant },
  };
}

const RIGHTS: RightsByRole = rightsByRole(false);
const RIGHTS_EVERYWHERE: RightsByRole = rightsByRole(true);

/** What is known of access, for readers in the process. Everything throws `PageNeeded`. */
export interface AccessReader {
  readonly enforced: boolean;
  user(name: string): User | null;
  /** Whose key has this SHA-256; which of its keys, and until when, the user says. */
  keyOwner(hash: Uint8Array): User | null;
  /** The tenant of that name; 0: there is none. */
  tenant(name: string): number;
  /** At most `limit`, behind `after`, by the bytes of their names; '' comes before all. */
  users(after: string, limit: number): readonly User[];
  /** At most `limit`, behind `after`, by number. */
  tenants(after: number, limit: number): readonly Tenant[];
  /** For engines of that tenant. */
  rights(tenant: number): RightsSource;
}

export class Access implements AccessReader {
  readonly limits: Limits;
  readonly #store: Store;
  readonly #users: Map<string, User | null> = new Map();
  readonly #tenantKey: Uint8Array = new Uint8Array(TENANT_KEY_BYTES);
  #switch: Switch | null = null;
  /** Whether the store can be asked at all. */
  available: () => boolean = () => true;

  constructor(limits: Limits, store: Store) {
    assert(1 + limits.accessNameBytesMax <= store.keyBytesMax, 'a name fits a key');
    this.limits = limits;
    this.#store = store;
  }

  /** Access changed, or the whole state was replaced. */
  reset(): void {
    this.#users.clear();
    this.#switch = null;
  }

  get switch(): Switch {
    if (!this.available()) throw new PageNeeded();
    this.#switch ??= this.#get(SWITCH_KEY) ? readSwitch(this.#store) : SWITCH_OFF;
    return this.#switch;
  }

  get enforced(): boolean {
    return this.switch.enforced;
  }

  /** The same for the kernel: `PRESENT`, `ABSENT` or `NEEDS`. */
  enforcement(): number {
    try {
      return this.enforced ? PRESENT : ABSENT;
    } catch (error) {
      if (!(error instanceof PageNeeded)) throw error;
      return NEEDS;
    }
  }

  user(name: string): User | null {
    if (!this.available()) throw new PageNeeded();
    const known = this.#users.get(name);
    if (known !== undefined) return known;
    // Nor is it remembered: it may be as long as a request.
    if (!isName(name, this.limits.accessNameBytesMax)) return null;
    const user = this.#get(userKey(name)) ? this.#decode(name) : null;
    if (this.#users.size >= KNOWN_MAX) this.#users.clear();
    this.#users.set(name, user);
    return user;
  }

  keyOwner(hash: Uint8Array): User | null {
    if (!this.available()) throw new PageNeeded();
    if (!this.#get(apiKeyKey(hash))) return null;
    const { value, valueFrom, valueBytes } = this.#store;
    return this.user(readText(value, valueFrom, valueBytes));
  }

  tenant(name: string): number {
    if (!this.available()) throw new PageNeeded();
    if (!isName(name, this.limits.accessNameBytesMax) || !this.#get(tenantNameKey(name))) return 0;
    return readU32(this.#store.value, this.#store.valueFrom);
  }

  tenantExists(tenant: number): boolean {
    tenantKey(tenant, this.#tenantKey);
    return this.#get(this.#tenantKey);
  }

  users(after: string, limit: number): readonly User[] {
    const users: User[] = [];
    this.#scan(userKey(after), limit, () => {
      const { key, keyFrom, keyBytes } = this.#store;
      if (key[keyFrom] !== KEYSPACE_USER) return false;
      const name = readText(key, keyFrom + 1, keyBytes - 1);
      if (name !== after) users.push(this.#decode(name));
      return users.length < limit;
    });
    return users;
  }

  tenants(after: number, limit: number): readonly Tenant[] {
    const tenants: Tenant[] = [];
    const from = new Uint8Array(TENANT_KEY_BYTES);
    tenantKey(after + 1, from);
    this.#scan(from, limit, () => {
      if (this.#store.key[this.#store.keyFrom] !== KEYSPACE_TENANT) return false;
      tenants.push(readTenant(this.#store, tenantUnderCursor(this.#store)));
      return tenants.length < limit;
    });
    return tenants;
  }

  rights(tenant: number): RightsSource {
    return { of: (user) => this.#rightsOf(user, tenant) };
  }

  #rightsOf(name: string, tenant: number): Rights {
    if (!this.enforced) return ALL_RIGHTS;
    const user = this.user(name);
    if (user === null) throw unknownUser(name);
    if (user.everyTenant) return RIGHTS_EVERYWHERE[user.role];
    if (user.tenants.includes(tenant)) return RIGHTS[user.role];
    throw new SqlError('42501', `permission denied: user "${name}" may not enter this tenant`, {
      hint: 'An admin can let it in.',
    });
  }

  /** Records from a key on, until `see` says that it is enough. */
  #scan(from: Uint8Array, limit: number, see: () => boolean): void {
    if (!this.available()) throw new PageNeeded();
    if (limit <= 0) return;
    let found = this.#store.seek(SYSTEM, from, 0, from.length, false);
    while (found === PRESENT && see()) found = this.#store.next();
    if (found === NEEDS) throw new PageNeeded();
  }

  #get(key: Uint8Array): boolean {
    const found = this.#store.get(SYSTEM, key, 0, key.length);
    if (found === NEEDS) throw new PageNeeded();
    return found === PRESENT;
  }

  #decode(name: string): User {
    const { value, valueFrom, valueBytes } = this.#store;
    const user = decodeUser(name, value, valueFrom, valueFrom + valueBytes);
    assert(user !== null, 'the record of a user is well-formed');
    return user;
  }
}

export function unknownUser(name: string): SqlError {
  return new SqlError('28000', `user "${name}" does not exist`);
}
