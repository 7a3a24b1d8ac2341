/** A disk that can only be read: whoever verifies must change nothing, and is held to it. */
import { FsDisk } from '../fs-disk.ts';
import type { Disk } from '../../core/ports.ts';

/** `close` gives the files back. Opening a file that is not there is a fault of the caller. */
export function openReadOnly(directory: string): Disk & { close(): void } {
  const disk = new FsDisk({ directory, onSynced: () => undefined });
  const refuse = (): never => {
    throw new Error('verifying a directory must not change it');
  };
  return {
    open: (name) => (disk.exists(name) ? disk.open(name) : refuse()),
    exists: (name) => disk.exists(name),
    list: (prefix) => disk.list(prefix),
    size: (file) => disk.size(file),
    read: (file, offset, length, into, at) => disk.read(file, offset, length, into, at),
    write: refuse,
    truncate: refuse,
    remove: refuse,
    rename: refuse,
    sync: refuse,
    close: () => disk.close(),
  };
}
