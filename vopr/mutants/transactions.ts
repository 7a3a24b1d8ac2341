/**
 * Planted bugs of interactive transactions: what a statement sees, what is in the read set, what
 * validation asks of it, and what a savepoint gives back.
 */
import type { Mutant } from './mutant.ts';

const READ_SET = 'core/sql/rows/read-set.ts';
const OVERLAY = 'core/sql/rows/overlay.ts';
const STAGING = 'core/kernel/staging.ts';
const scenario = 'transactions';

export const TRANSACTION_MUTANTS: readonly Mutant[] = [
  {
    name: 'range-not-in-read-set',
    layer: 'transactions',
    invariant: 'serializable',
    story: 'rows are noted when they are fetched, so the range that led to them says nothing new',
    file: 'core/sql/rows/database.ts',
    find: "if (moment.kind === 'present') this.reads?.range(table.id, keys);\n    else if",
    replace: 'if',
    scenario,
  },
  {
    name: 'validation-skips-a-position',
    layer: 'transactions',
    invariant: 'serializable',
    story: 'the snapshot is a length, so the entry after it has the same number',
    file: READ_SET,
    find: 'if (changed && !isUnchanged(source, range, since)) return false;',
    replace: 'if (changed && !isUnchanged(source, range, since + 1)) return false;',
    scenario,
  },
  {
    name: 'validation-misses-what-came',
    layer: 'transactions',
    invariant: 'serializable',
    story: 'what was read is still there, exactly as it was',
    file: READ_SET,
    find: 'if (scan.entry.ended > 0 || readU64(scan.entry.heap, scan.entry.from) > since) return false;',
    replace: 'if (scan.entry.ended > 0) return false;',
    scenario,
  },
  {
    name: 'savepoint-keeps-what-it-changed',
    layer: 'transactions',
    invariant: 'serializable',
    story: 'what was there before the savepoint is put back, and the rest was never there',
    file: OVERLAY,
    find: 'if (value === null) this.base.forget(key, 0, key.length);\n      else this.base.put',
    replace: 'if (value !== null) this.base.put',
    scenario,
  },
  {
    name: 'savepoint-keeps-row-counts',
    layer: 'transactions',
    invariant: 'state-equality',
    story: 'row counts are for the planner, which may be wrong a little',
    file: OVERLAY,
    find: 'for (const [table, rows] of state.tables) this.#rows.set(table, rows);',
    replace: '',
    scenario,
  },
  {
    name: 'statement-reads-beyond-its-snapshot',
    layer: 'transactions',
    invariant: 'serializable',
    story: 'each statement reads what is committed when it runs; validation sees to the rest',
    file: 'core/sql/session/session.ts',
    find: 'return { snapshot, timestamp, floor, overlay, reads };',
    replace:
      'return { snapshot: this.#host.present().position, timestamp, floor, overlay, reads };',
    scenario,
  },
  {
    name: 'scan-begins-again-at-its-end',
    layer: 'transactions',
    invariant: 'serializable',
    story: 'a store that has moved on must be read anew, from the last place that was noted',
    file: 'core/sql/rows/cursor.ts',
    find: 'if (!this.#ended) this.#read(batch.capacity);',
    replace: 'this.#read(batch.capacity);',
    scenario,
  },
  {
    name: 'quick-commit-not-validated',
    layer: 'transactions',
    invariant: 'serializable',
    story: 'a commit that follows its snapshot closely has nobody between them',
    file: 'core/sql/apply.ts',
    find: 'if (!validateReadSet(',
    replace: 'if (position - snapshot > 3 && !validateReadSet(',
    scenario,
  },
  {
    name: 'staged-without-its-nonce',
    layer: 'transactions',
    invariant: 'serializable',
    story: 'the nonce goes before the request and is none of its bytes',
    file: STAGING,
    find: 'known.bytes !== bytes || known.there !== bytes)',
    replace: 'known.bytes !== bytes || known.there !== bytes - STAGED_NONCE_BYTES)',
    scenario,
  },
  {
    name: 'staged-gives-way-at-once',
    layer: 'transactions',
    invariant: 'serializable',
    story: 'a tenant stages one request after the other: what a new one finds was left behind',
    file: STAGING,
    find: 'if (known.op + this.limits.stagedOpsMax >= op) return nothing;',
    replace: 'if (known.op >= op) return nothing;',
    scenario,
  },
  {
    name: 'staged-in-anothers-name',
    layer: 'transactions',
    invariant: 'access',
    story: 'who names a request has just been allowed to write; who staged it was, too',
    file: 'core/kernel/sql.ts',
    find: 'const good = staged !== null && userOf(staged) === request.user;',
    replace: 'const good = staged !== null && userOf(staged) !== null;',
    scenario: 'access-enforced',
  },
];
