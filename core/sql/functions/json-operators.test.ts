/** JSON through the whole of SQL: indexes on what is in a document, rows of documents and back. */
import { beforeEach, describe, expect, test } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { SqlError } from '../error.ts';
import { MemoryDatabase } from '../memory.ts';
import { formatValue } from '../types/text-io.ts';
import { TEXT } from '../types/type.ts';
import { DEFAULT_DISPLAY } from '../types/style.ts';

let session: ReturnType<MemoryDatabase['session']>;

/** Rows as `a|b`, or the SQLSTATE of what failed. */
function ask(sql: string): string[] {
  return session.run(sql).flatMap((answer) => {
    if (answer instanceof SqlError) return [answer.code];
    const { columns, rows } = answer;
    return rows.map((row) =>
      row
        .map((value, i) =>
          value === null ? '' : formatValue(columns?.[i]?.type.id ?? TEXT, value, DEFAULT_DISPLAY),
        )
        .join('|'),
    );
  });
}

beforeEach(async () => {
  session = new MemoryDatabase(await loadParser()).session();
  ask(`
    CREATE TABLE patient (id int PRIMARY KEY, doc jsonb NOT NULL);
    INSERT INTO patient SELECT g, jsonb_build_object('mrn', 'm' || g, 'ward', g % 3)
      FROM generate_series(1, 1000) g;
    CREATE TABLE visit (id int PRIMARY KEY, patient int, notes text);
    INSERT INTO visit VALUES (1, 1, 'first'), (2, 1, 'second');
  `);
});

describe('indexes', () => {
  test('an index on a member finds documents by it', () => {
    ask(`CREATE INDEX by_mrn ON patient ((doc->>'mrn'))`);
    const query = `SELECT id FROM patient WHERE doc->>'mrn' = 'm17'`;
    expect(ask(`EXPLAIN ${query}`).join('\n')).toContain('Index Scan using by_mrn');
    expect(ask(query)).toEqual(['17']);
    ask(`UPDATE patient SET doc = jsonb_set(doc, '{mrn}', '"new"') WHERE id = 17`);
    expect(ask(query)).toEqual([]);
    expect(ask(`SELECT id FROM patient WHERE doc->>'mrn' = 'new'`)).toEqual(['17']);
  });

  test('a unique index on a member refuses the second document', () => {
    ask(`CREATE UNIQUE INDEX ON patient ((doc->>'mrn'))`);
    expect(ask(`INSERT INTO patient VALUES (1001, '{"mrn": "m5"}')`)).toEqual(['23505']);
    expect(ask(`INSERT INTO patient VALUES (1001, '{}'), (1002, '{"mrn": null}')`)).toEqual([]);
  });

  test('an index on whole documents keeps their order', () => {
    ask(`CREATE TABLE d (j jsonb); CREATE INDEX ON d (j)`);
    ask(`INSERT INTO d VALUES ('{"b":1}'), ('{"aa":1}'), ('[]'), ('1'), ('{}'), ('{"b":1.0}')`);
    expect(ask(`SELECT j FROM d ORDER BY j`)).toEqual([
      '[]',
      '1',
      '{}',
      '{"aa": 1}',
      '{"b": 1}',
      '{"b": 1.0}',
    ]);
    expect(ask(`SELECT count(*) FROM d WHERE j = '{"b":1}'`)).toEqual(['2']);
    expect(ask(`SELECT count(DISTINCT j) FROM d`)).toEqual(['5']);
  });

  test('what depends on settings is no index expression', () => {
    expect(ask(`CREATE INDEX ON patient ((to_jsonb(id)))`)).toEqual(['42P17']);
  });
});

describe('rows', () => {
  test('documents are grouped, checked and generated from', () => {
    expect(ask(`SELECT doc->'ward', count(*) FROM patient GROUP BY 1 ORDER BY 1`)).toEqual([
      '0|333',
      '1|334',
      '2|333',
    ]);
    ask(`CREATE TABLE c (j jsonb CHECK (j ? 'a'), a text GENERATED ALWAYS AS (j->>'a') STORED)`);
    expect(ask(`INSERT INTO c VALUES ('{"a": 5}') RETURNING a`)).toEqual(['5']);
    expect(ask(`INSERT INTO c VALUES ('{"b": 5}')`)).toEqual(['23514']);
  });

  test('rows become documents, and the row that an outer join lacks becomes null', () => {
    const query = `SELECT p.id, json_agg(v ORDER BY v.id) FROM patient p
      LEFT JOIN visit v ON v.patient = p.id WHERE p.id < 3 GROUP BY p.id ORDER BY p.id`;
    expect(ask(query)).toEqual([
      '1|[{"id":1,"patient":1,"notes":"first"}, \n {"id":2,"patient":1,"notes":"second"}]',
      '2|[null]',
    ]);
    expect(
      ask(`SELECT p.id, json_agg(q) FROM patient p LEFT JOIN (SELECT 1 AS one) q ON q.one = p.id
        WHERE p.id < 3 GROUP BY p.id ORDER BY p.id`),
    ).toEqual(['1|[{"one":1}]', '2|[null]']);
  });

  test('documents become rows', () => {
    ask(`CREATE VIEW wards AS SELECT id, e.* FROM patient, jsonb_each_text(doc) e WHERE id < 3`);
    expect(ask(`SELECT * FROM wards ORDER BY id, key`)).toEqual([
      '1|mrn|m1',
      '1|ward|1',
      '2|mrn|m2',
      '2|ward|2',
    ]);
    expect(
      ask(`SELECT x.id, r.* FROM patient x, jsonb_to_record(x.doc) AS r(ward int, mrn varchar(9))
        WHERE r.ward = 2 ORDER BY x.id LIMIT 2`),
    ).toEqual(['2|2|m2', '5|2|m5']);
    ask(`INSERT INTO visit SELECT * FROM json_to_recordset(
      '[{"id": 7, "patient": 3}, {"id": 8, "notes": "x"}]') AS v(id int, patient int, notes text)`);
    expect(ask(`SELECT * FROM visit WHERE id > 6 ORDER BY id`)).toEqual(['7|3|', '8||x']);
  });

  test('documents become rows of a table', () => {
    ask(`INSERT INTO visit SELECT * FROM jsonb_populate_recordset(null::visit,
      '[{"id": 7, "notes": "x"}, {"id": "8", "patient": null, "other": 1}]')`);
    expect(ask(`SELECT * FROM visit WHERE id > 6 ORDER BY id`)).toEqual(['7||x', '8||']);
    const one = `SELECT v.notes, v FROM json_populate_record(null::visit, '{"notes": "y"}') v`;
    expect(ask(one)).toEqual(['y|(,,y)']);
    expect(ask(`SELECT * FROM json_populate_record(null::visit, '{"id": "x"}')`)).toEqual([
      '22P02',
    ]);
    expect(ask(`SELECT * FROM json_populate_record(row(1, 2), '{}')`)).toEqual(['0A000']);
    expect(ask(`CREATE VIEW v AS ${one}`)).toEqual(['0A000']);
  });

  test('a view keeps what its documents were asked', () => {
    ask(`CREATE VIEW v AS SELECT doc #>> '{mrn}' AS mrn, doc @> '{"ward": 1}' AS one,
      doc - 'ward' || '{"z": [1]}' AS rest FROM patient WHERE id = 4`);
    expect(ask(`SELECT * FROM v`)).toEqual(['m4|t|{"z": [1], "mrn": "m4"}']);
  });

  test('windows fold documents row by row', () => {
    const query = `SELECT jsonb_agg(id) OVER (ORDER BY id) FROM patient WHERE id < 4 ORDER BY id`;
    expect(ask(query)).toEqual(['[1]', '[1, 2]', '[1, 2, 3]']);
  });
});
