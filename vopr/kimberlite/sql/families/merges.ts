/**
 * Statements that join what they change with something else, and indexes that hold some rows only:
 *   m (id PRIMARY KEY, k NOT NULL DEFAULT 0 CHECK (k >= 0), r, s),
 *   UNIQUE (r) WHERE k >= 30, ((k + r)), (s, id) WHERE s IS NOT NULL
 * A CHECK comes NOT VALID, is validated, and goes.
 */
import type { Expression } from '../../../../core/sql/tree/expression.ts';
import type { TableExpression } from '../../../../core/sql/tree/query.ts';
import type { MergeAction } from '../../../../core/sql/tree/write.ts';
import * as nodes from '../nodes.ts';
import type { Shape } from '../shapes.ts';
import type { Family } from './family.ts';
import {
  NOT_NULL,
  PRIMARY_KEY,
  aliased,
  alterTable,
  assign,
  byDefault,
  check,
  columnOf,
  createIndex,
  createTable,
  drop,
  fill,
  insert,
  notValid,
  pastRead,
  read,
  remove,
  text,
  update,
} from './family.ts';

const { column, integer, operator, parameter } = nodes;
const at = -1;
const HIGH = operator('>=', column('k'), integer(30));
const TOTAL = operator('+', column('k'), column('r'));
const HAS_TEXT: Expression = { kind: 'nullTest', argument: column('s'), negated: true, at };
const OTHER = aliased('m', 'o');
const IS_OTHER = operator('=', column('m', 'r'), column('o', 'id'));

const M_R = createIndex('m_r', 'm', [column('r')], { unique: true, where: HIGH });
const M_KR = createIndex('m_kr', 'm', [TOTAL]);
const M_S = createIndex('m_s', 'm', [column('s'), column('id')], { where: HAS_TEXT });
const LOW = check('m_low', operator('<', column('k'), integer(45)));

/** Rows (id, k) of parameters, under the name n. */
function values(rows: number): TableExpression {
  const list: Expression[][] = [];
  for (let row = 0; row < rows; row += 1) list.push([parameter(2 * row), parameter(2 * row + 1)]);
  return {
    kind: 'derived',
    query: { ...VALUES, body: { kind: 'values', rows: list, at } },
    lateral: false,
    alias: 'n',
    columnAliases: ['id', 'k'],
    at,
  };
}

const VALUES = {
  kind: 'query',
  with: null,
  orderBy: [],
  limit: null,
  offset: null,
  withTies: false,
  at,
} as const;

function mergeInto(
  types: string,
  source: TableExpression,
  on: Expression,
  ...actions: MergeAction[]
): Shape {
  const table = nodes.target('m');
  return {
    name: 'merge',
    parameters: types,
    statement: { kind: 'merge', with: null, table, source, on, actions, at },
  };
}

function when(
  matched: boolean,
  condition: Expression | null,
  action: MergeAction['action'],
  value?: Expression,
): MergeAction {
  const inserts = action === 'insert';
  return {
    matched,
    condition,
    action,
    set: action === 'update' ? [assign('k', value!)] : [],
    columns: inserts ? ['id', 'k'].map((name) => ({ name, at })) : [],
    overriding: 'none',
    values: inserts ? [column('n', 'id'), column('n', 'k')] : [],
    at,
  };
}

const SAME_ID = operator('=', column('m', 'id'), column('n', 'id'));

/** Two rows of the source may be about one row of the table. */
const MERGE_TWO = mergeInto(
  'DkDk',
  values(2),
  SAME_ID,
  when(true, operator('<', column('n', 'k'), integer(12)), 'delete'),
  when(true, operator('>', column('n', 'k'), integer(54)), 'nothing'),
  when(true, null, 'update', column('n', 'k')),
  when(false, null, 'insert'),
);
const MERGE_ONE = mergeInto(
  'Dnk',
  values(1),
  SAME_ID,
  when(true, operator('>', column('m', 'k'), parameter(2)), 'delete'),
  when(true, null, 'update', operator('+', column('m', 'k'), column('n', 'k'))),
  when(false, operator('<', column('n', 'k'), parameter(2)), 'insert'),
);
const MERGE_SELF = mergeInto(
  'kk',
  OTHER,
  IS_OTHER,
  when(true, operator('<', column('o', 'k'), parameter(0)), 'update', column('o', 'k')),
  when(true, operator('>', column('o', 'k'), parameter(1)), 'delete'),
);

const TARGETS = ['id', 'k', 'r', 's'].map((name) => column(name));
const READS = [
  { where: nodes.logic('and', HIGH, operator('=', column('r'), parameter(0))), types: 'D' },
  { where: operator('=', TOTAL, parameter(0)), types: 'k' },
  { where: nodes.between(TOTAL, parameter(0), parameter(1)), types: 'kk' },
  { where: operator('=', column('s'), parameter(0)), types: 's' },
  { where: nodes.not(HIGH), types: '' },
].map((one) => ({ table: 'm', targets: TARGETS, ...one }));

const INSERT = insert('m', ['id', 'k', 'r', 's'], 'DnRt');
const IS_ID = operator('=', column('id'), parameter(1));

export const MERGES: Family = {
  name: 'merges',
  setup: [
    [
      createTable(
        'm',
        columnOf('id', 'int4', PRIMARY_KEY),
        columnOf(
          'k',
          'int4',
          NOT_NULL,
          byDefault(integer(0)),
          check(null, operator('>=', column('k'), integer(0))),
        ),
        columnOf('r', 'int4'),
        columnOf('s', 'text'),
      ),
    ],
    [
      fill('m', ['id', 'k', 'r', 's'], 6, (i) => [
        ...[i, 9 * i, (3 * i + 1) % 8].map(integer),
        text(i % 2 === 0 ? 'a' : 'ab'),
      ]),
    ],
    [M_R],
    [M_KR, M_S],
  ],
  define: [
    M_R,
    M_KR,
    M_S,
    drop('index', 'm_r'),
    drop('index', 'm_kr'),
    drop('index', 'm_s'),
    alterTable('m', { kind: 'addConstraint', constraint: notValid(LOW) }),
    alterTable('m', { kind: 'addConstraint', constraint: notValid(LOW) }),
    alterTable('m', { kind: 'validateConstraint', name: 'm_low' }),
    alterTable('m', { kind: 'validateConstraint', name: 'm_low' }),
    alterTable('m', { kind: 'dropConstraint', name: 'm_low', ifExists: false, cascade: false }),
  ],
  writes: [
    INSERT,
    INSERT,
    INSERT,
    insert('m', ['id', 'k', 'r', 's'], 'DnRt', 2),
    MERGE_TWO,
    MERGE_TWO,
    MERGE_TWO,
    MERGE_ONE,
    MERGE_ONE,
    MERGE_SELF,
    update(
      'm',
      'k',
      assign('k', column('o', 'k')),
      nodes.logic('and', IS_OTHER, operator('<', column('o', 'k'), parameter(0))),
      OTHER,
    ),
    update(
      'm',
      '+k',
      assign('k', operator('+', column('k'), parameter(0))),
      operator('>', TOTAL, parameter(1)),
    ),
    update('m', 'RD', assign('r', parameter(0)), IS_ID),
    update('m', 'tD', assign('s', parameter(0)), IS_ID),
    remove(
      'm',
      'kk',
      nodes.logic(
        'and',
        IS_OTHER,
        operator('>=', column('o', 'k'), parameter(0)),
        operator('<', column('m', 'k'), parameter(1)),
      ),
      OTHER,
    ),
    remove('m', 'D', operator('=', column('id'), parameter(0))),
  ],
  reads: READS.map(read),
  pastReads: READS.map(pastRead),
  scripts: [[MERGE_TWO, read(READS[2]!), MERGE_ONE]],
};
