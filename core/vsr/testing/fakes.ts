/**
 * Stand-ins for storage and the state machine, for tests of the replica alone: as small as the
 * interfaces allow, and as strict. What survives a crash lives in the objects called `…Disk`;
 * everything else dies with the incarnation. Syncs complete when the harness says so.
 */
import { checksum128 } from '../../crypto/blake3.ts';
import type { Prepare, PrepareHeader } from '../../codec/prepare.ts';
import type { Limits } from '../../limits.ts';
import { NEVER } from '../../ports.ts';
import type { Ticket } from '../../ports.ts';
import {
  TICKET_JOURNAL,
  TICKET_MACHINE,
  TICKET_MODULE_BITS,
  TICKET_SUPERBLOCK,
} from '../../ports.ts';
import { assert } from '../../types/assert.ts';
import type { Hash128 } from '../../types/hash128.ts';
import { ZERO128, equal128, hex128, isZero128, make128 } from '../../types/hash128.ts';
import { OPERATION_REGISTER } from '../../types/operation.ts';
import type {
  Journal,
  QueryResult,
  SessionRecord,
  StateMachine,
  Superblock,
  SuperblockState,
} from '../interfaces.ts';
import { APPLY_DONE, APPLY_MORE, APPLY_NEEDS, MEMBER_VOTER } from '../interfaces.ts';
import type { Checkpoint, ReplyMessage, Unit } from '../message.ts';
import { UNIT_PAGE } from '../message.ts';

/** Asks the harness to complete a sync of this ticket some time. */
export type SyncPort = (ticket: Ticket) => void;

export interface SlotOnDisk {
  prepare: Prepare | null;
  /** The prepare rotted; its header still proves that it was here. */
  rotten: boolean;
  /** The header beside it is another's: it serves its prepare, and does not vouch for it. */
  conflict: boolean;
}

export class JournalDisk {
  readonly slots: SlotOnDisk[];
  /** Written and not yet synced, in order. */
  pending: Prepare[] = [];

  constructor(limits: Limits) {
    this.slots = Array.from({ length: limits.journalSlots }, () => ({
      prepare: null,
      rotten: false,
      conflict: false,
    }));
  }

  /** A power cut: each unsynced write is kept or lost, as `keeps` says. */
  crash(keeps: () => boolean): void {
    for (const prepare of this.pending) if (keeps()) this.land(prepare);
    this.pending = [];
  }

  land(prepare: Prepare): void {
    const slot = this.slots[prepare.header.op % this.slots.length]!;
    slot.prepare = prepare;
    slot.rotten = false;
    slot.conflict = false;
  }
}

export class FakeJournal implements Journal {
  headCertain = true;
  readonly tornMin: number = NEVER;
  onDurable: (header: PrepareHeader) => void = () => {};
  private readonly disk: JournalDisk;
  private readonly sync: SyncPort;
  private readonly believed: (PrepareHeader | null)[];
  private flight: Prepare[] = [];
  private ticket = -1;
  private generation = 0;
  private checkpoint: number;

  constructor(disk: JournalDisk, checkpoint: number, sync: SyncPort) {
    this.disk = disk;
    this.checkpoint = checkpoint;
    this.sync = sync;
    this.believed = disk.slots.map((slot) => (slot.prepare === null ? null : slot.prepare.header));
  }

  header(op: number): PrepareHeader | null {
    const header = this.believed[op % this.believed.length]!;
    return header !== null && header.op === op ? header : null;
  }

  present(op: number, checksum: Hash128): boolean {
    return this.read(op, checksum) !== null;
  }

  durable(op: number, checksum: Hash128): boolean {
    const { prepare, rotten, conflict } = this.disk.slots[op % this.believed.length]!;
    if (prepare === null || rotten || conflict) return false;
    if (!equal128(prepare.header.checksum, checksum)) return false;
    return !this.disk.pending.some((other) => other.header.op === op);
  }

  dirty(op: number): boolean {
    const header = this.header(op);
    return header !== null && !this.faulty(op) && !this.present(op, header.checksum);
  }

  faulty(op: number): boolean {
    const { prepare, rotten, conflict } = this.disk.slots[op % this.believed.length]!;
    return (rotten || conflict) && prepare !== null && prepare.header.op === op;
  }

  nack(op: number, canonical: PrepareHeader | null): boolean {
    if (op <= this.checkpoint || this.faulty(op)) return false;
    if (this.disk.pending.some((prepare) => prepare.header.op === op)) return false;
    const held = this.disk.slots[op % this.believed.length]!.prepare;
    if (held !== null && held.header.op > op) return false;
    if (held === null || held.header.op !== op) return true;
    return canonical !== null && !equal128(held.header.checksum, canonical.checksum);
  }

  /** Syncs as it writes. */
  flush(): void {}

  append(prepare: Prepare): void {
    const { op } = prepare.header;
    const held = this.disk.slots[op % this.believed.length]!.prepare;
    assert(
      held === null || held.header.op === op || held.header.op <= this.checkpoint,
      'only what a checkpoint covers is overwritten',
    );
    this.believed[op % this.believed.length] = prepare.header;
    this.disk.pending = this.disk.pending.filter((other) => other.header.op !== op);
    this.flight = this.flight.filter((other) => other.header.op !== op);
    this.disk.pending.push(prepare);
    this.syncIfIdle();
  }

  find(op: number, checksum: Hash128): Prepare | null {
    return this.read(op, checksum);
  }

  installHeader(header: PrepareHeader): void {
    const before = this.believed[header.op % this.believed.length]!;
    if (before !== null && before.op > header.op) return;
    this.believed[header.op % this.believed.length] = header;
  }

  truncateAfter(op: number): void {
    for (let i = 0; i < this.believed.length; i += 1) {
      const header = this.believed[i]!;
      if (header !== null && header.op > op) this.believed[i] = null;
    }
  }

  read(op: number, checksum: Hash128): Prepare | null {
    for (const prepare of this.disk.pending) {
      if (equal128(prepare.header.checksum, checksum)) return prepare;
    }
    const { prepare, rotten } = this.disk.slots[op % this.believed.length]!;
    if (prepare === null || rotten || !equal128(prepare.header.checksum, checksum)) return null;
    return prepare;
  }

  get head(): number {
    let head = -1;
    for (const header of this.believed) if (header !== null) head = Math.max(head, header.op);
    return head;
  }

  get broken(): number {
    let broken = 0;
    for (const header of this.believed) {
      if (header === null || header.op <= this.checkpoint) continue;
      const whole = this.present(header.op, header.checksum) && !this.faulty(header.op);
      if (!whole) broken += 1;
    }
    return broken;
  }

  synced(ticket: Ticket): void {
    if (ticket !== this.ticket) return;
    this.ticket = -1;
    const landed = this.flight;
    this.flight = [];
    this.disk.pending = this.disk.pending.filter((prepare) => !landed.includes(prepare));
    for (const prepare of landed) this.disk.land(prepare);
    this.syncIfIdle();
    for (const prepare of landed) this.onDurable(prepare.header);
  }

  scrub(): void {}

  release(): void {}

  checkpointed(local: number): void {
    assert(local >= this.checkpoint, 'checkpoints advance');
    this.checkpoint = local;
  }

  private syncIfIdle(): void {
    if (this.ticket >= 0 || this.disk.pending.length === 0) return;
    this.flight = [...this.disk.pending];
    this.generation += 1;
    this.ticket = (this.generation << TICKET_MODULE_BITS) | TICKET_JOURNAL;
    this.sync(this.ticket);
  }
}

export class SuperblockDisk {
  state: SuperblockState;
  pending: SuperblockState | null = null;

  constructor(state: SuperblockState) {
    this.state = state;
  }

  crash(keeps: () => boolean): void {
    if (this.pending !== null && keeps()) this.state = this.pending;
    this.pending = null;
  }
}

export class FakeSuperblock implements Superblock {
  durable: SuperblockState;
  staged: SuperblockState;
  onDurable: (state: SuperblockState) => void = () => {};
  private readonly disk: SuperblockDisk;
  private readonly sync: SyncPort;
  private waiting: SuperblockState | null = null;
  private generation = 0;

  constructor(disk: SuperblockDisk, sync: SyncPort) {
    this.disk = disk;
    this.sync = sync;
    this.durable = disk.state;
    this.staged = disk.state;
  }

  update(state: SuperblockState): void {
    assert(state.view >= this.staged.view, 'view never regresses');
    assert(state.logView >= this.staged.logView, 'log_view never regresses');
    assert(state.checkpoint.op >= this.staged.checkpoint.op, 'the checkpoint never regresses');
    this.staged = state;
    if (this.disk.pending === null) this.begin(state);
    else this.waiting = state;
  }

  synced(): void {
    const state = this.disk.pending;
    assert(state !== null, 'an update is in flight');
    this.disk.pending = null;
    this.disk.state = state;
    this.durable = state;
    const next = this.waiting;
    this.waiting = null;
    if (next !== null) this.begin(next);
    this.onDurable(state);
  }

  private begin(state: SuperblockState): void {
    this.disk.pending = state;
    this.generation += 1;
    this.sync((this.generation << TICKET_MODULE_BITS) | TICKET_SUPERBLOCK);
  }
}

type StoredReply = Omit<ReplyMessage, 'kind' | 'view'>;

interface Session extends SessionRecord {
  readonly reply: StoredReply;
}

/** Everything the fake kernel knows; copied by checkpoints and syncs. */
export interface Snapshot {
  readonly op: number;
  readonly timestamp: number;
  readonly hash: number;
  readonly sessions: ReadonlyMap<string, Session>;
  /** Ops of the client entries applied, in order. */
  readonly entries: readonly number[];
}

const EMPTY: Snapshot = { op: 0, timestamp: 0, hash: 1, sessions: new Map(), entries: [] };

/** Checkpoints by root, as pages on a disk would be; `held` is what this disk holds. */
export class MachineDisk {
  readonly held: Map<string, Snapshot> = new Map();
}

export class FakeMachine implements StateMachine {
  commit = 0;
  timestamp = 0;
  stateHashA = 1;
  readonly stateHashB = 0;
  reply: StoredReply | null = null;
  readonly retrying = false;
  unsavedBytes = 0;
  readonly scrubTours = 0;
  syncing = false;
  /** Slices that each entry takes. */
  slices = 1;
  /** Steps taken. */
  steps = 0;
  /** Serves no unit to anybody. */
  refuses = false;
  /** Entries (by op) that need a unit before they can be applied. */
  readonly needy: Set<number> = new Set();
  onFlushed: (checkpoint: Checkpoint) => void = () => {};
  onSyncCompleted: (target: Checkpoint) => void = () => {};
  sessions: Map<string, Session> = new Map();
  entries: number[] = [];
  private readonly disk: MachineDisk;
  private readonly sync: SyncPort;
  private begun: Prepare | null = null;
  private left = 0;
  private target: Checkpoint | null = null;
  private flushing: { checkpoint: Checkpoint; snapshot: Snapshot } | null = null;
  private generation = 0;
  private want: Unit | null = null;

  constructor(disk: MachineDisk, checkpoint: Checkpoint, sync: SyncPort) {
    this.disk = disk;
    this.sync = sync;
    if (checkpoint.op === 0) return;
    const snapshot = disk.held.get(hex128(checkpoint.root));
    if (snapshot !== undefined) this.load(snapshot);
  }

  begin(prepare: Prepare): void {
    assert(!this.syncing && prepare.header.op === this.commit + 1, 'entries come in order');
    this.begun = prepare;
    this.left = this.slices;
  }

  step(): number {
    const prepare = this.begun;
    assert(prepare !== null, 'an entry has begun');
    this.steps += 1;
    if (this.needy.has(prepare.header.op)) {
      this.want = {
        kind: UNIT_PAGE,
        tenant: 0,
        index: prepare.header.op,
        count: 1,
        checksum: ZERO128,
      };
      return APPLY_NEEDS;
    }
    this.left -= 1;
    if (this.left > 0) return APPLY_MORE;
    this.begun = null;
    this.apply(prepare);
    return APPLY_DONE;
  }

  private apply(prepare: Prepare): void {
    const { header } = prepare;
    assert(header.timestamp > this.timestamp, 'timestamps increase');
    this.commit = header.op;
    this.unsavedBytes += prepare.bytes.length;
    this.timestamp = header.timestamp;
    this.stateHashA = Math.imul(this.stateHashA ^ header.checksum.a, 0x01000193) | 0;
    this.reply = null;
    if (isZero128(header.client)) return;
    const key = hex128(header.client);
    const registers = header.operation === OPERATION_REGISTER;
    if (!registers) this.entries.push(header.op);
    const session = registers ? header.op : header.session;
    const reply: StoredReply = {
      client: header.client,
      session,
      request: header.request,
      requestChecksum: header.requestChecksum,
      op: header.op,
      position: this.entries.length,
      status: 0,
      body: new Uint8Array(0),
    };
    const { client, request, requestChecksum } = header;
    this.sessions.set(key, { client, session, request, requestChecksum, reply });
    this.reply = reply;
  }

  session(client: Hash128): SessionRecord | null {
    return this.sessions.get(hex128(client)) ?? null;
  }

  storedReply(client: Hash128): StoredReply | null {
    return this.sessions.get(hex128(client))?.reply ?? null;
  }

  query(): QueryResult {
    return { status: 0, position: this.entries.length, body: new Uint8Array(0) };
  }

  position(): number {
    return this.entries.length;
  }

  checkpoint(head: Hash128): void {
    assert(this.flushing === null, 'one checkpoint at a time');
    this.unsavedBytes = 0;
    const snapshot = this.snapshot();
    const root = make128(this.commit, this.stateHashA, 7, 7);
    const { commit: op, timestamp } = this;
    this.flushing = { checkpoint: { op, head, timestamp, rootPage: 1, root }, snapshot };
    this.ask();
  }

  private ask(): void {
    this.generation += 1;
    this.sync((this.generation << TICKET_MODULE_BITS) | TICKET_MACHINE);
  }

  synced(): void {
    const { flushing, target } = this;
    if (flushing !== null) {
      this.flushing = null;
      this.disk.held.set(hex128(flushing.checkpoint.root), flushing.snapshot);
      this.onFlushed(flushing.checkpoint);
    } else if (target !== null && this.want === null) {
      this.target = null;
      this.syncing = false;
      this.onSyncCompleted(target);
    }
  }

  checkpointDurable(checkpoint: Checkpoint): void {
    for (const [root, snapshot] of this.disk.held) {
      if (snapshot.op < checkpoint.op - 8) this.disk.held.delete(root);
    }
  }

  retry(): void {}

  syncBegin(target: Checkpoint): void {
    this.begun = null;
    this.flushing = null;
    this.syncing = true;
    this.target = target;
    const held = this.disk.held.get(hex128(target.root));
    if (held === undefined) {
      this.want = { kind: UNIT_PAGE, tenant: 0, index: 0, count: 1, checksum: target.root };
    } else {
      this.load(held);
      this.want = null;
      this.ask();
    }
  }

  wanted(out: Unit[], max: number): number {
    if (this.want === null || max === 0) return 0;
    out[0] = this.want;
    return 1;
  }

  supply(unit: Unit, bytes: Uint8Array): boolean {
    if (this.want === null || !equal128(unit.checksum, this.want.checksum)) return false;
    if (this.target === null) {
      this.needy.delete(unit.index);
    } else {
      const snapshot = decodeSnapshot(bytes);
      this.load(snapshot);
      this.disk.held.set(hex128(unit.checksum), snapshot);
      this.ask();
    }
    this.want = null;
    return true;
  }

  mend(): boolean {
    return false;
  }

  serve(unit: Unit): Uint8Array | null {
    if (this.refuses) return null;
    if (isZero128(unit.checksum)) return new Uint8Array(1);
    const held = this.disk.held.get(hex128(unit.checksum));
    return held === undefined ? null : encodeSnapshot(held);
  }

  scrub(): void {}

  private snapshot(): Snapshot {
    return {
      op: this.commit,
      timestamp: this.timestamp,
      hash: this.stateHashA,
      sessions: new Map(this.sessions),
      entries: [...this.entries],
    };
  }

  private load(snapshot: Snapshot): void {
    this.commit = snapshot.op;
    this.unsavedBytes = 0;
    this.timestamp = snapshot.timestamp;
    this.stateHashA = snapshot.hash;
    this.sessions = new Map(snapshot.sessions);
    this.entries = [...snapshot.entries];
    this.reply = null;
  }
}

// Snapshots travel as an index into this table: the fake's pages have no format.
const travelling: Snapshot[] = [];

function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  const index = travelling.push(snapshot) - 1;
  return new Uint8Array([index & 255, (index >> 8) & 255, (index >> 16) & 255]);
}

function decodeSnapshot(bytes: Uint8Array): Snapshot {
  return travelling[bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16)] ?? EMPTY;
}

export const CLUSTER: Hash128 = make128(0xc1, 2, 3, 4);

/** What formatting leaves in the superblock of a seat. */
export function formatted(
  replica: number,
  replicaCount: number,
  standbyCount: number,
): SuperblockState {
  const head = checksum128(new Uint8Array([1]), 0, 1);
  return {
    cluster: CLUSTER,
    shard: 0,
    replica,
    replicaCount,
    standbyCount,
    epoch: 0,
    release: 1,
    view: 0,
    logView: 0,
    asked: 0,
    viewHeaders: [],
    member: MEMBER_VOTER,
    recoveryNonce: ZERO128,
    checkpoint: { op: 0, head, timestamp: 0, rootPage: 0, root: ZERO128 },
    syncTarget: null,
  };
}
