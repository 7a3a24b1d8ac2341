/**
 * A disk that can only be read: whoever verifies must change nothing, and is held to it. A file
 * that is not there reads as an empty one, and is not made.
 */
import { FsDisk } from '../fs-disk.ts';
import type { Disk } from '../../core/ports.ts';

/** Stands for every file that is not there. */
const ABSENT = -1;

/** `close` gives the files back. */
export function openReadOnly(directory: string): Disk & { close(): void } {
  const disk = new FsDisk({ directory, onSynced: () => undefined });
  const refuse = (): never => {
    throw new Error('verifying a directory must not change it');
  };
  return {
    open: (name) => (disk.exists(name) ? disk.open(name) : ABSENT),
    exists: (name) => disk.exists(name),
    list: (prefix) => disk.list(prefix),
    size: (file) => (file === ABSENT ? 0 : disk.size(file)),
    read: (file, offset, length, into, at) =>
      file === ABSENT ? 0 : disk.read(file, offset, length, into, at),
    write: refuse,
    truncate: refuse,
    remove: refuse,
    rename: refuse,
    sync: refuse,
    close: () => disk.close(),
  };
}
