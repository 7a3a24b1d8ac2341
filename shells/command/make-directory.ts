/**
 * Makes the directories of servers: configuration and data, all of it, durable, or nothing.
 *
 * Everything is written into a directory beside the one that is wanted and renamed into place at
 * the end, as `format.ts` does for a node's data. Without holes the journal takes its whole room
 * now, so that no write finds the disk full later; whether there is that much is asked first.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Limits } from '../../core/limits.ts';
import { formatNode, recoverNode } from '../../core/node.ts';
import type { NodeSeat, RefusedNode } from '../../core/node.ts';
import type { Disk } from '../../core/ports.ts';
import { CONFIG_FILE, DATA_FOLDER, formatConfig } from '../config/config.ts';
import type { Config, ServerConfig } from '../config/config.ts';
import { formatDirectory } from '../format.ts';
import { random128, systemCrypto } from '../system.ts';
import { Progress, bytesText } from './print.ts';
import { CommandError, quotePath } from './usage.ts';

/** As it is written into superblocks and entries. */
export const RELEASE = 1;
export const SHARD = 0;
/** What else a fresh directory takes besides its journal, generously. */
const SPARE_BYTES = 64 << 20;

export interface Made {
  /** Relative to the directory; empty: the directory itself. */
  readonly folder: string;
  readonly config: Config;
}

export interface MakeOptions {
  readonly limits: Limits;
  /** Journals that take room as they are filled: quick and small. */
  readonly holes: boolean;
  /** A member whose disk was replaced: without a vote until it holds what it may have promised. */
  readonly recover?: boolean;
}

/** Throws `CommandError`, having changed nothing. */
export async function makeDirectory(
  directory: string,
  parts: readonly Made[],
  options: MakeOptions,
): Promise<void> {
  const target = resolve(directory);
  assertFree(directory, target);
  const servers = parts.filter(({ config }) => config.kind === 'server').length;
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    if (!options.holes) assertRoom(directory, dirname(target), servers, options.limits);
    const draft = mkdtempSync(`${target}.making-`);
    try {
      const progress = new Progress(`reserving ${basename(target)}`, bytesText);
      for (const part of parts)
        await writePart(draft, part, options, reserving(progress, servers, options));
      progress.end();
      syncDirectory(draft);
      renameSync(draft, target);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
    syncDirectory(dirname(target));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${directory} cannot be made: ${(error as Error).message}`);
  }
}

export function seatOf({ cluster, replica, members }: ServerConfig): NodeSeat {
  const replicaCount = members.length;
  return { cluster, shard: SHARD, replica, replicaCount, standbyCount: 0, release: RELEASE };
}

function assertFree(directory: string, target: string): void {
  let names: readonly string[];
  try {
    names = readdirSync(target);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    throw new CommandError(`${directory} cannot be used: ${message}; choose another directory`);
  }
  if (names.length === 0) return;
  const is = names.includes(CONFIG_FILE)
    ? `is a database already; start it with: kimberlite start ${quotePath(directory)}`
    : `is not empty (it has ${names[0]!}); choose another directory`;
  throw new CommandError(`${directory} ${is}`);
}

function journalBytes({ journalSlots, prepareBytesMax, sectorBytes }: Limits): number {
  return journalSlots * (prepareBytesMax + sectorBytes);
}

function assertRoom(directory: string, parent: string, servers: number, limits: Limits): void {
  const { bavail, bsize } = statfsSync(parent);
  const needed = servers * (journalBytes(limits) + SPARE_BYTES);
  const free = bavail * bsize;
  if (free >= needed) return;
  throw new CommandError(
    `${directory} needs ${bytesText(needed)} and its disk has ${bytesText(free)} left; ` +
      'make room, choose another disk, or try it out with --development',
  );
}

function reserving(
  progress: Progress,
  servers: number,
  { limits }: MakeOptions,
): (bytes: number) => void {
  let done = 0;
  const total = servers * journalBytes(limits);
  return (bytes) => {
    done += bytes;
    progress.show(done, total);
  };
}

async function writePart(
  draft: string,
  { folder, config }: Made,
  options: MakeOptions,
  onReserved: (bytes: number) => void,
): Promise<void> {
  const place = join(draft, folder);
  mkdirSync(place, { recursive: true, mode: 0o700 });
  if (config.kind === 'server') {
    const { holes } = options;
    const write = (disk: Disk): string | null => format(disk, config, options)?.message ?? null;
    const data = join(place, DATA_FOLDER);
    const failure = await formatDirectory(data, write, { holes, onReserved });
    if (failure !== null) throw new Error(failure);
  }
  writeDurably(join(place, CONFIG_FILE), formatConfig(config));
  syncDirectory(place);
}

function format(
  disk: Disk,
  config: ServerConfig,
  { limits, recover }: MakeOptions,
): RefusedNode | null {
  const seat = seatOf(config);
  if (recover !== true) return formatNode(disk, seat, limits, systemCrypto);
  return recoverNode(disk, seat, limits, systemCrypto, random128());
}

function writeDurably(path: string, text: string): void {
  const fd = openSync(path, 'wx', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
