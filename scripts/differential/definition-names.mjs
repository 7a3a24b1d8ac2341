/**
 * What generated definitions say of what there is: names, columns, values and conditions. Names
 * come from small pools, so that they clash and are found again; what there is at the moment is
 * told from outside (`see`), so that most statements mean something.
 */

export const POOLS = {
  tables: ['t1', 't2', 't3', 't4'],
  views: ['v1', 'v2', 'v3'],
  columns: ['a', 'b', 'c', 'd', 'e'],
  constraints: ['k1', 'k2', 'k3'],
  indexes: ['i1', 'i2', 'i3'],
  sequences: ['s1', 's2'],
  types: [
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
    'mood[]',
  ],
};

const VALUES = {
  int: ['1', '2', '3', '-7', 'NULL'],
  text: ["'x'", "'long word'", "'7'", "''", 'NULL'],
  numeric: ['1.5', '2', '-0.25', 'NULL'],
  date: ["date '2024-02-29'", "'2025-01-01'", 'NULL'],
  boolean: ['true', 'false', 'NULL'],
  moods: ["'{ok}'", "'{}'", 'NULL'],
  array: ["'{1,2}'", "'{}'", 'NULL'],
  jsonb: [`'{"a": 1}'`, "'[1]'", 'NULL'],
  uuid: ["'00000000-0000-0000-0000-000000000001'", 'NULL'],
  mood: ["'ok'", "'sad'", 'NULL'],
};

/** The pool of values, by what a type's name looks like. */
const FAMILIES = [
  [/(?:mood|feeling)\[\]$/, 'moods'],
  [/\[\]$/, 'array'],
  [/^(?:int|bigint|smallint)/, 'int'],
  [/^(?:text|var|char)/, 'text'],
  [/^(?:numeric|float|double)/, 'numeric'],
  [/^(?:date|timestamp)/, 'date'],
  [/^bool/, 'boolean'],
  [/^jsonb/, 'jsonb'],
  [/^uuid/, 'uuid'],
];

function familyOf(type) {
  return FAMILIES.find(([pattern]) => pattern.test(type))?.[1] ?? 'mood';
}

export class Names {
  /**
   * Whether there are sequences. What they give is not compared: a statement that fails has taken
   * values there, and never has here. So half of the worlds have none.
   */
  draws;
  /** The relation named last, for its columns. */
  last = { name: 't1', schema: 'w', columns: [] };
  /** Names of relations that are there say their schema. */
  qualified = false;
  #random;
  #relations = [];
  #constraints = [];

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

  /** Of `pg_class.relkind`s. */
  some(kinds) {
    return this.#relations.filter(({ kind }) => kinds.includes(kind));
  }

  /** One of them, mostly; `pool` has names that may be none. */
  table(kinds = 'r', pool = POOLS.tables) {
    const random = this.#random;
    const there = this.some(kinds);
    if (there.length === 0 || random.chance(4)) {
      this.last = { name: random.of(pool), schema: 'w', columns: [] };
      return this.last.name;
    }
    this.last = random.of(there);
    const { name, schema } = this.last;
    const isBare = !this.qualified && (schema === 'w' || random.chance(10));
    return isBare ? name : `${schema}.${name}`;
  }

  /** A name for something new. */
  fresh(pool) {
    return `${this.#random.chance(8) ? 'x.' : ''}${this.#random.of(pool)}`;
  }

  /** A column `{ name, type }`, mostly of the relation. */
  column({ columns } = this.last) {
    const random = this.#random;
    if (columns.length === 0 || random.chance(4)) {
      return { name: random.of(POOLS.columns), type: random.of(POOLS.types) };
    }
    return random.of(columns);
  }

  constraint() {
    const own = this.#constraints.filter(({ table }) => table === this.last.name);
    if (own.length === 0 || this.#random.chance(10)) return this.#random.of(POOLS.constraints);
    return this.#random.of(own).name;
  }

  cascade() {
    return this.#random.of(['', '', ' CASCADE', ' RESTRICT']);
  }

  value(type) {
    const pool = this.#random.chance(3) ? VALUES.text : VALUES[familyOf(type)];
    return this.#random.of(pool);
  }

  condition(of = this.last) {
    const random = this.#random;
    const { name, type } = this.column(of);
    switch (familyOf(type)) {
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

  /** An expression for a default of the type. */
  default(type) {
    const random = this.#random;
    if (this.draws && /^(?:int|bigint|integer)$/.test(type) && random.chance(25)) {
      return `nextval('${random.of(POOLS.sequences)}')`;
    }
    if (/^(?:text|varchar)/.test(type) && random.chance(25))
      return random.of(["'a' || 'b'", 'lower($$X$$)']);
    // `DEFAULT NULL` is none here; PostgreSQL keeps it where the type has a length.
    const value = this.value(type);
    return value === 'NULL' ? "'1'" : value;
  }
}
