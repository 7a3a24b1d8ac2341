/**
 * The state machine of one replica: kernel, store and tenant logs together, as the replica needs it
 * (`core/vsr/interfaces.ts`).
 *
 * Applying an op: the kernel executes it without effect; the directory pages that the next
 * checkpoint will write are made sure of; the entry is sealed and put in its tenant's log; then the
 * outcome becomes state, a large one in slices, between which nobody may read (`installing`). Up to
 * the log nothing has happened, so a damaged page (`APPLY_NEEDS`) or a full disk (`APPLY_STALLED`)
 * leaves no trace, and the same step is taken again later; from there on nothing can stop it.
 *
 * A checkpoint pads and notes the logs, writes changed pages and syncs all changed files; a failed
 * sync writes everything unproven again from memory. Damage found anywhere is wanted from peers,
 * proven by its hash, written in place and synced.
 */
import { mark } from '../marks.ts';
import type { Crypto } from '../crypto/crypto.ts';
import { PREPARE_SALT_BYTES } from '../codec/prepare.ts';
import type { Prepare } from '../codec/prepare.ts';
import { ENTRY_HASH_BYTES, ENTRY_AT_HASH } from '../kernel/entry.ts';
import type { AccessReader } from '../kernel/access.ts';
import { Kernel, STEP_DONE, STEP_MORE } from '../kernel/kernel.ts';
import * as operation from '../kernel/operation.ts';
import { Queries } from '../kernel/query.ts';
import { storedReply } from '../kernel/reply.ts';
import type { SessionView } from '../kernel/records.ts';
import { sessionView } from '../kernel/records.ts';
import type { Limits } from '../limits.ts';
import * as steps from '../observer.ts';
import type { AppliedEntry } from '../observer.ts';
import type { Disk, IoStatus, Observer, Ticket } from '../ports.ts';
import { IO_OK, TICKET_MACHINE, TICKET_MODULE_BITS } from '../ports.ts';
import { PageNeeded } from '../sql/error.ts';
import { LOG_NEEDS } from '../storage/tenant-log.ts';
import { PAGE_NONE } from '../store/page.ts';
import { PagedStore } from '../store/paged-store.ts';
import { RELIEF_MORE, RELIEF_NONE } from '../store/save.ts';
import { ABSENT, NEEDS, PRESENT } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { ZERO128 } from '../types/hash128.ts';
import * as vsr from '../vsr/interfaces.ts';
import type { Checkpoint, ReplyMessage, Unit } from '../vsr/message.ts';
import { UNIT_PAGE } from '../vsr/message.ts';
import { sealOnce } from './seal-memo.ts';
import { Damage } from './state-machine-damage.ts';
import { LogReceive } from './state-machine-log-receive.ts';
import { LogRepair } from './state-machine-log-repair.ts';
import { Logs } from './state-machine-logs.ts';
import { Scrub } from './state-machine-scrub.ts';
import { StateSync } from './state-machine-sync.ts';

/** A position that a damaged page, or a sync, hides. */
const UNKNOWN = -2;

/** Hashing and writing a page takes as long as executing so many records. */
const BUDGET_PER_PAGE = 16;
const RELIEF_PAGES_MIN = 4;

const MARK_ENTRY_REPAIRED = mark('log_entry_repaired');
const MARK_MENDED = mark('page_mended_here');
const MARK_REWRITTEN = mark('failed_sync_rewritten');
const MARK_EVICTED = mark('session_evicted');
const MARK_EARLY = mark('changes_written_early');
const MARK_WAITED = mark('apply_waited_for_sync');
const MARK_DUPLICATE = mark('duplicate_request_committed');

type Reply = Omit<ReplyMessage, 'kind' | 'view'>;

export interface StateMachineOptions {
  readonly disk: Disk;
  readonly limits: Limits;
  readonly crypto: Crypto;
  readonly cluster: Hash128;
  readonly shard: number;
  readonly epoch: number;
  readonly observer: Observer;
  readonly listener: vsr.StateMachineListener;
  /** The only voter of its cluster: a failed sync stops the node. */
  readonly single: boolean;
  /** Where to start. Nothing is read until needed; a sync target is given to `syncBegin`. */
  readonly checkpoint: Checkpoint;
}

/** A checkpoint on its way to being durable. */
interface Flush {
  readonly checkpoint: Checkpoint;
  /** The files are durable; the superblock is not yet. */
  announced: boolean;
}

export class StateMachineFiles implements vsr.StateMachine {
  commit: number;
  unsavedBytes = 0;
  timestamp: number;
  reply: Reply | null = null;
  readonly #limits: Limits;
  readonly #crypto: Crypto;
  readonly #observer: Observer;
  readonly #listener: vsr.StateMachineListener;
  readonly #single: boolean;
  readonly #store: PagedStore;
  readonly #logs: Logs;
  readonly #kernel: Kernel;
  readonly #queries: Queries;
  readonly #damage: Damage;
  readonly #repair: LogRepair;
  readonly #receive: LogReceive;
  readonly #sync: StateSync;
  readonly #scrub: Scrub;
  readonly #session: SessionView = sessionView();
  #prepare: Prepare | null = null;
  #executed = false;
  /** Hash of the log's entry before the one that is becoming state; null: none is. */
  #before: Uint8Array | null = null;
  /** Its outcome is state; what had to be written early is perhaps not written yet. */
  #installed = false;
  /** The sealed entry of the op under way, while the log had no room for it. */
  #entry: Uint8Array | null = null;
  #stalled = false;
  #flush: Flush | null = null;
  #durableOp: number;
  #generation = 0;

  constructor(options: StateMachineOptions) {
    const { disk, limits, crypto, cluster, observer, checkpoint } = options;
    assert(limits.prepareBytesMax > PREPARE_SALT_BYTES, 'a prepare has room for its salts');
    this.#limits = limits;
    this.#crypto = crypto;
    this.#observer = observer;
    this.#listener = options.listener;
    this.#single = options.single;
    this.commit = checkpoint.op;
    this.timestamp = checkpoint.timestamp;
    this.#durableOp = checkpoint.op;
    this.#damage = new Damage(observer);
    const nextTicket = (): Ticket => this.#nextTicket();
    this.#store = new PagedStore(disk, limits, crypto, cluster, nextTicket, {
      pageDamaged: (tenant, page, checksum) => {
        this.#damage.addPage(tenant, page, checksum, false);
      },
      pageAllocated: (tenant, page) => this.#damage.dropPage(tenant, page),
      heldBytes: () => this.#logs.heldBytes,
    });
    this.#store.open({ page: checkpoint.rootPage, checksum: checkpoint.root });
    this.#logs = new Logs(
      disk,
      limits,
      crypto,
      cluster,
      observer,
      this.#store,
      this.#damage,
      nextTicket,
    );
    this.#repair = new LogRepair(this.#logs, this.#damage);
    this.#receive = new LogReceive(this.#logs, this.#store);
    this.#kernel = new Kernel(limits, this.#store, this.#logs);
    this.#kernel.access.available = () => !this.syncing && this.#store.ready();
    this.#queries = new Queries(limits, this.#store, this.#kernel);
    this.#sync = new StateSync(this.#store, this.#receive, this.#damage, limits);
    this.#scrub = new Scrub(this.#store, this.#logs, this.#damage, observer);
    // The root tells the state hash; if it is damaged, it is wanted from here on.
    this.#store.ready();
  }

  get stateHashA(): number {
    return this.#store.stateHashA;
  }
  get stateHashB(): number {
    return this.#store.stateHashB;
  }
  /** Units known to be damaged or missing. */
  get damaged(): number {
    return this.#damage.count;
  }

  // Applying ------------------------------------------------------------------------------------

  begin(prepare: Prepare): void {
    const { header } = prepare;
    assert(this.#prepare === null && !this.syncing, 'one op at a time, on a whole state');
    assert(header.op === this.commit + 1, 'ops are applied in order');
    assert(header.timestamp > this.timestamp, 'timestamps rise with op');
    assert(
      this.commit % this.#limits.checkpointInterval !== 0 ||
        this.commit === 0 ||
        this.commit <= this.#checkpointOp,
      'a checkpoint is begun before the next op is',
    );
    this.#prepare = prepare;
    this.#executed = false;
    this.#entry = null;
    this.#store.rest();
    this.#kernel.begin(prepare);
  }

  step(budget: number): number {
    const prepare = this.#prepare;
    if (this.#before !== null) return this.#install(prepare, budget);
    if (this.syncing || !this.#store.ready()) return vsr.APPLY_NEEDS;
    assert(prepare !== null, 'step follows begin');
    // The disk is behind: what waits for it is bounded, so the op waits too (`synced`).
    if (this.#store.crowded) {
      this.#observer.step(steps.STEP_MARK, MARK_WAITED, 0, 0, null);
      return vsr.APPLY_STALLED;
    }
    if (!this.#executed) {
      const code = this.#kernel.step(budget);
      if (code === STEP_MORE) return vsr.APPLY_MORE;
      if (code !== STEP_DONE) return vsr.APPLY_NEEDS;
      this.#executed = true;
    }
    const { logTenant, position } = this.#kernel;
    const segments = Math.floor((position - 1) / this.#limits.segmentEntriesMax) + 1;
    if (!this.#store.touchDirectory(0, logTenant === 0 ? segments : 0)) return vsr.APPLY_NEEDS;
    if (!this.#store.touchDirectory(logTenant, segments)) return vsr.APPLY_NEEDS;
    const previous = this.#logs.head(logTenant);
    this.#entry ??= sealOnce(prepare, this.#kernel, previous, this.#crypto);
    const hash = this.#entry.subarray(ENTRY_AT_HASH, ENTRY_AT_HASH + ENTRY_HASH_BYTES);
    const status = this.#logs.append(logTenant, this.#entry, hash);
    if (status === LOG_NEEDS) return vsr.APPLY_NEEDS;
    if (status < IO_OK) {
      this.#stalled = true;
      return vsr.APPLY_STALLED;
    }
    this.#before = previous;
    return this.#install(prepare, budget);
  }

  /** Makes the outcome state, in slices; until it is whole, `installing` keeps readers out. */
  #install(prepare: Prepare | null, budget: number): number {
    const before = this.#before;
    const entry = this.#entry;
    assert(prepare !== null && before !== null && entry !== null, 'its log has it by now');
    this.#installed ||= this.#kernel.install(budget);
    if (!this.#installed || !this.#relieve(prepare.header.op, budget)) return vsr.APPLY_MORE;
    this.#installed = false;
    this.#before = null;
    const hash = entry.subarray(ENTRY_AT_HASH, ENTRY_AT_HASH + ENTRY_HASH_BYTES);
    this.#finish(prepare, entry, hash, before);
    return vsr.APPLY_DONE;
  }

  get installing(): boolean {
    return this.#before !== null;
  }

  session(client: Hash128): vsr.SessionRecord | null | typeof vsr.NEEDS_REPAIR {
    const found = this.#findSession(client);
    if (found === NEEDS) return vsr.NEEDS_REPAIR;
    return found === ABSENT ? null : this.#session;
  }

  storedReply(client: Hash128): Reply | null | typeof vsr.NEEDS_REPAIR {
    const found = this.#findSession(client);
    if (found === NEEDS) return vsr.NEEDS_REPAIR;
    if (found === ABSENT) return null;
    if (!this.#session.apart) return storedReply(this.#session, null);
    const body = this.#kernel.sessions.replyBody(client);
    return body === null ? vsr.NEEDS_REPAIR : storedReply(this.#session, body);
  }

  query(tenant: number, body: Uint8Array): vsr.QueryResult | typeof vsr.NEEDS_REPAIR {
    if (this.syncing) return vsr.NEEDS_REPAIR;
    if (this.#queries.run(tenant, body, this.timestamp) === NEEDS) return vsr.NEEDS_REPAIR;
    // A refusal, too, reflects the state at a position.
    const position = this.position(tenant);
    return { status: this.#queries.status, position, body: this.#queries.body };
  }

  position(tenant: number): number {
    const known = this.#positionOf(tenant);
    // At least nothing, so that a reader with a token waits.
    return known === UNKNOWN ? 0 : known;
  }

  snapshot(tenant: number): number {
    const known = this.#positionOf(tenant);
    if (known === UNKNOWN) throw new PageNeeded();
    return known;
  }

  /** -1: there is no such tenant. */
  #positionOf(tenant: number): number {
    if (this.syncing || !this.#store.ready()) return UNKNOWN;
    const exists = tenant === 0 ? PRESENT : this.#queries.tenantExists(tenant);
    if (exists === ABSENT) return -1;
    const entries = exists === NEEDS ? NEEDS : this.#logs.entries(tenant);
    if (entries === NEEDS) return UNKNOWN;
    return this.#isBecoming(tenant) ? entries - 1 : entries;
  }

  /** Whether the last entry of this log is not state yet. */
  #isBecoming(tenant: number): boolean {
    return this.installing && this.#kernel.logTenant === tenant;
  }

  /** For readers beside the replica: it changes only while an op is applied. */
  get store(): Store {
    return this.#store;
  }

  /** Users, keys and tenants as of the last op applied. */
  get access(): AccessReader {
    return this.#kernel.access;
  }

  /** A proven entry of a tenant's log; null when it is not held, or damaged (and then wanted). */
  entry(tenant: number, position: number): Uint8Array | null {
    const open = this.syncing ? null : this.#logs.find(tenant);
    if (open === null || position < 1 || position > open.entries) return null;
    return this.#logs.read(open, position);
  }

  /** Hash of the last entry of a tenant's log; null when a page is needed to know it. */
  logHead(tenant: number): Uint8Array | null {
    if (this.#isBecoming(tenant)) return this.#before;
    return this.syncing ? null : (this.#logs.find(tenant)?.head ?? null);
  }

  // Checkpoints ---------------------------------------------------------------------------------

  checkpoint(head: Hash128): void {
    assert(this.#flush === null && !this.syncing, 'one checkpoint at a time');
    assert(!this.#kernel.busy, 'a checkpoint stands between ops');
    assert(this.commit % this.#limits.checkpointInterval === 0, 'checkpoints have their ops');
    assert(this.commit > this.#durableOp, 'a checkpoint is newer than the durable one');
    this.unsavedBytes = 0;
    this.#logs.checkpoint();
    const { commit: op, timestamp } = this;
    const root = this.#store.checkpoint({ op, timestamp, head });
    const checkpoint = { op, head, timestamp, rootPage: root.page, root: root.checksum };
    this.#flush = { checkpoint, announced: false };
    this.#store.sync();
    this.#progress();
  }

  checkpointDurable(checkpoint: Checkpoint): void {
    assert(checkpoint.op >= this.#durableOp, 'checkpoints never go back');
    const flush = this.#flush;
    assert(
      flush === null || flush.checkpoint.op >= checkpoint.op,
      'only what was flushed is durable',
    );
    if (flush !== null && flush.checkpoint.op > checkpoint.op) return;
    assert(flush === null || flush.announced, 'the superblock waits for the files');
    this.#flush = null;
    this.#durableOp = checkpoint.op;
    this.#damage.prune((unit) => this.#isFreed(unit));
  }

  synced(ticket: Ticket, status: IoStatus): void {
    const known = this.#store.synced(ticket, status) || this.#logs.synced(ticket, status);
    assert(known, 'a completed sync was asked for');
    if (status !== IO_OK) {
      if (this.#single) {
        this.#listener.storageFailed('a sync of tenant files failed at a single replica');
        return;
      }
      this.#observer.step(steps.STEP_MARK, MARK_REWRITTEN, 0, 0, null);
    }
    this.#progress();
  }

  retry(): void {
    this.#stalled = false;
    this.#store.retry();
    this.#logs.retry();
    this.#repair.retry();
    this.#receive.stalled = false;
    if (this.syncing) this.#sync.advance();
    this.#progress();
  }

  get retrying(): boolean {
    const stalled = this.#stalled || this.#store.stalled || this.#logs.stalled;
    return stalled || this.#receive.stalled || this.#repair.stalled;
  }

  // State sync and repair -----------------------------------------------------------------------

  get syncing(): boolean {
    return this.#sync.target !== null;
  }

  syncBegin(target: Checkpoint): void {
    this.#abandon();
    this.#logs.forgetChanges();
    this.#sync.begin(target);
    this.#sync.advance();
    this.#progress();
  }

  wanted(out: Unit[], max: number): number {
    let count = 0;
    for (const unit of this.#damage.units) {
      if (count >= max) return count;
      if (unit.kind !== UNIT_PAGE && !this.#repair.provable(unit.tenant, unit.index)) continue;
      out[count] = unit;
      count += 1;
    }
    const run = this.#receive.wanted;
    if (run !== null && count < max) {
      out[count] = run;
      count += 1;
    }
    return count;
  }

  supply(unit: Unit, bytes: Uint8Array): boolean {
    if (unit.kind === UNIT_PAGE) return this.#supplyPage(unit, bytes);
    const run = this.#receive.wanted;
    if (run !== null && run.tenant === unit.tenant && run.index === unit.index) {
      const used = this.#receive.receive(bytes);
      this.#sync.advance();
      this.#progress();
      return used;
    }
    if (!this.#damage.hasEntry(unit.tenant, unit.index)) return false;
    if (!this.#repair.supply(unit.tenant, unit.index, bytes)) return false;
    this.#observer.step(steps.STEP_MARK, MARK_ENTRY_REPAIRED, 0, 0, null);
    this.#progress();
    return true;
  }

  /**
   * What the checksum of a page covers may be whole where only the zeros behind it rotted. No peer
   * may have this version any more, so it is not left to them.
   */
  mend(unit: Unit): boolean {
    if (unit.kind !== UNIT_PAGE || this.syncing) return false;
    const image = this.serve(unit);
    if (image === null || !this.#supplyPage(unit, image)) return false;
    // Whoever goes on at once must not come back for ever to a device that takes and does not give.
    if (!this.#store.readPage(unit.tenant, unit.index, unit.checksum, image)) return false;
    this.#observer.step(steps.STEP_MARK, MARK_MENDED, 0, 0, null);
    return true;
  }

  serve(unit: Unit): Uint8Array | null {
    if (unit.kind !== UNIT_PAGE) {
      if (this.syncing) return null;
      return this.#logs.serve(unit.tenant, unit.index, unit.count);
    }
    if (unit.index < 1) return null;
    const image = new Uint8Array(this.#limits.pageBytes);
    const held = this.#store.readUsed(unit.tenant, unit.index, unit.checksum, image);
    return held ? image : null;
  }

  scrub(units: number): void {
    if (this.syncing || this.#flush !== null || !this.#store.ready()) return;
    this.#scrub.run(units, this.#durableOp);
  }

  get scrubTours(): number {
    return this.#scrub.tours;
  }

  // Inside --------------------------------------------------------------------------------------

  /** Op of the newest checkpoint begun. */
  get #checkpointOp(): number {
    return this.#flush === null ? this.#durableOp : this.#flush.checkpoint.op;
  }

  #nextTicket(): Ticket {
    this.#generation += 1;
    return this.#generation * (1 << TICKET_MODULE_BITS) + TICKET_MACHINE;
  }

  #findSession(client: Hash128): number {
    return this.syncing ? NEEDS : this.#kernel.sessions.find(client, this.#session);
  }

  /** Bounds the changes that only memory has. False: there is more to write. */
  #relieve(op: number, budget: number): boolean {
    const pages = Math.max(RELIEF_PAGES_MIN, Math.floor(budget / BUDGET_PER_PAGE));
    const relief = this.#store.relieve(op, pages);
    if (relief === RELIEF_MORE) return false;
    if (relief === RELIEF_NONE) return true;
    const early = op % this.#limits.checkpointInterval !== 0;
    if (early) this.#observer.step(steps.STEP_MARK, MARK_EARLY, 0, 0, null);
    this.#store.sync();
    return true;
  }

  /** The op is state now: moves on, and tells the observer. */
  #finish(prepare: Prepare, entry: Uint8Array, hash: Uint8Array, previous: Uint8Array): void {
    const kernel = this.#kernel;
    const { op, timestamp } = prepare.header;
    const { logTenant: tenant, position } = kernel;
    this.commit = op;
    this.unsavedBytes += entry.length;
    this.timestamp = timestamp;
    this.reply = kernel.reply;
    this.#stalled = false;
    this.#prepare = null;
    this.#entry = null;
    const applied: AppliedEntry = { tenant, position, op, hash, previous, bytes: entry };
    const observer = this.#observer;
    observer.step(steps.STEP_ENTRY, op, tenant, position, applied);
    if (kernel.evictedSession !== 0) {
      observer.step(steps.STEP_EVICT, op, kernel.evictedSession, 0, kernel.evicted);
      observer.step(steps.STEP_MARK, MARK_EVICTED, 0, 0, null);
    }
    if (kernel.sessionCount !== 0) {
      const { sessionsMax } = this.#limits;
      observer.step(steps.STEP_BOUND, steps.BOUND_SESSIONS, kernel.sessionCount, sessionsMax, null);
    }
    if (kernel.status === operation.STATUS_DUPLICATE) {
      observer.step(steps.STEP_MARK, MARK_DUPLICATE, 0, 0, null);
    }
    observer.step(steps.STEP_STATE, op, this.stateHashA, this.stateHashB, null);
  }

  /** Tells the replica what has become durable. */
  #progress(): void {
    const refuted = this.#sync.takeRefuted();
    if (refuted !== null) this.#listener.syncRefuted(refuted);
    if (this.#flush !== null && this.#store.checkpointDurable && this.#logs.durable) {
      this.#flushed();
    }
    if (!this.#store.durable || !this.#logs.durable) {
      if (this.#sync.complete) {
        this.#store.sync();
        this.#logs.sync();
      }
      return;
    }
    const target = this.#sync.target;
    if (target !== null && this.#sync.complete) {
      this.#sync.end();
      this.#logs.endSync();
      this.#receive.clear();
      this.#damage.clear();
      this.#scrub.reset();
      this.commit = target.op;
      this.unsavedBytes = 0;
      this.timestamp = target.timestamp;
      this.#durableOp = target.op;
      this.reply = null;
      this.#listener.syncCompleted(target);
      return;
    }
  }

  #flushed(): void {
    const flush = this.#flush;
    if (flush === null || flush.announced) return;
    flush.announced = true;
    this.#logs.checkpointEnds();
    this.#listener.checkpointFlushed(flush.checkpoint);
  }

  /** Gives up the op and the checkpoint under way: the state is about to be replaced. */
  #abandon(): void {
    this.#kernel.abandon();
    this.#prepare = null;
    this.#entry = null;
    this.#before = null;
    this.#installed = false;
    this.#stalled = false;
    this.#flush = null;
    this.#repair.clear();
    this.#scrub.reset();
  }

  #supplyPage(unit: Unit, bytes: Uint8Array): boolean {
    const { tenant, index, checksum } = unit;
    if (!this.#damage.hasPage(tenant, index, checksum)) return false;
    if (!this.#store.proves(bytes, tenant, index, checksum)) return false;
    this.#store.repair(tenant, index, bytes);
    this.#damage.pageRepaired(tenant, index, this.syncing);
    if (this.syncing) {
      this.#sync.pageArrived(bytes);
      this.#sync.advance();
    }
    this.#progress();
    return true;
  }

  #isFreed(unit: Unit): boolean {
    if (unit.kind !== UNIT_PAGE) return false;
    const opened = this.#store.tenant(unit.tenant);
    if (opened === null) return false;
    return !opened.allocator.holds(unit.index, Number.MAX_SAFE_INTEGER, this.#durableOp);
  }
}

/**
 * The checkpoint of a fresh cluster: nothing, at op 0. Nothing is written, because an empty store
 * has no page and an empty log no file; so every replica begins with the same checkpoint.
 */
export function formatState(disk: Disk): Checkpoint | null {
  if (disk.list('tenants/').length > 0) return null;
  return { op: 0, head: ZERO128, timestamp: 0, rootPage: PAGE_NONE, root: ZERO128 };
}
