/**
 * The flags by which a command finds its database, and the connection that they make. Keys never
 * stand on a command line, where everybody who may list processes could read them: they come from
 * `KIMBERLITE_KEY`, or from a file.
 */
import { readFileSync } from 'node:fs';
import { connect } from '../client/connect.ts';
import type { ClientDatabase, ConnectOptions } from '../client/connect.ts';
import { readApiKey } from '../config/api-key.ts';
import { DatabaseError } from '../embedded/errors.ts';
import { DEFAULT_ADDRESS } from './addresses.ts';
import { tell } from './print.ts';
import { CommandError, EXIT_FAILED, endpointOf, once, wholeNumber } from './usage.ts';

export interface ConnectionArguments {
  readonly address?: unknown;
  readonly tenant?: unknown;
  readonly 'key-file'?: unknown;
  readonly 'tls-authority'?: unknown;
  readonly tls?: unknown;
  readonly wait?: unknown;
}

const WAIT_SECONDS_MAX = 3600;
const SAY_MILLIS = 1000;

/** Addresses from the flag, the environment, or the usual one. */
export function addressesOf(args: ConnectionArguments): readonly string[] {
  const given = once('address', args.address) ?? process.env['KIMBERLITE_ADDRESS'];
  const addresses = (given ?? DEFAULT_ADDRESS).split(',').map((each) => each.trim());
  for (const each of addresses) endpointOf('address', each);
  return addresses;
}

export async function connectTo(args: ConnectionArguments): Promise<ClientDatabase> {
  const address = addressesOf(args);
  const seconds = wholeNumber('wait', args.wait, 1, WAIT_SECONDS_MAX);
  const key = keyOf(args);
  const tenant = once('tenant', args.tenant);
  const options: ConnectOptions = {
    address,
    name: 'kimberlite',
    patienceMillis: seconds * 1000,
    tls: tlsOf(args),
    ...(key !== null && { key }),
    ...(tenant !== undefined && { tenant }),
  };
  const say = setTimeout(() => {
    if (process.stderr.isTTY) tell(`waiting for a server at ${address.join(', ')}`);
  }, SAY_MILLIS);
  try {
    return await connect(options);
  } catch (error) {
    throw refused(error, key !== null);
  } finally {
    clearTimeout(say);
  }
}

function keyOf(args: ConnectionArguments): string | null {
  const path = once('key-file', args['key-file']);
  let key = process.env['KIMBERLITE_KEY'] ?? '';
  if (path !== undefined) {
    try {
      key = readFileSync(path, 'utf8').trim();
    } catch (error) {
      throw new CommandError(`--key-file cannot be read: ${(error as Error).message}`);
    }
  }
  if (key === '') return null;
  if (readApiKey(key) !== null) return key;
  const where = path === undefined ? 'KIMBERLITE_KEY' : path;
  throw new CommandError(`${where} holds no API key; one looks like kmb_…, as it was shown once`);
}

function tlsOf(args: ConnectionArguments): NonNullable<ConnectOptions['tls']> {
  const path = once('tls-authority', args['tls-authority']);
  if (path === undefined) return args.tls === true;
  try {
    return { ca: readFileSync(path) };
  } catch (error) {
    throw new CommandError(`--tls-authority cannot be read: ${(error as Error).message}`);
  }
}

/** Why there is no connection, and what to do. */
function refused(error: unknown, hasKey: boolean): unknown {
  if (!(error instanceof DatabaseError)) return error;
  const { code, message, detail, hint } = error;
  const more = [detail, hint].filter((each) => each !== '').join('; ');
  if (code === '28000' && !hasKey && !message.includes(': TLS: ')) {
    return new CommandError(`${message}; set KIMBERLITE_KEY, or give --key-file`, EXIT_FAILED);
  }
  return new CommandError(more === '' ? message : `${message}: ${more}`, EXIT_FAILED);
}

/** Runs `work` on a connection, and closes it. Errors of the database end the command with 1. */
export async function withDatabase<T>(
  args: ConnectionArguments,
  work: (database: ClientDatabase) => Promise<T>,
): Promise<T> {
  const database = await connectTo(args);
  try {
    return await work(database);
  } catch (error) {
    throw error instanceof DatabaseError ? asCommandError(error) : error;
  } finally {
    await database.close();
  }
}

function asCommandError({ code, message, detail, hint }: DatabaseError): CommandError {
  const more = [detail, hint].filter((each) => each !== '').map((each) => `; ${each}`);
  return new CommandError(`ERROR ${code}: ${message}${more.join('')}`, EXIT_FAILED);
}
