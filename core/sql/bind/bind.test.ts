/**
 * Binder, planner and executor together against PostgreSQL itself (PGlite, in this process): the
 * same tables, the same queries, the same answers or the same SQLSTATE.
 */
import { readFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { SqlError } from '../error.ts';
import { World } from './testing/world.ts';

const TABLES = `
create table t (
  id int primary key, a int, b int, s text, d numeric(10,2), f float8, bl boolean, big bigint
);
create table u (id int primary key, tid int, x int, y text, unique (x, tid));
create table e (k int);
create index t_a on t (a);
create index u_tid on u (tid);
create view v as select a, count(*) as n, sum(b) as sb from t group by a;
`;

/** Values that do not correlate, with nulls among them. */
function rowsOfTables(): string {
  const t: string[] = [];
  const u: string[] = [];
  for (let g = 1; g <= 60; g++) {
    const a = g % 7 === 3 ? 'null' : String(g % 7);
    t.push(
      `(${g}, ${a}, ${g % 5}, 'name${g % 10}', ${g * 1.25}, ${g / 4}, ${g % 2 === 0}, ${g}000000000)`,
    );
  }
  for (let g = 1; g <= 80; g++) {
    const tid = g % 40 === 0 ? 'null' : String(g % 40);
    u.push(`(${g}, ${tid}, ${g % 11}, '${String.fromCharCode(97 + (g % 26))}')`);
  }
  return `insert into t values ${t.join(',')}; insert into u values ${u.join(',')};`;
}

type Answer =
  | { readonly rows: readonly (readonly (string | null)[])[] }
  | { readonly code: string };

/** PGlite gives text when told not to parse. */
const AS_TEXT = Object.fromEntries(
  [16, 17, 19, 20, 21, 23, 25, 26, 700, 701, 705, 1042, 1043, 1082, 1114, 1184, 1700, 2249].map(
    (type) => [type, (text: string) => text],
  ),
);

async function ask(postgres: PGlite, sql: string): Promise<Answer> {
  try {
    const options = { rowMode: 'array' as const, parsers: AS_TEXT };
    const { rows } = await postgres.query<(string | null)[]>(sql, [], options);
    return { rows };
  } catch (error) {
    return { code: (error as { code?: string }).code ?? 'none' };
  }
}

function answer(world: World, sql: string): Answer {
  try {
    return { rows: world.run(sql) };
  } catch (error) {
    if (error instanceof SqlError) return { code: error.code };
    throw error;
  }
}

function comparable(sql: string, given: Answer): unknown {
  if ('code' in given) return given;
  const lines = given.rows.map((row) => row.map((value) => value ?? 'null').join('|'));
  return / order by /i.test(sql) ? lines : lines.toSorted();
}

const battery = readFileSync(new URL('testing/battery.sql', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('--'));

describe('PostgreSQL answers the same', () => {
  let postgres: PGlite;
  let world: World;

  beforeAll(async () => {
    postgres = await PGlite.create();
    world = new World(await loadParser());
    await postgres.exec(TABLES + rowsOfTables());
    world.run(TABLES + rowsOfTables());
  });

  it.each(battery)('%s', async (sql) => {
    expect(comparable(sql, answer(world, sql))).toEqual(comparable(sql, await ask(postgres, sql)));
  });
});
