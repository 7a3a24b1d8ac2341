/**
 * The `Disk` port in memory, for a database that lives as long as its process: nothing survives,
 * nothing fails. A sync completes on a later turn, as on a real disk, because the node must never
 * be called from inside one of its own calls.
 */
import { IO_OK } from '../core/ports.ts';
import type { Disk, FileId, IoStatus, Ticket } from '../core/ports.ts';
import { assert } from '../core/types/assert.ts';

/** A file is its chunks; one that was never written is missing, and zero. */
const CHUNK_BYTES = 65_536;

interface MemoryFile {
  chunks: (Uint8Array | undefined)[];
  size: number;
}

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
    this.files.push({ chunks: [], size: 0 });
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
    const { chunks, size } = this.get(file);
    const got = Math.max(0, Math.min(length, size - offset));
    eachPiece(offset, got, (chunk, from, bytes, done) => {
      const held = chunks[chunk];
      const at = intoOffset + done;
      if (held === undefined) into.fill(0, at, at + bytes);
      else into.set(held.subarray(from, from + bytes), at);
    });
    return got;
  }

  write(file: FileId, offset: number, bytes: Uint8Array, from: number, length: number): IoStatus {
    const target = this.get(file);
    eachPiece(offset, length, (chunk, at, count, done) => {
      const held = (target.chunks[chunk] ??= new Uint8Array(CHUNK_BYTES));
      held.set(bytes.subarray(from + done, from + done + count), at);
    });
    target.size = Math.max(target.size, offset + length);
    return IO_OK;
  }

  truncate(file: FileId, size: number): IoStatus {
    const target = this.get(file);
    if (size < target.size) {
      target.chunks.length = Math.min(target.chunks.length, Math.ceil(size / CHUNK_BYTES));
      target.chunks[Math.floor(size / CHUNK_BYTES)]?.fill(0, size % CHUNK_BYTES);
    }
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

/** The parts of a stretch of a file that lie in one chunk each. */
function eachPiece(
  offset: number,
  length: number,
  visit: (chunk: number, from: number, bytes: number, done: number) => void,
): void {
  for (let done = 0; done < length;) {
    const from = (offset + done) % CHUNK_BYTES;
    const bytes = Math.min(CHUNK_BYTES - from, length - done);
    visit(Math.floor((offset + done) / CHUNK_BYTES), from, bytes, done);
    done += bytes;
  }
}

function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
