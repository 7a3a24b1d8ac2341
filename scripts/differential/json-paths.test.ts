/** Generated jsonpaths, printed and read again, mean what they meant. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SqlError } from '../../core/sql/error.ts';
import { parsePath } from '../../core/sql/jsonpath/parse.ts';
import { printPath } from '../../core/sql/jsonpath/print.ts';
import { PathRun } from '../../core/sql/jsonpath/run.ts';
// @ts-expect-error A script, without types.
import { jsonPathOf } from './json-paths.mjs';
// @ts-expect-error A script, without types.
import { Random } from './random.mjs';

const DOCUMENT = '{"a": [1, {"b": "ab", "c": [2.5, null]}, true], "b": "a"}';

/** What it leads to, or the error. */
function items(path: string): unknown {
  const found: string[] = [];
  try {
    const run = new PathRun(parsePath(path), DOCUMENT, '{"x": 1, "y": "a"}', false);
    return [run.query(found), found];
  } catch (error) {
    if (error instanceof SqlError) return `${error.code} ${error.message}`;
    throw error;
  }
}

test('the canonical text is its own, and means the same', () => {
  let met = 0;
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const written = jsonPathOf(new Random(seed)) as string;
      const first = items(written);
      if (typeof first === 'string' && first.startsWith('42601')) return;
      met += 1;
      const shown = printPath(parsePath(written));
      expect(printPath(parsePath(shown))).toBe(shown);
      expect(items(shown)).toEqual(first);
    }),
    { numRuns: 2000 },
  );
  expect(met).toBeGreaterThan(1000);
});
