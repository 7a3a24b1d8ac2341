/**
 * What clients change of users, keys and tenants, and in whose name they work: as in
 * `../workload.ts`, a function of (seed, client, k) alone. Few names and few keys, so that they
 * meet; the first client makes the first admin and some users early, so that there is something to
 * refuse.
 */
import type { Role } from '../../../core/kernel/access-records.ts';
import type { AccessChange, KeyGrant, Reach } from '../../../core/kernel/access-request.ts';
import { encodeAccessRequest } from '../../../core/kernel/access-request.ts';
import { OPERATION_ACCESS, TENANT_SYSTEM } from '../../../core/kernel/operation.ts';
import { encodeCommitRequest } from '../../../core/sql/session/request.ts';
import { LATEST, WORK_ACCESS } from '../history.ts';
import type { Draw, Work } from '../workload.ts';

const SITE_CHANGE = 400;
const SITE_VERB = 401;
const SITE_ACTOR = 402;
const SITE_SUBJECT = 403;
const SITE_ROLE = 404;
const SITE_REACH = 405;
const SITE_KEY = 406;
/** And the two after it. */
const SITE_USER = 410;
const SITE_COMMIT = 411;

/** The first one is made by the bootstrap. */
const USERS = ['ada', 'bob', 'cyd', 'dee', 'eve', 'fay'] as const;
const STRANGER = 'mal';
const TENANT_NAMES = ['clinic', 'lab', 'ward'] as const;
/** More admins and writers than others: what is refused shows less than what is done. */
const ROLES: readonly Role[] = [
  'admin',
  'writer',
  'writer',
  'writer',
  'reader',
  'reader',
  'auditor',
];
const REACHES: readonly Reach[] = [
  { everyTenant: true, tenants: [] },
  { everyTenant: true, tenants: [] },
  { everyTenant: false, tenants: [1] },
  { everyTenant: false, tenants: [2] },
  { everyTenant: false, tenants: [1, 2] },
  { everyTenant: false, tenants: [3] },
];
/** Of operation numbers of the first client. Tables are made before. */
const BOOTSTRAP_AT = 3;
const USERS_MADE_AT = [4, 5, 6];
const HASH_BYTES = 32;
const KEYS = 8;
const LATER = 0x10_0000_0000_0000;
/** A write set without a table, an index or a record (`core/sql/rows/seal.ts`). */
const NO_WRITES: Uint8Array = new Uint8Array(9);
const NO_READS: Uint8Array = new Uint8Array(4);
/** Of the statements, one in this many is a transaction's end. */
const COMMITS_OF = 12;

/** Every hash that a key of the workload may have. */
export const KEY_HASHES: readonly Uint8Array[] = Array.from({ length: KEYS }, (_, i) =>
  new Uint8Array(HASH_BYTES).fill(i + 1),
);

/** Fills in operation `k` of `client` when it is a change of access; false: it is not. */
export function nextAccessWork(
  client: number,
  k: number,
  draw: Draw,
  accessOf100: number,
  into: Work,
): boolean {
  if (accessOf100 === 0 || k < BOOTSTRAP_AT) return false;
  const early = client === 0 && makesUsers(k);
  if (!early && draw(SITE_CHANGE, 100) >= accessOf100) return false;
  const actor = early ? USERS[0] : drawActor(draw);
  into.kind = WORK_ACCESS;
  into.tenant = TENANT_SYSTEM;
  into.operation = OPERATION_ACCESS;
  into.subject = 0;
  into.position = LATEST;
  const change = early ? earlyChange(k, draw) : drawChange(draw);
  into.body = encodeAccessRequest({ actor, change });
  return true;
}

/** Whether operation `k` may be one that makes the users of a run. */
export function makesUsers(k: number): boolean {
  return k === BOOTSTRAP_AT || USERS_MADE_AT.includes(k);
}

/** A user who is not this one. */
export function anotherUser(user: string): string {
  return user === USERS[0] ? USERS[1] : USERS[0];
}

/** In whose name operation `k` is done. The first ones make tables, and must be let. */
export function drawUser(k: number, draw: Draw): string {
  if (k < BOOTSTRAP_AT) return USERS[0];
  const roll = draw(SITE_USER, 16);
  if (roll < 5) return USERS[0];
  if (roll < 15) return USERS[1 + ((roll - 5) % 3)]!;
  return STRANGER;
}

/** Now and then the end of a transaction that changed nothing: it must be let, or refused. */
export function drawCommit(user: string, k: number, draw: Draw): Uint8Array | null {
  if (k <= BOOTSTRAP_AT || draw(SITE_COMMIT, COMMITS_OF) !== 0) return null;
  const parts = { kind: 'commit', snapshot: 0, text: '' } as const;
  return encodeCommitRequest({ ...parts, user, reads: NO_READS, writes: NO_WRITES });
}

function drawActor(draw: Draw): string {
  const roll = draw(SITE_ACTOR, 16);
  if (roll < 9) return USERS[0];
  return roll === 15 ? STRANGER : USERS[1 + ((roll - 9) % 3)]!;
}

function earlyChange(k: number, draw: Draw): AccessChange {
  if (k === BOOTSTRAP_AT) return bootstrap(USERS[0], drawKey(draw));
  const user = USERS[1 + USERS_MADE_AT.indexOf(k)]!;
  return { kind: 'create user', user, role: drawRole(draw), reach: drawReach(draw), key: null };
}

/** Mostly a key that the first admin may have. */
function bootstrap(user: string, key: KeyGrant): AccessChange {
  return { kind: 'bootstrap', user, key: key.expires === 1 ? key : { ...key, expires: 0 } };
}

function drawChange(draw: Draw): AccessChange {
  const user = USERS[draw(SITE_SUBJECT, USERS.length)]!;
  const roll = draw(SITE_VERB, 16);
  if (roll < 4) {
    const key = draw(SITE_KEY + 2, 2) === 0 ? null : drawKey(draw);
    return { kind: 'create user', user, role: drawRole(draw), reach: drawReach(draw), key };
  }
  if (roll < 6) return { kind: 'drop user', user };
  if (roll < 9) return { kind: 'set role', user, role: drawRole(draw) };
  if (roll < 11) return { kind: 'set reach', user, reach: drawReach(draw) };
  if (roll < 13) return { kind: 'add key', user, key: drawKey(draw) };
  if (roll < 14) return { kind: 'drop key', user, id: drawKey(draw).id };
  if (roll === 15) return bootstrap(user, drawKey(draw));
  return { kind: 'create tenant', name: TENANT_NAMES[draw(SITE_KEY, TENANT_NAMES.length)]! };
}

function drawRole(draw: Draw): Role {
  return ROLES[draw(SITE_ROLE, ROLES.length)]!;
}

function drawReach(draw: Draw): Reach {
  return REACHES[draw(SITE_REACH, REACHES.length)]!;
}

/** Half of the keys are named alike whatever their hash. */
function drawKey(draw: Draw): KeyGrant {
  const which = draw(SITE_KEY, KEYS);
  const roll = draw(SITE_KEY + 1, 8);
  const expires = roll === 0 ? 1 : roll === 1 ? LATER : 0;
  return { id: `k${roll & 4 ? which : which & 1}`, hash: KEY_HASHES[which]!, expires };
}
