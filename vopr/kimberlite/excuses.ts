/**
 * Why a healed core of ours may be unable to converge, proven from the platters' pristine truth and
 * from what was injected; a closed list. Called only when convergence failed.
 *
 * `entry_outside_core`: an entry that may be committed has no intact copy on any voter of the core.
 * It must neither be dropped nor made up, so the core waits for someone outside: that is the
 * protocol working, not failing. Certain only if all of these hold:
 *  1. the entry lies above every durable checkpoint in the core, so no state sync can jump it;
 *  2. it is the committed entry of its op, or the only one ever proposed at an op beyond the log's
 *     known end;
 *  3. a voter of the core acknowledged it, so it is not simply unknown there;
 *  4. fewer voters of the core than a nack quorum never acknowledged it, so it cannot be denied;
 *  5. no voter of the core holds its prepare durably and undamaged;
 *  6. a voter of the core has not applied it.
 *
 * `unit_outside_core`: part of a tenant's files below the checkpoint has no intact copy in the core.
 * Its last other holder stayed outside, so who is damaged cannot repair it and who fell behind cannot
 * sync over it. Certain only if, for one sector of one file, all of these hold:
 *  1. a running voter of the core knows of damage that it could not repair, and injected damage
 *     stands in that sector of its disk;
 *  2. no other member of the core, standbys included, durably holds the same bytes undamaged;
 *  3. a voter outside the core does: the bytes are not lost, they are out of reach.
 */
import type { Prepare } from '../../core/codec/prepare.ts';
import { JOURNAL_FILE } from '../../core/storage/journal-format.ts';
import { HELD_PREPARE, held, prepareOffset } from '../../invariants/platter.ts';
import type { Shared } from '../../invariants/shared.ts';
import { sharedOf } from '../../invariants/shared.ts';
import type { Excuse, World } from '../sim/checker.ts';

const entryOutsideCore: Excuse = {
  name: 'entry_outside_core',
  because: 'an entry that may be committed has its only intact copies outside the core',
  proven(world: World): boolean {
    const shared = sharedOf(world);
    const { witness, proposals } = shared;
    for (let op = highestCheckpoint(world, shared) + 1; op <= proposals.head; op += 1) {
      const committed = witness.at(op);
      if (committed !== null) {
        if (isOutside(world, shared, committed)) return true;
      } else if (proposals.count(op) === 1 && isOutside(world, shared, proposals.at(op, 0))) {
        return true;
      }
    }
    return false;
  },
};

/** Of all durable checkpoints in the core. */
function highestCheckpoint(world: World, shared: Shared): number {
  let highest = 0;
  for (let node = 0; node < world.replicaCount; node += 1) {
    if (!world.inCore(node)) continue;
    highest = Math.max(highest, shared.durables.checkpoint[node]!);
  }
  return highest;
}

function isOutside(world: World, shared: Shared, prepare: Prepare): boolean {
  const { op, checksum } = prepare.header;
  const nackQuorum = world.replicaCount - world.replicationQuorum + 1;
  let acknowledged = 0;
  let mayDeny = 0;
  let lacks = false;
  for (let node = 0; node < world.replicaCount; node += 1) {
    if (!world.inCore(node)) continue;
    if (hasIntact(world, node, prepare)) return false;
    const seen = world.inspect(node);
    if (seen === null || seen.commit < op) lacks = true;
    if (shared.acks.proves(node, op, checksum, HELD_PREPARE)) acknowledged += 1;
    else mayDeny += 1;
  }
  return lacks && acknowledged > 0 && mayDeny < nackQuorum;
}

function hasIntact(world: World, node: number, prepare: Prepare): boolean {
  const disk = world.disk(node);
  if ((held(disk, world.limits, prepare) & HELD_PREPARE) === 0) return false;
  const at = prepareOffset(prepare.header.op % world.limits.journalSlots, world.limits);
  return !disk.damaged(JOURNAL_FILE, at, prepare.bytes.length);
}

const unitOutsideCore: Excuse = {
  name: 'unit_outside_core',
  because: "part of a tenant's files has its only intact copies outside the core",
  proven(world: World): boolean {
    for (let node = 0; node < world.replicaCount; node += 1) {
      if (!world.inCore(node) || (world.inspect(node)?.damaged ?? 0) === 0) continue;
      for (const name of world.disk(node).names()) {
        if (name.startsWith(TENANT_FILES) && hasUnitOutside(world, node, name)) return true;
      }
    }
    return false;
  },
};

const TENANT_FILES = 'tenants/';

function hasUnitOutside(world: World, node: number, name: string): boolean {
  const { sectorBytes } = world.limits;
  const disk = world.disk(node);
  const size = disk.size(name);
  for (let offset = 0; offset + sectorBytes <= size; offset += sectorBytes) {
    if (disk.damaged(name, offset, sectorBytes) && isOutOfReach(world, node, name, offset)) {
      return true;
    }
  }
  return false;
}

function isOutOfReach(world: World, node: number, name: string, offset: number): boolean {
  const { sectorBytes } = world.limits;
  const wanted = new Uint8Array(sectorBytes);
  world.disk(node).readDurable(name, offset, sectorBytes, wanted, 0);
  let outside = false;
  for (let other = 0; other < world.nodeCount; other += 1) {
    if (other === node || !holdsSector(world, other, name, offset, wanted)) continue;
    if (world.inCore(other)) return false;
    outside ||= other < world.replicaCount;
  }
  return outside;
}

function holdsSector(
  world: World,
  node: number,
  name: string,
  offset: number,
  wanted: Uint8Array,
): boolean {
  const disk = world.disk(node);
  const bytes = wanted.length;
  if (disk.size(name) < offset + bytes || disk.damaged(name, offset, bytes)) return false;
  const held = new Uint8Array(bytes);
  disk.readDurable(name, offset, bytes, held, 0);
  return held.every((byte, at) => byte === wanted[at]);
}

export const KIMBERLITE_EXCUSES: readonly Excuse[] = [entryOutsideCore, unitOutsideCore];
