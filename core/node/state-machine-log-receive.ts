/**
 * Receiving one tenant's log during a state sync: from the end of what is here, run by run, each
 * entry proven to follow the one before, and the last by the head hash in the target's directory.
 *
 * A log that this incarnation knows is continued where it ends; one that it does not know (a
 * restart in the middle of a sync), from its first entry. Every entry that the files hold there
 * and that follows the chain is kept, and the files are synced as they are, because what was read
 * may be in the page cache only.
 */
import {
  ENTRY_AT_PREVIOUS,
  ENTRY_HASH_BYTES,
  GENESIS_HASH,
  entryBytes,
  entryHash,
  entryPrevious,
  equalBytes,
} from '../kernel/entry.ts';
import type { IoStatus } from '../ports.ts';
import { IO_OK } from '../ports.ts';
import { segmentName } from '../storage/tenant-log-format.ts';
import { LOG_NEEDS, LOG_REJECTED } from '../storage/tenant-log.ts';
import type { PagedStore } from '../store/paged-store.ts';
import { assert } from '../types/assert.ts';
import { ZERO128 } from '../types/hash128.ts';
import type { Unit } from '../vsr/message.ts';
import { UNIT_LOG } from '../vsr/message.ts';
import { placeEntry } from './state-machine-log-repair.ts';
import type { Logs, OpenLog } from './state-machine-logs.ts';

export class LogReceive {
  readonly #logs: Logs;
  readonly #store: PagedStore;
  #open: OpenLog | null = null;
  /** Entries of the target. */
  #entries = 0;
  #targetHead: Uint8Array = GENESIS_HASH;
  /** Entries that are here, and the hash of the last of them. */
  #received = 0;
  #head: Uint8Array = GENESIS_HASH;
  /** The disk had no room for a proven entry: it was dropped, and is wanted again. */
  stalled = false;

  constructor(logs: Logs, store: PagedStore) {
    this.#logs = logs;
    this.#store = store;
  }

  /** Forgets the log under way: it now ends where its proven entries end. */
  clear(): void {
    // 1. A sync to checkpoint 72 replaced the log by one of 72's length and waits for entry 11.
    // 2. A newer target, 80, replaces it. Were the log left as it is, entry 11 would count as here.
    const open = this.#open;
    if (open !== null) this.#logs.replace(open.tenant, this.#received, this.#head);
    this.#open = null;
    this.stalled = false;
  }

  /** The run that is wanted now, or null. */
  get wanted(): Unit | null {
    if (this.#open === null || this.stalled || this.#received === this.#entries) return null;
    const index = this.#received + 1;
    const count = this.#entries - this.#received;
    return { kind: UNIT_LOG, tenant: this.#open.tenant, index, count, checksum: ZERO128 };
  }

  /** Begins with a tenant of the target; false when a page is needed first. */
  begin(tenant: number): boolean {
    const opened = this.#store.tenant(tenant);
    if (opened === null) return false;
    const { logEntries, logHead } = opened.record;
    this.#entries = logEntries;
    this.#targetHead = logHead.slice();
    const own = this.#logs.isOpen(tenant) ? this.#logs.known(tenant) : null;
    if (own !== null && own.entries <= logEntries) {
      this.#received = own.entries;
      this.#head = own.head;
      this.#open = own.entries < logEntries ? this.#replace(tenant) : own;
      if (own.entries < logEntries) this.#stepBack(this.#open);
      // 1. Entry 17 is appended here; a crash, and a checkpoint of 16 entries is opened.
      // 2. The target has 23, and of 17 there is no other copy.
      this.#keepChain(this.#open);
    } else {
      this.#open = this.#replace(tenant);
      this.#received = 0;
      this.#head = GENESIS_HASH;
      this.#keepChain(this.#open);
    }
    return true;
  }

  /** Takes as much of a run as continues the log; false when its first entry does not. */
  receive(bytes: Uint8Array): boolean {
    const open = this.#open;
    assert(open !== null, 'a run is received for a tenant');
    let at = 0;
    while (at < bytes.length && this.#received < this.#entries) {
      const length = entryBytes(bytes, at, bytes.length);
      if (length < 0) break;
      const entry = bytes.slice(at, at + length);
      const position = this.#received + 1;
      if (!this.#logs.verifies(open.tenant, entry, 0, length, position)) break;
      if (!equalBytes(entry, ENTRY_AT_PREVIOUS, this.#head, 0, ENTRY_HASH_BYTES)) break;
      const status = placeEntry(open, position, entry, this.#logs.limits);
      if (status < IO_OK) {
        this.#refused(open, status);
        return at > 0;
      }
      this.#received = position;
      this.#head = entryHash(entry).slice();
      at += length;
    }
    // 1. After a restart entry 5 is damaged, and 6 to 9 are here. 2. A peer sends 5, and may not
    // have 6 any more.
    if (at > 0) this.#keepChain(open);
    return at > 0;
  }

  /** Whether the log is complete and proven; then it is the tenant's log. */
  finish(): boolean {
    const open = this.#open;
    assert(open !== null, 'what is finished was begun');
    if (this.#received < this.#entries) return false;
    if (!equalBytes(this.#head, 0, this.#targetHead, 0, ENTRY_HASH_BYTES)) {
      // A chain that is sound in itself and ends elsewhere: someone lied. Begin with nothing.
      this.#discard(open);
      return false;
    }
    if (this.#entries > 0 && !this.#logs.padReceived(open)) {
      this.stalled = true;
      return false;
    }
    open.entries = this.#entries;
    open.head = this.#targetHead;
    this.#logs.flush(open);
    this.#open = null;
    return true;
  }

  /** A log of the target's length, of which nothing is believed yet. */
  #replace(tenant: number): OpenLog {
    return this.#logs.replace(tenant, this.#entries, this.#targetHead);
  }

  /** Goes on with what the files hold and the chain proves: that needs no peer. */
  #keepChain(open: OpenLog): void {
    const before = this.#received;
    for (let position = before + 1; position <= this.#entries; position += 1) {
      const entry = open.log.holds(position) ? open.log.read(position) : null;
      if (entry === null) break;
      if (!this.#logs.verifies(open.tenant, entry, 0, entry.length, position)) break;
      if (!equalBytes(entryPrevious(entry), 0, this.#head, 0, ENTRY_HASH_BYTES)) break;
      this.#received = position;
      this.#head = entryHash(entry).slice();
    }
    if (this.#received > before) this.#logs.syncFiles(open.tenant, this.#received);
  }

  /** A proven entry found no place. */
  #refused(open: OpenLog, status: IoStatus): void {
    if (status === LOG_NEEDS) this.#stepBack(open);
    else if (status === LOG_REJECTED) this.#discard(open);
    else this.stalled = true;
  }

  /** Goes back to the last entry that can be read: only its end tells where the next one stands. */
  #stepBack(open: OpenLog): void {
    // 1. Entries 1 and 2 are here and proven; the sectors of 2 rot.
    // 2. Entry 3 arrives. Where 2 ends is not known any more, so that 3 has no place, for ever.
    while (this.#received > 0) {
      const entry = open.log.read(this.#received);
      const position = this.#received;
      if (entry !== null && this.#logs.verifies(open.tenant, entry, 0, entry.length, position)) {
        this.#head = entryHash(entry).slice();
        return;
      }
      this.#received -= 1;
      this.#head = GENESIS_HASH;
    }
  }

  #discard(open: OpenLog): void {
    const { disk } = this.#logs.context;
    open.log.cutTo(0);
    disk.remove(segmentName(open.tenant, 0));
    this.#open = this.#replace(open.tenant);
    this.#received = 0;
    this.#head = GENESIS_HASH;
  }
}
