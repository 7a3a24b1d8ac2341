/**
 * The engine against the model, without a cluster: the workload's statements through `apply` over a
 * store in memory, thousands a second. What `vopr sweep` finds with faults around it, this finds
 * without them, and says with which seed.
 */
import { expect, test } from 'vitest';
import { mix32 } from '../../../core/crypto/fasthash.ts';
import { SQL_QUERY_HEADER_BYTES } from '../../../core/kernel/operation.ts';
import { WORK_SQL } from '../history.ts';
import { isError } from '../../../core/sql/session/result.ts';
import { MemoryDatabase } from '../../../core/sql/memory.ts';
import { assert } from '../../../core/types/assert.ts';
import type { Knowledge, Work } from '../workload.ts';
import { decodeShape } from './body.ts';
import { FAMILIES } from './families/index.ts';
import { wrongAnswer } from './judge.ts';
import { SqlModel } from './model.ts';
import { nextSqlWork } from './work.ts';

const SEEDS = 16;
/** Of each family. */
const FAMILY_SEEDS = 5;
const STATEMENTS = 250;

/** Nobody sends text here. */
const noParser = {
  parse: (): never => {
    assert(false, 'statements come as trees');
  },
};

interface Counts {
  statements: number;
  refused: number;
  rows: number;
}

/** Runs one seed; throws at the first answer that is not the model's. */
function compare(seed: number, variant: number, counts: Counts): void {
  const database = new MemoryDatabase(noParser);
  const model = new SqlModel();
  const work: Work = {
    kind: 0,
    tenant: 0,
    operation: 0,
    subject: 0,
    position: 0,
    body: new Uint8Array(0),
  };
  const mix = { mixOf100: 100, accessOf100: 0, transactionsOf100: 0, variant };
  const knows: Knowledge = { streamLength: () => 0, token: () => database.position };
  for (let k = 1; k <= STATEMENTS; k += 1) {
    const draw = (site: number, n: number): number => {
      return (mix32(mix32(seed, k), site) >>> 0) % n;
    };
    const drawn = nextSqlWork(0, k, draw, knows, mix, work);
    assert(drawn, 'the whole mix is SQL');
    const body = work.kind === WORK_SQL ? work.body : work.body.subarray(SQL_QUERY_HEADER_BYTES);
    const { statement, parameters } = decodeShape(body, 0, body.length);
    const answer = database.submit(body);
    const verdict = model.commit(statement, parameters, database.position);
    const wrong = wrongAnswer(answer, verdict);
    assert(wrong === null, () => {
      const what = `${JSON.stringify(statement)} of (${parameters.join()})`;
      return `variant ${variant}, seed ${seed}, statement ${k}: ${wrong ?? ''}; ${what}`;
    });
    counts.statements += 1;
    if (isError(answer)) counts.refused += 1;
    else counts.rows += answer.count;
  }
}

const VARIANTS = [0, ...FAMILIES.map((_, i) => i + 1)];

test.each(VARIANTS)('sql: the engine answers what the model says, variant %i', (variant) => {
  const counts: Counts = { statements: 0, refused: 0, rows: 0 };
  const from = Number(process.env['KIMBERLITE_SEED'] ?? 1);
  const seeds = Number(process.env['KIMBERLITE_SEEDS'] ?? (variant === 0 ? SEEDS : FAMILY_SEEDS));
  for (let seed = from; seed < from + seeds; seed += 1) compare(seed, variant, counts);
  // The workload is worth something only while it does much and is refused a little.
  expect(counts.refused / counts.statements).toBeGreaterThan(0.1);
  expect(counts.refused / counts.statements).toBeLessThan(0.7);
  expect(counts.rows / counts.statements).toBeGreaterThan(0.5);
});
