/** Data directories and their openings, step by step, for the tests on securing. */
import { expect } from 'vitest';
import type { Prepare } from '../../codec/prepare.ts';
import type { Limits } from '../../limits.ts';
import { TINY } from '../../limits.ts';
import { make128, ZERO128 } from '../../types/hash128.ts';
import type { SuperblockState } from '../../vsr/interfaces.ts';
import { JournalFile } from '../journal.ts';
import type { OpenedStorage } from '../open-storage.ts';
import { formatStorage, openStorage } from '../open-storage.ts';
import { SecureOpening } from '../secure.ts';
import { SuperblockFile } from '../superblock.ts';
import { MINI } from './journal-bench.ts';
import type { Fate, MemoryDisk } from './memory-disk.ts';
import { FATE_GARBAGE, FATE_OLD, MemoryDisk as Memory, runSyncs } from './memory-disk.ts';
import { chainOf, hasher, prepareOf, RecordingObserver, SHORT_BODY } from './prepares.ts';
import { stateOf } from './superblocks.ts';

export const LIMITS: Limits = { ...TINY, ...MINI };

/** One opening of a data directory. */
export class Opening {
  readonly disk: MemoryDisk;
  readonly observer: RecordingObserver = new RecordingObserver();
  readonly storage: OpenedStorage;
  readonly journal: JournalFile;
  readonly superblock: SuperblockFile;
  readonly secure: SecureOpening;
  secured: boolean = false;
  failure: string | null = null;

  constructor(disk: MemoryDisk, nonce: number = 1) {
    this.disk = disk;
    const outcome = openStorage(disk, LIMITS, hasher, this.observer);
    if (outcome.kind === 'refused') throw new Error(`refused: ${outcome.detail}`);
    this.storage = outcome;
    const { superblock, rings, recovery, sideFiles, single } = outcome;
    const failed = (reason: string): void => {
      this.failure = reason;
    };
    const ignore = (): void => {};
    const journalListener = { journalDurable: ignore, storageFailed: failed };
    this.journal = new JournalFile(disk, rings, recovery, single, this.observer, journalListener);
    const superblockListener = { superblockDurable: ignore, storageFailed: failed };
    const { observer } = this;
    this.superblock = new SuperblockFile(
      disk,
      LIMITS,
      hasher,
      superblock,
      observer,
      superblockListener,
    );
    this.secure = new SecureOpening({
      disk,
      limits: LIMITS,
      hash: hasher,
      observer,
      superblock,
      rings,
      sideFiles,
      single,
      journal: this.journal,
      nonce: make128(nonce, 0, 0, 0),
      listener: {
        secured: (): void => {
          this.secured = true;
        },
        storageFailed: failed,
      },
    });
  }

  start(): this {
    this.secure.start();
    return this;
  }

  sync(index: number = 0): void {
    const { ticket, status } = this.disk.completeSync(index);
    this.input(ticket, status);
  }

  failSync(index: number = 0, fate: Fate = FATE_GARBAGE): void {
    const { ticket, status } = this.disk.failSync(fate, index);
    this.input(ticket, status);
  }

  input(ticket: number, status: number): void {
    this.secure.synced(ticket, status);
    this.journal.synced(ticket, status);
    this.superblock.synced(ticket, status);
    this.journal.flush();
  }

  settle(): this {
    this.journal.flush();
    runSyncs(this.disk, (ticket, status) => this.input(ticket, status));
    return this;
  }
}

export function directory(state: SuperblockState = stateOf(0)): MemoryDisk {
  const disk = new Memory(LIMITS.sectorBytes);
  formatStorage(disk, LIMITS, hasher, state);
  return disk;
}

/** A node that has durably journalled these. */
export function directoryWith(prepares: readonly Prepare[], state?: SuperblockState): MemoryDisk {
  const opening = new Opening(directory(state)).start().settle();
  for (const prepare of prepares) opening.journal.append(prepare);
  opening.settle();
  return opening.disk.powerCut(FATE_OLD);
}

export function expectAll(
  disk: MemoryDisk,
  prepares: readonly Prepare[],
  nonce: number = 99,
): Opening {
  const opening = new Opening(disk, nonce);
  for (const { header } of prepares) {
    expect(opening.journal.present(header.op, header.checksum), `op ${header.op}`).toBe(true);
    expect(opening.journal.read(header.op, header.checksum)?.header).toEqual(header);
  }
  return opening;
}

/** Prepares whose headers follow them. */
export const CHAIN: readonly Prepare[] = chainOf(1, 2);

/** Both forms that a prepare takes in the header ring. */
export const CHAINS: readonly [string, readonly Prepare[]][] = [
  ['headers alone', CHAIN],
  ['whole prepares', chainOf(1, 2, 0, ZERO128, SHORT_BODY)],
  ['one of each', [CHAIN[0]!, prepareOf(2, 0, CHAIN[0]!.header.checksum, SHORT_BODY)]],
];
