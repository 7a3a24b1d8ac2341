/**
 * SQL through the kernel: statements as ops of the log. Answered once and for ever, the same
 * whatever the slices and whatever pages were missing on the way, and rebuilt from outcomes alone.
 */
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Prepare } from '../codec/prepare.ts';
import { sha256Into } from '../crypto/sha256.ts';
import { EMBEDDED } from '../limits.ts';
import type { Limits } from '../limits.ts';
import type { Parser } from '../sql/parser/parser.ts';
import { NO_SEQUENCES, encodeStatementRequest } from '../sql/session/request.ts';
import type { StatementAnswer } from '../sql/session/result.ts';
import { decodeAnswer, isError } from '../sql/session/result.ts';
import { Settings } from '../sql/session/settings.ts';
import { statementOf } from '../sql/session/statement.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { ABSENT, NEEDS, PRESENT } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import { loadParser } from '../../shells/parser.ts';
import { entryOp, sealEntry } from './entry.ts';
import { Kernel, STEP_DONE, STEP_NEEDS } from './kernel.ts';
import type { KernelReply } from './reply.ts';
import { storedReply } from './reply.ts';
import * as operation from './operation.ts';
import { rebuildFromLogs, reexecute } from './rebuild.ts';
import { SESSION_KEY_BYTES, replyKey, sessionView } from './records.ts';
import { TestPrimary } from './testing/prepares.ts';
import type { TestSession } from './testing/prepares.ts';

const LIMITS: Limits = { ...EMBEDDED, sessionsMax: 2 };
let parser: Parser;

beforeAll(async () => {
  parser = await loadParser();
});

function bodyOf(sql: string): Uint8Array {
  const known = statementOf(parser.parse(sql)[0]!);
  const key = known.keyBytes(new Settings(), 'ann', []);
  return encodeStatementRequest(key, known.text, [], NO_SEQUENCES);
}

const hasher = { sha256Into };

/** A replica without disk, and the logs that it writes. */
class World {
  readonly primary = new TestPrimary();
  readonly store = new MemoryStore();
  readonly logs = new Map<number, Uint8Array[]>();
  readonly kernel: Kernel;
  readonly budget: number;

  /** `view`: what the kernel is given for a store. */
  constructor(budget: number = 1 << 20, view: (store: Store) => Store = (store) => store) {
    this.budget = budget;
    const entries = (tenant: number): number => this.logs.get(tenant)?.length ?? 0;
    this.kernel = new Kernel(LIMITS, view(this.store), { entries });
  }

  apply(prepare: Prepare): KernelReply | null {
    const { kernel } = this;
    kernel.begin(prepare);
    for (let code = -1; code !== STEP_DONE; code = kernel.step(this.budget));
    const { logTenant, position, requestPartBytes, outcomePartBytes } = kernel;
    const log = this.logs.get(logTenant) ?? [];
    const last = log.at(-1);
    const previous = last === undefined ? new Uint8Array(32) : last.slice(224, 256);
    const bytes = sealEntry(
      kernel.entryBytes,
      prepare.header,
      logTenant,
      position,
      requestPartBytes,
      outcomePartBytes,
      previous,
      hasher,
    );
    log.push(kernel.entryBytes.slice(0, bytes));
    this.logs.set(logTenant, log);
    while (!kernel.install(this.budget)) expect(kernel.installing).toBe(true);
    expect(kernel.installing).toBe(false);
    return kernel.reply;
  }

  ready(): TestSession {
    const { prepare, session } = this.primary.register(0);
    this.apply(prepare);
    this.apply(this.primary.createTenant(session, 1));
    return session;
  }

  run(session: TestSession, sql: string): StatementAnswer {
    const prepare = this.primary.request(session, operation.OPERATION_SQL, 1, bodyOf(sql));
    const reply = this.apply(prepare)!;
    const answer = decodeAnswer(reply.body)!;
    const status = isError(answer) ? operation.STATUS_SQL_ERROR : operation.STATUS_OK;
    expect(reply.status).toBe(status);
    return answer;
  }

  get state(): readonly number[] {
    return [this.store.stateHashA, this.store.stateHashB];
  }
}

let w: World;
beforeEach(() => {
  w = new World();
});

const SCRIPT = [
  'CREATE TABLE t (a int PRIMARY KEY, b text UNIQUE, c int CHECK (c > 0))',
  "INSERT INTO t SELECT i, 'row ' || i, i FROM generate_series(1, 40) AS g(i)",
  'UPDATE t SET c = c + 1 WHERE a % 3 = 0 RETURNING a, b, c',
  'INSERT INTO t VALUES (1, NULL, 1)',
  'DELETE FROM t WHERE a > 30 RETURNING *',
  'CREATE INDEX ON t (c, b)',
  'INSERT INTO t VALUES (99, gen_random_uuid()::text, 7) RETURNING b, now()',
  'ALTER TABLE t ADD COLUMN d int DEFAULT 5',
  'CREATE TABLE u AS SELECT a, c FROM t',
  'ALTER TABLE u ADD PRIMARY KEY (a)',
  'ALTER TABLE u ADD FOREIGN KEY (a) REFERENCES t',
  'ALTER TABLE u ALTER COLUMN c TYPE text, ADD CHECK (c > $$0$$)',
  'ALTER TABLE u ADD CHECK (a < 99)',
  'TRUNCATE u',
  'SELECT count(*) FROM u',
  'UPDATE t SET c = -1',
  'SELECT a / 0 FROM t',
  'DROP TABLE t CASCADE',
];

function answers(world: World): readonly (readonly [string, unknown])[] {
  const session = world.ready();
  return SCRIPT.map((sql) => {
    const answer = world.run(session, sql);
    return isError(answer) ? [answer.code, answer.message] : [answer.tag, answer.rows];
  });
}

describe('statements as ops', () => {
  test('answer with rows, counts and errors; an error changes nothing but the session', () => {
    const tags = answers(w).map(([tag]) => tag);
    expect(tags.slice(0, 5)).toEqual([
      'CREATE TABLE',
      'INSERT 0 40',
      'UPDATE 13',
      '23505',
      'DELETE 10',
    ]);
    expect(tags.slice(8, 13)).toEqual([
      'SELECT 31',
      'ALTER TABLE',
      'ALTER TABLE',
      'ALTER TABLE',
      '23514',
    ]);
    expect(tags.slice(13)).toEqual(['TRUNCATE TABLE', 'SELECT 1', '23514', '22012', 'DROP TABLE']);
  });

  test('give the same state and answers in any slices', () => {
    const expected = answers(w);
    for (const budget of [1, 2, 37]) {
      const other = new World(budget);
      expect(answers(other)).toEqual(expected);
      expect(other.state).toEqual(w.state);
    }
  });

  test('give the same whatever pages are missing on the way', () => {
    const expected = answers(w);
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(99)), (chance) => {
        const other = new World(64, (store) => missing(store, chance));
        expect(answers(other)).toEqual(expected);
        expect(other.state).toEqual(w.state);
      }),
      { numRuns: 10 },
    );
  });

  test('come out the same from their outcomes, and executed again', () => {
    answers(w);
    const logs = [...w.logs].map(([tenant, entries]) => ({ tenant, entries }));
    const rebuilt = rebuildFromLogs(logs);
    if (typeof rebuilt === 'string') throw new Error(rebuilt);
    expect([rebuilt.stateHashA, rebuilt.stateHashB]).toEqual(w.state);
    const again = reexecute(w.primary.prepares, LIMITS);
    expect([again.stateHashA, again.stateHashB]).toEqual(w.state);
    const ops = logs.flatMap(({ entries }) => entries.map(entryOp)).sort((a, b) => a - b);
    expect(ops).toEqual(w.primary.prepares.map((_, i) => i + 1));
  });

  test('are refused when they are none, or in the wrong place', () => {
    const s = w.ready();
    const ask = (tenant: number, body: Uint8Array): number =>
      w.apply(w.primary.request(s, operation.OPERATION_SQL, tenant, body))!.status;
    expect(ask(1, Uint8Array.of(1, 1, 200))).toBe(operation.STATUS_MALFORMED);
    expect(ask(0, bodyOf('SELECT 1'))).toBe(operation.STATUS_WRONG_TENANT);
    expect(ask(7, bodyOf('SELECT 1'))).toBe(operation.STATUS_UNKNOWN_TENANT);
  });
});

describe('long replies', () => {
  const long = "SELECT 'row ' || i FROM generate_series(1, 50) AS g(i)";

  function stored(session: TestSession): KernelReply {
    const view = sessionView();
    expect(w.kernel.sessions.find(session.client, view)).toBe(PRESENT);
    const body = view.apart ? w.kernel.sessions.replyBody(session.client) : null;
    return storedReply(view, body);
  }

  function recordOf(session: TestSession): number {
    const key = new Uint8Array(SESSION_KEY_BYTES);
    replyKey(session.client, key);
    return w.store.get(0, key, 0, key.length);
  }

  test('stand apart, are given again word for word, and go with the next request', () => {
    const s = w.ready();
    const ask = (sql: string): KernelReply =>
      w.apply(w.primary.request(s, operation.OPERATION_SQL, 1, bodyOf(sql)))!;
    const reply = ask(long);
    expect(reply.body.length).toBeGreaterThan(400);
    expect(stored(s)).toEqual(reply);
    expect(recordOf(s)).toBe(PRESENT);
    expect(stored(s)).toEqual(reply);
    const next = ask(long.replace('50', '60'));
    expect(stored(s)).toEqual(next);
    ask('CREATE TABLE t (a int)');
    expect(recordOf(s)).toBe(ABSENT);
  });

  test('go with the session that is evicted', () => {
    const s = w.ready();
    w.run(s, long);
    w.apply(w.primary.register(1).prepare);
    expect(recordOf(s)).toBe(PRESENT);
    w.apply(w.primary.register(2).prepare);
    expect(w.kernel.evicted).toEqual(s.client);
    expect(recordOf(s)).toBe(ABSENT);
  });
});

/** A store in which, now and then, a page is missing at the first try. */
function missing(store: Store, chance: fc.Stream<number>): Store {
  let quiet = 0;
  const fails = (): boolean => {
    // Every other try succeeds in the end: a page that was asked for is brought.
    if (quiet > 0) {
      quiet -= 1;
      return false;
    }
    const failed = (chance.next().value as number) < 2;
    if (failed) quiet = 2000;
    return failed;
  };
  const guarded = ['get', 'touch', 'seek', 'next', 'nextLeaf', 'previousLeaf', 'show'];
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const call = value as (...args: unknown[]) => unknown;
      return (...args: unknown[]): unknown => {
        if (guarded.includes(String(name)) && name !== 'show' && fails()) return NEEDS;
        return call.apply(target, args);
      };
    },
  });
}

test('a step that met a missing page says so and leaves no trace', () => {
  let broken = false;
  const view = (store: Store): Store =>
    new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        const call = value as (...args: unknown[]) => unknown;
        return (...args: unknown[]): unknown =>
          broken && name === 'seek' ? NEEDS : call.apply(target, args);
      },
    });
  const world = new World(1 << 20, view);
  const s = world.ready();
  world.run(s, 'CREATE TABLE t (a int PRIMARY KEY)');
  const state = world.state;
  broken = true;
  const sql = 'INSERT INTO t SELECT a + 1 FROM t';
  world.kernel.begin(world.primary.request(s, operation.OPERATION_SQL, 1, bodyOf(sql)));
  expect(world.kernel.step(1000)).toBe(STEP_NEEDS);
  expect(world.state).toEqual(state);
  broken = false;
  while (world.kernel.step(1000) !== STEP_DONE);
  expect(decodeAnswer(world.kernel.reply!.body)).toMatchObject({ tag: 'INSERT 0 0' });
});
