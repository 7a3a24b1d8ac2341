/**
 * One tenant's hash chain, followed from its first entry: each must name the hash of the one
 * before, and ops and timestamps must increase. The entry's own hashes are proven by whoever
 * reads it (`StateReader.entry`).
 *
 * Cost: an entry's hash is copied; nothing is kept of the entry.
 */
import {
  GENESIS_HASH,
  decodeEntryHeader,
  entryHash,
  entryPrevious,
  equalBytes,
} from '../core/kernel/entry.ts';

const HASH_BYTES = 32;

export class ChainCheck {
  /** Entries accepted. */
  length = 0;
  /** Hash of the last one. */
  head: Uint8Array = GENESIS_HASH;
  private op = 0;
  private timestamp = -1;

  /** Whether the entry is the next of the chain; null (not held, or damaged) is not. */
  accept(entry: Uint8Array | null): boolean {
    const header = entry === null ? null : decodeEntryHeader(entry);
    if (entry === null || header === null) return false;
    if (!this.endsWith(entryPrevious(entry))) return false;
    if (header.op <= this.op || header.timestamp <= this.timestamp) return false;
    this.length += 1;
    this.head = entryHash(entry).slice();
    this.op = header.op;
    this.timestamp = header.timestamp;
    return true;
  }

  /** Whether this is the hash of the last entry. */
  endsWith(hash: Uint8Array): boolean {
    return equalBytes(hash, 0, this.head, 0, HASH_BYTES);
  }
}
