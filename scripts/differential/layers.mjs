/**
 * Queries of several layers, each a plain step over the one below: filtered, sorted and cut,
 * grouped, joined, numbered, united. Columns are handed on as they are, so that the planner may
 * move things between the layers, and must not.
 *
 * A query is a list of parts: text, and tables as `Paths` names them here and there.
 */

const DIRECTIONS = ['', ' DESC', ' DESC NULLS LAST', ' NULLS FIRST'];
const INTEGERS = new Set(['id', 'a', 'b', 'n', 'j', 'k', 'r']);

export class Layers {
  #random;
  #table;

  /** `table()`: a table of columns id, a, b, c, d and f, as a part. */
  constructor(random, table) {
    this.#random = random;
    this.#table = table;
  }

  next() {
    const random = this.#random;
    let query = this.#base();
    for (let i = random.between(1, 4); i > 0; i -= 1) query = this.#over(query);
    const { parts, columns } = query;
    const limit = random.chance(30) ? ` LIMIT ${random.of([1, 3, 10])}` : '';
    return ['SELECT * FROM (', ...parts, ') y ORDER BY ', `${this.#order('y', columns)}${limit}`];
  }

  #base() {
    const random = this.#random;
    const columns = ['id', ...['a', 'b', 'c', 'd', 'f'].filter(() => random.chance(60))];
    return { parts: [`SELECT ${columns.join(', ')} FROM `, this.#table()], columns };
  }

  /** All columns, in any order. */
  #order(alias, columns) {
    const random = this.#random;
    const left = [...columns];
    const keys = columns.map(() => left.splice(random.below(left.length), 1)[0]);
    return keys.map((name) => `${alias}.${name}${random.of(DIRECTIONS)}`).join(', ');
  }

  #over(query) {
    const step = this.#random.of([
      () => this.#filtered(query),
      () => this.#first(query),
      () => this.#first(query),
      () => this.#fewer(query),
      () => this.#distinct(query),
      () => this.#grouped(query),
      () => this.#joined(query),
      () => this.#joined(query),
      () => this.#tested(query),
      () => this.#united(query),
      () => this.#numbered(query),
      () => this.#looked(query),
    ]);
    return step();
  }

  /** `SELECT list FROM query y end`: the query in place or named before. */
  #select(list, { parts }, ...end) {
    const random = this.#random;
    if (random.chance(75)) return [`SELECT ${list} FROM (`, ...parts, ') y', ...end];
    const how = random.of(['', 'MATERIALIZED ', 'NOT MATERIALIZED ']);
    return [`WITH y AS ${how}(`, ...parts, `) SELECT ${list} FROM y`, ...end];
  }

  #integer(columns) {
    const some = columns.filter((name) => INTEGERS.has(name));
    return some.length === 0 ? null : this.#random.of(some);
  }

  #condition(columns) {
    const random = this.#random;
    const name = this.#integer(columns);
    if (name === null || random.chance(20)) {
      return `y.${random.of(columns)} IS ${random.of(['', 'NOT '])}NULL`;
    }
    return `y.${name} ${random.of(['=', '<', '>', '>=', '<>'])} ${random.between(-1, 20)}`;
  }

  #filtered(query) {
    const where = ` WHERE ${this.#condition(query.columns)}`;
    return { ...query, parts: this.#select('*', query, where) };
  }

  #first(query) {
    const random = this.#random;
    const offset = random.chance(30) ? ` OFFSET ${random.below(4)}` : '';
    const limit = ` LIMIT ${random.of([1, 3, 10, 40])}${offset}`;
    const end = ` ORDER BY ${this.#order('y', query.columns)}${limit}`;
    return { ...query, parts: this.#select('*', query, end) };
  }

  #fewer(query) {
    const kept = query.columns.filter(() => this.#random.chance(70));
    const columns = kept.length === 0 ? query.columns : kept.toReversed();
    return { columns, parts: this.#select(columns.join(', '), query) };
  }

  #distinct(query) {
    const { columns, parts } = this.#fewer(query);
    return { columns, parts: this.#select('DISTINCT *', { parts }) };
  }

  #grouped(query) {
    const random = this.#random;
    const keys = [...new Set([random.of(query.columns), random.of(query.columns)])];
    const more = { n: 'count(*)', k: null };
    const number = this.#integer(query.columns);
    if (number !== null) more.k = `${random.of(['min', 'max'])}(y.${number})`;
    const added = Object.keys(more).filter((name) => more[name] !== null && !keys.includes(name));
    const list = [...keys.map((name) => `y.${name}`), ...added.map((as) => `${more[as]} AS ${as}`)];
    const having = random.chance(20) ? ' HAVING count(*) > 1' : '';
    const end = ` GROUP BY ${keys.map((name) => `y.${name}`).join(', ')}${having}`;
    return { columns: [...keys, ...added], parts: this.#select(list.join(', '), query, end) };
  }

  #joined(query) {
    const random = this.#random;
    const name = this.#integer(query.columns);
    if (name === null) return this.#filtered(query);
    const added = ['j', 'k'].filter((one) => !query.columns.includes(one));
    const from = { j: 'u.id', k: 'u.a' };
    const list = ['y.*', ...added.map((as) => `${from[as]} AS ${as}`)].join(', ');
    const on = `y.${name} = u.${random.of(['id', 'id', 'a', 'b'])}`;
    const kind = random.of([' JOIN ', ' JOIN ', ' LEFT JOIN ']);
    const parts = this.#select(list, query, kind, this.#table(), ` u ON ${on}`);
    return { columns: [...query.columns, ...added], parts };
  }

  #tested(query) {
    const random = this.#random;
    const name = this.#integer(query.columns);
    if (name === null) return this.#filtered(query);
    const not = random.chance(40) ? 'NOT ' : '';
    const column = random.of(['id', 'a', 'b']);
    const asked = random.of([
      [`${not}EXISTS (SELECT 1 FROM `, ` u WHERE u.${column} = y.${name})`],
      [`y.${name} ${not}IN (SELECT u.${column} FROM `, ` u WHERE u.${column} IS NOT NULL)`],
    ]);
    const parts = this.#select('*', query, ` WHERE ${asked[0]}`, this.#table(), asked[1]);
    return { ...query, parts };
  }

  #united(query) {
    const both = query.columns.filter((one) => ['id', 'a', 'b', 'c', 'd', 'f'].includes(one));
    if (both.length < query.columns.length) return this.#filtered(query);
    const operator = this.#random.of(['UNION ALL', 'UNION', 'EXCEPT', 'INTERSECT']);
    const other = [` ${operator} SELECT ${both.join(', ')} FROM `, this.#table()];
    return { ...query, parts: this.#select(both.join(', '), query, ...other) };
  }

  #numbered(query) {
    if (query.columns.includes('r')) return this.#filtered(query);
    const by = this.#random.of(query.columns);
    const over = `(PARTITION BY y.${by} ORDER BY ${this.#order('y', query.columns)})`;
    const list = `*, row_number() OVER ${over} AS r`;
    return { columns: [...query.columns, 'r'], parts: this.#select(list, query) };
  }

  /** A value looked up for each row. */
  #looked(query) {
    const name = this.#integer(query.columns);
    if (name === null || query.columns.includes('k')) return this.#filtered(query);
    const made = this.#random.of(['max(u.b)', 'count(*)', 'min(u.id)']);
    const parts = [
      `SELECT *, (SELECT ${made} FROM `,
      this.#table(),
      ` u WHERE u.a = y.${name}) AS k FROM (`,
      ...query.parts,
      ') y',
    ];
    return { columns: [...query.columns, 'k'], parts };
  }
}
