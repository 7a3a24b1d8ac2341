/** Enums beyond what a script of one session shows: other times, restarts of plans, many labels. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';

const parser = await loadParser();

function open(): { readonly database: MemoryDatabase; readonly rows: (sql: string) => unknown } {
  const database = new MemoryDatabase(parser);
  const session = database.session();
  return { database, rows: (sql) => ask(session, sql) };
}

function ask(session: MemorySession, sql: string): unknown {
  const answer = session.run(sql).at(-1)!;
  return 'code' in answer ? `${answer.code} ${answer.message}` : answer.rows;
}

describe('AS OF', () => {
  it('shows labels, names and types of then', () => {
    const { database, rows } = open();
    rows("CREATE TYPE mood AS ENUM ('sad', 'ok')");
    rows('CREATE TABLE t (id int PRIMARY KEY, m mood, ms mood[])');
    rows("INSERT INTO t VALUES (1, 'ok', '{sad,ok}'), (2, 'sad', NULL)");
    const first = database.position;
    rows("ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'");
    rows("ALTER TYPE mood ADD VALUE 'so so' BEFORE 'fine'");
    rows("INSERT INTO t VALUES (3, 'so so')");
    expect(rows('SELECT m, ms FROM t ORDER BY m')).toMatchObject([
      ['sad', null],
      ['so so', null],
      ['fine', { elements: ['sad', 'fine'] }],
    ]);
    const then = `t AS OF POSITION ${first}`;
    expect(rows(`SELECT m FROM ${then} ORDER BY m DESC`)).toEqual([['ok'], ['sad']]);
    expect(rows(`SELECT ms, m::text FROM ${then} WHERE m = 'ok'`)).toMatchObject([
      [{ elements: ['sad', 'ok'] }, 'ok'],
    ]);
    expect(rows(`SELECT m FROM ${then} WHERE m = 'fine'`)).toMatch(/^22P02/);
    expect(
      rows(`SELECT old.m, new.m FROM ${then} old JOIN t new ON old.m = new.m ORDER BY 1`),
    ).toEqual([
      ['sad', 'sad'],
      ['ok', 'fine'],
    ]);
    expect(rows(`SELECT max(m), enum_range(max(m)) FROM ${then}`)).toMatchObject([
      ['ok', { elements: ['sad', 'ok'] }],
    ]);
    expect(rows(`CREATE TABLE copied AS SELECT m FROM ${then}`)).toEqual([]);
    expect(rows('SELECT m FROM copied ORDER BY m')).toEqual([['sad'], ['fine']]);
    rows('DROP TABLE copied, t');
    rows('DROP TYPE mood');
    rows("CREATE TYPE mood AS ENUM ('other')");
    expect(rows(`SELECT m, pg_typeof(m) FROM ${then} ORDER BY m`)).toMatchObject([
      ['sad', 'public.mood'],
      ['ok', 'public.mood'],
    ]);
    rows(`SET kimberlite.as_of = '${first}'`);
    expect(rows("SELECT m FROM t WHERE m > 'sad'")).toEqual([['ok']]);
  });

  it('reads a view with its definition and labels of then', () => {
    const { database, rows } = open();
    rows("CREATE TYPE mood AS ENUM ('sad', 'ok')");
    rows('CREATE TABLE t (id int PRIMARY KEY, m mood)');
    rows("INSERT INTO t VALUES (1, 'ok'), (2, 'sad')");
    rows("CREATE VIEW v AS SELECT m, 'sad'::mood AS low FROM t WHERE m > 'sad'");
    const first = database.position;
    rows("ALTER TYPE mood RENAME VALUE 'sad' TO 'low'");
    rows('ALTER TYPE mood RENAME TO feeling');
    expect(rows('SELECT * FROM v')).toEqual([['ok', 'low']]);
    expect(rows(`SELECT * FROM v AS OF POSITION ${first}`)).toEqual([['ok', 'sad']]);
    rows('DROP TYPE feeling CASCADE');
    expect(rows('SELECT * FROM v')).toMatch(/^42P01/);
    expect(rows(`SELECT * FROM v AS OF POSITION ${first}`)).toEqual([['ok', 'sad']]);
  });
});

describe('a column that becomes another type', () => {
  it('is of its type at each time; a period across both is refused', () => {
    const { database, rows } = open();
    rows('CREATE TABLE t (id int PRIMARY KEY, m text)');
    rows("INSERT INTO t VALUES (1, 'ok'), (2, 'sad')");
    const first = database.position;
    rows("CREATE TYPE mood AS ENUM ('sad', 'ok')");
    rows('ALTER TABLE t ALTER COLUMN m TYPE mood USING m::mood');
    const second = database.position;
    rows('ALTER TABLE t ALTER COLUMN m TYPE text');
    rows('DROP TYPE mood');
    const at = (position: number): unknown =>
      rows(`SELECT m, pg_typeof(m) FROM t AS OF POSITION ${position} ORDER BY m`);
    expect(at(first)).toEqual([
      ['ok', 'text'],
      ['sad', 'text'],
    ]);
    expect(at(second)).toEqual([
      ['sad', 'public.mood'],
      ['ok', 'public.mood'],
    ]);
    expect(rows('SELECT m FROM t ORDER BY m')).toEqual([['ok'], ['sad']]);
    expect(rows('SELECT id FROM t FOR SYSTEM_TIME ALL')).toHaveLength(6);
    expect(rows('SELECT m FROM t FOR SYSTEM_TIME ALL')).toMatch(/^0A000/);
    const low = `FOR SYSTEM_TIME BETWEEN ${first} AND ${second}`;
    expect(rows(`SELECT m FROM t ${low}`)).toMatch(/^0A000/);
  });
});

describe('definitions', () => {
  it('keep their meaning when labels and types are called otherwise', () => {
    const { rows } = open();
    rows("CREATE TYPE m AS ENUM ('a', 'b')");
    rows("CREATE TABLE t (id int, m m DEFAULT 'a' CHECK (m <> 'b'), ms m[] DEFAULT '{a,b}')");
    rows("CREATE INDEX i ON t ((CASE WHEN id > 0 THEN 'a'::m ELSE m END))");
    rows("ALTER TYPE m RENAME VALUE 'a' TO 'x'");
    rows("ALTER TYPE m RENAME VALUE 'b' TO 'a'");
    rows('ALTER TYPE m RENAME TO n');
    rows("CREATE TYPE m AS ENUM ('other')");
    expect(rows('INSERT INTO t VALUES (1) RETURNING m, ms')).toMatchObject([
      ['x', { elements: ['x', 'a'] }],
    ]);
    expect(rows("INSERT INTO t VALUES (1, 'a')")).toMatch(/^23514/);
    const columns = "information_schema.columns WHERE table_name = 't' AND column_default <> ''";
    expect(rows(`SELECT column_default FROM ${columns}`)).toEqual([["'x'::n"], ["'{x,a}'::n[]"]]);
  });

  it('a type goes with all that hangs on it', () => {
    const { rows } = open();
    rows("CREATE TYPE m AS ENUM ('a', 'b')");
    rows("CREATE TABLE t (id int PRIMARY KEY, m m, ms m[], d text DEFAULT ('a'::m)::text)");
    rows("INSERT INTO t VALUES (1, 'a', '{a}')");
    rows('CREATE VIEW v AS SELECT m FROM t');
    rows('CREATE VIEW w AS SELECT m FROM v');
    rows("CREATE VIEW u AS SELECT id FROM t WHERE 'b'::m > 'a'");
    rows('CREATE INDEX i ON t (m, id)');
    expect(rows('DROP TYPE m')).toBe('2BP01 cannot drop type m because other objects depend on it');
    expect(rows('DROP TYPE m CASCADE')).toEqual([]);
    expect(rows('SELECT * FROM t')).toEqual([[1, 'a']]);
    expect(rows('INSERT INTO t VALUES (2) RETURNING *')).toEqual([[2, null]]);
    for (const view of ['u', 'v', 'w']) expect(rows(`SELECT * FROM ${view}`)).toMatch(/^42P01/);
    expect(rows("CREATE TYPE m AS ENUM ('c')")).toEqual([]);
  });
});

describe('plans', () => {
  it('are made anew when a type changes', () => {
    const database = new MemoryDatabase(parser);
    const [one, other] = [database.session(), database.session()];
    ask(one, "CREATE TYPE m AS ENUM ('a', 'b')");
    ask(one, 'CREATE TABLE t (m m)');
    ask(one, "INSERT INTO t VALUES ('a'), ('b')");
    ask(one, "PREPARE p AS SELECT m, m::text || '!' FROM t WHERE m >= $1 ORDER BY m");
    expect(ask(one, "EXECUTE p ('b')")).toEqual([['b', 'b!']]);
    ask(other, "ALTER TYPE m RENAME VALUE 'b' TO 'c'");
    ask(other, "ALTER TYPE m ADD VALUE 'z'");
    ask(other, "INSERT INTO t VALUES ('z')");
    expect(ask(one, "EXECUTE p ('b')")).toMatch(/^22P02/);
    expect(ask(one, "EXECUTE p ('c')")).toEqual([
      ['c', 'c!'],
      ['z', 'z!'],
    ]);
  });
});

describe('labels', () => {
  const place = fc.record({ at: fc.nat(), where: fc.constantFrom('BEFORE', 'AFTER', 'END') });

  it('stand where they were put, in tables, indexes and at other times', () => {
    fc.assert(
      fc.property(fc.nat({ max: 3 }), fc.array(place, { maxLength: 25 }), (first, places) => {
        const { database, rows } = open();
        const model = Array.from({ length: first }, (_, i) => `l${i}`);
        rows(`CREATE TYPE m AS ENUM (${model.map((one) => `'${one}'`).join(', ')})`);
        rows('CREATE TABLE t (m m PRIMARY KEY, n m)');
        rows('CREATE INDEX i ON t (n DESC)');
        const past: { readonly position: number; readonly labels: readonly string[] }[] = [];
        for (const [i, { at, where }] of places.entries()) {
          const label = `x${i}`;
          const near = model[at % Math.max(1, model.length)];
          const beside = near === undefined || where === 'END' ? '' : `${where} '${near}'`;
          const index = model.indexOf(near ?? '') + (where === 'AFTER' ? 1 : 0);
          model.splice(beside === '' ? model.length : index, 0, label);
          rows(`ALTER TYPE m ADD VALUE '${label}' ${beside}`);
          rows(`INSERT INTO t VALUES ('${label}', '${label}')`);
          past.push({ position: database.position, labels: model.filter((one) => one[0] === 'x') });
        }
        expect(rows('SELECT unnest(enum_range(NULL::m))')).toEqual(model.map((one) => [one]));
        for (const { position, labels } of past.slice(-3)) {
          const then = labels.map((one) => [one]);
          const table = `t AS OF POSITION ${position}`;
          expect(rows(`SELECT m FROM ${table} ORDER BY m`)).toEqual(then);
          expect(rows(`SELECT n FROM ${table} ORDER BY n DESC`)).toEqual(then.toReversed());
          const [low] = labels.slice(1);
          if (low === undefined) continue;
          const above = then.slice(1);
          expect(rows(`SELECT m FROM ${table} WHERE n >= '${low}' ORDER BY m`)).toEqual(above);
        }
      }),
      { numRuns: 15 },
    );
  });
});
