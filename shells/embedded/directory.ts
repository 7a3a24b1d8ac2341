/**
 * A data directory, or memory, opened as one node: made when it is empty, locked while it is open.
 *
 * Made like any other (`format.ts`): beside the place that is wanted, synced, renamed into it. So
 * an interrupted `open` leaves nothing half-made. Whose directory it is stands in its superblock.
 */
import { mkdirSync, readdirSync, realpathSync } from 'node:fs';
import type { Limits } from '../../core/limits.ts';
import { formatNode } from '../../core/node.ts';
import type { NodeSeat } from '../../core/node.ts';
import { rebuildStore, storeRootHolds } from '../../core/node/rebuild-store.ts';
import { IO_OK } from '../../core/ports.ts';
import type { Disk, IoStatus, Ticket } from '../../core/ports.ts';
import { openSuperblock } from '../../core/storage/superblock-open.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import type { SuperblockState } from '../../core/vsr/interfaces.ts';
import type { Checkpoint } from '../../core/vsr/message.ts';
import { lockDirectory } from '../directory-lock.ts';
import type { DirectoryLock } from '../directory-lock.ts';
import type { DiskProblem } from '../disk-health.ts';
import { formatDirectory } from '../format.ts';
import { FsDisk } from '../fs-disk.ts';
import { LocalNode } from '../local-node.ts';
import { MemoryDisk } from '../memory-disk.ts';
import { random128, systemCrypto } from '../system.ts';
import { DatabaseError } from './errors.ts';

/** As it is written into superblocks and entries; the same for servers (`replica.ts`). */
const RELEASE = 1;
const SHARD = 0;

export interface OpenedDirectory {
  readonly local: LocalNode;
  readonly cluster: Hash128;
  /** Why the disk takes nothing; null: as far as is known, it does. */
  readonly diskProblem: () => DiskProblem | null;
  /** Gives up disk and lock; the node was closed before. */
  close(): void;
}

function seatOf(cluster: Hash128): NodeSeat {
  const single = { replica: 0, replicaCount: 1, standbyCount: 0 };
  return { cluster, shard: SHARD, ...single, release: RELEASE };
}

export interface DirectoryOptions {
  readonly limits: Limits;
  readonly onStopped: (reason: string) => void;
  readonly onSettled: () => void;
  /** The disk began to refuse what is written, or (null) takes it again. */
  readonly onDisk?: (problem: DiskProblem | null) => void;
  /** Makes the store anew from the logs, whatever it looks like. */
  readonly rebuild: boolean;
}

export function openMemory(options: DirectoryOptions): OpenedDirectory {
  let local: LocalNode | null = null;
  const disk = new MemoryDisk((ticket, status) => local?.synced(ticket, status));
  const cluster = random128();
  const refused = formatNode(disk, seatOf(cluster), options.limits, systemCrypto);
  if (refused !== null) throw new DatabaseError('58030', refused.message);
  local = openLocal(disk, cluster, options);
  return { local, cluster, diskProblem: () => null, close: () => disk.close() };
}

export async function openDirectory(
  directory: string,
  options: DirectoryOptions,
): Promise<OpenedDirectory> {
  await makeIfEmpty(directory, options.limits);
  const lock = takeLock(directory);
  let local: LocalNode | null = null;
  let disk: FsDisk | null = null;
  try {
    let onSynced = (ticket: Ticket, status: IoStatus): void => local?.synced(ticket, status);
    const node = onSynced;
    disk = new FsDisk({
      directory,
      onSynced: (ticket, status) => onSynced(ticket, status),
      onProblem: (problem) => options.onDisk?.(problem),
    });
    const { limits } = options;
    const { cluster, checkpoint } = superblockOf(disk, directory, limits);
    if (options.rebuild || !storeRootHolds(disk, limits, systemCrypto, cluster, checkpoint)) {
      rebuild(disk, limits, cluster, checkpoint);
      await syncStores(disk, (listener) => (onSynced = listener));
      onSynced = node;
    }
    local = openLocal(disk, cluster, options);
    const opened = disk;
    const close = (): void => {
      opened.close();
      lock.release();
    };
    return { local, cluster, diskProblem: () => opened.problem, close };
  } catch (error) {
    disk?.close();
    lock.release();
    throw error;
  }
}

async function makeIfEmpty(directory: string, limits: Limits): Promise<void> {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // Locks of others count for nothing: one who is about to make it holds no lock yet.
    if (readdirSync(directory).length > 0) return;
  } catch (error) {
    throw new DatabaseError('58030', (error as Error).message);
  }
  const failure = await formatDirectory(
    directory,
    (disk) => {
      const refused = formatNode(disk, seatOf(random128()), limits, systemCrypto);
      return refused === null ? null : refused.message;
    },
    { holes: true },
  );
  // Somebody else may have made it meanwhile: then it is open to us like any other.
  if (failure !== null && readdirSync(directory).length === 0) {
    throw new DatabaseError('58030', failure);
  }
}

function takeLock(directory: string): DirectoryLock {
  let lock: DirectoryLock | string;
  try {
    lock = lockDirectory(realpathSync(directory));
  } catch (error) {
    throw new DatabaseError('58030', (error as Error).message);
  }
  if (typeof lock !== 'string') return lock;
  throw new DatabaseError('55006', `cannot open ${directory}: ${lock}`);
}

function superblockOf(disk: Disk, directory: string, limits: Limits): SuperblockState {
  const silent = { step: () => undefined };
  const superblock = openSuperblock(disk, limits, systemCrypto, silent);
  if (superblock.kind === 'opened') return superblock.state;
  const missing = superblock.code === 'missing';
  const what = missing ? 'it is no database: it has files, but no superblock' : superblock.detail;
  throw new DatabaseError(missing ? '58P01' : 'XX001', `cannot open ${directory}: ${what}`);
}

/** The store is missing or damaged at its root: the logs have all that it had. */
function rebuild(disk: Disk, limits: Limits, cluster: Hash128, checkpoint: Checkpoint): void {
  const failure = rebuildStore(disk, limits, systemCrypto, cluster, checkpoint);
  if (failure === null) return;
  throw new DatabaseError('XX001', 'the store is damaged, and cannot be rebuilt from the logs', {
    detail: failure,
  });
}

async function syncStores(
  disk: Disk,
  listen: (onSynced: (ticket: Ticket, status: IoStatus) => void) => void,
): Promise<void> {
  const results: ((status: IoStatus) => void)[] = [];
  listen((ticket, status) => results[ticket]!(status));
  const stores = disk.list('tenants/').filter((name) => name.endsWith('/store'));
  const syncs = stores.map(
    (name, ticket) =>
      new Promise<IoStatus>((done) => {
        results[ticket] = done;
        disk.sync(disk.open(name), ticket);
      }),
  );
  const failed = (await Promise.all(syncs)).find((status) => status !== IO_OK);
  if (failed !== undefined) throw new DatabaseError('58030', 'a rebuilt store could not be synced');
}

function openLocal(disk: Disk, cluster: Hash128, options: DirectoryOptions): LocalNode {
  const seat = seatOf(cluster);
  const local = LocalNode.open({ disk, seat, crypto: systemCrypto, ...options });
  if (local instanceof LocalNode) return local;
  const { code, message } = local;
  const damaged = code === 'damaged' || code === 'rot';
  throw new DatabaseError(damaged ? 'XX001' : '58P01', `cannot open: ${message}`);
}
