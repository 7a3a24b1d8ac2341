/**
 * Planted bugs of what the families of tables are about (`vopr/kimberlite/sql/families`): generated
 * columns, keys that wait, arrays, documents, MERGE, views.
 */
import type { Mutant } from './mutant.ts';

const REFERRING = 'core/sql/write/referring.ts';
const INDEX_WRITER = 'core/sql/write/index-writer.ts';
/** Nothing but SQL, so that few seeds say much; every second run is about a family. */
const scenario = 'sql-only';

export const FAMILY_CONSTRAINT_MUTANTS: readonly Mutant[] = [
  {
    name: 'generated-stale-after-action',
    layer: 'constraints',
    invariant: 'constraint',
    story: 'generated columns are the plan’s business, and a foreign key’s action has no plan',
    file: REFERRING,
    find: 'this.#generate(generated, changed);',
    replace: '',
    scenario,
  },
  {
    name: 'action-finds-what-it-has-changed',
    layer: 'constraints',
    invariant: 'sql-model',
    story: 'rows are found one after the other: no need to hold them all',
    file: REFERRING,
    find: 'of Array.from(this.#find(key, losses))) {',
    replace: 'of this.#find(key, losses)) {',
    scenario,
  },
  {
    name: 'merge-changes-a-row-twice',
    layer: 'constraints',
    invariant: 'sql-model',
    story: 'what the statement has touched is known, so nothing has to be counted besides',
    file: 'core/sql/write/merge.ts',
    find: 'if (seen.has(key) || writer.isTouched(address)) return k;',
    replace: 'if (writer.isTouched(address)) return k;',
    scenario,
  },
  {
    name: 'cascaded-check-of-one-view-only',
    layer: 'constraints',
    invariant: 'sql-model',
    story: 'a view says itself whether its rows are checked',
    file: 'core/sql/bind/view-target.ts',
    find: "cascaded ||= view.checkOption === 'cascaded';",
    replace: "cascaded = view.checkOption === 'cascaded';",
    scenario,
  },
  {
    name: 'inserted-through-view-unchecked',
    layer: 'constraints',
    invariant: 'sql-model',
    story: 'a row that is new was never hidden from anybody',
    file: 'core/sql/write/insert.ts',
    find: 'if (this.#viewChecks === null) write(count);',
    replace: 'if (this.#viewChecks === null || count > 0) write(count);',
    scenario,
  },
  {
    name: 'validated-without-a-look',
    layer: 'constraints',
    invariant: 'sql-model',
    story: 'from now on it is checked for every row that is written, so it is valid',
    file: 'core/sql/define/alter-constraint.ts',
    find: "(found.kind === 'check' ? alteration.checks : alteration.foreignKeys).add(found.id);",
    replace: '',
    scenario,
  },
];

export const FAMILY_INDEX_MUTANTS: readonly Mutant[] = [
  {
    name: 'generated-key-left-by-action',
    layer: 'indexes',
    invariant: 'index-equals-scan',
    story: 'an action changes the columns that refer, and no others',
    file: REFERRING,
    find: '[...key.referringColumns, ...generated.map(({ ordinal }) => ordinal)]',
    replace: 'key.referringColumns',
    scenario,
  },
  {
    name: 'expression-index-not-updated',
    layer: 'indexes',
    invariant: 'index-equals-scan',
    story: 'an index has to change when one of its columns does',
    file: INDEX_WRITER,
    find: 'source < 0 || changed.includes(source)',
    replace: 'source >= 0 && changed.includes(source)',
    scenario,
  },
  {
    name: 'partial-index-membership-kept',
    layer: 'indexes',
    invariant: 'index-equals-scan',
    story: 'a row that has its elements has its entry',
    file: INDEX_WRITER,
    find: 'if (this.index.where !== null) return true;',
    replace: '',
    scenario,
  },
  {
    name: 'array-key-ends-like-a-null',
    layer: 'indexes',
    invariant: 'index-equals-scan',
    story: 'behind the last element comes nothing, and nothing is null',
    file: 'core/sql/rows/key-writer.ts',
    find: 'const ARRAY_END = 0;',
    replace: 'const ARRAY_END = 2;',
    scenario,
  },
  {
    name: 'null-element-sorts-first',
    layer: 'indexes',
    invariant: 'sql-model',
    story: 'null is less than everything',
    file: 'core/sql/types/array.ts',
    find: 'if (left !== right) return left === null ? 1 : -1;',
    replace: 'if (left !== right) return left === null ? -1 : 1;',
    scenario,
  },
  {
    name: 'array-grows-at-its-end-only',
    layer: 'indexes',
    invariant: 'sql-model',
    story: 'a list begins where it always began',
    file: 'core/sql/functions/array-assign.ts',
    find: 'return makeArray([size], [from], elements);',
    replace: 'return makeArray([size], [first], elements);',
    scenario,
  },
];

export const DEFERRAL_MUTANTS: readonly Mutant[] = [
  {
    name: 'deferred-key-forgotten-at-commit',
    layer: 'transactions',
    invariant: 'serializable',
    story: 'keys are checked by whoever writes them; the end is for foreign keys',
    file: 'core/sql/write/references.ts',
    find: 'if (address !== null) mustBeAlone(relation, constraint, address, this.#context);',
    replace: '',
    scenario: 'transactions',
  },
  {
    name: 'made-immediate-and-still-deferred',
    layer: 'transactions',
    invariant: 'serializable',
    story: 'making one immediate looks at what was done; what comes is looked at by COMMIT',
    file: 'core/sql/write/deferral.ts',
    find: 'modes?.some.get(constraint.id) ?? modes?.all ?? null;',
    replace: 'modes?.all ?? null;',
    scenario: 'transactions',
  },
  {
    name: 'savepoint-keeps-constraint-modes',
    layer: 'transactions',
    invariant: 'serializable',
    story: 'what SET CONSTRAINTS says holds to the end of the transaction',
    file: 'core/sql/rows/overlay.ts',
    find: 'this.modes = state.modes;',
    replace: '',
    scenario: 'transactions',
  },
];
