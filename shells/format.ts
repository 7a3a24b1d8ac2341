/**
 * Makes a data directory: all of it, durable, or nothing.
 *
 * The files are written into a directory beside the one that is wanted, synced, and renamed into
 * place at the end. So an interrupted format leaves a neighbour with a telling name, and never
 * something half-made that a node might open.
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
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { IO_OK } from '../core/ports.ts';
import type { Disk, IoStatus } from '../core/ports.ts';
import { stoppedBy } from './disk-health.ts';
import { FsDisk } from './fs-disk.ts';
import type { FsDiskOptions } from './fs-disk.ts';

/** How files grow; see `FsDiskOptions`. */
export type Growth = Pick<FsDiskOptions, 'holes' | 'onReserved'>;

/**
 * Creates `directory`, which must not exist or be empty, with what `write` writes. Returns null, or
 * why it could not be done, as `write` does.
 */
export async function formatDirectory(
  directory: string,
  write: (disk: Disk) => string | null,
  growth: Growth = {},
): Promise<string | null> {
  const target = resolve(directory);
  try {
    const found = entriesOf(target);
    if (found.length > 0) {
      return `${directory} is not empty (it has ${found[0]}): nothing was changed`;
    }
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    const draft = mkdtempSync(`${target}.formatting-`);
    try {
      const failure = await writeDraft(draft, write, growth);
      if (failure !== null) return failure;
      renameSync(draft, target);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
    syncDirectory(dirname(target));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

function entriesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function writeDraft(
  draft: string,
  write: (disk: Disk) => string | null,
  growth: Growth,
): Promise<string | null> {
  const results: ((status: IoStatus) => void)[] = [];
  const disk = new FsDisk({
    directory: draft,
    ...growth,
    onSynced: (ticket, status) => results[ticket]!(status),
  });
  try {
    const failure = write(disk);
    if (failure !== null) return stoppedBy(failure, disk.problem).message;
    const syncs = disk.list('').map(
      (name, ticket) =>
        new Promise<IoStatus>((done) => {
          results[ticket] = done;
          disk.sync(disk.open(name), ticket);
        }),
    );
    const failed = (await Promise.all(syncs)).find((status) => status !== IO_OK);
    return failed === undefined ? null : `a sync failed with disk status ${failed}`;
  } finally {
    disk.close();
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
