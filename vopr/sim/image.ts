/** A copy of what one disk durably held, to be put back by a scenario: whole-disk rollback. */
import type { SimDisk } from './disk.ts';

interface SavedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export class DiskImage {
  readonly #files: SavedFile[] = [];

  constructor(disk: SimDisk) {
    for (const [name, id] of disk.names.durable) {
      const file = disk.files[id];
      if (file === undefined) continue;
      this.#files.push({ name, bytes: file.platter.slice(0, file.durableSize) });
    }
  }

  /** Copies what the file held at `offset` then; zeros where it held nothing. */
  read(name: string, offset: number, into: Uint8Array): void {
    const saved = this.#files.find((file) => file.name === name);
    into.fill(0);
    if (saved !== undefined) into.set(saved.bytes.subarray(offset, offset + into.length));
  }

  /** Replaces everything on `disk`; its node must be down. */
  restore(disk: SimDisk): void {
    disk.wipe();
    disk.formatting = true;
    for (const { name, bytes } of this.#files) {
      const id = disk.open(name);
      disk.truncate(id, bytes.length);
      if (bytes.length > 0) disk.write(id, 0, bytes, 0, bytes.length);
    }
    disk.settleAll();
    disk.formatting = false;
  }
}
