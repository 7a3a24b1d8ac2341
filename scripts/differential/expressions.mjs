/**
 * Generated expressions, by type. Predicates know nothing of the data. What two right engines may
 * answer differently (order of evaluation that decides between an error and none aside) is not
 * generated: no random(), no now(), floats only where they are exact.
 */
import { arrayKinds } from './arrays.mjs';
import { documentKinds } from './documents.mjs';
import { mergeKinds } from './kinds.mjs';
import { literal } from './schema.mjs';
import { stringKinds } from './strings.mjs';
import { spanKinds, timeKinds } from './times.mjs';

const PLAIN = ['int', 'big', 'text', 'numeric', 'float', 'bool', 'date', 'timestamp'];
const RICH = ['timestamptz', 'interval', 'time', 'ints', 'texts', 'jsonb', 'bytea', 'mood'];

/** What an output, a key or an operand is of; plain types are drawn twice as often. */
export const TYPES = [...PLAIN, ...PLAIN, ...RICH];

/**
 * `scope`: columns in reach, `{ sql, type }`. `feature(name)` counts what was used. `depth` bounds.
 * `subquery(type, scope)` gives a scalar query, or null where none may stand.
 */
export class Expressions {
  #random;
  #feature;
  #subquery;
  /** By type: functions that make an expression of it from `e(type)`. */
  #kinds;

  constructor(random, feature, subquery) {
    this.#random = random;
    this.#feature = feature;
    this.#subquery = subquery;
    this.#kinds = mergeKinds(
      timeKinds(random),
      spanKinds(random),
      arrayKinds(random),
      documentKinds(random),
      stringKinds(random),
    );
  }

  of(type, scope, depth = 2) {
    const random = this.#random;
    const columns = scope.filter((column) => column.type === type);
    if (depth <= 0 || random.chance(25)) {
      if (columns.length > 0 && random.chance(80)) return random.of(columns).sql;
      return random.chance(6) ? `NULL::${sqlType(type)}` : literal(type, random);
    }
    if (random.chance(6)) return this.#case(type, scope, depth);
    if (random.chance(4)) return this.#coalesce(type, scope, depth);
    if (random.chance(4)) return this.#nullif(type, scope, depth);
    if (random.chance(3)) {
      const query = this.#subquery(type, scope, depth);
      if (query !== null) return query;
    }
    const rich = this.#kinds[type] ?? [];
    const own = this[`_${type}`];
    if (own !== undefined && !(rich.length > 0 && random.chance(25))) {
      return own.call(this, scope, depth - 1);
    }
    const { feature, make } = random.of(rich);
    this.#feature(feature);
    return make((of) => this.of(of, scope, depth - 1));
  }

  #case(type, scope, depth) {
    this.#feature('case');
    const then = this.of(type, scope, depth - 1);
    const when = this.of('bool', scope, depth - 1);
    const tail = this.#random.chance(70) ? ` ELSE ${this.of(type, scope, depth - 1)}` : '';
    return `CASE WHEN ${when} THEN ${then}${tail} END`;
  }

  #coalesce(type, scope, depth) {
    this.#feature('coalesce');
    return `coalesce(${this.of(type, scope, depth - 1)}, ${this.of(type, scope, depth - 1)})`;
  }

  #nullif(type, scope, depth) {
    this.#feature('nullif');
    return `nullif(${this.of(type, scope, depth - 1)}, ${this.of(type, scope, depth - 1)})`;
  }

  _int(scope, depth) {
    const e = (type = 'int') => this.of(type, scope, depth);
    switch (this.#random.below(12)) {
      case 0:
        return `(${e()} + ${e()})`;
      case 1:
        return `(${e()} - ${e()})`;
      case 2:
        return `(${e()} * ${e()})`;
      case 3:
        this.#feature('division');
        return `(${e()} / ${e()})`;
      case 4:
        this.#feature('modulo');
        return `(${e()} % ${e()})`;
      case 5:
        return `abs(${e()})`;
      case 6:
        return `length(${e('text')})`;
      case 7:
        return `(- ${e()})`;
      case 8:
        this.#feature('extract');
        return `extract(${this.#random.of(['year', 'month', 'day', 'dow', 'doy'])} FROM ${e('date')})::int`;
      case 9:
        return `sign(${e()})::int`;
      case 10:
        return `position(${e('text')} in ${e('text')})`;
      default:
        this.#feature('greatest');
        return `${this.#random.of(['greatest', 'least'])}(${e()}, ${e()}, ${e()})`;
    }
  }

  _big(scope, depth) {
    const e = (type = 'big') => this.of(type, scope, depth);
    switch (this.#random.below(6)) {
      case 0:
        return `(${e()} + ${e()})`;
      case 1:
        return `(${e()} - ${e('int')})`;
      case 2:
        return `(${e()} * ${e('int')})`;
      case 3:
        this.#feature('division');
        return `(${e()} / ${e('int')})`;
      case 4:
        return `abs(${e()})`;
      default:
        this.#feature('cast');
        return `${e('int')}::bigint`;
    }
  }

  _text(scope, depth) {
    const e = (type = 'text') => this.of(type, scope, depth);
    const n = () => this.#random.between(0, 6);
    this.#feature('string function');
    switch (this.#random.below(14)) {
      case 0:
        return `(${e()} || ${e()})`;
      case 1:
        return `upper(${e()})`;
      case 2:
        return `lower(${e()})`;
      case 3:
        return `substr(${e()}, ${n()}, ${n()})`;
      case 4:
        return `left(${e()}, ${n() - 3})`;
      case 5:
        return `right(${e()}, ${n() - 2})`;
      case 6:
        return `replace(${e()}, ${e()}, ${e()})`;
      case 7:
        return `trim(${e()})`;
      case 8:
        return `lpad(${e()}, ${n()}, ${e()})`;
      case 9:
        return `repeat(${e()}, ${n()})`;
      case 10:
        this.#feature('cast');
        return `${e(this.#random.of(['int', 'numeric', 'date', 'bool', 'float', 'timestamp']))}::text`;
      case 11:
        return `split_part(${e()}, ' ', ${n() + 1})`;
      case 12:
        return `initcap(${e()})`;
      default:
        return `concat(${e()}, ${e('int')}, ${e('bool')})`;
    }
  }

  _numeric(scope, depth) {
    const e = (type = 'numeric') => this.of(type, scope, depth);
    switch (this.#random.below(10)) {
      case 0:
        return `(${e()} + ${e()})`;
      case 1:
        return `(${e()} - ${e()})`;
      case 2:
        return `(${e()} * ${e()})`;
      case 3:
        this.#feature('division');
        return `(${e()} / ${e()})`;
      case 4:
        return `round(${e()}, ${this.#random.between(-1, 3)})`;
      case 5:
        return `${this.#random.of(['floor', 'ceil', 'trunc', 'abs'])}(${e()})`;
      case 6:
        this.#feature('cast');
        return `${e('int')}::numeric`;
      case 7:
        this.#feature('modulo');
        return `(${e()} % ${e()})`;
      case 8:
        return `${e()}::numeric(12,1)`;
      default:
        return `(${e()} * ${e('int')})`;
    }
  }

  _float(scope, depth) {
    const e = (type = 'float') => this.of(type, scope, depth);
    switch (this.#random.below(5)) {
      case 0:
        return `(${e()} + ${e()})`;
      case 1:
        return `(${e()} - ${e()})`;
      case 2:
        return `(${e()} * 2)`;
      case 3:
        return `abs(${e()})`;
      default:
        this.#feature('cast');
        return `${e('int')}::float8`;
    }
  }

  _date(scope, depth) {
    const e = (type = 'date') => this.of(type, scope, depth);
    this.#feature('date arithmetic');
    switch (this.#random.below(4)) {
      case 0:
        return `(${e()} + ${this.#random.between(-40, 40)})`;
      case 1:
        return `(${e()} - ${this.#random.between(-40, 400)})`;
      case 2:
        return `date_trunc('${this.#random.of(['month', 'year', 'week'])}', ${e()})::date`;
      default:
        return `${e('timestamp')}::date`;
    }
  }

  _timestamp(scope, depth) {
    const e = (type = 'timestamp') => this.of(type, scope, depth);
    this.#feature('date arithmetic');
    switch (this.#random.below(4)) {
      case 0: {
        const unit = this.#random.of(['day', 'hour', 'month', 'minute']);
        return `(${e()} + interval '${this.#random.between(1, 40)} ${unit}')`;
      }
      case 1:
        return `(${e()} - interval '${this.#random.between(1, 3)} days')`;
      case 2:
        return `date_trunc('${this.#random.of(['day', 'hour', 'month'])}', ${e()})`;
      default:
        return `${e('date')}::timestamp`;
    }
  }

  _bool(scope, depth) {
    const random = this.#random;
    const type = random.of(TYPES);
    const e = (of = type) => this.of(of, scope, depth);
    switch (random.below(14)) {
      case 0:
      case 1:
      case 2:
        return `(${e()} ${random.of(['=', '<>', '<', '>', '<=', '>='])} ${e()})`;
      case 3:
        return `(${e('bool')} AND ${e('bool')})`;
      case 4:
        return `(${e('bool')} OR ${e('bool')})`;
      case 5:
        return `(NOT ${e('bool')})`;
      case 6:
        this.#feature('is null');
        return `(${e()} IS ${random.chance(50) ? 'NOT ' : ''}NULL)`;
      case 7:
        this.#feature('between');
        return `(${e()} ${random.chance(20) ? 'NOT ' : ''}BETWEEN ${e()} AND ${e()})`;
      case 8: {
        this.#feature('in list');
        const list = Array.from({ length: random.between(1, 4) }, () => e()).join(', ');
        return `(${e()} ${random.chance(25) ? 'NOT ' : ''}IN (${list}))`;
      }
      case 9: {
        this.#feature('like');
        const pattern = random.of(["'a%'", "'%b%'", "'_b_'", "'%'", "'x\\%y'", "'A%'"]);
        return `(${e('text')} ${random.chance(20) ? 'NOT ' : ''}${random.of(['LIKE', 'ILIKE'])} ${pattern})`;
      }
      case 10:
        this.#feature('is distinct from');
        return `(${e()} IS ${random.chance(50) ? 'NOT ' : ''}DISTINCT FROM ${e()})`;
      case 11:
        this.#feature('is true');
        return `(${e('bool')} IS ${random.of(['TRUE', 'NOT TRUE', 'FALSE', 'NOT FALSE', 'UNKNOWN'])})`;
      case 12:
        this.#feature('row comparison');
        return `((${e('int')}, ${e('text')}) ${random.of(['=', '<', '>='])} (${e('int')}, ${e('text')}))`;
      default:
        this.#feature('regular expression');
        return `(${e('text')} ~ '${random.of(['^a', 'b', '[a-c]+$', '^.{2,4}$', 'z.*'])}')`;
    }
  }
}

export function sqlType(type) {
  const names = { big: 'bigint', float: 'float8', bool: 'boolean', ints: 'int[]', texts: 'text[]' };
  return names[type] ?? type;
}
