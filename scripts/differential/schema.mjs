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
    ],
    indexes: ['CREATE UNIQUE INDEX t2_u ON t2 (a, id)'],
  },
  {
    name: 't3',
    rows: 12,
    columns: [
      { name: 'k', type: 'int', sql: 'int' },
      { name: 'c', type: 'text', sql: 'text NOT NULL' },
      { name: 'e', type: 'bool', sql: 'bool' },
      { name: 'f', type: 'date', sql: 'date' },
    ],
    indexes: [],
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
    default:
      return (
        `timestamp '2024-${two(random.between(1, 12))}-${two(random.between(1, 28))} ` +
        `${two(random.below(24))}:${two(random.below(60))}:${two(random.below(60))}'`
      );
  }
}

function two(number) {
  return String(number).padStart(2, '0');
}

/** Statements that make the tables and fill them. */
export function setup(random) {
  const out = [];
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
