/** A tenant's log on a disk in memory, and the checkpoints that its machine takes. */
import { expect } from 'vitest';
import { sha256Into } from '../../crypto/sha256.ts';
import { TINY } from '../../limits.ts';
import type { Ticket } from '../../ports.ts';
import { IO_OK } from '../../ports.ts';
import type { LogContext } from '../tenant-log-segment.ts';
import { LOG_SYNC_DONE } from '../tenant-log-sync.ts';
import { logContext, TenantLog } from '../tenant-log.ts';
import type { Fate } from './memory-disk.ts';
import { MemoryDisk } from './memory-disk.ts';
import { RecordingObserver } from './prepares.ts';

export const TENANT: number = 3;
export const SEGMENT: number = TINY.segmentEntriesMax;

export function entryOf(
  position: number,
  bytes: number = 60 + ((position * 37) % 400),
): Uint8Array {
  let state = position * 2654435761;
  return Uint8Array.from({ length: bytes }, () => {
    state = Math.imul(state ^ (state >>> 15), 2246822519) + 1;
    return state >>> 24;
  });
}

export function hashOf(entry: Uint8Array): Uint8Array {
  const hash = new Uint8Array(32);
  sha256Into(entry, 0, entry.length, hash, 0);
  return hash;
}

/** A log and the checkpoints that its machine takes. */
export class Machine {
  readonly disk: MemoryDisk;
  readonly observer: RecordingObserver = new RecordingObserver();
  readonly context: LogContext;
  readonly log: TenantLog;
  /** First positions after a checkpoint: where frames start sectors. */
  readonly #starts: Set<number>;
  #generation = 0;

  constructor(disk: MemoryDisk, length: number = 0, starts: ReadonlySet<number> = new Set()) {
    this.disk = disk;
    this.context = logContext(disk, TINY, this.observer);
    this.log = new TenantLog(this.context, TENANT, length);
    this.#starts = new Set(starts);
  }

  readonly nextTicket = (): Ticket => {
    this.#generation++;
    return this.#generation * 8;
  };

  append(count: number): this {
    for (let i = 0; i < count; i++) {
      const position = this.log.length + 1;
      const entry = entryOf(position);
      expect(this.log.append(position, entry, hashOf(entry))).toBe(IO_OK);
    }
    return this;
  }

  /** Pads, syncs, and returns once durable. */
  checkpoint(): this {
    expect(this.log.pad()).toBe(IO_OK);
    this.context.tail.checkpointBegins();
    this.log.sync(this.nextTicket);
    this.settle();
    this.context.tail.checkpointEnds();
    this.#starts.add(this.log.length + 1);
    return this;
  }

  settle(): number {
    let outcome = LOG_SYNC_DONE;
    while (this.disk.pendingTickets.length > 0) {
      const { ticket, status } = this.disk.completeSync();
      outcome = this.log.synced(ticket, status);
    }
    return outcome;
  }

  repair(position: number, entry: Uint8Array = entryOf(position)): number {
    return this.log.repair(position, entry, hashOf(entry), this.#starts.has(position));
  }

  /** The machine after a power cut, at the given checkpoint. */
  after(fate: Fate, length: number): Machine {
    return new Machine(this.disk.powerCut(fate), length, this.#starts);
  }

  reopened(disk: MemoryDisk = this.disk): Machine {
    return new Machine(disk, this.log.length, this.#starts);
  }

  expectWhole(length: number = this.log.length): void {
    for (let position = 1; position <= length; position++)
      expect(this.log.read(position), `position ${position}`).toEqual(entryOf(position));
  }
}

export function fresh(): Machine {
  return new Machine(new MemoryDisk(TINY.sectorBytes));
}

/** 19 entries: two sealed segments, and an open one with a checkpoint in its middle. */
export function aged(): Machine {
  return fresh()
    .append(6)
    .checkpoint()
    .append(7)
    .checkpoint()
    .append(4)
    .checkpoint()
    .append(2)
    .checkpoint();
}
