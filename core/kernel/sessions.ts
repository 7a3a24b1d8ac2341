/**
 * Client sessions: a bounded table of records in tenant 0, with the least recently used one (by op)
 * evicted when a new client registers and the table is full.
 *
 * Who is least recently used follows from the records alone. To find it without reading the whole
 * table each time, one scan remembers the oldest few: as long as a remembered session still has the
 * op it was remembered with, every session that is not remembered is younger, because sessions only
 * ever get younger. The memory is a cache: dropping it changes nothing.
 */
import type { Store } from '../store/store.ts';
import { ABSENT, NEEDS, PRESENT } from '../store/store.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { read128 } from '../types/hash128.ts';
import { TENANT_SYSTEM } from './operation.ts';
import type { SessionView } from './records.ts';
import {
  KEYSPACE_SESSION,
  SESSION_KEY_BYTES,
  readSession,
  readSessionLastOp,
  replyKey,
  sessionKey,
} from './records.ts';

/** How many a scan remembers. */
const OLDEST_MAX = 64;

interface Oldest {
  readonly client: Hash128;
  readonly lastOp: number;
}

export class Sessions {
  readonly #store: Store;
  readonly #key: Uint8Array = new Uint8Array(SESSION_KEY_BYTES);
  /** Oldest first. */
  #oldest: Oldest[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  /** `PRESENT` fills `into`. */
  find(client: Hash128, into: SessionView): number {
    sessionKey(client, this.#key);
    const found = this.#store.get(TENANT_SYSTEM, this.#key, 0, SESSION_KEY_BYTES);
    if (found === PRESENT) readSession(client, this.#store.value, this.#store.valueFrom, into);
    return found;
  }

  /** The body of a reply that stands apart; null: a page is needed first. */
  replyBody(client: Hash128): Uint8Array | null {
    replyKey(client, this.#key);
    const found = this.#store.get(TENANT_SYSTEM, this.#key, 0, SESSION_KEY_BYTES);
    if (found === NEEDS) return null;
    assert(found === PRESENT, 'a reply that stands apart is there');
    const { value, valueFrom, valueBytes } = this.#store;
    return value.slice(valueFrom, valueFrom + valueBytes);
  }

  /** The session to evict, into `into`; changes nothing. `NEEDS` or `PRESENT`. */
  findOldest(into: SessionView): number {
    for (let scans = 0; scans < 2; scans += 1) {
      while (this.#oldest.length > 0) {
        const { client, lastOp } = this.#oldest[0]!;
        const found = this.find(client, into);
        if (found === NEEDS) return NEEDS;
        if (found === PRESENT && into.lastOp === lastOp) return PRESENT;
        this.#oldest.shift();
      }
      if (this.#scan() === NEEDS) return NEEDS;
    }
    assert(false, 'a full table has an oldest session');
  }

  /** Forgets what was remembered: the records were replaced under it. */
  reset(): void {
    this.#oldest = [];
  }

  #scan(): number {
    const store = this.#store;
    this.#key.fill(0);
    this.#key[0] = KEYSPACE_SESSION;
    let found = store.seek(TENANT_SYSTEM, this.#key, 0, 1, false);
    const all: Oldest[] = [];
    for (; found === PRESENT; found = store.next()) {
      if (store.key[store.keyFrom] !== KEYSPACE_SESSION) break;
      const client = read128(store.key, store.keyFrom + 1);
      all.push({ client, lastOp: readSessionLastOp(store.value, store.valueFrom) });
    }
    if (found === NEEDS) return NEEDS;
    all.sort(byLastOp);
    this.#oldest = all.slice(0, OLDEST_MAX);
    return all.length === 0 ? ABSENT : PRESENT;
  }
}

function byLastOp(a: Oldest, b: Oldest): number {
  return a.lastOp - b.lastOp;
}
