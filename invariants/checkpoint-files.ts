/**
 * Whether all that a checkpoint commits to stands on a node's platter: every page below its root,
 * proven by checksum, and every entry of every tenant's log up to its length, the last by its hash.
 *
 * What was ever damaged by injection is passed over: it may be under repair, in place. Cost: a walk
 * over the whole state, some milliseconds; done for few seeds.
 */
import { checksum128 } from '../core/crypto/blake3.ts';
import { ENTRY_AT_HASH } from '../core/kernel/entry.ts';
import { eachReference } from '../core/node/state-machine-sync.ts';
import { segmentName, segmentOf } from '../core/storage/tenant-log-format.ts';
import type { TenantRecord } from '../core/store/directory.ts';
import { PAGE_NONE } from '../core/store/page.ts';
import { NEEDS_TENANT, PagedStore, storeFileName } from '../core/store/paged-store.ts';
import { RecordHash } from '../core/store/record-hash.ts';
import { KEYSPACE_KERNEL_MIN } from '../core/store/directory.ts';
import { ABSENT, PRESENT } from '../core/store/store.ts';
import type { Hash128 } from '../core/types/hash128.ts';
import type { Checkpoint } from '../core/vsr/message.ts';
import type { DiskTruth, World } from '../vopr/sim/checker.ts';
import { PlatterDisk } from './platter-disk.ts';
import { entriesOnPlatter } from './tenant-files.ts';

const IGNORE = (): void => undefined;
const NO_KEY: Uint8Array = new Uint8Array(0);
const hash: { readonly checksum128: typeof checksum128 } = { checksum128 };

interface PageRef {
  readonly page: number;
  readonly checksum: Hash128;
}

/** What of the checkpoint is not on the platter, in words; null: all is there. */
export function missingOnPlatter(
  world: World,
  node: number,
  checkpoint: Checkpoint,
): string | null {
  const truth = world.disk(node);
  const store = openStore(world, truth, checkpoint);
  const { rootPage: page, root: checksum } = checkpoint;
  const root = missingPage(world, truth, store, 0, [{ page, checksum }]);
  if (root !== null) return root;
  for (let tenant = 0; tenant >= 0;) {
    const opened = store.tenant(tenant);
    // A page that was damaged hides the rest.
    if (opened === null) return null;
    const { record } = opened;
    const missing = missingOfTenant(world, truth, store, tenant, record, checkpoint.op);
    if (missing !== null) return missing;
    const next = store.tenantAfter(tenant);
    if (next === NEEDS_TENANT) return null;
    tenant = next;
  }
  return null;
}

/**
 * Whether the state hash that the root carries is that of the records below it, added up anew;
 * null: what was damaged hides some of them.
 */
export function hashesItsRecords(
  world: World,
  node: number,
  checkpoint: Checkpoint,
): boolean | null {
  const store = openStore(world, world.disk(node), checkpoint);
  const sum = new RecordHash();
  for (let tenant = 0; tenant >= 0;) {
    let found = store.seek(tenant, NO_KEY, 0, 0, false);
    for (; found === PRESENT; found = store.next()) {
      const { key, keyFrom, keyBytes, value, valueFrom, valueBytes } = store;
      // The directory of tenants is the store's own, and no state of the kernel.
      if (key[keyFrom]! < KEYSPACE_KERNEL_MIN) continue;
      sum.fold(tenant, key, keyFrom, keyBytes, value, valueFrom, valueBytes, 1);
    }
    if (found !== ABSENT) return null;
    const next = store.tenantAfter(tenant);
    if (next === NEEDS_TENANT) return null;
    tenant = next;
  }
  return sum.a === store.stateHashA && sum.b === store.stateHashB;
}

function openStore(world: World, truth: DiskTruth, checkpoint: Checkpoint): PagedStore {
  const listener = { pageDamaged: IGNORE, pageAllocated: IGNORE };
  const noTicket = (): number => 0;
  const disk = new PlatterDisk(truth);
  const store = new PagedStore(disk, world.limits, hash, world.cluster, noTicket, listener);
  store.open({ page: checkpoint.rootPage, checksum: checkpoint.root });
  return store;
}

function missingOfTenant(
  world: World,
  truth: DiskTruth,
  store: PagedStore,
  tenant: number,
  record: TenantRecord,
  op: number,
): string | null {
  const { rootPage: page, rootChecksum: checksum } = record;
  if (page !== PAGE_NONE) {
    const missing = missingPage(world, truth, store, tenant, [{ page, checksum }]);
    if (missing !== null) return missing;
  }
  return missingEntry(world, truth, tenant, record, op);
}

/** Walks down from the references in `todo`. */
function missingPage(
  world: World,
  truth: DiskTruth,
  store: PagedStore,
  tenant: number,
  todo: PageRef[],
): string | null {
  const { pageBytes } = world.limits;
  const image = new Uint8Array(pageBytes);
  for (let ref = todo.pop(); ref !== undefined; ref = todo.pop()) {
    const { page, checksum } = ref;
    if (store.readPage(tenant, page, checksum, image)) {
      eachReference(image, (next, sum) => todo.push({ page: next, checksum: sum }));
    } else if (!truth.everDamaged(storeFileName(tenant), (page - 1) * pageBytes, pageBytes)) {
      return `page ${page} of tenant ${tenant}`;
    }
  }
  return null;
}

function missingEntry(
  world: World,
  truth: DiskTruth,
  tenant: number,
  record: TenantRecord,
  op: number,
): string | null {
  const { logEntries, logHead } = record;
  if (logEntries === 0 || wasDamaged(world, truth, tenant, logEntries)) return null;
  const entries = entriesOnPlatter(truth, world.limits, tenant, op);
  const last = entries[logEntries - 1];
  if (last === undefined) {
    return `entry ${entries.length + 1} of the ${logEntries} in tenant ${tenant}'s log`;
  }
  for (let i = 0; i < logHead.length; i += 1) {
    if (last[ENTRY_AT_HASH + i] !== logHead[i]) return `the head of tenant ${tenant}'s log`;
  }
  return null;
}

function wasDamaged(world: World, truth: DiskTruth, tenant: number, entries: number): boolean {
  for (let segment = 0; segment <= segmentOf(entries, world.limits); segment += 1) {
    const name = segmentName(tenant, segment);
    const size = truth.size(name);
    if (size > 0 && truth.everDamaged(name, 0, size)) return true;
  }
  return false;
}
