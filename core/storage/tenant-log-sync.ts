/**
 * Which files of one tenant's log wait for which sync, and what a failed sync leaves behind.
 *
 * After a failed sync everything written to that file since the last good checkpoint is unproven,
 * even if a later sync succeeds: it is written again from the tail in memory before the next sync.
 *
 * Cost: one map entry a file and sync; nothing while the log is idle.
 */
import type { IoStatus, Ticket } from '../ports.ts';
import { IO_OK } from '../ports.ts';
import { assert } from '../types/assert.ts';
import { segmentName } from './tenant-log-format.ts';
import type { LogContext } from './tenant-log-segment.ts';
import { writeSegment } from './tenant-log-write.ts';

/** The ticket is not of this log. */
export const LOG_SYNC_FOREIGN = 0;
export const LOG_SYNC_PENDING = 1;
/** Everything written before `sync` is durable. */
export const LOG_SYNC_DONE = 2;
/** After a failed sync the bytes cannot be written again now: call `sync` again later. */
export const LOG_SYNC_STALLED = 3;

export class LogSyncs {
  readonly #context: LogContext;
  readonly #tenant: number;
  /** Segments written to since the last sync was asked for. */
  readonly #unsynced: Set<number> = new Set();
  /** Segments whose last sync failed. */
  readonly #unproven: Set<number> = new Set();
  readonly #syncing: Map<Ticket, number> = new Map();
  #nextTicket: (() => Ticket) | null = null;

  constructor(context: LogContext, tenant: number) {
    this.#context = context;
    this.#tenant = tenant;
  }

  get unsynced(): boolean {
    return this.#unsynced.size + this.#syncing.size + this.#unproven.size > 0;
  }

  /** A segment was written to. */
  touch(segment: number): void {
    this.#unsynced.add(segment);
  }

  /** A segment's file was removed; a sync of it that is under way still has to come back. */
  forget(segment: number): void {
    this.#unsynced.delete(segment);
    this.#unproven.delete(segment);
  }

  /** Asks for a sync of every file written to, after writing again what is unproven. */
  sync(nextTicket: () => Ticket): number {
    this.#nextTicket = nextTicket;
    for (const segment of this.#unproven) {
      if (!this.#rewrite(segment)) return LOG_SYNC_STALLED;
      this.#unproven.delete(segment);
      this.#unsynced.add(segment);
    }
    const { disk } = this.#context;
    for (const segment of this.#unsynced) {
      const ticket = nextTicket();
      this.#syncing.set(ticket, segment);
      disk.sync(disk.open(segmentName(this.#tenant, segment)), ticket);
    }
    this.#unsynced.clear();
    return this.#syncing.size === 0 ? LOG_SYNC_DONE : LOG_SYNC_PENDING;
  }

  synced(ticket: Ticket, status: IoStatus): number {
    const segment = this.#syncing.get(ticket);
    if (segment === undefined) return LOG_SYNC_FOREIGN;
    this.#syncing.delete(ticket);
    if (status !== IO_OK) this.#unproven.add(segment);
    if (this.#unproven.size > 0) {
      assert(this.#nextTicket !== null, 'a completed sync was asked for');
      return this.sync(this.#nextTicket);
    }
    return this.#syncing.size === 0 ? LOG_SYNC_DONE : LOG_SYNC_PENDING;
  }

  #rewrite(segment: number): boolean {
    const { disk, tail } = this.#context;
    const file = disk.open(segmentName(this.#tenant, segment));
    return tail.visit(
      this.#tenant,
      segment,
      (bytes, at, length, offset) =>
        writeSegment(
          ...([this.#context, this.#tenant, segment, file, offset, bytes, at, length] as const),
        ) >= 0,
    );
  }
}
