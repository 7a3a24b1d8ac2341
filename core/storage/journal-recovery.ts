/**
 * What a journal holds when a node opens it: a verdict on every slot, and whether its head is
 * certain.
 *
 * Reads and decides; writes nothing. `journal-decision.ts` has the table, in which a whole prepare
 * of the header ring stands for the prepare half where that has none of its op. A member of several
 * gets every verdict as it is: its peers repair what is damaged, and the replica decides about ops
 * that its superblock's view headers supersede. A single replica has nobody to ask: a bad prepare
 * without its header is a torn tail, cut there and reported; with its header it is rot, and opening
 * is refused.
 *
 * Cost: two reads a slot and, for a slot in use, two or three BLAKE3 of its header and body.
 */
import type { PrepareHeader } from '../codec/prepare.ts';
import { mark } from '../marks.ts';
import {
  DAMAGE_SLOT,
  RECOVERED_CONFLICT,
  RECOVERED_DAMAGED,
  RECOVERED_EMPTY,
  RECOVERED_PRESENT,
  RECOVERED_TORN_HEAD,
  STEP_DAMAGE,
  STEP_MARK,
  STEP_SLOT,
} from '../observer.ts';
import type { Observer } from '../ports.ts';
import { NEVER } from '../ports.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { equal128 } from '../types/hash128.ts';
import {
  decide,
  RELATION_CONFLICT,
  RELATION_HEADER_NEWER,
  RELATION_NONE,
  RELATION_PREPARE_NEWER,
  RELATION_SAME,
} from './journal-decision.ts';
import type { JournalRings } from './journal-format.ts';
import { HALF_BAD, HALF_VALID } from './journal-format.ts';

const MARK_DAMAGED = mark('slot_damaged_at_open');
const MARK_CONFLICT = mark('slot_conflict_at_open');
const MARK_TORN = mark('truncated_torn_head');

/** What recovery needs of the superblock. */
export interface RecoveryContext {
  /** Op of the local checkpoint (of the target, while a state sync is under way). */
  readonly checkpoint: number;
  /** Checksum of the prepare at `checkpoint`. */
  readonly head: Hash128;
  /** Whether the cluster has one replica. */
  readonly single: boolean;
}

/** What one slot showed, and what that means. */
export interface SlotVerdict {
  /** `RECOVERED_…`. */
  verdict: number;
  /** The header to believe in; null if the slot is empty or torn. */
  believed: PrepareHeader | null;
  /** What the prepare half holds, if valid. */
  readonly prepare: PrepareHeader | null;
  /** What the header half holds, if valid. */
  readonly header: PrepareHeader | null;
  /** The header half is neither valid nor blank. */
  readonly headerBad: boolean;
  /** The header half holds its whole prepare. */
  readonly headerWhole: boolean;
  /** An op that the header half proves to have been durable; -1: none. */
  readonly provenOp: number;
  /** The prepare half is bad, and its prepare was taken from the header half. */
  readonly prepareBad: boolean;
}

export interface RecoveredJournal {
  readonly kind: 'recovered';
  readonly recovered: readonly SlotVerdict[];
  /** Every torn slot lies above every op that a header half proves to have been durable. */
  readonly headCertain: boolean;
  /** Lowest op whose slot was torn; `NEVER` if none. */
  readonly tornMin: number;
  /** Highest op with a valid header; -1 if none. */
  readonly headerMax: number;
  /** Highest op that a header half proves to have been durable; -1 if none. */
  readonly provenMax: number;
  readonly checkpoint: number;
}

export interface RefusedJournal {
  readonly kind: 'refused';
  /**
   * `size`: the file is missing, cut, or made for other limits. `rot`: the only copy of an op that
   * may have been acknowledged is damaged.
   */
  readonly code: 'size' | 'rot';
  readonly detail: string;
}

export function recoverJournal(
  rings: JournalRings,
  context: RecoveryContext,
  observer: Observer,
): RecoveredJournal | RefusedJournal {
  if (!rings.sized)
    return { kind: 'refused', code: 'size', detail: 'journal: the file has the wrong size' };
  const recovered: SlotVerdict[] = [];
  let tornMin = NEVER;
  let headerMax = -1;
  let provenMax = -1;
  for (let slot = 0; slot < rings.slots; slot++) {
    const seen = readSlot(rings, slot, context.checkpoint);
    recovered.push(seen);
    if (seen.header !== null && seen.header.op > headerMax) headerMax = seen.header.op;
    if (seen.provenOp > provenMax) provenMax = seen.provenOp;
    if (seen.verdict !== RECOVERED_TORN_HEAD) continue;
    const op = opOfLap(slot, context.checkpoint, rings.slots);
    if (op < tornMin) tornMin = op;
  }
  if (context.single) {
    const refusal = cutTornTail(recovered, context, provenMax, tornMin, observer);
    if (refusal !== null) return refusal;
  }
  report(recovered, observer);
  const headCertain = tornMin > provenMax;
  const { checkpoint } = context;
  const kind = 'recovered';
  return { kind, recovered, headCertain, tornMin, headerMax, provenMax, checkpoint };
}

function readSlot(rings: JournalRings, slot: number, checkpoint: number): SlotVerdict {
  let prepare = rings.readPrepare(slot);
  let prepareHalf = rings.half;
  const header = rings.readHeader(slot, prepare);
  const headerHalf = rings.half;
  const headerWhole = header !== null && rings.whole;
  const provenOp = header === null ? -1 : rings.provenOp;
  let prepareBad = false;
  // At or below the checkpoint it is history, which the next lap was about to overwrite.
  if (headerWhole && header.op > checkpoint && (prepare === null || prepare.op < header.op)) {
    rings.prepareOverlay[slot] = rings.wholePrepare(header);
    prepareBad = prepareHalf === HALF_BAD;
    prepare = header;
    prepareHalf = HALF_VALID;
  }
  const op = Math.max(prepare === null ? -1 : prepare.op, header === null ? -1 : header.op);
  const covered = op >= 0 && op <= checkpoint;
  const verdict = decide(prepareHalf, headerHalf, relate(prepare, header), covered);
  const believed = believe(verdict, prepare, header);
  const headerBad = headerHalf === HALF_BAD;
  return { verdict, believed, prepare, header, headerBad, headerWhole, provenOp, prepareBad };
}

function relate(prepare: PrepareHeader | null, header: PrepareHeader | null): number {
  if (prepare === null || header === null) return RELATION_NONE;
  if (prepare.op > header.op) return RELATION_PREPARE_NEWER;
  if (prepare.op < header.op) return RELATION_HEADER_NEWER;
  return equal128(prepare.checksum, header.checksum) ? RELATION_SAME : RELATION_CONFLICT;
}

function believe(
  verdict: number,
  prepare: PrepareHeader | null,
  header: PrepareHeader | null,
): PrepareHeader | null {
  switch (verdict) {
    case RECOVERED_PRESENT:
    case RECOVERED_CONFLICT:
      assert(prepare !== null, 'a slot that serves its prepare has one');
      return prepare;
    case RECOVERED_DAMAGED:
      assert(header !== null, 'only a header proves damage');
      return header;
    default:
      return null;
  }
}

/** The op of `slot` in the lap above the checkpoint. */
function opOfLap(slot: number, checkpoint: number, slots: number): number {
  const next = checkpoint + 1;
  const ahead = (slot - (next % slots) + slots) % slots;
  return next + ahead;
}

/**
 * A single replica keeps the ops that follow the checkpoint without a gap. Whatever is above the
 * first gap was written in the same unsynced group as the torn prepare, or is left over from before
 * an earlier cut (its parent gives it away), and was never acknowledged: unless a header says so.
 */
function cutTornTail(
  recovered: readonly SlotVerdict[],
  context: RecoveryContext,
  provenMax: number,
  tornMin: number,
  observer: Observer,
): RefusedJournal | null {
  let parent = context.head;
  let op = context.checkpoint + 1;
  const slots = recovered.length;
  for (; op <= context.checkpoint + slots; op++) {
    const { verdict, believed } = recovered[op % slots]!;
    const present = verdict === RECOVERED_PRESENT || verdict === RECOVERED_CONFLICT;
    if (!present || believed === null || believed.op !== op) break;
    if (!equal128(believed.parent, parent)) break;
    parent = believed.checksum;
  }
  if (provenMax >= op) return rot(op, provenMax);
  for (const seen of recovered) {
    if (seen.believed === null || seen.believed.op < op) continue;
    seen.believed = null;
    seen.verdict = RECOVERED_EMPTY;
  }
  if (tornMin === op) observer.step(STEP_MARK, MARK_TORN, 0, 0, null);
  return null;
}

function rot(op: number, provenMax: number): RefusedJournal {
  const detail =
    `journal: op ${op} is damaged although a header proves that op ${provenMax} was ` +
    'durable, and there is no other replica to repair it from';
  return { kind: 'refused', code: 'rot', detail };
}

function report(recovered: readonly SlotVerdict[], observer: Observer): void {
  for (let slot = 0; slot < recovered.length; slot++) {
    const { verdict, believed, headerBad, prepareBad } = recovered[slot]!;
    observer.step(STEP_SLOT, slot, believed === null ? -1 : believed.op, verdict, believed);
    const damaged = verdict === RECOVERED_DAMAGED || verdict === RECOVERED_CONFLICT;
    if (damaged || prepareBad || (verdict === RECOVERED_PRESENT && headerBad))
      observer.step(STEP_DAMAGE, DAMAGE_SLOT, slot, 0, null);
    if (verdict === RECOVERED_DAMAGED) observer.step(STEP_MARK, MARK_DAMAGED, 0, 0, null);
    if (verdict === RECOVERED_CONFLICT) observer.step(STEP_MARK, MARK_CONFLICT, 0, 0, null);
  }
}
