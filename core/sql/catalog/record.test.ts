/** Catalogue objects survive their records, whatever values their definitions hold. */
import { describe, expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { Sequence, Table } from './model.ts';
import { decodeObject, encodeObject } from './record.ts';

const parser = await loadParser();

const SEQUENCE: Sequence = {
  kind: 'sequence',
  id: 17,
  schema: 'public',
  name: 's"é',
  type: { id: 20, modifier: -1 },
  start: 1n,
  increment: -3n,
  minimum: -(2n ** 63n),
  maximum: 2n ** 63n - 1n,
  cycle: true,
  ownerTable: 0,
  ownerColumn: 0,
  comment: null,
};

describe('catalogue records', () => {
  it('come back equal: large integers, bytes, special floats', () => {
    const missing = [
      { column: 1, value: 2n ** 60n },
      { column: 2, value: Uint8Array.of(0, 255) },
      { column: 3, value: NaN },
      { column: 4, value: -0 },
      { column: 5, value: -Infinity },
      {
        column: 6,
        value: { kind: 'decimal', coefficient: 10n ** 30n, scale: 2, special: 0 } as const,
      },
      { column: 7, value: 'text' },
      { column: 8, value: null },
    ];
    const base = { kind: 'table', id: 18, schema: 'public', name: 't', columns: [] } as const;
    const rest = { indexes: [], constraints: [], version: 1, comment: null };
    const table: Table = { ...base, ...rest, storage: { layouts: [], missing } };
    for (const object of [SEQUENCE, table]) {
      const bytes = encodeObject(object, 7);
      expect(decodeObject(bytes, 0, bytes.length)).toEqual(object);
    }
  });

  it('are read as of any position: names mean what they meant then', () => {
    const database = new MemoryDatabase(parser);
    const session = database.session();
    const rows = (sql: string): unknown => {
      const [answer] = session.run(sql);
      return answer === undefined || 'code' in answer ? answer?.code : answer.rows;
    };
    rows('CREATE TABLE t (a int)');
    rows('INSERT INTO t VALUES (1)');
    const first = database.position;
    rows('ALTER TABLE t RENAME TO u');
    rows("ALTER TABLE u ADD COLUMN b text DEFAULT 'x'");
    const second = database.position;
    rows('DROP TABLE u');
    rows('CREATE TABLE t (other text)');
    expect(rows(`SELECT * FROM t AS OF POSITION ${first}`)).toEqual([[1]]);
    expect(rows(`SELECT * FROM u AS OF POSITION ${first}`)).toBe('42P01');
    expect(rows(`SELECT * FROM u AS OF POSITION ${second}`)).toEqual([[1, 'x']]);
    expect(rows(`SELECT * FROM t AS OF POSITION ${second}`)).toBe('42P01');
    expect(rows('SELECT * FROM t')).toEqual([]);
    expect(rows('SELECT * FROM u')).toBe('42P01');
  });
});

describe('information_schema', () => {
  it('shows what was defined', () => {
    const session = new MemoryDatabase(parser).session();
    const rows = (sql: string): unknown => {
      const [answer] = session.run(sql);
      return answer === undefined || 'code' in answer ? answer : answer.rows;
    };
    rows('CREATE TABLE p (id int PRIMARY KEY, n numeric(10,2) DEFAULT 5, v varchar(20) NOT NULL)');
    rows('CREATE TABLE c (p int REFERENCES p ON DELETE CASCADE, y int CHECK (y > 0))');
    const columns = 'column_name, ordinal_position, is_nullable, data_type, numeric_precision';
    expect(
      rows(`SELECT ${columns} FROM information_schema.columns WHERE table_name = 'p' ORDER BY 2`),
    ).toEqual([
      ['id', 1, 'NO', 'integer', 32],
      ['n', 2, 'YES', 'numeric', 10],
      ['v', 3, 'NO', 'character varying', null],
    ]);
    expect(
      rows(`SELECT constraint_name, unique_constraint_name, delete_rule
            FROM information_schema.referential_constraints`),
    ).toEqual([['c_p_fkey', 'p_pkey', 'CASCADE']]);
    expect(
      rows(`SELECT table_name, table_type FROM information_schema.tables
            WHERE table_schema = 'public' ORDER BY 1`),
    ).toEqual([
      ['c', 'BASE TABLE'],
      ['p', 'BASE TABLE'],
    ]);
  });
});
