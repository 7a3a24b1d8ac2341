/**
 * What a statement sees: the store as of its snapshot, and its transaction's own changes.
 */
import type { Store } from '../../store/store.ts';
import { copyBytes } from '../../store/arena.ts';
import {
  KEYSPACE_CURRENT,
  PENDING_POSITION,
  PREFIX_BYTES,
  successor,
  writePrefix,
} from './keyspaces.ts';
import type { Layer } from './layer.ts';
import { Moments, SQL_EPOCH_MICROS } from './moments.ts';
import type { Overlay } from './overlay.ts';
import type { Clock } from './runs.ts';
import type { KeyRange } from './stream.ts';
import { StoreSource } from './stream.ts';

export interface ViewOptions {
  readonly store: Store;
  readonly tenant: number;
  /** Reads see what entries up to this position did, whatever commits meanwhile. */
  readonly snapshot: number;
  /** Position of the entry that is being made; `PENDING_POSITION` in a transaction's fork. */
  readonly position: number;
  /** Its timestamp (in reads: the agreed clock's), in microseconds since 1970. */
  readonly timestamp: number;
  readonly overlay: Overlay;
  /** Reads also see what the running statement has done. Absent: they do not. */
  readonly working?: boolean;
}

export class View implements Clock {
  readonly source: StoreSource;
  readonly overlay: Overlay;
  readonly snapshot: number;
  readonly position: number;
  readonly timestamp: number;
  readonly moments: Moments;
  readonly #store: Store;
  readonly #working: boolean;
  #hashA = 0;
  #hashB = 0;
  #changes = -1;
  #stamp = 0;
  #moved = false;

  constructor(options: ViewOptions) {
    this.#store = options.store;
    this.source = new StoreSource(options.store, options.tenant);
    this.overlay = options.overlay;
    this.snapshot = options.snapshot;
    this.position = options.position;
    this.timestamp = options.timestamp;
    this.#working = options.working === true;
    this.moments = new Moments(this.source);
  }

  /** Layers that reads see, uppermost first. */
  get layers(): readonly Layer[] {
    const { overlay } = this;
    return this.#working ? [overlay.statement, overlay.base] : [overlay.base];
  }

  /** Changes whenever the store or the overlay does: cursors then find their place again. */
  stamp(): number {
    const { stateHashA, stateHashB } = this.#store;
    const { changes } = this.overlay;
    if (stateHashA !== this.#hashA || stateHashB !== this.#hashB || changes !== this.#changes) {
      this.#moved = this.moments.latest() > this.snapshot;
      this.#hashA = stateHashA;
      this.#hashB = stateHashB;
      this.#changes = changes;
      this.#stamp += 1;
    }
    return this.#stamp;
  }

  /** Whether the store is beyond the snapshot. */
  moved(): boolean {
    this.stamp();
    return this.#moved;
  }

  timestampAt(position: number): number {
    if (position === this.position || position === PENDING_POSITION) {
      return this.timestamp - SQL_EPOCH_MICROS;
    }
    return this.moments.timestampAt(position);
  }

  /** All keys of an index that begin with these bytes. */
  keyRange(index: number, key: Uint8Array, from: number, bytes: number): KeyRange {
    const low = new Uint8Array(PREFIX_BYTES + bytes);
    writePrefix(KEYSPACE_CURRENT, index, low);
    copyBytes(key, from, bytes, low, PREFIX_BYTES);
    return this.prefixRange(low, 0, low.length);
  }

  /** All keys that begin with these bytes, keyspace and index among them. */
  prefixRange(key: Uint8Array, from: number, bytes: number): KeyRange {
    const low = key.slice(from, from + bytes);
    const high = low.slice();
    return { low, high: high.slice(0, successor(high, high.length)) };
  }

  /** Longest key of the store. */
  get keyBytesMax(): number {
    return this.#store.keyBytesMax;
  }
}
