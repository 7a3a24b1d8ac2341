/**
 * Sealing entries, remembering the last ones by what they were sealed from.
 *
 * Every replica of a simulated cluster seals the same entry from the same prepare. A sealed entry
 * is a pure function of the prepare, its place, its predecessor and its outcome; one table for the
 * process keeps the last entries, and answers when the prepare is the same object and place,
 * predecessor and outcome are the same bytes. An answer is the same immutable array for all.
 * Nothing of a node's behaviour depends on it; damaged bytes never get here.
 *
 * Cost of a hit: one compare of the outcome; of a miss: sealing, and one copy. An entry read back
 * is proven by comparing it with the one remembered, at a fifth of what hashing it takes.
 */
import type { Prepare } from '../codec/prepare.ts';
import { readU32, readU64 } from '../codec/bytes.ts';
import type { EntryHasher } from '../kernel/entry.ts';
import {
  ENTRY_AT_PREVIOUS,
  ENTRY_HASH_BYTES,
  ENTRY_HEADER_BYTES,
  equalBytes,
  sealEntry,
} from '../kernel/entry.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { carve, copyBytes } from '../store/arena.ts';

/** A power of two. */
const SLOTS = 128;
/** Longer entries are sealed each time: they would hold too much memory. */
const REMEMBERED_BYTES_MAX = 4096;

const prepares: (Prepare | null)[] = [];
const entries: (Uint8Array | null)[] = [];
for (let i = 0; i < SLOTS; i += 1) {
  prepares.push(null);
  entries.push(null);
}

/** The sealed entry of the op that the kernel has executed. Nobody may write into it. */
export function sealOnce(
  prepare: Prepare,
  kernel: Kernel,
  previous: Uint8Array,
  hash: EntryHasher,
): Uint8Array {
  const slot = prepare.header.op & (SLOTS - 1);
  const known = entries[slot]!;
  if (known !== null && prepares[slot] === prepare && isSame(known, kernel, previous)) return known;
  const { entryBytes, requestPartBytes, outcomePartBytes, logTenant, position } = kernel;
  const bytes = sealEntry(
    entryBytes,
    prepare.header,
    logTenant,
    position,
    requestPartBytes,
    outcomePartBytes,
    previous,
    hash,
  );
  const entry = carve(bytes);
  copyBytes(entryBytes, 0, bytes, entry, 0);
  if (bytes <= REMEMBERED_BYTES_MAX) {
    prepares[slot] = prepare;
    entries[slot] = entry;
  }
  return entry;
}

/**
 * Whether these are, byte for byte, a sealed entry that is remembered: then all its hashes are
 * right. Its place is for the caller to compare.
 */
export function isSealed(bytes: Uint8Array, from: number, end: number): boolean {
  if (end - from < ENTRY_HEADER_BYTES) return false;
  const known = entries[readU32(bytes, from + 48) & (SLOTS - 1)]!;
  if (known === null || known.length !== end - from) return false;
  return equalBytes(known, 0, bytes, from, known.length);
}

/**
 * The request part and the rest of the header follow from the prepare, which is the same object.
 */
function isSame(entry: Uint8Array, kernel: Kernel, previous: Uint8Array): boolean {
  const { requestPartBytes, outcomePartBytes } = kernel;
  const from = ENTRY_HEADER_BYTES + requestPartBytes;
  return (
    entry.length === from + outcomePartBytes &&
    readU32(entry, 36) === kernel.logTenant &&
    readU64(entry, 40) === kernel.position &&
    readU32(entry, 100) === requestPartBytes &&
    equalBytes(entry, ENTRY_AT_PREVIOUS, previous, 0, ENTRY_HASH_BYTES) &&
    equalBytes(entry, from, kernel.entryBytes, from, outcomePartBytes)
  );
}
