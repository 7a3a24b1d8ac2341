/**
 * The journal: two rings on disk, and the group syncs that make a prepare durable in both.
 *
 * A short prepare (`wholeBodyBytesMax`), in a slot that shows nothing of its op, is written whole
 * to both rings at once: both, sync, durable. Torn in both it was never acknowledged; in one, the
 * other has it.
 *
 * Any other: prepare, sync, header, sync, durable. One sync is in flight at a time and covers
 * everything written before it, so the headers of one group and the prepares of the next share a
 * sync, and throughput is that of one sync a group. With one replica such an op is durable after
 * the first sync, and its header waits for the next prepare or scrub to share a sync with.
 *
 * A slot writes one version at a time (its *stage*); a second version waits, because otherwise
 *   1. v1 is durable, both halves; it may have been acknowledged;
 *   2. v2's prepare is written and synced, its header is written;
 *   3. v3's prepare is written over v2's: now both halves are unsynced;
 *   4. a crash tears both: the slot says "never acknowledged", although v1 may have been.
 *
 * Cost of an append, outside the disk: about 0.4 µs for both halves; nothing is allocated.
 */
import type { Prepare, PrepareHeader } from '../codec/prepare.ts';
import { PREPARE_HEADER_BYTES } from '../codec/prepare.ts';
import { mark } from '../marks.ts';
import { DAMAGE_SLOT, STEP_DAMAGE, STEP_MARK, STEP_OVERWRITE, STEP_REPAIRED } from '../observer.ts';
import type { Disk, IoStatus, Observer, Ticket } from '../ports.ts';
import { IO_OK, TICKET_JOURNAL, TICKET_MODULE_BITS } from '../ports.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { equal128 } from '../types/hash128.ts';
import type { Journal, JournalListener } from '../vsr/interfaces.ts';
import type { JournalRings } from './journal-format.ts';
import type { RecoveredJournal } from './journal-recovery.ts';
import {
  isHeader,
  isPrepare,
  NO_OP,
  SlotTable,
  STAGE_BOTH,
  STAGE_HEADER,
  STAGE_IDLE,
  STAGE_PREPARE,
  STAGE_REPORT,
} from './journal-slots.ts';

const MARK_REWRITTEN = mark('failed_sync_rewritten');
const MARK_WRAPPED = mark('journal_wrapped');
const MARK_SCRUB = mark('scrub_found_damage');

const NO_TICKET = -1;
const WRITE_ATTEMPTS_MAX = 4;
const SYNC_FAILURES_MAX = 16;

export class JournalFile implements Journal {
  readonly headCertain: boolean;
  readonly tornMin: number;
  /** What is known about the slots; to be read, not written, by others. */
  readonly table: SlotTable;

  readonly #disk: Disk;
  readonly #rings: JournalRings;
  readonly #single: boolean;
  readonly #observer: Observer;
  readonly #listener: JournalListener;

  /**
   * Whether the listener was told of the version being written: with one replica, one sync early.
   */
  readonly #told: Uint8Array;
  /** Whether damage of a slot was reported and not yet repaired. */
  readonly #reported: Uint8Array;
  /** Slots written since the sync in flight began; those it covers. Each slot is in at most one. */
  #written: number[] = [];
  #covered: number[] = [];
  readonly #nowDurable: PrepareHeader[] = [];
  #ticket: Ticket = NO_TICKET;
  #generation = 0;
  #syncFailures = 0;
  #failed = false;
  /** Checkpoint known to be on a quorum; only reported. */
  #cluster: number = NO_OP;
  #scrubNext = 0;
  /** Highest op that is known to be durable here: what a whole prepare says of its past. */
  #provenOp: number;

  constructor(
    disk: Disk,
    rings: JournalRings,
    recovery: RecoveredJournal,
    single: boolean,
    observer: Observer,
    listener: JournalListener,
  ) {
    assert(recovery.recovered.length === rings.slots, 'recovery speaks of every slot');
    this.#disk = disk;
    this.#rings = rings;
    this.#single = single;
    this.#observer = observer;
    this.#listener = listener;
    this.table = new SlotTable(recovery, single);
    this.#told = new Uint8Array(rings.slots);
    this.#reported = new Uint8Array(rings.slots);
    this.headCertain = recovery.headCertain;
    this.tornMin = recovery.tornMin;
    this.#provenOp = Math.max(recovery.provenMax, recovery.checkpoint, 0);
    for (let slot = 0; slot < rings.slots; slot++) {
      const { believed, headerBad, prepareBad } = recovery.recovered[slot]!;
      const half = believed !== null && (headerBad || prepareBad);
      const damaged = this.table.faultyOp[slot] !== NO_OP || half;
      this.#reported[slot] = damaged ? 1 : 0;
    }
  }

  get head(): number {
    return this.table.head;
  }

  get broken(): number {
    return this.table.broken;
  }

  header(op: number): PrepareHeader | null {
    return this.table.header(op);
  }

  present(op: number, checksum: Hash128): boolean {
    return this.table.present(op, checksum);
  }

  durable(op: number, checksum: Hash128): boolean {
    return this.table.durable(op, checksum);
  }

  dirty(op: number): boolean {
    return this.table.dirty(op);
  }

  faulty(op: number): boolean {
    return this.table.faulty(op);
  }

  nack(op: number, canonical: PrepareHeader | null): boolean {
    return this.table.nack(op, canonical);
  }

  truncateAfter(op: number): void {
    this.table.truncateAfter(op);
  }

  release(op: number): void {
    this.table.release(op);
  }

  checkpointed(local: number, cluster: number): void {
    if (cluster > this.#cluster) this.#cluster = cluster;
    if (local !== this.table.checkpoint) this.table.checkpointed(local);
  }

  append(prepare: Prepare): void {
    if (this.#failed) return;
    const { table } = this;
    const { header } = prepare;
    const slot = header.op % table.slots;
    const before = table.believed[slot]!;
    assert(before === null || before.op <= header.op, 'append: the slot is in a later lap');
    assert(this.#rings.fits(header, slot), 'append: the prepare belongs into this journal');
    table.believe(slot, header);
    table.faultyOp[slot] = NO_OP;
    table.recent[slot] = header.op > table.released ? prepare : null;
    if (table.stage[slot] === STAGE_IDLE) {
      this.#start(slot, prepare);
    } else {
      // v1, v2, v1 in quick succession: the version in flight is the one wanted again.
      const wanted = isPrepare(table.writing[slot]!, header.op, header.checksum);
      table.waiting[slot] = wanted ? null : prepare;
    }
    table.recount(slot);
  }

  installHeader(header: PrepareHeader): void {
    if (this.#failed) return;
    const { table } = this;
    const { op, checksum } = header;
    const slot = op % table.slots;
    const before = table.believed[slot]!;
    // The slot speaks of a later op: this one is history, and so is its header.
    if (before !== null && before.op > op) return;
    table.believe(slot, header);
    if (!isPrepare(table.recent[slot]!, op, checksum)) table.recent[slot] = null;
    if (!isPrepare(table.waiting[slot]!, op, checksum)) table.waiting[slot] = null;
    if (table.faultyOp[slot]! < op) table.faultyOp[slot] = NO_OP;
    // The right prepare stands here under another header, or none: only that half is bad.
    if (
      table.stage[slot] === STAGE_IDLE &&
      isHeader(table.prepareHalf[slot]!, op, checksum) &&
      !isHeader(table.headerHalf[slot]!, op, checksum)
    ) {
      table.faultyOp[slot] = NO_OP;
      this.#told[slot] = 0;
      this.#startHeader(slot, header);
    }
    table.recount(slot);
  }

  read(op: number, checksum: Hash128): Prepare | null {
    const { table } = this;
    const slot = op % table.slots;
    const recent = table.recent[slot]!;
    if (isPrepare(recent, op, checksum)) return recent;
    const waiting = table.waiting[slot]!;
    if (isPrepare(waiting, op, checksum)) return waiting;
    const writing = table.writing[slot]!;
    if (isPrepare(writing, op, checksum)) return writing;
    if (!isHeader(table.prepareHalf[slot]!, op, checksum)) return null;
    const prepare = this.#readSlot(slot, op, checksum);
    if (prepare !== null) return prepare;
    const copy = this.#readCopy(slot, op, checksum);
    this.#prepareDamaged(slot, copy);
    return copy;
  }

  /** As `read`, for securing, which is about to write both halves itself: nothing is begun here. */
  readToSecure(op: number, checksum: Hash128): Prepare | null {
    const slot = op % this.table.slots;
    const prepare = this.#readSlot(slot, op, checksum);
    if (prepare !== null) return prepare;
    const copy = this.#readCopy(slot, op, checksum);
    if (copy === null) this.#prepareDamaged(slot, null);
    else this.#noteDamage(slot);
    return copy;
  }

  find(op: number, checksum: Hash128): Prepare | null {
    // 1. A read of op 51 goes astray; a checkpoint covers op 51, so nobody repairs it here.
    // 2. A peer that needs op 51 asks us, and we have it.
    return this.read(op, checksum) ?? this.#readSlot(op % this.table.slots, op, checksum);
  }

  #readSlot(slot: number, op: number, checksum: Hash128): Prepare | null {
    const header = this.#rings.readPrepare(slot);
    if (!isHeader(header, op, checksum) || header === null) return null;
    const end = PREPARE_HEADER_BYTES + header.bodyBytes;
    return { header, bytes: this.#rings.prepareBytes.slice(0, end) };
  }

  /** The prepare from the header ring, if it stands there whole. */
  #readCopy(slot: number, op: number, checksum: Hash128): Prepare | null {
    if (this.table.headerWhole[slot] === 0) return null;
    const header = this.#rings.readHeader(slot, null);
    if (!isHeader(header, op, checksum) || header === null || !this.#rings.whole) return null;
    return { header, bytes: this.#rings.wholePrepare(header) };
  }

  flush(): void {
    if (!this.#single || this.#prepareWritten()) this.#syncIfIdle();
  }

  synced(ticket: Ticket, status: IoStatus): void {
    // Another incarnation's sync says nothing about what this one has written.
    if (this.#failed || ticket !== this.#ticket) return;
    this.#ticket = NO_TICKET;
    if (status === IO_OK) this.#syncSucceeded();
    else this.#syncFailed();
  }

  scrub(slots: number): void {
    for (let i = 0; i < slots && !this.#failed; i++) {
      this.#scrubSlot(this.#scrubNext);
      this.#scrubNext = (this.#scrubNext + 1) % this.table.slots;
    }
    this.#syncIfIdle();
  }

  /** Securing (`secure.ts`) has written the header beside a durable prepare. */
  headerHealed(slot: number): void {
    const { table } = this;
    const held = table.prepareHalf[slot]!;
    assert(held !== null, 'only a prepare heals its header');
    table.setHeaderHalf(slot, held, false, held.op);
    this.halvesHealed(slot);
  }

  /** Securing has made both halves of this slot durable. */
  halvesHealed(slot: number): void {
    const { table } = this;
    assert(table.stage[slot] === STAGE_IDLE, 'healed at open: nothing is in flight');
    if (table.agree(slot)) this.#noteRepaired(slot);
    table.recount(slot);
  }

  /** What recovery took from the header half was not written to the prepare half after all. */
  prepareDropped(slot: number): void {
    this.table.prepareHalf[slot] = null;
    this.table.recount(slot);
  }

  // Writing.

  /** Begins to write what differs from `prepare`: the prepare half first, if it does. */
  #start(slot: number, prepare: Prepare): void {
    const { table } = this;
    assert(table.stage[slot] === STAGE_IDLE, 'one version of a slot at a time');
    const { op, checksum } = prepare.header;
    table.writing[slot] = prepare;
    this.#told[slot] = 0;
    if (!isHeader(table.prepareHalf[slot]!, op, checksum)) {
      this.#startPrepare(slot, prepare);
    } else if (!isHeader(table.headerHalf[slot]!, op, checksum)) {
      this.#startHeader(slot, prepare.header);
    } else {
      table.stage[slot] = STAGE_REPORT;
      this.#written.push(slot);
    }
  }

  #startPrepare(slot: number, prepare: Prepare): void {
    const { table } = this;
    const { header } = prepare;
    const both = this.#rings.isShort(header.bodyBytes) && table.fresh(slot, header.op);
    const held = table.prepareHalf[slot] ?? table.headerHalf[slot] ?? null;
    const heldOp = held === null ? NO_OP : held.op;
    assert(heldOp === header.op || heldOp <= table.checkpoint, 'only a covered op is overwritten');
    this.#observer.step(STEP_OVERWRITE, header.op, heldOp, this.#cluster, header);
    if (slot === 0 && heldOp !== NO_OP && heldOp < header.op)
      this.#observer.step(STEP_MARK, MARK_WRAPPED, 0, 0, null);
    table.prepareHalf[slot] = header;
    table.stage[slot] = both ? STAGE_BOTH : STAGE_PREPARE;
    this.#written.push(slot);
    this.#writePrepare(slot, prepare);
    if (!both) return;
    table.setHeaderHalf(slot, header, true, this.#provenOp);
    this.#writeWhole(slot, prepare);
  }

  /** The prepare half is durable and holds `header`'s prepare, or held it once. */
  #startHeader(slot: number, header: PrepareHeader): void {
    this.table.setHeaderHalf(slot, header, false, header.op);
    this.table.stage[slot] = STAGE_HEADER;
    this.#written.push(slot);
    this.#writeHeader(slot, header);
  }

  #writePrepare(slot: number, prepare: Prepare): void {
    for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt++)
      if (this.#rings.writePrepare(slot, prepare.bytes, prepare.bytes.length) >= 0) return;
    this.#fail('journal: a prepare cannot be written');
  }

  #writeHeader(slot: number, header: PrepareHeader): void {
    for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt++)
      if (this.#rings.writeHeader(slot, header) >= 0) return;
    this.#fail('journal: a header cannot be written');
  }

  #writeWhole(slot: number, prepare: Prepare): void {
    const proven = this.table.headerProven[slot]!;
    for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt++)
      if (this.#rings.writeWhole(slot, prepare, proven) >= 0) return;
    this.#fail('journal: a prepare cannot be written');
  }

  #syncIfIdle(): void {
    if (this.#ticket !== NO_TICKET || this.#written.length === 0 || this.#failed) return;
    const covered = this.#covered;
    assert(covered.length === 0, 'the last sync was dealt with');
    this.#covered = this.#written;
    this.#written = covered;
    this.#generation++;
    this.#ticket = this.#generation * (1 << TICKET_MODULE_BITS) + TICKET_JOURNAL;
    this.#disk.sync(this.#rings.file, this.#ticket);
  }

  #syncSucceeded(): void {
    if (this.#syncFailures > 0) this.#observer.step(STEP_MARK, MARK_REWRITTEN, 0, 0, null);
    this.#syncFailures = 0;
    const covered = this.#covered;
    for (let i = 0; i < covered.length; i++) this.#advance(covered[i]!);
    empty(covered);
    // Told last: the listener may append, which must find the lists in order.
    const durable = this.#nowDurable;
    for (let i = 0; i < durable.length && !this.#failed; i++)
      this.#listener.journalDurable(durable[i]!);
    empty(durable);
  }

  /**
   * Whether a prepare waits for a sync. With one replica nobody waits for a header: left alone, it
   * shares the next prepare's sync, or is synced by the next scrub. Else a lone client would wait
   * for the header of each of its requests before the next one could begin.
   */
  #prepareWritten(): boolean {
    const { stage } = this.table;
    return this.#written.some((slot) => stage[slot] !== STAGE_HEADER);
  }

  /** A good sync covers what this slot last wrote. */
  #advance(slot: number): void {
    const { table } = this;
    const stage = table.stage[slot]!;
    const believed = table.believed[slot]!;
    const written = stage === STAGE_HEADER ? table.headerHalf[slot]! : table.prepareHalf[slot]!;
    assert(stage !== STAGE_IDLE && written !== null, 'a slot in flight has written something');
    table.stage[slot] = STAGE_IDLE;
    // Between write and completion the replica may have changed its mind about the slot: v1's
    // completion then gives way to v2, and says nothing about it.
    const wanted = believed !== null && equal128(believed.checksum, written.checksum);
    if (wanted) this.#tell(slot, written);
    if (wanted && stage === STAGE_PREPARE && !table.agree(slot)) {
      this.#startHeader(slot, written);
      return;
    }
    table.writing[slot] = null;
    if (table.agree(slot)) this.#noteRepaired(slot);
    const waiting = table.waiting[slot]!;
    table.waiting[slot] = null;
    if (waiting !== null) this.#start(slot, waiting);
    table.recount(slot);
  }

  #tell(slot: number, written: PrepareHeader): void {
    if (this.#told[slot] === 1 || !this.table.durable(written.op, written.checksum)) return;
    this.#told[slot] = 1;
    if (written.op > this.#provenOp) this.#provenOp = written.op;
    this.#nowDurable.push(written);
  }

  /**
   * What was written since the last good sync is unproven, and stays so even if a later sync
   * succeeds, for the operating system may have dropped it and called it clean: all of it is
   * written again from memory. The slots keep their stage, so nothing is acknowledged meanwhile.
   */
  #syncFailed(): void {
    if (this.#single) {
      this.#fail('journal: sync failed, and there is no other replica');
      return;
    }
    this.#syncFailures++;
    if (this.#syncFailures > SYNC_FAILURES_MAX) {
      this.#fail('journal: sync fails again and again');
      return;
    }
    const written = this.#written;
    const covered = this.#covered;
    for (let i = 0; i < covered.length; i++) written.push(covered[i]!);
    empty(covered);
    for (let i = 0; i < written.length && !this.#failed; i++) this.#rewrite(written[i]!);
  }

  #rewrite(slot: number): void {
    const { table } = this;
    const stage = table.stage[slot]!;
    assert(stage !== STAGE_IDLE, 'only a slot in flight is written again');
    if (stage === STAGE_PREPARE || stage === STAGE_BOTH) {
      const writing = table.writing[slot]!;
      assert(writing !== null, 'a prepare in flight is kept in memory');
      this.#writePrepare(slot, writing);
      if (stage === STAGE_BOTH) this.#writeWhole(slot, writing);
    } else if (stage === STAGE_HEADER) {
      const header = table.headerHalf[slot]!;
      assert(header !== null, 'a header in flight is kept in memory');
      this.#writeHeader(slot, header);
    }
  }

  #fail(reason: string): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#listener.storageFailed(reason);
  }

  // Damage.

  #scrubSlot(slot: number): void {
    const { table } = this;
    if (table.stage[slot] !== STAGE_IDLE) return;
    const prepare = table.prepareHalf[slot]!;
    const header = table.headerHalf[slot]!;
    if (prepare !== null && prepare.op > table.checkpoint) {
      const seen = this.#rings.readPrepare(slot);
      if (seen === null || !equal128(seen.checksum, prepare.checksum)) {
        this.#observer.step(STEP_MARK, MARK_SCRUB, 0, 0, null);
        this.#prepareDamaged(slot, this.#readCopy(slot, prepare.op, prepare.checksum));
      }
    }
    // A rewrite of the prepare may just have begun; the header half is then checked next time.
    if (header === null || header.op <= table.checkpoint || table.stage[slot] !== STAGE_IDLE)
      return;
    const seen = this.#rings.readHeader(slot, null);
    if (seen !== null && equal128(seen.checksum, header.checksum)) return;
    this.#observer.step(STEP_MARK, MARK_SCRUB, 0, 0, null);
    this.#noteDamage(slot);
    this.#told[slot] = 1;
    // Written again even over a bad prepare: the header is the proof, over a restart, that its
    // prepare was here once, without which the slot would read as "never acknowledged".
    this.#startHeader(slot, header);
  }

  /** The prepare half does not hold what it was known to hold; `copy` does, if there is one. */
  #prepareDamaged(slot: number, copy: Prepare | null): void {
    const { table } = this;
    const held = table.prepareHalf[slot]!;
    assert(held !== null, 'only a known prepare can turn out damaged');
    this.#noteDamage(slot);
    table.prepareHalf[slot] = null;
    const recent = copy ?? table.recent[slot]!;
    const healable = table.stage[slot] === STAGE_IDLE && table.waiting[slot] === null;
    if (healable && isPrepare(recent, held.op, held.checksum)) {
      this.#start(slot, recent);
    } else if (held.op > table.checkpoint) {
      table.faultyOp[slot] = held.op;
    }
    table.recount(slot);
  }

  #noteDamage(slot: number): void {
    this.#reported[slot] = 1;
    this.#observer.step(STEP_DAMAGE, DAMAGE_SLOT, slot, 0, null);
  }

  #noteRepaired(slot: number): void {
    if (this.#reported[slot] === 0 || this.table.faultyOp[slot] !== NO_OP) return;
    this.#reported[slot] = 0;
    this.#observer.step(STEP_REPAIRED, DAMAGE_SLOT, slot, 0, null);
  }
}

/** Empties a short list and keeps its memory, which setting its length would give up. */
function empty(list: unknown[]): void {
  for (let left = list.length; left > 0; left--) list.pop();
}
