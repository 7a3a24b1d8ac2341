/**
 * Opening a data directory: superblock, side files, journal, in that order.
 *
 * Reads only. What it returns goes to `SuperblockFile`, `JournalFile` and `SecureOpening`; the node
 * speaks once the last has made durable what was read here. A directory that cannot be trusted is
 * refused with a code and one sentence, and nothing in it is changed.
 */
import type { Checksummer } from '../codec/prepare.ts';
import type { Limits } from '../limits.ts';
import type { Disk, IoStatus, Observer } from '../ports.ts';
import { IO_OK } from '../ports.ts';
import type { SuperblockState } from '../vsr/interfaces.ts';
import { formatJournal, JOURNAL_FILE, JournalRings } from './journal-format.ts';
import type { RecoveredJournal, RefusedJournal } from './journal-recovery.ts';
import { recoverJournal } from './journal-recovery.ts';
import type { SideFiles } from './secure-side.ts';
import { overlaySideFiles } from './secure-side.ts';
import type { OpenedSuperblock, RefusedSuperblock } from './superblock-open.ts';
import { formatSuperblock, openSuperblock } from './superblock-open.ts';

export interface OpenedStorage {
  readonly kind: 'opened';
  readonly superblock: OpenedSuperblock;
  readonly rings: JournalRings;
  readonly recovery: RecoveredJournal;
  readonly sideFiles: SideFiles;
  /** The only voter of its cluster: no peer can repair it. */
  readonly single: boolean;
}

/** `code` is that of the superblock or of the journal; both are stable. */
export type RefusedStorage = RefusedSuperblock | RefusedJournal;

export function openStorage(
  disk: Disk,
  limits: Limits,
  hash: Checksummer,
  observer: Observer,
): OpenedStorage | RefusedStorage {
  const superblock = openSuperblock(disk, limits, hash, observer);
  if (superblock.kind === 'refused') return superblock;
  const { state } = superblock;
  if (!disk.exists(JOURNAL_FILE))
    return { kind: 'refused', code: 'size', detail: 'journal: the file is missing' };
  const rings = new JournalRings(disk, limits, hash, state.cluster);
  const sideFiles = overlaySideFiles(disk, limits, hash, rings);
  const base = state.syncTarget ?? state.checkpoint;
  const single = isSingle(state);
  const context = { checkpoint: base.op, head: base.head, single };
  const recovery = recoverJournal(rings, context, observer);
  if (recovery.kind === 'refused') return recovery;
  return { kind: 'opened', superblock, rings, recovery, sideFiles, single };
}

/** Writes a first superblock and an empty journal into an empty directory. Not synced. */
export function formatStorage(
  disk: Disk,
  limits: Limits,
  hash: Checksummer,
  state: SuperblockState,
): IoStatus {
  const journal = formatJournal(disk, limits);
  return journal === IO_OK ? formatSuperblock(disk, limits, hash, state) : journal;
}

/** A standby of a one-replica cluster is not single: it can ask the replica. */
function isSingle(state: SuperblockState): boolean {
  return state.replicaCount === 1 && state.replica === 0;
}
