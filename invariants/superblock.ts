/**
 * Superblock: when a state is said to be durable, all four copies of it are on the platter, each
 * naming its place; its sequence is one more than that of its parent, whose checksum it carries;
 * and whatever opens that disk later finds this state or a newer one. No checkpoint counts before
 * such a state names it.
 *
 * Looks at the platter, not at what the node believes: a copy written but not yet synced, or
 * written to another's place, shows at once. Cost: four reads of 56 bytes an update.
 */
import { readU16, readU64 } from '../core/codec/bytes.ts';
import { STEP_CHECKPOINT, STEP_SUPERBLOCK } from '../core/observer.ts';
import { superblockCopyBytes } from '../core/storage/superblock-format.ts';
import { SUPERBLOCK_COPIES, SUPERBLOCK_FILE } from '../core/storage/superblock-open.ts';
import type { SuperblockState } from '../core/vsr/interfaces.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import type { Durables } from './durables.ts';
import { NODES_MAX, fill, zeros } from './durables.ts';
import { sharedOf } from './shared.ts';

// Of a copy's layout: checksum at 0, copy number at 16, sequence at 32, parent at 40.
const HEAD_BYTES = 56;
const CHECKSUM_AT = 0;
const COPY_AT = 16;
const SEQUENCE_AT = 32;
const PARENT_AT = 40;
const CHECKSUM_BYTES = 16;

class SuperblockChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  private readonly durables: Durables;
  private readonly sequence: number[] = zeros();
  /** Newest checkpoint that a durable state of this node's disk named. */
  private readonly named: number[] = zeros();
  /** By node: checksum of the newest state seen durable. */
  private readonly checksums: Uint8Array = new Uint8Array(NODES_MAX * CHECKSUM_BYTES);
  private readonly first: Uint8Array = new Uint8Array(HEAD_BYTES);
  private readonly copy: Uint8Array = new Uint8Array(HEAD_BYTES);

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
    this.durables = sharedOf(world).durables;
  }

  reset(): void {
    this.durables.reset();
    fill(this.sequence, 0);
    fill(this.named, 0);
  }

  replaced(node: number): void {
    this.durables.replaced(node);
    this.sequence[node] = 0;
    this.named[node] = 0;
  }

  opened(node: number): void {
    const seen = this.world.inspect(node);
    if (seen === null) return;
    this.world.evaluated(this.index);
    const { view, logView, checkpoint } = this.durables;
    if (
      seen.view < view[node]! ||
      seen.logView < logView[node]! ||
      seen.checkpoint < checkpoint[node]!
    ) {
      this.fail(
        `r${node} opened view ${seen.view}, log_view ${seen.logView}, ` +
          `checkpoint ${seen.checkpoint}; durable were ${view[node]!}, ${logView[node]!}, ` +
          `${checkpoint[node]!}`,
      );
    }
  }

  step(node: number, kind: number, a: number, _b: number, _c: number, ref: unknown): void {
    this.world.evaluated(this.index);
    if (kind === STEP_SUPERBLOCK) this.updated(node, a, ref as SuperblockState);
    else if (a > this.named[node]!) {
      this.fail(`r${node} counts on checkpoint ${a}; its superblock names ${this.named[node]!}`);
    }
  }

  private updated(node: number, sequence: number, state: SuperblockState): void {
    const before = this.sequence[node]!;
    if (sequence < before) this.fail(`r${node}: sequence ${sequence} after ${before}`);
    if (state.replica !== node) this.fail(`r${node} wrote the superblock of r${state.replica}`);
    if (state.logView > state.view) this.fail(`r${node}: log_view above view`);
    this.looksAtCopies(node, sequence);
    // A state may have become durable unseen, its node having crashed at that very moment.
    if (before !== 0 && sequence === before + 1) this.compares(node, PARENT_AT);
    // Making durable what was read at open repeats a sequence, and must repeat its bytes.
    if (before !== 0 && sequence === before) this.compares(node, CHECKSUM_AT);
    this.checksums.set(this.first.subarray(CHECKSUM_AT, CHECKSUM_BYTES), node * CHECKSUM_BYTES);
    this.sequence[node] = sequence;
    if (state.syncTarget === null) this.named[node] = state.checkpoint.op;
    this.durables.superblock(this.world, node, state);
  }

  private looksAtCopies(node: number, sequence: number): void {
    const copyBytes = superblockCopyBytes(this.world.limits);
    const disk = this.world.disk(node);
    for (let i = 0; i < SUPERBLOCK_COPIES; i += 1) {
      const into = i === 0 ? this.first : this.copy;
      const got = disk.readDurable(SUPERBLOCK_FILE, i * copyBytes, HEAD_BYTES, into, 0);
      const whole = got === HEAD_BYTES && !disk.unsynced(SUPERBLOCK_FILE, i * copyBytes, copyBytes);
      if (!whole || readU16(into, COPY_AT) !== i || readU64(into, SEQUENCE_AT) !== sequence) {
        this.fail(`r${node}: sequence ${sequence} is not on the platter as copy ${i}`);
        return;
      }
      if (i > 0 && !this.agrees(this.first, this.copy, CHECKSUM_AT)) {
        this.fail(`r${node}: copies 0 and ${i} of sequence ${sequence} differ`);
      }
    }
  }

  /** Compares a checksum in the copies with that of the state last seen durable. */
  private compares(node: number, from: number): void {
    for (let i = 0; i < CHECKSUM_BYTES; i += 1) {
      if (this.first[from + i] === this.checksums[node * CHECKSUM_BYTES + i]) continue;
      this.fail(
        from === PARENT_AT
          ? `r${node}: a state does not name its forerunner's checksum as parent`
          : `r${node}: two states of one sequence`,
      );
      return;
    }
  }

  private agrees(a: Uint8Array, b: Uint8Array, from: number): boolean {
    for (let i = from; i < from + CHECKSUM_BYTES; i += 1) if (a[i] !== b[i]) return false;
    return true;
  }

  private fail(message: string): void {
    this.world.violate(this.index, message);
  }
}

export const superblock: Invariant = {
  name: 'superblock',
  holds:
    'sequence and parent hash advance, all four copies of a durable state are on the platter, ' +
    'no checkpoint counts before one names it, and opening finds the newest durable state with ' +
    'any one copy damaged',
  suspendedBy: ['lying_sync', 'rollback'],
  watches: [STEP_SUPERBLOCK, STEP_CHECKPOINT],
  create: (world, index) => new SuperblockChecker(world, index),
};
