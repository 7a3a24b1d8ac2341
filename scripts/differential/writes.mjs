/**
 * Generated programs of writes: two tables that refer to each other, with every kind of constraint,
 * generated columns and a view that is written through. What a schema has is drawn for each.
 *
 * Statements say nothing that SQL leaves open: a join that updates meets each row at most once,
 * what is returned is sorted by the runner. Keys are few, so that they clash and meet.
 */
import { literal } from './schema.mjs';

const ACTIONS = ['NO ACTION', 'RESTRICT', 'CASCADE', 'SET NULL', 'SET DEFAULT'];

export class Writes {
  #random;
  #deferred = false;
  #schema = [];
  features = new Set();

  constructor(random) {
    this.#random = random;
  }

  /** Statements that make the tables anew. */
  schema() {
    const random = this.#random;
    const maybe = (percent, text) => (random.chance(percent) ? text : '');
    const late = () => random.of(['', '', ' DEFERRABLE INITIALLY DEFERRED', ' DEFERRABLE']);
    const key = late();
    const unique = late();
    const foreign = late();
    this.#deferred = [key, unique, foreign].some((each) => each !== '');
    // A key that is checked late can be no target of a foreign key.
    const target = key === '' ? 'id' : 'code';
    this.#schema = [
      'DROP VIEW IF EXISTS w2, w1',
      'DROP TABLE IF EXISTS c, p',
      `CREATE TABLE p (id int PRIMARY KEY${key}, code int NOT NULL UNIQUE, t text,
         n int DEFAULT 3${maybe(60, ' CHECK (n < 9)')},
         g int GENERATED ALWAYS AS (coalesce(n, 0) * 2 + id) STORED${maybe(40, ` UNIQUE${unique}`)},
         CHECK (t <> 'abc' OR n IS NOT NULL))`,
      `CREATE TABLE c (id int PRIMARY KEY,
         p int DEFAULT ${random.of(['NULL', '1', '99'])}
           REFERENCES p (${target})
           ON DELETE ${random.of(ACTIONS)} ON UPDATE ${random.of(ACTIONS)}${foreign},
         m int NOT NULL DEFAULT 1, tags int[], doc jsonb DEFAULT '{"a": 1}',
         gc int GENERATED ALWAYS AS (coalesce(p, 0) + m) STORED${maybe(50, ' CHECK (gc < 18)')}
         ${maybe(50, `, UNIQUE (p, m)${late()}`)})`,
      ...(random.chance(50) ? [`CREATE UNIQUE INDEX ON c ((doc ->> 'a')) WHERE m > 5`] : []),
      ...(random.chance(50) ? ['CREATE INDEX ON c (tags)', 'CREATE INDEX ON c (gc, p)'] : []),
      `CREATE VIEW w1 AS SELECT id, code, n, t FROM p WHERE n < 6${this.#check()}`,
      `CREATE VIEW w2 AS SELECT id, n, code FROM w1 WHERE id > 2${this.#check()}`,
    ];
    return this.#schema;
  }

  /** The same tables, empty. */
  renewed() {
    return this.#schema;
  }

  /** What both engines must have after each transaction. */
  static contents = [
    'SELECT id, code, t, n, g FROM p ORDER BY id, code',
    'SELECT id, p, m, tags, doc, gc FROM c ORDER BY id',
    'SELECT * FROM p',
    'SELECT * FROM c',
    'SELECT count(*) FROM c WHERE gc >= 4 AND p IS NOT NULL',
    "SELECT id FROM c WHERE doc ->> 'a' = '1' AND m > 5 ORDER BY id",
    'SELECT id FROM c WHERE tags = ARRAY[1, 2] ORDER BY id',
    'SELECT * FROM w2 ORDER BY id, code',
  ];

  /** A transaction's statements, between its BEGIN and its COMMIT. */
  transaction() {
    this.features.clear();
    // By itself: what awaits its check at the commit stands in the way of a change of tables.
    if (this.#random.chance(10)) {
      this.features.add('alter');
      return [this.#alter()];
    }
    const list = [];
    if (this.#deferred && this.#random.chance(15)) {
      this.features.add('set constraints');
      list.push(`SET CONSTRAINTS ALL ${this.#random.of(['DEFERRED', 'IMMEDIATE'])}`);
    }
    const count = this.#random.between(1, 3);
    for (let i = 0; i < count; i += 1) list.push(this.#statement());
    return list;
  }

  /** Changes of tables that have rows; the names that statements use stay. */
  #alter() {
    const random = this.#random;
    const table = random.of(['p', 'c']);
    const number = table === 'p' ? 'n' : 'm';
    const valid = random.of(['', ' NOT VALID']);
    return random.of([
      `ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS x ${random.of(["text DEFAULT 'd'", 'int DEFAULT 4 NOT NULL', 'int CHECK (x > 3)', 'int GENERATED ALWAYS AS (id * 2) STORED UNIQUE'])}`,
      `ALTER TABLE ${table} DROP COLUMN IF EXISTS x`,
      `ALTER TABLE ${table} ADD CONSTRAINT k CHECK (${number} <> ${random.between(0, 8)})${valid}`,
      `ALTER TABLE ${table} VALIDATE CONSTRAINT k`,
      `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS k`,
      `ALTER TABLE c ADD CONSTRAINT k FOREIGN KEY (m) REFERENCES p (code) ON DELETE CASCADE${valid}`,
      `ALTER TABLE p ADD CONSTRAINT u UNIQUE (t)`,
      `ALTER TABLE p DROP CONSTRAINT IF EXISTS u`,
      `CREATE UNIQUE INDEX IF NOT EXISTS i ON c (p, (m % 3)) WHERE tags IS NULL`,
      'DROP INDEX IF EXISTS i',
      `ALTER TABLE c ALTER COLUMN tags ${random.of(['SET NOT NULL', 'DROP NOT NULL', "SET DEFAULT '{1}'", 'DROP DEFAULT'])}`,
      `ALTER TABLE c ALTER COLUMN tags TYPE ${random.of(['bigint[]', 'int[]'])}`,
      `ALTER TABLE c ALTER COLUMN doc TYPE ${random.of(['text', 'jsonb USING doc::jsonb'])}`,
      `ALTER TABLE c ALTER COLUMN gc DROP EXPRESSION IF EXISTS`,
      'TRUNCATE c',
    ]);
  }

  #check() {
    return this.#random.of(['', ' WITH CASCADED CHECK OPTION', ' WITH LOCAL CHECK OPTION']);
  }

  #statement() {
    const kinds = ['insert', 'insert', 'insert', 'update', 'update', 'delete'];
    const more = ['conflict', 'conflict', 'merge', 'merge', 'from', 'using', 'view', 'with'];
    const kind = this.#random.of([...kinds, ...more]);
    this.features.add(kind);
    return this[`_${kind}`]();
  }

  #id() {
    return this.#random.between(1, 9);
  }

  #n() {
    return this.#random.chance(15) ? 'NULL' : String(this.#random.between(-2, 10));
  }

  #of(type) {
    return this.#random.chance(15) ? 'NULL' : literal(type, this.#random);
  }

  #returning(list = '*') {
    return this.#random.chance(40) ? ` RETURNING ${list}` : '';
  }

  #parent(id = this.#id()) {
    return `(${id}, ${this.#random.between(1, 12)}, ${this.#of('text')}, ${this.#n()})`;
  }

  #child(id = this.#id() + this.#random.below(6)) {
    const random = this.#random;
    const p = random.of(['DEFAULT', 'NULL', this.#id(), this.#id(), this.#id()]);
    const m = random.of(['DEFAULT', random.between(0, 9)]);
    return `(${id}, ${p}, ${m}, ${this.#of('ints')}, ${random.of(['DEFAULT', this.#of('jsonb')])})`;
  }

  _insert() {
    const random = this.#random;
    // Rows of one statement have different keys: which of two clashes is told first is left open.
    const from = random.between(1, 7);
    const ids = Array.from({ length: random.between(1, 3) }, (_, i) => from + i * 2);
    if (random.chance(50)) {
      const rows = ids.map((id) => this.#parent(id)).join(', ');
      return `INSERT INTO p (id, code, t, n) VALUES ${rows}${this.#returning()}`;
    }
    const rows = ids.map((id) => this.#child(id)).join(', ');
    return `INSERT INTO c (id, p, m, tags, doc) VALUES ${rows}${this.#returning()}`;
  }

  _update() {
    const random = this.#random;
    const where = random.of([
      `id = ${this.#id()}`,
      `id BETWEEN ${this.#id()} AND 7`,
      'm > 4',
      'true',
    ]);
    if (random.chance(50)) {
      const set = random.of([
        `id = id + ${random.between(-1, 9)}`,
        `code = code + ${random.between(-1, 1)}`,
        `code = 13 - code`,
        `n = ${this.#n()}`,
        `n = n + 1, t = upper(t)`,
        `t = ${this.#of('text')}, n = DEFAULT`,
        `(n, t) = (SELECT max(m), 'sub' FROM c WHERE c.p = p.id)`,
      ]);
      return `UPDATE p SET ${set} WHERE ${where.replace('m > 4', 'g > 9')}${this.#returning()}`;
    }
    const set = random.of([
      `p = ${random.of(['NULL', 'DEFAULT', this.#id()])}`,
      `m = m + ${random.between(-2, 2)}`,
      `tags = tags || ${random.between(1, 2)}`,
      `tags[${random.between(1, 4)}] = ${this.#n()}`,
      `tags[1:2] = ARRAY[${random.between(1, 2)}, 2]`,
      `doc = jsonb_set(coalesce(doc, '{}'), '{a}', to_jsonb(m))`,
      `doc = doc || '{"b": [1]}', m = DEFAULT`,
      `id = id + ${random.of([20, -1])}`,
    ]);
    return `UPDATE c SET ${set} WHERE ${where}${this.#returning()}`;
  }

  _delete() {
    const table = this.#random.of(['p', 'c']);
    const where = this.#random.of([
      `id = ${this.#id()}`,
      `id > ${this.#id() + 2}`,
      table === 'p' ? 'n IS NULL' : `tags @> ARRAY[1]`,
      table === 'p' ? 'NOT EXISTS (SELECT FROM c WHERE c.p = p.id)' : `doc ? 'b'`,
    ]);
    return `DELETE FROM ${table} WHERE ${where}${this.#returning('id')}`;
  }

  _conflict() {
    const random = this.#random;
    if (random.chance(50)) {
      const target = random.of(['', ' (id)', ' (code)']);
      const set = `n = coalesce(excluded.n, 0) + p.id, t = p.t || 'x'`;
      const where = random.chance(30) ? ' WHERE p.n IS DISTINCT FROM excluded.n' : '';
      const action = target === '' || random.chance(30) ? 'NOTHING' : `UPDATE SET ${set}${where}`;
      return `INSERT INTO p (id, code, t, n) VALUES ${this.#parent()} ON CONFLICT${target} DO ${action}${this.#returning()}`;
    }
    const set = random.of([
      'm = c.m + 1',
      'tags = c.tags || excluded.tags, doc = excluded.doc',
      '(p, m) = (excluded.p, excluded.m)',
    ]);
    return `INSERT INTO c (id, p, m, tags, doc) VALUES ${this.#child()} ON CONFLICT (id) DO UPDATE SET ${set}${this.#returning()}`;
  }

  _merge() {
    const random = this.#random;
    const ids = [this.#id(), 10, 11].map((id) => `(${id}, ${random.between(0, 8)})`).join(', ');
    const source = random.of([
      `(VALUES ${ids}) s (id, v)`,
      '(SELECT p AS id, max(m) AS v FROM c GROUP BY p) s',
      '(SELECT id, m AS v FROM c WHERE id > 3) s',
    ]);
    const matched = random.of([
      'WHEN MATCHED AND s.v > 6 THEN DELETE WHEN MATCHED THEN UPDATE SET n = s.v',
      'WHEN MATCHED AND p.n IS NULL THEN DO NOTHING WHEN MATCHED THEN UPDATE SET n = p.n - 1, t = DEFAULT',
      'WHEN MATCHED THEN UPDATE SET code = p.code + 20',
      'WHEN MATCHED AND p.n > s.v THEN DELETE',
    ]);
    const missing = random.of([
      '',
      'WHEN NOT MATCHED THEN INSERT (id, code, n) VALUES (s.id, s.v + 30, s.v)',
      'WHEN NOT MATCHED AND s.v < 5 THEN INSERT (id, code) VALUES (s.id + 30, s.id + 40)',
      'WHEN NOT MATCHED AND s.id IS NULL THEN DO NOTHING',
    ]);
    return `MERGE INTO p USING ${source} ON p.id = s.id ${matched} ${missing}`;
  }

  _from() {
    return this.#random.of([
      `UPDATE p SET n = s.total FROM (SELECT p, count(*)::int total FROM c GROUP BY p) s WHERE s.p = p.id${this.#returning('p.id, p.n, s.total')}`,
      `UPDATE c SET m = p.n, tags = ARRAY[p.code] FROM p WHERE p.id = c.p AND p.n IS NOT NULL${this.#returning('c.id, c.gc')}`,
      `UPDATE c SET p = o.id FROM p o LEFT JOIN p q ON q.id = o.id + 1 WHERE o.code = c.m AND q.id IS NULL`,
    ]);
  }

  _using() {
    return this.#random.of([
      `DELETE FROM c USING p WHERE p.id = c.p AND p.n > ${this.#random.between(2, 8)}${this.#returning('c.id')}`,
      `DELETE FROM p USING c WHERE c.p = p.id AND c.m = ${this.#random.below(9)}`,
    ]);
  }

  _view() {
    const random = this.#random;
    const view = random.of(['w1', 'w2']);
    switch (random.below(4)) {
      case 0:
        return `INSERT INTO ${view} (id, code, n) VALUES (${this.#id()}, ${random.between(1, 12)}, ${this.#n()})${this.#returning()}`;
      case 1:
        return `UPDATE ${view} SET n = n + ${random.between(-1, 4)} WHERE id > ${this.#id() - 3}${this.#returning()}`;
      case 2:
        return `DELETE FROM ${view} WHERE code > ${random.between(3, 12)}${this.#returning('id')}`;
      default:
        return `INSERT INTO ${view} (id, code, n) VALUES (${this.#id()}, ${random.between(1, 12)}, ${this.#n()}) ON CONFLICT (id) DO UPDATE SET n = excluded.n`;
    }
  }

  _with() {
    return this.#random.of([
      `WITH gone AS (DELETE FROM c WHERE m > ${this.#random.between(3, 8)} RETURNING *) INSERT INTO c (id, m, tags) SELECT id + 40, 1, tags FROM gone${this.#returning('id')}`,
      `WITH moved AS (UPDATE p SET n = n + 1 WHERE n < 5 RETURNING id, n) SELECT count(*), sum(n) FROM moved`,
      `INSERT INTO c (id, p) SELECT id + 60, id FROM p WHERE n > ${this.#random.between(0, 6)} ON CONFLICT DO NOTHING`,
    ]);
  }
}
