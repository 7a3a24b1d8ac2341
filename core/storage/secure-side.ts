/**
 * The side file: copies of journal slots, made before those slots are rewritten in place.
 *
 * `journal-side-<k>`, little-endian, in sectors (`docs/formats-storage.md`): a first sector
 *   0 checksum 128 (BLAKE3 of bytes 16..64) | 16 magic u32 | 20 format u16 | 22 zero u16
 *  24 slots u32 | 28 records u32 | 32 nonce 128 | 48 zeros to 64
 * and then, each from the start of a sector, records
 *   0 magic u32 | 4 slot u32 | 8 prepareBytes u32 (0: none) | 12 headerBytes u32 (0 or 192)
 *  16 nonce 128 | 32 the prepare | then the header
 * The nonce is that of the opening that wrote the file. Prepares and headers prove themselves.
 *
 * A new opening writes under a new name and leaves older side files alone, because it cannot know
 * which of them the platter holds: overwriting one could tear the last good copy of a slot whose
 * place in the journal an earlier opening was rewriting when it crashed. When all is in place, each
 * file's first sector is zeroed and synced before the file is removed, for a removal may be undone
 * by a crash, and a stale side file must never be taken for a fresh one.
 */
import { readU16, readU32, writeU16, writeU32 } from '../codec/bytes.ts';
import type { Checksummer } from '../codec/prepare.ts';
import { decodePrepare, decodePrepareHeader, PREPARE_HEADER_BYTES } from '../codec/prepare.ts';
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

/** Names of the side files that are there, and the number of the next. */
export interface SideFiles {
  readonly names: readonly string[];
  readonly next: number;
}

export function listSideFiles(disk: Disk): SideFiles {
  const names = disk.list(SIDE_PREFIX);
  let next = 0;
  for (const name of names) {
    const suffix = name.slice(SIDE_PREFIX.length);
    if (/^[0-9]{1,9}$/.test(suffix)) next = Math.max(next, Number(suffix) + 1);
  }
  return { names, next };
}

/**
 * Loads the slots of an interrupted opening over `rings`, so that recovery reads them from here.
 * Returns how many halves were loaded. What does not prove itself is passed over: then the sync of
 * that side file had not completed, and the journal itself had not been touched.
 */
export function overlaySideFiles(
  disk: Disk,
  limits: Limits,
  hash: Checksummer,
  files: SideFiles,
  rings: JournalRings,
): number {
  let loaded = 0;
  for (const name of files.names) loaded += overlayOne(disk, limits, hash, name, rings);
  return loaded;
}

function overlayOne(
  disk: Disk,
  limits: Limits,
  hash: Checksummer,
  name: string,
  rings: JournalRings,
): number {
  const file = disk.open(name);
  const first = new Uint8Array(SIDE_HEADER_BYTES);
  if (disk.read(file, 0, SIDE_HEADER_BYTES, first, 0) !== SIDE_HEADER_BYTES) return 0;
  const records = decodeSideHeader(first, limits, hash);
  if (records < 0) return 0;
  const nonce = read128(first, 32);
  const record = new Uint8Array(recordBytesMax(limits));
  const size = disk.size(file);
  let loaded = 0;
  for (let at = limits.sectorBytes, found = 0; found < records && at < size;) {
    const got = disk.read(file, at, SIDE_RECORD_HEADER_BYTES, record, 0);
    const bytes = got === SIDE_RECORD_HEADER_BYTES ? recordBytes(record, nonce, limits) : -1;
    if (bytes < 0 || disk.read(file, at, bytes, record, 0) !== bytes) {
      // The length of a bad record is unknown; records start at sectors, so look at the next.
      at += limits.sectorBytes;
      continue;
    }
    loaded += overlayRecord(record, hash, rings);
    at += roundUp(bytes, limits.sectorBytes);
    found++;
  }
  return loaded;
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
  if (headerBytes !== 0 && headerBytes !== PREPARE_HEADER_BYTES) return -1;
  return SIDE_RECORD_HEADER_BYTES + prepareBytes + headerBytes;
}

function overlayRecord(record: Uint8Array, hash: Checksummer, rings: JournalRings): number {
  const slot = readU32(record, 4);
  const prepareBytes = readU32(record, 8);
  const headerAt = SIDE_RECORD_HEADER_BYTES + prepareBytes;
  let loaded = 0;
  if (prepareBytes > 0) {
    const prepare = decodePrepare(record, SIDE_RECORD_HEADER_BYTES, hash);
    if (prepare !== null && rings.fits(prepare.header, slot)) {
      rings.prepareOverlay[slot] = prepare.bytes;
      loaded++;
    }
  }
  if (readU32(record, 12) > 0) {
    const header = decodePrepareHeader(record, headerAt, hash);
    if (header !== null && rings.fits(header, slot)) {
      rings.headerOverlay[slot] = record.slice(headerAt, headerAt + PREPARE_HEADER_BYTES);
      loaded++;
    }
  }
  return loaded;
}

/** One slot as it is to be copied and rewritten. */
export interface SecuredSlot {
  readonly slot: number;
  /** The bytes of its prepare; null if that half is bad or dead. */
  readonly prepare: Uint8Array | null;
  /** The 192 bytes of its header; null likewise. */
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
): IoStatus {
  const first = new Uint8Array(limits.sectorBytes);
  writeU32(first, 16, SIDE_MAGIC);
  writeU16(first, 20, SIDE_FORMAT);
  writeU32(first, 24, limits.journalSlots);
  writeU32(first, 28, slots.length);
  write128(nonce, first, 32);
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
  return SIDE_RECORD_HEADER_BYTES + limits.prepareBytesMax + PREPARE_HEADER_BYTES;
}

function roundUp(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit;
}
