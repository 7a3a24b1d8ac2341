/**
 * The `Disk` port in memory, for a database that lives as long as its process: nothing survives,
 * nothing fails. A sync completes on a later turn, as on a real disk, because the node must never
 * be called from inside one of its own calls.
 */
import { IO_OK } from '../core/ports.ts';
import type { Disk, FileId, IoStatus, Ticket } from '../core/ports.ts';
import { assert } from '../core/types/assert.ts';

interface MemoryFile {
  bytes: Uint8Array;
  size: number;
}

const BYTES_MIN = 4096;

export class MemoryDisk implements Disk {
  private readonly onSynced: (ticket: Ticket, status: IoStatus) => void;
  private readonly files: MemoryFile[] = [];
  private readonly names: Map<string, FileId> = new Map();
  private closed = false;

  constructor(onSynced: (ticket: Ticket, status: IoStatus) => void) {
    this.onSynced = onSynced;
  }

  open(name: string): FileId {
    const known = this.names.get(name);
    if (known !== undefined) return known;
    this.files.push({ bytes: new Uint8Array(BYTES_MIN), size: 0 });
    this.names.set(name, this.files.length - 1);
    return this.files.length - 1;
  }

  exists(name: string): boolean {
    return this.names.has(name);
  }

  list(prefix: string): readonly string[] {
    return [...this.names.keys()].filter((name) => name.startsWith(prefix)).sort(byUnits);
  }

  size(file: FileId): number {
    return this.get(file).size;
  }

  read(file: FileId, offset: number, length: number, into: Uint8Array, intoOffset: number): number {
    const { bytes, size } = this.get(file);
    const got = Math.max(0, Math.min(length, size - offset));
    into.set(bytes.subarray(offset, offset + got), intoOffset);
    return got;
  }

  write(file: FileId, offset: number, bytes: Uint8Array, from: number, length: number): IoStatus {
    const target = this.get(file);
    grow(target, offset + length);
    target.bytes.set(bytes.subarray(from, from + length), offset);
    target.size = Math.max(target.size, offset + length);
    return IO_OK;
  }

  truncate(file: FileId, size: number): IoStatus {
    const target = this.get(file);
    if (size < target.size) target.bytes.fill(0, size, target.size);
    else grow(target, size);
    target.size = size;
    return IO_OK;
  }

  remove(name: string): IoStatus {
    this.names.delete(name);
    return IO_OK;
  }

  rename(from: string, to: string): IoStatus {
    const file = this.names.get(from);
    assert(file !== undefined, 'what is renamed is there');
    this.names.delete(from);
    this.names.set(to, file);
    return IO_OK;
  }

  sync(_file: FileId, ticket: Ticket): void {
    setImmediate(() => {
      if (!this.closed) this.onSynced(ticket, IO_OK);
    });
  }

  close(): void {
    this.closed = true;
  }

  private get(file: FileId): MemoryFile {
    const found = this.files[file];
    assert(found !== undefined, 'a file that was opened');
    return found;
  }
}

/** Bytes beyond `size` are zero. */
function grow(file: MemoryFile, bytes: number): void {
  if (bytes <= file.bytes.length) return;
  const grown = new Uint8Array(Math.max(bytes, file.bytes.length * 2));
  grown.set(file.bytes.subarray(0, file.size));
  file.bytes = grown;
}

function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
