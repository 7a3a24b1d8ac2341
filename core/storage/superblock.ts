/**
 * The durable promises of a replica: view, log_view, membership, checkpoint, in four copies.
 *
 * An update writes the copies one at a time, each synced before the next; the state counts as
 * durable after the fourth. Whatever crash interrupts it, reading finds the state before or the one
 * after (`superblock-open.ts`), and every state names its forerunner's checksum. Updates asked for
 * meanwhile coalesce: only the newest waits. Any failure here is the node's end: a promise that may
 * or may not be on disk can be neither kept nor withdrawn.
 *
 * Cost: one encoding (one BLAKE3) an update, four writes, four syncs; no allocation but the
 * checksum.
 */
import type { Checksummer } from '../codec/prepare.ts';
import type { Limits } from '../limits.ts';
import { STEP_SUPERBLOCK } from '../observer.ts';
import type { Disk, FileId, IoStatus, Observer, Ticket } from '../ports.ts';
import { IO_OK, TICKET_MODULE_BITS, TICKET_SUPERBLOCK } from '../ports.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { equal128 } from '../types/hash128.ts';
import type { Superblock, SuperblockListener, SuperblockState } from '../vsr/interfaces.ts';
import type { OpenedSuperblock } from './superblock-open.ts';
import { SUPERBLOCK_COPIES, SUPERBLOCK_FILE } from './superblock-open.ts';
import { encodeSuperblock, setSuperblockCopy, superblockCopyBytes } from './superblock-format.ts';

const NO_TICKET = -1;

export class SuperblockFile implements Superblock {
  durable: SuperblockState;
  staged: SuperblockState;

  readonly #disk: Disk;
  readonly #hash: Checksummer;
  readonly #observer: Observer;
  readonly #listener: SuperblockListener;
  readonly #file: FileId;
  readonly #copyBytes: number;
  readonly #image: Uint8Array;

  #sequence: number;
  /** Checksum of the newest state encoded: the parent of the next. */
  #checksum: Hash128;
  #writing: SuperblockState | null = null;
  #waiting: SuperblockState | null = null;
  /** Copy whose sync is in flight. */
  #copy = 0;
  #ticket: Ticket = NO_TICKET;
  #generation = 0;
  #failed = false;

  constructor(
    disk: Disk,
    limits: Limits,
    hash: Checksummer,
    opened: OpenedSuperblock,
    observer: Observer,
    listener: SuperblockListener,
  ) {
    this.#disk = disk;
    this.#hash = hash;
    this.#observer = observer;
    this.#listener = listener;
    this.#file = disk.open(SUPERBLOCK_FILE);
    this.#copyBytes = superblockCopyBytes(limits);
    this.#image = new Uint8Array(this.#copyBytes);
    this.#sequence = opened.sequence;
    this.#checksum = opened.checksum;
    this.durable = shaped(opened.state);
    this.staged = this.durable;
  }

  /** Sequence number of the newest state handed to the disk. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Securing (`secure.ts`) has made the state that was opened durable, in every copy. */
  secured(): void {
    assert(this.#writing === null, 'nothing is promised before what was read is durable');
    this.#observer.step(STEP_SUPERBLOCK, this.#sequence, 0, 0, this.durable);
  }

  update(next: SuperblockState): void {
    assertSuccessor(this.staged, next);
    const state = shaped(next);
    this.staged = state;
    if (this.#failed) return;
    if (this.#writing !== null) this.#waiting = state;
    else this.#begin(state);
  }

  synced(ticket: Ticket, status: IoStatus): void {
    // A completion of another incarnation or of a failed update decides nothing.
    if (this.#failed || ticket !== this.#ticket) return;
    this.#ticket = NO_TICKET;
    if (status !== IO_OK) {
      this.#fail('superblock: sync failed');
      return;
    }
    this.#copy++;
    if (this.#copy < SUPERBLOCK_COPIES) this.#writeCopy();
    else this.#finish();
  }

  #begin(state: SuperblockState): void {
    assert(this.#writing === null && this.#ticket === NO_TICKET, 'one superblock update at a time');
    this.#sequence++;
    const parent = this.#checksum;
    this.#checksum = encodeSuperblock(state, this.#sequence, parent, this.#image, this.#hash);
    assert(!equal128(this.#checksum, parent), 'a state differs from its parent');
    this.#writing = state;
    this.#copy = 0;
    this.#writeCopy();
  }

  #writeCopy(): void {
    setSuperblockCopy(this.#image, this.#copy);
    const at = this.#copy * this.#copyBytes;
    const status = this.#disk.write(this.#file, at, this.#image, 0, this.#copyBytes);
    if (status < 0) {
      this.#fail('superblock: write failed');
      return;
    }
    this.#generation++;
    this.#ticket = this.#generation * (1 << TICKET_MODULE_BITS) + TICKET_SUPERBLOCK;
    this.#disk.sync(this.#file, this.#ticket);
  }

  #finish(): void {
    const state = this.#writing;
    assert(state !== null, 'a finished update had a state');
    this.#writing = null;
    this.durable = state;
    this.#observer.step(STEP_SUPERBLOCK, this.#sequence, 0, 0, state);
    // Started before the listener is told: an update it makes in turn then waits its turn.
    const next = this.#waiting;
    this.#waiting = null;
    if (next !== null) this.#begin(next);
    if (!this.#failed) this.#listener.superblockDurable(state);
  }

  #fail(reason: string): void {
    this.#failed = true;
    this.#ticket = NO_TICKET;
    this.#listener.storageFailed(reason);
  }
}

/** What no update may ever do, whoever asks for it. */
function assertSuccessor(before: SuperblockState, after: SuperblockState): void {
  assert(equal128(before.cluster, after.cluster), 'superblock: the cluster never changes');
  assert(before.shard === after.shard, 'superblock: the shard never changes');
  assert(before.replica === after.replica, 'superblock: the replica never changes');
  assert(after.view >= before.view, 'superblock: view never regresses');
  assert(after.logView >= before.logView, 'superblock: log_view never regresses');
  assert(after.logView <= after.view, 'superblock: log_view is at most view');
  assert(after.epoch >= before.epoch, 'superblock: epoch never regresses');
  assert(after.release >= before.release, 'superblock: release never regresses');
  assert(after.checkpoint.op >= before.checkpoint.op, 'superblock: checkpoint never regresses');
}

/**
 * The same state in one hidden shape, however it was put together: it is read after every input.
 */
function shaped(state: SuperblockState): SuperblockState {
  return {
    cluster: state.cluster,
    shard: state.shard,
    replica: state.replica,
    replicaCount: state.replicaCount,
    standbyCount: state.standbyCount,
    epoch: state.epoch,
    release: state.release,
    view: state.view,
    logView: state.logView,
    asked: state.asked,
    viewHeaders: state.viewHeaders,
    member: state.member,
    recoveryNonce: state.recoveryNonce,
    checkpoint: state.checkpoint,
    syncTarget: state.syncTarget,
  };
}
