/**
 * Earlier unsynced versions of sectors, kept while a sync in flight covers them.
 *
 * v1 is written, a sync begins, v2 is written: when the sync completes the platter must hold v1 or
 * later, and v2 is still unsynced. Rare, so a short list searched linearly; pooled over runs.
 */
import type { SimFile } from './file.ts';

export class Versions {
  readonly #sectorBytes: number;
  count = 0;
  readonly #files: SimFile[] = [];
  readonly #sectors: number[] = [];
  readonly #sequences: number[] = [];
  #bytes: Uint8Array;

  constructor(sectorBytes: number) {
    this.#sectorBytes = sectorBytes;
    this.#bytes = new Uint8Array(sectorBytes * 8);
  }

  reset(): void {
    this.count = 0;
  }

  /** Keeps the cache's bytes of a sector that is about to be overwritten. */
  keep(file: SimFile, sector: number): void {
    const at = this.count++;
    const need = this.count * this.#sectorBytes;
    if (need > this.#bytes.length) {
      const bytes = new Uint8Array(need * 2);
      bytes.set(this.#bytes);
      this.#bytes = bytes;
    }
    this.#files[at] = file;
    this.#sectors[at] = sector;
    this.#sequences[at] = file.written[sector] as number;
    const start = sector * this.#sectorBytes;
    this.#slot(at).set(file.cache.subarray(start, start + this.#sectorBytes));
  }

  /**
   * A sync that covers `sequence` completed: the newest version it covers reaches the platter. True
   * if there was one; it also ends any damage there, having been written over it whole.
   */
  settle(file: SimFile, sector: number, sequence: number): boolean {
    let found = false;
    for (let at = this.count - 1; at >= 0; at--) {
      if (this.#sectors[at] !== sector || this.#files[at] !== file) continue;
      const version = this.#sequences[at] as number;
      if (version > sequence) continue;
      this.#place(file, sector, at, version);
      this.#remove(at);
      found = true;
    }
    return found;
  }

  /** Puts the newest kept version on the platter, if there is one: it got there on its own. */
  writeBack(file: SimFile, sector: number): boolean {
    for (let at = this.count - 1; at >= 0; at--) {
      if (this.#sectors[at] !== sector || this.#files[at] !== file) continue;
      this.#place(file, sector, at, this.#sequences[at] as number);
      return true;
    }
    return false;
  }

  /** Forgets the versions of this sector. */
  drop(file: SimFile, sector: number): void {
    for (let at = this.count - 1; at >= 0; at--) {
      if (this.#sectors[at] === sector && this.#files[at] === file) this.#remove(at);
    }
  }

  #place(file: SimFile, sector: number, at: number, version: number): void {
    // Two syncs may complete out of order; the platter never goes back.
    if (version < (file.settled[sector] as number)) return;
    file.platter.set(this.#slot(at), sector * this.#sectorBytes);
    file.settled[sector] = version;
  }

  #remove(at: number): void {
    const last = --this.count;
    for (let i = at; i < last; i++) {
      this.#files[i] = this.#files[i + 1] as SimFile;
      this.#sectors[i] = this.#sectors[i + 1] as number;
      this.#sequences[i] = this.#sequences[i + 1] as number;
      this.#slot(i).set(this.#slot(i + 1));
    }
  }

  #slot(at: number): Uint8Array {
    return this.#bytes.subarray(at * this.#sectorBytes, (at + 1) * this.#sectorBytes);
  }
}
