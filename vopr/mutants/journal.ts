/**
 * Planted bugs of the journal: two rings, group syncs, the nack rule, recovery of a slot.
 */
import type { Mutant } from './mutant.ts';

const JOURNAL = 'core/storage/journal.ts';
const SLOTS = 'core/storage/journal-slots.ts';
const RECOVERY = 'core/storage/journal-recovery.ts';
const DECISION = 'core/storage/journal-decision.ts';

export const JOURNAL_MUTANTS: readonly Mutant[] = [
  {
    name: 'ack-before-header-sync',
    layer: 'journal',
    invariant: 'journal-evidence',
    story: 'the prepare is durable and the header is written, so the op looks safe: ack it',
    file: SLOTS,
    find: 'return stage !== STAGE_HEADER && isHeader(',
    replace: 'return isHeader(',
  },
  {
    name: 'header-with-its-prepare',
    layer: 'journal',
    invariant: 'journal-evidence',
    story: 'what short prepares may, long ones may: both halves under one sync, half the latency',
    file: JOURNAL,
    find: 'this.#writePrepare(slot, prepare);\n',
    replace: `this.#writePrepare(slot, prepare);
    table.headerHalf[slot] = header;
    this.#writeHeader(slot, header);
`,
  },
  {
    name: 'whole-in-both-and-told-unsynced',
    layer: 'journal',
    invariant: 'journal-evidence',
    story: 'it stands in two places, and no crash takes both: tell before the sync',
    file: SLOTS,
    find: 'if (stage === STAGE_PREPARE || stage === STAGE_BOTH) return false;',
    replace: 'if (stage === STAGE_PREPARE) return false;',
  },
  {
    name: 'failed-sync-counts',
    layer: 'journal',
    invariant: 'journal-evidence',
    story: 'a sync that completed is a sync that worked; the status is for the log file',
    file: JOURNAL,
    find: 'else this.#syncFailed();',
    replace: 'else this.#syncSucceeded();',
  },
  {
    name: 'failed-sync-retried-without-rewrite',
    layer: 'journal',
    invariant: 'journal-evidence',
    story: 'after a failed sync the pages are still dirty, so syncing again is enough',
    file: JOURNAL,
    find: `if (stage === STAGE_PREPARE || stage === STAGE_BOTH) {
      const writing`,
    replace: `if (stage === STAGE_REPORT) {
      const writing`,
  },
  {
    name: 'repaired-slot-stays-faulty',
    layer: 'journal',
    invariant: 'convergence',
    story: 'the mark is set where damage is found; clearing it on repair was forgotten',
    file: JOURNAL,
    find: 'table.faultyOp[slot] = NO_OP;\n    table.recent[slot] = header.op',
    replace: 'table.recent[slot] = header.op',
  },
  {
    name: 'written-means-acked-never',
    layer: 'journal',
    invariant: 'no-silent-loss',
    story: 'the nack looks at the prepare ring alone, where the data is',
    file: SLOTS,
    find: `if (op <= this.checkpoint || this.faulty(op)) return false;`,
    replace: `if (op <= this.checkpoint) return false;
    if (this.prepareHalf[op % this.slots] === null) return true;`,
    scenario: 'nack-arithmetic',
  },
  {
    name: 'header-over-bad-prepare-is-empty',
    layer: 'journal',
    invariant: 'journal-evidence',
    story: 'a slot whose prepare does not verify holds nothing that could be served: call it empty',
    file: DECISION,
    find: 'row(HALF_BAD, HALF_VALID, RELATION_NONE, false, RECOVERED_DAMAGED)',
    replace: 'row(HALF_BAD, HALF_VALID, RELATION_NONE, false, RECOVERED_EMPTY)',
  },
  {
    name: 'last-lap-prepare-believed',
    layer: 'journal',
    invariant: 'no-silent-loss',
    story: 'where the halves disagree, the prepare is the data and the header only its index',
    file: DECISION,
    find: 'row(HALF_VALID, HALF_VALID, RELATION_HEADER_NEWER, false, RECOVERED_DAMAGED)',
    replace: 'row(HALF_VALID, HALF_VALID, RELATION_HEADER_NEWER, false, RECOVERED_PRESENT)',
  },
  {
    name: 'torn-tail-always-cut',
    layer: 'journal',
    invariant: 'promise',
    story: 'a torn append was never acknowledged, so it can be cut wherever it stands',
    file: RECOVERY,
    find: 'const headCertain = tornMin > provenMax;',
    replace: 'const headCertain = true;',
    scenario: 'replayed-old-start-view',
  },
  {
    name: 'scrub-skips-headers',
    layer: 'journal',
    invariant: 'journal-evidence',
    story: 'headers are redundant: scrubbing the prepares finds every loss that matters',
    file: JOURNAL,
    find: 'if (header === null || header.op <= table.checkpoint || table.stage[slot] !== STAGE_IDLE)',
    replace: 'if (prepare !== null || header === null || table.stage[slot] !== STAGE_IDLE)',
    scenario: 'scrub-detects-and-repairs',
  },
];
