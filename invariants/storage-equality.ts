/**
 * Storage-equality: replicas at the same checkpoint have the same bytes. Compared are the roots,
 * each of which commits, by checksum, to every page and log head under it; and at each checkpoint
 * the platter is asked whether the root page is there and is what the checkpoint says; for one seed
 * in 32, whether all pages and log entries under it are, and whether its state hash is that of its
 * records.
 *
 * Cost: a few compares, two short reads and one short hash a checkpoint; where all is walked, some
 * hundred microseconds more.
 */
import { readU32 } from '../core/codec/bytes.ts';
import { checksum128 } from '../core/crypto/blake3.ts';
import { STEP_CHECKPOINT, STEP_SYNC } from '../core/observer.ts';
import { equal128 } from '../core/types/hash128.ts';
import type { Checkpoint } from '../core/vsr/message.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { hashesItsRecords, missingOnPlatter } from './checkpoint-files.ts';

/** All that a checkpoint commits to is looked for in one seed in this many. */
const WALKED_OF = 32;
/** The system's store holds the root; of a page's layout (core/store/page.ts). */
const ROOT_FILE = 'tenants/0/store';
const PAGE_HEADER_BYTES = 24;
const PAGE_USED_AT = 8;

class StorageEqualityChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  /** By checkpoint number (op / interval): the first one reported. */
  private readonly first: (Checkpoint | null)[] = [];
  private count: number = 0;
  private page: Uint8Array = new Uint8Array(1024);

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
  }

  reset(): void {
    this.count = 0;
  }

  step(node: number, kind: number, op: number, began: number, _c: number, ref: unknown): void {
    if (kind === STEP_SYNC && began === 0) return;
    const checkpoint = ref as Checkpoint;
    if (op % this.world.limits.checkpointInterval !== 0 || checkpoint.op !== op) {
      this.fail(`r${node} has a checkpoint at op ${op}, where none belongs`);
      return;
    }
    this.looksAtRoot(node, checkpoint);
    if (this.world.seed % WALKED_OF === 0) this.looksAtAll(node, checkpoint);
    const number = op / this.world.limits.checkpointInterval;
    for (; this.count <= number; this.count += 1) this.first[this.count] = null;
    const known = this.first[number]!;
    if (known === null) {
      this.first[number] = checkpoint;
      return;
    }
    this.world.evaluated(this.index);
    if (!sameCheckpoint(known, checkpoint)) {
      this.fail(`r${node} has another checkpoint than others at op ${op}`);
    }
  }

  /** A checkpoint that is called durable has its root page on the platter. */
  private looksAtRoot(node: number, checkpoint: Checkpoint): void {
    this.world.evaluated(this.index);
    const disk = this.world.disk(node);
    const { pageBytes } = this.world.limits;
    const at = (checkpoint.rootPage - 1) * pageBytes;
    const whole = disk.readDurable(ROOT_FILE, at, PAGE_HEADER_BYTES, this.page, 0);
    const used = readU32(this.page, PAGE_USED_AT);
    if (whole === PAGE_HEADER_BYTES && used >= PAGE_HEADER_BYTES && used <= pageBytes) {
      if (this.page.length < used) this.page = new Uint8Array(pageBytes);
      const got = disk.readDurable(ROOT_FILE, at, used, this.page, 0);
      if (got === used && equal128(checksum128(this.page, 0, used), checkpoint.root)) return;
    }
    this.fail(`r${node}: the root page of checkpoint ${checkpoint.op} is not on the platter`);
  }

  /** So has it every page below the root, and every entry of every log. */
  private looksAtAll(node: number, checkpoint: Checkpoint): void {
    this.world.evaluated(this.index);
    const missing = missingOnPlatter(this.world, node, checkpoint);
    if (missing !== null) {
      this.fail(`r${node}: ${missing} of checkpoint ${checkpoint.op} is not on the platter`);
    }
    if (hashesItsRecords(this.world, node, checkpoint) === false) {
      this.fail(
        `r${node}: the state hash of checkpoint ${checkpoint.op} is not that of its records`,
      );
    }
  }

  private fail(message: string): void {
    this.world.violate(this.index, message);
  }
}

function sameCheckpoint(a: Checkpoint, b: Checkpoint): boolean {
  return (
    a === b ||
    (a.op === b.op &&
      a.timestamp === b.timestamp &&
      a.rootPage === b.rootPage &&
      equal128(a.head, b.head) &&
      equal128(a.root, b.root))
  );
}

export const storageEquality: Invariant = {
  name: 'storage-equality',
  holds:
    'equal checkpoint means equal root over all logs and store pages on all replicas, for units ' +
    'neither damaged nor reported missing',
  suspendedBy: ['lying_sync', 'rollback'],
  watches: [STEP_CHECKPOINT, STEP_SYNC],
  create: (world, index) => new StorageEqualityChecker(world, index),
};
