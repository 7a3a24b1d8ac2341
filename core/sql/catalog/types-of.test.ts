/** What a statement knows of types: names along its path, and labels of its own transaction. */
import { describe, expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';

const parser = await loadParser();

function ask(session: MemorySession, sql: string): unknown {
  const answer = session.run(sql).at(-1)!;
  return 'code' in answer ? `${answer.code} ${answer.message}` : answer.rows;
}

describe('names of types', () => {
  it('are looked up along the search path, those of the system first', () => {
    const session = new MemoryDatabase(parser).session();
    const rows = (sql: string): unknown => ask(session, sql);
    rows('CREATE SCHEMA s');
    rows("CREATE TYPE e AS ENUM ('p')");
    rows("CREATE TYPE s.e AS ENUM ('q')");
    rows("CREATE TYPE text AS ENUM ('t')");
    expect(rows("SELECT 'p'::e, 'q'::s.e, pg_typeof('q'::s.e)")).toEqual([['p', 'q', 's.e']]);
    rows('CREATE TABLE t (e e DEFAULT $$p$$, f s.e, g text)');
    rows('SET search_path TO s, public');
    expect(rows("SELECT 'q'::e, pg_typeof('p'::public.e)")).toEqual([['q', 'public.e']]);
    expect(rows("INSERT INTO t VALUES (DEFAULT, 'q', 'any') RETURNING *")).toEqual([
      ['p', 'q', 'any'],
    ]);
    expect(rows("SELECT 'any'::text, 't'::public.text, 'u'::public.text")).toBe(
      '22P02 invalid input value for enum public.text: "u"',
    );
    expect(rows("SELECT 'u'::public.e")).toBe('22P02 invalid input value for enum public.e: "u"');
  });

  it('of a temporary type end with its session, and columns of it too', () => {
    const database = new MemoryDatabase(parser);
    const [one, other] = [database.session(), database.session()];
    ask(one, "CREATE TYPE pg_temp.e AS ENUM ('a')");
    ask(one, "CREATE TABLE t AS SELECT 1 AS n, 'a'::e AS e");
    expect(ask(other, "SELECT 'a'::e")).toMatch(/^42704/);
    expect(ask(other, 'SELECT * FROM t')).toEqual([[1, 'a']]);
    const request = one.session.close();
    database.submit(request!);
    expect(ask(other, 'SELECT * FROM t')).toEqual([[1]]);
  });
});

describe('labels', () => {
  it('that a transaction adds may be used from its commit on', () => {
    const database = new MemoryDatabase(parser);
    const [one, other] = [database.session(), database.session()];
    ask(one, "CREATE TYPE e AS ENUM ('a')");
    ask(one, 'BEGIN');
    ask(one, "ALTER TYPE e ADD VALUE 'b'");
    expect(ask(other, "SELECT 'b'::e")).toMatch(/^22P02/);
    ask(one, 'COMMIT');
    expect(ask(other, "SELECT 'b'::e")).toEqual([['b']]);
    // A plan that others made of the same definitions does not let it through.
    const second = new MemoryDatabase(parser).session();
    ask(second, "CREATE TYPE e AS ENUM ('a')");
    ask(second, 'BEGIN');
    ask(second, "ALTER TYPE e ADD VALUE 'b'");
    expect(ask(second, "SELECT 'a'::e")).toEqual([['a']]);
    expect(ask(second, "SELECT 'b'::e")).toMatch(/^55P04/);
  });
});
