/** SELECT set_config(…): a SET that answers a row. */
import { expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';

const parser = await loadParser();

function answers(...statements: readonly string[]): readonly unknown[] {
  const session = new MemoryDatabase(parser).session();
  return statements.map((sql) => {
    const [answer] = session.run(sql);
    return 'code' in answer! ? answer.code : (answer!.rows[0]?.[0] ?? answer!.tag);
  });
}

it('sets for the session, or for the transaction', () => {
  expect(
    answers(
      "SELECT pg_catalog.set_config('search_path', '', false)",
      'SHOW search_path',
      "SELECT set_config('App.Who', 'ann', true)",
      'SHOW app.who',
      'BEGIN',
      "SELECT set_config('app.who', 'bob', true) AS who",
      'SHOW app.who',
      'COMMIT',
      'SHOW app.who',
      "SELECT set_config('timezone', 'europe/berlin', 'f')",
      'SHOW timezone',
      "SELECT set_config('timezone', NULL, false)",
    ),
  ).toEqual([
    '',
    '',
    'ann',
    '',
    'BEGIN',
    'bob',
    'bob',
    'COMMIT',
    '',
    'Europe/Berlin',
    'Europe/Berlin',
    'UTC',
  ]);
});

it('refuses what SET refuses, and to stand elsewhere', () => {
  expect(
    answers(
      "SELECT set_config('nope', 'x', false)",
      "SELECT set_config('all', NULL, false)",
      "SELECT set_config('client_encoding', 'LATIN1', false)",
      "SELECT set_config(NULL, 'x', false)",
      "SELECT set_config('app.x', 'x')",
      "SELECT set_config('app.x', 'x' || 'y', false)",
      "SELECT 1, set_config('app.x', 'x', false)",
    ),
  ).toEqual(['42704', '42704', '0A000', '22004', '42883', '0A000', '0A000']);
});

it('takes parameters', () => {
  const session = new MemoryDatabase(parser).session();
  const values = ['app.who', 'ann'];
  const parameters = {
    count: 2,
    value: (index: number): string => values[index]!,
    wrongCount: (): never => expect.unreachable(),
  };
  const [answer] = session.run('SELECT set_config($1, $2, false)', parameters);
  expect(answer).toMatchObject({ rows: [['ann']], columns: [{ name: 'set_config' }] });
});
