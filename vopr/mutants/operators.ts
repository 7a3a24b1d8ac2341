/**
 * Planted bugs of operators that whole queries have: joins, set operations, windows, recursion,
 * subqueries. The workload's family for them: `vopr/kimberlite/sql/families/queries.ts`.
 */
import type { Mutant } from './mutant.ts';

const scenario = 'sql-only';
const layer = 'operators';
const invariant = 'sql-model';

export const OPERATOR_MUTANTS: readonly Mutant[] = [
  {
    name: 'key-taken-for-unique',
    layer,
    invariant,
    story: 'the right side of a join is the one with the key, so a key stands there once',
    file: 'core/sql/exec/hash-join.ts',
    find: 'this.#isUnique = false;',
    replace: '',
    scenario,
  },
  {
    name: 'except-all-takes-every-equal',
    layer,
    invariant,
    story: 'what stands on the right is excepted, however often it stands there',
    file: 'core/sql/exec/set-operation.ts',
    find: 'if (this.#plan.all) this.#counts[group] = left - 1;\n      return false;',
    replace: 'return false;',
    scenario,
  },
  {
    name: 'intersect-passes-twice',
    layer,
    invariant,
    story: 'a row that was let through once may be let through again: it is on both sides',
    file: 'core/sql/exec/set-operation.ts',
    find: 'this.#counts[group] = this.#plan.all ? left - 1 : 0;',
    replace: 'if (this.#plan.all) this.#counts[group] = left - 1;',
    scenario,
  },
  {
    name: 'groups-kept-when-started-over',
    layer,
    invariant,
    story: 'an aggregate’s groups are found by their keys, so old ones are in nobody’s way',
    file: 'core/sql/exec/aggregate.ts',
    find: 'for (const set of this.#sets) set.clear();',
    replace: '',
    scenario,
  },
  {
    name: 'partition-ends-with-its-peers',
    layer,
    invariant,
    story: 'rows are sorted by partition and order, so where the peers end, so does the partition',
    file: 'core/sql/exec/window/partition.ts',
    find: 'while (end < rows.length && this.#samePartition(first, rows[end] as number)) end++;',
    replace: 'end = this.endOfPeers(place);',
    scenario,
  },
  {
    name: 'recursion-returns-to-its-beginning',
    layer,
    invariant,
    story: 'only what the recursion adds can come twice, so only that is told apart',
    file: 'core/sql/exec/recursive.ts',
    find: 'this.#distinct?.narrow(output, output.columns);',
    replace: 'if (!this.#inBase) this.#distinct?.narrow(output, output.columns);',
    scenario,
  },
  {
    name: 'room-given-back-too-soon',
    layer,
    invariant,
    story: 'a step ends with its rows handed over, so what its operators had is free again',
    file: 'core/sql/run.ts',
    find: 'if (this.#answer !== null) this.#room.release();',
    replace: 'this.#room.release();',
    scenario,
  },
  {
    name: 'room-not-emptied',
    layer,
    invariant,
    story: 'whoever gets a list of rows fills it before it is read',
    file: 'core/sql/exec/room.ts',
    find: 'kept?.fill(0);',
    replace: '',
    scenario,
  },
  {
    name: 'equal-to-a-third-not-to-each-other',
    layer,
    invariant,
    story: 'columns of one relation that equal a third one are compared where that one is joined',
    file: 'core/sql/plan/inner-join.ts',
    find: 'own[i]!.push(...equalWithin(one, relation, own[i]!));',
    replace: 'void [equalWithin, relation, i, one];',
    scenario,
  },
];
