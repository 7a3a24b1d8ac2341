/**
 * Journal-evidence: the two rings never lie.
 *
 *  1. A header is never durable before its prepare. Looked at after each power cut, slot by slot.
 *  2. Whatever a member of several acknowledges has both halves durable (one replica: the prepare).
 *  3. A slot whose header is valid is never read at open as one that held nothing. (One replica:
 *     if the header stands alone.)
 *  4. A slot that holds an op is overwritten by a later op only when that op is covered by the
 *     node's own durable checkpoint and by one that a replication quorum durably holds; never by
 *     an earlier op; and a committed entry never by another entry of its op.
 *
 * Why (4) needs both: r0 checkpoints op 8 and its ring evicts ops up to 8; r1 and r2 have not
 * checkpointed and lose op 5 to rot on one disk. Nobody can repair it any more.
 *
 * Cost: a few compares an overwrite; two platter reads for each op newly acknowledged; a scan of
 * the slots for each power cut and each opening.
 */
import type { Prepare, PrepareHeader } from '../core/codec/prepare.ts';
import {
  RECOVERED_EMPTY,
  RECOVERED_TORN_HEAD,
  STEP_ACK,
  STEP_CHECKPOINT,
  STEP_COMMIT,
  STEP_OVERWRITE,
  STEP_PROPOSE,
  STEP_SLOT,
  STEP_SUPERBLOCK,
} from '../core/observer.ts';
import { JOURNAL_FILE } from '../core/storage/journal-format.ts';
import { SIDE_PREFIX } from '../core/storage/secure-side.ts';
import { equal128 } from '../core/types/hash128.ts';
import type { SuperblockState } from '../core/vsr/interfaces.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { ACK_PROVEN } from './acks.ts';
import {
  HELD_PREPARE,
  LOOK_CACHED,
  LOOK_DURABLE,
  headerHeld,
  headerOffset,
  held,
  marksWhole,
  neverInRing,
  prepareOffset,
  readsWhole,
} from './platter.ts';
import type { Shared } from './shared.ts';
import { sharedOf } from './shared.ts';

const NOTHING = -1;

class JournalEvidenceChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  private readonly shared: Shared;
  /** Of the node being opened, by slot: op of a valid header that was read as nothing. */
  private readonly denied: number[] = [];

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
    this.shared = sharedOf(world);
  }

  reset(): void {
    this.shared.reset();
    this.denied.length = 0;
  }

  replaced(node: number): void {
    this.shared.durables.replaced(node);
    this.shared.slots.replaced(node);
  }

  crashed(node: number, power: boolean): void {
    // It may have died in the middle of opening.
    this.denied.length = 0;
    if (!power) return;
    for (let slot = 0; slot < this.world.limits.journalSlots; slot += 1) this.looksAt(node, slot);
  }

  opened(node: number): void {
    const seen = this.world.inspect(node);
    if (seen === null) return;
    const covered = Math.max(seen.checkpoint, this.shared.durables.covered[node]!);
    for (const op of this.denied) {
      if (op > covered)
        this.fail(`r${node} opened op ${op} as never written; its header is intact`);
    }
    this.denied.length = 0;
  }

  step(node: number, kind: number, a: number, b: number, c: number, ref: unknown): void {
    const { shared, world } = this;
    switch (kind) {
      case STEP_PROPOSE:
        shared.proposals.add(a, ref as Prepare);
        return;
      case STEP_COMMIT:
        shared.witness.commit(a, ref as Prepare);
        return;
      case STEP_OVERWRITE:
        this.overwrites(node, a, b, c, ref as PrepareHeader);
        return;
      case STEP_ACK:
        this.acknowledges(node, ref as PrepareHeader);
        return;
      case STEP_SLOT:
        this.recovers(node, a, c);
        return;
      case STEP_CHECKPOINT:
        shared.durables.checkpointed(world, node, a);
        return;
      default:
        shared.durables.superblock(world, node, ref as SuperblockState);
    }
  }

  private overwrites(node: number, op: number, said: number, c: number, now: PrepareHeader): void {
    const { shared, world } = this;
    world.evaluated(this.index);
    const slot = op % world.limits.journalSlots;
    const before = shared.slots.at(node, slot);
    shared.slots.write(node, slot, now);
    const { covered, clusterCheckpoint } = shared.durables;
    if (c > clusterCheckpoint) {
      this.fail(`r${node} believes in checkpoint ${c}; a quorum holds ${clusterCheckpoint}`);
    }
    const heldOp = Math.max(said, before === null ? NOTHING : before.op);
    if (heldOp === NOTHING) return;
    if (heldOp < op && (heldOp > covered[node]! || heldOp > clusterCheckpoint)) {
      this.fail(
        `r${node} overwrote op ${heldOp} by op ${op}; its checkpoint is ${covered[node]!}, ` +
          `the cluster's ${clusterCheckpoint}`,
      );
    }
    if (heldOp > op && heldOp <= shared.witness.head) {
      this.fail(`r${node} overwrote op ${heldOp} by the older op ${op}`);
    }
    const committed = shared.witness.at(op);
    if (committed === null || before === null || before.op !== op) return;
    const { checksum } = committed.header;
    if (equal128(before.checksum, checksum) && !equal128(now.checksum, checksum)) {
      this.fail(`r${node} overwrote the committed op ${op} by another entry`);
    }
  }

  private acknowledges(node: number, header: PrepareHeader): void {
    if (node >= this.world.replicaCount) return;
    this.world.evaluated(this.index);
    const missing = this.shared.acks.acknowledged(this.world, node, header);
    if (missing === ACK_PROVEN) return;
    this.fail(`r${node} acknowledged op ${header.op}; op ${missing} is not durable in its journal`);
  }

  /** A slot read as empty or torn must have no valid header of an op above the checkpoint. */
  private recovers(node: number, slot: number, verdict: number): void {
    this.world.evaluated(this.index);
    if (slot === 0) this.denied.length = 0;
    if (verdict !== RECOVERED_EMPTY && verdict !== RECOVERED_TORN_HEAD) return;
    const { limits } = this.world;
    const at = headerOffset(slot, limits);
    if (this.world.disk(node).damaged(JOURNAL_FILE, at, limits.sectorBytes)) return;
    const header = headerHeld(this.world, node, slot, this.shared.proposals, LOOK_CACHED);
    if (header === null) return;
    // Written beside its other half, it proves nothing by itself: a single replica cuts it above
    // the first torn op of the group that it was written in; and what a member of several has not
    // in both places it has not acknowledged, so that a read that goes astray may miss it.
    const { replicaCount } = this.world;
    if (readsWhole(this.world, node, slot)) {
      if (replicaCount === 1 || neverInRing(this.world.disk(node), limits, header)) return;
    }
    this.denied.push(header.header.op);
  }

  /** After a power cut: a header on the platter has its prepare beside it. */
  private looksAt(node: number, slot: number): void {
    const { shared, world } = this;
    const last = shared.slots.at(node, slot);
    if (last === null) return;
    const found = headerHeld(world, node, slot, shared.proposals, LOOK_DURABLE);
    // Another version was being written over this header's prepare: no evidence either way.
    if (found === null || !equal128(found.header.checksum, last.checksum)) return;
    world.evaluated(this.index);
    const disk = world.disk(node);
    if ((held(disk, world.limits, found) & HELD_PREPARE) !== 0) return;
    // A process that dies in the middle of a write tears a whole prepare anywhere. What is left
    // of it is not what its mark says, and is read as no header.
    if (marksWhole(disk, world.limits, slot)) return;
    // A damaged prepare is repaired in place, under its header; a cut may then tear it.
    const at = prepareOffset(slot, world.limits);
    if (disk.everDamaged(JOURNAL_FILE, at, found.bytes.length)) return;
    if (this.isSecuring(node)) return;
    this.fail(`r${node}: the header of op ${last.op} is durable, its prepare is not`);
  }

  /** While a side file holds the slots, they are rewritten in place and may be torn there. */
  private isSecuring(node: number): boolean {
    for (const name of this.world.disk(node).names()) if (name.startsWith(SIDE_PREFIX)) return true;
    return false;
  }

  private fail(message: string): void {
    this.world.violate(this.index, message);
  }
}

export const journalEvidence: Invariant = {
  name: 'journal-evidence',
  holds:
    'a header is never durable before its prepare, every op acknowledged by a member of several ' +
    'has both durable, a slot with a valid header is never read as empty (a single replica may cut ' +
    'a whole prepare above a torn one, and others may miss one that stands in one place only), ' +
    'and no slot is overwritten unless the local and the ' +
    'cluster-durable checkpoint cover it',
  suspendedBy: ['lying_sync', 'rollback', 'traitor'],
  watches: [
    STEP_PROPOSE,
    STEP_COMMIT,
    STEP_OVERWRITE,
    STEP_ACK,
    STEP_SLOT,
    STEP_CHECKPOINT,
    STEP_SUPERBLOCK,
  ],
  create: (world, index) => new JournalEvidenceChecker(world, index),
};
