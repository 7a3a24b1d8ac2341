/**
 * `kimberlite init`: makes the directory of a server, of a local cluster, or of one machine's
 * member of a cluster. Says how to start, use and stop what it made.
 */
import { PRODUCTION } from '../../core/limits.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { hex128, parse128 } from '../../core/types/hash128.ts';
import { makeApiKey } from '../config/api-key.ts';
import { MEMBERS_MAX, formatConfig, formatEndpoint, parseConfig } from '../config/config.ts';
import type { FirstAdmin, Member, ServerConfig, TlsFiles } from '../config/config.ts';
import { readTls } from '../server/tls-files.ts';
import { random128 } from '../system.ts';
import type { Endpoint } from '../tcp-network.ts';
import { DEFAULT_ADDRESS, localAddresses, memberAt } from './addresses.ts';
import { makeDirectory } from './make-directory.ts';
import type { Made } from './make-directory.ts';
import { say, sayJson, tell } from './print.ts';
import { CommandError, EXIT_DONE, endpointOf, once, quotePath, wholeNumber } from './usage.ts';

const ADMIN = 'admin';

export interface InitArguments {
  readonly directory?: unknown;
  readonly development?: unknown;
  readonly replicas?: unknown;
  readonly address?: unknown;
  readonly members?: unknown;
  readonly replica?: unknown;
  readonly cluster?: unknown;
  readonly admin?: unknown;
  readonly 'tls-certificate'?: unknown;
  readonly 'tls-key'?: unknown;
  readonly 'tls-authority'?: unknown;
  readonly json?: unknown;
}

export interface Plan {
  readonly cluster: Hash128;
  readonly members: readonly Member[];
  /** Which member this directory is; null: all of them, a folder each. */
  readonly replica: number | null;
  readonly development: boolean;
  readonly tls: TlsFiles | null;
  readonly admin: FirstAdmin | null;
  /** The admin's key, when it was made just now. */
  readonly key: string | null;
}

export async function initCommand(args: InitArguments): Promise<number> {
  const directory = once('directory', args.directory) ?? '';
  const plan = planOf(args);
  const parts = partsOf(plan);
  for (const { config } of parts) assertValid(formatConfig(config));
  const tls = plan.tls === null ? null : readTls(directory, plan.tls);
  if (typeof tls === 'string') throw new CommandError(tls);
  await makeDirectory(directory, parts, { limits: PRODUCTION, holes: plan.development });
  if (args.json === true) sayJson(summary(directory, plan));
  else describe(directory, plan);
  return EXIT_DONE;
}

/** What is written must be readable: a mistake in the flags is said as of the file. */
function assertValid(text: string): void {
  const config = parseConfig(text);
  if ('kind' in config) return;
  throw new CommandError(config[0]!);
}

/** Throws `CommandError`. */
export function planOf(args: InitArguments): Plan {
  const development = args.development === true;
  const addresses = addressesOf(args);
  const replica = replicaOf(args, addresses.length);
  const joins = once('cluster', args.cluster);
  const cluster = joins === undefined ? random128() : parse128(joins);
  if (cluster === undefined)
    throw new CommandError(`--cluster takes 32 hex digits, not '${joins}'`);
  const given = once('admin', args.admin);
  if (development && given !== undefined) {
    throw new CommandError('--admin and --development exclude each other: one of them');
  }
  if (joins !== undefined && given === undefined && !development) {
    throw new CommandError('--cluster needs --admin, as the first init printed it');
  }
  const fresh = development || given !== undefined ? null : makeApiKey();
  const admin = fresh === null ? readAdmin(given) : adminOf(fresh.id, fresh.hash);
  const members = addresses.map((client) => memberAt(client));
  return {
    cluster,
    members,
    replica,
    development,
    tls: tlsOf(args),
    admin,
    key: fresh?.text ?? null,
  };
}

function addressesOf(args: InitArguments): readonly Endpoint[] {
  const list = once('members', args.members);
  if (list !== undefined) {
    if (args.address !== undefined || args.replicas !== undefined) {
      throw new CommandError('--members says it all: without --address and --replicas');
    }
    return list.split(',').map((each) => endpointOf('members', each.trim()));
  }
  const first = endpointOf('address', once('address', args.address) ?? DEFAULT_ADDRESS);
  const count = wholeNumber('replicas', args.replicas ?? 1, 1, MEMBERS_MAX);
  return localAddresses(first, count);
}

function replicaOf(args: InitArguments, count: number): number | null {
  const given = once('replica', args.replica);
  if (args.members === undefined) {
    if (given !== undefined) throw new CommandError('--replica goes with --members');
    return count === 1 ? 0 : null;
  }
  if (given === undefined) {
    throw new CommandError('--members needs --replica: which of them is this machine, from 0 on');
  }
  return wholeNumber('replica', given, 0, count - 1);
}

function adminOf(id: string, hash: Uint8Array): FirstAdmin {
  return { user: ADMIN, key: id, sha256: Buffer.from(hash).toString('hex') };
}

function readAdmin(text: string | undefined): FirstAdmin | null {
  if (text === undefined) return null;
  const parts = /^([\da-f]{12}):([\da-f]{64})$/.exec(text);
  if (parts === null) throw new CommandError('--admin takes what the first init printed: ID:HASH');
  return { user: ADMIN, key: parts[1]!, sha256: parts[2]! };
}

function tlsOf(args: InitArguments): TlsFiles | null {
  const files = {
    certificate: once('tls-certificate', args['tls-certificate']),
    key: once('tls-key', args['tls-key']),
    authority: once('tls-authority', args['tls-authority']),
  };
  const { certificate, key, authority } = files;
  if (certificate === undefined && key === undefined && authority === undefined) return null;
  if (certificate === undefined || key === undefined || authority === undefined) {
    throw new CommandError('--tls-certificate, --tls-key and --tls-authority: all three, or none');
  }
  return { certificate, key, authority };
}

/** What is to be made, folder by folder. */
export function partsOf(plan: Plan): readonly Made[] {
  const { cluster, members, replica, development, tls, admin } = plan;
  const server = (index: number): ServerConfig => {
    return { kind: 'server', cluster, replica: index, members, development, tls, admin };
  };
  if (replica !== null) return [{ folder: '', config: server(replica) }];
  const replicas = members.map((_, index) => `replica-${index}`);
  return [
    { folder: '', config: { kind: 'cluster', cluster, replicas } },
    ...replicas.map((folder, index) => ({ folder, config: server(index) })),
  ];
}

function summary(directory: string, plan: Plan): unknown {
  const { cluster, members, replica, development, key, admin } = plan;
  return {
    directory,
    cluster: hex128(cluster),
    replica,
    development,
    clients: members.map(({ client }) => formatEndpoint(client)),
    http: members.map(({ http }) => formatEndpoint(http)),
    admin: admin === null ? null : `${admin.key}:${admin.sha256}`,
    key,
  };
}

function describe(directory: string, plan: Plan): void {
  const { cluster, members, replica, development, key } = plan;
  const path = quotePath(directory);
  const count = members.length;
  const what =
    replica === null
      ? `a local cluster of ${count} servers`
      : count === 1
        ? 'one server'
        : `replica ${replica} of ${count}`;
  const mode = development ? ', for development: loopback only, and nobody needs a key' : '';
  say(`made ${directory}: ${what}${mode}`);
  const addresses = members.map(({ client }) => formatEndpoint(client)).join(',');
  const login = development ? '' : 'KIMBERLITE_KEY=… ';
  if (key !== null) {
    say(`the admin's key, shown only now (${directory} has its hash alone):`);
    say(`  ${key}`);
  }
  if (replica !== null && count > 1) describeOthers(plan, addresses);
  say(`start it  kimberlite start ${path}`);
  say(`use it    ${login}kimberlite repl --address ${addresses}`);
  say(`watch it  kimberlite status ${path}`);
  say(`stop it   kimberlite stop ${path}`);
  if (development && replica === 0 && count === 1) return;
  tell(`cluster ${hex128(cluster)}`);
}

/** What to run on the other machines. */
function describeOthers(
  { cluster, replica, members, admin, tls, development }: Plan,
  addresses: string,
): void {
  const flags = [
    `--members ${addresses}`,
    `--cluster ${hex128(cluster)}`,
    ...(admin === null ? [] : [`--admin ${admin.key}:${admin.sha256}`]),
    ...(tls === null ? [] : ['--tls-certificate … --tls-key … --tls-authority …']),
    ...(development ? ['--development'] : []),
  ].join(' ');
  say('on the other machines:');
  for (const [index] of members.entries()) {
    if (index !== replica) say(`  kimberlite init DIR --replica ${index} ${flags}`);
  }
}
