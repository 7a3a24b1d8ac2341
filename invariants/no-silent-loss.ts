/**
 * No-silent-loss: what a replica durably acknowledged and then lost to damage, it knows that it
 * lost.
 *
 *  1. At open, a slot whose op was acknowledged is read as present or as damaged, never as empty,
 *     as a torn tail, or as another op.
 *  2. In a view change a replica never denies an entry that it acknowledged: corruption is no nack,
 *     and neither is a replaced disk. The one exception is an acknowledgement that cannot count any
 *     more: the log of a view above it has another entry there, which this replica has meanwhile
 *     written in its place (`decided.ts`; that this is right: `core/storage/journal-slots.ts`).
 *     Nor does a replica show a log that ends below a committed entry that it acknowledged: that
 *     denies the entry as well.
 *  3. A replica whose disk was replaced votes again only when its checkpoint covers, or its journal
 *     holds, every committed entry that its forerunner acknowledged.
 *
 * The truth compared with is what the replica had said in public before, from whichever
 * incarnation. Cost: a few compares a slot at open, and an entry of a do_view_change.
 */
import type { Prepare, PrepareHeader } from '../core/codec/prepare.ts';
import {
  RECOVERED_EMPTY,
  RECOVERED_TORN_HEAD,
  STEP_ACK,
  STEP_CHECKPOINT,
  STEP_COMMIT,
  STEP_DO_VIEW_CHANGE,
  STEP_OVERWRITE,
  STEP_PROPOSE,
  STEP_REJOIN,
  STEP_SLOT,
  STEP_SUPERBLOCK,
} from '../core/observer.ts';
import { equal128 } from '../core/types/hash128.ts';
import type { SuperblockState } from '../core/vsr/interfaces.ts';
import type { DoViewChangeMessage } from '../core/vsr/message.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { HELD_PREPARE, held } from './platter.ts';
import type { Shared } from './shared.ts';
import { sharedOf } from './shared.ts';

class NoSilentLossChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  private readonly shared: Shared;
  /** Of the node being opened: acknowledged ops that its journal does not show. */
  private readonly lost: number[] = [];
  /** Bit set of nodes that were given an empty disk and have no vote yet: they promise nothing. */
  private recovering: number = 0;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
    this.shared = sharedOf(world);
  }

  reset(): void {
    this.shared.reset();
    this.lost.length = 0;
    this.recovering = 0;
  }

  replaced(node: number): void {
    this.shared.durables.replaced(node);
    this.shared.slots.replaced(node);
    this.recovering |= 1 << node;
  }

  crashed(): void {
    // It may have died in the middle of opening.
    this.lost.length = 0;
  }

  opened(node: number): void {
    const seen = this.world.inspect(node);
    if (seen === null) return;
    const covered = Math.max(seen.checkpoint, this.shared.durables.covered[node]!);
    for (const op of this.lost) {
      if (op > covered) this.fail(`r${node} acknowledged op ${op}; its journal opens without it`);
    }
    this.lost.length = 0;
  }

  step(node: number, kind: number, a: number, b: number, c: number, ref: unknown): void {
    const { shared, world } = this;
    switch (kind) {
      case STEP_PROPOSE:
        shared.proposals.add(a, ref as Prepare);
        shared.decided.proposed(a, b, ref as Prepare);
        return;
      case STEP_COMMIT:
        shared.witness.commit(a, ref as Prepare);
        shared.decided.commit(a, b, ref as Prepare);
        return;
      case STEP_OVERWRITE:
        shared.slots.write(node, a % world.limits.journalSlots, ref as PrepareHeader);
        return;
      case STEP_ACK:
        // Only a voter acknowledges.
        this.recovering &= ~(1 << node);
        if (node < world.replicaCount) {
          shared.acks.acknowledged(world, node, ref as PrepareHeader);
          shared.decided.acknowledged(node, b, ref as PrepareHeader);
        }
        return;
      case STEP_SLOT:
        this.recovers(node, a, b, c);
        return;
      case STEP_DO_VIEW_CHANGE:
        this.denies(node, ref as DoViewChangeMessage);
        this.endsBelow(node, ref as DoViewChangeMessage);
        return;
      case STEP_REJOIN:
        if (node < world.replicaCount) this.rejoins(node, b);
        return;
      case STEP_CHECKPOINT:
        shared.durables.checkpointed(world, node, a);
        return;
      default:
        shared.durables.superblock(world, node, ref as SuperblockState);
        shared.decided.superblock(ref as SuperblockState);
    }
  }

  private recovers(node: number, slot: number, op: number, verdict: number): void {
    const { acks, slots } = this.shared;
    const ring = this.world.limits.journalSlots;
    if (slot === 0) this.lost.length = 0;
    // What the old disk's owner acknowledged is not on this one before it votes again; from then on
    // its checkpoint covers that.
    if ((this.recovering & (1 << node)) !== 0) return;
    const last = slots.at(node, slot);
    if (last === null) return;
    // The newest op of this slot that was acknowledged, if nothing was written over it since.
    const top = acks.top(node);
    const newest = top - ((top - slot + ring) % ring);
    if (newest < 1 || last.op !== newest) return;
    const acked = acks.at(node, newest);
    if (acked === null || !equal128(acked.header.checksum, last.checksum)) return;
    this.world.evaluated(this.index);
    const denied = verdict === RECOVERED_EMPTY || verdict === RECOVERED_TORN_HEAD;
    if (denied || op !== newest) this.lost.push(newest);
  }

  private denies(node: number, message: DoViewChangeMessage): void {
    const { acks, decided, slots, witness } = this.shared;
    for (let i = 0; i < message.headers.length; i += 1) {
      if ((message.nack & (1 << i)) === 0) continue;
      this.world.evaluated(this.index);
      const op = message.op - i;
      const acked = acks.at(node, op);
      if (acked === null) continue;
      const header = message.headers[i]!;
      // A blank denies every entry; only a committed one is certain not to have been truncated.
      const meant = header === null ? witness.at(op)?.header : header;
      if (meant === undefined || !equal128(meant.checksum, acked.header.checksum)) continue;
      const other = slots.at(node, op % this.world.limits.journalSlots);
      if (other !== null && decided.isVoid(node, meant, other, message.view)) continue;
      this.fail(`r${node} denied op ${op} in view ${message.view}, which it had acknowledged`);
    }
  }

  private endsBelow(node: number, message: DoViewChangeMessage): void {
    const lost = this.committedAbove(node, message.op);
    if (lost === 0) return;
    this.fail(
      `r${node} showed view ${message.view} a log up to ${message.op}; it acked op ${lost}`,
    );
  }

  private rejoins(node: number, checkpoint: number): void {
    this.world.evaluated(this.index);
    const lost = this.committedAbove(node, checkpoint);
    if (lost === 0) return;
    const prepare = this.shared.witness.at(lost)!;
    if ((held(this.world.disk(node), this.world.limits, prepare) & HELD_PREPARE) !== 0) return;
    this.fail(
      `r${node} votes again without op ${lost}, which it acknowledged before its disk died`,
    );
  }

  /** The lowest op above `op` that was committed as this node acknowledged it; 0: none. */
  private committedAbove(node: number, op: number): number {
    const { acks, witness } = this.shared;
    const last = Math.min(acks.top(node), witness.head);
    for (let at = op + 1; at <= last; at += 1) {
      const acked = acks.at(node, at);
      const committed = witness.at(at)!;
      if (acked !== null && equal128(acked.header.checksum, committed.header.checksum)) return at;
    }
    return 0;
  }

  private fail(message: string): void {
    this.world.violate(this.index, message);
  }
}

export const noSilentLoss: Invariant = {
  name: 'no-silent-loss',
  holds:
    'damage is detected and repaired or reported, never read as empty or as the end of the log, ' +
    'and no nack comes of corruption or denies an acknowledgement that may yet count',
  suspendedBy: ['lying_sync', 'rollback'],
  watches: [
    STEP_PROPOSE,
    STEP_COMMIT,
    STEP_OVERWRITE,
    STEP_ACK,
    STEP_SLOT,
    STEP_DO_VIEW_CHANGE,
    STEP_REJOIN,
    STEP_CHECKPOINT,
    STEP_SUPERBLOCK,
  ],
  create: (world, index) => new NoSilentLossChecker(world, index),
};
