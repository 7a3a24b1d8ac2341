/**
 * The journal file: where its two rings lie, and how one half of a slot is read and written.
 *
 * Op n lives in slot n mod slots. The prepare ring comes first, `prepareBytesMax` a slot; the
 * header ring follows, one sector a slot, so that no write of one slot can tear or carry along
 * another's header. Prepares and headers prove themselves by checksum, magic, format, cluster and
 * slot; the file has no header of its own, and its size is part of its validity.
 *
 * A sector of the header ring takes one of two forms:
 *   0 the header | 192 zeros
 *   0 the header | 192 the mark | 240 the body | zeros       if the prepare fits: a *whole* one
 * The mark, 48 bytes:
 *   0 checksum 128 (BLAKE3 of bytes 16..48) | 16 magic u32 | 20 zero u32
 *  24 highest op known to be durable here when this was written u64 | 32 checksum of the header 128
 * A header alone proves that its prepare was durable before. A whole prepare was written together
 * with its other half and proves this of the op in its mark only.
 *
 * Cost: reading a half is one disk read and one BLAKE3 (two for a prepare with a body). Reading
 * never throws: whatever does not prove itself is *bad*, unless it is *blank*.
 */
import type { Checksummer, Prepare, PrepareHeader } from '../codec/prepare.ts';
import { readU32, readU64, writeU32, writeU64 } from '../codec/bytes.ts';
import { decodePrepareHeader, PREPARE_HEADER_BYTES, writePrepareHeader } from '../codec/prepare.ts';
import type { Limits } from '../limits.ts';
import type { Disk, FileId, IoStatus } from '../ports.ts';
import { IO_OK } from '../ports.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { equal128, matches128, write128 } from '../types/hash128.ts';

export const JOURNAL_FILE = 'journal';

/** All zeros, as formatted: nothing was ever written here. */
export const HALF_BLANK = 0;
/** Torn, rotten, unreadable, or of another slot or cluster. */
export const HALF_BAD = 1;
export const HALF_VALID = 2;

const READ_AHEAD_BYTES_MIN = 1024;

const MARK_MAGIC = 0x4c4f484b;
const MARK_BYTES = 48;
/** Where the body begins in a sector that holds a whole prepare. */
export const WHOLE_BODY_AT: number = PREPARE_HEADER_BYTES + MARK_BYTES;

export function journalBytes(limits: Limits): number {
  return limits.journalSlots * (limits.prepareBytesMax + limits.sectorBytes);
}

/** Creates an empty journal. Not synced: a node makes durable what it opens before it speaks. */
export function formatJournal(disk: Disk, limits: Limits): IoStatus {
  const file = disk.open(JOURNAL_FILE);
  const emptied = disk.truncate(file, 0);
  return emptied === IO_OK ? disk.truncate(file, journalBytes(limits)) : emptied;
}

/** Access to the halves of slots. Holds two buffers; results are valid until the next call. */
export class JournalRings {
  readonly file: FileId;
  readonly slots: number;
  /** `HALF_…` of the half read last. */
  half: number = HALF_BLANK;
  /** After `readPrepare` returned a header: the prepare's bytes, from 0. */
  prepareBytes: Uint8Array;
  /** After `readHeader` returned a header: whether its whole prepare stands there. */
  whole = false;
  /** After `readHeader` returned a header: an op which that proves to have been durable here. */
  provenOp = -1;
  /**
   * Halves to be read from here instead: from the side file of an interrupted opening, or from a
   * whole prepare in the header ring where the prepare ring has none.
   */
  readonly prepareOverlay: (Uint8Array | null)[];
  readonly headerOverlay: (Uint8Array | null)[];

  readonly #disk: Disk;
  readonly #hash: Checksummer;
  readonly #cluster: Hash128;
  readonly #sectorBytes: number;
  readonly #prepareBytesMax: number;
  readonly #readAheadBytes: number;
  readonly #wholeBodyBytesMax: number;
  /** One sector of the header ring. */
  readonly #sector: Uint8Array;

  constructor(disk: Disk, limits: Limits, hash: Checksummer, cluster: Hash128) {
    this.#disk = disk;
    this.#hash = hash;
    this.#cluster = cluster;
    this.#sectorBytes = limits.sectorBytes;
    this.#prepareBytesMax = limits.prepareBytesMax;
    this.#wholeBodyBytesMax = limits.wholeBodyBytesMax;
    const readAhead = Math.max(READ_AHEAD_BYTES_MIN, limits.sectorBytes);
    this.#readAheadBytes = Math.min(readAhead, limits.prepareBytesMax);
    this.#sector = new Uint8Array(limits.sectorBytes);
    this.slots = limits.journalSlots;
    this.prepareBytes = new Uint8Array(this.#readAheadBytes);
    this.prepareOverlay = nulls(this.slots);
    this.headerOverlay = nulls(this.slots);
    this.file = disk.open(JOURNAL_FILE);
    assert(PREPARE_HEADER_BYTES <= this.#readAheadBytes, 'the read-ahead holds a header');
  }

  /** Whether the file has the size that these limits give it. */
  get sized(): boolean {
    return this.#disk.size(this.file) === this.slots * (this.#prepareBytesMax + this.#sectorBytes);
  }

  prepareOffset(slot: number): number {
    return slot * this.#prepareBytesMax;
  }

  headerOffset(slot: number): number {
    return this.slots * this.#prepareBytesMax + slot * this.#sectorBytes;
  }

  /** Whether a header may stand in `slot` of this journal. */
  fits(header: PrepareHeader, slot: number): boolean {
    return (
      header.op % this.slots === slot &&
      header.bodyBytes <= this.#prepareBytesMax - PREPARE_HEADER_BYTES &&
      equal128(header.cluster, this.#cluster)
    );
  }

  /** The header of the whole, valid prepare in `slot`, or null; see `half` and `prepareBytes`. */
  readPrepare(slot: number): PrepareHeader | null {
    const from = this.prepareOffset(slot);
    let loaded = this.#readAheadBytes;
    if (!this.#load(slot, from, 0, loaded)) {
      // An unreadable sector behind a short prepare must not hide it: nothing but a longer prepare
      // would mend that sector, and this may be the last copy that can be reached.
      loaded = this.#sectorBytes;
      if (!this.#load(slot, from, 0, loaded)) return this.#bad();
    }
    const header = decodePrepareHeader(this.prepareBytes, 0, this.#hash);
    if (header === null || !this.fits(header, slot)) return this.#none(this.prepareBytes);
    const total = PREPARE_HEADER_BYTES + header.bodyBytes;
    if (total > loaded && !this.#loadRest(slot, from, loaded, total)) return this.#bad();
    const { bodyBytes } = header;
    const sum = this.#hash.checksum128(this.prepareBytes, PREPARE_HEADER_BYTES, bodyBytes);
    if (!equal128(sum, header.bodyChecksum)) return this.#bad();
    this.half = HALF_VALID;
    return header;
  }

  /**
   * The header in the header ring's `slot`, or null; see `half`, `whole` and `provenOp`. `twin` is
   * what `readPrepare` has just returned: the same bytes are the same and are not hashed again.
   */
  readHeader(slot: number, twin: PrepareHeader | null): PrepareHeader | null {
    const overlay = this.headerOverlay[slot]!;
    const sector = this.#sector;
    if (overlay !== null) setPadded(sector, overlay);
    else {
      const length = sector.length;
      const got = this.#disk.read(this.file, this.headerOffset(slot), length, sector, 0);
      if (got !== length) return this.#bad();
    }
    return this.#decodeSector(slot, twin);
  }

  /** The header in the bytes of a sector of the header ring, its zeros left away; see above. */
  decodeHeader(slot: number, bytes: Uint8Array): PrepareHeader | null {
    setPadded(this.#sector, bytes);
    return this.#decodeSector(slot, null);
  }

  #decodeSector(slot: number, twin: PrepareHeader | null): PrepareHeader | null {
    const sector = this.#sector;
    const same = twin !== null && matches128(twin.checksum, sector, 0) && this.#sameAsPrepare();
    const header = same ? twin : decodePrepareHeader(sector, 0, this.#hash);
    if (header === null || !this.fits(header, slot)) return this.#none(sector);
    this.whole = isMarked(sector);
    this.provenOp = header.op;
    if (this.whole && !this.#provesWhole(header, same)) return this.#bad();
    this.half = HALF_VALID;
    return header;
  }

  /** Whether mark and body of the sector are those of `header`; sets `provenOp`. */
  #provesWhole(header: PrepareHeader, same: boolean): boolean {
    const sector = this.#sector;
    const at = PREPARE_HEADER_BYTES;
    if (WHOLE_BODY_AT + header.bodyBytes > this.#sectorBytes) return false;
    if (readU32(sector, at + 16) !== MARK_MAGIC) return false;
    if (!matches128(header.checksum, sector, at + 32)) return false;
    const mark = this.#hash.checksum128(sector, at + 16, MARK_BYTES - 16);
    if (!matches128(mark, sector, at)) return false;
    this.provenOp = readU64(sector, at + 24);
    if (same && this.#sameBody(header.bodyBytes)) return true;
    const sum = this.#hash.checksum128(sector, WHOLE_BODY_AT, header.bodyBytes);
    return equal128(sum, header.bodyChecksum);
  }

  /** Whether a prepare with so long a body is written whole to the header ring, too. */
  isShort(bodyBytes: number): boolean {
    return bodyBytes <= this.#wholeBodyBytesMax;
  }

  /** After `readHeader` found a whole prepare: its bytes. */
  wholePrepare(header: PrepareHeader): Uint8Array {
    assert(this.whole, 'a whole prepare was read');
    const bytes = new Uint8Array(PREPARE_HEADER_BYTES + header.bodyBytes);
    bytes.set(this.#sector.subarray(0, PREPARE_HEADER_BYTES));
    const end = WHOLE_BODY_AT + header.bodyBytes;
    bytes.set(this.#sector.subarray(WHOLE_BODY_AT, end), PREPARE_HEADER_BYTES);
    return bytes;
  }

  writePrepare(slot: number, bytes: Uint8Array, length: number): IoStatus {
    assert(length <= this.#prepareBytesMax, 'a prepare fits its slot');
    const at = this.prepareOffset(slot);
    const status = this.#disk.write(this.file, at, bytes, 0, length);
    if (status >= 0 || length % this.#sectorBytes === 0) return status;
    // An unreadable sector cannot be written in part, for the rest of it would have to be read; as
    // a whole it can, and is whole again.
    const whole = length - (length % this.#sectorBytes);
    const head = whole === 0 ? IO_OK : this.#disk.write(this.file, at, bytes, 0, whole);
    if (head < 0) return head;
    const tail = new Uint8Array(this.#sectorBytes);
    tail.set(bytes.subarray(whole, length));
    return this.#disk.write(this.file, at + whole, tail, 0, tail.length);
  }

  writeHeader(slot: number, header: PrepareHeader): IoStatus {
    assert(header.op % this.slots === slot, 'a header goes to its own slot');
    const sector = this.#sector;
    writePrepareHeader(header, sector, 0);
    sector.fill(0, PREPARE_HEADER_BYTES);
    return this.#writeSector(slot);
  }

  /** `provenOp`: the highest op that is known to be durable here. */
  writeWhole(slot: number, prepare: Prepare, provenOp: number): IoStatus {
    assert(prepare.header.op % this.slots === slot, 'a prepare goes to its own slot');
    this.#setWhole(prepare, provenOp);
    return this.#writeSector(slot);
  }

  /** What `writeWhole` writes, its zeros left away. */
  wholeBytes(prepare: Prepare, provenOp: number): Uint8Array {
    this.#setWhole(prepare, provenOp);
    return this.#sector.slice(0, WHOLE_BODY_AT + prepare.header.bodyBytes);
  }

  /** Writes what `wholeBytes` returned, or the bytes of a header. */
  writeHeaderBytes(slot: number, bytes: Uint8Array): IoStatus {
    setPadded(this.#sector, bytes);
    return this.#writeSector(slot);
  }

  #setWhole(prepare: Prepare, provenOp: number): void {
    const { bodyBytes, checksum } = prepare.header;
    assert(WHOLE_BODY_AT + bodyBytes <= this.#sectorBytes, 'a whole prepare fits its sector');
    const sector = this.#sector;
    const at = PREPARE_HEADER_BYTES;
    sector.set(prepare.bytes.subarray(0, at));
    writeU32(sector, at + 16, MARK_MAGIC);
    writeU32(sector, at + 20, 0);
    writeU64(sector, at + 24, provenOp);
    write128(checksum, sector, at + 32);
    write128(this.#hash.checksum128(sector, at + 16, MARK_BYTES - 16), sector, at);
    sector.set(prepare.bytes.subarray(at, at + bodyBytes), WHOLE_BODY_AT);
    sector.fill(0, WHOLE_BODY_AT + bodyBytes);
  }

  #writeSector(slot: number): IoStatus {
    return this.#disk.write(this.file, this.headerOffset(slot), this.#sector, 0, this.#sectorBytes);
  }

  #load(slot: number, from: number, at: number, length: number): boolean {
    const overlay = this.prepareOverlay[slot]!;
    if (overlay === null)
      return this.#disk.read(this.file, from + at, length, this.prepareBytes, at) === length;
    const part = overlay.subarray(at, at + length);
    this.prepareBytes.set(part, at);
    this.prepareBytes.fill(0, at + part.length, at + length);
    return true;
  }

  #loadRest(slot: number, from: number, loaded: number, total: number): boolean {
    if (this.prepareBytes.length < total) {
      const larger = new Uint8Array(total);
      larger.set(this.prepareBytes.subarray(0, loaded));
      this.prepareBytes = larger;
    }
    return this.#load(slot, from, loaded, total - loaded);
  }

  #sameAsPrepare(): boolean {
    const sector = this.#sector;
    const prepare = this.prepareBytes;
    for (let i = 0; i < PREPARE_HEADER_BYTES; i++) if (sector[i] !== prepare[i]) return false;
    return true;
  }

  #sameBody(bodyBytes: number): boolean {
    const sector = this.#sector;
    const prepare = this.prepareBytes;
    for (let i = 0; i < bodyBytes; i++)
      if (sector[WHOLE_BODY_AT + i] !== prepare[PREPARE_HEADER_BYTES + i]) return false;
    return true;
  }

  #bad(): null {
    this.half = HALF_BAD;
    return null;
  }

  #none(bytes: Uint8Array): null {
    this.half = HALF_BLANK;
    for (let i = 0; i < PREPARE_HEADER_BYTES; i++) {
      if (bytes[i] === 0) continue;
      this.half = HALF_BAD;
      break;
    }
    return null;
  }
}

/** Whether anything stands where a whole prepare has its mark. */
function isMarked(sector: Uint8Array): boolean {
  for (let i = PREPARE_HEADER_BYTES; i < WHOLE_BODY_AT; i++) if (sector[i] !== 0) return true;
  return false;
}

function setPadded(sector: Uint8Array, bytes: Uint8Array): void {
  sector.set(bytes);
  sector.fill(0, bytes.length);
}

/** An array of `count` nulls, without holes. */
export function nulls<T>(count: number): (T | null)[] {
  const array: (T | null)[] = [];
  for (let i = 0; i < count; i++) array.push(null);
  return array;
}
