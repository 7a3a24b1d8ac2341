/**
 * The tables that generated queries read: every common type, a fifth of the values null, keys that
 * meet in joins, an index or two, and one empty table. A function of the seed.
 */
export const TABLES = [
  {
    name: 't1',
    rows: 40,
    columns: [
      { name: 'id', type: 'int', sql: 'int PRIMARY KEY' },
      { name: 'a', type: 'int', sql: 'int' },
      { name: 'b', type: 'int', sql: 'smallint' },
      { name: 'h', type: 'big', sql: 'bigint' },
      { name: 'c', type: 'text', sql: 'text' },
      { name: 'd', type: 'numeric', sql: 'numeric(10,2)' },
      { name: 'e', type: 'bool', sql: 'boolean' },
      { name: 'f', type: 'date', sql: 'date' },
    ],
    indexes: ['CREATE INDEX t1_a ON t1 (a)', 'CREATE INDEX t1_c_b ON t1 (c, b)'],
  },
  {
    name: 't2',
    rows: 25,
    columns: [
      { name: 'id', type: 'int', sql: 'int PRIMARY KEY' },
      { name: 'a', type: 'int', sql: 'int' },
      { name: 'c', type: 'text', sql: 'varchar(12)' },
      { name: 'x', type: 'float', sql: 'double precision' },
      { name: 'g', type: 'timestamp', sql: 'timestamp' },
      { name: 'd', type: 'numeric', sql: 'numeric' },
      { name: 'z', type: 'timestamptz', sql: 'timestamptz' },
      { name: 'v', type: 'interval', sql: 'interval' },
    ],
    indexes: ['CREATE UNIQUE INDEX t2_u ON t2 (a, id)', 'CREATE INDEX t2_z ON t2 (z)'],
  },
  {
    name: 't3',
    rows: 12,
    columns: [
      { name: 'k', type: 'int', sql: 'int' },
      { name: 'c', type: 'text', sql: 'text NOT NULL' },
      { name: 'e', type: 'bool', sql: 'bool' },
      { name: 'f', type: 'date', sql: 'date' },
      { name: 'q', type: 'mood', sql: 'mood' },
    ],
    indexes: [],
  },
  {
    name: 't5',
    rows: 20,
    columns: [
      { name: 'id', type: 'int', sql: 'int PRIMARY KEY' },
      { name: 'n', type: 'ints', sql: 'int[]' },
      { name: 'w', type: 'texts', sql: 'text[]' },
      { name: 'j', type: 'jsonb', sql: 'jsonb' },
      { name: 'o', type: 'time', sql: 'time' },
      { name: 'y', type: 'bytea', sql: 'bytea' },
    ],
    indexes: ['CREATE INDEX t5_n ON t5 (n)', "CREATE INDEX t5_j ON t5 ((j ->> 'a'))"],
  },
  {
    name: 't4',
    rows: 0,
    columns: [
      { name: 'k', type: 'int', sql: 'int' },
      { name: 'c', type: 'text', sql: 'text' },
    ],
    indexes: [],
  },
];

const WORDS = ['', 'a', 'abc', 'Abc', 'b c', 'x%y', 'zoë', 'long word', '10', '-7', ' pad '];

/** A literal of a type, never null. Floats are dyadic, so that their sums are exact anywhere. */
export function literal(type, random) {
  switch (type) {
    case 'int':
      return String(random.between(-20, 30));
    case 'big':
      return random.chance(20)
        ? String(9_000_000_000_000_000_000n - BigInt(random.below(5)))
        : String(random.between(-100, 5_000_000));
    case 'text':
      return `'${random.of(WORDS)}'`;
    case 'numeric':
      return `${random.between(-50, 400)}.${String(random.below(100)).padStart(2, '0')}`;
    case 'float':
      return `${random.between(-64, 256) / 8}::float8`;
    case 'bool':
      return random.chance(50) ? 'true' : 'false';
    case 'date':
      return `date '20${random.between(18, 26)}-${two(random.between(1, 12))}-${two(random.between(1, 28))}'`;
    case 'timestamptz':
      return `timestamptz '${literal('timestamp', random).slice(11, -1)}${random.of(['+00', '+02', '-05:30'])}'`;
    case 'interval':
      return `interval '${random.of(INTERVALS)}'`;
    case 'time':
      return `time '${two(random.below(24))}:${two(random.below(60))}:${random.of(['00', '30.25'])}'`;
    case 'ints':
      return `'{${list(random, () => (random.chance(12) ? 'NULL' : random.between(-3, 9)))}}'::int[]`;
    case 'texts':
      return `ARRAY[${list(random, () => (random.chance(12) ? 'NULL' : literal('text', random)))}]::text[]`;
    case 'jsonb':
      return `'${json(random, 2)}'::jsonb`;
    case 'mood':
      return `'${random.of(MOODS)}'::mood`;
    case 'bytea':
      return `'\\x${list(random, () => two(random.between(10, 99)), '')}'::bytea`;
    default:
      return (
        `timestamp '2024-${two(random.between(1, 12))}-${two(random.between(1, 28))} ` +
        `${two(random.below(24))}:${two(random.below(60))}:${two(random.below(60))}'`
      );
  }
}

/** Not in the order of their letters. */
const MOODS = ['sad', 'a', 'ok', 'Abc'];

const INTERVALS = [
  '1 day',
  '-3 hours',
  '2 months 3 days',
  '1 year -1 mon',
  '36:30:15',
  '00:00:00.5',
  '-1 mon 5 days 04:05:06',
  '0',
];

function list(random, make, between = ',') {
  return Array.from({ length: random.below(4) }, make).join(between);
}

/** The text of a JSON value whose objects share few names, so that paths meet something. */
function json(random, depth) {
  switch (random.below(depth > 0 ? 8 : 5)) {
    case 0:
      return String(random.between(-3, 9));
    case 1:
      return `${random.between(0, 9)}.5`;
    case 2:
      return `"${random.of(['a', 'b', '', 'zoë'])}"`;
    case 3:
      return random.of(['true', 'false']);
    case 4:
      return 'null';
    case 5:
      return `[${list(random, () => json(random, depth - 1))}]`;
    default: {
      const names = ['a', 'b', 'long name'].filter(() => random.chance(60));
      return `{${names.map((name) => `"${name}":${json(random, depth - 1)}`).join(',')}}`;
    }
  }
}

function two(number) {
  return String(number).padStart(2, '0');
}

/** Statements that make the tables and fill them, in place of those that there are. */
export function setup(random) {
  const out = TABLES.map(({ name }) => `DROP TABLE IF EXISTS ${name}`);
  const [first, second, ...rest] = MOODS.map((name) => `'${name}'`);
  out.push('DROP TYPE IF EXISTS mood', `CREATE TYPE mood AS ENUM (${[first, ...rest].join(', ')})`);
  out.push(`ALTER TYPE mood ADD VALUE ${second} AFTER ${first}`);
  for (const table of TABLES) {
    const columns = table.columns.map(({ name, sql }) => `${name} ${sql}`).join(', ');
    out.push(`CREATE TABLE ${table.name} (${columns})`);
    for (let row = 0; row < table.rows; row += 1) {
      const values = table.columns.map(({ name, type, sql }) => {
        if (name === 'id') return String(row + 1);
        if (!sql.includes('NOT NULL') && random.chance(20)) return 'NULL';
        if (sql === 'smallint' || name === 'a' || name === 'k') {
          return String(random.between(-3, 12));
        }
        return literal(type, random);
      });
      out.push(`INSERT INTO ${table.name} VALUES (${values.join(', ')})`);
    }
    out.push(...table.indexes);
  }
  return out;
}
