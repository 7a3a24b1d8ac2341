/**
 * One segment of a tenant's log: where each of its frames lies, found by reading it.
 *
 * A sealed segment's footer tells; otherwise, and where the footer is damaged, each frame's header
 * tells where the next one stands. A frame that is not where it should be leaves a hole: the search
 * goes on until a later frame proves itself, by tenant, position and CRC, so that damage in the
 * middle never passes for the end of the log. What was found by searching is read once more before
 * it is believed: a read may go astray, and show a frame where none stands.
 *
 * Cost: with a footer, one read of it; without, a look at each frame's header, and only where one
 * is not in its place one pass over the file in `WINDOW_BYTES` reads. The Merkle tree of an open
 * segment grows with it, so that sealing need not read 65,536 entries back; what stood there before
 * a restart is taken in a few frames an append, and what is left when the segment is full, at once.
 */
import type { Limits } from '../limits.ts';
import type { Disk, FileId, Observer } from '../ports.ts';
import { assert } from '../types/assert.ts';
import type { LogTail } from './tenant-log-tail.ts';
import {
  ENTRY_HASH_AT,
  FOOTER_FIXED_BYTES,
  FOOTER_ROOT_AT,
  footerBytes,
  footerIntact,
  footerOffset,
  FRAME_HEADER_BYTES,
  frameBytes,
  frameIntact,
  framePosition,
  LOG_HASH_BYTES,
  readFrameHeader,
  segmentName,
  segmentStart,
} from './tenant-log-format.ts';

/** No frame of this position was found. */
export const OFFSET_UNKNOWN = -1;
const SIZE_UNKNOWN = -1;

const WINDOW_BYTES = 65536;
/** Least memory of the window: it grows seldom. */
const HELD_BYTES_MIN = 2048;
const OFFSETS_MIN = 8;
/** A file that reads differently each time is left with holes, for peers to fill. */
const SCANS_MAX = 3;
/** With each append, so many frames, or bytes, from before a restart go into the tree at most. */
const CATCH_UP_FRAMES = 16;
const CATCH_UP_BYTES = WINDOW_BYTES;

/** Accumulates entry hashes into the root of a sealed segment (`crypto/merkle.ts`). */
export interface SegmentTree {
  readonly leaves: number;
  append(hashes: Uint8Array, offset: number): void;
  rootInto(out: Uint8Array, outOffset: number): void;
}

/** A buffer through which the files of all tenants are read. */
export class LogWindow {
  bytes: Uint8Array;
  readonly #disk: Disk;
  #file: FileId = -1;
  #from = 0;
  #length = 0;

  constructor(disk: Disk) {
    this.#disk = disk;
    this.bytes = new Uint8Array(0);
  }

  /**
   * Where in `bytes` the file's `length` bytes at `offset` now are; -1 if unreadable. Reads `ahead`
   * bytes if it has to read.
   */
  view(file: FileId, offset: number, length: number, size: number, ahead: number): number {
    const held = file === this.#file && offset >= this.#from;
    if (held && offset + length <= this.#from + this.#length) return offset - this.#from;
    if (offset + length > size) return -1;
    const wanted = Math.min(Math.max(length, ahead), size - offset);
    if (this.bytes.length < wanted) this.bytes = new Uint8Array(Math.max(HELD_BYTES_MIN, wanted));
    const whole = this.#disk.read(file, offset, wanted, this.bytes, 0);
    // One unreadable sector ahead must not hide what stands before it.
    const got =
      whole < length && wanted > length
        ? this.#disk.read(file, offset, length, this.bytes, 0)
        : whole;
    this.#file = got < length ? -1 : file;
    this.#from = offset;
    this.#length = got;
    return got < length ? -1 : 0;
  }

  /** Forgets what was read: the next look meets the disk again. */
  forget(): void {
    this.#file = -1;
  }
}

/** What a segment needs of its surroundings. */
export interface LogFiles {
  readonly disk: Disk;
  readonly limits: Limits;
  readonly window: LogWindow;
  /** The tree of one segment; a host may pass one that remembers. */
  readonly newTree: () => SegmentTree;
}

/** What the logs of all tenants share. */
export interface LogContext extends LogFiles {
  readonly observer: Observer;
  readonly tail: LogTail;
}

export class LogSegment {
  readonly tenant: number;
  readonly segment: number;
  readonly file: FileId;
  /** Position of the first frame. */
  readonly start: number;
  /** Positions that belong into this segment, by the log's length. */
  count = 0;
  /** Offset of each frame, or `OFFSET_UNKNOWN`. */
  offsets: Float64Array = new Float64Array(OFFSETS_MIN);
  /** Size of each entry, where the offset is known. */
  sizes: Float64Array = new Float64Array(OFFSETS_MIN);
  /** Whether the footer was found intact. */
  sealed = false;
  /** How many of `offsets` are unknown. */
  unknown = 0;
  /** Over the first `leaves` frames, each written here or found intact; null: over none. */
  #tree: SegmentTree | null = null;

  readonly #disk: Disk;
  readonly #limits: Limits;
  readonly #window: LogWindow;
  readonly #newTree: () => SegmentTree;

  constructor({ disk, limits, window, newTree }: LogFiles, tenant: number, segment: number) {
    this.#newTree = newTree;
    this.#disk = disk;
    this.#limits = limits;
    this.#window = window;
    this.tenant = tenant;
    this.segment = segment;
    this.start = segmentStart(segment, limits);
    this.file = disk.open(segmentName(tenant, segment));
  }

  /** Finds the frames of positions `start … start + count - 1`. */
  load(count: number): void {
    assert(count <= this.#limits.segmentEntriesMax, 'a segment holds its entries');
    this.#grow(count);
    this.count = count;
    this.offsets.fill(OFFSET_UNKNOWN, 0, count);
    this.#window.forget();
    this.sealed = count === this.#limits.segmentEntriesMax && this.#loadFooter();
    const found = this.sealed || this.#hop();
    for (let scans = 1; !found && !this.#scan() && scans < SCANS_MAX; scans++);
    this.unknown = 0;
    for (let i = 0; i < count; i++) if (this.offsets[i] === OFFSET_UNKNOWN) this.unknown++;
    this.#window.forget();
  }

  /** Adds a frame that was written. */
  push(offset: number, entryBytes: number, hash: Uint8Array): void {
    this.#grow(this.count + 1);
    const tree = (this.#tree ??= this.#newTree());
    if (tree.leaves < this.count) this.#takeIn(CATCH_UP_FRAMES, CATCH_UP_BYTES);
    if (tree.leaves === this.count) tree.append(hash, 0);
    this.offsets[this.count] = offset;
    this.sizes[this.count] = entryBytes;
    this.count++;
  }

  /** Takes back the frame pushed last. */
  pop(): void {
    this.count--;
    if (this.#tree !== null && this.#tree.leaves > this.count) this.#tree = null;
  }

  /** Where the frame at `index` ends; -1 if its place or size is not known for certain. */
  endOf(index: number): number {
    if (this.offsets[index] === OFFSET_UNKNOWN) return -1;
    if (this.sizes[index] === SIZE_UNKNOWN && this.look(index) < 0) return -1;
    return this.offsets[index]! + frameBytes(this.sizes[index]!);
  }

  /**
   * Where in `window.bytes` the intact frame of `index` now stands; -1 if it is damaged or missing.
   */
  look(index: number): number {
    const offset = this.offsets[index]!;
    if (offset === OFFSET_UNKNOWN) return -1;
    this.#window.forget();
    const size = this.#disk.size(this.file);
    const position = this.start + index;
    const ahead = frameBytes(Math.max(0, this.sizes[index]!));
    const bytes = this.#frameAt(offset, size, position, position, ahead);
    if (bytes < 0) return -1;
    this.sizes[index] = bytes;
    return this.#window.view(this.file, offset, frameBytes(bytes), size, 0);
  }

  /** A frame was repaired. */
  place(index: number, offset: number, entryBytes: number): void {
    if (this.offsets[index] === OFFSET_UNKNOWN) this.unknown--;
    this.offsets[index] = offset;
    this.sizes[index] = entryBytes;
  }

  /** The frame found for `index` cannot be where it was found. */
  forget(index: number): void {
    assert(!this.sealed, 'a footer is believed until it is taken back');
    if (this.offsets[index] === OFFSET_UNKNOWN) return;
    this.offsets[index] = OFFSET_UNKNOWN;
    this.unknown++;
    this.#tree = null;
  }

  /** The first frame that cannot stand where it was found, given the one before it; -1: none. */
  misplaced(): number {
    let end = 0;
    for (let index = 0; index < this.count; index++) {
      const at = this.offsets[index]!;
      if (at === OFFSET_UNKNOWN) return index;
      if (at !== end && (index === 0 || at !== this.#align(end))) return index;
      end = this.endOf(index);
      if (end < 0) return index;
    }
    return -1;
  }

  /**
   * Writes the Merkle root over all frames to `out`; false, and nothing is believed any more, if
   * one that has to be read is not intact.
   */
  merkleInto(out: Uint8Array, outOffset: number): boolean {
    if (!this.#takeIn(this.count, Number.MAX_SAFE_INTEGER)) {
      this.#tree = null;
      return false;
    }
    this.#tree!.rootInto(out, outOffset);
    return true;
  }

  /** Takes further frames into the tree, from the disk; false at one that is not intact. */
  #takeIn(framesMax: number, bytesMax: number): boolean {
    const tree = (this.#tree ??= this.#newTree());
    const end = Math.min(this.count, tree.leaves + framesMax);
    if (tree.leaves === end) return true;
    const size = this.#disk.size(this.file);
    this.#window.forget();
    for (let taken = 0; tree.leaves < end && taken < bytesMax;) {
      const index = tree.leaves;
      const offset = this.offsets[index]!;
      const position = this.start + index;
      if (offset === OFFSET_UNKNOWN) return false;
      const bytes = this.#frameAt(offset, size, position, position, WINDOW_BYTES);
      if (bytes < 0) return false;
      const at = this.#window.view(this.file, offset, FRAME_HEADER_BYTES, size, 0);
      tree.append(this.#window.bytes, at + ENTRY_HASH_AT);
      taken += frameBytes(bytes);
    }
    return true;
  }

  /** Writes the sealed segment's root to `out`; false if its footer is damaged or missing. */
  rootInto(out: Uint8Array, outOffset: number): boolean {
    const at = this.#footer();
    if (at < 0) return false;
    const root = at + footerBytes(this.count) - FOOTER_FIXED_BYTES + FOOTER_ROOT_AT;
    const { bytes } = this.#window;
    for (let i = 0; i < LOG_HASH_BYTES; i++) out[outOffset + i] = bytes[root + i]!;
    return true;
  }

  #footer(): number {
    const size = this.#disk.size(this.file);
    const length = footerBytes(this.count);
    this.#window.forget();
    if (size < length) return -1;
    const at = this.#window.view(this.file, size - length, length, size, 0);
    if (at < 0) return -1;
    const intact = footerIntact(this.#window.bytes, at, this.tenant, this.segment, this.count);
    return intact ? at : -1;
  }

  #loadFooter(): boolean {
    const at = this.#footer();
    if (at < 0) return false;
    for (let i = 0; i < this.count; i++) {
      this.offsets[i] = footerOffset(this.#window.bytes, at, i);
      // A frame's size is read, and checked, when the frame is.
      this.sizes[i] = SIZE_UNKNOWN;
    }
    return true;
  }

  /**
   * From header to header, of which each says where the next one stands: as good as a footer, since
   * a frame is proven when it is read. False if one is not in its place: then `scan` searches.
   */
  #hop(): boolean {
    const size = this.#disk.size(this.file);
    let offset = 0;
    let bytes = 0;
    for (let index = 0; index < this.count; index++) {
      const ahead = frameBytes(bytes) < WINDOW_BYTES ? WINDOW_BYTES : FRAME_HEADER_BYTES;
      const position = this.start + index;
      bytes = this.#headerAt(offset, size, position, ahead);
      if (bytes < 0) {
        offset = this.#align(offset);
        bytes = this.#headerAt(offset, size, position, ahead);
      }
      if (bytes < 0 || bytes > this.#limits.messageBytesMax) return false;
      this.offsets[index] = offset;
      this.sizes[index] = bytes;
      offset += frameBytes(bytes);
    }
    // No header tells where the last frame ends, as surely as the frame does.
    const last = this.count - 1;
    if (last < 0) return true;
    const position = this.start + last;
    return this.#frameAt(this.offsets[last]!, size, position, position, 0) >= 0;
  }

  /** The entry size that the header at `offset` tells, or -1 if it is not that of the position. */
  #headerAt(offset: number, size: number, position: number, ahead: number): number {
    const at = this.#window.view(this.file, offset, FRAME_HEADER_BYTES, size, ahead);
    if (at < 0) return -1;
    return readFrameHeader(this.#window.bytes, at, this.tenant, position, position);
  }

  /** One pass over the file; false if a frame found by searching did not stand there after all. */
  #scan(): boolean {
    const size = this.#disk.size(this.file);
    const last = this.start + this.count - 1;
    this.offsets.fill(OFFSET_UNKNOWN, 0, this.count);
    this.#window.forget();
    let searched = false;
    let offset = 0;
    let index = 0;
    while (index < this.count && offset < size) {
      const expected = this.start + index;
      // A later frame that stands where this one belongs was written astray.
      let found = offset;
      let bytes = this.#frameAt(found, size, expected, expected, WINDOW_BYTES);
      if (bytes < 0) {
        found = this.#align(offset);
        bytes = this.#frameAt(found, size, expected, expected, WINDOW_BYTES);
      }
      if (bytes < 0) {
        searched = true;
        found = this.#search(offset, size, expected, last);
        if (found < 0) break;
        bytes = this.#frameAt(found, size, expected, last, WINDOW_BYTES);
      }
      const at = this.#window.view(this.file, found, FRAME_HEADER_BYTES, size, WINDOW_BYTES);
      index = framePosition(this.#window.bytes, at) - this.start;
      this.offsets[index] = found;
      this.sizes[index] = bytes;
      index++;
      offset = found + frameBytes(bytes);
    }
    return !searched || this.#standsAsFound();
  }

  /**
   * Reads again, one by one, every frame of a scan that had to search, and forgets those that do
   * not stand where they were found.
   *
   *  1. The second sector is unreadable, so frame 17 at 0 does not show, and the search goes on.
   *  2. The read at 1024 goes astray and brings what stands at 0: frames 17 to 22, each intact,
   *     1024 bytes behind its place. Nothing in a frame tells where it stands.
   *  3. Frames 23 and 24 are appended behind a wrong end, and the footer makes all of it permanent:
   *     no frame can be read any more, and none that is repaired fits.
   */
  #standsAsFound(): boolean {
    let all = true;
    for (let index = 0; index < this.count; index++) {
      if (this.offsets[index] === OFFSET_UNKNOWN || this.look(index) >= 0) continue;
      this.offsets[index] = OFFSET_UNKNOWN;
      all = false;
    }
    return all;
  }

  /** The entry size of an intact frame at `offset` with such a position, or -1. */
  #frameAt(
    offset: number,
    size: number,
    positionMin: number,
    positionMax: number,
    ahead: number,
  ): number {
    const at = this.#window.view(this.file, offset, FRAME_HEADER_BYTES, size, ahead);
    if (at < 0) return -1;
    const { tenant } = this;
    const bytes = readFrameHeader(this.#window.bytes, at, tenant, positionMin, positionMax);
    if (bytes < 0 || bytes > this.#limits.messageBytesMax) return -1;
    const whole = this.#window.view(this.file, offset, frameBytes(bytes), size, ahead);
    if (whole < 0 || !frameIntact(this.#window.bytes, whole, bytes)) return -1;
    return bytes;
  }

  /**
   * The next offset above `from` at which an intact frame stands, or -1; `positionMin` belongs at
   * `from`, and a frame for which those before it leave no room was written astray.
   */
  #search(from: number, size: number, positionMin: number, positionMax: number): number {
    const room = frameBytes(0);
    for (let at = from + 1; at + FRAME_HEADER_BYTES <= size; at++) {
      const most = Math.min(positionMax, positionMin + Math.floor((at - from) / room));
      if (this.#frameAt(at, size, positionMin, most, WINDOW_BYTES) >= 0) return at;
    }
    return -1;
  }

  #align(offset: number): number {
    const { sectorBytes } = this.#limits;
    return Math.ceil(offset / sectorBytes) * sectorBytes;
  }

  #grow(count: number): void {
    if (count <= this.offsets.length) return;
    this.offsets = enlarged(this.offsets, 2 * count);
    this.sizes = enlarged(this.sizes, 2 * count);
  }
}

function enlarged(array: Float64Array, length: number): Float64Array {
  const larger = new Float64Array(length);
  larger.set(array);
  return larger;
}
