/**
 * `import { connect } from 'kimberlite/client'`: a database at its servers, with the shape of the
 * embedded one.
 *
 * `connect` needs the address of one server and learns the others. It finds the primary, and finds
 * it again when it changes: calls under way are repeated there, and a write happens once however
 * often it was sent.
 */
import { CALL_OPTIONS, checkOptions } from '../embedded/calls.ts';
import { DatabaseError } from '../embedded/errors.ts';
import type { CallOptions } from '../embedded/limit.ts';
import { parseAddress } from './address.ts';
import { Connector } from './connector.ts';
import { ClientDatabase } from './database.ts';
import { CHANNELS_MAX } from './pool.ts';
import { tcpDial } from './tcp-link.ts';
import type { TlsOptions } from './tcp-link.ts';

export type { Change, SubscribeOptions } from '../embedded/subscription.ts';
export type { Imported } from '../embedded/import-script.ts';
export type { Verification } from '../embedded/verify.ts';
export type { Column, Result, ResultOptions, Row } from '../embedded/results.ts';
export type { Parameter } from '../embedded/parameters.ts';
export type { TransactionOptions } from '../embedded/calls.ts';
export type { CallOptions } from '../embedded/limit.ts';
export type { ClientAsOf, ClientStatement } from './database.ts';
export type { ClientCallOptions, ClientExecuteOptions, ClientSession } from './session.ts';
export type { ServerInfo } from './link.ts';
export type { TlsOptions } from './tcp-link.ts';
export { Timestamp } from '../embedded/timestamp.ts';
export { ClientDatabase, DatabaseError };

export interface ConnectOptions extends CallOptions {
  /** `host:port` of one server or of several; the others are learned. */
  readonly address: string | readonly string[];
  /** The API key; none is needed where access is not enforced (`--development`). */
  readonly key?: string;
  /** The tenant's name. Default: the user's only one. */
  readonly tenant?: string;
  /** `true`: TLS with the certificates that Node.js trusts. Default: none. */
  readonly tls?: boolean | TlsOptions;
  /** What the servers' logs call this client. Default: `kimberlite/client`. */
  readonly name?: string;
  /** Calls that may run beside each other; more wait. Default: 64. */
  readonly channels?: number;
  /** Bytes of rows that one call may hold; `stream` has no end. Default: 256 MiB. */
  readonly resultBytesMax?: number;
  /** How long calls wait for a primary while there is none. Default: 30,000. */
  readonly patienceMillis?: number;
}

const CONNECT_OPTIONS: readonly string[] = [
  ...CALL_OPTIONS,
  'address',
  'key',
  'tenant',
  'tls',
  'name',
  'channels',
  'resultBytesMax',
  'patienceMillis',
];
const CHANNELS = 64;
const RESULT_BYTES_MAX = 256 << 20;
const PATIENCE_MILLIS = 30_000;

/** Resolves when the primary has answered. Throws `DatabaseError`: 08001, 28000, 3D000, …. */
export async function connect(options: ConnectOptions): Promise<ClientDatabase> {
  checkOptions(options, CONNECT_OPTIONS);
  const { address, key = '', tenant = '', name = 'kimberlite/client', tls = false } = options;
  const { channels = CHANNELS, resultBytesMax = RESULT_BYTES_MAX } = options;
  const { patienceMillis = PATIENCE_MILLIS } = options;
  const addresses = typeof address === 'string' ? address.split(',') : [...(address ?? [])];
  if (addresses.length === 0) throw new DatabaseError('22023', 'no address of a server was given');
  for (const one of addresses) parseAddress(one);
  wholeNumber('channels', channels, CHANNELS_MAX - 1);
  wholeNumber('resultBytesMax', resultBytesMax, Number.MAX_SAFE_INTEGER);
  wholeNumber('patienceMillis', patienceMillis, 0x7fff_ffff);
  const trusted = tls === true ? {} : tls === false ? null : tls;
  const dial = tcpDial({ key, tenant, client: name, tls: trusted });
  const connector = new Connector({ addresses, dial, patienceMillis });
  const database = new ClientDatabase({ connector, channelsMax: channels, resultBytesMax });
  try {
    await database.ready(options);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

function wholeNumber(name: string, value: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return;
  throw new DatabaseError('22023', `${name} is a whole number from 1 to ${most}`);
}
