/**
 * A world for tests of invariants: ground truth that a test sets by hand, steps that it feeds by
 * hand, and what the checker said about them.
 */
import type { Prepare } from '../../core/codec/prepare.ts';
import {
  PREPARE_HEADER_BYTES,
  PREPARE_SALT_BYTES,
  buildPrepare,
} from '../../core/codec/prepare.ts';
import { checksum128 } from '../../core/crypto/blake3.ts';
import type { Limits } from '../../core/limits.ts';
import { TINY } from '../../core/limits.ts';
import { JOURNAL_FILE } from '../../core/storage/journal-format.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { ZERO128, make128 } from '../../core/types/hash128.ts';
import { OPERATION_NOOP } from '../../core/types/operation.ts';
import type { SuperblockState } from '../../core/vsr/interfaces.ts';
import type { Checkpoint } from '../../core/vsr/message.ts';
import type { Checker, DiskTruth, Invariant, World } from '../../vopr/sim/checker.ts';
import { PHASE_STORM } from '../../vopr/sim/checker.ts';
import type { Configuration } from '../../vopr/sim/configuration.ts';
import { calmConfiguration } from '../../vopr/sim/configuration.ts';
import type { FaultName } from '../../vopr/sim/faults.ts';
import { replicationQuorum, viewChangeQuorum } from '../../vopr/sim/quorums.ts';
import type { NodeInspection, SimClient } from '../../vopr/sim/sim-node.ts';
import { headerOffset, prepareOffset } from '../platter.ts';
import { inspection } from '../../vopr/starting-points.ts';

export const CLUSTER: Hash128 = make128(1, 2, 3, 4);
const hash = { checksum128 };

/** A platter made of files that tests write; the cache is the platter unless it is set apart. */
export class FakeDisk implements DiskTruth {
  readonly files: Map<string, Uint8Array> = new Map();
  readonly damagedRanges: { name: string; from: number; end: number }[] = [];
  readonly unsyncedRanges: { name: string; from: number; end: number }[] = [];

  get damagedSectors(): number {
    return this.damagedRanges.length;
  }

  file(name: string): Uint8Array {
    let bytes = this.files.get(name);
    if (bytes === undefined) {
      bytes = new Uint8Array(TINY.journalSlots * (TINY.prepareBytesMax + TINY.sectorBytes));
      this.files.set(name, bytes);
    }
    return bytes;
  }

  write(name: string, offset: number, bytes: Uint8Array): void {
    this.file(name).set(bytes, offset);
  }

  names(): readonly string[] {
    return [...this.files.keys()];
  }

  size(name: string): number {
    return this.files.get(name)?.length ?? -1;
  }

  readDurable(name: string, offset: number, length: number, into: Uint8Array, at: number): number {
    const bytes = this.files.get(name);
    if (bytes === undefined) return -1;
    into.set(bytes.subarray(offset, offset + length), at);
    return length;
  }

  sampleDurable(
    name: string,
    offset: number,
    bytes: Uint8Array,
    length: number,
    stride: number,
  ): boolean {
    const file = this.files.get(name);
    if (file === undefined) return false;
    for (let i = 0; i < length; i += stride) if (file[offset + i] !== bytes[i]) return false;
    for (let i = Math.max(0, length - 16); i < length; i += 1) {
      if (file[offset + i] !== bytes[i]) return false;
    }
    return true;
  }

  readCached(name: string, offset: number, length: number, into: Uint8Array, at: number): number {
    return this.readDurable(name, offset, length, into, at);
  }

  intact(name: string, offset: number, bytes: Uint8Array, length: number): boolean {
    if (meets(this.damagedRanges, name, offset, length)) return false;
    return this.sampleDurable(name, offset, bytes, length, 1);
  }

  damaged(name: string, offset: number, length: number): boolean {
    return meets(this.damagedRanges, name, offset, length);
  }

  everDamaged(name: string, offset: number, length: number): boolean {
    return meets(this.damagedRanges, name, offset, length);
  }

  unsynced(name: string, offset: number, length: number): boolean {
    return meets(this.unsyncedRanges, name, offset, length);
  }

  /** Both halves of a slot, as a well-behaved journal leaves them. */
  journal(prepare: Prepare): void {
    this.journalPrepare(prepare);
    this.journalHeader(prepare);
  }

  journalPrepare(prepare: Prepare): void {
    const slot = prepare.header.op % TINY.journalSlots;
    this.write(JOURNAL_FILE, prepareOffset(slot, TINY), prepare.bytes);
  }

  journalHeader(prepare: Prepare): void {
    const slot = prepare.header.op % TINY.journalSlots;
    const header = prepare.bytes.subarray(0, PREPARE_HEADER_BYTES);
    this.write(JOURNAL_FILE, headerOffset(slot, TINY), header);
  }
}

function meets(
  ranges: readonly { name: string; from: number; end: number }[],
  name: string,
  offset: number,
  length: number,
): boolean {
  return ranges.some((r) => r.name === name && r.from < offset + length && offset < r.end);
}

export class FakeWorld implements World {
  configuration: Configuration = calmConfiguration();
  readonly limits: Limits = TINY;
  seed = 1;
  readonly cluster: Hash128 = CLUSTER;
  replicaCount: number;
  standbyCount = 0;
  clientCount = 0;
  phase: number = PHASE_STORM;
  now = 0;
  trueTime = 1_000_000_000_000;
  events = 0;
  core = 0;
  readonly disks: FakeDisk[] = [];
  readonly inspections: (NodeInspection | null)[] = [];
  readonly incarnations: number[] = [];
  readonly clockErrors: number[] = [];
  readonly faults: Map<string, number> = new Map();
  readonly clients: SimClient<unknown>[] = [];
  evaluations = 0;
  readonly violations: string[] = [];

  constructor(replicaCount = 3) {
    this.replicaCount = replicaCount;
    for (let node = 0; node < 8; node += 1) {
      this.disks.push(new FakeDisk());
      this.inspections.push(inspection({}));
      this.incarnations.push(1);
      this.clockErrors.push(0);
    }
  }

  get nodeCount(): number {
    return this.replicaCount + this.standbyCount;
  }
  get replicationQuorum(): number {
    return replicationQuorum(this.replicaCount);
  }
  get viewChangeQuorum(): number {
    return viewChangeQuorum(this.replicaCount);
  }

  clockError(node: number): number {
    return this.clockErrors[node]!;
  }
  up(node: number): boolean {
    return this.inspections[node] !== null;
  }
  incarnation(node: number): number {
    return this.incarnations[node]!;
  }
  lost(): boolean {
    return false;
  }
  inCore(node: number): boolean {
    return (this.core & (1 << node)) !== 0;
  }
  inspect(node: number): NodeInspection | null {
    return this.inspections[node]!;
  }
  client(index: number): SimClient<unknown> {
    return this.clients[index]!;
  }
  delivered(fault: FaultName): number {
    return this.faults.get(fault) ?? 0;
  }
  disk(node: number): FakeDisk {
    return this.disks[node]!;
  }
  evaluated(): void {
    this.evaluations += 1;
  }
  violate(_index: number, message: string): void {
    this.violations.push(message);
  }
}

/** One invariant in a fake world, with the calls that a simulator makes. */
export class Bench {
  readonly world: FakeWorld;
  readonly checker: Checker;
  private readonly watches: readonly number[];

  constructor(invariant: Invariant, replicaCount = 3) {
    this.world = new FakeWorld(replicaCount);
    this.checker = invariant.create(this.world, 0);
    this.watches = invariant.watches;
    this.checker.reset();
  }

  /** Dispatches as the simulator does: only to those who asked for the kind. */
  step(node: number, kind: number, a: number, b: number, c: number, ref: unknown): this {
    if (this.watches.includes(kind)) this.checker.step?.(node, kind, a, b, c, ref);
    return this;
  }

  /** Begins another run on the same tables. */
  again(): this {
    this.world.violations.length = 0;
    this.world.evaluations = 0;
    this.checker.reset();
    return this;
  }

  get broken(): boolean {
    return this.world.violations.length > 0;
  }
}

export interface EntryOptions {
  readonly op: number;
  readonly view?: number;
  readonly parent?: Prepare | null;
  readonly client?: Hash128;
  readonly session?: number;
  readonly request?: number;
  readonly requestChecksum?: Hash128;
  readonly operation?: number;
  readonly tenant?: number;
  readonly timestamp?: number;
  readonly body?: Uint8Array;
}

/** A valid prepare; a no-op unless told otherwise. */
export function entry(options: EntryOptions): Prepare {
  const body = options.body ?? new Uint8Array(8).fill(options.op);
  const bytes = new Uint8Array(PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES + body.length);
  bytes.set(body, PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES);
  const fields = {
    parent: options.parent?.header.checksum ?? ZERO128,
    cluster: CLUSTER,
    client: options.client ?? ZERO128,
    requestChecksum: options.requestChecksum ?? make128(9, 9, 9, options.op),
    op: options.op,
    timestamp: options.timestamp ?? options.op * 10,
    session: options.session ?? 0,
    view: options.view ?? 0,
    epoch: 0,
    release: 1,
    request: options.request ?? 0,
    shard: 0,
    tenant: options.tenant ?? 0,
    operation: options.operation ?? OPERATION_NOOP,
  };
  return buildPrepare(fields, bytes, hash);
}

/** Ops 1 … count, each chained to the one before; index 0 is null. */
export function chainOf(count: number, view = 0): (Prepare | null)[] {
  const out: (Prepare | null)[] = [null];
  for (let op = 1; op <= count; op += 1) out.push(entry({ op, view, parent: out[op - 1]! }));
  return out;
}

export function checkpointAt(op: number, root: number = op): Checkpoint {
  return {
    op,
    head: make128(7, 7, 7, op),
    timestamp: op * 10,
    rootPage: 1,
    root: make128(root, 1, 1, 1),
  };
}

export function superblockOf(node: number, of: Partial<SuperblockState>): SuperblockState {
  return {
    cluster: CLUSTER,
    shard: 0,
    replica: node,
    replicaCount: 3,
    standbyCount: 0,
    epoch: 0,
    release: 1,
    view: 0,
    logView: 0,
    asked: 0,
    viewHeaders: [],
    member: 0,
    recoveryNonce: ZERO128,
    checkpoint: checkpointAt(0),
    syncTarget: null,
    ...of,
  };
}
