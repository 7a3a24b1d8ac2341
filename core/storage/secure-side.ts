/**
 * The side file: copies of journal slots, made before those slots are rewritten in place.
 *
 * `journal-side-<k>`, little-endian, in sectors (`docs/formats-storage.md`): a first sector
 *   0 checksum 128 (BLAKE3 of bytes 16..64) | 16 magic u32 | 20 format u16 | 22 zero u16
 *  24 slots u32 | 28 records u32 | 32 nonce 128 | 48 generation u32
 *  52 zeros to 64
 * and then, each from the start of a sector, records
 *   0 magic u32 | 4 slot u32 | 8 prepareBytes u32 (0: none) | 12 headerBytes u32 (0: none)
 *  16 nonce 128 | 32 the prepare | then the sector of the header ring, its zeros left away
 * The nonce is that of the opening that wrote the file. Prepares and headers prove themselves.
 *
 * There are two names and so never more than two files, however often an opening crashes:
 *   - An opening rewrites slots in place only after its own side file is synced and every other has
 *     been zeroed and synced. So while a file is whole, no opening has rewritten slots from one of
 *     a higher generation: only the oldest whole file can hold the last good copy of a torn slot.
 *   - A new opening therefore keeps the oldest whole file as it is until its own is synced, and
 *     writes its own over the other name, with a generation above all that it has seen. It cannot
 *     know whether the platter holds what it has read, so it never overwrites the one it keeps.
 *   - A file counts as whole only if every record proves itself. (1) One opening rewrites slots
 *     from file 0 and crashes; (2) the next syncs file 1, zeroes file 0 in the cache and crashes;
 *     (3) a third writes over file 0 and loses power, which leaves file 0 with its first header,
 *     generation and all, and half its records. File 1 has to be kept.
 * The names are fixed, not counted on, because a crash may undo a removal: counted names would come
 * back one by one. What comes back was zeroed and synced before it was removed, and says nothing.
 *
 * Reading: the oldest file wins and newer ones fill in what it lacks. Newer ones are copies of what
 * was recovered, the older ones laid over the journal, and nothing is journalled until all files
 * are zeroed: where both hold a half, it is the same, unless a read failed in between, and then the
 * older copy was made with more evidence. Cost: each file is read once; in files, at most 2; in
 * bytes, at most twice the journal.
 */
import { readU16, readU32, writeU16, writeU32 } from '../codec/bytes.ts';
import type { Checksummer } from '../codec/prepare.ts';
import { decodePrepare, PREPARE_HEADER_BYTES } from '../codec/prepare.ts';
import type { Limits } from '../limits.ts';
import type { Disk, FileId, IoStatus } from '../ports.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { matches128, read128, write128 } from '../types/hash128.ts';
import type { JournalRings } from './journal-format.ts';

export const SIDE_PREFIX = 'journal-side-';
export const SIDE_FORMAT = 1;
const SIDE_MAGIC = 0x4449534b;
const RECORD_MAGIC = 0x5249534b;
const SIDE_HEADER_BYTES = 64;
export const SIDE_RECORD_HEADER_BYTES = 32;

const SIDE_NAMES: readonly string[] = [`${SIDE_PREFIX}0`, `${SIDE_PREFIX}1`];
const GENERATION_NONE = -1;

/** The side files that were there, and where the opening that found them writes its own. */
export interface SideFiles {
  readonly names: readonly string[];
  /** The one name that must stay as it is until the own file is synced. */
  readonly kept: string | null;
  readonly own: string;
  /** Of the own file: above that of every file found. */
  readonly generation: number;
}

interface FoundFile {
  readonly name: string;
  readonly file: FileId;
  /** `GENERATION_NONE`: the first sector is zero or bad. */
  readonly generation: number;
  readonly records: number;
  readonly nonce: Hash128;
}

/**
 * Loads the slots of interrupted openings over `rings`, so that recovery reads them from here.
 * What does not prove itself is passed over: then the sync of that side file had not completed, and
 * the journal itself had not been touched. More than two files never come to be; should there be
 * more, all are read.
 */
export function overlaySideFiles(
  disk: Disk,
  limits: Limits,
  hash: Checksummer,
  rings: JournalRings,
): SideFiles {
  const names = disk.list(SIDE_PREFIX);
  const found = names.map((name) => findFile(disk, limits, hash, name));
  found.sort((x, y) => x.generation - y.generation);
  let whole: FoundFile | null = null;
  let partial: FoundFile | null = null;
  let generation = 0;
  for (const each of found) {
    if (each.generation === GENERATION_NONE) continue;
    generation = Math.max(generation, each.generation);
    if (overlayOne(disk, limits, hash, each, rings) === each.records) whole ??= each;
    // Rot may have taken a record of the only file: the rest of it is still worth keeping.
    else partial ??= each;
  }
  const kept = (whole ?? partial)?.name ?? null;
  return { names, kept, own: ownName(found, kept), generation: generation + 1 };
}

/** The newest name that is not kept, or the first of the two that is free. */
function ownName(found: readonly FoundFile[], kept: string | null): string {
  for (let i = found.length - 1; i >= 0; i--) {
    const { name } = found[i]!;
    if (name !== kept) return name;
  }
  const own = SIDE_NAMES.find((name) => name !== kept);
  assert(own !== undefined, 'two names, one of them kept at most');
  return own;
}

function findFile(disk: Disk, limits: Limits, hash: Checksummer, name: string): FoundFile {
  const file = disk.open(name);
  const first = new Uint8Array(SIDE_HEADER_BYTES);
  const got = disk.read(file, 0, SIDE_HEADER_BYTES, first, 0);
  const records = got === SIDE_HEADER_BYTES ? decodeSideHeader(first, limits, hash) : -1;
  const generation = records < 0 ? GENERATION_NONE : readU32(first, 48);
  return { name, file, generation, records, nonce: read128(first, 32) };
}

/** The number of records of which every half proved itself. */
function overlayOne(
  disk: Disk,
  limits: Limits,
  hash: Checksummer,
  found: FoundFile,
  rings: JournalRings,
): number {
  const { file, records, nonce } = found;
  const record = new Uint8Array(recordBytesMax(limits));
  const size = disk.size(file);
  let proven = 0;
  for (let at = limits.sectorBytes, seen = 0; seen < records && at < size;) {
    const got = disk.read(file, at, SIDE_RECORD_HEADER_BYTES, record, 0);
    const bytes = got === SIDE_RECORD_HEADER_BYTES ? recordBytes(record, nonce, limits) : -1;
    if (bytes < 0 || disk.read(file, at, bytes, record, 0) !== bytes) {
      // The length of a bad record is unknown; records start at sectors, so look at the next.
      at += limits.sectorBytes;
      continue;
    }
    if (overlayRecord(record, hash, rings)) proven++;
    at += roundUp(bytes, limits.sectorBytes);
    seen++;
  }
  return proven;
}

/** The number of records, or -1 if this is no side file of this build and journal. */
function decodeSideHeader(first: Uint8Array, limits: Limits, hash: Checksummer): number {
  if (readU32(first, 16) !== SIDE_MAGIC || readU16(first, 20) !== SIDE_FORMAT) return -1;
  if (readU32(first, 24) !== limits.journalSlots) return -1;
  const checksum = hash.checksum128(first, 16, SIDE_HEADER_BYTES - 16);
  return matches128(checksum, first, 0) ? readU32(first, 28) : -1;
}

function recordBytes(record: Uint8Array, nonce: Hash128, limits: Limits): number {
  const prepareBytes = readU32(record, 8);
  const headerBytes = readU32(record, 12);
  if (readU32(record, 0) !== RECORD_MAGIC || !matches128(nonce, record, 16)) return -1;
  if (readU32(record, 4) >= limits.journalSlots || prepareBytes > limits.prepareBytesMax) return -1;
  if (headerBytes !== 0 && headerBytes < PREPARE_HEADER_BYTES) return -1;
  if (headerBytes > limits.sectorBytes) return -1;
  return SIDE_RECORD_HEADER_BYTES + prepareBytes + headerBytes;
}

/** Fills in what no older file holds; false if a half does not prove itself. */
function overlayRecord(record: Uint8Array, hash: Checksummer, rings: JournalRings): boolean {
  const slot = readU32(record, 4);
  const prepareBytes = readU32(record, 8);
  const headerAt = SIDE_RECORD_HEADER_BYTES + prepareBytes;
  let proven = true;
  if (prepareBytes > 0) {
    const prepare = decodePrepare(record, SIDE_RECORD_HEADER_BYTES, hash);
    if (prepare === null || !rings.fits(prepare.header, slot)) proven = false;
    else rings.prepareOverlay[slot] ??= prepare.bytes;
  }
  if (readU32(record, 12) > 0) {
    const bytes = record.slice(headerAt, headerAt + readU32(record, 12));
    if (rings.decodeHeader(slot, bytes) === null) proven = false;
    else rings.headerOverlay[slot] ??= bytes;
  }
  return proven;
}

/** One slot as it is to be copied and rewritten. */
export interface SecuredSlot {
  readonly slot: number;
  /** The bytes of its prepare; null if that half is bad or dead. */
  readonly prepare: Uint8Array | null;
  /** Its sector of the header ring, the zeros at its end left away; null likewise. */
  readonly header: Uint8Array | null;
}

/** Writes a whole side file. A negative status: the write is to be tried again as a whole. */
export function writeSideFile(
  disk: Disk,
  limits: Limits,
  hash: Checksummer,
  file: FileId,
  slots: readonly SecuredSlot[],
  nonce: Hash128,
  generation: number,
): IoStatus {
  const first = new Uint8Array(limits.sectorBytes);
  writeU32(first, 16, SIDE_MAGIC);
  writeU16(first, 20, SIDE_FORMAT);
  writeU32(first, 24, limits.journalSlots);
  writeU32(first, 28, slots.length);
  write128(nonce, first, 32);
  writeU32(first, 48, generation);
  write128(hash.checksum128(first, 16, SIDE_HEADER_BYTES - 16), first, 0);
  let status = disk.write(file, 0, first, 0, first.length);
  let at = limits.sectorBytes;
  for (let i = 0; i < slots.length && status >= 0; i++) {
    const record = encodeRecord(slots[i]!, nonce, limits);
    status = disk.write(file, at, record, 0, record.length);
    at += record.length;
  }
  return status;
}

function encodeRecord(secured: SecuredSlot, nonce: Hash128, limits: Limits): Uint8Array {
  const { slot, prepare, header } = secured;
  const prepareBytes = prepare === null ? 0 : prepare.length;
  const headerBytes = header === null ? 0 : header.length;
  assert(prepareBytes + headerBytes > 0, 'a record holds something');
  const bytes = SIDE_RECORD_HEADER_BYTES + prepareBytes + headerBytes;
  const record = new Uint8Array(roundUp(bytes, limits.sectorBytes));
  writeU32(record, 0, RECORD_MAGIC);
  writeU32(record, 4, slot);
  writeU32(record, 8, prepareBytes);
  writeU32(record, 12, headerBytes);
  write128(nonce, record, 16);
  if (prepare !== null) record.set(prepare, SIDE_RECORD_HEADER_BYTES);
  if (header !== null) record.set(header, SIDE_RECORD_HEADER_BYTES + prepareBytes);
  return record;
}

function recordBytesMax(limits: Limits): number {
  return SIDE_RECORD_HEADER_BYTES + limits.prepareBytesMax + limits.sectorBytes;
}

function roundUp(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit;
}
