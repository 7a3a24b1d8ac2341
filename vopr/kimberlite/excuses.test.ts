/** An excuse must be certain: each of its conditions, taken away, makes it invalid. */
import { describe, expect, it } from 'vitest';
import type { Prepare } from '../../core/codec/prepare.ts';
import { TINY } from '../../core/limits.ts';
import { JOURNAL_FILE } from '../../core/storage/journal-format.ts';
import { prepareOffset } from '../../invariants/platter.ts';
import type { Shared } from '../../invariants/shared.ts';
import { sharedOf } from '../../invariants/shared.ts';
import { FakeWorld, chainOf, entry } from '../../invariants/testing/fake-world.ts';
import { inspection } from '../starting-points.ts';
import { KIMBERLITE_EXCUSES } from './excuses.ts';

const log = chainOf(15) as Prepare[];
const excuse = KIMBERLITE_EXCUSES[0]!;

/**
 * Op 1 was acknowledged by r0 and r1 and committed; r0's copy rotted; the core is r0 and r2, and r2
 * never had it.
 */
function stage(): { world: FakeWorld; shared: Shared } {
  const world = new FakeWorld(3);
  const shared = sharedOf(world);
  shared.reset();
  shared.proposals.add(1, log[1]!);
  for (const node of [0, 1]) {
    world.disk(node).journal(log[1]!);
    shared.acks.acknowledged(world, node, log[1]!.header);
  }
  shared.witness.commit(1, log[1]!);
  const from = prepareOffset(1, TINY);
  world.disk(0).damagedRanges.push({ name: JOURNAL_FILE, from, end: from + 512 });
  world.core = 0b101;
  return { world, shared };
}

describe('excuse: entry_outside_core', () => {
  it('is proven when the only intact copy of a committed entry is outside', () => {
    expect(excuse.proven(stage().world)).toBe(true);
  });

  it('is none while a member of the core holds an intact copy', () => {
    const { world } = stage();
    world.disk(2).journal(log[1]!);
    expect(excuse.proven(world)).toBe(false);
  });

  it('is none when the copy in the core is not damaged', () => {
    const { world } = stage();
    world.disk(0).damagedRanges.length = 0;
    expect(excuse.proven(world)).toBe(false);
  });

  it('is none when a checkpoint on a quorum in the core covers the entry', () => {
    const { world, shared } = stage();
    shared.durables.checkpointed(world, 2, 8);
    expect(excuse.proven(world), 'one member alone cannot offer it').toBe(true);
    shared.durables.checkpointed(world, 0, 8);
    expect(excuse.proven(world)).toBe(false);
  });

  it('is none when what a member of the core has applied proves a later checkpoint', () => {
    const { world, shared } = stage();
    for (let op = 2; op <= 14; op += 1) {
      shared.proposals.add(op, log[op]!);
      shared.witness.commit(op, log[op]!);
      world.disk(0).journal(log[op]!);
    }
    expect(excuse.proven(world), 'what only others know helps nobody').toBe(true);
    world.inspections[0] = inspection({ commit: 14 });
    expect(excuse.proven(world)).toBe(false);
  });

  it('is none when it may not be committed and nobody in the core ever had it', () => {
    const { world, shared } = stage();
    shared.witness.reset();
    world.core = 0b100;
    expect(excuse.proven(world)).toBe(false);
  });

  it('is none when enough members of the core may deny an uncommitted entry', () => {
    const { world, shared } = stage();
    shared.witness.reset();
    world.core = 0b101;
    expect(excuse.proven(world)).toBe(true);
    const five = new FakeWorld(5);
    const other = sharedOf(five);
    other.proposals.add(1, log[1]!);
    five.disk(0).journal(log[1]!);
    other.acks.acknowledged(five, 0, log[1]!.header);
    const from = prepareOffset(1, TINY);
    five.disk(0).damagedRanges.push({ name: JOURNAL_FILE, from, end: from + 512 });
    five.core = 0b01111;
    expect(excuse.proven(five)).toBe(false);
  });

  it('is none when a later view proposed something else at that op', () => {
    const { world, shared } = stage();
    shared.witness.reset();
    shared.proposals.add(1, entry({ op: 1, view: 2 }));
    expect(excuse.proven(world)).toBe(false);
  });

  it('is none when every member of the core has applied the entry', () => {
    const { world } = stage();
    for (const node of [0, 2]) world.inspections[node] = inspection({ commit: 1 });
    expect(excuse.proven(world)).toBe(false);
  });
});
