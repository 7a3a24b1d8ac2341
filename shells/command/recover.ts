/**
 * `kimberlite recover DIR`: the directory of a member whose disk was replaced. It holds nothing,
 * and knows that: started, the member fetches everything from its peers, and votes only when it
 * holds whatever it may ever have acknowledged. Who it was is known from its own configuration,
 * from that of another server of the same local cluster, or from a copy of another member's.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { PRODUCTION } from '../../core/limits.ts';
import { recoverNode } from '../../core/node.ts';
import { hex128 } from '../../core/types/hash128.ts';
import { CONFIG_FILE, DATA_FOLDER } from '../config/config.ts';
import type { ServerConfig } from '../config/config.ts';
import { ConfigError, readConfig } from '../config/read-config.ts';
import { formatDirectory } from '../format.ts';
import { random128, systemCrypto } from '../system.ts';
import { makeDirectory, seatOf } from './make-directory.ts';
import { say, sayJson } from './print.ts';
import { CommandError, EXIT_DONE, once, quotePath, wholeNumber } from './usage.ts';

export interface RecoverArguments {
  readonly directory?: unknown;
  readonly from?: unknown;
  readonly replica?: unknown;
  readonly json?: unknown;
}

export async function recoverCommand(args: RecoverArguments): Promise<number> {
  const directory = once('directory', args.directory) ?? '';
  const { config, isOwn } = configFor(directory, args);
  if (config.members.length === 1) {
    throw new CommandError(
      'a cluster of one has nobody to recover from; restore the directory from a copy',
    );
  }
  assertNoData(directory);
  const options = { limits: PRODUCTION, holes: config.development };
  if (isOwn) await makeData(directory, config, options.holes);
  else await makeDirectory(directory, [{ folder: '', config }], { ...options, recover: true });
  const { cluster, replica } = config;
  if (args.json === true) sayJson({ directory, replica, cluster: hex128(cluster) });
  else {
    say(`made ${directory} anew: replica ${replica} of cluster ${hex128(cluster)}, empty`);
    say(`start it, and it fetches the rest: kimberlite start ${quotePath(directory)}`);
  }
  return EXIT_DONE;
}

interface Found {
  readonly config: ServerConfig;
  /** It stands in the directory already. */
  readonly isOwn: boolean;
}

function configFor(directory: string, args: RecoverArguments): Found {
  const from = once('from', args.from);
  const isOwn = existsSync(join(directory, CONFIG_FILE));
  if (from === undefined && isOwn) {
    if (args.replica !== undefined) {
      throw new CommandError(`--replica goes with --from: ${directory} says which one it is`);
    }
    const config = readConfig(directory);
    if (config.kind === 'server') return { config, isOwn };
    throw new CommandError(`${directory} is a cluster; recover one of its servers' directories`);
  }
  if (from !== undefined && isOwn) {
    throw new CommandError(`${directory} has a ${CONFIG_FILE}: recover it without --from`);
  }
  const config = from === undefined ? siblingOf(directory) : serverConfigIn(from);
  if (from === undefined) return { config, isOwn };
  if (args.replica === undefined) {
    throw new CommandError('--from needs --replica: which of the members this one is');
  }
  const replica = wholeNumber('replica', args.replica, 0, config.members.length - 1);
  return { config: { ...config, replica }, isOwn };
}

/** What another server of the local cluster knows, in whose directory this one stands. */
function siblingOf(directory: string): ServerConfig {
  const [parent, folder] = [dirname(resolve(directory)), basename(resolve(directory))];
  const help = 'give a copy of another member’s kimberlite.json: --from FILE --replica N';
  if (!existsSync(join(parent, CONFIG_FILE))) {
    throw new CommandError(`${directory} has no ${CONFIG_FILE}; ${help}`);
  }
  const cluster = readConfig(parent);
  const replica = cluster.kind === 'cluster' ? cluster.replicas.indexOf(folder) : -1;
  if (cluster.kind !== 'cluster' || replica < 0) {
    throw new CommandError(`${parent} knows no server ${folder}; ${help}`);
  }
  for (const other of cluster.replicas) {
    if (other === folder || !existsSync(join(parent, other, CONFIG_FILE))) continue;
    const config = readConfig(join(parent, other));
    if (config.kind === 'server') return { ...config, replica };
  }
  throw new CommandError(`no other server of ${parent} has its ${CONFIG_FILE}; ${help}`);
}

/** A file, or a directory with one. */
function serverConfigIn(from: string): ServerConfig {
  const directory = basename(from) === CONFIG_FILE ? dirname(from) : from;
  const config = readConfig(directory);
  if (config.kind === 'server') return config;
  throw new ConfigError(`${from} is a cluster's; give one of its servers'`);
}

function assertNoData(directory: string): void {
  const data = join(directory, DATA_FOLDER);
  let names: readonly string[];
  try {
    names = readdirSync(data);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    throw new CommandError(`${data} cannot be read: ${message}`);
  }
  if (names.length === 0) return;
  throw new CommandError(
    `${data} is not empty: what it holds may be promised to others; move it away first`,
  );
}

async function makeData(directory: string, config: ServerConfig, holes: boolean): Promise<void> {
  const failure = await formatDirectory(
    join(directory, DATA_FOLDER),
    (disk) => {
      const seat = seatOf(config);
      const refused = recoverNode(disk, seat, PRODUCTION, systemCrypto, random128());
      return refused === null ? null : refused.message;
    },
    { holes },
  );
  if (failure !== null) throw new CommandError(failure);
}
