/**
 * One tenant's permanent log: append at commit, make durable at checkpoints, read, check, repair.
 *
 * The checkpoint's directory says how long the log is; what the files hold beyond is not read, and
 * is overwritten as entries are applied again. Below that length damage is damage, never an end of
 * log: it is reported and repaired by hash. Appends touch no sector that a checkpoint covers,
 * because every checkpoint pads the log to a sector first. Nothing is opened or read before it is
 * needed, so that a thousand idle tenants cost nothing.
 *
 * Everything a disk can do wrong comes back as a value: an `IoStatus`, or one of the codes below.
 *
 * Cost of an append: one encoding, one CRC, one write, and the hash tree's share; nothing allocated
 * in steady state. A read allocates what it returns.
 */
import { MerkleBuilder } from '../crypto/merkle.ts';
import type { Limits } from '../limits.ts';
import { DAMAGE_LOG, STEP_DAMAGE, STEP_REPAIRED } from '../observer.ts';
import type { Disk, IoStatus, Observer, Ticket } from '../ports.ts';
import { IO_OK } from '../ports.ts';
import { assert } from '../types/assert.ts';
import {
  footerBytes,
  FRAME_HEADER_BYTES,
  frameBytes,
  LOG_HASH_BYTES,
  segmentName,
  segmentOf,
  writeFooter,
  writeFrame,
} from './tenant-log-format.ts';
import type { LogContext, SegmentTree } from './tenant-log-segment.ts';
import { LogSegment, LogWindow, OFFSET_UNKNOWN } from './tenant-log-segment.ts';
import { LogSyncs } from './tenant-log-sync.ts';
import { LogTail } from './tenant-log-tail.ts';
import { writeSegment } from './tenant-log-write.ts';

/** The entry at `TenantLog.needed` is damaged and must be repaired first. Below every `IO_…`. */
export const LOG_NEEDS = -64;
/** The bytes cannot be what stood there. */
export const LOG_REJECTED = -65;

/** Repaired entries that wait in memory for the one before, whose end is their place. */
const STAGED_MAX = 64;

interface StagedEntry {
  readonly entry: Uint8Array;
  readonly hash: Uint8Array;
  readonly startsSector: boolean;
}

export function logContext(
  disk: Disk,
  limits: Limits,
  observer: Observer,
  newTree: () => SegmentTree = () => new MerkleBuilder(),
): LogContext {
  return { disk, limits, observer, window: new LogWindow(disk), tail: new LogTail(), newTree };
}

export class TenantLog {
  readonly tenant: number;
  /** The newest position; 0: empty. */
  length: number;
  /** After `LOG_NEEDS`: the position to be repaired first. */
  needed = 0;
  /** Segment that the last append sealed, or -1; its root is in `sealedRoot`. */
  sealedSegment = -1;
  readonly sealedRoot: Uint8Array = new Uint8Array(LOG_HASH_BYTES);

  readonly #context: LogContext;
  /** The segment that is appended to; null until needed. */
  #open: LogSegment | null = null;
  /** Where the next frame goes in the open segment; -1: not known, its last entry is damaged. */
  #end = -1;
  /** Whether a checkpoint has padded the last entry, or has yet to while `#end` is not known. */
  #padded = false;
  /** Whether stale bytes beyond `#end` were cut off. */
  #cut = false;
  /** The sealed segment read last. */
  #other: LogSegment | null = null;
  /** Positions whose damage was reported and not yet repaired. */
  readonly #damaged: Set<number> = new Set();
  /** By position. Proven and served, not yet written. */
  readonly #staged: Map<number, StagedEntry> = new Map();
  readonly #syncs: LogSyncs;
  #scrubNext = 1;

  /** A log of `length` entries, according to the checkpoint. Touches no file. */
  constructor(context: LogContext, tenant: number, length: number) {
    this.#context = context;
    this.#syncs = new LogSyncs(context, tenant);
    this.tenant = tenant;
    this.length = length;
  }

  // Appending.

  /**
   * Appends the entry of position `length + 1`, whose hash is given. Below zero nothing happened:
   * an `IO_…` code, or `LOG_NEEDS`.
   */
  append(position: number, entry: Uint8Array, hash: Uint8Array): IoStatus {
    assert(position === this.length + 1, 'a log has no gaps');
    assert(hash.length === LOG_HASH_BYTES, 'an entry hash is 32 bytes');
    this.sealedSegment = -1;
    const { limits, tail } = this.#context;
    const segment = this.#openSegment();
    const seals = segment.count + 1 === limits.segmentEntriesMax;
    if (this.#end < 0) return this.#needs(this.length);
    const status = this.#cutStale(segment);
    if (status < 0) return status;
    const length = frameBytes(entry.length);
    const at = tail.reserve(length);
    writeFrame(tail.bytes, at, this.tenant, position, entry, hash);
    const offset = this.#end;
    const written = this.#write(segment, offset, at, length);
    if (written < 0) return written;
    segment.push(offset, entry.length, hash);
    const sealed = seals ? this.#seal(segment, offset + length) : IO_OK;
    if (sealed < 0) {
      segment.pop();
      tail.drop(this.tenant, segment.segment, offset);
      return sealed;
    }
    this.length = position;
    this.#end = offset + length;
    this.#padded = false;
    if (seals) this.#rotate(segment);
    return IO_OK;
  }

  /** Pads to a sector: what is written later touches no sector written so far. */
  pad(): IoStatus {
    const segment = this.#openSegment();
    if (this.#end < 0) {
      this.#padded = true;
      return IO_OK;
    }
    const padded = this.#align(this.#end);
    const status = this.#writeZeros(segment, this.#end, padded - this.#end);
    if (status < 0) return status;
    this.#end = padded;
    this.#padded = true;
    return status;
  }

  /**
   * Shortens the log to the `length` that it had at a checkpoint; what follows is forgotten and
   * later overwritten.
   */
  cutTo(length: number): void {
    assert(length >= 0 && length <= this.length, 'cutTo shortens');
    const { disk, limits, tail } = this.#context;
    const keep = segmentOf(length + 1, limits);
    for (let n = segmentOf(this.length + 1, limits); n > keep; n--) {
      tail.drop(this.tenant, n, 0);
      this.#syncs.forget(n);
      disk.remove(segmentName(this.tenant, n));
    }
    this.length = length;
    this.#forgetSegments();
    for (const position of this.#damaged) if (position > length) this.#damaged.delete(position);
    for (const position of this.#staged.keys())
      if (position > length) this.#staged.delete(position);
    const segment = this.#openSegment();
    tail.drop(this.tenant, keep, Math.max(0, this.#end));
    assert(segment.segment === keep, 'the log now ends in the segment kept');
  }

  // Reading.

  /** The entry at `position`, or null: absent (beyond the log), or damaged and reported. */
  read(position: number): Uint8Array | null {
    if (position < 1 || position > this.length) return null;
    const segment = this.#segment(position);
    const index = position - segment.start;
    const at = this.#lookOrHeal(segment, index);
    if (at < 0) return this.#staged.get(position)?.entry ?? null;
    const from = at + FRAME_HEADER_BYTES;
    return this.#context.window.bytes.slice(from, from + segment.sizes[index]!);
  }

  /** Whether `read` would find an entry at `position`; one that is absent is no damage. */
  holds(position: number): boolean {
    if (position < 1 || position > this.length) return false;
    const segment = this.#segment(position);
    return segment.look(position - segment.start) >= 0 || this.#staged.has(position);
  }

  /** Whether the entry at `position` is intact; damage is reported. */
  check(position: number): boolean {
    if (position < 1 || position > this.length) return false;
    const segment = this.#segment(position);
    return this.#lookOrHeal(segment, position - segment.start) >= 0;
  }

  /** Checks the next `count` entries; true when a tour of the whole log has been completed. */
  scrub(count: number): boolean {
    for (let i = 0; i < count; i++) {
      if (this.#scrubNext > this.length) {
        this.#scrubNext = 1;
        return true;
      }
      this.check(this.#scrubNext);
      this.#scrubNext++;
    }
    return false;
  }

  /** The lowest position whose damage is known and not repaired; 0: none. */
  get damagedMin(): number {
    let lowest = 0;
    for (const position of this.#damaged) if (lowest === 0 || position < lowest) lowest = position;
    return lowest;
  }

  /** Writes the root of a sealed segment to `out`; false if its footer is not intact. */
  rootInto(segment: number, out: Uint8Array, outOffset: number): boolean {
    const start = segment * this.#context.limits.segmentEntriesMax + 1;
    const last = start + this.#context.limits.segmentEntriesMax - 1;
    if (segment < 0 || last > this.length) return false;
    return this.#segment(start).rootInto(out, outOffset);
  }

  // Repairing.

  /**
   * Puts back the entry at `position`, which the caller has proven by its hash. `startsSector`: a
   * checkpoint lies between this entry and the one before, so that it starts a sector. Where the
   * entry before is damaged too, this one waits in memory (and is served from there) until that is
   * repaired; `LOG_NEEDS` when too many wait already.
   */
  repair(position: number, entry: Uint8Array, hash: Uint8Array, startsSector: boolean): IoStatus {
    if (position < 1 || position > this.length) return LOG_REJECTED;
    const segment = this.#segment(position);
    const index = position - segment.start;
    if (segment.look(index) < 0) {
      const end = index === 0 ? 0 : segment.endOf(index - 1);
      if (end < 0) return this.#stage(position, { entry, hash, startsSector });
      const offset = startsSector && index > 0 ? this.#align(end) : end;
      const status = this.#restore(segment, index, end, offset, entry, hash);
      if (status < 0) return status;
    } else if (segment.sizes[index] === entry.length) {
      // 1. Entry 7 is appended and not synced; the process dies, and the page cache has it.
      // 2. A state sync brings entry 7: it stands already, and nobody would ever sync it.
      const status = this.#writeEntry(segment, index, segment.offsets[index]!, entry, hash);
      if (status < 0) return status;
    }
    const status = this.#repaired(segment, position);
    const next = this.#staged.get(position + 1);
    if (next === undefined) return status;
    this.#staged.delete(position + 1);
    return this.repair(position + 1, next.entry, next.hash, next.startsSector);
  }

  #stage(position: number, staged: StagedEntry): IoStatus {
    if (this.#staged.size >= STAGED_MAX) return this.#needs(position - 1);
    this.#staged.set(position, staged);
    return IO_OK;
  }

  #restore(
    segment: LogSegment,
    index: number,
    end: number,
    offset: number,
    entry: Uint8Array,
    hash: Uint8Array,
  ): IoStatus {
    const length = frameBytes(entry.length);
    if (!this.#mayStand(segment, index, offset, offset + length)) {
      if (!this.#placeCertain(segment, index, offset)) return LOG_REJECTED;
      const taken = this.#takeBack(segment, index, offset);
      if (taken < 0) return taken;
    }
    const zeroed = this.#writeZeros(segment, end, offset - end);
    if (zeroed < 0) return zeroed;
    const status = this.#writeEntry(segment, index, offset, entry, hash);
    if (status >= 0) segment.place(index, offset, entry.length);
    return status;
  }

  /**
   * The frame at `index` certainly belongs at `offset`; what is known of its place, and of the next
   * frame's, contradicts that and is forgotten.
   *
   *  1. A write of frame 10 went astray and stands, intact, where frame 9 was.
   *  2. Frame 9 is repaired, and its place is certain: 10 was never there, and is missing too.
   *
   * A footer that was made of wrong places says them at each opening, so it goes too, and is
   * written anew when the last frame is in place. Until then, and if the power fails in between,
   * the frames are found by reading them.
   */
  #takeBack(segment: LogSegment, index: number, offset: number): IoStatus {
    if (segment.sealed) {
      // What stands where the footer says refutes the entry; what does not refutes the footer.
      const next = index + 1;
      const agrees = segment.offsets[index] === offset;
      if (agrees && (next >= segment.count || segment.look(next) >= 0)) return LOG_REJECTED;
      const at = this.#footerAt(segment);
      const status = this.#writeZeros(segment, at, footerBytes(segment.count));
      if (status < 0) return status;
      segment.sealed = false;
    }
    segment.forget(index);
    if (index + 1 < segment.count) segment.forget(index + 1);
    this.#loseEnd(segment);
    return IO_OK;
  }

  /** With the place of the last frame goes the place of the next one. */
  #loseEnd(segment: LogSegment): void {
    if (segment !== this.#open || segment.count === 0) return;
    if (segment.offsets[segment.count - 1] !== OFFSET_UNKNOWN) return;
    this.#end = -1;
    this.#cut = false;
  }

  #writeEntry(
    segment: LogSegment,
    index: number,
    offset: number,
    entry: Uint8Array,
    hash: Uint8Array,
  ): IoStatus {
    const { tail } = this.#context;
    const length = frameBytes(entry.length);
    const at = tail.reserve(length);
    writeFrame(tail.bytes, at, this.tenant, segment.start + index, entry, hash);
    return this.#write(segment, offset, at, length);
  }

  // Durability.

  /** Whether something was written that is not known to be durable. */
  get unsynced(): boolean {
    return this.#syncs.unsynced;
  }

  /** Asks for a sync of every file written to; a `LOG_SYNC_…` code. */
  sync(nextTicket: () => Ticket): number {
    return this.#syncs.sync(nextTicket);
  }

  /** A sync completed; a `LOG_SYNC_…` code. */
  synced(ticket: Ticket, status: IoStatus): number {
    return this.#syncs.synced(ticket, status);
  }

  // Writing.

  #write(segment: LogSegment, offset: number, at: number, length: number): IoStatus {
    const { tail, window } = this.#context;
    const { segment: n, file } = segment;
    const { bytes } = tail;
    const status = writeSegment(this.#context, this.tenant, n, file, offset, bytes, at, length);
    if (status < 0) return status;
    tail.commit(this.tenant, segment.segment, offset, at, length);
    window.forget();
    this.#syncs.touch(segment.segment);
    return IO_OK;
  }

  #writeZeros(segment: LogSegment, offset: number, length: number): IoStatus {
    if (length === 0) return IO_OK;
    const { tail } = this.#context;
    const at = tail.reserve(length);
    tail.bytes.fill(0, at, at + length);
    return this.#write(segment, offset, at, length);
  }

  /** Stale bytes behind the checkpoint's length must not be there when the segment is sealed. */
  #cutStale(segment: LogSegment): IoStatus {
    if (this.#cut) return IO_OK;
    const { disk } = this.#context;
    if (disk.size(segment.file) > this.#end) {
      const status = disk.truncate(segment.file, this.#end);
      if (status < 0) return status;
    }
    this.#cut = true;
    return IO_OK;
  }

  /** Writes the footer of a full segment, whose frames end at `end`. */
  #seal(segment: LogSegment, end: number): IoStatus {
    const { limits, tail } = this.#context;
    if (!segment.merkleInto(this.sealedRoot, 0)) {
      const bad = this.#firstBad(segment);
      if (bad > 0) return this.#needs(bad);
      // All that was bad has just been healed from memory.
      if (!segment.merkleInto(this.sealedRoot, 0)) return this.#needs(segment.start);
    }
    const misplaced = segment.misplaced();
    if (misplaced >= 0) {
      segment.forget(misplaced);
      this.#loseEnd(segment);
      return this.#needs(segment.start + misplaced);
    }
    const { count } = segment;
    assert(count === limits.segmentEntriesMax, 'only a full segment is sealed');
    const total = this.#align(end + footerBytes(count)) - end;
    const at = tail.reserve(total);
    tail.bytes.fill(0, at, at + total);
    const footer = at + total - footerBytes(count);
    const { offsets } = segment;
    writeFooter(tail.bytes, footer, this.tenant, segment.segment, offsets, count, this.sealedRoot);
    const status = this.#write(segment, end, at, total);
    if (status < 0) return status;
    // The footer ends its file, also where misplaced frames had made that longer.
    const { disk } = this.#context;
    if (disk.size(segment.file) > end + total) {
      const cut = disk.truncate(segment.file, end + total);
      if (cut < 0) return cut;
      tail.drop(this.tenant, segment.segment, end + total);
    }
    segment.sealed = true;
    this.sealedSegment = segment.segment;
    return IO_OK;
  }

  #rotate(segment: LogSegment): void {
    this.#other = segment;
    this.#open = null;
  }

  // Damage.

  #lookOrHeal(segment: LogSegment, index: number): number {
    const at = segment.look(index);
    if (at >= 0) return at;
    const offset = segment.offsets[index]!;
    if (offset !== OFFSET_UNKNOWN && this.#healFromTail(segment, offset)) {
      const healed = segment.look(index);
      if (healed >= 0) return healed;
    }
    const position = segment.start + index;
    if (!this.#damaged.has(position)) {
      this.#damaged.add(position);
      this.#context.observer.step(STEP_DAMAGE, DAMAGE_LOG, position, this.tenant, null);
    }
    return -1;
  }

  /** An entry since the last checkpoint is still in memory, and is written again from there. */
  #healFromTail(segment: LogSegment, wanted: number): boolean {
    const { tail, observer } = this.#context;
    const { segment: n, file } = segment;
    let healed = false;
    tail.visit(this.tenant, n, (bytes, at, length, offset) => {
      if (offset !== wanted) return true;
      healed =
        writeSegment(
          ...([this.#context, this.tenant, n, file, offset, bytes, at, length] as const),
        ) >= 0;
      return !healed;
    });
    if (!healed) return false;
    this.#syncs.touch(segment.segment);
    const position = segment.start + segment.offsets.indexOf(wanted);
    observer.step(STEP_DAMAGE, DAMAGE_LOG, position, this.tenant, null);
    observer.step(STEP_REPAIRED, DAMAGE_LOG, position, this.tenant, null);
    return true;
  }

  /** The place of a repaired frame must agree with what is known of the next one's. */
  #mayStand(segment: LogSegment, index: number, offset: number, end: number): boolean {
    const known = segment.offsets[index]!;
    if (known !== OFFSET_UNKNOWN && known !== offset) return false;
    if (index + 1 >= segment.count) return !segment.sealed || end <= this.#footerAt(segment);
    const next = segment.offsets[index + 1]!;
    return next === OFFSET_UNKNOWN || next === end || next === this.#align(end);
  }

  /** Whether every frame before stands where the one before it ends, from the first on. */
  #placeCertain(segment: LogSegment, index: number, offset: number): boolean {
    let end = 0;
    for (let i = 0; i <= index; i++) {
      const at = i === index ? offset : segment.offsets[i]!;
      if (at !== end && (i === 0 || at !== this.#align(end))) return false;
      end = i === index ? offset : segment.endOf(i);
      if (end < 0) return false;
    }
    return true;
  }

  #footerAt(segment: LogSegment): number {
    return this.#context.disk.size(segment.file) - footerBytes(segment.count);
  }

  #repaired(segment: LogSegment, position: number): IoStatus {
    if (this.#damaged.delete(position))
      this.#context.observer.step(STEP_REPAIRED, DAMAGE_LOG, position, this.tenant, null);
    if (segment === this.#open) return position === this.length ? this.#padEnd(segment) : IO_OK;
    // The footer was lost with its entries, or by itself.
    if (segment.sealed || segment.unknown > 0 || !segment.merkleInto(this.sealedRoot, 0)) {
      return IO_OK;
    }
    return this.#seal(segment, segment.endOf(segment.count - 1));
  }

  /** The last entry is known again, and with it the end: after it, or where a checkpoint padded. */
  #padEnd(segment: LogSegment): IoStatus {
    if (this.#end >= 0) return IO_OK;
    const end = segment.endOf(segment.count - 1);
    const padded = this.#padded ? this.#align(end) : end;
    const status = this.#writeZeros(segment, end, padded - end);
    if (status >= 0) this.#end = padded;
    return status;
  }

  /** The first position that is damaged and cannot be healed from memory; 0: none. */
  #firstBad(segment: LogSegment): number {
    for (let index = 0; index < segment.count; index++)
      if (this.#lookOrHeal(segment, index) < 0) return segment.start + index;
    return 0;
  }

  #needs(position: number): IoStatus {
    this.needed = position;
    this.check(position);
    return LOG_NEEDS;
  }

  // Segments.

  /** The segment that gets the next entry. */
  #openSegment(): LogSegment {
    if (this.#open !== null) return this.#open;
    const { limits } = this.#context;
    const segment = this.#load(segmentOf(this.length + 1, limits));
    this.#open = segment;
    this.#cut = false;
    this.#findEnd(segment);
    return segment;
  }

  /** The segment of a position of the log. */
  #segment(position: number): LogSegment {
    const n = segmentOf(position, this.#context.limits);
    if (n === segmentOf(this.length + 1, this.#context.limits)) return this.#openSegment();
    if (this.#other === null || this.#other.segment !== n) this.#other = this.#load(n);
    return this.#other;
  }

  #load(n: number): LogSegment {
    const { limits } = this.#context;
    const segment = new LogSegment(this.#context, this.tenant, n);
    const behind = this.length - (segment.start - 1);
    segment.load(Math.max(0, Math.min(behind, limits.segmentEntriesMax)));
    return segment;
  }

  /** A segment loaded from a checkpoint was padded there. */
  #findEnd(segment: LogSegment): void {
    const last = segment.count === 0 ? 0 : segment.endOf(segment.count - 1);
    this.#end = last < 0 ? -1 : this.#align(last);
    this.#padded = true;
  }

  #forgetSegments(): void {
    this.#open = null;
    this.#other = null;
    this.#end = -1;
  }

  #align(offset: number): number {
    const { sectorBytes } = this.#context.limits;
    return Math.ceil(offset / sectorBytes) * sectorBytes;
  }
}
