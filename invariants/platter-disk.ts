/**
 * A platter's pristine durable bytes as a `Disk`, so that the core's own readers can walk what
 * stands there. Only looked at: it refuses every write and is never synced.
 */
import type { Disk, FileId, IoStatus } from '../core/ports.ts';
import { IO_EIO } from '../core/ports.ts';
import { assert } from '../core/types/assert.ts';
import type { DiskTruth } from '../vopr/sim/checker.ts';

export class PlatterDisk implements Disk {
  readonly #truth: DiskTruth;
  readonly #names: string[] = [];

  constructor(truth: DiskTruth) {
    this.#truth = truth;
  }

  open(name: string): FileId {
    const known = this.#names.indexOf(name);
    return known >= 0 ? known : this.#names.push(name) - 1;
  }

  exists(name: string): boolean {
    return this.#truth.size(name) >= 0;
  }

  list(): readonly string[] {
    return [];
  }

  size(file: FileId): number {
    return Math.max(0, this.#truth.size(this.#names[file]!));
  }

  read(file: FileId, offset: number, length: number, into: Uint8Array, at: number): number {
    return Math.max(0, this.#truth.readDurable(this.#names[file]!, offset, length, into, at));
  }

  write(): IoStatus {
    return IO_EIO;
  }

  truncate(): IoStatus {
    return IO_EIO;
  }

  remove(): IoStatus {
    return IO_EIO;
  }

  rename(): IoStatus {
    return IO_EIO;
  }

  sync(): void {
    assert(false, 'a platter is only looked at');
  }
}
