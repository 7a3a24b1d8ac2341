/**
 * Deferrable keys against a model: random transactions over a table with keys of every kind. Equal
 * rows may be there between statements where the mode says so, and in no committed state.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import { parser } from '../parser/testing/parser.ts';
import type { Value } from '../types/type.ts';

type Row = readonly number[];
type Mode = 'plain' | 'immediate' | 'deferred';

const COLUMNS = ['id', 'a', 'b'] as const;
const CONSTRAINTS = ['t_pkey', 't_a_key', 't_b_key'];
const WORDS: Readonly<Record<Mode, string>> = {
  plain: '',
  immediate: 'DEFERRABLE',
  deferred: 'DEFERRABLE INITIALLY DEFERRED',
};

type Step =
  | { readonly kind: 'insert'; readonly rows: readonly Row[] }
  | { readonly kind: 'set'; readonly column: number; readonly to: number; readonly where: Where }
  | { readonly kind: 'shift'; readonly column: number; readonly by: number; readonly where: Where }
  | { readonly kind: 'delete'; readonly where: Where }
  | { readonly kind: 'mode'; readonly column: number; readonly deferred: boolean }
  | { readonly kind: 'begin' | 'commit' | 'rollback' | 'savepoint' | 'back' };

interface Where {
  readonly column: number;
  readonly below: number;
}

const VALUES = 8;
const value = fc.integer({ min: 0, max: VALUES - 1 });
const column = fc.integer({ min: 0, max: 2 });
const where = fc.record({ column, below: fc.integer({ min: 0, max: 4 }) });
const row = fc.tuple(value, value, value);
const rows = fc.array(row, { minLength: 1, maxLength: 2 });
const write: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), rows }),
  fc.record({ kind: fc.constant('set' as const), column, to: value, where }),
  fc.record({ kind: fc.constant('shift' as const), column, by: value, where }),
  fc.record({ kind: fc.constant('delete' as const), where }),
);
const inside: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: write },
  fc.record({ kind: fc.constant('mode' as const), column, deferred: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('savepoint' as const, 'back' as const) }),
);
const end = fc.constantFrom<Step>({ kind: 'commit' }, { kind: 'commit' }, { kind: 'rollback' });
const transaction = fc
  .tuple(fc.array(inside, { minLength: 1, maxLength: 6 }), end)
  .map(([steps, last]): readonly Step[] => [{ kind: 'begin' }, ...steps, last]);
const history = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: transaction },
      write.map((one) => [one]),
    ),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((blocks): readonly Step[] => blocks.flat());
const mode = fc.constantFrom<Mode>('plain', 'immediate', 'deferred', 'deferred');
const START: readonly Row[] = [0, 1, 2, 3].map((i) => [i, i, i]);

function sqlOf(action: Step): string {
  switch (action.kind) {
    case 'insert':
      return `INSERT INTO t VALUES ${action.rows.map((one) => `(${one.join(', ')})`).join(', ')}`;
    case 'set':
      return `UPDATE t SET ${COLUMNS[action.column]} = ${action.to} ${conditionOf(action.where)}`;
    case 'shift': {
      const name = COLUMNS[action.column];
      return `UPDATE t SET ${name} = (${name} + ${action.by}) % ${VALUES} ${conditionOf(action.where)}`;
    }
    case 'delete':
      return `DELETE FROM t ${conditionOf(action.where)}`;
    case 'mode': {
      const word = action.deferred ? 'DEFERRED' : 'IMMEDIATE';
      return `SET CONSTRAINTS ${CONSTRAINTS[action.column]} ${word}`;
    }
    case 'savepoint':
      return 'SAVEPOINT s';
    case 'back':
      return 'ROLLBACK TO s';
    default:
      return action.kind.toUpperCase();
  }
}

function conditionOf({ column: at, below }: Where): string {
  return `WHERE ${COLUMNS[at]} < ${below}`;
}

/** What the table holds, and how a transaction goes. */
class Model {
  readonly #declared: readonly Mode[];
  rows: readonly Row[] = [];
  #modes: readonly Mode[];
  #before: readonly Row[] | null = null;
  #mark: { readonly rows: readonly Row[]; readonly modes: readonly Mode[] } | null = null;
  #failed = false;

  constructor(declared: readonly Mode[]) {
    this.#declared = declared;
    this.#modes = declared;
  }

  /** The SQLSTATE that the step answers, '' for success. */
  take(action: Step): string {
    const code = this.#failed && !ends(action) ? '25P02' : this.#take(action);
    if (code !== '' && this.#before !== null) this.#failed = true;
    return code;
  }

  #take(action: Step): string {
    switch (action.kind) {
      case 'begin':
        this.#before ??= this.rows;
        return '';
      case 'commit': {
        const { rows } = this;
        const broken = !this.#failed && this.#isBroken(rows, () => true);
        this.#end(broken || this.#failed ? (this.#before ?? rows) : rows);
        return broken ? '23505' : '';
      }
      case 'rollback':
        this.#end(this.#before ?? this.rows);
        return '';
      case 'savepoint':
        if (this.#before === null) return '25P01';
        this.#mark = { rows: this.rows, modes: this.#modes };
        return '';
      case 'back':
        if (this.#before === null) return '25P01';
        if (this.#mark === null) return '3B001';
        this.rows = this.#mark.rows;
        this.#modes = this.#mark.modes;
        this.#failed = false;
        return '';
      case 'mode':
        return this.#setMode(action.column, action.deferred);
      default:
        return this.#write(changed(this.rows, action));
    }
  }

  #setMode(at: number, deferred: boolean): string {
    // What cannot be deferred is immediate already.
    if (this.#declared[at] === 'plain') return deferred ? '42809' : '';
    if (this.#before === null) return '';
    this.#modes = this.#modes.with(at, deferred ? 'deferred' : 'immediate');
    return !deferred && this.#isBroken(this.rows, (i) => i === at) ? '23505' : '';
  }

  #write(rows: readonly Row[]): string {
    const isNow = (i: number): boolean => this.#before === null || this.#modes[i] !== 'deferred';
    if (this.#isBroken(rows, isNow)) return '23505';
    this.rows = rows;
    return '';
  }

  #isBroken(rows: readonly Row[], counts: (column: number) => boolean): boolean {
    return COLUMNS.some((_, i) => {
      return counts(i) && new Set(rows.map((one) => one[i])).size < rows.length;
    });
  }

  #end(rows: readonly Row[]): void {
    this.rows = rows;
    this.#before = null;
    this.#mark = null;
    this.#failed = false;
    this.#modes = this.#declared;
  }

  get hasFailed(): boolean {
    return this.#failed;
  }
}

function ends({ kind }: Step): boolean {
  return kind === 'commit' || kind === 'rollback' || kind === 'back';
}

function changed(rows: readonly Row[], action: Step): readonly Row[] {
  const meets = (one: Row, { column: at, below }: Where): boolean => one[at]! < below;
  switch (action.kind) {
    case 'insert':
      return [...rows, ...action.rows];
    case 'set':
      return rows.map((one) =>
        meets(one, action.where) ? one.with(action.column, action.to) : one,
      );
    case 'shift':
      return rows.map((one) => {
        if (!meets(one, action.where)) return one;
        return one.with(action.column, (one[action.column]! + action.by) % VALUES);
      });
    case 'delete':
      return rows.filter((one) => !meets(one, action.where));
    default:
      return rows;
  }
}

function codeOf(session: MemorySession, sql: string): string {
  const answer = session.run(sql).at(-1);
  return answer !== undefined && 'code' in answer ? answer.code : '';
}

function rowsIn(session: MemorySession, sql: string): readonly (readonly Value[])[] {
  const [answer] = session.run(sql);
  if (answer === undefined || 'code' in answer) throw new Error(`${sql}: ${String(answer)}`);
  return answer.rows;
}

function sorted(rows: readonly (readonly Value[])[]): string[] {
  return rows.map((one) => one.join()).toSorted();
}

describe('deferrable keys', () => {
  it('answer and hold what the model says', () => {
    const property = fc.property(fc.tuple(mode, mode, mode), history, (modes, steps) => {
      const session = new MemoryDatabase(parser).session();
      const model = new Model(modes);
      const [id, a, b] = modes.map((one) => WORDS[one]);
      const columns = `id int PRIMARY KEY ${id}, a int UNIQUE ${a}, b int UNIQUE ${b}`;
      expect(codeOf(session, `CREATE TABLE t (${columns})`)).toBe('');
      const first: Step = { kind: 'insert', rows: START };
      for (const action of [first, ...steps]) {
        expect(codeOf(session, sqlOf(action))).toBe(model.take(action));
        if (model.hasFailed) continue;
        expect(sorted(rowsIn(session, 'SELECT * FROM t'))).toEqual(sorted(model.rows));
        // By each index, too.
        for (const [i, name] of COLUMNS.entries()) {
          const found = rowsIn(session, `SELECT * FROM t WHERE ${name} = 1`);
          expect(sorted(found)).toEqual(sorted(model.rows.filter((one) => one[i] === 1)));
        }
      }
    });
    fc.assert(property, { numRuns: 40 });
  });
});
