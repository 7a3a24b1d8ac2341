/**
 * Planted bugs of SQL: versions and time travel, constraints, indexes, plans and their reuse.
 */
import type { Mutant } from './mutant.ts';

const VERSIONS = 'core/sql/rows/versions.ts';
const CHANGES = 'core/sql/write/changes.ts';
const ENGINE = 'core/sql/engine.ts';
const INSERT = 'core/sql/write/insert.ts';
/** Nothing but SQL, so that few seeds say much. */
const scenario = 'sql-only';

export const TIME_MUTANTS: readonly Mutant[] = [
  {
    name: 'walks-to-what-just-ended',
    layer: 'time-travel',
    invariant: 'time-travel',
    story: 'a version that ended at the position was there until then',
    file: 'core/sql/rows/as-of.ts',
    find: 'if (ended <= position) {',
    replace: 'if (ended < position) {',
    scenario,
  },
  {
    name: 'stride-trusts-its-length',
    layer: 'time-travel',
    invariant: 'time-travel',
    story: 'the next row of a past has as many versions as the last one had, unproven',
    file: 'core/sql/rows/as-of.ts',
    find: 'if (!isSameKey(heap, cells[border - 1]!, heap, cells[hit]!)) return;',
    replace: '',
    scenario,
  },
  {
    name: 'past-begins-one-position-early',
    layer: 'time-travel',
    invariant: 'time-travel',
    story: 'a row that the next entry began is new enough to be shown',
    file: 'core/sql/rows/as-of.ts',
    find: 'readU64(heap, from) > position\n',
    replace: 'readU64(heap, from) > position + 1\n',
    scenario,
  },
  {
    name: 'version-ended-one-position-late',
    layer: 'time-travel',
    invariant: 'time-travel',
    story: 'a version ends with the entry that replaces it, so that is the last one to see it',
    file: 'core/sql/write/table-writer.ts',
    find: 'writePosition(position, this.#history, key.end);',
    replace: 'writePosition(position + 1, this.#history, key.end);',
    scenario,
  },
  {
    name: 'version-seen-at-its-end',
    layer: 'time-travel',
    invariant: 'time-travel',
    story: 'an end is inclusive, as in BETWEEN',
    file: VERSIONS,
    find: 'if (readPosition(heap, key + keyBytes) <= this.#low) {',
    replace: 'if (readPosition(heap, key + keyBytes) < this.#low) {',
    scenario,
  },
  {
    name: 'current-row-seen-one-position-early',
    layer: 'time-travel',
    invariant: 'time-travel',
    story: 'what began at the next position is the state right after this one',
    file: VERSIONS,
    find: `this.#show(current, at, 0);
    return readU64(this.entry.heap, this.entry.from) <= this.#high;`,
    replace: `this.#show(current, at, 0);
    return readU64(this.entry.heap, this.entry.from) <= this.#high + 1;`,
    scenario,
  },
  {
    name: 'past-read-by-catalogue-of-today',
    layer: 'time-travel',
    invariant: 'time-travel',
    story: 'names mean what they mean when they are asked; only rows are of then',
    file: ENGINE,
    find: 'return database.catalogAt(position);',
    replace: 'return position < 0 ? database.catalogAt(position) : database.catalog;',
    scenario,
  },
  {
    name: 'plan-kept-beyond-its-moment',
    layer: 'time-travel',
    invariant: 'time-travel',
    story: 'the catalogue is the same object, so the plan is still good',
    file: ENGINE,
    find: '(plan) => stillHolds(plan, now)',
    replace: '(plan) => plan !== null || stillHolds(plan, now)',
    scenario,
  },
  {
    name: 'new-column-null-in-old-rows',
    layer: 'time-travel',
    invariant: 'sql-model',
    story: 'a default is for rows to come; those that are there have no value to show',
    file: 'core/sql/define/alteration.ts',
    find: 'missing: [...kept, ...added]',
    replace: 'missing: [...kept, ...added.slice(0, 0)]',
    scenario,
  },
];

export const CONSTRAINT_MUTANTS: readonly Mutant[] = [
  {
    name: 'unique-not-checked-by-update',
    layer: 'constraints',
    invariant: 'constraint',
    story: 'an update that moves an entry gives its old key up, so nobody can be in the way',
    file: CHANGES,
    find: 'if (one.forbids && writer.holder(one, address) !== null) {',
    replace: 'if (one.forbids && !was && writer.holder(one, address) !== null) {',
    scenario,
  },
  {
    name: 'check-skipped-on-update',
    layer: 'constraints',
    invariant: 'constraint',
    story: 'rows were checked when they came in',
    file: 'core/sql/write/modify.ts',
    find: 'this.#checks!.check(batch, fresh, selection, count);',
    replace: '',
    scenario,
  },
  {
    name: 'reference-not-checked-on-insert',
    layer: 'constraints',
    invariant: 'constraint',
    story: 'the end of the statement looks at references anyway',
    file: INSERT,
    find: 'writers.references.inserted(writer, view, row, address);',
    replace: '',
    scenario,
  },
  {
    name: 'conflict-counts-what-it-leaves',
    layer: 'constraints',
    invariant: 'sql-model',
    story: 'the count says how many rows were taken from the source',
    file: INSERT,
    find: `if (outcome === 'nothing') continue;
      this.count += 1;`,
    replace: `this.count += 1;
      if (outcome === 'nothing') continue;`,
    scenario,
  },
];

export const INDEX_MUTANTS: readonly Mutant[] = [
  {
    name: 'backward-scan-includes-its-bound',
    layer: 'indexes',
    invariant: 'sql-model',
    story: 'a range that ends in this leaf needs no more care',
    file: 'core/sql/rows/stream.ts',
    find: 'if (backward && this.index !== this.end) {',
    replace: 'if (!this.#ended && backward && this.index !== this.end) {',
    scenario,
  },
  {
    name: 'old-entry-left-by-update',
    layer: 'indexes',
    invariant: 'index-equals-scan',
    story: 'the new entry takes the place of the old one',
    file: CHANGES,
    find: `if (was) {
      one.write(oldRows, row);
      writer.removeEntry(one, address);
    }`,
    replace: '',
    scenario,
  },
  {
    name: 'rest-of-condition-dropped',
    layer: 'indexes',
    invariant: 'sql-model',
    story: 'the index was chosen for the condition, so its range says it all',
    file: 'core/sql/plan/access.ts',
    find: 'conditions.filter((one) => !exact || !path.used.has(one));',
    replace: 'conditions.filter(() => path.used.size === 0);',
    scenario,
  },
  {
    name: 'plan-kept-beyond-its-catalogue',
    layer: 'indexes',
    invariant: 'sql-model',
    story: 'a plan names tables by ids, which are never used again: what else could have changed?',
    file: 'core/sql/catalog/state.ts',
    find: 'this.identity = this;',
    replace: 'this.identity = CatalogState;',
    scenario,
  },
  {
    name: 'plan-shared-beyond-its-definitions',
    layer: 'indexes',
    invariant: 'sql-model',
    story: 'the same statement in the same process: what one store planned serves every other',
    file: 'core/sql/catalog/state.ts',
    find: 'contentOf(this.objects)',
    replace: 'contentOf(new Map())',
    scenario,
  },
  {
    name: 'not-of-unknown-is-true',
    layer: 'indexes',
    invariant: 'sql-model',
    story: 'a condition that does not hold is false, and its negation holds',
    file: 'core/sql/exec/expression/logic.ts',
    find: 'mergeNulls(out, column, column, selection, count);\n      for (let k = 0; k < count; k++) {\n        const row = selection[k] as number;\n        out.numbers[row] = 1 -',
    replace:
      'for (let k = 0; k < count; k++) {\n        const row = selection[k] as number;\n        out.numbers[row] = column.hasNulls && column.nulls[row] === 1 ? 1 : 1 -',
    scenario,
  },
];
