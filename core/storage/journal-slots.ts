/**
 * What is known about each slot of the journal: the replica's belief, the two halves, damage.
 *
 * Belief and halves are never mixed. *Believed* is the header the replica goes by, from its own
 * appends, from start_view, from repair. The *halves* are what was last written to, or read from,
 * prepare ring and header ring. Nothing here touches the disk; `journal.ts` does, and keeps the
 * halves true.
 *
 * Cost: array look-ups and 128-bit compares; nothing is allocated after construction.
 */
import type { Prepare, PrepareHeader } from '../codec/prepare.ts';
import { RECOVERED_CONFLICT, RECOVERED_DAMAGED } from '../observer.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { equal128 } from '../types/hash128.ts';
import { nulls } from './journal-format.ts';
import type { RecoveredJournal } from './journal-recovery.ts';

/** Both halves are covered by a good sync, or were never touched by this incarnation. */
export const STAGE_IDLE = 0;
/** The prepare is written and not yet covered by a good sync. */
export const STAGE_PREPARE = 1;
/** The prepare is durable; the header is written and not yet covered by a good sync. */
export const STAGE_HEADER = 2;
/** Both halves are durable already; the next good sync reports it. */
export const STAGE_REPORT = 3;
/** Both halves are written, the prepare whole in each, and not yet covered by a good sync. */
export const STAGE_BOTH = 4;

export const NO_OP = -1;

export class SlotTable {
  readonly slots: number;
  /** The header the replica goes by. */
  readonly believed: (PrepareHeader | null)[];
  /** What the halves hold on disk or in its cache; null: bad, blank, or unknown. */
  readonly prepareHalf: (PrepareHeader | null)[];
  readonly headerHalf: (PrepareHeader | null)[];
  /** Whether the header half holds its whole prepare, and which op was proven as it was written. */
  readonly headerWhole: Uint8Array;
  readonly headerProven: number[];
  /** The op about which a slot is faulty, or `NO_OP`. */
  readonly faultyOp: number[];
  /** `STAGE_…` of the version being written. */
  readonly stage: Uint8Array;
  /** The version being written while the stage is not idle; null where only a header is healed. */
  readonly writing: (Prepare | null)[];
  /** The version that is to be written next. */
  readonly waiting: (Prepare | null)[];
  /** Recent prepares, by reference, until their op is released. */
  readonly recent: (Prepare | null)[];

  /** Highest op believed in, or `NO_OP`. */
  head: number = NO_OP;
  /** Slots above the checkpoint whose believed op is dirty or faulty. */
  broken = 0;
  checkpoint: number;
  released: number = NO_OP;

  readonly #single: boolean;
  readonly #counted: Uint8Array;

  constructor(recovery: RecoveredJournal, single: boolean) {
    const { recovered } = recovery;
    const slots = recovered.length;
    this.slots = slots;
    this.#single = single;
    this.checkpoint = recovery.checkpoint;
    this.believed = recovered.map((seen) => seen.believed);
    this.prepareHalf = recovered.map((seen) => seen.prepare);
    this.headerHalf = recovered.map((seen) => seen.header);
    this.headerWhole = Uint8Array.from(recovered, (seen) => (seen.headerWhole ? 1 : 0));
    this.headerProven = recovered.map((seen) => seen.provenOp);
    this.faultyOp = recovered.map((seen) => {
      const { verdict, believed } = seen;
      if (verdict !== RECOVERED_DAMAGED && verdict !== RECOVERED_CONFLICT) return NO_OP;
      assert(believed !== null, 'damage is about an op');
      return believed.op;
    });
    this.stage = new Uint8Array(slots);
    this.writing = nulls(slots);
    this.waiting = nulls(slots);
    this.recent = nulls(slots);
    this.#counted = new Uint8Array(slots);
    for (let slot = 0; slot < slots; slot++) this.recount(slot);
    this.#findHead();
  }

  header(op: number): PrepareHeader | null {
    const believed = this.believed[op % this.slots]!;
    return believed !== null && believed.op === op ? believed : null;
  }

  present(op: number, checksum: Hash128): boolean {
    const slot = op % this.slots;
    return (
      isPrepare(this.recent[slot]!, op, checksum) ||
      isPrepare(this.waiting[slot]!, op, checksum) ||
      isHeader(this.prepareHalf[slot]!, op, checksum)
    );
  }

  durable(op: number, checksum: Hash128): boolean {
    const slot = op % this.slots;
    const stage = this.stage[slot]!;
    if (stage === STAGE_PREPARE || stage === STAGE_BOTH) return false;
    if (!isHeader(this.prepareHalf[slot]!, op, checksum)) return false;
    if (this.#single) return true;
    return stage !== STAGE_HEADER && isHeader(this.headerHalf[slot]!, op, checksum);
  }

  dirty(op: number): boolean {
    const believed = this.header(op);
    return believed !== null && !this.faulty(op) && !this.present(op, believed.checksum);
  }

  faulty(op: number): boolean {
    return this.faultyOp[op % this.slots] === op;
  }

  /**
   * The nack rule; see `Journal.nack`. The letters are those of `vsr.md`.
   *
   * (c) holds even of an entry X that this replica did acknowledge, in view u at the latest:
   *  1. To acknowledge X it had X in both halves. Both hold Z now, so Z was written after that.
   *  2. It writes nothing but entries of a log: its own, or that which it has chosen as the primary
   *     to be. Neither is of a view below u, and the log of u has X there; so Z is of one above u.
   *  3. What is committed in a view is in the log of every view above. So X is not committed in u
   *     or below, and an acknowledgement counts in its own view alone: none given here ever will.
   * Such as:
   *  1. r1 leads view 1 and acknowledges X as op 45. It reaches nobody else, and r1 crashes.
   *  2. r0 and r2 start view 3 without it, and propose Z as op 45.
   *  3. r1 is to lead view 4: it chooses the log of view 3 and repairs Z, over X. View 4 never
   *     starts, so that the log r1 promised is still that of view 1, with X.
   *  4. In view 5 r1 shows X, has it no more, and denies it.
   */
  nack(op: number, canonical: PrepareHeader | null): boolean {
    // Committed and applied here, whatever the slot shows by now.
    if (op <= this.checkpoint || this.faulty(op)) return false;
    if (canonical !== null && this.present(op, canonical.checksum)) return false;
    const slot = op % this.slots;
    const prepare = this.prepareHalf[slot]!;
    const header = this.headerHalf[slot]!;
    const prepareOp = prepare === null ? NO_OP : prepare.op;
    const headerOp = header === null ? NO_OP : header.op;
    // The slot has moved on to a later lap: the op was covered by a checkpoint.
    if (prepareOp > op || headerOp > op) return false;
    // (a), (b): nothing of this op ever reached the disk, under any header.
    if (prepareOp !== op && headerOp !== op) return true;
    // Written and not proven: neither acknowledged nor denied.
    if (this.stage[slot] !== STAGE_IDLE) return false;
    // (c): another version stands here, and both halves say so: no corruption hides that one.
    if (canonical === null || prepare === null || header === null) return false;
    return (
      equal128(prepare.checksum, header.checksum) && !equal128(prepare.checksum, canonical.checksum)
    );
  }

  /**
   * Whether nothing that the slot shows is of this op or a later one: then both of its halves may
   * be written at once, for no version that may have been acknowledged is lost if both are torn.
   */
  fresh(slot: number, op: number): boolean {
    const prepare = this.prepareHalf[slot]!;
    const header = this.headerHalf[slot]!;
    return (prepare === null || prepare.op < op) && (header === null || header.op < op);
  }

  setHeaderHalf(slot: number, header: PrepareHeader, whole: boolean, provenOp: number): void {
    this.headerHalf[slot] = header;
    this.headerWhole[slot] = whole ? 1 : 0;
    this.headerProven[slot] = provenOp;
  }

  believe(slot: number, header: PrepareHeader): void {
    this.believed[slot] = header;
    if (header.op > this.head) this.head = header.op;
  }

  truncateAfter(op: number): void {
    for (let slot = 0; slot < this.slots; slot++) {
      const believed = this.believed[slot]!;
      if (believed === null || believed.op <= op) continue;
      // Damage stays known: what stood here may have been acknowledged in an earlier view.
      this.believed[slot] = null;
      this.recent[slot] = null;
      this.waiting[slot] = null;
      this.recount(slot);
    }
    this.#findHead();
    assert(this.head <= op, 'truncateAfter: nothing is left above');
  }

  release(op: number): void {
    if (op <= this.released) return;
    for (let done = Math.max(this.released + 1, op - this.slots + 1); done <= op; done++) {
      const recent = this.recent[done % this.slots]!;
      if (recent !== null && recent.header.op <= op) this.recent[done % this.slots] = null;
    }
    this.released = op;
  }

  /** Moves the checkpoint; slots at or below it no longer count as broken. */
  checkpointed(op: number): void {
    assert(op >= this.checkpoint, 'the local checkpoint never goes back');
    this.checkpoint = op;
    for (let slot = 0; slot < this.slots; slot++) if (this.#counted[slot] === 1) this.recount(slot);
  }

  /** Whether both halves hold the same version. */
  agree(slot: number): boolean {
    const prepare = this.prepareHalf[slot]!;
    const header = this.headerHalf[slot]!;
    return prepare !== null && header !== null && equal128(prepare.checksum, header.checksum);
  }

  /** To be called after every change to a slot: keeps `broken` true. */
  recount(slot: number): void {
    const believed = this.believed[slot]!;
    const counts =
      believed !== null &&
      believed.op > this.checkpoint &&
      (this.faultyOp[slot] === believed.op || !this.present(believed.op, believed.checksum));
    this.broken += (counts ? 1 : 0) - this.#counted[slot]!;
    this.#counted[slot] = counts ? 1 : 0;
    assert(this.broken >= 0 && this.broken <= this.slots, 'broken counts slots');
  }

  #findHead(): void {
    this.head = NO_OP;
    for (let slot = 0; slot < this.slots; slot++) {
      const believed = this.believed[slot]!;
      if (believed !== null && believed.op > this.head) this.head = believed.op;
    }
  }
}

export function isHeader(header: PrepareHeader | null, op: number, checksum: Hash128): boolean {
  return header !== null && header.op === op && equal128(header.checksum, checksum);
}

export function isPrepare(
  prepare: Prepare | null,
  op: number,
  checksum: Hash128,
): prepare is Prepare {
  return prepare !== null && isHeader(prepare.header, op, checksum);
}
