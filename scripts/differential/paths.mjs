/**
 * Queries that have several ways to their rows: ranges, lists and orders that an index may serve or
 * may not, joins that may look keys up, aggregates that may stop at an end. The tables, and which
 * indexes they have, differ from round to round, and have a past.
 *
 * A past table is a copy there, made before what changed it, and `AS OF POSITION` here.
 */
import { Layers } from './layers.mjs';
import { literal } from './schema.mjs';

const COLUMNS = [
  { name: 'a', type: 'int', sql: 'int', low: -2, high: 12 },
  { name: 'b', type: 'int', sql: 'smallint', low: -3, high: 40 },
  { name: 'c', type: 'text', sql: 'text' },
  { name: 'd', type: 'numeric', sql: 'numeric(6,2)' },
  { name: 'f', type: 'date', sql: 'date' },
];
const NAMES = ['p', 'q'];
const PATTERNS = ['a%', 'ab%', '%', 'long%', 'x\\%%', '_bc', 'zoë'];
const OPERATORS = ['=', '=', '<', '<=', '>', '>=', '<>'];
const DIRECTIONS = ['', '', ' ASC', ' DESC', ' DESC'];
const NULLS = ['', '', '', ' NULLS FIRST', ' NULLS LAST'];

/** Of a table: its name here and there, now or as it was. */
function references(name, position) {
  return [
    { ours: name, theirs: name },
    { ours: name, theirs: name },
    { ours: `${name} AS OF POSITION ${position}`, theirs: `${name}_then` },
  ];
}

/** A value of a column, as SQL. */
function valueOf(column, random) {
  if (column.low !== undefined) return String(random.between(column.low, column.high));
  return literal(column.type, random);
}

/** Statements that make the tables and fill them; and by table the columns of each index. */
export function setupPaths(random) {
  const statements = [];
  const indexes = Object.fromEntries(NAMES.map((name) => [name, [['id']]]));
  for (const name of NAMES) setupTable(name, random, statements, indexes[name]);
  return { statements, indexes };
}

function setupTable(name, random, out, indexes) {
  out.push(`DROP TABLE IF EXISTS ${name}`);
  const columns = COLUMNS.map((column) => `${column.name} ${column.sql}`).join(', ');
  const key = random.of([['id'], ['id'], ['a', 'id'], ['c', 'id'], ['b', 'a', 'id']]);
  const notNull = key.map((column) => `ALTER ${column} SET NOT NULL`).join(', ');
  out.push(`CREATE TABLE ${name} (id int, ${columns})`);
  const rows = Array.from({ length: random.of([1, 9, 60, 300, 300, 1500]) }, (_, i) => {
    const cells = COLUMNS.map((column) => {
      if (!key.includes(column.name) && random.chance(15)) return 'NULL';
      return valueOf(column, random);
    });
    return `(${[i + 1, ...cells].join(', ')})`;
  });
  out.push(`INSERT INTO ${name} VALUES ${rows.join(', ')}`);
  if (random.chance(85)) {
    out.push(`ALTER TABLE ${name} ${notNull}, ADD PRIMARY KEY (${key.join(', ')})`);
    indexes.push(key);
  }
  for (let i = random.below(5); i > 0; i -= 1) {
    const list = someOf(['id', ...COLUMNS.map((column) => column.name)], 3, random);
    out.push(index(name, list, random));
    indexes.push(list);
  }
}

function index(name, columns, random) {
  const parts = columns.map((column) => `${column}${random.of(DIRECTIONS)}${random.of(NULLS)}`);
  if (random.chance(12)) parts[0] = random.of(['(a + b)', 'lower(c)', '(a * 2)', 'abs(b)']);
  const unique = parts.some((part) => /^id\b/.test(part)) && random.chance(40) ? 'UNIQUE ' : '';
  const where = random.chance(15)
    ? random.of([' WHERE b > 5', ' WHERE c IS NOT NULL', ' WHERE a < 9'])
    : '';
  return `CREATE ${unique}INDEX ON ${name} (${parts.join(', ')})${where}`;
}

/**
 * Changes of these tables. `batch` differs from call to call: ids stay unique whatever the key is,
 * for PostgreSQL refuses keys that are taken for a moment, in the middle of a statement.
 */
export function churn(random, names, batch) {
  const table = () => random.of(names);
  return Array.from({ length: random.below(7) }, (_, i) => {
    const step = random.between(2, 9);
    return random.of([
      `UPDATE ${table()} SET b = b + 1, d = d - 1 WHERE id % ${step} = 1`,
      `UPDATE ${table()} SET a = coalesce(a, 3) + 1 WHERE id % ${step} = 0`,
      `UPDATE ${table()} SET b = NULL, f = NULL WHERE id < ${step * 4}`,
      `UPDATE ${table()} SET c = coalesce(c, '') || 'x' WHERE id > ${step * 5}`,
      `DELETE FROM ${table()} WHERE id % ${step * 2} = 3`,
      `INSERT INTO ${table()} SELECT id + ${(batch * 10 + i) * 10_000}, a, b, c, d, f FROM p
         WHERE id % ${step} = 1 AND id < 300 ON CONFLICT DO NOTHING`,
    ]);
  });
}

function someOf(list, most, random) {
  const left = [...list];
  return Array.from({ length: random.between(1, most) }, () => {
    return left.splice(random.below(left.length), 1)[0];
  });
}

export class Paths {
  #random;
  #position;
  #indexes;
  features = new Set();

  constructor(random, position, indexes) {
    this.#random = random;
    this.#position = position;
    this.#indexes = indexes;
  }

  /** The next query, as it is said here and there. */
  next() {
    this.features.clear();
    const parts = this.#query();
    const text = (side) =>
      parts.map((part) => (typeof part === 'string' ? part : part[side])).join('');
    return { ours: text('ours'), theirs: text('theirs') };
  }

  #use(feature) {
    this.features.add(feature);
  }

  #table(name = this.#random.of(NAMES)) {
    const reference = this.#random.of(references(name, this.#position));
    if (reference.ours !== reference.theirs) this.#use('past');
    return reference;
  }

  #query() {
    const kinds = [
      'range',
      'range',
      'range',
      'ordered',
      'ends',
      'join',
      'semi',
      'groups',
      'window',
    ];
    const others = ['lateral', 'scalar', 'union', 'keyset', 'page', 'page', 'reordered', 'layers'];
    const kind = this.#random.of([...kinds, ...others]);
    this.#use(kind);
    switch (kind) {
      case 'range':
        return this.#range();
      case 'ends':
        return this.#ends();
      case 'join':
        return this.#join();
      case 'semi':
        return this.#semi();
      case 'groups':
        return this.#groups();
      case 'window':
        return this.#window();
      case 'lateral':
        return this.#lateral();
      case 'scalar':
        return this.#scalar();
      case 'union':
        return this.#union();
      case 'keyset':
        return this.#keyset();
      case 'page':
        return this.#random.chance(70) ? this.#page() : this.#groupPage();
      case 'layers':
        return new Layers(this.#random, () => this.#table()).next();
      case 'reordered':
        return this.#reordered();
      default:
        return this.#ordered();
    }
  }

  #column() {
    return this.#random.of(['id', 'a', 'a', 'b', 'c', 'd', 'f']);
  }

  #limit() {
    const random = this.#random;
    if (random.chance(55)) return '';
    this.#use('limit');
    const offset = random.chance(30) ? ` OFFSET ${random.below(6)}` : '';
    return ` LIMIT ${random.of([0, 1, 1, 2, 2, 5, 5, 20])}${offset}`;
  }

  #constant(name) {
    const random = this.#random;
    if (name === 'id') return String(random.between(0, 310));
    if (random.chance(2)) return 'NULL';
    return valueOf(
      COLUMNS.find((column) => column.name === name),
      random,
    );
  }

  /** One condition on a column, or on a few. */
  #atom(t) {
    const random = this.#random;
    const name = this.#column();
    const column = `${t}.${name}`;
    const value = () => this.#constant(name);
    switch (random.below(14)) {
      case 0:
        return `${column} BETWEEN ${value()} AND ${value()}`;
      case 1:
        return `${column} ${random.chance(70) ? '' : 'NOT '}IN (${value()}, ${value()}, ${value()})`;
      case 2:
        return `${column} IS ${random.chance(50) ? '' : 'NOT '}NULL`;
      case 3:
        return random.chance(50)
          ? `${t}.c LIKE '${random.of(PATTERNS)}'`
          : // An array of nulls alone has another type there.
            `${t}.a = ANY (ARRAY[${this.#constant('a')}, ${random.below(9)}])`;
      case 4: {
        const other = random.of(['id', 'b', 'c']);
        const [x, y] = [this.#constant('a'), this.#constant(other)];
        return `(${t}.a, ${t}.${other}) ${random.of(['<', '<=', '>', '>=', '='])} (${x}, ${y})`;
      }
      case 5:
        return `${value()} ${random.of(OPERATORS)} ${column}`;
      case 6:
        return random.of([
          `${t}.a + ${t}.b = ${random.between(0, 30)}`,
          `lower(${t}.c) = 'abc'`,
          `${t}.a * 2 > ${random.between(0, 20)}`,
          `abs(${t}.b) < ${random.between(0, 9)}`,
          `${t}.b > 5`,
          `${t}.a < 9`,
        ]);
      default:
        return `${column} ${random.of(OPERATORS)} ${value()}`;
    }
  }

  #condition(t) {
    const random = this.#random;
    const atoms = Array.from({ length: random.of([1, 1, 2, 2, 3]) }, () => this.#atom(t));
    if (random.chance(75)) return atoms.join(' AND ');
    this.#use('or, not');
    return random.of([
      atoms.join(' OR '),
      `NOT (${atoms.join(' AND ')})`,
      `(${atoms.join(' OR ')})`,
    ]);
  }

  #where(t) {
    return this.#random.chance(85) ? ` WHERE ${this.#condition(t)}` : '';
  }

  /** Sort keys, and what makes the order total. */
  #order(t, total) {
    const random = this.#random;
    const names = someOf(['id', ...COLUMNS.map(({ name }) => name)], 3, random);
    if (total && !names.includes('id')) names.push('id');
    const one = random.chance(60) ? random.of(DIRECTIONS) : null;
    const keys = names.map((name) => {
      return `${t}.${name}${one ?? random.of(DIRECTIONS)}${one === null ? random.of(NULLS) : ''}`;
    });
    return { names, sql: keys.join(', ') };
  }

  #ordered() {
    const total = this.#random.chance(60);
    const { names, sql } = this.#order('t', total);
    const shown = total ? ['id', this.#column()] : names;
    const list = shown.map((name) => `t.${name}`).join(', ');
    const end = `${this.#where('t')} ORDER BY ${sql}${this.#limit()}`;
    return [`SELECT ${list} FROM `, this.#table(), ` t${end}`];
  }

  /** A stretch of an index, in its order or against it. */
  #range() {
    const random = this.#random;
    const name = random.of(NAMES);
    const columns = random.of(this.#indexes[name]);
    const fixed = random.below(columns.length);
    const atoms = columns
      .slice(0, fixed)
      .map((column) => `t.${column} = ${this.#constant(column)}`);
    const bounded = columns[fixed];
    for (let i = random.below(3); i > 0; i -= 1) {
      const operator = random.of(['<', '<=', '>', '>=']);
      atoms.push(`t.${bounded} ${operator} ${this.#constant(bounded)}`);
    }
    const where = atoms.length === 0 ? '' : ` WHERE ${atoms.join(' AND ')}`;
    const way = random.of(DIRECTIONS);
    const order = columns.map((column) => `t.${column}${way}`).join(', ');
    const list = columns.map((column) => `t.${column}`).join(', ');
    const end = ` t${where} ORDER BY ${order}${this.#limit()}`;
    return [`SELECT ${list} FROM `, this.#table(name), end];
  }

  #ends() {
    const column = this.#column();
    const list = this.#random.of([
      `min(t.${column})`,
      `max(t.${column})`,
      `min(t.${column}), max(t.${this.#column()})`,
      `count(*), count(t.${column}), min(t.id)`,
      'count(*)',
      'count(*)',
      `count(DISTINCT t.${column})`,
    ]);
    return [`SELECT ${list} FROM `, this.#table(), ` t${this.#where('t')}`];
  }

  #on() {
    const random = this.#random;
    const other = random.chance(30) ? ` AND ${this.#atom(random.of(['t', 'u']))}` : '';
    const first = random.of(['t.a = u.a', 't.id = u.id', 't.c = u.c', 't.b = u.a', 't.id = u.b']);
    const more = [' AND t.b = u.b', ' AND t.b < u.b'];
    more.push(' AND (t.b < 9 AND u.a > 3 OR t.b > 20 AND u.a < 9)');
    const second = random.chance(25) ? random.of(more) : '';
    if (random.chance(8)) return `(${first}${second} AND t.b > 5 OR ${first} AND u.b < 30)`;
    return `${first}${second}${other}`;
  }

  #join() {
    const kind = this.#random.of(['JOIN', 'JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']);
    this.#use(kind.toLowerCase());
    // Only equalities of columns can be joined in full there.
    const on = kind === 'FULL JOIN' ? 't.a = u.a' : this.#on();
    const where = this.#where(this.#random.of(['t', 'u']));
    const end = ` u ON ${on}${where} ORDER BY 1, 2, 3${this.#limit()}`;
    const list = 'SELECT t.id, u.id, t.a FROM ';
    return [list, this.#table(), ` t ${kind} `, this.#table(), end];
  }

  /** The first rows of a join, in the order of one side. */
  #page() {
    const random = this.#random;
    const kind = () => random.of([' JOIN ', ' LEFT JOIN ']);
    const parts = ['SELECT t.id, u.id', this.#table(), ` t${kind()}`, this.#table()];
    const ids = ['t.id', 'u.id'];
    let on = ` u ON ${this.#on()}`;
    if (random.chance(40)) {
      ids.push('w.id');
      const way = random.of(['w.id = u.a', 'w.id = t.b', 'w.a = t.a', 'w.id = t.id']);
      parts.push(`${on}${kind()}`, this.#table());
      on = ` w ON ${way}`;
    }
    const other = random.of(['EXISTS', 'NOT EXISTS']);
    const partner = random.of(['x.a = t.a', 'x.id = t.b', 'x.id = u.a']);
    const filter = random.chance(40) ? this.#where(random.of(['t', 't', 'u'])) : '';
    const keys = `${this.#order('t', false).sql}, ${ids.join(', ')}`;
    const end = ` ORDER BY ${keys} LIMIT ${random.of([1, 2, 5, 20])}`;
    parts[0] = `SELECT ${ids.join(', ')} FROM `;
    if (filter === '' || random.chance(70)) return [...parts, `${on}${filter}${end}`];
    const asked = `${on}${filter} AND ${other} (SELECT FROM `;
    return [...parts, asked, this.#table(), ` x WHERE ${partner})${end}`];
  }

  /** The first of one side, and what there is of the other for each. */
  #groupPage() {
    const random = this.#random;
    const kind = random.of([' t JOIN ', ' t LEFT JOIN ']);
    const column = this.#column();
    const names = [...new Set([column, 'id'])].map((name) => `t.${name}`);
    const list = `SELECT ${names.join(', ')}, count(u.id), max(u.b), sum(u.a) FROM `;
    const keys = names.map((name) => `${name}${random.of(DIRECTIONS)}`);
    const having = random.chance(20) ? ' HAVING count(*) > 1' : '';
    const by = ` GROUP BY ${names.join(', ')}${having} ORDER BY ${keys.join(', ')}`;
    const where = random.chance(40) ? this.#where('t') : '';
    const end = ` u ON ${this.#on()}${where}${by} LIMIT ${random.of([1, 5, 20])}`;
    return [list, this.#table(), kind, this.#table(), end];
  }

  /** The first rows in one order, in another. */
  #reordered() {
    const random = this.#random;
    const names = ['id', ...new Set([this.#column(), this.#column()])];
    const list = [...new Set(names)].map((name) => `t.${name}`).join(', ');
    const where = random.chance(40) ? this.#where('t') : '';
    const first = `${where} ORDER BY ${this.#order('t', true).sql}`;
    const keys = someOf(names, 2, random).map((name) => `q.${name}${random.of(DIRECTIONS)}`);
    const end = ` ORDER BY ${keys.join(', ')}, q.id${this.#limit()}`;
    const inner = ` t${first} LIMIT ${random.of([2, 5, 20])}) q`;
    return [`SELECT * FROM (SELECT ${list} FROM `, this.#table(), `${inner}${end}`];
  }

  #semi() {
    const random = this.#random;
    const not = random.chance(40) ? 'NOT ' : '';
    const both = random.chance(60) ? ` AND ${this.#condition('t')}` : '';
    const end = `)${both} ORDER BY t.id${this.#limit()}`;
    if (random.chance(50)) {
      const list = 'SELECT t.id FROM ';
      const on = this.#on();
      return [
        list,
        this.#table(),
        ` t WHERE ${not}EXISTS (SELECT FROM `,
        this.#table(),
        ` u WHERE ${on}${end}`,
      ];
    }
    const [x, y] = random.of([
      ['a', 'a'],
      ['id', 'b'],
      ['c', 'c'],
      ['b', 'id'],
    ]);
    const inner = this.#where('u');
    return [
      'SELECT t.id FROM ',
      this.#table(),
      ` t WHERE t.${x} ${not}IN (SELECT u.${y} FROM `,
      this.#table(),
      ` u${inner}${end}`,
    ];
  }

  #groups() {
    const random = this.#random;
    const names = someOf(
      COLUMNS.map(({ name }) => name),
      2,
      random,
    ).map((name) => `t.${name}`);
    const where = this.#where('t');
    if (random.chance(30)) {
      const list = names.join(', ');
      const end = ` t${where} ORDER BY ${list}, t.id${random.of(DIRECTIONS)}${this.#limit()}`;
      return [`SELECT DISTINCT ON (${list}) ${list}, t.id FROM `, this.#table(), end];
    }
    const keys = names.map((name) => `${name}${random.of(DIRECTIONS)}`).join(', ');
    if (random.chance(30)) {
      return [
        `SELECT DISTINCT ${names.join(', ')} FROM `,
        this.#table(),
        ` t${where} ORDER BY ${keys}${this.#limit()}`,
      ];
    }
    const having = random.chance(25) ? ' HAVING count(*) > 1' : '';
    const list = `SELECT ${names.join(', ')}, count(*), max(t.id), sum(t.b) FROM `;
    const by = ` GROUP BY ${names.join(', ')}${having} ORDER BY ${keys}${this.#limit()}`;
    return [list, this.#table(), ` t${where}${by}`];
  }

  #window() {
    const random = this.#random;
    const partition = random.chance(70) ? `PARTITION BY t.${this.#column()} ` : '';
    const over = `(${partition}ORDER BY ${this.#order('t', true).sql})`;
    const call = random.of([
      'row_number()',
      'lag(t.a)',
      'sum(t.b)',
      'first_value(t.id)',
      'count(*)',
    ]);
    const end = ` t${this.#where('t')} ORDER BY t.id${this.#limit()}`;
    return [`SELECT t.id, ${call} OVER ${over} FROM `, this.#table(), end];
  }

  #lateral() {
    const random = this.#random;
    const on = this.#on();
    const inner = ` u WHERE ${on} ORDER BY ${this.#order('u', true).sql} LIMIT ${random.below(4)}) v`;
    const join = random.chance(50) ? ', LATERAL (' : ' LEFT JOIN LATERAL (';
    const end = `${join.startsWith(',') ? '' : ' ON true'}${this.#where('t')} ORDER BY 1, 2`;
    return [
      'SELECT t.id, v.id FROM ',
      this.#table(),
      ` t${join}SELECT u.id FROM `,
      this.#table(),
      `${inner}${end}`,
    ];
  }

  #scalar() {
    const random = this.#random;
    const call = random.of(['max(u.b)', 'min(u.id)', 'count(*)', 'max(u.c)', 'sum(u.b)']);
    const on = this.#on();
    const end = ` t${this.#where('t')} ORDER BY 1${this.#limit()}`;
    return [
      `SELECT t.id, (SELECT ${call} FROM `,
      this.#table(),
      ` u WHERE ${on}) FROM `,
      this.#table(),
      end,
    ];
  }

  #union() {
    const random = this.#random;
    const column = this.#column();
    const all = random.chance(60) ? ' ALL' : '';
    const operator = random.of([`UNION${all}`, `UNION${all}`, `EXCEPT${all}`, `INTERSECT${all}`]);
    const [first, second] = [this.#where('t'), this.#where('t')];
    const list = `SELECT t.${column} AS x FROM `;
    const end = ` ORDER BY 1${random.of(DIRECTIONS)}${random.of(NULLS)}${this.#limit()}`;
    return [
      list,
      this.#table(),
      ` t${first} ${operator} ${list}`,
      this.#table(),
      ` t${second}${end}`,
    ];
  }

  /** A page after a row that may be there. */
  #keyset() {
    const random = this.#random;
    const [name, value] = random.of([
      ['a', this.#constant('a')],
      ['c', this.#constant('c')],
      ['b', this.#constant('b')],
    ]);
    const down = random.chance(50);
    const way = down ? ' DESC' : '';
    const page = `(t.${name}, t.id) ${down ? '<' : '>'} (${value}, ${random.between(0, 300)})`;
    const end = ` t WHERE ${page} ORDER BY t.${name}${way}, t.id${way} LIMIT ${random.between(1, 9)}`;
    return [`SELECT t.id, t.${name} FROM `, this.#table(), end];
  }
}
