/**
 * Access, told as small histories: who may do what, through the log, beside it and in sessions; and
 * that what was refused left nothing but its entry.
 */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadParser } from '../../shells/parser.ts';
import { EMBEDDED } from '../limits.ts';
import type { Limits } from '../limits.ts';
import type { Parser } from '../sql/parser/parser.ts';
import { encodeCommitRequest, encodeFloorRequest } from '../sql/session/request.ts';
import type { StatementAnswer } from '../sql/session/result.ts';
import { isError } from '../sql/session/result.ts';
import type { AccessChange, Reach } from './access-request.ts';
import type { Role } from './access-records.ts';
import { decodeEntryHeader } from './entry.ts';
import { actorOf } from './log-table.ts';
import * as operation from './operation.ts';
import { AccessWorld, codeOf, grant, secretHash } from './testing/access-world.ts';
import { text } from './testing/prepares.ts';

const LIMITS: Limits = { ...EMBEDDED, usersMax: 6, keysPerUserMax: 2, tenantsPerUserMax: 2 };
let parser: Parser;
beforeAll(async () => {
  parser = await loadParser();
});

let w: AccessWorld;
beforeEach(() => {
  w = new AccessWorld(LIMITS);
});

function rowsOf(answer: StatementAnswer): unknown {
  return isError(answer) ? answer.code : answer.rows;
}

function newUser(user: string, role: Role, tenants: readonly number[] | 'all'): AccessChange {
  const everyTenant = tenants === 'all';
  const reach: Reach = { everyTenant, tenants: everyTenant ? [] : tenants };
  return { kind: 'create user', user, role, reach, key: grant(`key of ${user}`) };
}

/** Tenants `clinic` (1) and `lab` (2), the admin `ada`, and one user of each other role in 1. */
function enforced(world: AccessWorld = w): void {
  const bootstrap = { kind: 'bootstrap', user: 'ada', key: grant('first') } as const;
  expect(world.change('', { kind: 'create tenant', name: 'clinic' })).toBe('CREATE TENANT');
  expect(world.change('', bootstrap)).toBe('BOOTSTRAP');
  expect(world.change('ada', { kind: 'create tenant', name: 'lab' })).toBe('CREATE TENANT');
  for (const role of ['writer', 'reader', 'auditor'] as const) {
    expect(world.change('ada', newUser(role, role, [1]))).toBe('CREATE USER');
  }
  for (const tenant of [1, 2]) {
    for (const sql of ['CREATE TABLE t (a int PRIMARY KEY)', 'CREATE SEQUENCE s']) {
      expect(isError(world.run('ada', tenant, sql, parser))).toBe(false);
    }
  }
}

describe('before there is an admin', () => {
  test('everybody may do everything, tenants are named, and users are not made', () => {
    expect(w.change('x', { kind: 'create tenant', name: 'clinic' })).toBe('CREATE TENANT');
    expect(codeOf(w.run('anybody', 1, 'CREATE TABLE t (a int)', parser))).toBe('CREATE TABLE');
    expect(w.change('x', newUser('bob', 'reader', [1]))).toBe('55000');
    expect(w.kernel.access.enforced).toBe(false);
  });

  test('the first one switches access on, once and for ever', () => {
    const first: AccessChange = { kind: 'bootstrap', user: 'ada', key: grant('first') };
    const expiring = { ...first, key: grant('first', 9e15) };
    expect(w.change('', expiring)).toBe('22023');
    expect(w.change('', first)).toBe('BOOTSTRAP');
    expect(w.kernel.access.enforced).toBe(true);
    expect(w.kernel.access.user('ada')).toMatchObject({ role: 'admin', everyTenant: true });
    expect(w.change('', { ...first, user: 'eve', key: grant('other') })).toBe('42501');
    expect(w.change('eve', { kind: 'create tenant', name: 'clinic' })).toBe('28000');
  });
});

const ROLES = ['ada', 'writer', 'reader', 'auditor', 'nobody'] as const;

describe('rights in a tenant', () => {
  const WRITE = ['', '', '42501', '42501', '28000'];
  const ROWS = ['', '', '', '42501', '28000'];
  const FREE = ['', '', '', '', '28000'];
  const CASES: readonly (readonly [sql: string, refusals: readonly string[]])[] = [
    ['INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING', WRITE],
    ['UPDATE t SET a = 9 WHERE false', WRITE],
    ['DELETE FROM t WHERE false', WRITE],
    ['CREATE TABLE IF NOT EXISTS t (a int)', WRITE],
    ['CREATE OR REPLACE VIEW v AS SELECT a FROM t', WRITE],
    ['DROP TABLE IF EXISTS missing', WRITE],
    ["SELECT nextval('s')", WRITE],
    ['WITH gone AS (DELETE FROM t WHERE false RETURNING a) SELECT * FROM gone', WRITE],
    ['EXPLAIN ANALYZE DELETE FROM t WHERE false', WRITE],
    ['EXPLAIN DELETE FROM t', ROWS],
    ['SELECT a FROM t', ROWS],
    ['SELECT a FROM t WHERE false', ROWS],
    ['SELECT a FROM v', ROWS],
    ['SELECT a FROM t AS OF POSITION 2', ROWS],
    ['SELECT (SELECT count(*) FROM t)', ROWS],
    ['WITH x AS (SELECT a FROM t) SELECT 1', ROWS],
    ['SELECT 1', FREE],
    ['SELECT count(*) > 0 FROM information_schema.tables', FREE],
  ];

  test('each role has its own, through the log and beside it', () => {
    enforced();
    for (const [sql, refusals] of CASES) {
      for (const [i, user] of ROLES.entries()) {
        const code = codeOf(w.run(user, 1, sql, parser));
        const wanted = refusals[i]! === '' ? expect.stringMatching(/[A-Z]{3}/u) : refusals[i];
        expect([sql, user, code]).toEqual([sql, user, wanted]);
        if (refusals === WRITE) continue;
        const beside = w.query(user, 1, sql, parser);
        expect([sql, user, beside]).toEqual([sql, user, wanted]);
        expect(codeOf(w.sessionOf(user, 1, parser)(sql))).toBe(code);
      }
    }
  });

  test('none has any where it may not enter; an admin enters everywhere', () => {
    enforced();
    const codes = (sql: string): readonly string[] =>
      ROLES.map((user) => codeOf(w.run(user, 2, sql, parser)));
    const refused = ['42501', '42501', '42501', '28000'];
    expect(codes('SELECT 1')).toEqual(['SELECT 1', ...refused]);
    expect(codes('SELECT a FROM t')).toEqual(['SELECT 0', ...refused]);
    expect(w.query('reader', 2, 'SELECT 1', parser)).toBe('42501');
    const floor = (user: string): number =>
      w.ask(operation.OPERATION_SQL, 2, encodeFloorRequest(user)).status;
    expect(floor('ada')).toBe(operation.STATUS_OK);
    expect(floor('reader')).toBe(operation.STATUS_SQL_ERROR);
    expect(floor('')).toBe(operation.STATUS_SQL_ERROR);
    w.change('ada', {
      kind: 'set reach',
      user: 'reader',
      reach: { everyTenant: false, tenants: [2, 1] },
    });
    expect(w.query('reader', 2, 'SELECT 1', parser)).toBe('SELECT 1');
    expect(w.kernel.access.user('reader')!.tenants).toEqual([1, 2]);
  });

  test('the log and its verification are for admins and auditors', () => {
    enforced();
    const ask = (sql: string): readonly string[] =>
      ROLES.map((user) => codeOf(w.sessionOf(user, 1, parser)(sql)));
    const refusals = ['42501', '42501', expect.any(String), '28000'];
    const shown = ask('SELECT position, actor FROM kimberlite.log');
    expect(shown).toEqual([expect.stringContaining('SELECT'), ...refusals]);
    expect(shown[3]).toContain('SELECT');
    const verified = ask('VERIFY LOG');
    expect(verified).toEqual(['VERIFY LOG', '42501', '42501', 'VERIFY LOG', '28000']);
    const session = w.sessionOf('writer', 1, parser);
    codeOf(session('BEGIN'));
    expect(codeOf(session('CREATE TABLE copy AS SELECT * FROM kimberlite.log'))).toBe('42501');
    codeOf(session('ROLLBACK'));
    expect(codeOf(session('CREATE VIEW peek AS SELECT hash FROM kimberlite.log'))).toBe(
      'CREATE VIEW',
    );
    expect(codeOf(session('SELECT * FROM peek'))).toBe('42501');
  });

  test('what names no user is refused', () => {
    enforced();
    const { primary, session } = w;
    const statuses = [
      w.apply(primary.createTenant(session, 5)).status,
      w.apply(primary.append(session, 1, 'stream', ['x'])).status,
    ];
    expect(statuses).toEqual([operation.STATUS_FORBIDDEN, operation.STATUS_FORBIDDEN]);
    for (const query of [operation.encodeHead(text('s')), operation.encodeRead(text('s'), 0, 1)]) {
      w.queries.run(1, query, 0);
      expect(w.queries.status).toBe(operation.STATUS_FORBIDDEN);
    }
  });
});

describe('rights are those of now', () => {
  const demote: AccessChange = { kind: 'set role', user: 'writer', role: 'reader' };

  test('a role taken away between BEGIN and COMMIT refuses the COMMIT', () => {
    enforced();
    const session = w.sessionOf('writer', 1, parser);
    for (const sql of ['BEGIN', 'INSERT INTO t VALUES (1)']) {
      expect(isError(session(sql))).toBe(false);
    }
    expect(w.change('ada', demote)).toBe('ALTER USER');
    expect(codeOf(session('COMMIT'))).toBe('42501');
    expect(rowsOf(w.run('ada', 1, 'SELECT * FROM t', parser))).toEqual([]);
  });

  test('inside a transaction, of a prepared statement, and of a plan that was kept', () => {
    enforced();
    const session = w.sessionOf('writer', 1, parser);
    const insert = 'INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING';
    session('PREPARE one AS INSERT INTO t VALUES (2) ON CONFLICT DO NOTHING');
    session('PREPARE two AS SELECT a FROM t');
    expect(codeOf(session('EXECUTE one'))).toBe('INSERT 0 1');
    expect(codeOf(w.run('writer', 1, insert, parser))).toBe('INSERT 0 1');
    w.change('ada', demote);
    expect(codeOf(session('EXECUTE one'))).toBe('42501');
    expect(codeOf(w.run('writer', 1, insert, parser))).toBe('42501');
    expect(codeOf(session('EXECUTE two'))).toBe('SELECT 2');
    expect(codeOf(session('BEGIN'))).toBe('BEGIN');
    expect(codeOf(session('SELECT a FROM t'))).toBe('SELECT 2');
    w.change('ada', { ...demote, role: 'auditor' });
    expect(codeOf(session('SELECT a FROM t'))).toBe('42501');
    expect(codeOf(session('ROLLBACK'))).toBe('ROLLBACK');
    expect(codeOf(session('EXECUTE two'))).toBe('42501');
    w.change('ada', { kind: 'drop user', user: 'writer' });
    expect(codeOf(session('SELECT 1'))).toBe('28000');
  });

  test('what a transaction read of the log, it may commit only with the right to it', () => {
    enforced();
    w.change('ada', { kind: 'add key', user: 'writer', key: grant('other') });
    w.change('ada', { kind: 'set role', user: 'writer', role: 'admin' });
    const begin = (): ((sql: string) => StatementAnswer) => {
      const session = w.sessionOf('writer', 1, parser);
      session('BEGIN');
      expect(codeOf(session('SELECT count(*) FROM kimberlite.log'))).toBe('SELECT 1');
      expect(codeOf(session('INSERT INTO t VALUES (1)'))).toBe('INSERT 0 1');
      return session;
    };
    const demoted = begin();
    w.change('ada', { kind: 'set role', user: 'writer', role: 'writer' });
    expect(codeOf(demoted('COMMIT'))).toBe('42501');
    w.change('ada', { kind: 'set role', user: 'writer', role: 'admin' });
    const outrun = begin();
    w.run('ada', 1, 'SELECT 1', parser);
    expect(codeOf(outrun('COMMIT'))).toBe('40001');
    expect(codeOf(begin()('COMMIT'))).toBe('COMMIT');
  });

  test("a commit that was made elsewhere carries its user's rights, too", () => {
    enforced();
    const request = { kind: 'commit', snapshot: 0, text: '', reads: new Uint8Array(4) } as const;
    const commit = (user: string): string => {
      const body = encodeCommitRequest({ ...request, user, writes: new Uint8Array(0) });
      return String(w.ask(operation.OPERATION_SQL, 1, body).status);
    };
    const tries = ROLES.map(commit);
    // The request of those who may write fails for its own reason.
    expect(new Set(tries)).toEqual(new Set([String(operation.STATUS_SQL_ERROR)]));
    const rows = w.logs
      .get(1)!
      .slice(-5)
      .map((entry) => actorOf(entry, decodeEntryHeader(entry)!));
    expect(rows).toEqual([...ROLES]);
  });
});

describe('changes', () => {
  test('are for admins only', () => {
    enforced();
    const change = newUser('bob', 'reader', 'all');
    const codes = ['writer', 'reader', 'auditor', 'nobody', '', 'ada'].map((actor) =>
      w.change(actor, change),
    );
    expect(codes).toEqual(['42501', '42501', '42501', '28000', '28000', 'CREATE USER']);
  });

  test('the last admin with a lasting key stays, whatever is tried', () => {
    enforced();
    const tries: AccessChange[] = [
      { kind: 'drop user', user: 'ada' },
      { kind: 'set role', user: 'ada', role: 'auditor' },
      { kind: 'drop key', user: 'ada', id: 'first' },
    ];
    const all = (): readonly string[] => tries.map((change) => w.change('ada', change));
    expect(all()).toEqual(['42501', '42501', '42501']);
    // A second one whose key will expire is no one to rely on.
    const second: AccessChange = { ...newUser('eve', 'admin', 'all') } as AccessChange;
    expect(w.change('ada', { ...second, key: grant('soon', 9e15) } as AccessChange)).toBe(
      'CREATE USER',
    );
    expect(all()).toEqual(['42501', '42501', '42501']);
    w.change('ada', { kind: 'add key', user: 'eve', key: grant('lasting') });
    expect(w.change('ada', tries[0]!)).toBe('DROP USER');
    expect(w.change('eve', { kind: 'drop user', user: 'eve' })).toBe('42501');
    expect(w.change('ada', { kind: 'drop user', user: 'eve' })).toBe('28000');
  });

  test('keys find their user until they are dropped, or the user is', () => {
    enforced();
    const owner = (id: string): string | undefined =>
      w.kernel.access.keyOwner(secretHash(id))?.name;
    expect([owner('first'), owner('key of reader'), owner('forged')]).toEqual([
      'ada',
      'reader',
      undefined,
    ]);
    const add = (id: string, expires = 0): string =>
      w.change('ada', { kind: 'add key', user: 'reader', key: grant(id, expires) });
    expect(add('first')).toBe('42710');
    expect(add('late', 1)).toBe('22023');
    expect(add('second', 9e15)).toBe('ALTER USER');
    expect(add('third')).toBe('54000');
    expect(w.change('ada', { kind: 'drop key', user: 'reader', id: 'key of reader' })).toBe(
      'ALTER USER',
    );
    expect([owner('key of reader'), owner('second')]).toEqual([undefined, 'reader']);
    expect(w.change('ada', { kind: 'drop key', user: 'reader', id: 'third' })).toBe('42704');
    w.change('ada', { kind: 'drop user', user: 'reader' });
    expect(owner('second')).toBeUndefined();
  });

  test('impossible ones say why', () => {
    enforced();
    const code = (change: AccessChange): string => w.change('ada', change);
    expect(code(newUser('reader', 'admin', 'all'))).toBe('42710');
    expect(code(newUser('', 'admin', 'all'))).toBe('42602');
    expect(code(newUser('a\nb', 'admin', 'all'))).toBe('42602');
    expect(code(newUser('x'.repeat(129), 'admin', 'all'))).toBe('42602');
    expect(code(newUser('bob', 'admin', [3]))).toBe('3D000');
    expect(code(newUser('bob', 'admin', [0]))).toBe('3D000');
    expect(code(newUser('bob', 'admin', [1, 2, 1]))).toBe('54000');
    expect(code({ kind: 'drop user', user: 'x'.repeat(99_999) })).toBe('42704');
    for (const user of ['5', '6']) expect(code(newUser(user, 'reader', []))).toBe('CREATE USER');
    expect(code(newUser('7', 'reader', []))).toBe('54000');
    expect(code({ kind: 'create tenant', name: 'clinic' })).toBe('42P04');
    expect(w.ask(operation.OPERATION_ACCESS, 1, Uint8Array.of(1)).status).toBe(
      operation.STATUS_WRONG_TENANT,
    );
    expect(w.ask(operation.OPERATION_ACCESS, 0, Uint8Array.of(1)).status).toBe(
      operation.STATUS_MALFORMED,
    );
  });
});

describe('tenants', () => {
  test('get numbers that are free, and are found by name', () => {
    w.apply(w.primary.createTenant(w.session, 1));
    const numbers = ['b', 'a'].map((name) =>
      rowsOf(w.changeAnswer('', { kind: 'create tenant', name })),
    );
    expect(numbers).toEqual([[[2]], [[3]]]);
    const { access } = w.kernel;
    expect([access.tenant('a'), access.tenant('b'), access.tenant('c')]).toEqual([3, 2, 0]);
    const named = access.tenants(0, 9).map(({ tenant, name }) => [tenant, name]);
    expect(named).toEqual([
      [1, ''],
      [2, 'b'],
      [3, 'a'],
    ]);
    expect(access.tenants(1, 1).map(({ tenant }) => tenant)).toEqual([2]);
    const full = new AccessWorld({ ...LIMITS, tenantsMax: 2 });
    expect(full.change('', { kind: 'create tenant', name: 'a' })).toBe('CREATE TENANT');
    expect(full.change('', { kind: 'create tenant', name: 'b' })).toBe('54000');
  });

  test('share nothing: tables, rows, sequences and logs are their own', () => {
    enforced();
    w.run('ada', 1, 'INSERT INTO t VALUES (1), (2)', parser);
    w.run('ada', 2, "INSERT INTO t VALUES (7), (nextval('s'))", parser);
    w.run('ada', 1, 'CREATE TABLE only_here (a int)', parser);
    const rows = (tenant: number, sql: string): unknown =>
      rowsOf(w.run('ada', tenant, sql, parser));
    expect(rows(1, 'SELECT a FROM t ORDER BY a')).toEqual([[1], [2]]);
    expect(rows(2, 'SELECT a FROM t ORDER BY a')).toEqual([[1], [7]]);
    expect(rows(2, 'SELECT * FROM only_here')).toBe('42P01');
    expect(w.logs.get(2)!.length).toBe(5);
  });

  test('users are listed in order, a page at a time', () => {
    enforced();
    const { access } = w.kernel;
    expect(access.users('', 9).map(({ name }) => name)).toEqual([
      'ada',
      'auditor',
      'reader',
      'writer',
    ]);
    expect(access.users('ada', 2).map(({ name }) => name)).toEqual(['auditor', 'reader']);
    expect(access.users('writer', 2)).toEqual([]);
  });
});

test('the log tells who changed what, to those who may enter every tenant', () => {
  enforced();
  w.change('reader', { kind: 'drop user', user: 'ada' });
  const sql = 'SELECT actor, statement, sqlstate FROM kimberlite.access_log ORDER BY position';
  const ask = (user: string): unknown => rowsOf(w.sessionOf(user, 1, parser)(sql));
  expect(['writer', 'reader', 'auditor', 'nobody'].map(ask)).toEqual([
    '42501',
    '42501',
    '42501',
    '28000',
  ]);
  const shown = ask('ada') as unknown[][];
  expect(shown.slice(0, 4)).toEqual([
    ['', 'create tenant clinic', '00000'],
    ['', 'enforce access, create user ada role admin key first', '00000'],
    ['ada', 'create tenant lab', '00000'],
    ['ada', 'create user writer role writer tenants 1 key key of writer', '00000'],
  ]);
  expect(shown.at(-1)).toEqual(['reader', 'drop user ada', '42501']);
  const everywhere: Reach = { everyTenant: true, tenants: [] };
  w.change('ada', { kind: 'set reach', user: 'auditor', reach: everywhere });
  expect((ask('auditor') as unknown[]).length).toBe(shown.length + 1);
  expect(codeOf(w.run('ada', 1, sql, parser))).toBe('0A000');
  // Its positions are another log's.
  const then = sql.replace('ORDER BY', 'AS OF POSITION 2 ORDER BY');
  expect(rowsOf(w.sessionOf('ada', 1, parser)(then))).toBe('0A000');
});
