/** Writing through views: what is refused, and that what is not refused does what it says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openTwo } from '../define/testing/golden.ts';
import type { MemorySession } from '../memory.ts';

const SET_UP = [
  'CREATE TABLE t (a int PRIMARY KEY, b int)',
  'INSERT INTO t VALUES (1, 10), (2, 20)',
  'CREATE VIEW two AS SELECT a, b + 1 AS c, _created_position AS p, t AS w FROM t',
  'CREATE VIEW above AS SELECT * FROM two',
  'CREATE VIEW fixed AS SELECT a + 1 AS x FROM t',
  'CREATE VIEW over_fixed AS SELECT DISTINCT a FROM two',
  'CREATE VIEW third AS SELECT a FROM over_fixed',
  'CREATE VIEW with_clause AS WITH q AS (SELECT 1) SELECT a FROM t',
  'CREATE VIEW limited AS SELECT a FROM t LIMIT 1',
  'CREATE VIEW later AS SELECT a FROM t OFFSET 1',
  'CREATE VIEW unioned AS SELECT a FROM t UNION SELECT b FROM t',
  'CREATE VIEW grouped AS SELECT a FROM t GROUP BY a',
  'CREATE VIEW had AS SELECT 1 AS a FROM t HAVING true',
  'CREATE VIEW counted AS SELECT count(*) AS a FROM t',
  'CREATE VIEW ranked AS SELECT a, rank() OVER (ORDER BY a) AS r FROM t',
  'CREATE VIEW many AS SELECT a, generate_series(1, a) AS g FROM t',
  'CREATE VIEW joined AS SELECT t.a FROM t JOIN two USING (a)',
  'CREATE VIEW crossed AS SELECT t.a FROM t, two',
  'CREATE VIEW derived AS SELECT * FROM (SELECT a FROM t) AS q',
  'CREATE VIEW listed AS VALUES (1)',
  'CREATE VIEW nowhere AS SELECT 1 AS a',
  'CREATE VIEW called AS SELECT * FROM generate_series(1, 3) AS g (a)',
  'CREATE VIEW past AS SELECT a FROM t AS OF POSITION 2',
  'CREATE VIEW system AS SELECT table_name FROM information_schema.tables',
  'CREATE VIEW counts_inside AS SELECT a, (SELECT count(*) FROM t) AS n FROM t',
];

function run(session: MemorySession, sql: string): string {
  const [answer] = session.run(sql);
  if (answer === undefined) return '';
  if ('code' in answer) return `${answer.code} ${answer.message}`;
  const rows = answer.rows.map((row) => row.map(String).join('|'));
  return [...rows, answer.tag].join(' / ');
}

function opened(setUp: readonly string[]): MemorySession {
  const { session } = openTwo();
  for (const sql of setUp) expect(run(session, sql)).not.toMatch(/^\w{5} /);
  return session;
}

const NOT_UPDATABLE =
  `with_clause limited later unioned grouped had counted ranked many joined crossed derived listed
   nowhere called past system`.split(/\s+/);

describe('views that are not updatable', () => {
  it('refuse every write, as PostgreSQL says it', () => {
    const session = opened(SET_UP);
    for (const view of NOT_UPDATABLE) {
      expect(run(session, `INSERT INTO ${view} VALUES (9)`)).toBe(
        `55000 cannot insert into view "${view}"`,
      );
      expect(run(session, `UPDATE ${view} SET a = 1`)).toBe(`55000 cannot update view "${view}"`);
      expect(run(session, `DELETE FROM ${view}`)).toBe(`55000 cannot delete from view "${view}"`);
    }
    expect(run(session, 'DELETE FROM third')).toBe('55000 cannot delete from view "over_fixed"');
    expect(run(session, 'SELECT count(*) FROM t')).toBe('2 / SELECT 1');
  });

  it('rows can be deleted where no column can be written', () => {
    const session = opened(SET_UP);
    expect(run(session, 'INSERT INTO fixed VALUES (1)')).toBe(
      '55000 cannot insert into view "fixed"',
    );
    expect(run(session, 'UPDATE fixed SET x = 1')).toBe('55000 cannot update view "fixed"');
    expect(run(session, 'DELETE FROM fixed WHERE x = 3 RETURNING x')).toBe('3 / DELETE 1');
  });

  it('information_schema says which', () => {
    const session = opened(SET_UP);
    const sql = `SELECT table_name FROM information_schema.views
      WHERE is_insertable_into = 'YES' OR is_updatable = 'YES' ORDER BY 1`;
    expect(run(session, sql)).toBe('above / counts_inside / two / SELECT 3');
    const columns = `SELECT table_name, column_name FROM information_schema.columns
      WHERE is_updatable = 'YES' AND table_name <> 't' ORDER BY 1, 2`;
    expect(run(session, columns)).toBe('above|a / counts_inside|a / two|a / SELECT 3');
  });
});

describe('columns of views that cannot be written', () => {
  it.each([
    ['INSERT INTO two (a, c) VALUES (3, 1)', '0A000 cannot insert into column "c" of view "two"'],
    ['INSERT INTO two VALUES (3, DEFAULT)', '0A000 cannot insert into column "c" of view "two"'],
    ['INSERT INTO two SELECT 3, 4', '0A000 cannot insert into column "c" of view "two"'],
    ['INSERT INTO above (p) VALUES (3)', '0A000 cannot insert into column "p" of view "two"'],
    ['UPDATE two SET c = 1', '0A000 cannot update column "c" of view "two"'],
    ['UPDATE above SET c = DEFAULT', '0A000 cannot update column "c" of view "two"'],
    ['UPDATE two SET w = NULL', '0A000 cannot update column "w" of view "two"'],
    ['UPDATE two SET p = 1', '0A000 cannot update column "p" of view "two"'],
    ['UPDATE two SET b = 1', '42703 column "b" of relation "two" does not exist'],
    [
      'INSERT INTO two (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET c = 1',
      '0A000 cannot insert into column "c" of view "two"',
    ],
    [
      'INSERT INTO two (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = two.p',
      '0A000 a hidden column in ON CONFLICT is not supported',
    ],
    [
      'INSERT INTO two (a) VALUES (1) ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING',
      '42704 constraint "t_pkey" for table "two" does not exist',
    ],
    ['INSERT INTO above (a) VALUES (3) RETURNING a, c', '3|null / INSERT 0 1'],
    ['UPDATE above SET a = 3 WHERE c = 21 RETURNING a, c, w', '3|21|'],
  ])('%s', (sql, answer) => {
    expect(run(opened(SET_UP), sql)).toContain(answer);
  });

  it('a check option over hidden columns is refused where it would be proven', () => {
    const view = 'CREATE VIEW h AS SELECT a FROM t WHERE _created_position > 0 WITH CHECK OPTION';
    const session = opened([...SET_UP, view]);
    expect(run(session, 'INSERT INTO h VALUES (5)')).toMatch(/^0A000 WITH CHECK OPTION over a/);
    expect(run(session, 'DELETE FROM h')).toBe('DELETE 2');
  });

  it('only what can be written takes a check option', () => {
    const session = opened(SET_UP);
    const refusal = '0A000 WITH CHECK OPTION is supported only on automatically updatable views';
    for (const query of ['SELECT DISTINCT a FROM t', 'SELECT a + 1 AS x FROM t', 'VALUES (1)']) {
      expect(run(session, `CREATE VIEW v AS ${query} WITH CHECK OPTION`)).toBe(refusal);
    }
    expect(run(session, 'ALTER VIEW limited SET (check_option = local)')).toBe(refusal);
    expect(run(session, 'ALTER VIEW two SET (security_invoker = on)')).toMatch(/^0A000/);
    expect(run(session, 'ALTER VIEW two SET (security_invoker = off)')).toBe('ALTER VIEW');
    expect(run(session, 'ALTER VIEW two SET (check_option = no)')).toBe(
      '22023 invalid value for enum option "check_option": no',
    );
  });
});

describe('views and time', () => {
  it('a view of then has its options and its definition of then', () => {
    const session = opened([
      'CREATE TABLE t (a int)',
      'CREATE VIEW v AS SELECT a FROM t WHERE a > 0',
      'INSERT INTO v VALUES (1), (-1)',
      'CREATE OR REPLACE VIEW v AS SELECT a FROM t WHERE a < 0 WITH CHECK OPTION',
    ]);
    expect(run(session, 'SELECT * FROM v')).toBe('-1 / SELECT 1');
    expect(run(session, 'SELECT * FROM v AS OF POSITION 3')).toBe('1 / SELECT 1');
    expect(run(session, 'INSERT INTO v VALUES (1)')).toMatch(/^44000/);
    expect(run(session, 'UPDATE v AS OF POSITION 3 SET a = 2')).toMatch(/^0A000/);
    expect(run(session, 'INSERT INTO v AS OF POSITION 3 VALUES (1)')).toMatch(/^0A000/);
    run(session, "SET kimberlite.as_of = '3'");
    expect(run(session, 'SELECT * FROM v')).toBe('1 / SELECT 1');
  });
});

describe('security barriers', () => {
  const setUp = [
    'CREATE TABLE t (id int PRIMARY KEY, n int)',
    'INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 100) i',
    'CREATE VIEW v WITH (security_barrier) AS SELECT * FROM t WHERE n <> 7',
  ];

  it('conditions that could fail see no hidden row, others find by key', () => {
    const session = opened(setUp);
    expect(run(session, 'SELECT count(*) FROM v WHERE 1 / (n - 7) < 5')).toBe('90 / SELECT 1');
    expect(run(session, 'UPDATE v SET n = n WHERE 1 / (n - 7) < 5')).toBe('UPDATE 90');
    const plan = run(session, 'EXPLAIN (COSTS OFF) SELECT id FROM v WHERE id = 3 AND 1 / n > 0');
    expect(plan).toContain('Index Cond: id = 3');
    expect(plan.indexOf('1 / ')).toBeLessThan(plan.indexOf('Limit'));
  });
});

/** A view: which columns of what it shows, under which names, and which rows. */
interface Layer {
  readonly order: readonly number[];
  readonly least: number;
  readonly on: number;
  readonly check: '' | 'LOCAL' | 'CASCADED';
}

const layers = fc.array(
  fc.record<Layer>({
    order: fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
    least: fc.integer({ min: -3, max: 3 }),
    on: fc.nat(2),
    check: fc.constantFrom('', 'LOCAL', 'CASCADED'),
  }),
  { minLength: 1, maxLength: 4 },
);
const small = fc.integer({ min: -5, max: 5 });
const writes = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('insert' as const), row: fc.tuple(small, small, small) }),
    fc.record({
      kind: fc.constant('update' as const),
      column: fc.nat(2),
      to: small,
      where: fc.nat(2),
      is: small,
    }),
    fc.record({ kind: fc.constant('delete' as const), where: fc.nat(2), is: small }),
  ),
  { maxLength: 12 },
);

/** What views over three columns come to: places in the table, conditions and checks over it. */
function flattened(all: readonly Layer[]): {
  readonly places: readonly number[];
  readonly seen: readonly (readonly [number, number])[];
  readonly checked: readonly (readonly [number, number])[];
} {
  let places: readonly number[] = [0, 1, 2];
  const seen: (readonly [number, number])[] = [];
  let checked: (readonly [number, number])[] = [];
  for (const { order, least, on, check } of all) {
    seen.push([places[on]!, least]);
    if (check === 'CASCADED') checked = [...seen];
    else if (check === 'LOCAL') checked = [...checked, [places[on]!, least]];
    const below = places;
    places = order.map((one) => below[one]!);
  }
  return { places, seen, checked };
}

describe('views of views', () => {
  it('change the table as their definitions, taken together, say', () => {
    fc.assert(
      fc.property(layers, writes, (views, statements) => {
        const { session } = openTwo();
        run(session, 'CREATE TABLE v0 (c0 int, c1 int, c2 int)');
        for (const [i, { order, least, on, check }] of views.entries()) {
          const columns = order.map((from, to) => `c${from} AS c${to}`).join(', ');
          const option = check === '' ? '' : ` WITH ${check} CHECK OPTION`;
          const query = `SELECT ${columns} FROM v${i} WHERE c${on} >= ${least}${option}`;
          expect(run(session, `CREATE VIEW v${i + 1} AS ${query}`)).toBe('CREATE VIEW');
        }
        const top = `v${views.length}`;
        const { places, seen, checked } = flattened(views);
        const meets = (row: readonly number[], all: typeof seen): boolean =>
          all.every(([place, least]) => row[place]! >= least);
        let table: (readonly number[])[] = [];
        for (const one of statements) {
          const found = (row: readonly number[]): boolean =>
            one.kind !== 'insert' && meets(row, seen) && row[places[one.where]!] === one.is;
          let sql = '';
          let next: (readonly number[])[] = [];
          let written: (readonly number[])[] = [];
          if (one.kind === 'insert') {
            const row = [0, 1, 2].map((place) => one.row[places.indexOf(place)]!);
            sql = `INSERT INTO ${top} VALUES (${one.row.join(', ')})`;
            written = [row];
            next = [...table, row];
          } else if (one.kind === 'update') {
            sql = `UPDATE ${top} SET c${one.column} = ${one.to} WHERE c${one.where} = ${one.is}`;
            const changed = places[one.column]!;
            const fresh = (row: readonly number[]): readonly number[] =>
              row.map((value, i) => (i === changed ? one.to : value));
            written = table.filter(found).map(fresh);
            next = table.map((row) => (found(row) ? fresh(row) : row));
          } else {
            sql = `DELETE FROM ${top} WHERE c${one.where} = ${one.is}`;
            next = table.filter((row) => !found(row));
          }
          const refused = written.some((row) => !meets(row, checked));
          expect(run(session, sql).startsWith('44000')).toBe(refused);
          if (!refused) table = next;
          const rows = table.map((row) => row.join('|')).toSorted();
          const [answer] = session.run('SELECT * FROM v0');
          const stored = answer !== undefined && 'rows' in answer ? answer.rows : [];
          expect(stored.map((row) => row.join('|')).toSorted()).toEqual(rows);
        }
      }),
      { numRuns: 25 },
    );
  });
});
