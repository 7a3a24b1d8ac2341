/**
 * Journal recovery as a written table: from what the two halves of a slot show to a verdict.
 *
 * A header alone is written only after its prepare is durable. Therefore it proves that its prepare
 * was here and may have been acknowledged, and a prepare without its header was not acknowledged
 * (by a member of several). A whole prepare in the header ring is both halves, if the other one is
 * lost. *Covered* slots speak of ops at or below the checkpoint: their loss costs nothing, and what
 * is torn there was the overwriting of the slot by its next lap.
 *
 * The rows are checked for completeness and overlap when the module loads, so that no combination
 * is ever decided by accident. Cost at run time: one array index.
 */
import {
  RECOVERED_CONFLICT,
  RECOVERED_DAMAGED,
  RECOVERED_EMPTY,
  RECOVERED_PRESENT,
  RECOVERED_TORN_HEAD,
} from '../observer.ts';
import { assert } from '../types/assert.ts';
import { HALF_BAD, HALF_BLANK, HALF_VALID } from './journal-format.ts';

/** How two valid halves relate; `RELATION_NONE` unless both are valid. */
export const RELATION_NONE = 0;
/** One op, one checksum. */
export const RELATION_SAME = 1;
/** One op, two checksums: two views proposed at this op. */
export const RELATION_CONFLICT = 2;
/** The header is of an earlier lap. */
export const RELATION_PREPARE_NEWER = 3;
/** The prepare is of an earlier lap. */
export const RELATION_HEADER_NEWER = 4;

const HALVES = 3;
const RELATIONS = 5;

/** One row; `null` stands for any value. */
export interface DecisionRow {
  readonly prepare: number | null;
  readonly header: number | null;
  readonly relation: number | null;
  /** The newest op that the slot shows is at or below the checkpoint. */
  readonly covered: boolean | null;
  readonly verdict: number;
}

const ANY = null;

export const DECISION_TABLE: readonly DecisionRow[] = [
  // Both halves readable.
  row(HALF_VALID, HALF_VALID, RELATION_SAME, ANY, RECOVERED_PRESENT),
  row(HALF_VALID, HALF_VALID, RELATION_PREPARE_NEWER, ANY, RECOVERED_PRESENT),
  row(HALF_VALID, HALF_VALID, RELATION_CONFLICT, false, RECOVERED_CONFLICT),
  row(HALF_VALID, HALF_VALID, RELATION_CONFLICT, true, RECOVERED_EMPTY),
  row(HALF_VALID, HALF_VALID, RELATION_HEADER_NEWER, false, RECOVERED_DAMAGED),
  row(HALF_VALID, HALF_VALID, RELATION_HEADER_NEWER, true, RECOVERED_EMPTY),
  // The prepare speaks for itself; its header was never written, was torn, or has rotted.
  row(HALF_VALID, HALF_BAD, RELATION_NONE, ANY, RECOVERED_PRESENT),
  row(HALF_VALID, HALF_BLANK, RELATION_NONE, ANY, RECOVERED_PRESENT),
  // The header proves that a prepare was here.
  row(HALF_BAD, HALF_VALID, RELATION_NONE, false, RECOVERED_DAMAGED),
  row(HALF_BLANK, HALF_VALID, RELATION_NONE, false, RECOVERED_DAMAGED),
  // The header is of the last lap: the next lap's prepare was being written over that one.
  row(HALF_BAD, HALF_VALID, RELATION_NONE, true, RECOVERED_TORN_HEAD),
  row(HALF_BLANK, HALF_VALID, RELATION_NONE, true, RECOVERED_TORN_HEAD),
  // No evidence at all that anything here was ever durable.
  row(HALF_BAD, HALF_BAD, RELATION_NONE, ANY, RECOVERED_TORN_HEAD),
  row(HALF_BAD, HALF_BLANK, RELATION_NONE, ANY, RECOVERED_TORN_HEAD),
  row(HALF_BLANK, HALF_BAD, RELATION_NONE, ANY, RECOVERED_TORN_HEAD),
  row(HALF_BLANK, HALF_BLANK, RELATION_NONE, ANY, RECOVERED_EMPTY),
];

const VERDICTS: Uint8Array = compile(DECISION_TABLE);

/** The verdict on a slot. */
export function decide(
  prepare: number,
  header: number,
  relation: number,
  covered: boolean,
): number {
  return VERDICTS[indexOf(prepare, header, relation, covered)]!;
}

/** Whether a combination can occur at all: a relation exists exactly between two valid halves. */
export function possible(prepare: number, header: number, relation: number): boolean {
  return (prepare === HALF_VALID && header === HALF_VALID) === (relation !== RELATION_NONE);
}

function row(
  prepare: number | null,
  header: number | null,
  relation: number | null,
  covered: boolean | null,
  verdict: number,
): DecisionRow {
  return { prepare, header, relation, covered, verdict };
}

export function rowMatches(
  entry: DecisionRow,
  prepare: number,
  header: number,
  relation: number,
  covered: boolean,
): boolean {
  return (
    (entry.prepare === ANY || entry.prepare === prepare) &&
    (entry.header === ANY || entry.header === header) &&
    (entry.relation === ANY || entry.relation === relation) &&
    (entry.covered === ANY || entry.covered === covered)
  );
}

function compile(table: readonly DecisionRow[]): Uint8Array {
  const verdicts = new Uint8Array(HALVES * HALVES * RELATIONS * 2);
  for (let prepare = 0; prepare < HALVES; prepare++)
    for (let header = 0; header < HALVES; header++)
      for (let relation = 0; relation < RELATIONS; relation++)
        for (const covered of [false, true]) {
          const rows = table.filter((r) => rowMatches(r, prepare, header, relation, covered));
          const expected = possible(prepare, header, relation) ? 1 : 0;
          assert(rows.length === expected, 'journal decision table: one row for every case');
          const verdict = rows[0]?.verdict ?? RECOVERED_EMPTY;
          verdicts[indexOf(prepare, header, relation, covered)] = verdict;
        }
  return verdicts;
}

function indexOf(prepare: number, header: number, relation: number, covered: boolean): number {
  return ((prepare * HALVES + header) * RELATIONS + relation) * 2 + (covered ? 1 : 0);
}
