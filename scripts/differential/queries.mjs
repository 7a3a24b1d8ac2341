/**
 * Generated queries: joins, subqueries, aggregates, windows, set operations, common tables.
 *
 * A query orders by all its outputs before it limits, so that both engines must give the same rows.
 */
import { Expressions, TYPES, sqlType } from './expressions.mjs';
import { TABLES } from './schema.mjs';

const AGGREGATES = [
  { type: 'big', make: () => 'count(*)' },
  { type: 'big', make: (e) => `count(${e('text')})` },
  { type: 'big', make: (e) => `count(DISTINCT ${e('int')})`, feature: 'distinct aggregate' },
  { type: 'big', make: (e) => `sum(${e('int')})` },
  { type: 'numeric', make: (e) => `sum(${e('numeric')})` },
  { type: 'numeric', make: (e) => `avg(${e('int')})` },
  { type: 'numeric', make: (e) => `avg(${e('numeric')})` },
  { type: 'int', make: (e) => `min(${e('int')})` },
  { type: 'text', make: (e) => `max(${e('text')})` },
  { type: 'date', make: (e) => `min(${e('date')})` },
  { type: 'bool', make: (e) => `bool_or(${e('bool')})` },
  { type: 'bool', make: (e) => `every(${e('bool')})` },
  { type: 'float', make: (e) => `sum(${e('float')})` },
  { type: 'numeric', make: (e) => `var_pop(${e('int')})` },
  { type: 'numeric', make: (e) => `stddev(${e('numeric')})` },
  { type: 'int', make: (e) => `bit_or(${e('int')})` },
  { type: 'interval', make: (e) => `sum(${e('interval')})` },
  { type: 'interval', make: (e) => `avg(${e('interval')})` },
  { type: 'timestamptz', make: (e) => `max(${e('timestamptz')})` },
  { type: 'time', make: (e) => `min(${e('time')})` },
  { type: 'mood', make: (e) => `max(${e('mood')})` },
  { type: 'ints', make: (e) => `max(${e('ints')})` },
  ordered('text', (x) => `string_agg(${x}, ',' ORDER BY ${x})`),
  ordered('text', (x) => `string_agg(DISTINCT ${x}, '|' ORDER BY ${x} DESC)`),
  ordered('int', (x) => `array_agg(${x} ORDER BY ${x} NULLS FIRST)`, 'ints'),
  ordered('text', (x) => `array_agg(DISTINCT ${x})`, 'texts'),
  ordered('numeric', (x) => `jsonb_agg(${x} ORDER BY ${x})`, 'jsonb'),
  within('int', (x) => `percentile_disc(0.3) WITHIN GROUP (ORDER BY ${x})`),
  within('float', (x) => `percentile_cont(0.5) WITHIN GROUP (ORDER BY ${x})`),
  within('text', (x) => `mode() WITHIN GROUP (ORDER BY (${x})::text)`),
];

/** An aggregate whose answer depends on the order of its values: by these themselves. */
function ordered(of, make, type = of) {
  return { type, make: (e) => make(e(of)), feature: 'ordered aggregate' };
}

function within(type, make) {
  return { type, make: (e) => make(e(type)), feature: 'ordered-set aggregate' };
}

export class Queries {
  #random;
  #names = 0;
  #expressions;
  features = new Set();

  constructor(random) {
    this.#random = random;
    this.#expressions = new Expressions(
      random,
      (name) => this.features.add(name),
      (type, scope, depth) => this.#scalar(type, scope, depth),
    );
  }

  /** The next query's text; `features` holds what it uses. */
  next() {
    this.features.clear();
    this.#names = 0;
    const types = Array.from({ length: this.#random.between(1, 4) }, () => this.#random.of(TYPES));
    const prefix = this.#random.chance(8) ? this.#common() : { sql: '', table: null };
    const body = this.#random.chance(12)
      ? this.#setOperation(types, prefix.table)
      : this.#select(types, [], 0, prefix.table);
    const order = types.map((_, i) => this.#sortKey(i + 1)).join(', ');
    let limit = '';
    if (this.#random.chance(15)) {
      this.features.add('limit');
      limit = ` LIMIT ${this.#random.of([0, 1, 2, 3, 5, 5, 8, 8, 9, 20])}`;
      if (this.#random.chance(40)) limit += ` OFFSET ${this.#random.below(4)}`;
    }
    return `${prefix.sql}${body} ORDER BY ${order}${limit}`;
  }

  #sortKey(ordinal) {
    const direction = this.#random.of(['', '', ' DESC', ' ASC']);
    const nulls = this.#random.chance(15) ? this.#random.of([' NULLS FIRST', ' NULLS LAST']) : '';
    return `${ordinal}${direction}${nulls}`;
  }

  #name(prefix) {
    this.#names += 1;
    return `${prefix}${this.#names}`;
  }

  #setOperation(types, extra) {
    const operator = this.#random.of([
      'UNION',
      'UNION ALL',
      'UNION ALL',
      'INTERSECT',
      'EXCEPT',
      'EXCEPT ALL',
      'INTERSECT ALL',
    ]);
    this.features.add(operator.toLowerCase());
    return (
      `(${this.#select(types, [], 1, extra)}) ${operator} ` +
      `(${this.#select(types, [], 1, extra)})`
    );
  }

  #common() {
    const name = this.#name('w');
    const types = Array.from({ length: this.#random.between(1, 3) }, () => this.#random.of(TYPES));
    if (this.#random.chance(35)) return this.#recursive(name);
    this.features.add('with');
    const columns = types.map((type, i) => ({ name: `q${i}`, type }));
    const list = columns.map((column) => column.name).join(', ');
    const body = this.#select(types, [], 1, null);
    return { sql: `WITH ${name} (${list}) AS (${body}) `, table: { name, columns } };
  }

  /** Counts upwards from what a table has; the text grows with it. */
  #recursive(name) {
    const random = this.#random;
    this.features.add('with recursive');
    const columns = [
      { name: 'q0', type: 'int' },
      { name: 'q1', type: 'text' },
    ];
    const start = this.#select(['int', 'text'], [], 1, null);
    const scope = [
      { sql: `${name}.q0`, type: 'int' },
      { sql: `${name}.q1`, type: 'text' },
    ];
    const grown = `left((${this.#expressions.of('text', scope, 1)}), 12)`;
    const step = `SELECT ${name}.q0 + ${random.between(1, 4)}, ${grown} FROM ${name}`;
    const union = random.of(['UNION', 'UNION ALL']);
    return {
      sql: `WITH RECURSIVE ${name} (q0, q1) AS (${start} ${union} ${step} WHERE ${name}.q0 < 9) `,
      table: { name, columns },
    };
  }

  /** `types` are the output's; `outer` are columns of enclosing queries. */
  #select(types, outer, depth, extra) {
    const random = this.#random;
    const { sql: from, scope } = this.#from(depth, extra);
    const reach = [...scope, ...(outer.length > 0 && random.chance(60) ? outer : [])];
    const where = random.chance(42) ? ` WHERE ${this.#condition(reach, depth)}` : '';
    if (random.chance(22)) return this.#grouped(types, from, where, scope, depth);
    if (random.chance(10) && depth === 0) return this.#windowed(types, from, where, scope);
    const values = types.map((type) => this.#cast(type, this.#expressions.of(type, reach, 2)));
    let distinct = '';
    if (random.chance(10)) {
      const on = depth === 0 && random.chance(40);
      this.features.add(on ? 'distinct on' : 'distinct');
      distinct = on ? 'DISTINCT ON (1) ' : 'DISTINCT ';
      if (on) {
        const order = types.map((_, i) => i + 1).join(', ');
        const list = `${distinct}${values.join(', ')} FROM ${from}${where} ORDER BY ${order}`;
        return `SELECT * FROM (SELECT ${list}) d`;
      }
    }
    return `SELECT ${distinct}${values.join(', ')} FROM ${from}${where}`;
  }

  /** Outputs have exactly the type wanted, so that set operations agree. */
  #cast(type, sql) {
    return `(${sql})::${sqlType(type)}`;
  }

  #condition(scope, depth) {
    const random = this.#random;
    if (depth < 2 && random.chance(18)) {
      const inner = this.#select(['int'], scope, depth + 1, null);
      const test = this.#expressions.of('int', scope, 1);
      switch (random.below(4)) {
        case 0:
          this.features.add('exists');
          return `${random.chance(30) ? 'NOT ' : ''}EXISTS (${inner})`;
        case 1:
          this.features.add('in subquery');
          return `${test} IN (${inner})`;
        case 2:
          this.features.add('not in subquery');
          return `${test} NOT IN (${inner})`;
        default:
          this.features.add('any, all');
          return `${test} ${random.of(['<', '>=', '='])} ${random.of(['ANY', 'ALL'])} (${inner})`;
      }
    }
    return this.#expressions.of('bool', scope, 3);
  }

  #table(extra) {
    const random = this.#random;
    const pool = extra === null ? TABLES : [...TABLES, extra, extra];
    let table = random.of(pool);
    if (table.rows === 0 && random.chance(85)) table = TABLES[0];
    const alias = this.#name('r');
    const scope = table.columns.map(({ name, type }) => ({ sql: `${alias}.${name}`, type }));
    return { sql: `${table.name} ${alias}`, scope };
  }

  #from(depth, extra) {
    const random = this.#random;
    const first = this.#source(depth, extra);
    let { sql, scope } = first;
    const more = random.chance(40) ? random.between(1, depth === 0 ? 2 : 1) : 0;
    for (let i = 0; i < more; i += 1) {
      const next = this.#source(depth, extra);
      const type = random.of([
        'JOIN',
        'JOIN',
        'LEFT JOIN',
        'RIGHT JOIN',
        'FULL JOIN',
        'CROSS JOIN',
        'LATERAL',
      ]);
      this.features.add(type.toLowerCase());
      if (type === 'LATERAL') {
        const lateral = this.#lateral(scope, depth);
        sql = `${sql} ${random.of(['JOIN', 'LEFT JOIN'])} LATERAL ${lateral.sql} ON true`;
        scope = [...scope, ...lateral.scope];
        continue;
      }
      const both = [...scope, ...next.scope];
      if (type === 'CROSS JOIN') sql = `${sql} CROSS JOIN ${next.sql}`;
      else
        sql = `${sql} ${type} ${next.sql} ON ${this.#on(scope, next.scope, type === 'FULL JOIN')}`;
      scope = both;
    }
    return { sql, scope };
  }

  /** PostgreSQL has FULL JOIN only on what it can merge or hash: equalities. */
  #on(left, right, full) {
    const random = this.#random;
    const type = random.of(['int', 'int', 'text']);
    const a = left.filter((column) => column.type === type);
    const b = right.filter((column) => column.type === type);
    if (a.length === 0 || b.length === 0)
      return full ? 'true' : this.#expressions.of('bool', [...left, ...right], 1);
    const equal = `${random.of(a).sql} = ${random.of(b).sql}`;
    if (full || random.chance(70)) return equal;
    return `${equal} AND ${this.#expressions.of('bool', [...left, ...right], 1)}`;
  }

  /** What reads the tables at its left: a function that returns rows, or a query. */
  #lateral(scope, depth) {
    const random = this.#random;
    const alias = this.#name('r');
    const e = (type) => this.#expressions.of(type, scope, 1);
    const column = (name, type) => ({ sql: `${alias}.${name}`, type });
    switch (random.below(5)) {
      case 0:
        return {
          sql: `unnest(${e('ints')}) WITH ORDINALITY ${alias} (u, o)`,
          scope: [column('u', 'int'), column('o', 'big')],
        };
      case 1: {
        const values = `${random.between(-2, 3)}, least(${e('int')}, 6), ${random.between(1, 3)}`;
        return {
          sql: `generate_series(${values}) ${alias} (u)`,
          scope: [column('u', 'int')],
        };
      }
      case 2: {
        const value = `CASE WHEN jsonb_typeof(x.j) = 'array' THEN x.j END`;
        return {
          sql: `(SELECT a.value FROM (SELECT ${e('jsonb')}) x (j), jsonb_array_elements(${value}) a) ${alias} (u)`,
          scope: [column('u', 'jsonb')],
        };
      }
      case 3:
        return {
          sql: `unnest(${e('texts')}, ${e('ints')}) ${alias} (u, o)`,
          scope: [column('u', 'text'), column('o', 'int')],
        };
      default: {
        const types = [random.of(TYPES), random.of(TYPES)];
        return {
          sql: `(${this.#select(types, scope, Math.max(depth + 1, 1), null)}) ${alias} (u, o)`,
          scope: [column('u', types[0]), column('o', types[1])],
        };
      }
    }
  }

  #source(depth, extra) {
    if (depth >= 2 || !this.#random.chance(10)) return this.#table(extra);
    this.features.add('derived table');
    const types = Array.from({ length: this.#random.between(1, 3) }, () => this.#random.of(TYPES));
    const alias = this.#name('v');
    const list = types.map((_, i) => `p${i}`).join(', ');
    return {
      sql: `(${this.#select(types, [], depth + 1, null)}) ${alias} (${list})`,
      scope: types.map((type, i) => ({ sql: `${alias}.p${i}`, type })),
    };
  }

  #grouped(types, from, where, scope, depth) {
    const random = this.#random;
    this.features.add('group by');
    const keys = Array.from({ length: random.below(3) }, () => {
      const type = random.of(TYPES);
      return { sql: this.#expressions.of(type, scope, 1), type };
    }).filter(({ sql }) => /\br\d|\bv\d/.test(sql) && !sql.includes('SELECT'));
    const inner = (type) => this.#expressions.of(type, scope, 1);
    const usable = () => {
      const aggregate = random.of(AGGREGATES);
      this.features.add('aggregate');
      if (aggregate.feature !== undefined) this.features.add(aggregate.feature);
      let sql = aggregate.make(inner);
      if (random.chance(10)) {
        this.features.add('filter');
        sql += ` FILTER (WHERE ${this.#expressions.of('bool', scope, 1)})`;
      }
      return { sql, type: aggregate.type };
    };
    const pool = [...keys, usable(), usable(), usable()];
    const values = types.map((type) => {
      const fitting = pool.filter((each) => each.type === type);
      const sql =
        fitting.length > 0 ? random.of(fitting).sql : this.#fallback(type, random.of(pool));
      return this.#cast(type, sql);
    });
    const groups = this.#groups(keys);
    let having = '';
    if (random.chance(20)) {
      this.features.add('having');
      having = ` HAVING count(*) ${random.of(['>', '<', '>='])} ${random.below(5)}`;
    }
    if (keys.length === 0 && depth === 0) this.features.add('whole-table aggregate');
    return `SELECT ${values.join(', ')} FROM ${from}${where}${groups}${having}`;
  }

  #groups(keys) {
    const random = this.#random;
    if (keys.length === 0) return '';
    const list = keys.map(({ sql }) => sql).join(', ');
    if (!random.chance(25)) return ` GROUP BY ${list}`;
    this.features.add('grouping sets');
    const sets = keys.map(({ sql }) => `(${sql})`);
    return ` GROUP BY ${random.of([
      `ROLLUP (${list})`,
      `CUBE (${list})`,
      `GROUPING SETS (${sets.join(', ')}, ())`,
      `GROUPING SETS ((${list}), (${sets[0]}))`,
    ])}`;
  }

  /** Some value of this type made from another one. */
  #fallback(type, { sql }) {
    if (type === 'text') return `(${sql})::text`;
    if (type === 'bool') return `(${sql}) IS NULL`;
    return `NULL::${sqlType(type)}`;
  }

  #windowed(types, from, where, scope) {
    const random = this.#random;
    this.features.add('window');
    const partition = this.#expressions.of(random.of(['int', 'text', 'bool']), scope, 0);
    const order = scope.map(({ sql }) => sql).join(', ');
    const over = `(PARTITION BY ${partition} ORDER BY ${order})`;
    const e = (type) => this.#expressions.of(type, scope, 1);
    const framed = `(PARTITION BY ${partition} ORDER BY ${order} ${this.#frame()})`;
    const ranged = `(PARTITION BY ${partition} ORDER BY ${e('int')} ${this.#range(['2', '0', '5'])})`;
    const dated = `(PARTITION BY ${partition} ORDER BY ${e('timestamp')} ${this.#range([
      "interval '3 months'",
      "interval '20 days'",
    ])})`;
    const calls = {
      big: [
        `row_number() OVER ${over}`,
        `count(*) OVER ${over}`,
        `rank() OVER ${over}`,
        `dense_rank() OVER ${ranged}`,
        `count(${e('text')}) OVER ${framed}`,
        `count(*) OVER ${ranged}`,
        `count(*) FILTER (WHERE ${e('bool')}) OVER ${dated}`,
      ],
      int: [
        `lag(${e('int')}) OVER ${over}`,
        `lead(${e('int')}, 2, -1) OVER ${over}`,
        `ntile(3) OVER ${over}`,
        `max(${e('int')}) OVER ${ranged}`,
      ],
      text: [
        `first_value(${e('text')}) OVER ${over}`,
        `nth_value(${e('text')}, 2) OVER ${framed}`,
        `last_value(${e('text')}) OVER ${framed}`,
      ],
      numeric: [
        `sum(${e('numeric')}) OVER ${over}`,
        `avg(${e('int')}) OVER ${framed}`,
        `sum(${e('numeric')}) OVER ${dated}`,
      ],
      float: [`cume_dist() OVER ${over}`, `percent_rank() OVER ${ranged}`],
    };
    const values = types.map((type) => {
      const list = calls[type];
      if (list === undefined) return this.#cast(type, this.#expressions.of(type, scope, 1));
      return this.#cast(type, random.of(list));
    });
    return `SELECT ${values.join(', ')} FROM ${from}${where}`;
  }

  /** Of rows, or of groups of peers. */
  #frame() {
    const random = this.#random;
    const from = random.of(['UNBOUNDED PRECEDING', '2 PRECEDING', 'CURRENT ROW']);
    const to = random.of(['UNBOUNDED FOLLOWING', '1 FOLLOWING', 'CURRENT ROW']);
    const but = random.of(['', '', ' EXCLUDE CURRENT ROW', ' EXCLUDE GROUP', ' EXCLUDE TIES']);
    return `${random.of(['ROWS', 'GROUPS'])} BETWEEN ${from} AND ${to}${but}`;
  }

  /** Of values: who are peers have the same frame, so that no order among them shows. */
  #range(offsets) {
    const random = this.#random;
    const from = random.of(['UNBOUNDED PRECEDING', `${random.of(offsets)} PRECEDING`]);
    const to = random.of(['CURRENT ROW', `${random.of(offsets)} FOLLOWING`]);
    return `RANGE BETWEEN ${from} AND ${to}`;
  }

  #scalar(type, scope, depth) {
    if (depth < 2) return null;
    this.features.add('scalar subquery');
    const { sql: from, scope: own } = this.#from(2, null);
    const reach = this.#random.chance(50) ? [...own, ...scope] : own;
    const value = this.#expressions.of(type, reach, 1);
    const where = this.#random.chance(50) ? ` WHERE ${this.#expressions.of('bool', reach, 1)}` : '';
    return `(SELECT ${greatest(type, value)} FROM ${from}${where})`;
  }
}

/** One value of many, the same in every engine. */
function greatest(type, value) {
  if (type === 'bool') return `bool_and(${value})`;
  if (type !== 'jsonb' && type !== 'bytea') return `max(${value})`;
  return `(array_agg(${value} ORDER BY ${value} DESC))[1]`;
}
