/**
 * The SQL model: what committed statements of the workload do to a tenant's tables, and what each
 * must answer. The rules are PostgreSQL's, written down as plainly as possible.
 *
 * Order of refusals within a statement: names, then row by row not-null and CHECK, then unique keys
 * at the statement's end, then foreign keys.
 */
import type { QueryBody, TableExpression } from '../../../core/sql/tree/query.ts';
import type { SetConstraints, Statement } from '../../../core/sql/tree/statement.ts';
import { assert } from '../../../core/types/assert.ts';
import type { Deferral, Place } from './change.ts';
import { Change } from './change.ts';
import { ModelDatabase, alive } from './database.ts';
import { alter, createIndex, createTable, createView, drop } from './definitions.ts';
import type { Cell } from './interpreter.ts';
import { ModelError, refusal } from './interpreter.ts';
import { insert, merge, remove, update } from './writes.ts';

/** What a statement must answer: an SQLSTATE, or '' and how many rows it changed or returned. */
export interface Verdict {
  readonly code: string;
  readonly count: number;
  /** Of a query. */
  readonly rows: readonly (readonly Cell[])[] | null;
  /** A query that looks into the past. */
  readonly past: boolean;
}

const MANIPULATES: readonly string[] = ['insert', 'update', 'delete', 'merge'];

export class SqlModel {
  readonly database: ModelDatabase;
  /** Anything was committed. */
  used = false;
  /** The last position that changed anything; 0: none. */
  changed = 0;

  constructor(database: ModelDatabase = new ModelDatabase()) {
    this.database = database;
  }

  /** The statement at this position of the tenant's log. A refused one changes nothing. */
  commit(statement: Statement, parameters: readonly Cell[], position: number): Verdict {
    this.used = true;
    // A query sees what stood before its own entry.
    const at = statement.kind === 'query' ? position - 1 : position;
    return this.execute(statement, parameters, at);
  }

  /**
   * A statement among others at one position: it sees what they did. `deferral`: of the transaction
   * that they are.
   */
  execute(
    statement: Statement,
    parameters: readonly Cell[],
    position: number,
    deferral: Deferral | null = null,
  ): Verdict {
    if (statement.kind === 'query') return this.read(statement, parameters, position);
    try {
      const place = { database: this.database, position, parameters, deferral };
      const count = change(statement, place);
      // A definition counts no rows.
      if (count > 0 || !MANIPULATES.includes(statement.kind)) this.changed = position;
      return { code: '', count, rows: null, past: false };
    } catch (error) {
      if (error instanceof ModelError) return refused(error, false);
      throw error;
    }
  }

  /** A query beside the log, on the state as of a position. */
  read(statement: Statement, parameters: readonly Cell[], position: number): Verdict {
    assert(statement.kind === 'query', 'only queries are sent beside the log');
    const past = travels(statement.body);
    try {
      const rows = this.database.query(statement, parameters, position);
      return { code: '', count: rows.length, rows, past };
    } catch (error) {
      if (error instanceof ModelError) return refused(error, past);
      throw error;
    }
  }

  /** Another model, with what this one knew at a position, to go on from there. */
  fork(position: number): SqlModel {
    return new SqlModel(this.database.fork(position));
  }

  /** The end of a transaction: '', or 23505 when a key that it deferred does not hold. */
  keysAt(position: number): string {
    try {
      checkAllKeys({ database: this.database, position, parameters: [], deferral: null });
    } catch (error) {
      if (error instanceof ModelError) return error.code;
      throw error;
    }
    return '';
  }
}

/** How many rows it changes. */
function change(statement: Statement, place: Place): number {
  const { database, position } = place;
  switch (statement.kind) {
    case 'insert':
      return insert(statement, place);
    case 'update':
      return update(statement, place);
    case 'delete':
      return remove(statement, place);
    case 'merge':
      return merge(statement, place);
    case 'createTable':
      createTable(statement, place);
      return 0;
    case 'createIndex':
      createIndex(statement, place);
      return 0;
    case 'createView':
      createView(statement, [], place);
      return 0;
    case 'createViewWith':
      createView(statement.view, statement.options, place);
      return 0;
    case 'drop':
      drop(statement.object, statement.names[0]!.name, place);
      return 0;
    case 'alterTable':
      alter(database.table(statement.name.name, position), statement.actions[0]!, place);
      return 0;
    case 'setConstraints':
      setConstraints(statement, place);
      return 0;
    default:
      assert(false, () => `the workload has no ${statement.kind}`);
  }
}

/** What becomes immediate must hold now. */
function setConstraints({ names, deferred }: SetConstraints, place: Place): void {
  const { database, position, deferral } = place;
  assert(deferral !== null, 'only transactions defer');
  const keys = database.tables.flatMap((table) => (alive(table, position) ? table.keys : []));
  for (const { name } of names) if (!keys.some((key) => key.name === name)) throw refusal('42704');
  const { all, some } = deferral;
  if (names.length === 0) {
    deferral.all = deferred;
    deferral.some = new Map();
  } else {
    deferral.some = new Map(some);
    for (const { name } of names) deferral.some.set(name, deferred);
  }
  try {
    checkAllKeys(place);
  } catch (error) {
    deferral.all = all;
    deferral.some = some;
    throw error;
  }
}

function checkAllKeys(place: Place): void {
  for (const table of place.database.tables) {
    if (alive(table, place.position)) new Change(table, place).checkKeys();
  }
}

function refused(error: ModelError, past: boolean): Verdict {
  return { code: error.code, count: 0, rows: null, past };
}

/** Whether a table in it is read as of another moment. */
function travels(body: QueryBody): boolean {
  if (body.kind === 'set') return travels(body.left.body) || travels(body.right.body);
  if (body.kind === 'values') return false;
  return body.from.some(function past(from: TableExpression): boolean {
    if (from.kind === 'join') return past(from.left) || past(from.right);
    return from.kind === 'table' && from.time !== null;
  });
}
