/**
 * Users, keys, tenants' names and the switch itself, as records of tenant 0.
 *
 *   [22]               → format u8, enforced u8, zero u16, users u32, admins u32, last tenant named
 *                        u32
 *   [23, name]         → user: format u8, role u8, every tenant u8, op of creation varint,
 *                        tenants: count, each varint, ascending; keys: count, each id text,
 *                        SHA-256 32 bytes, made u64, expires u64 (0: never; both microseconds)
 *   [24, SHA-256 of a key] → its user's name
 *   [25, tenant's name]    → tenant u32
 *   [17, tenant u32]       → op of creation u64, then the tenant's name if it has one
 * Names are UTF-8. `admins`: users of role admin with a key that never expires; never 0 again once
 * access is enforced, so that somebody can always get in.
 */
import { readU32, readU64, writeU32 } from '../codec/bytes.ts';
import { UTF8_INVALID, decodeUtf8, encodeUtf8Into, utf8Length } from '../codec/utf8.ts';
import { ByteReader, ByteWriter } from '../sql/session/bytes.ts';
import { readBigEndian32 } from '../store/directory.ts';
import type { Store } from '../store/store.ts';
import { TENANT_BYTES, TENANT_KEY_BYTES } from './records.ts';

const KEYSPACE_SWITCH = 22;
export const KEYSPACE_USER = 23;
const KEYSPACE_KEY = 24;
const KEYSPACE_TENANT_NAME = 25;

const FORMAT = 1;
const SWITCH_BYTES = 16;
export const KEY_HASH_BYTES = 32;

/** In the order of their numbers, which are stable for ever. */
export const ROLES = ['admin', 'writer', 'reader', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/** Of an API key nothing is kept but this. */
export interface AccessKey {
  /** Its public part: names it among its user's keys. */
  readonly id: string;
  /** SHA-256 of its secret part. */
  readonly hash: Uint8Array;
  /** Microseconds since 1970. */
  readonly made: number;
  /** Microseconds since 1970; 0: never. Who lets people in checks it. */
  readonly expires: number;
}

export interface User {
  readonly name: string;
  readonly role: Role;
  /** It may enter every tenant, those to come as well; else only `tenants`. */
  readonly everyTenant: boolean;
  /** Ascending. */
  readonly tenants: readonly number[];
  /** Op that made it. */
  readonly created: number;
  readonly keys: readonly AccessKey[];
}

export interface Tenant {
  readonly tenant: number;
  /** Empty: it was made by number. */
  readonly name: string;
  /** Op that made it. */
  readonly created: number;
}

/** Whether access is enforced, and what must be counted. */
export interface Switch {
  readonly enforced: boolean;
  readonly users: number;
  readonly admins: number;
  /** Last tenant made by name; 0: none. */
  readonly lastTenant: number;
}

export const SWITCH_OFF: Switch = { enforced: false, users: 0, admins: 0, lastTenant: 0 };
export const SWITCH_KEY: Uint8Array = Uint8Array.of(KEYSPACE_SWITCH);

export function encodeSwitch(value: Switch): Uint8Array {
  const out = new Uint8Array(SWITCH_BYTES);
  out[0] = FORMAT;
  out[1] = value.enforced ? 1 : 0;
  writeU32(out, 4, value.users);
  writeU32(out, 8, value.admins);
  writeU32(out, 12, value.lastTenant);
  return out;
}

/** Of the record that the store has just found. */
export function readSwitch({ value, valueFrom: at }: Store): Switch {
  return {
    enforced: value[at + 1] === 1,
    users: readU32(value, at + 4),
    admins: readU32(value, at + 8),
    lastTenant: readU32(value, at + 12),
  };
}

export function userKey(name: string): Uint8Array {
  return named(KEYSPACE_USER, name);
}

export function tenantNameKey(name: string): Uint8Array {
  return named(KEYSPACE_TENANT_NAME, name);
}

export function apiKeyKey(hash: Uint8Array): Uint8Array {
  const key = new Uint8Array(1 + hash.length);
  key[0] = KEYSPACE_KEY;
  key.set(hash, 1);
  return key;
}

function named(keyspace: number, name: string): Uint8Array {
  const bytes = new Uint8Array(1 + utf8Length(name));
  bytes[0] = keyspace;
  encodeUtf8Into(name, bytes, 1);
  return bytes;
}

export function textBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text));
  encodeUtf8Into(text, bytes, 0);
  return bytes;
}

/** The text of a record's value, or of a part of it. */
export function readText(bytes: Uint8Array, from: number, length: number): string {
  return decodeUtf8(bytes, from, length) ?? '';
}

export function encodeUser(user: User): Uint8Array {
  const out = new ByteWriter();
  out.u8(FORMAT);
  out.u8(ROLES.indexOf(user.role));
  out.u8(user.everyTenant ? 1 : 0);
  out.varint(user.created);
  out.varint(user.tenants.length);
  for (const tenant of user.tenants) out.varint(tenant);
  out.varint(user.keys.length);
  for (const { id, hash, made, expires } of user.keys) {
    out.text(id);
    out.raw(hash, 0, KEY_HASH_BYTES);
    out.u64(made);
    out.u64(expires);
  }
  return out.copy();
}

/** Null when malformed. */
export function decodeUser(
  name: string,
  bytes: Uint8Array,
  begin: number,
  end: number,
): User | null {
  const from = new ByteReader(bytes, begin, end);
  const format = from.u8();
  const role = ROLES[from.u8()];
  const everyTenant = from.u8();
  const created = from.varint();
  const tenants: number[] = [];
  for (let left = from.count(); left > 0; left -= 1) tenants.push(from.varint());
  const keys: AccessKey[] = [];
  for (let left = from.count(); left > 0 && !from.failed; left -= 1) {
    keys.push({ id: from.text(), hash: readHash(from), made: from.u64(), expires: from.u64() });
  }
  const known = format === FORMAT && role !== undefined && everyTenant <= 1;
  if (!known || !from.complete) return null;
  return { name, role, everyTenant: everyTenant === 1, tenants, created, keys };
}

/** The next 32 bytes, as a copy. */
export function readHash(from: ByteReader): Uint8Array {
  const hash = new Uint8Array(KEY_HASH_BYTES);
  for (let i = 0; i < KEY_HASH_BYTES; i += 1) hash[i] = from.u8();
  return hash;
}

/** Under the store's cursor, or just found: the record of `[17, tenant]`. */
export function readTenant(store: Store, tenant: number): Tenant {
  const { value, valueFrom, valueBytes } = store;
  const name = readText(value, valueFrom + TENANT_BYTES, valueBytes - TENANT_BYTES);
  return { tenant, name, created: readU64(value, valueFrom) };
}

/** Of the key of a tenant's record, under the store's cursor. */
export function tenantUnderCursor(store: Store): number {
  return store.keyBytes === TENANT_KEY_BYTES ? readBigEndian32(store.key, store.keyFrom + 1) : 0;
}

const SPACE = 0x20;
const DELETE = 0x7f;

/** 1 to `bytesMax` bytes of UTF-8 without control characters. */
export function isName(name: string, bytesMax: number): boolean {
  if (name.length > bytesMax) return false;
  const bytes = utf8Length(name);
  if (bytes === UTF8_INVALID || bytes < 1 || bytes > bytesMax) return false;
  for (let i = 0; i < name.length; i += 1) {
    const unit = name.charCodeAt(i);
    if (unit < SPACE || unit === DELETE) return false;
  }
  return true;
}

/** Of role admin, with a key that lets it in for ever. */
export function isLastingAdmin(user: User): boolean {
  return user.role === 'admin' && user.keys.some(({ expires }) => expires === 0);
}
