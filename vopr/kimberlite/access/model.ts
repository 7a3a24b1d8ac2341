/**
 * Who may do what, worked out a second time: users in a map, looked through from end to end.
 *
 * Fed the committed changes in the order of the log, it says what each must answer, and what must
 * be refused to whom, as of any op: a query beside the log is answered from the state as it stood
 * at one of several ops, and any of these may explain it. So each version of the users is kept.
 */
import type { Role } from '../../../core/kernel/access-records.ts';
import type { AccessRequest, KeyGrant, Reach } from '../../../core/kernel/access-request.ts';
import type { Limits } from '../../../core/limits.ts';

export interface ModelUser {
  readonly role: Role;
  readonly reach: Reach;
  readonly keys: readonly KeyGrant[];
}

type Users = ReadonlyMap<string, ModelUser>;

interface Version {
  /** The op that made it. */
  readonly op: number;
  readonly enforced: boolean;
  readonly users: Users;
}

/** What a request asks for: to change something, to read rows, or no more than to be there. */
export type Need = 'write' | 'rows' | 'nothing';

/** SQLSTATEs for want of a right; the workload's statements have no other reason for them. */
export function isDenial(code: string): boolean {
  return code === '28000' || code === '42501';
}

/** Which tenants there are. */
export interface TenantBook {
  exists(tenant: number): boolean;
  create(tenant: number): void;
}

const BEGINNING: Version = { op: 0, enforced: false, users: new Map() };

/** SQLSTATE of a refusal, thrown inside. */
class Refusal {
  readonly code: string;

  constructor(code: string) {
    this.code = code;
  }
}

export class AccessModel {
  /** Oldest first. */
  versions: Version[] = [BEGINNING];
  readonly tenantNames: Map<string, number> = new Map();
  /** Any change was asked for. */
  used = false;
  private readonly limits: Limits;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  reset(): void {
    if (!this.used) return;
    this.used = false;
    this.versions = [BEGINNING];
    this.tenantNames.clear();
  }

  /** As of the last change. */
  get now(): Version {
    return this.versions[this.versions.length - 1]!;
  }

  /** The change at this op: its SQLSTATE, or '' when it was made. */
  commit(
    op: number,
    timestamp: number,
    { actor, change }: AccessRequest,
    book: TenantBook,
  ): string {
    this.used = true;
    const { enforced, users } = this.now;
    try {
      this.permit(actor, change.kind);
      if (change.kind === 'create tenant') {
        this.createTenant(change.name, book);
        return '';
      }
      const next = new Map(users);
      this.change(next, change, timestamp, book);
      if (next.size > this.limits.usersMax) throw new Refusal('54000');
      const lasting = [...next.values()].some(
        ({ role, keys }) => role === 'admin' && keys.some(({ expires }) => expires === 0),
      );
      if (!lasting) throw new Refusal('42501');
      this.versions.push({ op, enforced: enforced || change.kind === 'bootstrap', users: next });
      return '';
    } catch (error) {
      if (error instanceof Refusal) return error.code;
      throw error;
    }
  }

  private permit(actor: string, kind: AccessRequest['change']['kind']): void {
    const { enforced, users } = this.now;
    if (kind === 'bootstrap') {
      if (enforced) throw new Refusal('42501');
    } else if (enforced) {
      const user = users.get(actor);
      if (user === undefined) throw new Refusal('28000');
      if (user.role !== 'admin') throw new Refusal('42501');
    } else if (kind !== 'create tenant') throw new Refusal('55000');
  }

  private change(
    users: Map<string, ModelUser>,
    change: Exclude<AccessRequest['change'], { kind: 'create tenant' }>,
    timestamp: number,
    book: TenantBook,
  ): void {
    const name = change.user;
    if (change.kind === 'bootstrap' || change.kind === 'create user') {
      const first = change.kind === 'bootstrap';
      if (first && change.key.expires !== 0) throw new Refusal('22023');
      if (users.has(name)) throw new Refusal('42710');
      const reach = first ? { everyTenant: true, tenants: [] } : change.reach;
      this.checkReach(reach, book);
      const bare: ModelUser = { role: first ? 'admin' : change.role, reach, keys: [] };
      const { key } = change;
      users.set(name, key === null ? bare : this.withKey(users, bare, key, timestamp));
      return;
    }
    const user = users.get(name);
    if (user === undefined) throw new Refusal('42704');
    switch (change.kind) {
      case 'drop user':
        users.delete(name);
        return;
      case 'set role':
        users.set(name, { ...user, role: change.role });
        return;
      case 'set reach':
        this.checkReach(change.reach, book);
        users.set(name, { ...user, reach: change.reach });
        return;
      case 'add key':
        users.set(name, this.withKey(users, user, change.key, timestamp));
        return;
      case 'drop key': {
        const keys = user.keys.filter(({ id }) => id !== change.id);
        if (keys.length === user.keys.length) throw new Refusal('42704');
        users.set(name, { ...user, keys });
      }
    }
  }

  private checkReach({ tenants }: Reach, book: TenantBook): void {
    if (tenants.length > this.limits.tenantsPerUserMax) throw new Refusal('54000');
    for (const tenant of tenants) if (!book.exists(tenant)) throw new Refusal('3D000');
  }

  private withKey(users: Users, user: ModelUser, key: KeyGrant, timestamp: number): ModelUser {
    const taken = [...users.values()].some(({ keys }) => keys.some((one) => sameHash(one, key)));
    if (taken || user.keys.some(({ id }) => id === key.id)) throw new Refusal('42710');
    if (user.keys.length >= this.limits.keysPerUserMax) throw new Refusal('54000');
    if (key.expires !== 0 && key.expires <= timestamp) throw new Refusal('22023');
    return { ...user, keys: [...user.keys, key] };
  }

  private createTenant(name: string, book: TenantBook): void {
    if (this.tenantNames.has(name)) throw new Refusal('42P04');
    let tenant = 1 + Math.max(0, ...this.tenantNames.values());
    while (book.exists(tenant)) tenant += 1;
    if (tenant >= this.limits.tenantsMax) throw new Refusal('54000');
    this.tenantNames.set(name, tenant);
    book.create(tenant);
  }

  /** SQLSTATE of what is refused to a user now, or ''. */
  denial(user: string, tenant: number, need: Need): string {
    return denialIn(this.now, user, tenant, need);
  }

  /** The same for each version that stood at some op from `lowest` on, below `next`. */
  denials(user: string, tenant: number, need: Need, lowest: number, next: number): string[] {
    const { versions } = this;
    return versions
      .filter(({ op }, i) => op < next && (versions[i + 1]?.op ?? next) > lowest)
      .map((version) => denialIn(version, user, tenant, need));
  }

  /** Whether operations that name no user may be refused, and may be let through, in that range. */
  nameless(lowest: number, next: number): { readonly refused: boolean; readonly done: boolean } {
    const found = this.versions.find(({ enforced }) => enforced);
    if (found === undefined) return { refused: false, done: true };
    return { refused: found.op < next, done: found.op > lowest };
  }
}

function denialIn({ enforced, users }: Version, name: string, tenant: number, need: Need): string {
  if (!enforced) return '';
  const user = users.get(name);
  if (user === undefined) return '28000';
  const { everyTenant, tenants } = user.reach;
  if (!everyTenant && !tenants.includes(tenant)) return '42501';
  const { role } = user;
  if (need === 'write') return role === 'admin' || role === 'writer' ? '' : '42501';
  return need === 'rows' && role === 'auditor' ? '42501' : '';
}

function sameHash(a: KeyGrant, b: KeyGrant): boolean {
  return a.hash.every((byte, i) => byte === b.hash[i]);
}
