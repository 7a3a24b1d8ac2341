/**
 * Repair of damaged log entries, each proven by the chain: its hash is what its successor names as
 * predecessor, or the log's head.
 *
 * A run of damage is proven from its end and written from its beginning, because where a frame
 * stands follows from the one before. Entries that are proven and cannot be placed yet wait here.
 *
 * Cost: two hashes of an entry per repair; memory: the entries that wait.
 */
import {
  ENTRY_HASH_BYTES,
  entryHash,
  entryOp,
  entryPrevious,
  equalBytes,
} from '../kernel/entry.ts';
import type { Limits } from '../limits.ts';
import type { IoStatus } from '../ports.ts';
import { IO_OK } from '../ports.ts';
import { LOG_NEEDS } from '../storage/tenant-log.ts';
import type { Damage } from './state-machine-damage.ts';
import type { Logs, OpenLog } from './state-machine-logs.ts';

export class LogRepair {
  readonly #logs: Logs;
  readonly #damage: Damage;
  readonly #limits: Limits;
  /** Proven and not placed yet, by tenant and position. */
  readonly #proven: Map<number, Map<number, Uint8Array>> = new Map();
  /** The disk refused a proven entry; see `retry`. */
  stalled = false;

  constructor(logs: Logs, damage: Damage) {
    this.#logs = logs;
    this.#damage = damage;
    this.#limits = logs.limits;
  }

  clear(): void {
    this.#proven.clear();
    this.stalled = false;
  }

  /** Whether bytes for this position are wanted and could be proven now. */
  provable(tenant: number, position: number): boolean {
    const open = this.#logs.find(tenant);
    if (open === null || this.#held(tenant, position) !== null) return false;
    return this.#expected(open, position) !== null;
  }

  /** Takes an entry if it is the one; places it, and what waited for it. */
  supply(tenant: number, position: number, bytes: Uint8Array): boolean {
    const open = this.#logs.find(tenant);
    if (open === null || position < 1 || position > open.entries) return false;
    const expected = this.#expected(open, position);
    if (expected === null) return false;
    if (!this.#logs.verifies(tenant, bytes, 0, bytes.length, position)) return false;
    if (!equalBytes(entryHash(bytes), 0, expected, 0, ENTRY_HASH_BYTES)) return false;
    let proven = this.#proven.get(tenant);
    if (proven === undefined) this.#proven.set(tenant, (proven = new Map()));
    proven.set(position, bytes);
    this.place(open);
    return true;
  }

  /** Places every proven entry of the log that can be; again after room was made. */
  place(open: OpenLog): void {
    const proven = this.#proven.get(open.tenant);
    if (proven === undefined) return;
    const positions = [...proven.keys()].sort(ascending);
    for (const position of positions) {
      const bytes = proven.get(position)!;
      const status = placeEntry(open, position, bytes, this.#limits);
      if (status < IO_OK) {
        // It stands behind its predecessor: that one is wanted too, should it be damaged. If it is
        // not, a read went wrong once; nothing will arrive that would call us again.
        const known = status !== LOG_NEEDS || this.#logs.read(open, position - 1) !== null;
        if (known) this.stalled = true;
        continue;
      }
      proven.delete(position);
      this.#damage.entryRepaired(open.tenant, position);
      this.#logs.flush(open);
      this.#lookAround(open, position);
    }
    if (proven.size === 0) this.#proven.delete(open.tenant);
    this.#logs.sync();
  }

  /**
   * Reading finds damage. 1. The neighbour was read, whole. 2. The sector they share went bad. 3.
   * It was written as a whole around our entry, and the neighbour's part of it is lost: the next
   * tour of the scrubber would find that, but nobody need wait for it.
   */
  #lookAround(open: OpenLog, position: number): void {
    if (position > 1 && this.#held(open.tenant, position - 1) === null) {
      this.#logs.read(open, position - 1);
    }
    if (position < open.entries && this.#held(open.tenant, position + 1) === null) {
      this.#logs.read(open, position + 1);
    }
  }

  /** As `place`, for every log. */
  retry(): void {
    this.stalled = false;
    for (const tenant of [...this.#proven.keys()].sort(ascending)) {
      this.place(this.#logs.known(tenant));
    }
  }

  /** The hash that the entry at a position must have; null while its successor cannot tell. */
  #expected(open: OpenLog, position: number): Uint8Array | null {
    if (position === open.entries) return open.head;
    const next = this.#held(open.tenant, position + 1) ?? this.#logs.read(open, position + 1);
    return next === null ? null : entryPrevious(next);
  }

  #held(tenant: number, position: number): Uint8Array | null {
    return this.#proven.get(tenant)?.get(position) ?? null;
  }
}

/**
 * Writes a proven entry in its place: `IO_OK`; `LOG_NEEDS` when the entry before is not there yet;
 * or what the disk says. A checkpoint between the two, which their ops tell, put this one on a new
 * sector.
 */
export function placeEntry(
  open: OpenLog,
  position: number,
  bytes: Uint8Array,
  limits: Limits,
): IoStatus {
  const first = (position - 1) % limits.segmentEntriesMax === 0;
  const before = first ? null : open.log.read(position - 1);
  if (before === null && !first) return LOG_NEEDS;
  const padded = before !== null && checkpointBetween(entryOp(before), entryOp(bytes), limits);
  return open.log.repair(position, bytes, entryHash(bytes), padded);
}

/** Whether a checkpoint stands at or above `before` and below `op`. */
export function checkpointBetween(before: number, op: number, limits: Limits): boolean {
  const interval = limits.checkpointInterval;
  return Math.floor((op - 1) / interval) > Math.floor((before - 1) / interval);
}

function ascending(a: number, b: number): number {
  return a - b;
}
