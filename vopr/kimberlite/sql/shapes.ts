/**
 * The statements of the workload, by shape. A shape is a tree with parameters in it: each is built
 * once and kept, so that a run binds it once and the values differ.
 *
 * Two tables, each with every kind of constraint that rows can break:
 *   a (id PRIMARY KEY, k NOT NULL DEFAULT 0 CHECK (0 <= k < 60), s, u UNIQUE)
 *   b (id PRIMARY KEY, a REFERENCES a (id) ON DELETE cascade | set null | no action, v)
 * Predicates are generated and know nothing of the data: ranges, lists, nulls, NOT, AND, OR over
 * two columns, whose constants are parameters too.
 */
import type { ColumnDefinition } from '../../../core/sql/tree/define.ts';
import type { Expression } from '../../../core/sql/tree/expression.ts';
import type { Statement, Transaction } from '../../../core/sql/tree/statement.ts';
import type { OnConflict } from '../../../core/sql/tree/write.ts';
import { assert } from '../../../core/types/assert.ts';
import * as nodes from './nodes.ts';

const at = -1;
const { column, integer, operator, parameter } = nodes;

/** Who says them. */
export const USER = 'vopr';

/** Values of `k` are below this, by a CHECK. */
export const K_MAX = 60;

/**
 * A statement and the domains of its parameters, a letter each (`work.ts` draws them):
 *   d an id, r a reference or null, k a value for `k`, n one or null, + a small change,
 *   t a text or null, s a text, u a value for `u` or null, v a number, p a position of the log,
 *   D and R as d and r, of fewer; q one of few numbers, m such a number as text,
 *   e one or null, i a subscript,
 *   l an array of those or null, L one of ids, j a document of a number `n` and a text `k`.
 */
export interface Shape {
  readonly name: string;
  readonly statement: Statement;
  readonly parameters: string;
}

function definition(
  name: string,
  typeName: string,
  ...constraints: ColumnDefinition['constraints']
): ColumnDefinition {
  return { name, type: nodes.type(typeName), constraints, collation: null, at };
}

const primaryKey = {
  kind: 'primaryKey',
  name: null,
  columns: [],
  nullsNotDistinct: false,
  at,
} as const;

function createA(): Shape {
  const statement: Statement = {
    kind: 'createTable',
    name: nodes.named('a'),
    temporary: false,
    ifNotExists: false,
    columns: [
      definition('id', 'int4', primaryKey),
      definition(
        'k',
        'int4',
        { kind: 'notNull', name: null, at },
        { kind: 'default', value: integer(0), at },
        {
          kind: 'check',
          name: null,
          value: nodes.logic(
            'and',
            operator('>=', column('k'), integer(0)),
            operator('<', column('k'), integer(K_MAX)),
          ),
          at,
        },
      ),
      definition('s', 'text'),
      definition('u', 'int4', { ...primaryKey, kind: 'unique' }),
    ],
    constraints: [],
    likes: [],
    at,
  };
  return { name: 'create a', statement, parameters: '' };
}

function createB(onDelete: 'cascade' | 'setNull' | 'noAction'): Shape {
  const statement: Statement = {
    kind: 'createTable',
    name: nodes.named('b'),
    temporary: false,
    ifNotExists: false,
    columns: [
      definition('id', 'int4', primaryKey),
      definition('a', 'int4', {
        kind: 'foreignKey',
        name: null,
        columns: [],
        table: nodes.named('a'),
        references: [],
        match: 'simple',
        onDelete,
        onUpdate: 'noAction',
        deferrable: false,
        initiallyDeferred: false,
        at,
      }),
      definition('v', 'int8'),
    ],
    constraints: [],
    likes: [],
    at,
  };
  return { name: `create b, ${onDelete}`, statement, parameters: '' };
}

function createIndex(table: string, name: string, ...columns: string[]): Shape {
  const statement: Statement = {
    kind: 'createIndex',
    name,
    table: nodes.named(table),
    unique: false,
    nullsNotDistinct: false,
    ifNotExists: false,
    elements: columns.map((each) => ({
      value: column(each),
      descending: false,
      nulls: 'default' as const,
    })),
    including: [],
    where: null,
    at,
  };
  return { name: `create index ${name}`, statement, parameters: '' };
}

function drop(object: 'table' | 'index', name: string): Shape {
  const statement: Statement = {
    kind: 'drop',
    object,
    names: [nodes.named(name)],
    ifExists: false,
    cascade: false,
    at,
  };
  return { name: `drop ${name}`, statement, parameters: '' };
}

function alter(action: 'addColumn' | 'dropColumn'): Shape {
  const statement: Statement = {
    kind: 'alterTable',
    name: nodes.named('a'),
    ifExists: false,
    actions: [
      action === 'addColumn'
        ? {
            kind: 'addColumn',
            column: definition('c', 'int4', { kind: 'default', value: integer(7), at }),
            ifNotExists: false,
          }
        : { kind: 'dropColumn', name: 'c', ifExists: false, cascade: false },
    ],
    at,
  };
  return { name: action, statement, parameters: '' };
}

export const CREATE_A: Shape = createA();
export const CREATE_B: readonly Shape[] = [
  createB('cascade'),
  createB('setNull'),
  createB('noAction'),
];
export const INDEX_B: Shape = createIndex('b', 'b_a', 'a');
export const DEFINE: readonly Shape[] = [
  createIndex('a', 'a_k', 'k'),
  createIndex('a', 'a_s_u', 's', 'u'),
  INDEX_B,
  drop('index', 'a_k'),
  drop('index', 'a_s_u'),
  drop('index', 'b_a'),
  alter('addColumn'),
  alter('dropColumn'),
  drop('table', 'b'),
];

const A_COLUMNS: readonly string[] = ['id', 'k', 's', 'u'];

function insertA(rows: number, onConflict: OnConflict | null, name: string): Shape {
  const list: Expression[][] = [];
  for (let row = 0; row < rows; row += 1) {
    list.push(A_COLUMNS.map((_, i) => parameter(row * A_COLUMNS.length + i)));
  }
  const statement = nodes.insert('a', A_COLUMNS, list, onConflict);
  return { name, statement, parameters: 'dntu'.repeat(rows) };
}

export const OR_NOTHING: OnConflict = {
  elements: [],
  elementsWhere: null,
  constraint: null,
  action: 'nothing',
  set: [],
  where: null,
  at,
};

const ADD_UP: OnConflict = {
  ...OR_NOTHING,
  elements: [column('id')],
  action: 'update',
  set: [
    {
      columns: [{ name: 'k', at }],
      value: operator('+', column('a', 'k'), column('excluded', 'k')),
    },
  ],
};

/** `UPDATE a SET <name> = <value> WHERE <where>`. */
function updateA(name: string, value: Expression, where: Expression): Statement {
  return {
    kind: 'update',
    with: null,
    table: nodes.target('a'),
    set: [{ columns: [{ name, at }], value }],
    from: [],
    where,
    returning: [],
    at,
  };
}

/** Conditions over one integer and one text column of `a`; the parameters come after `from`. */
export function predicate(form: number, from: number): { where: Expression; types: string } {
  const first = parameter(from);
  const second = parameter(from + 1);
  switch (form) {
    case 0:
      return { where: operator('<', column('a', 'k'), first), types: 'k' };
    case 1:
      return { where: nodes.between(column('a', 'k'), first, second), types: 'kk' };
    case 2:
      return { where: operator('=', column('a', 's'), first), types: 's' };
    case 3:
      return { where: nodes.isNull(column('a', 'u')), types: '' };
    case 4:
      return { where: nodes.not(operator('>', column('a', 'u'), first)), types: 'd' };
    case 5:
      return {
        where: nodes.logic(
          'or',
          operator('=', column('a', 'k'), first),
          operator('>=', column('a', 's'), second),
        ),
        types: 'ks',
      };
    case 6:
      return {
        where: nodes.logic(
          'and',
          nodes.inList(column('a', 'id'), [first, second]),
          nodes.not(nodes.isNull(column('a', 's'))),
        ),
        types: 'dd',
      };
    case 7:
      // An index holds for half of it: the other half is asked of each row.
      return {
        where: nodes.logic(
          'and',
          operator('=', column('a', 'id'), first),
          operator('>=', column('a', 's'), second),
        ),
        types: 'ds',
      };
    default:
      return { where: operator('=', column('a', 'id'), first), types: 'd' };
  }
}

/** As many forms as there are of pages. */
export const PREDICATES = 9;

function forms(make: (form: number) => Shape): Shape[] {
  const out: Shape[] = [];
  for (let form = 0; form < PREDICATES; form += 1) out.push(make(form));
  return out;
}

/** By predicate form. */
export const UPDATE_K: readonly Shape[] = forms((form) => {
  const { where, types } = predicate(form, 1);
  const value = operator('+', column('k'), parameter(0));
  return { name: 'update k', statement: updateA('k', value, where), parameters: `+${types}` };
});

export const DELETE_A: readonly Shape[] = forms((form) => {
  const { where, types } = predicate(form, 0);
  const statement: Statement = {
    kind: 'delete',
    with: null,
    table: nodes.target('a'),
    using: [],
    where,
    returning: [],
    at,
  };
  return { name: 'delete', statement, parameters: types };
});

export const INSERT_A: Shape = insertA(1, null, 'insert a');
export const INSERT_B: Shape = {
  name: 'insert b',
  statement: nodes.insert(
    'b',
    ['id', 'a', 'v'],
    [[parameter(0), parameter(1), parameter(2)]],
    null,
  ),
  parameters: 'drv',
};
export const UPDATE_U: Shape = {
  name: 'update u',
  statement: updateA('u', parameter(0), operator('=', column('id'), parameter(1))),
  parameters: 'ud',
};

export const WRITES: readonly Shape[] = [
  INSERT_A,
  insertA(2, null, 'insert two'),
  insertA(1, OR_NOTHING, 'insert or nothing'),
  insertA(1, ADD_UP, 'insert or add'),
  INSERT_B,
  UPDATE_U,
];

interface Form {
  readonly name: string;
  readonly targets: readonly Expression[];
  readonly groupBy?: Expression;
}

const FORMS: readonly Form[] = [
  { name: 'rows', targets: [column('id'), column('k'), column('s'), column('u')] },
  // A column that comes and goes.
  { name: 'rows with c', targets: [column('id'), column('c')] },
  {
    name: 'groups',
    targets: [column('k'), nodes.call('count', []), nodes.call('min', [column('u')])],
    groupBy: column('k'),
  },
];

/** Some rows of `a` in the order of an index, from one end or the other. */
interface Page {
  /** Columns that it shows and goes by. */
  readonly by: readonly string[];
  /** Operators that bound the first of them, and the domain of what they compare with. */
  readonly bounds: readonly string[];
  readonly domain: string;
  readonly backward: boolean;
  readonly limit: number | null;
}

const PAGES: readonly Page[] = [
  { by: ['id'], bounds: ['<'], domain: 'd', backward: true, limit: null },
  { by: ['id'], bounds: ['<', '>='], domain: 'd', backward: true, limit: null },
  { by: ['id', 'k'], bounds: ['>'], domain: 'd', backward: false, limit: 3 },
  { by: ['id', 'k'], bounds: ['<='], domain: 'd', backward: true, limit: 2 },
  { by: ['id'], bounds: ['>', '<'], domain: 'd', backward: true, limit: 4 },
  { by: ['k', 'id'], bounds: ['<'], domain: 'k', backward: true, limit: 4 },
  { by: ['k', 'id'], bounds: ['>='], domain: 'k', backward: false, limit: null },
  { by: ['u', 'id'], bounds: ['<'], domain: 'k', backward: true, limit: 3 },
  { by: ['id', 's'], bounds: [], domain: '', backward: true, limit: 5 },
];

function pages(past: boolean): Shape[] {
  assert(PAGES.length === PREDICATES, 'a form is drawn alike for every kind of query');
  return PAGES.map(({ by, bounds, domain, backward, limit }) => {
    const keys = by.map((name) => column(name));
    const terms = bounds.map((name, i) => operator(name, keys[0]!, parameter(i)));
    const statement = nodes.query({
      targets: nodes.targets(...keys),
      from: [nodes.table('a', past ? parameter(bounds.length) : null)],
      ...(terms.length === 0
        ? {}
        : { where: terms.length === 1 ? terms[0]! : nodes.logic('and', ...terms) }),
      orderBy: keys.map(backward ? nodes.descending : nodes.ascending),
      ...(limit === null ? {} : { limit: integer(limit) }),
    });
    return {
      name: 'page',
      statement,
      parameters: domain.repeat(bounds.length) + (past ? 'p' : ''),
    };
  });
}

/** How a query looks at `a`: of today, or as of a position, its last parameter. */
function selects(past: boolean): Shape[][] {
  const simple = FORMS.map(({ name, targets, groupBy }) =>
    forms((form) => {
      const { where, types } = predicate(form, 0);
      const statement = nodes.query({
        targets: nodes.targets(...targets),
        from: [nodes.table('a', past ? parameter(types.length) : null)],
        where,
        ...(groupBy === undefined ? {} : { groupBy }),
        orderBy: [nodes.ascending(targets[0]!)],
      });
      return { name, statement, parameters: types + (past ? 'p' : '') };
    }),
  );
  const joined = forms((form) => {
    const { where, types } = predicate(form, 0);
    const moment = past ? parameter(types.length) : null;
    const on = operator('=', column('b', 'a'), column('a', 'id'));
    const statement = nodes.query({
      targets: nodes.targets(column('b', 'id'), column('a', 'id'), column('b', 'v')),
      from: [nodes.join(nodes.table('a', moment), nodes.table('b', moment), on)],
      where,
      orderBy: [nodes.ascending(column('b', 'id'))],
    });
    return { name: 'join', statement, parameters: types + (past ? 'p' : '') };
  });
  return [...simple, joined, pages(past)];
}

/** By kind of query, then by form: of its predicate, or of a page. */
export const READS: readonly (readonly Shape[])[] = selects(false);
export const PAST_READS: readonly (readonly Shape[])[] = selects(true);

// What only transactions say.

export const SET_K: Shape = {
  name: 'set k',
  statement: updateA('k', parameter(0), operator('=', column('id'), parameter(1))),
  parameters: 'kd',
};

const OF_PARENT = operator('=', column('b', 'a'), parameter(0));

export const CHILDREN: Shape = {
  name: 'children',
  statement: nodes.query({
    targets: nodes.targets(column('id'), column('v')),
    from: [nodes.table('b', null)],
    where: OF_PARENT,
    orderBy: [nodes.ascending(column('id'))],
  }),
  parameters: 'd',
};

/** A range of the primary key. */
export const IDS_BELOW: Shape = {
  name: 'ids below',
  statement: nodes.query({
    targets: nodes.targets(column('id'), column('k')),
    from: [nodes.table('a', null)],
    where: operator('<', column('id'), parameter(0)),
    orderBy: [nodes.ascending(column('id'))],
  }),
  parameters: 'd',
};

export const DELETE_CHILDREN: Shape = {
  name: 'delete children',
  statement: {
    kind: 'delete',
    with: null,
    table: nodes.target('b'),
    using: [],
    where: OF_PARENT,
    returning: [],
    at,
  },
  parameters: 'd',
};

function control(statement: Transaction): Shape {
  return { name: statement.action, statement, parameters: '' };
}

export const BEGIN: Shape = control(nodes.transaction('begin'));
export const COMMIT: Shape = control(nodes.transaction('commit'));
export const ROLLBACK: Shape = control(nodes.transaction('rollback'));
export const SAVEPOINT: Shape = control(nodes.transaction('savepoint', 's'));
export const ROLLBACK_TO: Shape = control(nodes.transaction('rollbackTo', 's'));
export const RELEASE: Shape = control(nodes.transaction('release', 's'));
