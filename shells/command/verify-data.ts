/**
 * A node's data proven offline: the superblock's copies, the journal's slots, of each tenant's log
 * every hash and link up to the last checkpoint, and every page of the stores from the root down.
 * The code is the node's own; nothing is changed.
 *
 * Cost: every durable byte is read once or twice, and hashed.
 */
import type { Limits } from '../../core/limits.ts';
import type { NodeSeat } from '../../core/node.ts';
import { StateMachineFiles } from '../../core/node/state-machine.ts';
import * as steps from '../../core/observer.ts';
import type { Disk, Observer } from '../../core/ports.ts';
import { openStorage } from '../../core/storage/open-storage.ts';
import type { OpenedStorage } from '../../core/storage/open-storage.ts';
import { superblockMismatch } from '../../core/storage/superblock-open.ts';
import { hex128 } from '../../core/types/hash128.ts';
import { ChainCheck } from '../chain-check.ts';
import { systemCrypto } from '../system.ts';

export interface VerifiedTenant {
  readonly tenant: number;
  readonly entries: number;
  /** Hash of the last entry, in hex. */
  readonly head: string;
}

export interface VerifiedData {
  readonly cluster: string;
  readonly replica: number;
  /** Op of the checkpoint up to which logs and pages were proven. */
  readonly checkpoint: number;
  /** Ops that the journal holds beyond it. */
  readonly journal: number;
  readonly tenants: readonly VerifiedTenant[];
  readonly pages: number;
  /** One sentence each; empty when all is well. */
  readonly problems: readonly string[];
}

/** What is done, of what there is, in entries and pages. */
export type OnProgress = (done: number, total: number) => void;

const PROBLEMS_MAX = 100;
const SCRUB_UNITS = 64;
const SLICE_MILLIS = 50;

interface Work {
  readonly problems: string[];
  done: number;
  readonly total: number;
  readonly onProgress: OnProgress;
}

export async function verifyData(
  disk: Disk,
  seat: NodeSeat,
  limits: Limits,
  onProgress: OnProgress,
): Promise<VerifiedData> {
  const problems: string[] = [];
  const observer = damageObserver(problems);
  const storage = openStorage(disk, limits, systemCrypto, observer);
  const { cluster, replica } = seat;
  const nothing = { cluster: hex128(cluster), replica, checkpoint: 0, journal: 0, pages: 0 };
  if (storage.kind === 'refused') {
    return { ...nothing, tenants: [], problems: [...problems, storage.detail] };
  }
  const { state } = storage.superblock;
  const { shard, release } = seat;
  const mismatch = superblockMismatch(state, cluster, shard, replica, release);
  if (mismatch !== null) return { ...nothing, tenants: [], problems: [mismatch] };
  const machine = openMachine(disk, limits, observer, storage);
  const numbers = tenantsOf(disk);
  const entries = numbers.reduce((sum, each) => sum + Math.max(0, machine.position(each)), 0);
  const pages = pagesOf(disk, limits);
  // The scrubber reads the entries once more.
  const work: Work = { problems, done: 0, total: 2 * entries + pages, onProgress };
  const tenants: VerifiedTenant[] = [];
  for (const tenant of numbers) {
    if (machine.position(tenant) >= 0) tenants.push(await verifyLog(machine, tenant, work));
  }
  await verifyPages(machine, work);
  const checkpoint = state.checkpoint.op;
  const journal = Math.max(0, storage.recovery.headerMax - checkpoint);
  return { ...nothing, checkpoint, journal, tenants, pages, problems };
}

function openMachine(
  disk: Disk,
  limits: Limits,
  observer: Observer,
  { superblock, single }: OpenedStorage,
): StateMachineFiles {
  const { cluster, shard, epoch, checkpoint } = superblock.state;
  const listener = {
    checkpointFlushed: () => undefined,
    syncCompleted: () => undefined,
    syncRefuted: () => undefined,
    storageFailed: () => undefined,
  };
  const crypto = systemCrypto;
  const place = { cluster, shard, epoch, checkpoint, single };
  return new StateMachineFiles({ disk, limits, crypto, observer, listener, ...place });
}

/** Every damage that is found, as a sentence. */
function damageObserver(problems: string[]): Observer {
  return {
    step: (kind, what, unit, tenant) => {
      if (kind !== steps.STEP_DAMAGE || problems.length >= PROBLEMS_MAX) return;
      problems.push(damageText(what, unit, tenant));
    },
  };
}

function damageText(what: number, unit: number, tenant: number): string {
  switch (what) {
    case steps.DAMAGE_SLOT:
      return `journal: slot ${unit} is damaged`;
    case steps.DAMAGE_PAGE:
      return `tenant ${tenant}: page ${unit} of the store is damaged`;
    case steps.DAMAGE_LOG:
      return `tenant ${tenant}: the entry at position ${unit} of the log is damaged`;
    default:
      return `superblock: copy ${unit} is damaged`;
  }
}

function tenantsOf(disk: Disk): readonly number[] {
  const found = new Set([0]);
  for (const name of disk.list('tenants/')) found.add(Number(name.split('/')[1]));
  return [...found].filter((each) => Number.isSafeInteger(each)).sort((a, b) => a - b);
}

function pagesOf(disk: Disk, { pageBytes }: Limits): number {
  const stores = disk.list('tenants/').filter((name) => name.endsWith('/store'));
  const bytes = stores.reduce((sum, name) => sum + disk.size(disk.open(name)), 0);
  return Math.floor(bytes / pageBytes);
}

async function verifyLog(
  machine: StateMachineFiles,
  tenant: number,
  work: Work,
): Promise<VerifiedTenant> {
  const length = machine.position(tenant);
  const { problems } = work;
  const chain = new ChainCheck();
  let from = performance.now();
  for (let position = 1; position <= length; position += 1) {
    const before = problems.length;
    if (!chain.accept(machine.entry(tenant, position))) {
      const what = `tenant ${tenant}: the entry at position ${position} of the log does not hold`;
      // The damage itself may have been told already.
      if (problems.length === before) problems.push(what);
      return { tenant, entries: position - 1, head: hex(chain.head) };
    }
    work.done += 1;
    if (performance.now() - from < SLICE_MILLIS) continue;
    await nextTurn(work);
    from = performance.now();
  }
  const head = machine.logHead(tenant);
  if (head === null || (length > 0 && !chain.endsWith(head))) {
    problems.push(`tenant ${tenant}: the log does not end where the state says`);
  }
  return { tenant, entries: length, head: hex(chain.head) };
}

/** One whole tour of the scrubber, which begins at the root. */
async function verifyPages(machine: StateMachineFiles, work: Work): Promise<void> {
  const { problems } = work;
  const turnsMax = Math.ceil((2 * work.total) / SCRUB_UNITS) + 1000;
  let from = performance.now();
  for (let turns = 0; machine.scrubTours === 0 && turns < turnsMax; turns += 1) {
    machine.scrub(SCRUB_UNITS);
    work.done = Math.min(work.total, work.done + SCRUB_UNITS);
    if (performance.now() - from < SLICE_MILLIS) continue;
    await nextTurn(work);
    from = performance.now();
  }
  if (machine.scrubTours === 0 && problems.length === 0) {
    problems.push('the pages could not all be reached');
  }
}

function nextTurn({ done, total, onProgress }: Work): Promise<void> {
  onProgress(done, total);
  return new Promise((resolve) => setImmediate(resolve));
}

function hex(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex');
}
