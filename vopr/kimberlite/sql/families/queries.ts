/**
 * Queries of every shape that the planner knows a way of its own for, over two tables:
 *   p (id PRIMARY KEY, k), p_k on (k, id);  q (id PRIMARY KEY, p, v), q_p on (p, v)
 * `q.p` names a row of `p`, or nobody. What is asked for is small, so that pages are lost and state
 * moves on in its midst.
 */
import type { Expression } from '../../../../core/sql/tree/expression.ts';
import type { Query, SortKey, TableExpression } from '../../../../core/sql/tree/query.ts';
import * as nodes from '../nodes.ts';
import type { Shape } from '../shapes.ts';
import type { Family } from './family.ts';
import {
  NOT_NULL,
  PRIMARY_KEY,
  assign,
  columnOf,
  createIndex,
  createTable,
  drop,
  fill,
  insert,
  orUpdate,
  remove,
  update,
} from './family.ts';

const { ascending, column, descending, integer, operator, parameter, targets } = nodes;

const P_ID = column('p', 'id');
const P_K = column('p', 'k');
const Q_ID = column('q', 'id');
const Q_P = column('q', 'p');
const Q_V = column('q', 'v');
const OF_P = operator('=', Q_P, P_ID);
const P_K_INDEX = createIndex('p_k', 'p', [column('k'), column('id')]);
const Q_P_INDEX = createIndex('q_p', 'q', [column('p'), column('v')]);

interface Asked {
  readonly name: string;
  /** Domains of the parameters; that of a position comes behind them. */
  readonly types: string;
  /** `at`: the position, or today. */
  readonly query: (at: Expression | null) => Query;
}

function p(at: Expression | null): TableExpression {
  return nodes.table('p', at);
}

function q(at: Expression | null): TableExpression {
  return nodes.table('q', at);
}

/** One column of a table, by a condition. */
function some(from: TableExpression, value: Expression, where: Expression): Query {
  return nodes.query({ targets: targets(value), from: [from], where });
}

function sets(
  name: string,
  set: 'union' | 'intersect' | 'except',
  all: boolean,
  limit: number | null = null,
): Asked {
  return {
    name,
    types: 'DD',
    query: (at) =>
      nodes.combined(
        set,
        all,
        some(p(at), column('k'), operator('>=', column('id'), parameter(0))),
        some(q(at), column('v'), operator('<', column('p'), parameter(1))),
        {
          orderBy: [ascending(column('k'))],
          limit: limit === null ? null : integer(limit),
        },
      ),
  };
}

function existing(negated: boolean): Asked {
  return {
    name: negated ? 'anti' : 'semi',
    types: 'q',
    query: (at) => {
      const inner = nodes.logic('and', OF_P, operator('>=', Q_V, parameter(0)));
      const found = nodes.exists(some(q(at), Q_ID, inner));
      return nodes.query({
        targets: targets(P_ID, P_K),
        from: [p(at)],
        where: negated ? nodes.not(found) : found,
        orderBy: [ascending(P_ID)],
      });
    },
  };
}

function contained(negated: boolean): Asked {
  return {
    name: negated ? 'not in' : 'in',
    types: 'qD',
    query: (at) => {
      const inner = some(q(at), Q_P, operator('<', Q_V, parameter(0)));
      const found = nodes.isIn(P_ID, inner);
      return nodes.query({
        targets: targets(P_ID),
        from: [p(at)],
        where: nodes.logic(
          'and',
          negated ? nodes.not(found) : found,
          operator('<=', P_ID, parameter(1)),
        ),
        orderBy: [ascending(P_ID)],
      });
    },
  };
}

/** The first rows of a join, in the order of an index. */
function page(name: string, orderBy: readonly SortKey[], limit: number): Asked {
  return {
    name,
    types: 'q',
    query: (at) =>
      nodes.query({
        targets: targets(...orderBy.map(({ value }) => value), P_ID, Q_V),
        from: [nodes.join(q(at), p(at), OF_P)],
        where: operator('>=', Q_V, parameter(0)),
        orderBy,
        limit: integer(limit),
      }),
  };
}

const LEFT: Asked = {
  name: 'left join',
  types: 'qD',
  query: (at) => {
    const on = nodes.logic('and', OF_P, operator('<', Q_V, parameter(0)));
    return nodes.query({
      targets: targets(P_ID, Q_ID, Q_V),
      from: [nodes.join(p(at), q(at), on, 'left')],
      where: operator('>=', P_ID, parameter(1)),
      orderBy: [ascending(P_ID), ascending(Q_ID)],
    });
  },
};

const UNEQUAL: Asked = {
  name: 'loop join',
  types: 'q',
  query: (at) =>
    nodes.query({
      targets: targets(P_ID, Q_ID),
      from: [nodes.join(p(at), q(at), operator('<', P_K, Q_V))],
      where: operator('=', P_K, parameter(0)),
      orderBy: [ascending(P_ID), ascending(Q_ID)],
    }),
};

/** Two columns of one table equal a third, and so each other. */
const EQUAL: Asked = {
  name: 'equal columns',
  types: 'D',
  query: (at) => {
    const on = nodes.logic('and', OF_P, operator('=', Q_P, P_K));
    return nodes.query({
      targets: targets(P_ID, Q_ID),
      from: [nodes.join(p(at), q(at), on)],
      where: operator('>=', P_ID, parameter(0)),
      orderBy: [ascending(P_ID), ascending(Q_ID)],
    });
  },
};

const COUNTED: Asked = {
  name: 'correlated count',
  types: 'D',
  query: (at) => {
    const count = nodes.query({
      targets: targets(nodes.call('count', [])),
      from: [q(at)],
      where: OF_P,
    });
    return nodes.query({
      targets: targets(P_ID, nodes.scalar(count)),
      from: [p(at)],
      where: operator('<', P_ID, parameter(0)),
      orderBy: [ascending(P_ID)],
    });
  },
};

const COMMON: Asked = {
  name: 'common table',
  types: 'q',
  query: (at) => {
    const many = nodes.query({
      targets: targets(Q_P, nodes.call('count', [])),
      from: [q(at)],
      where: operator('>=', Q_V, parameter(0)),
      groupBy: Q_P,
    });
    const on = operator('=', column('m', 'n'), P_ID);
    const both = nodes.query({
      targets: targets(P_ID, P_K, column('m', 'c')),
      from: [nodes.join(p(at), nodes.table('m', null), on)],
      orderBy: [ascending(P_ID)],
    });
    return nodes.withCommon('m', ['n', 'c'], many, 'yes', both);
  },
};

/** From one row of `p` by `q.p` to `q.id`, which names one again. */
const RECURSIVE: Asked = {
  name: 'recursive',
  types: 'D',
  query: (at) => {
    const first = some(p(at), P_ID, operator('=', P_ID, parameter(0)));
    const next = nodes.query({
      targets: targets(Q_ID),
      from: [nodes.join(nodes.table('r', null), q(at), operator('=', Q_P, column('r', 'n')))],
    });
    const shown = nodes.query({
      targets: targets(column('n')),
      from: [nodes.table('r', null)],
      orderBy: [ascending(column('n'))],
    });
    const steps = nodes.combined('union', false, first, next);
    return nodes.withCommon('r', ['n'], steps, 'default', shown);
  },
};

const WINDOWS: Asked = {
  name: 'windows',
  types: 'D',
  query: (at) =>
    nodes.query({
      targets: targets(
        Q_ID,
        nodes.over('count', { partitionBy: Q_P }),
        nodes.over('row_number', { orderBy: [ascending(Q_V), ascending(Q_ID)] }),
      ),
      from: [q(at)],
      where: operator('>=', Q_ID, parameter(0)),
      orderBy: [ascending(Q_ID)],
    }),
};

/** Sorted again, and its rows chosen before. */
const DERIVED: Asked = {
  name: 'derived',
  types: 'q',
  query: (at) => {
    const first = nodes.query({
      targets: [nodes.aliased(P_K, 'a'), nodes.aliased(P_ID, 'b')],
      from: [p(at)],
      where: operator('>=', P_K, parameter(0)),
      orderBy: [ascending(P_K), ascending(P_ID)],
      limit: integer(3),
    });
    return nodes.query({
      targets: targets(column('b'), column('a')),
      from: [nodes.derived(first, 'd')],
      orderBy: [descending(column('b'))],
    });
  },
};

const DISTINCT: Asked = {
  name: 'distinct',
  types: 'D',
  query: (at) =>
    nodes.query({
      targets: targets(P_K),
      from: [p(at)],
      where: operator('<', P_ID, parameter(0)),
      orderBy: [ascending(P_K)],
      distinct: true,
    }),
};

const GROUPS: Asked = {
  name: 'first groups',
  types: 'q',
  query: (at) =>
    nodes.query({
      targets: targets(P_K, nodes.call('count', []), nodes.call('min', [P_ID])),
      from: [p(at)],
      where: operator('>=', P_K, parameter(0)),
      groupBy: P_K,
      orderBy: [ascending(P_K)],
      limit: integer(2),
    }),
};

const ASKED: readonly Asked[] = [
  sets('union', 'union', false),
  sets('union all', 'union', true, 5),
  sets('intersect', 'intersect', false),
  sets('except all', 'except', true),
  existing(false),
  existing(true),
  contained(false),
  contained(true),
  page('page by key', [ascending(Q_ID)], 3),
  page('page backward', [descending(Q_ID)], 2),
  page('page by index', [ascending(P_K), ascending(Q_ID)], 3),
  LEFT,
  UNEQUAL,
  EQUAL,
  COUNTED,
  COMMON,
  RECURSIVE,
  WINDOWS,
  DERIVED,
  DISTINCT,
  GROUPS,
];

function today({ name, types, query }: Asked): Shape {
  return { name, parameters: types, statement: query(null) };
}

function past({ name, types, query }: Asked): Shape {
  return { name, parameters: `${types}p`, statement: query(parameter(types.length)) };
}

const INSERT_Q = insert('q', ['id', 'p', 'v'], 'DRq');
const MOVE = update(
  'q',
  'qD',
  assign('v', parameter(0)),
  operator('=', column('id'), parameter(1)),
);
const OR_ADD = orUpdate(column('id'), assign('v', operator('+', column('q', 'v'), integer(1))));

export const QUERIES: Family = {
  name: 'queries',
  setup: [
    [createTable('p', columnOf('id', 'int4', PRIMARY_KEY), columnOf('k', 'int4', NOT_NULL))],
    [
      createTable(
        'q',
        columnOf('id', 'int4', PRIMARY_KEY),
        columnOf('p', 'int4'),
        columnOf('v', 'int4', NOT_NULL),
      ),
    ],
    [fill('p', ['id', 'k'], 6, (i) => [integer(i), integer(i % 4)])],
    [fill('q', ['id', 'p', 'v'], 7, (i) => [integer(i), integer((i * 3) % 7), integer(i % 5)])],
    [P_K_INDEX, Q_P_INDEX],
    [Q_P_INDEX, P_K_INDEX],
  ],
  define: [P_K_INDEX, Q_P_INDEX, drop('index', 'p_k'), drop('index', 'q_p')],
  writes: [
    insert('p', ['id', 'k'], 'Dq'),
    insert('p', ['id', 'k'], 'Dq'),
    insert('p', ['id', 'k'], 'Dq', 2),
    INSERT_Q,
    INSERT_Q,
    INSERT_Q,
    insert('q', ['id', 'p', 'v'], 'DRq', 1, OR_ADD),
    MOVE,
    MOVE,
    update('p', 'qD', assign('k', parameter(0)), operator('=', column('id'), parameter(1))),
    update('q', 'RD', assign('p', parameter(0)), operator('=', column('id'), parameter(1))),
    remove('p', 'D', operator('=', column('id'), parameter(0))),
    remove('q', 'q', operator('=', column('v'), parameter(0))),
  ],
  reads: ASKED.map(today),
  pastReads: ASKED.map(past),
  scripts: [
    [MOVE, today(UNEQUAL), today(COMMON)],
    [INSERT_Q, today(LEFT), today(DISTINCT)],
  ],
};
