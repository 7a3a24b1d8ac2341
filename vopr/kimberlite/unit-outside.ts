/**
 * The excuse `unit_outside_core`: of the checkpoint that a replica of the core has, or syncs to, a
 * page or a log entry has no intact copy in the core, so that it can be neither repaired nor
 * fetched.
 *
 * Proven from the platters alone: the superblocks say who has or syncs to what; pages and entries
 * are found by walking the checkpoint over pristine bytes, and each is looked for, as damage left
 * it, on every platter of the core. Certain only if all of these hold:
 *  1. of a voter's target, or else its checkpoint, a unit has no intact copy in the core;
 *  2. the same holds of every newer checkpoint that the core's superblocks name and that the core
 *     could offer: one that a commit, or a quorum of the core, proves to be cluster-durable. Any
 *     other would have the voter give up what it acknowledged for what a single replica holds
 *     (vsr.md);
 *  3. the voters of the core that are not in this state are fewer than a replication quorum, so
 *     that nothing commits and no newer checkpoint comes to be.
 *
 * Cost: one walk over a small state for each checkpoint named; only after a run has failed.
 */
import { checksum128 } from '../../core/crypto/blake3.ts';
import { eachReference } from '../../core/node/state-machine-sync.ts';
import { openSuperblock } from '../../core/storage/superblock-open.ts';
import {
  FRAME_HEADER_BYTES,
  frameBytes,
  frameIntact,
  readFrameHeader,
  segmentName,
  segmentOf,
  segmentStart,
} from '../../core/storage/tenant-log-format.ts';
import { PAGE_NONE, pageUsed } from '../../core/store/page.ts';
import { NEEDS_TENANT, PagedStore, storeFileName } from '../../core/store/paged-store.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import type { SuperblockState } from '../../core/vsr/interfaces.ts';
import type { Checkpoint } from '../../core/vsr/message.ts';
import { PlatterDisk } from '../../invariants/platter-disk.ts';
import type { DiskTruth, Excuse, World } from '../sim/checker.ts';
import { appliedInCore } from './applied-in-core.ts';

const IGNORE = (): void => undefined;
const hash: { readonly checksum128: typeof checksum128 } = { checksum128 };

/** One member of the core. */
interface Member {
  readonly truth: DiskTruth;
  readonly disk: PlatterDisk;
  readonly voter: boolean;
  readonly state: SuperblockState | null;
}

export const unitOutsideCore: Excuse = {
  name: 'unit_outside_core',
  because: 'a page or log entry of the checkpoint to sync to has its only intact copies outside',
  proven(world: World): boolean {
    const members = membersOf(world);
    let others = 0;
    let stuck = 0;
    for (const member of members) {
      if (!member.voter) continue;
      const target = member.state?.syncTarget ?? member.state?.checkpoint ?? null;
      if (target !== null && isStuck(world, members, target)) stuck += 1;
      else others += 1;
    }
    return stuck > 0 && others < world.replicationQuorum;
  },
};

function membersOf(world: World): Member[] {
  const members: Member[] = [];
  for (let node = 0; node < world.nodeCount; node += 1) {
    if (!world.inCore(node)) continue;
    const truth = world.disk(node);
    const disk = new PlatterDisk(truth);
    const opened = openSuperblock(disk, world.limits, hash, { step: IGNORE });
    const state = opened.kind === 'opened' ? opened.state : null;
    members.push({ truth, disk, voter: node < world.replicaCount, state });
  }
  return members;
}

function isStuck(world: World, members: readonly Member[], target: Checkpoint): boolean {
  if (!lacksUnit(world, members, target)) return false;
  for (const { state } of members) {
    if (state === null) return false;
    const newer = state.syncTarget ?? state.checkpoint;
    if (newer.op <= target.op || !mayBeOffered(world, members, newer.op)) continue;
    if (!lacksUnit(world, members, newer)) return false;
  }
  return true;
}

/** Whether the core can know that a quorum holds the checkpoint of `op`. */
function mayBeOffered(world: World, members: readonly Member[], op: number): boolean {
  const { journalSlots, pipelineMax, checkpointInterval } = world.limits;
  const proven = appliedInCore(world) - journalSlots + pipelineMax;
  if (op <= Math.ceil(proven / checkpointInterval) * checkpointInterval) return true;
  let holders = 0;
  for (const { voter, state } of members) {
    const holds = state !== null && state.syncTarget === null && state.checkpoint.op >= op;
    if (voter && holds) holders += 1;
  }
  return holders >= world.replicationQuorum;
}

/** Whether a page or log entry of the checkpoint has no intact copy in the core. */
function lacksUnit(world: World, members: readonly Member[], checkpoint: Checkpoint): boolean {
  const stores = members.map(({ disk }) => openStore(world, disk, checkpoint));
  const { rootPage, root } = checkpoint;
  if (rootPage === PAGE_NONE) return false;
  if (lacksPage(world, members, stores, 0, rootPage, root)) return true;
  for (let tenant = 0; tenant >= 0;) {
    const record = first(stores, (store) => store.tenant(tenant)?.record ?? null);
    if (record === null) return false;
    if (record.rootPage !== PAGE_NONE) {
      const { rootPage: page, rootChecksum: checksum } = record;
      if (lacksPage(world, members, stores, tenant, page, checksum)) return true;
    }
    if (lacksEntry(world, members, tenant, record.logEntries)) return true;
    const next = first(stores, (store) => known(store.tenantAfter(tenant)));
    if (next === null) return false;
    tenant = next;
  }
  return false;
}

function openStore(world: World, disk: PlatterDisk, checkpoint: Checkpoint): PagedStore {
  const listener = { pageDamaged: IGNORE, pageAllocated: IGNORE };
  const noTicket = (): number => 0;
  const store = new PagedStore(disk, world.limits, hash, world.cluster, noTicket, listener);
  store.open({ page: checkpoint.rootPage, checksum: checkpoint.root });
  return store;
}

function known(tenant: number): number | null {
  return tenant === NEEDS_TENANT ? null : tenant;
}

/** The first answer that is not null. */
function first<T>(stores: readonly PagedStore[], ask: (store: PagedStore) => T | null): T | null {
  for (const store of stores) {
    const answer = ask(store);
    if (answer !== null) return answer;
  }
  return null;
}

/** Whether a page below `page`, itself included, is intact nowhere. */
function lacksPage(
  world: World,
  members: readonly Member[],
  stores: readonly PagedStore[],
  tenant: number,
  page: number,
  checksum: Hash128,
): boolean {
  const { pageBytes } = world.limits;
  const image = new Uint8Array(pageBytes);
  const todo = [{ page, checksum }];
  for (let ref = todo.pop(); ref !== undefined; ref = todo.pop()) {
    const { page: number, checksum: sum } = ref;
    // Bytes with this checksum, from whichever platter has them.
    if (!stores.some((store) => store.readPage(tenant, number, sum, image))) return true;
    const at = (number - 1) * pageBytes;
    if (!isIntact(members, storeFileName(tenant), at, image, pageUsed(image))) return true;
    eachReference(image, (child, childSum) => todo.push({ page: child, checksum: childSum }));
  }
  return false;
}

function isIntact(
  members: readonly Member[],
  name: string,
  at: number,
  bytes: Uint8Array,
  length: number,
): boolean {
  return members.some(({ truth }) => truth.intact(name, at, bytes, length));
}

/** Whether an entry, whose bytes some platter once held, is intact nowhere. */
function lacksEntry(
  world: World,
  members: readonly Member[],
  tenant: number,
  entries: number,
): boolean {
  const last = entries === 0 ? -1 : segmentOf(entries, world.limits);
  for (let segment = 0; segment <= last; segment += 1) {
    const start = segmentStart(segment, world.limits);
    const count = Math.min(entries - start + 1, world.limits.segmentEntriesMax);
    for (const { truth } of members) {
      if (lacksFrame(world, members, truth, tenant, segment, count)) return true;
    }
  }
  return false;
}

/** Reads a segment's frames off one platter, one after the other, and looks for each on all. */
function lacksFrame(
  world: World,
  members: readonly Member[],
  truth: DiskTruth,
  tenant: number,
  segment: number,
  count: number,
): boolean {
  const name = segmentName(tenant, segment);
  const size = truth.size(name);
  if (size <= 0) return false;
  const { sectorBytes } = world.limits;
  const bytes = new Uint8Array(size);
  truth.readDurable(name, 0, size, bytes, 0);
  const start = segmentStart(segment, world.limits);
  let at = 0;
  for (let position = start; position < start + count; position += 1) {
    let length = frameAt(bytes, at, tenant, position);
    if (length < 0) {
      at = Math.ceil(at / sectorBytes) * sectorBytes;
      length = frameAt(bytes, at, tenant, position);
    }
    if (length < 0) return false;
    if (!isIntact(members, name, at, bytes.subarray(at), length)) return true;
    at += length;
  }
  return false;
}

/** Length of the intact frame of this position at `at`, or -1. */
function frameAt(bytes: Uint8Array, at: number, tenant: number, position: number): number {
  if (at + FRAME_HEADER_BYTES > bytes.length) return -1;
  const entry = readFrameHeader(bytes, at, tenant, position, position);
  if (entry < 0 || at + frameBytes(entry) > bytes.length) return -1;
  return frameIntact(bytes, at, entry) ? frameBytes(entry) : -1;
}
