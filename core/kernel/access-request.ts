/**
 * What an admin may change of users, keys and tenants, as the body of an operation of tenant 0.
 *
 *   format u8 (1) | verb u8 | actor text | then
 *   1 bootstrap     user text, key
 *   2 create user   user text, role u8, reach, has key u8, key if it has one
 *   3 drop user     user text
 *   4 set role      user text, role u8
 *   5 set reach     user text, reach
 *   6 add key       user text, key
 *   7 drop key      user text, key id text
 *   8 create tenant name text
 * Key: id text, SHA-256 32 bytes, expires u64. Reach: every tenant u8, tenants: count, each varint.
 */
import { ByteReader, ByteWriter } from '../sql/session/bytes.ts';
import type { AccessKey, Role } from './access-records.ts';
import { KEY_HASH_BYTES, ROLES, readHash } from './access-records.ts';

const FORMAT = 1;

export type KeyGrant = Omit<AccessKey, 'made'>;

/** Which tenants a user may enter. */
export interface Reach {
  readonly everyTenant: boolean;
  /** By number; empty with `everyTenant`. */
  readonly tenants: readonly number[];
}

export type AccessChange =
  /** The first admin, who may enter every tenant. From then on access is enforced, for ever. */
  | { readonly kind: 'bootstrap'; readonly user: string; readonly key: KeyGrant }
  | {
      readonly kind: 'create user';
      readonly user: string;
      readonly role: Role;
      readonly reach: Reach;
      readonly key: KeyGrant | null;
    }
  | { readonly kind: 'drop user'; readonly user: string }
  | { readonly kind: 'set role'; readonly user: string; readonly role: Role }
  | { readonly kind: 'set reach'; readonly user: string; readonly reach: Reach }
  | { readonly kind: 'add key'; readonly user: string; readonly key: KeyGrant }
  | { readonly kind: 'drop key'; readonly user: string; readonly id: string }
  /** Its number is the answer's only value. */
  | { readonly kind: 'create tenant'; readonly name: string };

export interface AccessRequest {
  /** The user who asks. */
  readonly actor: string;
  readonly change: AccessChange;
}

const VERBS = [
  'bootstrap',
  'create user',
  'drop user',
  'set role',
  'set reach',
  'add key',
  'drop key',
  'create tenant',
] as const;

export function encodeAccessRequest({ actor, change }: AccessRequest): Uint8Array {
  const out = new ByteWriter();
  out.u8(FORMAT);
  out.u8(1 + VERBS.indexOf(change.kind));
  out.text(actor);
  out.text(change.kind === 'create tenant' ? change.name : change.user);
  if (change.kind === 'create user' || change.kind === 'set role') {
    out.u8(ROLES.indexOf(change.role));
  }
  if (change.kind === 'create user' || change.kind === 'set reach') writeReach(out, change.reach);
  if (change.kind === 'create user') out.u8(change.key === null ? 0 : 1);
  if ('key' in change && change.key !== null) writeKey(out, change.key);
  if (change.kind === 'drop key') out.text(change.id);
  return out.copy();
}

function writeReach(out: ByteWriter, { everyTenant, tenants }: Reach): void {
  out.u8(everyTenant ? 1 : 0);
  out.varint(tenants.length);
  for (const tenant of tenants) out.varint(tenant);
}

function writeKey(out: ByteWriter, { id, hash, expires }: KeyGrant): void {
  out.text(id);
  out.raw(hash, 0, KEY_HASH_BYTES);
  out.u64(expires);
}

/** Null when malformed. Names and numbers may still be impossible ones. */
export function decodeAccessRequest(
  bytes: Uint8Array,
  begin: number,
  end: number,
): AccessRequest | null {
  const from = new ByteReader(bytes, begin, end);
  if (from.u8() !== FORMAT) return null;
  const kind = VERBS[from.u8() - 1];
  const actor = from.text();
  const subject = from.text();
  const change = kind === undefined ? null : readChange(from, kind, subject);
  return change !== null && from.complete ? { actor, change } : null;
}

function readChange(
  from: ByteReader,
  kind: (typeof VERBS)[number],
  user: string,
): AccessChange | null {
  switch (kind) {
    case 'bootstrap':
    case 'add key':
      return { kind, user, key: readKey(from) };
    case 'create user': {
      const role = readRole(from);
      const reach = readReach(from);
      return { kind, user, role, reach, key: readFlag(from) ? readKey(from) : null };
    }
    case 'drop user':
      return { kind, user };
    case 'set role':
      return { kind, user, role: readRole(from) };
    case 'set reach':
      return { kind, user, reach: readReach(from) };
    case 'drop key':
      return { kind, user, id: from.text() };
    case 'create tenant':
      return { kind, name: user };
  }
}

function readRole(from: ByteReader): Role {
  const role = ROLES[from.u8()];
  if (role === undefined) from.fail();
  return role ?? 'auditor';
}

function readFlag(from: ByteReader): boolean {
  const flag = from.u8();
  if (flag > 1) from.fail();
  return flag === 1;
}

function readReach(from: ByteReader): Reach {
  const everyTenant = readFlag(from);
  const tenants: number[] = [];
  for (let left = from.count(); left > 0; left -= 1) tenants.push(from.varint());
  if (everyTenant && tenants.length > 0) from.fail();
  return { everyTenant, tenants };
}

function readKey(from: ByteReader): KeyGrant {
  return { id: from.text(), hash: readHash(from), expires: from.u64() };
}

/** As the log tells it; no hash, no secret. */
export function accessWords(change: AccessChange): string {
  switch (change.kind) {
    case 'bootstrap':
      return `enforce access, create user ${change.user} role admin key ${change.key.id}`;
    case 'create user': {
      const key = change.key === null ? '' : ` key ${change.key.id}`;
      return `create user ${change.user} role ${change.role} ${reachWords(change.reach)}${key}`;
    }
    case 'drop user':
      return `drop user ${change.user}`;
    case 'set role':
      return `set role ${change.role} for user ${change.user}`;
    case 'set reach':
      return `set ${reachWords(change.reach)} for user ${change.user}`;
    case 'add key':
      return `add key ${change.key.id} for user ${change.user}`;
    case 'drop key':
      return `drop key ${change.id} of user ${change.user}`;
    case 'create tenant':
      return `create tenant ${change.name}`;
  }
}

function reachWords({ everyTenant, tenants }: Reach): string {
  if (everyTenant) return 'every tenant';
  return tenants.length === 0 ? 'no tenant' : `tenants ${tenants.join(', ')}`;
}
