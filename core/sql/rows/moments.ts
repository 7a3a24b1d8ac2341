/**
 * When the tenant's entries were made: for each position that wrote, its timestamp, as a record.
 * So a timestamp answers the same right after a restart, and for ever.
 *
 * Cost: a look-up of a timestamp is a bisection, about twenty seeks; the last ones are kept.
 */
import { readU64 } from '../../codec/bytes.ts';
import { PRESENT } from '../../store/store.ts';
import { assert } from '../../types/assert.ts';
import { SqlError } from '../error.ts';
import type { Int64 } from '../types/type.ts';
import {
  KEYSPACE_MOMENT,
  MOMENT_KEY_BYTES,
  PENDING_POSITION,
  momentKey,
  readPosition,
} from './keyspaces.ts';
import type { KeySource } from './stream.ts';
import { needed } from './stream.ts';

/** 2000-01-01 in microseconds since 1970: SQL's timestamps count from there. */
export const SQL_EPOCH_MICROS = 946_684_800_000_000;
const KEPT_MAX = 64;
/** The key that is looked up right now. */
const sought: Uint8Array = new Uint8Array(MOMENT_KEY_BYTES);

export class Moments {
  readonly #source: KeySource;
  /** Answers for timestamps that a later entry has passed: they never change. Made when asked. */
  #positions: Map<number, number> | null = null;
  #timestamps: Map<number, number> | null = null;

  constructor(source: KeySource) {
    this.#source = source;
  }

  /** The newest position that wrote; 0: none. */
  latest(): number {
    return this.#atOrBelow(PENDING_POSITION);
  }

  /** Microseconds since 2000 of the entry at a position that wrote. */
  timestampAt(position: number): number {
    const known = this.#timestamps?.get(position);
    if (known !== undefined) return known;
    const found = this.#atOrBelow(position);
    assert(found === position, 'a position that wrote has a timestamp');
    const timestamp = this.#shownTimestamp() - SQL_EPOCH_MICROS;
    this.#timestamps ??= new Map();
    keep(this.#timestamps, position, timestamp);
    return timestamp;
  }

  /** The last position that wrote at or before an instant (microseconds since 2000); 0: none. */
  positionAt(timestamp: Int64, now: number): number {
    if (timestamp > now - SQL_EPOCH_MICROS) {
      throw new SqlError('22023', 'AS OF TIMESTAMP lies in the future');
    }
    if (timestamp < -SQL_EPOCH_MICROS) return 0;
    const instant = Number(timestamp) + SQL_EPOCH_MICROS;
    const known = this.#positions?.get(instant);
    if (known !== undefined) return known;
    const latest = this.latest();
    if (latest === 0 || this.#shownTimestamp() <= instant) return latest;
    // The answer is at or above `low`, and below `high`, whose entry is too late.
    let low = 0;
    let high = latest;
    while (low < high - 1) {
      const middle = low + Math.floor((high - low) / 2);
      const found = this.#atOrBelow(middle);
      if (found <= low) {
        // No entry wrote in (low, middle].
        const next = this.#above(middle);
        if (next >= high) break;
        if (this.#shownTimestamp() <= instant) low = next;
        else high = next;
      } else if (this.#shownTimestamp() <= instant) low = found;
      else high = found;
    }
    this.#positions ??= new Map();
    keep(this.#positions, instant, low);
    return low;
  }

  #atOrBelow(position: number): number {
    momentKey(position, sought);
    return this.#shown(this.#source.seek(sought, 0, MOMENT_KEY_BYTES, true), 0);
  }

  #above(position: number): number {
    momentKey(position + 1, sought);
    const found = this.#source.seek(sought, 0, MOMENT_KEY_BYTES, false);
    return this.#shown(found, PENDING_POSITION);
  }

  #shown(state: number, otherwise: number): number {
    if (needed(state) !== PRESENT) return otherwise;
    const { leaf, leafIndex } = this.#source;
    const key = leaf.cells[leafIndex]! + 4;
    return leaf.heap[key] === KEYSPACE_MOMENT ? readPosition(leaf.heap, key + 1) : otherwise;
  }

  #shownTimestamp(): number {
    return readU64(this.#source.value, this.#source.valueFrom);
  }
}

function keep(map: Map<number, number>, key: number, value: number): void {
  if (map.size >= KEPT_MAX) map.clear();
  map.set(key, value);
}
