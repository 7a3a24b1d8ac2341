/** VARIADIC with an array of any length. */
import { expect, test } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import { isError } from '../session/result.ts';
import type { Value } from '../types/type.ts';

const parser = await loadParser();

/** Rows of the last statement, or the SQLSTATE of its error. */
function run(sql: string, session = new MemoryDatabase(parser).session()): unknown {
  const answer = session.run(sql).at(-1)!;
  return isError(answer) ? answer.code : answer.rows.map((row: readonly Value[]) => row);
}

test('null and no elements are as in PostgreSQL', () => {
  expect(run("select jsonb_extract_path(null::jsonb, variadic array['a'])")).toEqual([[null]]);
  expect(run(`select jsonb_extract_path('{"a":1}'::jsonb, variadic '{}'::text[])`)).toEqual([
    ['{"a": 1}'],
  ]);
  expect(run("select num_nonnulls(variadic '{}'::int[]), concat(variadic '{}'::int[])")).toEqual([
    [0, ''],
  ]);
});

test('an array longer than a call is refused, however long', () => {
  const join = "select length(concat_ws(',', variadic array_agg(n)))";
  expect(run(`${join} from generate_series(1, 10000) n`)).toEqual([[48893]]);
  expect(run(`${join} from generate_series(1, 200000) n`)).toBe('54023');
});

test('arrays of different lengths in one statement', () => {
  const built = 'jsonb_build_array(variadic array_fill(1, array[n]))';
  expect(run(`select sum(jsonb_array_length(${built})) from generate_series(1, 100) n`)).toEqual([
    [5050],
  ]);
});
