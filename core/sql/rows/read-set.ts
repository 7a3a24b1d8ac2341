/**
 * What a transaction has read: ranges of indexes and single entries, by table. At commit nothing of
 * it may have changed since the transaction's snapshot; else it is not serializable.
 *
 * Bounded: a table of which too much was noted counts as read whole, and so does everything when
 * too many tables were read.
 *
 * Encoded: tables u32, then for each `table u32, ranges u32 (WHOLE: all of it)`, each range
 * `lowBytes u16, highBytes u16, low, high` of current keys. Instead of a table: the log, whole.
 */
import { readU16, readU32, readU64, writeU16, writeU32 } from '../../codec/bytes.ts';
import { PRESENT } from '../../store/store.ts';
import type { Store } from '../../store/store.ts';
import { STATE_KEY, compareBytes, sequenceKey, tableKey } from './keyspaces.ts';
import type { KeyRange, KeySource } from './stream.ts';
import { StoreSource, needed } from './stream.ts';
import { VersionScan } from './versions.ts';

/** Ranges noted of one table. */
const RANGES_MAX = 256;
const WHOLE = 0xffff_ffff;
/** Instead of a table: the log of the tenant. */
const LOG = 0xffff_ffff;
/** Entries looked at to prove that a range did not change; beyond it counts as changed. */
const VALIDATED_MAX = 65_536;

export class ReadSet {
  /** Null: all of the table. */
  readonly #tables: Map<number, KeyRange[] | null> = new Map();

  range(table: number, range: KeyRange): void {
    const ranges = this.#tables.get(table);
    if (ranges === null) return;
    if (ranges === undefined) {
      this.#tables.set(table, [range]);
      return;
    }
    const last = ranges[ranges.length - 1]!;
    if (same(last.low, range.low) && same(last.high, range.high)) return;
    if (ranges.length >= RANGES_MAX) this.#tables.set(table, null);
    else ranges.push(range);
  }

  whole(table: number): void {
    this.#tables.set(table, null);
  }

  log(): void {
    this.#tables.set(LOG, null);
  }

  encode(): Uint8Array {
    let size = 4;
    for (const ranges of this.#tables.values()) {
      size += 8;
      for (const { low, high } of ranges ?? []) size += 4 + low.length + high.length;
    }
    const bytes = new Uint8Array(size);
    writeU32(bytes, 0, this.#tables.size);
    let at = 4;
    for (const [table, ranges] of this.#tables) {
      writeU32(bytes, at, table);
      writeU32(bytes, at + 4, ranges === null ? WHOLE : ranges.length);
      at += 8;
      for (const { low, high } of ranges ?? []) {
        writeU16(bytes, at, low.length);
        writeU16(bytes, at + 2, high.length);
        bytes.set(low, at + 4);
        bytes.set(high, at + 4 + low.length);
        at += 4 + low.length + high.length;
      }
    }
    return bytes;
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, 0, a.length, b, 0, b.length) === 0;
}

/** Whether the log was read, which takes a right of its own. */
export function readsLog(bytes: Uint8Array): boolean {
  let at = 4;
  for (let left = bytes.length < 4 ? 0 : readU32(bytes, 0); left > 0; left -= 1) {
    if (at + 8 > bytes.length) return false;
    if (readU32(bytes, at) === LOG) return true;
    const count = readU32(bytes, at + 4);
    at += 8;
    for (let i = count === WHOLE ? 0 : count; i > 0; i -= 1) {
      if (at + 4 > bytes.length) return false;
      at += 4 + readU16(bytes, at) + readU16(bytes, at + 2);
    }
  }
  return false;
}

/**
 * Whether nothing that the encoded read set names, nor the catalogue, has changed after a position
 * and up to `last`. False also for bytes that are no read set.
 */
export function validateReadSet(
  store: Store,
  tenant: number,
  bytes: Uint8Array,
  since: number,
  last: number,
): boolean {
  const source = new StoreSource(store, tenant);
  if (bytes.length < 4 || lastDefinition(source) > since) return false;
  let at = 4;
  for (let tables = readU32(bytes, 0); tables > 0; tables -= 1) {
    if (at + 8 > bytes.length) return false;
    const table = readU32(bytes, at);
    const count = readU32(bytes, at + 4);
    at += 8;
    const changed = table === LOG ? last > since : lastChange(source, table) > since;
    if (count === WHOLE) {
      if (changed) return false;
      continue;
    }
    for (let i = 0; i < count; i += 1) {
      if (at + 4 > bytes.length) return false;
      const lowEnd = at + 4 + readU16(bytes, at);
      const highEnd = lowEnd + readU16(bytes, at + 2);
      if (highEnd > bytes.length || lowEnd === at + 4 || highEnd === lowEnd) return false;
      const range = { low: bytes.slice(at + 4, lowEnd), high: bytes.slice(lowEnd, highEnd) };
      if (changed && !isUnchanged(source, range, since)) return false;
      at = highEnd;
    }
  }
  return at === bytes.length;
}

/** Position of the last definition: what names mean is read by every transaction. */
function lastDefinition(source: KeySource): number {
  if (needed(source.get(STATE_KEY, 0, STATE_KEY.length)) !== PRESENT) return 0;
  return readU64(source.value, source.valueFrom);
}

/** Position of the last change of a table's rows, or of a sequence; 0: none. */
function lastChange(source: KeySource, object: number): number {
  const key = tableKey(object);
  if (needed(source.get(key, 0, key.length)) === PRESENT) {
    return readU64(source.value, source.valueFrom + 8);
  }
  const sequence = sequenceKey(object);
  if (needed(source.get(sequence, 0, sequence.length)) !== PRESENT) return 0;
  return readU64(source.value, source.valueFrom);
}

/** No entry of the range began or ended after the position. */
function isUnchanged(source: KeySource, range: KeyRange, since: number): boolean {
  // Everything that was alive at some later position...
  const scan = new VersionScan(source, range, false, since, Number.MAX_SAFE_INTEGER, true);
  for (let looked = 0; scan.next(); looked += 1) {
    if (looked >= VALIDATED_MAX) return false;
    // ...must have begun before it and still be there.
    if (scan.entry.ended > 0 || readU64(scan.entry.heap, scan.entry.from) > since) return false;
  }
  return true;
}
