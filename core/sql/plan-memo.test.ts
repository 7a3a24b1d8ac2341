/** Plans are shared by the whole process, and nobody can tell: not even by what is read. */
import { describe, expect, it } from 'vitest';
import { loadParser } from '../../shells/parser.ts';
import { contentOf } from './catalog/intern.ts';
import type { CatalogView } from './catalog/view.ts';
import type { Environment } from './environment.ts';
import { MemoryDatabase } from './memory.ts';
import { Planning, findPlan, keepPlan } from './plan-memo.ts';
import type { BoundStatement } from './plan/plan.ts';
import { isError } from './session/result.ts';
import type { StatementAnswer } from './session/result.ts';

const parser = await loadParser();

/** What a new database answers to these statements, and what it reads of its store. */
function history(statements: readonly string[]): { answers: unknown[]; reads: string[] } {
  const database = new MemoryDatabase(parser);
  const { store } = database;
  const reads: string[] = [];
  const get = store.get.bind(store);
  const seek = store.seek.bind(store);
  const nextLeaf = store.nextLeaf.bind(store);
  store.get = (tenant, key, from, bytes): number => {
    reads.push(`get ${Buffer.from(key.subarray(from, from + bytes)).toString('hex')}`);
    return get(tenant, key, from, bytes);
  };
  store.seek = (tenant, key, from, bytes, floor): number => {
    reads.push(`seek ${Buffer.from(key.subarray(from, from + bytes)).toString('hex')}`);
    return seek(tenant, key, from, bytes, floor);
  };
  store.nextLeaf = (): number => {
    reads.push('next leaf');
    return nextLeaf();
  };
  const session = database.session();
  const answers = statements.flatMap((text) => session.run(text).map(shown));
  return { answers, reads };
}

function shown(answer: StatementAnswer): unknown {
  return isError(answer) ? answer.code : { tag: answer.tag, rows: answer.rows };
}

const TABLES: readonly string[] = [
  "CREATE TABLE memo (id int PRIMARY KEY, a int, b text DEFAULT lower('B'), CHECK (a > -9))",
  'CREATE TABLE memo_of (id int PRIMARY KEY, memo int REFERENCES memo)',
  'CREATE INDEX ON memo (a)',
  'CREATE INDEX ON memo ((a + 1)) WHERE a > 0',
];

const WORK: readonly string[] = [
  'INSERT INTO memo_of VALUES (1, 1), (2, 3)',
  'SELECT * FROM memo JOIN memo_of ON memo.id = memo_of.memo WHERE a > 1 ORDER BY 1',
  'SELECT count(*) FROM memo AS OF POSITION 5 m, memo_of AS OF POSITION 6 o WHERE m.id = o.memo',
  'SELECT count(*) FROM memo AS OF POSITION 0',
  'UPDATE memo SET a = a + 1 WHERE id < 3',
  'INSERT INTO memo SELECT id + 10, a FROM memo ON CONFLICT DO NOTHING',
  'DELETE FROM memo WHERE id = 1',
  'DELETE FROM memo WHERE id = 2',
  'ALTER TABLE memo ADD COLUMN c int',
  'SELECT count(c) FROM memo WHERE a = 4',
  'SELECT count(*) FROM memo AS OF POSITION 5 WHERE a = 4',
  'BEGIN; CREATE TABLE inner_memo (a int); INSERT INTO inner_memo SELECT a FROM memo; COMMIT',
  'DROP TABLE memo_of',
  'SELECT * FROM memo_of',
];

const FEW: readonly string[] = [
  ...TABLES,
  "INSERT INTO memo VALUES (1, 2), (2, 3), (3, 4, 'x')",
  ...WORK,
];
const MANY: readonly string[] = [
  ...TABLES,
  'INSERT INTO memo SELECT i, i % 7 FROM generate_series(1, 300) AS g(i)',
  ...WORK,
];

describe('plans shared by a process', () => {
  it('are made or found: the same answers, and the same reads in the same order', () => {
    const few = history(FEW);
    const many = history(MANY);
    expect(few.answers).not.toEqual(many.answers);
    for (let i = 0; i < 2; i += 1) {
      expect(history(FEW)).toEqual(few);
      expect(history(MANY)).toEqual(many);
    }
  });

  it('are found by key, definitions and every answer; what was told is not asked again', () => {
    const key = Uint8Array.of(1, 2, 3);
    const content = contentOf(new Map())!;
    const environment = { parameters: [] } as unknown as Environment;
    const bound = { moments: [] } as unknown as BoundStatement;
    let asked = 0;
    const planning = (count: number): Planning =>
      new Planning({
        rowCount: () => {
          asked += 1;
          return count;
        },
        catalogAt: (): CatalogView => expect.fail('nobody asks for a moment'),
      });
    const first = planning(16);
    expect(findPlan(key, content, '', first, environment)).toBe(null);
    expect(first.rowCount(20)).toBe(16);
    keepPlan(key, content, '', first, bound);
    const second = planning(16);
    expect(findPlan(key, content, '', second, environment)).toBe(bound);
    expect(second.counts).toEqual([[20, 16]]);
    expect(findPlan(Uint8Array.of(1, 2, 4), content, '', planning(16), environment)).toBe(null);
    expect(findPlan(key, content, 'kimberlite.log', planning(16), environment)).toBe(null);
    asked = 0;
    const third = planning(64);
    expect(findPlan(key, content, '', third, environment)).toBe(null);
    expect(third.rowCount(20)).toBe(64);
    expect(asked).toBe(1);
  });
});
