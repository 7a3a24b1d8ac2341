/**
 * What a journal holds when a node opens it: a verdict on every slot, and whether its head is
 * certain.
 *
 * Reads and decides; writes nothing. `journal-decision.ts` has the table. A member of several gets
 * every verdict as it is: its peers repair what is damaged, and the replica decides about ops that
 * its superblock's view headers supersede. A single replica has nobody to ask: a bad prepare
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
import { HALF_BAD } from './journal-format.ts';

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
}

export interface RecoveredJournal {
  readonly kind: 'recovered';
  readonly recovered: readonly SlotVerdict[];
  /** Every torn slot lies above the highest valid header. */
  readonly headCertain: boolean;
  /** Lowest op whose slot was torn; `NEVER` if none. */
  readonly tornMin: number;
  /** Highest op with a valid header; -1 if none. */
  readonly headerMax: number;
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
  for (let slot = 0; slot < rings.slots; slot++) {
    const seen = readSlot(rings, slot, context.checkpoint);
    recovered.push(seen);
    if (seen.header !== null && seen.header.op > headerMax) headerMax = seen.header.op;
    if (seen.verdict !== RECOVERED_TORN_HEAD) continue;
    const op = opOfLap(slot, context.checkpoint, rings.slots);
    if (op < tornMin) tornMin = op;
  }
  if (context.single) {
    const refusal = cutTornTail(recovered, context, headerMax, tornMin, observer);
    if (refusal !== null) return refusal;
  }
  report(recovered, observer);
  const headCertain = tornMin > headerMax;
  const { checkpoint } = context;
  return { kind: 'recovered', recovered, headCertain, tornMin, headerMax, checkpoint };
}

function readSlot(rings: JournalRings, slot: number, checkpoint: number): SlotVerdict {
  const prepare = rings.readPrepare(slot);
  const prepareHalf = rings.half;
  const header = rings.readHeader(slot, prepare);
  const headerHalf = rings.half;
  const op = Math.max(prepare === null ? -1 : prepare.op, header === null ? -1 : header.op);
  const covered = op >= 0 && op <= checkpoint;
  const verdict = decide(prepareHalf, headerHalf, relate(prepare, header), covered);
  const believed = believe(verdict, prepare, header);
  return { verdict, believed, prepare, header, headerBad: headerHalf === HALF_BAD };
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
  headerMax: number,
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
  if (headerMax >= op) return rot(op, headerMax);
  for (const seen of recovered) {
    if (seen.believed === null || seen.believed.op < op) continue;
    seen.believed = null;
    seen.verdict = RECOVERED_EMPTY;
  }
  if (tornMin === op) observer.step(STEP_MARK, MARK_TORN, 0, 0, null);
  return null;
}

function rot(op: number, headerMax: number): RefusedJournal {
  const detail =
    `journal: op ${op} is damaged although the header of op ${headerMax} proves that it was ` +
    'durable, and there is no other replica to repair it from';
  return { kind: 'refused', code: 'rot', detail };
}

function report(recovered: readonly SlotVerdict[], observer: Observer): void {
  for (let slot = 0; slot < recovered.length; slot++) {
    const { verdict, believed, headerBad } = recovered[slot]!;
    observer.step(STEP_SLOT, slot, believed === null ? -1 : believed.op, verdict, believed);
    const damaged = verdict === RECOVERED_DAMAGED || verdict === RECOVERED_CONFLICT;
    if (damaged || (verdict === RECOVERED_PRESENT && headerBad))
      observer.step(STEP_DAMAGE, DAMAGE_SLOT, slot, 0, null);
    if (verdict === RECOVERED_DAMAGED) observer.step(STEP_MARK, MARK_DAMAGED, 0, 0, null);
    if (verdict === RECOVERED_CONFLICT) observer.step(STEP_MARK, MARK_CONFLICT, 0, 0, null);
  }
}
