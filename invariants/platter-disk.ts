/**
 * A platter's durable bytes as a `Disk`, so that the core's own readers can walk what stands there:
 * pristine, or with every damaged sector read as garbage. Only looked at: it refuses every write
 * and is never synced.
 */
import type { Disk, FileId, IoStatus } from '../core/ports.ts';
import { IO_EIO } from '../core/ports.ts';
import { assert } from '../core/types/assert.ts';
import type { DiskTruth } from '../vopr/sim/checker.ts';

const GARBAGE = 0xff;

export class PlatterDisk implements Disk {
  readonly #truth: DiskTruth;
  readonly #names: string[] = [];
  readonly #sectorBytes: number;

  /** `sectorBytes`: damage shows, in sectors of this size; 0: the bytes are pristine. */
  constructor(truth: DiskTruth, sectorBytes: number = 0) {
    this.#truth = truth;
    this.#sectorBytes = sectorBytes;
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
    const name = this.#names[file]!;
    const count = Math.max(0, this.#truth.readDurable(name, offset, length, into, at));
    if (this.#sectorBytes > 0) this.#damage(name, offset, offset + count, into, at - offset);
    return count;
  }

  #damage(name: string, from: number, to: number, into: Uint8Array, shift: number): void {
    const bytes = this.#sectorBytes;
    for (let start = from - (from % bytes); start < to; start += bytes) {
      if (!this.#truth.damaged(name, start, bytes)) continue;
      const end = Math.min(to, start + bytes);
      for (let i = Math.max(from, start); i < end; i += 1) into[i + shift]! ^= GARBAGE;
    }
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
