/**
 * Random histories against a model that keeps every state: present, every past position, every
 * version, by the primary and by secondary indexes; inside transactions too.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import { loadParser } from '../../../shells/parser.ts';
import type { Value } from '../types/type.ts';

const parser = await loadParser();

type Row = readonly [id: number, a: number | null, b: string];

type Step =
  | { readonly kind: 'upsert'; readonly rows: readonly Row[] }
  | { readonly kind: 'update'; readonly below: number; readonly add: number }
  | { readonly kind: 'move'; readonly by: number }
  | { readonly kind: 'delete'; readonly a: number };

const id = fc.integer({ min: 1, max: 12 });
const small = fc.integer({ min: 0, max: 4 });
const row: fc.Arbitrary<Row> = fc.tuple(
  id,
  fc.option(small, { nil: null }),
  fc.constantFrom('', 'x', 'y', 'long '.repeat(60)),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('upsert' as const),
    rows: fc.uniqueArray(row, { minLength: 1, maxLength: 4, selector: ([key]) => key }),
  }),
  fc.record({ kind: fc.constant('update' as const), below: id, add: small }),
  fc.record({ kind: fc.constant('move' as const), by: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant('delete' as const), a: small }),
);

function sqlOf(action: Step): string {
  switch (action.kind) {
    case 'upsert': {
      // Some rows are too long for a leaf.
      const rows = action.rows.map(([key, a, b]) => {
        return `(${key}, ${a ?? 'NULL'}, '${b}', '${(b === 'y' ? 'c' : '').repeat(3000)}')`;
      });
      const set = 'a = excluded.a, b = excluded.b, c = excluded.c';
      return `INSERT INTO t VALUES ${rows.join(', ')} ON CONFLICT (id) DO UPDATE SET ${set}`;
    }
    case 'update':
      return `UPDATE t SET a = (a + ${action.add}) % 5 WHERE id < ${action.below}`;
    case 'move':
      return `UPDATE t SET id = id + ${action.by}`;
    case 'delete':
      return `DELETE FROM t WHERE a = ${action.a}`;
  }
}

type Model = ReadonlyMap<number, Row>;

function modelOf(before: Model, action: Step): Model {
  const rows = [...before.values()];
  switch (action.kind) {
    case 'upsert':
      return new Map([...before, ...action.rows.map((one): [number, Row] => [one[0], one])]);
    case 'update':
      return byId(
        rows.map(([key, a, b]): Row => {
          const hit = key < action.below && a !== null;
          return [key, hit ? (a + action.add) % 5 : a, b];
        }),
      );
    case 'move':
      return byId(rows.map(([key, a, b]): Row => [key + action.by, a, b]));
    case 'delete':
      return byId(rows.filter(([, a]) => a !== action.a));
  }
}

function byId(rows: readonly Row[]): Model {
  return new Map(rows.map((one) => [one[0], one]));
}

function run(session: MemorySession, sql: string): readonly (readonly Value[])[] {
  const answers = session.run(sql);
  const last = answers[answers.length - 1]!;
  if ('code' in last) throw new Error(`${sql}: ${last.code} ${last.message}`);
  return last.rows;
}

function sorted(rows: Iterable<readonly Value[]>): readonly (readonly Value[])[] {
  return [...rows].toSorted((x, y) => Number(x[0]) - Number(y[0]));
}

function create(session: MemorySession, indexed: boolean): void {
  run(session, 'CREATE TABLE t (id int PRIMARY KEY, a int, b text, c text)');
  if (!indexed) return;
  run(session, 'CREATE INDEX t_a ON t (a)');
  run(session, 'CREATE INDEX t_ba ON t (b DESC, a)');
}

describe('time travel', () => {
  it('AS OF p is the state at p, for every p, by every index', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 14 }),
        fc.boolean(),
        (steps, indexed) => {
          const database = new MemoryDatabase(parser);
          const session = database.session();
          create(session, indexed);
          const states: [position: number, model: Model][] = [[database.position, new Map()]];
          let model: Model = new Map();
          for (const action of steps) {
            model = modelOf(model, action);
            run(session, sqlOf(action));
            states.push([database.position, model]);
          }
          for (const [position, state] of states) {
            const then = `t AS OF POSITION ${position}`;
            expect(sorted(run(session, `SELECT id, a, b FROM ${then}`))).toEqual(
              sorted(state.values()),
            );
            const backward = run(session, `SELECT id, a, b FROM ${then} ORDER BY id DESC`);
            expect(backward.toReversed()).toEqual(sorted(state.values()));
            for (let a = 0; a < 5; a += 1) {
              const expected = sorted([...state.values()].filter((one) => one[1] === a));
              expect(sorted(run(session, `SELECT id, a, b FROM ${then} WHERE a = ${a}`))).toEqual(
                expected,
              );
            }
            const ordered = run(
              session,
              `SELECT b, a FROM ${then} WHERE b > '' ORDER BY b DESC, a`,
            );
            expect(ordered.length).toBe([...state.values()].filter((one) => one[2] !== '').length);
          }
          expect(sorted(run(session, 'SELECT id, a, b FROM t'))).toEqual(sorted(model.values()));
        },
      ),
      { numRuns: 20 },
    );
  });

  it('every version is there once, with the positions at which it began and ended', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        (steps, indexed) => {
          const database = new MemoryDatabase(parser);
          const session = database.session();
          create(session, indexed);
          const positions: number[] = [];
          for (const action of steps) {
            run(session, sqlOf(action));
            positions.push(database.position);
          }
          const hidden = '_created_position, _deleted_position';
          const versions = run(session, `SELECT id, a, b, ${hidden} FROM t FOR SYSTEM_TIME ALL`);
          for (const position of positions) {
            const alive = versions.filter(([, , , began, ended]) => {
              return Number(began) <= position && (ended === null || Number(ended) > position);
            });
            const then = run(session, `SELECT id, a, b FROM t AS OF POSITION ${position}`);
            expect(sorted(alive.map((one) => one.slice(0, 3)))).toEqual(sorted(then));
          }
          for (let a = 0; a < 5; a += 1) {
            const some = run(
              session,
              `SELECT id, a, b, ${hidden} FROM t FOR SYSTEM_TIME ALL WHERE a = ${a}`,
            );
            const key = (one: readonly Value[]): string => one.join('|');
            const expected = versions.filter((one) => one[1] === a).map(key);
            expect(some.map(key).toSorted()).toEqual(expected.toSorted());
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('a transaction sees its snapshot and its own changes, whatever commits meanwhile', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(step, fc.boolean()), { minLength: 1, maxLength: 10 }),
        fc.boolean(),
        (steps, indexed) => {
          const database = new MemoryDatabase(parser);
          const session = database.session();
          const other = database.session();
          create(session, indexed);
          run(session, `INSERT INTO t (id, a, b) VALUES (1, 1, 'x'), (2, 2, 'y'), (3, NULL, '')`);
          let mine: Model = byId([
            [1, 1, 'x'],
            [2, 2, 'y'],
            [3, null, ''],
          ]);
          let theirs = mine;
          run(session, 'BEGIN');
          run(session, 'SELECT 1');
          for (const [action, own] of steps) {
            if (own) {
              mine = modelOf(mine, action);
              run(session, sqlOf(action));
            } else {
              theirs = modelOf(theirs, action);
              run(other, sqlOf(action));
            }
            expect(sorted(run(session, 'SELECT id, a, b FROM t'))).toEqual(sorted(mine.values()));
            for (let a = 0; a < 5; a += 1) {
              const expected = sorted([...mine.values()].filter((one) => one[1] === a));
              expect(sorted(run(session, `SELECT id, a, b FROM t WHERE a = ${a}`))).toEqual(
                expected,
              );
            }
            expect(sorted(run(other, 'SELECT id, a, b FROM t'))).toEqual(sorted(theirs.values()));
          }
          const [answer] = session.run('COMMIT');
          const changed = steps.some(([, own]) => own);
          const met = steps.some(([, own]) => !own);
          const conflict = 'code' in answer!;
          if (conflict) expect(answer.code).toBe('40001');
          if (!changed || !met) expect(conflict).toBe(false);
          const after = conflict || !changed ? theirs : met ? null : mine;
          if (after === null) return;
          expect(sorted(run(other, 'SELECT id, a, b FROM t'))).toEqual(sorted(after.values()));
        },
      ),
      { numRuns: 20 },
    );
  });
});
