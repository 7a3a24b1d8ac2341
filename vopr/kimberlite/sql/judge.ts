/**
 * An answer held against what the model says it must be.
 */
import type { StatementAnswer } from '../../../core/sql/session/result.ts';
import { isError } from '../../../core/sql/session/result.ts';
import type { Value } from '../../../core/sql/types/type.ts';
import type { Cell } from './interpreter.ts';
import type { Verdict } from './model.ts';
import { isArray } from './values.ts';

/** What is wrong with it, or null. Rows are compared in order: the workload's queries have one. */
export function wrongAnswer(answer: StatementAnswer, verdict: Verdict): string | null {
  const code = isError(answer) ? answer.code : '';
  if (code !== verdict.code) {
    const said = isError(answer) ? `${code} (${answer.message})` : 'success';
    return `${said}; it must be ${verdict.code === '' ? 'success' : verdict.code}`;
  }
  if (isError(answer)) return null;
  if (answer.count !== verdict.count) return `${answer.count} rows; it must be ${verdict.count}`;
  if (verdict.rows === null) return null;
  for (let row = 0; row < verdict.rows.length; row += 1) {
    const wanted = verdict.rows[row]!;
    const got = answer.rows[row]!;
    if (!sameRow(got, wanted)) {
      const [is, must] = [got, wanted].map((values) => values.map(shown).join());
      return `row ${row} is (${is!}); it must be (${must!})`;
    }
  }
  return null;
}

function sameRow(got: readonly Value[], wanted: readonly Cell[]): boolean {
  if (got.length !== wanted.length) return false;
  return wanted.every((cell, i) => {
    const value = got[i]!;
    return isArray(cell) ? shown(value) === shown(cell) : value === cell;
  });
}

/** Values of the workload as text that tells any two apart. */
function shown(value: Value | Cell): string {
  return JSON.stringify(value);
}
