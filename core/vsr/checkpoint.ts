/**
 * Checkpoints: the machine makes its state durable, then the superblock names it, then what it
 * replaces may be released and the ring may move on.
 *
 * One at a time. Entries go on being applied meanwhile, up to the horizon that the last durable
 * checkpoint allows.
 *
 * Cost: one superblock update every `checkpointInterval` ops.
 */
import { STEP_CHECKPOINT } from '../observer.ts';
import { assert } from '../types/assert.ts';
import { equal128 } from '../types/hash128.ts';
import type { Context } from './context.ts';
import type { SuperblockState } from './interfaces.ts';
import { chainComplete } from './log.ts';
import type { Checkpoint } from './message.ts';

/** `commitMin` is a multiple of the interval: everything up to it shall become durable. */
export function startCheckpoint(r: Context): void {
  const { s } = r;
  assert(s.commitMin % r.limits.checkpointInterval === 0, 'checkpoints lie on the interval');
  assert(s.checkpointing === 0, 'one checkpoint at a time: the horizon lies before the next');
  assert(s.syncTarget === null, 'nothing is applied during a state sync');
  s.checkpointing = s.commitMin;
  r.machine.checkpoint(s.commitHead);
}

/** All files are durable up to `checkpoint`. */
export function onCheckpointFlushed(r: Context, checkpoint: Checkpoint): void {
  const { s } = r;
  // A state sync began meanwhile: it names a newer one.
  if (s.syncTarget !== null || checkpoint.op !== s.checkpointing) return;
  assert(checkpoint.op > s.checkpointOp, 'checkpoints advance');
  r.superblock.update({ ...r.superblock.staged, checkpoint, syncTarget: null });
}

/** The superblock may have come to name a newer checkpoint. */
export function onCheckpointDurable(r: Context, state: SuperblockState): void {
  const { s } = r;
  const { checkpoint } = state;
  if (state.syncTarget !== null || s.syncTarget !== null) return;
  if (checkpoint.op <= s.checkpointOp) return;
  assert(checkpoint.op === s.checkpointing, 'only the checkpoint under way becomes durable');
  assert(checkpoint.op <= s.commitMin, 'a checkpoint lies behind');
  assert(checkpoint.op !== s.commitMin || equal128(checkpoint.head, s.commitHead), 'same chain');
  adoptCheckpoint(r, checkpoint);
  r.machine.checkpointDurable(checkpoint);
}

/** The durable checkpoint now is this one: acknowledgements that it held back may go. */
export function adoptCheckpoint(r: Context, checkpoint: Checkpoint): void {
  const { s } = r;
  s.checkpointing = 0;
  s.checkpointBefore = s.checkpoint;
  s.checkpoint = checkpoint;
  s.checkpointOp = checkpoint.op;
  if (s.durableUpTo < checkpoint.op && chainComplete(r)) {
    // What a checkpoint covers needs no copy in the journal.
    s.durableUpTo = Math.min(checkpoint.op, s.op);
  }
  s.ackDue = true;
  r.journal.checkpointed(checkpoint.op, s.clusterCheckpoint);
  r.observer.step(STEP_CHECKPOINT, checkpoint.op, 0, 0, checkpoint);
}

/**
 * The newest checkpoint that a quorum is known to hold, as far as its record is at hand: what a
 * replica that fell behind should sync to. Its sources do not vanish while it does.
 *
 * Short of `reach` that is of no use: who asks cannot go on from there. A page of its state is
 * nowhere any more, since it lost its own and we have moved on; or an entry above it is. Then we
 * offer our own checkpoint, if only we hold it. Nothing is lost by that: what is given up for it
 * leads nowhere, and whoever holds an older state and the entries above it comes to the same one.
 */
export function syncOffer(r: Context, reach: number): Checkpoint {
  const { s } = r;
  const own = s.checkpoint;
  assert(own !== null && s.syncTarget === null, 'a primary has a checkpoint');
  if (own.op <= s.clusterCheckpoint) return own;
  let holders = 1;
  for (let i = 0; i < r.replicaCount; i += 1) {
    if (i !== r.replica && s.peerCheckpoint[i]! >= own.op) holders += 1;
  }
  if (holders >= r.quorums.replication) return own;
  const before = s.checkpointBefore ?? own;
  return before.op < reach ? own : before;
}
