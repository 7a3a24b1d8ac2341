/** A journal on a memory disk, opened as a node would: for the tests of this folder. */
import type { Prepare, PrepareHeader } from '../../codec/prepare.ts';
import type { Limits } from '../../limits.ts';
import { assert } from '../../types/assert.ts';
import { ZERO128 } from '../../types/hash128.ts';
import type { Hash128 } from '../../types/hash128.ts';
import type { JournalListener } from '../../vsr/interfaces.ts';
import { JournalFile } from '../journal.ts';
import { formatJournal, JournalRings } from '../journal-format.ts';
import type { RecoveredJournal, RefusedJournal } from '../journal-recovery.ts';
import { recoverJournal } from '../journal-recovery.ts';
import { MemoryDisk, runSyncs } from './memory-disk.ts';
import { CLUSTER, hasher, RecordingObserver } from './prepares.ts';

/** Four slots of one-sector prepares: small enough to try everything. */
export const MINI = {
  sectorBytes: 512,
  journalSlots: 4,
  prepareBytesMax: 512,
  wholeBodyBytesMax: 272,
  pipelineMax: 1,
  checkpointInterval: 2,
} as unknown as Limits;

export interface OpenOptions {
  readonly checkpoint?: number;
  readonly head?: Hash128;
  readonly single?: boolean;
}

export class Bench implements JournalListener {
  readonly disk: MemoryDisk;
  readonly rings: JournalRings;
  readonly recovery: RecoveredJournal;
  readonly journal: JournalFile;
  readonly observer: RecordingObserver;
  readonly durable: PrepareHeader[] = [];
  failure: string | null = null;
  onDurable: ((header: PrepareHeader) => void) | null = null;

  constructor(disk: MemoryDisk, limits: Limits, options: OpenOptions = {}) {
    this.disk = disk;
    this.observer = new RecordingObserver();
    this.rings = new JournalRings(disk, limits, hasher, CLUSTER);
    const outcome = recover(this.rings, options, this.observer);
    assert(outcome.kind === 'recovered', () => `journal refused: ${JSON.stringify(outcome)}`);
    this.recovery = outcome;
    const single = options.single ?? false;
    this.journal = new JournalFile(disk, this.rings, outcome, single, this.observer, this);
  }

  journalDurable(header: PrepareHeader): void {
    this.durable.push(header);
    this.onDurable?.(header);
  }

  storageFailed(reason: string): void {
    this.failure = reason;
  }

  /** Completes the oldest sync. */
  sync(): void {
    this.journal.flush();
    const { ticket, status } = this.disk.completeSync();
    this.journal.synced(ticket, status);
    this.journal.flush();
  }

  /** Fails the oldest sync; nothing it covers reaches the platter. */
  failSync(): void {
    this.journal.flush();
    const { ticket, status } = this.disk.failSync();
    this.journal.synced(ticket, status);
    this.journal.flush();
  }

  settle(): void {
    this.journal.flush();
    runSyncs(this.disk, (ticket, status) => {
      this.journal.synced(ticket, status);
      this.journal.flush();
    });
  }

  appendAll(prepares: readonly Prepare[]): void {
    for (const prepare of prepares) this.journal.append(prepare);
    this.settle();
  }

  durableOps(): readonly number[] {
    return this.durable.map((header) => header.op);
  }
}

export function recover(
  rings: JournalRings,
  options: OpenOptions,
  observer: RecordingObserver = new RecordingObserver(),
): RecoveredJournal | RefusedJournal {
  const context = {
    checkpoint: options.checkpoint ?? 0,
    head: options.head ?? ZERO128,
    single: options.single ?? false,
  };
  return recoverJournal(rings, context, observer);
}

/** A formatted journal whose zeros are on the platter. */
export function formatted(limits: Limits): MemoryDisk {
  const disk = new MemoryDisk(limits.sectorBytes);
  formatJournal(disk, limits);
  disk.sync(disk.open('journal'), 0);
  disk.completeSync();
  return disk;
}
