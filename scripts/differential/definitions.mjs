/**
 * Generated definitions: tables, columns, constraints, indexes, views, sequences, types and schemas
 * that are made, changed, renamed and dropped in any order, with rows between. Names come from
 * small pools, so that they clash and are found again; what there is at the moment is told from
 * outside (`see`), so that most statements mean something.
 */
import { SETUP } from './definition-world.mjs';

const TABLES = ['t1', 't2', 't3', 't4'];
const VIEWS = ['v1', 'v2', 'v3'];
const COLUMNS = ['a', 'b', 'c', 'd', 'e'];
const CONSTRAINTS = ['k1', 'k2', 'k3'];
const INDEXES = ['i1', 'i2', 'i3'];
const SEQUENCES = ['s1', 's2'];
const TYPES = [
  'int',
  'bigint',
  'smallint',
  'text',
  'varchar(4)',
  'char(3)',
  'numeric',
  'numeric(6,2)',
  'date',
  'timestamp',
  'boolean',
  'float8',
  'int[]',
  'jsonb',
  'uuid',
  'mood',
];
const VALUES = {
  int: ['1', '2', '3', '-7', 'NULL'],
  text: ["'x'", "'long word'", "'7'", "''", 'NULL'],
  numeric: ['1.5', '2', '-0.25', 'NULL'],
  date: ["date '2024-02-29'", "'2025-01-01'", 'NULL'],
  boolean: ['true', 'false', 'NULL'],
  array: ["'{1,2}'", "'{}'", 'NULL'],
  jsonb: [`'{"a": 1}'`, "'[1]'", 'NULL'],
  uuid: ["'00000000-0000-0000-0000-000000000001'", 'NULL'],
  mood: ["'ok'", "'sad'", 'NULL'],
};

/** The pool of values, by what a type's name begins with. */
const FAMILIES = [
  [/\[\]$/, 'array'],
  [/^(?:int|bigint|smallint)/, 'int'],
  [/^(?:text|var|char)/, 'text'],
  [/^(?:numeric|float|double)/, 'numeric'],
  [/^(?:date|timestamp)/, 'date'],
  [/^bool/, 'boolean'],
  [/^jsonb/, 'jsonb'],
  [/^uuid/, 'uuid'],
];

export class Definitions {
  #random;
  #relations = [];
  #constraints = [];
  #preparedCount = 0;
  features = [];
  isInTransaction = false;
  /** The transaction has failed: little but its end is taken. */
  hasFailed = false;

  /**
   * Whether there are sequences. What they give is not compared: a statement that fails has taken
   * values there, and never has here. So half of the worlds have none.
   */
  draws;

  constructor(random) {
    this.#random = random;
    this.draws = random.chance(50);
  }

  /** Rows of `STATE`. */
  see(rows) {
    const byName = new Map();
    this.#constraints = [];
    for (const [what, name, kind, schema, column, type] of rows) {
      if (what === 'constraint') {
        this.#constraints.push({ name, table: kind, schema });
        continue;
      }
      const key = `${schema}.${name}`;
      const one = byName.get(key) ?? { name, kind, schema, columns: [] };
      byName.set(key, one);
      if (column !== null) one.columns.push({ name: column, type });
    }
    this.#relations = [...byName.values()];
  }

  /** What both begin with. */
  setup() {
    return this.draws ? [...SETUP, 'CREATE SEQUENCE s1'] : SETUP;
  }

  /** Tables and views, as queries may name them. */
  get readable() {
    return this.#relations.filter(({ kind }) => kind === 'r' || kind === 'v');
  }

  next() {
    const random = this.#random;
    if (this.hasFailed && random.chance(60)) {
      this.features = ['transaction'];
      return this.#noted(random.of(['ROLLBACK', 'ROLLBACK TO s', 'COMMIT']));
    }
    const [feature, make] = random.of(this.#weighted());
    this.features = [feature];
    return this.#noted(make());
  }

  #noted(sql) {
    if (sql === 'BEGIN') this.isInTransaction = true;
    if (sql === 'COMMIT' || sql === 'ROLLBACK') this.isInTransaction = false;
    return sql;
  }

  #weighted() {
    const out = [];
    for (const [weight, feature, make] of this.#kinds()) {
      for (let i = 0; i < weight; i += 1) out.push([feature, make]);
    }
    return out;
  }

  #kinds() {
    return [
      [7, 'create table', () => this.#createTable()],
      [2, 'create table as', () => this.#createAs()],
      [3, 'drop', () => this.#drop()],
      [16, 'alter table', () => this.#alterTable()],
      [4, 'rename', () => this.#rename()],
      [4, 'view', () => this.#view()],
      [3, 'index', () => this.#index()],
      [this.draws ? 3 : 0, 'sequence', () => this.#sequence()],
      [2, 'type', () => this.#type()],
      [1, 'schema', () => this.#schema()],
      [10, 'insert', () => this.#insert()],
      [4, 'update', () => this.#update()],
      [1, 'delete', () => `DELETE FROM ${this.#table()} WHERE ${this.#condition(this.#last)}`],
      [1, 'truncate', () => `TRUNCATE ${this.#table()}${this.#cascade()}`],
      [4, 'transaction', () => this.#transaction()],
      [2, 'prepared', () => this.#prepared()],
    ];
  }

  // Names.

  #some(kinds) {
    return this.#relations.filter(({ kind }) => kinds.includes(kind));
  }

  /** The relation named last, for its columns. */
  #last = { name: 't1', schema: 'w', columns: [] };

  #table(kinds = 'r', pool = TABLES) {
    const random = this.#random;
    const there = this.#some(kinds);
    if (there.length === 0 || random.chance(4)) {
      this.#last = { name: random.of(pool), schema: 'w', columns: [] };
      return this.#last.name;
    }
    this.#last = random.of(there);
    const { name, schema } = this.#last;
    return schema === 'w' ? name : `${schema}.${name}`;
  }

  #newName(pool) {
    const random = this.#random;
    return `${random.chance(8) ? 'x.' : ''}${random.of(pool)}`;
  }

  #column(of = this.#last) {
    const random = this.#random;
    const { columns } = of;
    if (columns.length === 0 || random.chance(4)) {
      return { name: random.of(COLUMNS), type: random.of(TYPES) };
    }
    return random.of(columns);
  }

  #constraintName() {
    const own = this.#constraints.filter(({ table }) => table === this.#last.name);
    if (own.length === 0 || this.#random.chance(10)) return this.#random.of(CONSTRAINTS);
    return this.#random.of(own).name;
  }

  #cascade() {
    return this.#random.of(['', '', ' CASCADE', ' RESTRICT']);
  }

  // Parts.

  #value(type) {
    const family = FAMILIES.find(([pattern]) => pattern.test(type))?.[1] ?? 'mood';
    const pool = this.#random.chance(3) ? VALUES.text : VALUES[family];
    return this.#random.of(pool);
  }

  #condition(of) {
    const random = this.#random;
    const { name, type } = this.#column(of);
    const family = FAMILIES.find(([pattern]) => pattern.test(type))?.[1] ?? 'mood';
    switch (family) {
      case 'int':
        return `${name} ${random.of(['>', '<>', '<='])} ${random.between(-3, 3)}`;
      case 'text':
        return random.of([`${name} <> 'x'`, `length(${name}) < 5`, `${name} IS NOT NULL`]);
      case 'numeric':
        return `${name} < ${random.of(['2', '1.5', '100'])}`;
      case 'boolean':
        return random.of([name, `${name} IS NOT TRUE`]);
      default:
        return `${name} IS ${random.of(['', 'NOT '])}NULL`;
    }
  }

  #default(type) {
    const random = this.#random;
    if (this.draws && /^(?:int|bigint|integer)$/.test(type) && random.chance(25)) {
      return `nextval('${random.of(SEQUENCES)}')`;
    }
    if (/^(?:text|varchar)/.test(type) && random.chance(25))
      return random.of(["'a' || 'b'", 'lower($$X$$)']);
    // `DEFAULT NULL` is none here; PostgreSQL keeps it where the type has a length.
    const value = this.#value(type);
    return value === 'NULL' ? "'1'" : value;
  }

  #columnDefinition(name) {
    const random = this.#random;
    const type = random.of(TYPES);
    if (this.draws && random.chance(8)) return `${name} ${random.of(['serial', 'bigserial'])}`;
    const out = [name, type];
    const filled = random.below(100);
    if (filled < 25) out.push(`DEFAULT ${this.#default(type)}`);
    else if (filled < 30 && this.draws) out.push('GENERATED BY DEFAULT AS IDENTITY');
    else if (filled < 40) out.push(`GENERATED ALWAYS AS (${this.#computed(type)}) STORED`);
    // From version 18 on a NOT NULL is a constraint that has a name.
    if (random.chance(20)) out.push(random.of(['NOT NULL', `${this.#named()}UNIQUE`]));
    if (random.chance(12))
      out.push(`${this.#named()}CHECK (${this.#condition({ columns: [{ name, type }] })})`);
    if (random.chance(10)) out.push(`${this.#named()}PRIMARY KEY`);
    if (random.chance(10)) out.push(this.#references());
    return out.join(' ');
  }

  /** Of columns that may be there. */
  #computed(type) {
    const random = this.#random;
    const name = random.of(COLUMNS);
    return random.of([
      this.#value(type),
      name,
      `${name}::text`,
      `coalesce(${name}, ${this.#value(type)})`,
      `${name} IS NULL`,
      `length(${name}::text) + 1`,
    ]);
  }

  #named() {
    return this.#random.chance(30) ? `CONSTRAINT ${this.#random.of(CONSTRAINTS)} ` : '';
  }

  #references() {
    const random = this.#random;
    const kept = this.#last;
    const table = this.#table();
    const columns = random.chance(60) ? ` (${this.#column().name})` : '';
    this.#last = kept;
    const action = random.of(['', '', ' ON DELETE CASCADE', ' ON UPDATE SET NULL']);
    return `REFERENCES ${table}${columns}${action}${random.chance(10) ? ' DEFERRABLE' : ''}`;
  }

  #tableConstraint() {
    const random = this.#random;
    const some = () => this.#column().name;
    const columns = random.chance(70) ? some() : `${some()}, ${some()}`;
    switch (random.below(6)) {
      case 0:
        return `${this.#named()}PRIMARY KEY (${columns})`;
      case 1:
        return `${this.#named()}UNIQUE (${columns})`;
      case 2:
        return `${this.#named()}FOREIGN KEY (${some()}) ${this.#references()}`;
      case 3:
        return `CHECK (${this.#condition(this.#last)} OR ${this.#condition(this.#last)})`;
      default:
        return `${this.#named()}CHECK (${this.#condition(this.#last)})`;
    }
  }

  // Statements.

  #createTable() {
    const random = this.#random;
    const name = this.#newName(TABLES);
    const count = random.between(1, 4);
    const names = COLUMNS.slice(0, count);
    const parts = names.map((one) => this.#columnDefinition(one));
    this.#last = { name, schema: 'w', columns: names.map((one) => ({ name: one, type: 'int' })) };
    if (random.chance(25)) parts.push(this.#tableConstraint());
    if (random.chance(6))
      parts.push(
        `LIKE ${this.#table('rv')} INCLUDING ${random.of(['ALL', 'DEFAULTS', 'CONSTRAINTS'])}`,
      );
    return `CREATE TABLE ${random.chance(10) ? 'IF NOT EXISTS ' : ''}${name} (${parts.join(', ')})`;
  }

  #createAs() {
    return `CREATE TABLE ${this.#newName(TABLES)} AS ${this.#query()}${this.#random.chance(20) ? ' WITH NO DATA' : ''}`;
  }

  #query() {
    const random = this.#random;
    const table = this.#table('rv');
    switch (random.below(9)) {
      case 4: {
        const mine = this.#column().name;
        return `SELECT * FROM ${table} JOIN ${this.#table('rv')} USING (${mine})`;
      }
      case 5: {
        const { name } = this.#column();
        const inner = this.#table('rv');
        return `SELECT ${name} FROM ${table} o WHERE EXISTS (SELECT FROM ${inner} i WHERE i.${this.#column().name} IS NOT DISTINCT FROM o.${name})`;
      }
      case 6: {
        const { name } = this.#column();
        return `SELECT ${name}, ${this.#column().name} AS y, max(${this.#column().name}::text) AS m FROM ${table} GROUP BY ${name}, 2`;
      }
      case 7:
        return `WITH q AS (TABLE ${table}) SELECT q.*, count(*) OVER () AS nr FROM q`;
      case 0:
        return `SELECT * FROM ${table}`;
      case 1:
        return `SELECT ${this.#column().name} AS ${random.of(COLUMNS)}, count(*) AS n FROM ${table} GROUP BY 1`;
      case 2: {
        const mine = this.#column().name;
        const other = this.#table('rv');
        return `SELECT l.${mine}, r.* FROM ${table} l JOIN ${other} r ON true`;
      }
      case 3:
        return `SELECT ${this.#column().name} FROM ${table} WHERE ${this.#condition(this.#last)}`;
      default:
        return `SELECT ${this.#column().name}, ${this.#column().name} AS z FROM ${table}`;
    }
  }

  #drop() {
    const random = this.#random;
    const exists = random.chance(30) ? 'IF EXISTS ' : '';
    switch (random.below(5)) {
      case 0:
        return `DROP VIEW ${exists}${this.#table('v', VIEWS)}${this.#cascade()}`;
      case 1:
        return `DROP INDEX ${exists}${this.#table('i', INDEXES)}${this.#cascade()}`;
      case 2:
        return `DROP SEQUENCE ${exists}${this.#table('S', SEQUENCES)}${this.#cascade()}`;
      case 3:
        return `DROP TABLE ${exists}${this.#table('rv')}, ${this.#table()}${this.#cascade()}`;
      default:
        return `DROP TABLE ${exists}${this.#table()}${this.#cascade()}`;
    }
  }

  #alterTable() {
    const table = this.#table();
    const count = this.#random.chance(15) ? 2 : 1;
    const actions = Array.from({ length: count }, () => this.#action());
    return `ALTER TABLE ${this.#random.chance(5) ? 'IF EXISTS ' : ''}${table} ${actions.join(', ')}`;
  }

  #action() {
    const random = this.#random;
    const { name, type } = this.#column();
    const column = `ALTER ${random.chance(50) ? 'COLUMN ' : ''}${name}`;
    switch (random.below(16)) {
      case 0:
      case 1:
        return `ADD ${random.chance(20) ? 'COLUMN IF NOT EXISTS ' : ''}${this.#columnDefinition(random.of(COLUMNS))}`;
      case 2:
        return `DROP ${random.chance(20) ? 'COLUMN IF EXISTS ' : ''}${name}${this.#cascade()}`;
      case 3:
        return `${column} SET NOT NULL`;
      case 4:
        return `${column} DROP NOT NULL`;
      case 5:
        return `${column} SET DEFAULT ${this.#default(type)}`;
      case 6:
        return `${column} DROP DEFAULT`;
      case 7:
      case 8: {
        const to = random.of(TYPES);
        const using = random.chance(30)
          ? ` USING ${random.of([`${name}::text::${to}`, 'NULL', `${name}`])}`
          : '';
        return `${column} TYPE ${to}${using}`;
      }
      case 9:
      case 10:
        return `ADD ${this.#tableConstraint()}${random.chance(10) ? ' NOT VALID' : ''}`;
      case 11:
        return `DROP CONSTRAINT ${random.chance(20) ? 'IF EXISTS ' : ''}${this.#constraintName()}${this.#cascade()}`;
      case 12:
        if (!this.draws) return `${column} DROP EXPRESSION IF EXISTS`;
        return random.of([
          `${column} ADD GENERATED ALWAYS AS IDENTITY`,
          `${column} DROP IDENTITY IF EXISTS`,
          `${column} DROP EXPRESSION IF EXISTS`,
          `${column} RESTART WITH 40`,
        ]);
      case 13:
        return `VALIDATE CONSTRAINT ${this.#constraintName()}`;
      default:
        return this.#pairOfActions(column, name, type);
    }
  }

  /** What is one statement's work in practice. */
  #pairOfActions(column, name, type) {
    const random = this.#random;
    return random.of([
      `DROP ${name}, ADD ${name} ${random.of(TYPES)}`,
      `${column} TYPE ${random.of(TYPES)}, ${column} SET DEFAULT ${this.#default(type)}`,
      `${column} DROP DEFAULT, ${column} SET NOT NULL`,
      `ADD ${random.of(COLUMNS)} int, ADD UNIQUE (${name})`,
    ]);
  }

  #rename() {
    const random = this.#random;
    const table = this.#table(random.chance(15) ? 'rv' : 'r');
    switch (random.below(7)) {
      case 0:
      case 1:
        return `ALTER TABLE ${table} RENAME ${this.#column().name} TO ${random.of(COLUMNS)}`;
      case 2:
        return `ALTER TABLE ${table} RENAME TO ${random.of(TABLES)}`;
      case 3:
        return `ALTER TABLE ${table} RENAME CONSTRAINT ${this.#constraintName()} TO ${random.of(CONSTRAINTS)}`;
      case 4:
        return `ALTER INDEX ${this.#table('i', INDEXES)} RENAME TO ${random.of(INDEXES)}`;
      case 5:
        return `ALTER TABLE ${table} SET SCHEMA ${random.of(['x', 'w'])}`;
      default:
        return `ALTER VIEW ${this.#table('v', VIEWS)} RENAME ${random.chance(50) ? `${this.#column().name} ` : ''}TO ${random.of([...VIEWS, ...COLUMNS])}`;
    }
  }

  #view() {
    const random = this.#random;
    const name = random.chance(50) ? this.#newName(VIEWS) : this.#table('v', VIEWS);
    const replaced = random.chance(50) ? 'OR REPLACE ' : '';
    const columns = random.chance(15) ? ' (p, q)' : '';
    return `CREATE ${replaced}VIEW ${name}${columns} AS ${this.#query()}`;
  }

  #index() {
    const random = this.#random;
    const table = this.#table();
    const name = random.chance(50) ? `${random.of(INDEXES)} ` : '';
    const column = this.#column().name;
    const key = random.of([column, `${column}, ${this.#column().name}`, `(${column} IS NULL)`]);
    const where = random.chance(20) ? ` WHERE ${this.#condition(this.#last)}` : '';
    return `CREATE ${random.chance(30) ? 'UNIQUE ' : ''}INDEX ${name}ON ${table} (${key})${where}`;
  }

  #sequence() {
    const random = this.#random;
    const name = this.#table('S', SEQUENCES);
    return random.of([
      `CREATE SEQUENCE ${this.#newName(SEQUENCES)}${random.of(['', ' START 5', ' INCREMENT -2', ' AS smallint CYCLE', ' MAXVALUE 2'])}`,
      `ALTER SEQUENCE ${name} ${random.of(['RESTART', 'RESTART 3', 'INCREMENT 4', 'MAXVALUE 9', 'NO CYCLE'])}`,
      `ALTER SEQUENCE ${name} OWNED BY ${random.of(['NONE', `${this.#table()}.${this.#column().name}`])}`,
      `ALTER SEQUENCE ${name} RENAME TO ${random.of(SEQUENCES)}`,
      `SELECT nextval('${name}'), currval('${name}')`,
      `SELECT setval('${name}', ${random.between(1, 6)}${random.of(['', ', false'])})`,
    ]);
  }

  #type() {
    const random = this.#random;
    return random.of([
      `ALTER TYPE mood ADD VALUE ${random.chance(40) ? 'IF NOT EXISTS ' : ''}'${random.of(['fine', 'bad'])}'`,
      `ALTER TYPE mood RENAME VALUE '${random.of(['fine', 'ok'])}' TO '${random.of(['good', 'bad', 'ok'])}'`,
      'ALTER TYPE mood RENAME TO feeling',
      'ALTER TYPE feeling RENAME TO mood',
      `ALTER TYPE mood SET SCHEMA ${random.of(['x', 'w'])}`,
      'ALTER TYPE x.mood SET SCHEMA w',
      `DROP TYPE mood${this.#cascade()}`,
      "CREATE TYPE mood AS ENUM ('sad', 'ok')",
      "CREATE TYPE x.mood AS ENUM ('ok')",
    ]);
  }

  #schema() {
    return this.#random.of([
      'CREATE SCHEMA x',
      'CREATE SCHEMA IF NOT EXISTS x',
      `DROP SCHEMA x${this.#cascade()}`,
    ]);
  }

  #insert() {
    const random = this.#random;
    const table = this.#table(random.chance(10) ? 'rv' : 'r');
    const { columns } = this.#last;
    if (random.chance(10)) return `INSERT INTO ${table} DEFAULT VALUES`;
    const used = columns.filter(() => random.chance(75));
    const row = () =>
      `(${used.map(({ type }) => (random.chance(12) ? 'DEFAULT' : this.#value(type))).join(', ')})`;
    if (used.length === 0) return `INSERT INTO ${table} DEFAULT VALUES`;
    const rows = Array.from({ length: random.between(1, 2) }, row).join(', ');
    return `INSERT INTO ${table} (${used.map(({ name }) => name).join(', ')}) VALUES ${rows}`;
  }

  #update() {
    const table = this.#table(this.#random.chance(10) ? 'rv' : 'r');
    const { name, type } = this.#column();
    return `UPDATE ${table} SET ${name} = ${this.#value(type)} WHERE ${this.#condition(this.#last)}`;
  }

  #transaction() {
    return this.#random.of([
      'BEGIN',
      'BEGIN',
      'BEGIN',
      'COMMIT',
      'ROLLBACK',
      'SAVEPOINT s',
      'ROLLBACK TO s',
      'RELEASE s',
    ]);
  }

  #prepared() {
    this.#preparedCount += 1;
    const table = this.#table('rv');
    return this.#random.of([
      `PREPARE p${this.#preparedCount} AS SELECT * FROM ${table}`,
      `EXECUTE p${this.#random.between(1, Math.max(1, this.#preparedCount))}`,
    ]);
  }
}
