/**
 * `kimberlite user` and `kimberlite tenant`: who may enter, as what, and what there is to enter.
 * Keys are drawn here and shown once; the servers get their hashes only.
 */
import { encodeAccessRequest } from '../../core/kernel/access-request.ts';
import type { AccessChange, KeyGrant, Reach } from '../../core/kernel/access-request.ts';
import { ROLES } from '../../core/kernel/access-records.ts';
import type { Role } from '../../core/kernel/access-records.ts';
import type { ClientDatabase } from '../client/connect.ts';
import { makeApiKey } from '../config/api-key.ts';
import { textColumns } from '../repl/describe.ts';
import { formatResult } from '../repl/format-result.ts';
import { withDatabase } from './connection.ts';
import type { ConnectionArguments } from './connection.ts';
import { say, sayJson } from './print.ts';
import { CommandError, EXIT_DONE, EXIT_FAILED, once } from './usage.ts';

export interface AccessArguments extends ConnectionArguments {
  readonly name?: unknown;
  readonly role?: unknown;
  readonly tenants?: unknown;
  readonly expires?: unknown;
  readonly id?: unknown;
  readonly json?: unknown;
}

export type AccessVerb =
  | 'tenant create'
  | 'tenant list'
  | 'user create'
  | 'user drop'
  | 'user list'
  | 'user role'
  | 'user tenants'
  | 'user key'
  | 'user drop-key';

const DAY_MICROS = 86_400_000_000;
const DAYS_MAX = 36_500;

export function accessCommand(verb: AccessVerb, args: AccessArguments): Promise<number> {
  const plan = planOf(verb, args);
  return withDatabase(args, async (database) => {
    await plan(database);
    return EXIT_DONE;
  });
}

type Plan = (database: ClientDatabase) => Promise<void>;

/** Flags are read before anything is connected. */
function planOf(verb: AccessVerb, args: AccessArguments): Plan {
  const name = once('name', args.name) ?? '';
  const json = args.json === true;
  switch (verb) {
    case 'tenant list':
      return (database) => list(database, 'tenants', json);
    case 'user list':
      return (database) => list(database, 'users', json);
    case 'tenant create':
      return (database) => change(database, { kind: 'create tenant', name }, `made ${name}`, json);
    case 'user drop':
      return (database) => change(database, { kind: 'drop user', user: name }, 'dropped', json);
    case 'user create':
      return createUser(name, args);
    case 'user role': {
      const role = roleOf(args.role);
      const said = `${name} is ${role} now`;
      return (database) => change(database, { kind: 'set role', user: name, role }, said, json);
    }
    case 'user tenants': {
      const wanted = args.tenants;
      return async (database) => {
        const reach = await reachOf(database, wanted);
        await change(database, { kind: 'set reach', user: name, reach }, 'done', json);
      };
    }
    case 'user key':
      return addKey(name, args);
    case 'user drop-key': {
      const id = once('id', args.id) ?? '';
      const said = `${id} opens nothing any more`;
      return (database) => change(database, { kind: 'drop key', user: name, id }, said, json);
    }
  }
}

function createUser(user: string, args: AccessArguments): Plan {
  const role = roleOf(args.role);
  const expires = expiryOf(args.expires);
  return async (database) => {
    const reach = await reachOf(database, args.tenants);
    const { key, text } = grant(expires);
    await apply(database, { kind: 'create user', user, role, reach, key });
    showKey(`made user ${user}, ${role}`, user, key, text, args);
  };
}

function addKey(user: string, args: AccessArguments): Plan {
  const expires = expiryOf(args.expires);
  return async (database) => {
    const { key, text } = grant(expires);
    await apply(database, { kind: 'add key', user, key });
    showKey(`made a key for ${user}`, user, key, text, args);
  };
}

function showKey(
  said: string,
  user: string,
  { id, expires }: KeyGrant,
  text: string,
  args: AccessArguments,
): void {
  const until = expires === 0 ? null : new Date(expires / 1000).toISOString();
  if (args.json === true) return sayJson({ user, id, key: text, expires: until });
  say(`${said}; the key, shown only now${until === null ? '' : `, is good until ${until}`}:`);
  say(text);
}

function grant(expires: number): { readonly key: KeyGrant; readonly text: string } {
  const { id, hash, text } = makeApiKey();
  return { key: { id, hash, expires }, text };
}

function roleOf(value: unknown): Role {
  const text = once('role', value);
  const role = ROLES.find((each) => each === text);
  if (role !== undefined) return role;
  throw new CommandError(`--role takes ${ROLES.join(', ')}, not '${text ?? ''}'`);
}

/** `30d`, or an instant; in microseconds since 1970. 0: never. */
function expiryOf(value: unknown): number {
  const text = once('expires', value);
  if (text === undefined) return 0;
  const days = /^(\d{1,5})d$/.exec(text);
  if (days !== null && Number(days[1]) > 0 && Number(days[1]) <= DAYS_MAX) {
    return Date.now() * 1000 + Number(days[1]) * DAY_MICROS;
  }
  const instant = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(instant)) {
    throw new CommandError(`--expires takes days (30d) or an instant (2027-01-31), not '${text}'`);
  }
  if (instant <= Date.now()) throw new CommandError(`--expires ${text} is in the past`);
  return instant * 1000;
}

/** Tenants by name, as the kernel knows them: by number. */
async function reachOf(database: ClientDatabase, value: unknown): Promise<Reach> {
  const text = once('tenants', value) ?? '';
  if (text === 'all') return { everyTenant: true, tenants: [] };
  const names = text.split(',').map((name) => name.trim());
  const { rows } = await database.admin('tenants');
  const known = rows as readonly { readonly tenant: number; readonly name: string }[];
  const numbers = names.map((name) => {
    const found = known.find((each) => each.name === name);
    if (found !== undefined) return found.tenant;
    const all = known.map((each) => each.name).filter((each) => each !== '');
    throw new CommandError(
      `there is no tenant '${name}'; there are ${all.join(', ')}`,
      EXIT_FAILED,
    );
  });
  return { everyTenant: false, tenants: [...new Set(numbers)].sort((a, b) => a - b) };
}

/** The server puts the name of who is connected in the place of the actor. */
async function apply(database: ClientDatabase, wanted: AccessChange): Promise<void> {
  await database.admin('change', encodeAccessRequest({ actor: '', change: wanted }));
}

async function change(
  database: ClientDatabase,
  wanted: AccessChange,
  said: string,
  json: boolean,
): Promise<void> {
  await apply(database, wanted);
  if (json) sayJson({ done: wanted.kind });
  else say(said);
}

async function list(
  database: ClientDatabase,
  what: 'users' | 'tenants',
  json: boolean,
): Promise<void> {
  const { columns, rows } = await database.admin(what);
  if (json) return sayJson(rows);
  const names = columns.map(({ name }) => name);
  const shown = (rows as readonly Record<string, unknown>[]).map((row) =>
    names.map((name) => String(row[name] ?? '')),
  );
  process.stdout.write(formatResult({ columns: textColumns(...names), rows: shown }, 'table'));
}
